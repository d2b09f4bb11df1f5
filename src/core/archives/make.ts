/**
 * Making archives: right after the request if there is little to pack, by cron otherwise. Whoever makes one has leased it.
 * A maker that was killed leaves a lease that ends, and perhaps parts or an object of its own, which the next one removes.
 */
import type { ArchiveId } from '../../ids.ts'
import {
  type ArchiveRow,
  archiveObjectKey,
  findMade,
  finishArchive,
  isArchiveLeased,
  isArchiveOf,
  isArchiveOver,
  leaseArchive,
  listUploads,
  postponeArchive,
  removeArchives,
  saveUpload,
} from '../../store/db/account-archives.ts'
import { findUsage } from '../../store/db/files.ts'
import { newPageBudget, type PageBudget } from '../accounts/export.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { entriesOf, type Progress } from './contents.ts'
import {
  ARCHIVE_BYTES_PER_RUN,
  ARCHIVE_FILES_PER_RUN,
  ARCHIVE_KEPT_MS,
  ARCHIVE_LEASE_MS,
  ARCHIVE_RETRY_MS,
  ARCHIVE_SOON_BYTES,
  ARCHIVE_SOON_FILES,
  ARCHIVE_SOON_LEASE_MS,
  ARCHIVE_TRIES,
  ARCHIVES_ENDED_PER_RUN,
  ARCHIVES_PER_RUN,
} from './limits.ts'
import { ownerGate } from './owner-gate.ts'
import { storeStream } from './storing.ts'

/** One cron run's share: archives that are over end, those that are due are made. */
export async function sweepArchives(ctx: Ctx): Promise<void> {
  const over = isArchiveOver(ctx.now(), ARCHIVES_ENDED_PER_RUN)
  const [uploads] = await ctx.db.batch([listUploads(over), ...removeArchives(over, ctx.now())])
  for (const upload of uploads) await abortUpload(ctx, upload)
  const budget = newPageBudget()
  const enough = budget.left / 2
  const done: Progress = { files: 0, bytes: 0 }
  const mayGoOn = () => done.files < ARCHIVE_FILES_PER_RUN && done.bytes < ARCHIVE_BYTES_PER_RUN && budget.left > enough
  for (let made = 0; made < ARCHIVES_PER_RUN && mayGoOn(); made++) {
    const archive = await ctx.db.one(leaseArchive({ now: ctx.now(), until: ctx.now() + ARCHIVE_LEASE_MS }))
    if (!archive) return
    const { files, bytes } = await makeArchive(ctx, archive, budget)
    Object.assign(done, { files: done.files + files, bytes: done.bytes + bytes })
  }
}

/** After the reply: only what is surely done in the time that is left. */
export async function makeSmallArchive(ctx: Ctx, archive: Pick<ArchiveRow, 'id' | 'userId'>): Promise<void> {
  const usage = await ctx.db.one(findUsage(archive.userId))
  if (usage && (usage.files > ARCHIVE_SOON_FILES || usage.bytes > ARCHIVE_SOON_BYTES)) return
  const leased = await ctx.db.one(leaseArchive({ now: ctx.now(), until: ctx.now() + ARCHIVE_SOON_LEASE_MS, id: archive.id }))
  if (leased) await makeArchive(ctx, leased, newPageBudget())
}

/** Returns what was packed. A failure is noted in the row, and tried again. */
async function makeArchive(ctx: Ctx, archive: ArchiveRow, budget: PageBudget): Promise<Progress> {
  const progress: Progress = { files: 0, bytes: 0 }
  try {
    await removeTraces(ctx, archive)
    // A maker that is killed notes nothing: this archive has killed them all, and keeps others waiting.
    if (archive.attempts > ARCHIVE_TRIES) throw new Error('no maker has come to an end')
    const bytes = await pack(ctx, archive, budget, progress)
    await finish(ctx, archive, bytes, progress.files)
    ctx.log('info', 'archive_made', { archive: archive.id, bytes, files: progress.files })
  } catch (error) {
    await fail(ctx, archive, error)
  }
  return progress
}

/** What the try before has left, if it was killed. */
async function removeTraces(ctx: Ctx, { id, attempts, uploadId }: ArchiveRow): Promise<void> {
  if (attempts === 1) return
  if (uploadId !== null) await abortUpload(ctx, { id, attempts: attempts - 1, uploadId })
  await ctx.media.delete(archiveObjectKey(id, attempts - 1))
}

async function abortUpload(ctx: Ctx, { id, attempts, uploadId }: { id: ArchiveId; attempts: number; uploadId: string }): Promise<void> {
  // Completed, or aborted before: then there is nothing left of it.
  await ctx.media
    .resumeMultipartUpload(archiveObjectKey(id, attempts), uploadId)
    .abort()
    .catch(() => undefined)
}

async function pack(ctx: Ctx, archive: ArchiveRow, budget: PageBudget, progress: Progress): Promise<number> {
  const { makeZip } = await import('client-zip')
  const zip = makeZip(entriesOf(ctx, ownerGate(ctx, archive.userId), budget, progress), { buffersAreUTF8: true })
  const key = archiveObjectKey(archive.id, archive.attempts)
  const onUpload = async (uploadId: string) => {
    if ((await ctx.db.one(saveUpload(archive, uploadId))) === 0) throw new Error('the archive was removed, or its lease is over')
  }
  return storeStream({ bucket: ctx.media, key, onUpload }, zip)
}

/** The row tells of it, and the owner gets a mail: unless the account has ended meanwhile, or the lease. Then nothing is left. */
async function finish(ctx: Ctx, archive: ArchiveRow, bytes: number, files: number): Promise<void> {
  const now = ctx.now()
  const { id, attempts, userId } = archive
  const condition = isArchiveLeased(archive, now)
  const notice = mailNotice(ctx, { kind: 'archive_ready', user: userId, params: { days: ARCHIVE_KEPT_MS / 86_400_000 }, condition })
  const ready = finishArchive({ id, attempts, bytes, files, now, expiresAt: now + ARCHIVE_KEPT_MS }, condition)
  if (!(await ctx.db.commit([notice.write, ready], findMade(archive)))) {
    await ctx.media.delete(archiveObjectKey(id, attempts))
    throw new AppError('unauthenticated')
  }
  deliverLater(ctx, notice.mailId)
}

async function fail(ctx: Ctx, archive: ArchiveRow, error: unknown): Promise<void> {
  const now = ctx.now()
  ctx.log('warn', 'archive_failed', { archive: archive.id, attempt: archive.attempts, cause: String(error) })
  // The account has ended: the sweep would remove it as well.
  if (error instanceof AppError && error.code === 'unauthenticated') {
    await ctx.db.batch(removeArchives(isArchiveOf(archive.id, archive.userId), now))
    return
  }
  const next = archive.attempts < ARCHIVE_TRIES ? now + ARCHIVE_RETRY_MS : null
  await ctx.db.one(postponeArchive(archive, next, String(error).slice(0, 200)))
}
