// A session in an app: tokens renewed once for all tabs, through every kind of bad weather, and what ends it.
import type { Kith } from '@kith/client'
import { dpop } from '@kith/client/dpop'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { errorOf, newBrowser, newUser, platform, refresh, rows } from '../apis/oauth/harness.ts'
import { clock } from '../platform/clock.ts'
import { type Browser, failureOf, newAppBrowser, type Trouble } from './browser.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const isRefresh = (request: Request) => new URL(request.url).pathname === '/oauth/token'

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(() => clock.restore())

const down: Trouble = () => Promise.reject(new TypeError('Failed to fetch'))
const answering =
  (status: number, headers: Record<string, string> = {}): Trouble =>
  async () =>
    new Response('busy', { status, headers })

/** Only what is sent to the token endpoint. */
const atRefresh =
  (trouble: Trouble): Trouble =>
  (request, forward) =>
    isRefresh(request) ? trouble(request, forward) : forward()

/** Kith answers, but the answer does not arrive. */
const lost: Trouble = async (_request, forward) => {
  await forward()
  throw new TypeError('Failed to fetch')
}

async function newSession(options: Parameters<Browser['open']>[0] = {}) {
  const browser = await newAppBrowser()
  const kith = await browser.openSignedIn(options)
  browser.requests.length = 0
  return {
    browser,
    kith,
    events: () => rows('SELECT type FROM audit_events WHERE user_id = ? AND type LIKE ?', browser.userId, 'refresh%'),
  }
}

describe('for an hour, two tabs', () => {
  test.each([false, true])('refresh once each time, and stay signed in (DPoP: %s)', async (isBound) => {
    const options = isBound ? { dpop: dpop() } : {}
    const { browser, kith, events } = await newSession(options)
    const other = browser.open(options)
    for (let minutes = 0; minutes < 60; minutes += 2) {
      clock.advance(2 * MINUTE_MS)
      await Promise.all([kith.get('/user/me'), other.get('/user/me'), other.get('/user/status'), kith.accessToken()])
    }
    // Tokens last for ten minutes.
    expect(browser.sent('/oauth/token')).toBe(6)
    expect([kith.session.status, other.session.status]).toEqual(['signed_in', 'signed_in'])
    expect(await events()).toEqual([])
  })

  test('without locks', async () => {
    const unlocked = { environment: { lock: <T>(_name: string, work: () => Promise<T>) => work() } }
    const { browser, kith, events } = await newSession(unlocked)
    const other = browser.open(unlocked)
    for (let minutes = 0; minutes < 60; minutes += 2) {
      clock.advance(2 * MINUTE_MS)
      await Promise.all([kith.get('/user/me'), other.get('/user/me')])
    }
    expect([kith.session.status, other.session.status]).toEqual(['signed_in', 'signed_in'])
    expect(await events()).toEqual([])
  })

  test.each([false, true])(
    'with a server that fails, is busy or gone half of the time: nobody is signed out (DPoP: %s)',
    async (isBound) => {
      const options = isBound ? { dpop: dpop() } : {}
      const { browser, kith, events } = await newSession(options)
      const other = browser.open(options)
      const answers = [answering(500), answering(503, { 'retry-after': '2' }), answering(429, { 'retry-after': '60' }), down]
      // A reply that is lost for minutes takes a token that is bound to a key.
      const troubles = isBound ? [...answers, lost] : answers
      const kinds = new Set<string>()
      for (let turn = 0; turn < 30; turn++) {
        clock.advance(2 * MINUTE_MS)
        browser.trouble = troubles[turn % (2 * troubles.length)] ?? null
        const results = await Promise.allSettled([kith.get('/user/me'), other.get('/user/me')])
        for (const result of results) if (result.status === 'rejected') kinds.add(result.reason.kind)
        if (browser.trouble === null) expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled'])
      }
      expect([...kinds].sort()).toEqual(['offline', 'rate_limited', 'unavailable'])
      expect([kith.session.status, other.session.status]).toEqual(['signed_in', 'signed_in'])
      expect(await events()).toEqual([])
    },
  )
})

