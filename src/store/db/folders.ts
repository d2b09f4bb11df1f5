/** Folders in D1. `Default` has no row; a unique index makes names unique per user. */
import { sql } from 'drizzle-orm'
import type { FolderId, UserId } from '../../ids.ts'
import { isAccountAlive } from './account-state.ts'
import { all, always, type Fragment, first, run, type Statement } from './database.ts'
import { removeFiles } from './files.ts'
import type { folders } from './schema/media.ts'

export type FolderRow = Omit<typeof folders.$inferSelect, 'id' | 'userId'> & { readonly id: FolderId; readonly userId: UserId }

/** Creates a folder where `condition` holds, unless the name is taken, the quota is used up, or the account may not act. */
export function insertFolder(
  row: { id: FolderId; userId: UserId; name: string; now: number },
  quota: number,
  condition: Fragment = always,
): Statement<void> {
  const { id, userId, name, now } = row
  return run(sql`
    INSERT INTO folders (id, user_id, name, created_at, updated_at)
    SELECT ${id}, ${userId}, ${name}, ${now}, ${now}
    WHERE COALESCE((SELECT folders FROM media_usage WHERE user_id = ${userId}), 0) < ${quota} AND ${isAccountAlive(userId, now)}
      AND ${condition}
    ON CONFLICT (user_id, name) DO NOTHING`)
}

/** By id or by name. */
export function findFolder(folder: FolderId | string, userId: UserId): Statement<FolderRow | null> {
  return typeof folder === 'string'
    ? findFolderByName(userId, folder)
    : first(sql`SELECT * FROM folders WHERE id = ${folder} AND user_id = ${userId}`)
}

export function findFolderByName(userId: UserId, name: string): Statement<FolderRow | null> {
  return first(sql`SELECT * FROM folders WHERE user_id = ${userId} AND name = ${name}`)
}

/** All folders of a user, by name, or only one. The quota bounds their number. */
export function listFolders(userId: UserId, only: FolderId | null = null): Statement<FolderRow[]> {
  if (only !== null) return all(sql`SELECT * FROM folders WHERE id = ${only} AND user_id = ${userId}`)
  return all(sql`SELECT * FROM folders WHERE user_id = ${userId} ORDER BY name`)
}

/** Renames a folder, unless another one has the name. Returns the updated row, or null if nothing applies. */
export function renameFolder(id: FolderId, userId: UserId, name: string, now: number): Statement<FolderRow | null> {
  return first(sql`
    UPDATE folders SET name = ${name}, updated_at = ${now}
    WHERE id = ${id} AND user_id = ${userId}
      AND NOT EXISTS (SELECT 1 FROM folders o WHERE o.user_id = ${userId} AND o.name = ${name} AND o.id <> ${id})
    RETURNING *`)
}

/** Removes a folder with its contents, including uploads in progress: all or nothing, bounded by the quota of files. */
export function removeFolder(
  id: FolderId,
  userId: UserId,
  now: number,
): readonly [...Statement<void>[], Statement<{ id: FolderId } | null>] {
  const mine: Fragment = sql`folder_id = ${id} AND EXISTS (SELECT 1 FROM folders d WHERE d.id = ${id} AND d.user_id = ${userId})`
  return [...removeFiles(mine, now), first(sql`DELETE FROM folders WHERE id = ${id} AND user_id = ${userId} RETURNING id`)]
}
