/** The mails about leaving: a copy of everything was downloaded, or the account was deleted. */
import { type Content, details, greeting, type MailFacts, toNewPassword } from './parts.ts'

export function accountExported(facts: MailFacts): Content {
  return {
    subject: `A copy of your ${facts.product} data was downloaded`,
    blocks: [
      greeting(facts),
      `a file with everything about your account ${facts.username} was downloaded.`,
      details(facts),
      'If this was you, there is nothing to do. Keep the file where only you can read it.',
      'If this was not you, someone has signed in to your account. Set a new password right away, with a code that we send to this address. That signs you out everywhere.',
      toNewPassword(facts),
    ],
  }
}

// The days are those of ACCOUNT_RETURN_MS in core/limits.ts.
export function accountDeleted(facts: MailFacts): Content {
  return {
    subject: `Your ${facts.product} account was deleted`,
    blocks: [
      greeting(facts),
      `your account ${facts.username} was deleted. Nobody can see it any more, and you are signed out everywhere.`,
      details(facts),
      'To restore it, sign in within 14 days; after that, your data is deleted permanently. If this was not you, choose “Forgot your password?” on the sign-in page now, then sign in with the new password.',
      { link: `${facts.origin}/sign-in`, text: 'Sign in and restore the account' },
    ],
  }
}
