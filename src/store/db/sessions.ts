/** Sessions in D1: the verdict on every credential (design §2). Statements only; the rules are in `core/sessions`. */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { all, always, changed, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import { impersonator } from './impersonations.ts'
import { isOfFamily, type TokenHashes } from './refresh-tokens.ts'
import type { UserRow } from './users.ts'

export interface NewSession {
  readonly id: SessionId
  readonly userId: UserId
  /** Null for a browser. */
  readonly clientId: string | null
  /** SHA-256 of a browser's secret; null for an OAuth grant. */
  readonly tokenHash: string | null
  readonly scope: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly idleExpiresAt: number
  readonly authenticatedAt: number
  readonly amr: string
  /** The factor that completed a two-step sign-in; null for any other session. */
  readonly secondFactor: string | null
  /** Of a grant: the browser session that it was given in. */
  readonly browserSessionId?: SessionId | null
  /** Of a grant: the key that its refresh tokens are bound to (RFC 9449 §5). */
  readonly dpopJkt?: string | null
  /** Of a look at the account by an administrator, whose own session is `browserSessionId`. */
  readonly impersonatorId?: UserId
  readonly impersonation?: 'read' | 'write'
}

/** What the gate needs about a session, its user, the user's role and the client: one row, including the whole user. */
export interface GateRow extends UserRow {
  readonly sessionId: SessionId
  readonly sessionClientId: string | null
  readonly sessionTokenHash: string | null
  readonly sessionScope: string
  readonly sessionEpoch: number
  readonly sessionExpiresAt: number
  readonly sessionIdleExpiresAt: number
  readonly sessionLastUsedAt: number
  readonly sessionRevokedAt: number | null
  readonly sessionAuthenticatedAt: number
  readonly sessionAmr: string
  readonly sessionSecondFactor: string | null
  readonly sessionImpersonatorId: UserId | null
  readonly sessionImpersonation: string | null
  /** JSON: how the administrator and their own session stand; null in any other session. */
  readonly impersonator: string | null
  readonly roleRanking: number
  readonly roleScopes: string
  readonly clientScopes: string | null
  readonly clientClaims: string | null
  readonly clientDisabledAt: number | null
  readonly clientMayChangeAddresses: number | null
  readonly clientSecurityProfile: string | null
}

/** Of the session's client: what its subjects depend on. */
export interface SubjectColumns {
  readonly clientSubjectType: string | null
  readonly clientSectorIdentifierUri: string | null
  readonly clientRedirectUris: string | null
}

const gateColumns = (more: Fragment = sql``) => sql`
  SELECT u.*, s.id AS session_id, s.client_id AS session_client_id, s.token_hash AS session_token_hash, s.scope AS session_scope,
         s.epoch AS session_epoch, s.expires_at AS session_expires_at, s.idle_expires_at AS session_idle_expires_at,
         s.last_used_at AS session_last_used_at, s.revoked_at AS session_revoked_at,
         s.authenticated_at AS session_authenticated_at, s.amr AS session_amr, s.second_factor AS session_second_factor,
         s.impersonator_id AS session_impersonator_id, s.impersonation AS session_impersonation,
         CASE WHEN s.impersonator_id IS NOT NULL THEN (${impersonator}) END AS impersonator,
         r.ranking AS role_ranking, r.scopes AS role_scopes, c.scopes AS client_scopes, c.claims AS client_claims, c.disabled_at AS client_disabled_at,
         c.may_change_addresses AS client_may_change_addresses, c.security_profile AS client_security_profile ${more}
  FROM sessions s
  JOIN users u ON u.id = s.user_id
  JOIN roles r ON r.id = u.role
  LEFT JOIN oauth_clients c ON c.id = s.client_id`

/** Nearly every request sends it: built once, since only the id differs. */
let ofSession: Statement<GateRow | null> | undefined

export function findGateRow(sessionId: SessionId): Statement<GateRow | null> {
  ofSession ??= first<GateRow>(sql`${gateColumns()} WHERE s.id = ${sessionId}`)
  return { ...ofSession, params: [sessionId] }
}

/** The same for a token of an API, with how its client was registered. */
export function findGateRowForApi(sessionId: SessionId): Statement<(GateRow & { readonly clientSource: string | null }) | null> {
  return first(sql`${gateColumns(sql`, c.source AS client_source`)} WHERE s.id = ${sessionId}`)
}

const subjectColumns = sql`
  , c.subject_type AS client_subject_type, c.sector_identifier_uri AS client_sector_identifier_uri, c.redirect_uris AS client_redirect_uris`

/** The same for the session that a refresh token belongs to. */
export function findGateRowOfRefreshToken(hashes: TokenHashes): Statement<(GateRow & SubjectColumns) | null> {
  return first(sql`${gateColumns(subjectColumns)} WHERE s.id = (SELECT t.session_id FROM refresh_tokens t WHERE ${isOfFamily(hashes)})`)
}

/**
 * Creates a session with the user's current epoch, where `condition` holds (a guard of the same batch); it may use the
 * alias `u`, the user. Idempotent.
 */
export function insertSession(row: NewSession, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO sessions (id, user_id, client_id, token_hash, scope, epoch, created_at, expires_at, idle_expires_at,
                          last_used_at, authenticated_at, amr, second_factor, browser_session_id, dpop_jkt,
                          impersonator_id, impersonation)
    SELECT ${row.id}, u.id, ${row.clientId}, ${row.tokenHash}, ${row.scope}, u.epoch, ${row.createdAt}, ${row.expiresAt},
           ${row.idleExpiresAt}, ${row.createdAt}, ${row.authenticatedAt}, ${row.amr}, ${row.secondFactor},
           ${row.browserSessionId ?? null}, ${row.dpopJkt ?? null}, ${row.impersonatorId ?? null}, ${row.impersonation ?? null}
    FROM users u WHERE u.id = ${row.userId} AND (${condition})
    ON CONFLICT (id) DO NOTHING`)
}

export function sessionExists(id: SessionId): Statement<{ id: SessionId } | null> {
  return first(sql`SELECT id FROM sessions WHERE id = ${id}`)
}

/** Holds when the session was created, in this batch or before. */
export function sessionWasMade(id: SessionId): Fragment {
  return sql`EXISTS (SELECT 1 FROM sessions WHERE id = ${id})`
}

/** Keeps the newest `keep` browser sessions of a user and ends the others. An administrator's look at the account is none of them. */
export function endOldestBrowserSessions(userId: UserId, keep: number, now: number): Statement<void> {
  return run(sql`
    UPDATE sessions SET revoked_at = ${now} WHERE id IN (
      SELECT id FROM sessions WHERE user_id = ${userId} AND revoked_at IS NULL AND client_id IS NULL AND impersonator_id IS NULL
        AND epoch = (SELECT epoch FROM users WHERE id = ${userId})
      ORDER BY id DESC LIMIT -1 OFFSET ${keep})`)
}

/** True of a row of `sessions` that is one of the user's live ones. */
const isLiveOne = ({ id, userId, now }: OneSession) => sql`
  id = ${id} AND user_id = ${userId} AND revoked_at IS NULL AND expires_at > ${now} AND epoch = (SELECT epoch FROM users WHERE id = ${userId})`

export interface OneSession {
  readonly id: SessionId
  readonly userId: UserId
  readonly now: number
}

/** Ends one session of the user where `condition` holds; null if it was not live. */
export function endSession(session: OneSession, condition: Fragment = always): Statement<{ id: SessionId } | null> {
  return endsSessions(
    first(sql`UPDATE sessions SET revoked_at = ${session.now} WHERE ${isLiveOne(session)} AND (${condition}) RETURNING id`),
  )
}

/** Holds while the user is signed in with it. */
export function isSessionLive(session: OneSession): Fragment {
  return sql`EXISTS (SELECT 1 FROM sessions WHERE ${isLiveOne(session)})`
}

/** The same for a browser session whose secret has this hash: for acts that depend on a cookie the gate has not checked yet. */
export function isBrowserSessionLive(session: OneSession & { readonly tokenHash: string }): Fragment {
  return sql`EXISTS (SELECT 1 FROM sessions WHERE ${isLiveOne(session)} AND token_hash = ${session.tokenHash})`
}

/** Holds when the session was ended at `now`, in this batch. */
export function wasEnded(id: SessionId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM sessions WHERE id = ${id} AND revoked_at = ${now})`
}

interface PresentedSession {
  readonly id: SessionId
  readonly tokenHash: string
}

/**
 * The same user signed in again in the same browser: clients that were signed in through the old session now are through the new one.
 * A look at somebody's account ends with the old one.
 */
export function moveGrants(from: PresentedSession, to: SessionId): Statement<void> {
  return run(sql`
    UPDATE sessions SET browser_session_id = ${to}
    WHERE browser_session_id = ${from.id} AND revoked_at IS NULL AND impersonator_id IS NULL AND EXISTS (
      SELECT 1 FROM sessions o JOIN sessions n ON n.user_id = o.user_id
      WHERE o.id = sessions.browser_session_id AND o.token_hash = ${from.tokenHash} AND o.revoked_at IS NULL AND n.id = ${to})`)
}

/** Ends the browser session whose cookie accompanied a new sign-in: its secret is proof enough. */
export function endPresentedSession(input: PresentedSession & { readonly now: number }): Statement<void> {
  return endsSessions(
    run(sql`
    UPDATE sessions SET revoked_at = ${input.now}
    WHERE id = ${input.id} AND token_hash = ${input.tokenHash} AND revoked_at IS NULL`),
  )
}

export function endOtherSessions(input: { userId: UserId; keep: SessionId; now: number }, condition: Fragment = always): Statement<void> {
  return endsSessions(
    run(sql`
    UPDATE sessions SET revoked_at = ${input.now}
    WHERE user_id = ${input.userId} AND revoked_at IS NULL AND id <> ${input.keep} AND (${condition})`),
  )
}

/** Holds while nobody has ended the session, as a change of factors meanwhile would have. */
export function isSessionOpen(id: SessionId): Fragment {
  return sql`EXISTS (SELECT 1 FROM sessions WHERE id = ${id} AND revoked_at IS NULL)`
}

/** Records that a session is in use; extends a browser's idle timeout. */
export function touchSession(input: { id: SessionId; now: number; idleExpiresAt: number }): Statement<void> {
  return run(sql`
    UPDATE sessions SET last_used_at = ${input.now}, idle_expires_at = MIN(expires_at, ${input.idleExpiresAt})
    WHERE id = ${input.id} AND last_used_at < ${input.now}`)
}

export interface SessionListRow {
  readonly id: SessionId
  readonly clientId: string | null
  readonly clientName: string | null
  readonly scope: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly lastUsedAt: number
  readonly authenticatedAt: number
  readonly amr: string
}

/** A user's live sessions, newest first, from before the position `before`; not those of an administrator who looks at the account. */
export function listLiveSessions(input: { userId: UserId; before: number; limit: number; now: number }): Statement<SessionListRow[]> {
  return all(sql`
    SELECT s.id, s.client_id, c.name AS client_name, s.scope, s.created_at, MIN(s.expires_at, s.idle_expires_at) AS expires_at,
           s.last_used_at, s.authenticated_at, s.amr
    FROM sessions s LEFT JOIN oauth_clients c ON c.id = s.client_id
    WHERE s.user_id = ${input.userId} AND s.epoch = (SELECT epoch FROM users WHERE id = ${input.userId})
      AND s.revoked_at IS NULL AND s.impersonator_id IS NULL AND s.id < ${input.before} AND s.expires_at > ${input.now} AND s.idle_expires_at > ${input.now}
    ORDER BY s.id DESC LIMIT ${input.limit}`)
}

/** Sessions that ended long enough ago to be of no more use. One bounded piece of the sweep. */
export function deleteEndedSessions(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
