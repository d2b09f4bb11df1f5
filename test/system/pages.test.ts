// The hosted pages in a real browser: without JavaScript, on a phone and on a desktop, with a keyboard or a screen reader, and
// against a hostile page of another origin (security rows 29, 30, 78).
import { createServer, type Server as HttpServer } from 'node:http'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DESK, expectNothingGrave, keepPictures, openBrowser, PHONE } from './browser.ts'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import { mailTo, PASSWORD, signUp } from './person.ts'

const PAGES = [
  '/account',
  ...['profile', 'picture', 'status', 'privacy', 'password', 'email', 'sessions', 'activity', 'apps', 'export', 'delete'].map(
    (name) => `/account/${name}`,
  ),
  ...['', '?q=demo', '/suggestions', '/followers', '/following', '/requests', '/requests/sent', '/blocks'].map((name) => `/people${name}`),
  ...['alice', 'bob', 'carol'].map((name) => `/@${name}_demo`),
  ...['', '/add'].map((name) => `/account/passkeys${name}`),
  ...['', '/app', '/app/remove', '/recovery-codes'].map((name) => `/account/two-step${name}`),
]
const OPEN_PAGES = [
  '/sign-in',
  '/sign-in/mail',
  '/sign-up',
  '/verify?account=0000000000000000ffffffff',
  '/verify/new-code',
  '/reset?code=aaa-bbb-ccc-ddd-eee-fff-ggg-hhh',
  '/forgot',
  '/reset',
  '/email/undo',
  '/two-step/undo',
  '/sign-out',
  '/account/nowhere',
  '/@bob_demo',
  '/@carol_demo',
  '/@nobody_demo',
  '/',
]

