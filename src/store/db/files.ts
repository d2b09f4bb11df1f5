/**
 * Files in D1 (design §2): a row starts as a reservation (`committed_at` null) and becomes a file. Triggers keep the
 * usage. Files have an owner, and every read or change names it.
 */
import { sql } from 'drizzle-orm'
import type { FileId, FolderId, UserId } from '../../ids.ts'
import { isOfArchive, objectsOf } from './account-archives.ts'
import { isAccountAlive, isAlive } from './account-state.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { files } from './schema/media.ts'

export type FileRow = Omit<typeof files.$inferSelect, 'id' | 'userId' | 'folderId'> & {
  readonly id: FileId
  readonly userId: UserId
  readonly folderId: FolderId | null
}

export interface Reservation {
  readonly id: FileId
  readonly userId: UserId
  readonly folder: FolderRef
  readonly name: string
  readonly contentType: string
  readonly size: number
  readonly objectKey: string
  readonly preventShare: boolean
  readonly createdAt: number
  readonly reservedUntil: number
}

/** A folder by id or by name; null is `Default`. */
export type FolderRef = FolderId | string | null

/** True in SQL if the folder belongs to the user; `Default` belongs to everyone. */
export function hasFolder(userId: UserId, folder: FolderRef): Fragment {
  if (folder === null) return sql`1`
  const which = typeof folder === 'string' ? sql`name = ${folder}` : sql`id = ${folder}`
  return sql`EXISTS (SELECT 1 FROM folders WHERE ${which} AND user_id = ${userId})`
}

/** Its id in SQL; null for an unknown name, which `hasFolder` refuses. */
function idOfFolder(userId: UserId, folder: FolderRef): Fragment {
  return typeof folder === 'string' ? sql`(SELECT id FROM folders WHERE user_id = ${userId} AND name = ${folder})` : sql`${folder}`
}

export interface FileQuota {
  readonly files: number
  readonly bytes: number
}

/** Holds while one more file of this size fits the quota. */
export function hasRoom({ userId, size }: Pick<Reservation, 'userId' | 'size'>, quota: FileQuota): Fragment {
  const used = (column: Fragment) => sql`COALESCE((SELECT ${column} FROM media_usage WHERE user_id = ${userId}), 0)`
  return sql`${used(sql`files`)} < ${quota.files} AND ${used(sql`bytes`)} + ${size} <= ${quota.bytes}`
}

