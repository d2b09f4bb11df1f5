/** The mail outbox for administrators: what waits, was sent or was given up, and another try for what was given up. */
import type { AuditEventId, MailId } from '../../ids.ts'
import { CODE_KINDS, deliverDueMails } from '../../mail/outbox.ts'
import { findEvent } from '../../store/db/audit-events.ts'
import type { Statement } from '../../store/db/database.ts'
import {
  findListedMail,
  findOutboxFigures,
  type ListedMailRow,
  listMails,
  listRetryable,
  type MailState,
  mayRetry,
  type OutboxFigures,
  recipientOf,
  retryMail,
} from '../../store/db/mail-list.ts'
import { deliverLater } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { coveredBy } from '../scopes.ts'
import { dayOf, STATISTICS_DAYS, WAITING_MAX } from './statistics.ts'

export type { MailState, OutboxFigures } from '../../store/db/mail-list.ts'
export const MAIL_STATES: readonly MailState[] = ['failed', 'waiting', 'sent']

/** At once: two statements for each. */
const RETRIED_MAX = 50
const LOOKED_AT_FOR_RETRY = 1_000

export interface ListedMail extends Omit<ListedMailRow, 'codeUntil' | 'userId' | 'username'> {
  readonly state: MailState
  /** Whether another try makes sense. */
  readonly isRetryable: boolean
  /** Null to whoever may not see users, and `toAddress` has only its first letter and its domain. */
  readonly recipient: { readonly id: ListedMailRow['userId']; readonly username: string } | null
}

export async function readMails(ctx: Ctx, gate: Gate, state: MailState, page: Page): Promise<Listed<ListedMail>> {
  const { principal, reads } = await gate(() => [listMails({ state, before: positionOf(ctx, page), limit: page.limit + 1 })])
  return shown(ctx, principal, reads[0], page)
}

/** The list with the figures above it. */
export async function readOutbox(
  ctx: Ctx,
  gate: Gate,
  state: MailState,
  page: Page,
): Promise<{ figures: OutboxFigures; mails: Listed<ListedMail> }> {
  const { principal, reads } = await gate(() => [
    listMails({ state, before: positionOf(ctx, page), limit: page.limit + 1 }),
    findOutboxFigures({ bound: WAITING_MAX + 1, fromDay: dayOf(ctx.now()) - STATISTICS_DAYS + 1 }),
  ])
  return { figures: reads[1] ?? { waiting: 0, oldestAt: null, sent: 0, failed: 0 }, mails: shown(ctx, principal, reads[0], page) }
}

function shown(ctx: Ctx, principal: UserPrincipal, rows: readonly ListedMailRow[], page: Page): Listed<ListedMail> {
  const { records, next } = listed(rows, page.limit)
  return { records: records.map((row) => toListed(ctx, principal, row)), next }
}

function toListed(ctx: Ctx, principal: UserPrincipal, row: ListedMailRow): ListedMail {
  const { codeUntil: _until, userId: id, username, ...mail } = row
  const seesPeople = coveredBy(principal.scopes, 'admin:profile:read')
  return {
    ...mail,
    toAddress: seesPeople ? mail.toAddress : mail.toAddress && masked(mail.toAddress),
    state: stateOf(row),
    isRetryable: problemOf(ctx, row) === null,
    recipient: seesPeople ? { id, username } : null,
  }
}

const stateOf = ({ sentAt, failedAt }: ListedMailRow): MailState => (sentAt !== null ? 'sent' : failedAt !== null ? 'failed' : 'waiting')

/** `j…@example.com` */
function masked(address: string): string {
  const at = address.lastIndexOf('@')
  return `${[...address][0] ?? ''}…${at < 0 ? '' : address.slice(at)}`
}

function problemOf(ctx: Ctx, row: ListedMailRow): string | null {
  const state = stateOf(row)
  if (state !== 'failed') return state === 'sent' ? 'was sent' : 'is waiting to be sent'
  if (row.toAddress === null) return 'has no address any more'
  const isCodeGone = CODE_KINDS.includes(row.kind) && (row.codeUntil ?? 0) <= ctx.now()
  return isCodeGone ? 'has a code that is not valid any more' : null
}

/** One mail, for the page that asks before it is tried again. */
export async function readMail(ctx: Ctx, gate: Gate, id: MailId): Promise<ListedMail> {
  const { principal, reads } = await gate(() => [findListedMail(id)])
  if (!reads[0]) throw new AppError('not_found')
  return toListed(ctx, principal, reads[0])
}

/** Puts a mail that was given up back into the queue, and sends it after the reply. A mail that was sent is never sent again. */
export async function retryFailedMail(ctx: Ctx, gate: Gate, id: MailId): Promise<void> {
  const { principal, reads } = await gate(() => [findListedMail(id)])
  if (!reads[0]) throw new AppError('not_found')
  const problem = problemOf(ctx, reads[0])
  if (problem !== null) throw AppError.ofFields([{ path: 'mail', message: problem }], 'invalid_request', 'The mail cannot be tried again')
  const { event, writes } = planRetry(ctx, principal, id)
  // Without the event, somebody else was first: it is in the queue again.
  if (await ctx.db.commit(writes, findEvent(event))) deliverLater(ctx, id)
}

/** The same for the newest mails that were given up and can be sent; returns how many. */
export async function retryFailedMails(ctx: Ctx, gate: Gate): Promise<number> {
  const now = ctx.now()
  const { principal, reads } = await gate(() => [
    listRetryable({ withCode: CODE_KINDS, now, lookedAt: LOOKED_AT_FOR_RETRY, limit: RETRIED_MAX }),
  ])
  const planned = reads[0].map(({ id }) => planRetry(ctx, principal, id))
  const last = planned.at(-1)
  if (!last) return 0
  await ctx.db.commit(
    planned.flatMap(({ writes }) => writes),
    findEvent(last.event),
  )
  ctx.defer(() => deliverDueMails(ctx, RETRIED_MAX))
  return planned.length
}

function planRetry(ctx: Ctx, principal: UserPrincipal, id: MailId): { event: AuditEventId; writes: Statement<unknown>[] } {
  const { userId: actorId, sessionId, clientId } = principal
  const [event, now] = [ctx.newId<AuditEventId>(), ctx.now()]
  const condition = mayRetry(id, CODE_KINDS, now)
  const trail = audit(ctx, { id: event, type: 'mail_retried', userId: recipientOf(id), actorId, sessionId, clientId, condition })
  return { event, writes: [trail, retryMail(id, event, now)] }
}
