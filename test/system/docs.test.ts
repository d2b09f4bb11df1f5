// The guides, the reference and the landing page in a real browser (design §8): they work, load nothing from other hosts, and violate
// no policy of their own; and the commands of the guides, as people paste them. Set SCREENSHOTS=<folder> to keep pictures.
import { readFileSync } from 'node:fs'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingGrave, openBrowser } from './browser.ts'
import { Demo } from './demo.ts'
import { freePort } from './free-port.ts'

/** The dark changes colours alone, and the width the layout alone. */
const LOOKS = [
  [390, 'light'],
  [1280, 'dark'],
] as const
const HEIGHT = 900

const kith = new Demo()
let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

/** A page; when it is closed, nothing may have gone wrong on it or left our origin. */
async function open(
  path: string,
  width: number,
  colorScheme: 'light' | 'dark',
  options = {},
): Promise<{ page: Page; close: () => Promise<void> }> {
  const context = await browser.newContext({ viewport: { width, height: HEIGHT }, colorScheme, ...options })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol !== 'data:' && url.origin !== kith.origin) complaints.push(`request to ${url.origin}`)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) complaints.push(`${response.status()} ${response.url()}`)
  })
  await page.addInitScript({
    content: "addEventListener('securitypolicyviolation', (event) => console.error('policy', event.violatedDirective, event.blockedURI))",
  })
  await page.goto(`${kith.origin}${path}`)
  const close = async () => {
    expect(complaints).toEqual([])
    await context.close()
  }
  return { page, close }
}

async function picture(page: Page, name: string): Promise<void> {
  if (process.env.SCREENSHOTS) await page.screenshot({ path: `${process.env.SCREENSHOTS}/${name}.png` })
}

/** The page as it is: what it contains does not depend on its look. */
async function inEachLook(page: Page, name: string, check?: (name: string) => Promise<void>): Promise<void> {
  for (const [width, colorScheme] of LOOKS) {
    await page.setViewportSize({ width, height: HEIGHT })
    await page.emulateMedia({ colorScheme })
    // By then the page's script has heard of it.
    await page.evaluate('new Promise(requestAnimationFrame)')
    const look = `${name}-${width}-${colorScheme}`
    expect([look, await fitsItsWidth(page)]).toEqual([look, true])
    await check?.(look)
    await picture(page, look)
  }
}

const fitsItsWidth = (page: Page) => page.evaluate<boolean>('document.documentElement.scrollWidth <= innerWidth')

