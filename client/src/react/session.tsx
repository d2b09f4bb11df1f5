/** Who is signed in. On the server, and until the page is hydrated, the session is `loading`. */
import { Fragment, type ReactNode, useSyncExternalStore } from 'react'
import type { Session } from '../index.ts'
import { useShared } from './provider.tsx'
import { LOADING, type UserState } from './user-store.ts'

const LOADING_SESSION: Session = { status: 'loading' }

/** The session of this browser profile; it changes when any tab signs in or out. */
export function useSession(): Session {
  const { kith } = useShared()
  return useSyncExternalStore(
    kith.subscribe,
    () => kith.session,
    () => LOADING_SESSION,
  )
}

/** The caller's profile. `reload` after a change of it; it never rejects. */
export function useUser(): UserState & { reload: () => Promise<void> } {
  const { user } = useShared()
  const state = useSyncExternalStore(user.subscribe, user.get, () => LOADING)
  return { ...state, reload: user.reload }
}

/** Its children begin anew for another person, without what they have held of the last one. */
export function SignedIn({ children }: { children?: ReactNode }): ReactNode {
  const session = useSession()
  return session.status === 'signed_in' ? <Fragment key={session.claims.sub}>{children}</Fragment> : null
}

/** Not while the session is still loading: nothing flashes up for those who are signed in. */
export function SignedOut({ children }: { children?: ReactNode }): ReactNode {
  return useSession().status === 'signed_out' ? children : null
}
