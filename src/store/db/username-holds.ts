/**
 * User names that were given up. For a while only their former owner can take them, so nobody can impersonate them. A
 * hold outlives a deleted account, so the name is stored as SHA-256.
 */
import { sql } from 'drizzle-orm'
import { sha256 } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import { changed, type Fragment, run, type Statement } from './database.ts'

/** No user: somebody signing up. */
export const NOBODY = 0 as UserId

/** Holds while the user name is reserved for somebody other than `userId`, or for no one. */
export function isHeldBack(usernameKey: string, userId: UserId, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM username_holds h
    WHERE h.username_key = ${sha256(usernameKey)} AND h.held_until > ${now} AND (h.user_id IS NULL OR h.user_id <> ${userId}))`
}

/** Holds while the user name is reserved for this very user, who gave it up. */
export function isHeldFor(usernameKey: string, userId: UserId, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM username_holds h WHERE h.username_key = ${sha256(usernameKey)} AND h.held_until > ${now} AND h.user_id = ${userId})`
}

export interface Hold {
  readonly usernameKey: string
  readonly userId: UserId
  readonly heldUntil: number
}

/** Reserves a user name for the user who gives it up, where `condition` holds. */
export function holdUsername({ usernameKey, userId, heldUntil }: Hold, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO username_holds (username_key, user_id, held_until) SELECT ${sha256(usernameKey)}, ${userId}, ${heldUntil} WHERE (${condition})
    ON CONFLICT (username_key) DO UPDATE SET user_id = excluded.user_id, held_until = excluded.held_until`)
}

/** Reserves the user names of these users for no one, where `condition` holds for the row of `users`. */
export function holdUsernamesOf(
  owners: readonly { readonly id: UserId; readonly usernameKey: string }[],
  heldUntil: number,
  condition: Fragment,
): Statement<void> {
  const named = JSON.stringify(owners.map(({ id, usernameKey }) => ({ id, hash: sha256(usernameKey) })))
  return run(sql`
    INSERT INTO username_holds (username_key, user_id, held_until)
    SELECT j.value ->> 'hash', NULL, ${heldUntil} FROM json_each(${named}) j CROSS JOIN users ON users.id = j.value ->> 'id' WHERE (${condition})
    ON CONFLICT (username_key) DO UPDATE SET user_id = NULL, held_until = excluded.held_until`)
}

export function deleteEndedHolds(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM username_holds WHERE username_key IN (
      SELECT username_key FROM username_holds WHERE held_until <= ${input.now} LIMIT ${input.limit})`)
}
