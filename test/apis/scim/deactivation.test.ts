// Who is deactivated is out, by whatever they hold, and nothing of their own keeps them in; what others have done to an account stays
// (docs/decisions/060).
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { count, resetCode, rows } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { runCron } from '../../support/cron.ts'
import { type Directory, newDirectory, newUser } from '../../support/directory.ts'
import { Client, db, newestCode, platform } from '../../support/kith.ts'
import { signInOnPage } from '../../support/pages.ts'
import { PASSWORD, type Person, signedIn, verifiedPerson } from '../../support/people.ts'
import { addPasskey, passkeySignIn, SoftwareAuthenticator } from '../../support/software-authenticator.ts'
import { bearerOf, idOf, userToken } from '../../support/tokens.ts'
import { StandIn } from '../../support/upstream.ts'
import { linkWith, UpstreamBrowser } from '../../support/upstream-browser.ts'
import { newClient, newGrant, refresh } from '../oauth/harness.ts'

const DAY_MS = 86_400_000
const inactive = { op: 'replace', path: 'active', value: false }
const active = { op: 'replace', path: 'active', value: true }
let directory: Directory

beforeAll(async () => {
  platform.reset()
  directory = await newDirectory()
})
afterEach(() => clock.restore())

/** A user of the directory who can sign in with a password. */
async function newPerson(name: string): Promise<Person> {
  const email = `${name}@corp.example`
  const { id } = await directory.create(email, { password: PASSWORD })
  const [row] = await rows<{ username: string }>('SELECT username FROM users WHERE id = ?', idOf({ id }))
  return { id, username: row?.username ?? '', email, password: PASSWORD, client: new Client() }
}
const set = (person: Pick<Person, 'id'>, columns: string) =>
  db.prepare(`UPDATE users SET ${columns}, updated_at = updated_at + 1 WHERE id = ?`).bind(idOf(person)).run()
const change = (person: Pick<Person, 'id'>, ...list: unknown[]) => directory.patch(`/Users/${person.id}`, ...list)
const banOf = async (person: Pick<Person, 'id'>) =>
  (await rows('SELECT banned_until, banned_reason FROM users WHERE id = ?', idOf(person)))[0]

describe('a deactivated person', () => {
  test('is out by session, access token, refresh token, passkey, password, and codes mailed before or asked for later, and gets no mail', async () => {
    const person = await signedIn(await newPerson('everything'))
    const [authenticator, app] = [new SoftwareAuthenticator(), await newClient()]
    expect((await addPasskey(person.client, authenticator)).status).toBe(201)
    const { tokens } = await newGrant(app, {}, idOf(person))
    const bearer = bearerOf(await userToken(person, ['delegated:profile:read']))
    const reset = await resetCode(person)
    const asked = await new Client().post('/user/sign-in-code', { email: person.email })
    const digits = await newestCode(person.email)
    expect((await bearer.get('/user/me')).status).toBe(200)

    expect((await change(person, inactive)).json.active).toBe(false)
    const statuses = async () => ({
      session: (await person.client.get('/user/me')).status,
      token: (await bearer.get('/user/me')).status,
      refresh: (await refresh(app, tokens.refresh_token)).status,
      passkey: (await passkeySignIn(new Client(), authenticator)).status,
      password: (await new Client().post('/user/login', { username: person.username, password: PASSWORD, userAgent: 'x' })).status,
      digits: (await new Client().post('/user/sign-in-code/confirm', { token: asked.json.data.token, code: digits })).status,
      reset: (await new Client().post('/user/reset-password', { code: reset, password: 'another-long-passphrase' })).status,
    })
    const out = await statuses()
    expect(out).toEqual({ session: 401, token: 401, refresh: 400, passkey: out.passkey, password: 401, digits: 400, reset: 400 })
    expect(out.passkey).toBeGreaterThanOrEqual(400)
    await expect(resetCode(person)).resolves.toBe(digits)
    expect(await count("mail_outbox WHERE user_id = ? AND kind = 'banned'", idOf(person))).toBe(0)

    expect((await change(person, active)).json.active).toBe(true)
    // What was issued before stays invalid; what a person has, counts again.
    const back = await statuses()
    expect(back).toEqual({ session: 401, token: 401, refresh: 400, passkey: 200, password: 200, digits: 400, reset: 400 })
  })

  const own: [what: string, columns: string][] = [
    ['a number with more digits than SCIM takes', `phone_country_code = '+420', phone = '123456789012345'`],
    ['a country code without its plus', `phone_country_code = '44', phone = '0000000000'`],
    ['a link, a time zone and a language that are no longer taken', `custom_link = 'x', zoneinfo = 'Mars/Base', locale = 'not a tag'`],
    ['names that are no longer taken', `given_name = '<b>', family_name = '', title = ' '`],
  ]
  test.each(own)('is not kept in by %s, which stays', async (_what, columns) => {
    const { id } = await directory.create(`own${Math.random()}@corp.example`)
    await set({ id }, columns)
    const profile =
      'SELECT phone_country_code, phone, custom_link, zoneinfo, locale, given_name, family_name, title FROM users WHERE id = ?'
    const before = await rows(profile, idOf({ id }))
    const reply = await change({ id }, inactive)
    expect([reply.status, reply.json.active], reply.text).toEqual([200, false])
    const { json } = await directory.get(`/Users/${id}`)
    const replaced = await directory.send('PUT', `/Users/${id}`, { ...json, active: true, nickName: 'unknown' })
    expect([replaced.status, replaced.json.active], replaced.text).toEqual([200, true])
    expect(await rows(profile, idOf({ id }))).toEqual(before)
  })

  test('who had deleted the account stays out after coming back', async () => {
    const person = await signedIn(await newPerson('comeback'))
    expect((await person.client.delete('/user/me', { body: { password: PASSWORD } })).status).toBe(200)
    expect((await change(person, inactive)).status).toBe(200)
    expect(await banOf(person)).toEqual({ banned_until: null, banned_reason: 'deprovisioned' })
    const again = await new Client().post('/user/login', { username: person.username, password: PASSWORD, userAgent: 'x' })
    expect(again.status).toBe(401)
    expect((await change(person, active)).status).toBe(403)
  })
})

