/**
 * Refresh tokens in D1 (design §1.9): one row per issued token, by hash. The session is the family: revoking it kills
 * all of them. A token is rotated by one guarded UPDATE; whoever comes second finds the first one's rotation.
 */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { type Fragment, first, run, type Statement } from './database.ts'
import { isLive } from './live-session.ts'

export interface NewRefreshToken {
  readonly tokenHash: string
  readonly sessionId: SessionId
  readonly createdAt: number
  readonly expiresAt: number
}

/** Makes a token of the session where `condition` holds (a guard of the same batch). Repeating it changes nothing. */
export function insertRefreshToken(row: NewRefreshToken, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at)
    SELECT ${row.tokenHash}, ${row.sessionId}, ${row.createdAt}, ${row.expiresAt} WHERE ${condition}
    ON CONFLICT (token_hash) DO NOTHING`)
}

export interface RefreshTokenRow {
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly clientId: string | null
  readonly scope: string
  readonly sessionExpiresAt: number
  readonly authenticatedAt: number
  readonly amr: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly rotatedAt: number | null
  readonly successorKid: string | null
  /** 1 while the session is live and of the user's present epoch. */
  readonly isLive: number
}

export function findRefreshToken(tokenHash: string, now: number): Statement<RefreshTokenRow | null> {
  return first(sql`
    SELECT t.session_id, s.user_id, s.client_id, s.scope, s.expires_at AS session_expires_at, s.authenticated_at, s.amr,
           t.created_at, t.expires_at, t.rotated_at, t.successor_kid, (${isLive(now)}) AS is_live
    FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
    WHERE t.token_hash = ${tokenHash}`)
}

export interface Rotation {
  readonly tokenHash: string
  readonly successor: NewRefreshToken
  /** The key under which the successor was derived. */
  readonly kid: string
  readonly now: number
}

/** Rotates a token if nobody has yet and its session is live: the successor's row, and the session's later idle end. */
export function rotateRefreshToken({ tokenHash, successor, kid, now }: Rotation): Statement<void>[] {
  return [
    run(sql`
      UPDATE refresh_tokens SET rotated_at = ${now}, successor_kid = ${kid}
      WHERE token_hash = ${tokenHash} AND rotated_at IS NULL AND expires_at > ${now}
        AND EXISTS (
          SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
          WHERE s.id = refresh_tokens.session_id AND ${isLive(now)})`),
    // changes() is the statement's before: nothing follows where nothing was rotated.
    insertRefreshToken(successor, sql`changes() > 0`),
    run(sql`
      UPDATE sessions SET last_used_at = ${now}, idle_expires_at = ${successor.expiresAt}
      WHERE id = ${successor.sessionId} AND changes() > 0`),
  ]
}

export interface RotationRow {
  readonly rotatedAt: number
  readonly successorKid: string
  /** When the successor was used; null before. */
  readonly successorRotatedAt: number | null
}

/** How the token was rotated, by whomever; null when it is not. */
export function findRotation(tokenHash: string, successorHash: string): Statement<RotationRow | null> {
  return first(sql`
    SELECT t.rotated_at, t.successor_kid, n.rotated_at AS successor_rotated_at
    FROM refresh_tokens t LEFT JOIN refresh_tokens n ON n.token_hash = ${successorHash}
    WHERE t.token_hash = ${tokenHash} AND t.rotated_at IS NOT NULL`)
}

/** Ends the session that the tokens hang on, whatever its epoch. */
export function revokeFamily(sessionId: SessionId, now: number): Statement<void> {
  return run(sql`UPDATE sessions SET revoked_at = ${now} WHERE id = ${sessionId} AND revoked_at IS NULL`)
}

/** Holds right after `revokeFamily` has ended a session that had not ended before. */
export const wasRevoked: Fragment = sql`changes() > 0`

export function findRevokedFamily(sessionId: SessionId): Statement<{ id: SessionId } | null> {
  return first(sql`SELECT id FROM sessions WHERE id = ${sessionId} AND revoked_at IS NOT NULL`)
}

/** Tokens that expired before `before`, rotated or not. A bounded piece of the sweep. */
export function deleteExpiredRefreshTokens(input: { before: number; limit: number }): Statement<void> {
  return run(sql`
    DELETE FROM refresh_tokens WHERE token_hash IN (
      SELECT token_hash FROM refresh_tokens WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
