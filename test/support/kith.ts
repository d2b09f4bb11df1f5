/**
 * Kith as a client sees it: requests to the real Worker in the real runtime, under the strict platform. `Client` keeps
 * cookies and has a network of its own; mails are read from `/dev/mailbox`, as a developer would.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Bindings } from '../../src/config.ts'
import worker from '../../src/index.ts'
import { createPlatform } from '../platform/platform.ts'

export const ORIGIN = 'https://kith.test'
export const platform = createPlatform(env as unknown as Bindings)
/** The database itself, without limits and counters: to arrange and to look. */
export const db = (env as unknown as Bindings).DB

type Body = Record<string, unknown> | unknown[] | string | URLSearchParams | FormData | Uint8Array | ReadableStream
export interface Options {
  readonly method?: string
  readonly body?: Body
  readonly headers?: Record<string, string>
  /** Bindings or vars that differ for this request. */
  readonly env?: Partial<Bindings>
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  readonly bytes: Uint8Array
  // biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
  readonly json: any
}

let clients = 0
/** Parsed once per object, like an isolate's own bindings. */
const environments = new Map<string, Bindings>()

export class Client {
  readonly cookies = new Map<string, string>()
  network: string
  userAgent = 'kith-test/1.0'
  token: string | null = null

  constructor() {
    clients += 1
    this.network = `198.51.${Math.floor(clients / 250) % 250}.${(clients % 250) + 1}`
  }

  get = (path: string, options: Options = {}) => this.fetch(path, options)
  post = (path: string, body?: Body, options: Options = {}) =>
    this.fetch(path, { ...options, method: 'POST', ...(body === undefined ? {} : { body }) })
  patch = (path: string, body: Body, options: Options = {}) => this.fetch(path, { ...options, method: 'PATCH', body })
  delete = (path: string, options: Options = {}) => this.fetch(path, { ...options, method: 'DELETE' })

  async fetch(path: string, options: Options = {}): Promise<Reply> {
    const headers = new Headers({ 'cf-connecting-ip': this.network, 'user-agent': this.userAgent })
    if (this.token !== null) headers.set('authorization', `Bearer ${this.token}`)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const { body } = options
    const isRaw = body instanceof FormData || body instanceof Uint8Array || body instanceof ReadableStream
    if (body instanceof URLSearchParams) headers.set('content-type', 'application/x-www-form-urlencoded')
    else if (body instanceof Uint8Array) headers.set('content-length', String(body.byteLength))
    else if (body !== undefined && !isRaw) headers.set('content-type', 'application/json')
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    const payload =
      body === undefined
        ? null
        : typeof body === 'string' || isRaw
          ? body
          : body instanceof URLSearchParams
            ? body.toString()
            : JSON.stringify(body)
    const request = new Request(`${ORIGIN}${path}`, {
      method: options.method ?? 'GET',
      headers,
      body: payload as BodyInit | null,
      redirect: 'manual',
    })
    const executionCtx = createExecutionContext()
    platform.beginInvocation()
    const response = await worker.fetch(request as never, toEnv(options.env), executionCtx)
    const bytes = new Uint8Array(await response.arrayBuffer())
    const text = new TextDecoder().decode(bytes)
    await waitOnExecutionContext(executionCtx)
    this.#keepCookies(response.headers)
    return { status: response.status, headers: response.headers, text, bytes, json: parse(text) }
  }

  #keepCookies(headers: Headers): void {
    for (const cookie of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '' || /max-age=0/i.test(cookie)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}

function toEnv(changes: Partial<Bindings> | undefined): Bindings {
  const base = platform.env as unknown as Bindings
  if (!changes) return base
  const key = JSON.stringify(changes)
  const known = environments.get(key)
  if (known) return known
  const made = new Proxy(base, {
    get: (target, name) => (Object.hasOwn(changes, name) ? changes[name as keyof Bindings] : target[name as keyof Bindings]),
  })
  environments.set(key, made)
  return made
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export interface Mail {
  readonly id: string
  readonly to: string
  readonly subject: string
  readonly text: string
  readonly html: string
}

export async function mailsTo(address: string): Promise<Mail[]> {
  const reply = await new Client().get(`/dev/mailbox?to=${encodeURIComponent(address)}`, { headers: { accept: 'application/json' } })
  return reply.json.messages
}

/** The code of the newest mail that has one. */
export async function newestCode(address: string): Promise<string> {
  for (const { text } of await mailsTo(address)) {
    const code = /^((?:[a-z2-9]{3}-){7}[a-z2-9]{3}|\d{6})$/m.exec(text)?.[1]
    if (code) return code
  }
  throw new Error(`no code was mailed to ${address}`)
}
