// Log-in (wire §5.1, §6.21): a license key's account, or one of its users; nobody else, and one answer to everything wrong.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { toHex } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { Client, db, newestCode, platform } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { signedInPerson } from '../../support/people.ts'
import { bearerOf } from '../../support/tokens.ts'
import { BASE, call, createUser, type Deployment, getUser, logIn, type MadeUser, madeUser, newDeployment } from './harness.ts'

let ours: Deployment
let user: MadeUser
beforeAll(async () => {
  ours = await newDeployment()
  user = await madeUser(ours, 'signs in')
})
afterEach(() => clock.restore())

const WRONG = { status: 400, message: 'The username or the password is wrong' }
const HOUR_MS = 3_600_000

const claimsOf = (token: string) => JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())

/** Nobody of the key signs in any more, and every token is dead. */
async function expectEnded(deployment: Deployment, made: MadeUser): Promise<void> {
  for (const account of [deployment.account, made]) expect((await logIn(account)).json).toEqual(WRONG)
  for (const dead of [made.token, deployment.token]) expect((await getUser(dead, made.userId)).status).toBe(401)
  expect((await createUser(deployment, made.userId)).status).toBe(401)
}

describe('what is right', () => {
  test("a license key's account gets a token of the key itself, for an hour, with the key's scopes for services", async () => {
    const reply = await logIn(ours.account)
    expect(reply.json).toEqual({ status: 200, data: { token: expect.any(String) }, message: 'Data retrieved successfully' })
    const claims = claimsOf(reply.json.data.token)
    const clientId = ours.account.username
    expect(claims).toMatchObject({ sub: clientId, client_id: clientId, scope: 'client:profile:all', client_epoch: 0 })
    expect(claims.exp - claims.iat).toBe(3600)
  })

  test('a user gets a token of the user, for an hour, with the scopes for people', async () => {
    const reply = await logIn(user)
    const claims = claimsOf(reply.json.data.token)
    expect(claims).toMatchObject({ client_id: ours.account.username, scope: 'delegated:all' })
    expect(claims.exp - claims.iat).toBe(3600)
    const me = await bearerOf(reply.json.data.token).get('/user/me')
    expect(me.json.data.user).toMatchObject({ username: user.username, _id: claims.sub })
    const history = await bearerOf(reply.json.data.token).get('/user/login-history')
    expect(history.json.data.records).toMatchObject([{ success: true, clientId: ours.account.username }])
  })

  test('ten failures of others are in the history, then no more, and the user still signs in', async () => {
    const made = await madeUser(ours, 'is guessed at')
    const stranger = new Client()
    for (let n = 0; n < 12; n += 1) expect((await logIn({ ...made, password: `guess ${n}` }, stranger)).status).toBe(400)
    const history = await bearerOf(made.token).get('/user/login-history?limit=100')
    expect(history.json.data.records.filter(({ success }: { success: boolean }) => !success).length).toBe(10)
    expect((await logIn(made)).status).toBe(200)
  })

  test('an urlencoded body works, and so does a username in capitals', async () => {
    const body = new URLSearchParams({ username: user.username.toUpperCase(), password: user.password })
    expect((await new Client().post(`${BASE}/login`, body)).status).toBe(200)
  })
})

test('the password that we made ends with the first one of the person; createUser vouches on', async () => {
  const made = await madeUser(ours, 'grows up')
  const admin = await signedInAdmin('mirrorfly_admin', 'super_admin')
  const target = (await bearerOf(made.token).get('/user/me')).json.data.user._id
  const email = 'grown.up@example.com'
  // An address alone changes nothing; then its owner chooses a password, the first of the account.
  expect((await admin.client.patch('/user/admin-api/update', { target, email })).status).toBe(200)
  expect((await logIn(made)).status).toBe(200)
  await new Client().post('/user/code', { email })
  const password = 'a password of their own'
  expect((await new Client().post('/user/reset-password', { code: await newestCode(email), password })).status).toBe(200)
  expect((await new Client().post('/user/login', { email, password })).status).toBe(200)
  const refused = await logIn(made)
  expect([refused.status, refused.json]).toEqual([400, WRONG])
  expect((await createUser(ours, 'grows up')).json).toMatchObject({ status: 200, data: { password: '' } })
})

test('the generated password alone does not get past a second factor', async () => {
  const made = await madeUser(ours, 'two steps')
  expect((await logIn(made)).status).toBe(200)
  await db.prepare(`INSERT INTO second_factors SELECT id, 'totp', 1 FROM users WHERE username = ?`).bind(made.username).run()
  const refused = await logIn(made)
  expect([refused.status, refused.json]).toEqual([400, WRONG])
})

