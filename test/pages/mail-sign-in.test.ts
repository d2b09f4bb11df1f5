// Sign-in by mail on the pages (docs/sign-in.md): digits in the browser that asked, a link in any. test/apis/user/sign-in-code.test.ts
// has the limits and what voids a code.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { CHALLENGE_TRIES, EMAIL_DIGITS_MS, MAIL_PAUSE_MS, SECOND_FACTOR_FAILURES_MAX } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { ban, count, idOf, newName, personWithSecondFactor, rows, wrongCodes } from '../support/actors.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, newestCode, platform } from '../support/kith.ts'
import { alertIn, fillIn, follow, formOf, formsOf, headingOf, mailedLink, open, send } from '../support/pages.ts'
import { type Person, verifiedPerson } from '../support/people.ts'
import { atTheLine, raceOf64 } from '../support/start-line.ts'

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(async () => {
  clock.restore()
  await checkInvariants()
})

const CODE = '/sign-in/mail/code'
const LINK = '/sign-in/mail/link'
const COOKIE = '__Host-kith_mail_sign_in'
const isSignedIn = (client: Client) => client.cookies.has('__Host-kith_session')
const locationOf = ({ headers }: { headers: Headers }) => headers.get('location')

/** The browser that has asked. */
async function asked({ email }: Pick<Person, 'email'>, client = new Client(), query = ''): Promise<Client> {
  const reply = await fillIn(client, `/sign-in/mail${query}`, { identifier: email })
  expect([reply.status, locationOf(reply)]).toEqual([303, `${CODE}${query}`])
  return client
}

test('the button of the sign-in page sends what was typed, and the digits sign in and lead on', async () => {
  const person = await verifiedPerson(newName('by_digits'))
  const client = new Client()
  const page = await open(client, '/sign-in?return_to=/account/privacy')
  const [, action = ''] = /<button[^>]*formaction="([^"]*)"[^>]*formnovalidate[^>]*>\s*Email me a code/.exec(page.text) ?? []
  expect(action).toBe('/sign-in/mail?return_to=%2Faccount%2Fprivacy')
  const sent = await send(client, { ...formOf(page), action }, { identifier: person.username, password: '' })
  const code = await follow(client, sent)
  expect(headingOf(code)).toBe('Check your email')
  expect(code.text).not.toContain(person.email)
  const wrong = await send(client, formOf(code), { code: wrongCodes(await newestCode(person.email), 1)[0] ?? '' })
  expect([wrong.status, alertIn(wrong)]).toEqual([400, 'This code is wrong, used or expired. Check it, or ask for another email.'])
  const reply = await send(client, formOf(wrong), { code: await newestCode(person.email) })
  expect([reply.status, locationOf(reply), isSignedIn(client)]).toEqual([303, '/account/privacy', true])
  expect(client.cookies.has(COOKIE)).toBe(false)
})

test('the link signs in another browser, and leads where it was asked for', async () => {
  const person = await verifiedPerson(newName('by_link'))
  const asker = await asked(person, new Client(), '?return_to=%2Faccount%2Fsessions')
  const other = new Client()
  const page = await open(other, await mailedLink(person.email))
  expect(page.text).toContain(`signs you in as ${person.username}`)
  const reply = await send(other, formOf(page))
  expect([reply.status, locationOf(reply), isSignedIn(other), isSignedIn(asker)]).toEqual([303, '/account/sessions', true, false])
  // Both are one: the digits, and the link itself, are used up.
  expect((await fillIn(asker, CODE, { code: await newestCode(person.email) })).status).toBe(400)
  expect((await new Client().get(await mailedLink(person.email))).status).toBe(410)
  const late = await send(other, formOf(page))
  expect([late.status, headingOf(late), formsOf(late)]).toEqual([410, 'This link no longer works', []])
})

