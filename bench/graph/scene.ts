/** A running graph: what the steps need, and what they return. */
import { toHex } from '../../src/ids.ts'
import type { BenchRequest } from '../load.ts'
import type { GraphClient, Measured } from './client.ts'
import type { Totals } from './cost.ts'
import { type Shape, userId } from './shape.ts'

/** Budgets of design §7. Rows read must also be the same at both sizes; for bulk operations, per edge. */
export interface Budget {
  readonly rows?: number
  readonly rowsPerEdge?: number
  readonly trips?: number
}

export interface Result {
  /** The same text at both sizes. */
  readonly what: string
  readonly totals: Totals
  readonly ms: number
  readonly budget: Budget
  readonly dearest: readonly string[]
  /** The number of edges changed, for bulk operations. */
  readonly edges?: number
  /** By the cron trigger. */
  readonly runs?: number
}

export class Scene {
  readonly shape: Shape
  readonly client: GraphClient
  readonly database: D1Database
  readonly results: Result[] = []
  readonly #cookies = new Map<number, string>()

  constructor(shape: Shape, client: GraphClient, database: D1Database) {
    this.shape = shape
    this.client = client
    this.database = database
  }

  id(number: number): number {
    return userId(this.shape, number)
  }

  hex(number: number): string {
    return toHex(this.id(number))
  }

  /** A request by the person with this number, signed in on first use. */
  async send(by: number, request: BenchRequest, status = 200): Promise<Measured> {
    const cookie = this.#cookies.get(by) ?? (await this.client.signIn(this.id(by)))
    this.#cookies.set(by, cookie)
    return this.client.measure(request, cookie, status)
  }

  /** A number from the database, for setup and inspection. */
  async number(sql: string, ...params: unknown[]): Promise<number> {
    const row = await this.database
      .prepare(sql)
      .bind(...params)
      .first<{ number: number }>()
    return row?.number ?? 0
  }

  add(what: string, measured: Measured, budget: Budget): void {
    const { reply, dearest } = measured
    this.results.push({ what, totals: reply, ms: reply.ms, budget, dearest })
  }
}
