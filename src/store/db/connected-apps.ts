/** What connects a user with third-party apps: consents, grants (sessions of a client) and open codes. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, endsSessions, type Fragment, run, type Statement } from './database.ts'

export interface ConsentRow {
  readonly clientId: string
  readonly name: string
  readonly firstParty: number
  readonly clientScopes: string
  readonly scopes: string
  readonly createdAt: number
}

/** True of the alias `c`: the client exists, enabled or not. */
export const isThere = sql`c.token_endpoint_auth_method <> 'deleted'`

export function listConsents(userId: UserId): Statement<ConsentRow[]> {
  return all(sql`
    SELECT k.client_id, c.name, c.first_party, c.scopes AS client_scopes, k.scopes, k.created_at
    FROM consents k JOIN oauth_clients c ON c.id = k.client_id
    WHERE k.user_id = ${userId} AND ${isThere}`)
}

export interface GrantRow extends ConsentRow {
  readonly lastUsedAt: number
}

/** A user's live grants, newest first. */
export function listGrants(input: { userId: UserId; now: number; limit: number }): Statement<GrantRow[]> {
  return all(sql`
    SELECT s.client_id, c.name, c.first_party, c.scopes AS client_scopes, s.scope AS scopes, s.created_at, s.last_used_at
    FROM sessions s JOIN oauth_clients c ON c.id = s.client_id
    WHERE s.user_id = ${input.userId} AND s.epoch = (SELECT epoch FROM users WHERE id = ${input.userId}) AND s.revoked_at IS NULL
      AND s.expires_at > ${input.now} AND s.idle_expires_at > ${input.now} AND ${isThere}
    ORDER BY s.id DESC LIMIT ${input.limit}`)
}

/**
 * Ends everything that connects the two in one batch, so a code or refresh token that arrives later finds nothing.
 * `told` follows each statement and may depend on `didEnd`. Grants of an older epoch are already invalid.
 */
export function endConnection(userId: UserId, clientId: string, now: number, told: Statement<void>): Statement<void>[] {
  const ends = [
    sql`DELETE FROM consents WHERE user_id = ${userId} AND client_id = ${clientId}`,
    sql`
      DELETE FROM authorization_codes WHERE code_hash IN (
        SELECT code_hash FROM authorization_codes WHERE user_id = ${userId} AND client_id = ${clientId} AND consumed_at IS NULL)`,
    sql`DELETE FROM device_codes WHERE user_id = ${userId} AND client_id = ${clientId} AND consumed_at IS NULL`,
    sql`
      UPDATE sessions SET revoked_at = ${now} WHERE id IN (
        SELECT id FROM sessions WHERE user_id = ${userId} AND epoch = (SELECT epoch FROM users WHERE id = ${userId})
          AND revoked_at IS NULL AND client_id = ${clientId})`,
  ]
  return [
    ...ends.flatMap((end) => [endsSessions(run(end)), told]),
    run(sql`DELETE FROM scope_uses WHERE user_id = ${userId} AND client_id = ${clientId}`),
  ]
}

/** Holds right after one of these statements ended something. */
export const didEnd: Fragment = sql`changes() > 0`
