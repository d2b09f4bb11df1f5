// Clients that register themselves (RFC 7591) and manage their registration (RFC 7592).
import { decodeJwt, type JWTPayload, SignJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { RegistrationReply } from '../../../src/apis/oauth/registration-wire.ts'
import type { Bindings } from '../../../src/config.ts'
import { sha256 } from '../../../src/crypto.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { ORDERS, putApi } from '../../support/apis.ts'
import { spend } from '../../support/budget.ts'
import { Client, type Options, type Reply } from '../../support/kith.ts'
import { formOf, open, send as sendForm } from '../../support/pages.ts'
import { signedInPerson } from '../../support/people.ts'
import { atTheLine, holdAtTheLine, raceOf64, whileAtTheLine } from '../../support/start-line.ts'
import { STRIKES, underStrike } from '../../support/strikes.ts'
import { clientToken, userToken } from '../../support/tokens.ts'
import { type Key, keyFor } from './assertions.ts'
import { authorizePath, CHALLENGE, newClient, ORIGIN, platform, rows, VERIFIER } from './harness.ts'

type Fields = Record<string, unknown>

/** As the client of the MCP SDK registers itself. */
const MCP = {
  redirect_uris: ['http://127.0.0.1:33418/callback'],
  token_endpoint_auth_method: 'none',
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  client_name: 'An MCP client',
  scope: 'openid profile',
}
const WEB = { redirect_uris: ['https://web.example/cb'], client_name: 'Web app' }

let signer: Key
let OPEN: { env: Partial<Bindings> }
let TOKEN: { env: Partial<Bindings> }

beforeAll(async () => {
  signer = await keyFor('ES256', 'statements')
  const SOFTWARE_STATEMENT_JWKS = JSON.stringify({ keys: [signer.jwk] })
  await putApi({ openToAll: 1 })
  OPEN = { env: { DYNAMIC_REGISTRATION: 'open', SOFTWARE_STATEMENT_JWKS } }
  TOKEN = { env: { DYNAMIC_REGISTRATION: 'token', SOFTWARE_STATEMENT_JWKS } }
})
beforeEach(async () => {
  platform.reset()
  await rows('DELETE FROM attempt_counters')
})
afterEach(() => clock.restore())

const asking = (options: Options, token?: string): Options =>
  token === undefined ? options : { ...options, headers: { authorization: `Bearer ${token}` } }
const register = (fields: Fields = MCP, options: Options = OPEN, token?: string) =>
  new Client().post('/oauth/register', fields, asking(options, token))
const pathOf = (id: string) => `/oauth/register/${id}`
const read = (id: string, token?: string) => new Client().get(pathOf(id), asking(OPEN, token))
const replace = (id: string, token: string, fields: Fields, options: Options = OPEN) =>
  new Client().fetch(pathOf(id), { ...asking(options, token), method: 'PUT', body: { client_id: id, ...fields } })
const remove = (id: string, token: string, options: Options = OPEN) => new Client().delete(pathOf(id), asking(options, token))
const rowOf = async (id: string) => (await rows<Record<string, never>>('SELECT * FROM oauth_clients WHERE id = ?', id))[0]
const errorIn = ({ status, json }: Reply) => [status, json.error]

async function registered(fields: Fields = MCP, options: Options = OPEN) {
  const { status, json, text } = await register(fields, options)
  expect(status, text).toBe(201)
  return { id: json.client_id as string, token: json.registration_access_token as string, secret: json.client_secret as string, json }
}

const statementOf = (claims: JWTPayload & Fields, by = signer, header: Fields = {}) =>
  new SignJWT({ iss: 'https://vendor.example', ...claims }).setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(by.privateKey)

describe('DYNAMIC_REGISTRATION', () => {
  const metadata = async (options: Options) => (await new Client().get('/.well-known/oauth-authorization-server', options)).json

  test('is off by default: nothing is there, and the metadata name no endpoint', async () => {
    for (const env of [{}, { DYNAMIC_REGISTRATION: '' }, { DYNAMIC_REGISTRATION: 'off' }]) {
      expect((await register(MCP, { env })).status).toBe(404)
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const body = method === 'PUT' ? { body: MCP } : {}
        expect((await new Client().fetch(pathOf('x'), { method, ...body, ...asking({ env }, 'x') })).status).toBe(404)
      }
      expect(await metadata({ env })).not.toHaveProperty('registration_endpoint')
    }
    expect((await metadata(OPEN)).registration_endpoint).toBe(`${ORIGIN}/oauth/register`)
  })

  test('token: registering takes an initial access token or a software statement', async () => {
    const refused = await register(MCP, TOKEN)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('client:oauth:register')])
    expect((await register(MCP, TOKEN, await clientToken(['client:oauth:register']))).status).toBe(201)
    expect((await register({ ...MCP, software_statement: await statementOf({}) }, TOKEN)).status).toBe(201)
    expect((await register(MCP, TOKEN, await clientToken(['client:oauth:introspect']))).status).toBe(403)
    expect((await register(MCP, TOKEN, 'nonsense')).status).toBe(401)
    const { person: nobody } = { person: await signedInPerson('reg_nobody') }
    const weak = await userToken(nobody, ['delegated:all'])
    expect((await register(MCP, TOKEN, weak)).status).toBe(403)
    const admin = await signedInAdmin('reg_admin1', 'super_admin')
    expect((await register(MCP, TOKEN, await userToken(admin, ['admin:client:write']))).status).toBe(201)
  })

  test('token: nothing that a stranger names is fetched', async () => {
    const fetched = vi.fn(async () => Response.json([]))
    vi.stubGlobal('fetch', fetched)
    const sector = { subject_type: 'pairwise', sector_identifier_uri: 'https://victim.example/' }
    for (const initial of [undefined, 'nonsense', await clientToken(['client:oauth:introspect'])]) {
      const { status } = await register({ ...WEB, ...sector, scope: 'openid' }, TOKEN, initial)
      expect(status).toBe(initial?.includes('.') ? 403 : 401)
    }
    expect(fetched).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  })

  test('open: a token that is sent counts all the same', async () => {
    expect((await register(MCP, OPEN, await clientToken(['client:oauth:introspect']))).status).toBe(403)
    expect((await register(MCP, OPEN, 'nonsense')).status).toBe(401)
  })
})

