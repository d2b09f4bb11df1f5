/** The pages of an account, in groups, in the order of its navigation. */
import type { Config } from '../../config.ts'
import type { en } from '../../texts/en.ts'

export interface Section {
  readonly path: string
  readonly name: keyof typeof en.account.sections
}

interface Group {
  readonly name: keyof typeof en.account.groups
  readonly sections: readonly Section[]
}

const GROUPS: readonly Group[] = [
  {
    name: 'profile',
    sections: [
      { path: '/account/profile', name: 'profile' },
      { path: '/account/picture', name: 'picture' },
      { path: '/account/status', name: 'status' },
      { path: '/account/privacy', name: 'privacy' },
    ],
  },
  {
    name: 'people',
    sections: [
      { path: '/people', name: 'findPeople' },
      { path: '/people/suggestions', name: 'suggestions' },
      { path: '/people/followers', name: 'followers' },
      { path: '/people/following', name: 'following' },
      { path: '/people/requests', name: 'requests' },
      { path: '/people/blocks', name: 'blocks' },
    ],
  },
  {
    name: 'security',
    sections: [
      { path: '/account/password', name: 'password' },
      { path: '/account/passkeys', name: 'passkeys' },
      { path: '/account/two-step', name: 'twoStep' },
      { path: '/account/email', name: 'email' },
      { path: '/account/providers', name: 'providers' },
      { path: '/account/sessions', name: 'sessions' },
      { path: '/account/activity', name: 'activity' },
    ],
  },
  {
    name: 'data',
    sections: [
      { path: '/account/files', name: 'files' },
      { path: '/account/apps', name: 'apps' },
      { path: '/account/invites', name: 'invites' },
      { path: '/account/export', name: 'export' },
      { path: '/account/delete', name: 'delete' },
    ],
  },
]

/** With `INVITES_PER_PERSON` = 0, nobody has invite codes. Without other providers, nobody signs in with one; without a quota, nobody has files. */
export function sectionGroupsOf({ invites, upstream, media }: Config): Group[] {
  const isThere: Readonly<Record<string, boolean>> = {
    '/account/invites': invites.perPerson > 0,
    '/account/providers': upstream.length > 0,
    '/account/files': media.filesPerUser > 0,
  }
  return GROUPS.map((group) => ({ ...group, sections: group.sections.filter(({ path }) => isThere[path] ?? true) })).filter(
    ({ sections }) => sections.length > 0,
  )
}
