/**
 * What can be registered about a client (RFC 7591 §2), under the RFC's names, and the rules that combine its fields.
 * Pure: everything that registers clients does so through these.
 */
import { randomHex, randomToken } from '../../crypto.ts'
import { AppError } from '../errors.ts'
import { intersectScopes, isIdentityScope, type Scope } from '../scopes.ts'
import type { ClientAuthenticationMethod } from './client-authentication.ts'
import type { KeySet } from './client-keys.ts'
import { type ClientTraits, DEVICE_GRANT, type GrantType, TOKEN_EXCHANGE } from './clients.ts'
import { fapiRules } from './fapi.ts'
import { ACCESS_TOKEN_SECONDS_DEFAULT } from './limits.ts'
import { isAcceptableRedirectUri } from './redirect-uri.ts'
import { sectorOf } from './subjects.ts'

export interface ClientMetadata extends ClientTraits {
  readonly grantTypes: readonly GrantType[]
  readonly scopes: readonly Scope[]
  readonly authMethod: ClientAuthenticationMethod
  /** Its public keys, or where they are published; one of the two, for private_key_jwt alone. */
  readonly jwks: KeySet | null
  readonly jwksUri: string | null
  /** Its fresh tokens may start a change of the user's email address (docs/decisions/011). */
  readonly mayChangeAddresses: boolean
}

/** The metadata under their RFC 7591 names, as errors report them. */
export const METADATA_NAMES: Readonly<Record<keyof ClientMetadata, string>> = {
  name: 'client_name',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  grantTypes: 'grant_types',
  scopes: 'scope',
  apiScopes: 'api_scopes',
  authMethod: 'token_endpoint_auth_method',
  jwks: 'jwks',
  jwksUri: 'jwks_uri',
  isFirstParty: 'first_party',
  mayChangeAddresses: 'may_change_addresses',
  requiresPkce: 'require_pkce',
  requiresPushedRequests: 'require_pushed_authorization_requests',
  requiresSignedRequests: 'require_signed_request_object',
  isDpopBound: 'dpop_bound_access_tokens',
  securityProfile: 'security_profile',
  accessTokenSeconds: 'access_token_seconds',
  idTokenAlg: 'id_token_signed_response_alg',
  claimsInIdToken: 'claims_in_id_token',
  claims: 'claims',
  subjectType: 'subject_type',
  sectorIdentifierUri: 'sector_identifier_uri',
  backchannelLogoutUri: 'backchannel_logout_uri',
  frontchannelLogoutUri: 'frontchannel_logout_uri',
  clientUri: 'client_uri',
  logoUri: 'logo_uri',
  policyUri: 'policy_uri',
  tosUri: 'tos_uri',
  isNativeDevelopment: 'native_development',
}

/** RFC 7591 §2: the defaults of a client. */
export const DEFAULTS: Omit<ClientMetadata, 'name' | 'scopes'> = {
  apiScopes: [],
  redirectUris: [],
  postLogoutRedirectUris: [],
  grantTypes: ['authorization_code', 'refresh_token'],
  authMethod: 'none',
  jwks: null,
  jwksUri: null,
  isFirstParty: false,
  mayChangeAddresses: false,
  requiresPkce: true,
  requiresPushedRequests: false,
  requiresSignedRequests: false,
  isDpopBound: false,
  securityProfile: 'none',
  accessTokenSeconds: ACCESS_TOKEN_SECONDS_DEFAULT,
  // OpenID Connect Dynamic Client Registration §2.
  idTokenAlg: 'RS256',
  claimsInIdToken: false,
  claims: [],
  subjectType: 'public',
  sectorIdentifierUri: null,
  backchannelLogoutUri: null,
  frontchannelLogoutUri: null,
  clientUri: null,
  logoUri: null,
  policyUri: null,
  tosUri: null,
  isNativeDevelopment: false,
}

const SCHEME_RULE =
  'must not have a scheme without a domain, which any other app may claim as well, except with native_development: use one such as com.example.app'

