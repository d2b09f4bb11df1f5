/**
 * Sends events (Standard Webhooks 1.0). The database has written them with the change itself; they are sent right after the reply of
 * a request that has changed something, and the rest by cron. Each is leased for a try, so two workers do not both send it. If a
 * worker dies before it has recorded the answer, the lease expires and the event is sent twice.
 */
import type { MailId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import {
  giveUpOfDisabled,
  type LeasedDelivery,
  leaseDeliveries,
  settleDeliveries,
  type TriedDelivery,
} from '../../store/db/event-deliveries.ts'
import { findUsers, type UserRow } from '../../store/db/users.ts'
import {
  type DisabledReason,
  disableEndpoint,
  type EndpointRow,
  findAnyLiveEndpoint,
  isToBeDisabled,
  listEndpointsWithDue,
  noteFailure,
  noteSuccess,
} from '../../store/db/webhook-endpoints.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import type { Ctx } from '../ctx.ts'
import {
  GIVEN_UP_AT_A_TIME,
  KNOWN_MS,
  LEASE_MS,
  LEASED_AT_A_TIME,
  LEFT_TO_CRON_MS,
  RETRY_AFTER_MS,
  RUN_MS,
  SENT_AFTER_REPLY,
  SENT_AT_A_TIME,
  SENT_PER_RUN,
} from './limits.ts'
import { toMessage } from './payloads.ts'
import { openSecrets } from './secrets.ts'
import { QUEUED, sendMessage } from './sending.ts'

/** What this isolate knows: whether anybody is to be told. */
const known = new WeakMap<Ctx['config'], { readonly isAnybody: boolean; readonly until: number }>()

/** After a reply: sends what is due, if anybody is to be told. Whether that is so, an isolate asks once a minute. */
export function deliverEventsLater(ctx: Ctx): void {
  const now = ctx.now()
  const last = known.get(ctx.config)
  const isKnown = last !== undefined && last.until > now && last.until <= now + KNOWN_MS
  if (isKnown && !last.isAnybody) return
  // At once: requests meanwhile do not ask as well.
  if (!isKnown) known.set(ctx.config, { isAnybody: last?.isAnybody ?? false, until: now + KNOWN_MS })
  ctx.defer(async () => {
    if (!isKnown) {
      const isAnybody = (await ctx.db.one(findAnyLiveEndpoint())) !== null
      known.set(ctx.config, { isAnybody, until: now + KNOWN_MS })
      if (!isAnybody) return
    }
    for (const endpoint of await ctx.db.one(listEndpointsWithDue(now, now - LEFT_TO_CRON_MS)))
      await deliverTo(ctx, endpoint, SENT_AFTER_REPLY)
  })
}

/** An endpoint has come to be: this isolate need not ask. */
export function noteEndpoint(ctx: Ctx): void {
  known.set(ctx.config, { isAnybody: true, until: ctx.now() + KNOWN_MS })
}

/** For cron: up to `limit` for each endpoint, those that work first. Returns how many it tried. */
export async function deliverDueEvents(ctx: Ctx, limit: number = SENT_PER_RUN): Promise<number> {
  const start = ctx.now()
  await ctx.db.one(giveUpOfDisabled(GIVEN_UP_AT_A_TIME))
  let tried = 0
  const endpoints = await ctx.db.one(listEndpointsWithDue(start, null))
  for (const endpoint of endpoints.sort((a, b) => Number(a.failingSince !== null) - Number(b.failingSince !== null))) {
    if (ctx.now() - start < RUN_MS) tried += await deliverTo(ctx, endpoint, limit)
  }
  return tried
}

/** Up to `limit`, and no more once the endpoint fails. */
async function deliverTo(ctx: Ctx, endpoint: EndpointRow, limit: number): Promise<number> {
  const start = ctx.now()
  let tried = 0
  let isFailing = endpoint.failingSince !== null
  while (tried < limit && ctx.now() - start < RUN_MS) {
    const now = ctx.now()
    const size = Math.min(limit - tried, isFailing ? SENT_AT_A_TIME : LEASED_AT_A_TIME)
    const leased = await ctx.db.one(leaseDeliveries({ endpointId: endpoint.id, now, until: now + LEASE_MS, limit: size }))
    if (leased.length === 0) break
    const results = await tryAll(ctx, endpoint, leased)
    await settle(ctx, endpoint, results)
    tried += leased.length
    if (results.every(({ deliveredAt }) => deliveredAt === null)) break
    isFailing = results.some(({ deliveredAt }) => deliveredAt === null)
  }
  return tried
}

interface Tried extends TriedDelivery {
  readonly createdAt: number
}

async function tryAll(ctx: Ctx, endpoint: EndpointRow, leased: readonly LeasedDelivery[]): Promise<Tried[]> {
  const keys = await openSecrets(ctx, endpoint)
  const users: UserRow[] = endpoint.payload === 'full' ? await ctx.db.one(findUsers([...new Set(leased.map(({ userId }) => userId))])) : []
  const tried: Tried[] = []
  for (let start = 0; start < leased.length; start += SENT_AT_A_TIME) {
    const group = leased.slice(start, start + SENT_AT_A_TIME)
    const results = await Promise.all(group.map((delivery) => sendMessage(ctx, endpoint, toMessage(ctx, endpoint, delivery, users), keys)))
    tried.push(...group.map((delivery, index) => judged(ctx, endpoint, delivery, results[index] ?? '')))
  }
  return tried
}

/** 2xx is success. Anything else is tried again, until three days have passed. */
function judged(ctx: Ctx, endpoint: EndpointRow, { id, attempts, createdAt }: LeasedDelivery, result: string): Tried {
  const isDelivered = /^2\d\d$/.test(result) || result === QUEUED
  const delay = RETRY_AFTER_MS[attempts - 1]
  const nextAttemptAt = isDelivered || delay === undefined || result === GONE ? null : ctx.now() + delay
  const isFinal = nextAttemptAt === null
  if (!isDelivered) ctx.log('warn', 'webhook_failed', { deliveryId: id, endpointId: endpoint.id, attempts, result, isFinal })
  return { id, attempts, createdAt, result, deliveredAt: isDelivered ? ctx.now() : null, nextAttemptAt }
}

/** Standard Webhooks: the receiver wants no more. */
const GONE = '410'

async function settle(ctx: Ctx, endpoint: EndpointRow, tried: readonly Tried[]): Promise<void> {
  const { id } = endpoint
  const hasArrived = tried.some(({ deliveredAt }) => deliveredAt !== null)
  const isGone = tried.some(({ result }) => result === GONE)
  const givenUp = tried.filter(({ deliveredAt, nextAttemptAt }) => deliveredAt === null && nextAttemptAt === null)
  const end = isGone ? ofEnd(ctx, endpoint, 'gone', null) : null
  const failing = !isGone && givenUp[0] ? ofEnd(ctx, endpoint, 'failing', givenUp[0].createdAt) : null
  await ctx.db.batch([
    ...settleDeliveries(tried),
    hasArrived ? noteSuccess(id, ctx.now()) : noteFailure(id, ctx.now()),
    ...(end?.writes ?? []),
    ...(failing?.writes ?? []),
  ])
  deliverLater(ctx, ...(end?.mailIds ?? []), ...(failing?.mailIds ?? []))
}

/**
 * Switches the endpoint off if nothing has arrived since `since`, and tells the administrator who registered it. What still waits is
 * given up, and can be replayed.
 */
function ofEnd(ctx: Ctx, { id, createdBy }: EndpointRow, reason: DisabledReason, since: number | null) {
  const condition = isToBeDisabled(id, since)
  const notice =
    createdBy === null ? null : mailNotice(ctx, { kind: 'webhook_disabled', user: createdBy, params: {}, condition, isByAnother: true })
  const writes: Statement<void>[] = [
    ...(notice ? [notice.write] : []),
    disableEndpoint(id, reason, ctx.now(), condition),
    giveUpOfDisabled(GIVEN_UP_AT_A_TIME),
  ]
  const mailIds: MailId[] = notice ? [notice.mailId] : []
  return { writes, mailIds }
}
