/**
 * A start line for races: requests run up to the D1 batch that decides, wait there for one another, and continue together.
 * Without it, whoever was started first wins. Work before the line may be serialised: passwords are hashed one at a time with a
 * short queue, so such requests are started in waves.
 */
import { expect } from 'vitest'
import { type Options, platform, type Reply } from './kith.ts'

interface Batch {
  batch(statements: { sql: string }[]): Promise<unknown>
}

class StartLine {
  /** Batches with a statement like this one wait; null: nobody waits. */
  pattern: RegExp | null = null
  #waiting: (() => void)[] = []
  #onArrival: (() => void) | null = null

  get waiting(): number {
    return this.#waiting.length
  }

  /** Called whenever a request has reached the line. */
  watch(onArrival: (() => void) | null): void {
    this.#onArrival = onArrival
  }

  async pass(statements: { sql: string }[]): Promise<void> {
    const { pattern } = this
    if (!pattern || !statements.some(({ sql }) => pattern.test(sql))) return
    await new Promise<void>((resolve) => {
      this.#waiting.push(resolve)
      this.#onArrival?.()
    })
  }

  release(): void {
    this.pattern = null
    for (const go of this.#waiting.splice(0)) go()
  }
}

const line = new StartLine()

const HeldDb = {
  ...platform.env.DB,
  withSession(start?: string) {
    const session = platform.env.DB.withSession(start)
    return {
      prepare: (sql: string) => session.prepare(sql),
      getBookmark: () => session.getBookmark(),
      async batch(statements: { sql: string }[]) {
        await line.pass(statements)
        return (session as unknown as Batch).batch(statements)
      },
    }
  },
} as unknown as D1Database

/** For `Client.fetch`: a database with the start line in front of it. */
export const atTheLine = { env: { DB: HeldDb } } satisfies Options

type Start = () => Promise<Reply>

/**
 * Runs the requests, made with `atTheLine`, up to the batch that matches `decides`, `wave` at a time; then releases all.
 * `waited`: how many were there; the others had their answer before.
 */
export async function race(starts: readonly Start[], decides: RegExp, wave = starts.length): Promise<{ replies: Reply[]; waited: number }> {
  const { replies, waited, release } = await holdAtTheLine(starts, decides, wave)
  release()
  return { replies: await Promise.all(replies), waited }
}

/** How many race for what may happen only once (security §0.2). */
export const RACERS = 64

/** The replies to 64 requests, all of which have stood at the line. */
export async function raceOf64(start: (n: number) => Promise<Reply>, decides: RegExp, wave = RACERS): Promise<Reply[]> {
  const starts = Array.from({ length: RACERS }, (_, n) => () => start(n))
  const { replies, waited } = await race(starts, decides, wave)
  expect(waited, 'how many stood at the line').toBe(RACERS)
  return replies
}

/** Exactly one has `status`; all others are refused as documented. Returns the winner's place. */
export function oneWinner(replies: readonly Reply[], status: number, refusal: { status: number; error: string; reason?: string }): number {
  const statuses = replies.map((reply) => reply.status)
  expect(statuses.filter((s) => s === status)).toHaveLength(1)
  const winner = statuses.indexOf(status)
  for (const [index, { status: refused, json, text, headers }] of replies.entries()) {
    if (index === winner) continue
    expect([refused, json.error, json.additionalInfo?.reason], text).toEqual([refusal.status, refusal.error, refusal.reason])
    expect(headers.getSetCookie()).toEqual([])
  }
  return winner
}

/** The same, but they stay at the line until `release()`, so that something else can happen first. */
export async function holdAtTheLine(starts: readonly Start[], decides: RegExp, wave = starts.length) {
  line.pattern = decides
  let ended = 0
  const replies: Promise<Reply>[] = []
  for (let first = 0; first < starts.length; first += wave) {
    for (const start of starts.slice(first, first + wave)) {
      replies.push(
        start().finally(() => {
          ended += 1
          arrived?.()
        }),
      )
    }
    await allSettledOrWaiting(() => line.waiting + ended === replies.length)
  }
  const release = () => {
    platform.beginInvocation(Math.max(1, line.waiting))
    line.release()
  }
  return { replies, waited: line.waiting, release }
}

/** The reply to one request that stands at the line until `meanwhile` has happened. */
export async function whileAtTheLine(start: Start, decides: RegExp, meanwhile: () => Promise<unknown>): Promise<Reply> {
  const { replies, waited, release } = await holdAtTheLine([start], decides)
  try {
    expect(waited, 'how many stood at the line').toBe(1)
    await meanwhile()
  } finally {
    release()
  }
  const [reply] = await Promise.all(replies)
  return reply as Reply
}

let arrived: (() => void) | null = null

async function allSettledOrWaiting(done: () => boolean): Promise<void> {
  if (done()) return
  await new Promise<void>((resolve) => {
    arrived = () => {
      if (done()) resolve()
    }
    line.watch(arrived)
  })
  arrived = null
  line.watch(null)
}