describe("an administrator's act", () => {
  test('a ban for a day ends after a day, whatever else the client changes', async () => {
    const { id } = await directory.create('dayban@corp.example')
    const until = Date.now() + DAY_MS
    await set({ id }, `banned_at = 1, banned_until = ${until}, banned_reason = 'spam'`)
    expect((await change({ id }, { op: 'replace', path: 'title', value: 'Engineer' })).json).toMatchObject({
      active: false,
      title: 'Engineer',
    })
    const put = await directory.send('PUT', `/Users/${id}`, newUser('dayban@corp.example', { title: 'Manager' }))
    expect([put.status, put.json.active]).toEqual([200, false])
    expect((await change({ id }, { op: 'remove', path: 'active' })).status).toBe(200)
    expect(await banOf({ id })).toEqual({ banned_until: until, banned_reason: 'spam' })
  })

  test('gives a deactivation no end: a ban with one is refused, one without takes its place', async () => {
    const admin = await signedInAdmin('scim_banner')
    const { id } = await directory.create('overbanned@corp.example')
    await change({ id }, inactive)
    const ban = (more: object) => admin.client.post('/user/admin-api/ban', { target: id, state: true, ...more })
    const until = new Date(Date.now() + DAY_MS).toISOString()
    const refused = await ban({ until, reason: 'spam' })
    expect([refused.status, refused.text], refused.text).toEqual([400, expect.stringContaining('until')])
    expect(await banOf({ id })).toEqual({ banned_until: null, banned_reason: 'deprovisioned' })
    expect((await ban({ reason: 'spam' })).status).toBe(200)
    expect((await change({ id }, active)).json.active).toBe(false)
  })

  test('a deletion that the client asked for and an administrator undoes leaves a person without an address, until they give one', async () => {
    const admin = await signedIn(await verifiedPerson('scim_restorer'))
    await giveRole(admin, 'super_admin')
    await signedIn(admin)
    const { id } = await directory.create('restored@corp.example')
    expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204)
    const next = await directory.create('restored@corp.example')
    expect((await admin.client.post('/user/admin-api/restore', { target: id })).status).toBe(200)
    expect((await directory.get(`/Users/${id}`)).status).toBe(404)
    const give = (email: string) => admin.client.patch('/user/admin-api/update', { target: id, email })
    expect((await give('restored@corp.example')).status).toBe(409)
    expect((await directory.send('DELETE', `/Users/${next.id}`)).status).toBe(204)
    expect((await give('restored@corp.example')).status).toBe(200)
    expect((await rows('SELECT email_key FROM users WHERE id = ?', idOf({ id })))[0]).toEqual({ email_key: 'restored@corp.example' })
  })
})

test('whoever is deleted and provisioned again may connect the same account of a provider again', async () => {
  const provider = new StandIn()
  const address = 'rehired@corp.example'
  const about = { sub: 'rehired', email: address, email_verified: true }
  const connect = async () => {
    const browser = new UpstreamBrowser([provider])
    await signInOnPage(browser, address, PASSWORD)
    return (await linkWith(browser, provider, about)).status
  }
  const { id } = await directory.create(address, { password: PASSWORD })
  expect(await connect()).toBe(303)
  expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204)
  await directory.create(address, { password: PASSWORD })
  expect(await connect()).toBe(303)
})

test('an account that was deleted is purged after 14 days, by whomever: nothing of the person is left, and its names are free', async () => {
  clock.freeze()
  const [deleted, left] = [
    await directory.create('purged@corp.example', { externalId: 'P-1' }),
    await directory.create('self@corp.example'),
  ]
  expect((await directory.send('DELETE', `/Users/${deleted.id}`)).status).toBe(204)
  await set(left, `deleted_at = ${Date.now()}, deleted_reason = 'self'`)
  expect((await directory.send('POST', '/Users', newUser('SELF@corp.example'))).json.scimType).toBe('uniqueness')
  clock.advance(15 * DAY_MS)
  for (let run = 0; run < 3; run += 1) await runCron()
  const those = [idOf(deleted), idOf(left)]
  expect(await rows('SELECT user_id FROM provisioned_users WHERE user_id IN (?, ?)', ...those)).toEqual([])
  expect(await rows('SELECT user_id FROM audit_events WHERE user_id IN (?, ?)', ...those)).toEqual([])
  expect(await rows('SELECT id FROM users WHERE id IN (?, ?) AND (email IS NOT NULL OR given_name IS NOT NULL)', ...those)).toEqual([])
  directory = await newDirectory()
  const again = await directory.create('self@corp.example', { externalId: 'P-1' })
  expect((await directory.get(`/Users/${left.id}`)).status).toBe(404)
  expect(again.id).not.toBe(left.id)
})
