/**
 * Who may see what about whom (design §5, wire §6.11). The store's predicate says who exists for a viewer; the table
 * here says which fields a viewer gets. Rooms show only what passed through it.
 */
import { NO_ID, type UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import { findAnyUser, findSeenUser, type SeenUserRow, type UserRef } from '../../store/db/people.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claimed, Gate } from '../gate.ts'
import type { Principal, UserPrincipal } from '../principal.ts'
import { coveredBy, type Scope } from '../scopes.ts'

export type { UserRef } from '../../store/db/people.ts'

/** How close a viewer is. Each sees what those below see: owner (self, admin) > insider (may see the account) > outsider. */
export type Audience = 'owner' | 'insider' | 'outsider'

const NEARNESS: Readonly<Record<Audience, number>> = { owner: 2, insider: 1, outsider: 0 }

/** The least audience of each field. Fields that are not listed are shown to nobody. */
const FIELDS = {
  id: 'outsider',
  username: 'outsider',
  givenName: 'outsider',
  middleName: 'outsider',
  familyName: 'outsider',
  displayName: 'outsider',
  nickname: 'outsider',
  avatarKey: 'outsider',
  profileUrl: 'outsider',
  followerCount: 'outsider',
  followingCount: 'outsider',
  isPrivate: 'outsider',
  gender: 'insider',
  title: 'insider',
  about: 'insider',
  role: 'insider',
  bio: 'insider',
  designation: 'insider',
  organization: 'insider',
  pronouns: 'insider',
  verifiedAt: 'insider',
  customLink: 'insider',
  relationshipStatus: 'insider',
  subscriptionTier: 'insider',
  subscriptionExpiresAt: 'insider',
  countryCode: 'insider',
  statusMessage: 'insider',
  statusUpdatedAt: 'insider',
  statusExpiresAt: 'insider',
  availability: 'insider',
  mood: 'insider',
  whereAmI: 'insider',
  lastSeenAt: 'owner',
  birthDate: 'owner',
  email: 'owner',
  emailVerifiedAt: 'owner',
  phone: 'owner',
  phoneCountryCode: 'owner',
  customData: 'owner',
  bannedAt: 'owner',
  bannedUntil: 'owner',
  bannedReason: 'owner',
  restrictedAt: 'owner',
  restrictedUntil: 'owner',
  restrictedReason: 'owner',
  locale: 'owner',
  zoneinfo: 'owner',
  currency: 'owner',
  requestCount: 'owner',
  deletedAt: 'owner',
  createdAt: 'owner',
  updatedAt: 'owner',
} as const satisfies Partial<Record<keyof UserRow, Audience>>

type Field = keyof typeof FIELDS
type FieldsFor<A extends Audience> = { [F in Field]: (typeof FIELDS)[F] extends A ? F : never }[Field]

/** A user as a viewer may see one: the open fields unchanged, the others possibly null. */
export type SeenUser = Pick<UserRow, FieldsFor<'outsider'>> & {
  readonly [F in FieldsFor<'insider' | 'owner'>]: UserRow[F] | null
} & { readonly audience: Audience }

/** Reduces a row to what the audience may see. */
export function showTo(audience: Audience, row: UserRow): SeenUser {
  const seen = Object.fromEntries(
    Object.entries(FIELDS).map(([field, least]) => [field, NEARNESS[audience] >= NEARNESS[least] ? row[field as Field] : null]),
  )
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

export function show(principal: Principal | null, row: SeenUserRow): SeenUser {
  return showTo(audienceOf(principal, row), row)
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

/** A user, for an anonymous caller: one read. Unknown, banned and deleted get the same answer. */
export async function getPublicProfile(ctx: Ctx, userId: UserRef): Promise<SeenUser> {
  return show(null, requireMet(await ctx.db.one(readSeenUser(ctx, NOBODY, userId))))
}
