/** What mails are made of: the facts that they may tell, and the paragraphs that several of them have. */
import type { Block } from './layout.ts'

export interface MailFacts {
  /** The name in MAIL_FROM, or 'Kith'. */
  readonly product: string
  readonly origin: string
  readonly username: string
  readonly givenName: string | null
  /** Null where the mail carries none. */
  readonly code: string | null
  /** How long the code is good for, from now. */
  readonly minutesValid: number
  readonly userAgent: string | null
  readonly place: string | null
  /** What was changed, by an administrator or of the second factors: keys of the messages' `CHANGED`. */
  readonly changed: readonly string[]
  /** Recovery codes that may still be used; null where that is not what the mail is about. */
  readonly codesLeft: number | null
  /** When it happened, in milliseconds since 1970. */
  readonly at: number
}

export interface Content {
  readonly subject: string
  readonly blocks: readonly Block[]
}

export function greeting(facts: MailFacts): string {
  return `Hello ${facts.givenName || facts.username},`
}

/** The code, with the page that takes it where there is one: its link fills the code in, and a button there sends it. */
export function codeBlocks({ code, minutesValid, origin }: MailFacts, page?: { path: string; text: string }): Block[] {
  if (code === null) throw new Error('this mail needs a code')
  const link = page ? [{ link: `${origin}${page.path}?code=${encodeURIComponent(code)}`, text: page.text }] : []
  return [{ code }, ...link, `It is good for ${duration(minutesValid)} and for one use.`]
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
  if (facts.userAgent) rows.push(['Device', facts.userAgent])
  if (facts.place) rows.push(['Place', `${facts.place} (roughly)`])
  rows.push(['Time', `${new Date(facts.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`])
  return { details: rows }
}
