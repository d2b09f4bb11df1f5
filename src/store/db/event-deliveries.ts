/**
 * Events on their way. Of those that wait for one endpoint and one user, only the first may be due: the others are parked until it
 * is delivered or given up, so that a lease needs no look at the rest. Each try is leased by one guarded UPDATE.
 */
import { sql } from 'drizzle-orm'
import type { DeliveryId, EventId, UserId, WebhookEndpointId } from '../../ids.ts'
import { all, changed, type Fragment, first, run, type Statement } from './database.ts'

/** Behind another one for the same endpoint and user. The triggers write the same number. */
export const PARKED = Number.MAX_SAFE_INTEGER

export interface LeasedDelivery {
  readonly id: DeliveryId
  readonly eventId: EventId
  readonly userId: UserId
  readonly createdAt: number
  /** With this one. */
  readonly attempts: number
  readonly type: string
  /** JSON. */
  readonly data: string
}

/** The first of its user, with whether more of the user wait behind it. */
export interface FirstDelivery extends LeasedDelivery {
  readonly isFollowed: 0 | 1
}

/** Nobody else sends them, or what waits behind them, until the lease ends. Oldest first. */
export function leaseDeliveries(input: {
  endpointId: WebhookEndpointId
  now: number
  until: number
  limit: number
}): Statement<FirstDelivery[]> {
  return all(sql`
    UPDATE event_deliveries SET attempts = attempts + 1, next_attempt_at = ${input.until} WHERE id IN (
      SELECT id FROM event_deliveries WHERE endpoint_id = ${input.endpointId} AND next_attempt_at <= ${input.now}
      ORDER BY next_attempt_at, id LIMIT ${input.limit})
    AND EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = endpoint_id AND e.disabled_at IS NULL)
    RETURNING id, event_id, user_id, created_at, attempts, (SELECT v.type FROM events v WHERE v.id = event_id) AS type,
      (SELECT v.data FROM events v WHERE v.id = event_id) AS data,
      EXISTS (SELECT 1 FROM event_deliveries w INDEXED BY event_deliveries_waiting
        WHERE w.endpoint_id = event_deliveries.endpoint_id AND w.user_id = event_deliveries.user_id AND w.next_attempt_at = ${PARKED}
      ) AS is_followed`)
}

/** What waits behind leased deliveries of these users, not sorted: the first `limit` of each. The lease covers it: no row changes. */
export function listFollowing(endpointId: WebhookEndpointId, users: readonly UserId[], limit: number): Statement<LeasedDelivery[]> {
  return all(sql`
    SELECT d.id, d.event_id, d.user_id, d.created_at, d.attempts + 1 AS attempts, v.type, v.data
    FROM json_each(${JSON.stringify(users)}) u CROSS JOIN event_deliveries d ON d.id IN (
      SELECT w.id FROM event_deliveries w INDEXED BY event_deliveries_waiting
      WHERE w.endpoint_id = ${endpointId} AND w.user_id = u.value AND w.next_attempt_at = ${PARKED}
      ORDER BY w.id LIMIT ${limit})
    JOIN events v ON v.id = d.event_id`)
}

export interface TriedDelivery extends Pick<LeasedDelivery, 'id' | 'attempts'> {
  /** The one that was leased: this one, or the one that it waited for. */
  readonly first: Pick<LeasedDelivery, 'id' | 'attempts'>
  /** What `last_result` says. */
  readonly result: string
  readonly deliveredAt: number | null
  /** Null: no more tries. */
  readonly nextAttemptAt: number | null
}

/**
 * Skips those whose lease is another's by now, or that are gone: after the log of an endpoint is deleted, SQLite gives its ids to
 * others. After each one that is done, the next for the same user is due. The `+` keeps the planner from an endpoint's whole log.
 */
