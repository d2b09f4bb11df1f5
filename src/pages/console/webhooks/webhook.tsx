/** `/admin/webhooks/webhook`: an endpoint, what can be done with it, and what was delivered to it. */
import { type Context, Hono } from 'hono'
import {
  DELIVERY_STATES,
  type Delivery,
  type DeliveryState,
  type EndpointDeliveries,
  listDeliveries,
} from '../../../core/webhooks/deliveries.ts'
import type { WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type DeliveryId, fromHex, toHex } from '../../../ids.ts'
import { number, type Texts } from '../../../texts/texts.ts'
import { Isolated } from '../../isolated.tsx'
import { showPage } from '../../layout.tsx'
import { type Column, Facts, NextPage, Table } from '../../table.tsx'
import { textsOf, useTexts } from '../../texts.tsx'
import { Time } from '../../time.tsx'
import { LastUse, mayDo } from '../registry.tsx'
import { queryOf } from '../wanted.ts'
import { pathOfAct, type WebhookAct } from './acts.tsx'
import { about, EDIT, WEBHOOK, WEBHOOKS, wantedEndpoint } from './paths.ts'
import { REPLAY } from './replay.tsx'
import { EndpointState, nameOf, Outcome, typeName, typeNames } from './words.tsx'

const SHOWN = 25

export const webhookPage = new Hono<AppEnv>().get(WEBHOOK, requires('admin:webhook:read'), async (c) => {
  const state = DELIVERY_STATES.find((one) => one === c.req.query('state')) ?? null
  const page = { limit: SHOWN, before: fromHex<DeliveryId>(c.req.query('after') ?? '') }
  return show(c, state, await listDeliveries(c.var.ctx, c.var.gate, { endpointId: wantedEndpoint(c), state, page }))
})

async function show(c: Context, state: DeliveryState | null, { endpoint, records, next }: EndpointDeliveries): Promise<Response> {
  const t = await textsOf(c)
  const { webhooks } = t.console
  const mayWrite = mayDo(c, 'admin:webhook:write')
  const path = about(endpoint.id)
  const name = nameOf(t, endpoint)
  return showPage(
    c,
    { title: name, heading: <bdi>{name}</bdi>, section: WEBHOOKS, isWide: true },
    <>
      {mayWrite && <Acts endpoint={endpoint} />}
      <section class="panel">
        <FactsOf endpoint={endpoint} />
      </section>
      <h2 class="apart" id="deliveries">
        {webhooks.deliveries}
      </h2>
      <ul class="states">
        {[null, ...DELIVERY_STATES].map((one) => (
          <li>
            <a href={one === null ? path : `${path}&state=${one}`} aria-current={one === state ? 'page' : undefined}>
              {webhooks.deliveryStates[one ?? 'all']}
            </a>
          </li>
        ))}
      </ul>
      <Table
        caption={webhooks.deliveries}
        empty={webhooks.noDeliveries}
        rows={records}
        columns={columnsOf(t, mayWrite && endpoint.disabledAt === null)}
      />
      <NextPage
        action={WEBHOOK}
        query={{ id: toHex(endpoint.id), ...(state && { state }) }}
        after={next === null ? null : toHex(next)}
        text={t.console.registry.next}
      />
    </>,
  )
}

function Acts({ endpoint: { id, disabledAt } }: { endpoint: WebhookEndpoint }) {
  const { webhooks, clients } = useTexts().console
  const acts: WebhookAct[] = disabledAt === null ? ['test', 'retry', 'rotate', 'disable', 'delete'] : ['enable', 'rotate', 'delete']
  return (
    <p class="buttons above">
      <a class="button primary" href={about(id, EDIT)}>
        {clients.edit}
      </a>
      {acts.map((act) => (
        <a class="button secondary" href={pathOfAct(act, id)}>
          {webhooks[act]}
        </a>
      ))}
    </p>
  )
}

function FactsOf({ endpoint }: { endpoint: WebhookEndpoint }) {
  const t = useTexts()
  const { webhooks, registry } = t.console
  const names = typeNames(t)
  const list = (texts: readonly string[], none: string) =>
    texts.length === 0 ? (
      none
    ) : (
      <ul>
        {texts.map((text) => (
          <li>{text}</li>
        ))}
      </ul>
    )
  const { events, scope, createdBy, previousSecretUntil } = endpoint
  return (
    <Facts
      facts={[
        [webhooks.fields.url, endpoint.url === '' ? webhooks.queue : <code dir="ltr">{endpoint.url}</code>],
        [webhooks.state, <EndpointState endpoint={endpoint} />],
        [webhooks.lastDelivery, <LastUse at={endpoint.lastSuccessAt} />],
        [
          webhooks.fields.events,
          list(
            events.map((type) => (type === '*' ? webhooks.allEvents : names[type])),
            registry.none,
          ),
        ],
        [
          webhooks.fields.scope,
          list(
            scope.map((one) => webhooks.scopes[one]),
            webhooks.onlyIds,
          ),
        ],
        ...(previousSecretUntil !== null ? [[webhooks.oldSecretUntil, <Time at={previousSecretUntil} />] as const] : []),
        [webhooks.createdBy, createdBy === null ? '–' : <Isolated>{createdBy}</Isolated>],
        [webhooks.created, <Time at={endpoint.createdAt} />],
      ]}
    />
  )
}

function columnsOf(t: Texts, hasReplay: boolean): Column<Delivery>[] {
  const { webhooks, mail, registry } = t.console
  const replay = ({ id, type, state }: Delivery) =>
    state !== 'waiting' && (
      <a href={REPLAY + queryOf('id', toHex(id))} aria-label={`${webhooks.replay}: ${typeName(t, type)}`}>
        {webhooks.replay}
      </a>
    )
  return [
    {
      title: webhooks.event,
      cell: ({ type, messageId }) => (
        <>
          {typeName(t, type)}
          <code class="below-name">{messageId}</code>
        </>
      ),
    },
    { title: webhooks.happened, cell: ({ createdAt }) => <Time at={createdAt} /> },
    { title: mail.outcome, cell: (delivery) => <Outcome delivery={delivery} /> },
    { title: mail.attempts, cell: ({ attempts }) => number(t, attempts), isNumber: true },
    {
      title: mail.nextTry,
      cell: ({ state, nextAttemptAt }) => (nextAttemptAt !== null ? <Time at={nextAttemptAt} /> : state === 'waiting' && webhooks.behind),
    },
    ...(hasReplay ? [{ title: registry.acts, cell: replay }] : []),
  ]
}
