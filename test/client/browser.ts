// A browser that runs an app with the client: tabs share storage, locks and keys; the network is CORS as browsers have it, in front
// of the real Worker; people sign in at the real authorization endpoint.
import { createKith, type Environment, type Kith, type KithError, type KithOptions } from '@kith/client'
import { expect } from 'vitest'
import type { UserId } from '../../src/ids.ts'
import { newBrowser, newClient, newUser, ORIGIN, send, type TestClient } from '../apis/oauth/harness.ts'

export const APP = 'https://app.kith.test'
export const CALLBACK = `${APP}/callback`
const SAFELISTED = ['cache-control', 'content-language', 'content-length', 'content-type', 'expires', 'last-modified', 'pragma']

/** What the network does to a request, instead of carrying it to Kith. */
export type Trouble = (request: Request, forward: () => Promise<Response>) => Promise<Response>

export class Browser {
  readonly store = new Map<string, string>()
  readonly warnings: KithError[] = []
  /** Method and path of each request that reached the network. */
  readonly requests: string[] = []
  trouble: Trouble | null = null
  /** How far the device's clock is off. */
  ahead = 0
  waited = 0
  /** The page that the app has sent the person to. */
  left = ''
  storageFails: (() => Error) | null = null
  private readonly listeners: { tab: number; key: string; listener: () => void }[] = []
  private readonly online: (() => void)[] = []
  private readonly locks = new Map<string, Promise<unknown>>()
  private readonly keys = new Map<string, CryptoKeyPair>()
  private readonly preflights = new Set<string>()
  private tabs = 0
  readonly client: TestClient
  readonly cookie: string
  readonly userId: UserId

  constructor(client: TestClient, userId: UserId, cookie: string) {
    this.client = client
    this.userId = userId
    this.cookie = cookie
  }

  /** A tab with the app. */
  open(options: Partial<KithOptions> = {}): Kith {
    this.tabs += 1
    const environment = { ...this.environment(this.tabs), ...options.environment }
    return createKith({
      origin: ORIGIN,
      clientId: this.client.id,
      onWarning: (warning) => this.warnings.push(warning),
      ...options,
      environment,
    })
  }

  /** A tab whose person has signed in. */
  async openSignedIn(options: Partial<KithOptions> = {}): Promise<Kith> {
    const kith = this.open(options)
    await kith.signIn()
    await kith.handleRedirect(await this.visit())
    return kith
  }

  /** The person goes where the app has sent them, or somebody else does. Resolves to where they end up. */
  async visit(cookie: string = this.cookie): Promise<string> {
    const { pathname, search } = new URL(this.left)
    const response = await send(pathname + search, { headers: { cookie }, redirect: 'manual' })
    return response.headers.get('location') ?? (await response.text())
  }

  cameOnline(): void {
    for (const listener of this.online) listener()
  }

  stored(what: string): string | undefined {
    return this.store.get(`kith:${what}:${this.client.id}@${ORIGIN}`)
  }

  sent(path: string): number {
    return this.requests.filter((line) => line.endsWith(` ${path}`)).length
  }

  private environment(tab: number): Partial<Environment> {
    return {
      now: () => Date.now() + this.ahead,
      wait: async (milliseconds) => {
        this.waited += milliseconds
      },
      fetch: (request) => this.fetch(request),
      storage: {
        getItem: (key) => {
          if (this.storageFails?.().name === 'SecurityError') throw this.storageFails()
          return this.store.get(key) ?? null
        },
        setItem: (key, value) => {
          if (this.storageFails) throw this.storageFails()
          this.store.set(key, value)
          this.changed(tab, key)
        },
        removeItem: (key) => {
          this.store.delete(key)
          this.changed(tab, key)
        },
        onChange: (key, listener) => void this.listeners.push({ tab, key, listener }),
      },
      lock: (name, work) => {
        const turn = (this.locks.get(name) ?? Promise.resolve()).catch(() => {}).then(work)
        this.locks.set(name, turn)
        return turn
      },
      keys: { get: async (name) => this.keys.get(name), set: async (name, pair) => void this.keys.set(name, pair) },
      openUrl: (url) => {
        this.left = url
        return undefined
      },
      currentUrl: () => `${APP}/orders?page=2`,
      onOnline: (listener) => void this.online.push(listener),
    }
  }

  /** As `storage` events: other tabs are told. `tab` 0: the person has cleared the data. */
  changed(tab: number, key: string): void {
    for (const other of this.listeners) if (other.tab !== tab && other.key === key) other.listener()
  }

  private async fetch(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url)
    this.requests.push(`${request.method} ${pathname}`)
    const forward = () => this.toKith(request)
    return this.trouble ? this.trouble(request, forward) : forward()
  }

  private async toKith(request: Request): Promise<Response> {
    const { pathname, search } = new URL(request.url)
    await this.preflight(request)
    const headers = new Headers(request.headers)
    headers.set('origin', APP)
    const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer())
    if (body) headers.set('content-length', String(body.length))
    const response = await send(pathname + search, { method: request.method, headers, body, redirect: 'manual' })
    if (request.signal.aborted) throw request.signal.reason
    expect(response.headers.get('access-control-allow-origin')).toBe(APP)
    const shown = [...SAFELISTED, ...listOf(response.headers.get('access-control-expose-headers'))]
    const readable = new Headers([...response.headers].filter(([name]) => shown.includes(name)))
    // The network's edge adds it to every response.
    if (shown.includes('date')) readable.set('date', new Date().toUTCString())
    const isEmpty = [101, 204, 205, 304].includes(response.status)
    return new Response(isEmpty ? null : await response.arrayBuffer(), { status: response.status, headers: readable })
  }

  /** A browser asks first for each method and header that is not safe. */
  private async preflight(request: Request): Promise<void> {
    const { pathname } = new URL(request.url)
    // The library names itself only where there is no browser.
    const names = [...request.headers.keys()].filter((name) => !['accept', 'content-length', 'user-agent'].includes(name)).sort()
    const key = `${request.method} ${pathname} ${names}`
    if (this.preflights.has(key)) return
    const asked = {
      origin: APP,
      'access-control-request-method': request.method,
      'access-control-request-headers': names.join(','),
    }
    const { headers } = await send(pathname, { method: 'OPTIONS', headers: asked })
    const allowed = listOf(headers.get('access-control-allow-headers'))
    expect(names.filter((name) => !allowed.includes(name))).toEqual([])
    expect(listOf(headers.get('access-control-allow-methods'))).toContain(request.method.toLowerCase())
    this.preflights.add(key)
  }
}

const listOf = (header: string | null) => (header ?? '').toLowerCase().split(/\s*,\s*/)

/** A registered app, and a person who is signed in at Kith in this browser. */
export async function newAppBrowser(columns: Parameters<typeof newClient>[0] = {}, someone?: UserId): Promise<Browser> {
  const client = await newClient({ redirectUris: [CALLBACK], postLogoutRedirectUris: [`${APP}/`], ...columns })
  const userId = someone ?? (await newUser())
  const { cookie } = await newBrowser(userId)
  return new Browser(client, userId, cookie)
}

export async function failureOf(work: Promise<unknown>): Promise<KithError> {
  try {
    await work
  } catch (error) {
    expect((error as Error).name, String(error)).toBe('KithError')
    return error as KithError
  }
  throw new Error('it succeeded')
}