/** Reserves space for a file, unless it exceeds a quota, the folder is not the user's, or the account may not act. */
export function reserveFile(row: Reservation, quota: FileQuota): Statement<void> {
  return run(sql`
    INSERT INTO files (id, user_id, folder_id, name, content_type, size, object_key, prevent_share, created_at, updated_at,
                       reserved_until)
    SELECT ${row.id}, ${row.userId}, ${idOfFolder(row.userId, row.folder)}, ${row.name}, ${row.contentType}, ${row.size}, ${row.objectKey},
           ${row.preventShare ? 1 : 0}, ${row.createdAt}, ${row.createdAt}, ${row.reservedUntil}
    WHERE ${hasRoom(row, quota)} AND ${hasFolder(row.userId, row.folder)} AND ${isAccountAlive(row.userId, row.createdAt)}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds while the upload is in progress. */
function isReserved(id: FileId): Fragment {
  return sql`EXISTS (SELECT 1 FROM files WHERE id = ${id} AND committed_at IS NULL)`
}

/** The witness of a reservation. */
export function findReservation(id: FileId, objectKey: string): Statement<{ id: FileId } | null> {
  return first(sql`SELECT id FROM files WHERE id = ${id} AND object_key = ${objectKey} AND committed_at IS NULL`)
}

/** The upload is still in progress. */
export function renewReservation(id: FileId, until: number): Statement<void> {
  return run(sql`UPDATE files SET reserved_until = ${until} WHERE id = ${id} AND committed_at IS NULL`)
}

/** Turns the reservation into a file. Does nothing once the reservation has been given up. */
export function commitFile(input: { id: FileId; digest: string; now: number }): Statement<void> {
  return run(sql`
    UPDATE files SET digest = ${input.digest}, committed_at = ${input.now}, updated_at = ${input.now}
    WHERE id = ${input.id} AND committed_at IS NULL`)
}

/** Gives up a reservation and marks its object for removal. A file that was committed after all stays. */
export function releaseFile(id: FileId, objectKey: string, now: number): Statement<void>[] {
  return [
    run(sql`
      INSERT INTO object_tombstones (bucket, key, created_at, due_at)
      SELECT 'media', ${objectKey}, ${now}, ${now}
      WHERE ${isReserved(id)} OR NOT EXISTS (SELECT 1 FROM files WHERE object_key = ${objectKey})
      ON CONFLICT (bucket, key) DO NOTHING`),
    run(sql`DELETE FROM files WHERE id = ${id} AND committed_at IS NULL`),
  ]
}

export function findFile(id: FileId, userId: UserId): Statement<FileRow | null> {
  return first(sql`SELECT * FROM files WHERE id = ${id} AND user_id = ${userId} AND committed_at IS NOT NULL`)
}

/** A file with what a link to it depends on: its owner may act and has not ended everything since. */
export function findLinkedFile(id: FileId, ownerId: UserId, now: number): Statement<(FileRow & { readonly epoch: number }) | null> {
  return first(sql`
    SELECT f.*, u.epoch FROM files f JOIN users u ON u.id = f.user_id
    WHERE f.id = ${id} AND f.user_id = ${ownerId} AND f.committed_at IS NOT NULL
      AND ${isAlive(sql`u`, now)}`)
}

export interface FileList {
  readonly userId: UserId
  /** Undefined: all. */
  readonly folder: FolderRef | undefined
  readonly before: number
  readonly limit: number
}

/** A page of a person's files, newest first. */
export function listFiles({ userId, folder, before, limit }: FileList): Statement<FileRow[]> {
  const within = folder === undefined ? sql`1` : folder === null ? sql`folder_id IS NULL` : sql`folder_id = ${idOfFolder(userId, folder)}`
  return all(sql`
    SELECT * FROM files WHERE user_id = ${userId} AND ${within} AND id < ${before} AND committed_at IS NOT NULL
    ORDER BY id DESC LIMIT ${limit}`)
}

/** The same by offset, for protocols without cursors: only files the user uploaded, not those created for them. */
export function listFilesOfOrigin(list: Omit<FileList, 'before'> & { skip: number; folder: FolderRef }): Statement<FileRow[]> {
  const { userId, folder, skip, limit } = list
  const within = folder === null ? sql`folder_id IS NULL` : sql`folder_id = ${idOfFolder(userId, folder)}`
  return all(sql`
    SELECT * FROM files WHERE user_id = ${userId} AND ${within} AND committed_at IS NOT NULL AND origin = 'user'
    ORDER BY id DESC LIMIT ${limit} OFFSET ${skip}`)
}

export interface FileChanges {
  readonly name?: string
  readonly folderId?: FolderId | null
  readonly preventShare?: boolean
}

/** Renames or moves a file, only into a folder of the same user. Returns the updated row, or null if nothing applies. */
export function updateFile(id: FileId, userId: UserId, changes: FileChanges, now: number): Statement<FileRow | null> {
  const sets = [
    sql`updated_at = ${now}`,
    ...(changes.name === undefined ? [] : [sql`name = ${changes.name}`]),
    ...(changes.folderId === undefined ? [] : [sql`folder_id = ${changes.folderId}`]),
    ...(changes.preventShare === undefined ? [] : [sql`prevent_share = ${changes.preventShare ? 1 : 0}`]),
  ]
  return first(sql`
    UPDATE files SET ${sql.join(sets, sql`, `)}
    WHERE id = ${id} AND user_id = ${userId} AND committed_at IS NOT NULL AND ${hasFolder(userId, changes.folderId ?? null)}
    RETURNING *`)
}

/** Invalidates every link to the file. */
export function raiseLinkVersion(id: FileId, userId: UserId): Statement<{ id: FileId } | null> {
  return first(sql`
    UPDATE files SET link_version = link_version + 1 WHERE id = ${id} AND user_id = ${userId} AND committed_at IS NOT NULL RETURNING id`)
}

/** Marks the objects of these rows for removal, then removes the rows. `which` is a condition on rows of `files`. */
export function removeFiles(which: Fragment, now: number): Statement<void>[] {
  return [
    run(sql`
      INSERT INTO object_tombstones (bucket, key, created_at, due_at)
      SELECT 'media', object_key, ${now}, ${now} FROM files WHERE ${which}
      ON CONFLICT (bucket, key) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`),
    run(sql`DELETE FROM files WHERE ${which}`),
  ]
}

export function isFileOf(id: FileId, userId: UserId): Fragment {
  return sql`id = ${id} AND user_id = ${userId} AND committed_at IS NOT NULL`
}

/** Reservations of a user that were not renewed: their uploads ended silently. */
export function isAbandoned(userId: UserId, now: number): Fragment {
  return sql`user_id = ${userId} AND committed_at IS NULL AND reserved_until < ${now}`
}

/** The same for all users, oldest first; a reservation without an expiry is valid for `unsaidMs`. */
export function isGivenUp(input: { now: number; unsaidMs: number; limit: number }): Fragment {
  return sql`id IN (
    SELECT id FROM files
    WHERE committed_at IS NULL AND created_at < ${input.now} AND COALESCE(reserved_until, created_at + ${input.unsaidMs}) < ${input.now}
    ORDER BY created_at, id LIMIT ${input.limit})`
}

/** Marks objects of the bucket that no row names for removal. Keys come as one JSON array. */
export function markOrphans(keys: readonly string[], now: number): Statement<void> {
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT 'media', j.value ->> 'key', ${now}, ${now} FROM json_each(${JSON.stringify(objectsOf(keys))}) j
    WHERE NOT EXISTS (SELECT 1 FROM files f WHERE f.object_key = j.value ->> 'key') AND NOT ${isOfArchive(sql`j.value`)}
    ON CONFLICT (bucket, key) DO NOTHING`)
}

export interface UsageRow {
  readonly files: number
  readonly bytes: number
  readonly folders: number
}

export function findUsage(userId: UserId): Statement<UsageRow | null> {
  return first(sql`SELECT files, bytes, folders FROM media_usage WHERE user_id = ${userId}`)
}
