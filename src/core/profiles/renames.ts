/**
 * Changes of the user name: a limited number per period, or one account could try, and block, name after name. A name
 * given up is reserved for its former owner (`store/db/username-holds.ts`).
 */
import type { AnyId, UserId } from '../../ids.ts'
import { type Counter, countAttempt, findCounter, wasCounted } from '../../store/db/attempt-counters.ts'
import { both, either, type Fragment, not, type Statement } from '../../store/db/database.ts'
import { isUsernameFree, type ProfileChanges } from '../../store/db/profile-changes.ts'
import { type Hold, holdUsername, isHeldFor } from '../../store/db/username-holds.ts'
import { isRowUnchanged, isUnchanged, type UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { RENAME_WINDOW_MS, RENAMES_MAX } from '../limits.ts'

export const renameKey = (userId: UserId) => `rename:${userId}`

/** Another spelling of the same name is no change. */
export function isRename(user: Pick<UserRow, 'usernameKey'>, changes: ProfileChanges): boolean {
  return changes.username !== undefined && changes.username.usernameKey !== user.usernameKey
}

export function findRenames(userId: UserId): Statement<Counter | null> {
  return findCounter(renameKey(userId))
}

/** Throws `rate_limited` if the counter has reached the limit. The count itself decides. */
export function refuseOverRenames(ctx: Ctx, counter: Counter | null): void {
  const now = ctx.now()
  if (!counter || counter.windowEndsAt <= now || counter.count < RENAMES_MAX) return
  const retryAfter = (counter.windowEndsAt - now) / 1000
  throw new AppError('rate_limited', 'The user name was changed too often', { reason: 'username_changed_too_often', retryAfter })
}

/** What must hold for a change of one's own profile. */
export interface Guard {
  /** The account is as it was read, and the new user name is free. */
  readonly anywhere: Fragment
  /** The same about the row of `users` that a statement is about: it reads less. */
  readonly ofRow: Fragment
  /** The part that can still be evaluated once the changes are written. */
  readonly afterwards: Fragment
  /** What precedes the rest of the batch: a change of the user name counts. */
  readonly count: readonly Statement<unknown>[]
}

export function guardOf(ctx: Ctx, user: UserRow, changes: ProfileChanges): Guard {
  const now = ctx.now()
  const unchanged = isUnchanged(user.id, user.epoch, now)
  const afterwards = isRowUnchanged(user.epoch, now)
  if (!changes.username) return { anywhere: unchanged, ofRow: afterwards, afterwards, count: [] }
  const free = isUsernameFree(changes.username.usernameKey, user.id, now)
  if (!isRename(user, changes)) return { anywhere: both(unchanged, free), ofRow: both(afterwards, free), afterwards, count: [] }
  const attempt = {
    key: renameKey(user.id),
    limit: RENAMES_MAX,
    windowMs: RENAME_WINDOW_MS,
    pauseMs: 0,
    stamp: ctx.newId<AnyId>(),
    now,
  }
  const counted = wasCounted(attempt)
  // Taking back one's own former name tries no new one; and a thief's changes must not keep the owner from it.
  const isOwn = isHeldFor(changes.username.usernameKey, user.id, now)
  const goesBack = both(free, isOwn)
  return {
    anywhere: either(counted, both(unchanged, goesBack)),
    ofRow: either(counted, both(afterwards, goesBack)),
    afterwards,
    count: [countAttempt(attempt, both(unchanged, both(free, not(isOwn))))],
  }
}

/** Reserves the name that the changes give up, where `condition` holds. */
export function holdOldName(ctx: Ctx, user: UserRow, changes: ProfileChanges, condition: Fragment): Statement<void>[] {
  if (!isRename(user, changes)) return []
  const hold: Hold = { usernameKey: user.usernameKey, userId: user.id, heldUntil: ctx.now() + ctx.config.usernameHeldMs }
  return [holdUsername(hold, condition)]
}
