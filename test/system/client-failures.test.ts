// What goes wrong in people's browsers, in a real one: each comes to a typed error, ends, and signs nobody out for nothing.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { ClientPage, call, isRefresh, refreshesOf } from './client-page.ts'

const ME = "kith.get('/user/me').then(({ user }) => user.username)"
const STATUS = 'kith.session.status'

const app = new ClientPage()
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  browser = await openBrowser()
  await app.open()
})
afterAll(async () => {
  await browser?.close()
  await app.close()
})
beforeEach(async () => {
  context = await browser.newContext()
  page = await app.tab(context)
})
afterEach(() => context?.close())

const me = { value: app.username }
const requestsTo = (path: string) => {
  const seen: string[] = []
  context.on('request', (request) => {
    if (request.url().includes(path) && request.method() !== 'OPTIONS') seen.push(request.method())
  })
  return seen
}

describe('the way back from a sign-in', () => {
  test('opened twice: the second is told so, and whoever signed in stays signed in', async () => {
    await app.toCallback(page)
    const callback = page.url()
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/after' } })
    await page.goto(callback)
    await page.waitForFunction('window.kith')
    expect(await call(page, 'kith.handleRedirect()')).toMatchObject({
      error: { kind: 'sign_in_failed', reason: 'callback_used', returnTo: '/after' },
    })
    expect(await call(page, ME)).toEqual(me)
  })

  test('by two tabs at once: one sign-in, and neither tab is signed out by the other', async () => {
    await app.toCallback(page)
    const other = await app.tab(context, page.url().slice(app.origin.length))
    const outcomes = await Promise.all([page, other].map((tab) => call(tab, 'kith.handleRedirect()')))
    expect(outcomes.filter(({ value }) => value)).toHaveLength(1)
    expect(outcomes.find(({ error }) => error)).toMatchObject({ error: { kind: 'sign_in_failed', reason: 'callback_used' } })
    expect(await Promise.all([page, other].map((tab) => call(tab, ME)))).toEqual([me, me])
  })

  test('in another browser: says so, and leaves that browser as it was', async () => {
    await app.toCallback(page)
    const elsewhere = await browser.newContext()
    const other = await app.tab(elsewhere, page.url().slice(app.origin.length))
    expect(await call(other, 'kith.handleRedirect()')).toMatchObject({ error: { kind: 'sign_in_failed', reason: 'other_browser' } })
    await elsewhere.close()
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/after' } })
  })

  test('without its state: says so, and a new sign-in succeeds', async () => {
    await app.toCallback(page)
    expect(await call(page, `kith.handleRedirect('${app.origin}/callback?code=abc')`)).toMatchObject({
      error: { kind: 'sign_in_failed', reason: 'state_lost' },
    })
    const before = page.url()
    await page.evaluate("void kith.signIn({ returnTo: '/again' })")
    await page.waitForURL((url) => url.href !== before && url.origin === app.origin && url.searchParams.has('code'))
    await page.waitForFunction('window.kith')
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/again' } })
  })

  test('while Kith is down: can be tried again once it is back', async () => {
    await app.toCallback(page)
    await context.setOffline(true)
    expect(await call(page, 'kith.handleRedirect()')).toMatchObject({ error: { kind: 'offline' } })
    await context.setOffline(false)
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/after' } })
  })
})

