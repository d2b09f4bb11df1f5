/** Mails about passkeys: one was added or removed, or looks copied. */
import { type Content, details, greeting, type MailFacts, toSessions } from './parts.ts'

const toPasskeys = ({ origin }: MailFacts) => ({ link: `${origin}/account/passkeys`, text: 'This was not me: see the passkeys' })

export function passkeyAdded(facts: MailFacts): Content {
  return {
    subject: `A passkey was added to your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `a passkey was added to your account ${facts.username}. Whoever has it can sign in with it alone.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, someone else has signed in to your account. Remove the passkey, which signs them out. If you have a password, set a new one as well: that alone does not remove the passkey.',
      toPasskeys(facts),
    ],
  }
}

export function passkeyRemoved(facts: MailFacts): Content {
  return {
    subject: `A passkey was removed from your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `a passkey of your account ${facts.username} was removed. It can no longer be used to sign in, and every other device was signed out.`,
      details(facts),
      'If this was you, there is nothing to do. You can delete the passkey from your device as well.',
      'If this was not you, sign out everywhere and change how you sign in.',
      toSessions(facts),
    ],
  }
}

export function passkeyRefused(facts: MailFacts): Content {
  return {
    subject: `A passkey of your ${facts.product} account was refused`,
    blocks: [
      greeting(facts),
      `someone tried to sign in as ${facts.username} with one of your passkeys, but its signature counter had not gone up. That happens if a passkey was copied, so nobody was signed in.`,
      details(facts),
      'If this was you, remove that passkey from your account and add it again.',
      'If this was not you, remove it now.',
      toPasskeys(facts),
    ],
  }
}
