// Clients with security_profile fapi2: the clauses of the FAPI 2.0 Security Profile, as docs/fapi.md lists them.
import { generateKeyPairSync } from 'node:crypto'
import { decodeProtectedHeader, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { jwks } from '../../../src/core/oauth/client-keys.ts'
import { DEVICE_GRANT } from '../../../src/core/oauth/clients.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { type DpopKey, dpopHeaders, newDpopKey, proofOf } from '../../support/dpop.ts'
import type { Person } from '../../support/people.ts'
import { asserted, assertionOf, keyFor, newSigner, requestObjectOf, type Signer } from './assertions.ts'
import {
  authorizePath,
  CHALLENGE,
  errorOf,
  form,
  newBrowser,
  newEnv,
  newUser,
  ORIGIN,
  type Params,
  platform,
  redirected,
  rows,
  send,
  type TokenReply,
  token,
  VERIFIER,
} from './harness.ts'

const SCOPE = 'openid delegated:profile:read'
const INVALID_PROOF = [400, 'invalid_dpop_proof']
const INVALID_GRANT = [400, 'invalid_grant']
const DAY = 86_400_000
const ALLOWED = ['PS256', 'ES256', 'EdDSA']
const FORBIDDEN = ['RS256', 'ES384']

let key: DpopKey
let client: Signer
let cookie: string

const newFapi = (alg = 'ES256', columns: Parameters<typeof newSigner>[1] = {}) =>
  newSigner(alg, {
    grantTypes: `authorization_code refresh_token client_credentials ${DEVICE_GRANT}`,
    more: { security_profile: 'fapi2', require_pkce: 0 },
    ...columns,
  })

beforeAll(async () => {
  key = await newDpopKey()
  client = await newFapi()
  cookie = (await newBrowser(await newUser())).cookie
})
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

const requestOf = (of: Signer, changes: Params = {}): Params => ({
  response_type: 'code',
  redirect_uri: of.redirectUri,
  scope: SCOPE,
  state: 'xyz',
  code_challenge: CHALLENGE,
  code_challenge_method: 'S256',
  ...changes,
})

const push = async (changes: Params = {}, of = client, headers: Record<string, string> = {}) =>
  form('/oauth/par', { ...requestOf(of, changes), ...(await assertionOf(of)) }, headers)

async function pushed(changes: Params = {}, of = client): Promise<string> {
  const response = await push(changes, of)
  expect(response.status, await response.clone().text()).toBe(201)
  const { request_uri } = (await response.json()) as { request_uri: string }
  return `/oauth/authorize?${new URLSearchParams({ client_id: of.id, request_uri })}`
}

const visit = (path: string, env = platform.env) => send(path, { headers: { cookie } }, env)

async function newCode(changes: Params = {}, of = client, env = platform.env): Promise<string> {
  return redirected(await visit(await pushed(changes, of), env)).params.code ?? ''
}

const proved = async (by: DpopKey | null = key, claims = {}) =>
  by ? { dpop: await proofOf(by, 'POST', '/oauth/token', { claims }) } : ({} as Record<string, string>)
const ask = async (params: Params, by: DpopKey | null = key, of = client) =>
  token({ ...params, ...(await assertionOf(of)) }, await proved(by))
const exchange = (code: string, by: DpopKey | null = key, of = client) =>
  ask({ grant_type: 'authorization_code', redirect_uri: of.redirectUri, code, code_verifier: VERIFIER }, by, of)
const refresh = (refresh_token: string, by: DpopKey | null = key, of = client) =>
  ask({ grant_type: 'refresh_token', refresh_token }, by, of)

async function tokensOf(response: Response): Promise<TokenReply> {
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as TokenReply
}
const newTokens = async (of = client, by = key) => tokensOf(await exchange(await newCode({}, of), by, of))
const me = async (access: string, by = key) => send('/user/me', { headers: await dpopHeaders(by, 'GET', '/user/me', access) })

describe('the registration', () => {
  let admin: Person
  const fields = (changes: object = {}) => ({
    client_name: 'Bank',
    redirect_uris: ['https://bank.example/cb'],
    scope: SCOPE,
    token_endpoint_auth_method: 'private_key_jwt',
    security_profile: 'fapi2',
    ...changes,
  })
  const IMPLIED = {
    security_profile: 'fapi2',
    require_pkce: true,
    require_pushed_authorization_requests: true,
    dpop_bound_access_tokens: true,
    id_token_signed_response_alg: 'ES256',
  }
  const jwkOf = async (alg: string, more = {}) => ({ keys: [{ ...(await keyFor(alg)).jwk, ...more }] })
  const create = (body: Record<string, unknown>) => admin.client.post('/client/admin-api/create', body)
  const update = (client_id: string, body: Record<string, unknown>) =>
    admin.client.patch('/client/admin-api/update', { client_id, ...body })

  beforeAll(async () => {
    admin = await signedInAdmin('fapi_admin1')
  })

  test('sets what the profile implies, whether the client is new or changed, and keeps it', async () => {
    const made = await create({ ...fields({ jwks: await jwkOf('PS256') }), client_id: 'bank-new' })
    expect([made.status, made.json.data?.client], made.text).toEqual([201, expect.objectContaining(IMPLIED)])
    await create({ ...fields({ jwks: await jwkOf('ES256'), security_profile: 'none', require_pkce: false }), client_id: 'bank-old' })
    expect((await update('bank-old', { security_profile: 'fapi2' })).json.data.client).toMatchObject(IMPLIED)
    for (const [name, value] of Object.entries({ ...IMPLIED, id_token_signed_response_alg: 'RS256' }).slice(1)) {
      const less = await update('bank-old', { [name]: typeof value === 'boolean' ? !value : value })
      expect([less.status, less.text], name).toEqual([400, expect.stringContaining(name)])
    }
    expect((await update('bank-old', { security_profile: 'none', require_pkce: false })).json.data.client.require_pkce).toBe(false)
  })

  test.each<[string, string, () => Promise<object> | object]>([
    ['a public client', 'token_endpoint_auth_method', () => ({ token_endpoint_auth_method: 'none' })],
    ['a secret', 'token_endpoint_auth_method', () => ({ token_endpoint_auth_method: 'client_secret_basic' })],
    ['an HMAC', 'token_endpoint_auth_method', () => ({ token_endpoint_auth_method: 'client_secret_jwt' })],
    ['a redirect over http', 'redirect_uris', async () => ({ jwks: await jwkOf('ES256'), redirect_uris: ['http://127.0.0.1/cb'] })],
    ['a redirect to an app', 'redirect_uris', async () => ({ jwks: await jwkOf('ES256'), redirect_uris: ['com.example.app:/cb'] })],
    ['a key for RS256', 'jwks', async () => ({ jwks: await jwkOf('RS256', { alg: 'RS256' }) })],
    ['a key for ES384', 'jwks', async () => ({ jwks: await jwkOf('ES384') })],
    ['no PKCE', 'require_pkce', async () => ({ jwks: await jwkOf('ES256'), require_pkce: false })],
    ['requests not pushed', 'require_pushed', async () => ({ jwks: await jwkOf('ES256'), require_pushed_authorization_requests: false })],
    ['Bearer tokens', 'dpop_bound_access_tokens', async () => ({ jwks: await jwkOf('ES256'), dpop_bound_access_tokens: false })],
    ['ID tokens in RS256', 'id_token_signed', async () => ({ jwks: await jwkOf('ES256'), id_token_signed_response_alg: 'RS256' })],
  ])('with %s is refused, and the field named', async (_what, field, changes) => {
    const refused = await create(fields(await changes()))
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining(field)])
    expect(refused.text).toContain('security_profile fapi2 requires')
  })
})

