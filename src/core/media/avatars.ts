/**
 * Avatars (design §1.13, §1.14; security rows 66, 70, 71). A picture is inspected, decoded and re-encoded, never stored
 * as uploaded. The order is: reservation (a tombstone), objects, commit. So after a failure at any step the user's key
 * names two existing objects, and every other object has a tombstone.
 */
import { createHash } from 'node:crypto'
import { randomHex } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import { isAccountAlive } from '../../store/db/account-state.ts'
import { type Counter, countAttempt, findCounter, isWithinLimit, justCounted, wasCounted } from '../../store/db/attempt-counters.ts'
import { findWithAvatar, giveUpAvatar, isAvatarReserved, removeAvatar, replaceAvatar, reserveAvatar } from '../../store/db/avatars.ts'
import { always, both, type Fragment, type Statement } from '../../store/db/database.ts'
import { findPicturedUser, type PicturedUser } from '../../store/db/people.ts'
import { getAvatarObject, putAvatarObject } from '../../store/r2/avatars.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { AVATAR_RESERVATION_MS, REFUSED_PICTURES_PER_DAY } from '../limits.ts'
import { type DailyLimit, dailyAttempt, refuseOverLimit } from '../profiles/daily-limits.ts'
import { type DrawnAvatar, drawAvatar } from './draw-avatar.ts'
import { inspectImage } from './images/inspect.ts'

const RETRY_AFTER_SECONDS = 2

/**
 * Sets the caller's avatar and returns its key. The image is read once the caller is known and may change it. A refused
 * image is not counted as a change, but apart: inspecting and drawing it costs as much. `also`: an additional limit of the room.
 */
export async function setAvatar(
  ctx: Ctx,
  gate: Gate,
  read: () => Promise<Uint8Array<ArrayBuffer>>,
  also: (userId: UserId) => DailyLimit[] = () => [],
): Promise<{ avatarKey: string }> {
  const limitsOf = (userId: UserId) => [pictureLimit(ctx, userId), ...also(userId)]
  const { principal, reads } = await gate(({ userId }) => [refusedLimit(userId), ...limitsOf(userId)].map(({ key }) => findCounter(key)))
  const { userId } = principal
  const limits = limitsOf(userId)
  const [refused = null, ...changes] = reads
  refuseOverLimit(ctx, refusedLimit(userId), refused, 'Too many pictures were refused today')
  refuseOverLimits(ctx, limits, changes)
  const avatar = await countingRefusals(ctx, userId, async () => newAvatar(ctx, await read()))
  const { writes } = giveAvatar(ctx, { userId, key: avatar.key, limits }, always)
  const stored = await storeAvatar(ctx, avatar, () => ctx.db.commit(writes, findWithAvatar(userId, avatar.key)))
  if (stored) return { avatarKey: avatar.key }
  // The limit was reached meanwhile, or the account has ended.
  refuseOverLimits(ctx, limits, await ctx.db.batch(limits.map(({ key }) => findCounter(key))))
  throw new AppError('unauthenticated')
}

/** Removes the caller's avatar; no-op without one. */
export async function deleteAvatar(ctx: Ctx, gate: Gate): Promise<void> {
  const { principal, user } = await gate()
  if (user.avatarKey === null) return
  const { userId } = principal
  const now = ctx.now()
  const removed = await ctx.db.commit(removeAvatar(userId, now, isAccountAlive(userId, now)), findWithAvatar(userId, null))
  // Nothing found: the account was banned or deleted meanwhile.
  if (!removed) throw new AppError('unauthenticated')
}

/** A user's avatar, for anyone. Unknown, banned and deleted users get the same answer. */
export async function getPicturedUser(ctx: Ctx, userId: UserId): Promise<PicturedUser> {
  const user = await ctx.gateDb.one(findPicturedUser(userId, ctx.now()))
  if (!user) throw new AppError('not_found')
  return user
}

export interface Picture {
  readonly body: ReadableStream
  readonly size: number
}

/** The small picture, PNG, for clients that take no other format and follow no redirect; null if there is none. */
export async function openAvatar(ctx: Ctx, avatarKey: string | null): Promise<Picture | null> {
  if (avatarKey === null) return null
  return getAvatarObject(ctx.avatars, avatarKey, '128.png').catch((cause: unknown) => {
    throw new AppError('temporarily_unavailable', 'The picture cannot be read now', { retryAfter: RETRY_AFTER_SECONDS, cause })
  })
}

