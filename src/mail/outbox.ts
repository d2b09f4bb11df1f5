/**
 * Sends mails from the outbox (design §1.11): right after the reply, and the rest by cron. A row is leased before
 * sending, so that two workers do not both send it. If a worker dies between sending and marking, the lease expires and
 * the mail is sent twice. Logs contain the row's id, its kind and an error code; never an address, a code or a text.
 */
import * as z from 'zod'
import type { Config } from '../config.ts'
import { type MailId, toHex } from '../ids.ts'
import type { ChallengePurpose } from '../store/db/challenges.ts'
import type { Database } from '../store/db/database.ts'
import {
  type DueMail,
  findMail,
  leaseMail,
  listDueMails,
  type MailKind,
  markMailFailed,
  markMailSent,
  postponeMail,
} from '../store/db/mail-outbox.ts'
import { putMailedCode } from '../store/kv/mailed-codes.ts'
import { DEFAULT_LOCALE, matchLocale } from '../texts/locales.ts'
import { textsIn } from '../texts/texts.ts'
import { deriveCode, deriveDigits, hashMailedCode } from './codes.ts'
import { type Mailer, MailRefusal } from './mailer.ts'

/** The core's `Ctx` provides this. */
export interface Delivery {
  readonly config: Pick<Config, 'origin' | 'mail' | 'brand' | 'hmacKeys'>
  readonly db: Database
  readonly kv: KVNamespace
  readonly mailer: Mailer
  now(): number
  log(level: 'info' | 'warn' | 'error', event: string, detail?: Record<string, unknown>): void
  measure(point: { readonly kind: 'mail'; readonly mail: string; readonly outcome: DeliveryOutcome; readonly tries: number }): void
}

/** `not_due`: already sent, given up, or leased by another worker. */
export type DeliveryOutcome = 'sent' | 'postponed' | 'failed' | 'not_due'

const MINUTE_MS = 60_000
/** Longer than a worker lives after its reply (30 s), so that a lease outlives its worker. */
const LEASE_MS = 2 * MINUTE_MS
/** Delays after the first, second, ... attempt: short at first, for codes, then over a day, for daily limits. */
const RETRY_AFTER_MINUTES = [1, 5, 15, 60, 180, 360, 720]
/** A provider may ask for more patience than that, up to: */
const RETRY_AFTER_MAX_MS = 12 * 60 * MINUTE_MS
const TRIES_MAX = RETRY_AFTER_MINUTES.length + 1
/** Below the six connections that a worker may have open at a time. */
const SENT_AT_A_TIME = 4
/** Mails with a code, and its purpose: no mail may contain the code of another challenge. */
const CODE_OF: Readonly<Partial<Record<MailKind, ChallengePurpose>>> = {
  verify_email: 'verify_email',
  reset_password: 'reset_password',
  sign_in_code: 'sign_in',
  mail_sign_in: 'mail_sign_in',
  change_email: 'change_email',
  change_email_digits: 'change_email_digits',
  email_changed: 'undo_email_change',
  second_factor_on: 'undo_second_factor',
}
export const CODE_KINDS = Object.keys(CODE_OF) as MailKind[]

const NO_PARAMS = {
  userAgent: null,
  place: null,
  timeZone: null,
  changed: [],
  codesLeft: null,
  failures: null,
  provider: null,
  host: null,
  reason: null,
  until: null,
}
/** The outbox row's `params`. */
const MailParams = z
  .object({
    userAgent: z.string().nullable().catch(null),
    place: z.string().nullable().catch(null),
    timeZone: z.string().nullable().catch(null),
    changed: z.array(z.string()).catch([]),
    codesLeft: z.int().nullable().catch(null),
    failures: z.int().nullable().catch(null),
    provider: z.string().nullable().catch(null),
    host: z.string().nullable().catch(null),
    reason: z.string().nullable().catch(null),
    until: z.int().nullable().catch(null),
  })
  .catch(NO_PARAMS)

/** Tries to send one mail, if it is due. Throws only errors of the database; the lease then expires. */
export async function deliverMail(delivery: Delivery, id: MailId): Promise<DeliveryOutcome> {
  const now = delivery.now()
  const [leased, mail] = await delivery.db.batch([leaseMail({ id, now, leaseUntil: now + LEASE_MS }), findMail(id)])
  if (leased === null) return 'not_due'
  if (mail === null) return giveUp(delivery, { id, kind: null, attempts: 0 }, 'user_gone')
  // Every attempt died without a trace.
  if (mail.attempts > TRIES_MAX) return giveUp(delivery, mail, 'tries_exhausted')
  const found = findCode(delivery, mail, now)
  if ('problem' in found) return giveUp(delivery, mail, found.problem)
  await carryCode(delivery, mail, found.code, now)
  try {
    await delivery.mailer.send(mail.id, { to: mail.toAddress, ...(await compose(delivery, mail, found.code, now)) })
  } catch (error) {
    return tryLater(delivery, mail, error)
  }
  await markSent(delivery, mail)
  return 'sent'
}

/** For cron: tries up to `limit` due mails. A failing mail does not stop the others. */
export async function deliverDueMails(delivery: Delivery, limit: number): Promise<Record<DeliveryOutcome, number>> {
  const outcomes = { sent: 0, postponed: 0, failed: 0, not_due: 0 }
  const due = await delivery.db.one(listDueMails({ now: delivery.now(), limit }))
  for (let start = 0; start < due.length; start += SENT_AT_A_TIME) {
    const group = due.slice(start, start + SENT_AT_A_TIME)
    const results = await Promise.allSettled(group.map(({ id }) => deliverMail(delivery, id)))
    for (const [index, result] of results.entries()) {
      if (result.status === 'fulfilled') outcomes[result.value] += 1
      else delivery.log('error', 'mail.interrupted', { mailId: group[index] && toHex(group[index].id), error: errorCode(result.reason) })
    }
  }
  return outcomes
}