describe('a change to fapi2', () => {
  test('ends no grant: the next refresh binds it to a key, and keeps its token from then on', async () => {
    const before = await newFapi('ES256', { more: { security_profile: 'none' } })
    const code = redirected(await visit(authorizePath(before, { scope: SCOPE }))).params.code ?? ''
    const first = await tokensOf(await exchange(code, null, before))
    await rows("UPDATE oauth_clients SET security_profile = 'fapi2', updated_at = ? WHERE id = ?", Date.now() + 1, before.id)
    expect((await send('/user/me', { headers: { authorization: `Bearer ${first.access_token}` } })).status).toBe(200)
    expect(await errorOf(await refresh(first.refresh_token, null, before))).toEqual(INVALID_PROOF)
    const bound = await tokensOf(await refresh(first.refresh_token, key, before))
    expect([bound.token_type, bound.refresh_token]).toEqual(['DPoP', first.refresh_token])
    expect(await errorOf(await refresh(first.refresh_token, await newDpopKey(), before))).toEqual(INVALID_GRANT)
  })

  test('a refresh token that was replaced before it is still treated as stolen', async () => {
    clock.freeze()
    const before = await newFapi('ES256', { more: { security_profile: 'none' } })
    const code = redirected(await visit(authorizePath(before, { scope: SCOPE }))).params.code ?? ''
    const first = await tokensOf(await exchange(code, key, before))
    const second = await tokensOf(await refresh(first.refresh_token, key, before))
    expect(second.refresh_token).not.toBe(first.refresh_token)
    await rows("UPDATE oauth_clients SET security_profile = 'fapi2', updated_at = ? WHERE id = ?", Date.now() + 1, before.id)
    clock.advance(31_000)
    expect(await errorOf(await refresh(first.refresh_token, key, before))).toEqual(INVALID_GRANT)
    expect(await errorOf(await refresh(second.refresh_token, key, before))).toEqual(INVALID_GRANT)
  })
})

