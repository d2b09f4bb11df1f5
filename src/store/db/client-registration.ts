/**
 * The registry of OAuth clients in D1, as administrators and operators write it (core/oauth/client-registration.ts).
 * `updated_at` is the version of a row: a change is guarded by the version it was based on. A deleted client stays as
 * an unusable row until everything that refers to it has ended, so its id is not reused meanwhile.
 */
import { sql } from 'drizzle-orm'
import { all, always, changed, type Fragment, findIf, first, run, type Statement } from './database.ts'
import type { oauthClients } from './schema/oauth.ts'

/** Without `last_used_at`, which the registry neither writes nor judges. */
export type ClientRow = Omit<typeof oauthClients.$inferSelect, 'lastUsedAt'>

/** The authentication method of a deleted row: no request can present it. */
const DELETED = 'deleted'
/**
 * True of the alias `c`: registered, that is neither deleted nor the client of a machine's key, which is created and
 * revoked with the key.
 */
const isRegistered = sql`c.token_endpoint_auth_method NOT IN (${DELETED}, 'machine_key')`

/** Every column of a client, under the names of its row. */
const FIELDS = [
  'id',
  'name',
  'source',
  'registrationTokenHash',
  'secretHash',
  'tokenEndpointAuthMethod',
  'sealedSecret',
  'jwks',
  'jwksUri',
  'redirectUris',
  'postLogoutRedirectUris',
  'grantTypes',
  'scopes',
  'firstParty',
  'mayChangeAddresses',
  'requirePkce',
  'requirePushedRequests',
  'requireSignedRequests',
  'dpopBound',
  'securityProfile',
  'accessTokenSeconds',
  'idTokenSignedResponseAlg',
  'claimsInIdToken',
  'claims',
  'subjectType',
  'sectorIdentifierUri',
  'backchannelLogoutUri',
  'frontchannelLogoutUri',
  'clientUri',
  'logoUri',
  'policyUri',
  'tosUri',
  'nativeDevelopment',
  'epoch',
  'consentsSince',
  'disabledAt',
  'createdAt',
  'updatedAt',
] as const satisfies readonly (keyof ClientRow)[]
const columnOf = (field: string) => sql.identifier(field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))
const COLUMNS = sql.join(FIELDS.map(columnOf), sql`, `)

export function findRegisteredClient(id: string): Statement<ClientRow | null> {
  return first(sql`SELECT ${COLUMNS} FROM oauth_clients c WHERE id = ${id} AND ${isRegistered}`)
}

/** The witness: the client in the version that a change produces, whoever made it. */
export function findClientOfVersion(id: string, updatedAt: number): Statement<ClientRow | null> {
  return first(sql`
    SELECT ${COLUMNS} FROM oauth_clients c WHERE id = ${id} AND updated_at = ${updatedAt} AND ${isRegistered}`)
}

/** As it is shown: with its last use. */
export interface ShownClientRow extends ClientRow {
  readonly lastUsedAt: number | null
}

export function findShownClient(id: string): Statement<ShownClientRow | null> {
  return first(sql`SELECT ${COLUMNS}, last_used_at FROM oauth_clients c WHERE id = ${id} AND ${isRegistered}`)
}

/** In the order of their ids, after `after`. */
export function listRegisteredClients(input: { after: string; limit: number }): Statement<ShownClientRow[]> {
  return all(sql`
    SELECT ${COLUMNS}, last_used_at FROM oauth_clients c WHERE id > ${input.after} AND ${isRegistered} ORDER BY id LIMIT ${input.limit}`)
}

/** One that is less than `sinceMs` younger than the last is not worth a write. The client's version stays. */
export function recordClientUse({ clientId, now, sinceMs }: { clientId: string; now: number; sinceMs: number }): Statement<void> {
  return run(sql`
    UPDATE oauth_clients SET last_used_at = ${now} WHERE id = ${clientId} AND (last_used_at IS NULL OR last_used_at <= ${now - sinceMs})`)
}

