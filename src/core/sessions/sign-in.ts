/**
 * Sign-in with a password, and with a second factor after it (design §2; ASVS 6.3, 6.6). An unknown account, a wrong
 * password and a banned account are the same refusal, with the same work. Attempts are counted before they are judged.
 * A completed sign-in brings back an account that its owner has deleted within the last 14 days.
 */
import { currentMac, equalInConstantTime, randomToken, sha256 } from '../../crypto.ts'
import type { ChallengeId, MailId, SessionId, UserId } from '../../ids.ts'
import { deriveCode } from '../../mail/codes.ts'
import { type Attempt, countAttempt, findCounter, resetCounters, wasCounted, wasCountedAfter } from '../../store/db/attempt-counters.ts'
import { isNewDevice } from '../../store/db/audit-events.ts'
import {
  claimSignIn,
  findChallenge,
  hasOpenChallenge,
  insertSignInChallenge,
  isSignInClaimed,
  isSignInTriable,
  trySignIn,
} from '../../store/db/challenges.ts'
import { always, both, type Fragment, findIf, idOf, not, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf } from '../../store/db/mail-outbox.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { sessionExists, sessionWasMade } from '../../store/db/sessions.ts'
import { findForSignIn, findUser, maySignIn, rehashPassword, rowMaySignIn, type SignInRow, type UserRow } from '../../store/db/users.ts'
import { audit, deviceHash } from '../accounts/audit.ts'
import { mayComeBack, restorableSince, restoreAccountWrites } from '../accounts/deletion.ts'
import { deliverLater, mailAttempt, mailNotice, newChallenge } from '../accounts/mail.ts'
import { hashPassword, isOutdated, verifyPassword } from '../accounts/password-hash.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { type Email, emailKey, type Username, usernameKey } from '../fields.ts'
import { CHALLENGE_TRIES, MAIL_PAUSE_MS, SECOND_FACTOR_TRIES, SECOND_FACTOR_WINDOW_MS, SIGN_IN_CHALLENGE_MS } from '../figures.ts'
import { isInForce } from './gate.ts'
import { countPasswordTry, forgetPasswordTries, type PasswordAttempts, passwordAttempts, rateLimited } from './password-attempts.ts'
import type { Claim } from './principal.ts'
import { type BrowserSession, leavePresentedSession, newBrowserSession, settleSession } from './sessions.ts'

export type SignInOutcome =
  | { readonly kind: 'signed_in'; readonly user: UserRow; readonly session: BrowserSession }
  | { readonly kind: 'second_factor_required'; readonly user: UserRow; readonly sessionHash: string }

export interface SignIn {
  readonly username: Username | string | null
  readonly email: Email | string | null
  readonly password: string
  /** The caller's text; the header where the body has none. */
  readonly userAgent: string
  /** The browser session whose cookie came along: the new one takes its place. */
  readonly presented: Claim | null
}

/** Throws `unauthenticated`, `email_not_verified` (after a right password only), `rate_limited`. At most 3 round trips. */
export async function signIn(ctx: Ctx, input: SignIn): Promise<SignInOutcome> {
  const names = {
    usernameKey: input.username === null ? null : usernameKey(input.username),
    emailKey: input.email === null ? null : emailKey(input.email),
  }
  const row = await ctx.db.one(findForSignIn(names))
  // With both, the user name counts: a name and an address that do not belong together must not be told from a pair.
  const typed = currentMac(ctx.config.hmacKeys, 'address', names.usernameKey ?? names.emailKey ?? '').toString('base64url')
  const attempts = passwordAttempts(ctx, typed, row?.id ?? null)
  const notLocked = await countPasswordTry(ctx, attempts)
  const right = await verifyPassword(ctx, input.password, notLocked && row ? row.passwordHash : null)
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
  return row.secondFactors > 0
    ? challengeSecondFactor(ctx, row, attempts, input.userAgent)
    : completeSignIn(ctx, {
        user: row,
        attempts,
        amr: ['pwd'],
        userAgent: input.userAgent,
        condition: both(isRowOpen(ctx, row), rowHasNoSecondFactor),
        writes: leavePresentedSession(ctx, input.presented),
      })
}

const timesOf = (ctx: Ctx) => ({ returnSince: restorableSince(ctx), now: ctx.now() })

/** True of the alias `u`: nothing has happened to the account since it was read that would bar it. */
function isRowOpen(ctx: Ctx, user: UserRow): Fragment {
  return rowMaySignIn(user.epoch, timesOf(ctx))
}

/** The cost or key has changed since the hash was made. After the reply: it takes as long as the sign-in itself. */
function rehashLater(ctx: Ctx, userId: UserId, password: string, from: string): void {
  ctx.defer(async () => ctx.db.one(rehashPassword(userId, from, await hashPassword(ctx, password))))
}

interface Completion {
  readonly user: UserRow
  readonly attempts: PasswordAttempts | null
  readonly amr: readonly string[]
  readonly userAgent: string
  /** What must hold for a session to be made (it may name the alias `u`, the user), and what is written before it. */
  readonly condition: Fragment
  readonly writes: Statement<unknown>[]
}

/**
 * Makes the session, and with it brings back a deleted account. Refuses when the account has changed, or the challenge
 * was claimed, in between.
 */
