/** A button that does something which takes time and may fail. It stays focusable meanwhile, and a second press is ignored. */
import { type ComponentProps, type MouseEvent, type ReactElement, useEffect, useState } from 'react'
import type { KithError } from '../index.ts'

export interface ButtonProps extends Omit<ComponentProps<'button'>, 'onError'> {
  /** Called with the error. Without it, the message appears next to the button. */
  onError?: ((error: KithError) => void) | undefined
}

const IDLE = { isPending: false, error: null }

export function ActionButton({ action, onError, onClick, ...props }: ButtonProps & { action: () => Promise<unknown> }): ReactElement {
  const [{ isPending, error }, setState] = useState<{ isPending: boolean; error: KithError | null }>(IDLE)
  useEffect(() => {
    // Somebody who went to sign in and came back finds the page as it was left.
    const wake = ({ persisted }: PageTransitionEvent) => persisted && setState(IDLE)
    addEventListener('pageshow', wake)
    return () => removeEventListener('pageshow', wake)
  }, [])
  const press = (event: MouseEvent<HTMLButtonElement>) => {
    onClick?.(event)
    if (event.defaultPrevented || isPending) return
    setState({ isPending: true, error: null })
    action().then(
      () => setState(IDLE),
      (problem: KithError) => {
        setState({ isPending: false, error: problem })
        onError?.(problem)
      },
    )
  }
  return (
    <>
      <button type="button" {...props} {...(isPending ? { 'aria-disabled': true, 'aria-busy': true } : {})} onClick={press} />
      {error && !onError ? (
        <span role="alert" data-kith="error">
          {error.message}
        </span>
      ) : null}
    </>
  )
}
