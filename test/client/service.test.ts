// A service that calls Kith and APIs as itself: one token for all its callers, renewed once, and what it is told when that fails.
import { type KithError, type Service, type ServiceOptions, service } from '@kith/client/server'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { newSigner } from '../apis/oauth/assertions.ts'
import { newClient, ORIGIN, platform, rows, type TestClient } from '../apis/oauth/harness.ts'
import { clock } from '../platform/clock.ts'
import { putApi } from '../support/apis.ts'
import { Network, ORDERS, ordersBy, putOrders } from './orders.ts'

const TOKEN = '/oauth/token'
const INTROSPECT = '/oauth/introspect'
const SCOPES = `client:oauth:introspect client:profile:read ${ORDERS}| ${ORDERS}|orders:read`

let network: Network
let client: TestClient
let nightly: Service

const serviceBy = (options: Partial<ServiceOptions> = {}) =>
  service({ origin: ORIGIN, clientId: client.id, clientSecret: client.secret, fetch: network.fetch, ...options } as ServiceOptions)

beforeAll(async () => {
  client = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: SCOPES })
})
beforeEach(() => {
  platform.reset()
  network = new Network()
  nightly = serviceBy()
})
afterEach(() => {
  clock.restore()
  vi.restoreAllMocks()
})

const ask = (by = nightly) => by.post(INTROSPECT, { body: { token: 'x' } })
const ask64 = async () => new Set(await Promise.all(Array.from({ length: 64 }, async () => JSON.stringify(await ask()))))
const failureOf = async (work: Promise<unknown>) =>
  (await work.then(
    () => null,
    (error) => error,
  )) as KithError

/** What is waited for before a repeat has passed at once. */
function waitForNothing() {
  const later = globalThis.setTimeout
  vi.spyOn(globalThis, 'setTimeout').mockImplementation(((work: () => void, milliseconds: number) =>
    later(work, milliseconds <= 10_000 ? 0 : milliseconds)) as never)
}

describe('a token', () => {
  test('is asked for once, for 64 callers and for those after them', async () => {
    expect(await ask64()).toEqual(new Set(['{"tokenInfo":null}']))
    await ask()
    expect(network.times(TOKEN)).toBe(1)
  })

  test('is renewed before it expires, once for 64 callers', async () => {
    clock.freeze()
    const first = await nightly.accessToken()
    clock.advance(560_000)
    expect(await nightly.accessToken()).toBe(first)
    clock.advance(15_000)
    await ask64()
    expect(network.times(TOKEN)).toBe(2)
  })

  test('is renewed where the clock was put back, and a short one lives half its life', async () => {
    clock.freeze()
    await nightly.accessToken()
    clock.advance(-3_600_000)
    await nightly.accessToken()
    expect(network.times(TOKEN)).toBe(2)
    network.instead = () => Response.json({ access_token: 'short', token_type: 'Bearer', expires_in: 10 })
    const brief = serviceBy()
    await brief.accessToken()
    clock.advance(4_000)
    await brief.accessToken()
    expect(network.times(TOKEN)).toBe(3)
    clock.advance(2_000)
    await brief.accessToken()
    expect(network.times(TOKEN)).toBe(4)
  })

  test('that Kith has revoked is renewed once, for 64 callers, and each request is sent once more', async () => {
    await ask()
    await rows('UPDATE oauth_clients SET epoch = epoch + 1 WHERE id = ?', client.id)
    expect(await ask64()).toEqual(new Set(['{"tokenInfo":null}']))
    expect([network.times(TOKEN), network.times(INTROSPECT)]).toEqual([2, 1 + 2 * 64])
  })

  test('that is refused again ends in an error, not in a loop', async () => {
    network.instead = (path) =>
      path === TOKEN
        ? Response.json({ access_token: crypto.randomUUID(), token_type: 'Bearer', expires_in: 600 })
        : Response.json({ error: 'OauthAuthenticationError' }, { status: 401 })
    expect(await failureOf(ask())).toMatchObject({ kind: 'refused', status: 401 })
    expect([network.times(TOKEN), network.times(INTROSPECT)]).toEqual([2, 2])
  })

  test('of a client with a private key', async () => {
    const signer = await newSigner('ES256', { scopes: SCOPES, grantTypes: 'client_credentials' })
    const { privateKey, kid = '' } = signer.key ?? {}
    const key = { key: privateKey as CryptoKey, kid }
    const signing = service({ origin: ORIGIN, clientId: signer.id, key, fetch: network.fetch })
    expect(await ask(signing)).toEqual({ tokenInfo: null })
  })

  test('has the scope that is asked for', async () => {
    const reader = serviceBy({ scope: 'client:profile:read' })
    expect(await failureOf(ask(reader))).toMatchObject({ kind: 'refused', status: 403 })
  })
})

