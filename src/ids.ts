/**
 * Ids: one time-ordered 53-bit integer for every row (design §1.2): 41 bits of milliseconds since 2025-01-01, then 12
 * bits that start at random and count up within a millisecond. They sort by creation time and are exact as JavaScript
 * numbers. The 24-hex APIs pad them with zeros.
 */

declare const brand: unique symbol
type Branded<Name extends string> = number & { readonly [brand]: Name }

export type UserId = Branded<'UserId'>
export type SessionId = Branded<'SessionId'>
export type ChallengeId = Branded<'ChallengeId'>
export type MailId = Branded<'MailId'>
export type AuditEventId = Branded<'AuditEventId'>
export type AdminNoteId = Branded<'AdminNoteId'>
export type FollowId = Branded<'FollowId'>
export type BlockId = Branded<'BlockId'>
export type FileId = Branded<'FileId'>
export type FolderId = Branded<'FolderId'>
export type MachineId = Branded<'MachineId'>
export type PasskeyId = Branded<'PasskeyId'>
export type UpstreamIdentityId = Branded<'UpstreamIdentityId'>
export type WebhookEndpointId = Branded<'WebhookEndpointId'>
export type ArchiveId = Branded<'ArchiveId'>
/** Counted up by the database, which writes the notices itself; so are the next two. */
export type LogoutNoticeId = Branded<'LogoutNoticeId'>
export type EventId = Branded<'EventId'>
export type DeliveryId = Branded<'DeliveryId'>
export type AnyId =
  | UserId
  | SessionId
  | ChallengeId
  | MailId
  | AuditEventId
  | AdminNoteId
  | FollowId
  | BlockId
  | FileId
  | FolderId
  | MachineId
  | PasskeyId
  | UpstreamIdentityId
  | WebhookEndpointId
  | ArchiveId
  | LogoutNoticeId
  | EventId
  | DeliveryId

const EPOCH_MS = Date.UTC(2025, 0, 1)
const STEPS_PER_MS = 4096
const HEX_24 = /^[0-9a-f]{24}$/

/** The id of no row. A well-formed id above 2^53-1 is read as this one, so it is unknown and never rounded to another. */
export const NO_ID = 0

/** How much earlier than the last id the clock may be until ids follow it. */
const SET_BACK_MS = 1_000

let lastMs = 0
let lastStep = 0

/**
 * A new id. Isolates may draw the same one: the primary key then fails, and the caller retries. Ids follow a clock that
 * was set back; otherwise they would name a time to come for as long as the isolate lives.
 */
export function newId<Id extends AnyId>(now: number = Date.now()): Id {
  const ms = now - EPOCH_MS
  if (ms > lastMs || ms < lastMs - SET_BACK_MS) {
    lastMs = ms
    lastStep = (crypto.getRandomValues(new Uint16Array(1))[0] ?? 0) % STEPS_PER_MS
  } else if (lastStep + 1 < STEPS_PER_MS) {
    lastStep += 1
  } else {
    lastMs += 1
    lastStep = 0
  }
  return (lastMs * STEPS_PER_MS + lastStep) as Id
}

export function toHex(id: number): string {
  return id.toString(16).padStart(24, '0')
}

/** Reads 24 hex digits; null for any other text. */
export function fromHex<Id extends AnyId>(text: string): Id | null {
  if (!HEX_24.test(text)) return null
  const value = BigInt(`0x${text}`)
  return (value > BigInt(Number.MAX_SAFE_INTEGER) ? NO_ID : Number(value)) as Id
}

/** The smallest id that a row created at `at` can have: turns a date into a position in a list ordered by id. */
export function idAt(at: number): number {
  return Math.max(0, (at - EPOCH_MS) * STEPS_PER_MS)
}

/** The creation time of the row with this id, in milliseconds. */
export function timeOf(id: number): number {
  return Math.floor(id / STEPS_PER_MS) + EPOCH_MS
}
