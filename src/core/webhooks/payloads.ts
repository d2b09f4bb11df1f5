/** What an event looks like to its receiver: thin, or with what the endpoint's scopes show of the user at the time of sending. */
import { type EventId, toHex } from '../../ids.ts'
import type { LeasedDelivery } from '../../store/db/event-deliveries.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { EndpointRow } from '../../store/db/webhook-endpoints.ts'
import type { Ctx } from '../ctx.ts'
import { isInForce } from '../in-force.ts'
import { claimsOf } from '../oauth/user-claims.ts'
import { storedScopes } from '../scopes.ts'
import { TEST_EVENT } from './event-types.ts'
import type { Message } from './secrets.ts'

/** Stable over all tries and endpoints. The time keeps it unique if a backup is restored, after which ids are counted up again. */
export function messageId(eventId: EventId, createdAt: number): string {
  return `msg_${createdAt.toString(36)}_${eventId}`
}

/** `users`: whoever the deliveries are about, if the endpoint wants to know. */
export function toMessage(ctx: Ctx, endpoint: EndpointRow, delivery: LeasedDelivery, users: readonly UserRow[]): Message {
  const { eventId, userId, createdAt, type } = delivery
  const known = JSON.parse(delivery.data) as Record<string, unknown>
  const user = users.find(({ id }) => id === userId)
  const data = {
    ...(type === TEST_EVENT ? {} : { userId: toHex(userId) }),
    ...known,
    ...(endpoint.payload === 'full' && type !== TEST_EVENT && { user: user ? shown(ctx, endpoint, user) : null }),
  }
  return { id: messageId(eventId, createdAt), body: JSON.stringify({ type, timestamp: new Date(createdAt).toISOString(), data }) }
}

/** The claims that userinfo would show a client with these scopes: null for whoever could not be signed in to it. */
function shown(ctx: Ctx, { scope }: EndpointRow, user: UserRow) {
  const isNobody = user.emailVerifiedAt === null && user.emailKey !== null
  if (isNobody || user.deletedAt !== null || isInForce(user.bannedAt, user.bannedUntil, ctx.now())) return null
  return claimsOf(ctx, user, storedScopes(scope))
}
