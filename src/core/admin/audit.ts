/** The audit trail as people read it: their own, and for administrators anyone's (ASVS 16.3). Newest first. */
import type { UserId } from '../../ids.ts'
import { findTarget, type TargetRow } from '../../store/db/admin-users.ts'
import { type AuditEventRow, listAuditEvents, listSignInEvents, type SignInEventRow } from '../../store/db/audit-events.ts'
import { type InviteCodeRow, listInviteCodes } from '../../store/db/invite-codes.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'

/** An event as the user it is about may see it. */
export interface OwnAuditEvent extends Omit<AuditEventRow, 'actorId'> {
  readonly byAdmin: boolean
}

/** The caller's own events. For an administrator's act it says that an administrator did it, not who or from where. */
export async function listOwnAudit(ctx: Ctx, gate: Gate, page: Page): Promise<Listed<OwnAuditEvent>> {
  const { principal, reads } = await gate(({ userId }) => [
    listAuditEvents({ userId, before: positionOf(ctx, page), limit: page.limit + 1 }),
  ])
  const { records, next } = listed(reads[0], page.limit)
  return { records: records.map((row) => ownView(row, principal.userId)), next }
}

function ownView(row: AuditEventRow, userId: UserId): OwnAuditEvent {
  const { actorId: _, ...event } = row
  if (!isByAdmin(row, userId)) return { ...event, byAdmin: false }
  return { ...event, byAdmin: true, userAgent: null, place: null, clientId: null, clientName: null }
}

/** An event as an administrator sees it, with the actor. */
export interface AuditEvent extends OwnAuditEvent {
  readonly actorId: UserId | null
}

const isByAdmin = (event: AuditEventRow, userId: UserId) => event.actorId !== null && event.actorId !== userId

/** Any user's events. */
export async function listAuditOf(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Listed<AuditEvent>> {
  const { principal, reads } = await gate(() => [
    findTarget(userId),
    listAuditEvents({ userId, before: positionOf(ctx, page), limit: page.limit + 1 }),
  ])
  if (!reads[0]) throw new AppError('not_found')
  const { records, next } = listed(trailFor(principal, reads[0], reads[1]), page.limit)
  return { records: records.map((event) => ({ ...event, byAdmin: isByAdmin(event, userId) })), next }
}

/** Somebody's events as `principal` may see them. */
export function trailFor<Row extends Pick<AuditEventRow, 'type' | 'detail'>>(
  principal: UserPrincipal,
  user: TargetRow,
  rows: readonly Row[],
): Row[] {
  return rows.map((row) => seenBy(principal, row, user))
}

/** Whom its author keeps notes about is no business of those who do not outrank the author. */
export function seenBy<Row extends Pick<AuditEventRow, 'type' | 'detail'>>(
  principal: UserPrincipal,
  row: Row,
  author: { readonly id: UserId | null; readonly ranking: number | null },
): Row {
  if (!row.type.startsWith('note_') || author.id === principal.userId) return row
  return author.ranking !== null && author.ranking > principal.ranking ? row : { ...row, detail: null }
}

/** Any user's invite codes, used and unused. */
export async function listInviteCodesOf(_ctx: Ctx, gate: Gate, userId: UserId): Promise<InviteCodeRow[]> {
  const { reads } = await gate(() => [findTarget(userId), listInviteCodes(userId)])
  if (!reads[0]) throw new AppError('not_found')
  return reads[1]
}

/** Any user's sign-in history. */
export async function listSignInsOf(ctx: Ctx, gate: Gate, userId: UserId, page: Page): Promise<Listed<SignInEventRow>> {
  const { reads } = await gate(() => [
    findTarget(userId),
    listSignInEvents({ userId, before: positionOf(ctx, page), limit: page.limit + 1 }),
  ])
  if (!reads[0]) throw new AppError('not_found')
  return listed(reads[1], page.limit)
}
