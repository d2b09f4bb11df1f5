/** OAuth clients in D1. */
import { sql } from 'drizzle-orm'
import { type Fragment, first, type Statement } from './database.ts'

export interface ClientGateRow {
  readonly id: string
  readonly scopes: string
  readonly epoch: number
  readonly disabledAt: number | null
  /** When the key that the client stands for expires; null if never. */
  readonly expiresAt: number | null
}

export interface OAuthClientRow extends Omit<ClientGateRow, 'expiresAt'> {
  readonly name: string
  readonly secretHash: string | null
  readonly tokenEndpointAuthMethod: string
  readonly redirectUris: string
  readonly postLogoutRedirectUris: string
  readonly grantTypes: string
  readonly firstParty: number
  readonly requirePkce: number
  readonly accessTokenSeconds: number
  readonly idTokenSignedResponseAlg: string
  readonly claimsInIdToken: number
  readonly nativeDevelopment: number
}

export function findClientGateRow(clientId: string): Statement<ClientGateRow | null> {
  return first(sql`
    SELECT id, scopes, epoch, disabled_at, (SELECT m.expires_at FROM machine_credentials m WHERE m.client_id = c.id) AS expires_at
    FROM oauth_clients c WHERE id = ${clientId}`)
}

/** Holds while the client is enabled; revoking a key disables its client. */
export function isClientOpen(clientId: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = ${clientId} AND c.disabled_at IS NULL)`
}

export function findClient(clientId: string): Statement<OAuthClientRow | null> {
  return first(sql`
    SELECT id, name, secret_hash, token_endpoint_auth_method, redirect_uris, post_logout_redirect_uris, grant_types, scopes, first_party,
           require_pkce, access_token_seconds, id_token_signed_response_alg, claims_in_id_token, native_development, epoch, disabled_at
    FROM oauth_clients WHERE id = ${clientId}`)
}
