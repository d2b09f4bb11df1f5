/** Blocks in D1. A block removes the edges between the two users in its own batch. */
import { sql } from 'drizzle-orm'
import type { BlockId, UserId } from '../../ids.ts'
import { all, first, run, type Statement } from './database.ts'
import { isVisibleTo } from './people.ts'
import type { UserRow } from './users.ts'

export interface NewBlock {
  readonly id: BlockId
  readonly blockerId: UserId
  readonly blockedId: UserId
  readonly now: number
}

/** Blocks an existing user and removes the edges between the two. Idempotent. */
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

/** The first entry that was not read, if the page stopped before it was full. */
export interface UnreadBlock {
  readonly id: null
  readonly blockId: BlockId
}

/** Users blocked by the user, newest first, from before the position `before`; bounded as `listFollows` is. */
export function listBlocks(input: {
  blockerId: UserId
  before: number
  limit: number
  lookedAt: number
  now: number
}): Statement<(BlockListRow | UnreadBlock)[]> {
  const entries = sql`FROM blocks b WHERE b.blocker_id = ${input.blockerId} AND b.id < ${input.before} ORDER BY b.id DESC`
  return all(sql`
    SELECT * FROM (
      SELECT e.id AS block_id, e.created_at AS blocked_at, u.*
      FROM (SELECT b.id, b.created_at, b.blocked_id ${entries} LIMIT ${input.lookedAt}) e CROSS JOIN users u ON u.id = e.blocked_id
      WHERE ${isVisibleTo(input.blockerId, input.now)})
    UNION ALL SELECT * FROM (
      SELECT e.id, NULL, u.* FROM (SELECT b.id ${entries} LIMIT 1 OFFSET ${input.lookedAt}) e LEFT JOIN users u ON u.id = -1)
    LIMIT ${input.limit}`)
}
