// Attacks on passkeys (security row 21): everything in a registration and an assertion that can be wrong, each with one thing wrong;
// challenges of others, expired or used; copies of a passkey; and races, 64 at a time.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { PASSKEY_CHALLENGE_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { count, eventsOf, idOf, newName, pendingLogIn, rows } from '../support/actors.ts'
import { enrol } from '../support/authenticator.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, mailsTo, platform, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import {
  addPasskey,
  authenticationOptions,
  concat,
  encode,
  type Made,
  passkeySignIn,
  registrationOptions,
  SoftwareAuthenticator,
  type Wrong,
} from '../support/software-authenticator.ts'
import { atTheLine, oneWinner, RACERS, raceOf64 } from '../support/start-line.ts'

beforeEach(() => platform.reset())
afterEach(() => {
  clock.restore()
  platform.reset()
})

const CLIENT_DATA = 'credential.response.clientDataJSON'
const ATTESTATION = 'credential.response.attestationObject'
const AUTHENTICATOR_DATA = 'credential.response.authenticatorData'
const fieldsOf = ({ json }: Reply) => json.additionalInfo?.errors?.map(({ path }: { path: string }) => path)

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex, 'hex'))
const nested = (depth: number) => concat(new Uint8Array(depth).fill(0x81), new Uint8Array([0]))
const withResponse = (made: Made, changes: Record<string, unknown>) => ({ ...made, response: { ...made.response, ...changes } })

/** What the browser's part of either ceremony can get wrong. */
const WRONG_CLIENT_DATA: Readonly<Record<string, Wrong>> = {
  'another origin': { origin: 'https://kith.test.evil.example' },
  'an origin with another port': { origin: 'https://kith.test:8443' },
  'http instead of https': { origin: 'http://kith.test' },
  'another type': { type: 'payment.get' },
  'a challenge that nobody issued': { challenge: Buffer.from('x'.repeat(32)).toString('base64url') },
  'no challenge': { challenge: '' },
  'a frame in a foreign page': { crossOrigin: true },
  'a foreign page above it': { topOrigin: 'https://evil.example' },
  'client data that is no JSON': { clientData: '{"type":' },
  'client data that is a list': { clientData: '[]' },
}
const WRONG_AUTHENTICATOR: Readonly<Record<string, Wrong>> = {
  'another relying party': { rpId: 'evil.example' },
  'nobody present': { without: ['up'] },
  'nobody verified': { without: ['uv'] },
}

