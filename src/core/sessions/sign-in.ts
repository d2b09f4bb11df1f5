/**
 * Sign-in with a password, up to the session or, with a second factor on, to the pending log-in that
 * `second-factor-sign-in.ts` completes (design §2; ASVS 6.3, 6.6). An unknown account, a wrong
 * password and a banned account are the same refusal, with the same work. A try is counted right before its password is
 * judged, so parallel ones cannot pass the limit and one that is turned away unjudged costs nobody a try.
 * A completed sign-in brings back an account that its owner has deleted within the last 14 days.
 */
import { currentMac, randomToken, sha256 } from '../../crypto.ts'
import type { MailId, SessionId, UserId } from '../../ids.ts'
import { countAttempt, findCounter, wasCounted, wasCountedAfter } from '../../store/db/attempt-counters.ts'
import { isNewDevice } from '../../store/db/audit-events.ts'
import { findChallenge, hasOpenChallenge, insertSignInChallenge } from '../../store/db/challenges.ts'
import { always, both, type Fragment, idOf, not, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf } from '../../store/db/mail-outbox.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { sessionExists, sessionWasMade } from '../../store/db/sessions.ts'
import { findForSignIn, maySignIn, rehashPassword, rowMaySignIn, type SignInRow, type UserRow } from '../../store/db/users.ts'
import { audit, deviceHash } from '../accounts/audit.ts'
import { mayComeBack, restorableSince, restoreAccountWrites } from '../accounts/deletion.ts'
import { refuseWhileHashesQueue } from '../accounts/hash-queue.ts'
import { deliverLater, mailAttempt, mailNotice, newChallenge } from '../accounts/mail.ts'
import { hashPassword, isOutdated, verifyPassword } from '../accounts/password-hash.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Username, usernameKey } from '../fields.ts'
import { MAIL_PAUSE_MS } from '../figures.ts'
import { foldTypedAddress } from '../typed-text.ts'
import { isInForce } from './gate.ts'
import {
  countPasswordTry,
  forgetPasswordTries,
  type PasswordAttempts,
  passwordAttempts,
  recentKey,
  refuseOverTries,
} from './password-attempts.ts'
import type { Claim } from './principal.ts'
import { type BrowserSession, leavePresentedSession, newBrowserSession, type SessionStart, settleSession } from './sessions.ts'

export interface SignedIn<Session> {
  readonly kind: 'signed_in'
  readonly user: UserRow
  readonly session: Session
}

export type SignInOutcome = SignedIn<BrowserSession> | PendingOutcome

interface PendingOutcome {
  readonly kind: 'second_factor_required'
  readonly user: UserRow
  readonly sessionHash: string
  readonly methods: readonly SignInMethod[]
}

/** What can answer a pending log-in. */
export type SignInMethod = 'totp' | 'recovery_code' | 'email'

export interface PasswordSignIn {
  readonly username: Username | string | null
  readonly email: Email | string | null
  readonly password: string
  /** The caller's text; the header where the body has none. */
  readonly userAgent: string
}

export interface SignIn extends PasswordSignIn {
  /** The browser session whose cookie came along: the new one takes its place. */
  readonly presented: Claim | null
}

/** Throws `unauthenticated`, `email_not_verified` (after a right password only), `rate_limited`. At most 3 round trips. */
export async function signIn(ctx: Ctx, input: SignIn): Promise<SignInOutcome> {
  const { user, attempts } = await requireRightPassword(ctx, input)
  const { userAgent } = input
  if (user.secondFactors !== null) return challengeSecondFactor(ctx, user, attempts, userAgent)
  const writes = leavePresentedSession(ctx, input.presented)
  return completeSignIn(ctx, { ...byPassword(ctx, user, attempts), userAgent, writes, begin: browserBeginner(ctx, userAgent) })
}

export interface RightPassword {
  readonly user: SignInRow
  readonly attempts: PasswordAttempts
}

