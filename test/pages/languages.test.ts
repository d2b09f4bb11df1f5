// Which language a person reads: what an app asks for, what they chose, what their browser prefers; and that it stays.
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { acceptedTags, askedTags, LANGUAGES, LOCALES, matchLocale } from '../../src/texts/locales.ts'
import { textsIn } from '../../src/texts/texts.ts'
import { Client, db, type Reply } from '../support/kith.ts'
import { alertIn, browserOf, consentPath, fillIn, follow, formOf, linkNamed, newBrowser, open, send } from '../support/pages.ts'
import { PASSWORD, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { forgetPseudoLanguage, PSEUDO, speakPseudoLanguage } from '../support/pseudo-language.ts'
import { newOAuthClient } from '../support/tokens.ts'

const SPOKEN = ['en', 'de', 'pt-BR', 'zh-Hant', 'ar']

describe('of the languages that somebody wants', () => {
  test.each<[string, string[], string | null]>([
    ['the first that is spoken', ['fr', 'de', 'en'], 'de'],
    ['one of another region', ['de-AT'], 'de'],
    ['one with a script, a variant or an extension', ['de-Latn-CH-1996-u-nu-latn'], 'de'],
    ['in any case', ['PT-br'], 'pt-BR'],
    ['of another region than the only one spoken', ['pt-PT'], 'pt-BR'],
    ['without a region', ['pt'], 'pt-BR'],
    ['with a script that is spoken', ['zh-Hant-TW'], 'zh-Hant'],
    ['not one that only begins like it', ['den', 'enm', 'arc'], null],
    ['none of those that nobody speaks', ['tlh', 'xx-YY', ''], null],
    ['nothing that is no tag', ['*', '../en', 'constructor', '__proto__', 'e'], null],
  ])('%s', (_name, wanted, found) => {
    expect(matchLocale(wanted, SPOKEN)).toBe(found)
  })

  test('every language that Kith speaks is found under its own name, and unknown ones under none', () => {
    for (const locale of LOCALES) expect(matchLocale([locale])).toBe(locale)
    expect(matchLocale(['tlh'])).toBeNull()
  })
})

test.each([
  ['de', ['de']],
  ['de-AT, de;q=0.9, en;q=0.8', ['de-AT', 'de', 'en']],
  ['en;q=0.5, fr;q=0.7, ja', ['ja', 'fr', 'en']],
  ['en ; Q=0.5 , fr ; q=0.7', ['fr', 'en']],
  ['de;q=0, en', ['en']],
  ['*', []],
  ['*;q=0.1, ar', ['ar']],
  ['', []],
  [';;;,,,', []],
  ['de;q=high, fr;q=, en;q=-1, es', ['es']],
  ['<script>, de_DE, ../../en, d', ['d']],
  [`${'x'.repeat(1000)}, de, en`, []],
])('Accept-Language %j prefers %j', (header, tags) => {
  expect(acceptedTags(header)).toEqual(tags)
})

test.each(LOCALES)('what a restricted account may do is said in the same words where it is announced and refused: %s', async (locale) => {
  const { errors, account } = await textsIn(locale)
  expect(errors.account_restricted.message).toContain(account.overview.restricted.forGood)
})

test('of a header with a thousand languages only the first twenty count', () => {
  const header = Array.from({ length: 1000 }, (_, index) => `a${String.fromCharCode(97 + (index % 26))}`).join(',')
  expect(acceptedTags(header)).toHaveLength(20)
})

test.each([
  ['/sign-in?ui_locales=de+fr', ['de', 'fr']],
  ['/sign-in?return_to=%2Foauth%2Fauthorize%3Fclient_id%3Da%26ui_locales%3Dar%2Bde', ['ar', 'de']],
  ['/sign-in?ui_locales=ja&return_to=%2Foauth%2Fauthorize%3Fui_locales%3Dar', ['ja']],
  [
    `/sign-in?${new URLSearchParams({ return_to: `/sign-in/connect?${new URLSearchParams({ return_to: '/oauth/authorize?ui_locales=ar' })}` })}`,
    ['ar'],
  ],
  ['/sign-in?ui_locales=de&ui_locales=fr', ['de']],
  ['/sign-in?ui_locales[]=de', ['']],
  [`/sign-in?ui_locales=${'de+'.repeat(1000)}`, expect.arrayContaining(['de'])],
  ['/sign-in', ['']],
])('%s asks for %j', (path, tags) => {
  expect(askedTags(`https://kith.test${path}`)).toEqual(tags)
})

/** `lang` and `dir` of a page. */
const languageOf = ({ text }: Pick<Reply, 'text'>) => /<html lang="([^"]*)" dir="([^"]*)"/.exec(text)?.slice(1)
const inPseudo = [PSEUDO, 'rtl']
const inEnglish = ['en', 'ltr']

let person: Person
let app: string
beforeAll(async () => {
  speakPseudoLanguage()
  person = await verifiedPerson('language_person')
  app = await newOAuthClient('*', { first_party: 0, name: 'Prints' })
})
afterAll(() => forgetPseudoLanguage())

const authorizePath = (changes: Record<string, string>) => consentPath(app, changes).replace('/consent', '/oauth/authorize')
const localeOf = async (username: string) =>
  (await db.prepare('SELECT locale FROM users WHERE username_key = ?').bind(username).first<{ locale: string | null }>())?.locale
const names = { givenName: 'Ada', familyName: 'Lovelace', password: PASSWORD }
const signUp = (username: string) => ({ ...names, username, email: `${username}@example.com` })

describe.each(LOCALES)('in %s', (locale) => {
  test('each page says its language and its direction', async () => {
    for (const path of ['/sign-in', '/sign-up', '/forgot', '/verify', '/verify/new-code', '/reset', '/sign-out', '/']) {
      expect(languageOf(await open(newBrowser(), `${path}?ui_locales=${locale}`))).toEqual([locale, LANGUAGES[locale].direction])
      expect(languageOf(await newBrowser().get(path, { headers: { 'accept-language': `${locale};q=0.9, tlh` } }))?.[0]).toBe(locale)
    }
  })
})

describe('the language that an app asks for', () => {
  test('is that of the sign-in, of a refused form, of the sign-up, of the code, and of the consent', async () => {
    const browser = newBrowser()
    const page = await follow(browser, await browser.get(authorizePath({ ui_locales: `xx ${PSEUDO} en` })))
    expect(languageOf(page)).toEqual(inPseudo)
    const refused = await send(browser, formOf(page, '/sign-in'), { identifier: person.username, password: 'not this one' })
    expect([refused.status, languageOf(refused), alertIn(refused)]).toEqual([401, inPseudo, expect.stringContaining('⟦')])
    expect(languageOf(await open(browser, linkNamed(page, '⟦Create')))).toEqual(inPseudo)
    expect(languageOf(await open(browser, linkNamed(page, '⟦Forgot')))).toEqual(inPseudo)
    const on = await follow(browser, await send(browser, formOf(refused, '/sign-in'), { identifier: person.username, password: PASSWORD }))
    const asked = await browser.get(/url=([^"]*)"/.exec(on.text)?.[1]?.replaceAll('&amp;', '&') ?? '')
    expect(languageOf(on)).toEqual(inPseudo)
    expect(languageOf(await follow(browser, asked))).toEqual(inPseudo)
    expect([...browser.cookies.keys()]).not.toContain('locale')
  })

  test('is named in the metadata, and a request may name it once', async () => {
    const metadata = (await new Client().get('/.well-known/openid-configuration')).json
    expect(metadata.ui_locales_supported).toEqual(LOCALES)
    const twice = await newBrowser().get(`${authorizePath({ ui_locales: 'en' })}&ui_locales=de`)
    expect([twice.status, new URL(twice.headers.get('location') ?? '').searchParams.get('error')]).toEqual([302, 'invalid_request'])
  })

  test('is that of the errors of its request', async () => {
    const reply = await newBrowser().get(authorizePath({ client_id: 'nobody', ui_locales: PSEUDO }), { headers: { accept: 'text/html' } })
    expect([reply.status, languageOf(reply)]).toEqual([400, inPseudo])
  })

  test('is that of the page for a device, before and after the sign-in', async () => {
    const browser = newBrowser()
    const page = await follow(browser, await browser.get(`/device?ui_locales=${PSEUDO}`))
    expect(languageOf(page)).toEqual(inPseudo)
    const on = await send(browser, formOf(page, '/sign-in'), { identifier: person.username, password: PASSWORD })
    expect(languageOf(await follow(browser, on))).toEqual(inPseudo)
  })

  test('counts when it asks for a sign-out', async () => {
    const browser = await browserOf(person)
    const asked = await browser.get(`/oauth/logout?${new URLSearchParams({ client_id: app, ui_locales: PSEUDO })}`)
    expect(languageOf(await follow(browser, asked))).toEqual(inPseudo)
  })

  test.each(['tlh', 'xx-YY', '..%2F..', '%E2%9F%A6', 'a'.repeat(3000), ''])('%j is ignored if nobody speaks it', async (asked) => {
    const browser = newBrowser()
    const page = await open(browser, `/sign-in?ui_locales=${asked}`)
    expect([languageOf(page), browser.cookies.has('locale')]).toEqual([inEnglish, false])
    expect(
      languageOf(await follow(browser, await browser.get(authorizePath({ ui_locales: decodeURIComponent(asked).slice(0, 100) })))),
    ).toEqual(inEnglish)
  })
})

describe('the language that somebody chooses', () => {
  test('is offered at the end of the page by its own name, and stays in this browser', async () => {
    const browser = newBrowser()
    const link = linkNamed(await open(browser, '/sign-in'), 'Pseudo')
    expect(languageOf(await open(browser, link))).toEqual(inPseudo)
    expect(languageOf(await open(browser, '/forgot'))).toEqual(inPseudo)
    const refused = await fillIn(browser, '/forgot', { email: 'nothing' })
    expect([refused.status, languageOf(refused), alertIn(refused)]).toEqual([400, inPseudo, expect.stringContaining('⟦')])
    expect(languageOf(await open(browser, linkNamed(await open(browser, '/sign-in'), 'English')))).toEqual(inEnglish)
    expect(languageOf(await open(browser, '/sign-up'))).toEqual(inEnglish)
  })

  test('takes the place of the one that the app has asked for, and its request goes on', async () => {
    const browser = newBrowser()
    const page = await follow(browser, await browser.get(authorizePath({ ui_locales: PSEUDO, prompt: 'login' })))
    const english = await open(browser, linkNamed(page, 'English'))
    expect(languageOf(english)).toEqual(inEnglish)
    const refused = await send(browser, formOf(english, '/sign-in'), { identifier: person.username, password: 'not this one' })
    expect(languageOf(refused)).toEqual(inEnglish)
    const on = await follow(browser, await send(browser, formOf(refused, '/sign-in'), { identifier: person.username, password: PASSWORD }))
    const asked = await browser.get(/url=([^"]*)"/.exec(on.text)?.[1]?.replaceAll('&amp;', '&') ?? '')
    // Not a second sign-in: the ticket of the first one counts in every language.
    expect(asked.headers.get('location')).toMatch(/^\/consent\?/)
    expect(languageOf(await follow(browser, asked))).toEqual(inEnglish)
  })

  test('is that of the account, once it is signed in; the cookie counts for nobody else', async () => {
    const browser = await browserOf(person)
    await db.prepare('UPDATE users SET locale = ? WHERE username_key = ?').bind(PSEUDO, person.username).run()
    browser.cookies.set('locale', 'en')
    expect(languageOf(await open(browser, '/account'))).toEqual(inPseudo)
    expect(languageOf(await open(browser, '/account?ui_locales=en'))).toEqual(inEnglish)
    await db.prepare("UPDATE users SET locale = 'tlh' WHERE username_key = ?").bind(person.username).run()
    expect(languageOf(await open(browser, '/account'))).toEqual(inEnglish)
  })

  test.each(['tlh', '../../etc', '__proto__', 'x'.repeat(4000)])('a cookie of %j is nobody’s choice', async (value) => {
    const browser = newBrowser()
    browser.cookies.set('locale', value)
    const page = await browser.get('/sign-in', { headers: { 'accept-language': PSEUDO } })
    expect([page.status, languageOf(page)]).toEqual([200, inPseudo])
  })
})

describe('a new account', () => {
  test('has the language of the page that it was created on', async () => {
    const browser = newBrowser()
    await fillIn(browser, `/sign-up?ui_locales=${PSEUDO}`, signUp('language_chosen'))
    expect(await localeOf('language_chosen')).toBe(PSEUDO)
    const preferring = newBrowser()
    await send(preferring, formOf(await open(preferring, '/sign-up')), signUp('language_preferred'), {
      headers: { 'accept-language': `${PSEUDO}, en` },
    })
    expect(await localeOf('language_preferred')).toBe(PSEUDO)
  })

  test('has none if the page only fell back on English, or if a program created it', async () => {
    const browser = newBrowser()
    await send(browser, formOf(await open(browser, '/sign-up')), signUp('language_unknown'), { headers: { 'accept-language': 'tlh' } })
    expect(await localeOf('language_unknown')).toBeNull()
  })
})

describe('a warning', () => {
  test('that may be about an intruder is in no language that the intruder chose', async () => {
    const intruder = new Client()
    const headers = { 'accept-language': 'ja', 'user-agent': 'Unseen/1.0' }
    const { username, password } = await signedInPerson('language_warned')
    const reply = await intruder.post('/user/login', { username, password, userAgent: 'Unseen/1.0' }, { headers })
    expect(reply.status).toBe(200)
    const { results } = await db
      .prepare("SELECT m.locale FROM mail_outbox m JOIN users u ON u.id = m.user_id WHERE u.username_key = ? AND m.kind = 'new_device'")
      .bind(username)
      .all()
    expect(results).toEqual([{ locale: null }])
  })
})
