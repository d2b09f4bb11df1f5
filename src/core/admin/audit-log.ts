/**
 * The audit trail of everybody, newest first. What an index finds costs what is shown. A filter by type, or by person and actor at
 * once, looks at a bounded number of events per page and says where it stopped.
 */
import { fromHex, idAt, type UserId } from '../../ids.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import { type AuditLogRow, type AuditRange, findWindowEnd, listAuditLog, type Who } from '../../store/db/audit-log.ts'
import { always } from '../../store/db/database.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { email, emailKey, usernameKey } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import { seenBy } from './audit.ts'

export type { AuditLogRow } from '../../store/db/audit-log.ts'

/** Events looked at for a page. */
export const AUDIT_WINDOW = 500
/** Events in a file, and how many are read at a time. */
export const AUDIT_FILE_MAX = 10_000
const FILE_PAGE = 1_000

/** By group. */
const GROUP_OF = {
  sign_in: 'signing_in',
  sign_in_failed: 'signing_in',
  sign_in_challenged: 'signing_in',
  sign_in_mail_requested: 'signing_in',
  signed_out: 'signing_in',
  signed_out_everywhere: 'signing_in',
  session_revoked: 'signing_in',
  account_created: 'account',
  email_verified: 'account',
  verification_sent: 'account',
  password_reset_requested: 'account',
  password_reset: 'account',
  password_changed: 'account',
  username_changed: 'account',
  email_change_requested: 'account',
  email_changed: 'account',
  email_change_undone: 'account',
  profile_changed: 'account',
  provisioned: 'account',
  account_exported: 'account',
  archive_requested: 'account',
  account_deleted: 'account',
  account_restored: 'account',
  second_factor_on: 'factors',
  second_factor_off: 'factors',
  second_factor_undone: 'factors',
  recovery_codes_made: 'factors',
  passkey_added: 'factors',
  passkey_removed: 'factors',
  passkey_refused: 'factors',
  provider_linked: 'factors',
  provider_unlinked: 'factors',
  client_authorized: 'apps',
  consent_given: 'apps',
  grant_revoked: 'apps',
  refresh_token_reused: 'apps',
  authorization_code_reused: 'apps',
  app_disconnected: 'apps',
  scope_withdrawn: 'apps',
  role_changed: 'moderation',
  banned: 'moderation',
  ban_lifted: 'moderation',
  restricted: 'moderation',
  restriction_lifted: 'moderation',
  verified: 'moderation',
  verification_removed: 'moderation',
  subscription_changed: 'moderation',
  custom_data_changed: 'moderation',
  impersonation_started: 'moderation',
  impersonation_ended: 'moderation',
  invite_code_revoked: 'moderation',
  note_added: 'moderation',
  note_removed: 'moderation',
  role_created: 'service',
  role_updated: 'service',
  role_deleted: 'service',
  client_created: 'service',
  client_updated: 'service',
  client_secret_rotated: 'service',
  client_disabled: 'service',
  client_enabled: 'service',
  client_deleted: 'service',
  api_created: 'service',
  api_updated: 'service',
  api_disabled: 'service',
  api_enabled: 'service',
  api_deleted: 'service',
  machine_created: 'service',
  machine_revoked: 'service',
  audit_exported: 'service',
  mail_retried: 'moderation',
  people_imported: 'moderation',
  webhook_created: 'service',
  webhook_updated: 'service',
  webhook_disabled: 'service',
  webhook_enabled: 'service',
  webhook_secret_rotated: 'service',
  webhook_deleted: 'service',
} as const satisfies Record<AuditEventType, string>
export type AuditGroup = (typeof GROUP_OF)[AuditEventType]

export const AUDIT_GROUPS = [...new Set(Object.values(GROUP_OF))]

/** The types of a group. */
export function typesIn(group: AuditGroup): AuditEventType[] {
  return (Object.keys(GROUP_OF) as AuditEventType[]).filter((type) => GROUP_OF[type] === group)
}

export interface AuditFilter {
  /** A user name, an id in hex, or a verified address; null: anybody. */
  readonly person: string | null
  readonly actor: string | null
  /** A type or a group of them. */
  readonly type: AuditEventType | AuditGroup | null
  readonly from: number | null
  /** Before this. */
  readonly to: number | null
}

export interface AuditLog extends Listed<AuditLogRow> {
  /** There may be more that matches, further back than this page has looked. */
  readonly isCutShort: boolean
}

const isGroup = (text: string): text is AuditGroup => AUDIT_GROUPS.includes(text as AuditGroup)

export function isAuditType(text: string): text is NonNullable<AuditFilter['type']> {
  return Object.hasOwn(GROUP_OF, text) || isGroup(text)
}

function whoOf(text: string | null): Who | null {
  if (text === null) return null
  const id = fromHex<UserId>(text)
  if (id !== null) return { id }
  const address = email.safeParse(text)
  return address.success ? { emailKey: emailKey(address.data) } : { usernameKey: usernameKey(text.replace(/^@/, '')) }
}

function typesOf(type: AuditFilter['type']): readonly AuditEventType[] {
  if (type === null) return []
  return isGroup(type) ? typesIn(type) : [type]
}

function rangeOf(ctx: Ctx, { person, actor, from, to }: AuditFilter, page: Page): AuditRange {
  const before = Math.min(positionOf(ctx, page), to === null ? Number.MAX_SAFE_INTEGER : idAt(to))
  return { person: whoOf(person), actor: whoOf(actor), before, from: from === null ? 0 : idAt(from) }
}

const NOTHING = [] as const

/** One round trip. */
export async function readAuditLog(ctx: Ctx, gate: Gate, filter: AuditFilter, page: Page, looked = AUDIT_WINDOW): Promise<AuditLog> {
  const range = rangeOf(ctx, filter, page)
  const types = typesOf(filter.type)
  const window = types.length > 0 || (range.person && range.actor) ? looked : null
  const list = listAuditLog({ range, types, window, limit: page.limit + 1 })
  const { principal, reads } = await gate(() => [list, ...(window === null ? NOTHING : [findWindowEnd(range, window)])] as const)
  const { records: rows, next } = listed(reads[0], page.limit)
  const records = rows.map((row) => seenBy(principal, row, { id: row.actorId, ranking: row.authorRanking }))
  const end = (reads[1] as { id: number } | null | undefined)?.id ?? null
  return { records, next: next ?? end, isCutShort: next === null && end !== null }
}

/** The events of a file, page by page; every page passes the gate. That it was made is in the trail of whoever made it. */
export async function* readAuditFile(ctx: Ctx, gate: Gate, filter: AuditFilter): AsyncGenerator<readonly AuditLogRow[], void, undefined> {
  const { principal } = await gate()
  const { userId, sessionId } = principal
  const detail = JSON.stringify(Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== null)))
  await ctx.db.one(audit(ctx, { type: 'audit_exported', userId, sessionId, detail, condition: always }))
  let before: number | null = null
  for (let left = AUDIT_FILE_MAX; left > 0; left -= FILE_PAGE) {
    const page: AuditLog = await readAuditLog(ctx, gate, filter, { limit: FILE_PAGE, before }, FILE_PAGE)
    yield page.records
    if (page.next === null) return
    before = page.next
  }
}
