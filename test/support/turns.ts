/**
 * Requests that run at once and take turns at the database: each stops before every D1 round trip until all others have stopped
 * or ended, then `pick` chooses who continues. So an interleaving is data that can be generated, repeated and shrunk. What a request
 * does after its reply takes no turns: nobody could tell when it has ended.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import { type Options, platform } from './kith.ts'

interface Request {
  isOver: boolean
}

interface Waiting {
  readonly session: object
  readonly request: Request
  readonly go: () => void
}

/** Chooses one of this many who wait. */
export type Pick = (waiting: number) => number

class Turns {
  #pick: Pick | null = null
  #waiting: Waiting[] = []
  #active = 0
  readonly #requests = new AsyncLocalStorage<Request>()

  async take(session: object): Promise<void> {
    const request = this.#requests.getStore()
    if (!this.#pick || !request || request.isOver) return
    await new Promise<void>((go) => {
      this.#waiting.push({ session, request, go })
      this.#next()
    })
  }

  /** What a request does after its reply may begin before it has ended: if that was it, nobody else would go on. */
  done(session: object): void {
    if (this.#waiting.some((waiting) => waiting.session === session)) this.#next()
  }

  async run<T>(starts: readonly (() => Promise<T>)[], pick: Pick): Promise<T[]> {
    this.#pick = pick
    this.#active = starts.length
    try {
      return await Promise.all(starts.map((start) => this.#follow(start, { isOver: false })))
    } finally {
      this.#pick = null
      for (const { go } of this.#waiting.splice(0)) go()
    }
  }

  #follow<T>(start: () => Promise<T>, request: Request): Promise<T> {
    return this.#requests.run(request, start).finally(() => {
      request.isOver = true
      const later = this.#waiting.filter((waiting) => waiting.request === request)
      this.#waiting = this.#waiting.filter((waiting) => waiting.request !== request)
      for (const { go } of later) go()
      this.#active -= 1
      this.#next()
    })
  }

  /** Lets one continue, once nobody is between two stops. */
  #next(): void {
    if (this.#active === 0 || new Set(this.#waiting.map(({ session }) => session)).size < this.#active) return
    const [chosen] = this.#waiting.splice((this.#pick?.(this.#waiting.length) ?? 0) % this.#waiting.length, 1)
    chosen?.go()
  }
}

const turns = new Turns()

/** A statement that waits for its turn when it runs by itself. */
class Held {
  readonly inner: D1PreparedStatement
  readonly #session: object
  constructor(inner: D1PreparedStatement, session: object) {
    this.inner = inner
    this.#session = session
  }

  bind(...params: unknown[]): Held {
    return new Held(this.inner.bind(...params), this.#session)
  }

  async raw(options: { columnNames: true }): Promise<unknown> {
    await turns.take(this.#session)
    return this.inner.raw(options).finally(() => turns.done(this.#session))
  }

  async all(): Promise<unknown> {
    await turns.take(this.#session)
    return this.inner.all().finally(() => turns.done(this.#session))
  }
}

const TurnsDb = {
  /** Distinguishes it from other databases that a test puts in front. */
  name: 'in turns',
  withSession(start?: string) {
    const session = platform.env.DB.withSession(start)
    return {
      prepare: (sql: string) => new Held(session.prepare(sql), session),
      getBookmark: () => session.getBookmark(),
      async batch(statements: Held[]) {
        await turns.take(session)
        return session.batch(statements.map(({ inner }) => inner)).finally(() => turns.done(session))
      },
    }
  },
} as unknown as D1Database

/** For `Client.fetch`: the database with turns. */
export const inTurns = { env: { DB: TurnsDb } } satisfies Options

/** Runs the requests, made with `inTurns`, to their ends; returns the replies in the order of the requests. */
export function interleave<T>(starts: readonly (() => Promise<T>)[], pick: Pick): Promise<T[]> {
  return turns.run(starts, pick)
}

/** Random numbers below a limit, such as turns, that `seed` repeats (mulberry32). */
export function seededPick(seed: number): Pick {
  let state = seed >>> 0
  return (waiting) => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) % waiting
  }
}
