/**
 * Active users as robots see them (wire §6.17): a list by id, and single ones. An entry has what everyone may know of
 * anyone, name and picture, and the role. Nobody is shown while `EXPOSE_USERS` is off.
 */
import type { UserId } from '../../ids.ts'
import {
  type ActiveUserRow,
  countActiveUsers,
  findActiveUser,
  hasActiveUserFrom,
  listActiveUsersAfter,
  listActiveUsersBefore,
  listActiveUsersFrom,
} from '../../store/db/active-users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { avatarUrl } from '../media/avatar-urls.ts'
import { type AvatarColor, avatarColor, avatarInitials, initialOf } from '../media/default-avatars.ts'
import type { RobotPrincipal } from '../principal.ts'

export interface ActiveUser {
  readonly id: UserId
  readonly shortName: string
  readonly fullName: string
  readonly role: string
  readonly avatarInitials: string
  readonly avatarUrl: string | null
  /** Of the default picture: null if there is another. */
  readonly avatarColor: AvatarColor | null
}

/** A page's position: its number, which the caller counts, and a cursor, without which the number is one. */
export interface PagePosition {
  readonly number: number
  readonly after?: number | undefined
  readonly before?: number | undefined
}

export interface ActiveUsersPage {
  readonly total: number
  readonly users: readonly ActiveUser[]
  readonly previous: PagePosition | null
  readonly next: PagePosition | null
}

type RobotGate = Gate<RobotPrincipal>

/**
 * A page of all active users, oldest first. For a caller who follows `next` and `previous`, users who come or go
 * meanwhile do not shift others across the edge of a page: these links carry cursors. Page numbers are the caller's own
 * count.
 */
export async function listActiveUsers(ctx: Ctx, gate: RobotGate, page: PagePosition & { readonly size: number }): Promise<ActiveUsersPage> {
  const { number, after, before, size } = page
  if (!ctx.config.exposeUsers) return await refuse(gate)
  const { reads } = await gate(() =>
    before === undefined
      ? [
          countActiveUsers(),
          after === undefined ? listActiveUsersFrom((number - 1) * size, size + 1) : listActiveUsersAfter(after, size + 1),
        ]
      : [countActiveUsers(), listActiveUsersBefore(before, size), hasActiveUserFrom(before)],
  )
  const [total, found, hasNext = found.length > size] = reads as [{ value: number } | null, ActiveUserRow[], boolean?]
  const rows = before === undefined ? found.slice(0, size) : found.toReversed()
  return {
    total: total?.value ?? 0,
    users: rows.map((row) => toActiveUser(ctx, row)),
    previous: number > 1 ? { number: number - 1, ...positionBefore(page, rows) } : null,
    next: hasNext ? { number: number + 1, after: rows.at(-1)?.id ?? (before ?? 1) - 1 } : null,
  }
}

/** The first page starts at the beginning. An empty page still has a position, unless only its number tells it. */
function positionBefore({ number, after, before }: PagePosition, rows: readonly ActiveUserRow[]): Pick<PagePosition, 'before'> {
  if (number === 2) return {}
  return { before: rows[0]?.id ?? before ?? (after === undefined ? undefined : after + 1) }
}

export async function getActiveUser(ctx: Ctx, gate: RobotGate, id: UserId): Promise<ActiveUser> {
  if (!ctx.config.exposeUsers) return await refuse(gate)
  const { reads } = await gate(() => [findActiveUser(id)])
  if (!reads[0]) throw new AppError('not_found')
  return toActiveUser(ctx, reads[0])
}

async function refuse(gate: RobotGate): Promise<never> {
  await gate()
  throw new AppError('not_found')
}

function toActiveUser(ctx: Ctx, row: ActiveUserRow): ActiveUser {
  const url = avatarUrl(ctx, row.avatarKey)
  return {
    id: row.id,
    ...namesOf(row),
    role: row.role,
    avatarInitials: avatarInitials(row),
    avatarUrl: url,
    avatarColor: url === null ? avatarColor(row.id) : null,
  }
}

/** "John Smith" and "John S"; a single name is used for both. In the order in which initials are made. */
function namesOf({ givenName, familyName, displayName, username }: ActiveUserRow): Pick<ActiveUser, 'shortName' | 'fullName'> {
  const fullName = [givenName, familyName].filter(Boolean).join(' ') || displayName || username
  const initial = initialOf(familyName)
  return { fullName, shortName: givenName && initial ? `${givenName} ${initial}` : fullName }
}