/** Holds while the id is unused, even by a client that is being removed. */
export function isClientIdFree(id: string): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM oauth_clients WHERE id = ${id})`
}

/** Creates the client where `condition` holds, unless the id is taken. */
export function insertClient(row: ClientRow, condition: Fragment = always): Statement<void> {
  return run(sql`
    INSERT INTO oauth_clients (${COLUMNS})
    SELECT ${sql.join(
      FIELDS.map((field) => sql`${row[field]}`),
      sql`, `,
    )} WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds while the client has this version. */
export function isClientOfVersion(id: string, updatedAt: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM oauth_clients c WHERE c.id = ${id} AND c.updated_at = ${updatedAt} AND ${isRegistered})`
}

/** Holds while the client is managed with this token (RFC 7592). */
export function isManagedWith(id: string, registrationTokenHash: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM oauth_clients c WHERE c.id = ${id} AND c.registration_token_hash = ${registrationTokenHash})`
}

export function updateClient(next: ClientRow, condition: Fragment): Statement<void> {
  const changes = FIELDS.filter((field) => field !== 'id' && field !== 'createdAt').map((field) => sql`${columnOf(field)} = ${next[field]}`)
  return run(sql`
    UPDATE oauth_clients SET ${sql.join(changes, sql`, `)}
    WHERE id = ${next.id} AND (${condition})`)
}

// --- clients that registered themselves --------------------------------------------------------------------------

/** The last of the next `limit` ids after `after`; null if there are none. */
export function findClientPiece(input: { after: string; limit: number }): Statement<{ last: string | null } | null> {
  return first(sql`
    SELECT MAX(id) AS last FROM (SELECT id FROM oauth_clients WHERE id > ${input.after} ORDER BY id LIMIT ${input.limit})`)
}

/**
 * Removes those among the ids after `after`, up to `last`, that nobody uses and that have not changed since `before`.
 * Each of their grants began with a consent, and ends with it: without one, or a code that may still be exchanged,
 * nobody is signed in with them. A client that an administrator has made more of is used without consents, so it stays. So does
 * a disabled client with a document, or it would come back.
 */
export function deleteUnusedClients({ after, last, before }: { after: string; last: string; before: number }): Statement<number> {
  return changed(sql`
    DELETE FROM oauth_clients AS c
    WHERE c.id > ${after} AND c.id <= ${last} AND c.source <> 'operator' AND c.updated_at < ${before} AND ${isRegistered}
      AND (c.source = 'dynamic' OR c.disabled_at IS NULL)
      AND c.first_party = 0 AND instr(c.grant_types, 'client_credentials') = 0
      AND c.id NOT IN (SELECT server_client_id FROM apis WHERE server_client_id IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM consents k WHERE k.client_id = c.id)
      AND NOT EXISTS (SELECT 1 FROM authorization_codes a WHERE a.client_id = c.id)
      AND NOT EXISTS (SELECT 1 FROM device_codes d WHERE d.client_id = c.id)
      AND NOT EXISTS (SELECT 1 FROM pushed_requests p WHERE p.client_id = c.id)`)
}

// --- the end of a client -----------------------------------------------------------------------------------------

const sweepOf = (id: string) => `client:${id}`

/** Disables the client for good where `condition` holds: from now on nothing issued to it works. The sweep does the rest. */
export function markClientDeleted(id: string, now: number, condition: Fragment): Statement<void>[] {
  return [
    run(sql`
      INSERT INTO sweep_cursors (sweep, cursor, updated_at) SELECT ${sweepOf(id)}, '0', ${now} WHERE ${condition}
      ON CONFLICT (sweep) DO NOTHING`),
    // Whoever gets the id next is not the API's own client.
    run(sql`UPDATE apis SET server_client_id = NULL WHERE server_client_id = ${id} AND (${condition})`),
    run(sql`
      UPDATE oauth_clients SET token_endpoint_auth_method = ${DELETED}, secret_hash = NULL, sealed_secret = NULL, jwks = NULL, jwks_uri = NULL,
        registration_token_hash = NULL, redirect_uris = '[]', post_logout_redirect_uris = '[]',
        backchannel_logout_uri = NULL, frontchannel_logout_uri = NULL, grant_types = '', scopes = '', first_party = 0, may_change_addresses = 0, epoch = epoch + 1,
        disabled_at = ${now}, updated_at = ${now}
      WHERE id = ${id} AND (${condition})`),
  ]
}

