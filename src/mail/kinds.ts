/**
 * What each kind of mail consists of. Its words are in the catalogue (`mails.kinds`); a kind without them, or a part without a text,
 * does not compile. A mail has one link at most, to the page of Kith that takes its code or fixes the problem; opening it changes nothing.
 */
import type { MailKind } from '../store/db/mail-outbox.ts'
import type { en } from '../texts/en.ts'

type Kinds = typeof en.mails.kinds
/** The plain texts of a kind. */
type TextOf<Kind extends MailKind> = {
  [Name in keyof Kinds[Kind]]: Kinds[Kind][Name] extends string ? Name : never
}[keyof Kinds[Kind]]

/** Parts that are made from the facts (`messages.ts`). */
export type MadePart =
  | 'greeting'
  | 'hello'
  | 'fine'
  | 'neverShare'
  | 'details'
  | 'time'
  | 'changed'
  | 'code'
  | 'expiry'
  | 'button'
  | 'left'
  | 'failures'
  | 'closed'
  | 'term'
  | 'reason'

export interface Outline<Part = string> {
  /** Why it comes: it is about the recipient's account, or somebody has entered the address, whose owner may know nothing of it. */
  readonly about: 'account' | 'address'
  /** In this order. */
  readonly parts: readonly (MadePart | Part)[]
  /** What the button opens, with the code if the mail has one. */
  readonly page?: string
}

/** Ends sessions. */
const SESSIONS = '/account/sessions'
/** Sets a new password, which ends them too. */
const NEW_PASSWORD = '/forgot'

const notice = (page: string) => ({ about: 'account', page, parts: ['greeting', 'what', 'details', 'fine', 'wasNot', 'button'] }) as const
const noticeWithAdvice = (page: string) =>
  ({ about: 'account', page, parts: ['greeting', 'what', 'details', 'was', 'wasNot', 'button'] }) as const
/** It carries the code that undoes what it tells of. */
const undoable = (page: string) =>
  ({ about: 'account', page, parts: ['greeting', 'what', 'details', 'was', 'wasNot', 'code', 'button', 'expiry'] }) as const

export const OUTLINES: { readonly [Kind in MailKind]: Outline<TextOf<Kind>> } = {
  // No given name to an address that nobody has verified: sign-up must not carry a text of the caller's to a stranger.
  verify_email: { about: 'address', page: '/verify', parts: ['hello', 'what', 'code', 'button', 'expiry', 'wasNot'] },
  // The recipient may not have signed up: no code, no name, nothing about the new account.
  account_exists: { about: 'address', parts: ['hello', 'what', 'was', 'wasNot'] },
  reset_password: { about: 'account', page: '/reset', parts: ['greeting', 'what', 'code', 'button', 'expiry', 'wasNot'] },
  sign_in_code: { about: 'account', parts: ['greeting', 'what', 'code', 'expiry', 'neverShare', 'wasNot'] },
  mail_sign_in: { about: 'account', page: '/sign-in/mail/link', parts: ['greeting', 'what', 'code', 'button', 'expiry', 'wasNot'] },
  // Codes by email are the account's only second step: with a mailed code as the first, nothing would be left to prove.
  mail_sign_in_refused: { about: 'account', page: '/sign-in', parts: ['greeting', 'what', 'was', 'button', 'wasNot'] },
  new_device: notice(SESSIONS),
  sign_in_locked: { about: 'account', page: NEW_PASSWORD, parts: ['greeting', 'what', 'was', 'wasNot', 'button'] },
  password_changed: notice(NEW_PASSWORD),
  second_factor_on: undoable('/two-step/undo'),
  second_factor_off: noticeWithAdvice(SESSIONS),
  second_factor_changed: {
    about: 'account',
    page: NEW_PASSWORD,
    parts: ['greeting', 'what', 'changed', 'details', 'fine', 'wasNot', 'button'],
  },
  second_factor_undone: { about: 'account', page: NEW_PASSWORD, parts: ['greeting', 'what', 'details', 'wasNot', 'button'] },
  recovery_code_used: {
    about: 'account',
    page: NEW_PASSWORD,
    parts: ['greeting', 'what', 'left', 'details', 'was', 'wasNot', 'button'],
  },
  second_factor_failed: {
    about: 'account',
    page: NEW_PASSWORD,
    parts: ['greeting', 'what', 'failures', 'closed', 'details', 'fine', 'wasNot', 'button'],
  },
  passkey_added: notice('/account/passkeys'),
  passkey_removed: noticeWithAdvice(SESSIONS),
  passkey_refused: noticeWithAdvice('/account/passkeys'),
  provider_linked: notice('/account/providers'),
  provider_unlinked: noticeWithAdvice('/account/providers'),
  account_exported: noticeWithAdvice(NEW_PASSWORD),
  archive_requested: noticeWithAdvice(NEW_PASSWORD),
  // No link to the file itself: it is downloaded by whoever is signed in.
  archive_ready: { about: 'account', page: '/account/export', parts: ['greeting', 'what', 'was', 'button', 'wasNot'] },
  account_deleted: noticeWithAdvice('/sign-in'),
  account_restored: notice(NEW_PASSWORD),
  change_email: { about: 'address', page: '/verify', parts: ['hello', 'what', 'code', 'button', 'expiry', 'after', 'wasNot'] },
  // No page takes these digits, only the program that requested them.
  change_email_digits: { about: 'address', parts: ['hello', 'what', 'code', 'expiry', 'after', 'wasNot'] },
  // To the old address. The code undoes the change, even if someone else controls the account by now.
  email_changed: undoable('/email/undo'),
  // To a replaced address, while an earlier change can still be undone: undoing that one undoes this one too.
  email_changed_again: { about: 'account', parts: ['greeting', 'what', 'details', 'fine', 'wasNot'] },
  // To the address that the account no longer has.
  email_change_undone: notice(SESSIONS),
  impersonation_started: { about: 'account', parts: ['greeting', 'what', 'time', 'was', 'wasNot'] },
  changed_by_admin: { about: 'account', parts: ['greeting', 'what', 'changed', 'time', 'was', 'wasNot'] },
  // No link: whoever is banned can open no page.
  banned: { about: 'account', parts: ['greeting', 'what', 'term', 'reason', 'wasNot'] },
  // To the administrator who has registered it.
  webhook_disabled: { about: 'account', page: '/admin/webhooks', parts: ['greeting', 'what', 'after', 'button'] },
}

export const MAIL_KINDS = Object.keys(OUTLINES) as [MailKind, ...MailKind[]]
