/**
 * What can be registered about a client (RFC 7591 §2): the atoms of its fields, under the RFC's names, and the rules
 * that combine them. Pure: the admin API and the operator's command both register through these.
 */
import * as z from 'zod'
import { randomHex, randomToken } from '../../crypto.ts'
import type { ClientRow } from '../../store/db/client-registration.ts'
import { AppError } from '../errors.ts'
import { intersectScopes, listScopes, parseScopes, type Scope } from '../scopes.ts'
import { text } from '../texts.ts'
import { CLIENT_AUTHENTICATION_METHODS, type ClientAuthenticationMethod } from './client-authentication.ts'
import type { KeySet } from './client-keys.ts'
import { DEVICE_GRANT, GRANT_TYPES, type GrantType } from './clients.ts'
import {
  ACCESS_TOKEN_SECONDS_DEFAULT,
  ACCESS_TOKEN_SECONDS_MAX,
  ACCESS_TOKEN_SECONDS_MIN,
  CLIENT_URIS_MAX,
  REDIRECT_URI_LENGTH_MAX,
} from './limits.ts'
import { isAcceptableRedirectUri } from './redirect-uri.ts'
import { SIGNING_ALGORITHMS, type SigningAlgorithm } from './signing-keys.ts'

/** A valid client id. */
export const clientId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{2,63}$/, 'must have 3 to 64 letters, digits, ., _ or -, and begin with a letter or digit')
  .meta({ description: 'The client_id', example: 'my-app' })

/** RFC 9068 §5: the subject of a client's own token is its id, which must never pass for a user's. */
export const newClientId = clientId
  .refine((v) => !/^(m\d+|[0-9a-f]{24})$/i.test(v), 'must not look like the id of a user')
  .refine((v) => !/^machine-/i.test(v), 'must not begin with machine-, which is reserved for keys')
  .meta({ description: 'Generated if omitted', example: 'my-app' })

/** Shown to users on the consent page. */
export const clientName = text({ max: 128 }).meta({ description: 'Shown to users', example: 'My app' })

const uri = z
  .string()
  .max(REDIRECT_URI_LENGTH_MAX, `must have at most ${REDIRECT_URI_LENGTH_MAX} characters`)
  .refine(
    (v) => isAcceptableRedirectUri(v, { nativeDevelopment: true }),
    'must be https, http on loopback, or the scheme of an app such as com.example.app:/callback',
  )
const uris = z
  .array(uri)
  .max(CLIENT_URIS_MAX, `must have at most ${CLIENT_URIS_MAX} URIs`)
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
export const redirectUris = uris.meta({ description: 'Compared exactly', example: ['https://app.example.com/callback'] })
export const postLogoutRedirectUris = uris.meta({ description: 'Allowed targets after sign-out', example: ['https://app.example.com/'] })

export const grantTypes = z
  .array(z.enum(GRANT_TYPES, `must be one of ${GRANT_TYPES.join(', ')}`))
  .min(1, 'must name a grant type')
  .max(GRANT_TYPES.length)
  .refine((v) => new Set(v).size === v.length, 'must not be repeated')
  .meta({ example: ['authorization_code', 'refresh_token'] })

export const clientScope = z
  .string()
  .max(4_000)
  .transform((text, refine): Scope[] => {
    const { scopes, unknown } = parseScopes(text)
    if (scopes.length > 0 && unknown.length === 0) return scopes
    refine.addIssue({
      code: 'custom',
      message: unknown.length === 0 ? 'must name a scope' : `names unknown scopes: ${listScopes(unknown)}`,
    })
    return []
  })
  .meta({ description: 'The maximum scopes of its tokens, separated by spaces', example: 'delegated:profile:read' })

export const authMethod = z.enum(CLIENT_AUTHENTICATION_METHODS, `must be one of ${CLIENT_AUTHENTICATION_METHODS.join(', ')}`).meta({
  description: 'none: a public client; client_secret_basic or client_secret_post: a secret, sent either way; the others: signed assertions',
  example: 'none',
})

