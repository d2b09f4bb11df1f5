/**
 * Account deletion in D1 (design §2, §5; security row 13): the mark that hides an account at once, its restoration, and
 * the purge. `deleted_reason` records the stage: `self` can be restored by its owner, `admin` cannot, and `purged` is a
 * row without personal data that waits for its edges. Each statement checks for itself whether it still applies.
 */
import { sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import type { SessionId, UserId } from '../../ids.ts'
import { isArchiveOfAny, removeArchives } from './account-archives.ts'
import { markAvatars } from './avatars.ts'
import { all, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import { removeFiles } from './files.ts'
import { holdUsernamesOf } from './username-holds.ts'
import type { UserRow } from './users.ts'

export type DeletionReason = 'self' | 'admin'

/** Holds while the account can still be deleted for this reason: an administrator's deletion outranks the owner's. */
export function isDeletable(userId: UserId, reason: DeletionReason): Fragment {
  const after = reason === 'admin' ? sql`d.deleted_at IS NULL OR d.deleted_reason = 'self'` : sql`d.deleted_at IS NULL`
  return sql`EXISTS (SELECT 1 FROM users d WHERE d.id = ${userId} AND (${after}))`
}

/** Marks the account as deleted; an earlier deletion keeps its time. Invalidates everything issued to the account (design §1.7). */
export function markDeleted(input: { userId: UserId; reason: DeletionReason; now: number }, condition: Fragment): Statement<void> {
  return endsSessions(
    run(sql`
    UPDATE users SET deleted_at = COALESCE(deleted_at, ${input.now}), deleted_reason = ${input.reason},
                     epoch = epoch + 1, updated_at = ${input.now}
    WHERE id = ${input.userId} AND (${condition})`),
  )
}

/** The witness of a deletion. */
export function findDeleted(userId: UserId): Statement<{ id: UserId } | null> {
  return first(sql`SELECT id FROM users WHERE id = ${userId} AND deleted_at IS NOT NULL`)
}

/** Holds while the owner can still restore the account; `since` is the earliest deletion time that can be undone. */
export function isRestorable(userId: UserId, since: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users d WHERE d.id = ${userId} AND d.deleted_reason = 'self' AND d.deleted_at > ${since})`
}

/** Removes the mark. The epoch stays raised: what was issued before the deletion remains invalid. */
export function restoreDeleted(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE users SET deleted_at = NULL, deleted_reason = NULL, updated_at = ${now}
    WHERE id = ${userId} AND deleted_reason = 'self' AND (${condition})`)
}

// --- the purge -------------------------------------------------------------------------------------------------

/** True of a row of `users` whose grace period is over and which has not been purged. */
const isDueForPurge = (deletedBefore: number) => sql`deleted_at <= ${deletedBefore} AND deleted_reason IS NOT 'purged'`

export interface DueForPurge {
  readonly id: UserId
  readonly usernameKey: string
}

/** Accounts whose grace period is over and which have not been purged, oldest first. */
export function listDueForPurge(input: { deletedBefore: number; limit: number }): Statement<DueForPurge[]> {
  return all(sql`
    SELECT id, username_key FROM users WHERE ${isDueForPurge(input.deletedBefore)}
    ORDER BY deleted_at LIMIT ${input.limit}`)
}

/** Those of these ids whose row has been purged. */
const purgedOf = (ids: string) => sql`SELECT p.id FROM json_each(${ids}) j JOIN users p ON p.id = j.value WHERE p.deleted_reason = 'purged'`

/** What stays: the id, the counters of edges, and what keeps the account closed; `avatar_key` until `setFilesAside`. */
const KEPT = ['id', 'isPrivate', 'followerCount', 'followingCount', 'requestCount', 'avatarKey', 'deletedAt', 'createdAt']

/** Empties every other column. The new user name breaks the rules for user names, so nobody can take it. */
function erasePerson(ids: string, { empty, deletedBefore, now }: Purge): Statement<void> {
  const name = sql`'deleted:' || id`
  const own = { username: name, usernameKey: name, role: sql`'user'`, deletedReason: sql`'purged'`, epoch: sql`epoch + 1`, updatedAt: now }
  const sets = Object.entries({ ...empty, ...own })
    .filter(([column]) => !KEPT.includes(column))
    .map(([column, value]) => sql`${sql.identifier(toSnakeCase(column))} = ${value ?? sql`NULL`}`)
  return run(sql`
    UPDATE users SET ${sql.join(sets, sql`, `)}
    WHERE id IN (SELECT value FROM json_each(${ids})) AND ${isDueForPurge(deletedBefore)}`)
}

/** Objects in buckets outlive the batch, so they are marked before the rows that name them go. */
function setFilesAside(ids: string, now: number): Statement<void>[] {
  const those = purgedOf(ids)
  return [
    markAvatars(sql`u.id IN (${those})`, now),
    run(sql`UPDATE users SET avatar_key = NULL WHERE id IN (${those}) AND avatar_key IS NOT NULL`),
  ]
}

