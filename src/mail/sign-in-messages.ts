/** Mails about sign-ins, and attempts at one. */
import { type Content, details, greeting, type MailFacts, toNewPassword, toSessions } from './parts.ts'

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
