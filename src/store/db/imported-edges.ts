/** Many follows and blocks at once, as an import makes them: rows travel as JSON. Triggers keep the counters. */
import { sql } from 'drizzle-orm'
import type { BlockId, FollowId, UserId } from '../../ids.ts'
import { all, type Fragment, run, type Statement } from './database.ts'

export interface EndRow {
  /** The position in the list. */
  readonly at: number
  readonly id: UserId
  /** 1: deleted, or banned for good. */
  readonly isGone: number
}

const isGone = (alias: Fragment) =>
  sql`(${alias}.deleted_at IS NOT NULL OR (${alias}.banned_at IS NOT NULL AND ${alias}.banned_until IS NULL))`

/** Those of these people who exist. Who they were elsewhere comes first: their user name there may be another's here. */
export function findEnds(ends: readonly string[]): Statement<EndRow[]> {
  return all(sql`
    WITH k AS MATERIALIZED (SELECT j.key AS at, j.value AS v FROM json_each(${JSON.stringify(ends)}) j)
    SELECT k.at, u.id, ${isGone(sql`u`)} AS is_gone
    FROM k CROSS JOIN users u ON u.id = COALESCE(
      (SELECT x.user_id FROM external_ids x WHERE x.source = '' AND x.external_id = k.v),
      CASE WHEN SUBSTR(k.v, 1, 1) = '@' THEN (SELECT n.id FROM users n WHERE n.username_key = SUBSTR(k.v, 2)) END)`)
}

export interface ImportedEdge {
  readonly type: 'follow' | 'block'
  readonly id: FollowId | BlockId
  readonly from: UserId
  readonly to: UserId
  readonly isApproved: boolean | null
  readonly createdAt: number
}

const endsOf = sql`CROSS JOIN users f ON f.id = e.v ->> 1 CROSS JOIN users t ON t.id = e.v ->> 2`
const areThere = sql`f.id <> t.id AND NOT ${isGone(sql`f`)} AND NOT ${isGone(sql`t`)}`
const edges = (json: string) => sql`e AS MATERIALIZED (SELECT j.key AS at, j.value AS v FROM json_each(${json}) j)`
const isBlocked = sql`(
  EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = e.v ->> 1 AND b.blocked_id = e.v ->> 2)
  OR EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = e.v ->> 2 AND b.blocked_id = e.v ->> 1))`
const follow = sql`(SELECT w.id FROM follows w WHERE w.follower_id = e.v ->> 1 AND w.followed_id = e.v ->> 2)`
const block = sql`(SELECT w.id FROM blocks w WHERE w.blocker_id = e.v ->> 1 AND w.blocked_id = e.v ->> 2)`

const toJson = (list: readonly ImportedEdge[]) =>
  JSON.stringify(list.map(({ type, id, from, to, isApproved, createdAt }) => [id, from, to, createdAt, isApproved ? 1 : 0, type[0]]))

/**
 * Creates the edges that are not there, blocks first, since a block removes the follows between the two and keeps others out.
 * A follow of a private account is a request unless it was approved. Statements of one batch, which writes no events.
 */
export function insertImportedEdges(list: readonly ImportedEdge[]): Statement<void>[] {
  const [blocks, follows] = (['block', 'follow'] as const).map((type) => list.filter((edge) => edge.type === type)) as [
    ImportedEdge[],
    ImportedEdge[],
  ]
  return [
    run(sql`INSERT INTO event_pauses (id) VALUES (1) ON CONFLICT (id) DO NOTHING`),
    ...(blocks.length > 0 ? insertBlocks(toJson(blocks)) : []),
    ...(follows.length > 0 ? [insertFollows(toJson(follows))] : []),
    run(sql`DELETE FROM event_pauses`),
  ]
}

function insertBlocks(json: string): Statement<void>[] {
  return [
    run(sql`
      WITH ${edges(json)} INSERT INTO blocks (id, blocker_id, blocked_id, created_at)
      SELECT e.v ->> 0, f.id, t.id, e.v ->> 3 FROM e ${endsOf} WHERE ${areThere}
      ON CONFLICT (blocker_id, blocked_id) DO NOTHING`),
    run(sql`
      WITH ${edges(json)} DELETE FROM follows WHERE id IN (
        SELECT w.id FROM e CROSS JOIN follows w ON w.follower_id = e.v ->> 1 AND w.followed_id = e.v ->> 2 WHERE ${block} IS NOT NULL)`),
    run(sql`
      WITH ${edges(json)} DELETE FROM follows WHERE id IN (
        SELECT w.id FROM e CROSS JOIN follows w ON w.follower_id = e.v ->> 2 AND w.followed_id = e.v ->> 1 WHERE ${block} IS NOT NULL)`),
  ]
}

function insertFollows(json: string): Statement<void> {
  return run(sql`
    WITH ${edges(json)} INSERT INTO follows (id, follower_id, followed_id, approved_at)
    SELECT e.v ->> 0, f.id, t.id, CASE WHEN t.is_private = 1 AND e.v ->> 4 = 0 THEN NULL ELSE e.v ->> 3 END
    FROM e ${endsOf} WHERE ${areThere} AND NOT ${isBlocked}
    ON CONFLICT (follower_id, followed_id) DO NOTHING`)
}

export interface EdgeState {
  readonly at: number
  /** Null: there is no such edge. */
  readonly id: number | null
  readonly isBlocked: number
}

/** How each edge stands, by position. Whose id it is tells who made it. */
export function findEdgeStates(list: readonly ImportedEdge[]): Statement<EdgeState[]> {
  return all(sql`
    WITH ${edges(toJson(list))}
    SELECT e.at, CASE WHEN e.v ->> 5 = 'f' THEN ${follow} ELSE ${block} END AS id, ${isBlocked} AS is_blocked FROM e`)
}

/** The witness: the same, or null if none of these is there. */
export function findCreatedEdges(list: readonly ImportedEdge[]): Statement<EdgeState[] | null> {
  const states = findEdgeStates(list)
  const isMade = ({ at, id }: EdgeState) => id !== null && id === list[at]?.id
  const read = (...result: Parameters<typeof states.read>) => {
    const found = states.read(...result)
    return found.some(isMade) ? found : null
  }
  return { ...states, read }
}
