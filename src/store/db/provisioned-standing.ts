/** Deactivation by a client that provisions users: a ban without an end (docs/decisions/060). */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { endsSessions, type Fragment, run, type Statement } from './database.ts'

/** The reason of the ban that a deactivation is. */
export const DEPROVISIONED = 'deprovisioned'

/** Shuts the user out at once, where `condition` holds. */
export function deactivate(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return endsSessions(
    run(sql`
    UPDATE users SET epoch = epoch + 1, banned_at = ${now}, banned_until = NULL, banned_reason = ${DEPROVISIONED}, updated_at = MAX(${now}, updated_at + 1)
    WHERE id = ${userId} AND (${condition})`),
  )
}

/** A ban that would end by itself no longer does. */
export function keepBanned(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`UPDATE users SET banned_until = NULL, updated_at = MAX(${now}, updated_at + 1) WHERE id = ${userId} AND (${condition})`)
}

export function reactivate(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE users SET banned_at = NULL, banned_until = NULL, banned_reason = NULL, updated_at = MAX(${now}, updated_at + 1)
    WHERE id = ${userId} AND banned_reason = ${DEPROVISIONED} AND (${condition})`)
}