export const accessTokenSeconds = z
  .int('must be a whole number')
  .min(ACCESS_TOKEN_SECONDS_MIN, `must be ${ACCESS_TOKEN_SECONDS_MIN} or more`)
  .max(ACCESS_TOKEN_SECONDS_MAX, `must be ${ACCESS_TOKEN_SECONDS_MAX} or less`)
  .meta({ example: ACCESS_TOKEN_SECONDS_DEFAULT })

export const idTokenAlg = z
  .enum(SIGNING_ALGORITHMS, `must be one of ${SIGNING_ALGORITHMS.join(', ')}`)
  .meta({ description: 'Signs its ID tokens; RS256 is what most libraries expect', example: 'RS256' })

export interface ClientMetadata {
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly grantTypes: readonly GrantType[]
  readonly scopes: readonly Scope[]
  readonly authMethod: ClientAuthenticationMethod
  /** Its public keys, or where they are published; one of the two, for private_key_jwt alone. */
  readonly jwks: KeySet | null
  readonly jwksUri: string | null
  readonly isFirstParty: boolean
  /** Its fresh tokens may start a change of the user's e-mail address (docs/decisions/011). */
  readonly mayChangeAddresses: boolean
  readonly requiresPkce: boolean
  /** RFC 9126 §6. */
  readonly requiresPushedRequests: boolean
  readonly accessTokenSeconds: number
  readonly idTokenAlg: SigningAlgorithm
  /** ID tokens also contain the userinfo claims, for libraries that do not call userinfo. */
  readonly claimsInIdToken: boolean
  /** Its redirect URIs may have a scheme that any other app could claim as well. */
  readonly isNativeDevelopment: boolean
}

/** The metadata under their RFC 7591 names, as errors report them. */
export const METADATA_NAMES: Readonly<Record<keyof ClientMetadata, string>> = {
  name: 'client_name',
  redirectUris: 'redirect_uris',
  postLogoutRedirectUris: 'post_logout_redirect_uris',
  grantTypes: 'grant_types',
  scopes: 'scope',
  authMethod: 'token_endpoint_auth_method',
  jwks: 'jwks',
  jwksUri: 'jwks_uri',
  isFirstParty: 'first_party',
  mayChangeAddresses: 'may_change_addresses',
  requiresPkce: 'require_pkce',
  requiresPushedRequests: 'require_pushed_authorization_requests',
  accessTokenSeconds: 'access_token_seconds',
  idTokenAlg: 'id_token_signed_response_alg',
  claimsInIdToken: 'claims_in_id_token',
  isNativeDevelopment: 'native_development',
}

/** RFC 7591 §2: the defaults of a client. */
export const DEFAULTS: Omit<ClientMetadata, 'name' | 'scopes'> = {
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
  accessTokenSeconds: ACCESS_TOKEN_SECONDS_DEFAULT,
  // OpenID Connect Dynamic Client Registration §2.
  idTokenAlg: 'RS256',
  claimsInIdToken: false,
  isNativeDevelopment: false,
}

const SCHEME_RULE =
  'a scheme without a domain, which any other app may claim as well, is for clients with native_development only: use a scheme such as com.example.app'

