/** A value that components follow. While one of them does, it follows the session. */
import type { Kith } from '../index.ts'

export abstract class Store<Value> {
  readonly kith: Kith
  readonly #blank: Value
  #value: Value
  /** Undefined until the session has been looked at. */
  #subject: string | null | undefined
  #unfollow: (() => void) | undefined
  readonly #listeners = new Set<() => void>()

  constructor(kith: Kith, value: Value) {
    this.kith = kith
    this.#blank = value
    this.#value = value
  }

  /** Whose value this is. */
  get subject(): string | null | undefined {
    return this.#subject
  }

  /** Somebody signed in or out, here or in another tab: `subject` is null while nobody is signed in. */
  protected abstract restart(subject: string | null): void

  /** Nothing of the last person: another may have come while no component followed. */
  readonly get = (): Value => (subjectOf(this.kith) === this.#subject ? this.#value : this.#blank)

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
    const subject = subjectOf(this.kith)
    if (subject === undefined || subject === this.#subject) return
    this.#subject = subject
    this.restart(subject)
  }
}

function subjectOf({ session }: Kith): string | null | undefined {
  if (session.status === 'loading') return undefined
  return session.status === 'signed_in' ? session.claims.sub : null
}
