/**
 * Vitest and the runtime send each other modules and results by a WebSocket on one machine. Miniflare's client offers to compress
 * it, which takes a third of what Vitest's own process does; without the offer nothing is compressed.
 */
import http from 'node:http'

const OFFER = 'Sec-WebSocket-Extensions'

export function dontOfferCompression(): void {
  const { request } = http
  http.request = ((...args: Parameters<typeof request>) => {
    const [options] = args as unknown as [{ headers?: Record<string, unknown> }]
    if (options.headers && OFFER in options.headers) delete options.headers[OFFER]
    return request(...args)
  }) as typeof request
}
