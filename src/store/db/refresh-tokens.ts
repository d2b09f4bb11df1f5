/**
 * Refresh tokens in D1: one row per family, rewritten at each rotation, with the hashes of the current token and the
 * previous one. The session is the family: revoking it ends all tokens. A token is rotated by one guarded UPDATE; a
 * second request finds the first one's rotation.
 */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { apisOf } from './apis.ts'
import { changed, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import { isLive } from './live-session.ts'
import { clientColumns, type OAuthClientRow } from './oauth-clients.ts'

export interface TokenHashes {
  /** Of the part that all tokens of a family share. */
  readonly familyHash: string
  readonly tokenHash: string
}

export interface NewRefreshToken extends TokenHashes {
  readonly sessionId: SessionId
  readonly createdAt: number
  readonly expiresAt: number
}

/**
 * True of the alias `t`: the row of the family that a token belongs to. Tokens from before migration 0016 have a row
 * each, found by the token itself until it is rotated.
 */
export function isOfFamily({ familyHash, tokenHash }: TokenHashes): Fragment {
  return sql`(t.family_hash = ${familyHash} OR (t.family_hash IS NULL AND t.token_hash = ${tokenHash}))`
}

/** Creates the first token of the session where `condition` holds (a guard of the same batch). Idempotent. */
export function insertRefreshToken(row: NewRefreshToken, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO refresh_tokens (family_hash, token_hash, session_id, created_at, expires_at)
    SELECT ${row.familyHash}, ${row.tokenHash}, ${row.sessionId}, ${row.createdAt}, ${row.expiresAt} WHERE ${condition}
    ON CONFLICT (family_hash) DO NOTHING`)
}

export interface RefreshTokenRow {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly clientId: string | null
  readonly scope: string
  readonly apis: string | null
  readonly sessionExpiresAt: number
  readonly authenticatedAt: number
  readonly amr: string
  /** The key that the family is bound to (RFC 9449 §5). */
  readonly dpopJkt: string | null
  /** Of the family's current token. */
  readonly createdAt: number
  readonly expiresAt: number
  /** When the family was last rotated; null if never. */
  readonly rotatedAt: number | null
  /** The key under which the current token was derived from the previous one. */
  readonly successorKid: string | null
  /** 1 for the family's current token, and for the previous one. Neither: a token used earlier, or an unknown one. */
  readonly isCurrent: number
  readonly isPrevious: number | null
  /** 1 while the session is live and of the user's current epoch. */
  readonly isLive: number
}

/** Columns of the alias `t` with its session and user, `s` and `u`. */
const columnsOf = (tokenHash: string, now: number) => sql`
  t.session_id, s.user_id, s.client_id, s.scope, ${apisOf(sql`s.scope`)} AS apis, s.expires_at AS session_expires_at, s.authenticated_at, s.amr,
  s.dpop_jkt, t.created_at, t.expires_at, t.rotated_at, t.successor_kid, (${isLive(now)}) AS is_live,
  t.token_hash = ${tokenHash} AND (t.family_hash IS NOT NULL OR t.rotated_at IS NULL) AS is_current,
  t.previous_hash = ${tokenHash} AS is_previous`

/** The family that a token belongs to, and the token's position in it. */
export function findRefreshToken(hashes: TokenHashes, now: number): Statement<RefreshTokenRow | null> {
  return first(sql`
    SELECT ${columnsOf(hashes.tokenHash, now)}
    FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    WHERE ${isOfFamily(hashes)}`)
}

/** A client, and the family of a token if it belongs to any, whichever client's that is. */
export type PresentedTokenRow = OAuthClientRow & (RefreshTokenRow | Record<keyof RefreshTokenRow, null>)

/** Null where `isProven` does not hold, or there is no such client. */
export function findPresentedToken(
  clientId: string,
  hashes: TokenHashes,
  now: number,
  isProven: Fragment,
): Statement<PresentedTokenRow | null> {
  return first(sql`
    SELECT ${clientColumns}, ${columnsOf(hashes.tokenHash, now)}
    FROM oauth_clients c LEFT JOIN refresh_tokens t ON ${isOfFamily(hashes)}
      LEFT JOIN sessions s ON s.id = t.session_id LEFT JOIN users u ON u.id = s.user_id
    WHERE c.id = ${clientId} AND (${isProven})`)
}

export interface Rotation extends TokenHashes {
  /** Null: the token itself stays, and only lives on. */
  readonly successorHash: string | null
  /** When the successor ends, unless the session ends before. */
  readonly idleUntil: number
  /** The key under which the successor was derived. */
  readonly kid: string
  /** The key that the client has proved; null for none. */
  readonly jkt: string | null
  readonly now: number
}

/**
 * Rotates a token that was not rotated before and whose session is live, where `condition` holds (it may use the alias `s`, the
 * session), and extends the session. One that is bound to a key is rotated for that key alone; any other is bound to the key that is
 * proved. A token from before migration 0016 becomes the first of a family.
 */
export function rotateRefreshToken(rotation: Rotation, condition: Fragment): Statement<void>[] {
  const { familyHash, tokenHash, successorHash, idleUntil, kid, jkt, now } = rotation
  const successor =
    successorHash === null
      ? sql``
      : sql`, token_hash = ${successorHash}, previous_hash = ${tokenHash}, successor_kid = ${kid}, rotated_at = ${now}, created_at = ${now}`
  return [
    run(sql`
      UPDATE refresh_tokens AS t SET family_hash = ${familyHash}, expires_at = MIN(s.expires_at, ${idleUntil}) ${successor}
      FROM sessions s JOIN users u ON u.id = s.user_id
      WHERE t.token_hash = ${tokenHash} AND (t.family_hash IS NOT NULL OR t.rotated_at IS NULL) AND t.expires_at > ${now}
        AND s.id = t.session_id AND (s.dpop_jkt IS NULL OR s.dpop_jkt = ${jkt}) AND ${isLive(now)} AND (${condition})`),
    // changes() refers to the previous statement: nothing follows if nothing was rotated.
    run(sql`
      UPDATE sessions SET last_used_at = ${now}, idle_expires_at = MIN(expires_at, ${idleUntil}), dpop_jkt = COALESCE(dpop_jkt, ${jkt})
      WHERE id = (SELECT session_id FROM refresh_tokens WHERE family_hash = ${familyHash}) AND changes() > 0`),
  ]
}

/** Ends the session that the tokens belong to, whatever its epoch. */
export function revokeFamily(sessionId: SessionId, now: number): Statement<void> {
  return endsSessions(run(sql`UPDATE sessions SET revoked_at = ${now} WHERE id = ${sessionId} AND revoked_at IS NULL`))
}

/** Holds right after `revokeFamily` ended a live session. */
export const wasRevoked: Fragment = sql`changes() > 0`

export function findRevokedFamily(sessionId: SessionId): Statement<{ id: SessionId } | null> {
  return first(sql`SELECT id FROM sessions WHERE id = ${sessionId} AND revoked_at IS NOT NULL`)
}

/** Families that expired before `before`. A bounded piece of the sweep. */
export function deleteExpiredRefreshTokens(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM refresh_tokens WHERE token_hash IN (
      SELECT token_hash FROM refresh_tokens WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
