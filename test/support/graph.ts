/** The social graph in D1: to arrange it, to inspect it, and its invariants. */
import { expect } from 'vitest'
import { newId } from '../../src/ids.ts'
import { db } from './kith.ts'
import type { Person } from './people.ts'
import { idOf } from './tokens.ts'

type Who = Pick<Person, 'id'>

/** An edge, or a request with `approved: false`, whatever the rules say; returns its id. */
export async function putEdge(follower: Who, followed: Who, approved = true): Promise<number> {
  const id = newId() as number
  await db
    .prepare('INSERT INTO follows (id, follower_id, followed_id, approved_at) VALUES (?, ?, ?, ?)')
    .bind(id, idOf(follower), idOf(followed), approved ? Date.now() : null)
    .run()
  return id
}

export async function putBlock(blocker: Who, blocked: Who): Promise<number> {
  const id = newId() as number
  await db
    .prepare('INSERT INTO blocks (id, blocker_id, blocked_id, created_at) VALUES (?, ?, ?, ?)')
    .bind(id, idOf(blocker), idOf(blocked), Date.now())
    .run()
  return id
}

export async function setColumns(person: Who, columns: Readonly<Record<string, string | number | null>>): Promise<void> {
  const sets = Object.keys(columns).map((name) => `${name} = ?`)
  await db
    .prepare(`UPDATE users SET ${sets.join(', ')} WHERE id = ?`)
    .bind(...Object.values(columns), idOf(person))
    .run()
}

export async function clearGraph(): Promise<void> {
  await db.batch(['follows', 'blocks', 'edge_work'].map((table) => db.prepare(`DELETE FROM ${table}`)))
}

/** Each finds rows that must not exist. */
const RULES: Readonly<Record<string, string>> = {
  'follower_count is COUNT(*)': `
    SELECT id, follower_count AS found FROM users u
    WHERE follower_count <> (SELECT COUNT(*) FROM follows WHERE followed_id = u.id AND approved_at IS NOT NULL)`,
  'following_count is COUNT(*)': `
    SELECT id, following_count AS found FROM users u
    WHERE following_count <> (SELECT COUNT(*) FROM follows WHERE follower_id = u.id AND approved_at IS NOT NULL)`,
  'request_count is COUNT(*)': `
    SELECT id, request_count AS found FROM users u
    WHERE request_count <> (SELECT COUNT(*) FROM follows WHERE followed_id = u.id AND approved_at IS NULL)`,
  'no edge across a block': `
    SELECT f.id FROM follows f JOIN blocks b
      ON (b.blocker_id = f.follower_id AND b.blocked_id = f.followed_id) OR (b.blocker_id = f.followed_id AND b.blocked_id = f.follower_id)`,
  'no edge to oneself': 'SELECT id FROM follows WHERE follower_id = followed_id',
  'no block of oneself': 'SELECT id FROM blocks WHERE blocker_id = blocked_id',
  'one edge per pair': 'SELECT MIN(id) AS id FROM follows GROUP BY follower_id, followed_id HAVING COUNT(*) > 1',
  'no request to a public account': `
    SELECT f.id FROM follows f JOIN users u ON u.id = f.followed_id WHERE f.approved_at IS NULL AND u.is_private = 0`,
  'no edge of somebody who is banned for good': `
    SELECT f.id FROM follows f JOIN users u ON u.id = f.follower_id OR u.id = f.followed_id
    WHERE u.banned_at IS NOT NULL AND u.banned_until IS NULL`,
  'no work left for a few edges': 'SELECT user_id AS id, kind FROM edge_work',
}

/** What is broken in the graph; for graphs with few edges, where nothing is deferred. */
export async function brokenRules(): Promise<string[]> {
  const names = Object.keys(RULES)
  const results = await db.batch(Object.values(RULES).map((sql) => db.prepare(sql)))
  return results.flatMap(({ results: rows }, index) => (rows.length > 0 ? [`${names[index]}: ${JSON.stringify(rows)}`] : []))
}

export async function checkGraph(): Promise<void> {
  expect(await brokenRules(), 'what no longer holds of the graph').toEqual([])
}
