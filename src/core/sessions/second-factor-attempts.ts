/**
 * How often a second factor may be guessed (docs/limits.md). Strangers share one count, known networks another, and
 * each browser that has signed in with the current factors has its own, so that someone with the password cannot use up
 * anyone else's guesses. A new password resets none of them. If it was set with a mailed code, there is one more
 * counter, which someone with only the password does not reach.
 */
import { sha256 } from '../../crypto.ts'
import type { MailId, UserId } from '../../ids.ts'
import { resetCounters, takeBackAttempt } from '../../store/db/attempt-counters.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { secondFactorKey } from '../../store/db/known-sources.ts'
import type { Ctx } from '../ctx.ts'
import {
  SECOND_FACTOR_AFTER_RESET_MS,
  SECOND_FACTOR_FAILURES_MAX,
  SECOND_FACTOR_FAILURES_MS,
  SECOND_FACTOR_TRIES,
  SECOND_FACTOR_WINDOW_MS,
} from '../limits.ts'

const RECENT = 'second-factor'
const MONTH = 'second-factor-month'

/**
 * The counters of strangers, of known networks and of resets: for the removal of a factor or an account. The sweep
 * removes those of browsers.
 */
export function secondFactorKeys(who: UserId): string[] {
  return [RECENT, MONTH].flatMap((prefix) => ['', ':networks', ':reset'].map((whose) => `${prefix}:${who}${whose}`))
}

export function secondFactorAttempts(ctx: Ctx, userId: UserId) {
  const { device, networkHash } = ctx.caller
  const [at, now] = [device?.accounts.get(userId), ctx.now()]
  const known = device && at !== undefined ? { hash: sha256(device.token), at } : null
  const by = { userId, device: known, networkHash, resetSince: now - SECOND_FACTOR_AFTER_RESET_MS, now }
  const base = { pauseMs: 0, now, stamp: ctx.newId<MailId>() }
  return {
    recent: { ...base, key: secondFactorKey(RECENT, by), limit: SECOND_FACTOR_TRIES, windowMs: SECOND_FACTOR_WINDOW_MS },
    month: { ...base, key: secondFactorKey(MONTH, by), limit: SECOND_FACTOR_FAILURES_MAX, windowMs: SECOND_FACTOR_FAILURES_MS },
  }
}

/**
 * What a right code does to its counters: a known browser's is reset, because nobody else has that browser. Elsewhere
 * only this try is taken back; otherwise each sign-in of the owner would give strangers more guesses.
 */
export function forgetSecondFactorTries(ctx: Ctx, keys: readonly string[], condition: Fragment): Statement<void>[] {
  const { device } = ctx.caller
  const isBrowser = device !== null && keys.some((key) => key.endsWith(`:${sha256(device.token)}`))
  return isBrowser ? [resetCounters(keys, condition)] : keys.map((key) => takeBackAttempt(key, condition))
}
