/** SQL for "writes may depend on this session of this user": the gate's conditions, for use in writes. */
import { sql } from 'drizzle-orm'
import { isAlive } from './account-state.ts'
import type { Fragment } from './database.ts'

/** True of the aliases `s` (sessions) and `u` (users): live, of the current epoch, the user neither banned nor deleted. */
export function isLive(now: number): Fragment {
  return sql`
    s.revoked_at IS NULL AND s.expires_at > ${now} AND s.idle_expires_at > ${now} AND s.epoch = u.epoch
    AND ${isAlive(sql`u`, now)}`
}

/** True of a row of `table` while the browser session that granted it is live and has the row's epoch. */
export function isGrantorLive(table: Fragment, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE s.id = ${table}.browser_session_id AND u.id = ${table}.user_id AND u.epoch = ${table}.epoch AND ${isLive(now)})`
}