describe('a registration with one thing wrong is refused by the name of the field, and stores nothing:', () => {
  let person: Person
  beforeAll(async () => {
    person = await signedInPerson(newName('wrong_key'))
  })

  async function expectRefused(make: (publicKey: never) => Promise<unknown>, path: string, status = 400): Promise<void> {
    const credential = await make((await registrationOptions(person.client)) as never)
    const reply = await person.client.post('/user/passkeys', { name: 'Phone', credential })
    expect([reply.status, reply.json.error, fieldsOf(reply)], reply.text).toEqual([status, 'ClientInputError', [path]])
    expect(await count('passkeys WHERE user_id = ?', idOf(person.id))).toBe(0)
    expect(await count('spent_tokens')).toBe(0)
    expect(await eventsOf(person)).not.toContain('passkey_added')
  }
  const made = (wrong: Wrong) => (publicKey: never) => new SoftwareAuthenticator().create(publicKey, wrong)
  const changed = (change: (made: Made) => unknown) => async (publicKey: never) =>
    change(await new SoftwareAuthenticator().create(publicKey))

  test.each(Object.entries(WRONG_CLIENT_DATA))('%s', (_name, wrong) => expectRefused(made(wrong), CLIENT_DATA))
  test.each(Object.entries(WRONG_AUTHENTICATOR))('%s', (_name, wrong) => expectRefused(made(wrong), ATTESTATION))

  test('an assertion instead', () => expectRefused(made({ type: 'webauthn.get' }), CLIENT_DATA))

  test.each([-37, -35, -257, -65535, 0])('a key of the algorithm %i, which is not offered, or not the key', (algorithm) =>
    expectRefused(made({ algorithm }), ATTESTATION),
  )

  test.each(
    Object.entries({
      'nothing at all': new Uint8Array([0]),
      'no CBOR': bytes('ffffffff'),
      'nesting without an end': nested(10_000),
      'a list of 2^63 entries': bytes('9b7fffffffffffffff'),
      'a map of 2^63 entries': bytes('bb7fffffffffffffff'),
      'a text of 2^62 bytes': bytes('7b3fffffffffffffff'),
      'an endless text': bytes('7f7f7f7f7f7f7f7f'),
      'tags on tags': new Uint8Array(10_000).fill(0xc6),
      'a map without authData': encode(new Map([['fmt', 'none']])),
      'authData that is a text': encode(new Map([['authData', 'x'.repeat(64)]])),
      'authData cut short': encode(new Map([['authData', new Uint8Array(36)]])),
    }),
  )('an attestation object of %s', (_name, attestationObject) => expectRefused(made({ attestationObject }), ATTESTATION))

  test('a credential id in the authenticator data of another length than it says', () =>
    expectRefused(
      changed((credential) => {
        const object = Buffer.from(String(credential.response.attestationObject), 'base64url')
        // The two bytes before the 16 of the id.
        const at = object.indexOf(Buffer.from(credential.id, 'base64url'))
        object.writeUInt16BE(0xffff, at - 2)
        return withResponse(credential, { attestationObject: object.toString('base64url') })
      }),
      ATTESTATION,
    ))

  test('another id than the attested one', () =>
    expectRefused(
      changed((credential) => ({ ...credential, id: 'AAAA', rawId: 'AAAA' })),
      'credential.id',
    ))

  test.each(['id', 'rawId', 'type', 'response'])('no %s', (field) =>
    expectRefused(
      changed((credential) => Object.fromEntries(Object.entries(credential).filter(([name]) => name !== field))),
      `credential.${field}`,
    ),
  )

  test.each(['clientDataJSON', 'attestationObject'])('%s missing, not base64url, or not a text', async (field) => {
    for (const value of [undefined, '', 'not base64url!', 'a+b/', 7, null]) {
      await expectRefused(
        changed((credential) => withResponse(credential, { [field]: value })),
        `credential.response.${field}`,
      )
    }
  })

  test('transports that are none', () =>
    expectRefused(
      changed((credential) => withResponse(credential, { transports: ['<script>'] })),
      'credential.response.transports.0',
    ))

  test('an attestation of 50 KB: more than the field may have, or than a body may', async () => {
    const attestation = (size: number) => ({ fmt: 'packed', attStmt: new Map([['x5c', new Uint8Array(size)]]) })
    await expectRefused(made({ attestation: attestation(40_000) }), ATTESTATION)
    const credential = await new SoftwareAuthenticator().create(await registrationOptions(person.client), {
      attestation: attestation(50_000),
    })
    expect((await person.client.post('/user/passkeys', { credential })).status).toBe(413)
  })

  test('a challenge of somebody else, of another session, of a sign-in, or an expired one', async () => {
    const other = await signedInPerson(newName('other_key'))
    const { challenge: foreign } = await registrationOptions(other.client)
    const { challenge: ofSignIn } = await authenticationOptions(new Client())
    for (const challenge of [foreign, ofSignIn]) await expectRefused(made({ challenge }), CLIENT_DATA)
    clock.freeze()
    const publicKey = (await registrationOptions(person.client)) as never
    clock.advance(PASSKEY_CHALLENGE_MS + 1)
    const credential = await new SoftwareAuthenticator().create(publicKey)
    const reply = await person.client.post('/user/passkeys', { credential })
    expect([reply.status, fieldsOf(reply)], reply.text).toEqual([400, [CLIENT_DATA]])
  })
})

