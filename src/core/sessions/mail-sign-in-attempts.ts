/**
 * How often the digits of sign-ins by mail may be guessed (docs/limits.md): as those of a second factor, though here nobody needs
 * the password. A known browser has a count of its own, known networks share one, and so do strangers.
 */
import type { MailId, UserId } from '../../ids.ts'
import type { SignInRow } from '../../store/db/sign-in-users.ts'
import type { Ctx } from '../ctx.ts'
import {
  CHALLENGE_TRIES,
  SECOND_FACTOR_FAILURES_MAX,
  SECOND_FACTOR_FAILURES_MS,
  SECOND_FACTOR_TRIES,
  SECOND_FACTOR_WINDOW_MS,
} from '../limits.ts'
import { knowsDevice, sourceOf } from './known-sources.ts'

/** With so many sign-ins by mail open, an account gets no further ones that would only share the digits of an earlier mail. */
export const MAIL_SIGN_INS_OPEN_MAX = 10

const RECENT = 'mail-sign-in'
const MONTH = 'mail-sign-in-month'

/** The counters of strangers and of known networks: for the removal of an account. The sweep removes those of browsers. */
export function mailSignInKeys(who: UserId): string[] {
  return [RECENT, MONTH].flatMap((prefix) => [`${prefix}:${who}`, `${prefix}:${who}:networks`])
}

/** A token that is nobody's is counted by itself, as often as that of an account may be tried. */
export function mailSignInAttempts(ctx: Ctx, user: SignInRow | null, tokenHash: string) {
  const base = { pauseMs: 0, now: ctx.now(), stamp: ctx.newId<MailId>(), windowMs: SECOND_FACTOR_WINDOW_MS, limit: CHALLENGE_TRIES }
  const who = user ? `${user.id}${sourceSuffix(ctx, user)}` : tokenHash
  const recent = { ...base, key: `${RECENT}:${who}` }
  const month = { ...base, key: `${MONTH}:${who}` }
  if (!user) return { recent, month }
  return {
    recent: { ...recent, limit: SECOND_FACTOR_TRIES },
    month: { ...month, limit: SECOND_FACTOR_FAILURES_MAX, windowMs: SECOND_FACTOR_FAILURES_MS },
  }
}

function sourceSuffix(ctx: Ctx, user: SignInRow): string {
  if (knowsDevice(ctx, user) === 'now') return `:${sourceOf(ctx)}`
  return user.knowsNetwork === 1 ? ':networks' : ''
}
