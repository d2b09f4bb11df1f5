/**
 * Sends events (Standard Webhooks 1.0). The database has written them with the change itself; they are sent right after the reply of
 * a request that has changed something, and the rest by cron. Each is leased for a try, so two workers do not both send it. If a
 * worker dies before it has recorded the answer, the lease expires and the event is sent twice.
 */
import { type MailId, toHex, type WebhookEndpointId } from '../../ids.ts'
import type { Statement } from '../../store/db/database.ts'
import {
  type FirstDelivery,
  giveUpOfDisabled,
  type LeasedDelivery,
  leaseDeliveries,
  listFollowing,
  settleDeliveries,
  type TriedDelivery,
} from '../../store/db/event-deliveries.ts'
import { findUsers, type UserRow } from '../../store/db/users.ts'
import {
  type DisabledReason,
  disableEndpoint,
  type EndpointRow,
  findAnyLiveEndpoint,
  findEndpoint,
  isToBeDisabled,
  listEndpointsWithDue,
  noteFailure,
  noteSuccess,
} from '../../store/db/webhook-endpoints.ts'
import { deliverLater, mailNotice } from '../accounts/mail.ts'
import type { Ctx } from '../ctx.ts'
import {
  AFTER_REPLY_MS,
  CHAIN_MAX,
  CHAIN_MS,
  ENDPOINTS_AT_A_TIME,
  FAILING_MAX_MS,
  GIVEN_UP_AT_A_TIME,
  KNOWN_MS,
  LEASE_MS,
  LEASED_AFTER_REPLY,
  LEASED_AT_A_TIME,
  LEASED_OF_FAILING,
  LEASES_AFTER_REPLY,
  LEASES_PER_RUN,
  LEFT_TO_CRON_MS,
  RETRY_AFTER_MS,
  RUN_MS,
  SENT_AT_A_TIME,
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
    const endpoints = await ctx.db.one(listEndpointsWithDue(now, now - LEFT_TO_CRON_MS))
    const leases = LEASES_AFTER_REPLY * endpoints.length
    await deliverInTurns(ctx, endpoints, { leases, size: LEASED_AFTER_REPLY, until: ctx.now() + AFTER_REPLY_MS })
  })
}

/** An endpoint has come to be: this isolate need not ask. */
export function noteEndpoint(ctx: Ctx): void {
  known.set(ctx.config, { isAnybody: true, until: ctx.now() + KNOWN_MS })
}

/** For cron: those that work first. Returns how many it tried. */
export async function deliverDueEvents(ctx: Ctx): Promise<number> {
  const start = ctx.now()
  await ctx.db.one(giveUpOfDisabled(GIVEN_UP_AT_A_TIME))
  const endpoints = await ctx.db.one(listEndpointsWithDue(start, null))
  endpoints.sort((a, b) => Number(a.failingSince !== null) - Number(b.failingSince !== null))
  return deliverInTurns(ctx, endpoints, { leases: LEASES_PER_RUN, size: LEASED_AT_A_TIME, until: start + RUN_MS })
}

interface Run {
  /** How many, of all endpoints. */
  readonly leases: number
  /** Of each. */
  readonly size: number
  /** Nothing new begins after that. */
  readonly until: number
}

/** A lease for each endpoint in turn, as long as it has more and does not fail; some endpoints side by side. */
async function deliverInTurns(ctx: Ctx, endpoints: readonly EndpointRow[], { leases, size, until }: Run): Promise<number> {
  const waiting = [...endpoints]
  const lanes = Math.min(ENDPOINTS_AT_A_TIME, waiting.length)
  let [tried, left] = [0, leases]
  const runLane = async () => {
    for (let endpoint = waiting.shift(); endpoint && left > 0 && ctx.now() < until; endpoint = waiting.shift()) {
      left -= 1
      const isFailing = endpoint.failingSince !== null
      const results = await deliverTo(ctx, endpoint.id, {
        size: isFailing ? Math.min(size, LEASED_OF_FAILING) : size,
        width: SENT_AT_A_TIME / lanes,
        until: Math.min(until, ctx.now() + CHAIN_MS),
      })
      tried += results.length
      const hasFailed = results.some(({ deliveredAt }) => deliveredAt === null)
      if (results.some(({ deliveredAt }) => deliveredAt !== null)) waiting.push({ ...endpoint, failingSince: hasFailed ? ctx.now() : null })
    }
  }
  await Promise.all(Array.from({ length: lanes }, runLane))
  return tried
}

interface Turn {
  readonly size: number
  /** How many requests are under way at a time. */
  readonly width: number
  readonly until: number
}

