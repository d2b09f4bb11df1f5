/** The profile of whoever is signed in, loaded once for all components. */
import type { components } from '../generated/user.ts'
import type { Kith, KithError } from '../index.ts'
import { Store } from './store.ts'

export type User = components['schemas']['User']

export interface UserState {
  /** Null while it loads and while nobody is signed in. A failed reload keeps the last one. */
  readonly user: User | null
  readonly isLoading: boolean
  readonly error: KithError | null
}

export const LOADING: UserState = { user: null, isLoading: true, error: null }

export class UserStore extends Store<UserState> {
  #loads = 0

  constructor(kith: Kith) {
    super(kith, LOADING)
  }

  protected restart(subject: string | null): void {
    this.#loads += 1
    this.set({ ...LOADING, isLoading: subject !== null })
    if (subject !== null) void this.reload()
  }

  /** Never rejects: what went wrong is in `error`. Only the newest load counts. */
  readonly reload = async (): Promise<void> => {
    this.#loads += 1
    const load = this.#loads
    const { user: last } = this.get()
    this.set({ user: last, isLoading: true, error: null })
    const state = await this.kith.get('/user/me').then(
      ({ user }): UserState => ({ user, isLoading: false, error: null }),
      (error: KithError): UserState => ({ user: last, isLoading: false, error }),
    )
    if (load === this.#loads) this.set(state)
  }
}
