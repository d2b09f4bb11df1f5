// Passkeys on the pages: enrolled, named, removed, and used to sign in, by somebody whose browser answers as the page's script does.
import { describe, expect, test } from 'vitest'
import { PASSKEYS_MAX } from '../../src/core/limits.ts'
import { idOf, newName, rows } from '../support/actors.ts'
import { codeOf, enrol } from '../support/authenticator.ts'
import { Client, ORIGIN, type Reply } from '../support/kith.ts'
import {
  alertIn,
  browserOf,
  fillIn,
  follow,
  formOf,
  formsOf,
  headingOf,
  linkNamed,
  noticeIn,
  open,
  passkeyAnswer,
  passkeyOptionsIn,
  send,
} from '../support/pages.ts'
import { PASSWORD, type Person, verifiedPerson } from '../support/people.ts'
import { addPasskey, type Made, SoftwareAuthenticator, type Wrong } from '../support/software-authenticator.ts'

const PASSKEYS = '/account/passkeys'
const ADD = `${PASSKEYS}/add`
const NOT_USED = 'No passkey was used: the page was open for too long. Try again.'

interface Owner {
  readonly person: Person
  /** Signed in with the password. */
  readonly client: Client
  readonly key: SoftwareAuthenticator
}

async function personWithPasskey(prefix: string): Promise<Owner> {
  const person = await verifiedPerson(newName(prefix))
  const client = await browserOf(person)
  const key = new SoftwareAuthenticator()
  const added = await addPasskey(client, key, 'Laptop')
  expect(added.status, added.text).toBe(201)
  return { person, client, key }
}

/** As the script does on a page with a passkey's form. */
const answer = async (client: Client, page: Reply, action: string, credential: Promise<Made>, values: Record<string, string> = {}) =>
  send(client, formOf(page, action), { ...values, ...(await passkeyAnswer(credential)) })

async function signInByPasskey(client: Client, key: SoftwareAuthenticator, query = '', wrong: Wrong = {}): Promise<Reply> {
  const page = await open(client, `/sign-in${query}`)
  return answer(client, page, '/sign-in/passkey', key.get(passkeyOptionsIn(page), wrong))
}

const isSignedIn = async (client: Client) => (await client.get('/account')).status === 200
const sessionOf = async (id: string) =>
  (await rows('SELECT amr, second_factor FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', idOf(id)))[0]

describe('adding a passkey', () => {
  test('asks the device for one that is found without a user name, proposes a name, and lists it', async () => {
    const client = await browserOf(await verifiedPerson(newName('page_add')))
    client.userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0'
    const none = await open(client, PASSKEYS)
    expect([none.text.includes('No passkeys yet'), linkNamed(none, 'Add a passkey')]).toEqual([true, ADD])
    const page = await open(client, ADD)
    const options = passkeyOptionsIn(page)
    expect(options).toMatchObject({ rp: { id: 'kith.test' }, authenticatorSelection: { residentKey: 'required' }, attestation: 'none' })
    expect(formOf(page, ADD).fields).toMatchObject({ name: 'Firefox on Linux', credential: '' })
    const added = await answer(client, page, ADD, new SoftwareAuthenticator({ isSynced: false }).create(options), { name: 'My <b>key' })
    const list = await follow(client, added)
    expect(noticeIn(list)).toBe('Your passkey is added. You can sign in with it from now on.')
    expect(list.text).toMatch(/My &lt;b&gt;key.*On one device only.*Added .*Not used yet/s)
    // Whatever the device is asked for next, not a second one on the same device.
    expect(passkeyOptionsIn(await open(client, ADD)).excludeCredentials).toHaveLength(1)
  })

  test('takes a fresh sign-in before the device is asked, and leads there and back', async () => {
    const { person, client, key } = await personWithPasskey('page_stale')
    await rows('UPDATE sessions SET authenticated_at = 1 WHERE user_id = ?', idOf(person.id))
    const away = await client.get(ADD)
    expect(away.headers.get('location')).toBe(`/sign-in?${new URLSearchParams({ return_to: ADD, reauth: '1' })}`)
    const again = await follow(client, away)
    expect(headingOf(again)).toBe('Sign in again')
    const back = await answer(client, again, '/sign-in/passkey', key.get(passkeyOptionsIn(again)))
    expect([back.headers.get('location'), headingOf(await open(client, ADD))]).toEqual([ADD, 'Add a passkey'])
  })

  test.each<[string, (page: Reply) => Promise<string>]>([
    ['no JSON', async () => 'passkey'],
    ['nothing', async () => ''],
    ['JSON of another kind', async () => '[1,{"response":null}]'],
    ['one made elsewhere', async (page) => JSON.stringify(await made(page, { origin: 'https://evil.example' }))],
    ['one for another site', async (page) => JSON.stringify(await made(page, { rpId: 'evil.example' }))],
    ['50 KB', async (page) => JSON.stringify(await made(page, { attestationObject: new Uint8Array(37_000) }))],
  ])('refuses %s: the page says so, keeps the name and has new options', async (_what, credentialOf) => {
    const { client } = await personOfRefusals()
    const page = await open(client, ADD)
    const refused = await send(client, formOf(page, ADD), { name: 'Kept', credential: await credentialOf(page) })
    expect([refused.status, alertIn(refused)]).toEqual([400, expect.stringContaining('No passkey was added')])
    expect(formOf(refused, ADD).fields).toMatchObject({ name: 'Kept', credential: '' })
    expect(passkeyOptionsIn(refused).challenge).not.toBe(passkeyOptionsIn(page).challenge)
    expect((await open(client, PASSKEYS)).text).toContain('No passkeys yet')
  })

  test('twice with one answer adds one', async () => {
    const client = await browserOf(await verifiedPerson(newName('page_twice')))
    const page = await open(client, ADD)
    const credential = new SoftwareAuthenticator().create(passkeyOptionsIn(page))
    expect((await answer(client, page, ADD, credential)).status).toBe(303)
    expect((await answer(client, page, ADD, credential)).status).toBeGreaterThanOrEqual(400)
    expect((await open(client, PASSKEYS)).text.match(/On one device only|Synced between/g)).toHaveLength(1)
  })

  test('is offered as long as there is room', async () => {
    const { person, client } = await personWithPasskey('page_room')
    await rows(
      `INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, aaguid, backup_eligible, backed_up, name, created_at)
       WITH RECURSIVE n(i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < ${PASSKEYS_MAX})
       SELECT i, ?, 'room-' || i, '', 0, '', '', 1, 1, 'Key', 1 FROM n`,
      idOf(person.id),
    )
    expect((await open(client, PASSKEYS)).text).not.toContain(ADD)
    const full = await client.get(ADD)
    expect([full.status, headingOf(full)]).toEqual([403, 'Too many passkeys'])
  })
})

