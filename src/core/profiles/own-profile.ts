/** The caller's own profile: what its owner sees, and may change (wire §6.12). */
import type { ProfileField } from '../../config.ts'
import type { MailId, UserId } from '../../ids.ts'
import { always, both, type Fragment, idOf, not, type Statement } from '../../store/db/database.ts'
import { type ProfileChanges, rowHasProfile } from '../../store/db/profile-changes.ts'
import { hasAnySecondFactor, toFactors } from '../../store/db/second-factors.ts'
import {
  findSignInMeans,
  findUserWhere,
  hasPasswordHash,
  raiseEpoch,
  type UserRow,
  updatePassword,
  userWhere,
} from '../../store/db/users.ts'
import { isNewEmail, requestEmailChange } from '../accounts/email-change.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashPassword } from '../accounts/password-hash.ts'
import { refuseGuessablePassword } from '../accounts/password-rules.ts'
import { formerPassword } from '../accounts/second-factor-undo.ts'
import { changeUser, readsOfUpdate, type UserUpdate } from '../admin/update-user.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Email } from '../fields.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { requireFactor } from '../sessions/second-factors.ts'
import { type BrowserSession, newBrowserSession, settleSession } from '../sessions/sessions.ts'
import { judgePasswords, type PasswordVerdict } from './password-proof.ts'
import { changedFields, changesOf, profileWrites, refuseUneditable } from './profile-changes.ts'
import { findRenames, type Guard, guardOf, isRename, refuseOverRenames } from './renames.ts'
import { settleSearch } from './search.ts'

export { provePassword } from './password-proof.ts'

export interface OwnProfile {
  readonly user: UserRow
  readonly principal: UserPrincipal
  readonly editableFields: readonly ProfileField[]
}

export async function getOwnProfile(ctx: Ctx, gate: Gate): Promise<OwnProfile> {
  const { principal, user } = await gate()
  return { user, principal, editableFields: [...ctx.config.editableFields] }
}

export interface OwnProfileUpdate extends UserUpdate {
  readonly currentPassword: string | null
  /** The user, if not the caller: an administrator's act, as is a new role. */
  readonly userId: UserId | null
  /** A recent sign-in also counts in an app that is registered for it, if the protocol has no field for a password. */
  readonly mayMarkedAppProve?: boolean
}

export interface ProfileUpdated {
  readonly user: UserRow
  /** The browser's new session, when a new password has ended all others. */
  readonly session: BrowserSession | null
  /** The address to be verified now. Nobody learns whether it is free. */
  readonly pendingEmail: Email | null
}

const NO_READS = [] as const

/**
 * Changes the caller's profile, password and address, all or nothing. A value equal to the current one is no change. A
 * password or an address needs the current password or a recent sign-in; with a second factor enabled, an address needs
 * a recent sign-in of a browser with it. A new password ends every session; a browser gets a new one in the result.
 * Another user's profile, or a role, is left to `core/admin/update-user.ts`.
 */
export async function updateOwnProfile(ctx: Ctx, gate: Gate, update: OwnProfileUpdate): Promise<ProfileUpdated> {
  const mayBeAdminAct = update.userId !== null || update.role !== null
  const { principal, user, reads } = await gate(
    ({ userId }) =>
      [findSignInMeans(userId), ...(mayBeAdminAct ? readsOfUpdate(userId, update.userId ?? userId, update) : NO_READS)] as const,
  )
  const [means, ...target] = reads
  const isAdminAct = (update.userId !== null && update.userId !== user.id) || (update.role !== null && update.role !== user.role)
  // A new password is all that a restricted user may change here.
  if (principal.restricted && (isAdminAct || update.password === null)) throw new AppError('account_restricted')
  if (isAdminAct && target.length === 4) {
    return { user: await changeUser(ctx, principal, target, update), session: null, pendingEmail: null }
  }
  const changes = changesOf(user, update)
  refuseUneditable(ctx, changes)
  const newEmail = isNewEmail(user, update.email) ? update.email : null
  if (principal.restricted && (changedFields(changes).length > 0 || newEmail !== null)) throw new AppError('account_restricted')
  if (newEmail !== null) requireFactorForAddress(ctx, principal, means?.secondFactors ?? null)
  const isSensitive = update.password !== null || newEmail !== null
  const verdict = isSensitive
    ? await judgePasswords(ctx, principal, { ...user, passwordHash: means?.passwordHash ?? null }, update)
    : NOT_ASKED
  const guard = guardOf(ctx, user, changes)
  const change: Change = { principal, user, changes, guard, newEmail, verdict, hasFactor: (means?.secondFactors ?? null) !== null }
  if (update.password === null || !verdict.isNew) return storeProfile(ctx, change)
  refuseGuessablePassword(update.password, { username: changes.username?.username ?? user.username, email: user.email })
  return storePassword(ctx, change, await hashPassword(ctx, update.password))
}

