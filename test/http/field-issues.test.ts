// What is wrong with a field is said in Kith's words, in every room: never in those of the library that judges it.
import { beforeAll, describe, expect, test } from 'vitest'
import * as z from 'zod'
import { AppError } from '../../src/core/errors.ts'
import { judge } from '../../src/http/validate.ts'
import { signedInAdmin } from '../support/admins.ts'
import { HOSTILE_VALUES } from '../support/hostile-bodies.ts'
import { Client } from '../support/kith.ts'
import type { Person } from '../support/people.ts'
import { allRoutes, exampleInput, nameOf, type Route } from '../support/routes.ts'

const WRONG_VALUES = [...HOSTILE_VALUES, undefined, '', 'x'.repeat(10_000), true, 1.5, 1e300, -1e300, Array(300).fill('x'), { ' ': {} }]

/** zod's messages begin with these, or say what it has received. */
const FOREIGN_WORDS = /Invalid|Too (big|small)|Unrecognized|\bexpected\b|\breceived\b|undefined|\bNaN\b/

async function messagesOf(target: 'json', schema: z.ZodType, input: unknown): Promise<string[]> {
  const error = await judge(target, schema, input).catch((thrown: unknown) => thrown)
  return error instanceof AppError ? error.fields.map(({ path, message }) => `${path}: ${message}`) : []
}

/** Of everything that a route takes, with each field wrong in each way. */
async function messagesAbout(route: Route): Promise<string[]> {
  const inputs = (route.tags.inputs ?? []).map(async ({ target, schema }) => {
    const example = exampleInput(route, target)
    const names = Object.keys('shape' in schema ? (schema.shape as object) : {})
    const wrong = names.flatMap((name) => WRONG_VALUES.map((value) => ({ ...example, [name]: value })))
    return (await Promise.all([...WRONG_VALUES, ...wrong].map((input) => messagesOf('json', schema, input)))).flat()
  })
  return (await Promise.all(inputs)).flat()
}

test('no route says what is wrong with a value in words of a library', async () => {
  const said = await Promise.all(allRoutes.map(async (route) => ({ at: nameOf(route), messages: await messagesAbout(route) })))
  expect(said.flatMap(({ messages }) => messages).length).toBeGreaterThan(10_000)
  const foreign = said.flatMap(({ at, messages }) => messages.filter((text) => FOREIGN_WORDS.test(text)).map((text) => `${at} ${text}`))
  expect([...new Set(foreign)]).toEqual([])
})

test.each<[z.ZodType, unknown, string]>([
  [z.string(), 1, 'must be of type string'],
  [z.record(z.string(), z.string()), 'x', 'must be of type object'],
  [z.int(), 1.5, 'must be a whole number'],
  [z.undefined(), 'x', 'must be of type undefined'],
  [z.string().min(1), '', 'is required'],
  [z.string().min(2), 'x', 'must have at least 2 characters'],
  [z.string().max(2), 'xxx', 'must have at most 2 characters'],
  [z.string().length(2), 'xxx', 'must have exactly 2 characters'],
  [z.array(z.string()).min(1), [], 'must have at least 1 item'],
  [z.array(z.string()).max(1), ['x', 'x'], 'must have at most 1 item'],
  [z.int().min(2), 1, 'must be 2 or more'],
  [z.int().max(2), 3, 'must be 2 or less'],
  [z.number().positive(), 0, 'must be more than 0'],
  [z.number().lt(2), 2, 'must be less than 2'],
  [z.number().multipleOf(2), 3, 'must be a multiple of 2'],
  [z.enum(['', 'a', 'b']), 'c', 'must be one of a, b'],
  [z.literal('a'), 'c', 'must be a'],
  [z.record(z.string().max(2), z.string()), { xxx: 'x' }, 'has a name that must have at most 2 characters'],
  [z.union([z.string().max(2), z.int()]), true, 'is not a valid value'],
  [z.iso.datetime(), 'x', 'is not a valid value'],
  [z.string('must be a word'), 1, 'must be a word'],
])('%#: a rule without words of its own gets plain ones', async (rule, value, message) => {
  const schema = z.strictObject({ field: rule })
  expect((await messagesOf('json', schema, { field: value })).map((text) => text.split(': ')[1])).toEqual([message])
})

describe('over HTTP', () => {
  let admin: Person
  beforeAll(async () => {
    admin = await signedInAdmin('field_issues_admin')
  })

  const login = { username: 'x', password: 'x' }
  const hook = { url: 'https://hooks.example.com/kith', events: ['user.created'] }

  test.each([
    ['/user/login', { ...login, username: 'x'.repeat(400) }, 'username', 'must have at most 254 characters'],
    ['/user/verify-email', { code: 'x'.repeat(400) }, 'code', 'must have at most 128 characters'],
    ['/webhook/admin-api/create', { ...hook, kind: 'smoke' }, 'kind', 'must be one of https, queue'],
    ['/webhook/admin-api/create', { ...hook, events: ['x'] }, 'events.0', expect.stringMatching(/^must be one of \*, user\.created, /)],
    ['/webhook/admin-api/create', { ...hook, events: ['*', 'user.created'] }, 'events', 'must have * alone, or no *'],
  ])('%s with %j names the rule', async (path, body, field, msg) => {
    const reply = await admin.client.post(path, body)
    expect([reply.status, reply.json.additionalInfo.errors]).toEqual([400, [expect.objectContaining({ path: field, msg })]])
  })

  test('a sentence about a body as a whole has a subject', async () => {
    expect((await new Client().post('/api/v1/login', [] as never)).json.message).toBe('The body must be of type object')
  })
})
