/** Blocks in D1. A block removes the edges between the two in its own batch. */
import { sql } from 'drizzle-orm'
import type { BlockId, UserId } from '../../ids.ts'
import { all, first, run, type Statement } from './database.ts'
import type { UserRow } from './users.ts'
import { isVisibleTo } from './visibility.ts'

export interface NewBlock {
  readonly id: BlockId
  readonly blockerId: UserId
  readonly blockedId: UserId
  readonly now: number
}

/** Blocks somebody who exists for the blocker, and removes the edges between them. Repeating it changes nothing. */
export function insertBlock(block: NewBlock): Statement<void>[] {
  const { blockerId, blockedId } = block
  const holds = sql`EXISTS (SELECT 1 FROM blocks WHERE blocker_id = ${blockerId} AND blocked_id = ${blockedId})`
  return [
    run(sql`
      INSERT INTO blocks (id, blocker_id, blocked_id, created_at)
      SELECT ${block.id}, ${blockerId}, u.id, ${block.now} FROM users u
      WHERE u.id = ${blockedId} AND u.id <> ${blockerId} AND ${isVisibleTo(blockerId, block.now)}
      ON CONFLICT (blocker_id, blocked_id) DO NOTHING`),
    run(sql`DELETE FROM follows WHERE follower_id = ${blockerId} AND followed_id = ${blockedId} AND ${holds}`),
    run(sql`DELETE FROM follows WHERE follower_id = ${blockedId} AND followed_id = ${blockerId} AND ${holds}`),
  ]
}

export function findBlock(blockerId: UserId, blockedId: UserId): Statement<{ id: BlockId } | null> {
  return first(sql`SELECT id FROM blocks WHERE blocker_id = ${blockerId} AND blocked_id = ${blockedId}`)
}

export function deleteBlock(blockerId: UserId, blockedId: UserId): Statement<void> {
  return run(sql`DELETE FROM blocks WHERE blocker_id = ${blockerId} AND blocked_id = ${blockedId}`)
}

export interface BlockListRow extends UserRow {
  readonly blockId: BlockId
  readonly blockedAt: number
}

/** Whom the user blocks, newest first, from before the position `before`. */
export function listBlocks(input: { blockerId: UserId; before: number; limit: number; now: number }): Statement<BlockListRow[]> {
  return all(sql`
    SELECT b.id AS block_id, b.created_at AS blocked_at, u.* FROM blocks b CROSS JOIN users u ON u.id = b.blocked_id
    WHERE b.blocker_id = ${input.blockerId} AND b.id < ${input.before} AND ${isVisibleTo(input.blockerId, input.now)}
    ORDER BY b.id DESC LIMIT ${input.limit}`)
}