const made = async (page: Reply, wrong: Wrong) => new SoftwareAuthenticator().create(passkeyOptionsIn(page), wrong)

let refusals: Promise<{ client: Client }> | undefined
function personOfRefusals() {
  refusals ??= verifiedPerson(newName('page_refusals')).then(async (person) => ({ client: await browserOf(person) }))
  return refusals
}

describe('signing in with a passkey', () => {
  test('takes no user name and no code, and goes on to where the person was going', async () => {
    const { person, client, key } = await personWithPasskey('page_in')
    await enrol(client)
    const browser = new Client()
    const page = await open(browser, '/sign-in?return_to=/account/privacy')
    expect(page.text).toContain('autocomplete="username webauthn"')
    const options = passkeyOptionsIn(page)
    expect([options.allowCredentials, options.userVerification]).toEqual([[], 'required'])
    const done = await answer(browser, page, '/sign-in/passkey', key.get(options))
    expect([done.headers.get('location'), await isSignedIn(browser)]).toEqual(['/account/privacy', true])
    expect(await sessionOf(person.id)).toEqual({ amr: 'swk user mfa', second_factor: 'passkey' })
    expect((await open(browser, PASSKEYS)).text).toMatch(/Laptop.*Synced between your devices.*Last used/s)
  })

  test('on the way to an app goes on to that app', async () => {
    const { key } = await personWithPasskey('page_to_app')
    const to = '/oauth/authorize?client_id=a&state=b'
    const browser = new Client()
    const done = await signInByPasskey(browser, key, `?${new URLSearchParams({ return_to: to })}`)
    expect(done.headers.get('location')).toBe(`/continue?${new URLSearchParams({ return_to: to })}`)
  })

  test('comes first where nothing else will do, and after the password elsewhere', async () => {
    const actions = async (query: string) => formsOf(await open(new Client(), `/sign-in${query}`)).map(({ action }) => action.split('?')[0])
    const asked = new URLSearchParams({ return_to: '/oauth/authorize?client_id=a&acr_values=urn:kith:acr:phr' })
    expect(await actions(`?${asked}`)).toEqual(['/sign-in/passkey', '/sign-in'])
    expect(await actions('?reauth=passkey')).toEqual(['/sign-in/passkey', '/sign-in'])
    expect(await actions('')).toEqual(['/sign-in', '/sign-in/passkey'])
    const texts = [`?${asked}`, '?reauth=passkey', ''].map(async (query) => (await open(new Client(), `/sign-in${query}`)).text)
    const [ofApp, ofAdministrator, any] = await Promise.all(texts)
    const saying = (said: string) => [ofApp, ofAdministrator, any].map((text) => text?.includes(said))
    expect(saying('data-first')).toEqual([true, true, false])
    // Only with a second factor on does a passkey follow; an administrator who is sent here has none.
    expect(saying('sign in another way first and use your passkey as the second step')).toEqual([true, false, false])
  })

  test('with one that was removed is refused, and nobody is signed in', async () => {
    const { client, key } = await personWithPasskey('page_removed')
    const question = await open(client, linkNamed(await open(client, PASSKEYS), 'Remove'))
    expect([headingOf(question), question.text.includes('Laptop')]).toEqual(['Remove the passkey?', true])
    const browser = new Client()
    await signInByPasskey(browser, key)
    const removed = await follow(client, await send(client, formOf(question)))
    expect(noticeIn(removed)).toContain('no longer signs you in')
    // It ends the others' sessions, too.
    expect(await isSignedIn(browser)).toBe(false)
    const refused = await signInByPasskey(browser, key)
    expect([refused.status, alertIn(refused)]).toEqual([401, expect.stringContaining('This passkey was not accepted.')])
    expect(await isSignedIn(browser)).toBe(false)
    // The password's form is as it was: nothing is wrong with it.
    expect(formsOf(refused).map(({ action }) => action)).toEqual(['/sign-in', '/sign-in/passkey'])
    expect(refused.text.match(/role="alert"/g)).toHaveLength(1)
    expect(refused.text.match(/ autofocus/g)).toHaveLength(1)
  })

  test('twice with one answer signs in once', async () => {
    const { key } = await personWithPasskey('page_replay')
    const [first, second] = [new Client(), new Client()]
    const page = await open(first, '/sign-in')
    const credential = key.get(passkeyOptionsIn(page))
    expect((await answer(first, page, '/sign-in/passkey', credential)).status).toBe(303)
    const replayed = await answer(second, await open(second, '/sign-in'), '/sign-in/passkey', credential)
    expect([replayed.status < 500, replayed.status >= 400, await isSignedIn(second)]).toEqual([true, true, false])
  })

  test.each<[string, Wrong]>([
    ['made on another site', { origin: 'https://evil.example' }],
    ['without the person', { without: ['uv'] }],
    ['framed elsewhere', { crossOrigin: true }],
  ])('with an answer %s is refused on the page', async (_what, wrong) => {
    const { key } = await personWithPasskey('page_wrong')
    const browser = new Client()
    const refused = await signInByPasskey(browser, key, '', wrong)
    expect([refused.status, alertIn(refused), await isSignedIn(browser)]).toEqual([400, NOT_USED, false])
  })

  test('is refused without our form', async () => {
    const { key } = await personWithPasskey('page_foreign')
    const browser = new Client()
    const page = await open(browser, '/sign-in')
    const form = formOf(page, '/sign-in/passkey')
    const values = await passkeyAnswer(key.get(passkeyOptionsIn(page)))
    const foreign = await send(browser, form, values, { headers: { origin: 'https://evil.example' } })
    expect([foreign.status, headingOf(foreign)]).toEqual([403, 'Sent from another site'])
    const planted = await send(new Client(), form, values, { headers: { origin: ORIGIN } })
    expect([planted.status, alertIn(planted)]).toEqual([403, 'This page was out of date. Please submit it again.'])
  })

  test('of an account whose address is not confirmed leads to that', async () => {
    const { person, key } = await personWithPasskey('page_unverified')
    await rows('UPDATE users SET email_verified_at = NULL WHERE id = ?', idOf(person.id))
    const browser = new Client()
    const page = await follow(browser, await signInByPasskey(browser, key))
    expect([noticeIn(page), await isSignedIn(browser)]).toEqual([expect.stringContaining('Confirm your email address first'), false])
  })
})

