/**
 * Uploads into the media library (design §2): space is reserved within the quotas, the bytes go to the bucket, the row
 * is committed with their digest. Any failure in between, including a disconnect, releases the reservation and marks
 * the object for removal. A reservation lasts for seconds and is renewed while bytes arrive, so that the user's next
 * upload can reuse the space of one that died silently.
 */
import { equalInConstantTime, randomHex } from '../../crypto.ts'
import type { FileId, FolderId, UserId } from '../../ids.ts'
import { findIf } from '../../store/db/database.ts'
import {
  commitFile,
  type FileRow,
  type FolderRef,
  findFile,
  findReservation,
  findUsage,
  hasFolder,
  hasRoom,
  isAbandoned,
  releaseFile,
  removeFiles,
  renewReservation,
  reserveFile,
} from '../../store/db/files.ts'
import { insertFolder } from '../../store/db/folders.ts'
import { byteSize } from '../byte-size.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { FileName } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { UPLOAD_RENEWED_EVERY_MS, UPLOAD_RESERVED_MS } from '../limits.ts'
import { passOn } from './body.ts'
import { peek, typeOf } from './file-types.ts'
import { folderRefusal } from './folders.ts'
import { removeMarkedObjects } from './removal.ts'

export interface Upload {
  readonly name: FileName
  readonly folder: FolderRef
  /** Whether a missing folder is created. */
  readonly makesFolder?: boolean
  /** Null if nobody declares it: the first bytes decide, then the name. */
  readonly contentType: string | null
  readonly preventShare: boolean
  /** Bytes, exactly. */
  readonly size: number
  readonly body: ReadableStream<Uint8Array>
  /** The SHA-256 that the client declares, base64url. */
  readonly digest: string | null
}

/**
 * Stores a file of the caller; the body is read once the caller is known. Throws `payload_too_large`, `invalid_file`,
 * `quota_exceeded`, `not_found` (the folder), `request_timeout`, `invalid_request` (a body that differs from what was
 * declared). A failure leaves nothing behind.
 */
export async function uploadFile(ctx: Ctx, gate: Gate, read: () => Promise<Upload>): Promise<FileRow> {
  const { principal } = await gate()
  const upload = await read()
  const { uploadBytesMax } = ctx.config.media
  if (upload.size > uploadBytesMax) throw new AppError('payload_too_large', `A file can be at most ${byteSize(uploadBytesMax)}`)
  const typed = await withType(upload)
  return ctx.finish(() => storeUpload(ctx, principal.userId, typed))
}

interface TypedUpload extends Upload {
  readonly contentType: string
}

async function withType(upload: Upload): Promise<TypedUpload> {
  const { contentType, name } = upload
  if (contentType !== null) return { ...upload, contentType }
  const { head, body } = await peek(upload.body)
  return { ...upload, contentType: typeOf(head, name), body }
}

async function storeUpload(ctx: Ctx, userId: UserId, upload: TypedUpload): Promise<FileRow> {
  const place = await reserve(ctx, userId, upload)
  const renewal = setInterval(() => renew(ctx, place), UPLOAD_RENEWED_EVERY_MS)
  try {
    const digest = await store(ctx, place.objectKey, upload)
    if (upload.digest !== null && !equalInConstantTime(upload.digest, digest)) {
      throw new AppError('invalid_request', 'The content does not match Content-Digest', { reason: 'digest_mismatch' })
    }
    const file = await ctx.db.commit([commitFile({ id: place.id, digest, now: ctx.now() })], findFile(place.id, userId))
    // The folder was deleted, or the sweep has abandoned the upload.
    if (!file) throw new AppError('not_found', 'The upload did not finish')
    return file
  } catch (error) {
    await giveUp(ctx, place)
    throw error
  } finally {
    clearInterval(renewal)
  }
}

interface Place {
  readonly id: FileId
  readonly objectKey: string
}

