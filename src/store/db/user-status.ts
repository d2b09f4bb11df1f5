/** The status columns of `users`. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { type Fragment, run, type Statement } from './database.ts'

export interface SetStatus {
  readonly statusMessage: string | null
  readonly availability: number | null
  readonly mood: number | null
  readonly statusExpiresAt: number | null
  readonly statusUpdatedAt: number | null
}

/** The message alone, without an expiry. The other fields of an expired status go with it. */
export function updateStatusMessage(id: UserId, message: string | null, now: number): Statement<void> {
  const kept = (column: Fragment) => sql`${column} = CASE WHEN status_expires_at <= ${now} THEN NULL ELSE ${column} END`
  return run(sql`
    UPDATE users SET status_message = ${message}, ${kept(sql`availability`)}, ${kept(sql`mood`)}, status_expires_at = NULL,
                     status_updated_at = ${now}
    WHERE id = ${id}`)
}

export function updateStatus(id: UserId, status: SetStatus): Statement<void> {
  return run(sql`
    UPDATE users SET status_message = ${status.statusMessage}, availability = ${status.availability}, mood = ${status.mood},
                     status_expires_at = ${status.statusExpiresAt}, status_updated_at = ${status.statusUpdatedAt}
    WHERE id = ${id}`)
}
