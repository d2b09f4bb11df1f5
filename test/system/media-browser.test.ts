// Hostile files in a real browser (security row 67): whatever they contain and are declared as, nothing in them runs, and all
// come as attachments. Files have an origin of their own here, which never gets a cookie of ours.
import { randomBytes } from 'node:crypto'
import { createServer, type Server as HttpServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DESK, expectNothingGrave, keepPictures, openBrowser, PHONE } from './browser.ts'
import { emptyKith, signIn } from './person.ts'

const FILES = '/user/media/files'
const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')

let kith: Awaited<ReturnType<typeof emptyKith>>
let cookie: string
let browser: Browser
let context: BrowserContext
let spy: HttpServer
let called: string[]
/** Requests as they left the browser, with the cookies that it sent. */
let sent: { url: string; cookie: string | undefined }[]

beforeAll(async () => {
  kith = await emptyKith((port) => ({ FILES_ORIGIN: `http://127.0.0.1:${port}` }))
  await kith.start()
  cookie = await signIn(kith.origin, 'hostile_one')
  spy = createServer((request, reply) => {
    called.push(request.url ?? '')
    reply.end()
  })
  await new Promise<void>((resolve) => spy.listen(0, '127.0.0.1', resolve))
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  spy?.close()
  await kith?.project.remove()
})
beforeEach(async () => {
  called = []
  sent = []
  context = await signedInContext()
})
afterEach(() => context.close())

