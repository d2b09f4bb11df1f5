/** The sweep (cron): mails still in the outbox, and rows that nobody will ask for again. Bounded work, safe to repeat. */
import { idAt } from '../ids.ts'
import { deliverDueMails } from '../mail/outbox.ts'
import { deleteEndedCounters } from '../store/db/attempt-counters.ts'
import { deleteEventsOfNobody } from '../store/db/audit-events.ts'
import { deleteExpiredCodes } from '../store/db/authorization-codes.ts'
import { deleteExpiredChallenges } from '../store/db/challenges.ts'
import { deleteDoneMails } from '../store/db/mail-outbox.ts'
import { deleteExpiredRefreshTokens } from '../store/db/refresh-tokens.ts'
import { deleteEndedSessions } from '../store/db/sessions.ts'
import { deleteUnverifiedUsers } from '../store/db/users.ts'
import type { Ctx } from './ctx.ts'
import { MAIL_WINDOW_MS, UNVERIFIED_ACCOUNT_MS } from './figures.ts'

const ROWS_PER_RUN = 1_000
const MAILS_PER_RUN = 100
/** Ended things stay a day: a replay of a code must still find what it made. */
const KEPT_MS = 86_400_000
const EVENTS_OF_NOBODY_KEPT_MS = 30 * KEPT_MS

export async function sweep(ctx: Ctx): Promise<void> {
  const now = ctx.now()
  const limit = ROWS_PER_RUN
  const before = now - KEPT_MS
  const unverifiedBefore = now - UNVERIFIED_ACCOUNT_MS
  const mails = await deliverDueMails(ctx, MAILS_PER_RUN)
  await ctx.db.batch([
    deleteExpiredChallenges({ before, limit }),
    deleteExpiredCodes({ before, limit }),
    deleteExpiredRefreshTokens({ before, limit }),
    deleteEndedSessions({ before, limit }),
    deleteEndedCounters({ now, limit }),
    deleteDoneMails({ before: now - MAIL_WINDOW_MS, limit }),
    deleteEventsOfNobody({ idBefore: idAt(now - EVENTS_OF_NOBODY_KEPT_MS), limit }),
    deleteUnverifiedUsers({ createdBefore: unverifiedBefore, idBefore: idAt(unverifiedBefore), limit }),
  ])
  ctx.log('info', 'swept', { mails })
}
