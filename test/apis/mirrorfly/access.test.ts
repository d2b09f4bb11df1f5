// The access matrix of the room (security rows 53, 54): every route, every kind of credential, every state of an account.
import { beforeAll, describe, expect, test } from 'vitest'
import { mirrorfly } from '../../../src/apis/mirrorfly/index.ts'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import { PRINTED_401 } from '../../conformance/mirrorfly-seed.ts'
import { png } from '../../support/images.ts'
import { Client, db } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { nameOf, routesOfRoom } from '../../support/routes.ts'
import { bearerOf, clientToken, newCtx, newGrant, userToken } from '../../support/tokens.ts'
import {
  BASE,
  basic,
  call,
  createUser,
  type Deployment,
  formOf,
  getUser,
  logIn,
  type MadeUser,
  madeUser,
  newDeployment,
  picture,
} from './harness.ts'

let ours: Deployment
let theirs: Deployment
let user: MadeUser
let stranger: MadeUser
let person: Person

beforeAll(async () => {
  ours = await newDeployment()
  theirs = await newDeployment()
  user = await madeUser(ours, 'matrix', { nickname: 'Matrix', profileFile: picture(png()) })
  stranger = await madeUser(theirs, 'matrix')
  person = await signedInPerson('matrix_person')
})

type Ask = (token: string | null) => ReturnType<typeof call>

/** Every route that needs a token, with an existing target. */
const ROUTES: Readonly<Record<string, Ask>> = {
  'POST /users/createUser': (token) => createUser(ours, 'matrix', {}, { token }),
  'GET /users/:userId': (token) => getUser(token, 'matrix'),
  'GET /media/profilePics/:upload/:digest/:size': (token) => call(token, new URL(user.profileUrlThumb).pathname.slice(BASE.length)),
}
const CREATE = 'POST /users/createUser'

test('the matrix has every route of the room but the log-in', () => {
  expect(['POST /login', ...Object.keys(ROUTES)].sort()).toEqual(routesOfRoom(mirrorfly.app).map(nameOf).sort())
})

const EXPIRED = PRINTED_401
const LACKS = { status: 403, message: 'The token lacks the scope of this call' }
const UNKNOWN = { status: 404, message: 'Not found' }

const issue = (grant: Parameters<typeof issueAccessToken>[1]) => issueAccessToken(newCtx(), grant)

/** Tokens that are not of a license key, however valid elsewhere. */
const FOREIGN: Readonly<Record<string, () => Promise<string | null>>> = {
  none: async () => null,
  empty: async () => ' ',
  nonsense: async () => 'nonsense',
  'a broken signature': async () => `${ours.token.slice(0, -4)}AAAA`,
  'an expired one': () => issue({ clientId: ours.account.username, scopes: ['client:all'], lifeSeconds: -60, holder: { clientEpoch: 0 } }),
  'one of an older epoch of the key': () =>
    issue({ clientId: ours.account.username, scopes: ['client:all'], lifeSeconds: 600, holder: { clientEpoch: -1 } }),
  'one that is bound to a key (RFC 9449)': () =>
    issue({ clientId: ours.account.username, scopes: ['client:all'], lifeSeconds: 600, holder: { clientEpoch: 0 }, jkt: 'x'.repeat(43) }),
  'the license key itself': async () => ours.licenseKey,
  'HTTP Basic with the account': async () => `Basic ${Buffer.from(`${ours.account.username}:${ours.account.password}`).toString('base64')}`,
  'a service of OAuth': () => clientToken(['*']),
  'a person under a client of OAuth': () => userToken(person, ['*']),
  'a client of no row': () => issue({ clientId: 'machine-1', scopes: ['client:all'], lifeSeconds: 600, holder: { clientEpoch: 0 } }),
  'an API key': async () => {
    const { machine } = await makeMachine('api_key', { scopes: ['*'] })
    return issue({ clientId: machine.clientId ?? '', scopes: ['*'], lifeSeconds: 600, holder: { clientEpoch: 0 } })
  },
  'a person under an API key': async () => {
    const { machine } = await makeMachine('api_key', { scopes: ['*'] })
    const sessionId = await newGrant(person, machine.clientId ?? '', '*')
    const holder = { userId: Number.parseInt(person.id, 16) as never, sessionId }
    return issue({ clientId: machine.clientId ?? '', scopes: ['*'], lifeSeconds: 600, holder })
  },
}

