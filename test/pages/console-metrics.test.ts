// The console's metrics: what it asks Analytics Engine, what it draws, and what it says where there is nothing to draw. Only what
// leaves the Worker is stood in for: the SQL API.
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { toDataPoint } from '../../src/core/metrics.ts'
import { newName, rows } from '../support/actors.ts'
import { giveRole } from '../support/admins.ts'
import { type Options, platform } from '../support/kith.ts'
import { type Person, signedIn, verifiedPerson } from '../support/people.ts'

const ACCOUNT = 'a'.repeat(32)
const SET: Options = {
  env: { METRICS_ACCOUNT_ID: ACCOUNT, METRICS_API_TOKEN: 'the-token-of-metrics', METRICS_API_URL: 'https://metrics.test/v4' },
}

let viewer: Person
let asked: { url: string; token: string | null; query: string }[]

beforeAll(async () => {
  await rows(
    `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at)
     VALUES ('watcher', 'W', 100, '', 'delegated:all admin:statistics:read', 0, 0, 0)`,
  )
  const person = await verifiedPerson(newName('watcher'))
  await giveRole(person, 'watcher')
  viewer = await signedIn(person)
})

beforeEach(() => {
  asked = []
})
afterEach(() => vi.unstubAllGlobals())

/** The SQL API, which answers with `reply`. */
function standIn(reply: (query: string) => Response | Promise<Response>): void {
  vi.stubGlobal('fetch', async (url: string, { headers, body }: RequestInit) => {
    asked.push({ url, token: new Headers(headers).get('authorization'), query: String(body) })
    return reply(String(body))
  })
}

const look = (query = '', options = SET) => viewer.client.get(`/admin/metrics${query}`, options)
const hour = () => Math.floor(Date.now() / 3_600_000) * 3_600

test('draws each figure over a day from two queries, whose numbers may be text', async () => {
  const requests = { at: hour(), requests: '1234', errors: 7, p50: 11.4, p95: 80, p99: 321, rowsRead: '98765', rowsWritten: 43 }
  const others = [
    { at: hour(), kind: 'hash', outcome: 'done', number: 55 },
    { at: hour(), kind: 'mail', outcome: 'sent', number: '44' },
    { at: hour(), kind: 'delivery', outcome: 'failed', number: 3 },
  ]
  standIn((query) => Response.json({ data: query.includes('p99') ? [requests] : others }))
  const { status, text } = await look()
  expect(status).toBe(200)
  expect(text.match(/<rect/g)).toHaveLength(12 * 24)
  for (const figure of ['1,234', '98,765', '321', '55', '44']) expect(text).toContain(`<p class="figure">${figure}</p>`)
  expect(text).not.toContain('style=')
  expect(asked.map(({ url, token }) => [url, token])).toEqual(
    Array(2).fill([`https://metrics.test/v4/accounts/${ACCOUNT}/analytics_engine/sql`, 'Bearer the-token-of-metrics']),
  )
  for (const { query } of asked) expect(query).toMatch(/FROM kith WHERE blob1 .* timestamp >= toDateTime\(\d+\)/s)
})

test.each([
  ['week', 28],
  ['month', 30],
  ["day' OR 1=1", 24],
])('a range of a %s has %i steps, and nothing of the address gets into a query', async (range, steps) => {
  standIn(() => Response.json({ data: [] }))
  const { text } = await look(`?range=${encodeURIComponent(range)}`)
  expect(text.match(/<rect/g)).toHaveLength(12 * steps)
  expect(asked.some(({ query }) => query.includes('OR 1=1'))).toBe(false)
})

test.each<[string, () => Response | Promise<Response>, string]>([
  ['refuses the token', () => new Response('{"errors":[{"message":"secret words"}]}', { status: 403 }), 'status 403'],
  ['answers with something else', () => new Response('<html>secret words'), 'not rows of metrics'],
  ['has no connection', () => Promise.reject(new Error('secret words')), 'no connection'],
])('where the API %s, the page says so and nothing of its words', async (_what, reply, reason) => {
  standIn(reply)
  const { status, text } = await look()
  expect(status).toBe(200)
  expect(text).toContain(`The metrics cannot be read just now: ${reason}.`)
  expect(text).not.toContain('secret words')
  expect(text).not.toContain('the-token-of-metrics')
})

test('without its settings it asks nobody, and names them', async () => {
  standIn(() => Response.json({ data: [] }))
  const { text } = await look('', {})
  expect(text).toContain('METRICS, METRICS_ACCOUNT_ID, METRICS_API_TOKEN')
  expect(asked).toEqual([])
})

test('each request, hash and mail is one point, in the layout that the queries read', async () => {
  const points: unknown[] = []
  const env = new Proxy(platform.env, {
    get: (target, name) =>
      name === 'METRICS' ? { writeDataPoint: (point: unknown) => void points.push(point) } : Reflect.get(target, name),
  })
  const { buildRequestContext } = await import('../../src/context.ts')
  const { createExecutionContext } = await import('cloudflare:test')
  const { createApp } = await import('../../src/app.ts')
  const app = createApp((c) => buildRequestContext(env as never, c.executionCtx, c.req.raw))
  await app.fetch(viewer.client.request('/user/me'), env as never, createExecutionContext())
  // The rows of a single read are those that the isolate last counted for the statement, whoever sent it.
  const rowsRead = expect.any(Number)
  expect(points).toEqual([
    {
      indexes: ['GET /user/me'],
      blobs: ['request', 'GET /user/me', '2xx', 'browser', 'user'],
      doubles: [expect.any(Number), 1, rowsRead, 0],
    },
  ])
  expect(toDataPoint({ kind: 'hash', ms: 250, waitedMs: 30 })).toEqual({
    indexes: ['hash'],
    blobs: ['hash', '', 'done'],
    doubles: [250, 30],
  })
  expect(toDataPoint({ kind: 'mail', mail: 'verify_email', outcome: 'sent', tries: 1 }).blobs).toEqual(['mail', 'verify_email', 'sent'])
})
