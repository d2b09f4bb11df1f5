// What mails say: every kind, in text and in HTML, in every language.
import { describe, expect, it } from 'vitest'
import { OUTLINES } from '../../src/mail/kinds.ts'
import { type MailFacts, renderMessage } from '../../src/mail/messages.ts'
import type { MailKind } from '../../src/store/db/mail-outbox.ts'
import { LOCALES } from '../../src/texts/locales.ts'
import { textsIn } from '../../src/texts/texts.ts'

const LONG_CODE = /^([a-z2-9]{3}(-[a-z2-9]{3}){7})$/m
const SIX_DIGITS = /^(\d{6})$/m

const kinds = Object.keys(OUTLINES) as MailKind[]
const languages = await Promise.all(LOCALES.map((locale) => textsIn(locale)))
const english = await textsIn('en')
const render = (kind: MailKind, facts: MailFacts, texts = english) => renderMessage(texts, kind, facts)
const longCode = 'abc-def-ghj-kmn-pqr-stu-vwx-yz2'

const brandOf = (name: string) => ({ name, accent: '#0b6e4f', supportUrl: '' })

function factsOf(kind: MailKind, changed: Partial<MailFacts> = {}): MailFacts {
  const isShort = kind === 'sign_in_code' || kind === 'change_email_digits'
  return {
    brand: brandOf('Kith'),
    origin: 'https://kith.test',
    username: 'maria_lopez',
    givenName: 'Maria',
    code: OUTLINES[kind].parts.some((part) => part === 'code') ? (isShort ? '042917' : longCode) : null,
    digits: kind === 'mail_sign_in' ? '042917' : null,
    minutesValid: 15,
    userAgent: 'Firefox on Linux',
    place: 'Lisbon, PT',
    changed: ['email', 'role', 'totp_on'],
    codesLeft: 7,
    failures: 5,
    provider: 'Google (jane@example.com)',
    host: 'hooks.example.org',
    reason: 'Spam in comments',
    until: Date.UTC(2026, 10, 29, 15),
    at: Date.UTC(2026, 10, 22, 14, 3),
    timeZone: null,
    ...changed,
  }
}

/** The page that each mail leads to: for its code, or for "this was not me". */
const PAGES: Readonly<Partial<Record<MailKind, string>>> = {
  webhook_disabled: '/admin/webhooks',
  verify_email: '/verify',
  change_email: '/verify',
  reset_password: '/reset',
  email_changed: '/email/undo',
  new_device: '/account/sessions',
  sign_in_locked: '/forgot',
  second_factor_off: '/account/sessions',
  email_change_undone: '/account/sessions',
  password_changed: '/forgot',
  account_exported: '/forgot',
  archive_requested: '/forgot',
  archive_ready: '/account/export',
  second_factor_on: '/two-step/undo',
  second_factor_undone: '/forgot',
  second_factor_changed: '/forgot',
  recovery_code_used: '/forgot',
  second_factor_failed: '/forgot',
  passkey_added: '/account/passkeys',
  passkey_removed: '/account/sessions',
  passkey_refused: '/account/passkeys',
  provider_linked: '/account/providers',
  provider_unlinked: '/account/providers',
  account_deleted: '/sign-in',
  account_restored: '/forgot',
  mail_sign_in: '/sign-in/mail/link',
  mail_sign_in_refused: '/sign-in',
}

describe.each(kinds)('the mail %s', (kind) => {
  it('has a subject of one line, without the code', () => {
    const hostile = factsOf(kind, { brand: brandOf('Kith\r\nBcc: eve@example.com'), username: 'a\nb', givenName: 'c\r\nd' })
    const { subject } = render(kind, hostile)
    expect(subject).not.toMatch(/\p{Cc}/u)
    expect(subject).not.toMatch(/\d/)
    expect(subject).not.toContain(longCode)
    expect(subject).toContain('Kith')
  })

  it('lets no foreign text become markup', () => {
    const evil = `<img src=x onerror="alert(1)">'&`
    const { html } = render(
      kind,
      factsOf(kind, { brand: brandOf(evil), username: evil, givenName: evil, userAgent: evil, place: evil, reason: evil, origin: evil }),
    )
    expect(html).not.toContain('<img')
    expect(html).not.toContain('onerror="')
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;')
  })

  it('keeps foreign text on its line, short and readable', () => {
    const forged = `x\n${longCode}\n123456\r\n\u202ereversed\u2028${'y'.repeat(500)}`
    const facts = factsOf(kind, { username: forged, givenName: forged, userAgent: forged, place: forged, reason: 'y\n123456', code: null })
    const code = factsOf(kind).code === null ? null : 'zzz-zzz-zzz-zzz-zzz-zzz-zzz-zzz'
    const { text } = render(kind, { ...facts, code })
    expect(LONG_CODE.exec(text)?.[1] ?? null).toBe(facts.digits === null ? code : null)
    expect(SIX_DIGITS.exec(text)?.[1] ?? null).toBe(facts.digits)
    expect(text).not.toMatch(/[\r\u2028\u202e]/)
    expect(text).not.toContain('y'.repeat(200))
  })

  // What a receiver does is nobody's act.
  it.skipIf(kind === 'webhook_disabled')('says what to do if it was somebody else, in text and in HTML', () => {
    const { text, html } = render(kind, factsOf(kind))
    const advice = /If (this was not you|you did not ask for (this|help)|you think that this is a mistake), /
    expect(text).toMatch(advice)
    expect(html).toMatch(advice)
  })

  it('loads nothing from elsewhere, and links to the one page that helps, by a button and by its address', () => {
    const { html, text } = render(kind, factsOf(kind))
    expect(html).not.toMatch(/<(img|link|script|iframe)\b|url\(|src=/)
    const path = PAGES[kind]
    const code = factsOf(kind).code
    const links = path === undefined ? [] : [`https://kith.test${path}${code === null ? '' : `?code=${code}`}`]
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link)).toEqual(links.flatMap((link) => [link, link]))
    for (const link of links) expect(html).toContain(`>${link}</a>`)
    expect([...text.matchAll(/^https?:\S+$/gm)].map(([link]) => link)).toEqual(links)
  })
})

