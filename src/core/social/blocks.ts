/** Blocking: it overrides everything else, both ways, from the next request on (security row 58). */
import type { BlockId, UserId } from '../../ids.ts'
import { deleteBlock, findBlock, insertBlock, listBlocks } from '../../store/db/blocks.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { boundsOf, type Listed, listedPeople, type Page } from '../paging.ts'
import { selfError } from './follows.ts'
import { readSeenUser, type SeenUser, showTo } from './visibility.ts'

/** Blocks a user and removes the edges between the two, in one batch. Idempotent. */
export async function blockUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  const { principal, reads } = await gate((claimed) => [readSeenUser(ctx, claimed.userId, userId)])
  if (userId === principal.userId) throw selfError('You cannot block yourself')
  if (!reads[0]) throw new AppError('not_found')
  const block = { id: ctx.newId<BlockId>(), blockerId: principal.userId, blockedId: userId, now: ctx.now() }
  // A block the other way, a ban or a deletion intervened: report the current state.
  if (!(await ctx.db.commit(insertBlock(block), findBlock(principal.userId, userId)))) throw new AppError('not_found')
}

/** No-op if the caller does not block them. */
export async function unblockUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<void> {
  const { principal } = await gate()
  await ctx.db.one(deleteBlock(principal.userId, userId))
}

export interface BlockRecord {
  readonly id: number
  readonly createdAt: number
  readonly user: SeenUser
}

/** The users that the caller blocks, newest first, with only their names. */
export async function listBlockedUsers(ctx: Ctx, gate: Gate, page: Page): Promise<Listed<BlockRecord>> {
  const { reads } = await gate(({ userId }) => [listBlocks({ ...boundsOf(ctx, page), blockerId: userId })])
  return listedPeople(
    reads[0],
    page.limit,
    ({ blockId }) => blockId,
    (row) => ({ id: row.blockId, createdAt: row.blockedAt, user: showTo('outsider', row) }),
  )
}
