/** The caller's own profile: what its owner sees, and may change (wire §6.12). */

import type { ProfileField } from '../../config.ts'
import { always, both } from '../../store/db/database.ts'
import { rowHasProfile } from '../../store/db/profile-changes.ts'
import { findSignInMeans, findUserWhere, type SignInMeans, type UserRow } from '../../store/db/users.ts'
import { isNewEmail } from '../accounts/email-change.ts'
import { deliverLater } from '../accounts/mail.ts'
import { hasPassword } from '../accounts/password-hash.ts'
import { refuseShortUsername } from '../accounts/username-rules.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Email, Password } from '../fields.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { emailWritesOf, requireFactorForAddress } from './own-address.ts'
import { type OwnChange, type ProfileUpdated, refusal, writesOf } from './own-change.ts'
import { storePassword } from './own-password.ts'
import { judgePasswords, type PasswordVerdict } from './password-proof.ts'
import { changedFields, changesOf, type ProfileUpdate, refuseUneditable } from './profile-changes.ts'
import { guardOf } from './renames.ts'
import { settleSearch } from './search.ts'

export interface OwnProfile {
  readonly user: UserRow
  readonly principal: UserPrincipal
  readonly editableFields: readonly ProfileField[]
}

export async function getOwnProfile(ctx: Ctx, gate: Gate): Promise<OwnProfile> {
  const { principal, user } = await gate()
  return { user, principal, editableFields: [...ctx.config.editableFields] }
}

/** The caller, and whether a page about the account can ask for a password. One round trip. */
export async function getOwnMeans(gate: Gate): Promise<{ user: UserRow; hasPassword: boolean }> {
  const { user, reads } = await gate(({ userId }) => [findSignInMeans(userId)])
  return { user, hasPassword: hasPassword(reads[0]?.passwordHash ?? null) }
}

export interface OwnProfileUpdate extends ProfileUpdate {
  readonly email: Email | null
  readonly password: Password | null
  readonly currentPassword: string | null
  /** A recent sign-in counts in an app that is registered for it as well: if the protocol has no field for a password. */
  readonly mayMarkedAppProve?: boolean
}

/**
 * Changes the caller's profile, password and address, all or nothing. A value equal to the current one is no change. A
 * password or an address needs the current password or a recent sign-in; with a second factor enabled, an address needs
 * a recent sign-in of a browser with it. A new password ends every session; a browser gets a new one in the result.
 */
export async function updateOwnProfile(ctx: Ctx, gate: Gate, update: OwnProfileUpdate): Promise<ProfileUpdated> {
  const { principal, user, reads } = await gate(({ userId }) => [findSignInMeans(userId)])
  return changeOwnProfile(ctx, { principal, user, means: reads[0] }, update)
}

interface Owner {
  readonly principal: UserPrincipal
  readonly user: UserRow
  readonly means: SignInMeans | null
}

/** The same after the gate. */
export async function changeOwnProfile(ctx: Ctx, { principal, user, means }: Owner, update: OwnProfileUpdate): Promise<ProfileUpdated> {
  // A new password is all that a restricted user may change here.
  if (principal.restricted && update.password === null) throw new AppError('account_restricted')
  const changes = changesOf(user, update)
  refuseUneditable(ctx, changes)
  if (changes.username) refuseShortUsername(ctx, changes.username.username)
  const newEmail = isNewEmail(user, update.email) ? update.email : null
  if (principal.restricted && (changedFields(changes).length > 0 || newEmail !== null)) throw new AppError('account_restricted')
  if (newEmail !== null) requireFactorForAddress(ctx, principal, means?.secondFactors ?? null)
  const isSensitive = update.password !== null || newEmail !== null
  const verdict = isSensitive
    ? await judgePasswords(ctx, principal, { ...user, passwordHash: means?.passwordHash ?? null }, update)
    : NOT_ASKED
  const guard = guardOf(ctx, user, changes)
  const change: OwnChange = { principal, user, changes, guard, newEmail, verdict, hasFactor: (means?.secondFactors ?? null) !== null }
  if (update.password === null || !verdict.isNew) return storeProfile(ctx, change)
  return storePassword(ctx, change, update.password)
}

const NOT_ASKED: PasswordVerdict = { isNew: false, isProved: false }

async function storeProfile(ctx: Ctx, change: OwnChange): Promise<ProfileUpdated> {
  const { user, changes, guard, newEmail: pendingEmail } = change
  const email = emailWritesOf(ctx, change, guard.anywhere)
  const writes = [...guard.count, ...writesOf(ctx, change), ...email.writes]
  if (writes.length === 0) return { user, session: null, pendingEmail }
  const written = changedFields(changes).length === 0 ? always : rowHasProfile(changes)
  const stored = await ctx.db.commit(writes, findUserWhere(user.id, both(guard.afterwards, both(written, email.requested))))
  if (!stored) throw await refusal(ctx, user, changes)
  await settleSearch(ctx, user, changes, stored)
  deliverLater(ctx, ...email.mailIds)
  return { user: stored, session: null, pendingEmail }
}