test('a page that comes back by the Back button knows what has happened meanwhile', async () => {
  await app.signIn(page)
  const other = await app.tab(context)
  // A page that waits is told nothing.
  await other.evaluate('BroadcastChannel.prototype.postMessage = () => {}')
  expect(await call(other, "kith.signOut({ from: 'app' })")).toEqual({})
  expect(await page.evaluate(STATUS)).toBe('signed_in')
  await page.evaluate("void dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
  await page.waitForFunction("kith.session.status === 'signed_out'")
})

describe('a storage', () => {
  test('that is forbidden: a sign-in cannot start, and says why', async () => {
    const context = await browser.newContext()
    await context.addInitScript("IDBFactory.prototype.open = () => { throw new DOMException('no', 'SecurityError') }")
    const page = await app.tab(context)
    expect(await call(page, 'kith.signIn()')).toMatchObject({ error: { kind: 'storage', reason: 'forbidden' } })
    expect(await page.evaluate(STATUS)).toBe('signed_out')
    await context.close()
  })

  test('that is full: the session lasts until the page is closed, and the app is warned', async () => {
    await app.toCallback(page)
    await page.evaluate("IDBObjectStore.prototype.put = () => { throw new DOMException('full', 'QuotaExceededError') }")
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/after' } })
    expect(await call(page, ME)).toEqual(me)
    expect(await page.evaluate('window.warnings')).toContain('full')
  })

  test('that is cleared: each tab signs out with its next refresh, and is told why', async () => {
    await app.signIn(page)
    const other = await app.tab(context)
    await other.waitForFunction(`${STATUS} === 'signed_in'`)
    await page.evaluate("new Promise((resolve) => { indexedDB.deleteDatabase('kith').onsuccess = resolve })")
    const renewed = 'kith.accessToken({ minValiditySeconds: 3600 })'
    const lost = { error: { kind: 'signed_out', reason: 'storage_lost' } }
    for (const tab of [page, other]) expect(await call(tab, renewed)).toMatchObject(lost)
    expect(await other.evaluate(STATUS)).toBe('signed_out')
  })
})

describe('a clock', () => {
  test.each([
    ['five minutes fast', 5],
    ['five minutes slow', -5],
    ['a day fast', 24 * 60],
  ])('that is %s: signs in, reads and refreshes', async (_, minutes) => {
    for (const bound of [false, true]) {
      app.bound = bound
      const context = await browser.newContext()
      await context.clock.install({ time: Date.now() + minutes * 60_000 })
      const page = await app.tab(context)
      const refreshes = refreshesOf(context)
      await app.signIn(page)
      expect(await call(page, ME)).toEqual(me)
      expect(refreshes.asked).toBe(0)
      await page.clock.fastForward('10:01')
      expect(await call(page, ME)).toEqual(me)
      expect(refreshes.granted).toBe(1)
      await context.close()
    }
    app.bound = false
  })
})

describe('a Kith', () => {
  beforeEach(() => app.signIn(page))

  test('that is down: every call ends with a typed error, and nobody is signed out', async () => {
    await app.stopKith()
    try {
      expect(await call(page, ME)).toMatchObject({ error: { kind: 'offline' } })
      expect(await call(page, "kith.patch('/user/me', { body: { bio: 'x' } })")).toMatchObject({ error: { kind: 'offline' } })
      expect(await page.evaluate(STATUS)).toBe('signed_in')
    } finally {
      await app.startKith()
    }
    expect(await call(page, ME)).toEqual(me)
  })

  test('that refuses every token: asked once more after one refresh, then an error, without a loop', async () => {
    const cors = { 'access-control-allow-origin': app.origin, 'access-control-expose-headers': 'www-authenticate' }
    await context.route('**/user/me', (route) =>
      route.request().method() === 'OPTIONS'
        ? route.continue()
        : route.fulfill({ status: 401, headers: { ...cors, 'www-authenticate': 'Bearer error="invalid_token"' }, json: { error: 'x' } }),
    )
    const [reads, refreshes] = [requestsTo('/user/me'), refreshesOf(context)]
    expect(await call(page, ME)).toMatchObject({ error: { kind: 'refused', status: 401 } })
    expect([reads.length, refreshes.granted]).toEqual([2, 1])
  })

  test('that ends the session: signed out in every tab, told why, and asked no more', async () => {
    const other = await app.tab(context)
    await page.clock.install()
    await context.route('**/oauth/token', (route) =>
      isRefresh(route.request().url(), route.request().postData())
        ? route.fulfill({ status: 400, headers: { 'access-control-allow-origin': app.origin }, json: { error: 'invalid_grant' } })
        : route.continue(),
    )
    await page.clock.fastForward('10:01')
    expect(await call(page, ME)).toMatchObject({ error: { kind: 'signed_out', reason: 'ended' } })
    await other.waitForFunction(`${STATUS} === 'signed_out'`)
    const requests = requestsTo('/oauth/token')
    expect(await call(page, ME)).toMatchObject({ error: { kind: 'signed_out', reason: 'ended' } })
    expect(requests).toEqual([])
  })

  test('that refuses the token in the middle of an upload: the file is sent once more, whole, and arrives once', async () => {
    let refused = 0
    await context.route('**/user/media/files?*', async (route) => {
      if (route.request().method() !== 'POST' || refused > 0) return route.continue()
      refused += 1
      const headers = { 'access-control-allow-origin': app.origin, 'www-authenticate': 'Bearer error="invalid_token"' }
      return route.fulfill({ status: 401, headers, json: { error: 'x' } })
    })
    const uploads = requestsTo('/user/media/files?')
    const sent = await call(page, "kith.upload(new File(['x'.repeat(300000)], 'notes.txt', { type: 'text/plain' }))")
    expect(sent).toMatchObject({ value: { name: 'notes.txt', size: 300_000 } })
    expect(uploads).toEqual(['POST', 'POST'])
    const { value } = await call(page, "kith.get('/user/media/files').then(({ records }) => records.length)")
    expect(value).toBe(1)
  })
})

test('an upload reports its progress up to the end, and ends when the app aborts it', async () => {
  await app.signIn(page)
  const sent = await call(
    page,
    `new Promise((resolve, reject) => {
      const seen = []
      kith.upload(new Blob(['x'.repeat(30000000)]), { name: 'big.bin', onProgress: ({ loaded, total }) => seen.push(loaded / total) })
        .then(() => resolve([seen[0], seen.at(-1), seen.length > 2]), reject)
    })`,
  )
  expect(sent).toEqual({ value: [0, 1, true] })
  const aborted = await call(
    page,
    `(() => {
      const controller = new AbortController()
      const options = { name: 'aborted.bin', signal: controller.signal, onProgress: ({ loaded }) => loaded > 0 && controller.abort() }
      return kith.upload(new Blob(['x'.repeat(30000000)]), options)
    })()`,
  )
  expect(aborted).toMatchObject({ error: { kind: 'aborted' } })
  expect(await page.evaluate(STATUS)).toBe('signed_in')
})

test('a tab whose refresh got no reply, and whose clock says that a day has gone by, goes on', async () => {
  app.bound = true
  try {
    const context = await browser.newContext()
    await context.clock.install()
    const page = await app.tab(context)
    await app.signIn(page)
    await page.clock.fastForward('10:01')
    // Kith has renewed the token; the reply does not arrive.
    await context.route('**/oauth/token', async (route) => {
      await route.fetch()
      await context.setOffline(true)
      await route.abort()
    })
    expect(await call(page, ME)).toMatchObject({ error: { kind: 'offline' } })
    await context.unroute('**/oauth/token')
    await page.clock.fastForward('24:00:00')
    await context.setOffline(false)
    expect(await call(page, ME)).toEqual(me)
    await context.close()
  } finally {
    app.bound = false
  }
})
