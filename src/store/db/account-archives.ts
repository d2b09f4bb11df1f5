/**
 * Archives of users' data in D1. Whoever makes one has leased its row, and each try writes an object of its own, so that a
 * maker that comes late overwrites nothing. An archive and its object end in one batch: a tombstone, and no row.
 */
import { sql } from 'drizzle-orm'
import { type ArchiveId, fromHex, toHex, type UserId } from '../../ids.ts'
import { isAlive } from './account-state.ts'
import { all, changed, type Fragment, first, run, type Statement } from './database.ts'
import type { accountArchives } from './schema/moves.ts'

export type ArchiveRow = Omit<typeof accountArchives.$inferSelect, 'id' | 'userId'> & { readonly id: ArchiveId; readonly userId: UserId }

const OBJECT = /^archives\/([0-9a-f]{24})-([0-9]{1,4})\.zip$/

/** The object that a try writes; the last try is the one that counts. */
export const archiveObjectKey = (id: ArchiveId, attempt: number): string => `archives/${toHex(id)}-${attempt}.zip`

/** The same in SQL, of a row under an alias. */
const keyOf = (alias: Fragment) => sql`'archives/' || printf('%024x', ${alias}.id) || '-' || ${alias}.attempts || '.zip'`

/** Holds where a row accounts for an object: `object` is one of `objectsOf`, as JSON. */
export const isOfArchive = (object: Fragment): Fragment => sql`EXISTS (
  SELECT 1 FROM account_archives r WHERE r.id = ${object} ->> 'archive' AND r.attempts = ${object} ->> 'attempt')`

/** Keys of the bucket of files, and which archive each names, if any. */
export function objectsOf(keys: readonly string[]): { key: string; archive: number | null; attempt: number }[] {
  return keys.map((key) => {
    const [, id = '', attempt = '0'] = OBJECT.exec(key) ?? []
    return { key, archive: fromHex<ArchiveId>(id), attempt: Number(attempt) }
  })
}

export interface NewArchive {
  readonly id: ArchiveId
  readonly userId: UserId
  readonly now: number
  readonly expiresAt: number
}

/** Asks for an archive, where `condition` holds. */
export function insertArchive({ id, userId, now, expiresAt }: NewArchive, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO account_archives (id, user_id, created_at, next_attempt_at, expires_at)
    SELECT ${id}, ${userId}, ${now}, ${now}, ${expiresAt} WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

export function findArchive(id: ArchiveId, userId: UserId): Statement<ArchiveRow | null> {
  return first(sql`SELECT * FROM account_archives WHERE id = ${id} AND user_id = ${userId}`)
}

/** Newest first. */
export function listArchives(userId: UserId, now: number): Statement<ArchiveRow[]> {
  return all(sql`SELECT * FROM account_archives WHERE user_id = ${userId} AND expires_at > ${now} ORDER BY id DESC`)
}

/**
 * Leases the archive that has waited longest, or this one if it is due, until `until`: of any number of makers one gets it.
 * A maker that was killed has left its lease, and the archive is due again after it.
 */
export function leaseArchive(input: { now: number; until: number; id?: ArchiveId }): Statement<ArchiveRow | null> {
  const which = input.id === undefined ? sql`1` : sql`id = ${input.id}`
  return first(sql`
    UPDATE account_archives SET next_attempt_at = ${input.until}, attempts = attempts + 1
    WHERE id = (SELECT id FROM account_archives WHERE next_attempt_at <= ${input.now} AND ${which} ORDER BY next_attempt_at, id LIMIT 1)
      AND next_attempt_at <= ${input.now}
    RETURNING *`)
}

/** A try that still has its lease. */
export interface Try {
  readonly id: ArchiveId
  readonly attempts: number
}

const isLeased = ({ id, attempts }: Try) => sql`id = ${id} AND attempts = ${attempts} AND next_attempt_at IS NOT NULL`

/** Holds while the try has its lease, and the account may act. */
export function isArchiveLeased(archive: Try & { userId: UserId }, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM account_archives a JOIN users u ON u.id = a.user_id
    WHERE a.id = ${archive.id} AND a.attempts = ${archive.attempts} AND a.next_attempt_at IS NOT NULL AND ${isAlive(sql`u`, now)})`
}

export function saveUpload(archive: Try, uploadId: string): Statement<number> {
  return changed(sql`UPDATE account_archives SET upload_id = ${uploadId} WHERE ${isLeased(archive)}`)
}

/** The archive is made, where `condition` holds. */
export function finishArchive(
  archive: Try & { bytes: number; files: number; expiresAt: number; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE account_archives SET ready_at = ${archive.now}, expires_at = ${archive.expiresAt}, bytes = ${archive.bytes}, files = ${archive.files},
                                next_attempt_at = NULL, upload_id = NULL, last_result = NULL
    WHERE ${isLeased(archive)} AND (${condition})`)
}

/** The witness: this try has made it. */
export function findMade({ id, attempts }: Try): Statement<{ id: ArchiveId } | null> {
  return first(sql`SELECT id FROM account_archives WHERE id = ${id} AND attempts = ${attempts} AND ready_at IS NOT NULL`)
}

/** A failed try: when the next may begin; null gives up. */
export function postponeArchive(archive: Try, nextAttemptAt: number | null, result: string): Statement<void> {
  return run(sql`
    UPDATE account_archives SET next_attempt_at = ${nextAttemptAt}, upload_id = NULL, last_result = ${result} WHERE ${isLeased(archive)}`)
}

/** Marks the objects of these archives for removal, then removes the rows. `which` is a condition on rows under the alias `a`. */
export function removeArchives(which: Fragment, now: number): Statement<void>[] {
  return [
    run(sql`
      INSERT INTO object_tombstones (bucket, key, created_at, due_at)
      SELECT 'media', ${keyOf(sql`a`)}, ${now}, ${now} FROM account_archives a WHERE ${which}
      ON CONFLICT (bucket, key) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`),
    run(sql`DELETE FROM account_archives WHERE id IN (SELECT a.id FROM account_archives a WHERE ${which})`),
  ]
}

export const isArchiveOf = (id: ArchiveId, userId: UserId): Fragment => sql`a.id = ${id} AND a.user_id = ${userId}`

/** Those that another one of the same user replaces. */
export const isReplacedBy = (id: ArchiveId, userId: UserId): Fragment =>
  sql`a.user_id = ${userId} AND a.id <> ${id} AND EXISTS (SELECT 1 FROM account_archives n WHERE n.id = ${id})`

export const isArchiveOfAny = (users: Fragment): Fragment => sql`a.user_id IN (${users})`

/** Archives that are over, and those of accounts that may not act. */
export const isArchiveOver = (now: number, limit: number): Fragment => sql`a.id IN (
  SELECT kept.id FROM account_archives kept JOIN users u ON u.id = kept.user_id
  WHERE kept.expires_at <= ${now} OR (${isAlive(sql`u`, now)}) IS NOT TRUE ORDER BY kept.id LIMIT ${limit})`

/** The uploads of archives that end with them. */
export function listUploads(which: Fragment): Statement<{ id: ArchiveId; attempts: number; uploadId: string }[]> {
  return all(sql`SELECT a.id, a.attempts, a.upload_id FROM account_archives a WHERE (${which}) AND a.upload_id IS NOT NULL`)
}
