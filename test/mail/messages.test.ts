// What mails say: every kind, in text and in HTML.
import { describe, expect, it } from 'vitest'
import { type MailFacts, renderMessage } from '../../src/mail/messages.ts'
import type { MailKind } from '../../src/store/db/mail-outbox.ts'

const LONG_CODE = /^([a-z2-9]{3}(-[a-z2-9]{3}){7})$/m
const SIX_DIGITS = /^(\d{6})$/m

const kinds: MailKind[] = [
  'verify_email',
  'account_exists',
  'reset_password',
  'sign_in_code',
  'mail_sign_in',
  'mail_sign_in_refused',
  'new_device',
  'password_changed',
  'second_factor_on',
  'second_factor_off',
  'second_factor_changed',
  'second_factor_undone',
  'recovery_code_used',
  'second_factor_failed',
  'passkey_added',
  'passkey_removed',
  'passkey_refused',
  'provider_linked',
  'provider_unlinked',
  'account_exported',
  'account_deleted',
  'change_email',
  'email_changed',
  'email_changed_again',
  'email_change_undone',
  'changed_by_admin',
]
const longCode = 'abc-def-ghj-kmn-pqr-stu-vwx-yz2'

function factsOf(kind: MailKind, changed: Partial<MailFacts> = {}): MailFacts {
  const carriesCode = ['verify_email', 'reset_password', 'change_email', 'email_changed', 'second_factor_on', 'mail_sign_in'].includes(kind)
  return {
    product: 'Kith',
    origin: 'https://kith.test',
    username: 'maria_lopez',
    givenName: 'Maria',
    code: carriesCode ? longCode : kind === 'sign_in_code' ? '042917' : null,
    digits: kind === 'mail_sign_in' ? '042917' : null,
    minutesValid: 15,
    userAgent: 'Firefox on Linux',
    place: 'Lisbon, PT',
    changed: ['email', 'role', 'totp_on'],
    codesLeft: 7,
    failures: 5,
    provider: 'Google (jane@example.com)',
    at: Date.UTC(2026, 10, 22, 14, 3),
    timeZone: null,
    ...changed,
  }
}

/** The page that each mail leads to: for its code, or for "this was not me". */
const PAGES: Readonly<Partial<Record<MailKind, string>>> = {
  verify_email: '/verify',
  change_email: '/verify',
  reset_password: '/reset',
  email_changed: '/email/undo',
  new_device: '/account/sessions',
  second_factor_off: '/account/sessions',
  email_change_undone: '/account/sessions',
  password_changed: '/forgot',
  account_exported: '/forgot',
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
  mail_sign_in: '/sign-in/mail/link',
  mail_sign_in_refused: '/sign-in',
}

