// How an account stands, and what happened to it, as its owner reads it.
import { expect, test } from 'vitest'
import { LANGUAGES, LOCALES } from '../../src/texts/locales.ts'
import { newName, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, db, newestCode } from '../support/kith.ts'
import { browserOf, fillIn, follow, formOf, open, send, unescapeHtml } from '../support/pages.ts'
import { verifiedPerson } from '../support/people.ts'
import { idOf, newGrant, newOAuthClient, putConsent } from '../support/tokens.ts'

/** The text of the page's content, without markup. */
const textOf = ({ text }: { text: string }) =>
  unescapeHtml((/<main[^>]*>(.*)<\/main>/s.exec(text)?.[1] ?? '').replace(/<[^>]*>/g, ' ')).replace(/\s+/g, ' ')

const stepsIn = (text: string) => /Next steps(.*?)At a glance/s.exec(text)?.[1] ?? ''

test('the overview says how the account stands, and what would make it safer', async () => {
  const person = await verifiedPerson(newName('standing'))
  const id = idOf(person)
  const client = await browserOf(person)
  const first = textOf(await open(client, '/account'))
  for (const said of [
    `@${person.username}`,
    `${person.email} Confirmed`,
    'You sign in with Password',
    'Second step Off',
    'Connected apps None',
    'No files',
  ])
    expect(first).toContain(said)
  expect(stepsIn(first)).toMatch(/Turn on two-step sign-in.*Add a picture/)

  const app = await newOAuthClient('*', { name: 'Counted once', first_party: 0 })
  await putConsent(person.id, app, 'openid')
  await newGrant(person, app, 'openid')
  await newGrant(person, app, 'openid')
  await db.batch([
    db.prepare(`INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)`).bind(id),
    db.prepare('INSERT INTO media_usage (user_id, files, bytes) VALUES (?, 2, 3072)').bind(id),
    db.prepare('UPDATE users SET request_count = 2 WHERE id = ?').bind(id),
  ])
  const later = textOf(await open(client, '/account'))
  for (const said of [
    'Second step On Codes by email 0 recovery codes left',
    'Connected apps 1 app',
    '3 kB in 2 files',
    '2 people ask to follow you',
  ])
    expect(later).toContain(said)
  expect(stepsIn(later)).toMatch(/Get recovery codes.*Use a stronger second step.*2 people ask/)
  expect(stepsIn(later)).not.toContain('Add a picture')
})

test('an address that is not confirmed gets its code from the overview', async () => {
  const person = await verifiedPerson(newName('unconfirmed'))
  const client = await browserOf(person)
  await rows('UPDATE users SET email_verified_at = NULL WHERE id = ?', idOf(person))
  const page = await open(client, '/account')
  expect(textOf(page)).toContain(`${person.email} Not confirmed`)
  await rows('UPDATE attempt_counters SET last_at = 0')
  const sent = await send(client, formOf(page, '/verify/resend'))
  expect(sent.headers.get('location')).toMatch(/^\/verify\?/)
  await fillIn(client, sent.headers.get('location') ?? '', { code: await newestCode(person.email) }, '/verify')
  expect(textOf(await open(client, '/account'))).toContain(`${person.email} Confirmed`)
})

test('a restricted person reads since when, until when and why', async () => {
  const person = await verifiedPerson(newName('restricted'))
  const client = await browserOf(person)
  const until = Date.now() + 3_600_000
  await rows(
    'UPDATE users SET restricted_at = 1, restricted_until = ?, restricted_reason = ? WHERE id = ?',
    until,
    'Spam <b>',
    idOf(person),
  )
  const { text } = await open(client, '/account')
  expect(text).toContain(`<time datetime="${new Date(until).toISOString()}"`)
  expect(text).toContain('Reason: <bdi dir="auto">Spam &lt;b&gt;</bdi>')
})