test('whatever an authenticator attests is ignored, and nothing is fetched for it', async () => {
  const { client } = await signedInPerson(newName('attested'))
  for (const fmt of ['packed', 'tpm', 'android-safetynet', 'apple', 'fido-u2f', 'of tomorrow']) {
    const attestation = {
      fmt,
      attStmt: new Map<string, string | Uint8Array[]>([
        ['sig', 'x'],
        ['x5c', [bytes('3082')]],
      ]),
    }
    const credential = await new SoftwareAuthenticator().create(await registrationOptions(client), { attestation })
    expect((await client.post('/user/passkeys', { name: fmt, credential })).status, fmt).toBe(201)
  }
})

test('a passkey is added once: not again by its owner, and not by anybody else', async () => {
  const [one, two] = [await signedInPerson(newName('twice')), await signedInPerson(newName('twice'))]
  const authenticator = new SoftwareAuthenticator()
  expect((await addPasskey(one.client, authenticator)).status).toBe(201)
  const credentialId = authenticator.made[0]?.id as Uint8Array
  for (const { client } of [one, two]) {
    const credential = await new SoftwareAuthenticator().create(await registrationOptions(client), { credentialId })
    const reply = await client.post('/user/passkeys', { credential })
    expect([reply.status, reply.json.error, reply.json.additionalInfo], reply.text).toEqual([
      409,
      'ResourceConflict',
      { duplicateFields: ['credential'] },
    ])
  }
  expect(await count('passkeys WHERE user_id = ?', idOf(two.id))).toBe(0)
  expect((await passkeySignIn(new Client(), authenticator)).json.data.user._id).toBe(one.id)
})

describe('a sign-in with one thing wrong is refused, and starts no session:', () => {
  let person: Person
  const authenticator = new SoftwareAuthenticator()
  beforeAll(async () => {
    person = await signedInPerson(newName('wrong_use'))
    await addPasskey(person.client, authenticator)
    await rows('DELETE FROM spent_tokens')
  })

  async function expectRefused(reply: Reply, status: number, error: string, paths?: string[]): Promise<void> {
    expect([reply.status, reply.json.error, fieldsOf(reply)], reply.text).toEqual([status, error, paths])
    expect(reply.headers.getSetCookie()).toEqual([])
    expect(await count(`sessions WHERE user_id = ? AND second_factor = 'passkey'`, idOf(person.id))).toBe(0)
    expect(await count('spent_tokens')).toBe(0)
  }
  const signIn = (wrong: Wrong) => passkeySignIn(new Client(), authenticator, wrong)
  const signInWith = async (change: (made: Made) => unknown) => {
    const browser = new Client()
    const credential = change(await authenticator.get(await authenticationOptions(browser)))
    return browser.post('/user/passkeys/sign-in', { credential })
  }

  test.each(Object.entries(WRONG_CLIENT_DATA))('%s', async (_name, wrong) =>
    expectRefused(await signIn(wrong), 400, 'ClientInputError', [CLIENT_DATA]),
  )
  test.each(Object.entries(WRONG_AUTHENTICATOR))('%s', async (_name, wrong) =>
    expectRefused(await signIn(wrong), 400, 'ClientInputError', [AUTHENTICATOR_DATA]),
  )

  test('a registration instead', async () =>
    expectRefused(await signIn({ type: 'webauthn.create' }), 400, 'ClientInputError', [CLIENT_DATA]))

  test('a forged signature, an unknown passkey, and a signature of another passkey: the same refusal', async () => {
    const forged = await signIn({ forged: true })
    const stranger = new SoftwareAuthenticator()
    await stranger.create(await registrationOptions(person.client))
    const unknown = await passkeySignIn(new Client(), stranger)
    const id = Buffer.from(stranger.made[0]?.id ?? []).toString('base64url')
    const ofAnother = await signInWith((credential) => ({ ...credential, id, rawId: id }))
    for (const reply of [forged, unknown, ofAnother]) {
      await expectRefused(reply, 401, 'Unauthorized')
      expect(reply.json.additionalInfo).toEqual(forged.json.additionalInfo)
    }
    expect(await eventsOf(person), 'nobody can fill the history of the owner').not.toContain('sign_in_failed')
  })

  test('the user handle of somebody else, or none', async () => {
    for (const userHandle of [Buffer.from('0'.repeat(24), 'hex').toString('base64url'), null]) {
      await expectRefused(await signIn({ userHandle }), 401, 'Unauthorized', ['credential.response.userHandle'])
    }
  })

  test.each(['clientDataJSON', 'authenticatorData', 'signature'])('%s missing, not base64url, or not a text', async (field) => {
    for (const value of [undefined, '', 'not base64url!', 7, null, 'A'.repeat(20_000)]) {
      const reply = await signInWith((credential) => withResponse(credential, { [field]: value }))
      await expectRefused(reply, 400, 'ClientInputError', [`credential.response.${field}`])
    }
  })

  test('a challenge of a registration, of a second step, or an expired one', async () => {
    const { challenge } = await registrationOptions(person.client)
    await expectRefused(await signIn({ challenge }), 400, 'ClientInputError', [CLIENT_DATA])
    clock.freeze()
    const publicKey = await authenticationOptions(new Client())
    clock.advance(PASSKEY_CHALLENGE_MS + 1)
    const credential = await authenticator.get(publicKey)
    await expectRefused(await new Client().post('/user/passkeys/sign-in', { credential }), 400, 'ClientInputError', [CLIENT_DATA])
  })

  test('a banned account: the refusal of an unknown passkey', async () => {
    await rows('UPDATE users SET banned_at = 1 WHERE id = ?', idOf(person.id))
    await expectRefused(await signIn({}), 401, 'Unauthorized')
    await rows('UPDATE users SET banned_at = NULL WHERE id = ?', idOf(person.id))
  })

  test('an address that is not verified', async () => {
    await rows('UPDATE users SET email_verified_at = NULL WHERE id = ?', idOf(person.id))
    await expectRefused(await signIn({}), 401, 'ResourceNotActive')
    await rows('UPDATE users SET email_verified_at = 1 WHERE id = ?', idOf(person.id))
  })
})

