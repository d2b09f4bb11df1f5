/** The present password, or a sign-in of the last minutes: what a sensitive change of one's own account needs (ASVS 6.2.3, 7.5.1). */
import type { Statement } from '../../store/db/database.ts'
import type { UserRow } from '../../store/db/users.ts'
import { verifyPassword } from '../accounts/password-hash.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { isFresh } from '../sessions/fresh.ts'
import { countPasswordTry, forgetPasswordTries, passwordAttempts } from '../sessions/password-attempts.ts'
import type { UserPrincipal } from '../sessions/principal.ts'
import { fieldErrors } from './profile-changes.ts'

export type UserWithPassword = UserRow & { readonly passwordHash: string | null }

/** Judges a password like a sign-in does, and counts the try like one. `forget` takes the count back, when all is well. */
async function tryPassword(ctx: Ctx, user: UserWithPassword, password: string): Promise<{ right: boolean; forget: Statement<void> }> {
  const attempts = passwordAttempts(ctx, `user ${user.id}`, user.id)
  const right = await verifyPassword(ctx, password, async () => ((await countPasswordTry(ctx, attempts)) ? user.passwordHash : null))
  return { right, forget: forgetPasswordTries(attempts) }
}

/** A browser in which the person has just signed in. An app's token was only lent that sign-in, for its scope alone. */
function isFreshBrowser(ctx: Ctx, principal: UserPrincipal): boolean {
  return principal.clientId === null && isFresh(ctx, principal)
}

/** The same in an app that is registered for it: for protocols that know no password here (docs/decisions/011). */
function isFreshMarkedApp(ctx: Ctx, principal: UserPrincipal): boolean {
  return principal.mayChangeAddresses && isFresh(ctx, principal)
}

function reauthenticationRequired(field: string): AppError {
  return new AppError('reauthentication_required', `Send ${field} or sign in again`, { reason: 'fresh_sign_in_required' })
}

/** The present password, counted like a sign-in; without one, a sign-in of the last minutes. `field` is where it was sent. */
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
  const { right, forget } = await tryPassword(ctx, user, currentPassword)
  if (!right) throw fieldErrors([field], 'is wrong')
  await ctx.db.one(forget)
}

export interface PasswordVerdict {
  /** False: the password that was sent is the present one, or none was. */
  readonly isNew: boolean
  /** Whether the present password was among what was sent. */
  readonly isProved: boolean
  /** For the batch of the change. */
  readonly writes: readonly Statement<unknown>[]
}

/**
 * Judges what was sent with a sensitive change. A `password` that equals the present one is no change, and proof enough
 * of whoever sends it; it is counted as a try, or a stolen token could guess with it.
 */
export async function judgePasswords(
  ctx: Ctx,
  principal: UserPrincipal,
  user: UserWithPassword,
  sent: { password: string | null; currentPassword: string | null; mayMarkedAppProve?: boolean },
): Promise<PasswordVerdict> {
  const { password, currentPassword } = sent
  if (currentPassword !== null) {
    const { right, forget } = await tryPassword(ctx, user, currentPassword)
    if (!right) throw fieldErrors(['currentPassword'], 'is wrong')
    return {
      isNew: password !== null && password.normalize('NFKC') !== currentPassword.normalize('NFKC'),
      isProved: true,
      writes: [forget],
    }
  }
  const tried = password === null ? null : await tryPassword(ctx, user, password)
  if (tried?.right) return { isNew: false, isProved: true, writes: [tried.forget] }
  const isFreshNow = isFreshBrowser(ctx, principal) || (sent.mayMarkedAppProve === true && isFreshMarkedApp(ctx, principal))
  if (!isFreshNow) throw reauthenticationRequired('currentPassword')
  return { isNew: password !== null, isProved: false, writes: tried ? [tried.forget] : [] }
}