describe('a client that registers itself', () => {
  test.each([
    ['openid profile', {}, ORIGIN],
    // The scopes of an API are not registered: they are those of whoever may use it. The reply repeats them.
    ['orders:read', { resource: ORDERS }, ORDERS],
  ])('as the MCP SDK does, for %s, gets an id; its user is asked, signs in, and stays signed in', async (scope, resource, aud) => {
    const { id, json } = await registered({ ...MCP, scope })
    const registeredFor = scope === MCP.scope ? scope : `openid ${scope}`
    expect(RegistrationReply.parse(json)).toMatchObject({ ...MCP, scope: registeredFor, client_id_issued_at: expect.any(Number) })
    expect(json).not.toHaveProperty('client_secret')
    const { client: browser } = await signedInPerson(`reg_person${scope.length}`)
    const redirectUri = 'http://127.0.0.1:40123/callback'
    const asked = await browser.get(authorizePath({ id, redirectUri, secret: '' }, { scope, ...resource }))
    const page = await open(browser, asked.headers.get('location') ?? '')
    expect(page.text).toContain('An MCP client')
    const allowed = await sendForm(browser, formOf(page, '/consent'), { answer: 'allow' })
    const code = /[?&;]code=([\w-]{43})/.exec(allowed.text)?.[1] ?? ''
    const tokenOf = async (params: Record<string, string>) => {
      const reply = await new Client().post('/oauth/token', new URLSearchParams({ client_id: id, ...params, ...resource }))
      expect(reply.json, reply.text).toMatchObject({ scope, refresh_token: expect.any(String) })
      expect(decodeJwt(reply.json.access_token).aud).toBe(aud)
      return reply.json
    }
    const tokens = await tokenOf({ grant_type: 'authorization_code', code, redirect_uri: redirectUri, code_verifier: VERIFIER })
    await tokenOf({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token })
  })

  test('with a secret learns it once; Kith keeps its hash, and that of the token', async () => {
    for (const method of [undefined, 'client_secret_post']) {
      const { id, token, secret, json } = await registered({ ...WEB, token_endpoint_auth_method: method })
      expect([json.token_endpoint_auth_method, json.client_secret_expires_at]).toEqual([method ?? 'client_secret_basic', 0])
      const proof = new URLSearchParams({ token: 'x', client_id: id, client_secret: secret })
      expect((await new Client().post('/oauth/introspect', proof)).json).toEqual({ active: false })
      expect(JSON.stringify(await rowOf(id))).not.toMatch(new RegExp(`${secret}|${token}`))
      const again = await read(id, token)
      expect([again.status, again.json.client_secret, again.json.registration_access_token]).toEqual([200, undefined, token])
    }
  })

  test('gets no more than such a client may have, whatever it sends', async () => {
    const { id, json } = await registered({
      ...WEB,
      scope: 'openid admin:all delegated:all client:all delegated:profile:read orders:read',
      grant_types: ['authorization_code', 'client_credentials', 'implicit'],
      first_party: true,
      may_change_addresses: true,
      require_pkce: false,
      native_development: true,
      claims_in_id_token: true,
      access_token_seconds: 3600,
      security_profile: 'fapi2',
      claims: ['role'],
      client_id: 'chosen',
      client_secret: 'chosen',
      source: 'operator',
    })
    expect(json.scope.split(' ').sort()).toEqual(['delegated:profile:read', 'openid', 'orders:read'])
    expect(json.grant_types).toEqual(['authorization_code'])
    expect(await rowOf(id)).toMatchObject({
      source: 'dynamic',
      first_party: 0,
      may_change_addresses: 0,
      require_pkce: 1,
      native_development: 0,
      claims_in_id_token: 0,
      access_token_seconds: 600,
      security_profile: 'none',
      claims: '',
    })
    expect([id === 'chosen', json.client_secret === 'chosen']).toEqual([false, false])
  })

  test.each<[what: string, fields: Fields, error: string]>([
    ['without redirect_uris', { redirect_uris: undefined }, 'invalid_redirect_uri'],
    ['with a page of Kith', { redirect_uris: [`${ORIGIN}/account`] }, 'invalid_redirect_uri'],
    ['with a page of Kith, spelt otherwise', { redirect_uris: ['https://KITH.test.:443/account'] }, 'invalid_redirect_uri'],
    ['with http to another host', { redirect_uris: ['http://web.example/cb'] }, 'invalid_redirect_uri'],
    ['with a scheme that any app can claim', { redirect_uris: ['myapp://cb'] }, 'invalid_redirect_uri'],
    ['with javascript:', { redirect_uris: ['javascript:alert(1)'] }, 'invalid_redirect_uri'],
    ['with text as redirect_uris', { redirect_uris: 'https://web.example/cb' }, 'invalid_redirect_uri'],
    ['with a method that is unknown', { token_endpoint_auth_method: 'tls_client_auth' }, 'invalid_client_metadata'],
    ['for private_key_jwt without keys', { token_endpoint_auth_method: 'private_key_jwt' }, 'invalid_client_metadata'],
    ['for itself alone', { grant_types: ['client_credentials'] }, 'invalid_client_metadata'],
    [
      'with pairwise subjects for a device, which need not have the redirect URIs',
      { subject_type: 'pairwise', grant_types: ['urn:ietf:params:oauth:grant-type:device_code'] },
      'invalid_client_metadata',
    ],
    ['for the implicit grant', { response_types: ['token'] }, 'invalid_client_metadata'],
    [
      'with an inward jwks_uri',
      { token_endpoint_auth_method: 'private_key_jwt', jwks_uri: 'https://10.0.0.1/k' },
      'invalid_client_metadata',
    ],
    ['with a name of a kilobyte', { client_name: 'x'.repeat(1_024) }, 'invalid_client_metadata'],
    [
      'with too much',
      { redirect_uris: Array.from({ length: 6 }, (_, n) => `https://web.example/${n}${'x'.repeat(1_900)}`) },
      'invalid_client_metadata',
    ],
    ['with a statement that is none', { software_statement: 'x' }, 'invalid_software_statement'],
  ])('is refused %s', async (_what, fields, error) => {
    const reply = await register({ ...WEB, ...fields })
    expect(errorIn(reply)).toEqual([400, error])
    expect(Object.keys(reply.json)).toEqual(['error', 'error_description'])
  })

  test('is refused a body that is no JSON object', async () => {
    for (const body of ['[]', '{', 'null']) {
      const reply = await new Client().post('/oauth/register', body, { ...OPEN, headers: { 'content-type': 'application/json' } })
      expect(errorIn(reply), body).toEqual([400, 'invalid_client_metadata'])
    }
  })
})

