/** Browsers and apps that send one request at a time, at any distance. */
import { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { type BenchReply, type BenchRequest, send } from '../load.ts'
import { ORIGIN } from '../prepare.ts'
import { NO_DISTANCE, PENDING_PATH, SETTING, type Setting, type Settled, type Trips } from './terms.ts'

export interface Sample {
  readonly ms: number
  readonly trips: Trips
  readonly reply: BenchReply
}

const SETTLE_MS = 5

/** The connection to the Worker. */
export class Wire {
  readonly #base: URL
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(base: URL) {
    this.#base = base
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Sends a request, and waits for the work after the reply, which does not count. */
  async send(wanted: BenchRequest, setting: Setting): Promise<Sample> {
    const headers = { 'cf-connecting-ip': '198.51.100.1', ...wanted.headers, [SETTING]: JSON.stringify(setting) }
    const sentAt = performance.now()
    const reply = await this.#send({ ...wanted, headers })
    const ms = performance.now() - sentAt
    let settled = await this.#settled()
    while (settled.pending > 0) {
      await pause(SETTLE_MS)
      settled = await this.#settled()
    }
    return { ms, trips: settled.trips, reply }
  }

  async #settled(): Promise<Settled> {
    return JSON.parse((await this.#send({ method: 'GET', path: PENDING_PATH })).body) as Settled
  }

  #send(wanted: BenchRequest): Promise<BenchReply> {
    return send(this.#agent, this.#base, new URL(ORIGIN).host, wanted)
  }
}

/** What is sent, without the sender's credentials. */
export type Wanted = BenchRequest & { readonly by: Visitor }

/** Somebody's browser, or an app with a token. */
export class Visitor {
  readonly #wire: Wire
  readonly #cookies = new Map<string, string>()
  token: string | undefined

  constructor(wire: Wire, token?: string) {
    this.#wire = wire
    this.token = token
  }

  async measure({ by: _, ...wanted }: Wanted, setting: Setting): Promise<Sample> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const headers: Record<string, string> = {
      // As a page of Kith's own sends it: so a cookie counts.
      origin: ORIGIN,
      'sec-fetch-site': 'same-origin',
      ...(cookie && { cookie }),
      ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
      ...wanted.headers,
    }
    const sample = await this.#wire.send({ ...wanted, headers }, setting)
    for (const line of [sample.reply.headers['set-cookie'] ?? []].flat()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) this.#cookies.delete(name)
      else this.#cookies.set(name, value)
    }
    return sample
  }

  /** At no distance, to prepare something. */
  call = async (wanted: BenchRequest): Promise<BenchReply> => {
    const { reply } = await this.measure({ ...wanted, by: this }, NO_DISTANCE)
    if (reply.status >= 400) throw new Error(`${wanted.method} ${wanted.path}: ${reply.status} ${reply.body.slice(0, 500)}`)
    return reply
  }
}