async function signedInContext(options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> {
  const signedIn = await browser.newContext(options)
  const cookies = cookie.split('; ').map((pair) => {
    const [name = '', value = ''] = pair.split(/=(.*)/s)
    return { name, value, domain: 'localhost', path: '/', secure: true, httpOnly: true, sameSite: 'Lax' as const }
  })
  await signedIn.addCookies(cookies)
  return signedIn
}

const spyUrl = (what: string) => `http://127.0.0.1:${(spy.address() as AddressInfo).port}/${what}`
const script = (what: string) => `document.title='ran';new Image().src='${spyUrl(what)}';fetch('${spyUrl(what)}',{mode:'no-cors'})`
const html = () =>
  `<!doctype html><title>still</title><body onload="${script('onload').replaceAll('"', '')}"><script>${script('html')}</script>`
const svg = () => `<svg xmlns="http://www.w3.org/2000/svg" onload="${script('svg')}"><script>${script('svg')}</script></svg>`
const xhtml = () => `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>${script('xhtml')}</script></html>`
const pdf = () =>
  `%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.launchURL('${spyUrl('pdf')}'))>>>>endobj\ntrailer<</Root 1 0 R>>`
const mhtml = () => `MIME-Version: 1.0\r\nContent-Type: text/html\r\nContent-Location: ${spyUrl('page')}\r\n\r\n${html()}`
const polyglot = () => Buffer.concat([PNG, Buffer.from(html())])

const hostile: readonly [name: string, type: string, body: () => string | Buffer][] = [
  ['page.html', 'text/html', html],
  ['page.html', 'image/png', html],
  ['page.html', 'text/plain', html],
  ['page', 'application/octet-stream', html],
  ['drawing.svg', 'image/svg+xml', svg],
  ['code.js', 'text/javascript', () => script('js')],
  ['code.mjs', 'application/javascript', () => script('mjs')],
  ['paper.pdf', 'application/pdf', pdf],
  ['picture.png', 'image/png', polyglot],
  ['picture.html', 'text/html', polyglot],
  ['page.xhtml', 'application/xhtml+xml', xhtml],
  ['feed.xml', 'text/xml', xhtml],
  ['archive.mhtml', 'multipart/related', mhtml],
  ['archive.mht', 'message/rfc822', mhtml],
  ['page.htm', 'text/html; charset=utf-7', html],
  ['page.xsl', 'text/xsl', xhtml],
]

async function upload(name: string, type: string, body: string | Buffer): Promise<string> {
  const headers = { cookie, 'content-type': type }
  const reply = await fetch(`${kith.origin}${FILES}?name=${name}`, { method: 'POST', headers, body: Buffer.from(body) })
  const { data } = (await reply.json()) as { data: { file: { _id: string } } }
  expect(reply.status).toBe(201)
  return data.file._id
}

async function linkTo(id: string): Promise<string> {
  const headers = { cookie, 'content-type': 'application/json' }
  const reply = await fetch(`${kith.origin}${FILES}/${id}/links`, { method: 'POST', headers, body: '{}' })
  return ((await reply.json()) as { data: { link: { url: string } } }).data.link.url
}

/** Opens a URL as a person would; returns the downloaded bytes, or null if the page was shown. */
async function open(url: string): Promise<string | null> {
  const page = await context.newPage()
  const session = await context.newCDPSession(page)
  await session.send('Network.enable')
  const urls = new Map<string, string>()
  session.on('Network.requestWillBeSent', ({ requestId, request }) => urls.set(requestId, request.url))
  session.on('Network.requestWillBeSentExtraInfo', ({ headers, requestId }) => {
    const named = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
    sent.push({ url: `${named.host ?? named[':authority'] ?? urls.get(requestId)}`, cookie: named.cookie })
  })
  const downloading = page.waitForEvent('download', { timeout: 10_000 }).catch(() => null)
  // A navigation that turns into a download does not count as one.
  await page.goto(url).catch(() => undefined)
  const download = await downloading
  const found = download && (await download.path())
  expect(await page.title()).not.toBe('ran')
  await page.close()
  return found
}

describe('a hostile file is downloaded, and nothing in it runs', () => {
  test.each(hostile)('%s as %s', async (name, type, body) => {
    const id = await upload(name, type, body())
    for (const url of [`${kith.origin}${FILES}/${id}/content`, await linkTo(id)]) {
      expect(await open(url), url).not.toBeNull()
    }
    expect(called).toEqual([])
    expect(sent.filter((request) => request.url.startsWith('localhost')).length).toBeGreaterThan(0)
    for (const request of sent) if (request.url.startsWith('127.0.0.1')) expect(request.cookie).toBeUndefined()
    expect(sent.some((request) => request.url.startsWith('localhost') && request.cookie !== undefined)).toBe(true)
    expect(sent.some((request) => request.url.startsWith('127.0.0.1'))).toBe(true)
  })

  test('the browser would have run it: the same page without those headers calls back', async () => {
    const bare = createServer((_, reply) => reply.setHeader('content-type', 'text/html').end(html()))
    await new Promise<void>((resolve) => bare.listen(0, '127.0.0.1', resolve))
    const page = await context.newPage()
    await page.goto(`http://127.0.0.1:${(bare.address() as AddressInfo).port}/`)
    await expect.poll(() => called.length).toBeGreaterThan(0)
    expect(await page.title()).toBe('ran')
    bare.close()
  })

  test('framed, or as a script, an image or a style of another page, it does nothing', async () => {
    const id = await upload('code.js', 'text/javascript', script('embedded'))
    const url = await linkTo(id)
    const page = await context.newPage()
    await page.setContent(
      `<iframe src="${url}"></iframe><script src="${url}"></script><link rel="stylesheet" href="${url}"><object data="${url}"></object>`,
    )
    await page.waitForLoadState('networkidle')
    expect([called, await page.title()]).toEqual([[], ''])
  })
})

describe('two origins', () => {
  test('the origin of files serves files alone, and the other one none', async () => {
    const link = new URL(await linkTo(await upload('a.txt', 'text/plain', randomBytes(20))))
    expect(link.origin).toBe(`http://127.0.0.1:${kith.port}`)
    expect((await fetch(link)).status).toBe(200)
    expect((await fetch(kith.origin + link.pathname + link.search)).status).toBe(404)
    for (const path of [
      '/',
      '/health',
      '/user/me',
      FILES,
      '/oauth/authorize',
      '/.well-known/openid-configuration',
      '/dev/mailbox',
      '/files',
      '/FILES/x',
    ]) {
      expect([path, (await fetch(link.origin + path, { headers: { cookie } })).status]).toEqual([path, 404])
    }
  })
})

/** A second of silence. */
function wav(): Buffer {
  const [head, samples] = [Buffer.alloc(44), Buffer.alloc(8_000, 128)]
  head.write('RIFF\0\0\0\0WAVEfmt ', 'latin1')
  head.writeUInt32LE(36 + samples.length, 4)
  for (const [value, at] of [
    [16, 16],
    [8_000, 24],
    [8_000, 28],
  ] as const)
    head.writeUInt32LE(value, at)
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [1, 32],
    [8, 34],
  ] as const)
    head.writeUInt16LE(value, at)
  head.write('data', 36)
  head.writeUInt32LE(samples.length, 40)
  return Buffer.concat([head, samples])
}

const PICTURE = { name: 'ein Bild 🎈.png', mimeType: 'image/png', buffer: PNG }
const SOUND = { name: 'Ton.wav', mimeType: 'audio/wav', buffer: wav() }

