/** Clients: presenters, schemas and example, in Liquid's envelope, with the metadata names of RFC 7591. */
import * as z from 'zod'
import { byResource } from '../../../core/oauth/api-scopes.ts'
import { toMetadata } from '../../../core/oauth/client-columns.ts'
import { type ClientMetadata, METADATA_NAMES } from '../../../core/oauth/client-metadata.ts'
import type { ClientRow, Registration, ShownClientRow } from '../../../core/oauth/client-registration.ts'
import { CLIENT_SOURCES, type ClientSource } from '../../../core/oauth/clients.ts'
import type { LogoutNoticeRow } from '../../../core/oauth/logout-notices.ts'
import { toHex } from '../../../ids.ts'
import { date, listOf, ok, text, toIso } from '../replies.ts'

const clientFields = {
  client_id: z.string(),
  client_name: z.string(),
  source: z
    .enum(CLIENT_SOURCES)
    .meta({ description: 'dynamic: it registered itself (RFC 7591); document: its id is the URL of its metadata' }),
  redirect_uris: z.array(z.string()),
  post_logout_redirect_uris: z.array(z.string()),
  grant_types: z.array(z.string()),
  scope: z.string(),
  api_scopes: z.record(z.string(), z.array(z.string())),
  token_endpoint_auth_method: z.string(),
  jwks: z.object({ keys: z.array(z.record(z.string(), z.string())) }).optional(),
  jwks_uri: z.string().optional(),
  first_party: z.boolean(),
  may_change_addresses: z.boolean(),
  require_pkce: z.boolean(),
  require_pushed_authorization_requests: z.boolean(),
  require_signed_request_object: z.boolean(),
  dpop_bound_access_tokens: z.boolean(),
  security_profile: z.string(),
  access_token_seconds: z.int(),
  id_token_signed_response_alg: z.string(),
  claims_in_id_token: z.boolean(),
  claims: z.array(z.string()),
  subject_type: z.string(),
  sector_identifier_uri: z.string().optional(),
  backchannel_logout_uri: z.string().optional(),
  frontchannel_logout_uri: z.string().optional(),
  client_uri: z.string().optional(),
  logo_uri: z.string().optional(),
  policy_uri: z.string().optional(),
  tos_uri: z.string().optional(),
  native_development: z.boolean(),
  disabled: z.boolean(),
  client_id_issued_at: z.int().meta({ description: 'Seconds since 1970' }),
}
const Described = z.strictObject(clientFields)
const ClientOut = z
  .strictObject({
    ...clientFields,
    last_used_at: z.int().nullable().meta({ description: 'When it last got a token, accurate to a day, in seconds since 1970' }),
  })
  .meta({ id: 'Client' })
const RegisteredClient = z
  .strictObject({
    ...clientFields,
    client_secret: z.string().optional().meta({ description: 'Shown only once, when it was just issued' }),
    client_secret_expires_at: z.literal(0).optional().meta({ description: 'Never' }),
  })
  .meta({ id: 'RegisteredClient' })

export function toClient(row: ShownClientRow): z.output<typeof ClientOut> {
  return { ...describedClient(row), last_used_at: row.lastUsedAt === null ? null : Math.floor(row.lastUsedAt / 1000) }
}

function describedClient(row: ClientRow): z.output<typeof Described> {
  const metadata = toMetadata(row)
  return {
    client_id: row.id,
    client_name: metadata.name,
    source: row.source as ClientSource,
    redirect_uris: [...metadata.redirectUris],
    post_logout_redirect_uris: [...metadata.postLogoutRedirectUris],
    grant_types: [...metadata.grantTypes],
    scope: metadata.scopes.join(' '),
    api_scopes: byResource(metadata.apiScopes),
    token_endpoint_auth_method: metadata.authMethod,
    ...(metadata.jwks && { jwks: { keys: metadata.jwks.keys.map((key) => ({ ...key }) as Record<string, string>) } }),
    ...(metadata.jwksUri !== null && { jwks_uri: metadata.jwksUri }),
    first_party: metadata.isFirstParty,
    may_change_addresses: metadata.mayChangeAddresses,
    require_pkce: metadata.requiresPkce,
    require_pushed_authorization_requests: metadata.requiresPushedRequests,
    require_signed_request_object: metadata.requiresSignedRequests,
    dpop_bound_access_tokens: metadata.isDpopBound,
    security_profile: metadata.securityProfile,
    access_token_seconds: metadata.accessTokenSeconds,
    id_token_signed_response_alg: metadata.idTokenAlg,
    claims_in_id_token: metadata.claimsInIdToken,
    claims: [...metadata.claims],
    subject_type: metadata.subjectType,
    ...addressesOf(metadata),
    native_development: metadata.isNativeDevelopment,
    disabled: row.disabledAt !== null,
    client_id_issued_at: Math.floor(row.createdAt / 1000),
  }
}

