/**
 * Kith as a client sees it: requests to the real Worker in the real runtime, under the strict platform. `Client` keeps cookies
 * and has its own network; mails are read from `/dev/mailbox`, as a developer would.
 */
import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import type { Bindings } from '../../src/config.ts'
import worker from '../../src/index.ts'
import { createPlatform } from '../platform/platform.ts'

export const ORIGIN = 'https://kith.test'
export const platform = createPlatform(env as unknown as Bindings)
/** The database itself, without limits and counters: to arrange and to inspect. */
export const db = (env as unknown as Bindings).DB

export type Body = Record<string, unknown> | unknown[] | string | URLSearchParams | FormData | Uint8Array | ReadableStream
export interface Options {
  readonly method?: string
  readonly body?: Body
  readonly headers?: Record<string, string>
  /** Bindings or vars that differ for this request. */
  readonly env?: Partial<Bindings>
  /** Where the request goes, if not to `ORIGIN`. */
  readonly origin?: string
}

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
  readonly json: any
  /** The body as it arrived. */
  readonly bytes: Uint8Array
}

let clients = 0
/** Parsed once per object, like an isolate's own bindings. */
const environments = new WeakMap<Bindings, Map<string, Bindings>>()

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

  /** The headers that tell the Worker where a request comes from. */
  identity = () => new Headers({ 'cf-connecting-ip': this.network, 'user-agent': this.userAgent })

  /** The request with the credentials of the client. */
  request(path: string, options: Options = {}): Request {
    const headers = this.identity()
    if (this.token !== null) headers.set('authorization', `Bearer ${this.token}`)
    if (this.cookies.size > 0) headers.set('cookie', [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; '))
    const { body } = options
    const type = contentTypeOf(body)
    if (type !== null) headers.set('content-type', type)
    if (body instanceof Uint8Array) headers.set('content-length', String(body.length))
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value)
    const init = { method: options.method ?? 'GET', headers, body: payloadOf(body), redirect: 'manual' } as const
    return new Request(`${options.origin ?? ORIGIN}${path}`, init)
  }

  async fetch(path: string, options: Options = {}): Promise<Reply> {
    const request = this.request(path, options)
    const executionCtx = createExecutionContext()
    platform.beginInvocation()
    const response = await worker.fetch(request as never, toEnv(options.env), executionCtx)
    const bytes = new Uint8Array(await response.arrayBuffer())
    await waitOnExecutionContext(executionCtx)
    this.keepCookies(response.headers)
    const text = new TextDecoder().decode(bytes)
    return { status: response.status, headers: response.headers, text, json: parse(text), bytes }
  }

  keepCookies(headers: Headers): void {
    for (const cookie of headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (value === '' || /max-age=0/i.test(cookie)) this.cookies.delete(name)
      else this.cookies.set(name, value)
    }
  }
}

const isSentAsItIs = (body: Body) => body instanceof FormData || body instanceof Uint8Array || body instanceof ReadableStream

/** A form's type includes its boundary, which the request knows; bytes have the type that a test gives them. */
function contentTypeOf(body: Body | undefined): string | null {
  if (body === undefined || isSentAsItIs(body)) return null
  return body instanceof URLSearchParams ? 'application/x-www-form-urlencoded' : 'application/json'
}

function payloadOf(body: Body | undefined): BodyInit | null {
  if (body === undefined) return null
  if (body instanceof ReadableStream) return asBytes(body)
  if (typeof body === 'string' || isSentAsItIs(body)) return body
  return body instanceof URLSearchParams ? body.toString() : JSON.stringify(body)
}

/** A body as the runtime passes it to a Worker: a stream of bytes that pulls from the test's stream on demand. */
function asBytes(source: ReadableStream<Uint8Array>): ReadableStream {
  const reader = source.getReader()
  return new ReadableStream({
    type: 'bytes',
    async pull(controller) {
      const { done, value } = await reader.read()
      // A copy: a byte stream detaches what it is given.
      if (!done) return controller.enqueue(value.slice())
      controller.close()
      controller.byobRequest?.respond(0)
    },
    cancel: (reason) => reader.cancel(reason),
  })
}

export function toEnv(changes: Partial<Bindings> | undefined): Bindings {
  const base = platform.env as unknown as Bindings
  if (!changes) return base
  const key = JSON.stringify(changes)
  const all = environments.get(base) ?? new Map<string, Bindings>()
  environments.set(base, all)
  const known = all.get(key)
  if (known) return known
  const made = new Proxy(base, {
    get: (target, name) => (Object.hasOwn(changes, name) ? changes[name as keyof Bindings] : target[name as keyof Bindings]),
  })
  all.set(key, made)
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

export async function mailsTo(address: string, limit?: number): Promise<Mail[]> {
  const query = new URLSearchParams({ to: address, ...(limit === undefined ? {} : { limit: String(limit) }) })
  const reply = await new Client().get(`/dev/mailbox?${query}`, { headers: { accept: 'application/json' } })
  return reply.json.messages
}

/** The code of the newest mail that has one. */
export async function newestCode(address: string): Promise<string> {
  // The newest is near the top of the mailbox; searching for all mails of an address reads everybody's.
  for (const limit of [1, undefined]) {
    for (const { text } of await mailsTo(address, limit)) {
      const code = /^((?:[a-z2-9]{3}-){7}[a-z2-9]{3}|\d{6})$/m.exec(text)?.[1]
      if (code) return code
    }
  }
  throw new Error(`no code was mailed to ${address}`)
}
