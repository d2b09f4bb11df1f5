/**
 * What Kith's mails say (design §1.11). Each mail is a short list of paragraphs, written once and laid out twice, as
 * text and as HTML. Names, devices and places are other people's text: cleaned, cut and escaped in one place.
 * Mails hold no links, no remote images and, in the subject, no code.
 */
import type { MailKind } from '../store/db/mail-outbox.ts'
import type { Message } from './mailer.ts'

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
  /** When it happened, in milliseconds since 1970. */
  readonly at: number
}

type Block = string | { readonly code: string } | { readonly details: readonly (readonly [label: string, value: string])[] }

interface Content {
  readonly subject: string
  readonly blocks: readonly Block[]
}

/** Longer than any name, device or place that helps someone to recognise it. */
const FOREIGN_TEXT_LENGTH_MAX = 200
/** Control characters, line separators, and the marks that make text run backwards. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]+/gu

const CONTENTS = {
  verify_email: verifyEmail,
  account_exists: accountExists,
  reset_password: resetPassword,
  sign_in_code: signInCode,
  new_device: newDevice,
  password_changed: passwordChanged,
  second_factor_on: secondFactorOn,
  second_factor_off: secondFactorOff,
} satisfies Record<MailKind, (facts: MailFacts) => Content>

export function renderMessage(kind: MailKind, facts: MailFacts): Omit<Message, 'to'> {
  const clean: MailFacts = {
    ...facts,
    product: cleanText(facts.product) || 'Kith',
    username: cleanText(facts.username),
    givenName: facts.givenName && cleanText(facts.givenName),
    userAgent: facts.userAgent && cleanText(facts.userAgent),
    place: facts.place && cleanText(facts.place),
  }
  const { subject, blocks } = CONTENTS[kind](clean)
  const signature = `${clean.product}, ${clean.origin}`
  return { subject, text: toText([...blocks, signature]), html: toHtml(subject, blocks, signature) }
}

/** Other people's text on one line, without what cannot be seen. */
function cleanText(text: string): string {
  const printable = text.replace(UNPRINTABLE, ' ').trim()
  return Array.from(printable).slice(0, FOREIGN_TEXT_LENGTH_MAX).join('')
}

// --- the mails -------------------------------------------------------------------------------------------------

// The address is not proven yet: the greeting leaves out the given name, which whoever signed up has written, so that
// nobody can have Kith send a text of theirs to a stranger.
function verifyEmail(facts: MailFacts): Content {
  return {
    subject: `Confirm your e-mail address for ${facts.product}`,
    blocks: [
      'Hello,',
      `thank you for signing up for ${facts.product}. Please confirm that this address belongs to the account ${facts.username}: enter this code where you signed up.`,
      ...codeBlocks(facts),
      'If this was not you, you need not do anything. Without the code the account stays unconfirmed and is removed within a day or so.',
    ],
  }
}

// It goes to somebody whose address someone else may have typed: no code, no name, no word of the new account.
function accountExists(facts: MailFacts): Content {
  return {
    subject: `You already have an account with ${facts.product}`,
    blocks: [
      'Hello,',
      `someone tried to create an account at ${facts.product} with this e-mail address. You already have one, so nothing was changed.`,
      'If this was you, sign in as usual. If you do not remember your password, choose "forgot password" there to set a new one.',
      'If this was not you, you need not do anything. Nobody has got into your account.',
    ],
  }
}

function resetPassword(facts: MailFacts): Content {
  return {
    subject: `Set a new password for ${facts.product}`,
    blocks: [
      greeting(facts),
      `someone asked to set a new password for your account ${facts.username}. If this was you, enter this code where you asked for it.`,
      ...codeBlocks(facts),
      'If this was not you, you need not do anything: your password stays as it is. Please do not give the code to anyone.',
    ],
  }
}

function signInCode(facts: MailFacts): Content {
  return {
    subject: `Your sign-in code for ${facts.product}`,
    blocks: [
      greeting(facts),
      `enter this code to finish signing in as ${facts.username}.`,
      ...codeBlocks(facts),
      `Never share this code. Nobody from ${facts.product} will ask you for it.`,
      'If this was not you, someone knows your password. Please change it, and do not give the code to anyone.',
    ],
  }
}

