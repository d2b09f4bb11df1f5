/** The fields of an endpoint's form, and how they become what the core takes. */
import * as z from 'zod'
import { text } from '../../../core/texts.ts'
import { endpointKind, endpointUrl, PAYLOAD_SCOPES, type PayloadScope } from '../../../core/webhooks/endpoint-plans.ts'
import type { WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import { EVENT_TYPE_NAMES, type EventTypeName } from '../../../core/webhooks/event-types.ts'
import { DESCRIPTION_LENGTH_MAX } from '../../../core/webhooks/limits.ts'
import { fromHex, type WebhookEndpointId } from '../../../ids.ts'
import { wholeVersion } from '../clients/fields.ts'
import type { Shown } from '../scope-choices.tsx'
import { checkBox, optional } from '../typed-fields.ts'

export const EVENT = 'event '
export const SCOPE = 'scope '
const CHOICES = [...['*', ...EVENT_TYPE_NAMES].map((type) => EVENT + type), ...PAYLOAD_SCOPES.map((scope) => SCOPE + scope)]

type Choice = `event ${EventTypeName | '*'}` | `scope ${PayloadScope}`

const fields = {
  /** Left out for a queue. */
  url: endpointUrl.optional(),
  description: optional(text({ max: DESCRIPTION_LENGTH_MAX })),
  ...(Object.fromEntries(CHOICES.map((name) => [name, checkBox])) as Record<Choice, typeof checkBox>),
}

export const NewEndpointForm = z.object({
  /** Drawn by the form, so that it creates one however often it is sent. */
  id: z
    .string()
    .regex(/^[0-9a-f]{24}$/, 'is wrong')
    .transform((hex) => fromHex<WebhookEndpointId>(hex) as WebhookEndpointId),
  kind: endpointKind.optional(),
  ...fields,
})
/** `version`: of the endpoint, as it was shown. */
export const EndpointForm = z.object({ version: wholeVersion(), ...fields })

/** A payload is full if it is to hold anything of the person. */
export function toFields({ url, description, ...choices }: z.output<z.ZodObject<typeof fields>>) {
  const events = EVENT_TYPE_NAMES.filter((type) => choices[`event ${type}`])
  const scope = PAYLOAD_SCOPES.filter((one) => choices[`scope ${one}`])
  return {
    url,
    description: description ?? '',
    events: choices['event *'] ? (['*'] as const) : events,
    payload: scope.length > 0 ? ('full' as const) : ('thin' as const),
    scope,
  }
}

/** The same as a form shows it. */
export const toShown = ({ url, description, events, scope }: WebhookEndpoint): Shown => ({
  url,
  description,
  ...Object.fromEntries([...events.map((type) => EVENT + type), ...scope.map((one) => SCOPE + one)].map((name) => [name, 'on'])),
})
