/**
 * Kith's mails (design §1.11). Each is a short list of paragraphs, rendered as text and as HTML. Names, devices and
 * places are other people's text: cleaned, cut and escaped in one place. A mail may contain one link, to the page of
 * Kith that takes its code or fixes the problem; opening it changes nothing. No remote images, and no code in the
 * subject.
 */
import type { MailKind } from '../store/db/mail-outbox.ts'
import { toHtml, toText } from './layout.ts'
import { accountDeleted, accountExported } from './leaving-messages.ts'
import type { Message } from './mailer.ts'
import { type Content, codeBlocks, details, greeting, type MailFacts, toNewPassword, toSessions } from './parts.ts'
import { passkeyAdded, passkeyRefused, passkeyRemoved } from './passkey-messages.ts'
import { providerLinked, providerUnlinked } from './provider-messages.ts'
import {
  recoveryCodeUsed,
  secondFactorChanged,
  secondFactorFailed,
  secondFactorOff,
  secondFactorOn,
  secondFactorUndone,
} from './second-factor-messages.ts'
import { mailSignIn, mailSignInRefused, newDevice, signInLocked } from './sign-in-messages.ts'

export type { MailFacts } from './parts.ts'

/** Longer than any recognizable name, device or place. */
const FOREIGN_TEXT_LENGTH_MAX = 200
/** Control characters, line separators, and marks that reverse the text direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

const CONTENTS = {
  verify_email: verifyEmail,
  account_exists: accountExists,
  reset_password: resetPassword,
  sign_in_code: signInCode,
  mail_sign_in: mailSignIn,
  mail_sign_in_refused: mailSignInRefused,
  new_device: newDevice,
  sign_in_locked: signInLocked,
  password_changed: passwordChanged,
  second_factor_on: secondFactorOn,
  second_factor_off: secondFactorOff,
  second_factor_changed: secondFactorChanged,
  second_factor_undone: secondFactorUndone,
  recovery_code_used: recoveryCodeUsed,
  second_factor_failed: secondFactorFailed,
  passkey_added: passkeyAdded,
  passkey_removed: passkeyRemoved,
  passkey_refused: passkeyRefused,
  provider_linked: providerLinked,
  provider_unlinked: providerUnlinked,
  account_exported: accountExported,
  account_deleted: accountDeleted,
  change_email: (facts) => askNewAddress(facts, { path: '/verify', text: 'Confirm the address' }),
  // No page takes these digits, only the program that requested them.
  change_email_digits: (facts) => askNewAddress(facts),
  email_changed: emailChanged,
  email_changed_again: emailChangedAgain,
  email_change_undone: emailChangeUndone,
  changed_by_admin: changedByAdmin,
} satisfies Record<MailKind, (facts: MailFacts) => Content>

export function renderMessage(kind: MailKind, facts: MailFacts): Omit<Message, 'to'> {
  const clean: MailFacts = {
    ...facts,
    product: cleanText(facts.product) || 'Kith',
    username: cleanText(facts.username),
    givenName: facts.givenName && cleanText(facts.givenName),
    userAgent: facts.userAgent && cleanText(facts.userAgent),
    place: facts.place && cleanText(facts.place),
    provider: facts.provider && cleanText(facts.provider),
  }
  const { subject, blocks } = CONTENTS[kind](clean)
  const signature = `${clean.product}, ${clean.origin}`
  return { subject, text: toText([...blocks, signature]), html: toHtml(subject, blocks, signature) }
}

/** Other people's text as one visible line. */
function cleanText(text: string): string {
  const printable = text.replace(UNPRINTABLE, ' ').trim()
  return Array.from(printable).slice(0, FOREIGN_TEXT_LENGTH_MAX).join('')
}

// --- the mails -------------------------------------------------------------------------------------------------

// The address is unverified: the greeting omits the given name, so that nobody can use sign-up to send a text of theirs
// to a stranger.
function verifyEmail(facts: MailFacts): Content {
  return {
    subject: `Confirm your e-mail address for ${facts.product}`,
    blocks: [
      'Hello,',
      `thank you for signing up for ${facts.product}. To confirm this address for the account ${facts.username}, enter this code where you signed up.`,
      ...codeBlocks(facts, { path: '/verify', text: 'Confirm the address' }),
      'If this was not you, ignore this mail. Without the code, the account is removed within a day or so.',
    ],
  }
}

// The recipient may not have signed up: no code, no name, nothing about the new account.
function accountExists(facts: MailFacts): Content {
  return {
    subject: `You already have an account with ${facts.product}`,
    blocks: [
      'Hello,',
      `someone tried to use this e-mail address for an account at ${facts.product}. You already have an account with it, so nothing was changed.`,
      'If this was you, sign in as usual. If you have forgotten your password, choose "Forgot your password?" there to set a new one.',
      'If this was not you, ignore this mail. Nobody has signed in to your account.',
    ],
  }
}

