/** Where a sweep over a bucket continues in its next run. Losing it only means starting over. */
import { sql } from 'drizzle-orm'
import { first, run, type Statement } from './database.ts'

export function findSweepCursor(sweep: string): Statement<{ cursor: string } | null> {
  return first(sql`SELECT cursor FROM sweep_cursors WHERE sweep = ${sweep}`)
}

/** The empty cursor is the beginning. */
export function saveSweepCursor(sweep: string, cursor: string, now: number): Statement<void> {
  return run(sql`
    INSERT INTO sweep_cursors (sweep, cursor, updated_at) VALUES (${sweep}, ${cursor}, ${now})
    ON CONFLICT (sweep) DO UPDATE SET cursor = excluded.cursor, updated_at = excluded.updated_at`)
}

/** When the whole sweep last ran, and which of its parts failed. */
export function findLastRun(sweep: string): Statement<{ failed: string; at: number } | null> {
  return first(sql`SELECT cursor AS failed, updated_at AS at FROM sweep_cursors WHERE sweep = ${sweep}`)
}
