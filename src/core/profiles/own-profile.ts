/** The caller's own profile: what its owner sees, and may change (wire §6.12). */
import type { ProfileField } from '../../config.ts'
import { both, type Fragment, idOf, type Statement } from '../../store/db/database.ts'
import {
  findUserWhere,
  findWithPassword,
  hasPasswordHash,
  hasProfile,
  isUnchanged,
  isUsernameFree,
  type ProfileChanges,
  raiseEpoch,
  type UserRow,
  updatePassword,
  updateProfile,
  userWhere,
} from '../../store/db/users.ts'
import { audit } from '../accounts/audit.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashPassword, verifyPassword } from '../accounts/password-hash.ts'
import { refuseGuessablePassword } from '../accounts/password-rules.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Password, type Username, usernameKey } from '../fields.ts'
import { isFresh } from '../sessions/fresh.ts'
import type { Gate } from '../sessions/gate.ts'
import { countPasswordTry, forgetPasswordTries, passwordAttempts } from '../sessions/password-attempts.ts'
import type { UserPrincipal } from '../sessions/principal.ts'
import { type BrowserSession, newBrowserSession, settleSession } from '../sessions/sessions.ts'

export interface OwnProfile {
  readonly user: UserRow
  readonly principal: UserPrincipal
  readonly editableFields: readonly ProfileField[]
}

export async function getOwnProfile(ctx: Ctx, gate: Gate): Promise<OwnProfile> {
  const { principal, user } = await gate()
  return { user, principal, editableFields: [...ctx.config.editableFields] }
}

export interface OwnProfileUpdate {
  /** In the core's words; null clears a field. */
  readonly fields: Partial<Record<Exclude<ProfileField, 'username'>, string | null>>
  readonly username: Username | null
  /** What may be sent along as it is, and not changed here. */
  readonly unchanged: { readonly email: Email | null; readonly role: string | null }
  readonly password: Password | null
  readonly currentPassword: string | null
}

/**
 * Changes the caller's profile and password, all or nothing. What equals the present value is no change. A password
 * needs the present one or a fresh sign-in, and ends every session: a browser gets a new one in the result.
 */
export async function updateOwnProfile(
  ctx: Ctx,
  gate: Gate,
  update: OwnProfileUpdate,
): Promise<{ user: UserRow; session: BrowserSession | null }> {
  const { principal, reads } = await gate(({ userId }) => [findWithPassword(userId)])
  const [user] = reads
  if (!user) throw new AppError('unauthenticated')
  const changes = toChanges(ctx, user, update)
  const guard = guardOf(ctx, user, changes)
  if (update.password === null) return { user: await storeProfile(ctx, user, changes, guard), session: null }

  const authenticatedAt = await provePassword(ctx, principal, user, update.currentPassword)
  refuseGuessablePassword(update.password, { username: changes.username?.username ?? user.username, email: user.email })
  const passwordHash = await hashPassword(ctx, update.password)
  return storePassword(ctx, { principal, user, changes, guard, passwordHash, authenticatedAt })
}

/** What differs from the present, refused where it may not be written. */
function toChanges(ctx: Ctx, user: UserRow, update: OwnProfileUpdate): ProfileChanges {
  const fields = Object.fromEntries(
    Object.entries(update.fields).filter(([field, value]) => value !== user[field as keyof UserRow]),
  ) as ProfileChanges['fields']
  const isRenamed = update.username !== null && update.username !== user.username
  const changed = [...Object.keys(fields), ...(isRenamed ? ['username'] : [])] as ProfileField[]
  const { email, role } = update.unchanged
  const refused = [
    ...changed.filter((field) => !ctx.config.editableFields.has(field)),
    ...(email !== null && emailKey(email) !== user.emailKey ? ['email'] : []),
    ...(role !== null && role !== user.role ? ['role'] : []),
  ]
  if (refused.length > 0) throw fieldErrors(refused, 'may not be changed')
  if (
    (fields.phone ?? user.phone) !== null &&
    (fields.phoneCountryCode === undefined ? user.phoneCountryCode : fields.phoneCountryCode) === null
  ) {
    if (fields.phone !== null) throw fieldErrors(['phoneCountryCode'], 'is required with a phone number')
  }
  return isRenamed && update.username !== null
    ? { fields, username: { username: update.username, usernameKey: usernameKey(update.username) } }
    : { fields }
}

