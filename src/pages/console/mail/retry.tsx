/** `/admin/mail/retry` and `/admin/mail/retry-all`: another try for mails that were given up. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { readMail, retryFailedMail, retryFailedMails } from '../../../core/admin/mails.ts'
import { AppError } from '../../../core/errors.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fromHex, type MailId, toHex } from '../../../ids.ts'
import { subjectOf } from '../../../mail/messages.ts'
import { fill } from '../../../texts/texts.ts'
import { form } from '../../form-token.ts'
import type { FormState } from '../../forms.tsx'
import { redirectWith } from '../../notices.ts'
import { textsOf } from '../../texts.tsx'
import { showConfirmation, takeConfirmed } from '../confirm.tsx'
import { MAIL_PATH } from './list.tsx'
import { errorInWords } from './words.ts'

const RETRY = `${MAIL_PATH}/retry`
const RETRY_ALL = `${MAIL_PATH}/retry-all`

const mailId = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'is wrong')
  .transform((v) => fromHex<MailId>(v) as MailId)
const RetryForm = z.object({ mail: mailId })

export const mailRetryPages = new Hono<AppEnv>()
  .get(RETRY, requires('admin:mail:write'), async (c) => {
    const id = fromHex<MailId>(c.req.query('mail') ?? '')
    return id === null ? notThere(c) : askForOne(c, id)
  })
  .post('/admin/mail/retry', requires('admin:mail:write'), form('mail-retry', RetryForm), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async ({ mail }) => {
        await retryFailedMail(c.var.ctx, c.var.gate, mail)
        return redirectWith(c, `${MAIL_PATH}?state=waiting`, 'mail_retried')
      },
      again: async (state) => {
        const id = fromHex<MailId>(state.typed.mail ?? '')
        return id === null ? notThere(c) : askForOne(c, id, state)
      },
    }),
  )
  .get(RETRY_ALL, requires('admin:mail:write'), async (c) => {
    await c.var.gate()
    return askForAll(c)
  })
  .post('/admin/mail/retry-all', requires('admin:mail:write'), form('mail-retry-all', z.object({})), (c) =>
    takeConfirmed(c, c.req.valid('form'), {
      act: async () => {
        const count = await retryFailedMails(c.var.ctx, c.var.gate)
        return redirectWith(
          c,
          `${MAIL_PATH}?state=${count === 0 ? 'failed' : 'waiting'}`,
          count === 0 ? 'mails_none_retried' : 'mails_retried',
        )
      },
      again: async (state) => {
        await c.var.gate()
        return askForAll(c, state)
      },
    }),
  )

async function notThere(c: Context): Promise<never> {
  await c.var.gate()
  throw new AppError('not_found')
}

async function askForOne(c: Context, id: MailId, state?: FormState): Promise<Response> {
  const mail = await readMail(c.var.ctx, c.var.gate, id)
  const t = await textsOf(c)
  const words = t.console.mail
  const subject = subjectOf(t, mail.kind, c.var.ctx.config.brand.name)
  const to = mail.toAddress ?? ''
  if (!mail.isRetryable && !state) return c.redirect(MAIL_PATH, 303)
  return showConfirmation(c, {
    section: MAIL_PATH,
    title: words.askRetry,
    lead: fill(words.retryLead, { subject, to, error: errorInWords(t, mail.error) }),
    action: RETRY,
    purpose: 'mail-retry',
    submit: words.retry,
    back: MAIL_PATH,
    state,
    labels: { mail: words.mail },
    children: <input type="hidden" name="mail" value={toHex(id)} />,
  })
}

async function askForAll(c: Context, state?: FormState): Promise<Response> {
  const words = (await textsOf(c)).console.mail
  return showConfirmation(c, {
    section: MAIL_PATH,
    title: words.askRetryAll,
    lead: words.retryAllLead,
    action: RETRY_ALL,
    purpose: 'mail-retry-all',
    submit: words.retryAll,
    back: MAIL_PATH,
    state,
  })
}
