// Bad input to every route of the room epixel: a 4xx in the room's envelope, never a 5xx, never a partial write (security row
// 82). profile.test.ts, email.test.ts and profile-image.test.ts have the wording for each field.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { z } from 'zod'
import { epixel } from '../../../src/apis/epixel/index.ts'
import { ErrorReply } from '../../../src/apis/epixel/wire.ts'
import { idOf, newName } from '../../support/actors.ts'
import { HOSTILE_BODIES, HOSTILE_VALUES } from '../../support/hostile-bodies.ts'
import { Client, db, type Options, type Reply } from '../../support/kith.ts'
import { exampleInput, inputOf, isOptional, named, type Route, routesOfRoom } from '../../support/routes.ts'
import { Caller, type Member, newMember, ROOM } from './harness.ts'

const routes = routesOfRoom(epixel.app)
const withBody = routes.filter((route) => inputOf(route, 'json'))

let member: Member
let before: unknown

/** Everything that a refused request could have written for the person. */
async function stateOf({ person }: Member): Promise<unknown> {
  const id = idOf(person.id)
  const tables = ['users WHERE id', 'sessions WHERE user_id', 'challenges WHERE user_id', 'search_strings WHERE user_id']
  return Promise.all(tables.map(async (table) => (await db.prepare(`SELECT * FROM ${table} = ?`).bind(id).all()).results))
}

beforeAll(async () => {
  member = await newMember(newName('bad_input'))
  before = await stateOf(member)
})
afterAll(async () => expect(await stateOf(member)).toEqual(before))

const send = (route: Route, options: Options) => member.call(route.method, route.path, options.body, options)

function expectRefused(reply: Reply, field?: string): void {
  expect(reply.status, reply.text).toBeGreaterThanOrEqual(400)
  expect(reply.status, reply.text).toBeLessThan(500)
  const { status_code: status, errors } = ErrorReply.parse(reply.json)
  expect(status).toBe(reply.status)
  expect(Object.keys(errors)).not.toEqual([])
  if (field !== undefined) expect(Object.keys(errors), reply.text).toContain(field)
  expect(reply.text).not.toMatch(/SQLITE|D1_|ZodError|\bat \w+ \(|node_modules/)
}

describe.each(named(withBody))('%s', (_name, route) => {
  const schema = inputOf(route, 'json') as z.ZodObject
  // With another address, so that no value is right because it is the current one.
  const example = exampleInput(route, 'json')
  const fields = Object.keys(schema.shape)

  test('names a field of a wrong type or value', async () => {
    for (const field of fields) {
      for (const value of [true, ...HOSTILE_VALUES]) {
        // Any text is valid: these two matter only with another address, and a refresh token may be any text.
        const isText = value === HOSTILE_VALUES.at(-1)
        if (isText && field.startsWith('token_')) continue
        expectRefused(await send(route, { body: { ...example, [field]: value } }), isText && field === 'refresh' ? undefined : field)
      }
    }
  })

  test('names a field that is missing, whatever the body is written in', async () => {
    const required = fields.filter((name) => !isOptional(schema.shape[name]))
    expect(required.length).toBeGreaterThan(0)
    const multipart = new FormData()
    multipart.append('something_else', 'x')
    for (const field of required) {
      for (const body of [{}, new URLSearchParams({ x: 'y' }), multipart]) expectRefused(await send(route, { body }), field)
      const none = await member.call(route.method, route.path)
      expectRefused(none, field)
    }
  })

  test.each(HOSTILE_BODIES)('%s', async (_what, text) => {
    expectRefused(await send(route, { body: text }))
    expect(({} as { role?: string }).role).toBeUndefined()
  })

  test('bodies of other kinds, broken ones and huge ones', async () => {
    const type = (contentType: string) => ({ headers: { 'content-type': contentType } })
    const bytes = (text: string) => new TextEncoder().encode(text)
    for (const contentType of ['text/plain', 'application/xml', 'application/octet-stream', 'image/png', 'application/jsonx']) {
      expect((await send(route, { body: bytes('{}'), ...type(contentType) })).status).toBe(415)
    }
    const multipart = ['x', '--x\r\n', '--x\r\nContent-Disposition: form-data; name="email"\r\n\r\nabc', '--x\r\n\r\n--x--', '--y--']
    for (const text of multipart) expectRefused(await send(route, { body: bytes(text), ...type('multipart/form-data; boundary=x') }))
    for (const contentType of [
      'multipart/form-data',
      'multipart/form-data; boundary=',
      `multipart/form-data; boundary=${'x'.repeat(200)}`,
    ]) {
      expectRefused(await send(route, { body: bytes('--x--'), ...type(contentType) }))
    }
    const proto = new FormData()
    proto.append('__proto__', 'x')
    expectRefused(await send(route, { body: proto }))
    const many = new FormData()
    for (let part = 0; part < 40; part++) many.append(`part${part}`, 'x')
    expectRefused(await send(route, { body: many }))
    const file = new FormData()
    for (const field of fields) file.append(field, new File(['x'], 'x.txt'))
    expectRefused(
      await send(route, { body: file }),
      fields.find((name) => !isOptional(schema.shape[name])),
    )
    const huge = 'x'.repeat(70_000)
    const large = new FormData()
    large.append('email', huge)
    for (const body of [{ email: huge }, new URLSearchParams({ email: huge }), large])
      expect((await send(route, { body })).status).toBe(413)
    expect((await send(route, { body: new Uint8Array([0x7b, 0xff, 0x7d]), ...type('application/json') })).status).toBe(400)
    expectRefused(await send(route, { body: bytes('email=a&email=b'), ...type('application/x-www-form-urlencoded') }), 'email')
    const twice = new FormData()
    for (const value of ['a@example.com', 'b@example.com']) twice.append('email', value)
    expectRefused(await send(route, { body: twice }), 'email')
  })
})

test('unknown paths and methods', async () => {
  for (const path of [
    '',
    '/',
    '/user',
    '/user/',
    '/user/get',
    '/user/get/profile/x',
    '/user//get/profile',
    '/get/local-info//x',
    '/%00',
    '/user/get/profile%2F',
  ]) {
    expectRefused(await new Client().get(ROOM + path))
  }
  for (const route of routes) {
    const reply = await new Caller(null, null).call('DELETE', route.path)
    expect([reply.status, reply.headers.get('allow')?.includes(route.method)]).toEqual([405, true])
    expectRefused(reply)
  }
})
