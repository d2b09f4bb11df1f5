/** What the pages show of a person's media library, each in one round trip. */
import type { FileId, FolderId } from '../../ids.ts'
import { type FileRow, findFile, findUsage, listFiles } from '../../store/db/files.ts'
import { listFolders } from '../../store/db/folders.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import { type Usage, withLimits } from './files.ts'
import { type Folder, toFolder } from './folders.ts'

export interface LibraryView {
  /** Null: the top, which the API calls `Default`. */
  readonly folder: Folder | null
  /** At the top alone. */
  readonly folders: readonly Folder[]
  readonly files: Listed<FileRow>
  readonly usage: Usage
}

/** A folder of the caller, or the top, with a page of its files, newest first. */
export async function viewLibrary(ctx: Ctx, gate: Gate, folder: FolderId | null, page: Page): Promise<LibraryView> {
  const { reads } = await gate(({ userId }) => [
    listFiles({ userId, folder, before: positionOf(ctx, page), limit: page.limit + 1 }),
    listFolders(userId, folder),
    findUsage(userId),
  ])
  const [files, folders, usage] = reads
  const [own] = folder === null ? [null] : folders.map(toFolder)
  if (own === undefined) throw new AppError('not_found')
  const others = folder === null ? folders.map(toFolder) : []
  return { folder: own, folders: others, files: listed(files, page.limit), usage: withLimits(ctx, usage) }
}

export interface FileView {
  readonly file: FileRow
  /** Where it may be moved. */
  readonly folders: readonly Folder[]
}

export async function viewFile(gate: Gate, id: FileId): Promise<FileView> {
  const { reads } = await gate(({ userId }) => [findFile(id, userId), listFolders(userId)])
  const [file, folders] = reads
  if (!file) throw new AppError('not_found')
  return { file, folders: folders.map(toFolder) }
}
