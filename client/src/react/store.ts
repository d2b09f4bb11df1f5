/** A value that components follow. While one of them does, it follows the session. */
import type { Kith } from '../index.ts'

export abstract class Store<Value> {
  readonly kith: Kith
  #value: Value
  /** Undefined until the session has been looked at. */
  #subject: string | null | undefined
  #unfollow: (() => void) | undefined
  readonly #listeners = new Set<() => void>()

  constructor(kith: Kith, value: Value) {
    this.kith = kith
    this.#value = value
  }

  /** Somebody signed in or out, here or in another tab: `subject` is null while nobody is signed in. */
  protected abstract restart(subject: string | null): void

  readonly get = (): Value => this.#value

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    if (this.#listeners.size === 1) {
      this.#unfollow = this.kith.subscribe(this.#follow)
      this.#follow()
    }
    return () => {
      this.#listeners.delete(listener)
      if (this.#listeners.size === 0) this.#unfollow?.()
    }
  }

  protected set(value: Value): void {
    this.#value = value
    for (const listener of [...this.#listeners]) listener()
  }

  readonly #follow = (): void => {
    const { session } = this.kith
    if (session.status === 'loading') return
    const subject = session.status === 'signed_in' ? session.claims.sub : null
    if (subject === this.#subject) return
    this.#subject = subject
    this.restart(subject)
  }
}
