/** The mail outbox as an administrator sees it, and the retry of a mail that was given up. */
import { sql } from 'drizzle-orm'
import type { AuditEventId, MailId, UserId } from '../../ids.ts'
import { wasRecorded } from './audit-events.ts'
import { isOfEpoch } from './challenges.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { MailKind } from './mail-outbox.ts'

export type MailState = 'failed' | 'waiting' | 'sent'

export interface ListedMailRow {
  readonly id: MailId
  readonly kind: MailKind
  readonly userId: UserId
  readonly username: string
  /** Null once it is sent. */
  readonly toAddress: string | null
  readonly createdAt: number
  readonly attempts: number
  readonly nextAttemptAt: number
  readonly sentAt: number | null
  readonly failedAt: number | null
  readonly error: string | null
  /** Until when its code is valid; null if it has none, or one that is not valid any more. */
  readonly codeUntil: number | null
}

/** Of those that wait, so many that are due soonest are listed. */
const WAITING_LISTED = 1_000

const COLUMNS = sql`m.id, m.kind, m.user_id, u.username, m.to_address, m.created_at, m.attempts, m.next_attempt_at, m.sent_at, m.failed_at,
  m.error, c.expires_at AS code_until`
const JOINED = sql`JOIN users u ON u.id = m.user_id
  LEFT JOIN challenges c ON c.id = m.challenge_id AND c.consumed_at IS NULL AND ${isOfEpoch(sql`c`)}`

/** Newest first, from before the position `before`. */
export function listMails(input: { state: MailState; before: number; limit: number }): Statement<ListedMailRow[]> {
  const { state, before, limit } = input
  const mails: Readonly<Record<MailState, Fragment>> = {
    failed: sql`mail_outbox m INDEXED BY mail_outbox_failed ${JOINED} WHERE m.failed_at IS NOT NULL`,
    sent: sql`mail_outbox m INDEXED BY mail_outbox_sent ${JOINED} WHERE m.sent_at IS NOT NULL`,
    waiting: sql`mail_outbox m ${JOINED} WHERE m.id IN (
      SELECT id FROM mail_outbox INDEXED BY mail_outbox_due WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at > 0
      ORDER BY next_attempt_at LIMIT ${WAITING_LISTED})`,
  }
  return all(sql`SELECT ${COLUMNS} FROM ${mails[state]} AND m.id < ${before} ORDER BY m.id DESC LIMIT ${limit}`)
}

export function findListedMail(id: MailId): Statement<ListedMailRow | null> {
  return first(sql`SELECT ${COLUMNS} FROM mail_outbox m ${JOINED} WHERE m.id = ${id}`)
}

export interface OutboxFigures {
  /** Counted up to `bound`. */
  readonly waiting: number
  /** When the oldest of those that are due soonest was queued. */
  readonly oldestAt: number | null
  readonly sent: number
  readonly failed: number
}

/** The last two are of the days from `fromDay` on. */
export function findOutboxFigures(input: { bound: number; fromDay: number }): Statement<OutboxFigures | null> {
  return first(sql`
    SELECT w.waiting, w.oldest_at, d.sent, d.failed FROM (
      SELECT COUNT(*) AS waiting, MIN(created_at) AS oldest_at FROM (
        SELECT created_at FROM mail_outbox INDEXED BY mail_outbox_due
        WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at > 0 ORDER BY next_attempt_at LIMIT ${input.bound})) w
    CROSS JOIN (
      SELECT COALESCE(SUM(iif(name = 'mails_sent', value, 0)), 0) AS sent, COALESCE(SUM(iif(name = 'mails_failed', value, 0)), 0) AS failed
      FROM daily_counts WHERE day >= ${input.fromDay}) d`)
}

/** True of the alias `m`: it was given up, and what it says is still of use. `withCode`: the kinds that carry a code. */
const isRetryable = (withCode: readonly MailKind[], now: number) => sql`(
  m.failed_at IS NOT NULL AND m.sent_at IS NULL AND m.to_address IS NOT NULL
  AND (m.kind NOT IN (SELECT value FROM json_each(${JSON.stringify(withCode)})) OR EXISTS (
    SELECT 1 FROM challenges c JOIN users u ON u.id = m.user_id
    WHERE c.id = m.challenge_id AND c.consumed_at IS NULL AND c.expires_at > ${now} AND ${isOfEpoch(sql`c`)})))`

export function mayRetry(id: MailId, withCode: readonly MailKind[], now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM mail_outbox m WHERE m.id = ${id} AND ${isRetryable(withCode, now)})`
}

/** Of the newest that were given up, `lookedAt` are looked at. */
export function listRetryable(input: { withCode: readonly MailKind[]; now: number; lookedAt: number; limit: number }) {
  return all<{ id: MailId }>(sql`
    SELECT m.id FROM (
      SELECT id FROM mail_outbox INDEXED BY mail_outbox_failed WHERE failed_at IS NOT NULL AND id > 0 ORDER BY id DESC LIMIT ${input.lookedAt}) l
    JOIN mail_outbox m ON m.id = l.id WHERE ${isRetryable(input.withCode, input.now)} LIMIT ${input.limit}`)
}

/** The recipient, for the audit event. */
export const recipientOf = (id: MailId): Fragment => sql`SELECT user_id FROM mail_outbox WHERE id = ${id}`

/** The mail waits again, as if it were new; only with its event. */
export function retryMail(id: MailId, event: AuditEventId, now: number): Statement<void> {
  return run(sql`
    UPDATE mail_outbox SET failed_at = NULL, attempts = 0, next_attempt_at = ${now}
    WHERE id = ${id} AND failed_at IS NOT NULL AND sent_at IS NULL AND ${wasRecorded(event)}`)
}
