/** How often a day parts of a profile may be changed: counted in the batch of the change itself, and refused before any work. */
import type { AnyId, UserId } from '../../ids.ts'
import type { Attempt, Counter } from '../../store/db/attempt-counters.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { CHANGES_WINDOW_MS } from '../limits.ts'

export interface DailyLimit {
  /** What is counted. */
  readonly key: string
  readonly perDay: number
}

/** Changes of profile and picture together, for a room that limits them. */
export const profileLimit = (userId: UserId, perDay: number): DailyLimit => ({ key: `profile:${userId}`, perDay })

/** One change, to be counted. */
export function dailyAttempt(ctx: Ctx, { key, perDay }: DailyLimit): Attempt {
  return { key, limit: perDay, windowMs: CHANGES_WINDOW_MS, pauseMs: 0, stamp: ctx.newId<AnyId>(), now: ctx.now() }
}

/** The limit's counter before the change. The count itself decides between parallel changes. */
export function refuseOverLimit(ctx: Ctx, { perDay }: DailyLimit, counter: Counter | null, message: string): void {
  const now = ctx.now()
  if (!counter || counter.windowEndsAt <= now || counter.count < perDay) return
  throw new AppError('rate_limited', message, { reason: 'daily_limit', retryAfter: (counter.windowEndsAt - now) / 1000 })
}