async function completeSignIn(ctx: Ctx, done: Completion): Promise<SignInOutcome> {
  const { user } = done
  const { session, writes } = newBrowserSession(ctx, { userId: user.id, amr: done.amr, condition: done.condition })
  const made = sessionWasMade(session.id)
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
        sessionId: session.id,
        userAgent: done.userAgent,
        deviceHash: device,
        condition: made,
      }),
    ],
    sessionExists(session.id),
  )
  if (!stored) throw new AppError('unauthenticated', 'The credentials are wrong')
  settleSession(ctx, session, done.userAgent)
  deliverLater(ctx, notice.mailId)
  return { kind: 'signed_in', user: { ...user, deletedAt: null, deletedReason: null }, session }
}

/** Opens a pending log-in and mails its code. The hash is 256 random bits and the only way to go on. */
async function challengeSecondFactor(ctx: Ctx, user: SignInRow, attempts: PasswordAttempts, userAgent: string): Promise<SignInOutcome> {
  const unchanged = maySignIn(user.id, user.epoch, timesOf(ctx))
  const sessionHash = randomToken()
  const challenge = newChallenge(ctx, 'sign_in', SIGN_IN_CHALLENGE_MS, sha256(sessionHash))
  // The pause between two mails is for a code that is still good: one that was used is followed by another at once.
  const mail = { ...mailAttempt(ctx, 'sign_in_code', user.emailKey ?? ''), pauseMs: 0 }
  const now = ctx.now()
  const justMailed = both(hasOpenChallenge(idOf(user.id), 'sign_in', now), wasCountedAfter(mail.key, now - MAIL_PAUSE_MS))
  const mailId = ctx.newId<MailId>()
  const row = { id: mailId, kind: kindOf('sign_in_code'), params: '{}', challengeId: challengeOf(challenge.id), createdAt: ctx.now() }
  const opened = await ctx.db.commit(
    [
      countAttempt(mail, both(unchanged, not(justMailed))),
      insertSignInChallenge(challenge, user.id, { freshCode: wasCounted(mail), condition: unchanged }),
      insertMail(row, idOf(user.id), wasCounted(mail)),
      forgetPasswordTries(attempts),
      audit(ctx, { type: 'sign_in_challenged', userId: user.id, userAgent, condition: unchanged }),
    ],
    findChallenge(challenge.id),
  )
  if (!opened) throw new AppError('unauthenticated', 'The credentials are wrong')
  deliverLater(ctx, mailId)
  return { kind: 'second_factor_required', user, sessionHash }
}

/** Answers a pending log-in. Wrong, used, expired and foreign are one refusal, `code_invalid`. At most 2 round trips. */
export async function completeSecondFactor(
  ctx: Ctx,
  input: { userId: UserId; sessionHash: string; code: string; userAgent: string; presented: Claim | null },
): Promise<SignInOutcome> {
  const { userId } = input
  const now = ctx.now()
  const pending = { tokenHash: sha256(input.sessionHash), userId, tries: CHALLENGE_TRIES, returnSince: restorableSince(ctx), now }
  const attempt: Attempt = {
    key: `second-factor:${userId}`,
    limit: SECOND_FACTOR_TRIES,
    windowMs: SECOND_FACTOR_WINDOW_MS,
    pauseMs: 0,
    stamp: ctx.newId<MailId>(),
    now,
  }
  const triable = isSignInTriable(pending)
  const [counted, challenge, user, counter, isTriable] = await ctx.db.batch([
    countAttempt(attempt, triable),
    trySignIn(pending, wasCounted(attempt)),
    findUser(userId),
    findCounter(attempt.key),
    findIf(triable),
  ])
  if (!counted && isTriable) throw rateLimited(ctx, counter)
  const refusal = new AppError('code_invalid', 'The code is wrong, used or expired')
  if (!challenge || !user) throw refusal
  const expected = deriveCode(ctx.config.hmacKeys, 'sign_in', challenge)
  if (expected === null || !equalInConstantTime(expected, input.code)) {
    await ctx.db.one(audit(ctx, { type: 'sign_in_failed', userId, userAgent: input.userAgent, condition: always }))
    throw refusal
  }
  return claimPendingSignIn(ctx, {
    challenge,
    user,
    attemptKey: attempt.key,
    userAgent: input.userAgent,
    presented: input.presented,
  }).catch((error: unknown) => {
    if (error instanceof AppError && error.code === 'unauthenticated') throw refusal
    throw error
  })
}

async function claimPendingSignIn(
  ctx: Ctx,
  won: { challenge: { id: ChallengeId; codeId: number }; user: UserRow; attemptKey: string; userAgent: string; presented: Claim | null },
): Promise<SignInOutcome> {
  const { challenge, user } = won
  const claimedBy = ctx.newId<SessionId>()
  const claimed = isSignInClaimed(challenge.id, claimedBy)
  return completeSignIn(ctx, {
    user,
    attempts: null,
    amr: ['pwd', 'otp', 'mfa'],
    userAgent: won.userAgent,
    condition: both(claimed, isRowOpen(ctx, user)),
    writes: [
      claimSignIn({ id: challenge.id, codeId: challenge.codeId, userId: user.id, claimedBy, now: ctx.now() }),
      resetCounters([won.attemptKey], claimed),
      ...leavePresentedSession(ctx, won.presented),
    ],
  })
}
