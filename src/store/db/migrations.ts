/** Whether the database has the tables and columns that this version of the Worker reads. */
import { sql } from 'drizzle-orm'
import journal from '../../../migrations/meta/_journal.json' with { type: 'json' }
import { first, type Statement } from './database.ts'

/** The name under which wrangler records it in `d1_migrations`. */
export const NEWEST_MIGRATION = `${journal.entries.at(-1)?.tag}.sql`

/** Null if the newest migration is missing; throws if none was ever applied. */
export function findNewestMigration(): Statement<{ name: string } | null> {
  return first(sql`SELECT name FROM d1_migrations WHERE name = ${NEWEST_MIGRATION}`)
}
