/**
 * Checks a password for every kind of sign-in. An unknown account, a wrong password and a banned account get the same
 * refusal after the same work. A try is counted right before its password is checked, so parallel ones cannot exceed
 * the limit, and one refused before that is not counted.
 */
import type { UserId } from '../../ids.ts'
import { countAttempt, findCounter, wasCounted } from '../../store/db/attempt-counters.ts'
import { always, not, type Statement } from '../../store/db/database.ts'
import { DECOY_POSITIONS, findDecoy, findForSignIn, type SignInRow } from '../../store/db/sign-in-users.ts'
import { rehashPassword } from '../../store/db/users.ts'
import { isBarred } from '../accounts/deletion.ts'
import { refuseWhileHashesQueue } from '../accounts/hash-queue.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import { hashPassword, hasPassword, isOutdated, verifyPassword, workOf } from '../accounts/password-hash.ts'
import { audit } from '../audit.ts'
import { requireHuman } from '../bot-check.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Username, usernameKey } from '../fields.ts'
import { foldTypedAddress } from '../typed-text.ts'
import { knownNetwork, refuseBeyondNetwork } from './known-sources.ts'
import {
  type CountedTry,
  countPasswordTry,
  countWork,
  forgetTries,
  isSuspicious,
  lockNoticeAttempt,
  passwordAttempts,
  recentKey,
  refuseOverTries,
  typedName,
} from './password-attempts.ts'

/** What a user types for the account. */
export interface TypedNames {
  readonly username: Username | string | null
  readonly email: Email | string | null
}

export interface PasswordSignIn extends TypedNames {
  readonly password: string
  /** The caller's text; the header if the body has none. */
  readonly userAgent: string
  /** What the page's check of bots answered; undefined where there is no page to show it. */
  readonly botCheck?: { readonly answer: string | undefined }
}

export interface RightPassword {
  readonly user: SignInRow
  readonly counted: CountedTry
}

/**
 * One refusal for all log-ins by user name and one for all by address. An unverified address is refused like any other, so the
 * message for addresses names that reason, too.
 */
export function wrongCredentials(input: PasswordSignIn): AppError {
  const isByAddress = namesOf(input).usernameKey === null
  return new AppError('unauthenticated', `The credentials are wrong${isByAddress ? ', or the email address is not verified yet' : ''}`)
}

/** The user whose password it is, if the account may sign in. Throws like `signIn`. At most 2 round trips. */
export async function requireRightPassword(ctx: Ctx, input: PasswordSignIn): Promise<RightPassword> {
  const names = namesOf(input)
  // With both, the user name counts: whether a name and an address belong together must not show.
  const typed = typedName(ctx, names.usernameKey ?? names.emailKey ?? '')
  refuseWhileHashesQueue(ctx)
  const [row, counter, decoy] = await ctx.db.batch([
    findForSignIn({ ...names, ...knownNetwork(ctx) }),
    findCounter(recentKey(ctx, typed)),
    findDecoy(decoyPosition(typed)),
  ])
  refuseBeyondNetwork(ctx, row?.id ?? null)
  refuseOverTries(ctx, counter, row)
  if (input.botCheck && isSuspicious(ctx, counter, row)) await requireHuman(ctx, 'sign-in', input.botCheck.answer)
  // The same work for a name that nobody has, for an account without a password, and once strangers have used up their tries.
  const decoyHash = hasPassword(row?.passwordHash ?? null)
    ? (row?.passwordHash ?? null)
    : (decoy?.passwordHash ?? decoy?.firstPasswordHash ?? null)
  let counted: CountedTry | null = null
  const refunds: Statement<void>[] = []
  const findHash = async () => {
    refunds.push(...(await countWork(ctx, workOf(decoyHash, input.password), row)))
    counted = await countPasswordTry(ctx, passwordAttempts(ctx, typed, row))
    return counted && row ? row.passwordHash : null
  }
  const right = await verifyPassword(ctx, input.password, findHash, decoyHash)
  if (!right || row === null || isBarred(ctx, row) || counted === null) {
    await recordFailure(ctx, row, counted, { userAgent: input.userAgent, ...(right ? {} : { detail: 'password' }) })
    throw wrongCredentials(input)
  }
  if (refunds.length > 0) ctx.defer(() => ctx.db.batch(refunds))
  if (row.passwordHash !== null && isOutdated(ctx.config, row.passwordHash)) rehashLater(ctx, row.id, input.password, row.passwordHash)
  if (row.emailVerifiedAt === null && ctx.config.requireEmailVerification) {
    await ctx.db.batch(forgetTries(ctx, row, counted))
    throw new AppError('email_not_verified', 'The email address is not verified yet', { userId: row.id })
  }
  return { user: row, counted }
}

/**
 * In the history of the account's owner. Uncounted tries leave nothing, or anyone could fill it. When strangers have
 * used their last try for now, a mail tells the owner how to sign in.
 */
async function recordFailure(
  ctx: Ctx,
  row: SignInRow | null,
  counted: CountedTry | null,
  how: { userAgent: string; detail?: string },
): Promise<void> {
  const userId = row?.id ?? null
  const event = audit(ctx, { type: 'sign_in_failed', userId, ...how, condition: counted === null ? not(always) : always })
  if (userId === null || !counted?.isLast) return ctx.db.one(event)
  const told = lockNoticeAttempt(ctx, userId)
  const notice = mailNotice(ctx, { kind: 'sign_in_locked', user: userId, condition: wasCounted(told), isByAnother: true })
  await ctx.db.batch([event, countAttempt(told), notice.write])
  deliverLater(ctx, notice.mailId)
}

/** No user name has an @, every address has one: an address in place of the user name is recognized. */
export function namesOf({ username, email }: TypedNames): { usernameKey: string | null; emailKey: string | null } {
  const address = email ?? (username?.includes('@') ? username : null)
  const name = username === address ? null : username
  return { usernameKey: name && usernameKey(name.trim()), emailKey: address && emailKey(foldTypedAddress(address)) }
}

/** From a keyed hash: nobody can tell whose work a name that nobody has will take, and it is always the same. */
const decoyPosition = (typed: string) => Buffer.from(typed, 'base64url').readUInt32BE(0) % DECOY_POSITIONS

/** The cost or key has changed since the hash was made. After the reply: it takes as long as the sign-in itself. */
function rehashLater(ctx: Ctx, userId: UserId, password: string, from: string): void {
  ctx.defer(async () => ctx.db.one(rehashPassword(userId, from, await hashPassword(ctx, password))))
}
