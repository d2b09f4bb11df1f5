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

/** The caller's profile. Call `reload` after changing it; it never rejects. */
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

/** Renders nothing while the session loads, so signed-in people see no flash of it. */
export function SignedOut({ children }: { children?: ReactNode }): ReactNode {
  return useSession().status === 'signed_out' ? children : null
}
