/**
 * Sign-in with a password (`right-password.ts`), up to the session or, with a second factor, to the pending log-in that
 * `second-factor-sign-in.ts` completes (design §2; ASVS 6.3, 6.6). A completed sign-in restores an account that its
 * owner deleted within the last 14 days.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import type { MailId, SessionId } from '../../ids.ts'
import { isNewDevice } from '../../store/db/audit-events.ts'
import { findChallenge, hasOpenChallenge } from '../../store/db/challenges.ts'
import { always, both, type Fragment, idOf, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf } from '../../store/db/mail-outbox.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import { sessionExists, sessionWasMade } from '../../store/db/sessions.ts'
import { insertSignInChallenge } from '../../store/db/sign-in-challenges.ts'
import type { SignInRow } from '../../store/db/sign-in-users.ts'
import { maySignIn, rowMaySignIn, type UserRow } from '../../store/db/users.ts'
import { restorableSince, restoreAccountWrites } from '../accounts/deletion.ts'
import { deliverLater, mailLimit, mailNotice, newChallenge } from '../accounts/mail.ts'
import { audit, deviceHash } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claim } from '../principal.ts'
import { rememberNetworkOfProgram } from './known-sources.ts'
import { type CountedTry, forgetTries } from './password-attempts.ts'
import { type PasswordSignIn, requireRightPassword } from './right-password.ts'
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

export interface SignIn extends PasswordSignIn {
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

/** Throws `unauthenticated`, `email_not_verified` (after a right password only), `rate_limited`. At most 3 round trips. */
export async function signIn(ctx: Ctx, input: SignIn): Promise<SignInOutcome> {
  const { user, counted } = await requireRightPassword(ctx, input)
  const { userAgent } = input
  if (user.secondFactors !== null) return challengeSecondFactor(ctx, user, counted, userAgent)
  const writes = leavePresentedSession(ctx, input.presented)
  return completeSignIn(ctx, { ...byPassword(ctx, user, counted), userAgent, writes, begin: browserBeginner(ctx, userAgent) })
}

/** How a password alone completes a sign-in. */
export function byPassword(ctx: Ctx, user: SignInRow, counted: CountedTry) {
  return {
    user,
    counted,
    isKnown: user.knowsNetwork === 1,
    amr: ['pwd'],
    condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor),
  } as const
}

export const timesOf = (ctx: Ctx) => ({ returnSince: restorableSince(ctx), now: ctx.now() })

/** True of the alias `u`: nothing that would bar a sign-in has happened to the account since it was read. */
export function isRowOpen(ctx: Ctx, user: UserRow): Fragment {
  return rowMaySignIn(user.epoch, timesOf(ctx))
}

/** A session that a sign-in starts, and what stores it. */
export interface Begun<Session> {
  readonly id: SessionId
  readonly session: Session
  /** Null for a browser. */
  readonly clientId: string | null
  readonly writes: readonly Statement<unknown>[]
  /** Once it is stored. */
  readonly settle: () => void
}

/** Starts a session of some kind, to be stored where `condition` holds. */
export type Begin<Session> = (input: SessionStart) => Begun<Session>

export function browserBeginner(ctx: Ctx, userAgent: string): Begin<BrowserSession> {
  return (input) => {
    const { session, writes } = newBrowserSession(ctx, input)
    return {
      id: session.id,
      session,
      clientId: null,

      writes,
      settle: () => settleSession(ctx, session, userAgent),
    }
  }
}

interface Completion<Session> {
  readonly begin: Begin<Session>
  readonly user: UserRow
  /** The successful try; null if the password was checked before. */
  readonly counted: CountedTry | null
  /** The account knows the network for some time yet: nothing needs to be written. */
  readonly isKnown?: boolean
  readonly amr: readonly string[]
  /** What proved the second factor. */
  readonly method?: SignInMethod
  readonly userAgent: string
  /** What must hold for a session to be created (it may use the alias `u`, the user), and what is written before it. */
  readonly condition: Fragment
  readonly writes: readonly Statement<unknown>[]
}

/**
 * Creates the session, and with it restores a deleted account. Refuses if the account has changed, or the challenge was
 * claimed, meanwhile.
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
      // An account that is live, with the same epoch as when read, was not deleted meanwhile.
      ...(user.deletedAt === null ? [] : restoreAccountWrites(ctx, user.id, made)),
      ...forgetTries(ctx, user, done.counted, done.counted ? always : made),
      ...(done.isKnown ? [] : rememberNetworkOfProgram(ctx, user.id, made)),
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

/** Strongest first. */
function methodsOf(user: SignInRow): SignInMethod[] {
  const kinds = user.secondFactors?.split(' ') ?? []
  const recovery = user.hasRecoveryCodes === 1 ? (['recovery_code'] as const) : []
  return [...kinds.filter((kind) => kind === 'totp'), ...recovery, ...kinds.filter((kind) => kind === 'email')]
}

/**
 * Opens a pending log-in. The hash is 256 random bits and the only way to continue. A code is mailed if that is the
 * account's only factor; with an authenticator app, `mailSecondFactorCode` mails it on request.
 */
async function challengeSecondFactor(ctx: Ctx, user: SignInRow, counted: CountedTry, userAgent: string): Promise<SignInOutcome> {
  const unchanged = maySignIn(user.id, user.epoch, timesOf(ctx))
  const sessionHash = randomToken()
  const challenge = newChallenge(ctx, 'sign_in', ctx.config.lifetimes.signInCodeMs, sha256(sessionHash))
  // The pause between two mails applies while the code is valid: a used one is followed by another at once.
  const methods = methodsOf(user)
  const isMailed = !methods.includes('totp')
  const owner = idOf(user.id)
  const pausedWhile = hasOpenChallenge(owner, 'sign_in', ctx.now())
  const mail = mailLimit(ctx, { sort: 'sign_in_code', address: user.emailKey ?? '', owner, pausedWhile, condition: unchanged })
  const mailId = ctx.newId<MailId>()
  const row = { id: mailId, kind: kindOf('sign_in_code'), params: '{}', challengeId: challengeOf(challenge.id), createdAt: ctx.now() }
  const opened = await ctx.db.commit(
    [
      ...(isMailed ? mail.count : []),
      insertSignInChallenge(challenge, user.id, { freshCode: isMailed ? mail.counted : always, condition: unchanged }),
      ...(isMailed ? [insertMail(row, owner, mail.counted)] : []),
      ...forgetTries(ctx, user, counted),
      audit(ctx, { type: 'sign_in_challenged', userId: user.id, userAgent, condition: unchanged }),
    ],
    findChallenge(challenge.id),
  )
  if (!opened) throw new AppError('unauthenticated', 'The credentials are wrong')
  if (isMailed) deliverLater(ctx, mailId)
  return { kind: 'second_factor_required', user, sessionHash, methods }
}
