/**
 * The sweep (cron): mails still in the outbox, rows that nobody will ask for again, deleted accounts and clients, edges of
 * acts on very many, objects that are nobody's. Bounded work, safe to repeat and to run twice at once: together within
 * the 1,000 queries of one invocation.
 */
import { idAt } from '../ids.ts'
import { deliverDueMails } from '../mail/outbox.ts'
import { deleteEndedCounters } from '../store/db/attempt-counters.ts'
import { deleteEventsOfNobody, deleteOldEvents } from '../store/db/audit-events.ts'
import { deleteExpiredCodes } from '../store/db/authorization-codes.ts'
import { deleteExpiredChallenges } from '../store/db/challenges.ts'
import { deleteExpiredNonces } from '../store/db/digest-nonces.ts'
import { deleteEndedSources } from '../store/db/known-sources.ts'
import { deleteDoneMails } from '../store/db/mail-outbox.ts'
import { deleteExpiredRefreshTokens } from '../store/db/refresh-tokens.ts'
import { deleteEndedSessions } from '../store/db/sessions.ts'
import { findSweepCursor, saveSweepCursor } from '../store/db/sweep-cursors.ts'
import { deleteEndedHolds } from '../store/db/username-holds.ts'
import { deleteUnverifiedUsers, findUnverifiedPiece } from '../store/db/users.ts'
import { eraseDeletedAccounts, removeErasedAccounts } from './accounts/deletion.ts'
import type { Ctx } from './ctx.ts'
import { DIGEST_NONCE_KEPT_MS, MAIL_WINDOW_MS, UNVERIFIED_ACCOUNT_MS } from './figures.ts'
import { sweepMedia } from './media/removal.ts'
import { removeDeletedClients } from './oauth/client-registration.ts'
import { sweepEdgeWork } from './social/edge-work.ts'

const ROWS_PER_RUN = 1_000
const MAILS_PER_RUN = 50
/** Ended things stay a day: a replay of a code must still find what it made. */
const KEPT_MS = 86_400_000
const EVENTS_OF_NOBODY_KEPT_MS = 30 * KEPT_MS
/** Its name among the cursors. */
const UNVERIFIED = 'unverified'

/** In this order: what an erased account leaves to the next two parts is mostly done in the same run. */
const PARTS: Readonly<Record<string, (ctx: Ctx) => Promise<void>>> = {
  mails: sendMails,
  rows: deleteEndedRows,
  unverified: deleteUnverified,
  erasure: eraseDeletedAccounts,
  edges: sweepEdgeWork,
  remains: removeErasedAccounts,
  media: sweepMedia,
  clients: removeDeletedClients,
}

/** One part's trouble does not keep the others. Throws at the end when a part has failed, so that the run counts as failed. */
export async function sweep(ctx: Ctx): Promise<void> {
  const failures: unknown[] = []
  for (const [part, work] of Object.entries(PARTS)) {
    try {
      await work(ctx)
    } catch (error) {
      failures.push(error)
      ctx.log('error', 'sweep_failed', { part, cause: String(error) })
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, `${failures.length} parts of the sweep failed`)
  ctx.log('info', 'swept')
}

async function sendMails(ctx: Ctx): Promise<void> {
  ctx.log('info', 'mails_swept', await deliverDueMails(ctx, MAILS_PER_RUN))
}

async function deleteEndedRows(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const limit = ROWS_PER_RUN
  const before = now - KEPT_MS
  await ctx.db.batch([
    deleteExpiredChallenges({ before, limit }),
    deleteExpiredCodes({ before, limit }),
    deleteExpiredRefreshTokens({ before, limit }),
    deleteEndedSessions({ before, limit }),
    deleteEndedCounters({ now, limit }),
    deleteEndedHolds({ now, limit }),
    deleteEndedSources({ now, limit }),
    deleteExpiredNonces({ now: now - DIGEST_NONCE_KEPT_MS, limit }),
    deleteDoneMails({ before: now - MAIL_WINDOW_MS, limit }),
    deleteOldEvents({ idBefore: idAt(now - ctx.config.auditKeptMs), limit }),
    deleteEventsOfNobody({ idBefore: idAt(now - EVENTS_OF_NOBODY_KEPT_MS), limit }),
  ])
}

/** Ids are in the order of time, so a run goes on behind the one before: whom it left once, it leaves for good. */
async function deleteUnverified(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const createdBefore = now - UNVERIFIED_ACCOUNT_MS
  const after = Number((await ctx.db.one(findSweepCursor(UNVERIFIED)))?.cursor ?? 0)
  const last = (await ctx.db.one(findUnverifiedPiece({ after, idBefore: idAt(createdBefore), limit: ROWS_PER_RUN })))?.last ?? null
  if (last === null) return
  await ctx.db.batch([deleteUnverifiedUsers({ after, last, createdBefore }), saveSweepCursor(UNVERIFIED, String(last), now)])
}
