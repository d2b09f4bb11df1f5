// Powers of administrators (docs/decisions/018): nobody gives away or takes over more than they hold, granting rights takes the
// administrator in person, and ADMIN_REQUIRES_SECOND_FACTOR closes administration to anyone without a second factor.
import { beforeAll, describe, expect, test } from 'vitest'
import { getConfig } from '../../src/config.ts'
import { clock } from '../platform/clock.ts'
import { answer, idOf, newName, pendingLogIn, rows } from '../support/actors.ts'
import { giveRole, signedInAdmin } from '../support/admins.ts'
import { codeOf, enrol, STEP_MS } from '../support/authenticator.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { Client, db, platform, type Reply } from '../support/kith.ts'
import { browserOf, follow, formOf, headingOf, send } from '../support/pages.ts'
import { logIn, type Person, signedInPerson, signUpBody, verifiedPerson } from '../support/people.ts'
import { addPasskey, passkeySignIn, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { atTheLine, whileAtTheLine } from '../support/start-line.ts'
import { bearerOf, newOAuthClient, userToken } from '../support/tokens.ts'

const API = '/user/admin-api'
const reasonOf = ({ status, json }: Reply) => [status, json.additionalInfo?.reason]
const LACKS = [403, 'scope']

async function newRole(ranking: number, scopes: string): Promise<string> {
  const id = newName('role')
  await rows(
    `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?, 'R', ?, 'R', ?, 0, 0, 0)`,
    id,
    ranking,
    scopes,
  )
  return id
}

async function withRole(name: string, role: string): Promise<Person> {
  const person = await verifiedPerson(newName(name))
  await giveRole(person, role)
  await logIn(person)
  return person
}

let root: Person
let admin: Person
/** Of a high rank, with no power but to change users. */
let editor: Person
let registrars: string
beforeAll(async () => {
  root = await signedInAdmin('powers_root', 'super_admin')
  admin = await signedInAdmin('powers_admin')
  editor = await withRole('editor', await newRole(3, 'delegated:all admin:profile:write'))
  registrars = await newRole(50, 'delegated:all admin:client:all')
})
freezeEachTest()

describe('an administrator who may only change users', () => {
  test('creates nobody who holds more, neither with a browser nor with a token', async () => {
    for (const by of [editor.client, bearerOf(await userToken(root, ['admin:profile:write']))]) {
      const username = newName('made')
      expect(reasonOf(await by.post(`${API}/create`, { ...signUpBody(username), role: registrars }))).toEqual(LACKS)
      expect(await rows('SELECT 1 FROM users WHERE username = ?', username)).toEqual([])
      expect((await by.post(`${API}/create`, signUpBody(username))).status, 'a user').toBe(201)
    }
  })

  test('gives nobody more, and does not open the account of anybody who holds more, though of a lower rank', async () => {
    const registrar = await withRole('registrar', registrars)
    const user = await signedInPerson(newName('ordinary'))
    const update = (target: Person, fields: object) => editor.client.patch(`${API}/update`, { target: target.id, ...fields })
    const before = await rows('SELECT * FROM users WHERE id = ?', idOf(registrar.id))
    for (const fields of [{ password: 'a password of the editor' }, { email: 'editor@example.com' }, { role: 'user' }]) {
      expect(reasonOf(await update(registrar, fields))).toEqual(LACKS)
      expect(reasonOf(await editor.client.patch('/user/me', { target: registrar.id, ...fields }))).toEqual(LACKS)
    }
    expect(reasonOf(await update(user, { role: registrars }))).toEqual(LACKS)
    expect(await rows('SELECT * FROM users WHERE id = ?', idOf(registrar.id))).toEqual(before)
    expect((await registrar.client.get('/user/me')).status).toBe(200)
    expect((await update(registrar, { bio: 'Registers.' })).status, 'what opens nothing').toBe(200)
    expect((await update(user, { password: 'a password of the editor' })).status, 'a user').toBe(200)
    const byRoot = await root.client.patch(`${API}/update`, { target: registrar.id, role: 'user' })
    expect(byRoot.status, 'who holds all').toBe(200)
  })

  test('nor of anybody whose role gets a power while the change is under way', async () => {
    const growing = await newRole(60, 'delegated:all')
    const target = await withRole('growing', growing)
    const body = { target: target.id, password: 'a password of the editor' }
    const start = () => editor.client.patch(`${API}/update`, body, atTheLine)
    const grow = () => rows("UPDATE roles SET scopes = 'delegated:all admin:roles:all' WHERE id = ?", growing)
    expect(reasonOf(await whileAtTheLine(start, /INSERT INTO audit_events/, grow))).toEqual(LACKS)
    expect((await logIn(target, new Client())).status).toBe(200)
  })

  test('nobody raises the rank of a role whose powers they lack', async () => {
    const keeper = await withRole('keeper', await newRole(3, 'delegated:all admin:roles:write'))
    expect(reasonOf(await keeper.client.patch('/roles/admin-api/update', { id: registrars, ranking: 4 }))).toEqual(LACKS)
  })
})

describe('in person', () => {
  const acts = (target: Person, client: string): [string, string, object][] => [
    ['POST', '/client/admin-api/create', { client_name: 'New', scope: 'delegated:profile:read', redirect_uris: ['https://evil.example/'] }],
    ['PATCH', '/client/admin-api/update', { client_id: client, redirect_uris: ['https://evil.example/'] }],
    ['PATCH', '/client/admin-api/update', { client_id: client, disabled: true, rotate_secret: true }],
    ['POST', '/machine/admin-api/create', { kind: 'api_key', name: 'New' }],
    ['POST', '/roles/admin-api/create', { id: newName('made'), displayName: 'New', ranking: 90, description: 'New' }],
    ['PATCH', '/roles/admin-api/update', { id: registrars, ranking: 51 }],
    ['DELETE', '/roles/admin-api/delete', { id: registrars }],
    ['POST', `${API}/create`, { ...signUpBody(newName('made')), role: 'owner' }],
    ['PATCH', `${API}/update`, { target: target.id, password: 'a password of the thief' }],
    ['PATCH', `${API}/update`, { target: target.id, email: 'thief.of.admins@example.com' }],
    ['PATCH', `${API}/update`, { target: target.id, role: 'owner' }],
    ['PATCH', '/user/me', { target: target.id, role: 'owner' }],
    ['POST', `${API}/remove-2fa`, { target: target.id }],
    ['POST', `${API}/end-sessions`, { target: target.id }],
  ]

  test('a token that holds everything hands out no rights, an old sign-in neither, and nor does a mailed code beside an app', async () => {
    const target = await signedInPerson(newName('target'))
    const confidential = { token_endpoint_auth_method: 'client_secret_basic', grant_types: 'authorization_code' }
    const client = await newOAuthClient('delegated:all', confidential)
    const stale = await signedInAdmin(newName('stale'), 'super_admin')
    const twoSteps = await signedInAdmin(newName('two_steps'), 'super_admin')
    await enrol(twoSteps.client)
    clock.advance(10 * 60_000 + 1)
    const token = bearerOf(await userToken(root, ['*']))
    // A fresh sign-in by mailed code.
    await rows(
      "UPDATE sessions SET authenticated_at = ?, amr = 'pwd otp mfa', second_factor = 'email' WHERE user_id = ?",
      Date.now(),
      idOf(twoSteps.id),
    )
    for (const [method, path, body] of acts(target, client)) {
      const send = (by: Client) => by.fetch(path, { method, body: { ...body } })
      expect(reasonOf(await send(token)), `${path} with a token`).toEqual([403, 'browser_sign_in_required'])
      expect(reasonOf(await send(stale.client)), `${path} from an old sign-in`).toEqual([403, 'fresh_sign_in_required'])
      expect(reasonOf(await send(twoSteps.client)), `${path} by a mailed code`).toEqual([403, 'second_factor_required'])
    }
    expect(await rows('SELECT epoch FROM users WHERE id = ?', idOf(target.id))).toEqual([{ epoch: 0 }])
  })

  test('everything else works with a token, including what stops a leak', async () => {
    const target = await signedInPerson(newName('target'))
    const token = bearerOf(await userToken(admin, ['admin:all', 'delegated:all']))
    await logIn(admin)
    const make = async (path: string, body: object) => (await admin.client.post(path, { ...body })).json.data
    const { client } = await make('/client/admin-api/create', {
      client_name: 'C',
      scope: 'delegated:all',
      redirect_uris: ['https://c.example/'],
    })
    const { machine } = await make('/machine/admin-api/create', { kind: 'api_key', name: 'K' })
    const { client_id } = client
    for (const reply of [
      await token.get(`${API}/list?limit=1`),
      await token.patch(`${API}/update`, { target: target.id, bio: 'Edited.' }),
      await token.post(`${API}/ban`, { target: target.id, state: true }),
      await token.patch('/client/admin-api/update', { client_id, disabled: true }),
      await token.post('/client/admin-api/delete', { client_id }),
      await token.post('/machine/admin-api/revoke', { id: machine._id }),
    ]) {
      expect(reply.status, reply.text).toBe(200)
    }
  })
})

describe('ADMIN_REQUIRES_SECOND_FACTOR', () => {
  const required = { env: { ADMIN_REQUIRES_SECOND_FACTOR: 'on' } }

  test('closes every way to administer until a second factor is on, and says where to set one up', async () => {
    const person = await signedInAdmin(newName('one_step'), 'super_admin')
    const target = await signedInPerson(newName('target'))
    const token = bearerOf(await userToken(person, ['admin:all', 'delegated:all']))
    const ways = (client: Client) => [
      client.get(`${API}/list?limit=1`, required),
      client.post(`${API}/ban`, { target: target.id, state: true }, required),
      client.patch('/user/me', { target: target.id, bio: 'Edited.' }, required),
      client.get('/client/admin-api/list', required),
    ]
    for (const client of [person.client, token]) {
      for (const reply of await Promise.all(ways(client))) {
        expect(reasonOf(reply)).toEqual([403, 'second_factor_missing'])
        expect(reply.json.additionalInfo.message).toContain('https://kith.test/account/two-step')
        const challenge = client === token ? 'error="insufficient_user_authentication"' : null
        expect(/error="\w+"/.exec(reply.headers.get('www-authenticate') ?? '')?.[0] ?? null).toBe(challenge)
      }
    }
    expect((await person.client.get('/user/me', required)).status, 'their own account').toBe(200)
    expect((await person.client.get('/account/two-step', required)).text).toContain('As an administrator, you need')
    expect((await target.client.get('/account/two-step', required)).text).not.toContain('As an administrator, you need')
    const { secret } = await enrol(person.client)
    clock.advance(STEP_MS)
    await answer(await pendingLogIn(person, person.client), codeOf(secret), person.client)
    for (const reply of await Promise.all(ways(person.client))) expect(reply.status, reply.text).toBe(200)
    const fresh = { client_name: 'C', scope: 'delegated:all', redirect_uris: ['https://c.example/'] }
    expect((await person.client.post('/client/admin-api/create', fresh, required)).status).toBe(201)
    const robot = { kind: 'robot', name: newName('catalogue') }
    expect((await person.client.post('/machine/admin-api/create', robot, required)).status).toBe(201)
    const app = bearerOf(await userToken(person, ['admin:all']))
    expect((await app.get(`${API}/list?limit=1`, required)).status, 'an app of somebody with a factor').toBe(200)
  })

  test('a passkey is enough, in the browser and in an app that got its token by it; the password of the same account is not', async () => {
    const person = await signedInAdmin(newName('key_holder'), 'super_admin')
    const target = await signedInPerson(newName('target'))
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    expect((await passkeySignIn(person.client, authenticator)).status).toBe(200)
    const byPassword = await browserOf(person)
    const tokenBy = async (amr: string) => bearerOf(await userToken(person, ['admin:all', 'delegated:all'], 600, {}, amr))
    const ways = (client: Client) => [
      client.get(`${API}/list?limit=1`, required),
      client.patch(`${API}/update`, { target: target.id, bio: 'Edited.' }, required),
      client.patch('/user/me', { target: target.id, bio: 'Edited again.' }, required),
    ]
    for (const client of [person.client, await tokenBy('hwk user mfa')]) {
      for (const reply of await Promise.all(ways(client))) expect(reply.status, reply.text).toBe(200)
    }
    const password = { target: target.id, password: 'a password of the admin' }
    expect((await person.client.patch(`${API}/update`, password, required)).status, 'in person').toBe(200)
    expect((await person.client.get('/account/two-step', required)).text).not.toContain('As an administrator, you need')
    // Two factors that the account does not have are none: only a passkey needs nothing beside it.
    for (const client of [byPassword, await tokenBy('pwd'), await tokenBy('otp'), await tokenBy('pwd otp mfa')]) {
      for (const reply of await Promise.all(ways(client))) expect(reasonOf(reply)).toEqual([403, 'second_factor_missing'])
    }
    const challenged = await (await tokenBy('pwd')).get(`${API}/list?limit=1`, required)
    expect(challenged.headers.get('www-authenticate')).toContain('acr_values="urn:kith:acr:2fa urn:kith:acr:phr"')
  })

  test('whoever has only the password of an administrator with a passkey adds nothing that opens administration', async () => {
    const admin = await signedInAdmin(newName('key_thief'))
    const authenticator = new SoftwareAuthenticator()
    const added = await addPasskey(admin.client, authenticator)
    const enrolled = await signedInPerson(newName('key_other'))
    await addPasskey(enrolled.client, new SoftwareAuthenticator())
    const thief = await browserOf(admin)
    const ways = (client: Client) => [
      () => client.post('/user/passkeys/registration-options', undefined, required),
      () => client.delete(`/user/passkeys/${added.json.data.passkey._id}`, required),
      () => client.post('/user/2fa/totp', undefined, required),
      () => client.post('/user/2fa', { state: true }, required),
    ]
    for (const way of ways(thief)) expect(reasonOf(await way())).toEqual([403, 'passkey_required'])
    const form = formOf(await thief.get('/account/two-step', required), '/account/two-step/email')
    expect(headingOf(await follow(thief, await send(thief, form, {}, required)))).toBe('Sign in with your passkey')
    expect(reasonOf(await thief.get(`${API}/list`, required))).toEqual([403, 'second_factor_missing'])
    // Nor with a token that has no part in administration: the grant that it was narrowed from may.
    const narrowed = bearerOf(await userToken(admin, ['delegated:profile:2fa:write']))
    expect(reasonOf(await narrowed.post('/user/2fa', { state: true }, required))).toEqual([403, 'passkey_required'])
    // Anybody else may: their password opens all of the account anyway.
    expect((await enrolled.client.post('/user/2fa/totp', undefined, required)).status).toBe(200)
    expect((await passkeySignIn(admin.client, authenticator)).status).toBe(200)
    const [options, , totp, email] = ways(admin.client)
    for (const way of [options, totp, email]) expect((await way?.())?.status, 'with the passkey').toBe(200)
  })

  test('is on in production unless it is switched off, and off elsewhere', async () => {
    const keys = Object.fromEntries(
      ['HMAC_KEYS', 'PEPPER_KEYS', 'ENCRYPTION_KEYS', 'PAIRWISE_KEY'].map((name) => [name, JSON.stringify({ a: 'A'.repeat(43) })]),
    )
    const SIGNING_KEYS = String(platform.env.SIGNING_KEYS).replaceAll('test-', '')
    const production = { ENVIRONMENT: 'production', MAIL: 'email-service', SCRYPT_LN: '15', ...keys, SIGNING_KEYS }
    const isOn = (vars: Record<string, string>) => getConfig({ ...platform.env, ...vars }).adminRequiresSecondFactor
    expect([isOn(production), isOn({ ...production, ADMIN_REQUIRES_SECOND_FACTOR: 'off' }), isOn({})]).toEqual([true, false, false])
  })
})

test('an administrator without the role any more is refused at once, however far replicas lag behind', async () => {
  const admin = await signedInAdmin(newName('demoted'))
  const lagging = { env: { GATE: 'replica' } } as const
  platform.replicaLag = true
  const calls = ['/user/admin-api/list', '/user/me']
  for (const path of calls) expect((await admin.client.get(path, lagging)).status).toBe(200)
  await db.prepare("UPDATE users SET role = 'user' WHERE id = ?").bind(idOf(admin.id)).run()
  const [list, me] = await Promise.all(calls.map((path) => admin.client.get(path, lagging)))
  // The replica still shows the role, to whoever asks there.
  expect(list?.status).toBe(403)
  expect(me?.json.data.user.role).toBe('admin')
})
