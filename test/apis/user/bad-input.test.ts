// Bad input, generated for all routes of the room: a 4xx in the room's envelope that names the field or the reason, never a 5xx,
// never a partial write (security row 82).
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { ErrorReply } from '../../../src/apis/user/replies.ts'
import { IMPORT_BODY_BYTES_MAX } from '../../../src/core/limits.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { HOSTILE_BODIES, HOSTILE_VALUES } from '../../support/hostile-bodies.ts'
import { Client, type Options, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import {
  concretePath,
  exampleInput,
  hasPattern,
  inputOf,
  isAdminRoute,
  isOptional,
  named,
  nameOf,
  type Route,
  userRoutes,
} from '../../support/routes.ts'
import { dump } from '../../support/tables.ts'

const withBody = userRoutes.filter((route) => inputOf(route, 'json'))
const withQuery = userRoutes.filter((route) => inputOf(route, 'query'))
const withParams = userRoutes.filter((route) => inputOf(route, 'param'))

/** The one that takes any object. */
const ANY_OBJECT = ['customData']

/** Lists whose items are judged one by one: an item of a wrong type is refused in the reply, and refuses nothing else. */
const JUDGED_ONE_BY_ONE = ['records']

const WRONG_VALUES = [...HOSTILE_VALUES, -1, 1.5, '']

let person: Person
let admin: Person
let before: Awaited<ReturnType<typeof dump>>

beforeAll(async () => {
  person = await signedInPerson('bad_input_person')
  admin = await signedInAdmin('bad_input_admin')
  before = await dump()
})

afterAll(async () => {
  const after = await dump()
  for (const name of Object.keys(before)) expect([name, after[name]]).toEqual([name, before[name]])
})

/** Somebody who may call the route, so that a refusal is about the input. */
const callerOf = (route: Route) => (isAdminRoute(route) ? admin : person).client

function send(route: Route, options: Omit<Options, 'method'>, query = ''): Promise<Reply> {
  return callerOf(route).fetch(concretePath(route) + query, { ...options, method: route.method })
}

/** A body that is not text. */
const sendBytes = (route: Route, bytes: Uint8Array, type: string): Promise<Reply> =>
  send(route, { body: bytes, headers: { 'content-type': type } })

function wrongValuesOf(name: string, field: z.ZodType): readonly unknown[] {
  const mayBe = (value: unknown) =>
    // Some fields may be empty, and null empties some.
    ((value === '' || value === null) && field.safeParse(value).success) ||
    // Some lists and maps may be empty.
    (Array.isArray(value) && value.length === 0 && field.safeParse([]).success) ||
    (JSON.stringify(value) === '{}' && field.safeParse({}).success) ||
    (JUDGED_ONE_BY_ONE.includes(name) && Array.isArray(value) && value.length > 0) ||
    (ANY_OBJECT.includes(name) && typeof value === 'object' && value !== null && !Array.isArray(value))
  return WRONG_VALUES.filter((value) => !mayBe(value))
}

function expectNamed(reply: Reply, path?: string | RegExp): void {
  expect(reply.status, reply.text).toBeGreaterThanOrEqual(400)
  expect(reply.status, reply.text).toBeLessThan(500)
  const { additionalInfo } = ErrorReply.parse(reply.json)
  const errors = additionalInfo.errors as { path: string; msg: string; type: string; location: string }[] | undefined
  if (reply.status === 400) expect(errors?.[0]?.msg ?? additionalInfo.message, reply.text).toMatch(/\w{2}/)
  if (path !== undefined) expect(errors?.map((error) => error.path).join(), reply.text).toMatch(path)
  expect(reply.text).not.toMatch(/SQLITE|D1_|ZodError|\bat \w+ \(|node_modules/)
}

const queryOf = (values: Record<string, unknown>) => `?${new URLSearchParams(values as Record<string, string>)}`

describe.each(named(withBody))('%s', (_name, route) => {
  const schema = inputOf(route, 'json') as z.ZodObject
  const example = exampleInput(route, 'json')
  const fields = Object.keys(schema.shape)

  test('names a field of a wrong type or value, in JSON', async () => {
    for (const field of fields) {
      for (const value of wrongValuesOf(field, schema.shape[field] as z.ZodType))
        expectNamed(await send(route, { body: { ...example, [field]: value } }), field)
    }
  })

  test('names a field that is missing', async () => {
    for (const field of fields.filter((name) => !isOptional(schema.shape[name]))) {
      const { [field]: _, ...rest } = example
      expectNamed(await send(route, { body: rest }), field)
      expectNamed(await send(route, { body: new URLSearchParams(rest as Record<string, string>) }), field)
    }
  })

  test('names a field that is not known', async () => {
    expectNamed(await send(route, { body: { ...example, isAdmin: true } }), 'isAdmin')
    expectNamed(await send(route, { body: { ...example, Password: 'x', 'a.b': 1 } }), /Password.*a\.b/)
    expectNamed(await send(route, { body: new URLSearchParams({ ...(example as Record<string, string>), isAdmin: 'true' }) }), 'isAdmin')
  })

  test('names a form field that is repeated', async () => {
    for (const field of fields.filter((name) => !JUDGED_ONE_BY_ONE.includes(name)))
      expectNamed(await send(route, { body: new URLSearchParams(`${field}=a&${field}=b`) }), field)
  })

  test.each(HOSTILE_BODIES)('refuses %s', async (_what, text) => {
    expectNamed(await send(route, { body: text }))
  })

  test('never echoes a secret', async () => {
    for (const field of ['password', 'currentPassword', 'code', 'sessionHash'].filter((name) => fields.includes(name))) {
      const reply = await send(route, { body: { ...example, [field]: { canary: 'CANARY-OF-A-SECRET' }, unknown: 1 } })
      expectNamed(reply, field)
      expect((await send(route, { body: { ...example, [field]: 'CA', unknown: 1 } })).text).not.toContain('"CA"')
      expect(reply.text).not.toContain('CANARY')
    }
  })

  test('refuses a body that is too large, whatever it says of its length', async () => {
    for (const size of JUDGED_ONE_BY_ONE.some((name) => fields.includes(name)) ? [IMPORT_BODY_BYTES_MAX] : [65_537, 1_048_576]) {
      const reply = await send(route, { body: JSON.stringify({ ...example, pad: 'a'.repeat(size) }) })
      expect([reply.status, reply.json.error]).toEqual([413, 'PayloadTooLarge'])
    }
  })

  test('accepts exactly 64 KB', async () => {
    const reply = await send(route, { body: ' '.repeat(65_000) + JSON.stringify({ unknown: 1 }) })
    expectNamed(reply, 'unknown')
  })

  test.each(['text/plain', 'multipart/form-data; boundary=x', 'application/xml', 'application/jsonx', 'text/json', ''])(
    'refuses the content type %j',
    async (type) => {
      const reply = await send(route, { body: JSON.stringify(example), headers: { 'content-type': type } })
      expect([reply.status, reply.json.error]).toEqual([415, 'UnsupportedMediaType'])
    },
  )

  test.each(['application/json', 'application/x-www-form-urlencoded'])('refuses bytes that are no UTF-8, as %s', async (type) => {
    const bytes = new Uint8Array([...new TextEncoder().encode(type.endsWith('json') ? '{"a":"' : 'a='), 0xff, 0xfe, 0x22, 0x7d])
    const reply = await sendBytes(route, bytes, type)
    expectNamed(reply)
    expect(reply.json.additionalInfo.message).toBe('The body is not UTF-8')
  })

  test('refuses bad percent-encoding in a form', async () => {
    for (const text of fields.map((field) => `${field}=%zz%00`)) {
      expectNamed(await send(route, { body: text, headers: { 'content-type': 'application/x-www-form-urlencoded' } }))
    }
  })
})

/** A file name may be almost anything; `media-forms.test.ts` has its rules. */
const isName = (field: string) => field === 'name'
/** So may an administrator's search. */
const isSought = (field: string) => field === 'query'
const NO_NAMES = ['', '%00', 'a%00b', 'x'.repeat(8_000), '../../etc']

describe.each(named(withQuery))('%s', (_name, route) => {
  const schema = inputOf(route, 'query') as z.ZodObject
  const example = exampleInput(route, 'query')

  test('names a parameter that is wrong', async () => {
    for (const field of Object.keys(schema.shape)) {
      for (const text of ['', '%00', 'a%00b', '%zz', '%', '%ff', '%ED%A0%80', 'x'.repeat(8_000), '../../etc', '%7B%7D', "'--"]) {
        if ((isName(field) || isSought(field)) && !NO_NAMES.includes(text)) continue
        if (isSought(field) && text.includes('/')) continue
        const others = queryOf(Object.fromEntries(Object.entries(example).filter(([name]) => name !== field)))
        expectNamed(await send(route, {}, `${others}&${field}=${text}`), field)
      }
    }
  })

  test('names an invalid page size or position', async () => {
    const wrong: Record<string, readonly string[]> = {
      limit: ['0', '-1', '101', '1e9', '1000000000', '1.5', '+5', '0x10', ' 5', '٥', 'null'],
      offset: ['x', '0', '-1', 'F'.repeat(24), '507f1f77bcf86cd79943901', '507f1f77bcf86cd7994390111', '2026-13-45', 'null', '% _ 🙂'],
    }
    for (const field of Object.keys(schema.shape)) {
      for (const text of wrong[field] ?? []) expectNamed(await send(route, {}, queryOf({ ...example, [field]: text })), field)
    }
  })

  if (isAdminRoute(route)) {
    test('names a parameter that is not known: a misspelt filter would show everybody', async () => {
      expectNamed(await send(route, {}, queryOf({ ...example, usernam: 'john' })), 'usernam')
    })
  }

  test('names a parameter that is repeated, known or not', async () => {
    for (const field of [...Object.keys(schema.shape), 'unknown']) {
      expectNamed(await send(route, {}, `?${field}=1&${field}=1`), field)
    }
  })

  test('names a parameter that is missing', async () => {
    for (const field of Object.keys(schema.shape).filter((name) => !isOptional(schema.shape[name]))) {
      const { [field]: _, ...rest } = example
      expectNamed(await send(route, {}, queryOf(rest)), field)
    }
  })
})

/** Whom the caller does not follow: unknown people get the answer of hidden ones. */
const FOLLOWED_BY_NOBODY = ['GET /user/follow-status/:userId']
/** A missing one counts as ended. */
const TELLS_NOTHING = ['DELETE /user/apps/:clientId', 'DELETE /user/apps/:clientId/scopes']
/** A link without a valid signature is refused before anything is looked up. */
const BEHIND_A_SIGNATURE = ['GET /files/:fileId', 'GET /user/archives/:archiveId/content']

describe.each(named(withParams))('%s', (_name, route) => {
  const [param = ''] = Object.keys(inputOf(route, 'param')?.shape ?? {})

  test('names a parameter of the path that is wrong', async () => {
    for (const id of [
      'x',
      '%00',
      '%zz',
      '%ff',
      '%',
      'F'.repeat(24),
      '507f1f77bcf86cd79943901',
      '507f1f77bcf86cd7994390111',
      '-1',
      'null',
      '%20',
    ]) {
      // Client ids and user names are words.
      if (['clientId', 'username'].includes(param) && inputOf(route, 'param')?.shape[param]?.safeParse(id).success) continue
      const reply = await callerOf(route).fetch(concretePath(route, id), { method: route.method })
      // If the path itself has the pattern, this is another path, which does not exist.
      if (hasPattern(route)) expect([id, reply.status, reply.json.error]).toEqual([id, 404, 'NotFound'])
      else expectNamed(reply, param)
    }
  })

  test("a well-formed id that is nobody's is not found", async () => {
    for (const id of ['f'.repeat(24), '0'.repeat(24), '507f1f77bcf86cd799439011']) {
      const query = queryOf(exampleInput(route, 'query'))
      const body = exampleInput(route, 'json')
      const options = Object.keys(body).length > 0 ? { method: route.method, body } : { method: route.method }
      const reply = await callerOf(route).fetch(concretePath(route, id) + query, options)
      if (TELLS_NOTHING.includes(nameOf(route))) expect([reply.status, reply.json]).toEqual([200, { ok: 1 }])
      else if (BEHIND_A_SIGNATURE.includes(nameOf(route))) expect([id, reply.status]).toEqual([id, 403])
      else if (!FOLLOWED_BY_NOBODY.includes(nameOf(route))) expect([id, reply.status]).toEqual([id, 404])
      else expect([reply.status, reply.json]).toEqual([200, { ok: 1, data: { following: false, requested: false } }])
    }
  })
})

describe('every path', () => {
  const paths = [...new Set(userRoutes.map(({ path }) => path))]

  test.each(paths)('%s answers a wrong method with 405 and the right ones', async (path) => {
    const allowed = userRoutes.filter((route) => route.path === path).map(({ method }) => method)
    if (allowed.includes('GET')) allowed.push('HEAD')
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'].filter((name) => !allowed.includes(name))) {
      const reply = await person.client.fetch(concretePath({ method, path, tags: {} }), { method })
      expect([method, reply.status, reply.json.error]).toEqual([method, 405, 'MethodNotAllowed'])
      expect(reply.headers.get('allow')?.split(', ')).toEqual(allowed.sort())
    }
  })

  test.each(paths)('%s has nothing below it, and no other spelling', async (path) => {
    const concrete = concretePath({ method: 'GET', path, tags: {} })
    for (const other of [`${concrete}/x/y`, concrete.toUpperCase(), `${concrete}%00`, `/${concrete}`, `${concrete};x`, `${concrete}%2f`]) {
      const reply = await new Client().get(other)
      expect([other, reply.status < 500 && reply.status >= 400]).toEqual([other, true])
      ErrorReply.parse(reply.json)
    }
  })

  test.each([
    '//',
    '/nowhere',
    '/user',
    '/user/',
    '/user/%E0%A4%A',
    '/%',
    '/%00',
    '/user/me/..%2f..%2fhealth',
    '/user/me%20',
    '/constructor',
    '/__proto__',
    `/${'a'.repeat(8_000)}`,
  ])('%s is not found, in the envelope', async (path) => {
    const reply = await new Client().get(path)
    expect([reply.status, reply.json.error]).toEqual([404, 'NotFound'])
    expect(reply.json.additionalInfo.method).toBe('GET')
  })
})
