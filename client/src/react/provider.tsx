/** The client, and what its components share. */
import { createContext, type ReactElement, type ReactNode, useContext, useEffect, useMemo, useState } from 'react'
import { createKith, type Kith, type KithError, type KithOptions, type SignOutOptions } from '../index.ts'
import { FollowStore } from './follow-store.ts'
import { ENGLISH, type Labels } from './labels.ts'
import { UserStore } from './user-store.ts'

interface Shared {
  readonly kith: Kith
  readonly user: UserStore
  readonly follows: FollowStore
  readonly labels: Labels
  /** If it fails, its button is likely gone: the provider shows the message, unless the app takes the error. */
  signOut(options?: SignOutOptions, onError?: (error: KithError) => void): Promise<void>
}

const SharedContext = createContext<Shared | null>(null)

/** A client, or the options of `createKith`, which are read once. */
export type KithProviderProps = ({ client: Kith } | (KithOptions & { client?: never })) & {
  labels?: Partial<Labels>
  children?: ReactNode
}

export function KithProvider({ labels, children, ...options }: KithProviderProps): ReactElement {
  const [own] = useState(() => (options.client ? null : createKith(options as KithOptions)))
  const kith = options.client ?? (own as Kith)
  const stores = useMemo(() => ({ kith, user: new UserStore(kith), follows: new FollowStore(kith) }), [kith])
  const [problem, setProblem] = useState<KithError | null>(null)
  useEffect(() => kith.subscribe(() => setProblem(null)), [kith])
  const shared = useMemo((): Shared => {
    const signOut: Shared['signOut'] = (options, onError = setProblem) => kith.signOut(options).catch(onError)
    return { ...stores, labels: { ...ENGLISH, ...labels }, signOut }
  }, [stores, kith, labels])
  return (
    <SharedContext.Provider value={shared}>
      {children}
      {problem ? (
        <p role="alert" data-kith="notice">
          {problem.message}
        </p>
      ) : null}
    </SharedContext.Provider>
  )
}

export function useShared(): Shared {
  const shared = useContext(SharedContext)
  if (!shared) throw new Error('Put <KithProvider> around the components of @kith/client/react')
  return shared
}

/** The client: its requests, uploads and errors. */
export function useKith(): Kith {
  return useShared().kith
}
