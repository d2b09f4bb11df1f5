/** A relay of the operator's own, which takes mails over HTTP and sends them by SMTP; `docs/mail.md` has the contract. */

import { parseSender } from '../../config-brand.ts'
import type { MailConfig } from '../../config-mail.ts'
import { HEADERS, type Mailer, type RefusalReason, refuseControlCharacters } from '../mailer.ts'
import { mailboxOf, post, refusalOf } from './request.ts'

/** What the relay may say in `code`; others by the status. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  recipient_refused: 'recipient_refused',
  message_refused: 'message_refused',
  sender_refused: 'sender_refused',
  limit_reached: 'limit_reached',
}

export function relayMailer({ apiKey, apiUrl, from }: MailConfig): Mailer {
  const sender = mailboxOf(parseSender(from))
  return {
    async send(id, { to, subject, text, html }) {
      refuseControlCharacters(from, to, subject)
      const answer = await post({
        url: apiUrl,
        headers: { Authorization: `Bearer ${apiKey}`, 'Idempotency-Key': `mail-${id}` },
        body: JSON.stringify({ from: sender, to: [to], subject, text, html, headers: HEADERS }),
      })
      if (answer.status >= 200 && answer.status < 300) return
      throw refusalOf(answer, typeof answer.json.code === 'string' ? answer.json.code : '', REASONS)
    },
  }
}
