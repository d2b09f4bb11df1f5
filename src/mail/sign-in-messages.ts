/** What the owner of an account gets to know of sign-ins, and of attempts at one. */
import { type Content, details, greeting, type MailFacts, toNewPassword, toSessions } from './parts.ts'

export function newDevice(facts: MailFacts): Content {
  return {
    subject: `New sign-in to your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `your account ${facts.username} was signed in to from a device that we have not seen before.`,
      details(facts),
      'If this was you, all is well.',
      'If this was not you, sign out everywhere and change your password right away. Signing out everywhere ends every session, that one too.',
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
      `someone has tried 30 wrong passwords for your account ${facts.username}. For up to a day nobody can sign in to it from a new browser or network.`,
      'Nobody has got into your account. Where you have signed in before, you can sign in as always.',
      'To sign in from somewhere new, set a new password first. If your password is short, or you use it elsewhere, do so in any case.',
      toNewPassword(facts),
    ],
  }
}
