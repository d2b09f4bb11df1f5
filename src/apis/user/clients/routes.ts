/**
 * Administration of OAuth clients (wire §3.2), with Liquid's paths and envelope and the metadata names of RFC 7591. A
 * change applies from the client's next request.
 */
import { Hono } from 'hono'
import { changeClient, createClient, deleteClient, getClient, listClients } from '../../../core/oauth/client-registration.ts'
import { listNotices } from '../../../core/oauth/logout-notices.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type Description, describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, OK, toList } from '../replies.ts'
import {
  ClientReply,
  ClientsReply,
  EXAMPLE_CLIENT,
  EXAMPLE_NOTICE,
  EXAMPLE_REGISTERED,
  LogoutNoticesReply,
  RegisteredClientReply,
  toClient,
  toLogoutNotice,
  toRegisteredClient,
} from './presenters.ts'
import * as wire from './wire.ts'

const EXAMPLE = { ok: 1, data: { client: EXAMPLE_CLIENT } } as const
const REGISTERED = { ok: 1, data: { client: EXAMPLE_REGISTERED } } as const

const DELETE: Description = {
  summary: 'Delete a client',
  description:
    'Its secret and tokens stop working with the next request; its sessions, codes and consents are removed afterwards. Then the id can be used again.',
  response: OK,
  refusals: [404],
}

export const clients = new Hono<AppEnv>()
  .post(
    '/client/admin-api/create',
    requires('admin:client:write'),
    describe('createClient', {
      summary: 'Register a client',
      description:
        'Fields are named as in RFC 7591, section 2, or as in Liquid. You must hold every scope of the client yourself; first_party and may_change_addresses require the scope *. Requires a browser that signed in within the last 10 minutes. The generated secret is shown only once.',
      response: { status: 201, schema: RegisteredClientReply, example: REGISTERED },
      refusals: [409],
    }),
    validate('json', wire.CreateClientBody),
    async (c) => {
      const registration = await createClient(c.var.ctx, c.var.gate, wire.toNewClient(c.req.valid('json')))
      return c.json({ ok: 1, data: { client: toRegisteredClient(registration) } }, 201)
    },
  )
  .patch(
    '/client/admin-api/update',
    requires('admin:client:write'),
    describe('updateClient', {
      summary: 'Change a client, issue a new secret, disable or enable it',
      description:
        'Omitted fields stay; lists are replaced as a whole. You must hold every scope of the client, before and after the change. Requires a browser that signed in within the last 10 minutes, unless the request only disables the client.',
      response: { status: 200, schema: RegisteredClientReply, example: REGISTERED },
      refusals: [404],
    }),
    validate('json', wire.UpdateClientBody),
    async (c) => {
      const registration = await changeClient(c.var.ctx, c.var.gate, wire.toClientChanges(c.req.valid('json')))
      return c.json({ ok: 1, data: { client: toRegisteredClient(registration) } })
    },
  )
  .post(
    '/client/admin-api/delete',
    requires('admin:client:write'),
    describe('deleteClientByPost', DELETE),
    validate('json', wire.ClientBody),
    async (c) => {
      await deleteClient(c.var.ctx, c.var.gate, wire.idOfClient(c.req.valid('json')))
      return c.json({ ok: 1 })
    },
  )
  .delete(
    '/client/admin-api/delete',
    requires('admin:client:write'),
    describe('deleteClient', DELETE),
    validate('json', wire.ClientBody),
    async (c) => {
      await deleteClient(c.var.ctx, c.var.gate, wire.idOfClient(c.req.valid('json')))
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/client/admin-api/list',
    requires('admin:client:read'),
    describe('listClients', {
      summary: 'All clients, ordered by id',
      response: {
        status: 200,
        schema: ClientsReply,
        example: { ok: 1, data: { records: [EXAMPLE_CLIENT], clients: [EXAMPLE_CLIENT], ...LAST } },
      },
    }),
    validate('query', wire.ListClientsQuery),
    async (c) => {
      const { limit, after = null } = c.req.valid('query')
      const { records, next } = await listClients(c.var.gate, { limit, after })
      const shown = records.map(toClient)
      return c.json({ ok: 1, data: { records: shown, clients: shown, hasMore: next !== null, next } })
    },
  )
  .get(
    '/client/admin-api/logout-notices',
    requires('admin:client:read'),
    describe('listLogoutNotices', {
      summary: 'Logout tokens of the last week, newest first',
      description: 'Each is for a client with a backchannel_logout_uri, and a session that has ended. Five tries within a day.',
      response: {
        status: 200,
        schema: LogoutNoticesReply,
        example: { ok: 1, data: { records: [EXAMPLE_NOTICE], ...LAST } },
      },
    }),
    validate('query', wire.ListNoticesQuery),
    async (c) => {
      const { limit, offset = null } = c.req.valid('query')
      return c.json(toList(await listNotices(c.var.gate, { limit, before: offset }), toLogoutNotice))
    },
  )
  .get(
    '/client/:clientId',
    requires('admin:client:read'),
    describe('getClient', {
      summary: 'A client',
      response: { status: 200, schema: ClientReply, example: EXAMPLE },
      refusals: [404],
    }),
    validate('param', wire.ClientParams),
    async (c) => c.json({ ok: 1, data: { client: toClient(await getClient(c.var.ctx, c.var.gate, c.req.valid('param').clientId)) } }),
  )
