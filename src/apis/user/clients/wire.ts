/** Requests about clients, in Liquid's manner, with the metadata names of RFC 7591. */
import * as z from 'zod'
import { clientApiScopes } from '../../../core/oauth/apis.ts'
import * as client from '../../../core/oauth/client-fields.ts'
import { jwks, jwksUri } from '../../../core/oauth/client-keys.ts'
import type { ClientChanges, NewClient } from '../../../core/oauth/client-registration.ts'
import type { LogoutNoticeId } from '../../../ids.ts'
import { flag, hexId, PageQuery, StrictPageQuery } from '../wire.ts'

const optionalMetadata = {
  api_scopes: clientApiScopes.optional(),
  redirect_uris: client.redirectUris.optional(),
  post_logout_redirect_uris: client.postLogoutRedirectUris.optional(),
  grant_types: client.grantTypes.optional(),
  token_endpoint_auth_method: client.authMethod.optional(),
  jwks: jwks.optional(),
  jwks_uri: jwksUri.optional(),
  first_party: flag.optional().meta({ description: 'First-party: users are not asked for consent', example: false }),
  may_change_addresses: flag
    .optional()
    .meta({ description: "Fresh tokens may change the user's email address; only for clients that authenticate", example: false }),
  require_pkce: flag.optional().meta({ description: 'false only for clients that authenticate', example: true }),
  require_pushed_authorization_requests: flag
    .optional()
    .meta({ description: 'Its authorization requests must be pushed (RFC 9126)', example: false }),
  require_signed_request_object: flag
    .optional()
    .meta({ description: 'Its authorization requests must be signed (RFC 9101)', example: false }),
  dpop_bound_access_tokens: flag.optional().meta({ description: 'Its tokens are always bound to a key (RFC 9449)', example: false }),
  security_profile: client.securityProfile.optional(),
  access_token_seconds: client.accessTokenSeconds.optional(),
  id_token_signed_response_alg: client.idTokenAlg.optional(),
  claims_in_id_token: flag.optional().meta({ description: 'ID tokens also contain the userinfo claims', example: false }),
  claims: client.clientClaims.optional(),
  subject_type: client.subjectType.optional(),
  sector_identifier_uri: client.sectorIdentifierUri.nullish(),
  backchannel_logout_uri: client.backchannelLogoutUri.nullish(),
  frontchannel_logout_uri: client.frontchannelLogoutUri.nullish(),
  client_uri: client.clientUri.nullish(),
  logo_uri: client.logoUri.nullish(),
  policy_uri: client.policyUri.nullish(),
  tos_uri: client.tosUri.nullish(),
  native_development: flag
    .optional()
    .meta({ description: 'A native app in development: redirect URIs such as myapp://callback and exp://… are allowed', example: false }),
}

/** Programs of Liquid send a list; it is joined to text. */
const scope = z
  .preprocess((sent) => (Array.isArray(sent) && sent.every((name) => typeof name === 'string') ? sent.join(' ') : sent), client.clientScope)
  .meta({ description: 'The maximum scopes of its tokens, separated by spaces; a list is accepted too', example: 'delegated:profile:read' })

/** Liquid's names for the same. If both are sent, RFC 7591's win. */
const liquidMetadata = {
  displayName: client.clientName.optional().meta({ description: "Liquid's name for client_name" }),
  grants: client.grantTypes.optional().meta({ description: "Liquid's name for grant_types" }),
  redirectUris: client.redirectUris.optional().meta({ description: "Liquid's name for redirect_uris" }),
  role: z
    .enum(['internal_client', 'external_client'], 'must be internal_client or external_client')
    .optional()
    .meta({ description: "Liquid's name for first_party: internal_client means true", example: 'external_client' }),
}
const target = client.clientId.optional().meta({ description: "Liquid's name for client_id" })
const isNamed = (body: { client_id?: string | undefined; target?: string | undefined }) => (body.client_id ?? body.target) !== undefined
const UNNAMED = { path: ['client_id'], message: 'is required' }

