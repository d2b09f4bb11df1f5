// The Expo example: the app itself, in a page, on stand-ins for the native modules, against a real Kith.
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { openBrowser } from './browser.ts'
import { Demo } from './demo.ts'
import { Phone, untilBack } from './expo/phone.ts'

const kith = new Demo()
let browser: Browser
let phone: Phone
/** Where the system's browser has been. */
let visited: string[] = []

beforeAll(async () => {
  // The app's page comes from nowhere, so its address counts as less local than Kith's.
  browser = await openBrowser('--disable-features=LocalNetworkAccessChecks')
  const drawn = await kith.project.run('convert', ['-size', '300x300', 'gradient:', 'inline:jpeg:-'])
  const settings = { EXPO_PUBLIC_KITH: kith.origin, EXPO_PUBLIC_CLIENT_ID: 'demo-native' }
  phone = await Phone.install(browser, settings, drawn.output.replace(/\s/g, ''))
})
afterAll(async () => {
  await browser?.close()
})
beforeEach(() => {
  visited = []
  phone.inBrowser = async (page, url, backTo) => {
    visited.push(new URL(url).pathname)
    return untilBack(page, url, backTo, () => signInIfAsked(page))
  }
})

async function signInIfAsked(page: Page): Promise<void> {
  if ((await page.locator('#password').count()) > 0) {
    await page.fill('#identifier', 'bob_demo')
    await page.fill('#password', kith.project.demo().users.bob_demo.password)
    await page.click('form:has(#password) button')
  } else if (!page.url().includes('/consent')) return
  // Any app could have claimed the scheme: Kith asks, although the app is its own.
  await page.click('button[value="yes"], button[value="allow"]')
}

const stored = () => [...phone.keychain.values()].join('')

test('signs in with the browser of the system, and keeps the session in the Keychain', async () => {
  const app = await phone.launch()
  await app.click('text=Sign in')
  await app.waitForSelector('text=Hello, Bob')
  expect(visited).toEqual(['/oauth/authorize'])
  expect(stored()).toContain('"refreshToken"')
  await app.close()
})

test('is still signed in when it is started again', async () => {
  const app = await phone.launch()
  await app.waitForSelector('text=Hello, Bob')
  expect(visited).toEqual([])
  await app.close()
})

/** Starts the app, and ends it between a refresh and its reply. */
async function killAtRefresh(options: Parameters<Phone['launch']>[0] = {}): Promise<void> {
  let killed: () => void = () => {}
  const dead = new Promise<void>((resolve) => {
    killed = resolve
  })
  await phone.launch({
    ...options,
    prepare: (page) =>
      page.route('**/oauth/token', async (route) => {
        const reply = await route.fetch()
        // With the first proof there is only a nonce.
        if (reply.status() === 400) return route.fulfill({ response: reply })
        expect(reply.status()).toBe(200)
        await page.close()
        killed()
      }),
  })
  await dead
}

test('killed between a refresh and its reply, it is signed in all the same', async () => {
  phone.ahead = 11 * 60_000
  const before = stored()
  await killAtRefresh()
  expect(stored()).toBe(before)
  const app = await phone.launch()
  await app.waitForSelector('text=Hello, Bob')
  expect(stored()).not.toBe(before)
  await app.close()
})

test('uploads a picture, with progress', async () => {
  const app = await phone.launch()
  await app.waitForSelector('text=Hello, Bob')
  expect(await app.locator('img').count()).toBe(0)
  await app.click('text=Change picture')
  await app.waitForSelector('text=100 %')
  const picture = await fetch((await app.getAttribute('img', 'src')) ?? '')
  expect([picture.status, picture.headers.get('content-type')]).toEqual([200, expect.stringMatching(/^image\//)])
  await app.close()
})

test('signs out, in the app and in the browser', async () => {
  const app = await phone.launch()
  await app.click('text=Sign out')
  await app.waitForSelector('text=Welcome')
  await expect.poll(() => visited).toEqual(['/oauth/logout'])
  expect(stored()).not.toContain('"refreshToken"')
  // The person closes the browser: nothing happens, and nothing is said.
  const closed = new Promise<void>((resolve) => {
    phone.inBrowser = async (page, url) => {
      await page.goto(url)
      expect(await page.locator('#password').count()).toBe(1)
      resolve()
      return null
    }
  })
  await app.click('text=Sign in')
  await closed
  await expect.poll(async () => (await app.textContent('main'))?.trim()).toBe('WelcomeSign inCreate an account')
  await app.close()
})

test('killed while its user is in the browser, it is started by the callback, and signed in', async () => {
  let callback = ''
  const killed = new Promise<void>((resolve) => {
    phone.inBrowser = async (page, url, backTo) => {
      callback = await untilBack(page, url, backTo, () => signInIfAsked(page))
      await app.close()
      resolve()
      return null
    }
  })
  const app = await phone.launch()
  // It is gone before the click is done with.
  await Promise.all([killed, app.click('text=Sign in').catch(() => {})])
  const next = await phone.launch({ initialUrl: callback })
  await next.waitForSelector('text=Hello, Bob')
  await next.close()
  // The same start once more, as after a reload, changes nothing.
  const again = await phone.launch({ initialUrl: callback })
  await again.waitForSelector('text=Hello, Bob')
})

test.each(['expo', 'react-native'] as const)(
  'a development build, whose tokens are bound to a key of the phone, signs in, starts again, survives the same and signs out (fetch of %s)',
  async (fetchOf) => {
    const build = { isBound: true, fetchOf }
    phone.ahead = 0
    phone.keychain.clear()
    const first = await phone.launch(build)
    await first.click('text=Sign in')
    await first.waitForSelector('text=Hello, Bob')
    await first.click('text=Change picture')
    await first.waitForSelector('text=100 %')
    await first.close()
    const [, key = ''] = [...phone.keychain].find(([name]) => name.includes('_3a_key_3a_')) ?? []
    expect(key).toContain('"d":')
    phone.ahead = 11 * 60_000
    const before = stored()
    await killAtRefresh(build)
    expect(stored()).toBe(before)
    const next = await phone.launch(build)
    await next.waitForSelector('text=Hello, Bob')
    expect(stored()).toContain(key)
    await next.click('text=Sign out')
    await next.waitForSelector('text=Welcome')
    expect(stored()).not.toContain('"refreshToken"')
    await next.close()
  },
)

test('Expo Go with the fetch of React Native, without streams, signs in', async () => {
  phone.ahead = 0
  phone.keychain.clear()
  const app = await phone.launch({ fetchOf: 'react-native', hasStreams: false })
  await app.click('text=Sign in')
  await app.waitForSelector('text=Hello, Bob')
  expect(stored()).not.toContain('"d":')
})
