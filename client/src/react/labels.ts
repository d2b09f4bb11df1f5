/** The components' texts, in English. `<KithProvider labels={...}>` replaces any of them. */
export interface Labels {
  readonly signIn: string
  readonly signUp: string
  readonly signOut: string
  readonly account: string
  /** Names the button with the picture, which opens the menu. */
  readonly userMenu: string
  readonly follow: string
  readonly following: string
  readonly requested: string
  readonly unfollow: string
  readonly withdraw: string
  readonly signingIn: string
  readonly tryAgain: string
}

export const ENGLISH: Labels = {
  signIn: 'Sign in',
  signUp: 'Sign up',
  signOut: 'Sign out',
  account: 'Account',
  userMenu: 'Your account',
  follow: 'Follow',
  following: 'Following',
  requested: 'Requested',
  unfollow: 'Unfollow',
  withdraw: 'Withdraw request',
  signingIn: 'Signing you in…',
  tryAgain: 'Try again',
}
