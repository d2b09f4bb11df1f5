/**
 * Requests that run at once and take turns at the database: each stops before every D1 round trip until all others have stopped
 * or ended, then `pick` chooses who continues. So an interleaving is data that can be generated, repeated and shrunk.
 */
import { type Options, platform } from './kith.ts'

interface Waiting {
  readonly session: object
  readonly go: () => void
}

/** Chooses one of this many who wait. */
export type Pick = (waiting: number) => number

class Turns {
  #pick: Pick | null = null
  #waiting: Waiting[] = []
  #active = 0

  async take(session: object): Promise<void> {
    if (!this.#pick) return
    await new Promise<void>((go) => {
      this.#waiting.push({ session, go })
      this.#next()
    })
  }

  async run<T>(starts: readonly (() => Promise<T>)[], pick: Pick): Promise<T[]> {
    this.#pick = pick
    this.#active = starts.length
    try {
      return await Promise.all(
        starts.map((start) =>
          start().finally(() => {
            this.#active -= 1
            this.#next()
          }),
        ),
      )
    } finally {
      this.#pick = null
      for (const { go } of this.#waiting.splice(0)) go()
    }
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
    return this.inner.raw(options)
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
        return session.batch(statements.map(({ inner }) => inner))
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
