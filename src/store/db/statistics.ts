/** Figures in D1: by day and in total, which triggers keep (schema/events.ts), and what waits, counted up to a bound. */
import { sql } from 'drizzle-orm'
import { all, changed, type Fragment, first, type Statement } from './database.ts'

export interface DailyCountRow {
  /** Days since 1970, UTC. */
  readonly day: number
  readonly name: string
  readonly value: number
}

export function listDailyCounts(fromDay: number): Statement<DailyCountRow[]> {
  return all(sql`SELECT day, name, value FROM daily_counts WHERE day >= ${fromDay} ORDER BY day, name`)
}

export interface TotalRow {
  readonly name: string
  readonly value: number
}

export function listTotals(): Statement<TotalRow[]> {
  return all(sql`SELECT name, value FROM totals WHERE name IN ('active_users', 'media_files', 'media_bytes')`)
}

export interface WaitingRow {
  readonly mails: number
  readonly mailsFailed: number
  readonly edgeWork: number
  readonly objects: number
  readonly purges: number
}

/** How much waits, each counted up to `bound`. */
export function countWaiting(input: { bound: number; now: number; deletedBefore: number }): Statement<WaitingRow | null> {
  const { bound, now, deletedBefore } = input
  const count = (rows: Fragment) => sql`(SELECT COUNT(*) FROM (SELECT 1 FROM ${rows} LIMIT ${bound}))`
  return first(sql`
    SELECT ${count(sql`mail_outbox INDEXED BY mail_outbox_due WHERE next_attempt_at > 0 AND sent_at IS NULL AND failed_at IS NULL`)} AS mails,
           ${count(sql`mail_outbox INDEXED BY mail_outbox_failed WHERE id > 0 AND failed_at IS NOT NULL`)} AS mails_failed,
           ${count(sql`edge_work`)} AS edge_work,
           ${count(sql`object_tombstones WHERE due_at <= ${now}`)} AS objects,
           ${count(sql`users WHERE deleted_at <= ${deletedBefore} AND deleted_reason IS NOT 'purged'`)} AS purges`)
}

/** A few rows a day, so that nothing waits for the next run. */
export function deleteOldCounts(beforeDay: number): Statement<number> {
  return changed(sql`DELETE FROM daily_counts WHERE day < ${beforeDay}`)
}
