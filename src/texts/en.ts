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
  /** Devices, in mails and on pages. */
  devices: { on: '{browser} on {system}', unknown: 'Unknown device' },
  mails: {
    greeting: 'Hello {name},',
    /** To an address that nobody has proved to be theirs. */
    hello: 'Hello,',
    fine: 'If this was you, there is nothing to do.',
    neverShare: 'Never share this code. Nobody from {product} will ask you for it.',
    device: 'Device: {device}',
    place: 'Place: {place} (roughly)',
    time: 'Time: {time}',
    expiresInMinutes: {
      one: 'It expires in one minute and works once.',
      other: 'It expires in {count} minutes and works once.',
    },
    expiresInHours: { one: 'It expires in one hour and works once.', other: 'It expires in {count} hours and works once.' },
    expiresInDays: { one: 'It expires in one day and works once.', other: 'It expires in {count} days and works once.' },
    orOpen: 'Or open this address:',
    signature: '{product}, {origin}',
    aboutAccount: 'You get this mail because it is about your account at {product}.',
    aboutAddress: 'You get this mail because somebody entered your address at {product}.',
    support: 'Do you need help? {link}',
    /** By kind, as the outbox names them. `what` comes first, and is what a list of mails shows next to the subject. */
    kinds: {
      verify_email: {
        subject: 'Confirm your e-mail address for {product}',
        what: 'Thank you for signing up for {product}. To confirm this address for the account {username}, enter this code where you signed up.',
        button: 'Confirm the address',
        wasNot: 'If this was not you, ignore this mail. Without the code, the account is removed within a day or so.',
      },
      account_exists: {
        subject: 'You already have an account with {product}',
        what: 'Someone tried to use this e-mail address for an account at {product}. You already have an account with it, so nothing was changed.',
        was: 'If this was you, sign in as usual. If you have forgotten your password, choose “Forgot your password?” there to set a new one.',
        wasNot: 'If this was not you, ignore this mail. Nobody has signed in to your account.',
      },
      reset_password: {
        subject: 'Set a new password for {product}',
        what: 'Someone asked to set a new password for your account {username}. If this was you, enter this code on the page where you asked for it.',
        button: 'Set a new password',
        wasNot: 'If this was not you, ignore this mail: your password stays as it is. Do not share the code.',
      },
      sign_in_code: {
        subject: 'Your sign-in code for {product}',
        what: 'Enter this code to finish signing in as {username}.',
        wasNot: 'If this was not you, someone knows your password. Change it now.',
      },
      mail_sign_in: {
        subject: 'Sign in to {product}',
        what: 'Someone asked to sign in to your account {username}. If this was you, enter this code where you asked for it, or open the link on any device.',
        button: 'Sign in',
        wasNot:
          'If this was not you, ignore this mail: nobody has signed in. Never share the code or the link. Nobody from {product} will ask you for them.',
      },
      mail_sign_in_refused: {
        subject: 'Sign in to {product} with your password',
        what: 'Someone asked to sign in to your account {username} with a code by e-mail. Your second step is a code by e-mail too, so your first must be something else.',
        was: 'If this was you, sign in with your password, or another way that you have set up.',
        button: 'Sign in',
        wasNot: 'If this was not you, ignore this mail: nobody has signed in.',
      },
      new_device: {
        subject: 'New sign-in to your {product} account',
        what: 'Someone signed in to your account {username} from a new device.',
        wasNot: 'If this was not you, sign out everywhere, which ends that session too, and change your password right away.',
        button: 'This was not me: sign out everywhere',
      },
      sign_in_locked: {
        subject: 'Someone is guessing your {product} password',
        what: 'Someone tried {tries} wrong passwords for your account {username}. Nobody has signed in to it. For up to a day, nobody can sign in from a new browser or network; where you have signed in before, you can sign in as usual.',
        was: 'If this was you, set a new password to sign in from somewhere new.',
        wasNot: 'If this was not you, set a new password if yours is short, or if you use it elsewhere.',
        button: 'This was not me: set a new password',
      },
      password_changed: {
        subject: 'Your {product} password was changed',
        what: 'The password of your account {username} was changed.',
        wasNot:
          'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere. Then look through the passkeys and connected providers of your account: a new password leaves them as they are.',
        button: 'This was not me: set a new password',
      },
      second_factor_on: {
        subject: 'Two-step sign-in is now on for {product}',
        what: 'From now on, signing in as {username} takes a second step.',
        was: 'If this was you, there is nothing to do. Keep this mail to yourself.',
        wasNot:
          'If this was not you, undo it with this code and the password that you had before, if you had one. That turns two-step sign-in off again and ends every session. Then set a new password right away.',
        button: 'This was not me: undo it',
      },
      second_factor_off: {
        subject: 'Two-step sign-in is now off for {product}',
        what: 'Signing in as {username} now takes only your password.',
        was: 'If this was you, there is nothing to do. You can turn it on again at any time.',
        wasNot: 'If this was not you, sign out everywhere, change your password and turn two-step sign-in on again.',
        button: 'This was not me: sign out everywhere',
      },
      second_factor_changed: {
        subject: 'Two-step sign-in was changed for {product}',
        what: 'The ways to sign in as {username} in two steps were changed.',
        changed: {
          totp_on: 'An authenticator app was added.',
          totp_replaced: 'The authenticator app was replaced by another one.',
          totp_off: 'The authenticator app was removed.',
          email_on: 'Codes by e-mail were turned on.',
          email_off: 'Codes by e-mail were turned off.',
          recovery_codes: 'New recovery codes were created. The old ones no longer work.',
        },
        wasNot:
          'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere.',
        button: 'This was not me: set a new password',
      },
      second_factor_undone: {
        subject: 'Two-step sign-in was undone for {product}',
        what: 'Two-step sign-in of your account {username} was turned off again, with the code that we mailed when it was turned on. Everyone was signed out, and the old password no longer works: set a new one.',
        wasNot: 'If this was not you, someone knows your password and reads your mail. Secure your mailbox first, then set a new password.',
        button: 'Set a new password',
      },
      recovery_code_used: {
        subject: 'A recovery code was used for your {product} account',
        what: 'Someone signed in as {username} with your password and one of your recovery codes. That code is used up.',
        noneLeft: 'It was the last one. Get new recovery codes.',
        left: { one: 'You have one left. Get new ones soon.', other: 'You have {count} left.' },
        was: 'If this was you, there is nothing to do. If you have lost your device, remove its authenticator app from your account.',
        wasNot:
          'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere. Then get new recovery codes.',
        button: 'This was not me: set a new password',
      },
      second_factor_failed: {
        subject: 'Wrong sign-in codes for your {product} account',
        what: 'Someone has entered the password of your account {username}, and then wrong codes.',
        failures: { one: 'It was one wrong code.', other: 'It was {count} wrong codes in a row.' },
        closed:
          'For up to 30 days, six-digit codes are no longer accepted from there. They still work in browsers that you have used to sign in. Anywhere else, sign in with a recovery code, or set a new password and sign in from the same network.',
        wasNot:
          'If this was not you, someone knows your password. Set a new one right away, with a code that we send to this address. Do not share any code.',
        button: 'This was not me: set a new password',
      },
      passkey_added: {
        subject: 'A passkey was added to your {product} account',
        what: 'A passkey was added to your account {username}. Whoever has it can sign in with it alone.',
        wasNot:
          'If this was not you, someone else has signed in to your account. Remove the passkey, which signs them out. If you have a password, set a new one as well: that alone does not remove the passkey.',
        button: 'This was not me: see the passkeys',
      },
      passkey_removed: {
        subject: 'A passkey was removed from your {product} account',
        what: 'A passkey of your account {username} was removed. It can no longer be used to sign in, and every other device was signed out.',
        was: 'If this was you, there is nothing to do. You can delete the passkey from your device as well.',
        wasNot: 'If this was not you, sign out everywhere and change how you sign in.',
        button: 'This was not me: sign out everywhere',
      },
      passkey_refused: {
        subject: 'A passkey of your {product} account was refused',
        what: 'Someone tried to sign in as {username} with one of your passkeys, but its signature counter had not gone up. That happens if a passkey was copied, so nobody was signed in.',
        was: 'If this was you, remove that passkey from your account and add it again.',
        wasNot: 'If this was not you, remove it now.',
        button: 'See the passkeys',
      },
      provider_linked: {
        subject: 'A new way to sign in to your {product} account',
        what: 'Your account {username} is now connected to {provider}: whoever signs in there can sign in here.',
        wasNot: 'If this was not you, disconnect it right away, sign out everywhere and change your password.',
        button: 'See what is connected',
      },
      provider_unlinked: {
        subject: 'A way to sign in to your {product} account was removed',
        what: 'Your account {username} is no longer connected to {provider}.',
        was: 'If this was you, there is nothing to do. You can connect it again at any time.',
        wasNot: 'If this was not you, sign out everywhere and change your password.',
        button: 'See what is connected',
      },
      account_exported: {
        subject: 'A copy of your {product} data was downloaded',
        what: 'A file with everything about your account {username} was downloaded.',
        was: 'If this was you, there is nothing to do. Keep the file where only you can read it.',
        wasNot:
          'If this was not you, someone has signed in to your account. Set a new password right away, with a code that we send to this address. That signs you out everywhere.',
        button: 'This was not me: set a new password',
      },
      account_deleted: {
        subject: 'Your {product} account was deleted',
        what: 'Your account {username} was deleted. Nobody can see it any more, and you are signed out everywhere.',
        was: 'To restore it, sign in within {days} days. After that, your data is deleted permanently.',
        wasNot: 'If this was not you, choose “Forgot your password?” on the sign-in page now, then sign in with the new password.',
        button: 'Sign in and restore the account',
      },
      change_email: {
        subject: 'Confirm your new e-mail address for {product}',
        what: 'Someone asked to use this address for the account {username} at {product}. If this was you, enter this code on the confirmation page.',
        button: 'Confirm the address',
        after: 'Confirming it signs you out everywhere; sign in again afterwards.',
        wasNot: 'If this was not you, ignore this mail: without the code, nothing changes. Do not share it.',
      },
      change_email_digits: {
        subject: 'Confirm your new e-mail address for {product}',
        what: 'Someone asked to use this address for the account {username} at {product}. If this was you, enter this code where you entered the address.',
        after: 'Confirming it signs you out everywhere; sign in again afterwards.',
        wasNot: 'If this was not you, ignore this mail: without the code, nothing changes. Do not share it.',
      },
      email_changed: {
        subject: 'Your {product} account has a new e-mail address',
        what: 'The e-mail address of your account {username} was changed. We no longer send mail to this one.',
        was: 'If this was you, there is nothing to do. Keep this mail to yourself.',
        wasNot:
          'If this was not you, undo the change with this code. That restores this address and signs everyone out. Then set a new password right away.',
        button: 'Undo the change',
      },
      email_changed_again: {
        subject: 'Your {product} account has a new e-mail address',
        what: 'The e-mail address of your account {username} was changed. We no longer send mail to this one.',
        wasNot:
          'If this was not you, find the mail that we sent when the address was changed before: it went to the address you had then, and contains a code. That code restores that address, signs everyone out and works for another {undoDays} days.',
      },
      email_change_undone: {
        subject: 'The e-mail address of your {product} account was changed back',
        what: 'The change of the e-mail address of your account {username} was undone, with the code that we sent to the previous address. Everyone was signed out.',
        wasNot:
          'If this was not you, someone can read mail sent to your previous address. Sign in with your password, change the address again and secure that mailbox.',
        button: 'This was not me: sign out everywhere',
      },
      changed_by_admin: {
        subject: 'Your {product} account was changed by an administrator',
        what: 'An administrator of {product} changed your account {username}.',
        changed: {
          username: 'The user name was changed.',
          email: 'The e-mail address was changed.',
          password: 'The password was changed.',
          role: 'The role was changed.',
          totp_off: 'The authenticator app was removed.',
          email_off: 'Codes by e-mail were turned off.',
          passkeys_off: 'Your passkeys were removed.',
          factors_off: 'Two-step sign-in was turned off.',
          session: 'One of your devices was signed out.',
          sessions: 'Your devices and apps were all signed out.',
        },
        was: 'If you asked for this, there is nothing to do.',
        wasNot: 'If this was not you, contact the people who run {product}.',
      },
    },
  },
  /** What the scripts of the pages say. */
  scripts: {},
} as const satisfies Wording

export type Words = Translated<typeof en>