const html = async (path: string) => {
  const reply = await fetch(kith.origin + path, { redirect: 'manual' })
  expect([path, reply.status, reply.headers.get('content-type')]).toEqual([path, 200, 'text/html; charset=utf-8'])
  return await reply.text()
}
const linksIn = (text: string) => [...text.matchAll(/ href="(\/docs[^"]*|#[^"]+)"/g)].map(([, href = '']) => href)

describe('the guides', () => {
  const list = readFileSync(`${kith.project.folder}/docs/guides/README.md`, 'utf8')
  const guides = [...list.matchAll(/\]\(([\w-]+)\.md\)/g)].map(([, name = '']) => name)
  let pasted: string

  test('their commands work as they are pasted, guide after guide', async () => {
    const outputs: string[] = []
    for (const name of guides) outputs.push(await kith.paste(`docs/guides/${name}.md`, { isOptional: true }))
    pasted = outputs.join('\n')
  })

  /** What `npm install ./kith-client-0.1.0.tgz` does in the app's folder, without the registry. */
  async function install(app: string): Promise<void> {
    const script = [
      'mkdir -p node_modules/@kith',
      `for one in "${kith.project.folder}"/node_modules/*; do [ "$(basename "$one")" = @kith ] || ln -s "$one" node_modules/; done`,
      'tar -xzf kith-client-0.1.0.tgz && mv package node_modules/@kith/client',
    ]
    expect(await kith.project.run('bash', ['-ec', script.join('\n')], {}, app)).toEqual({ code: 0, output: '' })
  }

  test('the app of the first guide is built against the client that its commands have packed (npm start)', async () => {
    await install('my-app')
    const { code, output } = await kith.project.run('npx', ['vite', 'build'], {}, 'my-app')
    expect(output).toContain('built in')
    expect(code, output).toBe(0)
    expect(kith.project.read('my-app/.env.local')).toContain('VITE_CLIENT_ID=my-app')
  })

  test('the app of the guide for phones finds its part of the client', async () => {
    await install('my-phone-app')
    const script = "import { nativeEnvironment } from '@kith/client/react-native'\nconsole.log(typeof nativeEnvironment)"
    const found = await kith.project.run(process.execPath, ['--input-type=module', '-e', script], {}, 'my-phone-app')
    expect(found).toEqual({ code: 0, output: 'function\n' })
    expect(pasted).toContain('my-phone-app is a public client')
  })

  test('the client of the first guide is a public one, and a sign-out leads back to it', async () => {
    expect(pasted).toContain('my-app is a public client: it has no secret, and PKCE (S256) is required.')
    const query = new URLSearchParams({ client_id: 'my-app', post_logout_redirect_uri: 'http://localhost:5173/' })
    const reply = await fetch(`${kith.origin}/oauth/logout?${query}`, { redirect: 'manual' })
    expect([reply.status, reply.headers.get('location')]).toEqual([303, 'http://localhost:5173/'])
  })

  test('the API of the guide for backends checks tokens with that client, under the registration that its commands have made (npm start)', async () => {
    await install('my-api')
    const [, secret = ''] = /^ *client_secret +(\S+)$/m.exec(pasted.slice(pasted.indexOf('my-api is a confidential client'))) ?? []
    const port = await freePort()
    const settings = { KITH: kith.origin, RESOURCE: 'http://localhost:3100/', CLIENT_ID: 'my-api', CLIENT_SECRET: secret }
    const api = await kith.project.listen(['server.ts'], port, { ...settings, PORT: String(port) }, 'my-api')
    const reply = await fetch(`${api.origin}/orders`)
    expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('scope="orders:read"')])
    const authorization = `Basic ${btoa(`my-api:${secret}`)}`
    const introspection = await fetch(`${kith.origin}/oauth/introspect`, {
      method: 'POST',
      headers: { authorization },
      body: new URLSearchParams({ token: 'nothing' }),
    })
    expect(await introspection.json()).toEqual({ active: false })
    const form = new URLSearchParams({ grant_type: 'client_credentials' })
    const granted = await fetch(`${kith.origin}/oauth/token`, { method: 'POST', headers: { authorization }, body: form })
    const { access_token } = (await granted.json()) as { access_token: string }
    const profile = await fetch(`${kith.origin}/user/by-username/alice_demo`, { headers: { authorization: `Bearer ${access_token}` } })
    expect(await profile.json()).toMatchObject({ data: { user: { username: 'alice_demo', email: null } } })
    await api.stop()
  })

  test('every page is reached from the list, and every link between them leads to a page and to a heading', async () => {
    const pages = new Map<string, string>()
    const lost: string[] = []
    const links = [['', '/docs/guides']]
    for (const [from = '', href = ''] of links) {
      const [path = '', anchor] = (href.startsWith('#') ? from + href : href).split('#')
      if (path.endsWith('.css') || path.endsWith('.js') || /^\/docs\/[a-z]+$/.test(path.replace('/docs/guides', ''))) continue
      if (!pages.has(path)) {
        pages.set(path, await html(path))
        links.push(...linksIn(pages.get(path) ?? '').map((link) => [path, link]))
      }
      if (anchor !== undefined && !pages.get(path)?.includes(` id="${anchor}"`)) lost.push(`${from}: ${href}`)
    }
    expect(lost).toEqual([])
    expect([...pages.keys()]).toEqual(expect.arrayContaining(guides.map((name) => `/docs/guides/${name}`)))
    expect(pages.size).toBeGreaterThan(guides.length + 20)
  })

  test('every page fits each width, nothing is fetched from elsewhere or refused, axe finds nothing serious in the light and in the dark', async () => {
    const { page, close } = await open('/docs/guides', ...LOOKS[0], { bypassCSP: true })
    const paths = await page.locator('.headings a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
    for (const path of ['/docs', '/docs/guides', ...paths]) {
      await page.goto(kith.origin + path)
      await inEachLook(page, `guide${path.replaceAll('/', '-')}`, (name) => expectNothingGrave(page, name))
    }
    await close()
  })

  test.each(LOOKS)('the search at %i px, %s: by keyboard, over an index of our own', async (width, scheme) => {
    const { page, close } = await open('/docs/guides', width, scheme, { bypassCSP: true })
    await page.keyboard.press('/')
    await page.keyboard.type('digest robot')
    await page.locator('#found a').first().waitFor()
    expect(await page.locator('[aria-selected=true]').count()).toBe(1)
    expect(await fitsItsWidth(page)).toBe(true)
    await expectNothingGrave(page, 'search')
    await picture(page, `guides-search-${width}-${scheme}`)
    await page.keyboard.press('ArrowDown')
    const chosen = await page.locator('[aria-selected=true]').getAttribute('href')
    expect(chosen).toBe(await page.locator('#found a').nth(1).getAttribute('href'))
    await page.keyboard.press('Enter')
    await page.waitForURL(`**${chosen}`)
    await page.keyboard.press('/')
    await page.keyboard.type('qwertz')
    await page.getByText('Nothing found for “qwertz”.').waitFor()
    await page.keyboard.press('Escape')
    expect([await page.locator('#search').inputValue(), await page.getByText('Nothing found').count()]).toEqual(['', 0])
    await close()
  })

  test('the search finds an operation, and opens it', async () => {
    const { page, close } = await open('/docs/guides', 1280, 'light')
    await page.keyboard.press('/')
    await page.keyboard.type('followUser')
    await page.locator('#found a').first().waitFor()
    await page.keyboard.press('Enter')
    await page.locator('#operations-Social_graph-followUser.is-open').waitFor()
    await close()
  })

  test('without scripts there is the list of all pages, and no search', async () => {
    const { page, close } = await open('/docs/guides', 1280, 'light', { javaScriptEnabled: false })
    expect(await page.locator('.search').isVisible()).toBe(false)
    for (const name of guides) expect(await page.locator(`main a[href="/docs/guides/${name}"]`).isVisible()).toBe(true)
    await close()
  })

  test('on this machine they name the port that Kith is reached at; without scripts, the usual one', async () => {
    const { page, close } = await open('/docs/guides/first-app', 1280, 'light')
    expect(await page.locator('pre', { hasText: 'VITE_KITH=http' }).innerText()).toContain(`VITE_KITH=${kith.origin}\\n`)
    expect(await page.getByRole('link', { name: `${kith.origin}/dev/mailbox` }).getAttribute('href')).toBe(`${kith.origin}/dev/mailbox`)
    await page.goto(`${kith.origin}/docs/guides/backend`)
    expect(await page.locator('main').innerText()).toContain(`KITH=${kith.origin} `)
    expect(await page.locator('main').innerText()).not.toContain('8787')
    await close()
    expect(await html('/docs/guides/first-app')).toContain('http://localhost:8787/dev/mailbox')
  })

  test('their policy allows our own files alone', async () => {
    for (const path of ['/docs', '/docs/guides', '/docs/guides/older-programs']) {
      const { headers } = await fetch(kith.origin + path)
      const ofReference = (await fetch(`${kith.origin}/docs/user`)).headers
      expect(headers.get('content-security-policy')).toBe(ofReference.get('content-security-policy'))
      expect(headers.get('x-frame-options')).toBe('DENY')
    }
  })
})

