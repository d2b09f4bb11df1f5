/** Sends one request at a time as one of the people, and asks the worker what it cost. */
import { Agent } from 'node:http'
import { performance } from 'node:perf_hooks'
import { setTimeout as pause } from 'node:timers/promises'
import { sha256 } from '../../src/crypto.ts'
import { idAt, toHex } from '../../src/ids.ts'
import { type BenchReply, type BenchRequest, send } from '../load.ts'
import type { KithAlone } from '../runtime.ts'
import { COST_PATH, type Cost, CRON_PATH } from './cost.ts'

export interface Measured extends Cost {
  body: string
  /** Until the work after the reply is done. */
  totalMs: number
}

const SETTLE_MS = 20
const DAY_MS = 86_400_000
const SECRET = 'bench-only-secret-of-a-browser-session'

const INSERT_SESSION = `INSERT INTO sessions (id, user_id, client_id, token_hash, scope, epoch, created_at, expires_at,
    idle_expires_at, last_used_at, authenticated_at, amr)
  SELECT ?1, u.id, NULL, ?2, 'delegated:all admin:all', u.epoch, ?3, ?4, ?4, ?3, ?3, 'pwd' FROM users u WHERE u.id = ?5`

export class GraphClient {
  readonly #kith: KithAlone
  readonly #host: string
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })
  #sessions = 0

  constructor(kith: KithAlone, host: string) {
    this.#kith = kith
    this.#host = host
  }

  close(): void {
    this.#agent.destroy()
  }

  /** Signs somebody in without a log-in, whose cost another benchmark measures. Returns the cookie. */
  async signIn(userId: number): Promise<string> {
    const now = Date.now()
    this.#sessions += 1
    const id = idAt(now) + this.#sessions
    await this.#kith.database
      .prepare(INSERT_SESSION)
      .bind(id, sha256(SECRET), now, now + DAY_MS, userId)
      .run()
    return `__Host-kith_session=${toHex(id)}.${toHex(userId)}.${SECRET}`
  }

  /** Sends a request, waits for the work after the reply, and throws unless the status is the expected one. */
  async measure(wanted: BenchRequest, cookie: string, status = 200): Promise<Measured> {
    const startedAt = performance.now()
    const reply = await this.#send({ ...wanted, headers: { ...wanted.headers, cookie } })
    if (reply.status !== status) {
      throw new Error(`${wanted.method} ${wanted.path}: ${reply.status} where ${status} was expected\n${reply.body.slice(0, 500)}`)
    }
    let cost = await this.#cost()
    while (cost.pending > 0) {
      await pause(SETTLE_MS)
      cost = await this.#cost()
    }
    return { ...cost, body: reply.body, totalMs: performance.now() - startedAt }
  }

  /** One run of the cron trigger. */
  runCron(): Promise<Measured> {
    return this.measure({ method: 'POST', path: CRON_PATH }, '')
  }

  async #cost(): Promise<Cost> {
    const { body } = await this.#send({ method: 'GET', path: COST_PATH })
    return JSON.parse(body) as Cost
  }

  #send(wanted: BenchRequest): Promise<BenchReply> {
    const headers: Record<string, string> = { 'cf-connecting-ip': '198.51.100.1', ...wanted.headers }
    if (wanted.body !== undefined) headers['content-type'] = 'application/json'
    return send(this.#agent, this.#kith.base, this.#host, { ...wanted, headers })
  }
}

export function read(path: string): BenchRequest {
  return { method: 'GET', path }
}

export function write(method: 'POST' | 'PATCH' | 'DELETE', path: string, body: unknown): BenchRequest {
  return { method, path, body: JSON.stringify(body) }
}
