/** Groups (RFC 7643 §4.2), which are Kith's roles. */
import { type Context, Hono } from 'hono'
import { type Group as CoreGroup, changeGroup, createGroup, getGroup, listGroups, removeGroup } from '../../../core/provisioning/groups.ts'
import type { ClientGate } from '../../../core/provisioning/users.ts'
import { requiresClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { toHex } from '../../../ids.ts'
import { answer, baseOf, listOf, SCIM_JSON, type Selection, select } from '../answers.ts'
import { GROUP_SCHEMA, type Json } from '../attributes.ts'
import { GROUP_EXAMPLE, listExample } from '../examples.ts'
import { readGroup, readGroupPatch } from '../group-resource.ts'
import { filterOnGroups, pageOf, selectionOf } from '../queries.ts'
import {
  Group,
  GroupBody,
  GroupParams,
  ListQuery,
  listReply,
  operationsOf,
  PatchBody,
  type Query,
  SearchBody,
  SelectionQuery,
} from '../wire.ts'

const READ = 'client:provisioning:read'
const WRITE = 'client:provisioning:write'
const ok = {
  status: 200,
  schema: Group,
  example: GROUP_EXAMPLE,
  contentType: SCIM_JSON,
  headers: { location: 'The URL of the group' },
} as const
const page = { status: 200, schema: listReply(Group), example: listExample(GROUP_EXAMPLE), contentType: SCIM_JSON } as const

function toScim(c: Context, { role, members }: CoreGroup): Json {
  const base = baseOf(c)
  const location = `${base}/Groups/${role.id}`
  return {
    schemas: [GROUP_SCHEMA],
    id: role.id,
    displayName: role.displayName,
    ...(members === null
      ? {}
      : {
          members: members.map(({ userId, userName }) => ({
            value: toHex(userId),
            display: userName,
            $ref: `${base}/Users/${toHex(userId)}`,
          })),
        }),
    meta: {
      resourceType: 'Group',
      created: new Date(role.createdAt).toISOString(),
      lastModified: new Date(role.updatedAt).toISOString(),
      location,
    },
  }
}

/** Members are read only for who wants them. */
function wantsMembers({ attributes, excluded }: Selection): boolean {
  const isNamed = (name: string) => name === 'members' || name.startsWith('members.')
  return !excluded.includes('members') && (attributes === null || attributes.some(isNamed))
}

async function showGroup(c: Context, gate: ClientGate, id: string, query: Query): Promise<Response> {
  const selection = selectionOf(query, GROUP_SCHEMA)
  const json = toScim(c, await getGroup(c.get('ctx'), gate, { id, withMembers: wantsMembers(selection) }))
  return answer(c, select(json, selection), { location: (json.meta as Json).location })
}

async function search(c: Context, gate: ClientGate, query: Query): Promise<Response> {
  const { startIndex, ...page } = pageOf(query)
  const selection = selectionOf(query, GROUP_SCHEMA)
  const found = await listGroups(c.get('ctx'), gate, { ...page, ...filterOnGroups(query.filter), withMembers: wantsMembers(selection) })
  const resources = found.groups.map((group) => select(toScim(c, group), selection))
  return answer(c, listOf(resources, { total: found.total, startIndex }))
}

export const groupRoutes = new Hono<AppEnv>()
  .get(
    '/Groups',
    requiresClient(READ),
    describe('listGroups', {
      summary: 'The groups that the client may hand out',
      description: 'Of each, the first 1,000 members who are users of the client. Filters compare `id`, `displayName` and `members`.',
      response: page,
    }),
    validate('query', ListQuery),
    async (c) => search(c, c.var.gate, c.req.valid('query')),
  )
  .post(
    '/Groups/.search',
    requiresClient(READ),
    describe('searchGroups', { summary: 'The same, with the query in the body', response: page }),
    validate('json', SearchBody),
    async (c) => search(c, c.var.gate, c.req.valid('json')),
  )
  .get(
    '/Groups/:id',
    requiresClient(READ),
    describe('getGroup', { summary: 'A group', response: ok, refusals: [404] }),
    validate('param', GroupParams),
    validate('query', SelectionQuery),
    async (c) => showGroup(c, c.var.gate, c.req.valid('param').id, c.req.valid('query')),
  )
  .post(
    '/Groups',
    requiresClient(WRITE),
    describe('createGroup', {
      summary: 'Create a group',
      description: 'A role with the scopes of `user`, to which administrators can give more.',
      response: { ...ok, status: 201 },
      refusals: [409],
    }),
    validate('json', GroupBody),
    async (c) => {
      const json = toScim(c, await createGroup(c.var.ctx, c.var.gate, await readGroup(c.req.valid('json'))))
      return answer(c, json, { status: 201, location: (json.meta as Json).location })
    },
  )
  .put(
    '/Groups/:id',
    requiresClient(WRITE),
    describe('replaceGroup', {
      summary: 'Replace a group',
      description: 'Without `members`, they stay. Only a group that the client has created can be renamed.',
      response: ok,
      refusals: [404, 409],
    }),
    validate('param', GroupParams),
    validate('query', SelectionQuery),
    validate('json', GroupBody),
    async (c) => {
      const { displayName, add, hasMembers } = await readGroup(c.req.valid('json'))
      const { id } = c.req.valid('param')
      await changeGroup(c.var.ctx, c.var.gate, { id, displayName, add, remove: hasMembers ? 'all' : [] })
      return showGroup(c, c.var.gate, id, c.req.valid('query'))
    },
  )
  .patch(
    '/Groups/:id',
    requiresClient(WRITE),
    describe('patchGroup', {
      summary: 'Add and remove members, or rename a group',
      description: 'A person has one role: who joins a group leaves the one before.',
      response: { status: 204 },
      refusals: [404, 409],
    }),
    validate('param', GroupParams),
    validate('json', PatchBody),
    async (c) => {
      await changeGroup(c.var.ctx, c.var.gate, {
        id: c.req.valid('param').id,
        ...(await readGroupPatch(await operationsOf(c.req.valid('json')))),
      })
      return c.body(null, 204)
    },
  )
  .delete(
    '/Groups/:id',
    requiresClient(WRITE),
    describe('deleteGroup', { summary: 'Delete a group that the client has created', response: { status: 204 }, refusals: [404, 409] }),
    validate('param', GroupParams),
    async (c) => {
      await removeGroup(c.var.ctx, c.var.gate, c.req.valid('param').id)
      return c.body(null, 204)
    },
  )