test('activity tells a sign-in by its device, a failure, and an act of an administrator without who or from where', async () => {
  const person = await verifiedPerson(newName('active'))
  const client = new Client()
  client.userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
  await browserOf(person, client)
  await fillIn(new Client(), '/sign-in', { identifier: person.username, password: 'wrong' })
  const admin = await signedInAdmin(newName('hidden_admin'))
  admin.client.userAgent = 'AdminBrowser/1.0'
  const banned = await admin.client.post('/user/admin-api/restrict', { target: person.id, state: true, reason: 'Spam' })
  expect(banned.status, banned.text).toBe(200)
  const page = textOf(await open(client, '/account/activity'))
  expect(page).toMatch(/Account restricted Reason: Spam By an administrator · .*Sign-in failed .*Signed in Firefox on Linux/)
  for (const hidden of [admin.username, admin.id, 'AdminBrowser']) expect(page).not.toContain(hidden)
  expect(page).toContain('Was this not you?')
})

test('activity goes on page by page, without a gap, and has nothing of anybody else', async () => {
  const [person, other] = [await verifiedPerson(newName('pages')), await verifiedPerson(newName('others'))]
  const client = await browserOf(person)
  const event = (userId: number, n: number) =>
    db
      .prepare(`INSERT INTO audit_events (id, user_id, type, user_agent, place, created_at) VALUES (?, ?, 'sign_in', ?, '', ?)`)
      .bind(n, userId, `device-${n}`, n)
  await db.batch(Array.from({ length: 30 }, (_, n) => event(idOf(n % 10 === 9 ? other : person), n + 1)))
  const seen: string[] = []
  let path: string | undefined = '/account/activity'
  for (let pages = 0; path !== undefined && pages < 4; pages += 1) {
    const { text } = await open(client, path)
    seen.push(...[...text.matchAll(/device-(\d+)/g)].map(([, n]) => n ?? ''))
    path = /href="(\/account\/activity\?after=\w+)"/.exec(text)?.[1]
  }
  const own = Array.from({ length: 30 }, (_, n) => n + 1).filter((n) => n % 10 !== 0)
  expect(seen).toEqual(own.reverse().map(String))
})

test.each(['nonsense', 'ffffffffffffffffffffffff', '0'.repeat(24), "'; DROP TABLE users"])(
  'a position %j of the activity is no error',
  async (after) => {
    const client = await browserOf(await verifiedPerson(newName('position')))
    expect(textOf(await open(client, `/account/activity?${new URLSearchParams({ after })}`))).toContain('Activity')
  },
)

test.each(LOCALES)('the pages are in %s at once when the profile says so, whatever the browser prefers', async (locale) => {
  const client = await browserOf(await verifiedPerson(newName('language')))
  const other = LOCALES.find((one) => one !== locale) ?? locale
  const page = await follow(client, await fillIn(client, '/account/profile', { locale }))
  expect(page.text).toContain(`<option value="${locale}" selected="">${LANGUAGES[locale].name}</option>`)
  const { text } = await client.get('/account', { headers: { 'accept-language': other } })
  expect(text).toContain(`<html lang="${locale}"`)
})

test('a language that the pages do not speak stays in the profile, and is shown', async () => {
  const person = await verifiedPerson(newName('dialect'))
  const client = await browserOf(person)
  await rows(`UPDATE users SET locale = 'gsw-CH', zoneinfo = 'Asia/Calcutta' WHERE id = ?`, idOf(person))
  expect((await open(client, '/account/profile')).text).toMatch(/<option value="gsw-CH" selected="">\w[^<]+<\/option>/)
  await fillIn(client, '/account/profile', { bio: 'Grüezi' })
  const [saved] = await rows('SELECT locale, zoneinfo, bio FROM users WHERE id = ?', idOf(person))
  expect(saved).toEqual({ locale: 'gsw-CH', zoneinfo: 'Asia/Calcutta', bio: 'Grüezi' })
})

test.each([
  ['locale', 'no language'],
  ['zoneinfo', 'Mars/Olympus_Mons'],
  ['country', 'Atlantis'],
  ['currency', '<b>'],
])('the profile refuses %s %j, and nothing is stored', async (field, value) => {
  const person = await verifiedPerson(newName('refused'))
  const client = await browserOf(person)
  const reply = await fillIn(client, '/account/profile', { bio: 'New', [field]: value })
  expect([reply.status, reply.text.includes(`id="${field}-error"`)]).toEqual([400, true])
  expect(await rows('SELECT bio, locale, zoneinfo, country_code, currency FROM users WHERE id = ?', idOf(person))).toEqual([
    { bio: null, locale: null, zoneinfo: null, country_code: null, currency: null },
  ])
})
