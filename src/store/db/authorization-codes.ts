/**
 * Authorization codes in D1 (RFC 6749 §4.1.2). A code is claimed by one guarded UPDATE that writes the id of the session
 * it becomes; the statements after it in the batch depend on that id (design §1.4).
 */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { apisOf } from './apis.ts'
import { changed, type Fragment, first, run, type Statement } from './database.ts'
import { isGrantorLive, isLive } from './live-session.ts'

export interface NewAuthorizationCode {
  readonly codeHash: string
  readonly clientId: string
  readonly userId: UserId
  readonly redirectUri: string
  readonly codeChallenge: string | null
  readonly scope: string
  readonly nonce: string | null
  /** The key that the tokens have to be bound to (RFC 9449 §10). */
  readonly dpopJkt: string | null
  readonly browserSessionId: SessionId
  readonly createdAt: number
  readonly expiresAt: number
}

/**
 * Creates a code if the browser session is live and `condition` holds; how and when the user signed in comes from the
 * session. Repeatable.
 */
export function insertAuthorizationCode(row: NewAuthorizationCode, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO authorization_codes (code_hash, client_id, user_id, redirect_uri, code_challenge, scope, nonce, epoch,
                                     browser_session_id, authenticated_at, amr, dpop_jkt, created_at, expires_at)
    SELECT ${row.codeHash}, ${row.clientId}, u.id, ${row.redirectUri}, ${row.codeChallenge}, ${row.scope}, ${row.nonce},
           u.epoch,
           s.id, s.authenticated_at, s.amr, ${row.dpopJkt}, ${row.createdAt}, ${row.expiresAt}
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = ${row.browserSessionId} AND u.id = ${row.userId} AND s.client_id IS NULL AND ${isLive(row.createdAt)}
      AND (${condition})
    ON CONFLICT (code_hash) DO NOTHING`)
}

/** Holds when the code was created. */
export function codeWasMade(codeHash: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM authorization_codes WHERE code_hash = ${codeHash})`
}

export function codeExists(codeHash: string): Statement<{ codeHash: string } | null> {
  return first(sql`SELECT code_hash FROM authorization_codes WHERE code_hash = ${codeHash}`)
}

export interface AuthorizationCodeRow {
  readonly clientId: string
  readonly userId: UserId
  readonly redirectUri: string
  readonly codeChallenge: string | null
  readonly scope: string
  readonly apis: string | null
  readonly nonce: string | null
  readonly dpopJkt: string | null
  readonly authenticatedAt: number
  readonly amr: string
  readonly browserSessionId: SessionId
  readonly expiresAt: number
  readonly consumedAt: number | null
  readonly sessionId: SessionId | null
  /** 1 while the browser session that granted it is live and has the code's epoch. */
  readonly isLive: number | null
}

export function findAuthorizationCode(codeHash: string, now: number): Statement<AuthorizationCodeRow | null> {
  return first(sql`
    SELECT c.client_id, c.user_id, c.redirect_uri, c.code_challenge, c.scope, c.nonce, c.dpop_jkt, c.authenticated_at, c.amr,
           c.browser_session_id, c.expires_at, c.consumed_at, c.session_id, ${apisOf(sql`c.scope`)} AS apis, (c.epoch = u.epoch AND ${isLive(now)}) AS is_live
    FROM authorization_codes c
    JOIN users u ON u.id = c.user_id
    LEFT JOIN sessions s ON s.id = c.browser_session_id
    WHERE c.code_hash = ${codeHash}`)
}

/** Claims a code for the session about to be created. An id that another session already has claims nothing. */
export function claimAuthorizationCode(input: { codeHash: string; sessionId: SessionId; now: number }): Statement<void> {
  return run(sql`
    UPDATE authorization_codes SET consumed_at = ${input.now}, session_id = ${input.sessionId}
    WHERE code_hash = ${input.codeHash} AND consumed_at IS NULL AND expires_at > ${input.now}
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = ${input.sessionId})
      AND ${isGrantorLive(sql`authorization_codes`, input.now)}`)
}

/** Holds when the code was claimed for this session. */
export function isCodeClaimed(codeHash: string, sessionId: SessionId): Fragment {
  return sql`EXISTS (SELECT 1 FROM authorization_codes WHERE code_hash = ${codeHash} AND session_id = ${sessionId})`
}

/** The session that the code was exchanged for, whoever claimed it. */
export function findCodeClaim(codeHash: string): Statement<{ sessionId: SessionId } | null> {
  return first(sql`SELECT session_id FROM authorization_codes WHERE code_hash = ${codeHash} AND consumed_at IS NOT NULL`)
}

/** Codes that expired before `before`. Consumed codes are kept for a while because a replay reveals a theft. */
export function deleteExpiredCodes(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM authorization_codes WHERE code_hash IN (
      SELECT code_hash FROM authorization_codes WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
