/** Mails about other providers that sign in to an account: linked, and unlinked. */
import type { Block } from './layout.ts'
import { type Content, details, greeting, type MailFacts } from './parts.ts'

const nameOf = ({ provider }: MailFacts) => provider ?? 'another provider'

function toProviders({ origin }: MailFacts): Block {
  return { link: `${origin}/account/providers`, text: 'See what is connected' }
}

export function providerLinked(facts: MailFacts): Content {
  return {
    subject: `A new way to sign in to your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `your account ${facts.username} is now connected to ${nameOf(facts)}: whoever signs in there can sign in here.`,
      details(facts),
      'If this was you, there is nothing to do.',
      'If this was not you, disconnect it right away, sign out everywhere and change your password.',
      toProviders(facts),
    ],
  }
}

export function providerUnlinked(facts: MailFacts): Content {
  return {
    subject: `A way to sign in to your ${facts.product} account was removed`,
    blocks: [
      greeting(facts),
      `your account ${facts.username} is no longer connected to ${nameOf(facts)}.`,
      details(facts),
      'If this was you, there is nothing to do. You can connect it again at any time.',
      'If this was not you, sign out everywhere and change your password.',
      toProviders(facts),
    ],
  }
}
