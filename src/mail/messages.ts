/**
 * Turns a kind of mail and its facts into a message in the reader's language (design §1.11). Names, devices and places are other
 * people's text: cleaned, cut and isolated here, escaped by the template. No remote images, and no code in the subject.
 */
import type { Brand } from '../config-brand.ts'
import type { MailKind } from '../store/db/mail-outbox.ts'
import { fill, type Plural, plural, type Texts } from '../texts/texts.ts'
import { type Block, type Content, toText } from './content.ts'
import { deviceName, localTime, placeName } from './device-words.ts'
import { type MadePart, OUTLINES, type Outline } from './kinds.ts'
import type { Message } from './mailer.ts'
import { toHtml } from './template.tsx'

export interface MailFacts {
  readonly brand: Pick<Brand, 'name' | 'accent' | 'supportUrl'>
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
  /** Changes by an administrator or of second factors: keys of `changed` in the catalogue. */
  readonly changed: readonly string[]
  /** Unused recovery codes; null in other mails. */
  readonly codesLeft: number | null
  /** Wrong codes in a row; null in other mails. */
  readonly failures: number | null
  /** Another provider, and what it calls the user; null in other mails. */
  readonly provider: string | null
  /** Of a webhook; null in other mails. */
  readonly host: string | null
  /** Of a ban, in an administrator's words; null without one, and in other mails. */
  readonly reason: string | null
  /** When a ban ends; null: never, and in other mails. */
  readonly until: number | null
  /** Milliseconds since 1970. */
  readonly at: number
  /** The user's zone, or that of the event; null if neither is known. */
  readonly timeZone: string | null
}

type Words = Readonly<Record<string, string | Plural | Readonly<Record<string, string>>>>

interface Mail {
  readonly texts: Texts
  readonly words: Words
  readonly outline: Outline
  readonly facts: MailFacts
  readonly values: Readonly<Record<string, string | number>>
}

/** Those of LOGIN_TRIES_PER_DAY, ACCOUNT_RETURN_MS and EMAIL_CHANGE_UNDO_MS in core/limits.ts. */
const FIGURES = { tries: 30, days: 14, undoDays: 7 }
const DEFAULT_ACCENT = '#2954c8'
/** Longer than any recognizable name, device or place. */
const FOREIGN_TEXT_LENGTH_MAX = 200
/** As in core/admin/fields.ts. */
const REASON_LENGTH_MAX = 256
/** Control characters, line separators, and marks that reverse the text direction. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu
const RIGHT_TO_LEFT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/

export function renderMessage(texts: Texts, kind: MailKind, given: MailFacts): Omit<Message, 'to'> {
  const facts = cleaned(given)
  const words: Words = texts.mails.kinds[kind]
  const outline: Outline = OUTLINES[kind]
  const { name: product, accent, supportUrl } = facts.brand
  const { username, origin, provider, host, reason } = facts
  const names = { product, username, provider: provider ?? '', host: host ?? '', reason: reason ?? '', origin }
  const values = Object.fromEntries(Object.entries(names).map(([name, value]) => [name, isolated(texts, value)]))
  const mail: Mail = { texts, words, outline, facts, values: { ...values, ...FIGURES } }
  const content: Content = {
    texts,
    product,
    subject: subjectOf(texts, kind, product),
    preview: textOf(mail, 'what'),
    blocks: outline.parts.flatMap((part) => (isMade(part) ? PARTS[part](mail) : [textOf(mail, part)])),
    reason: fill<string>(outline.about === 'address' ? texts.mails.aboutAddress : texts.mails.aboutAccount, mail.values),
    signature: fill<string>(texts.mails.signature, mail.values),
    supportUrl,
  }
  return { subject: content.subject, text: toText(content), html: toHtml(content, { accent: accent || DEFAULT_ACCENT }) }
}

/** It also names the kind, for an administrator. */
export function subjectOf(texts: Texts, kind: MailKind, product: string): string {
  return fill<string>(texts.mails.kinds[kind].subject, { product })
}

function textOf({ words, values }: Mail, part: string): string {
  const text = words[part]
  return typeof text === 'string' ? fill<string>(text, values) : ''
}

const isMade = (part: string): part is MadePart => Object.hasOwn(PARTS, part)