describe.each(languages)('in the language $locale', (texts) => {
  const unescaped = (html: string) =>
    html.replace(/&(lt|gt|quot|#39|amp);/g, (_, name) => ({ lt: '<', gt: '>', quot: '"', '#39': "'", amp: '&' })[name as 'lt'])
  const supported = { ...brandOf('Kith'), supportUrl: 'mailto:help@example.com' }

  it.each(kinds)('%s says in the text all that it says in HTML, with every link and code', (kind) => {
    const { subject, text, html } = render(kind, factsOf(kind, { brand: supported }), texts)
    expect(subject).toContain('Kith')
    expect(subject + text).not.toMatch(/\{\w+\}|undefined|\[object/)
    expect(html).toContain(`<html lang="${texts.locale}" dir="${texts.direction}">`)
    const body = unescaped(html.slice(html.indexOf('<body')).replace(/<(style|title)>.*?<\/\1>/gs, ''))
    const flat = text.replace(/\s+/g, ' ')
    for (const said of body
      .split(/<[^>]*>/)
      .map((part) => part.trim())
      .filter(Boolean)) {
      if (said !== texts.mails.orOpen && said !== 'Kith') expect(flat).toContain(said.replace(/\s+/g, ' '))
    }
    for (const [, link = ''] of html.matchAll(/href="([^"]*)"/g)) expect(text).toContain(unescaped(link).replace('mailto:', ''))
    for (const line of text.split('\n').filter(Boolean)) {
      const said = line === `${texts.mails.kinds[kind].subject}:` ? line : line.replace(/:$/, '')
      expect(body.replace(/<[^>]*>/g, '')).toContain(said)
    }
  })

  it('tells dates and places as the language does', () => {
    const { text } = render('new_device', factsOf('new_device'), texts)
    expect(text).toContain(new Intl.DisplayNames([texts.locale], { type: 'region' }).of('PT'))
    expect(text).toContain(new Intl.DateTimeFormat(texts.locale, { month: 'long', timeZone: 'UTC' }).format(Date.UTC(2026, 10, 22)))
  })
})

describe('the brand', () => {
  it('is the name in the greeting of the mail and below, the colour of the button, and the link to support', () => {
    const brand = { name: 'Ostrich', accent: '#ffd400', supportUrl: 'https://help.example.com/' }
    const { subject, text, html } = render('new_device', factsOf('new_device', { brand }))
    expect(subject).toBe('New sign-in to your Ostrich account')
    expect(text).toContain('Ostrich, https://kith.test')
    expect(text).toContain('https://help.example.com/')
    expect(html).toMatch(/<a href="https:\/\/kith.test\/account\/sessions" style="[^"]*background: #ffd400; color: #000000/)
    expect(html).toContain('href="https://help.example.com/"')
    expect((subject + text + html).replaceAll('kith.test', '')).not.toMatch(/kith/i)
  })

  it('has text on its button that can be read: white on dark colours, black on light ones', () => {
    for (const [accent, on] of [
      ['#2954c8', '#ffffff'],
      ['#0b6e4f', '#ffffff'],
      ['#f5a623', '#000000'],
      ['', '#ffffff'],
    ] as const) {
      expect(render('new_device', factsOf('new_device', { brand: { ...brandOf('Kith'), accent } })).html).toContain(
        `color: ${on}; font-size`,
      )
    }
  })
})

describe('a name from a script of the other direction', () => {
  it('keeps its direction to itself', () => {
    const { text } = render('password_changed', factsOf('password_changed', { givenName: 'مريم' }))
    expect(text).toContain('Hello \u2068مريم\u2069,')
    const arabic = { ...english, direction: 'rtl' as const }
    expect(render('password_changed', factsOf('password_changed'), arabic).text).toContain('account \u2068maria_lopez\u2069 was')
    expect(render('password_changed', factsOf('password_changed'), arabic).html).toContain('dir="rtl"')
  })

  it('in a phrase of ours does not turn the phrase', () => {
    const facts = factsOf('new_device', { userAgent: 'Mozilla/5.0 (X11; Linux x86_64) Chrome/142.0', place: 'Austin, US' })
    const { text } = render('new_device', facts, { ...english, locale: 'ar', direction: 'rtl' })
    expect(text).toContain('\u2067Chrome on Linux\u2069')
    expect(text).toContain('\u2067Austin، الولايات المتحدة\u2069')
  })
})

describe('a code', () => {
  it('stands alone on a line of the text, so that a program finds it', () => {
    expect(LONG_CODE.exec(render('verify_email', factsOf('verify_email')).text)?.[1]).toBe(longCode)
    expect(LONG_CODE.exec(render('reset_password', factsOf('reset_password')).text)?.[1]).toBe(longCode)
    expect(SIX_DIGITS.exec(render('sign_in_code', factsOf('sign_in_code')).text)?.[1]).toBe('042917')
    expect(SIX_DIGITS.exec(render('mail_sign_in', factsOf('mail_sign_in')).text)?.[1]).toBe('042917')
  })

  it('comes with its expiry', () => {
    expect(render('reset_password', factsOf('reset_password')).text).toContain('expires in 15 minutes')
    expect(render('sign_in_code', factsOf('sign_in_code', { minutesValid: 1 })).text).toContain('expires in one minute')
    expect(render('email_changed', factsOf('email_changed', { minutesValid: 7 * 1440 })).text).toContain('expires in 7 days')
    expect(render('email_changed', factsOf('email_changed', { minutesValid: 1439 })).text).toContain('expires in 23 hours')
  })

  it('is in no mail that is not meant to carry one', () => {
    for (const kind of kinds.filter((kind) => factsOf(kind).code === null)) {
      const { text, html } = render(kind, factsOf(kind, { code: longCode }))
      expect(text + html).not.toContain(longCode)
    }
  })

  it('is never missing from a mail that needs one', () => {
    for (const kind of ['verify_email', 'reset_password', 'sign_in_code', 'mail_sign_in', 'change_email', 'email_changed'] as const) {
      expect(() => render(kind, factsOf(kind, { code: null }))).toThrow('needs a code')
    }
  })
})

describe('a mail to an address that is not proven', () => {
  it('carries no text that whoever signed up could choose freely', () => {
    const text = 'Cheap pills at evil.example'
    for (const kind of ['verify_email', 'account_exists', 'change_email'] as const) {
      const mail = render(kind, factsOf(kind, { givenName: text, userAgent: text, place: text }))
      expect(mail.text + mail.html).not.toContain('evil.example')
    }
  })

  it('does not name the account that someone tried to create, where one exists already', () => {
    const mail = render('account_exists', factsOf('account_exists'))
    expect(mail.text + mail.html).not.toMatch(/maria/i)
  })
})

describe('the mail about a new device', () => {
  it('shows the device and the place in words, and the time by the clock of the person', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const { text } = render('new_device', factsOf('new_device', { userAgent, timeZone: 'Asia/Tokyo' }))
    expect(text).toContain('Device: Firefox on Linux\nPlace: Lisbon, Portugal (roughly)\nTime: 22 November 2026 at 23:03 GMT+9')
  })

  it.each([
    ['Europe/Paris', '15:03 CET'],
    ['Atlantis/Nowhere', '14:03 UTC'],
    [null, '14:03 UTC'],
  ])('of a person in %s tells the time as %s', (timeZone, time) => {
    expect(render('new_device', factsOf('new_device', { timeZone })).text).toContain(`Time: 22 November 2026 at ${time}\n`)
  })

  it('leaves out what is not known', () => {
    const { text } = render('new_device', factsOf('new_device', { userAgent: null, place: null }))
    expect(text).not.toMatch(/Device:|Place:/)
    expect(text).toContain('Time: 22 November 2026 at 14:03 UTC')
  })
})

describe("the mail about an administrator's act", () => {
  it('says what was changed, and not from where', () => {
    const { text } = render('changed_by_admin', factsOf('changed_by_admin'))
    expect(text).toContain('The email address was changed.\nThe role was changed.\n')
    expect(text).not.toMatch(/Device:|Place:/)
  })
})

describe('the mail about a ban', () => {
  const render = (changed: Partial<MailFacts>, texts = english) => renderMessage(texts, 'banned', factsOf('banned', changed)).text

  it('says until when, by the clock of the person, and why', () => {
    const text = render({ timeZone: 'Asia/Tokyo' })
    expect(text).toContain('\nUntil: 30 November 2026 at 00:00 GMT+9\n')
    expect(text).toContain('\nReason: Spam in comments\n')
  })

  it('says so if it has no end, and nothing of a reason where none is given', () => {
    const text = render({ until: null, reason: null })
    expect(text).toContain('\nUntil further notice\n')
    expect(text).not.toMatch(/Until:|Reason/)
  })

  it('has the whole reason, on one line, with its direction kept to itself', () => {
    expect(render({ reason: 'y'.repeat(256) })).toContain(`Reason: ${'y'.repeat(256)}\n`)
    expect(render({ reason: 'a\nb\u202e' })).toContain('\nReason: a b\n')
    expect(render({ reason: 'مخالفة' })).toContain('Reason: \u2068مخالفة\u2069\n')
  })
})