function fieldErrors(paths: readonly string[], message: string): AppError {
  return new AppError('invalid_request', 'Some fields are wrong', { fields: paths.map((path) => ({ path, location: 'body', message })) })
}

/** The account is as it was read, and the new user name, if any, is nobody else's. */
function guardOf(ctx: Ctx, user: UserRow, changes: ProfileChanges): Fragment {
  const unchanged = isUnchanged(user.id, user.epoch, ctx.now())
  return changes.username ? both(unchanged, isUsernameFree(changes.username.usernameKey, user.id)) : unchanged
}

function profileWrites(ctx: Ctx, user: UserRow, changes: ProfileChanges, guard: Fragment): Statement<unknown>[] {
  if (Object.keys(changes.fields).length === 0 && !changes.username) return []
  const renamed = changes.username
    ? [audit(ctx, { type: 'username_changed', userId: user.id, detail: user.username, condition: guard })]
    : []
  return [...renamed, updateProfile(user.id, changes, ctx.now(), guard)]
}

async function storeProfile(ctx: Ctx, user: UserRow, changes: ProfileChanges, guard: Fragment): Promise<UserRow> {
  const writes = profileWrites(ctx, user, changes, guard)
  if (writes.length === 0) return user
  const stored = await ctx.db.commit(writes, findUserWhere(user.id, both(guard, hasProfile(user.id, changes))))
  if (!stored) throw refusal(changes)
  return stored
}

function refusal(changes: ProfileChanges): AppError {
  return changes.username ? new AppError('username_taken', 'The user name is taken') : new AppError('unauthenticated')
}

/** The present password, counted like a sign-in; without one, a sign-in of the last minutes. Answers when it was proved. */
async function provePassword(
  ctx: Ctx,
  principal: UserPrincipal,
  user: UserRow & { passwordHash: string | null },
  currentPassword: string | null,
): Promise<number> {
  if (currentPassword === null) {
    if (isFresh(ctx, principal)) return principal.authenticatedAt
    throw new AppError('reauthentication_required', 'Send currentPassword or sign in again', { reason: 'fresh_sign_in_required' })
  }
  const attempts = passwordAttempts(ctx, `user ${user.id}`, user.id)
  const notLocked = await countPasswordTry(ctx, attempts)
  const right = await verifyPassword(ctx, currentPassword, notLocked ? user.passwordHash : null)
  if (!right) throw fieldErrors(['currentPassword'], 'is wrong')
  await ctx.db.one(forgetPasswordTries(attempts))
  return ctx.now()
}

interface NewPassword {
  readonly principal: UserPrincipal
  readonly user: UserRow
  readonly changes: ProfileChanges
  readonly guard: Fragment
  readonly passwordHash: string
  readonly authenticatedAt: number
}

async function storePassword(ctx: Ctx, input: NewPassword): Promise<{ user: UserRow; session: BrowserSession | null }> {
  const { principal, user, changes, guard, passwordHash, authenticatedAt } = input
  const now = ctx.now()
  const changed = hasPasswordHash(user.id, passwordHash)
  const isBrowser = principal.clientId === null
  const next = newBrowserSession(ctx, { userId: user.id, amr: principal.amr, authenticatedAt, condition: changed })
  const notice = mailNotice(ctx, { kind: 'password_changed', user: user.id, condition: changed })
  const stored = await ctx.db.commit(
    [
      updatePassword({ user: idOf(user.id), passwordHash, now }, guard),
      ...profileWrites(ctx, user, changes, guard),
      raiseEpoch(userWhere(user.id, changed), now),
      ...(isBrowser ? next.writes : []),
      audit(ctx, { type: 'password_changed', userId: user.id, sessionId: principal.sessionId, condition: changed }),
      notice.write,
    ],
    findUserWhere(user.id, changed),
  )
  if (!stored) throw refusal(changes)
  deliverLater(ctx, notice.mailId)
  if (!isBrowser) return { user: stored, session: null }
  settleSession(ctx, next.session, ctx.caller.userAgent)
  return { user: stored, session: next.session }
}