/** To the endpoint as it is by now: a run takes a while, and administrators change addresses and secrets. */
async function deliverTo(ctx: Ctx, endpointId: WebhookEndpointId, { size, width, until }: Turn): Promise<Tried[]> {
  const now = ctx.now()
  const lease = leaseDeliveries({ endpointId, now, until: now + LEASE_MS, limit: size })
  const [leased, endpoint] = await ctx.db.batch([lease, findEndpoint(endpointId)])
  if (leased.length === 0 || !endpoint) return []
  const tried = await tryAll(ctx, endpoint, leased, { width, until })
  await settle(ctx, endpoint, tried)
  return tried
}

interface Tried extends TriedDelivery {
  readonly createdAt: number
}

/** The first of each user, and after each that has arrived the next of the same user. */
async function tryAll(ctx: Ctx, endpoint: EndpointRow, leased: readonly FirstDelivery[], turn: Omit<Turn, 'size'>): Promise<Tried[]> {
  const keys = await openSecrets(ctx, endpoint)
  const users: UserRow[] = endpoint.payload === 'full' ? await ctx.db.one(findUsers(leased.map(({ userId }) => userId))) : []
  const followed = leased.filter(({ isFollowed }) => isFollowed === 1).map(({ userId }) => userId)
  const following = followed.length > 0 ? await ctx.db.one(listFollowing(endpoint.id, followed, CHAIN_MAX)) : []
  following.sort((a, b) => a.id - b.id)
  const chains = leased.map((first) => ({ first, rest: [first, ...following.filter(({ userId }) => userId === first.userId)] }))
  const tried: Tried[] = []
  for (let going = chains; going.length > 0 && (tried.length === 0 || ctx.now() < turn.until); ) {
    const next: typeof chains = []
    for (let start = 0; start < going.length; start += turn.width) {
      const group = going.slice(start, start + turn.width)
      await Promise.all(
        group.map(async (chain) => {
          const [delivery, ...rest] = chain.rest
          if (!delivery) return
          const startedAt = ctx.now()
          const sent = await sendMessage(ctx, endpoint, toMessage(ctx, endpoint, delivery, users), keys)
          const result = judged(ctx, endpoint, delivery, { sent, ms: ctx.now() - startedAt })
          tried.push({ ...result, first: chain.first })
          if (result.deliveredAt !== null && rest.length > 0) next.push({ first: chain.first, rest })
        }),
      )
    }
    going = next
  }
  return tried
}

/** 2xx is success. Anything else is tried again, ten times in all. */
function judged(
  ctx: Ctx,
  endpoint: EndpointRow,
  { id, attempts, createdAt, type }: LeasedDelivery,
  { sent: result, ms }: { readonly sent: string; readonly ms: number },
): Omit<Tried, 'first'> {
  const isDelivered = /^2\d\d$/.test(result) || result === QUEUED
  const delay = RETRY_AFTER_MS[attempts - 1]
  const nextAttemptAt = isDelivered || delay === undefined || result === GONE ? null : ctx.now() + delay
  const isFinal = nextAttemptAt === null
  const outcome = isDelivered ? 'delivered' : isFinal ? 'failed' : 'postponed'
  ctx.measure({ kind: 'delivery', event: type, outcome, ms, tries: attempts })
  if (!isDelivered) ctx.log('warn', 'webhook_failed', { deliveryId: toHex(id), endpointId: toHex(endpoint.id), attempts, result, isFinal })
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
  // Where very many wait, none of them may have had all of its tries by then.
  const failingSince = endpoint.failingSince ?? ctx.now()
  const since = Math.max(failingSince <= ctx.now() - FAILING_MAX_MS ? failingSince : 0, ...givenUp.map(({ createdAt }) => createdAt))
  const failing = !isGone && since > 0 ? ofEnd(ctx, endpoint, 'failing', since) : null
  await ctx.db.batch([
    ...settleDeliveries(id, tried),
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
function ofEnd(ctx: Ctx, { id, createdBy, kind, url }: EndpointRow, reason: DisabledReason, since: number | null) {
  const condition = isToBeDisabled(id, since)
  // Not the whole address, which may hold a secret of the receiver's.
  const params = { host: kind === 'queue' ? 'queue' : new URL(url).host }
  const notice =
    createdBy === null ? null : mailNotice(ctx, { kind: 'webhook_disabled', user: createdBy, params, condition, isByAnother: true })
  const writes: Statement<void>[] = [
    ...(notice ? [notice.write] : []),
    disableEndpoint(id, reason, ctx.now(), condition),
    giveUpOfDisabled(GIVEN_UP_AT_A_TIME),
  ]
  const mailIds: MailId[] = notice ? [notice.mailId] : []
  return { writes, mailIds }
}
