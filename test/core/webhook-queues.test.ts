// Very many events, slow endpoints, and secrets under an old key: nobody waits for somebody else's queue, and cron keeps to its limits.
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { HOUR_MS } from '../../src/core/limits.ts'
import { sweep } from '../../src/core/sweep.ts'
import { deliverDueEvents, deliverEventsLater } from '../../src/core/webhooks/deliver.ts'
import { isReachable } from '../../src/core/webhooks/sending.ts'
import { clock } from '../platform/clock.ts'
import { rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { mailsTo, platform } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { idOf, newCtx } from '../support/tokens.ts'
import { inbox, newEndpoint, noEndpoints, receive } from '../support/webhooks.ts'

let admin: Person
let ann: Person

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('queue_admin', 'super_admin')
  ann = await signedInPerson('queue_ann')
})
beforeEach(async () => {
  platform.reset()
  await noEndpoints()
  receive()
})
afterEach(() => {
  clock.restore()
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

/** `count` events about each of `users`, as if nobody had sent any of them. */
const happen = (count: number, users: number, from = idOf(ann) as number) =>
  rows(
    `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ${count * users - 1})
     INSERT INTO events (type, user_id, data, created_at) SELECT 'file.deleted', ${from} + i % ${users}, '{}', ${Date.now()} FROM n`,
  )
const eventIds = () => inbox.arrived.map(({ id }) => Number(id.split('_')[2]))
const states = () =>
  rows<{ attempts: number; next_attempt_at: number | null; last_result: string | null }>(
    'SELECT attempts, next_attempt_at, last_result FROM event_deliveries ORDER BY id',
  )

describe('very many events', () => {
  test('of one user arrive in order, many for each lease', async () => {
    await newEndpoint(admin.client)
    await happen(400, 1)
    platform.beginInvocation()
    const { counts } = await platform.counts.measure(() => deliverDueEvents(newCtx()))
    expect(inbox.arrived).toHaveLength(400)
    expect(eventIds()).toEqual([...eventIds()].sort((a, b) => a - b))
    expect(counts.d1Statements).toBeLessThan(60)
    expect(new Set((await states()).map(({ attempts, next_attempt_at }) => `${attempts} ${next_attempt_at}`))).toEqual(new Set(['1 null']))
  })

  test('of many users and endpoints leave the other parts of a run their queries', async () => {
    for (let n = 0; n < 4; n++) await newEndpoint(admin.client)
    await happen(2, 300)
    const { counts } = await platform.counts.measure(() => deliverDueEvents(newCtx()))
    expect(counts.d1Statements).toBeLessThan(150)
    expect(new Set(inbox.arrived.map(({ url }) => url)).size).toBe(4)
  })

  test('that cannot be sent for three days end with the endpoint, though none has had all of its tries', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await happen(1, 40)
    inbox.answer = () => new Response(null, { status: 500 })
    const isDisabled = async () => (await rows<{ disabled_reason: string | null }>('SELECT disabled_reason FROM webhook_endpoints'))[0]
    for (let hour = 0; hour < 71; hour += 6) {
      await deliverDueEvents(newCtx())
      expect(await isDisabled(), `${hour} hours`).toEqual({ disabled_reason: null })
      clock.advance(6 * HOUR_MS)
    }
    await deliverDueEvents(newCtx())
    expect(await isDisabled()).toEqual({ disabled_reason: 'failing' })
    expect(Math.max(...(await states()).map(({ attempts }) => attempts))).toBeLessThan(10)
    expect(new Set((await states()).map(({ next_attempt_at }) => next_attempt_at))).toEqual(new Set([null]))
    await sweep(newCtx())
    expect((await mailsTo(admin.email)).filter(({ subject }) => subject.includes('webhook'))).toHaveLength(1)
  })

  test('that wait are found among very many that have arrived', async () => {
    const { id } = await newEndpoint(admin.client)
    await happen(1, 2_000)
    await rows('UPDATE event_deliveries SET next_attempt_at = NULL, delivered_at = 1 WHERE id > 1')
    for (const state of ['waiting', 'failed']) {
      const { counts } = await platform.counts.measure(() =>
        admin.client.get(`/webhook/admin-api/deliveries?endpoint=${id}&state=${state}`),
      )
      expect(counts.rowsRead, state).toBeLessThan(50)
    }
  })

  test('behind one that fails wait for it, and count as tried only when they were', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await happen(5, 1)
    let answers = 0
    inbox.answer = () => new Response(null, { status: ++answers === 3 ? 500 : 204 })
    await deliverDueEvents(newCtx())
    expect((await states()).map(({ attempts, last_result }) => [attempts, last_result])).toEqual([
      [1, '204'],
      [1, '204'],
      [1, '500'],
      [0, null],
      [0, null],
    ])
    clock.advance(6_000)
    await deliverDueEvents(newCtx())
    const ids = [...new Set(eventIds())]
    expect([inbox.arrived.length, ids.length]).toEqual([6, 5])
    expect(ids).toEqual([...ids].sort((a, b) => a - b))
  })

  test('in a row whose worker dies are sent again, and a worker that comes late changes nothing', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await happen(3, 1)
    let release: (response: Response) => void = () => undefined
    inbox.answer = () => (inbox.arrived.length === 2 ? new Promise((resolve) => (release = resolve)) : new Response(null, { status: 204 }))
    const slow = deliverDueEvents(newCtx())
    await vi.waitUntil(() => inbox.arrived.length === 2)
    await deliverDueEvents(newCtx())
    expect(inbox.arrived, 'while the lease counts nobody else sends').toHaveLength(2)
    clock.advance(3 * 60_000)
    inbox.answer = () => new Response(null, { status: 200 })
    await deliverDueEvents(newCtx())
    expect(inbox.arrived).toHaveLength(5)
    release(new Response(null, { status: 500 }))
    await slow
    expect((await states()).map(({ next_attempt_at, last_result }) => [next_attempt_at, last_result])).toEqual(Array(3).fill([null, '200']))
  })

  test('that wait for an endpoint cost a change of another user nothing', async () => {
    await newEndpoint(admin.client)
    const costOf = async () => {
      const { counts } = await platform.counts.measure(() =>
        platform.env.DB.prepare('UPDATE users SET bio = ?1 WHERE id = ?2').bind(String(Math.random()), idOf(admin)).run(),
      )
      await rows('DELETE FROM events WHERE user_id = ?', idOf(admin))
      return counts.rowsRead
    }
    const before = await costOf()
    await happen(1, 2_000)
    expect(await costOf()).toBe(before)
  })

  test('that have arrived cost nothing to whoever looks for what was given up', async () => {
    const { id } = await newEndpoint(admin.client)
    await happen(1, 600)
    await rows("UPDATE event_deliveries SET next_attempt_at = NULL, delivered_at = 1, last_result = '204'")
    await rows("UPDATE event_deliveries SET delivered_at = NULL, last_result = '500' WHERE id IN (SELECT id FROM event_deliveries LIMIT 2)")
    for (const ask of [
      () => admin.client.get(`/webhook/admin-api/deliveries?endpoint=${id}&state=failed`),
      () => admin.client.post('/webhook/admin-api/replay-failed', { endpoint: id, since: new Date(0).toISOString() }),
    ]) {
      const { counts, result } = await platform.counts.measure(ask)
      expect(JSON.stringify(result.json.data)).toMatch(/"count":2|"records":\[\{.*\},\{/)
      expect(counts.rowsRead).toBeLessThan(150)
    }
  })

  test('that were given up are sent again without a look at the users who had none', async () => {
    const { id } = await newEndpoint(admin.client)
    await happen(1, 500)
    const since = new Date(Date.now() - 60_000).toISOString()
    const [mine] = await rows<{ id: number }>(
      "UPDATE event_deliveries SET next_attempt_at = NULL, last_result = '500' WHERE user_id = ? RETURNING id",
      idOf(ann),
    )
    expect(mine).toBeDefined()
    inbox.answer = () => new Response(null, { status: 503 })
    const { counts } = await platform.counts.measure(() => admin.client.post('/webhook/admin-api/replay-failed', { endpoint: id, since }))
    expect(counts.rowsRead).toBeLessThan(1_500)
  })
})

test('an endpoint with a long log is gone at once, and cron removes its log', async () => {
  const { id } = await newEndpoint(admin.client)
  await happen(1, 4_100)
  await rows("UPDATE event_deliveries SET next_attempt_at = NULL, delivered_at = 1, last_result = '204'")
  const log = await admin.client.get(`/webhook/admin-api/deliveries?endpoint=${id}`)
  const deleted = await admin.client.post('/webhook/admin-api/delete', { endpoint: id })
  expect(deleted.status, deleted.text).toBe(200)
  const left = await rows<{ id: number }>('SELECT id FROM event_deliveries')
  expect(left).toHaveLength(100)
  expect(await rows('SELECT url || secret || description AS kept FROM webhook_endpoints')).toEqual([{ kept: '' }])
  expect((await admin.client.get('/webhook/admin-api/list')).json.data.records).toEqual([])
  const last = log.json.data.records.find((one: { _id: string }) => left.some((row) => row.id === Number.parseInt(one._id, 16)))._id
  for (const reply of [
    await admin.client.get(`/webhook/admin-api/deliveries?endpoint=${id}`),
    await admin.client.post('/webhook/admin-api/replay', { delivery: last }),
    await admin.client.post('/webhook/admin-api/test', { endpoint: id }),
    await admin.client.patch('/webhook/admin-api/update', { endpoint: id, disabled: false }),
    await admin.client.post('/webhook/admin-api/delete', { endpoint: id }),
  ])
    expect(reply.status).toBe(404)
  await sweep(newCtx())
  expect([await rows('SELECT id FROM event_deliveries'), await rows('SELECT id FROM webhook_endpoints')]).toEqual([[], []])
  expect(inbox.arrived).toEqual([])
})

test('each try is a point, up to the 250 of an invocation', async () => {
  await newEndpoint(admin.client)
  await happen(300, 1)
  const points: AnalyticsEngineDataPoint[] = []
  const METRICS = { writeDataPoint: (point: AnalyticsEngineDataPoint) => void points.push(point) }
  const ctx = newCtx({ ...platform.env, METRICS } as typeof platform.env)
  await deliverDueEvents(ctx)
  ctx.measure({ kind: 'cron', failedParts: [], ms: 1 })
  expect([inbox.arrived.length, points.length]).toEqual([300, 250])
  expect(points[0]).toEqual({
    indexes: ['file.deleted'],
    blobs: ['delivery', 'file.deleted', 'delivered'],
    doubles: [expect.any(Number), 1],
  })
  expect(points.at(-1)?.blobs?.[0]).toBe('cron')
})

test('a run that has begun sends to the address that counts by now', async () => {
  const { url } = await newEndpoint(admin.client)
  await happen(1, 13)
  const next = 'https://moved.example/kith'
  inbox.secrets.set(next, inbox.secrets.get(url) ?? '')
  inbox.answer = async () => {
    await rows('UPDATE webhook_endpoints SET url = ?', next)
    return new Response(null, { status: 204 })
  }
  await deliverDueEvents(newCtx())
  expect(inbox.arrived.at(-1)?.url).toBe(next)
})

describe('nobody waits for an event that is done or gone', () => {
  const waiting = () => rows('SELECT id FROM event_deliveries WHERE next_attempt_at IS NOT NULL')

  test('when an endpoint is enabled again before all that waited for it is given up', async () => {
    const { id } = await newEndpoint(admin.client)
    await happen(1_350, 3)
    for (const disabled of [true, false])
      expect((await admin.client.patch('/webhook/admin-api/update', { endpoint: id, disabled })).status).toBe(200)
    await happen(1, 3)
    while ((await deliverDueEvents(newCtx())) > 0);
    expect(await waiting()).toEqual([])
    expect(inbox.arrived.length, 'the three, and what was not given up at once').toBeGreaterThan(3)
  })

  test('when the event that the others of its user wait for gets too old', async () => {
    await newEndpoint(admin.client)
    await happen(4, 1)
    await rows('UPDATE events SET created_at = ? WHERE id IN (SELECT id FROM events ORDER BY id LIMIT 2)', Date.now() - 15 * 86_400_000)
    inbox.answer = () => new Response(null, { status: 500 })
    await sweep(newCtx())
    expect(await rows('SELECT id FROM events')).toHaveLength(2)
    inbox.take()
    inbox.answer = () => new Response(null, { status: 204 })
    while ((await deliverDueEvents(newCtx())) > 0);
    expect([inbox.arrived.length, await waiting()]).toEqual([2, []])
    expect(eventIds()).toEqual([...eventIds()].sort((a, b) => a - b))
  })
})

test('what is under way is sent once, although an earlier event of its user is sent again meanwhile', async () => {
  const { id } = await newEndpoint(admin.client)
  await happen(1, 1)
  await deliverDueEvents(newCtx())
  const [first] = (await admin.client.get(`/webhook/admin-api/deliveries?endpoint=${id}`)).json.data.records
  await happen(3, 1)
  let release = () => undefined as undefined
  inbox.answer = () => new Promise((resolve) => (release = () => void resolve(new Response(null, { status: 204 })) as undefined))
  const slow = deliverDueEvents(newCtx())
  await vi.waitUntil(() => inbox.arrived.length === 2)
  inbox.answer = () => new Response(null, { status: 204 })
  expect((await admin.client.post('/webhook/admin-api/replay', { delivery: first._id })).status).toBe(200)
  while ((await deliverDueEvents(newCtx())) > 0);
  release()
  await slow
  while ((await deliverDueEvents(newCtx())) > 0);
  const [one] = eventIds()
  expect(eventIds()).toEqual([one, ...[1, 2, 3].map((n) => (one as number) + n), one])
  expect((await states()).every(({ next_attempt_at }) => next_attempt_at === null)).toBe(true)
})

describe('a slow endpoint', () => {
  test('keeps no other waiting, after a reply or by cron', async () => {
    const slow = await newEndpoint(admin.client)
    const quick = await newEndpoint(admin.client)
    await happen(1, 6)
    const releases: (() => void)[] = []
    inbox.answer = ({ url }) =>
      url === slow.url
        ? new Promise((resolve) => releases.push(() => resolve(new Response(null, { status: 204 }))))
        : new Response(null, { status: 204 })
    const run = deliverDueEvents(newCtx())
    const arrived = () => inbox.arrived.filter(({ url }) => url === quick.url).length
    await vi.waitUntil(() => arrived() === 6)
    expect(releases.length, 'requests under way').toBeLessThanOrEqual(2)
    inbox.answer = () => new Response(null, { status: 204 })
    for (const release of releases) release()
    await run
    expect((await states()).every(({ last_result }) => last_result === '204')).toBe(true)
  })

  test('is given 10 seconds, and a request leaves the rest to cron after five', async () => {
    clock.freeze()
    await newEndpoint(admin.client)
    await happen(1, 20)
    const limits: number[] = []
    vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
      limits.push(ms)
      return AbortSignal.abort()
    })
    inbox.answer = ({ init }) => {
      clock.advance(10_000)
      return init.signal?.aborted ? Promise.reject(new DOMException('', 'TimeoutError')) : new Response()
    }
    await deliverDueEvents(newCtx())
    expect(new Set(limits)).toEqual(new Set([10_000]))
    expect((await states()).filter(({ last_result }) => last_result === 'no answer in time')).toHaveLength(12)

    vi.mocked(AbortSignal.timeout).mockRestore()
    inbox.answer = () => {
      clock.advance(5_000)
      return new Response(null, { status: 204 })
    }
    clock.advance(60_000)
    inbox.take()
    const work: Promise<unknown>[] = []
    const ctx = newCtx()
    deliverEventsLater({ ...ctx, now: ctx.now, defer: (later: () => Promise<unknown>) => void work.push(later()) } as never)
    await Promise.all(work)
    expect(inbox.arrived.length).toBeLessThanOrEqual(4)
  })
})