/** A row when there is no such client, or only the remains of one. */
export function findClientGone(id: string): Statement<{ id: string } | null> {
  return first(sql`
    SELECT ${id} AS id
    WHERE NOT EXISTS (SELECT 1 FROM oauth_clients WHERE id = ${id} AND token_endpoint_auth_method <> ${DELETED})`)
}

/** Clients deleted before `before` that still have a row. */
export function listDeletedClients(input: { before: number; limit: number }): Statement<{ id: string }[]> {
  return all(sql`
    SELECT c.id FROM sweep_cursors w JOIN oauth_clients c ON c.id = SUBSTR(w.sweep, 8)
    WHERE w.sweep >= 'client:' AND w.sweep < 'client;' AND c.token_endpoint_auth_method = ${DELETED} AND c.disabled_at < ${input.before}
    ORDER BY w.sweep LIMIT ${input.limit}`)
}

/**
 * One chunk of a deleted client's removal: its consents and codes, and those of the next `chunk` sessions that belong
 * to it. Sessions have no index by client: only this would use it, and it would cost every sign-in a row. The client's
 * own row goes when nothing is left. Each call does the next chunk.
 */
export function removeClientRemains(id: string, chunk: number, now: number): Statement<unknown>[] {
  const isDeleted = sql`EXISTS (SELECT 1 FROM oauth_clients WHERE id = ${id} AND token_endpoint_auth_method = ${DELETED})`
  const position = sql`(SELECT CAST(cursor AS INTEGER) FROM sweep_cursors WHERE sweep = ${sweepOf(id)})`
  const next = sql`SELECT id, client_id, revoked_at FROM sessions WHERE id > ${position} ORDER BY id LIMIT ${chunk}`
  return [
    run(sql`
      DELETE FROM authorization_codes WHERE ${isDeleted} AND code_hash IN (
        SELECT code_hash FROM authorization_codes WHERE client_id = ${id} LIMIT ${chunk})`),
    run(sql`
      DELETE FROM consents WHERE ${isDeleted} AND (user_id, client_id) IN (
        SELECT user_id, client_id FROM consents WHERE client_id = ${id} LIMIT ${chunk})`),
    run(sql`
      UPDATE sessions SET revoked_at = ${now}
      WHERE ${isDeleted} AND id IN (SELECT n.id FROM (${next}) n WHERE n.client_id = ${id} AND n.revoked_at IS NULL)`),
    run(sql`
      UPDATE sweep_cursors SET cursor = COALESCE((SELECT CAST(MAX(n.id) AS TEXT) FROM (${next}) n), cursor), updated_at = ${now}
      WHERE sweep = ${sweepOf(id)}`),
    run(sql`
      DELETE FROM oauth_clients WHERE id = ${id} AND token_endpoint_auth_method = ${DELETED}
        AND NOT EXISTS (SELECT 1 FROM sessions WHERE id > ${position})
        AND NOT EXISTS (SELECT 1 FROM consents WHERE client_id = ${id})
        AND NOT EXISTS (SELECT 1 FROM authorization_codes WHERE client_id = ${id})`),
    run(sql`DELETE FROM sweep_cursors WHERE sweep = ${sweepOf(id)} AND NOT ${isDeleted}`),
  ]
}

/** Whether anything of a deleted client is left. */
export function hasClientRemains(id: string): Statement<boolean> {
  return findIf(sql`EXISTS (SELECT 1 FROM sweep_cursors WHERE sweep = ${sweepOf(id)})`)
}
