// The single-page app of the examples in a real browser, and the components it is made of: rendered on a server and hydrated, by
// keyboard, and when something fails. Set SCREENSHOTS=<folder> to keep pictures.
import { spawn } from 'node:child_process'
import type { Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { png } from '../support/images.ts'
import { expectNothingGrave, keepPictures, openBrowser } from './browser.ts'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import { mailTo, PASSWORD } from './person.ts'
import { Server } from './project.ts'
import { type PageProps, renderPage, servePage } from './react-page.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const [appPort, pagePort] = [await freePort(), await freePort()]
const [app, site] = [`http://localhost:${appPort}`, `http://localhost:${pagePort}`]
const kith = new Demo({ CORS_ORIGINS: `${app} ${site}` })

let PROPS: PageProps = { origin: '', clientId: '', people: [] }

let browser: Browser
let vite: Server
let server: HttpServer

beforeAll(async () => {
  browser = await openBrowser()
  const redirects = [app, site].flatMap((origin) => ['--redirect-uri', `${origin}/callback`, '--post-logout-redirect-uri', `${origin}/`])
  const made = await kith.project.run(process.execPath, ['scripts/operator.ts', 'client', 'update', 'demo-spa', ...redirects])
  expect(made.code, made.output).toBe(0)
  const args = ['start', '-w', 'examples/react-app', '--', '--port', String(appPort)]
  const env = { ...process.env, NODE_ENV: 'development', VITE_KITH: kith.origin }
  vite = new Server(app, spawn('npm', args, { cwd: ROOT, env, detached: true, stdio: 'ignore' }), () => '')
  server = await servePage(pagePort, () => PROPS)
  await vite.until(async () => (await fetch(app).catch(() => null)) !== null)
})
afterAll(async () => {
  await vite?.kill()
  server?.close()
  await browser?.close()
})

/** What the browser complains about. Failed requests are the tests' own doing. */
function complaintsOf(context: BrowserContext): string[] {
  const complaints: string[] = []
  context.on('weberror', (error) => complaints.push(String(error.error())))
  context.on('console', (message) => {
    const isComplaint = message.type() === 'error' || message.type() === 'warning'
    if (isComplaint && !message.text().startsWith('Failed to load resource')) complaints.push(message.text())
  })
  return complaints
}

async function signInAs(page: Page, username: string): Promise<void> {
  await page.fill('#identifier', username)
  await page.fill('#password', kith.project.demo().users[username].password)
  await page.keyboard.press('Enter')
}

/** A busy machine takes a while. */
const eventually = <T>(read: () => T | Promise<T>) => expect.poll(read, { timeout: 20_000 })

describe('examples/react-app', () => {
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  const username = `walk_${Date.now().toString(36)}`
  const email = `${username}@example.com`

  beforeAll(async () => {
    context = await browser.newContext({ reducedMotion: 'reduce' })
    context.setDefaultTimeout(20_000)
    complaints = complaintsOf(context)
    page = await context.newPage()
  })
  afterAll(async () => {
    await context?.close()
    expect(complaints).toEqual([])
  })

  async function look(name: string) {
    await expectNothingGrave(page, name)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await keepPictures(page, `react-app-${name}-${colorScheme}`)
    }
    await page.emulateMedia({ colorScheme: 'light' })
  }

  test('a person signs up on the pages of Kith, confirms the address, and is signed in to the app', async () => {
    await page.goto(app)
    await page.waitForSelector('h1')
    await look('welcome')
    await page.click('[data-kith=sign-up]')
    for (const [field, value] of Object.entries({ givenName: 'Wanda', familyName: 'Walker', username, email, password: PASSWORD })) {
      await page.fill(`#${field}`, value)
    }
    await page.click('main form button')
    await page.waitForSelector('[role=status]')
    await page.goto(await mailTo(kith.origin, email, /^(http\S+\/verify\?code=\S+)$/m))
    await page.click('text="Confirm address"')
    await page.waitForURL(`${app}/`)
    await page.waitForSelector('h2:has-text("Wanda Walker")')
    await look('signed-in')
  })

  test('they change their profile, and a refused change names its field', async () => {
    await page.fill('[name=firstName]', 'Wilma')
    await page.fill('[name=bio]', 'Walks a lot.')
    await page.click('text="Save"')
    await page.waitForSelector('h2:has-text("Wilma Walker")')
    await page.waitForSelector('text="Saved."')
    await page.fill('[name=bio]', 'a'.repeat(257))
    await page.click('text="Save"')
    await page.waitForSelector('[name=bio][aria-invalid=true]')
    await look('refused')
    await page.fill('[name=bio]', 'Walks a lot.')
    await page.click('text="Save"')
    await page.waitForSelector('text="Saved."')
  })

  test('a name cannot be cleared, and the form says so before it sends anything', async () => {
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.method()))
    await page.fill('[name=lastName]', '')
    await page.click('text="Save"')
    expect(
      await page.locator('[name=lastName]').evaluate((input: { validity: { valueMissing: boolean } }) => input.validity.valueMissing),
    ).toBe(true)
    expect(requests).not.toContain('PATCH')
    await page.fill('[name=lastName]', 'Walker')
  })

  test('a picture is shown at once, in the page and in the menu', async () => {
    await page.setInputFiles('input[accept="image/*"]', {
      name: 'me.png',
      mimeType: 'image/png',
      buffer: Buffer.from(png({ width: 96, height: 96 })),
    })
    const shown = page.locator('[data-kith=avatar][src$=".webp"]')
    await eventually(() => shown.count()).toBe(2)
    await eventually(() => shown.last().evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBeGreaterThan(0)
  })

  test('they find people, follow a public account and ask a private one', async () => {
    await page.fill('[name=query]', 'bob')
    await page.click('text="Search"')
    await page.click('button:has-text("Follow")')
    await page.waitForSelector('button:has-text("Following")')
    await look('people')
    await page.fill('[name=query]', 'carol')
    await page.click('text="Search"')
    await page.waitForSelector('li:has-text("Carol Demo")')
    await page.click('button:has-text("Follow")')
    await page.waitForSelector('button:has-text("Requested")')
    await page.fill('[name=query]', 'nobody-here')
    await page.click('text="Search"')
    await page.waitForSelector('text="Nobody found."')
  })

  test('a file is sent with progress; stopped, it leaves nothing behind', async () => {
    const network = await context.newCDPSession(page)
    const throttle = (uploadThroughput: number) =>
      network.send('Network.emulateNetworkConditions', { offline: false, latency: 0, downloadThroughput: -1, uploadThroughput })
    const file = (name: string) => ({ name, mimeType: 'text/plain', buffer: Buffer.alloc(600_000, 'a') })
    const progress = page.locator('progress')
    await throttle(150_000)
    await page.setInputFiles('section:has-text("Files") input', file('stopped.txt'))
    await eventually(() => progress.evaluate((bar: { position: number }) => bar.position).catch(() => 0)).toBeGreaterThan(0)
    await look('upload')
    await page.click('text="Stop"')
    await page.waitForSelector('[role=alert]:has-text("You can start again.")')
    await throttle(-1)
    await page.setInputFiles('section:has-text("Files") input', file('kept.txt'))
    await page.waitForSelector('li:has-text("kept.txt, 586 KB")')
    expect(await page.locator('li:has-text("stopped.txt")').count()).toBe(0)
    await network.detach()
  })

  test('each kind of error says what it is and what helps', async () => {
    const me = `${kith.origin}/user/me`
    const answers: [number, Record<string, string>, object, string][] = [
      [429, { 'retry-after': '77' }, { ok: 0, error: 'RateLimitError' }, '(77 s)'],
      [500, {}, { ok: 0, error: 'ServerError' }, 'This is not your fault.'],
      [401, { 'www-authenticate': 'Bearer error="insufficient_user_authentication", max_age="60"' }, {}, 'Please confirm that it is you.'],
    ]
    for (const [status, more, body, text] of answers) {
      const headers = {
        'access-control-allow-origin': app,
        'access-control-allow-credentials': 'true',
        'access-control-expose-headers': '*, www-authenticate, retry-after',
        ...more,
      }
      await page.route(me, (route) =>
        route.request().method() === 'PATCH' ? route.fulfill({ status, headers, json: body }) : route.continue(),
      )
      await page.click('text="Save"')
      await page.waitForSelector(`[role=alert]:has-text("${text}")`)
      await page.unroute(me)
    }
    await look('step-up')
    await context.setOffline(true)
    await page.click('text="Save"')
    await page.waitForSelector('[role=alert]:has-text("You are still signed in.")')
    await context.setOffline(false)
    await page.click('text="Save"')
    await page.waitForSelector('text="Saved."')
    expect(await page.locator('[role=alert]').count()).toBe(0)
  })

  test('a session that has ended at Kith ends in the app, which says so, and the way back is short', async () => {
    const cookie = (await kith.logIn(username, PASSWORD)).headers.getSetCookie()[0]?.split(';')[0] ?? ''
    expect((await kith.post('/user/logout-all', {}, { cookie })).status).toBe(200)
    await page.click('text="Save"')
    await page.waitForSelector('[role=alert]:has-text("Your session has ended.")')
    await look('ended')
    await page.click('text="Sign in"')
    await page.fill('#identifier', username)
    await page.fill('#password', PASSWORD)
    await page.keyboard.press('Enter')
    await page.waitForSelector('h2:has-text("Wilma Walker")')
    expect(await page.inputValue('[name=bio]')).toBe('Walks a lot.')
  })

  test('they sign out by the menu: of the app and of Kith', async () => {
    await page.click('[data-kith=user-button] > button')
    const back = page.waitForNavigation({ url: `${app}/` })
    await page.click('[role=menuitem]:has-text("Sign out")')
    await back
    await page.waitForSelector('[data-kith=sign-up]')
    await page.goto(`${kith.origin}/account`)
    expect(new URL(page.url()).pathname).toBe('/sign-in')
  })
})

