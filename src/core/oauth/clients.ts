/** OAuth clients as the grants see them (RFC 6749 §2): a row of the store in the RFC's terms. */
import type { OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { AppError } from '../errors.ts'
import { type Scope, storedScopes } from '../scopes.ts'
import { type ApiScope, storedApiScopes } from './api-scopes.ts'
import { isFapi } from './fapi.ts'
import type { SigningAlgorithm } from './signing-keys.ts'

/** RFC 8628 §3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** RFC 8693 §2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** `password` and `implicit` are not among them (RFC 9700 §2.1.2, §2.4). */
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT, TOKEN_EXCHANGE] as const
export type GrantType = (typeof GRANT_TYPES)[number]

export function isGrantType(text: string): text is GrantType {
  return (GRANT_TYPES as readonly string[]).includes(text)
}

/** `dynamic`: RFC 7591. `document`: its id is the URL of its metadata. */
export const CLIENT_SOURCES = ['operator', 'dynamic', 'document'] as const
export type ClientSource = (typeof CLIENT_SOURCES)[number]
export const SECURITY_PROFILES = ['none', 'fapi2'] as const
export type SecurityProfile = (typeof SECURITY_PROFILES)[number]
/** OpenID Connect Core §8. */
export const SUBJECT_TYPES = ['public', 'pairwise'] as const
export type SubjectType = (typeof SUBJECT_TYPES)[number]

/** What is registered about a client, whoever reads it. */
export interface ClientTraits {
  readonly name: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  /** What it may have of the team's own APIs. */
  readonly apiScopes: readonly ApiScope[]
  readonly isFirstParty: boolean
  readonly requiresPkce: boolean
  /** RFC 9126 §6. */
  readonly requiresPushedRequests: boolean
  /** RFC 9101 §10.5. */
  readonly requiresSignedRequests: boolean
  /** Its tokens are always bound to a key (RFC 9449 §5.2). */
  readonly isDpopBound: boolean
  readonly securityProfile: SecurityProfile
  readonly accessTokenSeconds: number
  readonly idTokenAlg: SigningAlgorithm
  /** ID tokens also contain the userinfo claims, for libraries that do not call userinfo. */
  readonly claimsInIdToken: boolean
  /** Names from the list in `client-claims.ts`. */
  readonly claims: readonly string[]
  /** OpenID Connect Core §8. */
  readonly subjectType: SubjectType
  readonly sectorIdentifierUri: string | null
  readonly backchannelLogoutUri: string | null
  readonly frontchannelLogoutUri: string | null
  /** Shown to users. */
  readonly clientUri: string | null
  readonly logoUri: string | null
  readonly policyUri: string | null
  readonly tosUri: string | null
  /** Its redirect URIs may have a scheme that any other app could claim as well. */
  readonly isNativeDevelopment: boolean
}

export interface Client extends ClientTraits {
  readonly id: string
  /** RFC 6749 §2.1: it cannot keep a secret. */
  readonly isPublic: boolean
  readonly grantTypes: readonly string[]
  readonly scopes: readonly Scope[]
  readonly source: ClientSource
  readonly epoch: number
}

/** As the row has them. */
export function traitsOf(row: OAuthClientRow): ClientTraits {
  return {
    name: row.name,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    postLogoutRedirectUris: JSON.parse(row.postLogoutRedirectUris) as string[],
    apiScopes: storedApiScopes(row.scopes),
    isFirstParty: row.firstParty === 1,
    // Always required of a public client (wire §6.4), whatever its row says.
    requiresPkce: row.tokenEndpointAuthMethod === 'none' || row.requirePkce !== 0,
    requiresPushedRequests: row.requirePushedRequests === 1,
    requiresSignedRequests: row.requireSignedRequests === 1,
    isDpopBound: row.dpopBound === 1,
    securityProfile: row.securityProfile as SecurityProfile,
    accessTokenSeconds: row.accessTokenSeconds,
    idTokenAlg: row.idTokenSignedResponseAlg as SigningAlgorithm,
    claimsInIdToken: row.claimsInIdToken === 1,
    claims: row.claims.split(' ').filter(Boolean),
    subjectType: row.subjectType as SubjectType,
    sectorIdentifierUri: row.sectorIdentifierUri,
    backchannelLogoutUri: row.backchannelLogoutUri,
    frontchannelLogoutUri: row.frontchannelLogoutUri,
    clientUri: row.clientUri,
    logoUri: row.logoUri,
    policyUri: row.policyUri,
    tosUri: row.tosUri,
    isNativeDevelopment: row.nativeDevelopment === 1,
  }
}

/** Null for a client that does not exist or is disabled: nobody learns which. */
export function toClient(row: OAuthClientRow | null): Client | null {
  if (!row || row.disabledAt !== null) return null
  return {
    ...traitsOf(row),
    // FAPI requires these, whatever the row says.
    ...(isFapi(row) && { requiresPkce: true, requiresPushedRequests: true, isDpopBound: true }),
    id: row.id,
    isPublic: row.tokenEndpointAuthMethod === 'none',
    grantTypes: row.grantTypes.split(' '),
    scopes: storedScopes(row.scopes),
    source: row.source as ClientSource,
    epoch: row.epoch,
  }
}

export function requireGrantType(client: Client, grantType: GrantType): void {
  if (!client.grantTypes.includes(grantType)) {
    throw new AppError('unauthorized_client', `The client is not registered for the grant type ${grantType}`)
  }
}
