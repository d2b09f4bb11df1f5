/** A phone with the app of `examples/expo`: what outlives the app is here, and the app itself is a page that can be killed. */
import { join } from 'node:path'
import { build } from 'esbuild'
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'

const EXAMPLE = join(import.meta.dirname, '..', '..', '..', 'examples', 'expo')
const MODULES = ['expo', 'expo-crypto', 'expo-image-picker', 'expo-secure-store', 'expo-web-browser', 'react-native']
/** A page of this origin may call a local Kith. Nobody listens there. */
const APP = 'http://localhost:5173/'

/** What Hermes lacks goes away, and Expo's stand-ins get the browser's. */
const INIT = `({ ahead, ...settings }) => {
  const now = Date.now
  Date.now = () => now() + ahead
  globalThis.phone = { ...settings, crypto, getItem, setItem, deleteItem, openBrowser }
  for (const name of ['crypto', 'localStorage', 'sessionStorage', 'indexedDB']) {
    Object.defineProperty(globalThis, name, { value: undefined, writable: true, configurable: true })
  }
  Object.defineProperty(navigator, 'locks', { value: undefined })
}`

export class Phone {
  /** What `expo-secure-store` keeps. */
  readonly keychain = new Map<string, string>()
  /** How many milliseconds later it is. */
  ahead = 0
  /** What the person does in the system's browser. Resolves to the URL that opened the app again, or to null if they closed it. */
  inBrowser: (page: Page, url: string, backTo: string) => Promise<string | null> = async () => null
  /** The cookies of the system's browser. */
  readonly system: BrowserContext
  readonly #context: BrowserContext
  readonly #picture: string

  private constructor(context: BrowserContext, system: BrowserContext, picture: string) {
    this.#context = context
    this.system = system
    this.#picture = picture
  }

  static async install(browser: Browser, settings: Record<string, string>, picture: string): Promise<Phone> {
    const { outputFiles } = await build({
      entryPoints: [join(EXAMPLE, 'index.ts')],
      bundle: true,
      write: false,
      format: 'iife',
      tsconfig: join(EXAMPLE, '..', 'tsconfig.json'),
      alias: Object.fromEntries(MODULES.map((name) => [name, join(import.meta.dirname, 'native-modules.tsx')])),
      define: Object.fromEntries(Object.entries(settings).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)])),
    })
    const [context, system] = await Promise.all([browser.newContext(), browser.newContext()])
    const phone = new Phone(context, system, picture)
    await context.exposeFunction('getItem', (key: string) => phone.keychain.get(key) ?? null)
    await context.exposeFunction('setItem', (key: string, value: string) => void phone.keychain.set(key, value))
    await context.exposeFunction('deleteItem', (key: string) => void phone.keychain.delete(key))
    await context.exposeFunction('openBrowser', (url: string, backTo: string) => phone.#open(url, backTo))
    const script = outputFiles[0]?.text ?? ''
    const html = '<!doctype html><title>Expo</title><body><script src="/app.js"></script>'
    await context.route(`${APP}*`, (route: Route) =>
      route.request().url().endsWith('.js')
        ? route.fulfill({ body: script, contentType: 'text/javascript; charset=utf-8' })
        : route.fulfill({ body: html, contentType: 'text/html' }),
    )
    return phone
  }

  /** Starts the app. `prepare` sees its page before anything runs in it. */
  async launch({
    initialUrl = null,
    prepare,
  }: {
    initialUrl?: string | null
    prepare?: (page: Page) => Promise<unknown>
  } = {}): Promise<Page> {
    const app = await this.#context.newPage()
    app.setDefaultTimeout(10_000)
    app.on('pageerror', (error) => console.error('the app failed:', error))
    const settings = { ahead: this.ahead, initialUrl, picture: this.#picture }
    await app.addInitScript(`(${INIT})(${JSON.stringify(settings)})`)
    await prepare?.(app)
    await app.goto(APP)
    return app
  }

  async #open(url: string, backTo: string): Promise<string | null> {
    const page = await this.system.newPage()
    page.setDefaultTimeout(10_000)
    try {
      return await this.inBrowser(page, url, backTo)
    } finally {
      await page.close()
    }
  }
}

/** Goes to `url`, acts there, and resolves to where Kith leads out of the browser: to a URL that begins with `backTo`. */
export async function untilBack(page: Page, url: string, backTo: string, act: () => Promise<void>): Promise<string> {
  const back = new Promise<string>((resolve) => {
    const look = (to = '') => to.startsWith(backTo) && resolve(to)
    page.on('request', (request) => look(request.url()))
    page.on('response', (response) => look(response.headers().location))
  })
  // The browser knows no app for the scheme.
  await page.goto(url).catch(() => {})
  await act()
  return await back
}
