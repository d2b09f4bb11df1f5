/**
 * The outbox of events for other systems: the triggers of `migrations/0036_webhook-triggers.sql` write it, in the transaction of each
 * change. Only the test of an endpoint is written here.
 */
import { sql } from 'drizzle-orm'
import type { UserId, WebhookEndpointId } from '../../ids.ts'
import { changed, type Fragment, run, type Statement } from './database.ts'
import { PARKED } from './event-deliveries.ts'

/** An event about nobody for one endpoint alone, where `condition` holds. */
export function insertTestEvent(endpointId: WebhookEndpointId, by: UserId, now: number, condition: Fragment): Statement<unknown>[] {
  return [
    run(sql`INSERT INTO events (type, user_id, data, created_at) SELECT 'webhook.test', ${by}, '{}', ${now} WHERE ${condition}`),
    run(sql`
      INSERT INTO event_deliveries (endpoint_id, event_id, user_id, created_at, next_attempt_at)
      SELECT ${endpointId}, v.id, v.user_id, v.created_at, iif(EXISTS (
        SELECT 1 FROM event_deliveries w INDEXED BY event_deliveries_waiting WHERE w.endpoint_id = ${endpointId} AND w.user_id = ${by} AND w.next_attempt_at IS NOT NULL
      ), ${PARKED}, 0)
      FROM events v WHERE v.id = (SELECT max(id) FROM events) AND v.type = 'webhook.test' AND v.user_id = ${by} AND ${condition}`),
  ]
}

/** With their deliveries. */
export function deleteOldEventsOfOutbox(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`DELETE FROM events WHERE id IN (SELECT id FROM events WHERE created_at < ${input.before} LIMIT ${input.limit})`)
}
