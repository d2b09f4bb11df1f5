/**
 * Avatars (design §1.13, §1.14; security rows 66, 70, 71). A picture is inspected, decoded and drawn anew, never stored as
 * it came. The order is: reservation (a tombstone), objects, commit; so after a failure at any step the user's key names two
 * objects that are there, and every other object has a tombstone.
 */
import { createHash } from 'node:crypto'
import { randomHex } from '../../crypto.ts'
import type { AnyId, UserId } from '../../ids.ts'
import { countAttempt, findCounter, wasCounted } from '../../store/db/attempt-counters.ts'
import {
  findPicturedUser,
  findWithAvatar,
  giveUpAvatar,
  isAvatarReserved,
  type PicturedUser,
  removeAvatar,
  replaceAvatar,
  reserveAvatar,
} from '../../store/db/avatars.ts'
import { always, both, type Fragment, type Statement } from '../../store/db/database.ts'
import { isAccountAlive } from '../../store/db/visibility.ts'
import { putAvatarObject } from '../../store/r2/avatars.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { AVATAR_CHANGES_WINDOW_MS, AVATAR_RESERVATION_MS } from '../figures.ts'
import type { Gate } from '../sessions/gate.ts'
import { type DrawnAvatar, drawAvatar } from './draw-avatar.ts'
import { type ImageFormat, refuseFile } from './images/format.ts'
import { inspectImage } from './images/inspect.ts'

export interface UploadedImage {
  readonly bytes: Uint8Array
  /** What the sender says it is; null where nothing is said. */
  readonly declaredType: string | null
  /** Where a protocol takes fewer than we do. */
  readonly formats?: readonly ImageFormat[]
}

const RETRY_AFTER_SECONDS = 2

/**
 * Makes the image the caller's avatar, and answers its key. It is read once the caller is known and may change it. A refused
 * image is not counted as a change.
 */
export async function setAvatar(ctx: Ctx, gate: Gate, read: () => Promise<UploadedImage>): Promise<{ avatarKey: string }> {
  const { principal, reads } = await gate(({ userId }) => [readChanges(userId)])
  refuseOverLimit(ctx, reads[0])
  const avatar = await newAvatar(ctx, await read())
  const { userId } = principal
  const { writes } = giveAvatar(ctx, userId, avatar.key, always)
  const stored = await storeAvatar(ctx, avatar, () => ctx.db.commit(writes, findWithAvatar(userId, avatar.key)))
  if (!stored) throw await refusal(ctx, userId)
  return { avatarKey: avatar.key }
}

/** Takes the caller's avatar away; without one there is nothing to do. */
export async function deleteAvatar(ctx: Ctx, gate: Gate): Promise<void> {
  const { principal, user } = await gate()
  if (user.avatarKey === null) return
  const { userId } = principal
  const now = ctx.now()
  const removed = await ctx.db.commit(removeAvatar(userId, now, isAccountAlive(userId, now)), findWithAvatar(userId, null))
  // Nothing found: the account was banned or deleted in between.
  if (!removed) throw new AppError('unauthenticated')
}

/** Whose picture it is, for anybody. Unknown, banned and deleted are one answer. */
export async function getPicturedUser(ctx: Ctx, userId: UserId): Promise<PicturedUser> {
  const user = await ctx.db.one(findPicturedUser(userId, ctx.now()))
  if (!user) throw new AppError('not_found')
  return user
}

// --- the limit -------------------------------------------------------------------------------------------------

const changesKey = (userId: UserId) => `avatar:${userId}`

/** How often the user's picture was changed lately: for `refuseOverLimit`. */
export const readChanges = (userId: UserId) => findCounter(changesKey(userId))

/** Before anything is decoded. The commit counts, and decides among changes that run side by side. */
export function refuseOverLimit(ctx: Ctx, counter: { count: number; windowEndsAt: number } | null): void {
  const now = ctx.now()
  if (!counter || counter.windowEndsAt <= now || counter.count < ctx.config.avatars.changesPerDay) return
  throw new AppError('rate_limited', 'The picture was changed too often today', { retryAfter: (counter.windowEndsAt - now) / 1000 })
}

// --- the objects -----------------------------------------------------------------------------------------------

/** A picture that is drawn, and nobody's yet. */
export interface NewAvatar {
  readonly key: string
  readonly drawn: DrawnAvatar
}

/** Judges and draws a picture; nothing is written. */
export async function newAvatar(ctx: Ctx, image: UploadedImage): Promise<NewAvatar> {
  const inspected = await inspectImage(image.bytes, image.declaredType, ctx.config.avatars)
  if (image.formats?.includes(inspected.format) === false) refuseFile('Pictures of this format are not taken here')
  const drawn = await drawAvatar(ctx, inspected)
  // The upload's own id first: no key is ever used twice, not by the same picture either (docs/decisions/007).
  return { key: `${randomHex(12)}/${createHash('sha256').update(drawn['512.webp']).digest('hex')}`, drawn }
}

/** Puts the objects, and has `commit` make them somebody's by `giveAvatar`; null from it, or a failure, gives them up. */
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

/** Counts the change and makes it where `condition` holds, or neither; `given` holds behind it when it was made. */
export function giveAvatar(
  ctx: Ctx,
  userId: UserId,
  key: string,
  condition: Fragment,
): { given: Fragment; writes: readonly Statement<unknown>[] } {
  const now = ctx.now()
  const attempt = {
    key: changesKey(userId),
    limit: ctx.config.avatars.changesPerDay,
    windowMs: AVATAR_CHANGES_WINDOW_MS,
    pauseMs: 0,
    stamp: ctx.newId<AnyId>(),
    now,
  }
  const mayChange = both(both(isAccountAlive(userId, now), isAvatarReserved(key, now)), condition)
  const given = wasCounted(attempt)
  return { given, writes: [countAttempt(attempt, mayChange), ...replaceAvatar({ userId, key, now }, both(given, mayChange))] }
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

/** Where the database cannot be told, the reservation ends by itself. */
async function giveUp(ctx: Ctx, key: string): Promise<void> {
  try {
    await ctx.db.batch(giveUpAvatar(key, ctx.now()))
  } catch (error) {
    ctx.log('warn', 'avatar_not_given_up', { cause: String(error) })
  }
}

/** Why the commit did nothing: the limit was reached meanwhile, or the account has ended. */
async function refusal(ctx: Ctx, userId: UserId): Promise<AppError> {
  refuseOverLimit(ctx, await ctx.db.one(readChanges(userId)))
  return new AppError('unauthenticated')
}

function unavailable(cause: unknown): AppError {
  return new AppError('temporarily_unavailable', 'The picture cannot be stored now', { retryAfter: RETRY_AFTER_SECONDS, cause })
}
