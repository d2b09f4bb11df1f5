// Every page of the console and of a person's account, as links lead to them, in a real browser: on a phone and a desk, light and dark,
// in English, German and Arabic.
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { DESK, expectNothingGrave, keepPictures, openBrowser, PHONE } from './browser.ts'
import { Demo } from './demo.ts'

const kith = new Demo({ INVITE_CODE_WINDOW_SECONDS: '0' })
let browser: Browser
const TABLET = { width: 820, height: 1180 }
/** Of an administrator who has signed in. */
let cookies: Awaited<ReturnType<BrowserContext['cookies']>>
let paths: readonly string[]

const BEGINNINGS = ['/admin', '/account', '/people', '/account/files', '/@alice_demo']
/** They end the session, are no page, or take a sign-in with two factors. */
const NOT_PAGES =
  /^\/(sign-out|oauth|dev|docs|openapi|assets|consent)|\/impersonate$|\/file\b|\/previews?\/[^?]*\/html|ui_locales=|language/
/** One page of each kind is enough: ids and choices are all alike. */
const kindOf = (path: string) => path.replace(/[0-9a-f]{24}/g, ':id').replace(/=[^&]*/g, '=')

const newContext = (options: Parameters<Browser['newContext']>[0] = {}) => browser.newContext({ bypassCSP: true, ...options })

beforeAll(async () => {
  browser = await openBrowser()
  const context = await newContext()
  const page = await context.newPage()
  await page.goto(`${kith.origin}/sign-in?return_to=/account`)
  await page.fill('#identifier', 'root_admin')
  await page.fill('#password', kith.project.demo().users.root_admin.password)
  await page.click('main button')
  await page.waitForURL(`${kith.origin}/account`)
  cookies = await context.cookies()
  await addWebhook(page)
  await addLongNames()
  paths = await findPaths(page)
  await context.close()
})
afterAll(() => browser?.close())

/** One that nothing can be sent to, so that its page, its log and what can be done with it are there. */
async function addWebhook(page: Page): Promise<void> {
  await page.goto(`${kith.origin}/admin/webhooks/new`)
  await page.fill('#url', 'http://localhost:9/')
  await page.check('[name="event *"]')
  await page.click('main button[type=submit]')
  await page.click('main .buttons a.primary')
  for (const name of ['Send a test', 'Disable', 'Enable']) {
    await page.click(`main .buttons a:has-text("${name}")`)
    await page.click('main button[type=submit]')
  }
}

/** As long as names may be, without a place to break them. */
async function addLongNames(): Promise<void> {
  const username = 'hubert_wolfeschlegelsteinhause'
  const names = { firstName: 'Wolfeschlegelsteinhausenbergerdorff', lastName: 'Llanfairpwllgwyngyllgogerychwyrndrobwll' }
  const email = 'hubert.wolfeschlegelsteinhausenbergerdorff@students.university-of-southern-denmark.example.org'
  const { status } = await kith.post('/user/create', { username, ...names, email, password: 'a password that is long enough' })
  expect(status).toBe(201)
}

/** What links lead to, a page of each kind. */
async function findPaths(page: Page): Promise<string[]> {
  const found = new Map<string, string>()
  const waiting = [...BEGINNINGS]
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    if (found.has(kindOf(path))) continue
    found.set(kindOf(path), path)
    const reply = await page.request.get(kith.origin + path)
    expect([path, reply.status()]).toEqual([path, 200])
    const hrefs = [...(await reply.text()).matchAll(/<a [^>]*href="(\/[^"#]*)/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'))
    waiting.push(...hrefs.filter((href) => !NOT_PAGES.test(href)))
  }
  return [...found.values()]
}

async function expectFitting(page: Page, path: string): Promise<void> {
  const over = await page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth')
  expect([path, Number(over) > 0]).toEqual([path, false])
}

/**
 * The language and the direction of the page. The first Tab leads to the link that skips the navigation; from there on the focus goes
 * through the page as it is read.
 */
async function expectInOrder(page: Page, path: string, language: string, direction: string): Promise<void> {
  const seen = await page.evaluate(`({
    language: document.documentElement.lang,
    direction: document.documentElement.dir,
    outOfOrder: document.querySelectorAll('[tabindex]:not([tabindex="0"]):not([tabindex="-1"])').length,
    first: document.querySelector('a, button, input, select, textarea').className,
  })`)
  expect([path, seen]).toEqual([path, { language, direction, outOfOrder: 0, first: 'skip' }])
}

test('the walk finds each section of the console, of the account and about people', () => {
  for (const section of [
    'overview',
    'people',
    'roles',
    'clients',
    'apis',
    'machines',
    'invite-codes',
    'mail',
    'webhooks',
    'audit',
    'settings',
    'health',
  ]) {
    expect(paths).toContain(`/admin/${section}`)
  }
  for (const section of [
    '/people/requests',
    '/people/followers',
    '/account/activity',
    '/account/export',
    '/account/files',
    '/@alice_demo',
  ]) {
    expect(paths).toContain(section)
  }
  expect(paths.length).toBeGreaterThan(60)
})

// Each colour scheme at each width, and each direction in both; German has long words. Contrast does not depend on the language, nor
// the width of text on colours; and what a page contains depends on the language alone, so it is loaded once for both looks.
test.each([
  ['en', 'ltr', 'light', 'dark'],
  ['ar', 'rtl', 'dark', 'light'],
  ['de', 'ltr', 'dark', 'light'],
] as const)(
  'in %s, %s, %s on a phone and %s on a desk: axe finds nothing serious, nothing overflows, the focus goes in order',
  async (locale, direction, onPhone, onDesk) => {
    // With motion, colours would be on their way for a while.
    const context = await newContext({ locale, reducedMotion: 'reduce' })
    await context.addCookies(cookies)
    const page = await context.newPage()
    for (const path of paths) {
      await page.goto(kith.origin + path)
      await expectInOrder(page, path, locale, direction)
      for (const [viewport, colorScheme] of [[PHONE, onPhone] as const, [DESK, onDesk] as const]) {
        const name = `${locale} ${colorScheme} ${viewport.width} ${path}`
        await page.setViewportSize(viewport)
        await page.emulateMedia({ colorScheme })
        await expectFitting(page, name)
        await expectNothingGrave(page, name)
      }
      await page.setViewportSize(TABLET)
      await expectFitting(page, `${locale} ${TABLET.width} ${path}`)
      if (locale !== 'en') await keepPictures(page, `console-${locale}-${path.replace(/\W+/g, '_').slice(0, 80)}`)
    }
    await context.close()
  },
)
