/**
 * Operations on very many edges (design §2): the flag on the user takes effect at once, the edges follow in chunks.
 * `edge_work` has a row while there is work left; each chunk is one batch and safe to repeat.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, findIf, run, type Statement } from './database.ts'

export type EdgeWorkKind = 'accept_requests' | 'remove_edges'

export function insertEdgeWork(userId: UserId, kind: EdgeWorkKind, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO edge_work (user_id, kind, created_at) SELECT ${userId}, ${kind}, ${now} WHERE ${condition}
    ON CONFLICT (user_id, kind) DO NOTHING`)
}

/** Whether there is work left. */
export function hasEdgeWork(userId: UserId, kind: EdgeWorkKind): Statement<boolean> {
  return findIf(hasWork(userId, kind))
}

export function listEdgeWork(limit: number): Statement<{ userId: UserId; kind: EdgeWorkKind }[]> {
  return all(sql`SELECT user_id, kind FROM edge_work ORDER BY user_id, kind LIMIT ${limit}`)
}

const hasWork = (userId: UserId, kind: EdgeWorkKind) => sql`EXISTS (SELECT 1 FROM edge_work WHERE user_id = ${userId} AND kind = ${kind})`

/** One chunk: accepts up to `chunk` requests to a public account, and ends the work when none is left. */
export function acceptRequests(userId: UserId, chunk: number, now: number): Statement<void>[] {
  const isPublic = sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND is_private = 0)`
  return [
    run(sql`
      UPDATE follows SET approved_at = ${now} WHERE id IN (
        SELECT id FROM follows WHERE followed_id = ${userId} AND approved_at IS NULL AND ${isPublic} AND ${hasWork(userId, 'accept_requests')}
        ORDER BY id LIMIT ${chunk})`),
    run(sql`
      DELETE FROM edge_work WHERE user_id = ${userId} AND kind = 'accept_requests'
        AND (NOT ${isPublic} OR NOT EXISTS (SELECT 1 FROM follows WHERE followed_id = ${userId} AND approved_at IS NULL))`),
  ]
}

const EDGES = [
  (userId: UserId) => sql`follower_id = ${userId} AND approved_at IS NULL`,
  (userId: UserId) => sql`follower_id = ${userId} AND approved_at IS NOT NULL`,
  (userId: UserId) => sql`followed_id = ${userId} AND approved_at IS NULL`,
  (userId: UserId) => sql`followed_id = ${userId} AND approved_at IS NOT NULL`,
]

/** One chunk: removes up to `chunk` edges of each kind, and ends the work when none is left. */
export function removeEdges(userId: UserId, chunk: number): Statement<void>[] {
  const none = sql.join(
    EDGES.map((edges) => sql`NOT EXISTS (SELECT 1 FROM follows WHERE ${edges(userId)})`),
    sql` AND `,
  )
  return [
    ...EDGES.map((edges) =>
      run(sql`
        DELETE FROM follows WHERE id IN (
          SELECT id FROM follows WHERE ${edges(userId)} AND ${hasWork(userId, 'remove_edges')} LIMIT ${chunk})`),
    ),
    run(sql`DELETE FROM edge_work WHERE user_id = ${userId} AND kind = 'remove_edges' AND ${none}`),
  ]
}
