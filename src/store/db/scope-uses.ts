/** Uses of scopes in D1: when a client last used a scope for a user, as people see it among their connected apps. No part of any decision. */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { all, run, type Statement } from './database.ts'

/** Records a use by a grant that has not ended. One that is less than `sinceMs` younger than the last is not worth a write. */
export function recordScopeUse(use: { sessionId: SessionId; scopes: readonly string[]; now: number; sinceMs: number }): Statement<void> {
  return run(sql`
    INSERT INTO scope_uses (user_id, client_id, scope, last_used_at)
    SELECT s.user_id, s.client_id, j.value, ${use.now} FROM sessions s CROSS JOIN json_each(${JSON.stringify(use.scopes)}) j
    WHERE s.id = ${use.sessionId} AND s.client_id IS NOT NULL AND s.revoked_at IS NULL
    ON CONFLICT (user_id, client_id, scope) DO UPDATE SET last_used_at = excluded.last_used_at
      WHERE excluded.last_used_at >= scope_uses.last_used_at + ${use.sinceMs}`)
}

export interface ScopeUseRow {
  readonly clientId: string
  readonly scope: string
  readonly lastUsedAt: number
}

export function listScopeUses(userId: UserId): Statement<ScopeUseRow[]> {
  return all(sql`SELECT client_id, scope, last_used_at FROM scope_uses WHERE user_id = ${userId}`)
}
