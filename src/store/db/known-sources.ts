/** Where the owner of an account has signed in from, in D1: browsers by their device cookie, and networks. */
import { sql } from 'drizzle-orm'
import { changed, type Statement } from './database.ts'

export function deleteEndedSources(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM known_sources WHERE (user_id, source_hash) IN (
      SELECT user_id, source_hash FROM known_sources WHERE expires_at <= ${input.now} LIMIT ${input.limit})`)
}