/** What must do (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 }

const kith = new Demo({ EMAIL_SIGN_IN: 'on' })
let browser: Browser
let alice: { username: string; password: string }

beforeAll(async () => {
  browser = await openBrowser()
  alice = { username: 'alice_demo', password: kith.project.demo().users.alice_demo.password }
})
afterAll(() => browser?.close())

const urlOf = (path: string) => kith.origin + path
const pathOf = (page: Page) => page.url().replace(kith.origin, '')

async function newContext(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  return browser.newContext({ javaScriptEnabled: false, viewport: DESK, ...options })
}

async function signIn(page: Page, { username, password } = alice): Promise<void> {
  await page.goto(urlOf('/sign-in'))
  await page.fill('#identifier', username)
  await page.fill('#password', password)
  await page.click('main button')
}

test('people find each other by name, follow, ask, accept and block, without any script', async () => {
  const press = (page: Page, name: string) => page.getByRole('button', { name, exact: true }).click()
  const noticeOf = (page: Page) => page.textContent('[role=status]')
  async function signedIn(username: 'alice_demo' | 'bob_demo' | 'carol_demo', options = {}): Promise<Page> {
    const page = await (await newContext({ viewport: PHONE, ...options })).newPage()
    await signIn(page, { username, password: kith.project.demo().users[username].password })
    return page
  }
  const [page, bob] = [await signedIn('alice_demo'), await signedIn('bob_demo')]
  await page.goto(urlOf('/people'))
  await page.fill('#q', 'demo')
  await page.keyboard.press('Enter')
  await press(page, 'Follow Bob Demo')
  expect([pathOf(page), await noticeOf(page)]).toEqual(['/people?q=demo&notice=followed', 'You follow them from now on.'])
  await press(page, 'Ask to follow Carol Demo')
  expect(await noticeOf(page)).toContain('Your request is sent')
  await page.goto(urlOf('/@dan_demo'))
  await page.click('summary')
  await press(page, 'Block Dan Demo')
  expect(await page.textContent('main')).toContain('You have blocked this person')
  await bob.goto(urlOf('/@alice_demo'))
  expect(await bob.textContent('main')).toContain('Follows you')
  await press(bob, 'Follow Alice Demo')
  // With scripts, for axe.
  const carol = await signedIn('carol_demo', { javaScriptEnabled: true, bypassCSP: true })
  for (const path of ['/people/requests', '/@alice_demo']) {
    await carol.goto(urlOf(path))
    await keepPictures(carol, `carol${path.replace(/\W+/g, '-')}`)
    await expectNothingGrave(carol, path)
    await carol.setViewportSize(NARROW)
    await carol.reload()
    await expectFitting(carol, path)
  }
  await press(carol, 'Accept the request of Alice Demo')
  expect(await carol.textContent('main')).toContain('Follows you')
  await page.goto(urlOf('/people/following'))
  expect(await page.getByRole('listitem').filter({ hasText: 'Unfollow' }).count()).toBe(2)
  for (const one of [page, bob, carol]) await one.context().close()
})

describe.each([
  ['a phone', PHONE, 'phone'],
  ['a desk', DESK, 'desk'],
] as const)('on %s, without any script', (_where, viewport, name) => {
  test('a person signs up, confirms, signs in, changes the password, signs out everywhere', async () => {
    const context = await newContext({ viewport })
    const page = await context.newPage()
    const username = `walker_${name}`
    const email = `${username}@example.com`
    await page.goto(urlOf('/account'))
    expect(pathOf(page)).toBe('/sign-in?return_to=%2Faccount')
    await page.click('text=Create an account')
    for (const [field, value] of Object.entries({ givenName: 'Wanda', familyName: 'Walker', username, email, password: PASSWORD })) {
      await page.fill(`#${field}`, value)
    }
    await page.click('text="Create account"')
    expect(await page.textContent('[role=status]')).toContain('Almost done')

    // By the button of the mail, as the developers' mailbox shows it.
    const link = await mailTo(kith.origin, email, /^(http\S+\/verify\?code=\S+)$/m)
    await page.goto(urlOf(`/dev/mailbox?to=${encodeURIComponent(email)}`))
    await page.frameLocator('iframe').first().locator('text="Confirm the address"').click()
    await page.waitForURL(link)
    await page.click('text=Confirm address')
    await page.waitForURL(urlOf('/account'))
    await page.goto(urlOf('/sign-out'))
    await page.click('main button')
    await page.fill('#identifier', email)
    await page.fill('#password', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    expect(await page.title()).toMatch(/^Error: /)
    expect(await page.inputValue('#identifier')).toBe(email)
    expect(await page.inputValue('#password')).toBe('')
    await page.fill('#password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForURL(urlOf('/account'))

    await page.goto(urlOf('/account/password'))
    await page.fill('#currentPassword', PASSWORD)
    await page.fill('#password', `${PASSWORD} 2`)
    await page.click('text="Change password"')
    expect(await page.textContent('[role=status]')).toContain('Your password was changed')
    await page.goto(urlOf('/account/sessions'))
    await page.click('button.danger')
    expect(await page.textContent('[role=status]')).toContain('on all devices')
    await page.goto(urlOf('/account'))
    expect(pathOf(page)).toMatch(/^\/sign-in/)
    await context.close()
  })

  test('a person signs in by mail: with the digits here, and with the link in another browser', async () => {
    const username = `mailed_${name}`
    await signUp(kith.origin, username)
    const mailed = (pattern: RegExp) => mailTo(kith.origin, `${username}@example.com`, pattern)
    const keep = (page: Page, what: string) => keepPictures(page, `mail-sign-in-${what}-${name}`)
    const [here, there] = [await newContext({ viewport }), await newContext({ viewport })]
    const page = await here.newPage()
    await page.goto(urlOf('/sign-in'))
    await page.fill('#identifier', username)
    await page.click('text="Email me a code"')
    expect(pathOf(page)).toBe('/sign-in/mail/code')
    const link = await mailed(/^(http\S+\/sign-in\/mail\/link\?code=\S+)$/m)
    const other = await there.newPage()
    await other.goto(link)
    await keep(other, 'link')
    expect(await other.textContent('.lead')).toContain(username)
    const digits = await mailed(/^(\d{6})$/m)
    await page.fill('#code', digits === '000000' ? '000001' : '000000')
    await page.click('main button')
    await keep(page, 'error')
    expect(await page.textContent('#code-error')).toContain('This code is wrong')
    await page.fill('#code', digits)
    await page.click('main button')
    await page.waitForURL(urlOf('/account'))
    await other.click('main button')
    await keep(other, 'used')
    expect(await other.textContent('h1')).toBe('This link no longer works')
    await page.goto(urlOf('/sign-in/mail'))
    await page.fill('#identifier', username)
    await keep(page, 'request')
    for (const context of [here, there]) await context.close()
  })
})

test('on a phone and on a desk, nothing is wider than the screen, and whatever is touched is 44 px high', async () => {
  const context = await newContext({ javaScriptEnabled: true })
  const page = await context.newPage()
  const expectFittingBoth = async (path: string) => {
    await page.goto(urlOf(path))
    for (const viewport of [NARROW, DESK]) {
      await page.setViewportSize(viewport)
      await expectFitting(page, path)
    }
  }
  for (const path of OPEN_PAGES) await expectFittingBoth(path)
  await signIn(page)
  for (const path of PAGES) await expectFittingBoth(path)
  await context.close()
})

test('on a phone with text twice as large, in the longest words, nothing is wider than the screen', async () => {
  const large = await openBrowser('--blink-settings=defaultFontSize=32')
  const context = await large.newContext({ javaScriptEnabled: false, viewport: PHONE, locale: 'de' })
  const page = await context.newPage()
  const widths = async (paths: readonly string[]) => {
    for (const path of paths) {
      await page.goto(urlOf(path))
      expect(await page.evaluate('document.documentElement.scrollWidth'), path).toBe(PHONE.width)
    }
  }
  await widths(OPEN_PAGES)
  await signIn(page)
  await widths(PAGES)
  await large.close()
})

test('on a phone, the navigation is a menu that opens without a script, and is not in the way of the page', async () => {
  const context = await newContext({ viewport: PHONE })
  const page = await context.newPage()
  await signIn(page)
  await page.goto(urlOf('/account'))
  const nav = page.locator('nav')
  expect(await nav.isVisible()).toBe(false)
  expect((await page.locator('h1').boundingBox())?.y).toBeLessThan(120)
  await page.click('text="Menu"')
  await keepPictures(page, 'menu')
  await nav.getByRole('link', { name: 'Privacy' }).click()
  await page.waitForURL(urlOf('/account/privacy'))
  expect(await nav.isVisible()).toBe(false)
  await page.click('text="Menu"')
  expect(await nav.locator('[aria-current=page]').textContent()).toBe('Privacy')
  await page.keyboard.press('Escape')
  expect(await nav.isVisible()).toBe(false)
  await context.close()
})

test('times are those of the zone that the browser is in; without a script they are in UTC, and say so', async () => {
  const clockOf = (at: string, timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit', timeZone }).format(new Date(at))
  for (const javaScriptEnabled of [true, false]) {
    const context = await newContext({ javaScriptEnabled, timezoneId: 'Asia/Kathmandu', locale: 'en-GB' })
    const page = await context.newPage()
    await signIn(page)
    await page.goto(urlOf('/account/activity'))
    const time = page.locator('main time').first()
    const at = (await time.getAttribute('datetime')) ?? ''
    const text = (await time.textContent()) ?? ''
    expect(text).toContain(clockOf(at, javaScriptEnabled ? 'Asia/Kathmandu' : 'UTC'))
    expect([text.endsWith(' UTC'), ((await time.getAttribute('title')) ?? '').endsWith(' UTC')]).toEqual([
      !javaScriptEnabled,
      javaScriptEnabled,
    ])
    await context.close()
  }
})

async function expectFitting(page: Page, path: string): Promise<void> {
  const seen = await page.evaluate(`(() => {
    const controls = [...document.querySelectorAll('button, .button, input:not([type=hidden]):not([type=radio]):not([hidden]), select, nav a, .links a, .go a, .choice')]
    const small = controls.filter((one) => one.checkVisibility() && one.getBoundingClientRect().height < 44).map((one) => one.outerHTML.slice(0, 120))
    return { scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth, small, headings: document.querySelectorAll('h1').length, title: document.title }
  })()`)
  const { scroll, width, ...rest } = seen as { scroll: number; width: number; small: string[]; headings: number; title: string }
  expect([path, rest.small, rest.headings]).toEqual([path, [], 1])
  expect(scroll, `${path} at ${width}`).toBeLessThanOrEqual(width)
  if (path !== '/') expect(rest.title).toContain(' · ')
}

describe('in the light and in the dark, axe finds nothing serious', () => {
  /** With motion, colours would be on their way for a while. */
  const seen = { javaScriptEnabled: true, bypassCSP: true, reducedMotion: 'reduce' } as const

  async function expectAccessible(page: Page, path: string, prepare?: (page: Page) => Promise<unknown>): Promise<void> {
    await page.goto(urlOf(path))
    await prepare?.(page)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await keepPictures(page, `${path.replace(/\W+/g, '-').slice(1)}${prepare ? '-error' : ''}-${colorScheme}`)
      await expectNothingGrave(page, `${path}, ${colorScheme}`)
    }
  }

  test('on the pages for everyone, with an error too', async () => {
    const context = await newContext(seen)
    const page = await context.newPage()
    for (const path of OPEN_PAGES) await expectAccessible(page, path)
    await expectAccessible(page, '/sign-in', async () => {
      await page.fill('#identifier', 'nobody_at_all')
      await page.fill('#password', 'wrong')
      await page.click('main button')
      await page.waitForSelector('[role=alert]')
    })
    await context.close()
  })

  test('on the pages of an account', async () => {
    const context = await newContext(seen)
    const page = await context.newPage()
    await signIn(page)
    for (const path of PAGES) await expectAccessible(page, path)
    await expectAccessible(page, '/account/profile', async () => {
      await page.fill('#customLink', 'http://example.com')
      await page.click('main button')
      await page.waitForSelector('[role=alert]')
    })
    await context.close()
  })
})