function resetPassword(facts: MailFacts): Content {
  return {
    subject: `Set a new password for ${facts.product}`,
    blocks: [
      greeting(facts),
      `someone asked to set a new password for your account ${facts.username}. If this was you, enter this code on the page where you asked for it.`,
      ...codeBlocks(facts, { path: '/reset', text: 'Set a new password' }),
      'If this was not you, ignore this mail: your password stays as it is. Do not share the code.',
    ],
  }
}

function signInCode(facts: MailFacts): Content {
  return {
    subject: `Your sign-in code for ${facts.product}`,
    blocks: [
      greeting(facts),
      `enter this code to finish signing in as ${facts.username}.`,
      ...codeBlocks(facts),
      `Never share this code. Nobody from ${facts.product} will ask you for it.`,
      'If this was not you, someone knows your password. Change it now.',
    ],
  }
}

function passwordChanged(facts: MailFacts): Content {
  return {
    subject: `Your ${facts.product} password was changed`,
    blocks: [
      greeting(facts),
      `the password of your account ${facts.username} was changed.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere. Then look through the passkeys and connected providers of your account: a new password leaves them as they are.',
      toNewPassword(facts),
    ],
  }
}

// The address is unverified: no given name, as in `verifyEmail`.
function askNewAddress(facts: MailFacts, page?: { path: string; text: string }): Content {
  return {
    subject: `Confirm your new e-mail address for ${facts.product}`,
    blocks: [
      'Hello,',
      `someone asked to use this address for the account ${facts.username} at ${facts.product}. If this was you, enter this code ${page ? 'on the confirmation page' : 'where you entered the address'}.`,
      ...codeBlocks(facts, page),
      'Confirming it signs you out everywhere; sign in again afterwards.',
      'If this was not you, ignore this mail: without the code, nothing changes. Do not share it.',
    ],
  }
}

function addressChanged(facts: MailFacts, advice: Content['blocks']): Content {
  return {
    subject: `Your ${facts.product} account has a new e-mail address`,
    blocks: [
      greeting(facts),
      `the e-mail address of your account ${facts.username} was changed. We no longer send mail to this one.`,
      details(facts),
      ...advice,
    ],
  }
}

// To the old address. The code undoes the change, even if someone else controls the account by now.
function emailChanged(facts: MailFacts): Content {
  return addressChanged(facts, [
    'If this was you, there is nothing to do. Keep this mail to yourself.',
    'If this was not you, undo the change with this code. That restores this address and signs everyone out. Then set a new password right away.',
    ...codeBlocks(facts, { path: '/email/undo', text: 'Undo the change' }),
  ])
}

// To a replaced address, while an earlier change can still be undone: undoing that one undoes this one too.
function emailChangedAgain(facts: MailFacts): Content {
  return addressChanged(facts, [
    'If this was you, there is nothing to do.',
    'If this was not you, find the mail that we sent when the address was changed before: it went to the address you had then, and contains a code. That code restores that address, signs everyone out and works for another 7 days.',
  ])
}

// To the address that the account no longer has.
function emailChangeUndone(facts: MailFacts): Content {
  return {
    subject: `The e-mail address of your ${facts.product} account was changed back`,
    blocks: [
      greeting(facts),
      `the change of the e-mail address of your account ${facts.username} was undone, with the code that we sent to the previous address. Everyone was signed out.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, someone can read mail sent to your previous address. Sign in with your password, change the address again and secure that mailbox.',
      toSessions(facts),
    ],
  }
}

const CHANGED: Readonly<Record<string, string>> = {
  username: 'the user name',
  email: 'the e-mail address',
  password: 'the password',
  role: 'the role',
  totp_off: 'the authenticator app, which was removed',
  email_off: 'codes by e-mail, which were turned off',
  passkeys_off: 'your passkeys, which were removed',
  factors_off: 'two-step sign-in, which is now off',
  session: 'one of your devices, which is signed out',
  sessions: 'your devices and apps, which are all signed out',
}

function changedByAdmin(facts: MailFacts): Content {
  const changed = facts.changed.map((what) => CHANGED[what]).filter((word) => word !== undefined)
  return {
    subject: `Your ${facts.product} account was changed by an administrator`,
    blocks: [
      greeting(facts),
      `an administrator of ${facts.product} changed your account ${facts.username}: ${changed.join(', ') || 'the profile'}.`,
      details({ ...facts, userAgent: null, place: null }),
      'If you asked for this, there is nothing to do.',
      `If this was not you, contact the people who run ${facts.product}.`,
    ],
  }
}
