/** Users (RFC 7644 §3.2 to §3.6). */
import { type Context, Hono } from 'hono'
import { AppError } from '../../../core/errors.ts'
import { changeProvisionedUser } from '../../../core/provisioning/change-user.ts'
import { type ProvisionedUser, versionOf } from '../../../core/provisioning/provisioned-user.ts'
import {
  type ClientGate,
  createProvisionedUser,
  deleteProvisionedUser,
  getProvisionedUser,
  listProvisionedUsers,
} from '../../../core/provisioning/users.ts'
import { requiresClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { fromHex, type UserId } from '../../../ids.ts'
import { answer, baseOf, listOf, SCIM_JSON, select } from '../answers.ts'
import { type Json, USER, USER_SCHEMA } from '../attributes.ts'
import { listExample, USER_EXAMPLE } from '../examples.ts'
import { patched } from '../patch.ts'
import { conditionOnUsers, pageOf, selectionOf } from '../queries.ts'
import { changeable, etagOf, readUser, replacing, toScimUser } from '../user-resource.ts'
import {
  ListQuery,
  listReply,
  operationsOf,
  PatchBody,
  type Query,
  SearchBody,
  SelectionQuery,
  User,
  UserBody,
  UserParams,
} from '../wire.ts'

const READ = 'client:provisioning:read'
const WRITE = 'client:provisioning:write'
const HEADERS = { etag: 'The version of the user', location: 'The URL of the user' }
const ok = { status: 200, schema: User, example: USER_EXAMPLE, contentType: SCIM_JSON, headers: HEADERS } as const
const page = { status: 200, schema: listReply(User), example: listExample(USER_EXAMPLE), contentType: SCIM_JSON } as const

/** No user has an id that is none. */
export function userIdOf(text: string): UserId {
  const id = fromHex<UserId>(text.toLowerCase())
  if (id === null) throw new AppError('not_found', 'No such user')
  return id
}

/** RFC 7644 §3.14: the versions in such a header; null without it. A weak one counts, as all of them are. */
function versionsOf(c: Context, name: 'if-match' | 'if-none-match' = 'if-match'): string[] | null {
  const header = c.req.header(name)
  return header === undefined
    ? null
    : header.split(',').map((tag) =>
        tag
          .trim()
          .replace(/^W\//, '')
          .replace(/^"(.*)"$/, '$1'),
      )
}

function show(c: Context, user: ProvisionedUser, query: Query, status: 200 | 201 = 200): Response {
  const json = toScim(c, user)
  return answer(c, select(json, selectionOf(query, USER_SCHEMA)), { status, etag: etagOf(user), location: (json.meta as Json).location })
}

const toScim = (c: Context, user: ProvisionedUser) => toScimUser(user, { base: baseOf(c), now: c.get('ctx').now() })

async function search(c: Context, gate: ClientGate, query: Query): Promise<Response> {
  const { startIndex, ...page } = pageOf(query)
  const { users, total } = await listProvisionedUsers(c.get('ctx'), gate, { ...page, condition: conditionOnUsers(query.filter) })
  const selection = selectionOf(query, USER_SCHEMA)
  return answer(
    c,
    listOf(
      users.map((user) => select(toScim(c, user), selection)),
      { total, startIndex },
    ),
  )
}

export const userRoutes = new Hono<AppEnv>()
  .get(
    '/Users',
    requiresClient(READ),
    describe('listUsers', {
      summary: 'The users of the client, a page at a time',
      description:
        'Filters compare `id`, `userName`, `externalId`, `emails`, `displayName`, `name.givenName`, `name.familyName`, `active`, `meta.created` and `meta.lastModified`, joined by `and`, `or` and `not`.',
      response: page,
    }),
    validate('query', ListQuery),
    async (c) => search(c, c.var.gate, c.req.valid('query')),
  )
  .post(
    '/Users/.search',
    requiresClient(READ),
    describe('searchUsers', { summary: 'The same, with the query in the body', response: page }),
    validate('json', SearchBody),
    async (c) => search(c, c.var.gate, c.req.valid('json')),
  )
  .get(
    '/Users/:id',
    requiresClient(READ),
    describe('getUser', {
      summary: 'A user of the client',
      description: 'With `If-None-Match` of the version that the client has, 304 and no body.',
      response: ok,
      refusals: [404],
    }),
    validate('param', UserParams),
    validate('query', SelectionQuery),
    async (c) => {
      const user = await getProvisionedUser(c.var.gate, userIdOf(c.req.valid('param').id))
      const isKnown = versionsOf(c, 'if-none-match')?.some((version) => version === '*' || version === versionOf(user))
      return isKnown ? c.body(null, 304, { etag: etagOf(user) }) : show(c, user, c.req.valid('query'))
    },
  )
  .post(
    '/Users',
    requiresClient(WRITE),
    describe('createUser', { summary: 'Create a user', response: { ...ok, status: 201 }, refusals: [409] }),
    validate('query', SelectionQuery),
    validate('json', UserBody),
    async (c) => {
      const user = await createProvisionedUser(c.var.ctx, c.var.gate, await readUser(c.req.valid('json')))
      return show(c, user, c.req.valid('query'), 201)
    },
  )
  .put(
    '/Users/:id',
    requiresClient(WRITE),
    describe('replaceUser', {
      summary: 'Replace a user',
      description: 'Attributes that are left out stay as they are; an empty value clears.',
      response: ok,
      refusals: [404, 409, 412],
    }),
    validate('param', UserParams),
    validate('query', SelectionQuery),
    validate('json', UserBody),
    async (c) => {
      const sent = c.req.valid('json')
      const wanted = (user: ProvisionedUser) => {
        const before = { user, shown: toScim(c, user) }
        return readUser({ ...replacing(changeable(before), sent), schemas: schemasOf(sent) }, before)
      }
      const user = await changeProvisionedUser(c.var.ctx, c.var.gate, {
        userId: userIdOf(c.req.valid('param').id),
        versions: versionsOf(c),
        wanted,
      })
      return show(c, user, c.req.valid('query'))
    },
  )
  .patch(
    '/Users/:id',
    requiresClient(WRITE),
    describe('patchUser', {
      summary: 'Change a user',
      description: 'Operations and attributes may be in any case; `active` may be text.',
      response: ok,
      refusals: [404, 409, 412],
    }),
    validate('param', UserParams),
    validate('query', SelectionQuery),
    validate('json', PatchBody),
    async (c) => {
      const operations = await operationsOf(c.req.valid('json'))
      const wanted = (user: ProvisionedUser) => {
        const before = { user, shown: toScim(c, user) }
        return readUser(patched(USER, changeable(before), operations), before)
      }
      const user = await changeProvisionedUser(c.var.ctx, c.var.gate, {
        userId: userIdOf(c.req.valid('param').id),
        versions: versionsOf(c),
        wanted,
      })
      return show(c, user, c.req.valid('query'))
    },
  )
  .delete(
    '/Users/:id',
    requiresClient(WRITE),
    describe('deleteUser', { summary: 'Delete a user for good', response: { status: 204 }, refusals: [404, 412] }),
    validate('param', UserParams),
    async (c) => {
      await deleteProvisionedUser(c.var.ctx, c.var.gate, { userId: userIdOf(c.req.valid('param').id), versions: versionsOf(c) })
      return c.body(null, 204)
    },
  )

function schemasOf(sent: Json): unknown {
  return sent[Object.keys(sent).find((name) => name.toLowerCase() === 'schemas') ?? 'schemas']
}
