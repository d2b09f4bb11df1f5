/** OAuth clients in D1. */
import { sql } from 'drizzle-orm'
import { always, type Fragment, first, run, type Statement } from './database.ts'

export interface ClientGateRow {
  readonly id: string
  readonly scopes: string
  readonly epoch: number
  readonly disabledAt: number | null
  readonly securityProfile: string
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
  readonly source: string
  readonly requirePushedRequests: number
  readonly requireSignedRequests: number
  readonly dpopBound: number
  readonly accessTokenSeconds: number
  readonly idTokenSignedResponseAlg: string
  readonly claimsInIdToken: number
  readonly claims: string
  readonly subjectType: string
  readonly sectorIdentifierUri: string | null
  readonly backchannelLogoutUri: string | null
  readonly frontchannelLogoutUri: string | null
  readonly clientUri: string | null
  readonly logoUri: string | null
  readonly policyUri: string | null
  readonly tosUri: string | null
  readonly nativeDevelopment: number
}

export function findClientGateRow(clientId: string): Statement<ClientGateRow | null> {
  return first(sql`
    SELECT id, scopes, epoch, disabled_at, security_profile, (SELECT m.expires_at FROM machine_credentials m WHERE m.client_id = c.id) AS expires_at
    FROM oauth_clients c WHERE id = ${clientId}`)
}

/** Holds while the client is enabled; revoking a key disables its client. */
export function isClientOpen(clientId: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = ${clientId} AND c.disabled_at IS NULL)`
}

export interface ClientFaceRow {
  readonly name: string
  readonly source: string
  readonly logoUri: string | null
  readonly policyUri: string | null
  readonly tosUri: string | null
}

/** What people see of an enabled client. */
export function findClientFace(clientId: string): Statement<ClientFaceRow | null> {
  return first(sql`
    SELECT c.name, c.source, c.logo_uri, c.policy_uri, c.tos_uri FROM oauth_clients c
    WHERE c.id = ${clientId} AND c.disabled_at IS NULL AND c.token_endpoint_auth_method NOT IN ('deleted', 'machine_key')`)
}

/** Columns of a client, alias `c`. */
export const clientColumns = sql`
  c.id, c.name, c.secret_hash, c.token_endpoint_auth_method, c.redirect_uris, c.post_logout_redirect_uris, c.grant_types, c.scopes,
  c.source, c.first_party, c.require_pkce, c.require_pushed_requests, c.require_signed_requests, c.dpop_bound, c.security_profile,
  c.access_token_seconds, c.id_token_signed_response_alg, c.claims_in_id_token, c.claims, c.subject_type, c.sector_identifier_uri,
  c.backchannel_logout_uri, c.frontchannel_logout_uri, c.client_uri, c.logo_uri, c.policy_uri, c.tos_uri, c.native_development,
  c.epoch, c.disabled_at`

export function findClient(clientId: string): Statement<OAuthClientRow | null> {
  return first(sql`SELECT ${clientColumns} FROM oauth_clients c WHERE c.id = ${clientId}`)
}

/** What a client's assertions are verified with. */
export interface ClientKeysRow {
  readonly id: string
  readonly tokenEndpointAuthMethod: string
  readonly sealedSecret: string | null
  readonly jwks: string | null
  readonly jwksUri: string | null
  readonly securityProfile: string
  readonly disabledAt: number | null
  readonly updatedAt: number
}

export function findClientKeys(clientId: string): Statement<ClientKeysRow | null> {
  return first(sql`
    SELECT id, token_endpoint_auth_method, sealed_secret, jwks, jwks_uri, security_profile, disabled_at, updated_at
    FROM oauth_clients WHERE id = ${clientId}`)
}

/** Stores the same secret encrypted under the current key, unless there is another by now. The client's version stays. */
export function replaceSealedSecret(clientId: string, before: string, after: string): Statement<void> {
  return run(sql`UPDATE oauth_clients SET sealed_secret = ${after} WHERE id = ${clientId} AND sealed_secret = ${before}`)
}

export interface ClientProof {
  readonly clientId: string
  /** Null for a public client; undefined for one whose assertion has been verified. */
  readonly secretHash: string | null | undefined
  readonly methods: readonly string[]
  readonly grantType: string
  readonly idTokenAlgs: readonly string[]
  /** It has proved the key that tokens are to be bound to. */
  readonly provesKey: boolean
}

/**
 * Holds if the session of the alias `s` belongs to the client that proves itself so, and nothing about the client has changed since
 * the session began: what was granted then may still be granted. Not with FAPI, whose refresh tokens are not rotated.
 */
export function isOfUnchangedClient({ clientId, secretHash, methods, grantType, idTokenAlgs, provesKey }: ClientProof): Fragment {
  const isBound = provesKey ? always : sql`c.dpop_bound = 0`
  const hasSecret = secretHash === undefined ? always : sql`c.secret_hash IS ${secretHash}`
  return sql`EXISTS (
    SELECT 1 FROM oauth_clients c
    WHERE c.id = ${clientId} AND c.id = s.client_id AND c.disabled_at IS NULL AND c.updated_at < s.created_at
      AND c.token_endpoint_auth_method IN ${methods} AND ${hasSecret} AND ${isBound}
      AND c.security_profile <> 'fapi2'
      AND instr(' ' || c.grant_types || ' ', ${` ${grantType} `}) > 0 AND c.id_token_signed_response_alg IN ${idTokenAlgs})`
}
