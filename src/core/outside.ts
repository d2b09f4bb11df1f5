/** Requests that leave the Worker: with a time limit, a limit on the size of the answer, and without following redirects. */

/** The other side does not answer, or says itself that it cannot. */
export class Unanswered extends Error {
  override readonly name = 'Unanswered'
}

/** An answer that Kith does not take. The message is our own. */
export class Unacceptable extends Error {
  override readonly name = 'Unacceptable'
}

/** Names that are nobody's in the public DNS (RFC 6761, RFC 6762, RFC 8375). */
const PRIVATE_NAMES = /(^|\.)(localhost|local|internal|home\.arpa|invalid|onion)$/

/**
 * Whether the URL may be fetched although somebody else chose it: https, a host with a public name and no address, no credentials,
 * no fragment. A name that leads to a private address leads nowhere: a Worker reaches the public internet alone.
 */
export function isPublicHttpsUrl(text: string): boolean {
  if (!URL.canParse(text) || !/^[\x21-\x7E]+$/.test(text)) return false
  const { protocol, hostname, username, password, href } = new URL(text)
  // URL writes IPv4 addresses of any form as four numbers, and IPv6 addresses in brackets.
  const isName = /^([a-z0-9_-]+\.)+[a-z0-9-]*[a-z][a-z0-9-]*$/.test(hostname)
  return protocol === 'https:' && isName && !PRIVATE_NAMES.test(hostname) && username === '' && password === '' && !href.includes('#')
}

export interface Bounds {
  readonly signal: AbortSignal
  readonly bytesMax: number
}

/** The answer with its whole body, null if that is empty. Throws `Unanswered` or `Unacceptable`. */
export async function fetchWhole(url: string, init: RequestInit, bounds: Bounds): Promise<{ response: Response; body: Uint8Array | null }> {
  try {
    const response = await fetch(url, { ...init, redirect: 'manual', signal: bounds.signal })
    return { response, body: await readBody(response, bounds) }
  } catch (error) {
    if (error instanceof Unacceptable) throw error
    throw new Unanswered(bounds.signal.aborted ? 'time limit' : 'no connection')
  }
}

/** Stops reading at the limit, and when the time is up. */
async function readBody(response: Response, { signal, bytesMax }: Bounds): Promise<Uint8Array | null> {
  const isTooLong = Number(response.headers.get('content-length') ?? 0) > bytesMax
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
    isOpen = !done && length <= bytesMax
  }
  signal.removeEventListener('abort', stop)
  if (!isTooLong && length <= bytesMax) return length === 0 ? null : Buffer.concat(chunks)
  stop()
  throw new Unacceptable('a long answer')
}
