/**
 * What users can be found by (design §1.15): folded strings in a plain WITHOUT ROWID table, where a prefix is one range
 * of the key. No pattern and no virtual table: every character of a query stands for itself.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, run, type Statement } from './database.ts'
import { isPresent, isUnblocked, relationColumns, type SeenUserRow } from './people.ts'
import type { UserRow } from './users.ts'

export type UserNames = Pick<UserRow, 'username' | 'givenName' | 'middleName' | 'familyName'>

/** Holds while the user has these names: strings of names that another request replaced are not written. */
function hasNames(userId: UserId, names: UserNames): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM users n WHERE n.id = ${userId} AND n.username = ${names.username} AND n.given_name IS ${names.givenName}
      AND n.middle_name IS ${names.middleName} AND n.family_name IS ${names.familyName})`
}

/** Adds strings that a user with these names is found by. Idempotent. */
export function insertSearchStrings(userId: UserId, names: UserNames, strings: readonly string[]): Statement<void> {
  const rows = sql.join(
    strings.map((string) => sql`(${string})`),
    sql`, `,
  )
  return run(sql`
    INSERT INTO search_strings (string, user_id) SELECT v.column1, ${userId} FROM (VALUES ${rows}) v WHERE ${hasNames(userId, names)}
    ON CONFLICT (string, user_id) DO NOTHING`)
}

/** Removes all other strings of a user with these names. Written out: SQLite would read a list that it has to build. */
export function deleteOtherSearchStrings(userId: UserId, names: UserNames, strings: readonly string[]): Statement<void> {
  const isOther = sql.join(
    strings.map((string) => sql`string <> ${string}`),
    sql` AND `,
  )
  return run(sql`DELETE FROM search_strings WHERE user_id = ${userId} AND ${isOther} AND ${hasNames(userId, names)}`)
}

/** Sorts after every character that a folded string can contain. */
const LAST = '\u{10FFFF}'

/** True of a row of `search_strings`. */
export const beginsWith = (prefix: string): Fragment => sql`string >= ${prefix} AND string < ${prefix + LAST}`

export interface Search {
  /** Folded, not empty. */
  readonly prefix: string
  /** The id in the query, if it is one. */
  readonly userId: UserId | null
  readonly viewerId: UserId
  /** How many strings are read at most, however many begin with the prefix. */
  readonly strings: number
  readonly limit: number
  readonly now: number
}

/**
 * The matches: the user with the id, then with the user name, then those whose strings begin with the prefix, in their
 * order. Users who do not exist for the viewer, or whom the viewer blocks, are left out. The strings are read one by
 * one until enough users are found, so `strings` and `limit` bound the reads, whatever the size of the table.
 */
export function searchUsers({ prefix, userId, viewerId, strings, limit, now }: Search): Statement<SeenUserRow[]> {
  const isMatch = beginsWith(prefix)
  return all(sql`
    WITH found AS (
      SELECT id FROM users WHERE id = ${userId}
      UNION ALL SELECT id FROM users WHERE username_key = ${prefix}
      UNION ALL SELECT user_id FROM (SELECT string, user_id FROM search_strings WHERE ${isMatch} ORDER BY string, user_id LIMIT ${strings})),
    shown AS (
      SELECT DISTINCT u.id FROM found f CROSS JOIN users u ON u.id = f.id
      WHERE ${isPresent(now)} AND ${isUnblocked(viewerId)} LIMIT ${limit})
    SELECT u.*, ${relationColumns(viewerId)} FROM shown s CROSS JOIN users u ON u.id = s.id
    ORDER BY u.id = ${userId} DESC, u.username_key = ${prefix} DESC,
      (SELECT MIN(string) FROM search_strings WHERE user_id = u.id AND ${isMatch}), u.id`)
}
