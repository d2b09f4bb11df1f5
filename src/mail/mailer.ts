/**
 * Mailer: the interface for sending a mail, and why one is not accepted. `transports/` has its implementations, `captured.ts` the one
 * for development and tests, where a page shows the mails and nothing leaves the machine (design §8).
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
  /** Sends one mail; throws a `MailRefusal` if it was not accepted. `id` is the outbox row's and stays the same for every attempt. */
  send(id: number, message: Message): Promise<void>
}

/** Why a mail was not accepted; the console has a sentence for each. */
export const REFUSALS = {
  /** The provider does not send to this address. */
  recipient_refused: { isPermanent: true },
  /** It does not take this mail. */
  message_refused: { isPermanent: true },
  /** The key or the sender is wrong, or the account may not send: what the operator can mend while the mail waits. */
  sender_refused: { isPermanent: false },
  limit_reached: { isPermanent: false },
  unavailable: { isPermanent: false },
  timeout: { isPermanent: false },
  unreadable_answer: { isPermanent: false },
} as const
export type RefusalReason = keyof typeof REFUSALS

const CODE = /^\w{1,60}$/

/** Its message has no address and no secret, and nothing else of the answer but the provider's own code. */
export class MailRefusal extends Error {
  override readonly name = 'MailRefusal'
  readonly reason: RefusalReason
  /** Of `Retry-After`; null if the provider names no time. */
  readonly retryAfterMs: number | null
  constructor(reason: RefusalReason, { code = '', retryAfterMs = null }: { code?: string; retryAfterMs?: number | null } = {}) {
    super(CODE.test(code) ? `${reason} ${code}` : reason)
    this.reason = reason
    this.retryAfterMs = retryAfterMs
  }

  get isPermanent(): boolean {
    return REFUSALS[this.reason].isPermanent
  }
}

/** A line break would start another header. */
const CONTROL = /\p{Cc}/u

export function refuseControlCharacters(...headers: string[]): void {
  if (headers.some((value) => CONTROL.test(value))) throw new MailRefusal('message_refused', { code: 'control_character' })
}
