// The server-rendered example in Chromium, without scripts, as `npm run example web-app` starts it.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { expectNothingGrave, keepPictures, openBrowser } from './browser.ts'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import type { Server } from './project.ts'

const kith = new Demo()
let app: Server
let browser: Browser
let context: BrowserContext
let page: Page

beforeAll(async () => {
  const port = await freePort()
  app = await kith.project.listen(['scripts/example.ts', 'web-app'], port, { PORT: String(port) })
  browser = await openBrowser()
  // axe needs its script; the app's pages have none.
  context = await browser.newContext({ bypassCSP: true })
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
})
afterAll(async () => {
  await browser?.close()
})

const sessionCookie = async () => (await context.cookies(app.origin)).find(({ name }) => name === '__Host-session')
const press = (name: string, tab = page) => tab.getByRole('button', { name, exact: true }).click()

async function signInAs(username: string, tab = page): Promise<void> {
  await tab.goto(app.origin)
  await press('Sign in', tab)
  await tab.fill('#identifier', username)
  await tab.fill('#password', kith.project.demo().users[username].password)
  await tab.click('form:has(#password) button')
  await tab.waitForURL(`${app.origin}/`)
}

test('signs in, with the session in a cookie that no script reads and a new id after the sign-in', async () => {
  await page.goto(app.origin)
  await keepPictures(page, 'web-app-welcome')
  await expectNothingGrave(page, 'web-app-welcome')
  expect(await sessionCookie()).toBeUndefined()
  await press('Sign in')
  expect(new URL(page.url()).origin).toBe(kith.origin)
  const before = await sessionCookie()
  await page.fill('#identifier', 'alice_demo')
  await page.fill('#password', kith.project.demo().users.alice_demo.password)
  await page.click('form:has(#password) button')
  await page.waitForURL(`${app.origin}/`)
  expect(await page.textContent('h1')).toBe('Hello, Alice')
  const after = await sessionCookie()
  expect(after).toMatchObject({ httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
  expect(after?.value).toMatch(/^[\w-]{43}$/)
  expect(after?.value).not.toBe(before?.value)
  // Nothing of a token reaches the browser.
  expect(await page.content()).not.toMatch(/eyJ|kith_/)
  expect(await page.evaluate('Object.keys(localStorage).length + Object.keys(sessionStorage).length')).toBe(0)
  await keepPictures(page, 'web-app-home')
  await expectNothingGrave(page, 'web-app-home')
})

test('the session from before the sign-in is worth nothing', async () => {
  const stranger = await browser.newContext()
  const other = await stranger.newPage()
  await other.goto(app.origin)
  await other.getByRole('button', { name: 'Sign in' }).click()
  const { value = '' } = (await stranger.cookies(app.origin)).find(({ name }) => name === '__Host-session') ?? {}
  await other.fill('#identifier', 'bob_demo')
  await other.fill('#password', kith.project.demo().users.bob_demo.password)
  const [callback] = await Promise.all([
    other.waitForRequest((request) => request.url().startsWith(`${app.origin}/callback`)),
    other.click('form:has(#password) button'),
  ])
  await other.waitForURL(`${app.origin}/`)
  const as = (headers: Record<string, string>) => fetch(app.origin, { headers })
  expect(await (await as({ cookie: `__Host-session=${value}` })).text()).toContain('Welcome')
  // Its callback, once more and in whatever browser, signs nobody in.
  for (const cookie of [`__Host-session=${value}`, '', `__Host-session=${'A'.repeat(43)}`]) {
    const again = await fetch(callback.url(), { headers: { cookie }, redirect: 'manual' })
    expect([again.status, again.headers.get('set-cookie')]).toEqual([400, null])
  }
  expect((await other.reload())?.status()).toBe(200)
  expect(await other.textContent('h1')).toBe('Hello, Bob')
  await stranger.close()
})

test('edits the profile: what Kith refuses is said at its field, and what was written is there at once', async () => {
  await page.click('text=Edit your profile')
  await page.fill('[name=username]', 'bob_demo')
  await page.fill('[name=bio]', '<b>"Likes" & long walks</b>')
  await press('Save')
  expect(await page.textContent('#username-error')).toContain('taken')
  expect(await page.inputValue('[name=bio]')).toBe('<b>"Likes" & long walks</b>')
  await keepPictures(page, 'web-app-edit')
  await expectNothingGrave(page, 'web-app-edit')
  await page.fill('[name=username]', 'alice_demo')
  await page.fill('[name=firstName]', 'Alicia')
  await press('Save')
  expect(await page.textContent('h1')).toBe('Hello, Alicia')
  expect(await page.textContent('main')).toContain('<b>"Likes" & long walks</b>')
})

test('a form of another site changes nothing', async () => {
  const cookie = `__Host-session=${(await sessionCookie())?.value}`
  for (const path of ['/edit', '/sign-out', '/sign-in']) {
    for (const headers of [{}, { origin: 'https://evil.example' }, { origin: 'null', 'sec-fetch-site': 'same-site' }]) {
      const init = { method: 'POST', body: new URLSearchParams({ firstName: 'Eve' }), redirect: 'manual' } as const
      expect((await fetch(app.origin + path, { ...init, headers: { cookie, ...headers } })).status).toBe(403)
    }
  }
  await page.goto(app.origin)
  expect(await page.textContent('h1')).toBe('Hello, Alicia')
})

test('a form that was opened before somebody else signed in, in another tab, changes nothing', async () => {
  const edit = await context.newPage()
  await edit.goto(`${app.origin}/edit`)
  const form = await edit.evaluate<[string, string][]>("[...new FormData(document.querySelector('form'))]")
  await edit.close()
  const stranger = await browser.newContext()
  const tab = await stranger.newPage()
  await signInAs('bob_demo', tab)
  const { value = '' } = (await stranger.cookies(app.origin)).find(({ name }) => name === '__Host-session') ?? {}
  const headers = { cookie: `__Host-session=${value}`, origin: app.origin }
  const send = (body: URLSearchParams) => fetch(`${app.origin}/edit`, { method: 'POST', headers, body, redirect: 'manual' })
  expect((await send(new URLSearchParams(form))).status).toBe(409)
  await tab.reload()
  expect(await tab.textContent('h1')).toBe('Hello, Bob')
  expect((await send(new URLSearchParams({ bio: 'x'.repeat(100_000) }))).status).toBe(413)
  await stranger.close()
})

test('no page is kept for whoever uses the browser next', async () => {
  for (const path of ['/', '/edit', '/callback']) {
    const reply = await fetch(app.origin + path, { headers: { cookie: `__Host-session=${(await sessionCookie())?.value}` } })
    expect(reply.headers.get('cache-control'), path).toBe('no-store')
  }
})

test('signs out, here and at Kith', async () => {
  const cookie = `__Host-session=${(await sessionCookie())?.value}`
  await press('Sign out')
  await page.waitForURL(`${app.origin}/`)
  expect(await page.textContent('h1')).toBe('Welcome')
  expect(await sessionCookie()).toBeUndefined()
  expect(await (await fetch(app.origin, { headers: { cookie } })).text()).toContain('Welcome')
  await press('Sign in')
  expect(await page.locator('#password').count()).toBe(1)
})

test('when the person signs out everywhere, the next page knows', async () => {
  await signInAs('dan_demo')
  const headers = { cookie: await kith.cookieOf('dan_demo'), 'sec-fetch-site': 'same-origin' }
  const reply = await fetch(`${kith.origin}/user/logout-all`, { headers })
  expect(reply.status).toBe(200)
  await page.goto(app.origin)
  expect(await page.textContent('h1')).toBe('Welcome')
})

test('a Kith that is down signs nobody out', async () => {
  await signInAs('dan_demo')
  await kith.server.kill()
  expect((await page.goto(app.origin))?.status()).toBe(503)
  expect(await page.textContent('main')).toContain('Please try again in a moment.')
  expect(await sessionCookie()).toBeDefined()
})
