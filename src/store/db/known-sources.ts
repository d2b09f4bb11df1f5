/** The networks from which the owner of an account has signed in, in D1. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, changed, type Fragment, run, type Statement } from './database.ts'

/** The expiry moves only when it gains a day, so that not every sign-in writes. */
const MOVED_MS = 86_400_000

/** Adds a network to those of the user, where `condition` holds. */
export function insertNetwork(row: { userId: UserId; networkHash: string; expiresAt: number }, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO known_sources (user_id, source_hash, expires_at)
    SELECT ${row.userId}, ${row.networkHash}, ${row.expiresAt} WHERE (${condition})
    ON CONFLICT (user_id, source_hash) DO UPDATE SET expires_at = excluded.expires_at
    WHERE expires_at < excluded.expires_at - ${MOVED_MS}`)
}

/** When each network expires. The network itself is stored only as a keyed hash. */
export function listNetworks(userId: UserId): Statement<{ expiresAt: number }[]> {
  return all(sql`SELECT expires_at FROM known_sources WHERE user_id = ${userId}`)
}

/** Holds if the user that `user` yields has signed in from the network. */
export function isKnownNetwork(user: Fragment, networkHash: string, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM known_sources k WHERE k.user_id = (${user}) AND k.source_hash = ${networkHash} AND k.expires_at > ${now})`
}

/** Holds if the user that `user` yields is among these and has not changed their password since that time. */
export function isKnownDevice(user: Fragment, accounts: ReadonlyMap<UserId, number>): Fragment {
  const since = JSON.stringify(Object.fromEntries(accounts))
  return sql`EXISTS (
    SELECT 1 FROM credentials k WHERE k.user_id = (${user}) AND k.updated_at <= json_extract(${since}, '$."' || k.user_id || '"'))`
}

/**
 * The counter for guesses at a user's second factor: that of a browser which signed in at `device.at` with the current
 * password and factors; that of the network from which a mailed code set the current password; that of all networks
 * that the user knows; or that of all strangers.
 */
export function secondFactorKey(
  prefix: string,
  by: { userId: UserId; device: { hash: string; at: number } | null; networkHash: string; resetSince: number; now: number },
): Fragment {
  const { userId, device, networkHash, resetSince, now } = by
  const isReset = sql`k.reset_network = ${networkHash} AND k.updated_at > ${resetSince}`
  const isBrowser = device
    ? sql`k.updated_at <= ${device.at} AND COALESCE(k.factor_removed_at, 0) < ${device.at}
        AND (SELECT MAX(f.created_at) FROM second_factors f WHERE f.user_id = ${userId}) < ${device.at}
        AND NOT EXISTS (SELECT 1 FROM totp_credentials t WHERE t.user_id = ${userId} AND t.confirmed_at >= ${device.at})`
    : sql`0`
  return sql`${`${prefix}:${userId}`} || COALESCE(
    (SELECT CASE WHEN ${isBrowser} THEN ${`:${device?.hash ?? ''}`} WHEN ${isReset} THEN ':reset' END
     FROM credentials k WHERE k.user_id = ${userId}),
    CASE WHEN ${isKnownNetwork(sql`${userId}`, networkHash, now)} THEN ':networks' ELSE '' END)`
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
