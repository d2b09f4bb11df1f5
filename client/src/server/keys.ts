/**
 * Kith's public keys, on their way to the protocol library, which keeps them for five minutes, and asks again for one it does not
 * know at most once a minute. Here they are fetched once for all who wait, and the last ones serve while Kith cannot be reached.
 */
import { type Send, TIMEOUT_MS, Unreachable } from './kith.ts'
import { shared } from './shared.ts'

/** After a failure Kith is not asked by each token that comes. */
const REST_MS = 2_000
/** How long keys serve that could not be fetched again. */
const KEPT_MS = 3_600_000

export function keysBy(send: Send): Send {
  let known: { readonly text: string; readonly at: number } | null = null

  async function load(url: string): Promise<string> {
    const reply = await send(new Request(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) }))
    const text = await reply.text()
    if (!reply.ok || !Array.isArray(JSON.parse(text).keys)) throw new Error(`${url} answered ${reply.status} without keys`)
    known = { text, at: Date.now() }
    return text
  }
  const ask = shared(load, { timeoutMs: TIMEOUT_MS, restMs: REST_MS })

  return async ({ url }) => {
    const text = await ask(url).catch((cause) => {
      if (known && Date.now() - known.at < KEPT_MS) return known.text
      throw new Unreachable("Kith's public keys could not be fetched", { cause })
    })
    return new Response(text, { headers: { 'content-type': 'application/json' } })
  }
}