describe('an authorization request', () => {
  test('that was not pushed is refused, at the client, by GET and by form', async () => {
    const path = authorizePath(client, { scope: SCOPE })
    const refused = redirected(await visit(path))
    expect([refused.base, refused.params.error, refused.params.iss]).toEqual([client.redirectUri, 'invalid_request', ORIGIN])
    const query = path.slice(path.indexOf('?') + 1)
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', origin: ORIGIN }
    const posted = await send('/oauth/authorize', { method: 'POST', body: query, headers })
    expect([posted.status, redirected(posted).params.error]).toEqual([303, 'invalid_request'])
  })

  test('is pushed with client authentication alone', async () => {
    const request = requestOf(client, { client_id: client.id })
    expect(await errorOf(await form('/oauth/par', request))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await form('/oauth/par', { ...request, client_secret: 'x' }))).toEqual([401, 'invalid_client'])
  })

  test.each<[string, Params, string]>([
    ['without redirect_uri', { redirect_uri: undefined }, 'invalid_request'],
    ['for a token', { response_type: 'token' }, 'unsupported_response_type'],
    ['for a code and an ID token', { response_type: 'code id_token' }, 'unsupported_response_type'],
    ['without a challenge', { code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    ['with a plain challenge', { code_challenge_method: 'plain' }, 'invalid_request'],
    ['with a challenge of no method', { code_challenge_method: undefined }, 'invalid_request'],
  ])('pushed %s is refused', async (_what, changes, error) => {
    expect(await errorOf(await push(changes))).toEqual([400, error])
  })

  test('is good for less than 600 seconds, for its client, once', async () => {
    clock.freeze()
    const late = await pushed()
    const other = await newFapi()
    const foreign = (await pushed()).replace(client.id, other.id)
    expect((await visit(foreign)).status).toBe(400)
    const path = await pushed()
    expect(redirected(await visit(path)).params.code).toBeDefined()
    expect((await visit(path)).status).toBe(400)
    clock.advance(60_000)
    expect((await visit(late)).status).toBe(400)
    expect(((await (await push()).json()) as { expires_in: number }).expires_in).toBeLessThan(600)
  })

  test('may have a nonce of 64 characters and a state of 1,500, which comes back with iss', async () => {
    const [nonce, state] = ['n'.repeat(64), 's'.repeat(1_500)]
    const { params } = redirected(await visit(await pushed({ nonce, state })))
    expect(params).toEqual({ code: expect.any(String), state, iss: ORIGIN })
  })

  test('leads on by 302 or 303, never 307, and pages of other origins cannot read the endpoint', async () => {
    const signIn = await send(await pushed({ prompt: 'login' }), { headers: { cookie } })
    expect([signIn.status, new URL(signIn.headers.get('location') ?? '', ORIGIN).pathname]).toEqual([303, '/sign-in'])
    expect((await visit(await pushed())).status).toBe(302)
    const origin = platform.env.CORS_ORIGINS?.split(',')[0] ?? ''
    const allowed = async (path: string) => (await send(path, { headers: { cookie, origin } })).headers.get('access-control-allow-origin')
    expect([await allowed('/oauth/userinfo'), await allowed(await pushed())]).toEqual([origin, null])
  })
})

test('a code is good for a minute, whatever AUTHORIZATION_CODE_SECONDS says', async () => {
  clock.freeze()
  const env = newEnv({ AUTHORIZATION_CODE_SECONDS: '600' })
  const [code, late] = [await newCode({}, client, env), await newCode({}, client, env)]
  const other = await newSigner('ES256')
  const longer = redirected(await visit(authorizePath(other, { scope: SCOPE }), env)).params.code ?? ''
  clock.advance(59_000)
  await tokensOf(await exchange(code))
  clock.advance(1_000)
  expect(await errorOf(await exchange(late))).toEqual(INVALID_GRANT)
  await tokensOf(await exchange(longer, null, other))
})

describe('tokens', () => {
  test('are bound to a key: none without a proof, by any grant, and nothing is used up', async () => {
    const code = await newCode()
    expect(await errorOf(await exchange(code, null))).toEqual(INVALID_PROOF)
    const tokens = await tokensOf(await exchange(code))
    expect(tokens.token_type).toBe('DPoP')
    for (const more of [{}, { scope: 'delegated:profile:read' }]) {
      expect(await errorOf(await ask({ grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...more }, null))).toEqual(
        INVALID_PROOF,
      )
    }
    const own = { grant_type: 'client_credentials', scope: 'client:all' }
    expect(await errorOf(await ask(own, null))).toEqual(INVALID_PROOF)
    expect((await tokensOf(await ask(own))).token_type).toBe('DPoP')
    const device = await form('/oauth/device_authorization', { scope: SCOPE, ...(await assertionOf(client)) })
    const { device_code } = (await device.json()) as { device_code: string }
    const poll = { grant_type: DEVICE_GRANT, device_code }
    expect(await errorOf(await ask(poll, null))).toEqual(INVALID_PROOF)
    expect(await errorOf(await ask({ grant_type: 'password', username: 'x', password: 'y' }))).toEqual([400, 'unsupported_grant_type'])
  })

  test('count in the header Authorization with a proof alone: not as Bearer, in a form or in the query', async () => {
    const { access_token } = await newTokens()
    expect((await me(access_token)).status).toBe(200)
    expect((await send('/user/me', { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(401)
    expect((await form('/oauth/userinfo', { access_token })).status).toBe(401)
    const dpop = await proofOf(key, 'GET', '/oauth/userinfo', { token: access_token })
    expect((await send(`/oauth/userinfo?access_token=${access_token}`, { headers: { dpop } })).status).toBe(401)
  })

  test('are 43 random characters, like codes and references: the same ones twice would be seen', async () => {
    const secrets = await Promise.all(
      Array.from({ length: 8 }, async () => {
        const path = await pushed()
        const code = redirected(await visit(path)).params.code ?? ''
        const { refresh_token } = await tokensOf(await exchange(code))
        // The last 21 characters are a refresh token's own.
        return [code, decodeURIComponent(path).split(':').at(-1) ?? '', refresh_token].flatMap((text) => [text, text.slice(22)])
      }),
    )
    const all = secrets.flat()
    expect(new Set(all).size).toBe(all.length)
    expect(all.filter((text) => !/^[\w-]{43}$|^[\w-]{21}$/.test(text))).toEqual([])
  })

  test('are signed with ES256', async () => {
    const { access_token, id_token } = await newTokens()
    expect([access_token, id_token].map((jwt) => decodeProtectedHeader(jwt).alg)).toEqual(['ES256', 'ES256'])
  })
})

describe('algorithms', () => {
  const own = { grant_type: 'client_credentials', scope: 'client:all' }

  test.each([...ALLOWED, ...FORBIDDEN])('%s: assertions and request objects', async (alg) => {
    const isAllowed = ALLOWED.includes(alg)
    const signer = await newFapi(alg)
    expect((await ask(own, key, signer)).status).toBe(isAllowed ? 200 : 401)
    // For the object alone: the assertion is by another key of the client.
    const both = await newFapi('ES256', { jwks: { keys: [(await keyFor('ES256')).jwk, (await keyFor(alg, `object-${alg}`)).jwk] } })
    const request = await requestObjectOf({ ...both, alg, key: await keyFor(alg, `object-${alg}`) })
    const reply = await form('/oauth/par', { client_id: both.id, request, ...(await assertionOf(both)) })
    expect(isAllowed ? reply.status : await errorOf(reply)).toEqual(isAllowed ? 201 : [400, 'invalid_request_object'])
  })

  test.each([...ALLOWED, ...FORBIDDEN])('%s: DPoP proofs, for tokens and with a pushed request', async (alg) => {
    const isAllowed = ALLOWED.includes(alg)
    const by = await newDpopKey(alg)
    const reply = await ask(own, by)
    expect(isAllowed ? reply.status : await errorOf(reply)).toEqual(isAllowed ? 200 : INVALID_PROOF)
    expect((await push({}, client, { dpop: await proofOf(by, 'POST', '/oauth/par') })).status).toBe(isAllowed ? 201 : 400)
  })

  test('an RSA key proves with PS256 alone, with a token of a person or of the client, and without the profile with RS256, too', async () => {
    const rsa = await crypto.subtle.generateKey(
      { name: 'RSA-PSS', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
      true,
      ['sign', 'verify'],
    )
    const { privateKey } = rsa as CryptoKeyPair
    const { n, e } = (await crypto.subtle.exportKey('jwk', (rsa as CryptoKeyPair).publicKey)) as JsonWebKey
    const jwk = { kty: 'RSA', n, e } as DpopKey['jwk']
    const pkcs8 = await crypto.subtle.exportKey('pkcs8', privateKey)
    const rs = await crypto.subtle.importKey('pkcs8', pkcs8 as ArrayBuffer, { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }, false, ['sign'])
    const pss: DpopKey = { alg: 'PS256', privateKey, jwk, jkt: '' }
    const pkcs1: DpopKey = { ...pss, alg: 'RS256', privateKey: rs }
    const { access_token } = await newTokens(client, pss)
    expect([(await me(access_token, pss)).status, (await me(access_token, pkcs1)).status]).toEqual([200, 401])
    const machine = await tokensOf(await ask(own, pss))
    const path = '/oauth/introspect'
    const asMachine = async (by: DpopKey) => {
      const headers = { ...(await dpopHeaders(by, 'POST', path, machine.access_token)), 'content-type': 'application/json' }
      return (await send(path, { method: 'POST', headers, body: JSON.stringify({ token: access_token }) })).status
    }
    expect([await asMachine(pss), await asMachine(pkcs1)]).toEqual([200, 401])
    await rows("UPDATE oauth_clients SET security_profile = 'none' WHERE id = ?", client.id)
    expect((await me(access_token, pkcs1)).status).toBe(200)
    await rows("UPDATE oauth_clients SET security_profile = 'fapi2' WHERE id = ?", client.id)
  })

  test('an RSA key of 1,024 bits counts nowhere', async () => {
    const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 })
    const { n, e } = publicKey.export({ format: 'jwk' })
    const jwk = { kty: 'RSA', n, e } as DpopKey['jwk']
    expect(jwks.safeParse({ keys: [jwk] }).error?.issues[0]?.message).toContain('must be an RSA key of 2048')
    const weak: DpopKey = { alg: 'PS256', jwk, jkt: '', privateKey: (await newDpopKey('PS256')).privateKey }
    const refused = await ask(own, weak)
    expect([refused.status, await refused.text()]).toEqual([400, expect.stringContaining('has no valid jwk')])
  })

  test('none is none of them', async () => {
    const seconds = Math.floor(Date.now() / 1000)
    const jwt = new UnsecuredJWT({ iss: client.id, sub: client.id, aud: ORIGIN, iat: seconds, exp: seconds + 60, jti: 'none' }).encode()
    expect(await errorOf(await token({ ...own, ...asserted(jwt) }, await proved()))).toEqual([401, 'invalid_client'])
  })

  test('of two keys with one kid, the one that fits is used', async () => {
    const [ec, rsa] = [await keyFor('ES256', 'same'), await keyFor('PS256', 'same')]
    const twin = await newFapi('ES256', { jwks: { keys: [rsa.jwk, ec.jwk] } })
    expect((await ask(own, key, { ...twin, key: ec })).status).toBe(200)
    expect((await ask(own, key, { ...twin, alg: 'PS256', key: rsa })).status).toBe(200)
  })
})

describe('clocks', () => {
  const own = { grant_type: 'client_credentials', scope: 'client:all' }

  test.each([
    [10, 200],
    [61, 401],
  ])('an assertion and a request object of %i seconds ahead', async (ahead, status) => {
    clock.freeze(Math.ceil(Date.now() / 1000) * 1000)
    const at = Math.floor(Date.now() / 1000) + ahead
    for (const claims of [{ iat: at }, { nbf: at }]) {
      expect((await token({ ...own, ...(await assertionOf(client, claims)) }, await proved())).status).toBe(status)
      const request = await requestObjectOf(client, claims)
      const reply = await form('/oauth/par', { client_id: client.id, request, ...(await assertionOf(client)) })
      expect(reply.status).toBe(status === 200 ? 201 : 400)
    }
  })

  test('a proof of 10 and of 61 seconds ahead', async () => {
    clock.freeze(Math.ceil(Date.now() / 1000) * 1000)
    const iat = Math.floor(Date.now() / 1000)
    expect((await token({ ...own, ...(await assertionOf(client)) }, await proved(key, { iat: iat + 10 }))).status).toBe(200)
    expect(await errorOf(await token({ ...own, ...(await assertionOf(client)) }, await proved(key, { iat: iat + 61 })))).toEqual(
      INVALID_PROOF,
    )
  })
})

describe('a refresh token', () => {
  test('stays the same at every use, for as long as it is used', async () => {
    clock.freeze()
    const { refresh_token, access_token } = await newTokens()
    for (let uses = 0; uses < 4; uses += 1) {
      clock.advance(10 * DAY)
      const next = await tokensOf(await refresh(refresh_token))
      expect([next.refresh_token, next.access_token === access_token, next.token_type]).toEqual([refresh_token, false, 'DPoP'])
      expect((await me(next.access_token)).status).toBe(200)
    }
    clock.advance(15 * DAY)
    expect(await errorOf(await refresh(refresh_token))).toEqual(INVALID_GRANT)
  })

  test('64 refreshes at once all get it, and nobody takes that for a theft', async () => {
    const { refresh_token } = await newTokens()
    const replies = await Promise.all(Array.from({ length: 64 }, () => refresh(refresh_token)))
    const next = await Promise.all(replies.map(tokensOf))
    expect(new Set(next.map((tokens) => tokens.refresh_token))).toEqual(new Set([refresh_token]))
    expect(await rows("SELECT 1 FROM audit_events WHERE type = 'refresh_token_reused' AND client_id = ?", client.id)).toEqual([])
    await tokensOf(await refresh(refresh_token))
  })

  test('is of no use to another key, another client or without the assertion, and lives on', async () => {
    const { refresh_token } = await newTokens()
    expect(await errorOf(await refresh(refresh_token, await newDpopKey()))).toEqual(INVALID_GRANT)
    expect(await errorOf(await refresh(refresh_token, key, await newFapi()))).toEqual(INVALID_GRANT)
    const bare = { grant_type: 'refresh_token', client_id: client.id, refresh_token }
    expect(await errorOf(await token(bare, await proved()))).toEqual([401, 'invalid_client'])
    const params = { ...bare, ...(await assertionOf(client)) }
    const headers = await proved()
    expect((await tokensOf(await token(params, headers))).refresh_token).toBe(refresh_token)
    expect((await token(params, await proved())).status, 'the assertion a second time').toBe(401)
    const again = await token({ ...bare, ...(await assertionOf(client)) }, headers)
    expect(await errorOf(again), 'the proof a second time').toEqual(INVALID_PROOF)
    await tokensOf(await refresh(refresh_token))
  })

  test('ends when it is revoked', async () => {
    const { refresh_token } = await newTokens()
    expect((await form('/oauth/revoke', { token: refresh_token, ...(await assertionOf(client)) })).status).toBe(200)
    expect(await errorOf(await refresh(refresh_token))).toEqual(INVALID_GRANT)
  })

  for (const fault of ['failStatement', 'loseReply'] as const) {
    for (const nth of [1, 2, 3]) {
      test(`${fault} at operation ${nth} of a refresh: nothing is lost`, async () => {
        const { refresh_token } = await newTokens()
        const [assertion, headers] = [await assertionOf(client), await proved()]
        platform.faults[fault](nth)
        const struck = await token({ grant_type: 'refresh_token', refresh_token, ...assertion }, headers)
        expect([struck.status === 200 || struck.status === 503, platform.faults.fired]).toEqual([true, 1])
        platform.faults.clear()
        expect((await tokensOf(await refresh(refresh_token))).refresh_token).toBe(refresh_token)
      })
    }
  }
})