/** Throws `invalid_request` with a field for each rule that the metadata break. */
export function judgeMetadata(metadata: ClientMetadata): void {
  const { grantTypes, redirectUris, postLogoutRedirectUris, scopes, requiresPkce, authMethod, jwks, jwksUri } = metadata
  const { mayChangeAddresses, isNativeDevelopment } = metadata
  const isForDevelopment = (uri: string) => !isNativeDevelopment && !isAcceptableRedirectUri(uri)
  const isPublic = authMethod === 'none'
  const hasKeys = authMethod === 'private_key_jwt'
  const has = (grantType: GrantType) => grantTypes.includes(grantType)
  const rules: readonly [isBroken: boolean, field: keyof ClientMetadata, message: string][] = [
    [has('authorization_code') && redirectUris.length === 0, 'redirectUris', 'must name a URI for authorization_code'],
    [
      has('refresh_token') && !has('authorization_code') && !has(DEVICE_GRANT),
      'grantTypes',
      `refresh_token requires authorization_code or ${DEVICE_GRANT}`,
    ],
    [has('client_credentials') && isPublic, 'authMethod', 'client_credentials requires a client that authenticates'],
    [hasKeys && (jwks === null) === (jwksUri === null), 'jwks', 'private_key_jwt requires either jwks or jwks_uri'],
    [!hasKeys && jwks !== null, 'jwks', 'is for private_key_jwt'],
    [!hasKeys && jwksUri !== null, 'jwksUri', 'is for private_key_jwt'],
    // RFC 6749 §4.4: the grant gives only `client:` scopes.
    [
      has('client_credentials') && intersectScopes(scopes, ['client:all']).length === 0,
      'scopes',
      'client_credentials requires a client: scope',
    ],
    [isPublic && !requiresPkce, 'requiresPkce', 'a public client requires PKCE'],
    // A script in a public client's page can read its tokens.
    [isPublic && mayChangeAddresses, 'mayChangeAddresses', 'is for clients that authenticate'],
    [redirectUris.some(isForDevelopment), 'redirectUris', SCHEME_RULE],
    [postLogoutRedirectUris.some(isForDevelopment), 'postLogoutRedirectUris', SCHEME_RULE],
  ]
  const broken = rules.filter(([isBroken]) => isBroken)
  if (broken.length > 0) throw AppError.ofFields(broken.map(([, field, message]) => ({ path: METADATA_NAMES[field], message })))
}

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

/** The metadata as a row stores them, including each list. */
export function toColumns(metadata: ClientMetadata) {
  return {
    name: metadata.name,
    redirectUris: JSON.stringify(metadata.redirectUris),
    postLogoutRedirectUris: JSON.stringify(metadata.postLogoutRedirectUris),
    grantTypes: metadata.grantTypes.join(' '),
    scopes: metadata.scopes.join(' '),
    tokenEndpointAuthMethod: metadata.authMethod,
    jwks: metadata.jwks && JSON.stringify(metadata.jwks),
    jwksUri: metadata.jwksUri,
    firstParty: Number(metadata.isFirstParty),
    mayChangeAddresses: Number(metadata.mayChangeAddresses),
    requirePkce: Number(metadata.requiresPkce),
    requirePushedRequests: Number(metadata.requiresPushedRequests),
    accessTokenSeconds: metadata.accessTokenSeconds,
    idTokenSignedResponseAlg: metadata.idTokenAlg,
    claimsInIdToken: Number(metadata.claimsInIdToken),
    nativeDevelopment: Number(metadata.isNativeDevelopment),
  } satisfies Partial<ClientRow>
}

export function toMetadata(row: ClientRow): ClientMetadata {
  return {
    name: row.name,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    postLogoutRedirectUris: JSON.parse(row.postLogoutRedirectUris) as string[],
    grantTypes: row.grantTypes.split(' ') as GrantType[],
    scopes: row.scopes.split(' ') as Scope[],
    authMethod: row.tokenEndpointAuthMethod as ClientAuthenticationMethod,
    jwks: row.jwks === null ? null : (JSON.parse(row.jwks) as KeySet),
    jwksUri: row.jwksUri,
    isFirstParty: row.firstParty === 1,
    mayChangeAddresses: row.mayChangeAddresses === 1,
    requiresPkce: row.tokenEndpointAuthMethod === 'none' || row.requirePkce === 1,
    requiresPushedRequests: row.requirePushedRequests === 1,
    accessTokenSeconds: row.accessTokenSeconds,
    idTokenAlg: row.idTokenSignedResponseAlg as SigningAlgorithm,
    claimsInIdToken: row.claimsInIdToken === 1,
    isNativeDevelopment: row.nativeDevelopment === 1,
  }
}
