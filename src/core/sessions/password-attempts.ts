/**
 * How often a password may be tried (design §6): 10 per 15 minutes per name and network, 100 in a row per account until
 * the password is reset (NIST 800-63B-4 §3.2.2). Names without an account are counted alike. The first counts by the name
 * that was typed: by the account, it would tell which address belongs to which user name (decision 005).
 */
import type { MailId, UserId } from '../../ids.ts'
import { type Attempt, type Counter, countAttempt, findCounter, justCounted, resetCounters } from '../../store/db/attempt-counters.ts'
import type { Statement } from '../../store/db/database.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { LOGIN_CONSECUTIVE_MAX, LOGIN_TRIES, LOGIN_WINDOW_MS } from '../figures.ts'

export const FOREVER_MS = 100 * 365 * 86_400_000

export interface PasswordAttempts {
  readonly recent: Attempt
  readonly inARow: Attempt
}

/** `typed` is a keyed hash of the name that was typed, `account` the user it means, null for nobody. */
export function passwordAttempts(ctx: Ctx, typed: string, account: UserId | null): PasswordAttempts {
  const base = { pauseMs: 0, now: ctx.now() }
  return {
    recent: {
      ...base,
      key: recentKey(ctx, typed),
      limit: LOGIN_TRIES,
      windowMs: LOGIN_WINDOW_MS,
      stamp: ctx.newId<MailId>(),
    },
    inARow: {
      ...base,
      key: inARowKey(account ?? typed),
      limit: LOGIN_CONSECUTIVE_MAX,
      windowMs: account === null ? LOGIN_WINDOW_MS : FOREVER_MS,
      stamp: ctx.newId<MailId>(),
    },
  }
}

/** The counter of one name and network. */
export function recentKey(ctx: Ctx, typed: string): string {
  return `password:${typed}:${ctx.caller.networkHash}`
}

/** Refuses what is over the limit already, before it waits for its turn to hash. The count itself decides. */
export function refuseOverTries(ctx: Ctx, counter: Counter | null): void {
  if (counter && counter.windowEndsAt > ctx.now() && counter.count >= LOGIN_TRIES) throw rateLimited(ctx, counter)
}

/** The counter of failures in a row; a reset of the password starts it anew. */
export function inARowKey(who: UserId | string): string {
  return `password-in-a-row:${who}`
}

/** The same of second factors. A reset starts it anew where no authenticator app is on (see `accounts/password-reset.ts`). */
export function secondFactorInARowKey(who: UserId): string {
  return `second-factor-in-a-row:${who}`
}

/** The counters of an account that have no end of their own. */
export const inARowKeys = (who: UserId): string[] => [inARowKey(who), secondFactorInARowKey(who)]

/** Counts one try, right before it is judged. False: the account is locked, and the answer is that of a wrong password. */
export async function countPasswordTry(ctx: Ctx, attempts: PasswordAttempts): Promise<boolean> {
  const [recent, inARow] = await ctx.db.batch([
    countAttempt(attempts.recent),
    // What one network is refused is no failure of the account: otherwise it could lock anybody out.
    countAttempt(attempts.inARow, justCounted),
  ])
  if (!recent) throw rateLimited(ctx, await ctx.db.one(findCounter(attempts.recent.key)))
  return inARow !== null
}

/** After a right password. */
export function forgetPasswordTries(attempts: PasswordAttempts): Statement<void> {
  return resetCounters([attempts.recent.key, attempts.inARow.key])
}

export function rateLimited(ctx: Ctx, counter: { windowEndsAt: number } | null): AppError {
  const waitMs = counter ? counter.windowEndsAt - ctx.now() : LOGIN_WINDOW_MS
  return new AppError('rate_limited', 'Too many tries', { retryAfter: waitMs / 1000 })
}
