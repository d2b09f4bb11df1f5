/**
 * Mailer: the interface for sending a mail, with two implementations (design §3): Email Service in production; capture
 * in development and tests, where a page shows the mails and nothing leaves the machine (design §8).
 */
import { parseSender } from '../config-brand.ts'

export interface Message {
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

/** RFC 3834 §5: suppresses automatic replies, such as out-of-office notices. */
export const HEADERS: Readonly<Record<string, string>> = { 'Auto-Submitted': 'auto-generated' }

export interface Mailer {
  /** Sends one mail; throws if it was not accepted. `id` is the outbox row's and stays the same for every attempt. */
  send(id: number, message: Message): Promise<void>
}

/** A line break would start another header. */
const CONTROL = /\p{Cc}/u

/** Cloudflare Email Service. The outbox reads the `code` of its errors. */
export function emailServiceMailer(binding: SendEmail, from: string): Mailer {
  const { name, email } = parseSender(from)
  const sender = name === null ? email : { name, email }
  return {
    async send(_id, { to, subject, text, html }) {
      refuseControlCharacters(from, to, subject)
      await binding.send({ from: sender, to, subject, text, html, headers: HEADERS })
    },
  }
}

export function refuseControlCharacters(...headers: string[]): void {
  // The service's own code for this; a retry would not help.
  if (headers.some((value) => CONTROL.test(value))) {
    throw Object.assign(new Error('a mail header holds a control character'), { code: 'E_HEADER_VALUE_INVALID' })
  }
}
