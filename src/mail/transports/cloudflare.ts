/** Cloudflare Email Service, through its binding. */
import { parseSender } from '../../config-brand.ts'
import { HEADERS, type Mailer, MailRefusal, type RefusalReason, refuseControlCharacters } from '../mailer.ts'

/** By the `code` of its errors; others are `unavailable`. */
const REASONS: Readonly<Record<string, RefusalReason>> = {
  E_VALIDATION_ERROR: 'message_refused',
  E_FIELD_MISSING: 'message_refused',
  E_TOO_MANY_RECIPIENTS: 'message_refused',
  E_RECIPIENT_NOT_ALLOWED: 'recipient_refused',
  E_RECIPIENT_SUPPRESSED: 'recipient_refused',
  E_CONTENT_TOO_LARGE: 'message_refused',
  E_HEADER_VALUE_INVALID: 'message_refused',
  E_HEADER_VALUE_TOO_LONG: 'message_refused',
  E_SENDER_NOT_VERIFIED: 'sender_refused',
  E_SENDER_DOMAIN_NOT_AVAILABLE: 'sender_refused',
  E_RATE_LIMIT_EXCEEDED: 'limit_reached',
  E_DAILY_LIMIT_EXCEEDED: 'limit_reached',
}

export function emailServiceMailer(binding: SendEmail, from: string): Mailer {
  const { name, email } = parseSender(from)
  const sender = name === null ? email : { name, email }
  return {
    async send(_id, { to, subject, text, html }) {
      refuseControlCharacters(from, to, subject)
      try {
        await binding.send({ from: sender, to, subject, text, html, headers: HEADERS })
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? String(error.code) : ''
        throw new MailRefusal((Object.hasOwn(REASONS, code) && REASONS[code]) || 'unavailable', { code })
      }
    },
  }
}