describe('limits', () => {
  test('a network registers 5 a minute, unless it has a token', async () => {
    const env = { ...OPEN.env, NETWORK_LIMITS: 'on' }
    const stranger = new Client()
    const replies = []
    for (let n = 0; n < 7; n += 1) replies.push((await stranger.post('/oauth/register', MCP, { env })).status)
    expect(replies).toEqual([201, 201, 201, 201, 201, 429, 429])
    const headers = { authorization: `Bearer ${await clientToken(['client:oauth:register'])}` }
    expect((await stranger.post('/oauth/register', MCP, { env, headers })).status).toBe(201)
  })

  test('strangers register 200 a day together; holders of a token or a statement have limits of their own', async () => {
    await registered()
    await rows("UPDATE attempt_counters SET count = 199 WHERE key = 'registrations:strangers'")
    const before = (await rows('SELECT id FROM oauth_clients')).length
    const replies = await raceOf64(() => register(MCP, { env: { ...OPEN.env, ...atTheLine.env } }), /INSERT INTO oauth_clients/)
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    const refused = replies.filter(({ status }) => status === 429)
    expect([refused.length, Number(refused[0]?.headers.get('retry-after')) > 86_000]).toEqual([63, true])
    expect((await rows('SELECT id FROM oauth_clients')).length).toBe(before + 1)
    expect((await register(MCP, OPEN, await clientToken(['client:oauth:register']))).status).toBe(201)
    await registered({ ...MCP, software_statement: await statementOf({}) })
    clock.freeze(Date.now() + 86_400_000)
    expect((await register()).status).toBe(201)
  })
})

