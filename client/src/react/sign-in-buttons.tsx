/** Sign in, sign up, sign out. Without children, they show the provider's labels. */
import type { ReactElement } from 'react'
import type { SignInOptions, SignOutOptions } from '../index.ts'
import { ActionButton, type ButtonProps } from './action-button.tsx'
import { useShared } from './provider.tsx'

/** `options` are those of `kith.signIn`. */
export function SignInButton({ options, children, ...props }: ButtonProps & { options?: SignInOptions }): ReactElement {
  const { kith, labels } = useShared()
  return (
    <ActionButton data-kith="sign-in" {...props} action={() => kith.signIn(options)}>
      {children ?? labels.signIn}
    </ActionButton>
  )
}

export function SignUpButton({ options, children, ...props }: ButtonProps & { options?: SignInOptions }): ReactElement {
  const { kith, labels } = useShared()
  return (
    <ActionButton data-kith="sign-up" {...props} action={() => kith.signUp(options)}>
      {children ?? labels.signUp}
    </ActionButton>
  )
}

export function SignOutButton({ options, children, onError, ...props }: ButtonProps & { options?: SignOutOptions }): ReactElement {
  const { signOut, labels } = useShared()
  return (
    <ActionButton data-kith="sign-out" {...props} action={() => signOut(options, onError)}>
      {children ?? labels.signOut}
    </ActionButton>
  )
}
