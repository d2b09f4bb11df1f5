// What the log says of requests (docs/watching.md): enough to run the service, and nothing of a person. Everything that a request
// carries may be an address, a name, a code or an id, wherever it stands; no line may contain it.
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { COUNTED_EVERY } from '../../src/store/db/rows.ts'
import { newName } from '../support/actors.ts'
import { Robot } from '../support/digest.ts'
import { type Body, Client, newestCode, type Options } from '../support/kith.ts'
import { makeApiKey, makeRobot } from '../support/machines.ts'
import { PASSWORD, type Person, signedInPerson, signUp } from '../support/people.ts'
import { bearerOf, clientToken, userToken } from '../support/tokens.ts'

interface Line {
  readonly event: string
  readonly [detail: string]: unknown
}

let text: string[] = []
const LEVELS = ['debug', 'log', 'info', 'warn', 'error'] as const

beforeEach(() => {
  text = []
  for (const level of LEVELS) vi.spyOn(console, level).mockImplementation((...said) => void text.push(said.map(String).join(' ')))
})
afterEach(() => vi.restoreAllMocks())

const requests = () => text.map((line) => JSON.parse(line) as Line).filter(({ event }) => event === 'request')

let person: Person
let secrets: Readonly<Record<string, string>>

beforeAll(async () => {
  person = await signedInPerson(newName('logged'))
  secrets = {
    address: person.email,
    encoded: encodeURIComponent(person.email),
    username: person.username,
    id: person.id,
    password: PASSWORD,
    network: person.client.network,
    cookie: [...person.client.cookies.values()].join('; ') || 'no cookie',
    stranger: 'somebody.else@elsewhere.example',
    phone: '+49 151 23456789',
    code: 'abc-def-ghj-kmn-pqr-stu-vwx-yz2',
    digits: '918273',
    token: 'eyJhbGciOiJFUzI1NiJ9.c29tZWJvZHk.c2lnbmF0dXJl',
  }
})

function expectNothingPersonal(): void {
  const said = text.join('\n')
  for (const [what, secret] of Object.entries(secrets)) expect(said.includes(secret) ? `the log has the ${what}: ${said}` : '').toBe('')
}

type Sent = [method: string, path: string, body?: Body | undefined, options?: Options]

/** Each is sent with every secret in each of its places. */
const PLACES: readonly [string, (secret: string) => Sent][] = [
  ['a path that is a route', (secret) => ['GET', `/user/${encodeURIComponent(secret)}`]],
  ['a path that is none', (secret) => ['GET', `/nowhere/${encodeURIComponent(secret)}`]],
  ['a page', (secret) => ['GET', `/people/${encodeURIComponent(secret)}`]],
  ['the path of an older API', (secret) => ['GET', `/mxit/user/profile/${encodeURIComponent(secret)}`]],
  ['the query', (secret) => ['GET', `/user/search?query=${encodeURIComponent(secret)}&${encodeURIComponent(secret)}=1`]],
  [
    'an authorization request',
    (secret) => [
      'GET',
      `/oauth/authorize?client_id=${encodeURIComponent(secret)}&login_hint=${encodeURIComponent(secret)}&state=${encodeURIComponent(secret)}`,
    ],
  ],
  ['a JSON body', (secret) => ['POST', '/user/login', { username: secret, password: secret, [secret]: secret }]],
  ['a body that is no JSON', (secret) => ['POST', '/user/login', `{"username": ${secret}`]],
  ['a sign-up', (secret) => ['POST', '/user/create', { username: secret, email: secret, password: secret, firstName: secret }]],
  ['a mailed code', (secret) => ['POST', '/user/verify-email', { code: secret }]],
  [
    'a form',
    (secret) => [
      'POST',
      '/oauth/token',
      new URLSearchParams({ grant_type: 'authorization_code', client_id: secret, code: secret, code_verifier: secret }),
    ],
  ],
  ['a revocation', (secret) => ['POST', '/oauth/revoke', new URLSearchParams({ token: secret, client_id: secret })]],
  [
    'an Authorization header',
    (secret) => ['GET', '/user/me', undefined, { headers: { authorization: `Bearer ${encodeURIComponent(secret)}` } }],
  ],
  [
    'a Digest header',
    (secret) => ['GET', '/api/users', undefined, { headers: { authorization: `Digest username="${encodeURIComponent(secret)}"` } }],
  ],
  [
    'a proof',
    (secret) => [
      'GET',
      '/user/me',
      undefined,
      { headers: { authorization: `DPoP ${encodeURIComponent(secret)}`, dpop: encodeURIComponent(secret) } },
    ],
  ],
  ['cookies', (secret) => ['GET', '/account', undefined, { headers: { cookie: `__Host-kith_session=${encodeURIComponent(secret)}` } }]],
  [
    'a user agent',
    (secret) => [
      'GET',
      '/health',
      undefined,
      { headers: { 'user-agent': encodeURIComponent(secret), referer: `https://x.example/${encodeURIComponent(secret)}` } },
    ],
  ],
]