describe('a passkey as the second step', () => {
  async function atSecondStep(prefix: string) {
    const owner = await personWithPasskey(prefix)
    const { secret } = await enrol(owner.client)
    const browser = new Client()
    const page = await follow(browser, await fillIn(browser, '/sign-in?return_to=/account/privacy', nameOf(owner.person), '/sign-in'))
    return { ...owner, secret, browser, page }
  }
  const nameOf = ({ username }: Person) => ({ identifier: username, password: PASSWORD })

  test('is described first, names the passkeys of the account alone, and completes the sign-in', async () => {
    const { person, key, browser, page } = await atSecondStep('page_2nd')
    expect(headingOf(page)).toBe('Use your passkey')
    expect(passkeyOptionsIn(page).allowCredentials).toHaveLength(1)
    const done = await answer(browser, page, '/sign-in/code/passkey', key.get(passkeyOptionsIn(page)))
    expect(done.headers.get('location')).toBe('/account/privacy')
    expect(await sessionOf(person.id)).toEqual({ amr: 'pwd swk user mfa', second_factor: 'passkey' })
  })

  test('leaves the other ways open to a browser without scripts', async () => {
    const { browser, page, secret } = await atSecondStep('page_2nd_code')
    expect(page.text).toMatch(/data-with-passkeys="" hidden="".*<p class="aside" data-without-passkeys="">This browser cannot/s)
    const codes = await open(browser, linkNamed(page, 'Use your authenticator app'))
    expect([headingOf(codes), linkNamed(codes, 'Use your passkey')]).toEqual([
      'Enter your code',
      '/sign-in/code?return_to=%2Faccount%2Fprivacy',
    ])
    const wrong = await send(browser, formOf(codes), { code: '000000' })
    expect([wrong.status, headingOf(wrong)]).toEqual([400, 'Enter your code'])
    expect(headingOf(await open(browser, linkNamed(page, 'Use a recovery code')))).toBe('Use a recovery code')
    const done = await send(browser, formOf(wrong), { code: codeOf(secret, 1) })
    expect(done.headers.get('location')).toBe('/account/privacy')
  })

  test('of somebody else is refused', async () => {
    const { browser, page } = await atSecondStep('page_2nd_victim')
    const thief = await personWithPasskey('page_2nd_thief')
    const refused = await answer(browser, page, '/sign-in/code/passkey', thief.key.get(passkeyOptionsIn(page)))
    expect([refused.status, alertIn(refused)]).toEqual([401, expect.stringContaining('This passkey was not accepted.')])
    expect(await isSignedIn(browser)).toBe(false)
  })

  test('once the sign-in is over leads back to the beginning', async () => {
    const { person, key, browser, page } = await atSecondStep('page_2nd_over')
    await rows("UPDATE challenges SET expires_at = 1 WHERE user_id = ? AND purpose = 'sign_in'", idOf(person.id))
    for (const reply of [
      await browser.get('/sign-in/code'),
      await answer(browser, page, '/sign-in/code/passkey', key.get(passkeyOptionsIn(page))),
    ]) {
      expect(noticeIn(await follow(browser, reply))).toBe('That took too long, or was finished elsewhere. Sign in again.')
    }
  })
})

