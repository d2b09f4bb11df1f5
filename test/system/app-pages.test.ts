// A third-party app in a real browser: sign-up, sign-in, consent, code, tokens, and sign-out; and what guards an account: an
// authenticator app by its QR code, recovery codes, sessions, the picture (security rows 14-20, 29, 30, 66, 78).
import { createHash, randomBytes } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import jsQR from 'jsqr'
import { URI } from 'otpauth'
import type { Browser, BrowserContext, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { png } from '../support/images.ts'
import { expectNothingGrave, openBrowser } from './browser.ts'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'
import { mailTo, PASSWORD, signUp } from './person.ts'

const { SCREENSHOTS } = process.env
const CLIENT_ID = 'photo-prints'
const PHONE = { width: 390, height: 844 }
const DESK = { width: 1280, height: 900 }

const kith = new Demo()
let browser: Browser
/** Where the app listens; it shows only that somebody came. */
let app: HttpServer
let callback: string

beforeAll(async () => {
  const port = await freePort()
  callback = `http://localhost:${port}/callback`
  app = createServer((_request, response) => response.setHeader('content-type', 'text/html').end('<title>The app</title>')).listen(port)
  browser = await openBrowser()
  const fields = ['--name', 'Photo Prints', '--scope', 'openid profile email delegated:profile:read delegated:session:read']
  const links = [
    '--client-uri',
    'https://prints.example/',
    '--policy-uri',
    'https://prints.example/privacy',
    '--tos-uri',
    'https://prints.example/terms',
  ]
  const operator = [
    'scripts/operator.ts',
    'client',
    'create',
    CLIENT_ID,
    ...fields,
    ...links,
    '--redirect-uri',
    callback,
    '--auth-method',
    'none',
  ]
  const made = await kith.project.run(process.execPath, operator)
  expect(made.code, made.output).toBe(0)
})
afterAll(async () => {
  app?.close()
  await browser?.close()
})

const urlOf = (path: string) => kith.origin + path
const pathOf = (page: Page) => page.url().replace(kith.origin, '')

interface Flow {
  readonly url: string
  readonly verifier: string
}

function newFlow(changes: Record<string, string> = {}): Flow {
  const verifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: CLIENT_ID,
    redirect_uri: callback,
    response_type: 'code',
    scope: 'openid profile delegated:session:read',
    state: 'xyz',
    nonce: 'n',
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    ...changes,
  })
  return { url: urlOf(`/oauth/authorize?${query}`), verifier }
}

/** Presses a button and follows until the app has the browser. Returns what the app received. */
async function backAtApp(page: Page, press: () => Promise<unknown>): Promise<URLSearchParams> {
  await Promise.all([page.waitForURL((url) => url.href.startsWith(callback)), press()])
  return new URL(page.url()).searchParams
}

async function exchange(code: string, verifier: string): Promise<{ access_token: string; refresh_token: string; id_token: string }> {
  const body = new URLSearchParams({
    grant_type: 'authorization_code',
    client_id: CLIENT_ID,
    redirect_uri: callback,
    code,
    code_verifier: verifier,
  })
  const reply = await fetch(urlOf('/oauth/token'), { method: 'POST', body })
  expect(reply.status).toBe(200)
  return (await reply.json()) as never
}

const userinfo = (token: string) => fetch(urlOf('/oauth/userinfo'), { headers: { authorization: `Bearer ${token}` } })

async function signIn(page: Page, username: string): Promise<void> {
  await page.fill('#identifier', username)
  await page.fill('#password', PASSWORD)
  await page.click('main form button')
}

/** As a camera sees it: from the pixels of the screen. */
async function readQrCode(code: Locator): Promise<string> {
  const picture = (await code.screenshot()).toString('base64')
  const reader = await browser.newPage()
  const { width, height, data } = (await reader.evaluate(`(async () => {
    const image = await createImageBitmap(await (await fetch('data:image/png;base64,${picture}')).blob())
    const canvas = new OffscreenCanvas(image.width, image.height).getContext('2d')
    canvas.drawImage(image, 0, 0)
    return { width: image.width, height: image.height, data: [...canvas.getImageData(0, 0, image.width, image.height).data] }
  })()`)) as { width: number; height: number; data: number[] }
  await reader.close()
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data ?? ''
}