/** Codes and resets go to the address: someone who has only the password must not redirect them. */
function requireFactorForAddress(ctx: Ctx, principal: UserPrincipal, secondFactors: string | null): void {
  if (secondFactors === null) return
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, toFactors(secondFactors))
}

const NOT_ASKED: PasswordVerdict = { isNew: false, isProved: false }

interface Change {
  readonly principal: UserPrincipal
  readonly user: UserRow
  readonly changes: ProfileChanges
  readonly guard: Guard
  readonly newEmail: Email | null
  readonly verdict: PasswordVerdict
  readonly hasFactor: boolean
}

function writesOf(ctx: Ctx, { user, changes, guard }: Change): Statement<unknown>[] {
  if (changedFields(changes).length === 0) return []
  return profileWrites(ctx, { user, changes, condition: guard.anywhere, rowCondition: guard.ofRow })
}

interface EmailWrites {
  readonly mailIds: readonly MailId[]
  readonly requested: Fragment
  readonly writes: readonly Statement<unknown>[]
}

/** Starts the change of the address where `condition` holds, if there is one. */
function emailWritesOf(ctx: Ctx, { user, newEmail, hasFactor }: Change, guard: Fragment): EmailWrites {
  if (newEmail === null) return { mailIds: [], requested: always, writes: [] }
  // A factor enabled meanwhile has not been verified.
  const condition = hasFactor ? guard : both(guard, not(hasAnySecondFactor(user.id)))
  const { mailId, requested, writes } = requestEmailChange(ctx, { user, newEmail, condition })
  return { mailIds: [mailId], requested, writes }
}

async function storeProfile(ctx: Ctx, change: Change): Promise<ProfileUpdated> {
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

async function refusal(ctx: Ctx, user: UserRow, changes: ProfileChanges): Promise<AppError> {
  if (!changes.username) return new AppError('unauthenticated')
  if (isRename(user, changes)) refuseOverRenames(ctx, await ctx.db.one(findRenames(user.id)))
  return new AppError('username_taken', 'The user name is taken')
}

async function storePassword(ctx: Ctx, change: Change, passwordHash: string): Promise<ProfileUpdated> {
  const { principal, user, changes, guard, newEmail: pendingEmail } = change
  const now = ctx.now()
  const changed = hasPasswordHash(user.id, passwordHash)
  const isBrowser = principal.clientId === null
  // A password verified just now is a fresh sign-in, but not one with a second factor: that keeps its age.
  const isFreshNow = change.verdict.isProved && !principal.amr.includes('otp')
  const authenticatedAt = isFreshNow ? now : principal.authenticatedAt
  const next = newBrowserSession(ctx, {
    userId: user.id,
    amr: principal.amr,
    secondFactor: principal.secondFactor,
    authenticatedAt,
    condition: changed,
  })
  const notice = mailNotice(ctx, { kind: 'password_changed', user: user.id, condition: changed })
  const email = emailWritesOf(ctx, change, changed)
  const stored = await ctx.db.commit(
    [
      ...guard.count,
      updatePassword({ user: idOf(user.id), passwordHash, now, former: formerPassword(ctx, user.id, always) }, guard.anywhere),
      ...writesOf(ctx, change),
      raiseEpoch(userWhere(user.id, changed), now),
      ...(isBrowser ? next.writes : []),
      audit(ctx, { type: 'password_changed', userId: user.id, sessionId: principal.sessionId, condition: changed }),
      notice.write,
      ...email.writes,
    ],
    findUserWhere(user.id, changed),
  )
  if (!stored) throw await refusal(ctx, user, changes)
  await settleSearch(ctx, user, changes, stored)
  deliverLater(ctx, notice.mailId, ...email.mailIds)
  if (!isBrowser) return { user: stored, session: null, pendingEmail }
  settleSession(ctx, next.session, ctx.caller.userAgent)
  return { user: stored, session: next.session, pendingEmail }
}
