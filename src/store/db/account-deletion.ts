/**
 * The end of an account in D1 (design §2, §5; security row 13): the mark that hides it at once, the way back while
 * there is one, and the purge. `deleted_reason` says how far it has got: `self` may come back, `admin` may not, and
 * `purged` is a row without a person that waits for its edges. Each statement looks for itself whether it still applies.
 */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { markAvatars } from './avatars.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import { removeFiles } from './files.ts'
import { holdUsernamesOf } from './username-holds.ts'

export type DeletionReason = 'self' | 'admin'

/** Holds while the account may still be deleted for the reason: an administrator's word outranks its owner's. */
export function isDeletable(userId: UserId, reason: DeletionReason): Fragment {
  const after = reason === 'admin' ? sql`d.deleted_at IS NULL OR d.deleted_reason = 'self'` : sql`d.deleted_at IS NULL`
  return sql`EXISTS (SELECT 1 FROM users d WHERE d.id = ${userId} AND (${after}))`
}

/** Marks the account as deleted; the time of an earlier deletion stays. Everything issued to it is void (design §1.7). */
export function markDeleted(input: { userId: UserId; reason: DeletionReason; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE users SET deleted_at = COALESCE(deleted_at, ${input.now}), deleted_reason = ${input.reason},
                     epoch = epoch + 1, updated_at = ${input.now}
    WHERE id = ${input.userId} AND (${condition})`)
}

/** The witness of a deletion. */
export function findDeleted(userId: UserId): Statement<{ id: UserId } | null> {
  return first(sql`SELECT id FROM users WHERE id = ${userId} AND deleted_at IS NOT NULL`)
}

/** Holds while the account's owner may come back; `since` is the oldest deletion of which that is so. */
export function isRestorable(userId: UserId, since: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users d WHERE d.id = ${userId} AND d.deleted_reason = 'self' AND d.deleted_at > ${since})`
}

/** Takes the mark away. The epoch stays: what was issued before the deletion remains void. */
export function restoreDeleted(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE users SET deleted_at = NULL, deleted_reason = NULL, updated_at = ${now}
    WHERE id = ${userId} AND deleted_reason = 'self' AND (${condition})`)
}

// --- the purge -------------------------------------------------------------------------------------------------

/** True of the row of `users`: the time to come back is over, and it still is somebody's. */
const isDueForPurge = (deletedBefore: number) => sql`deleted_at <= ${deletedBefore} AND deleted_reason IS NOT 'purged'`

export interface DueForPurge {
  readonly id: UserId
  readonly usernameKey: string
}

/** Accounts of which the time to come back is over and that still are somebody's, the oldest first. */
export function listDueForPurge(input: { deletedBefore: number; limit: number }): Statement<DueForPurge[]> {
  return all(sql`
    SELECT id, username_key FROM users WHERE ${isDueForPurge(input.deletedBefore)}
    ORDER BY deleted_at LIMIT ${input.limit}`)
}

/** The ids among these whose row is nobody's any more. */
const purgedOf = (ids: string) => sql`SELECT p.id FROM json_each(${ids}) j JOIN users p ON p.id = j.value WHERE p.deleted_reason = 'purged'`

/**
 * Removes the person from the row: all but the id, the counters and what keeps the account shut. The user name becomes
 * one that no rule of user names lets anybody have. `avatar_key` stays until `setFilesAside`.
 */
function erasePerson(ids: string, deletedBefore: number, now: number): Statement<void> {
  return run(sql`
    UPDATE users SET
      username = 'deleted:' || id, username_key = 'deleted:' || id, email = NULL, email_key = NULL, email_verified_at = NULL,
      given_name = NULL, middle_name = NULL, family_name = NULL, display_name = NULL, nickname = NULL, title = NULL,
      about = NULL, gender = NULL, birth_date = NULL, relationship_status = NULL, bio = NULL, designation = NULL,
      organization = NULL, pronouns = NULL, custom_link = NULL, phone_country_code = NULL, phone = NULL,
      country_code = NULL, role = 'user', verified_at = NULL, banned_at = NULL, banned_until = NULL, banned_reason = NULL,
      restricted_at = NULL, restricted_until = NULL, restricted_reason = NULL, subscription_tier = NULL,
      subscription_expires_at = NULL, status_message = NULL, status_updated_at = NULL, status_expires_at = NULL,
      availability = NULL, mood = NULL, where_am_i = NULL, last_seen_at = NULL, locale = NULL, zoneinfo = NULL,
      currency = NULL, profile_url = NULL, custom_data = NULL, deleted_reason = 'purged', epoch = epoch + 1, updated_at = ${now}
    WHERE id IN (SELECT value FROM json_each(${ids})) AND ${isDueForPurge(deletedBefore)}`)
}

/** Objects in buckets outlive the batch: they are marked before the rows let go of them. */
function setFilesAside(ids: string, now: number): Statement<void>[] {
  const those = purgedOf(ids)
  return [
    markAvatars(sql`u.id IN (${those})`, now),
    run(sql`UPDATE users SET avatar_key = NULL WHERE id IN (${those}) AND avatar_key IS NOT NULL`),
  ]
}

export interface Purge {
  readonly users: readonly DueForPurge[]
  /** Deletions up to here are final. */
  readonly deletedBefore: number
  /** Until when nobody gets their user names. */
  readonly namesHeldUntil: number
  readonly now: number
}

/** Makes these accounts nobody's, all or nothing; what is left of them is found by nobody and leads to nobody. */
export function eraseAccounts(purge: Purge): Statement<void>[] {
  const ids = JSON.stringify(purge.users.map(({ id }) => id))
  const those = purgedOf(ids)
  return [
    holdUsernamesOf(purge.users, purge.namesHeldUntil, isDueForPurge(purge.deletedBefore)),
    erasePerson(ids, purge.deletedBefore, purge.now),
    run(sql`DELETE FROM credentials WHERE user_id IN (${those})`),
    run(sql`DELETE FROM second_factors WHERE user_id IN (${those})`),
    run(sql`DELETE FROM totp_credentials WHERE user_id IN (${those})`),
    run(sql`DELETE FROM recovery_codes WHERE user_id IN (${those})`),
    run(sql`DELETE FROM search_strings WHERE user_id IN (${those})`),
    run(sql`DELETE FROM challenges WHERE user_id IN (${those})`),
    run(sql`DELETE FROM mail_outbox WHERE user_id IN (${those})`),
    run(sql`DELETE FROM authorization_codes WHERE user_id IN (${those})`),
    run(sql`DELETE FROM invite_codes WHERE owner_id IN (${those}) AND used_by IS NULL`),
    run(sql`DELETE FROM external_identities WHERE user_id IN (${those})`),
    run(sql`DELETE FROM push_devices WHERE user_id IN (${those})`),
    run(sql`DELETE FROM known_sources WHERE user_id IN (${those})`),
    ...setFilesAside(ids, purge.now),
    run(sql`
      INSERT INTO edge_work (user_id, kind, created_at)
      SELECT p.id, 'remove_edges', ${purge.now} FROM (${those}) p
      WHERE EXISTS (SELECT 1 FROM follows WHERE follower_id = p.id)
        OR EXISTS (SELECT 1 FROM follows WHERE followed_id = p.id AND approved_at IS NOT NULL)
        OR EXISTS (SELECT 1 FROM follows WHERE followed_id = p.id AND approved_at IS NULL)
      ON CONFLICT (user_id, kind) DO NOTHING`),
  ]
}

/** True of the alias `p`: rows of the account are left that go in chunks. */
const hasRemains = sql`(
  EXISTS (SELECT 1 FROM audit_events a WHERE a.user_id = p.id) OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = p.id)
  OR EXISTS (SELECT 1 FROM files f WHERE f.user_id = p.id)
  OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = p.id) OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocked_id = p.id))`
/** True of the alias `p`: edges of the account are left, or may be. */
const hasEdges = sql`EXISTS (SELECT 1 FROM edge_work e WHERE e.user_id = p.id AND e.kind = 'remove_edges')`

/** Accounts that are nobody's and have something to be removed here: rows, or, once the edges are gone, the account's own. */
export function listPurged(input: { deletedBefore: number; limit: number }): Statement<{ id: UserId }[]> {
  return all(sql`
    SELECT p.id FROM users p
    WHERE p.deleted_at <= ${input.deletedBefore} AND p.deleted_reason = 'purged' AND (${hasRemains} OR NOT ${hasEdges})
    ORDER BY p.deleted_at LIMIT ${input.limit}`)
}

/** Browser sessions of these accounts: the ones that KV knows more of. */
export function listPurgedSessions(userIds: readonly UserId[], limit: number): Statement<{ id: SessionId }[]> {
  return all(sql`
    SELECT s.id FROM sessions s WHERE s.user_id IN (${purgedOf(JSON.stringify(userIds))}) AND s.client_id IS NULL LIMIT ${limit}`)
}

export interface Remains {
  readonly userIds: readonly UserId[]
  /** Browser sessions of theirs that are out of KV. */
  readonly sessionIds: readonly SessionId[]
  /** Keys of their attempt counters that have no end of their own. */
  readonly counterKeys: readonly string[]
  readonly chunk: number
  readonly now: number
}

/** One chunk: up to `chunk` rows of each table, then the accounts of which nothing is left. */
export function removeRemains({ userIds, sessionIds, counterKeys, chunk, now }: Remains): Statement<void>[] {
  const ids = JSON.stringify(userIds)
  const those = purgedOf(ids)
  return [
    run(sql`DELETE FROM attempt_counters WHERE key IN (SELECT value FROM json_each(${JSON.stringify(counterKeys)}))`),
    run(sql`DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE user_id IN (${those}) LIMIT ${chunk})`),
    run(sql`
      DELETE FROM refresh_tokens WHERE token_hash IN (
        SELECT t.token_hash FROM sessions s JOIN refresh_tokens t ON t.session_id = s.id WHERE s.user_id IN (${those}) LIMIT ${chunk})`),
    run(sql`
      DELETE FROM sessions WHERE id IN (
        SELECT s.id FROM sessions s WHERE s.user_id IN (${those})
          AND (s.client_id IS NOT NULL OR s.id IN (SELECT value FROM json_each(${JSON.stringify(sessionIds)})))
          AND NOT EXISTS (SELECT 1 FROM refresh_tokens t WHERE t.session_id = s.id)
        LIMIT ${chunk})`),
    run(sql`DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE blocker_id IN (${those}) LIMIT ${chunk})`),
    run(sql`DELETE FROM blocks WHERE id IN (SELECT id FROM blocks WHERE blocked_id IN (${those}) LIMIT ${chunk})`),
    ...removeFiles(sql`id IN (SELECT id FROM files WHERE user_id IN (${those}) ORDER BY id LIMIT ${chunk})`, now),
    // What is left hangs on the row by foreign keys and is little: folders, consents, used invite codes, edge work that has nothing to do.
    run(
      sql`DELETE FROM users WHERE id IN (SELECT p.id FROM (${those}) q JOIN users p ON p.id = q.id WHERE NOT ${hasRemains} AND NOT ${hasEdges})`,
    ),
  ]
}
