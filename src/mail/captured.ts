/**
 * Captured mails in KV (`MAIL=capture`, design §8), which replace an inbox in development and tests. Each outbox row
 * has one immutable entry, `captured-mail:<inverted id>`, so that KV lists the newest first and a stale read is never
 * wrong. Nothing depends on these entries, so KV's own expiry is enough.
 */
import { toHex } from '../ids.ts'
import { HEADERS, type Mailer, type Message, refuseControlCharacters } from './mailer.ts'

const PREFIX = 'captured-mail:'
/** Codes in mails expire after an hour at most (design §6); a day allows looking at yesterday's run. */
const CAPTURED_MAIL_TTL_SECONDS = 24 * 60 * 60
const ID_DIGITS = String(Number.MAX_SAFE_INTEGER).length
/** The maximum of one bulk read of KV. */
export const CAPTURED_MAILS_MAX = 100

/** A mail as it would have been sent. */
export interface SentMessage extends Message {
  readonly headers: Readonly<Record<string, string>>
}

export interface CapturedMail extends SentMessage {
  /** 24 hex digits. */
  readonly id: string
  /** Milliseconds since 1970. */
  readonly sentAt: number
}

interface Metadata {
  /** Key metadata, so that finding mails to one address reads no other mail. */
  readonly to: string
}

/** Keeps mails in KV instead of sending them. A mail from an earlier attempt stays unchanged. */
export function captureMailer(kv: KVNamespace, now: () => number): Mailer {
  return {
    async send(id, message) {
      refuseControlCharacters(message.to, message.subject)
      await saveCapturedMail(kv, id, { ...message, headers: HEADERS }, now())
    },
  }
}

async function saveCapturedMail(kv: KVNamespace, id: number, message: SentMessage, sentAt: number): Promise<void> {
  const key = capturedKey(id)
  // Uses list: after a missed read, KV would hide the mail for a minute.
  const { keys } = await kv.list({ prefix: key, limit: 1 })
  if (keys.length > 0) return
  const mail: CapturedMail = { id: toHex(id), ...message, sentAt }
  const metadata: Metadata = { to: addressKey(message.to) }
  await kv.put(key, JSON.stringify(mail), { expirationTtl: CAPTURED_MAIL_TTL_SECONDS, metadata })
}

/** Newest first. `to` is case-insensitive. */
export async function listCapturedMails(kv: KVNamespace, input: { to?: string | undefined; limit: number }): Promise<CapturedMail[]> {
  const keys = await listKeys(kv, input.to, Math.min(input.limit, CAPTURED_MAILS_MAX))
  if (keys.length === 0) return []
  const found = await kv.get<CapturedMail>(keys, 'json')
  return keys.flatMap((key) => found.get(key) ?? [])
}

async function listKeys(kv: KVNamespace, to: string | undefined, limit: number): Promise<string[]> {
  const address = to === undefined ? undefined : addressKey(to)
  const found: string[] = []
  let cursor: string | null = null
  do {
    const page: KVNamespaceListResult<Metadata> = await kv.list<Metadata>({ prefix: PREFIX, cursor })
    const matching = page.keys.filter(({ metadata }) => address === undefined || metadata?.to === address)
    found.push(...matching.map(({ name }) => name))
    cursor = page.list_complete ? null : page.cursor
  } while (cursor !== null && found.length < limit)
  return found.slice(0, limit)
}

function capturedKey(id: number): string {
  return PREFIX + String(Number.MAX_SAFE_INTEGER - id).padStart(ID_DIGITS, '0')
}

function addressKey(address: string): string {
  return address.trim().toLowerCase()
}