/** Throws `invalid_request` with a field for each rule that the metadata break. */
export function judgeMetadata(metadata: ClientMetadata): void {
  const { grantTypes, redirectUris, postLogoutRedirectUris, scopes, requiresPkce, authMethod, jwks, jwksUri } = metadata
  const { mayChangeAddresses, isNativeDevelopment, requiresSignedRequests, sectorIdentifierUri } = metadata
  const { backchannelLogoutUri, frontchannelLogoutUri } = metadata
  const isForDevelopment = (uri: string) => !isNativeDevelopment && !isAcceptableRedirectUri(uri)
  const isPublic = authMethod === 'none'
  const hasKeys = authMethod === 'private_key_jwt'
  const isPairwise = metadata.subjectType === 'pairwise'
  const has = (grantType: GrantType) => grantTypes.includes(grantType)
  const rules: readonly (readonly [isBroken: boolean, field: keyof ClientMetadata, message: string])[] = [
    [has('authorization_code') && redirectUris.length === 0, 'redirectUris', 'must name a URI for authorization_code'],
    [
      has('refresh_token') && !has('authorization_code') && !has(DEVICE_GRANT),
      'grantTypes',
      `refresh_token requires authorization_code or ${DEVICE_GRANT}`,
    ],
    [has(TOKEN_EXCHANGE) && isPublic, 'authMethod', `${TOKEN_EXCHANGE} requires a client that authenticates`],
    [has('client_credentials') && isPublic, 'authMethod', 'client_credentials requires a client that authenticates'],
    [hasKeys && (jwks === null) === (jwksUri === null), 'jwks', 'private_key_jwt requires either jwks or jwks_uri'],
    [!hasKeys && jwks !== null, 'jwks', 'is for private_key_jwt'],
    [!hasKeys && jwksUri !== null, 'jwksUri', 'is for private_key_jwt'],
    [!hasKeys && requiresSignedRequests, 'requiresSignedRequests', 'is for private_key_jwt'],
    // RFC 6749 §4.4: the grant gives only `client:` scopes, and those of APIs.
    [
      has('client_credentials') && intersectScopes(scopes, ['client:all']).length === 0 && metadata.apiScopes.length === 0,
      'scopes',
      'client_credentials requires a client: scope, or an API',
    ],
    [isPublic && !requiresPkce, 'requiresPkce', 'a public client requires PKCE'],
    // A script in a public client's page can read its tokens.
    [isPublic && mayChangeAddresses, 'mayChangeAddresses', 'is for clients that authenticate'],
    // Other routes name people by their ids.
    [isPairwise && !scopes.every(isIdentityScope), 'scopes', 'subject_type pairwise allows only OpenID Connect scopes, and those of APIs'],
    [isPairwise && sectorOf(metadata) === null, 'sectorIdentifierUri', 'is required: the redirect URIs have no https host in common'],
    [!isPairwise && sectorIdentifierUri !== null, 'sectorIdentifierUri', 'is for subject_type pairwise'],
    [redirectUris.some(isForDevelopment), 'redirectUris', SCHEME_RULE],
    [
      backchannelLogoutUri !== null && !has('authorization_code') && !has(DEVICE_GRANT),
      'backchannelLogoutUri',
      `requires authorization_code or ${DEVICE_GRANT}`,
    ],
    // Front-Channel Logout 1.0 §2.
    [
      frontchannelLogoutUri !== null && !redirectUris.some((uri) => originOf(uri) === originOf(frontchannelLogoutUri)),
      'frontchannelLogoutUri',
      'must have the scheme, host and port of a redirect URI',
    ],
    [postLogoutRedirectUris.some(isForDevelopment), 'postLogoutRedirectUris', SCHEME_RULE],
    ...fapiRules(metadata),
  ]
  const broken = rules.filter(([isBroken]) => isBroken)
  AppError.refuse(broken.map(([, field, message]) => ({ path: METADATA_NAMES[field], message })))
}

const originOf = (uri: string) => (URL.canParse(uri) ? new URL(uri).origin : null)

/** Whether Kith issues a secret to such a client. */
export function hasSecret(method: ClientAuthenticationMethod): boolean {
  return method !== 'none' && method !== 'private_key_jwt'
}

/** 256 random bits behind a prefix that secret scanners recognize. */
export function newClientSecret(): string {
  return `kith_cs_${randomToken()}`
}

export function makeClientId(): string {
  return `client-${randomHex(12)}`
}
