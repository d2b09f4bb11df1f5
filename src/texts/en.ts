/**
 * Every text that people read, in English: pages, console, mails, consent, scopes and errors. The other languages have the same
 * names and placeholders. A text is plain: markup in it is shown, not obeyed. Where one contains a number of things, it is a `Plural`.
 * Errors of the APIs are for programmers and stay in English, in the code.
 */

/** A catalogue or a part of one. */
export interface Wording {
  readonly [name: string]: string | Wording
}

/** The type of a translation: the names of English, each with a text, or with the plural forms of its own language. */
type Translated<T> = {
  readonly [Name in keyof T]: T[Name] extends string
    ? string
    : T[Name] extends { readonly other: string }
      ? Readonly<Record<string, string>> & { readonly other: string }
      : Translated<T[Name]>
}

export const en = {
  /** What is the same on every page. */
  layout: {
    skip: 'Skip to the content',
    signOut: 'Sign out',
    account: 'Account',
    console: 'Console',
    menu: 'Menu',
    error: 'Error',
    optional: '(optional)',
    languages: 'Languages',
    terms: 'Terms',
    privacy: 'Privacy',
    support: 'Support',
  },
  /** What is wrong with a request or a field. */
  errors: {},
  problems: {},
  notices: {},
  /** Signing in and up, codes, passwords. */
  signIn: {},
  signUp: {},
  verify: {},
  reset: {},
  signOut: {},
  consent: {},
  device: {},
  upstream: {},
  scopes: {},
  landing: {},
  /** A person's own pages. */
  account: {
    overview: { link: 'Overview' },
    groups: { profile: 'Profile', people: 'People', security: 'Security', data: 'Apps and data' },
    sections: {
      profile: { title: 'Profile', hint: 'Your names and what others read about you' },
      picture: { title: 'Picture', hint: 'How people recognize you' },
      status: { title: 'Status', hint: 'What you are up to right now' },
      privacy: { title: 'Privacy', hint: 'Who may follow you' },
      password: { title: 'Password', hint: 'Set or change it' },
      passkeys: { title: 'Passkeys', hint: 'Sign in with your fingerprint, face or screen lock' },
      email: { title: 'E-mail address', hint: 'Where we reach you' },
      twoStep: { title: 'Two-step sign-in', hint: 'A second step when you sign in, such as a code' },
      providers: { title: 'Linked accounts', hint: 'Accounts elsewhere that sign you in' },
      sessions: { title: 'Devices', hint: 'Where you are signed in' },
      apps: { title: 'Connected apps', hint: 'Apps that may use your account' },
      invites: { title: 'Invite codes', hint: 'Bring in people you know' },
      export: { title: 'Your data', hint: 'Download a copy of everything' },
      delete: { title: 'Delete account', hint: 'Leave for good' },
    },
  },
  /** Other people. */
  people: {},
  files: {},
  activity: {},
  /** The console. */
  console: {
    title: 'Console',
    sections: {},
    confirm: {
      cancel: 'Cancel',
      refused: {
        rank: 'Nothing has changed: the rank is not below yours.',
        scope: 'Nothing has changed: you lack powers that this takes.',
        forbidden: 'Nothing has changed: your account may not do this.',
      },
    },
    overview: {},
    people: {},
    person: {},
    impersonation: {},
    roles: {},
    clients: {},
    apis: {},
    machines: {},
    inviteCodes: {},
    mail: {},
    audit: {},
    settings: {},
    health: {},
  },
  mails: {},
  /** What the scripts of the pages say. */
  scripts: {},
} as const satisfies Wording

export type Words = Translated<typeof en>
