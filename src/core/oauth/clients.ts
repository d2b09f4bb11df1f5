/** OAuth clients as the grants see them (RFC 6749 §2): a row of the store in the RFC's terms. */
import type { OAuthClientRow } from '../../store/db/oauth-clients.ts'
import { AppError } from '../errors.ts'
import { type Scope, storedScopes } from '../scopes.ts'
import type { SigningAlgorithm } from './signing-keys.ts'

/** RFC 8628 §3.4. */
export const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

/** `password` and `implicit` are not among them (RFC 9700 §2.1.2, §2.4). */
export const GRANT_TYPES = ['authorization_code', 'refresh_token', 'client_credentials', DEVICE_GRANT] as const
export type GrantType = (typeof GRANT_TYPES)[number]

export function isGrantType(text: string): text is GrantType {
  return (GRANT_TYPES as readonly string[]).includes(text)
}

export interface Client {
  readonly id: string
  readonly name: string
  /** RFC 6749 §2.1: it cannot keep a secret. */
  readonly isPublic: boolean
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly grantTypes: readonly string[]
  readonly scopes: readonly Scope[]
  readonly isFirstParty: boolean
  readonly requiresPkce: boolean
  readonly requiresPushedRequests: boolean
  readonly accessTokenSeconds: number
  readonly idTokenAlg: SigningAlgorithm
  readonly claimsInIdToken: boolean
  readonly isNativeDevelopment: boolean
  readonly epoch: number
}

/** Null for a client that does not exist or is disabled: nobody learns which. */
export function toClient(row: OAuthClientRow | null): Client | null {
  if (!row || row.disabledAt !== null) return null
  const isPublic = row.tokenEndpointAuthMethod === 'none'
  return {
    id: row.id,
    name: row.name,
    isPublic,
    redirectUris: JSON.parse(row.redirectUris) as string[],
    postLogoutRedirectUris: JSON.parse(row.postLogoutRedirectUris) as string[],
    grantTypes: row.grantTypes.split(' '),
    scopes: storedScopes(row.scopes),
    isFirstParty: row.firstParty === 1,
    // Always required of a public client, whatever its row says (wire §6.4).
    requiresPkce: isPublic || row.requirePkce !== 0,
    requiresPushedRequests: row.requirePushedRequests === 1,
    accessTokenSeconds: row.accessTokenSeconds,
    idTokenAlg: row.idTokenSignedResponseAlg as SigningAlgorithm,
    claimsInIdToken: row.claimsInIdToken === 1,
    isNativeDevelopment: row.nativeDevelopment === 1,
    epoch: row.epoch,
  }
}

export function requireGrantType(client: Client, grantType: GrantType): void {
  if (!client.grantTypes.includes(grantType)) {
    throw new AppError('unauthorized_client', `The client is not registered for the grant type ${grantType}`)
  }
}
