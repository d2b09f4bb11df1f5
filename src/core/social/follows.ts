/** Following (in Mastodon's terms): follow, unfollow, requests. Each act is one guarded, idempotent statement. */
import type { FollowId, UserId } from '../../ids.ts'
import { approveFollow, deleteFollow, deleteFollowEntry, findFollow, insertFollow } from '../../store/db/follows.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { readSeenUser, requireMet, type UserRef, weightOf } from './visibility.ts'

export type FollowOutcome = 'following' | 'requested' | 'duplicate'

/** Follows a user, or requests to if the account is private. */
export async function followUser(ctx: Ctx, gate: Gate, who: UserRef): Promise<FollowOutcome> {
  const { principal, reads } = await gate((claimed) => [readSeenUser(ctx, claimed.userId, who)])
  const { id: userId } = requireMet(reads[0])
  if (userId === principal.userId) throw selfError('You cannot follow yourself')
  const id = ctx.newId<FollowId>()
  const edge = await ctx.db.commit(
    [insertFollow({ id, followerId: principal.userId, followedId: userId, now: ctx.now() })],
    findFollow(principal.userId, userId),
  )
  // A block, ban or deletion intervened: report the current state.
  if (!edge) throw new AppError('not_found')
  if (edge.id !== id) return 'duplicate'
  return edge.approvedAt === null ? 'requested' : 'following'
}

export function selfError(message: string): AppError {
  return AppError.ofFields([{ path: 'target', message }], 'invalid_request', message)
}

/** Unfollows, or withdraws the request. No-op if the caller does not follow them. */
export async function unfollowUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  const { principal } = await gate()
  await ctx.db.one(deleteFollow(principal.userId, userId))
}

/** Accepts a request to the caller. A request to another is not found, like a missing one. */
export async function acceptFollowRequest(ctx: Ctx, gate: Gate, id: FollowId): Promise<void> {
  const { principal } = await gate()
  const accepted = await ctx.db.one(approveFollow(id, principal.userId, ctx.now()))
  if (!accepted) throw new AppError('not_found')
}

/** Removes a follower, unfollows, rejects or withdraws a request: whichever side of the edge the caller is. */
export async function removeFollowEntry(ctx: Ctx, gate: Gate, id: FollowId): Promise<void> {
  const { principal } = await gate()
  const removed = await ctx.db.one(deleteFollowEntry(id, principal.userId))
  if (!removed) throw new AppError('not_found')
}

export interface FollowStatus {
  readonly following: boolean
  readonly requested: boolean
}

/** Whether the caller follows a user. False for users who do not exist for the caller. */
export async function getFollowStatus(ctx: Ctx, gate: Gate, userId: UserId): Promise<FollowStatus> {
  const { reads } = await gate((claimed) => [readSeenUser(ctx, claimed.userId, userId)], weightOf(userId))
  const follow = reads[0]?.viewerFollow ?? null
  return { following: follow === 'following', requested: follow === 'requested' }
}
