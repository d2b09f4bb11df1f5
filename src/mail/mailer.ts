/**
 * Mailer: the interface for sending a mail, with two implementations (design §3): Email Service in production; capture
 * in development and tests, where a page shows the mails and nothing leaves the machine (design §8).
 */

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

export interface Sender {
  readonly name: string | null
  readonly email: string
}

/** `Name <a@b>`, with or without quotes around the name. */
const NAMED_ADDRESS = /^\s*"?([^"<>]*?)"?\s*<([^<>\s]+)>\s*$/
/** A line break would start another header. */
const CONTROL = /\p{Cc}/u

/** Parses MAIL_FROM: `a@b` or `Name <a@b>`. */
export function parseSender(from: string): Sender {
  const [, name, email] = NAMED_ADDRESS.exec(from) ?? []
  return email === undefined ? { name: null, email: from.trim() } : { name: name?.trim() || null, email }
}

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