describe('a software statement', () => {
  test('counts in place of what the client says, and is returned', async () => {
    const software_statement = await statementOf({
      client_name: 'By the vendor',
      redirect_uris: ['https://vendor.example/cb'],
      aud: ORIGIN,
    })
    const { json } = await registered(
      { ...MCP, client_name: 'Your bank', redirect_uris: ['https://evil.example/'], software_statement },
      TOKEN,
    )
    expect(json).toMatchObject({
      client_name: 'By the vendor',
      redirect_uris: ['https://vendor.example/cb'],
      scope: MCP.scope,
      software_statement,
    })
  })

  test('admits each copy of a program: 64 at once, 64 clients', async () => {
    const software_statement = await statementOf({ client_name: 'Everywhere' })
    const env = { ...TOKEN.env, ...atTheLine.env }
    const replies = await raceOf64(() => register({ ...MCP, software_statement }, { env }), /INSERT INTO oauth_clients/)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([201]))
    expect(new Set(replies.map(({ json }) => json.client_id)).size).toBe(64)
  })

  test('is refused if somebody unknown has signed it, or nobody, or if it is not valid now or for this server', async () => {
    const stranger = await keyFor('ES256', 'stranger')
    const seconds = Math.floor(Date.now() / 1000)
    const [, payload] = (await statementOf({})).split('.')
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`
    const hmac = await new SignJWT({ iss: 'x' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(JSON.stringify(signer.jwk)))
    for (const [statement, error] of [
      [await statementOf({}, stranger), 'unapproved_software_statement'],
      [await statementOf({}, { ...stranger, kid: signer.kid }), 'unapproved_software_statement'],
      [none, 'invalid_software_statement'],
      [hmac, 'invalid_software_statement'],
      ['e30.e30.', 'invalid_software_statement'],
      [await statementOf({ exp: seconds - 60 }), 'invalid_software_statement'],
      [await statementOf({ nbf: seconds + 60 }), 'invalid_software_statement'],
      [await statementOf({ iss: '' }), 'invalid_software_statement'],
      [await statementOf({ aud: 'https://other.example' }), 'invalid_software_statement'],
      [await statementOf({ redirect_uris: ['http://web.example/'] }), 'invalid_software_statement'],
    ] as const) {
      for (const options of [OPEN, TOKEN]) {
        expect(errorIn(await register({ ...MCP, software_statement: statement }, options)), statement).toEqual([400, error])
      }
    }
    const env = { DYNAMIC_REGISTRATION: 'open' }
    const unknown = await register({ ...MCP, software_statement: await statementOf({}) }, { env })
    expect(errorIn(unknown)).toEqual([400, 'unapproved_software_statement'])
  })

  test('is needed for a change, too, if the client was registered with one', async () => {
    const { id, token } = await registered({ ...MCP, software_statement: await statementOf({ client_name: 'By the vendor' }) }, TOKEN)
    expect(errorIn(await replace(id, token, { ...MCP, client_name: 'Your bank' }))).toEqual([400, 'invalid_client_metadata'])
    const software_statement = await statementOf({ client_name: 'By the vendor, 2' })
    expect((await replace(id, token, { ...MCP, client_name: 'Your bank', software_statement })).json.client_name).toBe('By the vendor, 2')
  })
})

describe('the registration access token', () => {
  test('reads, replaces and deletes its own client, and no other', async () => {
    const [own, other, operated] = [await registered(), await registered(WEB), await newClient()]
    expect((await read(own.id, own.token)).json).toMatchObject({ ...MCP, registration_client_uri: `${ORIGIN}/oauth/register/${own.id}` })
    const api = await clientToken(['client:all'])
    const bad: [string, string][] = [
      [own.id, other.token],
      [own.id, `${own.token}x`],
      [own.id, api],
      ['nobody', own.token],
      [operated.id, own.token],
      [operated.id, ''],
    ]
    for (const [id, token] of bad) {
      for (const reply of [await read(id, token), await replace(id, token, WEB), await remove(id, token)]) {
        expect([reply.status, reply.json.error], id).toEqual([401, 'invalid_token'])
        expect(reply.headers.get('www-authenticate')).toContain('Bearer')
      }
    }
    expect((await new Client().get(pathOf(own.id), OPEN)).status).toBe(401)
    expect((await read(own.id, own.token)).status).toBe(200)
  })

  test('does not tell by its cost whether there is such a client', async () => {
    const { id, token } = await registered()
    const costs = []
    for (const of of [id, 'client-000000000000000000000000', (await newClient()).id]) {
      const headers = { authorization: `Bearer ${token.slice(0, -4)}AAAA` }
      const { status, text, counts } = await spend(new Client(), 'GET', pathOf(of), undefined, headers, OPEN.env)
      costs.push([status, text, counts.d1RoundTrips])
    }
    expect(costs[0]?.[0]).toBe(401)
    expect(costs[1]).toEqual(costs[0])
    expect(costs[2]).toEqual(costs[0])
  })

  test('of a client that the operator has disabled or deleted is of no use', async () => {
    for (const change of ['disabled_at = 1', "token_endpoint_auth_method = 'deleted'"]) {
      const { id, token } = await registered()
      await rows(`UPDATE oauth_clients SET ${change} WHERE id = ?`, id)
      for (const reply of [await read(id, token), await replace(id, token, WEB), await remove(id, token)]) expect(reply.status).toBe(401)
    }
  })
})

describe('PUT replaces the registration', () => {
  test('as a whole: what is not sent gets its default; the token stays', async () => {
    const { id, token, json } = await registered({ ...MCP, client_uri: 'https://app.example/' })
    const reply = await replace(id, token, { ...WEB, token_endpoint_auth_method: 'none' })
    expect(reply.json).toMatchObject({
      ...WEB,
      client_id: id,
      client_id_issued_at: json.client_id_issued_at,
      registration_access_token: token,
    })
    expect(reply.json.scope.split(' ')).toContain('delegated:profile:read')
    expect(reply.json).not.toHaveProperty('client_uri')
    expect((await read(id, token)).json).toEqual(reply.json)
    const same = await rowOf(id)
    expect((await replace(id, token, { ...WEB, token_endpoint_auth_method: 'none' })).status).toBe(200)
    expect(await rowOf(id)).toEqual(same)
  })

  test('takes back what an administrator gave', async () => {
    const { id, token } = await registered()
    await rows("UPDATE oauth_clients SET first_party = 1, scopes = 'admin:all' WHERE id = ?", id)
    await replace(id, token, MCP)
    expect(await rowOf(id)).toMatchObject({ first_party: 0, scopes: 'openid profile' })
  })

  test('issues a secret if the client now has one, and none that it has chosen', async () => {
    const { id, token } = await registered()
    const first = await replace(id, token, { ...MCP, token_endpoint_auth_method: 'client_secret_post' })
    expect(first.json).toMatchObject({ client_secret: expect.stringMatching(/^kith_cs_/), client_secret_expires_at: 0 })
    expect(await rowOf(id)).toMatchObject({ secret_hash: sha256(first.json.client_secret) })
    const fields = { ...MCP, token_endpoint_auth_method: 'client_secret_post' }
    expect((await replace(id, token, { ...fields, client_secret: first.json.client_secret })).json).not.toHaveProperty('client_secret')
    expect(errorIn(await replace(id, token, { ...fields, client_secret: 'chosen' }))).toEqual([400, 'invalid_client_metadata'])
  })

  test('is refused without the client_id, with another, or with what could not be registered', async () => {
    const { id, token } = await registered()
    const before = await rowOf(id)
    for (const [fields, error] of [
      [{ ...MCP, client_id: undefined }, 'invalid_client_metadata'],
      [{ ...MCP, client_id: 'another' }, 'invalid_client_metadata'],
      [{ ...MCP, redirect_uris: [] }, 'invalid_redirect_uri'],
      [{ ...MCP, redirect_uris: ['http://web.example/'] }, 'invalid_redirect_uri'],
    ] as const) {
      expect(errorIn(await replace(id, token, fields))).toEqual([400, error])
    }
    expect(await rowOf(id)).toEqual(before)
  })

  test('enables nothing that an administrator disables at the same time', async () => {
    const { id, token } = await registered()
    const held = { env: { ...OPEN.env, ...atTheLine.env } }
    const reply = await whileAtTheLine(
      () => replace(id, token, WEB, held),
      /UPDATE oauth_clients SET/,
      () => rows('UPDATE oauth_clients SET disabled_at = 1, updated_at = updated_at + 1 WHERE id = ?', id),
    )
    expect(reply.status).toBe(503)
    expect(await rowOf(id)).toMatchObject({ disabled_at: 1, name: MCP.client_name })
  })

  test('with other redirect URIs: users are asked again', async () => {
    const { id, token } = await registered()
    await replace(id, token, { ...MCP, client_name: 'Another name' })
    expect(await rowOf(id)).toMatchObject({ consents_since: 0 })
    await replace(id, token, { ...MCP, redirect_uris: ['https://new.example/cb'] })
    const row = await rowOf(id)
    expect(row?.consents_since).toBe(row?.updated_at)
  })
})

describe('DELETE', () => {
  test('ends the client and its token', async () => {
    const { id, token, secret } = await registered(WEB)
    const reply = await remove(id, token)
    expect([reply.status, reply.text]).toEqual([204, ''])
    for (const after of [await read(id, token), await remove(id, token), await replace(id, token, WEB)]) expect(after.status).toBe(401)
    const proof = new URLSearchParams({ token: 'x', client_id: id, client_secret: secret })
    expect((await new Client().post('/oauth/introspect', proof)).status).toBe(401)
    const path = authorizePath({ id, redirectUri: WEB.redirect_uris[0] ?? '', secret }, { code_challenge: CHALLENGE })
    expect((await new Client().get(path)).status).toBe(400)
  })

  test('wins over a change at the same time, whichever comes first', async () => {
    const held = { env: { ...OPEN.env, ...atTheLine.env } }
    const first = await registered()
    const late = await whileAtTheLine(
      () => replace(first.id, first.token, WEB, held),
      /UPDATE oauth_clients SET/,
      async () => expect((await remove(first.id, first.token)).status).toBe(204),
    )
    expect(late.status).toBe(503)
    const second = await registered()
    const removed = await whileAtTheLine(
      () => remove(second.id, second.token, held),
      /UPDATE oauth_clients SET/,
      async () => expect((await replace(second.id, second.token, WEB)).status).toBe(200),
    )
    expect(removed.status).toBe(204)
    for (const { id, token } of [first, second]) expect((await read(id, token)).status).toBe(401)
  })

  test('64 times at once with 64 changes: it is gone, and nothing comes back', async () => {
    const { id, token } = await registered()
    const held = { env: { ...OPEN.env, ...atTheLine.env } }
    const starts = Array.from(
      { length: 64 },
      (_, n) => () => (n % 2 === 0 ? remove(id, token, held) : replace(id, token, { ...MCP, client_name: `Name ${n}` }, held)),
    )
    const { replies, release } = await holdAtTheLine(starts, /UPDATE oauth_clients SET/)
    release()
    const all = await Promise.all(replies)
    expect(new Set(all.filter((_, n) => n % 2 === 0).map(({ status }) => status))).toEqual(new Set([204]))
    expect(all.filter((_, n) => n % 2 === 1).every(({ status }) => status === 200 || status === 503)).toBe(true)
    expect((await read(id, token)).status).toBe(401)
    expect(await rowOf(id)).toMatchObject({ token_endpoint_auth_method: 'deleted', registration_token_hash: null })
  })
})

describe.each(Object.entries(STRIKES))('D1 %s', (_what, strike) => {
  test('a registration, a change and a deletion are done as their reply says, or not at all', async () => {
    const before = await registered()
    const acts: [act: () => Promise<Reply>, done: number][] = [
      [() => register(), 201],
      [() => replace(before.id, before.token, { ...MCP, client_name: 'Struck' }), 200],
      [() => remove(before.id, before.token), 204],
    ]
    for (const [act, done] of acts) {
      for (let n = 1; n <= 4; n += 1) {
        const { reply, fired } = await underStrike(strike, n, act)
        // 401: it was deleted before its reply was lost.
        expect([done, 503, ...(done === 204 ? [401] : [])], `${done} at ${n}: ${reply.text}`).toContain(reply.status)
        if (reply.status === 201) expect((await read(reply.json.client_id, reply.json.registration_access_token)).status).toBe(200)
        if (reply.status === 200) expect((await read(before.id, before.token)).json.client_name).toBe('Struck')
        if (reply.status === 204 || reply.status === 401) expect((await read(before.id, before.token)).status).toBe(401)
        if (fired === 0) break
      }
    }
  })
})
