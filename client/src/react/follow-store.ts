/** Whom the caller follows, as far as components have asked. Those that ask at the same time share one request. */
import type { Kith } from '../index.ts'
import { Store } from './store.ts'

export type FollowStatus = 'none' | 'requested' | 'following'
/** `unavailable`: somebody who does not exist for the caller. */
export type Known = ReadonlyMap<string, FollowStatus | 'unavailable'>

/** `POST /user/relationships` takes as many. */
const TARGETS_MAX = 100

export class FollowStore extends Store<Known> {
  readonly #asked = new Set<string>()
  #queue: string[] = []

  constructor(kith: Kith) {
    super(kith, new Map())
  }

  protected restart(): void {
    this.#asked.clear()
    this.#queue = []
    this.set(new Map())
  }

  /** `subject`: who has asked. Of no interest to whoever has signed in since. */
  put(userId: string, status: FollowStatus, subject: string | null | undefined = this.subject): void {
    if (subject !== this.subject) return
    this.#asked.add(userId)
    this.set(new Map(this.get()).set(userId, status))
  }

  /** Asks unless the answer is known or on its way. */
  ask(userId: string): void {
    if (this.#asked.has(userId)) return
    this.#asked.add(userId)
    if (this.#queue.push(userId) === 1) queueMicrotask(() => this.#send())
  }

  async follow(userId: string): Promise<void> {
    const { subject } = this
    const { status } = await this.kith.post('/user/follow', { body: { target: userId } })
    if (status !== 'duplicate') return this.put(userId, status, subject)
    await this.#load([userId])
  }

  async unfollow(userId: string): Promise<void> {
    await this.kith.post('/user/unfollow', { body: { target: userId } })
  }

  #send(): void {
    const targets = this.#queue
    this.#queue = []
    for (let at = 0; at < targets.length; at += TARGETS_MAX) {
      const some = targets.slice(at, at + TARGETS_MAX)
      // Unknown is good enough to offer "Follow": Kith answers for those followed already. The next that asks tries again.
      this.#load(some).catch(() => {
        for (const target of some) this.#asked.delete(target)
      })
    }
  }

  async #load(targets: readonly string[]): Promise<void> {
    const { subject } = this
    const { records } = await this.kith.post('/user/relationships', { body: { targets: [...targets] } })
    if (subject !== this.subject) return
    const known = new Map(this.get())
    for (const target of targets) known.set(target, 'unavailable')
    for (const { _id, following, requested } of records) known.set(_id, following ? 'following' : requested ? 'requested' : 'none')
    this.set(known)
  }
}