describe.each(Object.entries(ROUTES))('%s', (route, ask) => {
  test.each(Object.entries(FOREIGN))('%s: 401 Token Expired', async (kind, tokenOf) => {
    const reply = await ask(await tokenOf())
    // A person is refused for the scope before the key is checked; nobody learns anything from it.
    const refused = route === CREATE && kind === 'a person under an API key' ? LACKS : EXPIRED
    expect([reply.status, reply.json]).toEqual([refused.status, refused])
  })

  test('a browser session alone is not a token', async () => {
    const method = route.split(' ')[0] ?? ''
    const reply = await person.client.fetch(`${BASE}/users/matrix`, { method })
    expect(method === 'GET' ? reply.json : EXPIRED).toEqual(EXPIRED)
  })

  test("the key's own token passes, raw or with Bearer before it, in any case", async () => {
    for (const token of [ours.token, `Bearer ${ours.token}`, `bearer ${ours.token}`]) expect((await ask(token)).status).toBe(200)
    for (const token of [`Token ${ours.token}`, `Bearer${ours.token}`, `${ours.token}, x`]) expect((await ask(token)).status).toBe(401)
  })

  test("another key's token finds nothing of ours", async () => {
    const reply = await ask(theirs.token)
    if (route === CREATE) expect(reply.json).toEqual({ status: 400, message: 'licenseKey is not the license key of the token' })
    // The other key has a user of this name: its own.
    else if (reply.status === 200) expect(reply.json.data.username).toBe(stranger.username)
    else expect(reply.json).toEqual(UNKNOWN)
  })

  test("a user's token makes nobody, and sees the users of its own key", async () => {
    const reply = await ask(user.token)
    expect(reply.status).toBe(route === CREATE ? 403 : 200)
    if (route === CREATE) expect(reply.json).toEqual(LACKS)
    const other = await ask(stranger.token)
    if (route.startsWith('GET /media')) expect(other.json).toEqual(UNKNOWN)
    if (route.startsWith('GET /users')) expect(other.json.data.username).toBe(stranger.username)
  })

  test('a state that closes the account closes its token here', async () => {
    if (route === CREATE) return
    const states = ['banned_at = 1', 'deleted_at = 1', 'epoch = epoch + 1', 'banned_at = 1, banned_until = 99999999999999']
    for (const state of states) {
      const made = await madeUser(ours, `shut ${state} ${route}`)
      expect((await ask(made.token)).status).toBe(200)
      await db.prepare(`UPDATE users SET ${state} WHERE username = ?`).bind(made.username).run()
      expect((await ask(made.token)).json, state).toEqual(EXPIRED)
    }
    // Restricted: signs in and reads. Banned until a moment ago: free again.
    for (const state of ['restricted_at = 1', 'banned_at = 1, banned_until = 2']) {
      const made = await madeUser(ours, `open ${state} ${route}`)
      await db.prepare(`UPDATE users SET ${state} WHERE username = ?`).bind(made.username).run()
      expect((await ask(made.token)).status, state).toBe(200)
    }
  })
})

describe('log-in and createUser, by the state of the account', () => {
  test.each([
    ['banned_at = 1', 400, 403],
    ['deleted_at = 1', 400, 403],
    ["deleted_at = 1, deleted_reason = 'self'", 400, 403],
    ['restricted_at = 1', 200, 200],
    ['epoch = epoch + 1', 200, 200],
  ])('%s: log-in %d, createUser %d', async (state, signedIn, created) => {
    const made = await madeUser(ours, `states ${state}`, { nickname: 'As before' })
    await db.prepare(`UPDATE users SET ${state} WHERE username = ?`).bind(made.username).run()
    expect((await logIn(made)).status).toBe(signedIn)
    const reply = await createUser(ours, `states ${state}`, { nickname: 'As before' })
    expect(reply.status).toBe(created)
    if (created === 200) expect((await getUser(reply.json.data.token, `states ${state}`)).status).toBe(200)
  })

  test('signing out everywhere ends what was issued, and nothing else', async () => {
    const made = await madeUser(ours, 'leaves everywhere')
    expect((await bearerOf(made.token).post('/user/logout-all')).status).toBe(200)
    expect((await getUser(made.token, 'leaves everywhere')).json).toEqual(EXPIRED)
    expect((await getUser((await logIn(made)).json.data.token, 'leaves everywhere')).status).toBe(200)
  })
})

describe('elsewhere', () => {
  test('the account is not an OAuth client', async () => {
    const { username: client_id, password: client_secret } = ours.account
    const grants = [{ grant_type: 'client_credentials' }, { grant_type: 'refresh_token', refresh_token: 'x' }]
    for (const grant of grants) {
      const body = new URLSearchParams({ ...grant, client_id, client_secret })
      expect((await new Client().post('/oauth/token', body)).json.error).toBe('invalid_client')
    }
  })

  test("a user's token is a person's, with no more than the key has for people", async () => {
    const narrow = await newDeployment({ scopes: ['client:profile:all', 'delegated:profile:read'] })
    const { token } = await madeUser(narrow, 'narrow')
    expect((await bearerOf(token).get('/user/me')).status).toBe(200)
    expect((await bearerOf(token).patch('/user/me', { bio: 'x' })).status).toBe(403)
    expect((await bearerOf(narrow.token).get('/user/me')).status).toBe(403)
  })

  test('a token is checked before the body is read', async () => {
    const broken = { method: 'POST', body: 'x'.repeat(1000), headers: { 'content-type': 'multipart/form-data' } }
    expect((await call(null, '/users/createUser', broken)).json).toEqual(EXPIRED)
    expect((await call(await userToken(person), '/users/createUser', broken)).json).toEqual(EXPIRED)
    expect((await call(user.token, '/users/createUser', broken)).json).toEqual(LACKS)
    expect((await call(ours.token, '/users/createUser', broken)).status).toBe(400)
    const form = formOf(basic(ours, 'never made'))
    const never = await call(await clientToken(['client:all']), '/users/createUser', { method: 'POST', body: form })
    expect(never.json).toEqual(EXPIRED)
    expect((await getUser(ours.token, 'never made')).status).toBe(404)
  })
})
