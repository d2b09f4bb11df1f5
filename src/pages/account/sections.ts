/** The pages of an account, in the order of its overview and navigation. */
import type { Config } from '../../config.ts'
import type { en } from '../../texts/en.ts'

export interface Section {
  readonly path: string
  readonly name: keyof typeof en.account.sections
}

const SECTIONS: readonly Section[] = [
  { path: '/account/profile', name: 'profile' },
  { path: '/account/picture', name: 'picture' },
  { path: '/account/status', name: 'status' },
  { path: '/account/privacy', name: 'privacy' },
  { path: '/account/password', name: 'password' },
  { path: '/account/passkeys', name: 'passkeys' },
  { path: '/account/email', name: 'email' },
  { path: '/account/two-step', name: 'twoStep' },
  { path: '/account/providers', name: 'providers' },
  { path: '/account/sessions', name: 'sessions' },
  { path: '/account/apps', name: 'apps' },
  { path: '/account/invites', name: 'invites' },
  { path: '/account/export', name: 'export' },
  { path: '/account/delete', name: 'delete' },
]

/** With `INVITES_PER_PERSON` = 0, nobody has invite codes. Without other providers, nobody signs in with one. */
export function sectionsOf({ invites, upstream }: Config): Section[] {
  const hidden = [...(invites.perPerson > 0 ? [] : ['/account/invites']), ...(upstream.length > 0 ? [] : ['/account/providers'])]
  return SECTIONS.filter(({ path }) => !hidden.includes(path))
}
