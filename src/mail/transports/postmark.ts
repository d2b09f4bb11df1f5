/** Postmark: `POST /email` (https://postmarkapp.com/developer/api/email-api). */

import { parseSender } from '../../config-brand.ts'
import type { MailConfig } from '../../config-mail.ts'
import { HEADERS, type Mailer, type RefusalReason, refuseControlCharacters } from '../mailer.ts'
import { mailboxOf, post, refusalOf } from './request.ts'

/** By `ErrorCode` (https://postmarkapp.com/developer/api/overview#error-codes); others by the status. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  postmark_10: 'sender_refused',
  postmark_100: 'unavailable',
  postmark_300: 'message_refused',
  // Signatures of senders, and accounts that may not send (any more).
  postmark_400: 'sender_refused',
  postmark_401: 'sender_refused',
  postmark_405: 'limit_reached',
  postmark_406: 'recipient_refused',
  postmark_412: 'sender_refused',
  postmark_413: 'sender_refused',
  postmark_429: 'limit_reached',
}

export function postmarkMailer({ apiKey, apiUrl, from }: MailConfig): Mailer {
  const sender = mailboxOf(parseSender(from))
  const headers = Object.entries(HEADERS).map(([Name, Value]) => ({ Name, Value }))
  return {
    async send(_id, { to, subject, text, html }) {
      refuseControlCharacters(from, to, subject)
      const answer = await post({
        url: `${apiUrl || 'https://api.postmarkapp.com'}/email`,
        headers: { 'X-Postmark-Server-Token': apiKey },
        body: JSON.stringify({
          From: sender,
          To: to,
          Subject: subject,
          TextBody: text,
          HtmlBody: html,
          Headers: headers,
          TrackOpens: false,
          TrackLinks: 'None',
        }),
      })
      const { ErrorCode: code } = answer.json
      if (answer.status === 200 && code === 0) return
      throw refusalOf(answer, typeof code === 'number' ? `postmark_${code}` : '', REASONS)
    },
  }
}
