/** A user's status: a message, an availability and a mood (Mxit's lists), with an optional expiry. */
import { type SetStatus, updateStatus, updateStatusMessage } from '../../store/db/user-status.ts'
import { findUser, type UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'

/** In the order of their numbers, which are stored in the database (wire §1.1). */
export const AVAILABILITIES = ['connected', 'ready_to_chat', 'busy', 'reachable', 'disconnected'] as const
export const MOODS = [
  'none',
  'angry',
  'excited',
  'grumpy',
  'happy',
  'in_love',
  'invincible',
  'sad',
  'hot',
  'sick',
  'sleepy',
  'bored',
  'cold',
  'confused',
  'hungry',
  'stressed',
] as const

export type Availability = (typeof AVAILABILITIES)[number]
export type Mood = (typeof MOODS)[number]

export interface UserStatus {
  readonly statusMessage: string | null
  readonly availability: Availability | null
  readonly mood: Mood | null
  readonly expiresAt: number | null
  readonly updatedAt: number | null
}

type StatusColumns = Pick<UserRow, 'statusMessage' | 'availability' | 'mood' | 'statusExpiresAt' | 'statusUpdatedAt'>

/** The current status: none if it has expired. */
export function statusOf(user: StatusColumns, now: number): UserStatus {
  if (user.statusExpiresAt !== null && user.statusExpiresAt <= now) {
    return { statusMessage: null, availability: null, mood: null, expiresAt: null, updatedAt: null }
  }
  return {
    statusMessage: user.statusMessage,
    availability: AVAILABILITIES[user.availability ?? -1] ?? null,
    mood: MOODS[user.mood ?? -1] ?? null,
    expiresAt: user.statusExpiresAt,
    updatedAt: user.statusUpdatedAt,
  }
}

export async function getOwnStatus(ctx: Ctx, gate: Gate): Promise<UserStatus> {
  const { reads } = await gate(({ userId }) => [findUser(userId)])
  if (!reads[0]) throw new AppError('unauthenticated')
  return statusOf(reads[0], ctx.now())
}

export interface NewStatus {
  readonly statusMessage: string | null
  readonly availability: Availability | null
  readonly mood: Mood | null
  readonly expiresAt: number | null
}

/** Replaces the caller's status; null removes it. */
export async function setOwnStatus(ctx: Ctx, gate: Gate, status: NewStatus | null): Promise<UserStatus> {
  const now = ctx.now()
  if (status?.expiresAt != null && status.expiresAt <= now) {
    throw AppError.ofFields([{ path: 'expiresAt', message: 'must be in the future' }])
  }
  const { principal } = await gate()
  const row: SetStatus = {
    statusMessage: status?.statusMessage ?? null,
    availability: status?.availability ? AVAILABILITIES.indexOf(status.availability) : null,
    mood: status?.mood ? MOODS.indexOf(status.mood) : null,
    statusExpiresAt: status?.expiresAt ?? null,
    statusUpdatedAt: status ? now : null,
  }
  await ctx.db.one(updateStatus(principal.userId, row))
  return statusOf(row, now)
}

/** Sets or removes the message of the caller's status; availability and mood stay. */
export async function setStatusMessage(ctx: Ctx, gate: Gate, message: string | null): Promise<void> {
  const { principal } = await gate()
  await ctx.db.one(updateStatusMessage(principal.userId, message, ctx.now()))
}
