/**
 * What a client that registers itself may have, whether by a document (`client-documents.ts`) or by RFC 7591: the fields
 * that it may send, under the RFC's names, and what it never gets whatever it sends. Nobody has vouched for it: users
 * are always asked, about little more than who they are.
 *
 * APIs are not registered here: those that are open to all are open to each of these clients.
 */
import * as z from 'zod'
import type { Config } from '../../config.ts'
import { AppError } from '../errors.ts'
import { intersectScopes, isIdentityScope, parseScopes, type Scope } from '../scopes.ts'
import * as fields from './client-fields.ts'
import { jwks, jwksUri } from './client-keys.ts'
import { type ClientMetadata, DEFAULTS } from './client-metadata.ts'
import { defaultIdTokenAlg, requireAlgorithm } from './client-registration.ts'
import { DEVICE_GRANT, type GrantType } from './clients.ts'

export const SELF_REGISTERED_SCOPES: readonly Scope[] = ['openid', 'profile', 'email', 'phone', 'address', 'delegated:profile:read']

/** Not client_credentials: the client would act for nobody that Kith knows. */
const SELF_REGISTERED_GRANTS: readonly GrantType[] = ['authorization_code', 'refresh_token', DEVICE_GRANT]

const names = z.array(z.string().max(256)).max(20)
/** A link that cannot be shown is left out. */
const link = (schema: z.ZodType<string>) => schema.nullish().catch(null)

/** RFC 7591 §2: unknown fields are ignored, and so are unknown grants and scopes, as long as others are left. */
export const SelfRegistration = z.object({
  redirect_uris: fields.redirectUris.optional(),
  post_logout_redirect_uris: fields.postLogoutRedirectUris.optional(),
  client_name: fields.clientName.optional(),
  token_endpoint_auth_method: fields.authMethod.optional(),
  grant_types: names
    .transform((sent) => SELF_REGISTERED_GRANTS.filter((grantType) => sent.includes(grantType)))
    .refine((left) => left.length > 0, `must name one of ${SELF_REGISTERED_GRANTS.join(', ')}`)
    .optional()
    .meta({ example: ['authorization_code', 'refresh_token'] }),
  response_types: names
    .refine((sent) => sent.length === 0 || sent.includes('code'), 'must include code')
    .optional()
    .meta({ example: ['code'] }),
  scope: z
    .string()
    .max(4_000, 'must have at most 4000 characters')
    .optional()
    .meta({ description: 'Separated by spaces', example: 'openid profile email' }),
  jwks: jwks.optional(),
  jwks_uri: jwksUri.optional(),
  require_pushed_authorization_requests: z.boolean().optional().meta({ description: 'RFC 9126', example: false }),
  require_signed_request_object: z.boolean().optional().meta({ description: 'RFC 9101', example: false }),
  dpop_bound_access_tokens: z.boolean().optional().meta({ description: 'RFC 9449', example: false }),
  id_token_signed_response_alg: fields.idTokenAlg.optional(),
  subject_type: fields.subjectType.optional(),
  sector_identifier_uri: fields.sectorIdentifierUri.nullish(),
  backchannel_logout_uri: fields.backchannelLogoutUri.nullish(),
  frontchannel_logout_uri: fields.frontchannelLogoutUri.nullish(),
  client_uri: link(fields.clientUri),
  logo_uri: link(fields.logoUri),
  policy_uri: link(fields.policyUri),
  tos_uri: link(fields.tosUri),
})

/** Kith's own hosts serve what users have uploaded, and people trust them: neither a client nor where it leads is there. */
export function isOwnHost({ origin, media, hostRooms }: Config, url: string): boolean {
  const host = new URL(url).host.replace(/\.(?=:|$)/, '')
  return [origin, media.filesOrigin].some((own) => new URL(own).host === host) || hostRooms.has(host)
}

/**
 * The whole metadata of such a client: what is not sent has its default, in a change too (RFC 7592 §2.2). `planClient`
 * and `planChange` judge them.
 */
export function toSelfRegistered(config: Config, body: z.output<typeof SelfRegistration>, unnamed: string): ClientMetadata {
  requireAlgorithm(config, body.id_token_signed_response_alg)
  if (body.subject_type === 'pairwise' && body.grant_types?.includes(DEVICE_GRANT)) {
    // A device gets its tokens without its redirect URIs, so a stranger could name those of another app and learn its subjects.
    throw AppError.ofFields([{ path: 'subject_type', message: `pairwise is not for ${DEVICE_GRANT}` }])
  }
  if (body.redirect_uris?.some((uri) => isOwnHost(config, uri))) {
    throw AppError.ofFields([{ path: 'redirect_uris', message: 'must not be at a host of this service' }])
  }
  return {
    ...DEFAULTS,
    name: body.client_name ?? unnamed,
    redirectUris: body.redirect_uris ?? [],
    postLogoutRedirectUris: body.post_logout_redirect_uris ?? [],
    grantTypes: body.grant_types ?? DEFAULTS.grantTypes,
    scopes: scopesOf(body.scope).filter((scope) => body.subject_type !== 'pairwise' || isIdentityScope(scope)),
    authMethod: body.token_endpoint_auth_method ?? 'none',
    jwks: body.jwks ?? null,
    jwksUri: body.jwks_uri ?? null,
    requiresPushedRequests: body.require_pushed_authorization_requests ?? false,
    requiresSignedRequests: body.require_signed_request_object ?? false,
    isDpopBound: body.dpop_bound_access_tokens ?? false,
    accessTokenSeconds: config.lifetimes.accessTokenSeconds,
    idTokenAlg: body.id_token_signed_response_alg ?? defaultIdTokenAlg(config),
    subjectType: body.subject_type ?? 'public',
    sectorIdentifierUri: body.sector_identifier_uri ?? null,
    backchannelLogoutUri: body.backchannel_logout_uri ?? null,
    frontchannelLogoutUri: body.frontchannel_logout_uri ?? null,
    clientUri: body.client_uri ?? null,
    logoUri: body.logo_uri ?? null,
    policyUri: body.policy_uri ?? null,
    tosUri: body.tos_uri ?? null,
  }
}

/**
 * All that it may have if it names none. Of one that names only scopes of APIs, Kith registers nothing but `openid`: it
 * may know its users, and no more of them.
 */
function scopesOf(text: string | undefined): Scope[] {
  if (text === undefined) return [...SELF_REGISTERED_SCOPES]
  const { scopes, unknown } = parseScopes(text)
  return scopes.length === 0 && unknown.length > 0 ? ['openid'] : intersectScopes(scopes, SELF_REGISTERED_SCOPES)
}
