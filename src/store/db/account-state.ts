/** SQL for bans, restrictions and deletions: each rule once, for any alias of `users`. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import type { Fragment } from './database.ts'

/** A term without an end is permanent; one whose end has passed no longer applies. The same in TypeScript: `core/in-force.ts`. */
export const isInForce = (since: Fragment, until: Fragment, now: number): Fragment =>
  sql`(${since} IS NOT NULL AND (${until} IS NULL OR ${until} > ${now}))`

export const isNotBanned = (alias: Fragment, now: number): Fragment => sql`(${alias}.banned_at IS NULL OR ${alias}.banned_until <= ${now})`

/** Neither banned nor deleted. */
export const isAlive = (alias: Fragment, now: number): Fragment => sql`${alias}.deleted_at IS NULL AND ${isNotBanned(alias, now)}`

/** The current time, and the earliest deletion that can be undone. */
export interface SignInTimes {
  readonly returnSince: number
  readonly now: number
}

/** Neither banned nor deleted for good: may sign in, if only to restore the account. */
export const mayComeIn = (alias: Fragment, { returnSince, now }: SignInTimes): Fragment => sql`
  ${isNotBanned(alias, now)}
    AND (${alias}.deleted_at IS NULL OR (${alias}.deleted_reason = 'self' AND ${alias}.deleted_at > ${returnSince}))`

/** Holds while the account may act: for writes by somebody who passed the gate a moment ago. */
export function isAccountAlive(id: UserId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users m WHERE m.id = ${id} AND ${isAlive(sql`m`, now)})`
}
