/** Discovery (RFC 7644 §4): what the service can do. The same for every client, so no one has to say who they are. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../../core/errors.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { answer, baseOf, listOf, SCIM_JSON } from '../answers.ts'
import type { Json } from '../attributes.ts'
import { resourceTypes, schemas, serviceProviderConfig } from '../schemas.ts'
import { Discovery, listReply } from '../wire.ts'

const BASE = 'https://example.com/scim/v2'
const listExample = (resources: Json[]) => listOf(resources.slice(0, 1), { total: resources.length, startIndex: 1 })
const list = (resources: Json[]) =>
  ({ status: 200, schema: listReply(Discovery), example: listExample(resources), contentType: SCIM_JSON }) as const
const one = (example: Json | undefined) => ({ status: 200, schema: Discovery, example, contentType: SCIM_JSON }) as const
const documentationOf = (c: Context) => `${c.get('ctx').config.origin}/docs/guides/reference/scim`

const Params = z.object({ id: z.string().max(128).meta({ example: 'User' }) })

function all(c: Context, resources: readonly Json[]): Response {
  // RFC 7644 §4: a filter is refused.
  if (c.req.query('filter') !== undefined) throw new AppError('forbidden', 'This list cannot be filtered')
  return answer(c, listOf(resources, { total: resources.length, startIndex: 1 }))
}

function only(c: Context, resources: readonly Json[], id: string): Response {
  const found = resources.find((resource) => String(resource.id).toLowerCase() === id.toLowerCase())
  if (!found) throw new AppError('not_found')
  return answer(c, found)
}

export const discoveryRoutes = new Hono<AppEnv>()
  .get(
    '/ServiceProviderConfig',
    anyone(),
    describe('getServiceProviderConfig', {
      summary: 'What of SCIM is built',
      response: one(serviceProviderConfig(BASE, 'https://example.com/docs/guides/reference/scim')),
    }),
    (c) => answer(c, serviceProviderConfig(baseOf(c), documentationOf(c))),
  )
  .get(
    '/ResourceTypes',
    anyone(),
    describe('listResourceTypes', { summary: 'Users and groups', response: list(resourceTypes(BASE)) }),
    (c) => all(c, resourceTypes(baseOf(c))),
  )
  .get(
    '/ResourceTypes/:id',
    anyone(),
    describe('getResourceType', { summary: 'One of them', response: one(resourceTypes(BASE)[0]), refusals: [404] }),
    validate('param', Params),
    (c) => only(c, resourceTypes(baseOf(c)), c.req.valid('param').id),
  )
  .get('/Schemas', anyone(), describe('listSchemas', { summary: 'The attributes that Kith keeps', response: list(schemas(BASE)) }), (c) =>
    all(c, schemas(baseOf(c))),
  )
  .get(
    '/Schemas/:id',
    anyone(),
    describe('getSchema', { summary: 'Those of one kind', response: one(schemas(BASE)[0]), refusals: [404] }),
    validate('param', Params),
    (c) => only(c, schemas(baseOf(c)), c.req.valid('param').id),
  )
