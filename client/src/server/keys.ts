/**
 * Kith's public keys, on their way to the protocol library, which keeps them for five minutes, and asks again for one it does not
 * know at most once a minute. Here they are fetched once for all who wait, and the last ones serve while Kith cannot be reached.
 */
import { type Fetch, Unreachable } from './kith.ts'

const TIMEOUT_MS = 5_000
const RETRY_AFTER_MS = 2_000
/** How long keys serve that could not be fetched again. Kith keeps a retired key for longer. */
const KEPT_MS = 3_600_000

export function keysBy(fetch: Fetch): Fetch {
  let known: { readonly text: string; readonly at: number } | null = null
  let asked: { readonly keys: Promise<string>; until: number } | null = null

  async function load(url: string, init: RequestInit): Promise<string> {
    const reply = await fetch(url, { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) })
    const text = await reply.text()
    if (!reply.ok || !Array.isArray(JSON.parse(text).keys)) throw new Error(`${url} answered ${reply.status} without keys`)
    known = { text, at: Date.now() }
    return text
  }

  /** One request at a time. After one that failed there is none for a moment, however many tokens come. */
  function ask(url: string, init: RequestInit): Promise<string> {
    if (asked && Date.now() < asked.until) return asked.keys
    const request = { keys: load(url, init), until: Date.now() + TIMEOUT_MS }
    asked = request
    request.keys.then(
      () => {
        if (asked === request) asked = null
      },
      () => {
        request.until = Date.now() + RETRY_AFTER_MS
      },
    )
    return request.keys
  }

  return async (url, init) => {
    const text = await inTime(ask(url, init)).catch((cause) => {
      if (known && Date.now() - known.at < KEPT_MS) return known.text
      throw new Unreachable("Kith's public keys could not be fetched", { cause })
    })
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  }
}

/** In a Worker, a request that has gone takes what it fetches with it: whoever waits for that waits no longer than this. */
function inTime<T>(work: Promise<T>): Promise<T> {
  const signal = AbortSignal.timeout(TIMEOUT_MS)
  const late = new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
  return Promise.race([work, late])
}
