/** Consents in D1: what a person has agreed that a client may do, one row for each pair. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

export function findConsent(userId: UserId | null, clientId: string): Statement<{ scopes: string } | null> {
  return first(sql`SELECT scopes FROM consents WHERE user_id = ${userId} AND client_id = ${clientId}`)
}

/** Holds while the person has agreed to something of the client. */
export function hasConsent(userId: UserId, clientId: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM consents WHERE user_id = ${userId} AND client_id = ${clientId})`
}

/** Adds to what was agreed before, where `condition` holds. Repeating it changes nothing. */
export function addConsent(
  row: { userId: UserId; clientId: string; scopes: readonly string[]; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    INSERT INTO consents (user_id, client_id, scopes, created_at, updated_at)
    SELECT ${row.userId}, ${row.clientId}, ${row.scopes.join(' ')}, ${row.now}, ${row.now} WHERE ${condition}
    ON CONFLICT (user_id, client_id) DO UPDATE SET updated_at = excluded.updated_at, scopes = consents.scopes || coalesce((
      SELECT ' ' || group_concat(j.value, ' ') FROM json_each(${JSON.stringify(row.scopes)}) j
      WHERE instr(' ' || consents.scopes || ' ', ' ' || j.value || ' ') = 0), '')`)
}
