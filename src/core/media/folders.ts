/** Folders of the media library. `Default` always exists: it has no row and cannot be renamed or deleted. */
import type { FolderId, UserId } from '../../ids.ts'
import { type FolderRef, findUsage } from '../../store/db/files.ts'
import {
  type FolderRow,
  findFolder,
  findFolderByName,
  insertFolder,
  listFolders,
  removeFolder,
  renameFolder,
} from '../../store/db/folders.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { FolderName } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { removeMarkedObjects } from './removal.ts'

export type { FolderRef } from '../../store/db/files.ts'

export const DEFAULT_FOLDER = 'Default'

/** The folder of this name; `Default` may be written in any case, because no other folder may have that name. */
export function folderNamed(name: FolderName): FolderRef {
  return isDefaultName(name) ? null : name
}

/** A folder as its owner sees it; without an id it is `Default`. */
export interface Folder {
  readonly id: FolderId | null
  readonly name: string
  readonly fileCount: number
  readonly createdAt: number | null
  readonly updatedAt: number | null
}

export function toFolder({ id, name, fileCount, createdAt, updatedAt }: FolderRow): Folder {
  return { id, name, fileCount, createdAt, updatedAt }
}

/** All folders of the caller: `Default`, then the others by name. Counts include uploads in progress. */
export async function listOwnFolders(gate: Gate): Promise<Folder[]> {
  const { reads } = await gate(({ userId }) => [listFolders(userId), findUsage(userId)])
  const [rows, usage] = reads
  const elsewhere = rows.reduce((sum, row) => sum + row.fileCount, 0)
  const fallback = { id: null, name: DEFAULT_FOLDER, fileCount: (usage?.files ?? 0) - elsewhere, createdAt: null, updatedAt: null }
  return [fallback, ...rows.map(toFolder)]
}

export async function createFolder(ctx: Ctx, gate: Gate, name: FolderName): Promise<Folder> {
  const { principal } = await gate()
  refuseDefault(name)
  const { userId } = principal
  const id = ctx.newId<FolderId>()
  const { foldersPerUser } = ctx.config.media
  const made = await ctx.db.commit([insertFolder({ id, userId, name, now: ctx.now() }, foldersPerUser)], findFolderByName(userId, name))
  if (made?.id === id) return toFolder(made)
  if (made) throw taken()
  throw await folderRefusal(ctx, userId)
}

/** Why no folder was created although its name is free. */
export async function folderRefusal(ctx: Ctx, userId: UserId): Promise<AppError> {
  const { foldersPerUser } = ctx.config.media
  const usage = await ctx.db.one(findUsage(userId))
  if ((usage?.folders ?? 0) >= foldersPerUser) {
    return new AppError('quota_exceeded', `You may have at most ${foldersPerUser} folders`, { reason: 'folders' })
  }
  // Banned since the gate, or a folder was just deleted.
  return AppError.tryAgain()
}

/** Not `Default`, which is everybody's. */
export async function getFolder(gate: Gate, id: FolderId): Promise<Folder> {
  const { reads } = await gate(({ userId }) => [findFolder(id, userId)])
  if (!reads[0]) throw new AppError('not_found')
  return toFolder(reads[0])
}

export async function changeFolder(ctx: Ctx, gate: Gate, folder: FolderRef, name: FolderName): Promise<Folder> {
  const { principal, reads } = await gate(({ userId }) => [findFolder(folder ?? NO_FOLDER, userId)])
  if (folder === null) throw isDefault()
  if (!reads[0]) throw new AppError('not_found')
  refuseDefault(name)
  const renamed = await ctx.db.one(renameFolder(reads[0].id, principal.userId, name, ctx.now()))
  if (!renamed) throw taken()
  return toFolder(renamed)
}

/** Deletes a folder with all its files, at once. The objects follow. */
export async function deleteFolder(ctx: Ctx, gate: Gate, folder: FolderRef): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [findFolder(folder ?? NO_FOLDER, userId)])
  if (folder === null) throw isDefault()
  if (!reads[0]) throw new AppError('not_found')
  const results = await ctx.db.batch(removeFolder(reads[0].id, principal.userId, ctx.now()))
  if (!results.at(-1)) throw new AppError('not_found')
  ctx.defer(() => removeMarkedObjects(ctx))
}

/** An id that no folder has. */
const NO_FOLDER = 0 as FolderId

function isDefaultName(name: FolderName): boolean {
  return name.toLowerCase() === DEFAULT_FOLDER.toLowerCase()
}

function refuseDefault(name: FolderName): void {
  if (isDefaultName(name)) throw taken()
}

function taken(): AppError {
  const message = 'A folder with this name already exists'
  return AppError.ofFields([{ path: 'name', message: 'is taken' }], 'already_exists', message)
}

function isDefault(): AppError {
  return new AppError('forbidden', `The folder ${DEFAULT_FOLDER} cannot be created, renamed or deleted`, { reason: 'default_folder' })
}
