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
  /** What went wrong, by error code (`core/errors.ts`); a code without a text has that of its parent. */
  errors: {
    invalid_request: { title: 'That did not work', message: 'This request is not valid. Go back and try again.' },
    access_denied: {
      title: 'Not allowed',
      message: 'Your account may not do this. If you think it should, ask the people who run this service.',
    },
    login_required: { title: 'Sign in first', message: 'Sign in and try again.' },
    temporarily_unavailable: { title: 'Busy right now', message: 'We cannot do this right now. Wait a moment and try again.' },
    server_error: { title: 'Something went wrong', message: 'This is our mistake, not yours. Try again in a moment.' },
    unauthenticated: { title: 'Sign in first', message: 'The user name or the password is wrong. Check both and try again.' },
    email_not_verified: { title: 'Confirm your e-mail address', message: 'Confirm your e-mail address first, then try again.' },
    reauthentication_required: { title: 'Sign in again', message: 'Sign in again, then repeat what you were doing.' },
    cross_site_request: {
      title: 'Sent from another site',
      message: 'This form was not sent from our own page. Open the page here and send it again.',
    },
    account_restricted: {
      title: 'Your account is restricted',
      message: 'You can view pages but not change anything. Ask the people who run this service.',
    },
    not_found: { title: 'Page not found', message: 'There is nothing here. Check the address, or go to your account.' },
    username_taken: { title: 'User name taken', message: 'This user name is taken. Choose another one.' },
    email_taken: { title: 'E-mail address taken', message: 'This e-mail address is taken. Choose another one, or sign in.' },
    already_exists: { title: 'Already exists', message: 'This already exists. Choose something else.' },
    code_invalid: { title: 'Wrong code', message: 'This code is wrong, used or expired. Check it, or ask for another mail.' },
    invite_code_invalid: { title: 'Wrong invite code', message: 'This invite code is wrong or used. Ask for another one.' },
    invite_codes_hidden: { title: 'Not yet', message: 'Your account is very new. Wait a moment and open this page again.' },
    invalid_file: { title: 'File not accepted', message: 'This file cannot be used. Choose another one.' },
    quota_exceeded: { title: 'No space left', message: 'There is no space left. Delete something first.' },
    request_timeout: { title: 'Too slow', message: 'This took too long. Try again.' },
    payload_too_large: { title: 'Too large', message: 'What you sent is too large. Make it smaller and try again.' },
    rate_limited: {
      title: 'Too many attempts',
      message: {
        one: 'There were too many attempts. Wait a minute and try again.',
        other: 'There were too many attempts. Wait {count} minutes and try again.',
      },
    },
    /** By reason, where it says more than the code. */
    reasons: {
      last_way_in: {
        title: 'The only way in',
        message: 'This is the only way into your account. Add another one, or set a password, first.',
      },
      too_many_passkeys: { title: 'Too many passkeys', message: 'You have as many passkeys as an account can have. Remove one first.' },
      request_spent: {
        title: 'That did not work',
        message: 'This sign-in was already used or has expired. Go back to the app and start again.',
      },
      form_out_of_date: { title: 'Out of date', message: 'This page was out of date. Please submit it again.' },
      upstream_begin_again: {
        title: 'Sign-in not completed',
        message: 'This sign-in has expired, or was begun in another window. Begin again.',
      },
      upstream_cancelled: { title: 'Sign-in not completed', message: 'You cancelled the sign-in with {provider}.' },
      upstream_unavailable: {
        title: 'Sign-in not completed',
        message: '{provider} does not answer. Try again in a moment, or sign in another way.',
      },
      upstream_failed: {
        title: 'Sign-in not completed',
        message: '{provider} did not confirm who you are. Try again, or sign in another way.',
      },
      upstream_request_too_long: {
        title: 'Sign-in not completed',
        message: 'The app asks for too much to sign in with {provider}. Sign in another way.',
      },
      upstream_session_changed: {
        title: 'Sign-in not completed',
        message: 'You have signed out or changed accounts since you began. Sign in to the account to connect, and begin again there.',
      },
      upstream_other_account: {
        title: 'Sign-in not completed',
        message: 'You are signed in to another account than the one with that address.',
      },
      upstream_of_other: {
        title: 'Sign-in not completed',
        message: '{label} at {provider} already signs in to another account here. Disconnect it there first.',
      },
      upstream_has_other: {
        title: 'Sign-in not completed',
        message: 'Your account is already connected to another account at {provider}. Disconnect that one first.',
      },
      upstream_refused: { title: 'Sign-in not completed', message: 'You cannot be signed in this way. Try another one.' },
    },
    /** Of codes that cannot be mailed again: of an app, of a list, of a device, of a mail that nobody can ask for. */
    nextCode: 'This code is wrong, used or expired. Check it, or try the next one.',
    deviceCode: 'This code is wrong, used or expired. Check it, or start again on the device, which shows a new code.',
    onlyCode: 'This code is wrong, used or expired. Check it, or open the link in the mail again.',
    appMistake: {
      title: 'This app made a mistake',
      message:
        'The app that sent you here is unknown, or its request is invalid. It did not get access. Go back and try again, or tell the people who made it.',
    },
    toAccount: 'Go to your account',
  },
  /** What is wrong with a field, whose label is `{label}` (`pages/problems.ts`). */
  problems: {
    other: 'Check this field: {label}.',
    required: '{label} is required.',
    requiredWithPhone: '{label} is required with a phone number.',
    wrong: '{label} is wrong.',
    taken: '{label} is taken.',
    reserved: '{label} is reserved.',
    notEditable: '{label} may not be changed.',
    tooShort: '{label} is too short.',
    tooLong: '{label} is too long.',
    atLeast: '{label} must have at least {min} characters.',
    atMost: '{label} must have at most {max} characters.',
    between: '{label} must have {min} to {max} characters.',
    blank: '{label} must not be blank.',
    empty: '{label} must not be empty.',
    controlCharacters: '{label} must not contain control characters.',
    malformed: '{label} must be well-formed text.',
    repeated: '{label} must not be repeated.',
    incomplete: '{label} is not complete.',
    username: '{label} must have {min} to {max} letters, digits or underscores.',
    likeAnId: '{label} must not look like an id.',
    personName: '{label} may contain only letters, digits, spaces and punctuation used in names.',
    email: 'Enter a valid e-mail address.',
    sixDigits: '{label} must be six digits.',
    secondFactor: '{label} must be six digits, or a recovery code.',
    commonPassword: '{label} is one of the most common passwords.',
    tellingPassword: '{label} is too close to the user name, the e-mail address or the name of this service.',
    breachedPassword: '{label} is known from a data breach.',
    samePassword: '{label} is the current one. Choose another.',
    sameAddress: '{label} is the current one. Enter another.',
    earlierPassword: '{label} is not a password that the account had.',
    inviteCode: '{label} is wrong or used.',
    optionalInviteCode: '{label} is wrong or used; leave it empty to sign up without one.',
    phone: '{label} must have {min} to {max} digits, and no country code.',
    callingCode: '{label} must be a country code such as +44.',
    birthdate: '{label} must be a date such as 2000-05-01, not in the future.',
    country: '{label} must be a country code such as FR.',
    httpsUrl: '{label} must be an https URL.',
    languageTag: '{label} must be a language tag.',
    timeZone: '{label} must be a time zone such as Europe/Paris.',
    currency: '{label} must be a currency code such as EUR.',
    notInList: '{label} is not in the list.',
    notARole: '{label} is not a role.',
    notInFuture: '{label} must be in the future.',
    fileNameSlash: '{label} must not contain / or \\, and not be . or ..',
    fileNameDirection: '{label} must not change the direction of text.',
    fileNameEnds: '{label} must not begin or end with a space, nor end with a dot.',
  },
  /** What a page says after a form, by its name in the address: `?notice=saved`. */
  notices: {
    saved: 'Saved.',
    code_sent: 'If a code can be sent to this address, it is on its way. Check your mail.',
    reset_sent: 'If there is an account with this address, we have sent it a code. Check your mail.',
    signed_up: 'Almost done. We have sent you a mail: open its link, or enter its code here.',
    not_verified: 'Confirm your e-mail address first. Enter the code that we sent you, or ask for a new one.',
    verified: 'Your e-mail address is confirmed. You can sign in now.',
    password_reset: 'Your new password is set. Sign in with it now.',
    password_changed: 'Your password was changed. All other devices are signed out.',
    email_pending: 'We have sent a mail to the new address. Nothing changes until you open its link or enter its code.',
    email_restored: 'Your address was restored, and everyone is signed out. Set a new password now.',
    two_step_undone: 'Two-step sign-in is off again, and everyone is signed out. Set a new password now.',
    sign_in_over: 'That took too long, or was finished elsewhere. Sign in again.',
    signed_out: 'You are signed out.',
    signed_out_everywhere: 'You are signed out on all devices.',
    session_ended: 'That device is signed out.',
    picture_removed: 'Your picture is removed.',
    picture_set: 'This is your new picture.',
    app_removed: 'The app no longer has access to your account.',
    scope_withdrawn: 'Taken back: the app can no longer do that.',
    not_removed: 'That did not work, and nothing has changed. Choose the app again.',
    app_on: 'Your authenticator app is on. From now on, signing in takes a code from it.',
    app_off: 'Your authenticator app is off.',
    email_codes_on: 'Codes by e-mail are on.',
    email_codes_off: 'Codes by e-mail are off.',
    passkey_added: 'Your passkey is added. You can sign in with it from now on.',
    passkey_renamed: 'The passkey has its new name.',
    passkey_removed: 'The passkey no longer signs you in. All other devices are signed out.',
    no_second_step: 'There is no second step to recover. Set up an authenticator app first.',
    codes_kept: 'Keep your recovery codes where you can find them without this device.',
    nothing_waits: 'No app is waiting for its first code. If yours is not listed, set it up again.',
    code_mailed: 'If a code can be sent to you, it is on its way. Check your mail.',
    provider_linked: 'It is connected: from now on it signs you in.',
    provider_unlinked: 'It is disconnected, and no longer signs you in.',
    deleted: 'Your account is deleted. To restore it, sign in within 14 days.',
  },
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
    sections: {
      overview: 'Overview',
    },
    confirm: {
      cancel: 'Cancel',
      refused: {
        rank: 'Nothing has changed: the rank is not below yours.',
        scope: 'Nothing has changed: you lack powers that this takes.',
        forbidden: 'Nothing has changed: your account may not do this.',
      },
    },
    overview: {
      title: 'Overview',
      lead: 'Figures by day are for days of UTC, and up to date.',
      people: 'People',
      activeIn30Days: 'Active in 30 days',
      files: 'Files',
      storage: 'Storage of files',
      byDay: 'Today and the last 30 days',
      figures: {
        active: 'Active people',
        signUps: 'Sign-ups',
        signIns: 'Sign-ins',
        signInFailures: 'Failed sign-ins',
        mailsSent: 'Mails sent',
        mailsFailed: 'Mails given up',
      },
      weekAgo: 'A week ago: {count}',
      today: 'Today',
      day: 'Day',
      asTable: 'As a table',
      waiting: 'What waits',
      moreThan: 'More than {count}',
      mailsWaiting: 'Mails to be sent',
      mailsGivenUp: 'Mails given up',
      purges: 'Deleted accounts to be erased',
      edgeWork: 'Changes of many followers',
      objects: 'Stored objects to be removed',
    },
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
