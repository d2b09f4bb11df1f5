/** The mail outbox: what waits, was sent or was given up, and another try. */
import { Hono } from 'hono'
import * as z from 'zod'
import { type ListedMail, MAIL_STATES, readMails, retryFailedMail } from '../../../core/admin/mails.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { type MailId, toHex } from '../../../ids.ts'
import { date, LAST, listOf, OK, text, toIso, toList } from '../replies.ts'
import { hexId, StrictPageQuery, toPage } from '../wire.ts'

const state = z.enum(MAIL_STATES)
const MailsQuery = StrictPageQuery.extend({ state: state.default('failed').meta({ description: 'Which mails' }) })
const RetryBody = z.strictObject({ mail: hexId<MailId>() })

const MailRecord = z
  .strictObject({
    _id: z.string(),
    kind: z.string(),
    state,
    person: text.meta({ description: 'Null to whoever may not see users' }),
    to: text.meta({ description: 'Null once it is sent; only its first letter and its domain to whoever may not see users' }),
    createdAt: date,
    attempts: z.int(),
    nextAttemptAt: date.meta({ description: 'Null unless it waits' }),
    sentAt: date,
    failedAt: date,
    error: text.meta({ description: 'Why the last attempt failed, and the code of the mail provider if it has one' }),
    retryable: z.boolean().meta({ description: 'Whether it can be tried again: it was given up, and its code, if any, is still valid' }),
  })
  .meta({ id: 'Mail' })

const EXAMPLE: z.output<typeof MailRecord> = {
  _id: '507f1f77bcf86cd799439011',
  kind: 'password_changed',
  state: 'failed',
  person: '507f1f77bcf86cd799439012',
  to: 'john@example.com',
  createdAt: '2026-11-29T10:15:30.000Z',
  attempts: 8,
  nextAttemptAt: null,
  sentAt: null,
  failedAt: '2026-11-30T08:37:30.000Z',
  error: 'limit_reached daily_quota_exceeded',
  retryable: true,
}

const toRecord = (mail: ListedMail): z.output<typeof MailRecord> => ({
  _id: toHex(mail.id),
  kind: mail.kind,
  state: mail.state,
  person: mail.recipient && toHex(mail.recipient.id),
  to: mail.toAddress,
  createdAt: toIso(mail.createdAt),
  attempts: mail.attempts,
  nextAttemptAt: mail.state === 'waiting' ? toIso(mail.nextAttemptAt) : null,
  sentAt: toIso(mail.sentAt),
  failedAt: toIso(mail.failedAt),
  error: mail.error,
  retryable: mail.isRetryable,
})

export const adminMails = new Hono<AppEnv>()
  .get(
    '/user/admin-api/mails',
    requires('admin:mail:read'),
    describe('adminListMails', {
      summary: 'Mails in one state, newest first',
      description:
        'Mails that were sent are listed for a day, those that were given up for 30. Of those that wait, the 1,000 that are due soonest.',
      response: { status: 200, schema: listOf(MailRecord), example: { ok: 1, data: { records: [EXAMPLE], ...LAST } } },
    }),
    validate('query', MailsQuery),
    async (c) => {
      const query = c.req.valid('query')
      return c.json(toList(await readMails(c.var.ctx, c.var.gate, query.state, toPage(query)), toRecord))
    },
  )
  .post(
    '/user/admin-api/retry-mail',
    requires('admin:mail:write'),
    describe('adminRetryMail', {
      summary: 'Try to send a mail again that was given up',
      description: 'A mail that was sent is never sent again, nor one whose code is not valid any more.',
      response: OK,
      refusals: [404],
    }),
    validate('json', RetryBody),
    async (c) => {
      await retryFailedMail(c.var.ctx, c.var.gate, c.req.valid('json').mail)
      return c.json({ ok: 1 })
    },
  )