const ADDRESSES = [
  'sectorIdentifierUri',
  'backchannelLogoutUri',
  'frontchannelLogoutUri',
  'clientUri',
  'logoUri',
  'policyUri',
  'tosUri',
] as const

/** Those that the client has. */
function addressesOf(metadata: ClientMetadata): Record<string, string> {
  const given = ADDRESSES.map((field): [string, string | null] => [METADATA_NAMES[field], metadata[field]])
  return Object.fromEntries(given.filter((entry): entry is [string, string] => entry[1] !== null))
}

export function toRegisteredClient({ row, secret }: Registration): z.output<typeof RegisteredClient> {
  return { ...describedClient(row), ...(secret === null ? {} : { client_secret: secret, client_secret_expires_at: 0 }) }
}

export const ClientReply = ok(z.strictObject({ client: ClientOut }))
export const RegisteredClientReply = ok(z.strictObject({ client: RegisteredClient }))
export const ClientsReply = ok(
  z.strictObject({
    records: z.array(ClientOut),
    clients: z.array(ClientOut),
    hasMore: z.boolean(),
    next: z.string().nullable().meta({ description: 'The `after` of the next page' }),
  }),
)

const LogoutNotice = z
  .strictObject({
    _id: z.string(),
    client_id: z.string(),
    user: z.string(),
    sid: z.string().meta({ description: "The session in the client's ID tokens" }),
    createdAt: date,
    attempts: z.int(),
    deliveredAt: date,
    nextAttemptAt: date.meta({ description: 'null once it is delivered or given up' }),
    lastResult: text.meta({ description: "The status of the client's answer, or why there was none" }),
  })
  .meta({ id: 'LogoutNotice' })
export const LogoutNoticesReply = listOf(LogoutNotice)

export function toLogoutNotice(row: LogoutNoticeRow): z.output<typeof LogoutNotice> {
  const { id, clientId, userId, sessionId, createdAt, attempts, deliveredAt, nextAttemptAt, lastResult } = row
  return {
    _id: toHex(id),
    client_id: clientId,
    user: toHex(userId),
    sid: toHex(sessionId),
    createdAt: toIso(createdAt),
    attempts,
    deliveredAt: toIso(deliveredAt),
    nextAttemptAt: toIso(nextAttemptAt),
    lastResult,
  }
}

export const EXAMPLE_NOTICE: z.output<typeof LogoutNotice> = {
  _id: '000000000000000000000001',
  client_id: 'my-app',
  user: '507f1f77bcf86cd799439011',
  sid: '00000000000003e8a1b2c3d4',
  createdAt: '2026-09-12T15:50:58.000Z',
  attempts: 1,
  deliveredAt: '2026-09-12T15:50:58.000Z',
  nextAttemptAt: null,
  lastResult: '200',
}

export const EXAMPLE_CLIENT: z.output<typeof ClientOut> = {
  client_id: 'my-app',
  client_name: 'My app',
  source: 'operator',
  redirect_uris: ['https://app.example.com/callback'],
  post_logout_redirect_uris: ['https://app.example.com/'],
  grant_types: ['authorization_code', 'refresh_token'],
  scope: 'delegated:profile:read',
  api_scopes: { 'https://orders.example.com/': ['orders:read'] },
  token_endpoint_auth_method: 'none',
  first_party: false,
  may_change_addresses: false,
  require_pkce: true,
  require_pushed_authorization_requests: false,
  require_signed_request_object: false,
  dpop_bound_access_tokens: false,
  security_profile: 'none',
  access_token_seconds: 600,
  id_token_signed_response_alg: 'RS256',
  claims_in_id_token: false,
  claims: [],
  subject_type: 'public',
  native_development: false,
  disabled: false,
  client_id_issued_at: 1789228258,
  last_used_at: 1789314658,
}
const { last_used_at: _, ...described } = EXAMPLE_CLIENT
export const EXAMPLE_REGISTERED: z.output<typeof RegisteredClient> = described
