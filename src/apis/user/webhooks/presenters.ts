/** Webhooks: presenters, schemas and examples. */
import * as z from 'zod'
import { DELIVERY_STATES, type Delivery } from '../../../core/webhooks/deliveries.ts'
import { ENDPOINT_KINDS, PAYLOAD_SCOPES, PAYLOADS } from '../../../core/webhooks/endpoint-plans.ts'
import type { EndpointWithSecret, WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import { toHex } from '../../../ids.ts'
import { date, listOf, ok, text, toIso } from '../replies.ts'

const EndpointOut = z
  .strictObject({
    _id: z.string(),
    kind: z.enum(ENDPOINT_KINDS),
    url: z.string().meta({ description: 'Empty for the queue' }),
    description: z.string(),
    events: z.array(z.string()),
    payload: z.enum(PAYLOADS),
    scope: z.array(z.enum(PAYLOAD_SCOPES)),
    previousSecretUntil: date.meta({ description: 'Until when the secret before signs as well' }),
    createdBy: text,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
    disabledAt: date,
    disabledReason: z.enum(['failing', 'gone', 'moved', '']).meta({
      description:
        'failing: nothing has arrived for three days; gone: it answered 410; moved: the database was moved or restored; empty: by an administrator',
    }),
    failingSince: date.meta({ description: 'The first failure since the last success' }),
    lastSuccessAt: date.meta({ description: 'Accurate to a minute' }),
  })
  .meta({ id: 'WebhookEndpoint' })

export function toEndpoint(endpoint: WebhookEndpoint): z.output<typeof EndpointOut> {
  return {
    _id: toHex(endpoint.id),
    kind: endpoint.kind,
    url: endpoint.url,
    description: endpoint.description,
    events: [...endpoint.events],
    payload: endpoint.payload,
    scope: [...endpoint.scope],
    previousSecretUntil: toIso(endpoint.previousSecretUntil),
    createdBy: endpoint.createdBy,
    createdAt: new Date(endpoint.createdAt).toISOString(),
    updatedAt: new Date(endpoint.updatedAt).toISOString(),
    disabledAt: toIso(endpoint.disabledAt),
    disabledReason: endpoint.disabledReason,
    failingSince: toIso(endpoint.failingSince),
    lastSuccessAt: toIso(endpoint.lastSuccessAt),
  }
}

export const toEndpointWithSecret = ({ endpoint, secret }: EndpointWithSecret) => ({ endpoint: toEndpoint(endpoint), secret })

export const EndpointReply = ok(z.strictObject({ endpoint: EndpointOut }))
export const EndpointWithSecretReply = ok(
  z.strictObject({ endpoint: EndpointOut, secret: z.string().meta({ description: 'What signs; shown only here' }) }),
)
export const EndpointsReply = ok(z.strictObject({ records: z.array(EndpointOut) }))

const DeliveryOut = z
  .strictObject({
    _id: z.string(),
    endpoint: z.string(),
    messageId: z.string().meta({ description: 'The header webhook-id: the same in each try' }),
    type: z.string(),
    user: z.string(),
    data: z.record(z.string(), z.unknown()).meta({ description: 'As in a thin payload' }),
    state: z.enum(DELIVERY_STATES),
    createdAt: z.iso.datetime(),
    attempts: z.int(),
    nextAttemptAt: date.meta({ description: 'Null also while it waits for an earlier event of the same user' }),
    deliveredAt: date,
    lastResult: text.meta({ description: 'The status of the last answer, or why there was none' }),
  })
  .meta({ id: 'WebhookDelivery' })

export function toDelivery(delivery: Delivery): z.output<typeof DeliveryOut> {
  return {
    _id: toHex(delivery.id),
    endpoint: toHex(delivery.endpointId),
    messageId: delivery.messageId,
    type: delivery.type,
    user: toHex(delivery.userId),
    data: { ...delivery.data },
    state: delivery.state,
    createdAt: new Date(delivery.createdAt).toISOString(),
    attempts: delivery.attempts,
    nextAttemptAt: toIso(delivery.nextAttemptAt),
    deliveredAt: toIso(delivery.deliveredAt),
    lastResult: delivery.lastResult,
  }
}

export const DeliveryReply = ok(z.strictObject({ delivery: DeliveryOut }))
export const DeliveriesReply = listOf(DeliveryOut)
export const ReplayedReply = ok(z.strictObject({ count: z.int().meta({ description: 'How many are sent again' }) }))

export const EXAMPLE_ENDPOINT: z.output<typeof EndpointOut> = {
  _id: '507f1f77bcf86cd799439011',
  kind: 'https',
  url: 'https://hooks.example.com/kith',
  description: 'Search index',
  events: ['user.created', 'user.updated', 'user.deleted'],
  payload: 'thin',
  scope: [],
  previousSecretUntil: null,
  createdBy: 'john',
  createdAt: '2026-11-29T10:15:30.000Z',
  updatedAt: '2026-11-29T10:15:30.000Z',
  disabledAt: null,
  disabledReason: '',
  failingSince: null,
  lastSuccessAt: '2026-11-30T08:37:30.000Z',
}
export const EXAMPLE_SECRET = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDiAIOBBgaRPc='
export const EXAMPLE_DELIVERY: z.output<typeof DeliveryOut> = {
  _id: '000000000000000000000807',
  endpoint: '507f1f77bcf86cd799439011',
  messageId: 'msg_mikbr3n4_1031',
  type: 'user.updated',
  user: '507f1f77bcf86cd799439012',
  data: { fields: ['firstName'] },
  state: 'delivered',
  createdAt: '2026-11-30T08:37:29.000Z',
  attempts: 1,
  nextAttemptAt: null,
  deliveredAt: '2026-11-30T08:37:30.000Z',
  lastResult: '204',
}