/** Whose password it is, of an account that may sign in. Throws like `signIn`. At most 2 round trips. */
export async function requireRightPassword(ctx: Ctx, input: PasswordSignIn): Promise<RightPassword> {
  const names = namesOf(input)
  // With both, the user name counts: a name and an address that do not belong together must not be told from a pair.
  const typed = currentMac(ctx.config.hmacKeys, 'address', names.usernameKey ?? names.emailKey ?? '').toString('base64url')
  refuseWhileHashesQueue(ctx)
  const [row, counter] = await ctx.db.batch([findForSignIn(names), findCounter(recentKey(ctx, typed))])
  refuseOverTries(ctx, counter)
  const attempts = passwordAttempts(ctx, typed, row?.id ?? null)
  const right = await verifyPassword(ctx, input.password, async () => {
    const notLocked = await countPasswordTry(ctx, attempts)
    return notLocked && row ? row.passwordHash : null
  })
  const now = ctx.now()
  const barred = row === null || (row.deletedAt !== null && !mayComeBack(ctx, row)) || isInForce(row.bannedAt, row.bannedUntil, now)
  if (!right || barred) {
    await ctx.db.one(audit(ctx, { type: 'sign_in_failed', userId: row?.id ?? null, userAgent: input.userAgent, condition: always }))
    throw new AppError('unauthenticated', 'The credentials are wrong')
  }
  if (row.passwordHash !== null && isOutdated(ctx.config, row.passwordHash)) rehashLater(ctx, row.id, input.password, row.passwordHash)
  if (row.emailVerifiedAt === null && ctx.config.requireEmailVerification) {
    await ctx.db.one(forgetPasswordTries(attempts))
    throw new AppError('email_not_verified', 'The e-mail address is not verified yet', { userId: row.id })
  }
  return { user: row, attempts }
}

/** No user name has an @, every address has: one that stands in the place of the user name is an address. */
function namesOf({ username, email }: PasswordSignIn): { usernameKey: string | null; emailKey: string | null } {
  const address = email ?? (username?.includes('@') ? username : null)
  const name = username === address ? null : username
  return { usernameKey: name && usernameKey(name.trim()), emailKey: address && emailKey(foldTypedAddress(address)) }
}

/** How a sign-in is completed by a password alone. */
export function byPassword(ctx: Ctx, user: SignInRow, attempts: PasswordAttempts) {
  return { user, attempts, amr: ['pwd'], condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor) } as const
}

export const timesOf = (ctx: Ctx) => ({ returnSince: restorableSince(ctx), now: ctx.now() })

/** True of the alias `u`: nothing has happened to the account since it was read that would bar it. */
export function isRowOpen(ctx: Ctx, user: UserRow): Fragment {
  return rowMaySignIn(user.epoch, timesOf(ctx))
}

/** The cost or key has changed since the hash was made. After the reply: it takes as long as the sign-in itself. */
function rehashLater(ctx: Ctx, userId: UserId, password: string, from: string): void {
  ctx.defer(async () => ctx.db.one(rehashPassword(userId, from, await hashPassword(ctx, password))))
}

/** A session that a sign-in begins, and what stores it. */
export interface Begun<Session> {
  readonly id: SessionId
  readonly session: Session
  /** Null for a browser. */
  readonly clientId: string | null
  readonly writes: readonly Statement<unknown>[]
  /** Once it is stored. */
  readonly settle: () => void
}

/** Begins a session of some kind, to be stored where `condition` holds. */
export type Begin<Session> = (input: SessionStart) => Begun<Session>

export function browserBeginner(ctx: Ctx, userAgent: string): Begin<BrowserSession> {
  return (input) => {
    const { session, writes } = newBrowserSession(ctx, input)
    return { id: session.id, session, clientId: null, writes, settle: () => settleSession(ctx, session, userAgent) }
  }
}

interface Completion<Session> {
  readonly begin: Begin<Session>
  readonly user: UserRow
  readonly attempts: PasswordAttempts | null
  readonly amr: readonly string[]
  /** What proved the second factor. */
  readonly method?: SignInMethod
  readonly userAgent: string
  /** What must hold for a session to be made (it may name the alias `u`, the user), and what is written before it. */
  readonly condition: Fragment
  readonly writes: readonly Statement<unknown>[]
}

