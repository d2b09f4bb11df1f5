/**
 * Requests to other providers: `fetch` with a time limit for each and for all of one sign-in, a limit on the size of
 * answers, without redirects, and only to https.
 */
import type { Config } from '../../config.ts'
import { isLoopback } from '../../config-upstream.ts'
import { fetchWhole, Unacceptable, Unanswered } from '../outside.ts'
import { UPSTREAM_ANSWER_BYTES_MAX, UPSTREAM_REQUEST_MS, UPSTREAM_SIGN_IN_MS } from './limits.ts'

/** The part of `fetch` that the library calls. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>

/** https, or a provider on this machine outside of production. */
export function isSafeUrl({ environment }: Config, url: unknown): url is string {
  if (typeof url !== 'string' || !URL.canParse(url)) return false
  return url.startsWith('https://') || (environment !== 'production' && isLoopback(url))
}

/** For the requests of one sign-in, or one client's authentication. Its answers are complete: reading them does not fail. */
export function boundedFetch(config: Config): Fetch {
  const all = AbortSignal.timeout(UPSTREAM_SIGN_IN_MS)
  return async (url, init) => {
    if (!isSafeUrl(config, url)) throw new Unacceptable('an endpoint without https')
    const signal = AbortSignal.any([all, AbortSignal.timeout(UPSTREAM_REQUEST_MS)])
    const { response, body } = await fetchWhole(url, init, { signal, bytesMax: UPSTREAM_ANSWER_BYTES_MAX })
    if (response.status >= 500 || response.status === 429) throw new Unanswered(`status ${response.status}`)
    return new Response(body, { status: response.status, headers: response.headers })
  }
}
