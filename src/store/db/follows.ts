/** Follows in D1: one guarded statement per act, counters by triggers. Lists read ids first and stop at the page. */
import { type SQL, sql } from 'drizzle-orm'
import type { FollowId, UserId } from '../../ids.ts'
import { isAccountAlive } from './account-state.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import { isPresent, isUnblocked, isVisibleTo, relationColumns, type SeenUserRow } from './people.ts'
import type { UserRow } from './users.ts'

export interface NewFollow {
  readonly id: FollowId
  readonly followerId: UserId
  readonly followedId: UserId
  readonly now: number
}

/** Follows, or requests to follow if the account is private at this moment. Does nothing if one blocks the other or the edge exists. */
export function insertFollow(edge: NewFollow): Statement<void> {
  return run(sql`
    INSERT INTO follows (id, follower_id, followed_id, approved_at)
    SELECT ${edge.id}, ${edge.followerId}, u.id, CASE WHEN u.is_private = 1 THEN NULL ELSE ${edge.now} END
    FROM users u
    WHERE u.id = ${edge.followedId} AND u.id <> ${edge.followerId} AND ${isPresent(edge.now)} AND ${isUnblocked(edge.followerId)}
      AND ${isAccountAlive(edge.followerId, edge.now)}
    ON CONFLICT (follower_id, followed_id) DO NOTHING`)
}

export interface FollowRow {
  readonly id: FollowId
  readonly approvedAt: number | null
}

export function findFollow(followerId: UserId, followedId: UserId): Statement<FollowRow | null> {
  return first(sql`SELECT id, approved_at FROM follows WHERE follower_id = ${followerId} AND followed_id = ${followedId}`)
}

/** The edge from the user with that name, whoever it is. */
export function findFollowBy(usernameKey: string, followedId: UserId): Statement<FollowRow | null> {
  return first(sql`
    SELECT f.id, f.approved_at FROM users u JOIN follows f ON f.follower_id = u.id AND f.followed_id = ${followedId}
    WHERE u.username_key = ${usernameKey}`)
}

export function deleteFollow(followerId: UserId, followedId: UserId): Statement<void> {
  return run(sql`DELETE FROM follows WHERE follower_id = ${followerId} AND followed_id = ${followedId}`)
}

/** Removes an edge or request by its id, for either side; null if there is none or it belongs to others. */
export function deleteFollowEntry(id: FollowId, userId: UserId): Statement<{ id: FollowId } | null> {
  return first(sql`DELETE FROM follows WHERE id = ${id} AND (follower_id = ${userId} OR followed_id = ${userId}) RETURNING id`)
}

/** Accepts a request to the user; idempotent. Null if there is none or it belongs to others. */
export function approveFollow(id: FollowId, followedId: UserId, now: number): Statement<{ id: FollowId } | null> {
  return first(sql`
    UPDATE follows SET approved_at = COALESCE(approved_at, ${now}) WHERE id = ${id} AND followed_id = ${followedId} RETURNING id`)
}

export type FollowList = 'followers' | 'following' | 'requests' | 'requested'

interface FollowColumns {
  readonly followId: FollowId
  readonly followApprovedAt: number | null
}

export type FollowListRow = SeenUserRow & FollowColumns
export type FollowNameRow = Pick<UserRow, 'id' | 'username'> & FollowColumns

/** Which edges a list contains (each has an index of its own), and whose users it shows. */
const LISTS = {
  followers: { edges: (userId: UserId) => sql`f.followed_id = ${userId} AND f.approved_at IS NOT NULL`, other: sql`f.follower_id` },
  following: { edges: (userId: UserId) => sql`f.follower_id = ${userId} AND f.approved_at IS NOT NULL`, other: sql`f.followed_id` },
  requests: { edges: (userId: UserId) => sql`f.followed_id = ${userId} AND f.approved_at IS NULL`, other: sql`f.follower_id` },
  requested: { edges: (userId: UserId) => sql`f.follower_id = ${userId} AND f.approved_at IS NULL`, other: sql`f.followed_id` },
} as const

/** The first entry that was not read, if the page stopped before it was full. */
export interface UnreadFollow {
  readonly id: null
  readonly followId: FollowId
}

interface FollowPage {
  readonly list: FollowList
  readonly userId: UserId
  readonly viewerId: UserId
  readonly before: number
  readonly limit: number
  readonly lookedAt: number
  readonly now: number
  readonly condition: Fragment
}