const PARTS: Readonly<Record<MadePart, (mail: Mail) => Block[]>> = {
  greeting: ({ texts, facts }) => [fill(texts.mails.greeting, { name: isolated(texts, facts.givenName || facts.username) })],
  hello: ({ texts }) => [texts.mails.hello],
  fine: ({ texts }) => [texts.mails.fine],
  neverShare: ({ texts, values }) => [fill<string>(texts.mails.neverShare, values)],
  details: (mail) => [{ lines: [...where(mail), ...when(mail)] }],
  time: (mail) => [{ lines: when(mail) }],
  changed: ({ words, facts }) => {
    const known = words.changed as Readonly<Record<string, string>>
    const lines = facts.changed.flatMap((what) => (Object.hasOwn(known, what) ? (known[what] ?? []) : []))
    return lines.length === 0 ? [] : [{ lines }]
  },
  code: ({ facts }) => [{ code: facts.digits ?? codeOf(facts) }],
  expiry: ({ texts, facts }) => [expiry(texts, facts.minutesValid)],
  button: (mail) => [{ link: linkOf(mail), text: textOf(mail, 'button') }],
  left: ({ texts, words, facts: { codesLeft } }) => {
    if (codesLeft === null) return []
    return [codesLeft === 0 ? String(words.noneLeft) : plural(texts, words.left as Plural, codesLeft)]
  },
  failures: ({ texts, words, facts: { failures } }) => (failures === null ? [] : [plural(texts, words.failures as Plural, failures)]),
  closed: (mail) => (mail.facts.changed.includes('digits_refused') ? [textOf(mail, 'closed')] : []),
  term: ({ texts, words, facts: { until, timeZone } }) => [
    until === null ? String(words.endless) : fill<string>(String(words.until), { time: localTime(texts, until, timeZone) }),
  ],
  reason: (mail) => (mail.facts.reason ? [textOf(mail, 'reason')] : []),
}

function where({ texts, facts: { userAgent, place } }: Mail): string[] {
  const device = userAgent ? [fill(texts.mails.device, { device: phrase(texts, deviceName(texts, userAgent)) })] : []
  return place ? [...device, fill(texts.mails.place, { place: phrase(texts, placeName(texts, place)) })] : device
}

const when = ({ texts, facts }: Mail): string[] => [fill(texts.mails.time, { time: localTime(texts, facts.at, facts.timeZone) })]

function codeOf({ code }: MailFacts): string {
  if (code === null) throw new Error('this mail needs a code')
  return code
}

function linkOf({ outline, facts }: Mail): string {
  const query = outline.parts.includes('code') ? `?code=${encodeURIComponent(codeOf(facts))}` : ''
  return `${facts.origin}${outline.page ?? ''}${query}`
}

const HOUR = 60
const DAY = 24 * HOUR

/** In the largest unit of which there are at least two, rounded down. */
function expiry(texts: Texts, minutes: number): string {
  const { expiresInDays, expiresInHours, expiresInMinutes } = texts.mails
  if (minutes >= 2 * DAY) return plural(texts, expiresInDays, Math.floor(minutes / DAY))
  return minutes > 2 * HOUR ? plural(texts, expiresInHours, Math.floor(minutes / HOUR)) : plural(texts, expiresInMinutes, minutes)
}

function cleaned(facts: MailFacts): MailFacts {
  return {
    ...facts,
    brand: { ...facts.brand, name: cleanText(facts.brand.name) || 'Kith' },
    username: cleanText(facts.username),
    givenName: facts.givenName && cleanText(facts.givenName),
    userAgent: facts.userAgent && cleanText(facts.userAgent),
    place: facts.place && cleanText(facts.place),
    provider: facts.provider && cleanText(facts.provider),
    host: facts.host && cleanText(facts.host),
    reason: facts.reason && cleanText(facts.reason, REASON_LENGTH_MAX),
  }
}

/** Other people's text as one visible line. */
function cleanText(text: string, lengthMax = FOREIGN_TEXT_LENGTH_MAX): string {
  const printable = text.replace(UNPRINTABLE, ' ').trim()
  return Array.from(printable).slice(0, lengthMax).join('')
}

/** Between marks that keep its direction to itself (Unicode UAX #9), where it may differ from that of the sentence. */
function isolated({ direction }: Pick<Texts, 'direction'>, value: string): string {
  return direction === 'rtl' || RIGHT_TO_LEFT.test(value) ? `\u2068${value}\u2069` : value
}

/** The same for our own words around names: in the direction of the sentence, whichever letter comes first. */
function phrase({ direction }: Pick<Texts, 'direction'>, value: string): string {
  return direction === 'rtl' ? `\u2067${value}\u2069` : isolated({ direction }, value)
}