describe('what is wrong', () => {
  test('an unknown name, a wrong password and the other account are one answer, for as many round trips', async () => {
    const other = await newDeployment()
    const tries = [
      { username: 'user_00000000000000000000', password: user.password },
      { username: user.username, password: 'wrong' },
      { username: user.username, password: ours.account.password },
      { username: ours.account.username, password: 'wrong' },
      { username: ours.account.username, password: ours.licenseKey },
      { username: ours.account.username, password: user.password },
      { username: ours.account.username, password: other.account.password },
      { username: 'machine-1', password: ours.account.password },
      { username: 'signs in', password: user.password },
    ]
    for (const credentials of tries) {
      platform.counts.reset()
      const reply = await logIn(credentials)
      expect([reply.status, reply.json], credentials.username).toEqual([400, WRONG])
      expect(platform.counts.d1RoundTrips).toBe(2)
    }
  })

  test("people's own passwords, API keys and robots open nothing here", async () => {
    const person = await signedInPerson('knocks_in_vain')
    const apiKey = await makeMachine('api_key')
    const robot = await makeMachine('robot')
    const tries = [
      { username: person.username, password: person.password },
      { username: person.email, password: person.password },
      { username: apiKey.machine.clientId ?? '', password: apiKey.secret },
      { username: robot.machine.name, password: robot.secret },
    ]
    for (const credentials of tries) expect((await logIn(credentials)).json).toEqual(WRONG)
  })

  test.each([
    [{}, 'username is required'],
    [{ username: 'someone' }, 'password is required'],
    [{ username: '', password: 'x' }, 'username is required'],
    [{ username: 'x'.repeat(257), password: 'x' }, 'username must have at most 256 characters'],
    [{ username: 'x', password: '' }, 'password is required'],
    [{ username: 'x', password: 'x'.repeat(257) }, 'password must have at most 256 characters'],
    [{ username: { $ne: '' }, password: 'x' }, 'username must be of type string'],
    [{ username: ['x', 'y'], password: 'x' }, 'username must be of type string'],
    [[], 'The body must be of type object'],
    ['{', 'The body is not valid JSON'],
    ['{"__proto__":{"username":"x"},"password":"x"}', undefined],
  ])('%j is 400', async (body, message) => {
    const reply = await new Client().post(`${BASE}/login`, body as never)
    expect([reply.status, reply.json.status]).toEqual([400, 400])
    if (message !== undefined) expect(reply.json.message).toBe(message)
  })
})

describe('the end of a key', () => {
  test('a revoked key: its account and its users sign in no more, and their tokens are dead', async () => {
    const deployment = await newDeployment()
    const made = await madeUser(deployment, 'orphaned')
    await db.batch([
      db.prepare('UPDATE oauth_clients SET disabled_at = 1, epoch = epoch + 1 WHERE id = ?').bind(deployment.account.username),
      db.prepare('UPDATE machine_credentials SET revoked_at = 1 WHERE id = ?').bind(deployment.machine.id),
    ])
    await expectEnded(deployment, made)
  })

  test('what the key may not do, its tokens may not do', async () => {
    const weak = await newDeployment({ scopes: ['client:profile:read', 'delegated:profile:read'] })
    const refused = await createUser(weak, 'anyone')
    expect([refused.status, refused.json.message]).toEqual([403, 'The token lacks the scope of this call'])
    expect((await getUser(weak.token, 'anyone')).status).toBe(404)
    const mute = await newDeployment({ scopes: ['client:profile:write'] })
    expect((await getUser(mute.token, 'anyone')).status).toBe(403)
    const { token } = await madeUser(mute, 'mute')
    expect(claimsOf(token).scope).toBe('')
    expect((await getUser(token, 'mute')).status).toBe(403)
  })
})

test('the network limit is that of sign-ins', async () => {
  const client = new Client()
  const env = { NETWORK_LIMITS: 'on' }
  const statuses: number[] = []
  for (let n = 0; n < 12; n++) statuses.push((await client.post(`${BASE}/login`, { username: 'x', password: 'x' }, { env })).status)
  expect([...new Set(statuses)]).toEqual([400, 429])
})

test('what the room does not have is 404 or 405, in its envelope', async () => {
  expect((await call(ours.token, '/users/updateMetaData', { method: 'PUT', body: {} })).json).toEqual({
    status: 405,
    message: 'This path does not support the method',
  })
  for (const path of ['/register', '/sandbox/register', '/nothing', '']) {
    const reply = await call(ours.token, path, { method: 'POST', body: {} })
    expect([reply.status, Object.keys(reply.json)], path).toEqual([404, ['status', 'message']])
  }
  expect((await call(null, '/login')).headers.get('allow')).toBe('POST')
  expect((await logIn(user, new Client())).headers.get('cache-control')).toBe('no-store')
  expect((await new Client().post(`${BASE}/login/`, user as never)).status).toBe(200)
  expect(toHex(ours.machine.id)).toMatch(/^[0-9a-f]{24}$/)
})

// Ids are made of the time and never go back: what looks for the newest comes before this.
test('a token ends after its hour, and another log-in gives another', async () => {
  clock.freeze()
  const { token } = (await logIn(user)).json.data
  clock.advance(HOUR_MS - 1_000)
  expect((await getUser(token, 'signs in')).status).toBe(200)
  clock.advance(2_000)
  expect((await getUser(token, 'signs in')).json).toEqual({ status: 401, message: 'Token Expired' })
  expect((await getUser((await logIn(user)).json.data.token, 'signs in')).status).toBe(200)
})

test('an expired key is refused like a revoked one', async () => {
  clock.freeze()
  const deployment = await newDeployment({ expiresAt: Date.now() + HOUR_MS / 2 })
  const made = await madeUser(deployment, 'outlives')
  clock.advance(HOUR_MS / 2)
  await expectEnded(deployment, made)
})