/** The code of the next step: the current one may be used up. */
const codeOf = (uri: string, steps = 0) => {
  const totp = URI.parse(uri)
  if (!('period' in totp)) throw new Error(`no TOTP: ${uri}`)
  return totp.generate({ timestamp: Date.now() + steps * 30_000 })
}

// The dark changes colours alone, and a desk the layout alone.
describe.each([
  ['a phone, in the light', PHONE, 'light'],
  ['a desk, in the dark', DESK, 'dark'],
] as const)('on %s', (where, viewport, colorScheme) => {
  const suffix = `${viewport.width}_${colorScheme}`

  /** No JavaScript, except for axe, which needs it: no page has a script of its own, as its policy says. */
  const newContext = (): Promise<BrowserContext> =>
    browser.newContext({ viewport, colorScheme, bypassCSP: false, javaScriptEnabled: false, acceptDownloads: true })

  /** Of the current page, in a context that runs axe. */
  let copy: Page
  let html = ''
  beforeAll(async () => {
    copy = await (await browser.newContext({ colorScheme, bypassCSP: true })).newPage()
    await copy.route(urlOf('/__copy'), (route) => route.fulfill({ contentType: 'text/html', body: html }))
  })
  afterAll(() => copy?.context().close())

  async function look(page: Page, name: string): Promise<void> {
    // A click waits until the next page begins to load.
    await page.waitForLoadState()
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${suffix}.png`), fullPage: true })
    html = (await page.content()).replace(/<meta http-equiv="refresh"[^>]*>/, '')
    await copy.setViewportSize(viewport)
    await copy.goto(urlOf('/__copy'))
    await expectNothingGrave(copy, `${name} on ${where}`)
    // Also where only 320 pixels are left (WCAG 2.2, 1.4.10).
    for (const width of [viewport.width, 320]) {
      await copy.setViewportSize({ ...viewport, width })
      const sizes = (await copy.evaluate('[document.documentElement.scrollWidth, document.documentElement.clientWidth]')) as number[]
      expect([name, width, sizes[0]]).toEqual([name, width, sizes[1]])
    }
    if (SCREENSHOTS) await copy.screenshot({ path: join(SCREENSHOTS, `${name}-320_${colorScheme}.png`), fullPage: true })
  }

  test('a person signs up on the way to an app, lets it in, shows it out', async () => {
    const context = await newContext()
    const page = await context.newPage()
    const username = `wanda_${suffix}`
    const email = `${username}@example.com`
    const flow = newFlow()
    await page.goto(flow.url)
    expect(pathOf(page)).toMatch(/^\/sign-in\?return_to=%2Foauth/)
    await page.click('text=Create an account')
    for (const [field, value] of Object.entries({ givenName: 'Wanda', familyName: 'Walker', username, email, password: PASSWORD })) {
      await page.fill(`#${field}`, value)
    }
    await page.click('main form button')
    await page.waitForSelector('[role=status]')
    await page.goto(await mailTo(kith.origin, email, /^(http\S+\/verify\?code=\S+)$/m))
    await look(page, 'verify')
    await page.click('text="Confirm address"')
    // No password is typed again: the browser that has signed up is signed in, and on its way to the app.
    await page.waitForSelector('h1:has-text("Give Photo Prints access to your account?")')
    await look(page, 'consent')
    const told = await backAtApp(page, () => page.click('text="Allow"'))
    expect([told.get('state'), told.get('iss')]).toEqual(['xyz', kith.origin])
    const tokens = await exchange(told.get('code') ?? '', flow.verifier)
    expect((await (await userinfo(tokens.access_token)).json()) as object).toMatchObject({ preferred_username: username })

    await page.goto(newFlow({ scope: 'openid profile email delegated:session:read' }).url)
    await page.click('summary')
    await look(page, 'consent-more')
    expect(Object.fromEntries(await backAtApp(page, () => page.click('text="Deny"')))).toMatchObject({
      error: 'access_denied',
      state: 'xyz',
    })

    await page.goto(urlOf('/account/apps'))
    await page.click('summary')
    await look(page, 'apps')
    await page.locator('.rights a').first().click()
    await look(page, 'apps-withdraw')
    await page.click('main button')
    expect(await page.textContent('[role=status]')).toContain('the app can no longer do that')
    const left = (await (await userinfo(tokens.access_token)).json()) as object
    expect(Object.keys(left)).toEqual(['sub'])
    await page.click('text=Remove access')
    await look(page, 'apps-remove')
    await page.click('main button')
    expect(await page.textContent('[role=status]')).toContain('no longer has access to your account')
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    await context.close()
  })

  test('an authenticator app gets on by its QR code, and signs in; so does a recovery code', async () => {
    const username = `factor_${suffix}`
    await signUp(kith.origin, username)
    const context = await newContext()
    const page = await context.newPage()
    await page.goto(urlOf('/account/two-step'))
    await signIn(page, username)
    await look(page, 'two-step-off')
    await page.click('text=Set up an app')
    await look(page, 'two-step-app')
    await page.click('text=Show the QR code')
    await look(page, 'two-step-scan')
    const uri = await readQrCode(page.locator('.qr'))
    expect(uri).toBe(await page.getAttribute('a[href^="otpauth:"]', 'href'))
    expect(page.url()).not.toContain('secret')
    await page.fill('#code', codeOf(uri))
    await page.click('text=Turn on')
    await look(page, 'recovery-codes')
    const codes = await page.locator('.codes li').allTextContents()
    expect(codes).toHaveLength(10)
    const [download] = await Promise.all([page.waitForEvent('download'), page.click('text=Save as a file')])
    expect(download.suggestedFilename()).toBe('recovery-codes.txt')
    await page.click('text=I have saved them')
    expect(await page.textContent('[role=status]')).toContain('Your authenticator app is on')
    await look(page, 'two-step-on')

    const other = await newContext()
    const second = await other.newPage()
    await second.goto(urlOf('/account/sessions'))
    await signIn(second, username)
    expect(pathOf(second)).toMatch(/^\/sign-in\/code/)
    await look(second, 'sign-in-code')
    await second.fill('#code', codeOf(uri, 1))
    await second.click('main form button')
    await second.waitForURL(urlOf('/account/sessions'))
    // The first browser, revoked from the second.
    await second.click('.list button')
    expect(await second.textContent('[role=status]')).toContain('That device is signed out')
    await page.goto(urlOf('/account'))
    expect(pathOf(page)).toBe('/sign-in?return_to=%2Faccount')
    await signIn(page, username)
    await page.click('text=Use a recovery code')
    await look(page, 'sign-in-recovery')
    await page.fill('#code', codes[0] ?? '')
    await page.click('main form button')
    await page.waitForURL(urlOf('/account'))
    await look(page, 'account')
    await other.close()
    await context.close()
  })

  test('a picture is uploaded, shown and removed; what is none is refused', async () => {
    const username = `photo_${suffix}`
    await signUp(kith.origin, username)
    const context = await newContext()
    const page = await context.newPage()
    await page.goto(urlOf('/account/picture'))
    await signIn(page, username)
    await look(page, 'picture-none')
    await page.setInputFiles('#picture', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from('no picture') })
    await page.click('text=Upload')
    expect(await page.textContent('#picture-error')).toContain('is not a JPEG, PNG, WebP or GIF picture')
    await look(page, 'picture-error')
    await page.setInputFiles('#picture', { name: 'a.png', mimeType: 'image/png', buffer: Buffer.from(png({ width: 300, height: 200 })) })
    const [picture] = await Promise.all([page.waitForResponse((reply) => reply.url().endsWith('512.webp')), page.click('text=Upload')])
    expect(picture.status()).toBe(200)
    expect(await page.textContent('[role=status]')).toContain('This is your new picture')
    await look(page, 'picture')
    await page.click('text=Remove picture')
    expect(await page.textContent('[role=status]')).toContain('is removed')
    await page.goto(urlOf('/sign-out'))
    await look(page, 'sign-out')
    await page.goto(urlOf('/'))
    await look(page, 'landing')
    await context.close()
  })
})

