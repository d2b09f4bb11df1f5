/**
 * Counters that guard secrets: exact, in D1 (design §2). An attempt is counted before it is checked, by one guarded
 * statement, so parallel attempts cannot exceed the limit. Later statements of the same batch depend on its stamp.
 */
import { sql } from 'drizzle-orm'
import { always, changed, type Fragment, first, run, type Statement } from './database.ts'

export interface Attempt {
  /** What is counted; contains no address or name in clear. */
  readonly key: string
  readonly limit: number
  readonly windowMs: number
  /** The minimum time between two attempts; 0 for none. */
  readonly pauseMs: number
  /** Beyond the limit, one more attempt is allowed per this interval; if omitted, none within the window. */
  readonly overPauseMs?: number
  /** The weight of this attempt, 1 by default. Never more than the limit. */
  readonly weight?: number
  /** Unique to this attempt. */
  readonly stamp: number
  readonly now: number
}

/** Counts one attempt if the limit allows it and `condition` holds; otherwise returns null. */
export function countAttempt(
  attempt: Omit<Attempt, 'key'> & { readonly key: string | Fragment },
  condition: Fragment = always,
): Statement<{ count: number; key: string } | null> {
  const { key, limit, windowMs, pauseMs, overPauseMs = 0, weight = 1, stamp, now } = attempt
  return first(sql`
    INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp)
    SELECT ${key}, ${weight}, ${now + windowMs}, ${now}, ${stamp} WHERE ${condition}
    ON CONFLICT (key) DO UPDATE SET
      count = CASE WHEN window_ends_at <= ${now} THEN ${weight} ELSE count + ${weight} END,
      window_ends_at = CASE WHEN window_ends_at <= ${now} THEN ${now + windowMs} ELSE window_ends_at END,
      last_at = ${now}, stamp = ${stamp}
    WHERE (window_ends_at <= ${now} OR count <= ${limit - weight} OR (${overPauseMs} > 0 AND last_at <= ${now - overPauseMs})) AND (${pauseMs} = 0 OR last_at <= ${now - pauseMs})
    RETURNING count, key`)
}

/** True in SQL when this very attempt was allowed. */
export function wasCounted(attempt: Pick<Attempt, 'key' | 'stamp'>): Fragment {
  return sql`EXISTS (SELECT 1 FROM attempt_counters WHERE key = ${attempt.key} AND stamp = ${attempt.stamp})`
}

/** Holds right after a `countAttempt` that allowed the attempt; reads no row. */
export const justCounted: Fragment = sql`changes() > 0`

/** Holds while one more is within the limit: for acts that are counted only once done. */
export function isWithinLimit({ key, limit, overPauseMs = 0, now }: Pick<Attempt, 'key' | 'limit' | 'overPauseMs' | 'now'>): Fragment {
  const since = overPauseMs > 0 ? now - overPauseMs : -1
  return sql`NOT EXISTS (
    SELECT 1 FROM attempt_counters WHERE key = ${key} AND window_ends_at > ${now} AND count >= ${limit} AND last_at > ${since})`
}

/** True in SQL when an attempt was allowed after `time`. */
export function wasCountedAfter(key: string, time: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM attempt_counters WHERE key = ${key} AND last_at > ${time})`
}

/**
 * Writes about as many rows as a mailed code does, where `condition` holds, so that response times do not reveal that
 * no code was created. Nobody reads these rows; they are created expired.
 */
export function writeDecoys(stamp: number, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO attempt_counters (key, count, window_ends_at, last_at, stamp)
    SELECT 'decoy:' || ${stamp % DECOY_PLACES} || ':' || j.value, 0, ${now}, ${now}, 0 FROM json_each('[1,2,3,4,5]') j WHERE ${condition}
    ON CONFLICT (key) DO UPDATE SET window_ends_at = excluded.window_ends_at, last_at = excluded.last_at`)
}

/** Decoys are overwritten, so their number does not grow with the requests for codes. */
const DECOY_PLACES = 64

export interface Counter {
  readonly count: number
  readonly windowEndsAt: number
}

/** Reads a counter: the end of its window tells a caller when to retry. */
export function findCounter(key: string | Fragment): Statement<Counter | null> {
  return first(sql`SELECT count, window_ends_at FROM attempt_counters WHERE key = ${key}`)
}

/** Takes one attempt back because it should not count. */
export function takeBackAttempt(key: string, condition: Fragment = always, weight = 1): Statement<void> {
  return run(sql`UPDATE attempt_counters SET count = count - ${weight} WHERE key = ${key} AND count >= ${weight} AND (${condition})`)
}

/** Resets the count within the same window. One key at a time: a list of keys reads more rows than it finds. */
export function clearCounter(key: string, condition: Fragment = always): Statement<void> {
  return run(sql`UPDATE attempt_counters SET count = 0 WHERE key = ${key} AND count > 0 AND (${condition})`)
}

/** Resets the counter. The sweep deletes the rows: an UPDATE reads half as many as a DELETE. */
export function resetCounters(keys: readonly string[], condition: Fragment = always): Statement<void> {
  const list = sql.join(
    keys.map((key) => sql`key = ${key}`),
    sql` OR `,
  )
  return run(sql`UPDATE attempt_counters SET count = 0, window_ends_at = 0 WHERE (${list}) AND (${condition})`)
}

/** No window is as long. Earlier releases had counters that never ended, which nobody reads any more. */
const WINDOW_MS_MAX = 400 * 86_400_000

export function deleteEndedCounters(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM attempt_counters WHERE key IN (
      SELECT key FROM attempt_counters WHERE window_ends_at < ${input.now} OR window_ends_at > ${input.now + WINDOW_MS_MAX}
      LIMIT ${input.limit})`)
}
