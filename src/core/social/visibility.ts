/**
 * Who may see what about whom (design §5, wire §6.11). The store's predicate says who exists for a viewer;
 * `USER_FIELDS` says which fields a viewer gets. Rooms show only what passed through it.
 */
import { NO_ID, type UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import { type FollowRow, findFollowBy } from '../../store/db/follows.ts'
import { findAnyUser, findSeenUser, type SeenUserRow, type UserRef } from '../../store/db/people.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claimed, Gate, OptionalGate } from '../gate.ts'
import type { Principal, UserPrincipal } from '../principal.ts'
import { type Audience, USER_FIELDS } from '../profiles/user-fields.ts'
import { coveredBy, type Scope } from '../scopes.ts'

export type { UserRef } from '../../store/db/people.ts'

const NEARNESS: Readonly<Record<Audience, number>> = { owner: 2, insider: 1, outsider: 0 }

type FieldsFor<A extends Audience> = { [F in keyof UserRow]: (typeof USER_FIELDS)[F][0] extends A ? F : never }[keyof UserRow]

/** A user as a viewer may see one: the open fields unchanged, the others possibly null. */
export type SeenUser = Pick<UserRow, FieldsFor<'outsider'>> & {
  readonly [F in FieldsFor<'insider' | 'owner'>]: UserRow[F] | null
} & { readonly audience: Audience }

/** The same, and how the viewer stands to them. */
export type MetUser = SeenUser & Pick<SeenUserRow, 'viewerFollow' | 'viewerBlocks'>

const SHOWN = Object.entries(USER_FIELDS).flatMap(([field, [least]]) =>
  least === 'nobody' ? [] : [[field as keyof UserRow, least] as const],
)

/** Reduces a row to what the audience may see. */
export function showTo(audience: Audience, row: UserRow): SeenUser {
  const seen = Object.fromEntries(SHOWN.map(([field, least]) => [field, NEARNESS[audience] >= NEARNESS[least] ? row[field] : null]))
  return { ...seen, audience } as SeenUser
}

export function isAdmin(principal: UserPrincipal, scope: Scope = 'admin:profile:read'): boolean {
  return coveredBy(principal.scopes, scope)
}

/**
 * The owner and admins see everything; a private account is open to its approved followers; no account is open to those
 * whom it blocks. An app that acts for itself, and an anonymous viewer (null), see what a stranger sees.
 */
export function audienceOf(principal: Principal | null, row: SeenUserRow): Audience {
  if (principal?.kind !== 'user') return row.isPrivate === 0 ? 'insider' : 'outsider'
  if (row.id === principal.userId || isAdmin(principal)) return 'owner'
  if (row.viewerBlocks === 1) return 'outsider'
  return row.isPrivate === 0 || row.viewerFollow === 'following' ? 'insider' : 'outsider'
}

export function show(principal: Principal | null, row: SeenUserRow): MetUser {
  const { viewerFollow, viewerBlocks } = row
  return { ...showTo(audienceOf(principal, row), row), viewerFollow, viewerBlocks }
}

/** A user as the viewer may see them; the read goes with the gate's. */
export function readSeenUser(ctx: Ctx, viewerId: UserId, userId: UserRef): Statement<SeenUserRow | null> {
  return findSeenUser({ userId, viewerId, now: ctx.now() })
}

/** Unknown, banned, deleted and blocking-the-viewer get one refusal; blocked-by-the-viewer gets another (wire §6.11). */
export function requireMet(row: SeenUserRow | null): SeenUserRow {
  if (!row) throw new AppError('not_found')
  if (row.viewerBlocks === 1) throw new AppError('blocked', 'You have blocked this user')
  return row
}

/** How much a request for one user counts; the caller's own profile counts nothing. */
export const weightOf =
  (who: UserRef) =>
  ({ userId }: Claimed) =>
    who === userId ? 0 : 1

/** A user's profile, for any caller. Administrators find every user. */
export async function getProfile(ctx: Ctx, gate: Gate<Principal>, userId: UserRef): Promise<SeenUser> {
  const { principal, reads } = await gate((claimed) => [readSeenUser(ctx, claimed.userId, userId)], weightOf(userId))
  if (principal.kind !== 'user' || !isAdmin(principal)) return show(principal, requireMet(reads[0]))
  const row = reads[0] ?? (await ctx.db.one(findAnyUser({ userId, viewerId: principal.userId })))
  if (!row) throw new AppError('not_found')
  return showTo('owner', row)
}

/** The id of an anonymous viewer: no row has it. */
const NOBODY = NO_ID as UserId

export interface Meeting {
  readonly viewer: UserPrincipal | null
  readonly met: MetUser | null
  /** How they stand to the viewer: the edge or request the other way. */
  readonly back: FollowRow | null
}

/** A user, for an anonymous caller: one read. Unknown, banned and deleted get the same answer. */
export async function getPublicProfile(ctx: Ctx, userId: UserRef): Promise<SeenUser> {
  return show(null, requireMet(await ctx.gateDb.one(readSeenUser(ctx, NOBODY, userId))))
}

/**
 * A user for whoever asks, signed in or not; null if the viewer may not know of one. Those whom the viewer blocks are shown,
 * so that they can be unblocked.
 */
export async function meetUser(ctx: Ctx, gate: OptionalGate, usernameKey: string): Promise<Meeting> {
  let viewerId = NOBODY
  const { principal, reads } = await gate((claimed) => {
    viewerId = claimed?.userId ?? NOBODY
    return [readSeenUser(ctx, viewerId, usernameKey), findFollowBy(usernameKey, viewerId)]
  })
  // A cookie that is not live names a user without proof: nothing is shown as to that user.
  const isProved = principal !== null || viewerId === NOBODY
  const row = isProved ? reads[0] : await ctx.db.one(readSeenUser(ctx, NOBODY, usernameKey))
  return { viewer: principal, met: row && show(principal, row), back: principal && row?.viewerBlocks === 0 ? reads[1] : null }
}
