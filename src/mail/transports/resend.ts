/** Resend: `POST /emails` (https://resend.com/docs/api-reference/emails/send-email). */

import { parseSender } from '../../config-brand.ts'
import type { MailConfig } from '../../config-mail.ts'
import { HEADERS, type Mailer, type RefusalReason, refuseControlCharacters } from '../mailer.ts'
import { mailboxOf, post, refusalOf } from './request.ts'

/** By the `name` of its errors (https://resend.com/docs/api-reference/errors); others by the status. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  invalid_from_address: 'sender_refused',
  missing_api_key: 'sender_refused',
  invalid_api_key: 'sender_refused',
  restricted_api_key: 'sender_refused',
  daily_quota_exceeded: 'limit_reached',
  monthly_quota_exceeded: 'limit_reached',
  rate_limit_exceeded: 'limit_reached',
  concurrent_idempotent_requests: 'unavailable',
}
/** The same key was used for a mail with another text, such as the minutes that a code is still valid: an earlier attempt was accepted. */
const ACCEPTED_BEFORE = 'invalid_idempotent_request'

export function resendMailer({ apiKey, apiUrl, from }: MailConfig): Mailer {
  const sender = mailboxOf(parseSender(from))
  return {
    async send(id, { to, subject, text, html }) {
      refuseControlCharacters(from, to, subject)
      const answer = await post({
        url: `${apiUrl || 'https://api.resend.com'}/emails`,
        headers: { Authorization: `Bearer ${apiKey}`, 'Idempotency-Key': `mail-${id}` },
        body: JSON.stringify({ from: sender, to: [to], subject, text, html, headers: HEADERS }),
      })
      const name = typeof answer.json.name === 'string' ? answer.json.name : ''
      const isAccepted = answer.status === 200 && typeof answer.json.id === 'string'
      if (!isAccepted && name !== ACCEPTED_BEFORE) throw refusalOf(answer, name, REASONS)
    },
  }
}