test('an answer by form_post reaches the app', async () => {
  const username = 'poster_of_forms'
  await signUp(kith.origin, username)
  const context = await browser.newContext()
  const page = await context.newPage()
  await page.goto(newFlow({ response_mode: 'form_post' }).url)
  await signIn(page, username)
  await page.waitForSelector('text="Allow"')
  const [request] = await Promise.all([page.waitForRequest((one) => one.url() === callback), page.click('text="Allow"')])
  expect(new URLSearchParams(request.postData() ?? '').get('code')).toBeTruthy()
  await context.close()
})

test('a page of another origin cannot consent, and changes no factor, app or picture', async () => {
  const username = 'victim_of_forms'
  await signUp(kith.origin, username)
  const port = await freePort()
  let html = ''
  const evil = createServer((_request, response) => response.setHeader('content-type', 'text/html').end(html)).listen(port)
  const context = await browser.newContext({ javaScriptEnabled: false })
  const page = await context.newPage()
  const flow = newFlow()
  await page.goto(flow.url)
  await signIn(page, username)
  await page.waitForSelector('text="Allow"')
  const consent = pathOf(page)
  const fields: Record<string, string> = { answer: 'allow', codes: 'on', client: CLIENT_ID }
  for (const name of ['form_token', 'ticket']) fields[name] = (await page.getAttribute(`input[name=${name}]`, 'value')) ?? ''
  const inputs = Object.entries(fields).map(([name, value]) => `<input name="${name}" value="${value}">`)
  const paths = [
    consent,
    ...['two-step/app', 'two-step/email', 'two-step/recovery-codes', 'apps/remove', 'picture', 'picture/remove'].map(
      (name) => `/account/${name}`,
    ),
  ]
  for (const path of paths) {
    for (const attributes of ['', 'enctype="multipart/form-data"']) {
      html = `<form method="post" action="${urlOf(path).replaceAll('&', '&amp;')}" ${attributes}>${inputs.join('')}<button>Win</button></form>`
      await page.goto(`http://localhost:${port}`)
      const [reply] = await Promise.all([page.waitForResponse((one) => one.request().method() === 'POST'), page.click('button')])
      expect([path, reply.status()]).toEqual([path, 403])
    }
  }
  await page.goto(urlOf('/account/apps'))
  expect(await page.textContent('main')).toContain('No apps')
  await context.close()
  evil.close()
})