// --- the limits ------------------------------------------------------------------------------------------------

export const pictureLimit = (ctx: Ctx, userId: UserId): DailyLimit => ({
  key: `avatar:${userId}`,
  perDay: ctx.config.avatars.changesPerDay,
})

const refusedLimit = (userId: UserId): DailyLimit => ({ key: `avatar-refused:${userId}`, perDay: REFUSED_PICTURES_PER_DAY })

async function countingRefusals<T>(ctx: Ctx, userId: UserId, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof AppError && error.status < 500) await ctx.db.one(countAttempt(dailyAttempt(ctx, refusedLimit(userId))))
    throw error
  }
}

/** Before anything is decoded. The commit counts, and decides between parallel changes. */
export function refuseOverLimits(ctx: Ctx, limits: readonly DailyLimit[], counters: readonly (Counter | null)[]): void {
  for (const [index, limit] of limits.entries())
    refuseOverLimit(ctx, limit, counters[index] ?? null, 'The picture was changed too often today')
}

// --- the objects -----------------------------------------------------------------------------------------------

/** A drawn picture that belongs to nobody yet. */
export interface NewAvatar {
  readonly key: string
  readonly drawn: DrawnAvatar
}

/** Inspects and draws a picture; writes nothing. */
export async function newAvatar(ctx: Ctx, bytes: Uint8Array<ArrayBuffer>): Promise<NewAvatar> {
  const drawn = await drawAvatar(ctx, await inspectImage(bytes, ctx.config.avatars))
  // Starts with the upload's own id: no key is ever used twice, even for the same picture (docs/decisions/007).
  return { key: `${randomHex(12)}/${createHash('sha256').update(drawn['512.webp']).digest('hex')}`, drawn }
}

/** Puts the objects, and lets `commit` assign them with `giveAvatar`; null from it, or a failure, gives them up. */
export async function storeAvatar<Stored>(ctx: Ctx, avatar: NewAvatar, commit: () => Promise<Stored | null>): Promise<Stored | null> {
  const now = ctx.now()
  await ctx.db.batch(reserveAvatar(avatar.key, { now, dueAt: now + AVATAR_RESERVATION_MS }))
  let stored: Stored | null = null
  try {
    await putObjects(ctx, avatar)
    stored = await commit()
  } finally {
    if (stored === null) await giveUp(ctx, avatar.key)
  }
  return stored
}

/** Counts the change, by each limit, and makes it where `condition` holds; all or nothing. `given` holds after it if it was made. */
export function giveAvatar(
  ctx: Ctx,
  { userId, key, limits }: { userId: UserId; key: string; limits: readonly DailyLimit[] },
  condition: Fragment,
): { given: Fragment; writes: readonly Statement<unknown>[] } {
  const now = ctx.now()
  const attempts = limits.map((limit) => dailyAttempt(ctx, limit))
  const given = attempts.map(wasCounted).reduce(both)
  const mayChange = both(both(isAccountAlive(userId, now), isAvatarReserved(key, now)), condition)
  const mayCount = [mayChange, ...attempts.slice(1).map(isWithinLimit)].reduce(both)
  const counts = attempts.map((attempt, index) => countAttempt(attempt, index === 0 ? mayCount : justCounted))
  return { given, writes: [...counts, ...replaceAvatar({ userId, key, now }, both(given, mayChange))] }
}

async function putObjects(ctx: Ctx, { key, drawn }: NewAvatar): Promise<void> {
  const puts = [
    putAvatarObject(ctx.avatars, key, '512.webp', drawn['512.webp']),
    putAvatarObject(ctx.avatars, key, '128.png', drawn['128.png']),
  ]
  // Both have ended before anything else is done about them.
  const failed = (await Promise.allSettled(puts)).find((put) => put.status === 'rejected')
  if (failed) throw unavailable(failed.reason)
}

/** If the database cannot be reached, the reservation expires by itself. */
async function giveUp(ctx: Ctx, key: string): Promise<void> {
  try {
    await ctx.db.batch(giveUpAvatar(key, ctx.now()))
  } catch (error) {
    ctx.log('warn', 'avatar_not_given_up', { cause: String(error) })
  }
}

function unavailable(cause: unknown): AppError {
  return new AppError('temporarily_unavailable', 'The picture cannot be stored now', { retryAfter: RETRY_AFTER_SECONDS, cause })
}
