// Passkeys of the room `user`: added, listed, renamed, removed, and used to sign in, by themselves or as the second step.
import { beforeEach, describe, expect, test } from 'vitest'
import { FRESH_SIGN_IN_MS } from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { idOf, newName, rows, trailOf } from '../../support/actors.ts'
import { enrol } from '../../support/authenticator.ts'
import { Client, mailsTo, platform } from '../../support/kith.ts'
import { logIn, signedInPerson } from '../../support/people.ts'
import {
  type Algorithm,
  addPasskey,
  authenticationOptions,
  passkeySignIn,
  registrationOptions,
  SoftwareAuthenticator,
} from '../../support/software-authenticator.ts'

beforeEach(() => platform.reset())

const sessionOf = async (id: string) =>
  (await rows('SELECT amr, second_factor FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', idOf(id)))[0]

describe('a passkey', () => {
  test.each<[string, Algorithm]>([
    ['ES256', -7],
    ['EdDSA', -8],
    ['RS256', -257],
  ])('of %s signs in by itself, as two factors, without a user name', async (_name, algorithm) => {
    const person = await signedInPerson(newName('keyed'))
    const authenticator = new SoftwareAuthenticator({ algorithm })
    const added = await addPasskey(person.client, authenticator)
    expect([added.status, added.json.data?.passkey.name], added.text).toEqual([201, 'Phone'])
    const browser = new Client()
    const reply = await passkeySignIn(browser, authenticator)
    expect([reply.status, reply.json.data?.user._id], reply.text).toEqual([200, person.id])
    expect(await sessionOf(person.id)).toEqual({ amr: 'swk user mfa', second_factor: 'passkey' })
    expect((await browser.get('/user/session-state')).status).toBe(200)
  })

  test('completes a log-in with a password in place of a code', async () => {
    const person = await signedInPerson(newName('second_step'))
    const authenticator = new SoftwareAuthenticator({ isSynced: false })
    await addPasskey(person.client, authenticator)
    await enrol(person.client)
    const browser = new Client()
    const login = await logIn(person, browser)
    expect(login.json.data.methods).toEqual(['passkey', 'totp', 'recovery_code'])
    const pending = { target: person.id, sessionHash: login.json.data.sessionHash }
    const publicKey = await authenticationOptions(browser, pending)
    expect(publicKey.allowCredentials).toEqual([{ type: 'public-key', id: expect.any(String), transports: ['internal', 'hybrid'] }])
    const credential = await authenticator.get(publicKey, { userHandle: null })
    const reply = await browser.post('/user/passkeys/sign-in', { pending, credential })
    expect([reply.status, reply.json.data?.user._id], reply.text).toEqual([200, person.id])
    expect(await sessionOf(person.id)).toEqual({ amr: 'pwd hwk user mfa', second_factor: 'passkey' })
  })
})