describe('@kith/client/react', () => {
  let context: BrowserContext
  let page: Page
  let complaints: string[]
  /** Paths of Kith that the page has asked. */
  let asked: string[]
  const buttonOf = (person: string) => page.locator(`#${person} [data-kith=follow]`)

  beforeAll(async () => {
    const { users } = kith.project.demo()
    const person = (username: string, firstName: string, more: object = {}) => ({
      ...{ _id: users[username].id, username, firstName, lastName: 'Demo', profilePictureUrl: null, ...more },
    })
    PROPS = {
      origin: kith.origin,
      clientId: 'demo-spa',
      people: [
        person('alice_demo', 'Alice'),
        person('bob_demo', 'Bob', { profilePictureUrl: `${app}/no-such-picture.webp` }),
        person('carol_demo', 'Carol', { isPrivate: true }),
        person('dan_demo', '\u00e9va'),
      ],
    }
    context = await browser.newContext()
    context.setDefaultTimeout(20_000)
    complaints = complaintsOf(context)
    asked = []
    page = await context.newPage()
    page.on('request', (request) => {
      if (request.method() !== 'OPTIONS' && request.url().startsWith(kith.origin)) asked.push(new URL(request.url()).pathname)
    })
  })
  afterAll(() => context?.close())

  test('a server renders what everybody sees: no session, no button that would be wrong a moment later', async () => {
    const html = await renderPage('/', PROPS)
    expect(html).toContain('<h1>loading</h1>')
    expect(html).not.toMatch(/data-kith="(?:sign-in|sign-up|sign-out|user-button)"/)
    expect(html).toMatch(/<svg data-kith="avatar"[^>]* role="img" aria-label="alice_demo">.*?>AD<\/text>/)
    expect(html).toContain('>ÉD</text>')
    expect(html).toContain(`src="${kith.origin}/user/${kith.project.demo().users.dan_demo.id}/profile-picture"`)
    expect(await renderPage('/callback', PROPS)).toBe('<p role="status" data-kith="status">Signing you in…</p>')
  })

  test('the page hydrates without a mismatch, in strict mode, for somebody signed out and for somebody signed in', async () => {
    await page.goto(site)
    await page.waitForSelector('h1:has-text("signed_out")')
    await page.click('text="Sign in"')
    await signInAs(page, 'alice_demo')
    await page.waitForURL(`${site}/?back`)
    await page.waitForSelector('h1:has-text("signed_in")')
    await eventually(() => page.textContent('#user')).toBe('alice_demo')
    asked = []
    await page.reload()
    await eventually(() => page.textContent('#user')).toBe('alice_demo')
    await buttonOf('bob_demo').waitFor()
    await eventually(() => asked.filter((path) => !path.endsWith('/profile-picture')).sort()).toEqual(['/user/me', '/user/relationships'])
    expect(await page.textContent('h1')).toBe('signed_in')
    expect(complaints).toEqual([])
    await expectNothingGrave(page, 'components')
  })

  test('a picture that cannot be loaded is replaced', async () => {
    const broken = page.locator('#bob_demo [data-kith=avatar]').first()
    await eventually(() => broken.getAttribute('src')).toBe(`${kith.origin}/user/${kith.project.demo().users.bob_demo.id}/profile-picture`)
    await eventually(() => broken.evaluate((image: { naturalWidth: number }) => image.naturalWidth)).toBeGreaterThan(0)
  })

  test('the menu works by keyboard, and gives the focus back', async () => {
    const trigger = page.locator('[data-kith=user-button] > button')
    const focused = () => page.evaluate<string>('document.activeElement.textContent')
    expect(await page.getByRole('button', { name: 'Your account: Alice Demo' }).count()).toBe(1)
    await trigger.focus()
    await page.keyboard.press('ArrowDown')
    await page.waitForSelector('[role=menu]')
    expect([await focused(), await trigger.getAttribute('aria-expanded')]).toEqual(['Settings', 'true'])
    await expectNothingGrave(page, 'menu')
    const seen: string[] = []
    for (const key of ['ArrowDown', 'End', 'ArrowDown', 'ArrowUp', 'Home', 'm', 's']) {
      await page.keyboard.press(key)
      seen.push(await focused())
    }
    expect(seen).toEqual(['My account', 'Sign out', 'Settings', 'Sign out', 'Settings', 'My account', 'Sign out'])
    expect(await page.getAttribute('[role=menuitem]:has-text("My account")', 'href')).toBe(`${kith.origin}/account`)
    await page.keyboard.press('Escape')
    expect(await page.locator('[role=menu]').count()).toBe(0)
    expect(await trigger.evaluate((button) => button === button.ownerDocument.activeElement)).toBe(true)
    await page.keyboard.press('Enter')
    await page.waitForSelector('[role=menu]')
    await page.mouse.click(2, 2)
    await eventually(() => page.locator('[role=menu]').count()).toBe(0)
    expect(await trigger.getAttribute('aria-expanded')).toBe('false')
  })

  test('a follow shows at once, and is taken back with a word if it fails', async () => {
    expect(await buttonOf('alice_demo').count()).toBe(0)
    expect(await buttonOf('bob_demo').getAttribute('aria-label')).toBe('Follow bob_demo')
    const hold = Promise.withResolvers<void>()
    await page.route('**/user/follow', (route) => hold.promise.then(() => route.continue()))
    await buttonOf('bob_demo').click()
    expect(await buttonOf('bob_demo').textContent()).toBe('Following')
    await buttonOf('carol_demo').click()
    expect(await buttonOf('carol_demo').textContent()).toBe('Requested')
    hold.resolve()
    await eventually(() => page.locator('[aria-busy]').count()).toBe(0)
    await page.unroute('**/user/follow')
    await page.route('**/user/follow', (route) => route.abort())
    await buttonOf('dan_demo').click()
    await page.waitForSelector('#dan_demo [role=alert]:has-text("could not be reached")')
    expect(await buttonOf('dan_demo').textContent()).toBe('Follow')
    await page.unroute('**/user/follow')
    await page.reload()
    await eventually(() => Promise.all(['bob_demo', 'carol_demo', 'dan_demo'].map((name) => buttonOf(name).textContent()))).toEqual([
      'Following',
      'Requested',
      'Follow',
    ])
    await buttonOf('bob_demo').click()
    await buttonOf('carol_demo').click()
    await eventually(() => page.locator('[data-status=none]').count()).toBe(3)
    await page.reload()
    await eventually(() => page.locator('[data-status=none]').count()).toBe(3)
  })

  test('somebody else who signs in in another tab finds nothing of the first', async () => {
    await page.fill('#note', 'of Alice')
    const other = await context.newPage()
    await other.goto(site)
    await context.clearCookies()
    await other.click('text="Switch"')
    await signInAs(other, 'bob_demo')
    await eventually(() => page.textContent('#user')).toBe('bob_demo')
    expect(await page.inputValue('#note')).toBe('')
    expect(await Promise.all(['alice_demo', 'bob_demo'].map((name) => buttonOf(name).count()))).toEqual([1, 0])
    await other.close()
  })

  test('a sign-out in one tab shows in the others', async () => {
    const other = await context.newPage()
    await other.goto(site)
    await other.click('[data-kith=sign-out]')
    await other.waitForSelector('h1:has-text("signed_out")')
    await page.waitForSelector('h1:has-text("signed_out")')
    expect(await page.textContent('#user')).toBe('nobody')
    expect(await page.locator('[data-kith=user-button]').count()).toBe(0)
    await other.close()
  })

  test('the callback: a failed sign-in says why and offers another; a passing trouble is tried again; a used one goes on', async () => {
    await page.goto(`${site}/callback?state=unknown&code=x`)
    await page.waitForSelector('[data-kith=failed] [role=alert]')
    await page.route('**/oauth/token', (route) => route.abort())
    await page.click('text="Try again"')
    await page.waitForURL((url) => url.href.startsWith(`${site}/callback?`))
    await page.waitForSelector('[role=alert]:has-text("could not be reached")')
    const callback = page.url()
    await page.unroute('**/oauth/token')
    await page.click('text="Try again"')
    await page.waitForURL(`${site}/`)
    await page.waitForSelector('h1:has-text("signed_in")')
    await page.goto(callback)
    await page.waitForURL(`${site}/`)
    await page.waitForSelector('h1:has-text("signed_in")')
  })

  test('a sign-out that does not reach Kith says so, though its button is gone', async () => {
    await page.route('**/oauth/revoke', (route) => route.abort())
    await page.click('[data-kith=sign-out]')
    await page.waitForSelector('h1:has-text("signed_out")')
    await page.waitForSelector('[data-kith=notice]:has-text("signed out of this app, but not of Kith")')
    await page.unroute('**/oauth/revoke')
  })

  test('no page has complained', () => expect(complaints).toEqual([]))
})
