/** The networks from which the owner of an account has signed in, in D1. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { changed, type Fragment, run, type Statement } from './database.ts'

/** An end is moved when that gains a day: not each sign-in writes. */
const MOVED_MS = 86_400_000

/** Adds a network to those of the user, where `condition` holds. */
export function insertNetwork(row: { userId: UserId; networkHash: string; expiresAt: number }, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO known_sources (user_id, source_hash, expires_at)
    SELECT ${row.userId}, ${row.networkHash}, ${row.expiresAt} WHERE (${condition})
    ON CONFLICT (user_id, source_hash) DO UPDATE SET expires_at = excluded.expires_at
    WHERE expires_at < excluded.expires_at - ${MOVED_MS}`)
}

/** Holds where the user that `user` yields has signed in from the network. */
export function isKnownNetwork(user: Fragment, networkHash: string, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM known_sources k WHERE k.user_id = (${user}) AND k.source_hash = ${networkHash} AND k.expires_at > ${now})`
}

/** Holds where the user that `user` yields is among these, and has had the same password since that time. */
export function isKnownDevice(user: Fragment, accounts: ReadonlyMap<UserId, number>): Fragment {
  const since = JSON.stringify(Object.fromEntries(accounts))
  return sql`EXISTS (
    SELECT 1 FROM credentials k WHERE k.user_id = (${user}) AND k.updated_at <= json_extract(${since}, '$."' || k.user_id || '"'))`
}

/** Keeps the newest `max` networks. */
export function trimNetworks(userId: UserId, max: number): Statement<void> {
  return run(sql`
    DELETE FROM known_sources WHERE user_id = ${userId} AND source_hash IN (
      SELECT source_hash FROM known_sources WHERE user_id = ${userId} ORDER BY expires_at DESC LIMIT -1 OFFSET ${max})`)
}

export function deleteEndedSources(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM known_sources WHERE (user_id, source_hash) IN (
      SELECT user_id, source_hash FROM known_sources WHERE expires_at <= ${input.now} LIMIT ${input.limit})`)
}