test('a name without an account gets the same pages, and an empty one the form, without an alert', async () => {
  const person = await verifiedPerson(newName('same_a'))
  const pages = []
  for (const identifier of [person.email, person.username, `${newName('same_b')}@example.com`, newName('same_c')]) {
    const client = new Client()
    const sent = await fillIn(client, '/sign-in/mail', { identifier })
    const page = await follow(client, sent)
    const wrong = await send(client, formOf(page), { code: '000000' })
    pages.push([sent, page, wrong].map(({ status, text }) => [status, text.replace(/value="[^"]*~[^"]*"/g, '')]))
  }
  for (const page of pages) expect(page).toEqual(pages[0])
  const client = new Client()
  const empty = await follow(client, await fillIn(client, '/sign-in/mail?return_to=/account/privacy', { identifier: ' ' }))
  expect([alertIn(empty), formOf(empty).action]).toEqual(['', '/sign-in/mail?return_to=%2Faccount%2Fprivacy'])
  const cut = await fillIn(new Client(), '/sign-in/mail', { identifier: 'jean@' })
  expect([cut.status, alertIn(cut)]).toEqual([400, 'User name or email is not complete.'])
})

test('digits are nothing without the cookie of the browser that asked, and the cookie nothing without them', async () => {
  const person = await verifiedPerson(newName('bound'))
  const asker = await asked(person)
  const code = await newestCode(person.email)
  const bare = new Client()
  const page = formOf(await open(asker, CODE))
  expect(locationOf(await bare.get(CODE))).toBe('/sign-in')
  await open(bare, '/sign-in')
  expect(locationOf(await send(bare, page, { code }))).toBe('/sign-in')
  const stranger = await asked(await verifiedPerson(newName('bound')))
  expect((await fillIn(stranger, CODE, { code })).status).toBe(400)
  const thief = new Client()
  thief.cookies.set(COOKIE, asker.cookies.get(COOKIE) ?? '')
  expect((await fillIn(thief, CODE, { code: wrongCodes(code, 1)[0] ?? '' })).status).toBe(400)
  for (const forged of ['', 'x', 'a'.repeat(43), `${'a'.repeat(43)}.b`]) {
    const client = new Client()
    client.cookies.set(COOKIE, forged)
    const { status } = await send(client, formOf(await open(client, '/sign-in/mail')), { code }).then(() => client.get(CODE))
    expect([200, 303]).toContain(status)
  }
  for (const client of [bare, stranger, thief]) expect(isSignedIn(client)).toBe(false)
  expect((await fillIn(asker, CODE, { code })).status).toBe(303)
})

test('the page of a link is nothing without one; out of date, it is shown again with its link, which still works', async () => {
  expect(locationOf(await new Client().get(`${LINK}?return_to=/account/privacy`))).toBe('/sign-in?return_to=%2Faccount%2Fprivacy')
  const person = await verifiedPerson(newName('outdated'))
  await asked(person)
  const browser = new Client()
  const page = formOf(await open(browser, await mailedLink(person.email)))
  const again = await send(browser, { ...page, fields: { ...page.fields, form_token: 'old' } })
  expect([again.status, formOf(again).fields.code]).toEqual([403, page.fields.code])
  expect(again.text).toContain(`signs you in as ${person.username}`)
  expect((await send(browser, formOf(again))).status).toBe(303)
})

test('of 64 who press the button of one link at once, one is signed in', async () => {
  const person = await verifiedPerson(newName('pressed'))
  await asked(person)
  const link = await mailedLink(person.email)
  const browser = new Client()
  const form = formOf(await open(browser, link))
  const cookies = [...browser.cookies]
  const replies = await raceOf64(() => {
    const client = new Client()
    for (const [name, value] of cookies) client.cookies.set(name, value)
    return send(client, form, {}, atTheLine)
  }, /UPDATE challenges SET consumed_at = \?, consumed_by/)
  expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
  expect(replies.filter(({ status }) => status === 410)).toHaveLength(63)
  expect(await count('sessions WHERE user_id = ?', idOf(person.id))).toBe(1)
})

