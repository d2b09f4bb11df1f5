/**
 * The one SQL predicate about who may see whom (design §5): the only way to read another user. Banned, deleted and
 * unverified users, and those who block the viewer, do not exist for the viewer. The holder of a license key vouches
 * for its users (docs/decisions/010).
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isAlive } from './account-state.ts'
import type { Fragment } from './database.ts'

/** A user, by id or by the canonical form of the user name. */
export type UserRef = UserId | string

/** True of the alias `u`: the user being looked up. */
export function isUser(ref: UserRef): Fragment {
  return typeof ref === 'number' ? sql`u.id = ${ref}` : sql`u.username_key = ${ref}`
}

/** True of the alias `u`: visible to everyone. */
export function isPresent(now: number): Fragment {
  return sql`${isAlive(sql`u`, now)}
    AND (u.email_verified_at IS NOT NULL OR EXISTS (SELECT 1 FROM external_identities e WHERE e.user_id = u.id))`
}

/** Holds while the account may act: for writes by somebody who passed the gate a moment ago. */
export function isAccountAlive(id: UserId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users m WHERE m.id = ${id} AND ${isAlive(sql`m`, now)})`
}

/** True of the alias `u`: exists for this viewer. */
export function isVisibleTo(viewerId: UserId, now: number): Fragment {
  return sql`${isPresent(now)}
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = ${viewerId})`
}

/** True of the alias `u`: neither blocks the other. */
export function isUnblocked(viewerId: UserId): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = u.id AND b.blocked_id = ${viewerId})
    AND NOT EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${viewerId} AND b.blocked_id = u.id)`
}

/** The viewer's relationship to the alias `u`: columns of every row that shows another user. */
export function relationColumns(viewerId: UserId): Fragment {
  return sql`
    (SELECT CASE WHEN f.approved_at IS NULL THEN 'requested' ELSE 'following' END FROM follows f
     WHERE f.follower_id = ${viewerId} AND f.followed_id = u.id) AS viewer_follow,
    EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${viewerId} AND b.blocked_id = u.id) AS viewer_blocks`
}

/**
 * Holds when the viewer may see the owner's lists: the owner's own, a public account's, or one that the viewer follows.
 */
export function isListOpen(input: { ownerId: UserId; viewerId: UserId; now: number }): Fragment {
  const { ownerId, viewerId } = input
  // A scalar subquery, evaluated once: SQLite turns an EXISTS into a join and reads the owner again for every row of
  // the list.
  return sql`(
    SELECT 1 FROM users u WHERE u.id = ${ownerId} AND (u.id = ${viewerId} OR (${isVisibleTo(viewerId, input.now)} AND (u.is_private = 0
      OR EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = ${viewerId} AND g.followed_id = u.id AND g.approved_at IS NOT NULL))))) IS NOT NULL`
}
