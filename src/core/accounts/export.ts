/**
 * A user's copy of everything about them: who may request one, and the reads that only it needs. It contains nothing
 * that the user cannot see elsewhere; `core/archives/document.ts` has its format.
 */
import type { AuditEventId, UserId } from '../../ids.ts'
import { countAttempt, findCounter, wasCounted } from '../../store/db/attempt-counters.ts'
import { findEvent } from '../../store/db/audit-events.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { listIdentities } from '../../store/db/external-identities.ts'
import { listExternalIds } from '../../store/db/external-ids.ts'
import { findInviter, listInviteCodes } from '../../store/db/invite-codes.ts'
import { listNetworks } from '../../store/db/known-sources.ts'
import { listPasskeysOf } from '../../store/db/passkeys.ts'
import { listPushDevices } from '../../store/db/push-devices.ts'
import { listUpstreamIdentities } from '../../store/db/upstream-identities.ts'
import { findWithPassword, isUnchanged, type UserRow } from '../../store/db/users.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { EXPORT_PAGE, EXPORT_PAGES_MAX, EXPORTS_PER_DAY } from '../limits.ts'
import type { Listed, Page } from '../paging.ts'
import { type DailyLimit, dailyAttempt, refuseOverLimit } from '../profiles/daily-limits.ts'
import { provePassword } from '../profiles/password-proof.ts'
import { type SeenUser, showTo } from '../social/visibility.ts'
import { deliverLater, mailNotice } from './mail.ts'

/** A copy of everything that is about to be made: what is counted, recorded and mailed. */
interface Copy {
  readonly limit: (userId: UserId) => DailyLimit
  readonly tooOften: string
  readonly eventId: AuditEventId
  /** Of the event and the mail. */
  readonly event: 'account_exported' | 'archive_requested'
  /** What else is written where `condition` holds. */
  readonly also?: (userId: UserId, condition: Fragment) => Statement<void>[]
}

/**
 * Permits one export, with the password or a recent sign-in: it is counted, recorded and its owner is notified. Returns
 * the profile that it starts with.
 */
export async function startExport(ctx: Ctx, gate: Gate, input: { password: string | null }): Promise<SeenUser> {
  const user = await startCopy(ctx, gate, input, {
    limit: (userId) => ({ key: `export:${userId}`, perDay: EXPORTS_PER_DAY }),
    tooOften: 'Your data was exported too often today',
    eventId: ctx.newId<AuditEventId>(),
    event: 'account_exported',
  })
  return showTo('owner', user)
}

/** The same for any copy; returns its owner. */
export async function startCopy(ctx: Ctx, gate: Gate, input: { password: string | null }, copy: Copy): Promise<UserRow> {
  const { principal, reads } = await gate(({ userId }) => [findWithPassword(userId)])
  const [user] = reads
  if (!user) throw new AppError('unauthenticated')
  await provePassword(ctx, principal, user, input.password, 'password')
  const { clientId, sessionId } = principal
  const limit = copy.limit(user.id)
  const attempt = dailyAttempt(ctx, limit)
  const condition = wasCounted(attempt)
  const notice = mailNotice(ctx, { kind: copy.event, user: user.id, condition })
  const writes = [
    countAttempt(attempt, isUnchanged(user.id, user.epoch, ctx.now())),
    audit(ctx, { id: copy.eventId, type: copy.event, userId: user.id, sessionId, clientId, condition }),
    notice.write,
    ...(copy.also?.(user.id, condition) ?? []),
  ]
  if (!(await ctx.db.commit(writes, findEvent(copy.eventId)))) {
    refuseOverLimit(ctx, limit, await ctx.db.one(findCounter(limit.key)), copy.tooOften)
    // A ban or a new password intervened, and this session has ended.
    throw new AppError('unauthenticated')
  }
  deliverLater(ctx, notice.mailId)
  return user
}

/** What none of the user's lists contains. */
export async function readUnlisted(ctx: Ctx, gate: Gate) {
  const { reads } = await gate(({ userId }) => [
    listInviteCodes(userId),
    findInviter(userId, ctx.now()),
    listNetworks(userId),
    listPushDevices(userId),
    listIdentities(userId),
    listUpstreamIdentities(userId),
    listPasskeysOf(userId),
    listExternalIds(userId),
  ])
  const [inviteCodes, inviter, knownNetworks, pushDevices, identities, providers, passkeys, externalIds] = reads
  return { inviteCodes, inviter, knownNetworks, pushDevices, identities, providers, passkeys, externalIds }
}

/** The pages that one export may still read, of all its lists together. */
export const newPageBudget = () => ({ left: EXPORT_PAGES_MAX })
export type PageBudget = ReturnType<typeof newPageBudget>

/** The page with which an unfinished list continues. */
export type Rest = Pick<Page, 'before'>

/** Reads a list page by page to its end, or until the budget is spent: then it returns the next page. */
export async function* readAll<Row>(
  budget: PageBudget,
  read: (page: Page) => Promise<Listed<Row>>,
): AsyncGenerator<readonly Row[], Rest | null, undefined> {
  let before: number | null = null
  do {
    if (budget.left === 0) return { before }
    budget.left -= 1
    const { records, next }: Listed<Row> = await read({ limit: EXPORT_PAGE, before })
    yield records
    before = next
  } while (before !== null)
  return null
}