export interface Purge {
  readonly users: readonly DueForPurge[]
  /** Deletions up to this time are final. */
  readonly deletedBefore: number
  /** How long their user names stay reserved. */
  readonly namesHeldUntil: number
  /** What each column holds once it says nothing about anybody. */
  readonly empty: Readonly<Record<keyof UserRow, 0 | '' | null>>
  readonly now: number
}

/** Purges these accounts, all or nothing; nothing that is left can be found or leads to a person. */
export function eraseAccounts(purge: Purge): Statement<void>[] {
  const ids = JSON.stringify(purge.users.map(({ id }) => id))
  const those = purgedOf(ids)
  return [
    holdUsernamesOf(purge.users, purge.namesHeldUntil, isDueForPurge(purge.deletedBefore)),
    erasePerson(ids, purge),
    run(sql`DELETE FROM credentials WHERE user_id IN (${those})`),
    run(sql`DELETE FROM second_factors WHERE user_id IN (${those})`),
    run(sql`DELETE FROM totp_credentials WHERE user_id IN (${those})`),
    run(sql`DELETE FROM recovery_codes WHERE user_id IN (${those})`),
    run(sql`DELETE FROM passkeys WHERE user_id IN (${those})`),
    run(sql`DELETE FROM upstream_identities WHERE user_id IN (${those})`),
    run(sql`DELETE FROM search_strings WHERE user_id IN (${those})`),
    run(sql`DELETE FROM challenges WHERE user_id IN (${those})`),
    run(sql`DELETE FROM mail_outbox WHERE user_id IN (${those})`),
    run(sql`DELETE FROM device_codes WHERE user_id IN (${those})`),
    run(sql`DELETE FROM authorization_codes WHERE user_id IN (${those})`),
    run(sql`DELETE FROM invite_codes WHERE owner_id IN (${those}) AND used_by IS NULL`),
    run(sql`DELETE FROM external_identities WHERE user_id IN (${those})`),
    run(sql`DELETE FROM push_devices WHERE user_id IN (${those})`),
    run(sql`DELETE FROM external_ids WHERE user_id IN (${those})`),
    run(sql`DELETE FROM provisioned_users WHERE user_id IN (${those})`),
    run(sql`DELETE FROM imported_pictures WHERE user_id IN (${those})`),
    run(sql`DELETE FROM known_sources WHERE user_id IN (${those})`),
    ...removeArchives(isArchiveOfAny(those), purge.now),
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

/** True of the alias `p`: the account still has rows that are removed in chunks. */
const hasRemains = sql`(
  EXISTS (SELECT 1 FROM audit_events a WHERE a.user_id = p.id) OR EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = p.id)
  OR EXISTS (SELECT 1 FROM files f WHERE f.user_id = p.id)
  OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = p.id) OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocked_id = p.id))`
/** True of the alias `p`: the account has edges left, or may have. */
const hasEdges = sql`EXISTS (SELECT 1 FROM edge_work e WHERE e.user_id = p.id AND e.kind = 'remove_edges')`

/** Purged accounts that still have something to remove here: rows or, once the edges are gone, the account's own row. */
export function listPurged(input: { deletedBefore: number; limit: number }): Statement<{ id: UserId }[]> {
  return all(sql`
    SELECT p.id FROM users p
    WHERE p.deleted_at <= ${input.deletedBefore} AND p.deleted_reason = 'purged' AND (${hasRemains} OR NOT ${hasEdges})
    ORDER BY p.deleted_at LIMIT ${input.limit}`)
}

/** Browser sessions of these accounts, whose details are in KV. */
export function listPurgedSessions(userIds: readonly UserId[], limit: number): Statement<{ id: SessionId }[]> {
  return all(sql`
    SELECT s.id FROM sessions s WHERE s.user_id IN (${purgedOf(JSON.stringify(userIds))}) AND s.client_id IS NULL LIMIT ${limit}`)
}

export interface Remains {
  readonly userIds: readonly UserId[]
  /** Those of their browser sessions whose details are no longer in KV. */
  readonly sessionIds: readonly SessionId[]
  /** Keys of their attempt counters that do not expire by themselves. */
  readonly counterKeys: readonly string[]
  readonly chunk: number
  readonly now: number
}

/** One chunk: up to `chunk` rows of each table, then the accounts that have nothing left. */
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
    // The rest goes by foreign keys and is small: folders, consents, used invite codes, finished edge work.
    run(
      sql`DELETE FROM users WHERE id IN (SELECT p.id FROM (${those}) q JOIN users p ON p.id = q.id WHERE NOT ${hasRemains} AND NOT ${hasEdges})`,
    ),
  ]
}