export function settleDeliveries(endpointId: WebhookEndpointId, tried: readonly TriedDelivery[]): Statement<void>[] {
  const those = JSON.stringify(tried)
  return [
    run(sql`
      UPDATE event_deliveries AS d SET attempts = t.value ->> 'attempts', last_result = t.value ->> 'result',
        delivered_at = t.value ->> 'deliveredAt', next_attempt_at = t.value ->> 'nextAttemptAt'
      FROM json_each(${those}) t JOIN event_deliveries f ON f.id = t.value ->> '$.first.id'
      WHERE +f.endpoint_id = ${endpointId} AND f.attempts = t.value ->> '$.first.attempts' AND f.next_attempt_at IS NOT NULL
        AND +d.endpoint_id = ${endpointId} AND d.id = t.value ->> 'id' AND d.next_attempt_at IS NOT NULL`),
    run(sql`
      UPDATE event_deliveries SET next_attempt_at = 0 WHERE next_attempt_at = ${PARKED} AND id IN (
        SELECT (SELECT min(w.id) FROM event_deliveries w
                WHERE w.endpoint_id = d.endpoint_id AND w.user_id = d.user_id AND w.next_attempt_at IS NOT NULL)
        FROM json_each(${those}) t JOIN event_deliveries d ON d.id = t.value ->> 'id'
        WHERE +d.endpoint_id = ${endpointId} AND d.next_attempt_at IS NULL)`),
  ]
}

/**
 * Up to `limit` of those that wait for an endpoint which is disabled: they can be replayed. The parked ones first, the newest before
 * the others: if the endpoint is enabled before all are given up, nothing is left behind one that is done.
 */
export function giveUpOfDisabled(limit: number): Statement<void> {
  return run(sql`
    UPDATE event_deliveries SET next_attempt_at = NULL, last_result = 'endpoint disabled' WHERE id IN (
      SELECT d.id FROM webhook_endpoints CROSS JOIN event_deliveries d ON d.endpoint_id = webhook_endpoints.id
      WHERE webhook_endpoints.disabled_at IS NOT NULL AND webhook_endpoints.kind <> 'deleted' AND d.next_attempt_at IS NOT NULL
      ORDER BY webhook_endpoints.id, d.next_attempt_at DESC LIMIT ${limit})`)
}

export type DeliveryState = 'waiting' | 'delivered' | 'failed'

/** True of the alias `d`. */
const IS_IN: Readonly<Record<DeliveryState, Fragment>> = {
  waiting: sql`d.next_attempt_at IS NOT NULL`,
  delivered: sql`d.next_attempt_at IS NULL AND d.delivered_at IS NOT NULL`,
  failed: sql`d.next_attempt_at IS NULL AND d.delivered_at IS NULL`,
}

export interface DeliveryRow extends LeasedDelivery {
  readonly endpointId: WebhookEndpointId
  readonly isDisabled: 0 | 1
  readonly state: DeliveryState
  readonly nextAttemptAt: number | null
  readonly deliveredAt: number | null
  readonly lastResult: string | null
}

/** One that is parked has no time yet. */
const columnsOf = (deliveries: Fragment) => sql`
  SELECT d.id, d.endpoint_id, d.event_id, d.user_id, d.created_at, d.attempts, d.delivered_at, d.last_result, v.type, v.data,
    iif(d.next_attempt_at IS NOT NULL, 'waiting', iif(d.delivered_at IS NOT NULL, 'delivered', 'failed')) AS state,
    EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id AND e.disabled_at IS NOT NULL) AS is_disabled,
    max(nullif(d.next_attempt_at, ${PARKED}), d.created_at) AS next_attempt_at
  FROM ${deliveries} JOIN events v ON v.id = d.event_id`

/** Those that wait, among very many that have arrived; when many wait, they are sorted. */
const WAITING = sql`event_deliveries d INDEXED BY event_deliveries_due`

/** Newest first. */
export function listDeliveries(input: {
  endpointId: WebhookEndpointId
  state: DeliveryState | null
  before: number
  limit: number
}): Statement<DeliveryRow[]> {
  const { endpointId, state, before, limit } = input
  return all(sql`
    ${columnsOf(state === 'waiting' ? WAITING : sql`event_deliveries d`)}
    WHERE d.endpoint_id = ${endpointId} AND d.id < ${before} AND ${state === null ? sql`1` : IS_IN[state]}
    ORDER BY d.id DESC LIMIT ${limit}`)
}

export function findDelivery(id: DeliveryId): Statement<DeliveryRow | null> {
  return first(sql`
    ${columnsOf(sql`event_deliveries d`)} WHERE d.id = ${id} AND NOT EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id AND e.kind = 'deleted')`)
}

