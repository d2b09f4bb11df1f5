/**
 * Avatars of users: `users.avatar_key`, and the tombstones of its objects. Every statement that removes a key from a
 * row marks its objects in the same batch, in SQL, from the row itself, so no interleaving of two requests leaves an
 * orphaned object.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { AVATAR_OBJECTS, avatarObjectKey } from '../r2/avatars.ts'
import { both, type Fragment, first, run, type Statement } from './database.ts'
import { deleteTombstone, insertTombstone, isMarked } from './object-tombstones.ts'

const BUCKET = 'avatars'
const OBJECTS = JSON.stringify(AVATAR_OBJECTS)
const objectKeys = (key: string) => AVATAR_OBJECTS.map((object) => avatarObjectKey(key, object))

/** Marks the current avatar objects of these rows (alias `u`) for immediate removal. */
export function markAvatars(rows: Fragment, now: number): Statement<void> {
  return run(sql`
    INSERT INTO object_tombstones (bucket, key, created_at, due_at)
    SELECT ${BUCKET}, u.avatar_key || '/' || o.value, ${now}, ${now} FROM users u JOIN json_each(${OBJECTS}) o
    WHERE u.avatar_key IS NOT NULL AND (${rows})
    ON CONFLICT (bucket, key) DO UPDATE SET due_at = MIN(due_at, excluded.due_at)`)
}

/** Run before the objects of a new avatar are written: unless the upload completes, they are removed from `dueAt` on. */
export function reserveAvatar(key: string, times: { now: number; dueAt: number }): Statement<void>[] {
  return objectKeys(key).map((object) => insertTombstone({ bucket: BUCKET, key: object, ...times }))
}

/** Holds while the new objects are reserved and no sweep has started to remove them. */
export function isAvatarReserved(key: string, now: number): Fragment {
  return objectKeys(key)
    .map((object) => isMarked(BUCKET, object, now))
    .reduce(both)
}

const hasAvatar = (userId: UserId, key: string): Fragment => sql`EXISTS (SELECT 1 FROM users WHERE id = ${userId} AND avatar_key = ${key})`

/** Sets the user's avatar where `condition` holds and marks the previous one. Idempotent. */
export function replaceAvatar(input: { userId: UserId; key: string; now: number }, condition: Fragment): Statement<void>[] {
  const { userId, key, now } = input
  return [
    markAvatars(sql`u.id = ${userId} AND u.avatar_key <> ${key} AND (${condition})`, now),
    run(
      sql`UPDATE users SET avatar_key = ${key}, updated_at = ${now} WHERE id = ${userId} AND avatar_key IS NOT ${key} AND (${condition})`,
    ),
    ...objectKeys(key).map((object) => deleteTombstone(BUCKET, object, hasAvatar(userId, key))),
  ]
}

/** Gives up the new objects. Does nothing if a user got them in spite of an error. */
export function giveUpAvatar(key: string, now: number): Statement<void>[] {
  const isNobodys = sql`NOT EXISTS (SELECT 1 FROM users WHERE avatar_key = ${key})`
  return objectKeys(key).map((object) => insertTombstone({ bucket: BUCKET, key: object, dueAt: now, now }, isNobodys))
}

/** Removes the avatar and its objects where `condition` holds. */
export function removeAvatar(userId: UserId, now: number, condition: Fragment): Statement<void>[] {
  return [
    markAvatars(sql`u.id = ${userId} AND (${condition})`, now),
    run(sql`UPDATE users SET avatar_key = NULL, updated_at = ${now} WHERE id = ${userId} AND avatar_key IS NOT NULL AND (${condition})`),
  ]
}

/** The witness of a change: the user with this avatar, or with none. */
export function findWithAvatar(userId: UserId, key: string | null): Statement<{ id: UserId } | null> {
  return first(sql`SELECT id FROM users WHERE id = ${userId} AND avatar_key IS ${key}`)
}
