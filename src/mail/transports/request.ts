/** The one request that hands a mail to a provider over HTTP, and what its answer means. */
import type { Sender } from '../../config-brand.ts'
import { MailRefusal, type RefusalReason } from '../mailer.ts'

const TIME_LIMIT_MS = 10_000

export interface MailRequest {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** JSON. */
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** The members of a JSON object; none if the body is something else. */
  readonly json: Readonly<Record<string, unknown>>
}

/** Redirects are not followed: the mail and the key are for the configured host alone. */
export async function post({ url, headers, body }: MailRequest): Promise<Answer> {
  const signal = AbortSignal.timeout(TIME_LIMIT_MS)
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...headers },
      body,
      redirect: 'manual',
      signal,
    })
    return { status: response.status, headers: response.headers, json: parse(await response.text()) }
  } catch {
    throw signal.aborted ? new MailRefusal('timeout') : new MailRefusal('unavailable', { code: 'no_connection' })
  }
}

function parse(text: string): Answer['json'] {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Answer['json']) : {}
  } catch {
    return {}
  }
}

/** The refusal that an answer is, by the provider's `code` if `reasons` knows it, or else by the status. */
export function refusalOf({ status, headers }: Answer, code: string, reasons: Readonly<Record<string, RefusalReason>>): MailRefusal {
  const known = Object.hasOwn(reasons, code) ? reasons[code] : undefined
  const seconds = Number(headers.get('retry-after') ?? Number.NaN)
  return new MailRefusal(known ?? reasonOf(status), {
    code: code || `http_${status}`,
    retryAfterMs: Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : null,
  })
}

function reasonOf(status: number): RefusalReason {
  if (status === 429) return 'limit_reached'
  if (status === 401 || status === 402 || status === 403) return 'sender_refused'
  if (status === 400 || status === 413 || status === 422) return 'message_refused'
  return status < 300 ? 'unreadable_answer' : 'unavailable'
}

/** `"Name" <a@b>`, with the name in quotes: it may contain a comma (RFC 5322 §3.4). */
export function mailboxOf({ name, email }: Sender): string {
  return name === null ? email : `"${name.replace(/["\\]/g, '\\$&')}" <${email}>`
}
