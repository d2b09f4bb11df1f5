/**
 * One request to Kith, and what is common to all of them: the bookmark, so that one reads what one has written; Kith's time; a
 * time limit; and errors of the network as `KithError`.
 */
import { KithError, settled, unreachable } from './errors.ts'
import type { Settings } from './options.ts'

export interface Connection {
  /** `send`: what sends the request, if not `fetch`. */
  send(request: Request, options?: SendOptions): Promise<Response>
  /** The time at Kith, however wrong the device's clock is. */
  serverNow(): number
}

export interface SendOptions {
  /** Null for none. */
  readonly timeoutMs?: number | null
  readonly send?: (request: Request) => Promise<Response>
}

const BOOKMARK = 'x-d1-bookmark'

export function connect(settings: Pick<Settings, 'origin' | 'environment' | 'key' | 'timeoutMs'>): Connection {
  const { origin, environment, key } = settings
  const { storage } = environment
  const bookmarkKey = key('bookmark')
  let bookmark: string | null | undefined
  let ahead = 0
  let hasAnswered = false
  storage.onChange?.(bookmarkKey, () => {
    bookmark = undefined
  })

  /** Browsers do not tell an app that CORS is why it got no reply. An app that has ever got one is not the case. */
  function corsHint(): string {
    const page = environment.currentUrl()
    if (hasAnswered || bookmark || !page || !globalThis.navigator?.onLine) return ''
    return `. If it is running, its CORS_ORIGINS may lack ${new URL(page).origin}`
  }

  async function learn(response: Response) {
    hasAnswered = true
    const date = Date.parse(response.headers.get('date') ?? '')
    if (Number.isFinite(date)) ahead = date - environment.now()
    const seen = response.headers.get(BOOKMARK)
    if (seen === null) return
    bookmark = seen
    await settled(() => storage.setItem(bookmarkKey, seen))
  }

  async function send(request: Request, { timeoutMs = settings.timeoutMs, send = environment.fetch }: SendOptions = {}): Promise<Response> {
    const isKith = new URL(request.url).origin === origin
    const headers = new Headers(request.headers)
    if (isKith && bookmark === undefined) bookmark = (await settled(() => storage.getItem(bookmarkKey))) ?? null
    if (isKith && bookmark) headers.set(BOOKMARK, bookmark)
    const { signal } = request
    const limit = new AbortController()
    // React Native's signals have no reason.
    let isLate = false
    const stop = () => {
      isLate = true
      limit.abort()
    }
    const timer = timeoutMs === null ? undefined : setTimeout(stop, timeoutMs)
    if (signal?.aborted) limit.abort(signal.reason)
    signal?.addEventListener('abort', () => limit.abort(signal.reason))
    try {
      if (limit.signal.aborted) throw limit.signal.reason
      const response = await send(new Request(request, { headers, signal: limit.signal }))
      if (!isKith) return response
      await learn(response)
      return await buffered(response)
    } catch (cause) {
      if (signal?.aborted) throw new KithError({ kind: 'aborted' }, 'The request was aborted', { cause })
      if (isLate) throw new KithError({ kind: 'timeout' }, 'Kith did not answer in time')
      throw unreachable(cause, isKith ? corsHint() : '')
    } finally {
      clearTimeout(timer)
    }
  }

  return { send, serverNow: () => environment.now() + ahead }
}

/** JSON and errors are read within the time limit: a reply that stops halfway counts as lost. */
async function buffered(response: Response): Promise<Response> {
  const { status, statusText, headers } = response
  const isJson = headers.get('content-type')?.includes('json')
  if (!response.body || (response.ok && !isJson)) return response
  return new Response(await response.text(), { status, statusText, headers })
}
