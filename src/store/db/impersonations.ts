/** Sessions in which an administrator sees somebody's account: what the gate reads about the administrator, and their end. */
import { sql } from 'drizzle-orm'
import type { SessionId } from '../../ids.ts'
import { type Fragment, run, type Statement } from './database.ts'

/** Of the session `s`: how the administrator and their own session stand, as JSON. */
export const impersonator = sql`
  SELECT json_object('revokedAt', o.revoked_at, 'expiresAt', o.expires_at, 'idleExpiresAt', o.idle_expires_at, 'sessionEpoch', o.epoch,
                     'epoch', i.epoch, 'bannedAt', i.banned_at, 'bannedUntil', i.banned_until, 'restrictedAt', i.restricted_at,
                     'restrictedUntil', i.restricted_until, 'deletedAt', i.deleted_at,
                     'ranking', q.ranking, 'scopes', q.scopes)
  FROM sessions o JOIN users i ON i.id = o.user_id JOIN roles q ON q.id = i.role
  WHERE o.id = s.browser_session_id AND o.user_id = s.impersonator_id`

/** Those that were started from the same session before this one. */
export function endOtherImpersonations(
  input: { browserSessionId: SessionId; keep: SessionId; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE sessions SET revoked_at = ${input.now}
    WHERE browser_session_id = ${input.browserSessionId} AND impersonator_id IS NOT NULL AND revoked_at IS NULL AND id <> ${input.keep}
      AND (${condition})`)
}
