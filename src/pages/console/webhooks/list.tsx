/** `/admin/webhooks`: the endpoints, and how each stands. */
import { type Context, Hono } from 'hono'
import { listEndpoints, type WebhookEndpoint } from '../../../core/webhooks/endpoints.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { plural } from '../../../texts/texts.ts'
import { showPage } from '../../layout.tsx'
import { Table } from '../../table.tsx'
import { textsOf } from '../../texts.tsx'
import { AddLink, LastUse } from '../registry.tsx'
import { about, NEW, WEBHOOKS } from './paths.ts'
import { EndpointState, nameOf } from './words.tsx'

export const webhookList = new Hono<AppEnv>().get(WEBHOOKS, requires('admin:webhook:read'), async (c) =>
  show(c, await listEndpoints(c.var.ctx, c.var.gate)),
)

async function show(c: Context, endpoints: readonly WebhookEndpoint[]): Promise<Response> {
  const t = await textsOf(c)
  const { webhooks } = t.console
  return showPage(
    c,
    { title: t.console.sections.webhooks, section: WEBHOOKS, lead: webhooks.lead, isWide: true },
    <>
      <AddLink c={c} scope="admin:webhook:write" href={NEW} text={webhooks.new} />
      <Table
        caption={t.console.sections.webhooks}
        empty={webhooks.empty}
        rows={endpoints}
        columns={[
          {
            title: webhooks.name,
            cell: (endpoint) => (
              <>
                <a href={about(endpoint.id)}>
                  <bdi>{nameOf(t, endpoint)}</bdi>
                </a>
                {endpoint.description !== '' && (
                  <code class="below-name" dir="ltr">
                    {endpoint.url}
                  </code>
                )}
              </>
            ),
          },
          {
            title: webhooks.fields.events,
            cell: ({ events }) => (events[0] === '*' ? webhooks.allEvents : plural(t, webhooks.eventCount, events.length)),
          },
          { title: webhooks.state, cell: (endpoint) => <EndpointState endpoint={endpoint} /> },
          { title: webhooks.lastDelivery, cell: ({ lastSuccessAt }) => <LastUse at={lastSuccessAt} /> },
        ]}
      />
    </>,
  )
}