describe('a refresh', () => {
  test('happens in time for the validity that is asked for, and once for a hundred callers', async () => {
    const { browser, kith } = await newSession()
    const { session } = kith
    const first = await kith.accessToken()
    clock.advance(5 * MINUTE_MS)
    expect(await kith.accessToken()).toBe(first)
    const tokens = await Promise.all(Array.from({ length: 100 }, () => kith.accessToken({ minValiditySeconds: 400 })))
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).not.toBe(first)
    expect(browser.sent('/oauth/token')).toBe(1)
    // More than any token has: one refresh for each call, and no loop.
    await kith.accessToken({ minValiditySeconds: 3_600 })
    expect(browser.sent('/oauth/token')).toBe(2)
    expect(kith.session, 'nothing to render anew').toBe(session)
  })

  test('whose reply is lost is repeated at once, with the same token', async () => {
    const { browser, kith, events } = await newSession()
    clock.advance(11 * MINUTE_MS)
    let isLost = false
    browser.trouble = atRefresh((request, forward) => {
      if (isLost) return forward()
      isLost = true
      return lost(request, forward)
    })
    await kith.get('/user/me')
    expect(browser.sent('/oauth/token')).toBe(2)
    expect(browser.waited).toBeLessThan(2_000)
    clock.advance(11 * MINUTE_MS)
    await kith.get('/user/me')
    expect(await events()).toEqual([])
  })

  test('whose reply is lost with the network is repeated when the network is back', async () => {
    const { browser, kith, events } = await newSession()
    clock.advance(11 * MINUTE_MS)
    browser.trouble = atRefresh(lost)
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'offline' })
    browser.trouble = null
    clock.advance(20_000)
    browser.cameOnline()
    await kith.accessToken()
    clock.advance(11 * MINUTE_MS)
    await kith.get('/user/me')
    expect(await events()).toEqual([])
  })

  test('of a phone that loses the reply and comes back a day later, with DPoP', async () => {
    const { browser, kith, events } = await newSession({ dpop: dpop() })
    clock.advance(11 * MINUTE_MS)
    browser.trouble = atRefresh(lost)
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'offline' })
    browser.trouble = null
    clock.advance(DAY_MS)
    await kith.get('/user/me')
    expect(await events()).toEqual([])
  })

  test('that hangs ends with a time-out, and the next one goes through', async () => {
    const { browser, kith } = await newSession()
    clock.advance(11 * MINUTE_MS)
    let hanging = 0
    browser.trouble = atRefresh((request) => {
      hanging += 1
      return new Promise((_resolve, reject) => request.signal.addEventListener('abort', () => reject(request.signal.reason)))
    })
    const impatient = browser.open({ timeoutSeconds: 0.02 })
    expect(await failureOf(impatient.get('/user/me'))).toMatchObject({ kind: 'timeout' })
    expect(hanging).toBe(3)
    browser.trouble = null
    await kith.get('/user/me')
  })

  test('whose failure never ends ends with a time-out, and holds nobody up', async () => {
    const { browser, kith } = await newSession()
    clock.advance(11 * MINUTE_MS)
    browser.trouble = atRefresh(async ({ signal }) => {
      const endless = new ReadableStream({
        start: (controller) => signal.addEventListener('abort', () => controller.error(signal.reason)),
      })
      return new Response(endless, { status: 503, headers: { 'content-type': 'text/html' } })
    })
    expect(await failureOf(browser.open({ timeoutSeconds: 0.02 }).get('/user/me'))).toMatchObject({ kind: 'timeout' })
    browser.trouble = null
    await kith.get('/user/me')
  })

  test('that meets a captive portal fails as unavailable', async () => {
    const { browser, kith } = await newSession()
    clock.advance(11 * MINUTE_MS)
    browser.trouble = atRefresh(async () => new Response('<html>Accept our terms', { headers: { 'content-type': 'text/html' } }))
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'unavailable' })
    browser.trouble = null
    await kith.get('/user/me')
  })

  test('is as good with a clock that is put right, or wrong, in between', async () => {
    const { browser, kith } = await newSession()
    for (const ahead of [5 * MINUTE_MS, 0, -5 * MINUTE_MS, 5 * MINUTE_MS, -60 * MINUTE_MS, 0]) {
      browser.ahead = ahead
      clock.advance(4 * MINUTE_MS)
      await kith.get('/user/me')
    }
    browser.ahead = -180 * MINUTE_MS
    clock.advance(11 * MINUTE_MS)
    browser.requests.length = 0
    await kith.get('/user/me')
    expect(browser.requests, 'renewed before it is refused').toEqual(['POST /oauth/token', 'GET /user/me'])
    expect(kith.session.status).toBe('signed_in')
  })
})

