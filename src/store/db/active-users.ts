/**
 * Users that a robot may list (wire §6.17): verified, not banned, not deleted. The condition is that of the index
 * `users_active` and of the triggers that keep `totals`, so a list is as long as its total says. A ban that has expired
 * therefore still counts here until it is lifted or replaced: expiry changes no row.
 */
import { type SQL, sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, findIf, first, type Statement } from './database.ts'
import type { PicturedUser } from './people.ts'

export interface ActiveUserRow extends PicturedUser {
  readonly role: string
}

const IS_ACTIVE = sql`u.email_verified_at IS NOT NULL AND u.banned_at IS NULL AND u.deleted_at IS NULL`
const COLUMNS = sql`u.id, u.username, u.given_name, u.family_name, u.display_name, u.avatar_key, u.role`
const TOTAL = sql`SELECT value FROM totals WHERE name = 'active_users'`

const page = (where: SQL, order: SQL, limit: number): Statement<ActiveUserRow[]> =>
  all(sql`SELECT ${COLUMNS} FROM users u WHERE ${IS_ACTIVE} AND ${where} ORDER BY u.id ${order} LIMIT ${limit}`)

export function listActiveUsersAfter(id: number, limit: number): Statement<ActiveUserRow[]> {
  return page(sql`u.id > ${id}`, sql`ASC`, limit)
}

/** Nearest first. */
export function listActiveUsersBefore(id: number, limit: number): Statement<ActiveUserRow[]> {
  return page(sql`u.id < ${id}`, sql`DESC`, limit)
}

/** Skips `offset` entries of the index. When there are fewer, the limit is 0 and the page is empty. */
export function listActiveUsersFrom(offset: number, limit: number): Statement<ActiveUserRow[]> {
  const start = sql`
    SELECT u.id FROM users u INDEXED BY users_active WHERE ${IS_ACTIVE} ORDER BY u.id LIMIT ${offset} < (${TOTAL}) OFFSET ${offset}`
  return page(sql`u.id >= (${start})`, sql`ASC`, limit)
}

/** Whether there is a user at the id or after it. */
export function hasActiveUserFrom(id: number): Statement<boolean> {
  return findIf(sql`EXISTS (SELECT 1 FROM users u WHERE ${IS_ACTIVE} AND u.id >= ${id})`)
}

export function findActiveUser(id: UserId): Statement<ActiveUserRow | null> {
  return first(sql`SELECT ${COLUMNS} FROM users u WHERE u.id = ${id} AND ${IS_ACTIVE}`)
}

export function countActiveUsers(): Statement<{ value: number } | null> {
  return first(TOTAL)
}
