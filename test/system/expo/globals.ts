/**
 * The globals of React Native in place of a browser's: its fetch (whatwg-fetch) and AbortController (abort-controller), and nothing
 * where Hermes has nothing. Expo has another fetch, which takes React Native's Request and has a Response of its own.
 */
import { AbortController, AbortSignal } from 'abort-controller/dist/abort-controller'
import { Headers, Request, Response, fetch as whatwgFetch } from 'whatwg-fetch'

/** What the page says before: which fetch the app has, and whether Expo's Metro configuration has added streams. */
declare const fetchOf: 'expo' | 'react-native'
declare const hasStreams: boolean

const native = { fetch: globalThis.fetch.bind(globalThis), AbortController: globalThis.AbortController }

/** As `expo/fetch`: an instance of no other class. */
class ExpoResponse {
  readonly headers: Headers
  readonly #response: globalThis.Response
  constructor(response: globalThis.Response) {
    this.#response = response
    this.headers = new Headers([...response.headers])
  }
  get [Symbol.toStringTag]() {
    return 'Response'
  }
  get status() {
    return this.#response.status
  }
  get statusText() {
    return this.#response.statusText
  }
  get ok() {
    return this.#response.ok
  }
  get body() {
    return this.#response.body
  }
  get bodyUsed() {
    return this.#response.bodyUsed
  }
  text = () => this.#response.text()
  json = () => this.#response.json()
  blob = () => this.#response.blob()
  clone = () => new ExpoResponse(this.#response.clone())
}

async function expoFetch(input: string | Request): Promise<ExpoResponse> {
  const { url, method, headers, signal, _bodyInit: body = null } = typeof input === 'string' ? new Request(input) : input
  const limit = new native.AbortController()
  signal.addEventListener('abort', () => limit.abort())
  // A phone knows no CORS.
  const init = { method, headers: Object.fromEntries(headers.entries()), body, signal: limit.signal, credentials: 'omit' } as const
  const response = await native.fetch(url, init).catch((error: Error) => Promise.reject(new Error(`fetch failed: ${error.message}`)))
  return new ExpoResponse(response)
}

const { send } = XMLHttpRequest.prototype
XMLHttpRequest.prototype.send = function (body) {
  return send.call(this, body instanceof URLSearchParams ? null : body)
}

const absent = ['CryptoKey', 'indexedDB', 'localStorage', 'sessionStorage', 'BroadcastChannel', 'structuredClone', 'addEventListener']
if (!hasStreams) absent.push('ReadableStream', 'WritableStream', 'TransformStream')
const present = { Headers, Request, Response, AbortController, AbortSignal, fetch: fetchOf === 'expo' ? expoFetch : whatwgFetch }
for (const [name, value] of [...absent.map((name) => [name, undefined] as const), ...Object.entries(present)]) {
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true })
}
Object.defineProperty(navigator, 'locks', { value: undefined })
for (const [owner, names] of [
  [URL, ['parse', 'canParse']],
  [Uint8Array, ['fromBase64']],
  [Uint8Array.prototype, ['toBase64']],
  [Blob.prototype, ['text', 'arrayBuffer', 'bytes', 'stream']],
] as const) {
  for (const name of names) Reflect.deleteProperty(owner, name)
}