interface Document {
  paths: Record<string, Record<string, { summary: string; 'x-scope'?: string }>>
}

describe.each(['user', 'oauth', 'mirrorfly', 'movida', 'mxit', 'epixel'])('/docs/%s', (room) => {
  test('every operation is there, fits each width, and nothing is fetched from elsewhere or refused', async () => {
    const document = (await (await fetch(`${kith.origin}/openapi/${room}.json`)).json()) as Document
    const paths = Object.entries(document.paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method} ${path}`))
    const { page, close } = await open(`/docs/${room}`, ...LOOKS[0])
    await page
      .locator('.opblock')
      .nth(paths.length - 1)
      .waitFor()
    const shown = await page
      .locator('.opblock')
      .evaluateAll((blocks) =>
        blocks.map(
          (block) =>
            `${block.querySelector('.opblock-summary-method')?.textContent?.toLowerCase()} ${block.querySelector('.opblock-summary-path')?.getAttribute('data-path')}`,
        ),
      )
    expect(shown.sort()).toEqual(paths.sort())
    await inEachLook(page, `docs-${room}`)
    await page.locator('.opblock-summary-control').first().click()
    await page.locator('.opblock-body .opblock-description').first().waitFor()
    await inEachLook(page, `docs-${room}-open`)
    await close()
  })
})

test.each(['/openapi.json', '/openapi/oauth.json'])('%s is a file for programs and pages of any origin', async (path) => {
  const reply = await fetch(kith.origin + path, { headers: { origin: 'https://stranger.example' } })
  expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
  expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
  expect(reply.headers.get('content-type')).toMatch(/^application\/json/)
  expect(reply.headers.get('cache-control')).toBe('public, max-age=300')
  expect(reply.headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'")
  const etag = reply.headers.get('etag') ?? ''
  expect((await fetch(kith.origin + path, { headers: { 'if-none-match': etag } })).status).toBe(304)
})

test('an operation shows its scope, an example of what is sent and of what comes back', async () => {
  const { page, close } = await open('/docs/user', 1280, 'light')
  const block = page.locator('#operations-Social_graph-followUser')
  await block.locator('.opblock-summary-control').click()
  await block.locator('.opblock-description').waitFor()
  expect(await block.innerText()).toContain('Scope: delegated:social:follow:request')
  expect(await block.locator('.body-param__example').first().innerText()).toContain('"target"')
  expect(await block.locator('.responses-table').innerText()).toContain('"following"')
  expect(await block.locator('.responses-table').innerText()).toContain('InsufficientPrivileges')
  await block.scrollIntoViewIfNeeded()
  await picture(page, 'docs-operation')
  await close()
})

test('a heading beside the reference leads to its operations', async () => {
  const { page, close } = await open('/docs/user', 1280, 'light')
  await page.locator('.opblock').first().waitFor()
  const links = await page.locator('.headings a').evaluateAll((all) => all.map((link) => link.getAttribute('href') ?? ''))
  expect(links.length).toBeGreaterThan(5)
  for (const link of links) expect(await page.locator(link).count(), link).toBe(1)
  await page.locator('.headings a', { hasText: 'Roles' }).click()
  await expect.poll(() => page.locator('#operations-tag-Roles').evaluate((one) => one.getBoundingClientRect().top)).toBeLessThan(900)
  await picture(page, 'docs-heading')
  await close()
})

test('an operation can be tried out, with the answer of this very server', async () => {
  const { page, close } = await open('/docs/user', 1280, 'dark')
  const block = page.locator('#operations-Service-getHealth')
  await block.locator('.opblock-summary-control').click()
  await block.locator('.try-out__btn').click()
  await block.locator('.execute').click()
  await block.locator('.live-responses-table').waitFor()
  expect(await block.locator('.live-responses-table').first().innerText()).toContain('"UP"')
  await picture(page, 'docs-tried')
  await close()
})

test.each(LOOKS)('the landing page at %i px, %s', async (width, scheme) => {
  const { page, close } = await open('/', width, scheme)
  expect(await page.locator('h1').innerText()).toBe('Kith')
  expect(await fitsItsWidth(page)).toBe(true)
  await picture(page, `landing-${width}-${scheme}`)
  await page.locator('a', { hasText: 'API reference' }).click()
  await page.locator('main h2', { hasText: 'Errors' }).waitFor()
  await page.locator('header a', { hasText: 'user' }).click()
  await page.locator('.opblock').first().waitFor()
  await close()
})

describe('the files of the pages', () => {
  const FILES = ['/docs/viewer/swagger-ui-bundle.js', '/docs/viewer/swagger-ui.css', '/docs/docs.js', '/docs/docs.css']

  test.each(FILES)('%s carries the headers that every reply carries', async (path) => {
    const reply = await fetch(`${kith.origin}${path}`)
    expect(reply.status).toBe(200)
    expect(reply.headers.get('content-type')).toMatch(path.endsWith('.css') ? /^text\/css/ : /^(text|application)\/javascript/)
    const ofWorker = (await fetch(`${kith.origin}/health`)).headers
    for (const name of [
      'strict-transport-security',
      'x-content-type-options',
      'referrer-policy',
      'x-frame-options',
      'cross-origin-opener-policy',
      'content-security-policy',
    ]) {
      expect(reply.headers.get(name), name).toBe(ofWorker.get(name))
    }
    expect(reply.headers.get('etag')).toBeTruthy()
    await reply.body?.cancel()
  })

  test.each(['/docs/viewer', '/docs/viewer/', '/docs/viewer/nothing.js', '/_headers', '/index.html', '/nowhere', '/docs/nobody'])(
    'what is not a file goes to the Worker: %s',
    async (path) => {
      const reply = await fetch(`${kith.origin}${path}`)
      expect(reply.status).toBe(404)
      expect(await reply.json()).toMatchObject({ ok: 0, error: 'NotFound' })
      expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    },
  )
})
