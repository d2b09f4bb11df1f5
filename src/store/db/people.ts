/**
 * Other users, as a viewer may see them, and the one SQL predicate that says which exist for a viewer (design §5): the only
 * way to read another user. Banned, deleted and unverified users, and those who block the viewer, do not exist. The holder
 * of a license key vouches for its users (docs/decisions/010).
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isAlive } from './account-state.ts'
import { all, type Fragment, first, type Statement } from './database.ts'
import type { UserRow } from './users.ts'

/** A user, by id or by the canonical form of the user name. */
export type UserRef = UserId | string

/** True of the alias `u`: the user being looked up. */
function isUser(ref: UserRef): Fragment {
  return typeof ref === 'number' ? sql`u.id = ${ref}` : sql`u.username_key = ${ref}`
}

/** True of the alias `u`: visible to everyone. */
export function isPresent(now: number): Fragment {
  return sql`${isAlive(sql`u`, now)}
    AND (u.email_verified_at IS NOT NULL OR EXISTS (SELECT 1 FROM external_identities e WHERE e.user_id = u.id))`
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

/** True of the alias `u`: the viewer, or a user who exists for the viewer. */
export function isSeenBy(viewerId: UserId, now: number): Fragment {
  return sql`(u.id = ${viewerId} OR (${isVisibleTo(viewerId, now)}))`
}

/** The viewer's relationship to the alias `u`: columns of every row that shows another user. */
export function relationColumns(viewerId: UserId): Fragment {
  return sql`
    (SELECT CASE WHEN f.approved_at IS NULL THEN 'requested' ELSE 'following' END FROM follows f
     WHERE f.follower_id = ${viewerId} AND f.followed_id = u.id) AS viewer_follow,
    EXISTS (SELECT 1 FROM blocks b WHERE b.blocker_id = ${viewerId} AND b.blocked_id = u.id) AS viewer_blocks`
}

/** A user as a viewer sees one: the row, and the viewer's relationship to it. */
export interface SeenUserRow extends UserRow {
  readonly viewerFollow: 'following' | 'requested' | null
  readonly viewerBlocks: number
}

export function findSeenUser(input: { userId: UserRef; viewerId: UserId; now: number }): Statement<SeenUserRow | null> {
  return first(sql`
    SELECT u.*, ${relationColumns(input.viewerId)} FROM users u WHERE ${isUser(input.userId)} AND ${isSeenBy(input.viewerId, input.now)}`)
}

/** The same for an administrator, from whom nothing is hidden. */
export function findAnyUser(input: { userId: UserRef; viewerId: UserId }): Statement<SeenUserRow | null> {
  return first(sql`SELECT u.*, ${relationColumns(input.viewerId)} FROM users u WHERE ${isUser(input.userId)}`)
}

/** Several at once, in the order of the ids, without those that do not exist for the viewer. */
export function findSeenUsers(input: { userIds: readonly UserId[]; viewerId: UserId; now: number }): Statement<SeenUserRow[]> {
  return all(sql`
    SELECT u.*, ${relationColumns(input.viewerId)} FROM json_each(${JSON.stringify(input.userIds)}) j JOIN users u ON u.id = j.value
    WHERE ${isSeenBy(input.viewerId, input.now)} ORDER BY j.key`)
}

/** Holds when the viewer may see the owner's lists: the owner's own, a public account's, or one that the viewer follows. */
export function isListOpen(input: { ownerId: UserId; viewerId: UserId; now: number }): Fragment {
  const { ownerId, viewerId } = input
  // A scalar subquery, evaluated once: SQLite turns an EXISTS into a join and reads the owner again for every row of
  // the list.
  return sql`(
    SELECT 1 FROM users u WHERE u.id = ${ownerId} AND (u.id = ${viewerId} OR (${isVisibleTo(viewerId, input.now)} AND (u.is_private = 0
      OR EXISTS (SELECT 1 FROM follows g WHERE g.follower_id = ${viewerId} AND g.followed_id = u.id AND g.approved_at IS NOT NULL))))) IS NOT NULL`
}

export interface PicturedUser {
  readonly id: UserId
  readonly username: string
  readonly givenName: string | null
  readonly familyName: string | null
  readonly displayName: string | null
  readonly avatarKey: string | null
}

/** What a generated avatar is drawn from. Name and avatar are visible to everyone, even for a private account (design §5). */
export function findPicturedUser(userId: UserId, now: number): Statement<PicturedUser | null> {
  return first(sql`
    SELECT u.id, u.username, u.given_name, u.family_name, u.display_name, u.avatar_key FROM users u
    WHERE u.id = ${userId} AND ${isPresent(now)}`)
}