/**
 * Makes the session, and with it brings back a deleted account. Refuses when the account has changed, or the challenge
 * was claimed, in between.
 */
export async function completeSignIn<Session>(ctx: Ctx, done: Completion<Session>): Promise<SignedIn<Session>> {
  const { user } = done
  const { amr, condition, method: secondFactor = null } = done
  const { id, session, clientId, writes, settle } = done.begin({ userId: user.id, amr, secondFactor, condition })
  const made = sessionWasMade(id)
  const device = deviceHash(ctx, done.userAgent)
  const notice = mailNotice(ctx, {
    kind: 'new_device',
    user: user.id,
    userAgent: done.userAgent,
    condition: both(made, isNewDevice(user.id, device)),
  })
  const stored = await ctx.db.commit(
    [
      ...done.writes,
      ...writes,
      // One that is alive, and of the same epoch since it was read, has not been deleted in between.
      ...(user.deletedAt === null ? [] : restoreAccountWrites(ctx, user.id, made)),
      ...(done.attempts ? [forgetPasswordTries(done.attempts)] : []),
      notice.write,
      audit(ctx, {
        type: 'sign_in',
        userId: user.id,
        sessionId: id,
        clientId,
        userAgent: done.userAgent,
        deviceHash: device,
        ...(done.method ? { detail: done.method } : {}),
        condition: made,
      }),
    ],
    sessionExists(id),
  )
  if (!stored) throw new AppError('unauthenticated', 'The credentials are wrong')
  settle()
  deliverLater(ctx, notice.mailId)
  return { kind: 'signed_in', user: { ...user, deletedAt: null, deletedReason: null }, session }
}

/** The strongest first. */
function methodsOf(user: SignInRow): SignInMethod[] {
  const kinds = user.secondFactors?.split(' ') ?? []
  const recovery = user.hasRecoveryCodes === 1 ? (['recovery_code'] as const) : []
  return [...kinds.filter((kind) => kind === 'totp'), ...recovery, ...kinds.filter((kind) => kind === 'email')]
}

/**
 * Opens a pending log-in. The hash is 256 random bits and the only way to go on. A code is mailed where that is the
 * account's only factor; with an authenticator app on, `mailSecondFactorCode` does so when it is asked.
 */
async function challengeSecondFactor(ctx: Ctx, user: SignInRow, attempts: PasswordAttempts, userAgent: string): Promise<SignInOutcome> {
  const unchanged = maySignIn(user.id, user.epoch, timesOf(ctx))
  const sessionHash = randomToken()
  const challenge = newChallenge(ctx, 'sign_in', ctx.config.lifetimes.signInCodeMs, sha256(sessionHash))
  // The pause between two mails is for a code that is still good: one that was used is followed by another at once.
  const methods = methodsOf(user)
  const isMailed = !methods.includes('totp')
  const mail = { ...mailAttempt(ctx, 'sign_in_code', user.emailKey ?? ''), pauseMs: 0 }
  const now = ctx.now()
  const justMailed = both(hasOpenChallenge(idOf(user.id), 'sign_in', now), wasCountedAfter(mail.key, now - MAIL_PAUSE_MS))
  const mailId = ctx.newId<MailId>()
  const row = { id: mailId, kind: kindOf('sign_in_code'), params: '{}', challengeId: challengeOf(challenge.id), createdAt: ctx.now() }
  const opened = await ctx.db.commit(
    [
      ...(isMailed ? [countAttempt(mail, both(unchanged, not(justMailed)))] : []),
      insertSignInChallenge(challenge, user.id, { freshCode: isMailed ? wasCounted(mail) : always, condition: unchanged }),
      ...(isMailed ? [insertMail(row, idOf(user.id), wasCounted(mail))] : []),
      forgetPasswordTries(attempts),
      audit(ctx, { type: 'sign_in_challenged', userId: user.id, userAgent, condition: unchanged }),
    ],
    findChallenge(challenge.id),
  )
  if (!opened) throw new AppError('unauthenticated', 'The credentials are wrong')
  if (isMailed) deliverLater(ctx, mailId)
  return { kind: 'second_factor_required', user, sessionHash, methods }
}