test('a replayed assertion starts no second session', async () => {
  const person = await signedInPerson(newName('replayed'))
  const authenticator = new SoftwareAuthenticator({ signCount: 1 })
  await addPasskey(person.client, authenticator)
  const credential = await authenticator.get(await authenticationOptions(new Client()))
  const send = () => new Client().post('/user/passkeys/sign-in', { credential })
  expect((await send()).status).toBe(200)
  expect((await send()).status).toBe(401)
  expect(await count(`sessions WHERE user_id = ? AND second_factor = 'passkey'`, idOf(person.id))).toBe(1)
  expect(await eventsOf(person), 'the same request again is no copy of the passkey').not.toContain('passkey_refused')
})

test('a signature counter that does not go up is refused, recorded and mailed, once per challenge', async () => {
  const person = await signedInPerson(newName('copied'))
  const authenticator = new SoftwareAuthenticator({ signCount: 10 })
  await addPasskey(person.client, authenticator)
  expect((await passkeySignIn(new Client(), authenticator)).status).toBe(200)
  const refused = () => eventsOf(person).then((events) => events.filter((type) => type === 'passkey_refused').length)
  const browser = new Client()
  // Without the key nobody can cause a report.
  expect((await passkeySignIn(browser, authenticator, { signCount: 3, forged: true })).status).toBe(401)
  expect(await refused()).toBe(0)
  for (const [n, signCount] of [3, 11, 0].entries()) {
    const credential = await authenticator.get(await authenticationOptions(browser), { signCount })
    for (let again = 0; again < 2; again++) {
      expect((await browser.post('/user/passkeys/sign-in', { credential })).status, String(signCount)).toBe(401)
    }
    expect(await refused()).toBe(n + 1)
  }
  const mails = (await mailsTo(person.email)).filter(({ subject }) => subject.includes('was refused'))
  expect(mails).toHaveLength(1)
  expect((await passkeySignIn(browser, authenticator, { signCount: 500 })).status, 'the owner goes on').toBe(200)
})

test('a passkey that turns into a synced one is refused', async () => {
  const person = await signedInPerson(newName('turned'))
  const device = new SoftwareAuthenticator({ isSynced: false })
  await addPasskey(person.client, device)
  const copy = new SoftwareAuthenticator({ isSynced: true })
  copy.made.push(...device.made)
  expect((await passkeySignIn(new Client(), copy)).status).toBe(401)
})

