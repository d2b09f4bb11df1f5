// Passkeys of the room `user`: added, listed, renamed, removed, and used to sign in, by themselves or as the second step.
import { beforeEach, describe, expect, test } from 'vitest'
import { idOf, newName, rows } from '../../support/actors.ts'
import { enrol } from '../../support/authenticator.ts'
import { Client, platform } from '../../support/kith.ts'
import { logIn, signedInPerson } from '../../support/people.ts'
import {
  type Algorithm,
  addPasskey,
  authenticationOptions,
  passkeySignIn,
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
