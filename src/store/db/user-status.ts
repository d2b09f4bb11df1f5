/** The status columns of `users`. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { run, type Statement } from './database.ts'

export interface SetStatus {
  readonly statusMessage: string | null
  readonly availability: number | null
  readonly mood: number | null
  readonly statusExpiresAt: number | null
  readonly statusUpdatedAt: number | null
}

export function updateStatus(id: UserId, status: SetStatus): Statement<void> {
  return run(sql`
    UPDATE users SET status_message = ${status.statusMessage}, availability = ${status.availability}, mood = ${status.mood},
                     status_expires_at = ${status.statusExpiresAt}, status_updated_at = ${status.statusUpdatedAt}
    WHERE id = ${id}`)
}
