/** Where events go, and which (core/webhooks). `updated_at` is the version of a row: a change is guarded by the version it was based on. */
import { sql } from 'drizzle-orm'
import type { UserId, WebhookEndpointId } from '../../ids.ts'
import { all, changed, type Fragment, first, run, type Statement } from './database.ts'
import type { webhookEndpoints } from './schema/webhooks.ts'

export type EndpointRow = Omit<typeof webhookEndpoints.$inferSelect, 'id' | 'createdBy'> & {
  readonly id: WebhookEndpointId
  readonly createdBy: UserId | null
}

export interface ShownEndpointRow extends EndpointRow {
  /** Of the administrator; null if they are gone. */
  readonly createdByName: string | null
}

/** One that was deleted has this kind while deliveries of it are left. */
const DELETED = 'deleted'
const isThere = sql`webhook_endpoints.kind <> ${DELETED}`
const shown = sql`
  SELECT webhook_endpoints.*, (
    SELECT u.username FROM users u WHERE u.id = webhook_endpoints.created_by AND u.deleted_at IS NULL) AS created_by_name
  FROM webhook_endpoints WHERE ${isThere}`

/** Few: `ENDPOINTS_MAX`. */
export function listEndpoints(): Statement<ShownEndpointRow[]> {
  return all(sql`${shown} ORDER BY id`)
}

export function findEndpoint(id: WebhookEndpointId): Statement<ShownEndpointRow | null> {
  return first(sql`${shown} AND id = ${id}`)
}

/** The witness: the endpoint in the version that a change produces. */
export function findEndpointOfVersion(id: WebhookEndpointId, updatedAt: number): Statement<ShownEndpointRow | null> {
  return first(sql`${shown} AND id = ${id} AND updated_at = ${updatedAt}`)
}

/** A row when there is no such endpoint. */
export function findEndpointGone(id: WebhookEndpointId): Statement<{ id: number } | null> {
  return first(sql`SELECT ${id} AS id WHERE NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND ${isThere})`)
}

/** Holds while there is none with this id, and fewer than `max` in all. */
export function hasRoomForEndpoint(id: WebhookEndpointId, max: number): Fragment {
  return sql`(SELECT count(*) FROM webhook_endpoints WHERE ${isThere}) < ${max} AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id})`
}

export function isEndpointOfVersion(id: WebhookEndpointId, updatedAt: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND updated_at = ${updatedAt})`
}

export function isEndpointLive(id: WebhookEndpointId): Fragment {
  return sql`EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND disabled_at IS NULL)`
}

export function insertEndpoint(row: EndpointRow, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO webhook_endpoints (id, kind, url, description, events, payload, scope, secret, created_by, created_at, updated_at)
    SELECT ${row.id}, ${row.kind}, ${row.url}, ${row.description}, ${row.events}, ${row.payload}, ${row.scope}, ${row.secret},
           ${row.createdBy}, ${row.createdAt}, ${row.updatedAt}
    WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** What an administrator may change, and what begins anew once the endpoint is enabled again. */
export function updateEndpoint(row: EndpointRow, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE webhook_endpoints SET url = ${row.url}, description = ${row.description}, events = ${row.events}, payload = ${row.payload},
      scope = ${row.scope}, secret = ${row.secret}, previous_secret = ${row.previousSecret}, previous_secret_until = ${row.previousSecretUntil},
      created_by = ${row.createdBy}, disabled_at = ${row.disabledAt}, disabled_reason = ${row.disabledReason},
      failing_since = ${row.failingSince}, updated_at = ${row.updatedAt}
    WHERE id = ${row.id} AND (${condition})`)
}

/** It is gone for everybody, where `condition` holds. There may be millions of deliveries of it: they follow, and then the row. */
export function deleteEndpoint(id: WebhookEndpointId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE webhook_endpoints SET kind = ${DELETED}, url = '', description = '', events = '', secret = '', previous_secret = NULL,
      created_by = NULL, disabled_at = ${now}, updated_at = max(${now}, updated_at + 1)
    WHERE id = ${id} AND (${condition})`)
}

/** Up to `limit` deliveries of deleted endpoints. */
export function deleteDeliveriesOfDeleted(limit: number): Statement<number> {
  return changed(sql`
    DELETE FROM event_deliveries WHERE id IN (
      SELECT d.id FROM webhook_endpoints CROSS JOIN event_deliveries d ON d.endpoint_id = webhook_endpoints.id
      WHERE NOT ${isThere} LIMIT ${limit})`)
}

/** Deleted endpoints of which no delivery is left. */
export function deleteEmptied(): Statement<number> {
  return changed(sql`
    DELETE FROM webhook_endpoints
    WHERE NOT ${isThere} AND NOT EXISTS (SELECT 1 FROM event_deliveries d WHERE d.endpoint_id = webhook_endpoints.id)`)
}

/** Moves a secret to the current key. */
export function resealSecret(id: WebhookEndpointId, before: string, after: string): Statement<void> {
  return run(sql`UPDATE webhook_endpoints SET secret = ${after} WHERE id = ${id} AND secret = ${before}`)
}

/** Whether anybody is to be told of anything. */
export function findAnyLiveEndpoint(): Statement<{ id: WebhookEndpointId } | null> {
  return first(sql`SELECT id FROM webhook_endpoints WHERE disabled_at IS NULL LIMIT 1`)
}

/** Live ones with something due; without those that have been failing since before `failingBefore`, if it is given. */
export function listEndpointsWithDue(now: number, failingBefore: number | null): Statement<EndpointRow[]> {
  return all(sql`
    SELECT * FROM webhook_endpoints
    WHERE disabled_at IS NULL AND (failing_since IS NULL OR ${failingBefore} IS NULL OR failing_since >= ${failingBefore})
      AND EXISTS (SELECT 1 FROM event_deliveries d WHERE d.endpoint_id = webhook_endpoints.id AND d.next_attempt_at <= ${now})`)
}

/** Written once a minute at most while all is well. */
export function noteSuccess(id: WebhookEndpointId, now: number): Statement<void> {
  return run(sql`
    UPDATE webhook_endpoints SET last_success_at = ${now}, failing_since = NULL
    WHERE id = ${id} AND (failing_since IS NOT NULL OR last_success_at IS NULL OR last_success_at < ${now - 60_000})`)
}

export function noteFailure(id: WebhookEndpointId, now: number): Statement<void> {
  return run(sql`UPDATE webhook_endpoints SET failing_since = ${now} WHERE id = ${id} AND failing_since IS NULL`)
}

export type DisabledReason = 'failing' | 'gone'

/** Holds while the endpoint is live and nothing has arrived since `since`; null: whatever has arrived. */
export function isToBeDisabled(id: WebhookEndpointId, since: number | null): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM webhook_endpoints WHERE id = ${id} AND disabled_at IS NULL
      AND (${since} IS NULL OR last_success_at IS NULL OR last_success_at < ${since}))`
}

export function disableEndpoint(id: WebhookEndpointId, reason: DisabledReason, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE webhook_endpoints SET disabled_at = ${now}, disabled_reason = ${reason}, updated_at = max(${now}, updated_at + 1)
    WHERE id = ${id} AND disabled_at IS NULL AND (${condition})`)
}