test('the link lets the owner in, although its digits were guessed at and strangers have used up their guesses', async () => {
  const person = await verifiedPerson(newName('let_in'))
  const asker = await asked(person)
  const code = await newestCode(person.email)
  for (const guess of wrongCodes(code, CHALLENGE_TRIES)) await fillIn(asker, CODE, { code: guess })
  await rows('UPDATE attempt_counters SET count = ? WHERE key = ?', SECOND_FACTOR_FAILURES_MAX, `mail-sign-in-month:${idOf(person.id)}`)
  expect((await fillIn(asker, CODE, { code })).status).toBe(400)
  const browser = new Client()
  await send(browser, formOf(await open(browser, await mailedLink(person.email))))
  expect(isSignedIn(browser)).toBe(true)
})

test('a link of somebody who is banned meanwhile, or whose sessions were all ended, or ten minutes old, signs nobody in', async () => {
  const [banned, ended, late] = [
    await verifiedPerson(newName('no_link')),
    await verifiedPerson(newName('no_link')),
    await verifiedPerson(newName('no_link')),
  ]
  const forms = []
  for (const person of [banned, ended, late]) {
    await asked(person)
    const browser = new Client()
    forms.push({ browser, form: formOf(await open(browser, await mailedLink(person.email))) })
  }
  await ban(banned)
  await ended.client.post('/user/login', { username: ended.username, password: ended.password })
  await ended.client.post('/user/logout-all')
  const [ofBanned, ofEnded, ofLate] = forms
  for (const one of [ofBanned, ofEnded]) if (one) expect((await send(one.browser, one.form)).status).toBe(410)
  clock.advance(EMAIL_DIGITS_MS)
  if (ofLate) expect((await send(ofLate.browser, ofLate.form)).status).toBe(410)
  expect((await new Client().get(await mailedLink(late.email))).status).toBe(410)
})

test('a second factor follows; with codes by email as the only one, only a recovery code does', async () => {
  const person = await personWithSecondFactor('then_second')
  await rows(
    `INSERT INTO recovery_codes (user_id, code_hash, created_at) SELECT ?, value, 0 FROM json_each('[1,2,3,4,5,6,7,8,9,10]')`,
    idOf(person.id),
  )
  const asker = await asked(person)
  const code = await newestCode(person.email)
  const page = await follow(asker, await fillIn(asker, CODE, { code }))
  expect(headingOf(page)).toBe('Use a recovery code')
  expect(formsOf(page)).toHaveLength(1)
  expect(page.text).not.toContain('Use the code from the email')
  expect(isSignedIn(asker)).toBe(false)
  clock.advance(MAIL_PAUSE_MS)
  await asked(person, asker)
  const browser = new Client()
  await follow(browser, await send(browser, formOf(await open(browser, await mailedLink(person.email)))))
  expect(isSignedIn(browser)).toBe(false)
})

test('signing in by link replaces the session of the browser', async () => {
  const [ann, bob] = [await verifiedPerson(newName('replaced')), await verifiedPerson(newName('replaced'))]
  const browser = new Client()
  await browser.post('/user/login', { username: ann.username, password: ann.password })
  await asked(bob)
  await send(browser, formOf(await open(browser, await mailedLink(bob.email))))
  expect((await browser.get('/user/me')).json.data.user._id).toBe(bob.id)
  expect(await count('sessions WHERE user_id = ? AND revoked_at IS NULL', idOf(ann.id))).toBe(0)
})

test('while the setting is off, the sign-in page has no such button and none of the pages exists', async () => {
  const off = { env: { EMAIL_SIGN_IN: 'off' } }
  const client = new Client()
  const page = await client.get('/sign-in', off)
  expect([page.status, page.text.includes('Email me a code')]).toEqual([200, false])
  client.cookies.set(COOKIE, 'a'.repeat(43))
  for (const path of ['/sign-in/mail', CODE, LINK, `${LINK}?code=abc-def`]) {
    expect((await client.get(path, off)).status, path).toBe(404)
    expect((await send(client, { ...formOf(page), action: path }, { identifier: 'x', code: '123456' }, off)).status, path).toBe(404)
  }
})
