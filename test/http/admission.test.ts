// How many requests an isolate works on: it refuses more at once, in the envelope of their room, and a client that has gone,
// failed or sends slowly holds no place.
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest'
import { requestsAtWork } from '../../src/core/admission.ts'
import { clock } from '../platform/clock.ts'
import { documentOf, FILES, operationsOf } from '../support/documents.ts'
import { Client, platform, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { atTheLine, holdAtTheLine } from '../support/start-line.ts'

const MAX = 8
const few = { REQUESTS_MAX: String(MAX) }
const atOnce = <T>(n: number, work: () => T): T[] => Array.from({ length: n }, work)
let person: Person
let other: Person
/** Releases whoever waits at the line, even if a test has failed. */
let freed: (() => Promise<void>) | undefined

beforeAll(async () => {
  person = await signedInPerson('crowded_out')
  other = await signedInPerson('somebody_else')
})
beforeEach(() => platform.reset())
afterEach(() => freed?.())

/** Holds as many requests as an isolate takes until `release`. */
async function fill() {
  const start = () => person.client.post('/user/follow', { target: other.id }, { env: { ...atTheLine.env, ...few } })
  const { replies, waited, release } = await holdAtTheLine(
    atOnce(MAX, () => start),
    /follows/,
  )
  if (waited !== MAX) throw new Error((await Promise.all(replies)).map(({ text }) => text).join('\n'))
  freed = async () => {
    release()
    await Promise.all(replies)
  }
  return freed
}

test('a request that finds the isolate full is refused at once, in its room and with Retry-After; then there is room again', async () => {
  const release = await fill()
  const paths = [
    '/user/me',
    '/oauth/userinfo',
    '/mxit/user/profile',
    '/api/users/1',
    '/epixel/v1/user/get/profile',
    '/api/v1/users',
    '/sign-in',
  ]
  const replies = await Promise.all(paths.map((path) => new Client().get(path, { env: few })))
  expect(replies.map(({ status }) => status)).toEqual(paths.map(() => 503))
  expect(replies.map(({ headers }) => headers.get('retry-after'))).toEqual(paths.map(() => '1'))
  const forms = replies.map(({ text }) => text.replace(/\s+/g, ' '))
  expect(forms[0]).toBe('{"ok":0,"error":"ServiceUnavailable","additionalInfo":{"message":"Too many requests at once","retryAfter":1}}')
  expect(forms[1]).toContain('"error":"temporarily_unavailable"')
  expect(forms[6]).toContain('<!doctype html>')
  // One for Liquid, OAuth, each older room and the pages.
  expect(new Set(forms).size).toBeGreaterThan(4)
  await release()
  expect((await person.client.get('/user/me', { env: few })).status).toBe(200)
})

test('what may find the isolate full lists 503, and nothing else does', async () => {
  const release = await fill()
  for (const document of Object.keys(FILES).filter((path) => path.startsWith('/openapi/'))) {
    for (const [name, { responses }] of operationsOf(documentOf(document))) {
      const [method = '', path = ''] = name.split(' ')
      const { status } = await new Client().fetch(path.replace(/\{\w+\}/g, 'f'.repeat(24)), { method, env: few })
      expect([name, '503' in responses], String(status)).toEqual([name, status === 503])
    }
  }
  await release()
})

test('a full isolate still serves keys', async () => {
  const release = await fill()
  expect((await new Client().get('/.well-known/jwks.json', { env: few })).status).toBe(200)
  await release()
})

test('a place is released however the request ends', async () => {
  platform.faults.failStatement(1)
  expect((await person.client.get('/user/me', { env: few })).status).toBe(503)
  platform.reset()
  await Promise.all(atOnce(2 * MAX, () => person.client.get('/user/me', { env: few })))
  expect(requestsAtWork()).toBe(0)
  expect((await person.client.get('/user/me', { env: few })).status).toBe(200)
})

test('slow bodies keep nobody out', async () => {
  const senders: ReadableStreamDefaultController<Uint8Array>[] = []
  const slowly = () =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        senders.push(controller)
      },
    })
  const sent: Promise<Reply>[] = []
  for (let n = 0; n < 2 * MAX; n++) {
    const headers = { 'content-type': 'application/json', 'content-length': '64' }
    sent.push(person.client.post('/user/follow', slowly(), { env: few, headers }))
    await expect.poll(() => requestsAtWork()).toBe(0)
  }
  expect(senders).toHaveLength(2 * MAX)
  expect((await person.client.get('/user/me', { env: few })).status).toBe(200)
  for (const sender of senders) sender.error(new Error('gone'))
  expect(new Set((await Promise.all(sent)).map(({ status }) => status))).toEqual(new Set([400]))
})

/** Starts a body that stalls; `end` breaks it off. */
function stalled(path: string, bytes: number, options: { method: 'POST' | 'PUT'; type: string }) {
  let sender: ReadableStreamDefaultController<Uint8Array> | undefined
  let left = bytes
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      sender = controller
    },
    pull(controller) {
      const piece = new Uint8Array(Math.min(left, 1024 * 1024))
      left -= piece.length
      if (piece.length > 0) controller.enqueue(piece)
    },
  })
  const headers = { 'content-type': options.type, 'content-length': String(bytes + 1) }
  const reply = person.client.fetch(path, { method: options.method, body, env: few, headers })
  return { reply, isSent: () => left === 0, end: () => sender?.error(new Error('gone')) }
}

test('slow senders make no room for others either, however long they take', async () => {
  clock.freeze()
  try {
    const slow = atOnce(2 * MAX, () => stalled('/user/follow', 8, { method: 'POST', type: 'application/json' }))
    await expect.poll(() => slow.every(({ isSent }) => isSent()) && requestsAtWork() === 0).toBe(true)
    clock.advance(10 * 60_000)
    const release = await fill()
    expect((await person.client.get('/user/me', { env: few })).status).toBe(503)
    for (const { end } of slow) end()
    await Promise.all(slow.map(({ reply }) => reply))
    expect(requestsAtWork()).toBe(MAX)
    expect((await person.client.get('/user/me', { env: few })).status).toBe(503)
    await release()
    expect((await person.client.get('/user/me', { env: few })).status).toBe(200)
  } finally {
    clock.restore()
  }
})

test('files that are in memory at once have a bound, and one that is refused, or breaks off, holds nothing', async () => {
  const slow = atOnce(2, () => stalled('/user/profile-picture', 15 * 1024 * 1024, { method: 'PUT', type: 'image/png' }))
  await expect.poll(() => slow.every(({ isSent }) => isSent()) && requestsAtWork() === 0, { timeout: 5_000 }).toBe(true)
  const put = () => person.client.fetch('/user/profile-picture', { method: 'PUT', body: new Uint8Array(3 * 1024 * 1024), env: few })
  const refused = await put()
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1'])
  expect(refused.text).toContain('Too many files at once')
  // Text is accepted too.
  expect((await person.client.post('/user/follow', { target: 'x' }, { env: few })).status).toBe(400)
  for (const { end } of slow) end()
  await Promise.all(slow.map(({ reply }) => reply))
  expect((await put()).text).toContain('not a JPEG')
})