describe.each(kinds)('the mail %s', (kind) => {
  it('has a subject of one line, without the code', () => {
    const hostile = factsOf(kind, { product: 'Kith\r\nBcc: eve@example.com', username: 'a\nb', givenName: 'c\r\nd' })
    const { subject } = renderMessage(kind, hostile)
    expect(subject).not.toMatch(/\p{Cc}/u)
    expect(subject).not.toMatch(/\d/)
    expect(subject).not.toContain(longCode)
    expect(subject).toContain('Kith')
  })

  it('lets no foreign text become markup', () => {
    const evil = `<img src=x onerror="alert(1)">'&`
    const { html } = renderMessage(
      kind,
      factsOf(kind, { product: evil, username: evil, givenName: evil, userAgent: evil, place: evil, origin: evil }),
    )
    expect(html).not.toContain('<img')
    expect(html).not.toContain('onerror="')
    expect(html).toContain('&lt;img src=x onerror=&quot;alert(1)&quot;&gt;&#39;&amp;')
  })

  it('keeps foreign text on its line, short and readable', () => {
    const forged = `x\n${longCode}\n123456\r\n\u202ereversed\u2028${'y'.repeat(500)}`
    const facts = factsOf(kind, { username: forged, givenName: forged, userAgent: forged, place: forged, code: null })
    const code = factsOf(kind).code === null ? null : 'zzz-zzz-zzz-zzz-zzz-zzz-zzz-zzz'
    const { text } = renderMessage(kind, { ...facts, code })
    expect(LONG_CODE.exec(text)?.[1] ?? null).toBe(facts.digits === null ? code : null)
    expect(SIX_DIGITS.exec(text)?.[1] ?? null).toBe(facts.digits)
    expect(text).not.toMatch(/[\r\u2028\u202e]/)
    expect(text).not.toContain('y'.repeat(200))
  })

  it('says what to do if it was somebody else, in text and in HTML', () => {
    const { text, html } = renderMessage(kind, factsOf(kind))
    expect(text).toContain('If this was not you, ')
    expect(html).toContain('If this was not you, ')
  })

  it('loads nothing from elsewhere, and links to the one page that helps, by a button and by its address', () => {
    const { html, text } = renderMessage(kind, factsOf(kind))
    expect(html).not.toMatch(/<(img|link|script|iframe)\b|url\(|src=/)
    const path = PAGES[kind]
    const code = factsOf(kind).code
    const links = path === undefined ? [] : [`https://kith.test${path}${code === null ? '' : `?code=${code}`}`]
    expect([...html.matchAll(/href="([^"]*)"/g)].map(([, link]) => link)).toEqual(links.flatMap((link) => [link, link]))
    for (const link of links) expect(html).toContain(`>${link}</a>`)
    expect([...text.matchAll(/^https?:\S+$/gm)].map(([link]) => link)).toEqual(links)
  })
})

describe('a code', () => {
  it('stands alone on a line of the text, so that a program finds it', () => {
    expect(LONG_CODE.exec(renderMessage('verify_email', factsOf('verify_email')).text)?.[1]).toBe(longCode)
    expect(LONG_CODE.exec(renderMessage('reset_password', factsOf('reset_password')).text)?.[1]).toBe(longCode)
    expect(SIX_DIGITS.exec(renderMessage('sign_in_code', factsOf('sign_in_code')).text)?.[1]).toBe('042917')
    expect(SIX_DIGITS.exec(renderMessage('mail_sign_in', factsOf('mail_sign_in')).text)?.[1]).toBe('042917')
  })

  it('comes with its expiry', () => {
    expect(renderMessage('reset_password', factsOf('reset_password')).text).toContain('expires in 15 minutes')
    expect(renderMessage('sign_in_code', factsOf('sign_in_code', { minutesValid: 1 })).text).toContain('expires in one minute')
    expect(renderMessage('email_changed', factsOf('email_changed', { minutesValid: 7 * 1440 })).text).toContain('expires in 7 days')
    expect(renderMessage('email_changed', factsOf('email_changed', { minutesValid: 1439 })).text).toContain('expires in 23 hours')
  })

  it('is in no mail that is not meant to carry one', () => {
    for (const kind of kinds.filter((kind) => factsOf(kind).code === null)) {
      const { text, html } = renderMessage(kind, factsOf(kind, { code: longCode }))
      expect(text + html).not.toContain(longCode)
    }
  })

  it('is never missing from a mail that needs one', () => {
    for (const kind of ['verify_email', 'reset_password', 'sign_in_code', 'mail_sign_in', 'change_email', 'email_changed'] as const) {
      expect(() => renderMessage(kind, factsOf(kind, { code: null }))).toThrow('needs a code')
    }
  })
})

describe('a mail to an address that is not proven', () => {
  it('carries no text that whoever signed up could choose freely', () => {
    const text = 'Cheap pills at evil.example'
    for (const kind of ['verify_email', 'account_exists', 'change_email'] as const) {
      const mail = renderMessage(kind, factsOf(kind, { givenName: text, userAgent: text, place: text }))
      expect(mail.text + mail.html).not.toContain('evil.example')
    }
  })

  it('does not name the account that someone tried to create, where one exists already', () => {
    const mail = renderMessage('account_exists', factsOf('account_exists'))
    expect(mail.text + mail.html).not.toMatch(/maria/i)
  })
})

describe('the mail about a new device', () => {
  it('shows the device and the place in words, and the time by the clock of the person', () => {
    const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const { text } = renderMessage('new_device', factsOf('new_device', { userAgent, timeZone: 'Asia/Tokyo' }))
    expect(text).toContain('Device: Firefox on Linux\nPlace: Lisbon, Portugal (roughly)\nTime: 22 November 2026 at 23:03 GMT+9')
  })

  it.each([
    ['Europe/Paris', '15:03 CET'],
    ['Atlantis/Nowhere', '14:03 UTC'],
    [null, '14:03 UTC'],
  ])('of a person in %s tells the time as %s', (timeZone, time) => {
    expect(renderMessage('new_device', factsOf('new_device', { timeZone })).text).toContain(`Time: 22 November 2026 at ${time}\n`)
  })

  it('leaves out what is not known', () => {
    const { text } = renderMessage('new_device', factsOf('new_device', { userAgent: null, place: null }))
    expect(text).not.toMatch(/Device:|Place:/)
    expect(text).toContain('Time: 22 November 2026 at 14:03 UTC')
  })
})

describe("the mail about an administrator's act", () => {
  it('says what was changed, and not from where', () => {
    const { text } = renderMessage('changed_by_admin', factsOf('changed_by_admin'))
    expect(text).toContain('the e-mail address, the role.')
    expect(text).not.toMatch(/Device:|Place:/)
  })
})