function findCode(delivery: Delivery, mail: DueMail, now: number): { code: string | null } | { problem: string } {
  const purpose = CODE_OF[mail.kind]
  if (purpose === undefined) return { code: null }
  const { codeId, random, kid, challengeExpiresAt } = mail
  // Null columns: the challenge was swept.
  if (mail.purpose !== purpose || codeId == null || random == null || kid == null || challengeExpiresAt === null) {
    return { problem: 'challenge_gone' }
  }
  if (challengeExpiresAt <= now) return { problem: 'challenge_expired' }
  const code = deriveCode(delivery.config.hmacKeys, purpose, { codeId, random, kid })
  return code === null ? { problem: 'key_removed' } : { code }
}

/** Stores the code's hash in KV before anybody can have the code. Without it, the code is derived from D1's row. */
async function carryCode(delivery: Delivery, mail: DueMail, code: string | null, now: number): Promise<void> {
  const { purpose, codeId, random, kid, challengeExpiresAt: expiresAt } = mail
  if (purpose !== 'sign_in' || code === null || codeId == null || random == null || kid == null || expiresAt === null) return
  const hash = hashMailedCode(delivery.config.hmacKeys, { codeId, random, kid }, code)
  if (hash === null) return
  await putMailedCode(delivery.kv, { codeId, hash, expiresAt }, now).catch((error: unknown) => {
    delivery.log('warn', 'mail.code_not_carried', { mailId: toHex(mail.id), error: errorCode(error) })
  })
}

/** In the language of the recipient's account or, where it says none, of the request that asked for the mail. */
async function compose(delivery: Delivery, mail: DueMail, code: string | null, now: number) {
  const { origin, brand, hmacKeys } = delivery.config
  const params = parseParams(mail.params)
  const remainingMs = (mail.challengeExpiresAt ?? now) - now
  const { codeId, random, kid } = mail
  const hasDigits = mail.kind === 'mail_sign_in' && codeId != null && random != null && kid != null
  // Loaded here: the commands in `scripts` queue mails and render none, and Node does not read JSX.
  const { renderMessage } = await import('./messages.ts')
  const wanted = [mail.accountLocale, mail.locale].filter((locale) => locale !== null)
  return renderMessage(await textsIn(matchLocale(wanted) ?? DEFAULT_LOCALE), mail.kind, {
    brand,
    origin,
    username: mail.username,
    givenName: mail.givenName,
    code,
    digits: hasDigits ? deriveDigits(hmacKeys, mail.kind, { codeId, random, kid }) : null,
    minutesValid: Math.max(1, Math.round(remainingMs / MINUTE_MS)),
    at: mail.createdAt,
    ...params,
    timeZone: mail.zoneinfo ?? params.timeZone,
  })
}

function parseParams(params: string): z.output<typeof MailParams> {
  try {
    return MailParams.parse(JSON.parse(params))
  } catch {
    return NO_PARAMS
  }
}

async function markSent(delivery: Delivery, mail: DueMail): Promise<void> {
  const mark = markMailSent(mail.id, delivery.now())
  // Retried: an unmarked mail is sent again, and marking twice is harmless.
  await delivery.db.one(mark).catch(() => delivery.db.one(mark))
  delivery.log('info', 'mail.sent', { mailId: toHex(mail.id), kind: mail.kind, tries: mail.attempts })
  delivery.measure({ kind: 'mail', mail: mail.kind, outcome: 'sent', tries: mail.attempts })
}

async function tryLater(delivery: Delivery, mail: DueMail, thrown: unknown): Promise<DeliveryOutcome> {
  const refusal = thrown instanceof MailRefusal ? thrown : null
  const error = errorCode(thrown)
  const minutes = RETRY_AFTER_MINUTES[mail.attempts - 1]
  if (refusal?.isPermanent || minutes === undefined) return giveUp(delivery, mail, error)
  const waitMs = Math.max(minutes * MINUTE_MS, Math.min(refusal?.retryAfterMs ?? 0, RETRY_AFTER_MAX_MS))
  await delivery.db.one(postponeMail(mail.id, delivery.now() + waitMs, error))
  const detail = { tries: mail.attempts, minutes: Math.round(waitMs / MINUTE_MS), error }
  delivery.log('warn', 'mail.postponed', { mailId: toHex(mail.id), kind: mail.kind, ...detail })
  delivery.measure({ kind: 'mail', mail: mail.kind, outcome: 'postponed', tries: mail.attempts })
  return 'postponed'
}

async function giveUp(
  delivery: Delivery,
  mail: { id: MailId; kind: MailKind | null; attempts: number },
  error: string,
): Promise<DeliveryOutcome> {
  await delivery.db.one(markMailFailed(mail.id, delivery.now(), error))
  delivery.log('error', 'mail.failed', { mailId: toHex(mail.id), kind: mail.kind, error })
  delivery.measure({ kind: 'mail', mail: mail.kind ?? '', outcome: 'failed', tries: mail.attempts })
  return 'failed'
}

/** What a refusal says, an error's code, or its class: the message of another error may contain the address. */
function errorCode(error: unknown): string {
  if (error instanceof MailRefusal) return error.message
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (typeof code === 'string' && /^\w{1,64}$/.test(code)) return code
  return error instanceof Error ? error.name : 'unknown'
}
