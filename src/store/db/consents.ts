/** Consents in D1: what a user has allowed a client to do, one row per pair. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

/** True of the aliases `k` and `c`: the client has not changed hands since the user agreed. */
const counts = sql`k.updated_at > c.consents_since`

export function findConsent(userId: UserId | null, clientId: string): Statement<{ scopes: string; createdAt: number } | null> {
  return first(sql`
    SELECT k.scopes, k.created_at FROM consents k JOIN oauth_clients c ON c.id = k.client_id
    WHERE k.user_id = ${userId} AND k.client_id = ${clientId} AND ${counts}`)
}

/**
 * Holds while this very consent is valid, extended or not: more is added at its end. One that was withdrawn, or a part of
 * it, and granted again is a different one.
 */
export function isConsentGiven(userId: UserId, clientId: string, given: { scopes: string; createdAt: number } | null): Fragment {
  const text = `${given?.scopes} `
  return sql`EXISTS (
    SELECT 1 FROM consents k JOIN oauth_clients c ON c.id = k.client_id
    WHERE k.user_id = ${userId} AND k.client_id = ${clientId} AND k.created_at = ${given?.createdAt ?? null}
      AND substr(k.scopes || ' ', 1, ${text.length}) = ${text} AND ${counts})`
}

const stillCounts = sql`consents.updated_at > (SELECT c.consents_since FROM oauth_clients c WHERE c.id = consents.client_id)`

/** Adds to a consent that is still valid, where `condition` holds. Idempotent. */
export function addConsent(
  row: { userId: UserId; clientId: string; scopes: readonly string[]; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    INSERT INTO consents (user_id, client_id, scopes, created_at, updated_at)
    SELECT ${row.userId}, ${row.clientId}, ${row.scopes.join(' ')}, ${row.now}, ${row.now} WHERE ${condition}
    ON CONFLICT (user_id, client_id) DO UPDATE SET updated_at = excluded.updated_at,
      created_at = CASE WHEN ${stillCounts} THEN consents.created_at ELSE excluded.created_at END,
      scopes = CASE WHEN ${stillCounts} THEN consents.scopes || coalesce((
        SELECT ' ' || group_concat(j.value, ' ') FROM json_each(${JSON.stringify(row.scopes)}) j
        WHERE instr(' ' || consents.scopes || ' ', ' ' || j.value || ' ') = 0), '') ELSE excluded.scopes END`)
}
