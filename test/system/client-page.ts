/** A page with the client in it, for the tests that drive it in a browser: `kith` is the client of the page, and its calls are scripted. */
import { createServer, type Server as HttpServer } from 'node:http'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { freePort } from './free-port.ts'
import { emptyKith, PASSWORD, signUp } from './person.ts'
import type { Server } from './project.ts'

export const CLIENT_ID = 'tabs'
const SOURCE = join(import.meta.dirname, '..', '..', 'client', 'src')
const SCRIPT = `
import { createKith } from '${join(SOURCE, 'index.ts')}'
import { dpop } from '${join(SOURCE, 'dpop.ts')}'
const { origin, clientId, bound } = window.settings
window.warnings = []
window.kith = createKith({ origin, clientId, onWarning: (warning) => window.warnings.push(warning.reason), ...(bound ? { dpop: dpop() } : {}) })
`

/** What a call in the page came to. */
export interface Outcome {
  readonly value?: unknown
  readonly error?: { readonly kind?: string; readonly reason?: string; readonly message: string; readonly [member: string]: unknown }
}

/** Kith as a process, an app's page on an origin of its own, and somebody who has an account. */
export class ClientPage {
  readonly username = 'tabs_person'
  origin = ''
  bound = false
  #kith: Awaited<ReturnType<typeof emptyKith>> | undefined
  #app: HttpServer | undefined
  #server: Server | undefined
  #port = 0

  get kithOrigin(): string {
    return this.#kith?.origin ?? ''
  }

  async open(): Promise<void> {
    const port = await freePort()
    this.origin = `http://localhost:${port}`
    this.#kith = await emptyKith(() => ({ CORS_ORIGINS: this.origin, NETWORK_LIMITS: 'off' }))
    const { outputFiles } = await build({ stdin: { contents: SCRIPT, resolveDir: SOURCE }, bundle: true, format: 'esm', write: false })
    const script = outputFiles[0]?.text ?? ''
    this.#app = createServer((request, response) => {
      if (request.url === '/kith.js') return response.setHeader('content-type', 'text/javascript').end(script)
      const settings = JSON.stringify({ origin: this.kithOrigin, clientId: CLIENT_ID, bound: this.bound })
      const scripts = `<script>window.settings = ${settings}</script><script type="module" src="/kith.js"></script>`
      return response.setHeader('content-type', 'text/html').end(`<!doctype html><title>The app</title>${scripts}`)
    }).listen(port)
    const made = await this.#kith.project.run(process.execPath, [
      'scripts/operator.ts',
      ...['client', 'create', CLIENT_ID, '--name', 'Tabs', '--first-party', '--scope', 'openid profile email delegated:all'],
      ...['--redirect-uri', `${this.origin}/callback`, '--post-logout-redirect-uri', `${this.origin}/`],
    ])
    expect(made.code, made.output).toBe(0)
    await this.startKith()
    await signUp(this.kithOrigin, this.username)
  }

  async startKith(): Promise<void> {
    this.#server = await this.#kith?.start()
    this.#port ||= Number(new URL(this.kithOrigin).port)
  }

  async stopKith(): Promise<void> {
    await this.#server?.kill()
  }

  async close(): Promise<void> {
    this.#app?.close()
    await this.#kith?.project.remove()
  }

  /** A tab with the app. */
  async tab(context: BrowserContext, path = '/'): Promise<Page> {
    const page = await context.newPage()
    await page.goto(this.origin + path)
    await page.waitForFunction('window.kith')
    return page
  }

  /** Through Kith's pages and back, until the app is at its callback. Nothing has been exchanged yet. */
  async toCallback(page: Page, start = 'kith.signIn({ returnTo: "/after" })'): Promise<void> {
    await page.evaluate(`void ${start}.catch((error) => { window.failed = error })`)
    await page.waitForURL((url) => url.origin === this.kithOrigin)
    await page.fill('#identifier', this.username)
    await page.fill('#password', PASSWORD)
    await Promise.all([page.waitForURL((url) => url.origin === this.origin), page.click('main form button')])
    await page.waitForFunction('window.kith')
  }

  async signIn(page: Page): Promise<void> {
    await this.toCallback(page)
    expect(await call(page, 'kith.handleRedirect()')).toEqual({ value: { returnTo: '/after' } })
  }
}

/** What an expression over `kith` comes to in the page. */
export function call(page: Page, expression: string): Promise<Outcome> {
  return page.evaluate(`(async () => ${expression})().then(
    (value) => ({ value }),
    (error) => ({ error: { ...error, message: error.message } }),
  )`)
}

/** Counts what every tab does to renew tokens: `asked` of Kith, `granted` by it. */
export function refreshesOf(context: BrowserContext): { asked: number; granted: number } {
  const counter = { asked: 0, granted: 0 }
  context.on('request', (request) => {
    if (isRefresh(request.url(), request.postData())) counter.asked += 1
  })
  context.on('response', (response) => {
    if (response.ok() && isRefresh(response.url(), response.request().postData())) counter.granted += 1
  })
  return counter
}

export const isRefresh = (url: string, body: string | null) =>
  url.endsWith('/oauth/token') && (body ?? '').includes('grant_type=refresh_token')
