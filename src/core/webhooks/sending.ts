/**
 * One try: a POST to a public https address, or a message into the queue that is bound to the Worker. No redirect is followed, the
 * answer's body is not read, and a name that leads to a private network leads nowhere (core/outside.ts).
 */
import type { Config } from '../../config.ts'
import type { EndpointRow } from '../../store/db/webhook-endpoints.ts'
import type { Ctx } from '../ctx.ts'
import { isPublicHttpsUrl } from '../outside.ts'
import { SEND_MS } from './limits.ts'
import { type Message, signedHeaders } from './secrets.ts'

/** The result of a message that the queue has taken. */
export const QUEUED = 'queued'

/** Only `npm start` also sends to this machine. */
const LOOPBACK = /^http:\/\/(localhost|127\.0\.0\.1)(:\d{1,5})?(\/|$)/

export function isReachable({ environment }: Pick<Config, 'environment'>, url: string): boolean {
  return isPublicHttpsUrl(url) || (environment === 'development' && LOOPBACK.test(url) && URL.canParse(url))
}

/** The status of the answer, `QUEUED`, or why there was neither. */
export async function sendMessage(ctx: Ctx, endpoint: EndpointRow, message: Message, keys: readonly Uint8Array[]): Promise<string> {
  if (endpoint.kind === 'queue') return enqueue(ctx, message)
  if (!isReachable(ctx.config, endpoint.url)) return 'not a public address'
  if (keys.length === 0) return 'no secret'
  const signal = AbortSignal.timeout(SEND_MS)
  const headers = { ...signedHeaders(message, keys, ctx.now()), 'content-type': 'application/json', 'user-agent': 'Kith-Webhooks/1.0' }
  try {
    const response = await fetch(endpoint.url, { method: 'POST', headers, body: message.body, redirect: 'manual', signal })
    // Not awaited: the rest of the answer may never come.
    response.body?.cancel().catch(() => undefined)
    return String(response.status)
  } catch {
    return signal.aborted ? 'no answer in time' : 'no connection'
  }
}

/** The consumer is the team's own Worker: no signature. */
async function enqueue(ctx: Ctx, { id, body }: Message): Promise<string> {
  if (!ctx.eventQueue) return 'no queue is bound'
  try {
    await ctx.eventQueue.send({ id, ...(JSON.parse(body) as object) })
    return QUEUED
  } catch (error) {
    ctx.log('error', 'event_queue_failed', { cause: String(error) })
    return 'the queue refused it'
  }
}
