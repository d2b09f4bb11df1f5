/** How an endpoint stands and what came of a delivery, in words. */
import type { Delivery, DeliveryState } from '../../../core/webhooks/deliveries.ts'
import type { WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import type { EventTypeName, TEST_EVENT } from '../../../core/webhooks/event-types.ts'
import { fill, type Texts } from '../../../texts/texts.ts'
import { Filled, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { Tag, type TagKind } from '../tags.tsx'

type Named = Pick<WebhookEndpoint, 'description' | 'url'>

/** A queue has no address. */
export const nameOf = ({ console: { webhooks } }: Texts, { description, url }: Named): string => description || url || webhooks.queue

export const typeNames = ({ console: { webhooks } }: Texts): Readonly<Record<EventTypeName | typeof TEST_EVENT, string>> => webhooks.types

export function typeName(t: Texts, type: string): string {
  const names: Readonly<Record<string, string>> = typeNames(t)
  return names[type] ?? type
}

type Standing = Pick<WebhookEndpoint, 'disabledAt' | 'disabledReason' | 'failingSince'>

export function EndpointState({ endpoint: { disabledAt, disabledReason, failingSince } }: { endpoint: Standing }) {
  const { states, failingSince: failing, reasons } = useTexts().console.webhooks
  const at = disabledAt ?? failingSince
  const why = disabledAt === null ? failing : reasons[disabledReason || 'administrator']
  return (
    <>
      <Tag kind={at === null ? 'good' : 'bad'}>{disabledAt !== null ? states.disabled : at !== null ? states.failing : states.enabled}</Tag>
      {at !== null && (
        <small class="below-name">
          <Filled text={why} with={{ time: <Time at={at} /> }} />
        </small>
      )}
    </>
  )
}

const KINDS: Readonly<Record<DeliveryState, TagKind>> = { waiting: 'plain', delivered: 'good', failed: 'bad' }

/** The state, and how the last try ended. */
export function Outcome({ delivery: { state, lastResult } }: { delivery: Delivery }) {
  const t = useTexts()
  return (
    <>
      <Tag kind={KINDS[state]}>{t.console.webhooks.deliveryStates[state]}</Tag>
      {lastResult !== null && <small class="below-name">{resultInWords(t, lastResult)}</small>}
    </>
  )
}

function resultInWords({ console: { webhooks } }: Texts, result: string): string {
  const words: Readonly<Record<string, string>> = webhooks.results
  return Object.hasOwn(words, result) ? (words[result] ?? '') : fill(webhooks.answered, { status: result })
}
