/** What cron should have done by now. `npm run doctor` runs the same statements, and repairs nothing: cron has to run again. */
import { sql } from 'drizzle-orm'
import { all, type Fragment, first, type Statement } from './database.ts'

/** Longer than any upload, and than any retry of a removal: two hours. By the database's clock, as the command takes no parameters. */
const OVERDUE = sql`(unixepoch('subsec') * 1000 - 7200000)`
const uploads = sql`SELECT id AS subject, created_at AS found FROM files WHERE committed_at IS NULL AND created_at < ${OVERDUE}`
const tombstones = sql`SELECT bucket || ' ' || key AS subject, attempts AS found FROM object_tombstones WHERE due_at < ${OVERDUE}`

interface OverdueRow {
  readonly subject: string | number
  readonly found: number
}

export const listOverdueUploads = (): Statement<OverdueRow[]> => all(uploads)
export const listOverdueTombstones = (): Statement<OverdueRow[]> => all(tombstones)

/** Endpoints that fail, or were switched off for it: few, as all of them. */
const failingWebhooks = sql`
  SELECT 1 FROM webhook_endpoints WHERE kind <> 'deleted'
    AND (disabled_at IS NULL AND failing_since IS NOT NULL OR disabled_reason IN ('failing', 'gone'))`

/** Each counted up to `bound`, and the database's clock. */
export function countOverdue(bound: number): Statement<{ uploads: number; tombstones: number; webhooks: number; now: number } | null> {
  const count = (rows: Fragment) => sql`(SELECT COUNT(*) FROM (${rows} LIMIT ${bound}))`
  return first(sql`
    SELECT ${count(uploads)} AS uploads, ${count(tombstones)} AS tombstones, ${count(failingWebhooks)} AS webhooks,
      CAST(unixepoch('subsec') * 1000 AS INTEGER) AS now`)
}