describe('a session ends', () => {
  const ended = { status: 'signed_out', reason: 'ended' }

  test('in every tab when Kith says so, and requests say why', async () => {
    const { browser, kith } = await newSession()
    const other = browser.open()
    await other.accessToken()
    const seen: string[] = []
    const stop = other.subscribe(() => seen.push(other.session.status))
    await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ? AND client_id IS NOT NULL', browser.userId)
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'signed_out', reason: 'ended' })
    expect(browser.sent('/user/me'), 'no endless loop').toBe(1)
    await vi.waitFor(() => expect(other.session).toEqual(ended))
    expect([kith.session, seen]).toEqual([ended, ['signed_out']])
    stop()
  })

  test('when the person signs out: here, in the other tabs and at Kith', async () => {
    const { browser, kith } = await newSession()
    const other = browser.open()
    await other.accessToken()
    const refreshToken = JSON.parse(browser.stored('session') ?? '').refreshToken
    await kith.signOut()
    const left = new URL(browser.left)
    expect(left.pathname).toBe('/oauth/logout')
    expect(left.searchParams.get('post_logout_redirect_uri')).toBe('https://app.kith.test/')
    expect(await browser.visit(), 'Kith signs the browser out without asking').toBe('https://app.kith.test/')
    expect(await errorOf(await refresh(browser.client, refreshToken))).toEqual([400, 'invalid_grant'])
    for (const tab of [kith, other]) expect(tab.session).toEqual({ status: 'signed_out', reason: 'signed_out' })
    expect(browser.stored('session')).not.toContain(refreshToken)
  })

  test('during a refresh: it stays ended', async () => {
    const { browser, kith } = await newSession()
    clock.advance(11 * MINUTE_MS)
    let signedOut: Promise<void> | undefined
    browser.trouble = atRefresh((_request, forward) => {
      signedOut ??= kith.signOut({ from: 'app' })
      return forward()
    })
    await kith.accessToken()
    await signedOut
    expect([kith.session.status, browser.left.includes('logout')]).toEqual(['signed_out', false])
    expect(await failureOf(browser.open().accessToken())).toMatchObject({ kind: 'signed_out', reason: 'signed_out' })
  })

  test('while offline: the app forgets it, and says that Kith has not', async () => {
    const { browser, kith } = await newSession()
    browser.trouble = down
    const message = 'You are signed out of this app, but not of Kith. The server could not be reached'
    expect(await failureOf(kith.signOut())).toMatchObject({ kind: 'offline', message })
    expect(kith.session).toEqual({ status: 'signed_out', reason: 'signed_out' })
  })

  test('while Kith fails: the same', async () => {
    const { browser, kith } = await newSession()
    browser.trouble = answering(503)
    expect(await failureOf(kith.signOut({ from: 'app' }))).toMatchObject({ kind: 'unavailable' })
    expect(kith.session).toEqual({ status: 'signed_out', reason: 'signed_out' })
  })

  test('in the storage, too, when a listener of the app throws', async () => {
    const { browser, kith } = await newSession()
    const thrown: string[] = []
    const spy = vi.spyOn(globalThis, 'queueMicrotask').mockImplementation((task) => {
      try {
        task()
      } catch (error) {
        thrown.push((error as Error).message)
      }
    })
    kith.subscribe(() => {
      throw new Error('of the app')
    })
    await kith.signOut({ from: 'app' })
    expect(browser.stored('session')).toBe('{"reason":"signed_out"}')
    expect(thrown).toEqual(['of the app'])
    spy.mockRestore()
  })

  test('when the data of the browser is cleared', async () => {
    const { browser, kith } = await newSession()
    const key = [...browser.store.keys()].find((name) => name.startsWith('kith:session:')) ?? ''
    browser.store.clear()
    browser.changed(0, key)
    await vi.waitFor(() => expect(kith.session).toEqual({ status: 'signed_out', reason: 'storage_lost' }))
    expect(await failureOf(kith.get('/user/me'))).toMatchObject({ kind: 'signed_out', reason: 'storage_lost' })
  })

  test('not when the storage is full or garbled for a while', async () => {
    const { browser, kith } = await newSession()
    browser.storageFails = () => Object.assign(new Error('full'), { name: 'QuotaExceededError' })
    clock.advance(11 * MINUTE_MS)
    await kith.get('/user/me')
    browser.storageFails = null
    clock.advance(11 * MINUTE_MS)
    await kith.get('/user/me')
    expect(browser.stored('session')).toContain('refreshToken')
    expect(kith.session.status).toBe('signed_in')
  })
})

describe('another person who signs in in another tab', () => {
  /** In a new tab of the same browser. */
  async function switchPerson(browser: Browser) {
    const { cookie } = await newBrowser(await newUser())
    const tab = browser.open()
    await tab.signIn()
    await tab.handleRedirect(await browser.visit(cookie))
    return tab
  }
  const replaced = { kind: 'signed_out', reason: 'signed_out', message: 'Another person has signed in' }

  test('does not do what the first one has asked for, when its token is refused', async () => {
    const { browser, kith } = await newSession()
    let next: Kith | undefined
    browser.trouble = async ({ method }, forward) => {
      if (method !== 'PATCH') return forward()
      next ??= await switchPerson(browser)
      return new Response('', { status: 401 })
    }
    expect(await failureOf(kith.patch('/user/me', { body: { bio: 'Of the first' } }))).toMatchObject(replaced)
    expect([browser.sent('/user/me'), (await next?.get('/user/me'))?.user.bio]).toEqual([1, null])
    expect(kith.session).toEqual(next?.session)
  })

  test('nor when it has to be renewed, in a tab that has heard of nothing', async () => {
    const { browser } = await newSession()
    const { store } = browser
    const storage = {
      getItem: (key: string) => store.get(key) ?? null,
      setItem: (key: string, value: string) => void store.set(key, value),
      removeItem: (key: string) => void store.delete(key),
    }
    const kith = browser.open({ environment: { storage } })
    await kith.get('/user/me')
    clock.advance(11 * MINUTE_MS)
    const next = await switchPerson(browser)
    expect(await failureOf(kith.patch('/user/me', { body: { bio: 'Of the first' } }))).toMatchObject(replaced)
    expect(kith.session, 'and now it has').toEqual(next.session)
    await kith.patch('/user/me', { body: { bio: 'Of the second' } })
    expect((await next.get('/user/me')).user.bio).toBe('Of the second')
  })
})
