// GET /health/ready: 200 only if every store answers and the database has every migration; asked by anyone, as often as they like.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { NEWEST_MIGRATION } from '../../src/store/db/migrations.ts'
import { clock } from '../platform/clock.ts'
import { Client, db, type Options, platform } from '../support/kith.ts'

let deployments = 0
let deployment: Options

/** One that nobody has asked yet. */
beforeEach(() => {
  deployments += 1
  deployment = { env: { MAIL_FROM: `Kith <ready-${deployments}@kith.test>` } }
})
afterEach(() => {
  platform.faults.clear()
  clock.restore()
})

const ask = async () => {
  const { status, json, headers } = await new Client().get('/health/ready', deployment)
  return { status, json, caching: headers.get('cache-control') }
}
const UP = { status: 200, json: { status: 'UP' }, caching: 'no-store' }
const DOWN = { status: 503, json: { status: 'DOWN' }, caching: 'no-store' }

test('is UP if all is well', async () => {
  expect(await ask()).toEqual(UP)
})

const { faults } = platform
test.each<[string, () => void]>([
  ['D1 fails', () => faults.failStatement(1, 'overloaded')],
  ['D1 does not answer', () => faults.hangStatement(1)],
  ['KV fails', () => faults.kv('get', 'throw')],
  ['KV does not answer', () => faults.kv('get', 'hang')],
  ['R2 fails', () => faults.r2('head', 'throw')],
  ['R2 does not answer', () => faults.r2('head', 'hang')],
])('is DOWN where %s, and says no more', async (_what, strike) => {
  strike()
  expect(await ask()).toEqual(DOWN)
})

test('is DOWN while migrations are missing', async () => {
  await db.prepare('DELETE FROM d1_migrations WHERE name = ?').bind(NEWEST_MIGRATION).run()
  expect(await ask()).toEqual(DOWN)
  await db.prepare('INSERT INTO d1_migrations (name) VALUES (?)').bind(NEWEST_MIGRATION).run()
})

test('64 at once ask the database once, and so do all within two seconds, whatever it answered', async () => {
  clock.freeze()
  const trips = async (work: () => Promise<unknown>) => (await platform.counts.measure(work)).counts.d1RoundTrips
  const all = () => Promise.all(Array.from({ length: 64 }, ask))
  expect(await trips(async () => expect(await all()).toEqual(Array(64).fill(UP)))).toBe(1)
  platform.faults.failStatement(1)
  expect(await trips(all)).toBe(0)
  clock.advance(2_000)
  expect(await trips(async () => expect(await all()).toEqual(Array(64).fill(DOWN)))).toBe(1)
  expect(await trips(ask)).toBe(0)
  clock.advance(2_000)
  expect(await ask()).toEqual(UP)
})
