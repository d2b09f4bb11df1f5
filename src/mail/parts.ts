/** What mails are made of: the facts that they may tell, and the paragraphs that several of them have. */
import { deviceName, localTime, placeName } from './device-words.ts'
import type { Block } from './layout.ts'

export interface MailFacts {
  /** The name in MAIL_FROM, or 'Kith'. */
  readonly product: string
  readonly origin: string
  readonly username: string
  readonly givenName: string | null
  /** Null where the mail carries none. */
  readonly code: string | null
  /** How long the code is valid, from now. */
  readonly minutesValid: number
  readonly userAgent: string | null
  readonly place: string | null
  /** What was changed, by an administrator or of the second factors: keys of the messages' `CHANGED`. */
  readonly changed: readonly string[]
  /** Recovery codes that may still be used; null where that is not what the mail is about. */
  readonly codesLeft: number | null
  /** Wrong codes in a row; null where that is not what the mail is about. */
  readonly failures: number | null
  /** When it happened, in milliseconds since 1970. */
  readonly at: number
  /** Whose clock tells that time: the person's own zone, or the one that it happened in; null where neither is known. */
  readonly timeZone: string | null
}

export interface Content {
  readonly subject: string
  readonly blocks: readonly Block[]
}

export function greeting(facts: MailFacts): string {
  return `Hello ${facts.givenName || facts.username},`
}

/** The code, with the page that takes it if there is one: its link fills the code in, and a button there submits it. */
export function codeBlocks({ code, minutesValid, origin }: MailFacts, page?: { path: string; text: string }): Block[] {
  if (code === null) throw new Error('this mail needs a code')
  const link = page ? [{ link: `${origin}${page.path}?code=${encodeURIComponent(code)}`, text: page.text }] : []
  return [{ code }, ...link, `It expires in ${duration(minutesValid)} and works once.`]
}

const HOUR = 60
const DAY = 24 * HOUR

/** In the largest unit of which there are two, never too long. */
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

/** To the page that ends sessions, for somebody who can still sign in. */
export function toSessions({ origin }: MailFacts): Block {
  return { link: `${origin}/account/sessions`, text: 'This was not me: sign out everywhere' }
}

/** To the page that sets a new password, which ends every session, for somebody whose password may no longer be the right one. */
export function toNewPassword({ origin }: MailFacts): Block {
  return { link: `${origin}/forgot`, text: 'This was not me: set a new password' }
}
