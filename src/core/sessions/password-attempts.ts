/**
 * How often a password may be tried (design §6): 10 per 15 minutes per account and network, 100 in a row per account
 * until the password is reset (NIST 800-63B-4 §3.2.2). Names without an account are counted alike.
 */
import type { MailId, UserId } from '../../ids.ts'
import { type Attempt, countAttempt, findCounter, resetCounter } from '../../store/db/attempt-counters.ts'
import { always, type Fragment, type Statement } from '../../store/db/database.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { LOGIN_CONSECUTIVE_MAX, LOGIN_TRIES, LOGIN_WINDOW_MS } from '../figures.ts'

const FOREVER_MS = 100 * 365 * 86_400_000

export interface PasswordAttempts {
  readonly recent: Attempt
  readonly inARow: Attempt
}

/** `who` is a user's id, or a keyed hash of the name that was typed. */
export function passwordAttempts(ctx: Ctx, who: UserId | string): PasswordAttempts {
  const base = { pauseMs: 0, now: ctx.now() }
  const isAccount = typeof who === 'number'
  return {
    recent: {
      ...base,
      key: `password:${who}:${ctx.caller.networkHash}`,
      limit: LOGIN_TRIES,
      windowMs: LOGIN_WINDOW_MS,
      stamp: ctx.newId<MailId>(),
    },
    inARow: {
      ...base,
      key: inARowKey(who),
      limit: LOGIN_CONSECUTIVE_MAX,
      windowMs: isAccount ? FOREVER_MS : LOGIN_WINDOW_MS,
      stamp: ctx.newId<MailId>(),
    },
  }
}

/** The counter of failures in a row; a reset of the password starts it anew. */
export function inARowKey(who: UserId | string): string {
  return `password-in-a-row:${who}`
}

/** Counts one try before it is judged. False: the account is locked, and the answer is that of a wrong password. */
export async function countPasswordTry(ctx: Ctx, attempts: PasswordAttempts): Promise<boolean> {
  const [recent, inARow, counter] = await ctx.db.batch([
    countAttempt(attempts.recent),
    countAttempt(attempts.inARow),
    findCounter(attempts.recent.key),
  ])
  if (!recent) throw rateLimited(ctx, counter)
  return inARow !== null
}

/** After a right password. */
export function forgetPasswordTries(attempts: PasswordAttempts, condition: Fragment = always): Statement<void>[] {
  return [resetCounter(attempts.recent.key, condition), resetCounter(attempts.inARow.key, condition)]
}

export function rateLimited(ctx: Ctx, counter: { windowEndsAt: number } | null): AppError {
  const waitMs = counter ? counter.windowEndsAt - ctx.now() : LOGIN_WINDOW_MS
  return new AppError('rate_limited', 'Too many tries', { retryAfter: waitMs / 1000 })
}
