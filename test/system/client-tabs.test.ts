// Two tabs of one browser with one session, for an hour of their time: the tabs share each refresh, whatever the server and the
// network do, and nobody is signed out for nothing. Kith's own clock does not move: the tabs' clock decides when they refresh.
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { ClientPage, call, isRefresh, refreshesOf } from './client-page.ts'

/** An access token is good for ten minutes. */
const STEP = '10:01'
const STEPS = 6
const ME = "kith.get('/user/me').then(({ user }) => user.username)"

const app = new ClientPage()
let browser: Browser
let context: BrowserContext
let tabs: [Page, Page]
let refreshes: ReturnType<typeof refreshesOf>

beforeAll(async () => {
  browser = await openBrowser()
  await app.open()
})
afterAll(async () => {
  await browser?.close()
  await app.close()
})

/** Two tabs of somebody who is signed in. */
async function openTabs(): Promise<void> {
  context = await browser.newContext()
  await context.clock.install()
  const first = await app.tab(context)
  await app.signIn(first)
  tabs = [first, await app.tab(context)]
  refreshes = refreshesOf(context)
}

/** Time goes by in both tabs; then both want something, several times at once. */
async function next(asks = 3): Promise<unknown[]> {
  for (const tab of tabs) await tab.clock.fastForward(STEP)
  return Promise.all(tabs.flatMap((tab) => Array.from({ length: asks }, () => call(tab, ME))))
}

const everybody = (asks = 3) => Array.from({ length: asks * 2 }, () => ({ value: app.username }))
const statuses = () => Promise.all(tabs.map((tab) => tab.evaluate('kith.session.status')))

/** What happens to requests that renew tokens. */
async function onRefresh(handle: (route: Route) => Promise<void>): Promise<void> {
  await context.route('**/oauth/token', (route) => {
    return isRefresh(route.request().url(), route.request().postData()) ? handle(route) : route.continue()
  })
}

describe.each([
  ['bearer tokens', false],
  ['tokens bound to a key', true],
])('with %s', (_, bound) => {
  beforeEach(async () => {
    app.bound = bound
    await openTabs()
  })
  afterEach(() => context?.close())

  test('two tabs refresh once each time, for an hour', async () => {
    for (let step = 1; step <= STEPS; step++) {
      expect(await next()).toEqual(everybody())
      expect(refreshes.granted).toBe(step)
    }
    expect(await statuses()).toEqual(['signed_in', 'signed_in'])
  })

  test('two tabs refresh once each time while Kith is slow', async () => {
    await onRefresh(async (route) => {
      await new Promise((resolve) => setTimeout(resolve, 700))
      await route.continue()
    })
    for (let step = 1; step <= STEPS; step++) {
      expect(await next()).toEqual(everybody())
      expect(refreshes.granted).toBe(step)
    }
  })

  test('a Kith that fails every other time signs nobody out, and is asked no more than once again', async () => {
    let asked = 0
    await onRefresh((route) => {
      asked += 1
      return asked % 2 === 1 ? route.fulfill({ status: 503, headers: { 'access-control-allow-origin': '*' } }) : route.continue()
    })
    for (let step = 1; step <= STEPS; step++) {
      expect(await next()).toEqual(everybody())
      expect(refreshes.granted).toBe(step)
      // With a key, Kith's clock stands still, so a proof has the wrong time first, and the one after it fails.
      expect(refreshes.asked).toBe((bound ? 4 : 2) * step)
    }
    expect(await statuses()).toEqual(['signed_in', 'signed_in'])
  })

  test('a reply that is lost is asked for again, and costs no session', async () => {
    let lost = 0
    await onRefresh(async (route) => {
      if (lost > 0) return route.continue()
      lost += 1
      await route.fetch()
      await route.abort()
    })
    expect(await next()).toEqual(everybody())
    expect(refreshes.granted).toBe(1)
    expect(await next()).toEqual(everybody())
    expect(refreshes.granted).toBe(2)
  })

  test('offline in the middle of a refresh: everything that was asked is told so, and goes on when the network is back', async () => {
    await onRefresh(async (route) => {
      await context.setOffline(true)
      await route.abort('internetdisconnected')
    })
    for (const outcome of await next()) expect(outcome).toMatchObject({ error: { kind: 'offline' } })
    expect(refreshes.asked).toBeLessThanOrEqual(6)
    expect(await statuses()).toEqual(['signed_in', 'signed_in'])
    await context.unroute('**/oauth/token')
    await context.setOffline(false)
    expect(await Promise.all(tabs.map((tab) => call(tab, ME)))).toEqual(everybody(1))
  })

  test('a sign-out in one tab is known in the other, and asks for nothing more', async () => {
    const [first, second] = tabs
    expect(await call(first, "kith.signOut({ from: 'app' })")).toEqual({})
    await second.waitForFunction("kith.session.status === 'signed_out'")
    expect(await call(second, ME)).toMatchObject({ error: { kind: 'signed_out', reason: 'signed_out' } })
    expect(refreshes.asked).toBe(0)
  })
})
