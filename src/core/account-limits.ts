/**
 * How much a signed-in account may request about other people in a day (docs/limits.md). A request is counted in the
 * batch of the gate's own read, so it costs no round trip; therefore the statement itself checks the session, so that a
 * forged cookie or an expired token cannot use up somebody else's limit.
 */
import { sha256 } from '../crypto.ts'
import type { AnyId } from '../ids.ts'
import { type Attempt, countAttempt, findCounter } from '../store/db/attempt-counters.ts'
import { both, type Statement } from '../store/db/database.ts'
import { isBrowserSessionLive, isSessionLive } from '../store/db/sessions.ts'
import { wasSpentBy } from '../store/db/spent-tokens.ts'
import type { Ctx } from './ctx.ts'
import { AppError } from './errors.ts'
import { ACCOUNT_WINDOW_MS, BLOCKS_PER_DAY, FOLLOWS_PER_DAY, PEOPLE_READ_PER_DAY, SEARCHES_PER_DAY } from './limits.ts'
import type { SessionClaim } from './principal.ts'

const PER_DAY = { search: SEARCHES_PER_DAY, people: PEOPLE_READ_PER_DAY, follow: FOLLOWS_PER_DAY, block: BLOCKS_PER_DAY }

/** `people` counts per user read, the others per request. */
export type AccountLimit = keyof typeof PER_DAY

/** A request of this weight, to be counted. */
export function accountAttempt(ctx: Ctx, { userId }: SessionClaim, kind: AccountLimit, weight: number): Attempt {
  const key = `account-${kind}:${userId}`
  return { key, limit: PER_DAY[kind], windowMs: ACCOUNT_WINDOW_MS, pauseMs: 0, weight, stamp: ctx.newId<AnyId>(), now: ctx.now() }
}

/** Counts it if the session belongs to the account and is live. A replayed DPoP proof counts nothing. */
export function countOfAccount(claim: SessionClaim, attempt: Attempt): Statement<{ count: number } | null> {
  const session = { id: claim.sessionId, userId: claim.userId, now: attempt.now }
  if (claim.kind === 'browser') return countAttempt(attempt, isBrowserSessionLive({ ...session, tokenHash: sha256(claim.secret) }))
  const isOwn = isSessionLive(session)
  return countAttempt(attempt, claim.proof ? both(isOwn, wasSpentBy(claim.proof)) : isOwn)
}

/** The refusal of what was not counted. */
export async function overAccountLimit(ctx: Ctx, { key, windowMs, now }: Attempt): Promise<AppError> {
  const counter = await ctx.db.one(findCounter(key))
  const waitMs = counter ? counter.windowEndsAt - now : windowMs
  return new AppError('rate_limited', 'The account has reached its daily limit', { retryAfter: waitMs / 1000 })
}
