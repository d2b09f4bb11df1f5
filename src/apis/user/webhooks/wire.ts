/** Requests about webhooks. */
import * as z from 'zod'
import { DELIVERY_STATES } from '../../../core/webhooks/deliveries.ts'
import * as plan from '../../../core/webhooks/endpoint-plans.ts'
import { ROTATION_HOURS_DEFAULT } from '../../../core/webhooks/limits.ts'
import type { DeliveryId, WebhookEndpointId } from '../../../ids.ts'
import { flag, hexId, StrictPageQuery } from '../wire.ts'

const endpointId = hexId<WebhookEndpointId>().meta({ example: '000000000000000000005000' })

const fields = {
  url: plan.endpointUrl.optional(),
  description: plan.endpointDescription.optional(),
  payload: plan.endpointPayload.optional(),
  scope: plan.endpointScope.optional(),
}

export const CreateEndpointBody = z.strictObject({ kind: plan.endpointKind.optional(), events: plan.endpointEvents, ...fields })

export const UpdateEndpointBody = z.strictObject({
  endpoint: endpointId,
  events: plan.endpointEvents.optional(),
  ...fields,
  disabled: flag.optional().meta({ description: 'true: it gets nothing until it is enabled again', example: false }),
})

export const EndpointBody = z.strictObject({ endpoint: endpointId })
export const RotateSecretBody = z.strictObject({ endpoint: endpointId, hours: plan.rotationHours.default(ROTATION_HOURS_DEFAULT) })

export const DeliveriesQuery = StrictPageQuery.extend({
  endpoint: endpointId,
  state: z.enum(DELIVERY_STATES).optional().meta({ description: 'Which deliveries; all by default' }),
})

const since = z.iso
  .datetime('must be a time in UTC')
  .transform((text) => Date.parse(text))
  .meta({ description: 'From then on', example: '2026-11-29T00:00:00Z', documented: { type: 'string', format: 'date-time' } })

export const ReplayBody = z.strictObject({ delivery: hexId<DeliveryId>().meta({ example: '000000000000000000005001' }) })
export const ReplayFailedBody = z.strictObject({ endpoint: endpointId, since })