describe('the list of passkeys', () => {
  test('renames one; a bad name is refused at its field', async () => {
    const { client } = await personWithPasskey('page_rename')
    const page = await open(client, linkNamed(await open(client, PASSKEYS), 'Rename'))
    expect(formOf(page).fields.name).toBe('Laptop')
    const bad = await send(client, formOf(page), { name: '' })
    expect([bad.status, bad.text.includes('id="name-error"')]).toEqual([400, true])
    const done = await follow(client, await send(client, formOf(bad), { name: 'Desk' }))
    expect([noticeIn(done), done.text.includes('Desk'), done.text.includes('Laptop')]).toEqual([
      'The passkey has its new name.',
      true,
      false,
    ])
  })

  test("shows, renames and removes nothing of anybody else's", async () => {
    const [mine, theirs] = [await personWithPasskey('page_mine'), await personWithPasskey('page_theirs')]
    const link = linkNamed(await open(theirs.client, PASSKEYS), 'Remove')
    expect((await mine.client.get(link)).headers.get('location')).toBe(PASSKEYS)
    const passkey = new URL(link, ORIGIN).searchParams.get('passkey') ?? ''
    for (const name of ['Rename', 'Remove']) {
      const form = formOf(await open(mine.client, linkNamed(await open(mine.client, PASSKEYS), name)))
      expect((await send(mine.client, form, { passkey, name: 'Stolen' })).status).toBe(404)
    }
    expect((await open(theirs.client, PASSKEYS)).text).toMatch(/Laptop/)
  })

  test('keeps the only way into an account, and says why', async () => {
    const { person, client } = await personWithPasskey('page_last')
    const question = await open(client, linkNamed(await open(client, PASSKEYS), 'Remove'))
    await rows("UPDATE credentials SET password_hash = '' WHERE user_id = ?", idOf(person.id))
    const kept = await send(client, formOf(question))
    expect([kept.status, alertIn(kept)]).toEqual([403, expect.stringContaining('the only way into your account')])
    expect((await open(client, PASSKEYS)).text).toContain('Laptop')
  })

  test('removes after a fresh sign-in alone, and leads there and back', async () => {
    const { person, client, key } = await personWithPasskey('page_remove_stale')
    const question = await open(client, linkNamed(await open(client, PASSKEYS), 'Remove'))
    await rows('UPDATE sessions SET authenticated_at = 1 WHERE user_id = ?', idOf(person.id))
    const again = await follow(client, await send(client, formOf(question)))
    const back = await answer(client, again, '/sign-in/passkey', key.get(passkeyOptionsIn(again)))
    expect((await open(client, PASSKEYS)).text).toContain('Laptop')
    const page = await follow(client, back)
    expect(headingOf(page)).toBe('Remove the passkey?')
    expect((await follow(client, await send(client, formOf(page)))).text).toContain('No passkeys yet')
  })
})
