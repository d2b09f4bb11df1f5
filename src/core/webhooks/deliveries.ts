/** The log of deliveries: what came of each event of the last two weeks, and sending it again. */
import type { DeliveryId, WebhookEndpointId } from '../../ids.ts'
import {
  type DeliveryRow,
  type DeliveryState,
  findDelivery,
  hastenDeliveries,
  hastenDelivery,
  listFailedSince,
  listDeliveries as listRows,
  replayDeliveries,
} from '../../store/db/event-deliveries.ts'
import { findEndpoint } from '../../store/db/webhook-endpoints.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed } from '../paging.ts'
import { deliverEventsLater } from './deliver.ts'
import { toEndpoint, type WebhookEndpoint } from './endpoint-plans.ts'
import { disabled, found } from './endpoints.ts'
import { LEASE_MS, REPLAYED_AT_A_TIME } from './limits.ts'
import { messageId } from './payloads.ts'

export type { DeliveryState } from '../../store/db/event-deliveries.ts'

export const DELIVERY_STATES = ['waiting', 'delivered', 'failed'] as const satisfies readonly DeliveryState[]

export interface Delivery {
  readonly id: DeliveryId
  readonly endpointId: WebhookEndpointId
  /** The header `webhook-id`. */
  readonly messageId: string
  readonly type: string
  /** Without `user`: what that shows is read when the event is sent. */
  readonly data: Readonly<Record<string, unknown>>
  readonly userId: DeliveryRow['userId']
  readonly state: DeliveryState
  readonly createdAt: number
  readonly attempts: number
  /** Null while it waits for an earlier event of the same user, and when it is done. */
  readonly nextAttemptAt: number | null
  readonly deliveredAt: number | null
  /** The status of the last answer, or why there was none. */
  readonly lastResult: string | null
}

function toDelivery(row: DeliveryRow): Delivery {
  return {
    id: row.id,
    endpointId: row.endpointId,
    messageId: messageId(row.eventId, row.createdAt),
    type: row.type,
    data: JSON.parse(row.data) as Record<string, unknown>,
    userId: row.userId,
    state: row.state,
    createdAt: row.createdAt,
    attempts: row.attempts,
    nextAttemptAt: row.nextAttemptAt,
    deliveredAt: row.deliveredAt,
    lastResult: row.lastResult,
  }
}

interface Log {
  readonly endpointId: WebhookEndpointId
  /** Null: all. */
  readonly state: DeliveryState | null
  readonly page: { readonly limit: number; readonly before: number | null }
}

export interface EndpointDeliveries extends Listed<Delivery> {
  readonly endpoint: WebhookEndpoint
}

/** Newest first. */
export async function listDeliveries(_ctx: Ctx, gate: Gate, { endpointId, state, page }: Log): Promise<EndpointDeliveries> {
  const before = page.before ?? Number.MAX_SAFE_INTEGER
  const { reads } = await gate(() => [findEndpoint(endpointId), listRows({ endpointId, state, before, limit: page.limit + 1 })])
  const endpoint = toEndpoint(found(reads[0]))
  const { records, next } = listed(reads[1], page.limit)
  return { endpoint, records: records.map(toDelivery), next }
}

export async function readDelivery(_ctx: Ctx, gate: Gate, id: DeliveryId): Promise<Delivery> {
  const { reads } = await gate(() => [findDelivery(id)])
  return toDelivery(found(reads[0]))
}

/** What is under way now has no later time than `leasedUntil`. */
const times = (ctx: Ctx) => ({ now: ctx.now(), leasedUntil: ctx.now() + LEASE_MS })

/**
 * Sends one again that is done; it may arrive after later events of the same user. One that waits is tried now, after those that it
 * waits for.
 */
export async function replayDelivery(ctx: Ctx, gate: Gate, id: DeliveryId): Promise<Delivery> {
  const { reads } = await gate(() => [findDelivery(id)])
  const before = found(reads[0])
  if (before.isDisabled) throw disabled()
  const at = times(ctx)
  const writes = before.state === 'waiting' ? [hastenDelivery(before, at.leasedUntil)] : replayDeliveries([before], { ...before, ...at })
  const results = await ctx.db.batch([...writes, findDelivery(id)])
  deliverEventsLater(ctx)
  return toDelivery(found(results.at(-1) as DeliveryRow | null))
}

/**
 * Sends again what was given up since `since`: up to `REPLAYED_AT_A_TIME`, the oldest first; and tries now what waits for another try.
 * Returns how many.
 */
export async function replayFailed(
  ctx: Ctx,
  gate: Gate,
  { endpointId, since }: { endpointId: WebhookEndpointId; since: number },
): Promise<number> {
  const { reads } = await gate(() => [findEndpoint(endpointId), listFailedSince(endpointId, since, REPLAYED_AT_A_TIME)])
  if (found(reads[0]).disabledAt !== null) throw disabled()
  const [, failed] = reads
  const at = times(ctx)
  const hastened = hastenDeliveries(endpointId, at.leasedUntil, REPLAYED_AT_A_TIME)
  const results = await ctx.db.batch([hastened, ...(failed.length === 0 ? [] : replayDeliveries(failed, { endpointId, ...at }))])
  deliverEventsLater(ctx)
  return failed.length + (results[0] as number)
}