export const CreateClientBody = z
  .strictObject({
    client_id: client.newClientId.optional(),
    id: client.newClientId.optional().meta({ description: "Liquid's name for client_id" }),
    client_name: client.clientName.optional(),
    scope: scope.optional(),
    ...optionalMetadata,
    ...liquidMetadata,
  })
  .refine((body) => (body.client_name ?? body.displayName) !== undefined, { path: ['client_name'], message: 'is required' })
  .refine((body) => body.scope !== undefined || body.api_scopes !== undefined, { path: ['scope'], message: 'is required' })

export const UpdateClientBody = z
  .strictObject({
    client_id: client.clientId.optional(),
    target,
    client_name: client.clientName.optional(),
    scope: scope.optional(),
    ...optionalMetadata,
    ...liquidMetadata,
    rotate_secret: flag.optional().meta({ description: 'true: issues a new secret; the old one stops working at once', example: false }),
    disabled: flag
      .optional()
      .meta({ description: 'true: the client and its tokens stop working until it is enabled again', example: false }),
  })
  .refine(isNamed, UNNAMED)

export const ClientBody = z.strictObject({ client_id: client.clientId.optional(), target }).refine(isNamed, UNNAMED)
export const idOfClient = (body: z.output<typeof ClientBody>) => body.client_id ?? body.target ?? ''
export const ClientParams = z.object({ clientId: client.clientId })
export const ListClientsQuery = PageQuery.omit({ offset: true })
  .strict()
  .extend({
    after: client.clientId.optional().meta({ description: 'The client_id of the last record of the previous page', example: 'my-app' }),
  })

/** Notices are numbered by the database: a date is no position among them. */
export const ListNoticesQuery = StrictPageQuery.extend({
  offset: hexId<LogoutNoticeId>().optional().meta({ description: 'The _id of the last record of the previous page' }),
})

type Body = Omit<z.output<typeof UpdateClientBody>, 'client_id' | 'target' | 'rotate_secret' | 'disabled'>

function toMetadata(body: Body) {
  return {
    name: body.client_name ?? body.displayName,
    scopes: body.scope,
    apiScopes: body.api_scopes,
    redirectUris: body.redirect_uris ?? body.redirectUris,
    postLogoutRedirectUris: body.post_logout_redirect_uris,
    grantTypes: body.grant_types ?? body.grants,
    authMethod: body.token_endpoint_auth_method,
    jwks: body.jwks,
    jwksUri: body.jwks_uri,
    isFirstParty: body.first_party ?? (body.role === undefined ? undefined : body.role === 'internal_client'),
    mayChangeAddresses: body.may_change_addresses,
    requiresPkce: body.require_pkce,
    requiresPushedRequests: body.require_pushed_authorization_requests,
    requiresSignedRequests: body.require_signed_request_object,
    isDpopBound: body.dpop_bound_access_tokens,
    securityProfile: body.security_profile,
    accessTokenSeconds: body.access_token_seconds,
    idTokenAlg: body.id_token_signed_response_alg,
    claimsInIdToken: body.claims_in_id_token,
    claims: body.claims,
    subjectType: body.subject_type,
    sectorIdentifierUri: body.sector_identifier_uri,
    backchannelLogoutUri: body.backchannel_logout_uri,
    frontchannelLogoutUri: body.frontchannel_logout_uri,
    clientUri: body.client_uri,
    logoUri: body.logo_uri,
    policyUri: body.policy_uri,
    tosUri: body.tos_uri,
    isNativeDevelopment: body.native_development,
  }
}

export function toNewClient(body: z.output<typeof CreateClientBody>): NewClient {
  const metadata = toMetadata(body)
  return { ...metadata, id: body.client_id ?? body.id, name: metadata.name ?? '', scopes: body.scope ?? [] }
}

export function toClientChanges(body: z.output<typeof UpdateClientBody>): { id: string } & ClientChanges {
  return { ...toMetadata(body), id: idOfClient(body), rotateSecret: body.rotate_secret, disabled: body.disabled }
}