export type Replayed = Pick<LeasedDelivery, 'id' | 'userId'>

/**
 * Sends again those of these that are done, if the endpoint is live: in order per user. What was waiting for the same user waits for
 * them, but for what is under way: that has a time until `leasedUntil` at most, and they wait for it.
 */
export function replayDeliveries(
  replayed: readonly Replayed[],
  { endpointId, now, leasedUntil }: { endpointId: WebhookEndpointId; now: number; leasedUntil: number },
): Statement<unknown>[] {
  const those = sql`(SELECT value FROM json_each(${JSON.stringify(replayed.map(({ id }) => id))}))`
  const users = sql`(SELECT value FROM json_each(${JSON.stringify([...new Set(replayed.map(({ userId }) => userId))])}))`
  const waits = sql`p.endpoint_id = ${endpointId} AND p.user_id IN ${users} AND p.next_attempt_at IS NOT NULL`
  const siblings = sql`
    event_deliveries w INDEXED BY event_deliveries_waiting
    WHERE w.endpoint_id = p.endpoint_id AND w.user_id = p.user_id AND w.next_attempt_at IS NOT NULL`
  const isFirst = sql`p.id = (SELECT min(w.id) FROM ${siblings})`
  return [
    run(sql`
      UPDATE event_deliveries AS d SET attempts = 0, delivered_at = NULL, last_result = NULL, next_attempt_at = ${PARKED}
      WHERE d.id IN ${those} AND d.endpoint_id = ${endpointId} AND d.next_attempt_at IS NULL
        AND EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = d.endpoint_id AND e.disabled_at IS NULL)`),
    run(sql`
      UPDATE event_deliveries AS p SET next_attempt_at = ${PARKED} WHERE ${waits} AND p.next_attempt_at <> ${PARKED}
        AND p.next_attempt_at NOT BETWEEN ${now + 1} AND ${leasedUntil} AND NOT ${isFirst}`),
    run(sql`
      UPDATE event_deliveries AS p SET next_attempt_at = 0 WHERE ${waits} AND p.next_attempt_at = ${PARKED} AND ${isFirst}
        AND NOT EXISTS (SELECT 1 FROM ${siblings} AND w.next_attempt_at < ${PARKED})`),
  ]
}

/** Not before `later`, so neither due nor leased. A try that somebody asks for is none of those that lead to giving up. */
const hasten = (which: Fragment, later: number): Statement<number> =>
  changed(sql`
    UPDATE event_deliveries SET next_attempt_at = 0, attempts = max(attempts - 1, 0)
    WHERE id IN (${which}) AND next_attempt_at > ${later} AND next_attempt_at < ${PARKED}`)

/** Makes due what a user's events for an endpoint wait for: the first of them. */
export function hastenDelivery({ endpointId, userId }: Pick<DeliveryRow, 'endpointId' | 'userId'>, later: number): Statement<number> {
  return hasten(
    sql`
      SELECT w.id FROM event_deliveries w INDEXED BY event_deliveries_waiting
      WHERE w.endpoint_id = ${endpointId} AND w.user_id = ${userId} AND w.next_attempt_at IS NOT NULL ORDER BY w.id LIMIT 1`,
    later,
  )
}

/** The same for up to `limit` users of an endpoint. */
export function hastenDeliveries(endpointId: WebhookEndpointId, later: number, limit: number): Statement<number> {
  return hasten(
    sql`
      SELECT w.id FROM event_deliveries w INDEXED BY event_deliveries_due
      WHERE w.next_attempt_at > ${later} AND w.next_attempt_at < ${PARKED} AND w.endpoint_id = ${endpointId} LIMIT ${limit}`,
    later,
  )
}

/** Those that were given up since a time, the oldest first. */
export function listFailedSince(endpointId: WebhookEndpointId, since: number, limit: number): Statement<Replayed[]> {
  return all(sql`
    SELECT d.id, d.user_id FROM event_deliveries d WHERE d.endpoint_id = ${endpointId} AND d.created_at >= ${since} AND ${IS_IN.failed}
    ORDER BY d.id LIMIT ${limit}`)
}