describe.each([
  ['a phone', PHONE],
  ['a desk', DESK],
] as const)('the pages of files, on %s', (where, viewport) => {
  const files = () => `${kith.origin}/account/files`
  const choose = (page: Page, ...chosen: (typeof PICTURE)[]) => page.setInputFiles('#files', chosen)
  const open = (page: Page, name: string) => page.click(`.files a:has-text("${name}")`)

  test('several files are uploaded at once, shown, renamed, moved, linked and deleted', async () => {
    const walker = await signedInContext({ viewport })
    const page = await walker.newPage()
    const violations: string[] = []
    page.on('console', (message) => /Content Security Policy/i.test(message.text()) && violations.push(message.text()))
    await page.goto(files())
    const folder = `Ordner ${where}`
    await page.fill('#name', folder)
    await page.click('text="Create folder"')
    // The page opens the folder again as soon as all is there.
    await choose(page, PICTURE, SOUND)
    await page.waitForSelector('.files >> text="Ton.wav"')
    expect(await page.locator('.files li').count()).toBe(2)

    await open(page, 'Ton.wav')
    await expect.poll(() => page.evaluate('document.querySelector("audio").duration')).toBe(1)
    await page.goBack()
    await open(page, 'ein Bild')
    await expect.poll(() => page.evaluate('document.querySelector("[data-preview]").naturalWidth')).toBe(1)
    await page.fill('#name', 'neu.png')
    await page.selectOption('#folder', '')
    await page.click('text="Save"')
    expect(await page.textContent('h1')).toBe('neu.png')
    expect(await page.locator('.trail a').count()).toBe(1)

    await page.click('text="Make a link"')
    const link = (await page.textContent('#made')) ?? ''
    expect(new URL(link).origin).toBe(`http://127.0.0.1:${kith.port}`)
    expect(Buffer.from(await (await fetch(link)).arrayBuffer())).toEqual(PNG)
    await page.click('text="End all links now"')
    expect((await fetch(link)).status).toBe(403)

    await page.click('text="Delete this file"')
    await page.click('main button')
    expect(await page.textContent('[role=status]')).toBe('The file is deleted.')
    await page.goto(files())
    await open(page, folder)
    await page.click('text="Rename or delete this folder"')
    await page.click('text="Delete folder"')
    expect(await page.textContent('.lead')).toContain('the 1 file in it')
    await page.click('main button')
    expect(await page.textContent('[role=status]')).toBe('The folder is deleted.')
    expect(violations).toEqual([])
    await walker.close()
  })

  test('what fails says why, what is cancelled stops, and both can be tried again', async () => {
    const walker = await signedInContext({ viewport })
    const page = await walker.newPage()
    await page.goto(files())
    // The files of the other width are in the list, too.
    const [broken, slow] = [`broken ${where}.png`, `slow ${where}.png`]
    let isDown = true
    await page.route('**/account/files/upload?**', async (route) => {
      const isSlow = route.request().url().includes('name=slow')
      if (isDown && !isSlow) return route.abort()
      if (isDown) return
      return route.continue()
    })
    await choose(page, { ...PICTURE, name: broken }, { ...PICTURE, name: slow })
    const row = (name: string) => page.locator('.queue li', { hasText: name })
    await expect.poll(() => row(broken).textContent()).toContain('The connection broke off. Try again.')
    await row(slow).locator('button').click()
    await expect.poll(() => row(slow).textContent()).toContain('Cancelled')
    isDown = false
    await row(broken).locator('button').click()
    await expect.poll(() => row(broken).textContent()).toContain('Uploaded')
    expect(await page.textContent('.queue-summary')).toContain('1 of 2 uploaded')
    await row(slow).locator('button').click()
    await page.waitForSelector(`.files >> text="${slow}"`)
    // Signed out in another tab meanwhile.
    await walker.clearCookies()
    await choose(page, { ...PICTURE, name: 'late.png' })
    await expect.poll(() => row('late.png').textContent()).toContain('You are signed out.')
    await walker.close()
  })

  test('fit the screen, and axe finds nothing serious', async () => {
    await upload('a-very-long-name-without-any-place-to-break-it-'.repeat(3), 'image/png', PNG)
    const dark = await signedInContext({ viewport, bypassCSP: true, colorScheme: where === 'a desk' ? 'dark' : 'light' })
    const page = await dark.newPage()
    for (const [name, act] of [
      ['list', () => page.goto(files())],
      ['file', () => page.click('.files a')],
      ['link', () => page.click('text="Make a link"')],
      ['delete', () => page.click('text="Delete this file"')],
    ] as const) {
      await act()
      await page.waitForLoadState()
      const { scroll, width } = (await page.evaluate(
        '({ scroll: document.documentElement.scrollWidth, width: document.documentElement.clientWidth })',
      )) as { scroll: number; width: number }
      expect([name, scroll <= width]).toEqual([name, true])
      await expectNothingGrave(page, name)
      await keepPictures(page, `files-${name}`)
      await page.setViewportSize(viewport)
    }
    await dark.close()
  })
})
