/** The pages of an account, in the order of its overview and navigation. */
import type { Config } from '../../config.ts'

export interface Section {
  readonly path: string
  readonly title: string
  readonly hint: string
}

const SECTIONS: readonly Section[] = [
  { path: '/account/profile', title: 'Profile', hint: 'Your names and what others read about you' },
  { path: '/account/picture', title: 'Picture', hint: 'How people recognize you' },
  { path: '/account/status', title: 'Status', hint: 'What you are up to right now' },
  { path: '/account/privacy', title: 'Privacy', hint: 'Who may follow you' },
  { path: '/account/password', title: 'Password', hint: 'Set or change it' },
  { path: '/account/passkeys', title: 'Passkeys', hint: 'Sign in with your fingerprint, face or screen lock' },
  { path: '/account/email', title: 'E-mail address', hint: 'Where we reach you' },
  { path: '/account/two-step', title: 'Two-step sign-in', hint: 'A second step when you sign in, such as a code' },
  { path: '/account/providers', title: 'Linked accounts', hint: 'Accounts elsewhere that sign you in' },
  { path: '/account/sessions', title: 'Devices', hint: 'Where you are signed in' },
  { path: '/account/apps', title: 'Connected apps', hint: 'Apps that may use your account' },
  { path: '/account/invites', title: 'Invite codes', hint: 'Bring in people you know' },
  { path: '/account/export', title: 'Your data', hint: 'Download a copy of everything' },
  { path: '/account/delete', title: 'Delete account', hint: 'Leave for good' },
]

/** With `INVITES_PER_PERSON` = 0, nobody has invite codes. Without other providers, nobody signs in with one. */
export function sectionsOf({ invites, upstream }: Config): Section[] {
  const hidden = [...(invites.perPerson > 0 ? [] : ['/account/invites']), ...(upstream.length > 0 ? [] : ['/account/providers'])]
  return SECTIONS.filter(({ path }) => !hidden.includes(path))
}
