/** Administration of webhooks (docs/webhooks.md): where events go, what was delivered, and sending it again. */
import { Hono } from 'hono'
import { listDeliveries, replayDelivery, replayFailed } from '../../../core/webhooks/deliveries.ts'
import { changeEndpoint, createEndpoint, deleteEndpoint, listEndpoints, rotateSecret, sendTest } from '../../../core/webhooks/endpoints.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, OK, toList } from '../replies.ts'
import { toPage } from '../wire.ts'
import {
  DeliveriesReply,
  DeliveryReply,
  EndpointReply,
  EndpointsReply,
  EndpointWithSecretReply,
  EXAMPLE_DELIVERY,
  EXAMPLE_ENDPOINT,
  EXAMPLE_SECRET,
  ReplayedReply,
  toDelivery,
  toEndpoint,
  toEndpointWithSecret,
} from './presenters.ts'
import * as wire from './wire.ts'

const FRESH = 'Requires a browser that signed in within the last 10 minutes'
const WITH_SECRET = { ok: 1, data: { endpoint: EXAMPLE_ENDPOINT, secret: EXAMPLE_SECRET } } as const

export const webhooks = new Hono<AppEnv>()
  .post(
    '/webhook/admin-api/create',
    requires('admin:webhook:write'),
    describe('createWebhook', {
      summary: 'Register an endpoint',
      description: `Events go to a public https address, signed by the Standard Webhooks specification, or into the queue that is bound to the Worker as EVENTS. A full payload requires the scope admin:profile:read as well. ${FRESH}. The secret is shown only once.`,
      response: { status: 201, schema: EndpointWithSecretReply, example: WITH_SECRET },
    }),
    validate('json', wire.CreateEndpointBody),
    async (c) => c.json({ ok: 1, data: toEndpointWithSecret(await createEndpoint(c.var.ctx, c.var.gate, c.req.valid('json'))) }, 201),
  )
  .patch(
    '/webhook/admin-api/update',
    requires('admin:webhook:write'),
    describe('updateWebhook', {
      summary: 'Change an endpoint, disable or enable it',
      description: `Omitted fields stay; lists are replaced as a whole. A disabled endpoint misses what happens meanwhile, and what waits for it is given up. ${FRESH}, unless the request only disables the endpoint.`,
      response: { status: 200, schema: EndpointReply, example: { ok: 1, data: { endpoint: EXAMPLE_ENDPOINT } } },
      refusals: [404],
    }),
    validate('json', wire.UpdateEndpointBody),
    async (c) => {
      const { endpoint: id, disabled: isDisabled, ...changes } = c.req.valid('json')
      const endpoint = await changeEndpoint(c.var.ctx, c.var.gate, id, { ...changes, isDisabled })
      return c.json({ ok: 1, data: { endpoint: toEndpoint(endpoint) } })
    },
  )
  .post(
    '/webhook/admin-api/delete',
    requires('admin:webhook:write'),
    describe('deleteWebhook', { summary: 'Delete an endpoint, with its log', response: OK, refusals: [404] }),
    validate('json', wire.EndpointBody),
    async (c) => {
      await deleteEndpoint(c.var.ctx, c.var.gate, c.req.valid('json').endpoint)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/webhook/admin-api/list',
    requires('admin:webhook:read'),
    describe('listWebhooks', {
      summary: 'All endpoints',
      response: { status: 200, schema: EndpointsReply, example: { ok: 1, data: { records: [EXAMPLE_ENDPOINT] } } },
    }),
    async (c) => c.json({ ok: 1, data: { records: (await listEndpoints(c.var.ctx, c.var.gate)).map(toEndpoint) } }),
  )
  .post(
    '/webhook/admin-api/rotate-secret',
    requires('admin:webhook:write'),
    describe('rotateWebhookSecret', {
      summary: 'Issue a new secret',
      description: `The one before signs as well for some hours, so each delivery has two signatures meanwhile. ${FRESH}.`,
      response: { status: 200, schema: EndpointWithSecretReply, example: WITH_SECRET },
      refusals: [404],
    }),
    validate('json', wire.RotateSecretBody),
    async (c) => {
      const { endpoint, hours } = c.req.valid('json')
      return c.json({ ok: 1, data: toEndpointWithSecret(await rotateSecret(c.var.ctx, c.var.gate, endpoint, hours)) })
    },
  )
  .post(
    '/webhook/admin-api/test',
    requires('admin:webhook:write'),
    describe('testWebhook', {
      summary: 'Send a test',
      description: 'An event of the type `webhook.test`, about nobody. The deliveries show what came of it.',
      response: OK,
      refusals: [404],
    }),
    validate('json', wire.EndpointBody),
    async (c) => {
      await sendTest(c.var.ctx, c.var.gate, c.req.valid('json').endpoint)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/webhook/admin-api/deliveries',
    requires('admin:webhook:read'),
    describe('listWebhookDeliveries', {
      summary: 'Deliveries of an endpoint, newest first',
      description: 'They are kept for two weeks.',
      response: { status: 200, schema: DeliveriesReply, example: { ok: 1, data: { records: [EXAMPLE_DELIVERY], ...LAST } } },
      refusals: [404],
    }),
    validate('query', wire.DeliveriesQuery),
    async (c) => {
      const { endpoint: endpointId, state = null, ...page } = c.req.valid('query')
      return c.json(toList(await listDeliveries(c.var.ctx, c.var.gate, { endpointId, state, page: toPage(page) }), toDelivery))
    },
  )
  .post(
    '/webhook/admin-api/replay',
    requires('admin:webhook:write'),
    describe('replayWebhook', {
      summary: 'Send an event again',
      description:
        'Whatever came of it. It keeps its message id, and may arrive after later events of the same user. One that waits for another try is tried now, after what it waits for.',
      response: { status: 200, schema: DeliveryReply, example: { ok: 1, data: { delivery: EXAMPLE_DELIVERY } } },
      refusals: [404],
    }),
    validate('json', wire.ReplayBody),
    async (c) => {
      const delivery = await replayDelivery(c.var.ctx, c.var.gate, c.req.valid('json').delivery)
      return c.json({ ok: 1, data: { delivery: toDelivery(delivery) } })
    },
  )
  .post(
    '/webhook/admin-api/replay-failed',
    requires('admin:webhook:write'),
    describe('replayFailedWebhooks', {
      summary: 'Send again what was given up',
      description:
        'Of one endpoint, since a time: up to 1,000 events at once, the oldest first, in order per user. What waits for another try is tried now, and counts as well.',
      response: { status: 200, schema: ReplayedReply, example: { ok: 1, data: { count: 12 } } },
      refusals: [404],
    }),
    validate('json', wire.ReplayFailedBody),
    async (c) => {
      const { endpoint: endpointId, since } = c.req.valid('json')
      return c.json({ ok: 1, data: { count: await replayFailed(c.var.ctx, c.var.gate, { endpointId, since }) } })
    },
  )
