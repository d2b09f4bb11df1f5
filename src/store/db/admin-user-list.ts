/** The list of all users for administrators: filters, search, pages. It costs what a page shows, however many users there are. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isInForce } from './account-state.ts'
import { isSomebody } from './admin-users.ts'
import { all, type Fragment, type Statement } from './database.ts'
import { beginsWith } from './search-strings.ts'
import type { UserRow } from './users.ts'

/** Null: whether or not. */
export interface UserFilter {
  readonly role: string | null
  readonly banned: boolean | null
  readonly restricted: boolean | null
  readonly unverified: boolean | null
  readonly deleted: boolean | null
  /** The mark of the person, not the address. */
  readonly verified: boolean | null
}

/** What a query can match: an id, an address, or the beginning of a user name or name. */
export interface Meant {
  readonly userId: UserId | null
  readonly emailKey: string | null
  /** Folded; empty when the query cannot be a name. */
  readonly prefix: string
  /** How many strings are read at most, however many begin with the prefix. */
  readonly strings: number
}

/** Yields the ids of the matching users, each once. */
function idsOf({ userId, emailKey, prefix, strings }: Meant): Fragment {
  const byName = sql`
    UNION SELECT id FROM users WHERE username_key = ${prefix}
    UNION SELECT user_id FROM (SELECT user_id FROM search_strings WHERE ${beginsWith(prefix)} ORDER BY string, user_id LIMIT ${strings})`
  return sql`SELECT id FROM users WHERE id = ${userId} UNION SELECT id FROM users WHERE email_key = ${emailKey} ${prefix === '' ? sql`` : byName}`
}

/** A user, or the first one that was not looked at. */
export type ListedUserRow = UserRow & { readonly isBeyond: number }

interface ListInput {
  readonly filter: UserFilter
  readonly meant: Meant | null
  /** Ids from `from` on, and before `before`. */
  readonly from: number
  readonly before: number
  readonly limit: number
  /** How many users a page looks at. */
  readonly lookedAt: number
  readonly now: number
}

/**
 * All users, newest first, from before the position `before`. Reads at most `lookedAt` of those that the filter's index has,
 * however few of them match the rest of the filter; the first one beyond them comes last.
 */
export function listUsers(input: ListInput): Statement<ListedUserRow[]> {
  const matching = sql`${createdWithin(input)} AND ${isSomebody} ${filtersOf(input)}`
  if (input.meant !== null) {
    return all(sql`
      SELECT u.*, 0 AS is_beyond FROM (${idsOf(input.meant)}) m CROSS JOIN users u NOT INDEXED ON u.id = m.id
      WHERE ${matching} ORDER BY u.id DESC LIMIT ${input.limit}`)
  }
  const candidates = sql`FROM users u ${indexFor(input.filter)} AND ${createdWithin(input)} ORDER BY u.id DESC`
  return all(sql`
    SELECT * FROM (
      SELECT u.*, 0 AS is_beyond FROM (SELECT u.id ${candidates} LIMIT ${input.lookedAt}) p CROSS JOIN users u ON u.id = p.id WHERE ${matching})
    UNION ALL SELECT * FROM (
      SELECT u.*, 1 FROM (SELECT u.id ${candidates} LIMIT 1 OFFSET ${input.lookedAt}) p CROSS JOIN users u ON u.id = p.id)
    LIMIT ${input.limit}`)
}

const createdWithin = ({ from, before }: ListInput) => sql`u.id < ${before} AND u.id >= ${from}`

function filtersOf({ filter, now }: ListInput): Fragment {
  const { role, ...states } = filter
  const tests = {
    banned: isInForce(sql`u.banned_at`, sql`u.banned_until`, now),
    restricted: isInForce(sql`u.restricted_at`, sql`u.restricted_until`, now),
    unverified: sql`u.email_verified_at IS NULL`,
    deleted: sql`u.deleted_at IS NOT NULL`,
    verified: sql`u.verified_at IS NOT NULL`,
  }
  const wanted = Object.entries(tests).flatMap(([name, test]) => {
    const is = states[name as keyof typeof tests]
    return is === null ? [] : [is ? sql` AND (${test})` : sql` AND NOT (${test})`]
  })
  if (role !== null) wanted.push(sql` AND u.role = ${role}`)
  return sql.join(wanted)
}

/** The index is named because the planner has no statistics and would scan all users for the few who are banned. */
function indexFor(filter: UserFilter): Fragment {
  if (filter.banned) return sql`INDEXED BY users_banned WHERE u.banned_at IS NOT NULL`
  if (filter.restricted) return sql`INDEXED BY users_restricted WHERE u.restricted_at IS NOT NULL`
  if (filter.deleted) return sql`INDEXED BY users_deleted WHERE u.deleted_at IS NOT NULL`
  if (filter.unverified) return sql`INDEXED BY users_unverified WHERE u.email_verified_at IS NULL`
  if (filter.verified) return sql`INDEXED BY users_identity_verified WHERE u.verified_at IS NOT NULL`
  return filter.role === null ? sql`NOT INDEXED WHERE 1` : sql`INDEXED BY users_role WHERE u.role = ${filter.role}`
}

/** Several at once, in the order of the ids. */
export function findUsers(ids: readonly UserId[]): Statement<UserRow[]> {
  return all(sql`SELECT u.* FROM json_each(${JSON.stringify(ids)}) j JOIN users u ON u.id = j.value WHERE ${isSomebody} ORDER BY j.key`)
}
