/** An endpoint for tests, and what arrives there: every request is verified with the specification's own library. */
import { Webhook } from 'standardwebhooks'
import { vi } from 'vitest'
import { rows } from './actors.ts'
import type { Client } from './kith.ts'

export interface Arrived {
  readonly url: string
  readonly id: string
  readonly type: string
  readonly timestamp: string
  readonly data: Record<string, unknown>
  readonly headers: Record<string, string>
  readonly init: RequestInit
}

/** What has arrived, in this order, and what is answered. */
export const inbox = {
  arrived: [] as Arrived[],
  secrets: new Map<string, string>(),
  answer: (_: Arrived): Response | Promise<Response> => new Response(null, { status: 204 }),
  /** Takes what has arrived. */
  take: () => inbox.arrived.splice(0),
  types: () => inbox.take().map(({ type }) => type),
}

/** No test reaches the network: this is where all requests of the Worker go. */
export function receive(): void {
  inbox.arrived = []
  inbox.answer = () => new Response(null, { status: 204 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const secret = inbox.secrets.get(url)
    if (secret === undefined) throw new Error(`a request to ${url}`)
    const headers = init.headers as Record<string, string>
    const body = new Webhook(secret).verify(String(init.body), headers) as Pick<Arrived, 'type' | 'timestamp' | 'data'>
    const arrived = { ...body, url, id: headers['webhook-id'] ?? '', headers, init }
    inbox.arrived.push(arrived)
    return inbox.answer(arrived)
  })
}

let hosts = 0

/** Registers an endpoint at an address of its own; returns its id and address. */
export async function newEndpoint(admin: Client, fields: Record<string, unknown> = {}): Promise<{ id: string; url: string }> {
  hosts += 1
  const url = `https://hooks-${hosts}.example/kith`
  const reply = await admin.post('/webhook/admin-api/create', { url, events: ['*'], ...fields })
  if (reply.status !== 201) throw new Error(`no endpoint: ${reply.status} ${reply.text}`)
  inbox.secrets.set(url, reply.json.data.secret)
  return { id: reply.json.data.endpoint._id, url }
}

/** As if there had never been one. */
export async function noEndpoints(): Promise<void> {
  await rows('DELETE FROM webhook_endpoints')
  await rows('DELETE FROM events')
}
