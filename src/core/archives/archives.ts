/**
 * A user's archives: asked for with what an export needs, one a day, kept a week, replaced by the next. A download needs a
 * link, which is an export of its own (counted, recorded, mailed), and passes the gate with each piece, so that it ends with
 * the session.
 */
import { currentMac, equalInConstantTime, mac } from '../../crypto.ts'
import { type ArchiveId, type AuditEventId, type SessionId, toHex } from '../../ids.ts'
import {
  type ArchiveRow,
  archiveObjectKey,
  findArchive,
  insertArchive,
  isArchiveOf,
  isReplacedBy,
  listArchives,
  removeArchives,
} from '../../store/db/account-archives.ts'
import { startCopy, startExport } from '../accounts/export.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { removeMarkedObjects } from '../media/removal.ts'
import { ARCHIVE_KEPT_MS, ARCHIVE_LINK_MS, ARCHIVE_PIECE_BYTES, ARCHIVES_PER_DAY } from './limits.ts'
import { makeSmallArchive } from './make.ts'

export type Archive = ArchiveRow

export type ArchiveState = 'making' | 'ready' | 'failed'

export function stateOf({ readyAt, nextAttemptAt }: Archive): ArchiveState {
  if (readyAt !== null) return 'ready'
  return nextAttemptAt === null ? 'failed' : 'making'
}

/** Asks for an archive, which replaces an earlier one. */
export async function requestArchive(ctx: Ctx, gate: Gate, input: { password: string | null }): Promise<Archive> {
  const id = ctx.newId<ArchiveId>()
  const now = ctx.now()
  const { id: userId } = await startCopy(ctx, gate, input, {
    limit: (user) => ({ key: `archive:${user}`, perDay: ARCHIVES_PER_DAY }),
    tooOften: 'An archive was already made today',
    eventId: ctx.newId<AuditEventId>(),
    event: 'archive_requested',
    also: (user, condition) => [
      insertArchive({ id, userId: user, now, expiresAt: now + ARCHIVE_KEPT_MS }, condition),
      ...removeArchives(isReplacedBy(id, user), now),
    ],
  })
  ctx.defer(() => makeSmallArchive(ctx, { id, userId }))
  const archive = await ctx.db.one(findArchive(id, userId))
  if (!archive) throw new AppError('unauthenticated')
  return archive
}

export async function listOwnArchives(ctx: Ctx, gate: Gate): Promise<Archive[]> {
  const { reads } = await gate(({ userId }) => [listArchives(userId, ctx.now())])
  return reads[0]
}

/** One of the caller's. */
export async function getArchive(ctx: Ctx, gate: Gate, id: ArchiveId): Promise<Archive> {
  const { reads } = await gate(({ userId }) => [findArchive(id, userId)])
  const [archive] = reads
  if (!archive || archive.expiresAt <= ctx.now()) throw new AppError('not_found')
  return archive
}

/** It is gone at once; its object follows. */
export async function deleteArchive(ctx: Ctx, gate: Gate, id: ArchiveId): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [findArchive(id, userId)])
  if (!reads[0]) throw new AppError('not_found')
  await ctx.db.batch(removeArchives(isArchiveOf(id, principal.userId), ctx.now()))
  ctx.defer(() => removeMarkedObjects(ctx))
}

export interface ArchiveLink {
  readonly url: string
  readonly expiresAt: number
}

/** Where the caller's session, and no other, can download the archive for an hour. */
export async function createArchiveLink(ctx: Ctx, gate: Gate, id: ArchiveId, input: { password: string | null }): Promise<ArchiveLink> {
  const { principal } = await gate()
  readyOne(await getArchive(ctx, gate, id))
  await startExport(ctx, gate, input)
  const expiresAt = ctx.now() + ARCHIVE_LINK_MS
  const { hmacKeys, origin } = ctx.config
  const signature = currentMac(hmacKeys, 'archive-link', ...signed(id, principal.sessionId, String(expiresAt))).toString('base64url')
  const query = new URLSearchParams({ expires: String(expiresAt), kid: hmacKeys.current, signature })
  return { url: `${origin}/user/archives/${toHex(id)}/content?${query}`, expiresAt }
}

/** The contents of a link, as carried in the URL. */
export interface ArchiveLinkParams {
  readonly expires: string
  readonly kid: string
  readonly signature: string
}

const signed = (id: ArchiveId, sessionId: SessionId, expires: string) => [toHex(id), toHex(sessionId), expires]

/** The archive that a link of the caller's session leads to. */
export async function followArchiveLink(
  ctx: Ctx,
  gate: Gate,
  id: ArchiveId,
  link: ArchiveLinkParams,
): Promise<Archive & { bytes: number }> {
  const { principal, reads } = await gate(({ userId }) => [findArchive(id, userId)])
  const expected = mac(ctx.config.hmacKeys, link.kid, 'archive-link', ...signed(id, principal.sessionId, link.expires))?.toString(
    'base64url',
  )
  const isValid = expected !== undefined && equalInConstantTime(expected, link.signature) && Number(link.expires) > ctx.now()
  if (!isValid) throw new AppError('forbidden', 'The link is invalid or has expired', { reason: 'link_invalid' })
  const [archive] = reads
  if (!archive || archive.expiresAt <= ctx.now()) throw new AppError('not_found')
  return readyOne(archive)
}

function readyOne(archive: Archive): Archive & { bytes: number } {
  const { bytes } = archive
  if (bytes === null) throw new AppError('not_found', 'The archive is not ready yet', { reason: 'not_ready' })
  return { ...archive, bytes }
}

/** Its bytes, or a range of them: piece by piece, and no more once the session or the archive has ended. */
export async function openArchive(
  ctx: Ctx,
  gate: Gate,
  archive: Archive & { bytes: number },
  range: { offset: number; length: number } | null,
): Promise<ReadableStream> {
  const { offset, length } = range ?? { offset: 0, length: archive.bytes }
  const pieces = piecesOf(ctx, gate, archive, { from: offset, end: offset + length })
  // The first is opened before the reply begins, so that a failure is one.
  const first = await pieces.next()
  if (first.done) throw new AppError('not_found')
  // Of known length, so that clients see how far they are.
  const { readable, writable } = new FixedLengthStream(length)
  joined(first.value, pieces)
    .pipeTo(writable)
    .catch((error: unknown) => ctx.log('warn', 'archive_broken_off', { archive: archive.id, cause: String(error) }))
  return readable
}

type Pieces = AsyncGenerator<ReadableStream<Uint8Array>, void, undefined>

async function* piecesOf(ctx: Ctx, gate: Gate, { id, attempts }: Archive, { from, end }: { from: number; end: number }): Pieces {
  for (let at = from; at < end; at += ARCHIVE_PIECE_BYTES) {
    const length = Math.min(ARCHIVE_PIECE_BYTES, end - at)
    await getArchive(ctx, gate, id)
    const object = await ctx.media.get(archiveObjectKey(id, attempts), { range: { offset: at, length } })
    if (!object) throw new AppError('not_found')
    yield object.body
  }
}

/** Reads the next piece once the client has taken the one before. */
function joined(first: ReadableStream<Uint8Array>, pieces: Pieces): ReadableStream<Uint8Array> {
  let reader = first.getReader()
  return new ReadableStream({
    async pull(controller) {
      for (;;) {
        const { done, value } = await reader.read()
        if (!done) return controller.enqueue(value)
        const next = await pieces.next()
        if (next.done) return controller.close()
        reader = next.value.getReader()
      }
    },
    async cancel(reason) {
      await reader.cancel(reason)
      await pieces.return()
    },
  })
}
