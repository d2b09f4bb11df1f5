/**
 * Requests to other providers: `fetch` with a time limit for each and for all of one sign-in, a limit on the size of
 * answers, without redirects, and only to https.
 */
import type { Config } from '../../config.ts'
import { isLoopback } from '../../config-upstream.ts'
import { Unacceptable, Unanswered } from './failures.ts'
import { UPSTREAM_ANSWER_BYTES_MAX, UPSTREAM_REQUEST_MS, UPSTREAM_SIGN_IN_MS } from './limits.ts'

/** The part of `fetch` that the library calls. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** https, or a provider on this machine outside of production. */
export function isSafeUrl({ environment }: Config, url: unknown): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  return url.startsWith('https://') || (environment !== 'production' && isLoopback(url))
}

/** For the requests of one sign-in. Its answers are complete: reading them does not fail. */
export function boundedFetch(config: Config): Fetch {
  const all = AbortSignal.timeout(UPSTREAM_SIGN_IN_MS)
  return async (url, init) => {
    if (!isSafeUrl(config, url)) throw new Unacceptable('an endpoint without https')
    const signal = AbortSignal.any([all, AbortSignal.timeout(UPSTREAM_REQUEST_MS)])
    const { response, body } = await answered(url, { ...init, redirect: 'manual', signal }, signal)
    if (response.status >= 500 || response.status === 429) throw new Unanswered(`status ${response.status}`)
    return new Response(body, { status: response.status, headers: response.headers })
  }
}

async function answered(url: string, init: RequestInit, signal: AbortSignal) {
  try {
    const response = await fetch(url, init)
    return { response, body: await readBody(response, signal) }
  } catch (error) {
    if (error instanceof Unacceptable) throw error
    throw new Unanswered(signal.aborted ? 'time limit' : 'no connection')
  }
}

/** Null if empty. Stops reading at the limit, and when the time is up. */
async function readBody(response: Response, signal: AbortSignal): Promise<Uint8Array | null> {
  const isTooLong = Number(response.headers.get('content-length') ?? 0) > UPSTREAM_ANSWER_BYTES_MAX
  const reader = response.body?.getReader()
  if (!reader) return null
  const stop = () => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  const chunks: Uint8Array[] = []
  let length = 0
  for (let isOpen = !isTooLong; isOpen; ) {
    const { done, value } = await reader.read()
    signal.throwIfAborted()
    if (value) chunks.push(value)
    length += value?.length ?? 0
    isOpen = !done && length <= UPSTREAM_ANSWER_BYTES_MAX
  }
  signal.removeEventListener('abort', stop)
  if (!isTooLong && length <= UPSTREAM_ANSWER_BYTES_MAX) return length === 0 ? null : Buffer.concat(chunks)
  stop()
  throw new Unacceptable('a long answer')
}
