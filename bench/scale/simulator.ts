/** A world with a clock of its own: processes wait, overlap and may die between any two steps, in the same way for the same seed. */
import { seededRandom } from '../graph/shape.ts'

/** Yields how long to wait, in milliseconds. */
export type Process<T = void> = Generator<number, T, void>

/** A request that has waited long enough and answers 503. */
export class GaveUp extends Error {}

interface Waiting {
  readonly at: number
  readonly order: number
  readonly process: Process<unknown>
  readonly isMortal: boolean
}

export class Simulator {
  now = 0
  deaths = 0
  gaveUp = 0
  /** How likely a mortal process dies at each step. */
  deathRate = 0
  readonly random: () => number
  #order = 0
  /** A binary heap: the earliest first. */
  readonly #waiting: Waiting[] = []

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  /** From 0 up to, but not including, `below`. */
  whole(below: number): number {
    return Math.floor(this.random() * below)
  }

  between(least: number, most: number): number {
    return least + this.random() * (most - least)
  }

  start(process: Process<unknown>, isMortal: boolean, inMs = 0): void {
    this.#push({ at: this.now + inMs, order: this.#order++, process, isMortal })
  }

  /** Until nothing is left to do, or this time is reached. */
  run(until: number): void {
    for (;;) {
      const next = this.#waiting[0]
      if (next === undefined || next.at > until) break
      this.#pop()
      this.now = next.at
      // What dies is never resumed: a Worker that is killed cleans nothing up.
      if (next.isMortal && this.random() < this.deathRate) this.deaths += 1
      else this.#step(next)
    }
    this.now = until
  }

  #step({ process, isMortal }: Waiting): void {
    try {
      const { done, value } = process.next()
      if (!done) this.#push({ at: this.now + (value as number), order: this.#order++, process, isMortal })
    } catch (error) {
      if (!(error instanceof GaveUp)) throw error
      this.gaveUp += 1
    }
  }

  #push(waiting: Waiting): void {
    const heap = this.#waiting
    let at = heap.push(waiting) - 1
    while (at > 0) {
      const above = (at - 1) >> 1
      if (!isEarlier(waiting, heap[above] as Waiting)) break
      heap[at] = heap[above] as Waiting
      at = above
    }
    heap[at] = waiting
  }

  #pop(): void {
    const heap = this.#waiting
    const last = heap.pop() as Waiting
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let below = 2 * at + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isEarlier(heap[below + 1] as Waiting, heap[below] as Waiting)) below += 1
      if (!isEarlier(heap[below] as Waiting, last)) break
      heap[at] = heap[below] as Waiting
      at = below
    }
    heap[at] = last
  }
}

const isEarlier = (a: Waiting, b: Waiting) => a.at < b.at || (a.at === b.at && a.order < b.order)
