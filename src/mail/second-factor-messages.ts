/** Mails about second factors (security row 11): enabled, disabled or changed, and a recovery code that was used. */
import { type Content, codeBlocks, details, greeting, type MailFacts, toNewPassword, toSessions } from './parts.ts'

export function secondFactorOn(facts: MailFacts): Content {
  return {
    subject: `Two-step sign-in is now on for ${facts.product}`,
    blocks: [
      greeting(facts),
      `from now on, signing in as ${facts.username} takes a second step.`,
      details(facts),
      'If this was you, there is nothing to do. Keep this mail to yourself.',
      'If this was not you, undo it with this code and the password that you had before, if you had one. That turns two-step sign-in off again and ends every session. Then set a new password right away.',
      ...codeBlocks(facts, { path: '/two-step/undo', text: 'This was not me: undo it' }),
    ],
  }
}

export function secondFactorUndone(facts: MailFacts): Content {
  return {
    subject: `Two-step sign-in was undone for ${facts.product}`,
    blocks: [
      greeting(facts),
      `two-step sign-in of your account ${facts.username} was turned off again, with the code that we mailed when it was turned on. Everyone was signed out, and the old password no longer works: set a new one.`,
      details(facts),
      'If this was not you, someone knows your password and reads your mail. Secure your mailbox first, then set a new password.',
      { link: `${facts.origin}/forgot`, text: 'Set a new password' },
    ],
  }
}

export function secondFactorOff(facts: MailFacts): Content {
  return {
    subject: `Two-step sign-in is now off for ${facts.product}`,
    blocks: [
      greeting(facts),
      `signing in as ${facts.username} now takes only your password.`,
      details(facts),
      'If this was you, there is nothing to do. You can turn it on again at any time.',
      'If this was not you, sign out everywhere, change your password and turn two-step sign-in on again.',
      toSessions(facts),
    ],
  }
}

/** Changes while two-step sign-in stays on. */
const CHANGED: Readonly<Record<string, string>> = {
  totp_on: 'an authenticator app was added',
  totp_replaced: 'the authenticator app was replaced by another one',
  totp_off: 'the authenticator app was removed',
  email_on: 'codes by e-mail were turned on',
  email_off: 'codes by e-mail were turned off',
  recovery_codes: 'new recovery codes were created, and the old ones no longer work',
}

export function secondFactorChanged(facts: MailFacts): Content {
  const changed = facts.changed.map((what) => CHANGED[what]).filter((words) => words !== undefined)
  return {
    subject: `Two-step sign-in was changed for ${facts.product}`,
    blocks: [
      greeting(facts),
      `the ways to sign in as ${facts.username} in two steps were changed: ${changed.join(', ') || 'see your account'}.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere.',
      toNewPassword(facts),
    ],
  }
}

export function recoveryCodeUsed(facts: MailFacts): Content {
  return {
    subject: `A recovery code was used for your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `someone signed in as ${facts.username} with your password and one of your recovery codes. That code is used up.`,
      ...(facts.codesLeft === null ? [] : [codesLeft(facts.codesLeft)]),
      details(facts),
      'If this was you, there is nothing to do. If you have lost your device, remove its authenticator app from your account.',
      'If this was not you, set a new password right away, with a code that we send to this address. That signs you out everywhere. Then get new recovery codes.',
      toNewPassword(facts),
    ],
  }
}

function codesLeft(left: number): string {
  if (left === 0) return 'It was the last one. Get new recovery codes.'
  return left === 1 ? 'You have one left. Get new ones soon.' : `You have ${left} left.`
}

export function secondFactorFailed(facts: MailFacts): Content {
  const isClosed = facts.changed.includes('digits_refused')
  return {
    subject: `Wrong sign-in codes for your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `someone has entered the password of your account ${facts.username}, and then ${facts.failures ?? 'several'} wrong codes.`,
      ...(isClosed
        ? [
            'For up to 30 days, six-digit codes are no longer accepted from there. They still work in browsers that you have used to sign in. Anywhere else, sign in with a recovery code, or set a new password and sign in from the same network.',
          ]
        : []),
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, someone knows your password. Set a new one right away, with a code that we send to this address. Do not share any code.',
      toNewPassword(facts),
    ],
  }
}