test('an app with a front-channel logout URI: its page is loaded in a frame, then the browser goes on, without a script', async () => {
  const shop = 'https://shop.example'
  const uris = [
    '--redirect-uri',
    `${shop}/cb`,
    '--post-logout-redirect-uri',
    `${shop}/bye`,
    '--frontchannel-logout-uri',
    `${shop}/out?shop=1`,
  ]
  const operator = [
    'scripts/operator.ts',
    'client',
    'create',
    'corner-shop',
    '--name',
    'Shop',
    '--scope',
    'openid',
    '--first-party',
    ...uris,
  ]
  const made = await kith.project.run(process.execPath, operator)
  expect([made.code, made.output]).toEqual([0, expect.stringContaining(`${shop}/out?shop=1`)])
  const context = await browser.newContext({ javaScriptEnabled: false })
  const framed: string[] = []
  await context.route(`${shop}/**`, (route) => {
    if (route.request().frame().parentFrame()) framed.push(route.request().url())
    return route.fulfill({ contentType: 'text/html', body: '<title>Shop</title>' })
  })
  const page = await context.newPage()
  const { url, verifier } = newFlow({ client_id: 'corner-shop', redirect_uri: `${shop}/cb`, scope: 'openid' })
  await page.goto(url)
  await page.fill('#identifier', 'alice_demo')
  await page.fill('#password', kith.project.demo().users.alice_demo.password)
  // Nobody listens there, and what a redirect leads to is not answered above: the browser's request is enough.
  const [request] = await Promise.all([page.waitForRequest((one) => one.url().startsWith(`${shop}/cb`)), page.click('main form button')])
  const code = new URL(request.url()).searchParams.get('code') ?? ''
  const own = { grant_type: 'authorization_code', client_id: 'corner-shop', redirect_uri: `${shop}/cb`, code, code_verifier: verifier }
  const tokens = (await (await fetch(urlOf('/oauth/token'), { method: 'POST', body: new URLSearchParams(own) })).json()) as {
    id_token: string
  }
  const claims = JSON.parse(Buffer.from(tokens.id_token.split('.')[1] ?? '', 'base64url').toString()) as { sid: string }
  const out = new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: `${shop}/bye`, state: 's' })
  // A page of its own: the first is still on its way to the shop.
  const leaving = await context.newPage()
  await leaving.goto(urlOf(`/oauth/logout?${out}`))
  expect(await leaving.textContent('h1')).toBe('You are signed out')
  await leaving.waitForURL(`${shop}/bye?state=s`)
  expect(framed).toEqual([`${shop}/out?shop=1&iss=${encodeURIComponent(kith.origin)}&sid=${claims.sid}`])
  await context.close()
})
