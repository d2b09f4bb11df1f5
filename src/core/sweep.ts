/**
 * The sweep (cron): mails, logout notices and events that still wait, expired rows, deleted accounts and clients, the edges of large
 * operations, orphaned objects. The work is bounded, repeatable, and safe to run in parallel: together within the 1,000
 * queries of one invocation.
 */
import { idAt } from '../ids.ts'
import { deliverDueMails } from '../mail/outbox.ts'
import { deleteEndedCounters } from '../store/db/attempt-counters.ts'
import { deleteEventsOfNobody, deleteOldEvents } from '../store/db/audit-events.ts'
import { deleteExpiredCodes } from '../store/db/authorization-codes.ts'
import { deleteExpiredChallenges } from '../store/db/challenges.ts'
import type { Statement } from '../store/db/database.ts'
import { deleteExpiredDeviceCodes } from '../store/db/device-codes.ts'
import { deleteExpiredNonces } from '../store/db/digest-nonces.ts'
import { deleteOldEventsOfOutbox } from '../store/db/events.ts'
import { deleteEndedSources } from '../store/db/known-sources.ts'
import { deleteOldLogoutNotices } from '../store/db/logout-notices.ts'
import { deleteFailedMails, deleteSentMails } from '../store/db/mail-outbox.ts'
import { deleteExpiredPushedRequests } from '../store/db/pushed-requests.ts'
import { deleteExpiredRefreshTokens } from '../store/db/refresh-tokens.ts'
import { deleteEndedSessions } from '../store/db/sessions.ts'
import { deleteExpiredTokens } from '../store/db/spent-tokens.ts'
import { deleteOldCounts } from '../store/db/statistics.ts'
import { findSweepCursor, saveSweepCursor } from '../store/db/sweep-cursors.ts'
import { deleteEndedHolds } from '../store/db/username-holds.ts'
import { deleteUnverifiedUsers, findUnverifiedPiece } from '../store/db/users.ts'
import { deleteDeliveriesOfDeleted, deleteEmptied } from '../store/db/webhook-endpoints.ts'
import { eraseDeletedAccounts, removeErasedAccounts } from './accounts/deletion.ts'
import { sweepArchives } from './archives/make.ts'
import type { Ctx } from './ctx.ts'
import { fetchImportedPictures } from './imports/pictures.ts'
import { DAY_MS, DIGEST_NONCE_KEPT_MS, MAIL_WINDOW_MS, UNVERIFIED_ACCOUNT_MS } from './limits.ts'
import { sweepMedia } from './media/removal.ts'
import { removeDeletedClients, removeUnusedClients } from './oauth/client-removal.ts'
import { deliverDueLogoutNotices } from './oauth/logout-notices.ts'
import { sweepEdgeWork } from './social/edge-work.ts'
import { deliverDueEvents } from './webhooks/deliver.ts'
import { EVENTS_KEPT_MS } from './webhooks/limits.ts'

/**
 * Expired rows of a table per statement, and statements per table and run: 160 rows a second with a run every five
 * minutes. Each statement is a transaction of its own, so that requests run in between.
 */
const ENDED_ROWS_CHUNK = 4_000
const ENDED_ROWS_CHUNKS_PER_RUN = 12
/** Of each table, all tables in one round trip: on most runs there are no more. */
const ENDED_ROWS_AT_FIRST = 100
/** Accounts read per statement, and statements per run. */
const UNVERIFIED_CHUNK = 1_000
const UNVERIFIED_CHUNKS_PER_RUN = 10
const MAILS_PER_RUN = 50
const NOTICES_PER_RUN = 200
/** Each takes five queries, and a second at most while it is drawn. */
const PICTURES_PER_RUN = 20
/** Ended things stay a day: a replayed code must still find its session. */
const KEPT_MS = 86_400_000
const NOTICES_KEPT_MS = 7 * KEPT_MS
/** Until then an administrator can have them tried again. */
const FAILED_MAILS_KEPT_MS = 30 * KEPT_MS
const EVENTS_OF_NOBODY_KEPT_MS = 30 * KEPT_MS
/** Figures by day: a year and the month before it. */
const COUNTS_KEPT_DAYS = 400
/** Their names among the cursors. */
const UNVERIFIED = 'unverified'
export const LAST_RUN = 'last_run'

/** In this order: what a purged account leaves to the next two parts is mostly done in the same run. */
const PARTS: Readonly<Record<string, (ctx: Ctx) => Promise<void>>> = {
  mails: sendMails,
  notices: sendLogoutNotices,
  events: sendEvents,
  rows: deleteEndedRows,
  unverified: deleteUnverified,
  erasure: eraseDeletedAccounts,
  edges: sweepEdgeWork,
  remains: removeErasedAccounts,
  media: sweepMedia,
  pictures: fetchPictures,
  clients: removeDeletedClients,
  unused_clients: removeUnusedClients,
  // Last: it may take minutes.
  archives: sweepArchives,
}

