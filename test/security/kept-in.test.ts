// Limits slow strangers down and keep no owner out (docs/limits.md): whatever strangers do, an owner signs in where they have
// done so before, gets a mail, and can claim their address.

import { describe, expect, test } from 'vitest'
import {
  LOCK_NOTICE_PAUSE_MS,
  LOGIN_DAY_MS,
  LOGIN_TRIES_PER_DAY_OF_KNOWN,
  LOGIN_WINDOW_MS,
  MAIL_OVER_PAUSE_MS,
  MAIL_PAUSE_MS,
  MAILS_PER_DAY_OF_ADDRESS,
} from '../../src/core/limits.ts'
import { sha256 } from '../../src/crypto.ts'
import { clock } from '../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn, personWithSecondFactor, resetCode, rows } from '../support/actors.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, ORIGIN, type Reply } from '../support/kith.ts'
import { formOf, open, send } from '../support/pages.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, signUpBody, verifiedPerson } from '../support/people.ts'
import { addPasskey, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { besiege, elsewhere } from '../support/strangers.ts'
import { newOAuthClient } from '../support/tokens.ts'

const WRONG = 'not the password at all'

freezeEachTest()

const browserWith = (device: string) => elsewhere({ cookies: new Map([['__Host-kith_device', device]]) })
const resets = (person: Person) => count("mail_outbox WHERE user_id = ? AND kind = 'reset_password'", idOf(person.id))
const PASSWORD_2 = 'another long password'

describe('wrong passwords of strangers, more than a day has', () => {
  test('keep no browser out that the account knows, wherever it is', async () => {
    const person = await signedInPerson(newName('owner'))
    await besiege(person)
    expect((await logIn(person, elsewhere(person.client))).status).toBe(200)
  })

  test('keep no program out that has signed in from its network before, and keeps no cookies', async () => {
    const person = await verifiedPerson(newName('owner'))
    const program = () => Object.assign(new Client(), { network: '203.0.113.77' })
    expect((await logIn(person, program())).status).toBe(200)
    await besiege(person)
    expect((await logIn(person, program())).status).toBe(200)
    expect((await logIn(person, new Client())).status, 'a stranger with the password').toBe(401)
  })

  test('keep the network out from where the account was made or its password was reset no more than a stranger is', async () => {
    const person = await verifiedPerson(newName('owner'))
    await besiege(person)
    const atHome = Object.assign(new Client(), { network: person.client.network })
    expect((await logIn(person, atHome)).status).toBe(200)
    const abroad = new Client()
    expect((await abroad.post('/user/reset-password', { code: await resetCode(person), password: PASSWORD_2 })).status).toBe(200)
    await besiege(person)
    expect((await logIn({ ...person, password: PASSWORD_2 }, abroad)).status).toBe(200)
    await checkInvariants()
  })

  test('keep the network out from where the account was made no more, although another account was signed in to with that browser', async () => {
    const browser = elsewhere((await signedInPerson(newName('sibling'))).client)
    const [username, email] = [newName('owner'), `${newName('owner')}@example.com`]
    const made = await browser.post('/user/create', signUpBody(username, email))
    const person = { username, email, password: PASSWORD, id: made.json.data.user._id, client: browser }
    expect((await browser.post('/user/verify-email', { code: await newestCode(email) })).status).toBe(200)
    await besiege(person)
    expect((await logIn(person)).status).toBe(200)
  })

  test('tell the owner once a week, by a mail that says how to sign in', async () => {
    const person = await verifiedPerson(newName('owner'))
    const told = () => count("mail_outbox WHERE user_id = ? AND kind = 'sign_in_locked'", idOf(person.id))
    await besiege(person)
    expect(await told()).toBe(1)
    expect((await mailsTo(person.email))[0]?.text).toMatch(/wrong passwords[\s\S]*\/forgot/)
    clock.advance(LOGIN_DAY_MS)
    await besiege(person)
    expect(await told(), 'a day later').toBe(1)
    clock.advance(LOCK_NOTICE_PAUSE_MS - LOGIN_DAY_MS)
    await besiege(person)
    expect(await told(), 'a week later').toBe(2)
  })

  test("from the very network of the owner, do not keep the owner's browser out", async () => {
    const person = await signedInPerson(newName('owner'))
    const neighbour = Object.assign(new Client(), { network: person.client.network })
    for (let n = 0; n < 40; n++) await logIn({ ...person, password: WRONG }, neighbour)
    expect((await logIn(person, neighbour)).status).toBe(429)
    expect((await logIn(person)).status).toBe(200)
  })

  test('a device cookie is known to the accounts that were signed in to with it, and to no other; a forged one to none', async () => {
    const [person, other] = [await signedInPerson(newName('owner')), await signedInPerson(newName('other'))]
    await besiege(person)
    expect((await logIn(person, elsewhere(other.client))).status, "another's").toBe(401)
    const cookie = person.client.cookies.get('__Host-kith_device') ?? ''
    const [token = '', accounts = '', signature = '', kid = ''] = cookie.split('.')
    const [, , , othersKid] = (other.client.cookies.get('__Host-kith_device') ?? '').split('.')
    expect([accounts, kid]).toEqual([`${idOf(person.id).toString(16)}-${Date.now().toString(16)}`, othersKid])
    const added = `${idOf(other.id).toString(16)}-${Date.now().toString(16)}~${accounts}`
    const forged = [
      [token, accounts, 'A'.repeat(43), kid],
      ['A'.repeat(43), accounts, signature, kid],
      [token, added, signature, kid],
      [token, accounts, signature, 'gone'],
      [token, '', signature, kid],
      [token],
    ].map((parts) => parts.join('.'))
    expect((await logIn(other, browserWith(forged[2] ?? ''))).status, 'not besieged').toBe(200)
    for (const value of forged) expect((await logIn(person, browserWith(value))).status, value).toBe(401)
    const real = await logIn(person, browserWith(cookie))
    expect(real.status).toBe(200)
    const made = real.headers.getSetCookie().find((one) => one.startsWith('__Host-kith_device=')) ?? ''
    for (const part of [`=${cookie};`, 'HttpOnly', 'Secure', 'SameSite=Lax', 'Path=/']) expect(made).toContain(part)
  })

  test('whoever had the password once, and signed in with many browsers, has few guesses at the next one, and few mails', async () => {
    const person = await verifiedPerson(newName('owner'))
    const former: Client[] = []
    for (let n = 0; n < 4; n++) {
      const client = new Client()
      expect((await logIn(person, client)).status).toBe(200)
      former.push(elsewhere(client))
    }
    const first = new Client()
    await logIn(person, first)
    clock.advance(1000)
    const owner = elsewhere(first)
    expect((await owner.post('/user/reset-password', { code: await resetCode(person), password: PASSWORD_2 })).status).toBe(200)
    await besiege(person)
    const judged = await count("audit_events WHERE user_id = ? AND type = 'sign_in_failed'", idOf(person.id))
    for (let n = 0; n < 40; n++) await logIn({ ...person, password: WRONG }, former[n % 4])
    expect((await count("audit_events WHERE user_id = ? AND type = 'sign_in_failed'", idOf(person.id))) - judged).toBe(
      LOGIN_TRIES_PER_DAY_OF_KNOWN,
    )
    const mails = await resets(person)
    for (let n = 0; n < 60; n++) {
      clock.advance(MAIL_PAUSE_MS)
      await elsewhere(former[n % 4]).post('/user/code', { email: person.email })
    }
    expect((await resets(person)) - mails).toBeLessThanOrEqual(MAILS_PER_DAY_OF_ADDRESS)
    // Nor do they keep out the owner who has reset the password: that network is known, whatever browser was used. The browser is
    // known again from its first sign-in on.
    expect((await logIn({ ...person, password: PASSWORD_2 }, owner)).status).toBe(200)
    await besiege(person)
    for (let n = 0; n < 40; n++) await logIn({ ...person, password: WRONG }, former[n % 4])
    expect((await logIn({ ...person, password: PASSWORD_2 }, elsewhere(owner))).status).toBe(200)
    await checkInvariants()
  })

  test('a browser is known to all who share it, and stays so when they sign out', async () => {
    const [one, two] = [await signedInPerson(newName('sharer')), await verifiedPerson(newName('sharer'))]
    const shared = one.client
    expect((await logIn(two, shared)).status).toBe(200)
    expect((await shared.post('/user/logout')).status).toBe(200)
    for (const person of [one, two]) await besiege(person)
    for (const person of [one, two, one]) expect((await logIn(person, elsewhere(shared))).status).toBe(200)
  })

  test('an account knows ten networks, the newest', async () => {
    const person = await verifiedPerson(newName('traveller'))
    for (let n = 0; n < 12; n++) {
      clock.advance(1000)
      expect((await logIn(person, new Client())).status).toBe(200)
    }
    expect(await count('known_sources WHERE user_id = ?', idOf(person.id))).toBe(10)
  })
})

describe('after a reset of the password, and after a second factor', () => {
  test('the new password counts at once, by every name, where the old one was tried too often', async () => {
    const person = await verifiedPerson(newName('forgetful'))
    const client = new Client()
    for (let n = 0; n < 11; n++) {
      await logIn({ ...person, password: WRONG }, client)
      await client.post('/user/login', { email: person.email, password: WRONG })
    }
    expect((await logIn(person, client)).status).toBe(429)
    expect((await client.post('/user/reset-password', { code: await resetCode(person), password: PASSWORD_2 })).status).toBe(200)
    expect((await logIn({ ...person, password: PASSWORD_2 }, client)).status).toBe(200)
    client.cookies.clear()
    expect((await client.post('/user/login', { email: person.email, password: PASSWORD_2 })).status).toBe(200)
  })

  test('a right second factor clears the tries by every name from its network', async () => {
    const person = await personWithSecondFactor('factored')
    const client = new Client()
    const pending = await pendingLogIn(person, client)
    for (let n = 0; n < 11; n++) await client.post('/user/login', { email: person.email, password: WRONG })
    expect((await client.post('/user/login', { email: person.email, password: person.password })).status).toBe(429)
    expect((await answer(pending, await newestCode(person.email), client)).status).toBe(200)
    client.cookies.clear()
    expect((await client.post('/user/login', { email: person.email, password: person.password })).status).toBe(200)
  })
})

describe('mails', () => {
  test('a known caller who asks three times at once gets one mail, like anybody', async () => {
    const person = await verifiedPerson(newName('impatient'))
    await logIn(person)
    for (let asked = 0; asked < 3; asked++) await person.client.post('/user/code', { email: person.email })
    expect(await resets(person)).toBe(1)
  })

  test('ten requests for a reset code leave the owner a mail: at once where the account knows the caller, within the hour elsewhere', async () => {
    const person = await signedInPerson(newName('owner'))
    for (let n = 0; n < 60; n++) {
      clock.advance(MAIL_PAUSE_MS)
      await new Client().post('/user/code', { email: person.email })
    }
    expect(await resets(person), 'from everywhere').toBe(20)
    await person.client.post('/user/code', { email: person.email })
    expect(await resets(person), 'a known browser').toBe(21)
    const atHome = Object.assign(new Client(), { network: person.client.network })
    await atHome.post('/user/code', { email: person.email })
    expect(await resets(person), 'a known network').toBe(22)
    await new Client().post('/user/code', { email: person.email })
    expect(await resets(person)).toBe(22)
    clock.advance(MAIL_OVER_PAUSE_MS)
    await new Client().post('/user/code', { email: person.email })
    expect(await resets(person), 'an hour later').toBe(23)
    await checkInvariants()
  })

  test('one network causes ten mails a day to an address, and then one an hour', async () => {
    const person = await verifiedPerson(newName('owner'))
    const stranger = new Client()
    const ask = async (times: number) => {
      for (let n = 0; n < times; n++) {
        clock.advance(MAIL_PAUSE_MS)
        await stranger.post('/user/code', { email: person.email })
      }
      return resets(person)
    }
    expect(await ask(30)).toBe(10)
    clock.advance(MAIL_OVER_PAUSE_MS)
    expect(await ask(30)).toBe(11)
    await new Client().post('/user/code', { email: person.email })
    expect(await resets(person), 'another network').toBe(12)
  })

  test('sign-ups of a stranger with an address do not keep its owner from signing up', async () => {
    const email = `${newName('mine')}@example.com`
    const stranger = new Client()
    // Every half hour for a day: that network gets its ten, its one an hour, and then no share in everybody's mails.
    for (let n = 0; n < 48; n++) {
      for (let k = 0; k < (n === 0 ? 12 : 1); k++) await stranger.post('/user/create', signUpBody(newName('squatter'), email))
      clock.advance(MAIL_OVER_PAUSE_MS / 2 - 1)
    }
    const mails = await rows<{ n: number }>(
      'SELECT COUNT(*) AS n FROM mail_outbox o JOIN users u ON u.id = o.user_id WHERE u.email = ?',
      email,
    )
    expect(mails[0]?.n).toBe(20)
    const owner = await signUp(newName('owner'), email)
    expect((await owner.client.post('/user/verify-email', { code: await newestCode(email) })).status).toBe(200)
    expect((await logIn(owner)).status).toBe(200)
    await checkInvariants()
  })

  test("whoever signs up with a stranger's address, and then guesses there, has no text of theirs mailed to the stranger", async () => {
    const [username, email] = [newName('bait'), `${newName('stranger')}@example.com`]
    const made = await new Client().post('/user/create', { ...signUpBody(username, email), firstName: 'You won: evil.example/prize' })
    expect(made.status).toBe(201)
    await besiege({ username, email, password: PASSWORD, id: made.json.data.user._id, client: new Client() })
    const mails = await mailsTo(email)
    expect(mails.map(({ subject }) => subject)).toEqual([expect.stringMatching(/^Confirm your email address/)])
    for (const { text, html } of mails) expect(text + html).not.toContain('evil.example')
  })

  test('codes of a second factor: whoever has the password does not use up the mails of the owner', async () => {
    const person = await personWithSecondFactor('factored')
    const owner = new Client()
    expect((await answer(await pendingLogIn(person, owner), await newestCode(person.email), owner)).status).toBe(200)
    for (let n = 0; n < 30; n++) {
      clock.advance(LOGIN_WINDOW_MS)
      await pendingLogIn(person)
    }
    clock.advance(LOGIN_WINDOW_MS)
    const before = (await mailsTo(person.email, 100)).length
    const pending = await pendingLogIn(person, owner)
    expect((await mailsTo(person.email, 100)).length).toBe(before + 1)
    expect((await answer(pending, await newestCode(person.email), owner)).status).toBe(200)
  })
})

describe("where strangers have used up the sign-ins of a network's minute", () => {
  const on = { env: { NETWORK_LIMITS: 'on' } } as const
  const PASSKEY_WAYS = ['/user/passkeys/authentication-options', '/user/passkeys/sign-in']
  const WAYS = ['/user/login', '/user/do-2fa', '/sign-in', '/sign-in/code', ...PASSKEY_WAYS]

  /** Counted before the body is read: the limit is per network, not per guess. */
  async function spend(network: string): Promise<Client> {
    const stranger = Object.assign(new Client(), { network })
    const own = { ...on, headers: { origin: ORIGIN } }
    for (const path of WAYS) {
      for (let n = 0; n < 10; n++) await stranger.post(path, new URLSearchParams(), own)
      expect((await stranger.post(path, new URLSearchParams(), own)).status, path).toBe(429)
    }
    return stranger
  }

  const tryAs = (client: Client, username: string, password: string) => client.post('/user/login', { username, password }, on)
  const told = ({ status, headers, json }: Reply) => [status, headers.get('retry-after'), json.error, json.message]
  /** A browser there with only the device cookie. */
  function signedOut({ client }: Person, network = client.network): Client {
    return Object.assign(browserWith(client.cookies.get('__Host-kith_device') ?? ''), { network })
  }

  test('the owner signs in with a browser that the account knows, by program and on the page', async () => {
    const person = await signedInPerson(newName('owner'))
    const stranger = await spend(person.client.network)
    expect((await tryAs(stranger, person.username, person.password)).status).toBe(429)
    expect((await tryAs(signedOut(person), person.username, person.password)).status).toBe(200)
    const browser = signedOut(person)
    const form = formOf(await open(browser, '/sign-in'))
    const { status, headers } = await send(browser, form, { identifier: person.email, password: person.password }, on)
    expect([status, headers.get('location')]).toEqual([303, '/account'])
    await checkInvariants()
  })

  test('so does an owner with a second factor', async () => {
    const person = await personWithSecondFactor('factored')
    const { client } = person
    expect((await answer(await pendingLogIn(person, client), await newestCode(person.email), client)).status).toBe(200)
    await spend(client.network)
    const program = signedOut(person)
    const { json } = await tryAs(program, person.username, person.password)
    const pending = { target: person.id, sessionHash: json.data.sessionHash }
    const code = await newestCode(person.email)
    expect((await answer(pending, code, Object.assign(new Client(), { network: client.network }), on)).status, 'a stranger').toBe(429)
    expect((await answer(pending, code, program, on)).status).toBe(200)
    const browser = signedOut(person)
    const first = formOf(await open(browser, '/sign-in'))
    const step = await send(browser, first, { identifier: person.username, password: person.password }, on)
    expect(step.headers.get('location')).toBe('/sign-in/code')
    const second = formOf(await open(browser, '/sign-in/code'), '/sign-in/code')
    const done = await send(browser, second, { code: await newestCode(person.email) }, on)
    expect([done.status, done.headers.get('location')]).toEqual([303, '/account'])
  })

  test('so does an owner with a passkey, and with that cookie nobody else does', async () => {
    const [person, other] = [await signedInPerson(newName('keyed')), await signedInPerson(newName('keyed'))]
    const [authenticator, ofOther] = [new SoftwareAuthenticator(), new SoftwareAuthenticator()]
    await addPasskey(person.client, authenticator)
    await addPasskey(other.client, ofOther)
    const stranger = await spend(person.client.network)
    const signIn = async (client: Client, by: SoftwareAuthenticator) => {
      const { status, json } = await client.post('/user/passkeys/authentication-options', {}, on)
      if (status !== 200) return status
      return (await client.post('/user/passkeys/sign-in', { credential: await by.get(json.data.publicKey) }, on)).status
    }
    expect(await signIn(stranger, authenticator)).toBe(429)
    expect(await signIn(signedOut(person), ofOther)).toBe(429)
    expect(await signIn(signedOut(person), authenticator)).toBe(200)
  })

  test('its cookie opens no other account: right and wrong passwords, and names that nobody has, are one answer, unjudged', async () => {
    const [person, other] = [await signedInPerson(newName('owner')), await personWithSecondFactor('other')]
    const pending = await pendingLogIn(other)
    const code = await newestCode(other.email)
    await spend(person.client.network)
    const browser = signedOut(person)
    const asked = await rows("SELECT COALESCE(SUM(count), 0) AS n FROM attempt_counters WHERE key LIKE 'password%'")
    const answers = [
      await tryAs(browser, other.username, other.password),
      await tryAs(browser, other.email, other.password),
      await tryAs(browser, other.username, WRONG),
      await tryAs(browser, newName('nobody'), WRONG),
      await answer(pending, code, browser, on),
      await answer({ ...pending, target: 'f'.repeat(24) }, code, browser, on),
    ]
    for (const reply of answers) expect(told(reply)).toEqual([429, '60', 'RateLimitError', answers[0]?.json.message])
    expect(await rows("SELECT COALESCE(SUM(count), 0) AS n FROM attempt_counters WHERE key LIKE 'password%'")).toEqual(asked)
    expect((await tryAs(browser, person.username, person.password)).status).toBe(200)
    expect((await answer(pending, code)).status, 'from elsewhere').toBe(200)
  })

  test("a stranger's own cookie is no way in to the owner's account, and each browser has ten sign-ins a minute", async () => {
    const [person, stranger] = [await signedInPerson(newName('owner')), await signedInPerson(newName('stranger'))]
    const { network } = person.client
    await spend(network)
    const browser = signedOut(stranger, network)
    expect(told(await tryAs(browser, person.username, person.password)).slice(0, 2)).toEqual([429, '60'])
    const statuses: number[] = []
    for (let n = 0; n < 10; n++) statuses.push((await tryAs(browser, stranger.username, WRONG)).status)
    expect(statuses).toEqual([...Array<number>(9).fill(401), 429])
    expect(told(await tryAs(browser, stranger.username, stranger.password)).slice(0, 2)).toEqual([429, '60'])
    expect((await tryAs(signedOut(person), person.username, person.password)).status).toBe(200)
  })
})

describe('programs that share a network', () => {
  test("others' failures at the token endpoints are not those of a client that has proved itself, nor are its successes anybody's", async () => {
    const on = { env: { NETWORK_LIMITS: 'on' } } as const
    const secret = 'a secret of 256 bits, or so'
    const id = await newOAuthClient('client:profile:read', {
      token_endpoint_auth_method: 'client_secret_post',
      secret_hash: sha256(secret),
      grant_types: 'client_credentials',
    })
    const shared = new Client()
    const token = (client_id: string, client_secret: string, more = {}) =>
      shared.post('/oauth/token', new URLSearchParams({ grant_type: 'client_credentials', client_id, client_secret, ...more }), on)
    const junk: number[] = []
    for (let n = 0; n < 65; n++) junk.push((await token(n % 2 === 0 ? id : 'nobody', 'not it')).status)
    expect(junk).toEqual([...Array(60).fill(401), ...Array(5).fill(429)])
    const introspect = (client_id: string, client_secret: string) =>
      shared.post('/oauth/introspect', new URLSearchParams({ token: 'x', client_id, client_secret }), on)
    expect((await introspect('nobody', 'not it')).status).toBe(429)
    expect((await introspect(id, secret)).status).toBe(200)
    for (let n = 0; n < 65; n++) expect((await token(id, secret)).status).toBe(200)
    const revoked = await shared.post('/oauth/revoke', new URLSearchParams({ token: 'x', client_id: id, client_secret: secret }), on)
    expect(revoked.status).toBe(200)
    // It has 60 failures of its own, whatever the others did.
    expect((await token(id, secret, { scope: 'admin:all' })).status).toBe(400)
  })
})

test('a restricted person sets a new password and signs in with it; what comes along with it is refused', async () => {
  const person = await signedInPerson(newName('restricted'))
  await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(person.id))
  for (const body of [
    { password: PASSWORD_2, bio: 'Hello' },
    { email: 'elsewhere@example.com', currentPassword: person.password },
  ]) {
    const reply = await person.client.patch('/user/me', body)
    expect([reply.status, reply.json.additionalInfo.reason], reply.text).toEqual([403, 'restricted'])
  }
  const change = { password: PASSWORD_2, currentPassword: person.password }
  expect((await person.client.patch('/user/me', change)).status).toBe(200)
  expect((await logIn({ ...person, password: PASSWORD_2 })).status).toBe(200)
})
