/**
 * Administration of the team's own APIs (docs/apis.md). A resource is a URI: it is in the query or the body, because
 * proxies decode the slashes of one in a path. A change applies from the next request.
 */
import { Hono } from 'hono'
import { changeApi, createApi, deleteApi, getApi, listApis } from '../../../core/oauth/api-registration.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { LAST, OK } from '../replies.ts'
import { ApiReply, ApisReply, EXAMPLE_API, toApi } from './presenters.ts'
import * as wire from './wire.ts'

const EXAMPLE = { ok: 1, data: { api: EXAMPLE_API } } as const

export const apis = new Hono<AppEnv>()
  .post(
    '/client/admin-api/apis',
    requires('admin:client:write'),
    describe('createApi', {
      summary: "Register an API of the team's own",
      description:
        'Clients that are registered for it (`api_scopes`) get tokens with its resource as their audience. Requires a browser that signed in within the last 10 minutes.',
      response: { status: 201, schema: ApiReply, example: EXAMPLE },
      refusals: [409],
    }),
    validate('json', wire.CreateApiBody),
    async (c) => {
      const api = await createApi(c.var.ctx, c.var.gate, wire.toNewApi(c.req.valid('json')))
      return c.json({ ok: 1, data: { api: toApi(api) } }, 201)
    },
  )
  .patch(
    '/client/admin-api/apis',
    requires('admin:client:write'),
    describe('updateApi', {
      summary: 'Change an API, disable or enable it',
      description:
        'Omitted fields stay; lists are replaced as a whole. Requires a browser that signed in within the last 10 minutes, unless the request only disables the API.',
      response: { status: 200, schema: ApiReply, example: EXAMPLE },
      refusals: [404],
    }),
    validate('json', wire.UpdateApiBody),
    async (c) => {
      const api = await changeApi(c.var.ctx, c.var.gate, wire.toApiChanges(c.req.valid('json')))
      return c.json({ ok: 1, data: { api: toApi(api) } })
    },
  )
  .delete(
    '/client/admin-api/apis',
    requires('admin:client:write'),
    describe('deleteApi', {
      summary: 'Delete an API',
      description: 'Its tokens are not active from the next request on, and no client gets another.',
      response: OK,
      refusals: [404],
    }),
    validate('query', wire.ApiQuery),
    async (c) => {
      await deleteApi(c.var.ctx, c.var.gate, c.req.valid('query').resource)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/client/admin-api/apis',
    requires('admin:client:read'),
    describe('listApis', {
      summary: 'All APIs, ordered by resource',
      response: { status: 200, schema: ApisReply, example: { ok: 1, data: { records: [EXAMPLE_API], ...LAST } } },
    }),
    validate('query', wire.ListApisQuery),
    async (c) => {
      const { limit, after = null } = c.req.valid('query')
      const { records, next } = await listApis(c.var.gate, { limit, after })
      return c.json({ ok: 1, data: { records: records.map(toApi), hasMore: next !== null, next } })
    },
  )
  .get(
    '/client/admin-api/api',
    requires('admin:client:read'),
    describe('getApi', {
      summary: 'An API',
      response: { status: 200, schema: ApiReply, example: EXAMPLE },
      refusals: [404],
    }),
    validate('query', wire.ApiQuery),
    async (c) => c.json({ ok: 1, data: { api: toApi(await getApi(c.var.gate, c.req.valid('query').resource)) } }),
  )
