/**
 * Who sees what of whom (design §5, wire §6.11). The store's predicate says who exists for a viewer; the table here says
 * which fields a viewer gets. Rooms show only what went through it.
 */
import { NO_ID, type UserId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import { findAnyUser, findSeenUser, type SeenUserRow } from '../../store/db/follows.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { UserRef } from '../../store/db/visibility.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { coveredBy, type Scope } from '../oauth/scopes.ts'
import type { Claimed, Gate } from '../sessions/gate.ts'
import type { Principal, UserPrincipal } from '../sessions/principal.ts'

export type { UserRef } from '../../store/db/visibility.ts'

/** How near a viewer is. Each sees what those below see: owner (self, admin) > insider (may see the account) > outsider. */
export type Audience = 'owner' | 'insider' | 'outsider'

const NEARNESS: Readonly<Record<Audience, number>> = { owner: 2, insider: 1, outsider: 0 }

/** The least audience of each field. What is not here, nobody gets. */
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

/** A user as a viewer may see one: the open fields as they are, the others possibly null. */
export type SeenUser = Pick<UserRow, FieldsFor<'outsider'>> & {
  readonly [F in FieldsFor<'insider' | 'owner'>]: UserRow[F] | null
} & { readonly audience: Audience }

/** Leaves of a row what the audience may see. */
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
 * Self and admins see all; a private account opens to those whom it lets follow; nobody opens to whom they block. An app that acts
 * for itself, and whoever is nobody (null), see what a stranger sees.
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

/** Somebody as the viewer may meet them; the read goes with the gate's. */
export function readSeenUser(ctx: Ctx, viewerId: UserId, userId: UserRef): Statement<SeenUserRow | null> {
  return findSeenUser({ userId, viewerId, now: ctx.now() })
}

/** Unknown, banned, deleted and blocking-the-viewer are one refusal; whom the viewer blocks is another (wire §6.11). */
export function requireMet(row: SeenUserRow | null): SeenUserRow {
  if (!row) throw new AppError('not_found')
  if (row.viewerBlocks === 1) throw new AppError('blocked', 'You have blocked this user')
  return row
}

/** What a request for one person counts; the caller's own profile counts nothing. */
export const weightOf =
  (who: UserRef) =>
  ({ userId }: Claimed) =>
    who === userId ? 0 : 1

/** A user's profile, for whoever asks. Administrators find everybody. */
export async function getProfile(ctx: Ctx, gate: Gate<Principal>, userId: UserRef): Promise<SeenUser> {
  const { principal, reads } = await gate((claimed) => [readSeenUser(ctx, claimed.userId, userId)], weightOf(userId))
  if (principal.kind !== 'user' || !isAdmin(principal)) return show(principal, requireMet(reads[0]))
  const row = reads[0] ?? (await ctx.db.one(findAnyUser({ userId, viewerId: principal.userId })))
  if (!row) throw new AppError('not_found')
  return showTo('owner', row)
}

/** The viewer of who is nobody: no row has this id. */
const NOBODY = NO_ID as UserId

/** Somebody, for who does not say who they are: one read. Unknown, banned and deleted are one answer. */
export async function getPublicProfile(ctx: Ctx, userId: UserRef): Promise<SeenUser> {
  return show(null, requireMet(await ctx.db.one(readSeenUser(ctx, NOBODY, userId))))
}
