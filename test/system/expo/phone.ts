/** A phone with the app of `examples/expo`: what outlives the app is here, and the app itself is a page that can be killed. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { Browser, BrowserContext, Page, Route } from 'playwright-core'

const ROOT = join(import.meta.dirname, '..', '..', '..')
const EXAMPLE = join(ROOT, 'examples', 'expo')
const MODULES = ['expo', 'expo-crypto', 'expo-image-picker', 'expo-secure-store', 'expo-web-browser', 'react-native']
/** A page of this origin may call a local Kith. Nobody listens there. */
const APP = 'http://localhost:5173/'

/** Hermes has no crypto: the stand-ins get the browser's. `globals.ts` takes the rest away. */
const INIT = `({ ahead, fetchOf, hasStreams, ...settings }) => {
  const now = Date.now
  Date.now = () => now() + ahead
  globalThis.phone = { ...settings, crypto, getItem, setItem, deleteItem, openBrowser }
  Object.assign(globalThis, { fetchOf, hasStreams })
  Object.defineProperty(globalThis, 'crypto', { value: undefined, writable: true, configurable: true })
}`

/** As the client's README changes the example for a development build. */
const bound: Plugin = {
  name: 'bound',
  setup: ({ onLoad }) =>
    onLoad({ filter: /examples.expo.kith\.ts$/ }, ({ path }) => {
      const [, diff = ''] = /```diff\n([\s\S]*?)```/.exec(readFileSync(join(ROOT, 'client', 'README.md'), 'utf8')) ?? []
      const side = (hunk: string, sign: string) =>
        hunk.split('\n').flatMap((line) => (line.startsWith(' ') || line.startsWith(sign) ? [line.slice(1)] : []))
      let contents = readFileSync(path, 'utf8')
      for (const hunk of diff.trimEnd().split('\n\n')) {
        const before = side(hunk, '-').join('\n')
        if (!contents.includes(before)) throw new Error(`The example has no longer what the README changes:\n${before}`)
        contents = contents.replace(before, side(hunk, '+').join('\n'))
      }
      return { contents, loader: 'ts' }
    }),
}

interface Launch {
  readonly initialUrl?: string | null
  /** Sees the page before anything runs in it. */
  readonly prepare?: (page: Page) => Promise<unknown>
  /** A development build, with tokens bound to a key, instead of Expo Go. */
  readonly isBound?: boolean
  readonly fetchOf?: 'expo' | 'react-native'
  /** Expo's Metro configuration adds them. */
  readonly hasStreams?: boolean
}

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
  #globals = ''

  private constructor(context: BrowserContext, system: BrowserContext, picture: string) {
    this.#context = context
    this.system = system
    this.#picture = picture
  }

  static async install(browser: Browser, settings: Record<string, string>, picture: string): Promise<Phone> {
    const alias = Object.fromEntries(MODULES.map((name) => [name, join(import.meta.dirname, 'native-modules.tsx')]))
    const bundle = async (entryPoint: string, plugins: Plugin[] = []) => {
      const { outputFiles } = await build({
        entryPoints: [entryPoint],
        bundle: true,
        write: false,
        format: 'iife',
        tsconfig: join(EXAMPLE, '..', 'tsconfig.json'),
        alias: { ...alias, 'react-native-quick-crypto': join(import.meta.dirname, 'quick-crypto.ts') },
        define: Object.fromEntries(Object.entries(settings).map(([name, value]) => [`process.env.${name}`, JSON.stringify(value)])),
        plugins,
      })
      return outputFiles[0]?.text ?? ''
    }
    const [context, system] = await Promise.all([browser.newContext(), browser.newContext()])
    const phone = new Phone(context, system, picture)
    phone.#globals = await bundle(join(import.meta.dirname, 'globals.ts'))
    const index = join(EXAMPLE, 'index.ts')
    const scripts: Record<string, string> = { 'app.js': await bundle(index), 'bound.js': await bundle(index, [bound]) }
    await context.exposeFunction('getItem', (key: string) => phone.keychain.get(key) ?? null)
    await context.exposeFunction('setItem', (key: string, value: string) => void phone.keychain.set(key, value))
    await context.exposeFunction('deleteItem', (key: string) => void phone.keychain.delete(key))
    await context.exposeFunction('openBrowser', (url: string, backTo: string) => phone.#open(url, backTo))
    await context.route(`${APP}*`, (route: Route) => {
      const { pathname, search } = new URL(route.request().url())
      const body = scripts[pathname.slice(1)]
      const html = `<!doctype html><title>Expo</title><body><script src="/${search.slice(1)}.js"></script>`
      return body === undefined
        ? route.fulfill({ body: html, contentType: 'text/html' })
        : route.fulfill({ body, contentType: 'text/javascript; charset=utf-8' })
    })
    return phone
  }

  /** Starts the app. */
  async launch({ initialUrl = null, prepare, isBound = false, fetchOf = 'expo', hasStreams = true }: Launch = {}): Promise<Page> {
    const app = await this.#context.newPage()
    app.setDefaultTimeout(10_000)
    app.on('pageerror', (error) => console.error('the app failed:', error))
    const settings = { ahead: this.ahead, initialUrl, fetchOf, hasStreams, picture: this.#picture }
    await app.addInitScript(`(${INIT})(${JSON.stringify(settings)});${this.#globals}`)
    await prepare?.(app)
    await app.goto(`${APP}?${isBound ? 'bound' : 'app'}`)
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
