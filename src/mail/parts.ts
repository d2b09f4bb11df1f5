/** Building blocks of mails: their facts, and the paragraphs that several mails share. */
import { deviceName, localTime, placeName } from './device-words.ts'
import type { Block } from './layout.ts'

export interface MailFacts {
  /** The name in MAIL_FROM, or 'Kith'. */
  readonly product: string
  readonly origin: string
  readonly username: string
  readonly givenName: string | null
  /** Null if the mail has none. */
  readonly code: string | null
  /** Shown instead of the code, which is only in the link; null in other mails. */
  readonly digits: string | null
  /** From now. */
  readonly minutesValid: number
  readonly userAgent: string | null
  readonly place: string | null
  /** Changes by an administrator or of second factors: keys of the messages' `CHANGED`. */
  readonly changed: readonly string[]
  /** Unused recovery codes; null in other mails. */
  readonly codesLeft: number | null
  /** Wrong codes in a row; null in other mails. */
  readonly failures: number | null
  /** Another provider, and what it calls the user; null in other mails. */
  readonly provider: string | null
  /** Milliseconds since 1970. */
  readonly at: number
  /** The user's zone, or that of the event; null if neither is known. */
  readonly timeZone: string | null
}

export interface Content {
  readonly subject: string
  readonly blocks: readonly Block[]
}

export function greeting(facts: MailFacts): string {
  return `Hello ${facts.givenName || facts.username},`
}

/** The code and, if a page takes it, a link that fills it in there; a button on the page submits it. */
export function codeBlocks({ code, digits, minutesValid, origin }: MailFacts, page?: { path: string; text: string }): Block[] {
  if (code === null) throw new Error('this mail needs a code')
  const link = page ? [{ link: `${origin}${page.path}?code=${encodeURIComponent(code)}`, text: page.text }] : []
  return [{ code: digits ?? code }, ...link, `It expires in ${duration(minutesValid)} and works once.`]
}

const HOUR = 60
const DAY = 24 * HOUR

/** In the largest unit of which there are at least two, rounded down. */
function duration(minutes: number): string {
  if (minutes === 1) return 'one minute'
  if (minutes >= 2 * DAY) return `${Math.floor(minutes / DAY)} days`
  return minutes > 2 * HOUR ? `${Math.floor(minutes / HOUR)} hours` : `${minutes} minutes`
}

export function details(facts: MailFacts): Block {
  const rows: [string, string][] = []
  if (facts.userAgent) rows.push(['Device', deviceName(facts.userAgent)])
  if (facts.place) rows.push(['Place', `${placeName(facts.place)} (roughly)`])
  rows.push(['Time', localTime(facts.at, facts.timeZone)])
  return { details: rows }
}

/** For owners who can still sign in: the page that ends sessions. */
export function toSessions({ origin }: MailFacts): Block {
  return { link: `${origin}/account/sessions`, text: 'This was not me: sign out everywhere' }
}

export function toSignIn({ origin }: MailFacts): Block {
  return { link: `${origin}/sign-in`, text: 'Sign in' }
}

/** For owners whose password may have been changed: the page that sets a new one, which ends every session. */
export function toNewPassword({ origin }: MailFacts): Block {
  return { link: `${origin}/forgot`, text: 'This was not me: set a new password' }
}