describe('passkeys of an account', () => {
  const listOf = async (client: Client) => (await client.get('/user/passkeys')).json.data.passkeys

  test('are listed, renamed and removed by their owner, and by nobody else', async () => {
    const [person, other] = [await signedInPerson(newName('owner')), await signedInPerson(newName('other'))]
    const authenticator = new SoftwareAuthenticator({ isSynced: false })
    await addPasskey(person.client, authenticator, 'Phone')
    await addPasskey(person.client, new SoftwareAuthenticator(), 'Laptop')
    const [phone, laptop] = await listOf(person.client)
    expect([phone, laptop]).toMatchObject([
      { name: 'Phone', synced: false, backedUp: false, transports: ['internal', 'hybrid'], lastUsedAt: null },
      { name: 'Laptop', synced: true, backedUp: true },
    ])
    const path = `/user/passkeys/${phone._id}`
    for (const reply of [await other.client.patch(path, { name: 'Mine' }), await other.client.delete(path)]) expect(reply.status).toBe(404)
    expect(await listOf(other.client)).toEqual([])
    const renamed = await person.client.patch(path, { name: 'Old phone' })
    expect([renamed.status, renamed.json.data.passkey.name]).toEqual([200, 'Old phone'])
    expect((await person.client.patch(path, { name: ' ' })).status).toBe(400)
    expect((await passkeySignIn(new Client(), authenticator)).status).toBe(200)
    expect((await listOf(person.client))[0].lastUsedAt).not.toBeNull()
    expect((await person.client.delete(path)).status).toBe(200)
    expect((await passkeySignIn(new Client(), authenticator)).status, 'a removed passkey').toBe(401)
    expect((await person.client.delete(path)).status).toBe(404)
    expect(await listOf(person.client)).toEqual([laptop])
  })

  test('end the other sessions when one is removed; each change is mailed and recorded', async () => {
    const person = await signedInPerson(newName('mailed'))
    await addPasskey(person.client, new SoftwareAuthenticator())
    const elsewhere = new Client()
    await logIn(person, elsewhere)
    const [passkey] = await listOf(person.client)
    expect((await person.client.delete(`/user/passkeys/${passkey._id}`)).status).toBe(200)
    expect((await elsewhere.get('/user/me')).status).toBe(401)
    expect((await person.client.get('/user/me')).status).toBe(200)
    const subjects = (await mailsTo(person.email)).map(({ subject }) => subject)
    expect(subjects).toEqual(
      expect.arrayContaining([expect.stringMatching(/passkey was added/), expect.stringMatching(/passkey was removed/)]),
    )
    expect(await trailOf(person)).toEqual(
      expect.arrayContaining(['passkey_added', 'passkey_removed'].map((type) => ({ type, actor_id: null, detail: 'Phone' }))),
    )
  })

  test('are changed only by a browser that has just signed in, with a second factor if one is on', async () => {
    clock.freeze()
    const person = await signedInPerson(newName('stale'))
    await addPasskey(person.client, new SoftwareAuthenticator())
    const path = `/user/passkeys/${(await listOf(person.client))[0]._id}`
    const credential = await new SoftwareAuthenticator().create(await registrationOptions(person.client))
    const attempts = async () => {
      const { client } = person
      return [
        await client.post('/user/passkeys/registration-options'),
        await client.post('/user/passkeys', { credential }),
        await client.delete(path),
      ]
    }
    await enrol(person.client)
    for (const { status, json } of await attempts()) expect([status, json.additionalInfo.reason]).toEqual([403, 'second_factor_required'])
    clock.advance(FRESH_SIGN_IN_MS + 1)
    for (const { status, json } of await attempts()) expect([status, json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    clock.restore()
  })

  test('a sign-in with one may change second factors', async () => {
    const person = await signedInPerson(newName('changer'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    await enrol(person.client)
    const browser = new Client()
    expect((await passkeySignIn(browser, authenticator)).status).toBe(200)
    expect((await browser.delete('/user/2fa/totp')).status).toBe(200)
  })

  test('the last way in stays', async () => {
    const person = await signedInPerson(newName('last_way'))
    await addPasskey(person.client, new SoftwareAuthenticator())
    await rows(`UPDATE credentials SET password_hash = '' WHERE user_id = ?`, idOf(person.id))
    const path = `/user/passkeys/${(await listOf(person.client))[0]._id}`
    const refused = await person.client.delete(path)
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'last_way_in'])
    expect(await listOf(person.client)).toHaveLength(1)
  })

  test('restore an account that its owner deleted, as a password does', async () => {
    const person = await signedInPerson(newName('restored'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    await rows(`UPDATE users SET deleted_at = ?, deleted_reason = 'self' WHERE id = ?`, Date.now() - 1000, idOf(person.id))
    expect((await passkeySignIn(new Client(), authenticator)).status).toBe(200)
    expect(await rows('SELECT deleted_at FROM users WHERE id = ?', idOf(person.id))).toEqual([{ deleted_at: null }])
  })

  test('are in the export, without their keys', async () => {
    const person = await signedInPerson(newName('exported'))
    await addPasskey(person.client, new SoftwareAuthenticator(), 'Phone')
    const reply = await person.client.post('/user/export')
    expect(JSON.parse(reply.text).signIn.passkeys).toEqual([{ name: 'Phone', createdAt: expect.any(String), lastUsedAt: null }])
    const [key] = await rows<{ public_key: string }>('SELECT public_key FROM passkeys WHERE user_id = ?', idOf(person.id))
    expect(reply.text).not.toContain(key?.public_key)
  })
})

describe('the options', () => {
  test('name the relying party and the user, and exclude the passkeys that the user has', async () => {
    const person = await signedInPerson(newName('options'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    const publicKey = await registrationOptions(person.client)
    const id = Buffer.from(authenticator.made[0]?.id ?? []).toString('base64url')
    expect(publicKey).toMatchObject({
      rp: { id: 'kith.test' },
      user: { id: Buffer.from(person.id, 'hex').toString('base64url'), name: person.username, displayName: 'Test Person' },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
      excludeCredentials: [{ type: 'public-key', id }],
      authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
      attestation: 'none',
    })
    expect(await authenticationOptions(new Client())).toMatchObject({
      rpId: 'kith.test',
      allowCredentials: [],
      userVerification: 'required',
    })
  })

  test('are of the configured domain, and passkeys are taken from the configured origins', async () => {
    const env = { PASSKEY_ORIGINS: `https://app.example.org android:apk-key-hash:${'A'.repeat(43)}` }
    const person = await signedInPerson(newName('origins'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    for (const origin of env.PASSKEY_ORIGINS.split(' ')) {
      expect((await passkeySignIn(new Client(), authenticator, { origin })).status, origin).toBe(400)
      expect((await passkeySignIn(new Client(), authenticator, { origin }, { env })).status, origin).toBe(200)
    }
    const related = await new Client().get('/.well-known/webauthn', { env })
    expect(related.json).toEqual({ origins: ['https://kith.test', 'https://app.example.org'] })
    expect(related.headers.get('content-type')).toMatch(/^application\/json/)
  })
})
