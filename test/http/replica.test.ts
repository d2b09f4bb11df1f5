// With GATE=replica (design §1.8): what a replica does not know yet keeps nobody out, and everyone sees what they have just written.
import { afterEach, beforeEach, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { idOf, newName, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, type Options, ORIGIN, platform } from '../support/kith.ts'
import { fillIn } from '../support/pages.ts'
import { signedInPerson } from '../support/people.ts'
import { bearerOf, clientToken, newOAuthClient, userToken } from '../support/tokens.ts'

const REPLICA: Options = { env: { GATE: 'replica' } }
const COOKIE = '__Host-kith_bookmark'

beforeEach(() => platform.reset())
afterEach(() => clock.restore())

/** A session that the replica has seen as ended, while it lives: as one that it has not seen at all. */
async function personBehind(prefix: string) {
  const person = await signedInPerson(newName(prefix))
  const app = bearerOf(await userToken(person))
  const sessions = [person.client, app]
  await rows('UPDATE sessions SET revoked_at = 1')
  platform.replicaLag = true
  for (const client of sessions) expect((await client.get('/user/me', REPLICA)).status).toBe(401)
  await rows('UPDATE sessions SET revoked_at = NULL')
  return { person, app }
}

test('a session that the replica does not have yet counts, by cookie and by token', async () => {
  const { person, app } = await personBehind('behind')
  for (const client of [person.client, app]) expect((await client.get('/user/me', REPLICA)).status).toBe(200)
  expect((await person.client.get('/sign-in', REPLICA)).status).toBe(303)
})

test('so does a client that acts for itself', async () => {
  const client = bearerOf(await clientToken(['client:profile:read']))
  const { username } = await signedInPerson(newName('looked_up'))
  const look = async () => (await client.get(`/mxit/user/lookup/${username}`, REPLICA)).status
  await rows("UPDATE oauth_clients SET disabled_at = 1 WHERE id LIKE 'test-client-%'")
  platform.replicaLag = true
  expect(await look()).toBe(401)
  await rows("UPDATE oauth_clients SET disabled_at = NULL WHERE id LIKE 'test-client-%'")
  expect(await look()).toBe(200)
})

test('an administrator who has lost their role no longer sees the account that they have opened', async () => {
  const { username, id } = await signedInPerson(newName('opened'))
  const admin = await signedInAdmin(newName('demoted'), 'super_admin')
  await rows("UPDATE sessions SET amr = 'pwd otp mfa', second_factor = 'totp' WHERE user_id = ?", idOf(admin.id))
  await fillIn(admin.client, `/admin/people/${id}/impersonate`, { reason: 'ticket 4711', kind: 'read' })
  const sees = async () => {
    const headers = { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }
    return (await admin.client.get('/user/me', { ...REPLICA, headers })).json?.data?.user?.username
  }
  platform.replicaLag = true
  expect(await sees()).toBe(username)
  await rows("UPDATE users SET role = 'user' WHERE id = ?", idOf(admin.id))
  expect(await sees()).not.toBe(username)
})

test('what the replica has takes no trip to the primary', async () => {
  const { client } = await signedInPerson(newName('known'))
  platform.reset()
  const { counts } = await platform.counts.measure(() => client.get('/user/me', REPLICA))
  expect(counts.d1RoundTrips).toBe(1)
})

test('a browser sees on the next page what it has just changed', async () => {
  const { client } = await signedInPerson(newName('changed'))
  platform.replicaLag = true
  const shown = async () => (await client.get('/account/profile', REPLICA)).text
  await shown()
  await fillIn(client, '/account/profile', { bio: 'Without a cookie.' })
  expect(client.cookies.has(COOKIE)).toBe(false)
  expect(await shown()).not.toContain('Without a cookie.')
  const { status } = await client.patch('/user/me', { bio: 'With a cookie.' }, REPLICA)
  expect(status).toBe(200)
  expect(client.cookies.get(COOKIE)).toMatch(/\S/)
  expect(await shown()).toContain('With a cookie.')
})

test('a program gets no cookie, and a bookmark that is none is as good as no bookmark', async () => {
  const program = bearerOf(await userToken(await signedInPerson(newName('program'))))
  const changed = await program.patch('/user/me', { bio: 'Changed.' }, REPLICA)
  expect(changed.headers.get('set-cookie')).toBeNull()
  const bookmark = changed.headers.get('x-d1-bookmark') ?? ''
  for (const sent of [bookmark, 'first-primary', 'nonsense', `${bookmark}0`]) {
    expect((await program.get('/user/me', { ...REPLICA, headers: { 'x-d1-bookmark': sent } })).status).toBe(200)
  }
})

test('a stranger reads a public profile from the replica', async () => {
  const { username, client } = await signedInPerson(newName('public'))
  // The replica of the tests knows what was asked at the same time.
  clock.freeze()
  platform.replicaLag = true
  const shown = async () => (await new Client().get(`/@${username}`, REPLICA)).text
  await client.patch('/user/me', { bio: 'First.' })
  expect(await shown()).toContain('First.')
  await client.patch('/user/me', { bio: 'Second.' })
  expect(await shown()).toContain('First.')
})

test('a client that has just been registered gets a code', async () => {
  const { client } = await signedInPerson(newName('authorizes'))
  platform.replicaLag = true
  const id = 'registered_just_now'
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: id,
    redirect_uri: 'https://app.kith.test/callback',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  })
  const ask = () => client.get(`/oauth/authorize?${query}`, REPLICA)
  expect((await ask()).status).toBe(400)
  await newOAuthClient('*', { id })
  expect((await ask()).headers.get('location')).toContain('code=')
})