/**
 * A page of a user's list as a viewer sees it, newest first, from before the position `before`, without users that do
 * not exist for the viewer. Reads at most `lookedAt` edges, however many are hidden; the first one beyond them comes
 * last.
 */
export function listFollows(page: FollowPage): Statement<(FollowListRow | UnreadFollow)[]> {
  return all(followPage(page, sql`u.*, ${relationColumns(page.viewerId)}`))
}

/** The same with only the names of the users: for very long pages. */
export function listFollowNames(page: FollowPage): Statement<(FollowNameRow | UnreadFollow)[]> {
  return all(followPage(page, sql`u.id, u.username`))
}

function followPage(input: FollowPage, userColumns: Fragment): SQL {
  const { edges, other } = LISTS[input.list]
  const entries = sql`FROM follows f WHERE ${edges(input.userId)} AND f.id < ${input.before} AND (${input.condition}) ORDER BY f.id DESC`
  return sql`
    SELECT * FROM (
      SELECT e.id AS follow_id, e.approved_at AS follow_approved_at, ${userColumns}
      FROM (SELECT f.id, f.approved_at, ${other} AS other_id ${entries} LIMIT ${input.lookedAt}) e CROSS JOIN users u ON u.id = e.other_id
      WHERE u.id = ${input.viewerId} OR (${isPresent(input.now)} AND ${isUnblocked(input.viewerId)}))
    UNION ALL SELECT * FROM (
      SELECT e.id, NULL, ${userColumns}
      FROM (SELECT f.id ${entries} LIMIT 1 OFFSET ${input.lookedAt}) e LEFT JOIN users u ON u.id = -1)
    LIMIT ${input.limit}`
}

export interface RelationshipRow {
  readonly id: UserId
  readonly follow: 'following' | 'requested' | null
  readonly followedBy: 'following' | 'requested' | null
  readonly blocking: number
}

/** The viewer's relationship to each of the users, in one query, without those that do not exist for the viewer. */
export function findRelationships(input: { userIds: readonly UserId[]; viewerId: UserId; now: number }): Statement<RelationshipRow[]> {
  const state = sql`CASE WHEN f.approved_at IS NULL THEN 'requested' ELSE 'following' END`
  return all(sql`
    SELECT u.id,
      (SELECT ${state} FROM follows f WHERE f.follower_id = ${input.viewerId} AND f.followed_id = u.id) AS follow,
      (SELECT ${state} FROM follows f WHERE f.follower_id = u.id AND f.followed_id = ${input.viewerId}) AS followed_by,
      EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${input.viewerId} AND b.blocked_id = u.id) AS blocking
    FROM json_each(${JSON.stringify(input.userIds)}) j JOIN users u ON u.id = j.value
    WHERE ${isVisibleTo(input.viewerId, input.now)} ORDER BY j.key`)
}

/** Users followed by those the viewer follows: from at most 200 edges, the most shared first. */
export function listSuggestions(input: {
  viewerId: UserId
  people: number
  perPerson: number
  limit: number
  now: number
}): Statement<SeenUserRow[]> {
  const { viewerId } = input
  return all(sql`
    WITH near AS (
      SELECT f.followed_id AS id FROM follows f
      WHERE f.follower_id = ${viewerId} AND f.approved_at IS NOT NULL ORDER BY f.id DESC LIMIT ${input.people}),
    far AS (
      SELECT j.value AS id, COUNT(*) AS shared
      FROM near n CROSS JOIN json_each((
        SELECT json_group_array(x.followed_id) FROM (
          SELECT followed_id FROM follows WHERE follower_id = n.id AND approved_at IS NOT NULL ORDER BY id DESC LIMIT ${input.perPerson}) x)) j
      GROUP BY j.value)
    SELECT u.*, ${relationColumns(viewerId)} FROM far JOIN users u ON u.id = far.id
    WHERE u.id <> ${viewerId} AND ${isPresent(input.now)} AND ${isUnblocked(viewerId)}
      AND NOT EXISTS (SELECT 1 FROM follows f WHERE f.follower_id = ${viewerId} AND f.followed_id = u.id)
    ORDER BY far.shared DESC, u.id DESC LIMIT ${input.limit}`)
}
