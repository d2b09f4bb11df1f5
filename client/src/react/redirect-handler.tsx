/** The callback page, at `redirectUri`: finishes the sign-in and returns to where it began. */
import { type ReactElement, type ReactNode, useEffect, useRef, useState } from 'react'
import type { KithError } from '../index.ts'
import { useShared } from './provider.tsx'
import { SignInButton } from './sign-in-buttons.tsx'

export interface RedirectHandlerProps {
  /** Navigates to `returnTo` with the app's router. By default the browser loads it. */
  onDone?: (returnTo: string) => void
  /**
   * Rendered when the sign-in has failed. By default the message and a button. `retry` helps with passing problems (offline, Kith
   * busy); after `sign_in_failed`, only a new sign-in does.
   */
  failed?: (error: KithError, retry: () => void) => ReactNode
  /** Rendered while the sign-in finishes. */
  children?: ReactNode
}

export function RedirectHandler({ onDone, failed, children }: RedirectHandlerProps): ReactNode {
  const { kith, labels } = useShared()
  const [error, setError] = useState<KithError | null>(null)
  const [attempt, setAttempt] = useState(0)
  const goOn = useRef(onDone)
  useEffect(() => {
    goOn.current = onDone
  })
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new attempt
  useEffect(() => {
    let isCurrent = true
    const leave = (returnTo: string) => (goOn.current ? goOn.current(returnTo) : location.replace(returnTo))
    kith.handleRedirect().then(
      ({ returnTo }) => isCurrent && leave(returnTo),
      (problem: KithError) => {
        if (!isCurrent) return
        // Somebody who is signed in came here by the Back button.
        const isOver = problem.kind === 'sign_in_failed' && problem.reason === 'callback_used' && kith.session.status === 'signed_in'
        if (isOver) leave(returnToOf(problem))
        else setError(problem)
      },
    )
    return () => {
      isCurrent = false
    }
  }, [kith, attempt])
  if (!error) return children ?? <Progress text={labels.signingIn} />
  const retry = () => {
    setError(null)
    setAttempt(attempt + 1)
  }
  if (failed) return failed(error, retry)
  return (
    <div data-kith="failed">
      <p role="alert">{error.message}</p>
      {error.kind === 'sign_in_failed' ? (
        <SignInButton options={{ returnTo: returnToOf(error) }}>{labels.tryAgain}</SignInButton>
      ) : (
        <button type="button" data-kith="sign-in" onClick={retry}>
          {labels.tryAgain}
        </button>
      )}
    </div>
  )
}

function Progress({ text }: { text: string }): ReactElement {
  return (
    <p role="status" data-kith="status">
      {text}
    </p>
  )
}

/** Never the callback itself, which works once. */
function returnToOf(error: KithError): string {
  return (error.kind === 'sign_in_failed' ? error.returnTo : undefined) ?? '/'
}