describe('a secret', () => {
  test('moves to a new key with the next delivery, and is never a secret of another endpoint', async () => {
    await newEndpoint(admin.client)
    const before = await rows<{ id: number; secret: string }>('SELECT id, secret FROM webhook_endpoints')
    const keys = JSON.parse(platform.env.ENCRYPTION_KEYS as string) as Record<string, string>
    const ENCRYPTION_KEYS = JSON.stringify({ brandnew: Buffer.alloc(32, 7).toString('base64url'), ...keys })
    await happen(1, 1)
    await deliverDueEvents(newCtx({ ...platform.env, ENCRYPTION_KEYS } as typeof platform.env))
    expect(inbox.arrived).toHaveLength(1)
    await vi.waitUntil(
      async () => (await rows<{ secret: string }>('SELECT secret FROM webhook_endpoints'))[0]?.secret !== before[0]?.secret,
    )
    expect((await rows<{ secret: string }>('SELECT secret FROM webhook_endpoints'))[0]?.secret).toMatch(/^brandnew\./)
    const other = await newEndpoint(admin.client)
    await rows('UPDATE webhook_endpoints SET secret = ? WHERE url = ?', before[0]?.secret ?? '', other.url)
    inbox.take()
    await happen(1, 1)
    await deliverDueEvents(newCtx())
    expect(inbox.arrived.some(({ url }) => url === other.url)).toBe(false)
  })
})

test.each([
  ['http://localhost:4000/kith', true],
  ['http://127.0.0.1/', true],
  ['http://localhost.evil.example/', false],
  ['http://localhost:80@evil.example/', false],
  ['http://127.0.0.1.evil.example/', false],
  ['http://10.0.0.1/', false],
  ['http://[::1]/', false],
])('%s: only development sends to this machine', (url, isForDevelopment) => {
  expect(isReachable({ environment: 'development' }, url)).toBe(isForDevelopment)
  for (const environment of ['test', 'production'] as const) expect(isReachable({ environment }, url)).toBe(false)
})

test.each([
  'https://localhost./',
  'https://db.internal./',
  'https://0x7f.1/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://a.example@10.0.0.1/',
  'https://a.example%00.internal/',
  'https://１０.0.0.1/',
  'https://xn--internal/',
  'https://[::ffff:7f00:1]/',
  'https:\\\\10.0.0.1/',
])('%s is no public address', (url) => {
  expect(isReachable({ environment: 'production' }, url)).toBe(false)
})
