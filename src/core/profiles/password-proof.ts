/** The current password, or a recent sign-in: what a sensitive change of one's own account needs (ASVS 6.2.3, 7.5.1). */
import type { AnyId } from '../../ids.ts'
import { type Attempt, countAttempt, findCounter } from '../../store/db/attempt-counters.ts'
import type { UserRow } from '../../store/db/users.ts'
import { verifyPassword } from '../accounts/password-hash.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { LOGIN_DAY_MS, PASSWORD_PROOFS_PER_DAY } from '../limits.ts'
import type { UserPrincipal } from '../principal.ts'
import { isFresh, requireFresh } from '../sessions/fresh.ts'
import { rateLimited } from '../sessions/password-attempts.ts'

export type UserWithPassword = UserRow & { readonly passwordHash: string | null }

/**
 * Checks a password and counts the try, right or wrong: each costs a hash, and a token's holder could guess with it. A
 * browser in which the user has just signed in is counted separately, so that no token can keep the owner from a new
 * password.
 */
async function isRightPassword(ctx: Ctx, principal: UserPrincipal, user: UserWithPassword, password: string): Promise<boolean> {
  const attempt: Attempt = {
    key: `password-proof:${user.id}:${isFreshBrowser(ctx, principal) ? 'browser' : 'token'}`,
    limit: PASSWORD_PROOFS_PER_DAY,
    windowMs: LOGIN_DAY_MS,
    pauseMs: 0,
    stamp: ctx.newId<AnyId>(),
    now: ctx.now(),
  }
  return verifyPassword(ctx, password, async () => {
    if (await ctx.db.one(countAttempt(attempt))) return user.passwordHash
    throw rateLimited(ctx, await ctx.db.one(findCounter(attempt.key)))
  })
}

/** A browser in which the user has just signed in. An app's token was only lent that sign-in, within its scope. */
function isFreshBrowser(ctx: Ctx, principal: UserPrincipal): boolean {
  return principal.clientId === null && isFresh(ctx, principal)
}

function reauthenticationRequired(field: string): AppError {
  return new AppError('reauthentication_required', `Send ${field} or sign in again`, { reason: 'fresh_sign_in_required' })
}

/** The current password, counted like a sign-in; without one, a recent sign-in. `field` is where it was sent. */
export async function provePassword(
  ctx: Ctx,
  principal: UserPrincipal,
  user: UserWithPassword,
  currentPassword: string | null,
  field: 'currentPassword' | 'password' = 'currentPassword',
): Promise<void> {
  if (currentPassword === null) {
    if (isFreshBrowser(ctx, principal)) return
    throw reauthenticationRequired(field)
  }
  if (!(await isRightPassword(ctx, principal, user, currentPassword))) throw AppError.ofFields([{ path: field, message: 'is wrong' }])
}

export interface PasswordVerdict {
  /** False: the password sent is the current one, or none was. */
  readonly isNew: boolean
  /** Whether the current password was sent. */
  readonly isProved: boolean
}

/**
 * Checks the password sent with a sensitive change. A `password` equal to the current one is no change and proves the
 * sender; it is counted as a try, or a stolen token could guess with it.
 */
export async function judgePasswords(
  ctx: Ctx,
  principal: UserPrincipal,
  user: UserWithPassword,
  sent: { password: string | null; currentPassword: string | null; mayMarkedAppProve?: boolean },
): Promise<PasswordVerdict> {
  const { password, currentPassword } = sent
  if (currentPassword !== null) {
    if (!(await isRightPassword(ctx, principal, user, currentPassword)))
      throw AppError.ofFields([{ path: 'currentPassword', message: 'is wrong' }])
    return {
      isNew: password !== null && password.normalize('NFKC') !== currentPassword.normalize('NFKC'),
      isProved: true,
    }
  }
  if (password !== null && (await isRightPassword(ctx, principal, user, password))) return { isNew: false, isProved: true }
  if (!isFreshBrowser(ctx, principal)) {
    // A recent sign-in also counts in an app that is registered for it: for protocols without a password (docs/decisions/011).
    if (sent.mayMarkedAppProve !== true || !principal.mayChangeAddresses) throw reauthenticationRequired('currentPassword')
    requireFresh(ctx, principal)
  }
  return { isNew: password !== null, isProved: false }
}