describe('whatever is an address, a name, a code or an id', () => {
  test.each(PLACES)('is in no line, sent in %s', async (_place, requestOf) => {
    for (const secret of Object.values(secrets)) {
      const [method, path, body, options] = requestOf(secret)
      for (const client of [new Client(), person.client]) {
        await client.fetch(path, { ...options, method, ...(body === undefined ? {} : { body }) })
      }
    }
    expect(requests().length).toBe(2 * Object.keys(secrets).length)
    expectNothingPersonal()
  })

  test('is in no line of a life: sign-up, mail, sign-in, profile, a follow, an export, a deletion', async () => {
    const username = newName('lived')
    const fresh = await signUp(username)
    const code = await newestCode(fresh.email)
    await fresh.client.post('/user/verify-email', { code })
    await fresh.client.post('/user/login', { username, password: PASSWORD })
    await fresh.client.patch('/user/me', { bio: 'a bio of theirs', phone: '151998877' })
    await fresh.client.post('/user/follow', { target: person.id })
    await fresh.client.post('/user/export')
    await fresh.client.fetch('/user/me', { method: 'DELETE', body: { password: PASSWORD } })
    secrets = { ...secrets, code, fresh: fresh.email, freshName: username, freshId: fresh.id, bio: 'a bio of theirs', phone: '151998877' }
    expect(requests().length).toBeGreaterThan(6)
    expectNothingPersonal()
  })
})

test('a line has the pattern, status, time, what D1 did, the kind of caller and the client', async () => {
  await person.client.get('/user/me')
  const [line, ...others] = requests()
  expect(others).toEqual([])
  expect(line).toMatchObject({ method: 'GET', route: '/user/me', status: 200, trips: 1, rowsWritten: 0, caller: 'browser', room: 'user' })
  expect(line?.client).toBeUndefined()
  expect(line?.ms).toBeGreaterThanOrEqual(0)
  // Of statements that are run alone, the rows are counted now and then: the session, its user and their role.
  for (let reads = 0; reads < COUNTED_EVERY; reads++) await person.client.get('/user/me')
  expect(requests().at(-1)?.rowsRead).toBe(3)
})

test('a path is written as its pattern, and one of no route as such', async () => {
  await person.client.get(`/user/${person.id}`)
  await new Client().get(`/nowhere/${person.id}`)
  expect(requests().map(({ route, caller }) => [route, caller])).toEqual([
    [expect.stringMatching(/^\/user\/:/), 'browser'],
    ['unmatched', 'anonymous'],
  ])
})

test('each kind of caller has its name, and its client', async () => {
  const [app, service, key] = [await userToken(person), await clientToken(['client:profile:read']), await makeApiKey()]
  const robot = new Robot(await makeRobot())
  await robot.headers('/api/users')
  text = []
  await bearerOf(app).get('/user/me')
  await bearerOf(service).get('/user/me')
  await robot.get('/api/users')
  await new Client().post('/epixel/v1/user/login', { username: person.username, password: PASSWORD }, { headers: { apikey: key.secret } })
  await new Client().get('/user/me')
  const seen = requests().map(({ caller, client }) => `${caller} ${typeof client}`)
  expect(seen).toEqual(['app string', 'service string', 'robot string', 'key string', 'anonymous undefined'])
})

test('Server-Timing is for development: no deployment tells strangers what a request costs it', async () => {
  const DEVELOPMENT = { ENVIRONMENT: 'development', ORIGIN: 'http://localhost:8787', SCRYPT_LN: '15' }
  const timing = async (env: Options['env'] = {}) => (await new Client().get('/user/scopes', { env })).headers.get('server-timing')
  expect(await timing()).toBeNull()
  expect(await timing(DEVELOPMENT)).toMatch(/^total;dur=\d+, db;desc="0 trips, 0 rows read, 0 written"$/)
})
