/**
 * The one SQL predicate about who may see whom (design §5): the only way to read another user. Banned, deleted and
 * never verified people, and those who block the viewer, do not exist for the viewer. For the users of a license key its
 * holder vouches (docs/decisions/010).
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isAlive } from './account-state.ts'
import type { Fragment } from './database.ts'

/** Somebody, by id or by the canonical form of the user name. */
export type UserRef = UserId | string

/** True of the alias `u`: the person who is meant. */
export function isUser(ref: UserRef): Fragment {
  return typeof ref === 'number' ? sql`u.id = ${ref}` : sql`u.username_key = ${ref}`
}

/** True of the alias `u`: a person whom anybody may know of. */
export function isPresent(now: number): Fragment {
  return sql`${isAlive(sql`u`, now)}
    AND (u.email_verified_at IS NOT NULL OR EXISTS (SELECT 1 FROM external_identities e WHERE e.user_id = u.id))`
}

/** Holds while the account may act: for writes of somebody who passed the gate a moment ago. */
export function isAccountAlive(id: UserId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users m WHERE m.id = ${id} AND ${isAlive(sql`m`, now)})`
}

/** True of the alias `u`: exists for this viewer. */
export function isVisibleTo(viewerId: UserId, now: number): Fragment {
  return sql`${isPresent(now)}
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = ${viewerId})`
}

/** True of the alias `u`: neither has blocked the other. */
export function isUnblocked(viewerId: UserId): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = ${viewerId})
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${viewerId} AND b.blocked_id = u.id)`
}

/** How the viewer stands to the alias `u`: columns of every row that shows another user. */
export function relationColumns(viewerId: UserId): Fragment {
  return sql`
    (SELECT CASE WHEN f.approved_at IS NULL THEN 'requested' ELSE 'following' END FROM follows f
     WHERE f.follower_id = ${viewerId} AND f.followed_id = u.id) AS viewer_follow,
    EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${viewerId} AND b.blocked_id = u.id) AS viewer_blocks`
}

/** Holds when the owner's lists are open to the viewer: the owner's own, a public account's, or a follower's. */
export function isListOpen(input: { ownerId: UserId; viewerId: UserId; now: number }): Fragment {
  const { ownerId, viewerId } = input
  // A scalar, found once: of an EXISTS, SQLite makes a join and reads the owner again for every row of the list.
  return sql`(
    SELECT 1 FROM users u WHERE u.id = ${ownerId} AND (u.id = ${viewerId} OR (${isVisibleTo(viewerId, input.now)} AND (u.is_private = 0
      OR EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = ${viewerId} AND g.followed_id = u.id AND g.approved_at IS NOT NULL))))) IS NOT NULL`
}
