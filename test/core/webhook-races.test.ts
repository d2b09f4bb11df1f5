// Deliverers, failures, replays and switches in any order and at once: nothing waits for ever, and what nobody replays arrives once.
import { afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { HOUR_MS, MINUTE_MS, SECOND_MS } from '../../src/core/limits.ts'
import { sweep } from '../../src/core/sweep.ts'
import { deliverDueEvents } from '../../src/core/webhooks/deliver.ts'
import { toHex } from '../../src/ids.ts'
import { clock } from '../platform/clock.ts'
import { rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { platform } from '../support/kith.ts'
import type { Person } from '../support/people.ts'
import { newCtx } from '../support/tokens.ts'
import { inbox, newEndpoint, noEndpoints, receive } from '../support/webhooks.ts'

/** All but the first found a doubled event once. */
const SEEDS = [1, 9, 10, 13, 56, 60]
const STEPS = 10
let admin: Person

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('races_admin', 'super_admin')
})
beforeEach(async () => {
  platform.reset()
  await noEndpoints()
  receive()
  clock.freeze()
})
afterEach(() => {
  clock.restore()
  vi.unstubAllGlobals()
})

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed * 2_654_435_761
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
    return (state >>> 0) / 2 ** 32
  }
}

const eventOf = (messageId: string) => Number(messageId.split('_')[2])
const deliver = () => deliverDueEvents(newCtx())
/** Whoever does so has just signed in; here the time passes quickly. */
const enable = () => rows('UPDATE webhook_endpoints SET disabled_at = NULL, disabled_reason = NULL')

test.each(SEEDS)('seed %i', async (seed) => {
  const random = randomOf(seed)
  const { id } = await newEndpoint(admin.client)
  const post = (path: string, body: Record<string, unknown>) => admin.client.post(`/webhook/admin-api/${path}`, body)
  const arrived: number[] = []
  const replayed = new Set<number>()
  inbox.take()
  inbox.answer = async (event) => {
    await scheduler.wait(0)
    const isTaken = random() < 0.6
    if (isTaken) arrived.push(eventOf(event.id))
    return new Response(null, { status: isTaken ? 204 : 500 })
  }
  const all = (which: string) => rows<{ id: number; event_id: number }>(`SELECT id, event_id FROM event_deliveries WHERE ${which}`)
  const replayOne = async () => {
    const list = await all('1')
    const one = list[Math.floor(random() * list.length)]
    if (!one) return
    replayed.add(one.event_id)
    await post('replay', { delivery: toHex(one.id) })
  }
  /** Whatever has not arrived may be given up meanwhile. */
  const replayFailed = async () => {
    for (const { event_id } of await all('delivered_at IS NULL')) replayed.add(event_id)
    await post('replay-failed', { endpoint: id, since: new Date(0).toISOString() })
  }
  const acts: (() => Promise<unknown>)[] = [
    deliver,
    deliver,
    deliver,
    () =>
      rows(
        `WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 8)
         INSERT INTO events (type, user_id, data, created_at) SELECT 'file.deleted', 1000 + i % 3, '{}', ${Date.now()} FROM n`,
      ),
    replayOne,
    replayFailed,
    () => admin.client.patch('/webhook/admin-api/update', { endpoint: id, disabled: true }),
    enable,
  ]
  for (let step = 0; step < STEPS; step++) {
    const chosen = Array.from({ length: 4 }, () => acts[Math.floor(random() * acts.length)] ?? deliver)
    await Promise.all(chosen.map((act) => act()))
    clock.advance(([SECOND_MS, 3 * MINUTE_MS, HOUR_MS] as const)[Math.floor(random() * 3)] ?? 0)
  }
  await enable()
  inbox.answer = (event) => {
    arrived.push(eventOf(event.id))
    return new Response(null, { status: 204 })
  }
  for (let day = 0; day < 3; day++) {
    while ((await deliver()) > 0);
    clock.advance(25 * HOUR_MS)
  }
  expect(await rows('SELECT id FROM event_deliveries WHERE next_attempt_at IS NOT NULL')).toEqual([])
  expect(arrived.filter((event, index) => arrived.indexOf(event) < index && !replayed.has(event))).toEqual([])
})

test('a late answer of a deleted endpoint says nothing of an event that has been given the same id since', async () => {
  const first = await newEndpoint(admin.client)
  const second = await newEndpoint(admin.client)
  const happen = () => rows(`INSERT INTO events (type, user_id, data, created_at) VALUES ('file.deleted', 7, '{}', ${Date.now()})`)
  const asked = Promise.withResolvers<void>()
  const late = Promise.withResolvers<Response>()
  inbox.answer = ({ url }) => {
    if (url === first.url) return new Response(null, { status: 500 })
    asked.resolve()
    return late.promise
  }
  await rows(`UPDATE webhook_endpoints SET events = 'user.deleted' WHERE url = '${first.url}'`)
  await happen()
  const under = deliver()
  await asked.promise
  expect((await admin.client.post('/webhook/admin-api/delete', { endpoint: second.id })).status).toBe(200)
  await sweep(newCtx())
  await rows(`UPDATE webhook_endpoints SET events = '*'`)
  await happen()
  await deliver()
  const row = () => rows('SELECT id, attempts, delivered_at, last_result FROM event_deliveries')
  const before = await row()
  expect(before).toEqual([{ id: 1, attempts: 1, delivered_at: null, last_result: '500' }])
  late.resolve(new Response(null, { status: 204 }))
  await under
  expect(await row()).toEqual(before)
})