describe('for a keyboard and a screen reader', () => {
  test('the first stop leads to the content, the first field has the focus, an error has it instead', async () => {
    const context = await newContext({ javaScriptEnabled: true })
    const page = await context.newPage()
    const focused = () =>
      page.evaluate('document.activeElement.id || document.activeElement.getAttribute("role") || document.activeElement.className')
    await page.goto(urlOf('/forgot'))
    // Browsers focus with the first picture of a page, which may come after its load.
    await page.waitForSelector('#email:focus')
    await page.goto(urlOf('/sign-out'))
    await page.keyboard.press('Tab')
    expect(await focused()).toBe('skip')
    await page.goto(urlOf('/sign-in'))
    await page.fill('#identifier', 'nobody_at_all')
    await page.fill('#password', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    expect(await focused()).toBe('alert')
    await page.goto(urlOf('/verify'))
    await page.fill('#code', 'no-code')
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=alert]')
    expect(await page.getAttribute('#code', 'aria-describedby')).toBe('code-hint code-error')
    expect(await page.textContent('#code-error')).toContain('This code is wrong')
    await page.click('[role=alert] a')
    expect(await focused()).toBe('code')
    await context.close()
  })
})

test('a sign-in on the way to an app ends there with a code, whatever form-action says', async () => {
  const context = await newContext()
  const page = await context.newPage()
  const callback = 'http://localhost:5173/callback'
  const query = new URLSearchParams({
    client_id: 'demo-spa',
    redirect_uri: callback,
    response_type: 'code',
    state: 'xyz',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  await page.goto(urlOf(`/sign-in?${new URLSearchParams({ return_to: `/oauth/authorize?${query}` })}`))
  await page.fill('#identifier', alice.username)
  await page.fill('#password', alice.password)
  // Nobody listens there; the browser's request is enough.
  const [request] = await Promise.all([page.waitForRequest((one) => one.url().startsWith(callback)), page.click('main button')])
  expect(new URL(request.url()).searchParams.get('code')).toBeTruthy()
  await context.close()
})

// Another site, which gets no cookies, and another origin of the same site, which does: sites ignore ports.
describe.each(['127.0.0.1', 'localhost'])('a page of another origin, on %s', (host) => {
  let evil: HttpServer
  let evilOrigin: string
  /** The content of the hostile page on the next visit. */
  let html = ''

  beforeAll(async () => {
    const port = await freePort()
    evilOrigin = `http://${host}:${port}`
    evil = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html)).listen(port)
  })
  afterAll(() => {
    evil?.close()
  })

  async function attack(page: Page, path: string, fields: Record<string, string>, attributes = ''): Promise<number> {
    const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
    html = `<form method="post" action="${urlOf(path)}" ${attributes}>${inputs.join('')}<button>Win a prize</button></form>`
    await page.goto(evilOrigin)
    const [reply] = await Promise.all([page.waitForResponse((one) => one.url() === urlOf(path)), page.click('button')])
    return reply.status()
  }

  test('signs nobody in and changes nothing, with whatever encoding and referrer policy', async () => {
    const context = await newContext()
    const page = await context.newPage()
    const before = await context.newPage()
    await signIn(before)
    await before.goto(urlOf('/account/status'))
    const token = (await before.getAttribute('input[name=form_token]', 'value')) ?? ''
    const status = { form_token: token, statusMessage: 'pwned', availability: '', mood: '', lasts: '' }
    for (const attributes of ['', 'enctype="text/plain"', 'enctype="multipart/form-data"', 'rel="noreferrer"']) {
      expect(await attack(page, '/account/status', status, attributes)).toBe(403)
      expect(await attack(page, '/sign-in', { identifier: 'bob_demo', password: 'x', form_token: token }, attributes)).toBe(403)
      expect(await attack(page, '/account/sessions/end-all', { form_token: token }, attributes)).toBe(403)
      expect(await attack(page, '/sign-out', { form_token: token }, attributes)).toBe(403)
    }
    await before.reload()
    expect(await before.inputValue('#statusMessage')).not.toBe('pwned')
    await context.close()
  })

  test('gets no page into a frame', async () => {
    const context = await newContext({ javaScriptEnabled: true })
    const page = await context.newPage()
    html = `<iframe src="${urlOf('/sign-in')}"></iframe>`
    const failure = page.waitForEvent('console', (message) => /frame/i.test(message.text()))
    await page.goto(evilOrigin)
    expect((await failure).text()).toMatch(/frame-ancestors|X-Frame-Options/i)
    await context.close()
  })
})
