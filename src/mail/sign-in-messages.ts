/** Mails about sign-ins, and attempts at one. */
import { type Content, codeBlocks, details, greeting, type MailFacts, toNewPassword, toSessions, toSignIn } from './parts.ts'

/** The first factor of a sign-in. */
export function mailSignIn(facts: MailFacts): Content {
  return {
    subject: `Sign in to ${facts.product}`,
    blocks: [
      greeting(facts),
      `someone asked to sign in to your account ${facts.username}. If this was you, enter this code where you asked for it, or open the link on any device.`,
      ...codeBlocks(facts, { path: '/sign-in/mail/link', text: 'Sign in' }),
      `If this was not you, ignore this mail: nobody has signed in. Never share the code or the link. Nobody from ${facts.product} will ask you for them.`,
    ],
  }
}

// Codes by e-mail are the account's only second step: with a mailed code as the first, nothing would be left to prove.
export function mailSignInRefused(facts: MailFacts): Content {
  return {
    subject: `Sign in to ${facts.product} with your password`,
    blocks: [
      greeting(facts),
      `someone asked to sign in to your account ${facts.username} with a code by e-mail. Your second step is a code by e-mail too, so your first must be something else.`,
      'If this was you, sign in with your password, or another way that you have set up.',
      toSignIn(facts),
      'If this was not you, ignore this mail: nobody has signed in.',
    ],
  }
}

export function newDevice(facts: MailFacts): Content {
  return {
    subject: `New sign-in to your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `someone signed in to your account ${facts.username} from a new device.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, sign out everywhere, which ends that session too, and change your password right away.',
      toSessions(facts),
    ],
  }
}

// The figures are those of LOGIN_TRIES_PER_DAY and LOGIN_DAY_MS in core/limits.ts.
export function signInLocked(facts: MailFacts): Content {
  return {
    subject: `Someone is guessing your ${facts.product} password`,
    blocks: [
      greeting(facts),
      `someone tried 30 wrong passwords for your account ${facts.username}. For up to a day, nobody can sign in to it from a new browser or network.`,
      'Nobody has signed in to your account. You can sign in as usual where you have signed in before.',
      'To sign in from somewhere new, set a new password first. If your password is short, or you use it elsewhere, change it in any case.',
      toNewPassword(facts),
    ],
  }
}