async function reserve(ctx: Ctx, userId: UserId, upload: TypedUpload): Promise<Place> {
  const id = ctx.newId<FileId>()
  // Contains nothing of the name: keys appear in logs.
  const objectKey = randomHex(16)
  const { name, folder, contentType, size, preventShare } = upload
  const { filesPerUser, bytesPerUser } = ctx.config.media
  const now = ctx.now()
  const row = {
    id,
    userId,
    folder,
    name,
    contentType,
    size,
    objectKey,
    preventShare,
    createdAt: now,
    reservedUntil: now + UPLOAD_RESERVED_MS,
  }
  const quota = { files: filesPerUser, bytes: bytesPerUser }
  const writes = [...removeFiles(isAbandoned(userId, now), now), reserveFile(row, quota)]
  const place = { id, objectKey }
  if (await ctx.db.commit(writes, findReservation(id, objectKey))) return place
  const error = await refusal(ctx, userId, upload)
  if (error.code !== 'not_found' || !upload.makesFolder || typeof folder !== 'string') throw error
  const newFolder = { id: ctx.newId<FolderId>(), userId, name: folder, now }
  // One batch: without space for the file, no folder is created either.
  const both = [insertFolder(newFolder, ctx.config.media.foldersPerUser, hasRoom(row, quota)), reserveFile(row, quota)]
  if (await ctx.db.commit(both, findReservation(id, objectKey))) return place
  throw noRoom(ctx, await ctx.db.one(findUsage(userId)), size) ?? (await folderRefusal(ctx, userId))
}

/** Never throws: a reservation survives a failed renewal. */
async function renew(ctx: Ctx, place: Place): Promise<void> {
  try {
    await ctx.db.one(renewReservation(place.id, ctx.now() + UPLOAD_RESERVED_MS))
  } catch (cause) {
    ctx.log('warn', 'upload_not_renewed', { file: place.id, cause: String(cause) })
  }
}

/** Why nothing was reserved. */
async function refusal(ctx: Ctx, userId: UserId, { folder, size }: Upload): Promise<AppError> {
  const [usage, hasIt] = await ctx.db.batch([findUsage(userId), findIf(hasFolder(userId, folder))])
  if (!hasIt) return new AppError('not_found')
  // Otherwise banned or deleted since the gate, or another upload has just freed space.
  return noRoom(ctx, usage, size) ?? AppError.tryAgain()
}

function noRoom(ctx: Ctx, usage: { files: number; bytes: number } | null, size: number): AppError | null {
  const { filesPerUser, bytesPerUser } = ctx.config.media
  if ((usage?.files ?? 0) >= filesPerUser)
    return new AppError('quota_exceeded', `You may have at most ${filesPerUser} files`, { reason: 'files' })
  if ((usage?.bytes ?? 0) + size <= bytesPerUser) return null
  return new AppError('quota_exceeded', `Your files can be at most ${byteSize(bytesPerUser)} in total`, { reason: 'bytes' })
}

/** Puts the body into the bucket. Returns the digest of what has passed. */
async function store(ctx: Ctx, key: string, upload: TypedUpload): Promise<string> {
  const failed = new AbortController()
  const stop = () => failed.abort(new Error('the bucket takes no more'))
  const { stream, digest } = passOn(upload.body, upload.size, failed.signal)
  const put = ctx.media.put(key, stream, { onlyIf: { etagDoesNotMatch: '*' }, httpMetadata: { contentType: upload.contentType } })
  put.then((object) => object ?? stop(), stop)
  const [stored, passed] = await Promise.allSettled([put, digest])
  // The client's fault is reported first: the bucket only fails because of it.
  if (passed.status === 'rejected' && passed.reason instanceof AppError) throw passed.reason
  if (stored.status === 'rejected') throw unavailable(stored.reason)
  if (passed.status === 'rejected') throw unavailable(passed.reason)
  if (stored.value === null || stored.value.size !== upload.size) throw unavailable('the bucket has stored something else')
  return passed.value
}

function unavailable(cause: unknown): AppError {
  return new AppError('temporarily_unavailable', 'The file could not be stored; try again in a moment', { retryAfter: 2, cause })
}

/** Never throws: the sweep does what is left. */
async function giveUp(ctx: Ctx, place: Place): Promise<void> {
  try {
    await ctx.db.batch(releaseFile(place.id, place.objectKey, ctx.now()))
    ctx.defer(() => removeMarkedObjects(ctx))
  } catch (cause) {
    ctx.log('warn', 'upload_not_released', { file: place.id, cause: String(cause) })
  }
}