describe('the second step', () => {
  async function personWithBoth(prefix: string) {
    const person = await signedInPerson(newName(prefix))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    await enrol(person.client)
    return { person, authenticator }
  }

  test("takes only the passkey of the log-in's own user, and only a challenge of that log-in", async () => {
    const [victim, thief] = [await personWithBoth('victim'), await personWithBoth('thief')]
    const pending = await pendingLogIn(victim.person)
    const send = (credential: unknown, of: unknown = pending) => new Client().post('/user/passkeys/sign-in', { credential, pending: of })
    const publicKey = await authenticationOptions(new Client(), pending)
    expect((await send(await thief.authenticator.get(publicKey))).status).toBe(401)
    const ofOther = await authenticationOptions(new Client(), await pendingLogIn(victim.person))
    expect((await send(await victim.authenticator.get(ofOther))).status).toBe(400)
    const ofNone = await authenticationOptions(new Client())
    expect((await send(await victim.authenticator.get(ofNone))).status).toBe(400)
    const forged = { target: thief.person.id, sessionHash: pending.sessionHash }
    expect((await new Client().post('/user/passkeys/authentication-options', { pending: forged })).status).toBe(400)
    expect((await send(await victim.authenticator.get(publicKey))).status).toBe(200)
    expect((await send(await victim.authenticator.get(publicKey))).status, 'the log-in is used up').toBe(400)
  })

  test('says nothing about the passkeys of an account to anybody without its password', async () => {
    const { person } = await personWithBoth('listed')
    const pending = { target: person.id, sessionHash: 'x'.repeat(43) }
    const refused = await new Client().post('/user/passkeys/authentication-options', { pending })
    const ofNobody = await new Client().post('/user/passkeys/authentication-options', { pending: { ...pending, target: 'f'.repeat(24) } })
    expect([refused.status, refused.json]).toEqual([400, ofNobody.json])
    expect(refused.json.additionalInfo.errors).toMatchObject([{ path: 'pending.sessionHash' }])
  })
})