function newDevice(facts: MailFacts): Content {
  return {
    subject: `New sign-in to your ${facts.product} account`,
    blocks: [
      greeting(facts),
      `your account ${facts.username} was signed in to from a device that we have not seen before.`,
      details(facts),
      'If this was you, all is well.',
      'If this was not you, sign out everywhere and change your password right away. Signing out everywhere ends every session, that one too.',
    ],
  }
}

function passwordChanged(facts: MailFacts): Content {
  return {
    subject: `Your ${facts.product} password was changed`,
    blocks: [
      greeting(facts),
      `the password of your account ${facts.username} was changed.`,
      details(facts),
      'If this was you, all is well.',
      'If this was not you, choose "forgot password" where you sign in and set a new one right away. That ends every session.',
    ],
  }
}

function secondFactorOn(facts: MailFacts): Content {
  return {
    subject: `Two-step sign-in is now on for ${facts.product}`,
    blocks: [
      greeting(facts),
      `from now on, signing in as ${facts.username} takes a code as well as your password.`,
      details(facts),
      'If this was you, all is well.',
      'If this was not you, set a new password with "forgot password" where you sign in, and sign out everywhere.',
    ],
  }
}

function secondFactorOff(facts: MailFacts): Content {
  return {
    subject: `Two-step sign-in is now off for ${facts.product}`,
    blocks: [
      greeting(facts),
      `signing in as ${facts.username} now takes only your password.`,
      details(facts),
      'If this was you, all is well. You can turn it on again at any time.',
      'If this was not you, change your password, sign out everywhere and turn two-step sign-in on again.',
    ],
  }
}

// --- their parts -----------------------------------------------------------------------------------------------

function greeting(facts: MailFacts): string {
  return `Hello ${facts.givenName || facts.username},`
}

function codeBlocks({ code, minutesValid }: MailFacts): Block[] {
  if (code === null) throw new Error('this mail needs a code')
  const minutes = minutesValid === 1 ? 'one minute' : `${minutesValid} minutes`
  return [{ code }, `It is good for ${minutes} and for one use.`]
}

function details(facts: MailFacts): Block {
  const rows: [string, string][] = []
  if (facts.userAgent) rows.push(['Device', facts.userAgent])
  if (facts.place) rows.push(['Place', `${facts.place} (roughly)`])
  rows.push(['Time', `${new Date(facts.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`])
  return { details: rows }
}

// --- the two layouts -------------------------------------------------------------------------------------------

/** A code stands alone on its line, so that people can copy it and scripts can find it. */
function toText(blocks: readonly Block[]): string {
  const paragraphs = blocks.map((block) => {
    if (typeof block === 'string') return block
    if ('code' in block) return block.code
    return block.details.map(([label, value]) => `${label}: ${value}`).join('\n')
  })
  return `${paragraphs.join('\n\n')}\n`
}

const CODE_STYLE = 'font: 600 22px/1.4 ui-monospace, Menlo, Consolas, monospace; letter-spacing: 1px'
const BODY_STYLE = 'margin: 0 auto; padding: 24px; max-width: 560px; font: 16px/1.5 system-ui, sans-serif'

function toHtml(subject: string, blocks: readonly Block[], signature: string): string {
  const paragraphs = blocks.map((block) => {
    if (typeof block === 'string') return `<p>${escapeHtml(block)}</p>`
    if ('code' in block) return `<p style="${CODE_STYLE}">${escapeHtml(block.code)}</p>`
    return `<p>${block.details.map(([label, value]) => `${label}: ${escapeHtml(value)}`).join('<br>')}</p>`
  })
  return [
    '<!doctype html>',
    '<html lang="en"><head><meta charset="utf-8"><meta name="color-scheme" content="light dark">',
    `<title>${escapeHtml(subject)}</title></head>`,
    `<body style="${BODY_STYLE}">`,
    ...paragraphs,
    `<p style="font-size: 13px; opacity: 0.7">${escapeHtml(signature)}</p>`,
    '</body></html>\n',
  ].join('\n')
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (sign) => ENTITIES[sign] ?? sign)
}
