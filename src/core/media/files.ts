/** Files of the media library: their owner's alone. Another's file is not found, like a missing one (security row 55). */
import type { FileId } from '../../ids.ts'
import { findIf } from '../../store/db/database.ts'
import {
  type FileChanges,
  type FileRow,
  type FolderRef,
  findFile,
  findUsage,
  hasFolder,
  isFileOf,
  listFiles,
  listFilesOfOrigin,
  removeFiles,
  type UsageRow,
  updateFile,
} from '../../store/db/files.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { FileName } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf, type Slice } from '../paging.ts'
import { removeMarkedObjects } from './removal.ts'

export type { FileRow as MediaFile } from '../../store/db/files.ts'

/** A page of the caller's files, newest first. `folder`: null is `Default`, undefined all. */
export async function listOwnFiles(ctx: Ctx, gate: Gate, folder: FolderRef | undefined, page: Page): Promise<Listed<FileRow>> {
  const { reads } = await gate(({ userId }) => [
    listFiles({ userId, folder, before: positionOf(ctx, page), limit: page.limit + 1 }),
    findIf(hasFolder(userId, folder ?? null)),
  ])
  const [files, hasIt] = reads
  if (!hasIt) throw new AppError('not_found')
  return listed(files, page.limit)
}

/** What the caller has uploaded to a folder, newest first; not what was put there for them. */
export async function listMadeFiles(gate: Gate, folder: FolderRef, page: Slice): Promise<FileRow[]> {
  const { reads } = await gate(({ userId }) => [listFilesOfOrigin({ userId, folder, ...page }), findIf(hasFolder(userId, folder))])
  const [files, hasIt] = reads
  if (!hasIt) throw new AppError('not_found')
  return files
}

export async function getFile(gate: Gate, id: FileId): Promise<FileRow> {
  const { reads } = await gate(({ userId }) => [findFile(id, userId)])
  const [file] = reads
  if (!file) throw new AppError('not_found')
  return file
}

export interface FileUpdate extends FileChanges {
  readonly name?: FileName
}

/** Renames a file, moves it, or marks it. Omitted fields stay. */
export async function changeFile(ctx: Ctx, gate: Gate, id: FileId, update: FileUpdate): Promise<FileRow> {
  const { principal } = await gate()
  const changed = await ctx.db.one(updateFile(id, principal.userId, update, ctx.now()))
  if (!changed) throw new AppError('not_found')
  return changed
}

/** The row goes at once, and with it the quota; the object follows. Returns what there was. */
export async function deleteFile(ctx: Ctx, gate: Gate, id: FileId): Promise<FileRow> {
  const { principal, reads } = await gate(({ userId }) => [findFile(id, userId)])
  const [file] = reads
  if (!file) throw new AppError('not_found')
  await ctx.db.batch(removeFiles(isFileOf(id, principal.userId), ctx.now()))
  ctx.defer(() => removeMarkedObjects(ctx))
  return file
}

export interface Usage extends UsageRow {
  readonly limits: { readonly files: number; readonly bytes: number; readonly folders: number; readonly fileBytes: number }
}

/** The caller's usage, including uploads in progress, and the quotas. */
export async function getUsage(ctx: Ctx, gate: Gate): Promise<Usage> {
  const { reads } = await gate(({ userId }) => [findUsage(userId)])
  return withLimits(ctx, reads[0])
}

export function withLimits(ctx: Ctx, usage: UsageRow | null): Usage {
  const { files = 0, bytes = 0, folders = 0 } = usage ?? {}
  const { filesPerUser, bytesPerUser, foldersPerUser, uploadBytesMax } = ctx.config.media
  return { files, bytes, folders, limits: { files: filesPerUser, bytes: bytesPerUser, folders: foldersPerUser, fileBytes: uploadBytesMax } }
}

/** The bytes of a file, or of a range. The row has the metadata; the bucket is asked only for bytes. */
export async function openFile(ctx: Ctx, file: FileRow, range: { offset: number; length: number } | null): Promise<ReadableStream> {
  const object = await ctx.media.get(file.objectKey, range ? { range } : {}).catch((cause: unknown) => {
    throw new AppError('temporarily_unavailable', 'The file cannot be read; try again in a moment', { retryAfter: 2, cause })
  })
  // Deleted between the row and here, or (as the doctor would report) lost.
  if (!object || !('body' in object)) throw new AppError('not_found')
  return object.body
}