describe('one winner among 64', () => {
  const CLAIM = /INSERT INTO spent_tokens/
  const INVALID = { status: 400, error: 'ClientInputError' }
  const UNAUTHORIZED = { status: 401, error: 'Unauthorized' }
  afterEach(() => checkInvariants())

  test('a challenge adds one passkey', async () => {
    const { client, id } = await signedInPerson(newName('race_add'))
    const publicKey = await registrationOptions(client)
    const made = await Promise.all(Array.from({ length: RACERS }, () => new SoftwareAuthenticator().create(publicKey)))
    oneWinner(await raceOf64((n) => client.post('/user/passkeys', { credential: made[n] }, atTheLine), CLAIM), 201, INVALID)
    expect(await count('passkeys WHERE user_id = ?', idOf(id))).toBe(1)
    expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'passkey_added'`, idOf(id))).toBe(1)
  })

  test('a credential id is registered once, over 64 challenges of two people', async () => {
    const people = [await signedInPerson(newName('race_id')), await signedInPerson(newName('race_id'))]
    const credentialId = crypto.getRandomValues(new Uint8Array(16))
    const made: Made[] = []
    for (let n = 0; n < RACERS; n++) {
      const publicKey = await registrationOptions((people[n % 2] as Person).client)
      made.push(await new SoftwareAuthenticator().create(publicKey, { credentialId }))
    }
    const add = (n: number) => (people[n % 2] as Person).client.post('/user/passkeys', { credential: made[n] }, atTheLine)
    oneWinner(await raceOf64(add, CLAIM), 201, { status: 409, error: 'ResourceConflict' })
  })

  test('an account has no more passkeys than the limit, however many are added at once', async () => {
    const { client, id } = await signedInPerson(newName('race_max'))
    await addPasskey(client, new SoftwareAuthenticator())
    // Eighteen more of the same kind, so that one place is left.
    await rows(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 18)
       INSERT INTO passkeys SELECT p.id + n.i, p.user_id, p.credential_id || n.i, p.public_key, p.sign_count, p.transports, p.aaguid,
         p.backup_eligible, p.backed_up, p.name, p.created_at, p.last_used_at FROM passkeys p, n WHERE p.user_id = ?`,
      idOf(id),
    )
    const made: Made[] = []
    for (let n = 0; n < RACERS; n++) made.push(await new SoftwareAuthenticator().create(await registrationOptions(client)))
    const replies = await raceOf64((n) => client.post('/user/passkeys', { credential: made[n] }, atTheLine), CLAIM)
    oneWinner(replies, 201, { status: 403, error: 'QuotaExceeded', reason: 'too_many_passkeys' })
    expect(await count('passkeys WHERE user_id = ?', idOf(id))).toBe(20)
  })

  test.each([0, 7])('an assertion starts one session, of an authenticator whose counter is at %i', async (signCount) => {
    const person = await signedInPerson(newName('race_use'))
    const authenticator = new SoftwareAuthenticator({ signCount })
    await addPasskey(person.client, authenticator)
    const credential = await authenticator.get(await authenticationOptions(new Client()))
    oneWinner(await raceOf64(() => new Client().post('/user/passkeys/sign-in', { credential }, atTheLine), CLAIM), 200, UNAUTHORIZED)
    expect(await count(`sessions WHERE user_id = ? AND second_factor = 'passkey'`, idOf(person.id))).toBe(1)
  })

  test('of 64 copies of a passkey with the same counter one signs in', async () => {
    const person = await signedInPerson(newName('race_copy'))
    const authenticator = new SoftwareAuthenticator({ signCount: 1 })
    await addPasskey(person.client, authenticator)
    const made: Made[] = []
    for (let n = 0; n < RACERS; n++) made.push(await authenticator.get(await authenticationOptions(new Client()), { signCount: 9 }))
    const replies = await raceOf64((n) => new Client().post('/user/passkeys/sign-in', { credential: made[n] }, atTheLine), CLAIM)
    oneWinner(replies, 200, UNAUTHORIZED)
  })

  test('a log-in is completed once, by its challenge and by 64 of them', async () => {
    const person = await signedInPerson(newName('race_step'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    await enrol(person.client)
    const pending = await pendingLogIn(person)
    const made: Made[] = []
    for (let n = 0; n < RACERS; n++) {
      // Every second one uses the challenge of the one before it.
      if (n % 2 === 0) made.push(await authenticator.get(await authenticationOptions(new Client(), pending)))
      else made.push(made.at(-1) as Made)
    }
    const send = (n: number) => new Client().post('/user/passkeys/sign-in', { pending, credential: made[n] }, atTheLine)
    oneWinner(await raceOf64(send, CLAIM), 200, UNAUTHORIZED)
    expect(await count(`sessions WHERE user_id = ? AND second_factor = 'passkey'`, idOf(person.id))).toBe(1)
  })

  test('of the last two passkeys of an account without a password one stays', async () => {
    const { client, id } = await signedInPerson(newName('race_last'))
    for (const name of ['One', 'Two']) expect((await addPasskey(client, new SoftwareAuthenticator(), name)).status).toBe(201)
    await rows(`UPDATE credentials SET password_hash = '' WHERE user_id = ?`, idOf(id))
    const { passkeys } = (await client.get('/user/passkeys')).json.data
    const remove = (n: number) => client.delete(`/user/passkeys/${passkeys[n % 2]._id}`, atTheLine)
    const replies = await raceOf64(remove, /DELETE FROM passkeys/)
    const winner = replies.findIndex(({ status }) => status === 200)
    // The same one again is not found; the other is the last way in.
    for (const [n, { status, json }] of replies.entries()) {
      if (n === winner) continue
      if (n % 2 === winner % 2) expect(status).toBe(404)
      else expect([status, json.additionalInfo.reason]).toEqual([403, 'last_way_in'])
    }
    expect(await count('passkeys WHERE user_id = ?', idOf(id))).toBe(1)
    expect(await count(`audit_events WHERE user_id = ? AND type = 'passkey_removed'`, idOf(id))).toBe(1)
  })
})
