/**
 * A sign-in that waits for its second factor: opened here, completed in `second-factor-sign-in.ts`. It records how the
 * first factor was proved.
 */
import { randomToken, sha256 } from '../../crypto.ts'
import type { MailId } from '../../ids.ts'
import { findChallenge, hasOpenChallenge } from '../../store/db/challenges.ts'
import { always, both, type Fragment, idOf, type Statement } from '../../store/db/database.ts'
import { challengeOf, insertMail, kindOf } from '../../store/db/mail-outbox.ts'
import { insertSignInChallenge } from '../../store/db/sign-in-challenges.ts'
import type { SignInRow } from '../../store/db/sign-in-users.ts'
import { maySignIn, type UserRow } from '../../store/db/users.ts'
import { deliverLater, mailLimit, newChallenge } from '../accounts/mail.ts'
import { audit } from '../audit.ts'
import { isByMail } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claim } from '../principal.ts'
import { type SignInMethod, timesOf } from './completion.ts'
import { type CountedTry, forgetTries } from './password-attempts.ts'

export interface FirstFactor {
  /** As read before the factor was checked: nothing may have happened to the account since. */
  readonly user: SignInRow
  /** RFC 8176. */
  readonly amr: readonly string[]
  /** The successful try of a password; null for any other factor. */
  readonly counted: CountedTry | null
  readonly userAgent: string
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
  /** What uses up the proof, written before everything else in the batch. */
  readonly writes: readonly Statement<unknown>[]
  /** Holds when `writes` have won. */
  readonly condition: Fragment
}

export interface PendingOutcome {
  readonly kind: 'second_factor_required'
  readonly user: UserRow
  readonly sessionHash: string
  readonly methods: readonly SignInMethod[]
}

/** Strongest first. A mailed code is no second factor after another. */
export function methodsOf(user: SignInRow, amr: readonly string[]): SignInMethod[] {
  const kinds = user.secondFactors?.split(' ') ?? []
  const has = (kind: string) => kinds.includes(kind)
  const methods: readonly [SignInMethod, boolean][] = [
    ['passkey', user.hasPasskeys === 1],
    ['totp', has('totp')],
    ['recovery_code', user.hasRecoveryCodes === 1],
    ['email', has('email') && !isByMail(amr)],
  ]
  return methods.flatMap(([method, isOffered]) => (isOffered ? [method] : []))
}

/**
 * Opens a pending log-in. The hash is 256 random bits and the only way to continue. A code is mailed if that is the
 * account's only factor; with an authenticator app, `mailSecondFactorCode` mails it on request.
 */
export async function openPendingSignIn(ctx: Ctx, factor: FirstFactor): Promise<PendingOutcome> {
  const { user, amr, counted, userAgent } = factor
  const unchanged = both(maySignIn(user.id, user.epoch, timesOf(ctx)), factor.condition)
  const sessionHash = randomToken()
  const challenge = newChallenge(ctx, 'sign_in', ctx.config.lifetimes.signInCodeMs, sha256(sessionHash))
  // The pause between two mails applies while the code is valid: a used one is followed by another at once.
  const methods = methodsOf(user, amr)
  const isMailed = methods.includes('email') && !methods.includes('totp')
  const owner = idOf(user.id)
  const pausedWhile = hasOpenChallenge(owner, 'sign_in', ctx.now())
  const mail = mailLimit(ctx, { sort: 'sign_in_code', address: user.emailKey ?? '', owner, pausedWhile, condition: unchanged })
  const mailId = ctx.newId<MailId>()
  const row = {
    id: mailId,
    kind: kindOf('sign_in_code'),
    params: '{}',
    challengeId: challengeOf(challenge.id),
    createdAt: ctx.now(),
    locale: ctx.caller.locale,
  }
  const opened = await ctx.db.commit(
    [
      ...factor.writes,
      ...(isMailed ? mail.count : []),
      insertSignInChallenge({ ...challenge, amr: amr.join(' ') }, owner, {
        freshCode: isMailed ? mail.counted : always,
        condition: unchanged,
      }),
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