/** One part's failure does not stop the others. Throws at the end if a part has failed, so that the run counts as failed. */
export async function sweep(ctx: Ctx): Promise<void> {
  const failures: unknown[] = []
  const failed: string[] = []
  const startedAt = ctx.now()
  const run = async (part: string, work: (ctx: Ctx) => Promise<unknown>) => {
    try {
      await work(ctx)
    } catch (error) {
      failures.push(error)
      failed.push(part)
      ctx.log('error', 'sweep_failed', { part, cause: String(error) })
    }
  }
  for (const [part, work] of Object.entries(PARTS)) await run(part, work)
  // The health page of the console tells when that was, and which parts failed.
  await run(LAST_RUN, () => ctx.db.one(saveSweepCursor(LAST_RUN, failed.join(' '), ctx.now())))
  ctx.measure({ kind: 'cron', failedParts: failed, ms: ctx.now() - startedAt })
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} parts of the sweep failed`)
  ctx.log('info', 'swept')
}

async function sendMails(ctx: Ctx): Promise<void> {
  ctx.log('info', 'mails_swept', await deliverDueMails(ctx, MAILS_PER_RUN))
}

async function fetchPictures(ctx: Ctx): Promise<void> {
  ctx.log('info', 'pictures_fetched', { tried: await fetchImportedPictures(ctx, PICTURES_PER_RUN) })
}

async function sendLogoutNotices(ctx: Ctx): Promise<void> {
  ctx.log('info', 'logout_notices_swept', { tried: await deliverDueLogoutNotices(ctx, NOTICES_PER_RUN) })
}

async function sendEvents(ctx: Ctx): Promise<void> {
  ctx.log('info', 'events_swept', { tried: await deliverDueEvents(ctx) })
}

/** Continues with a table while there is more of it. */
async function deleteEndedRows(ctx: Ctx): Promise<void> {
  const deleted = await ctx.db.batch(endedRows(ctx, ENDED_ROWS_AT_FIRST))
  for (const [index, statement] of endedRows(ctx, ENDED_ROWS_CHUNK).entries()) {
    if ((deleted[index] ?? 0) < ENDED_ROWS_AT_FIRST) continue
    for (let chunk = 0; chunk < ENDED_ROWS_CHUNKS_PER_RUN; chunk++) {
      if ((await ctx.db.one(statement)) < ENDED_ROWS_CHUNK) break
    }
  }
}

function endedRows(ctx: Ctx, limit: number): Statement<number>[] {
  const now = ctx.now()
  const before = now - KEPT_MS
  return [
    deleteExpiredChallenges({ before, limit }),
    deleteExpiredCodes({ before, limit }),
    deleteExpiredDeviceCodes({ before, limit }),
    deleteExpiredRefreshTokens({ before, limit }),
    deleteEndedSessions({ before, limit }),
    deleteEndedCounters({ now, limit }),
    deleteEndedHolds({ now, limit }),
    deleteEndedSources({ now, limit }),
    deleteExpiredPushedRequests({ now, limit }),
    deleteExpiredTokens({ now, limit }),
    deleteExpiredNonces({ now: now - DIGEST_NONCE_KEPT_MS, limit }),
    deleteSentMails({ idBefore: idAt(now - MAIL_WINDOW_MS), limit }),
    deleteFailedMails({ idBefore: idAt(now - FAILED_MAILS_KEPT_MS), limit }),
    deleteOldLogoutNotices({ before: now - NOTICES_KEPT_MS, limit }),
    deleteOldEvents({ idBefore: idAt(now - ctx.config.auditKeptMs), limit }),
    deleteEventsOfNobody({ idBefore: idAt(now - EVENTS_OF_NOBODY_KEPT_MS), limit }),
    deleteOldEventsOfOutbox({ before: now - EVENTS_KEPT_MS, limit }),
    deleteDeliveriesOfDeleted(limit),
    deleteEmptied(),
    deleteOldCounts(Math.floor(now / DAY_MS) - COUNTS_KEPT_DAYS),
  ]
}

async function deleteUnverified(ctx: Ctx): Promise<void> {
  for (let chunk = 0; chunk < UNVERIFIED_CHUNKS_PER_RUN; chunk++) if (!(await deleteUnverifiedPiece(ctx))) return
}

/**
 * False: there are no more. Ids are in the order of time, so each piece starts after the one before: accounts once
 * passed over are never revisited.
 */
async function deleteUnverifiedPiece(ctx: Ctx): Promise<boolean> {
  const now = ctx.now()
  const createdBefore = now - UNVERIFIED_ACCOUNT_MS
  const after = Number((await ctx.db.one(findSweepCursor(UNVERIFIED)))?.cursor ?? 0)
  const last = (await ctx.db.one(findUnverifiedPiece({ after, idBefore: idAt(createdBefore), limit: UNVERIFIED_CHUNK })))?.last ?? null
  if (last === null) return false
  await ctx.db.batch([deleteUnverifiedUsers({ after, last, createdBefore }), saveSweepCursor(UNVERIFIED, String(last), now)])
  return true
}