describe('for an API of your own', () => {
  test('a service has another token, and sends none to anybody else', async () => {
    await putOrders().catch(() => putApi())
    const orders = ordersBy(network)
    const seen: Request[] = []
    const send = async (request: Request) => {
      if (new URL(request.url).origin === ORIGIN) return await network.fetch(request)
      seen.push(request)
      return Response.json(await orders.authenticate(request, { scope: 'orders:read' }))
    }
    const caller = serviceBy({ resource: ORDERS, fetch: send })
    expect(await (await caller.fetch(`${ORDERS}orders`)).json()).toMatchObject({ sub: client.id, aud: ORDERS, scope: 'orders:read' })
    await caller.fetch(`${ORDERS}orders`)
    expect(await ask(caller)).toEqual({ tokenInfo: null })
    expect(network.times(TOKEN)).toBe(2)
    for (const url of ['https://orders.example.evil.example/', 'http://orders.example/', `${ORIGIN}.evil.example/`]) {
      await expect(caller.fetch(url)).rejects.toThrow('No token is sent to')
    }
    expect(seen.length).toBe(2)
  })
})

describe('a failure', () => {
  test('of the credentials is what Kith says, and Kith is not asked again and again', async () => {
    const misled = serviceBy({ clientSecret: 'x' } as Partial<ServiceOptions>)
    expect(await failureOf(ask(misled))).toMatchObject({ name: 'KithError', kind: 'refused', status: 401, code: 'invalid_client' })
    expect(network.times(TOKEN)).toBe(1)
  })

  test('of the network, or of Kith, is told as such, and the next call finds out anew', async () => {
    waitForNothing()
    for (const [answer, error] of [
      [() => Promise.reject(new TypeError('fetch failed')), { kind: 'offline' }],
      [() => new Response('', { status: 500 }), { kind: 'unavailable', status: 500 }],
      [() => new Response('', { status: 429, headers: { 'retry-after': '60' } }), { kind: 'rate_limited', retryAfterSeconds: 60 }],
      [() => new Response('<html>', { headers: { 'content-type': 'text/html' } }), { kind: 'unavailable' }],
    ] as const) {
      const tried = serviceBy()
      network.instead = answer
      expect(await failureOf(ask(tried))).toMatchObject(error)
      network.instead = null
      expect(await ask(tried)).toEqual({ tokenInfo: null })
    }
  })

  test('that Kith says will pass is waited for', async () => {
    waitForNothing()
    network.instead = () => {
      network.instead = null
      return new Response('', { status: 503, headers: { 'retry-after': '1' } })
    }
    expect(await ask()).toEqual({ tokenInfo: null })
    expect(network.times(TOKEN)).toBe(2)
  })
})

test('a service reads what it has written: the bookmark of a reply goes along with the next request', async () => {
  const bookmarks: (string | null)[] = []
  const reader = serviceBy({
    fetch: async (request) => {
      bookmarks.push(request.headers.get('x-d1-bookmark'))
      const reply = await network.fetch(request)
      return new Response(reply.body, {
        status: reply.status,
        headers: { ...Object.fromEntries(reply.headers), 'x-d1-bookmark': 'written' },
      })
    },
  })
  await ask(reader)
  expect(bookmarks).toEqual([null, 'written'])
})
