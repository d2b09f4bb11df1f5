// What one invocation of the Worker may use: security §2.1 and §2.2 (6 connections at once, the others queue; 1,000 D1 queries;
// 1,000 operations on KV and R2). The platform cannot see where a request begins, so the test that sends one says so with
// `platform.beginInvocation()`, and a race says how many run side by side: they share the sum of their allowances.

export const CONNECTIONS_MAX = 6
export const D1_QUERIES_MAX = 1_000
export const OPERATIONS_MAX = 1_000

export class Invocation {
  /** The most connections open at once since the invocation began. */
  peakConnections = 0
  #open = 0
  #waiting: (() => void)[] = []
  #queries = 0
  #operations = 0
  #sharers = 1

  /** `sharers`: how many requests run side by side from here on, each an invocation of its own. */
  begin(sharers = 1): void {
    this.#sharers = sharers
    this.#queries = 0
    this.#operations = 0
    this.peakConnections = this.#open
  }

  /** Runs `work` on its own connection, and waits for one if all are taken. */
  async connect<T>(work: () => Promise<T>): Promise<T> {
    if (this.#open >= CONNECTIONS_MAX) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#open += 1
    this.peakConnections = Math.max(this.peakConnections, this.#open)
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#open -= 1
    }
  }

  /** Each statement of a batch is a query. */
  spendQueries(count: number): void {
    this.#queries += count
    if (this.#queries > D1_QUERIES_MAX * this.#sharers) throw new Error('D1_ERROR: Too many API requests by single Worker invocation.')
  }

  spendOperation(): void {
    this.#operations += 1
    if (this.#operations > OPERATIONS_MAX * this.#sharers) throw new Error('Too many API requests by single Worker invocation.')
  }
}
