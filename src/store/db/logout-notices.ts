/**
 * Logout notices in D1 (OpenID Connect Back-Channel Logout 1.0): the triggers of `migrations/0027_logout-triggers.sql` write them.
 * Each is leased for a try by one guarded UPDATE.
 */
import { sql } from 'drizzle-orm'
import type { LogoutNoticeId, SessionId, UserId } from '../../ids.ts'
import { all, changed, run, type Statement } from './database.ts'

export interface LeasedNotice {
  readonly id: LogoutNoticeId
  readonly clientId: string
  readonly userId: UserId
  /** The client's grant: the `sid` of its ID tokens. */
  readonly sessionId: SessionId
  /** With this one. */
  readonly attempts: number
}

interface Lease {
  readonly now: number
  readonly until: number
  readonly limit: number
  readonly first: 'oldest' | 'newest'
}

/** Nobody else sends them until the lease ends. */
export function leaseLogoutNotices({ now, until, limit, first }: Lease): Statement<LeasedNotice[]> {
  return all(sql`
    UPDATE logout_notices SET attempts = attempts + 1, next_attempt_at = ${until} WHERE id IN (
      SELECT id FROM logout_notices WHERE next_attempt_at <= ${now}
      ORDER BY next_attempt_at ${first === 'newest' ? sql`DESC` : sql`ASC`} LIMIT ${limit})
    RETURNING id, client_id, user_id, session_id, attempts`)
}

export interface TriedNotice extends Pick<LeasedNotice, 'id' | 'attempts'> {
  /** What `last_result` says. */
  readonly result: string
  readonly deliveredAt: number | null
  /** Null: no more tries. */
  readonly nextAttemptAt: number | null
}

/** Skips notices that were leased again meanwhile. */
export function settleLogoutNotices(tried: readonly TriedNotice[]): Statement<void> {
  return run(sql`
    UPDATE logout_notices AS n SET last_result = t.value ->> 'result', delivered_at = t.value ->> 'deliveredAt',
      next_attempt_at = t.value ->> 'nextAttemptAt'
    FROM json_each(${JSON.stringify(tried)}) t
    WHERE n.id = t.value ->> 'id' AND n.attempts = t.value ->> 'attempts'`)
}

export interface LogoutNoticeRow extends LeasedNotice {
  readonly createdAt: number
  readonly nextAttemptAt: number | null
  readonly deliveredAt: number | null
  readonly lastResult: string | null
}

/** Newest first. */
export function listLogoutNotices({ before, limit }: { before: number; limit: number }): Statement<LogoutNoticeRow[]> {
  return all(sql`
    SELECT id, client_id, user_id, session_id, attempts, created_at, next_attempt_at, delivered_at, last_result
    FROM logout_notices WHERE id < ${before} ORDER BY id DESC LIMIT ${limit}`)
}

export function deleteOldLogoutNotices(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM logout_notices WHERE id IN (
      SELECT id FROM logout_notices WHERE created_at < ${input.before} LIMIT ${input.limit})`)
}

export interface FrontchannelGrant {
  readonly clientId: string
  readonly uri: string
  readonly sessionId: SessionId
}

/** The grants that were given in a browser session that has just ended, of clients with a page for sign-outs; the newest first. */
export function listFrontchannelGrants(browserSessionId: SessionId, limit: number): Statement<FrontchannelGrant[]> {
  return all(sql`
    SELECT s.client_id, c.frontchannel_logout_uri AS uri, s.id AS session_id
    FROM sessions s CROSS JOIN oauth_clients c ON c.id = s.client_id
    WHERE s.browser_session_id = ${browserSessionId} AND s.revoked_at IS NULL
      AND c.frontchannel_logout_uri IS NOT NULL AND c.disabled_at IS NULL
    ORDER BY s.id DESC LIMIT ${limit}`)
}
