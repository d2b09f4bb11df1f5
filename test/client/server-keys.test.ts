// Kith's public keys at an API of one's own: how often they are fetched, rotation, and what happens while Kith cannot be reached.

import type { AccessRefused, ResourceServer } from '@kith/client/server'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { newSigningKey, platform, signingKey } from '../apis/oauth/harness.ts'
import { clock } from '../platform/clock.ts'
import { bearer, JWKS, Network, ordersBy, signed } from './orders.ts'

const READ = { scope: 'orders:read' }
const MINUTE_MS = 60_000
const next = newSigningKey('next')

let network: Network
let orders: ResourceServer

beforeEach(() => {
  platform.reset()
  clock.freeze()
  network = new Network()
  orders = ordersBy(network, { onRefused: () => {} })
})
afterEach(() => {
  clock.restore()
  vi.restoreAllMocks()
})

const statusOf = async (token: Promise<string>) =>
  await orders.authenticate(bearer(await token), READ).then(
    () => 200,
    ({ status }: AccessRefused) => status,
  )
const good = () => signed()
/** With a key that Kith does not have. */
const forged = (kid = 'forged') => signed({}, { kid }, next)
const down = () => Promise.reject(new TypeError('fetch failed'))
const publicPart = ({ d: _, ...jwk }: Record<string, unknown>) => ({ ...jwk, alg: 'ES256', use: 'sig' })
const published =
  (...keys: Record<string, unknown>[]) =>
  () =>
    Response.json({ keys: keys.map(publicPart) })

test('are fetched once for 64 callers, and again after five minutes', async () => {
  expect(new Set(await Promise.all(Array.from({ length: 64 }, () => statusOf(good()))))).toEqual(new Set([200]))
  expect(network.times(JWKS)).toBe(1)
  clock.advance(4 * MINUTE_MS)
  await statusOf(good())
  expect(network.times(JWKS)).toBe(1)
  clock.advance(2 * MINUTE_MS)
  await statusOf(good())
  expect(network.times(JWKS)).toBe(2)
})

test('are fetched for forged tokens at most once a minute, however many there are', async () => {
  const flood = () => Promise.all(Array.from({ length: 64 }, (_, n) => statusOf(forged(`forged-${n}`))))
  expect(await statusOf(good())).toBe(200)
  expect(new Set([...(await flood()), ...(await flood())])).toEqual(new Set([401]))
  expect(network.times(JWKS)).toBe(1)
  clock.advance(MINUTE_MS)
  await flood()
  await flood()
  expect(network.times(JWKS)).toBe(2)
  expect(await statusOf(good())).toBe(200)
})

test('a new one counts as soon as it signs, because Kith has published it before', async () => {
  network.instead = published(signingKey, next)
  expect(await statusOf(good())).toBe(200)
  network.instead = published(next, signingKey)
  expect([await statusOf(forged('next')), await statusOf(good())]).toEqual([200, 200])
  expect(network.times(JWKS)).toBe(1)
})

test('one that appears from nowhere counts after a minute, and one that is gone does not count after five', async () => {
  network.instead = published(signingKey)
  await statusOf(good())
  network.instead = published(next)
  expect(await statusOf(forged('next'))).toBe(401)
  clock.advance(MINUTE_MS)
  expect([await statusOf(forged('next')), await statusOf(good())]).toEqual([200, 401])
})

test('while they cannot be fetched the caller is told to come again, and Kith is asked every two seconds, not by each request', async () => {
  network.instead = down
  expect(new Set(await Promise.all(Array.from({ length: 64 }, () => statusOf(good()))))).toEqual(new Set([503]))
  expect([await statusOf(forged()), network.times(JWKS)]).toEqual([503, 1])
  clock.advance(2_000)
  network.instead = null
  expect([await statusOf(good()), network.times(JWKS)]).toEqual([200, 2])
})

test.each<[string, () => Response | Promise<Response>]>([
  ['a failure', () => new Response('', { status: 500 })],
  ['a page', () => new Response('<html>', { headers: { 'content-type': 'text/html' } })],
  ['JSON of somebody else', () => Response.json({ ok: true })],
  ['a redirect', () => new Response('', { status: 302, headers: { location: 'https://evil.example' } })],
])('%s instead of keys is not the fault of the token', async (_what, answer) => {
  network.instead = answer
  const refused = await orders.authenticate(bearer(await good()), READ).catch((error) => error)
  expect(refused).toMatchObject({ code: 'unavailable', status: 503, headers: { 'retry-after': '5' } })
})

test('that are known serve for an hour while Kith cannot be reached, whatever forged tokens come', async () => {
  await statusOf(good())
  network.instead = down
  for (let minutes = 0; minutes < 55; minutes += 5) {
    clock.advance(5 * MINUTE_MS)
    expect([await statusOf(forged()), await statusOf(good())]).toEqual([401, 200])
  }
  clock.advance(6 * MINUTE_MS)
  expect(await statusOf(good())).toBe(503)
  network.instead = null
  clock.advance(2_000)
  expect(await statusOf(good())).toBe(200)
})

test('that never come are waited for no longer than five seconds, and do not hold up the next caller', async () => {
  const inTime = AbortSignal.timeout.bind(AbortSignal)
  const timeout = vi.spyOn(AbortSignal, 'timeout').mockImplementation((milliseconds) => inTime(milliseconds / 500))
  network.instead = () => new Promise(() => {})
  expect(await statusOf(good())).toBe(503)
  expect(timeout.mock.calls).toContainEqual([5_000])
  network.instead = null
  clock.advance(5_000)
  expect(await statusOf(good())).toBe(200)
})

test('may come from a process before this one', async () => {
  const jwksCache = {}
  await ordersBy(network, { jwksCache }).authenticate(bearer(await good()), READ)
  await ordersBy(network, { jwksCache }).authenticate(bearer(await good()), READ)
  expect([network.times(JWKS), jwksCache]).toMatchObject([1, { jwks: { keys: expect.any(Array) }, uat: expect.any(Number) }])
})
