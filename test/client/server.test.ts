// An API of one's own as a resource server: which access tokens of the real Kith it accepts, and what the others are told.

import { protect as expressProtect } from '@kith/client/express'
import { protect } from '@kith/client/hono'
import { AccessRefused, type Demands, type ResourceServer } from '@kith/client/server'
import { Hono } from 'hono'
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { ACR_VALUES } from '../../client/src/server/claims.ts'
import { inMemory } from '../../client/src/server/replays.ts'
import { ACRS } from '../../src/core/authentication-methods.ts'
import { toHex } from '../../src/ids.ts'
import { newSigner } from '../apis/oauth/assertions.ts'
import { newClient, ORIGIN, platform, rows, rsaSigningKey, signingKey, type TestClient, token } from '../apis/oauth/harness.ts'
import { basicOf } from '../apis/oauth/openid.ts'
import { clock } from '../platform/clock.ts'
import { putApi } from '../support/apis.ts'
import { type DpopKey, newDpopKey, type ProofChanges, proofOf } from '../support/dpop.ts'
import { bearer, INTROSPECT, JWKS, Network, newCaller, newShop, ORDERS, ordersBy, putOrders, signed } from './orders.ts'

const METADATA = `${ORDERS}.well-known/oauth-protected-resource`
const READ = { scope: 'orders:read' }
const nowSeconds = () => Math.floor(Date.now() / 1_000)

let network: Network
let client: { clientId: string; clientSecret: string }
let orders: ResourceServer<{ role?: string }>
let shop: TestClient

beforeAll(async () => {
  client = await putOrders()
  shop = await newShop()
})
beforeEach(() => {
  platform.reset()
  network = new Network()
  orders = ordersBy(network, { client, onRefused: () => {} })
})
afterEach(() => clock.restore())

/** What the caller is told instead. */
async function refusalOf(request: Request | Promise<Request>, demands: Demands = READ, api: ResourceServer = orders) {
  const refused = await api.authenticate(await request, demands).then(
    () => 'accepted',
    (error) => error,
  )
  expect(refused).toBeInstanceOf(AccessRefused)
  const { status, headers, cause } = refused as AccessRefused
  return { status, challenge: headers['www-authenticate'], retryAfter: headers['retry-after'], cause }
}
const invalid = (scheme = 'Bearer', more = '') => ({
  status: 401,
  challenge: expect.stringMatching(
    new RegExp(`^${scheme} resource_metadata="${METADATA}", error="invalid_token", error_description="The [\\w ]+"${more}$`),
  ),
})

describe('a token of Kith', () => {
  test('is accepted, with the claims of its user, app and session', async () => {
    const { token: access, userId, sessionId } = await newCaller(shop)
    const claims = await orders.authenticate(bearer(access), READ)
    expect(claims).toMatchObject({ sub: toHex(userId), client_id: shop.id, scope: 'orders:read', aud: ORDERS, iss: ORIGIN, role: 'user' })
    expect(claims).toMatchObject({ acr: ACRS[2], amr: ['pwd'], sid: expect.any(String) })
    expect(claims.sid).not.toBe(toHex(sessionId))
    expect(network.asked).toEqual([JWKS])
  })

  test('of a client of its own is accepted', async () => {
    const machine = await newClientOf()
    expect(await orders.authenticate(bearer(machine.token), READ)).toMatchObject({ sub: machine.id, client_id: machine.id })
  })

  test('is accepted from a plain object with a path, as other frameworks have it', async () => {
    const headers = { authorization: `bearer ${await signed()}`, cookie: ['a=b'], dpop: undefined }
    expect(await orders.authenticate({ method: 'GET', url: '/orders?page=2', headers }, READ)).toMatchObject({ sub: 'ada' })
  })

  test('for Kith, for another API, or an ID token, is refused', async () => {
    await putApi({ resource: 'https://stock.example/' })
    const { idToken } = await newCaller(shop)
    const machine = await newClientOf('client:profile:read https://stock.example/|')
    const own = async (params: Record<string, string>) =>
      ((await (await token({ grant_type: 'client_credentials', ...params }, basicOf(machine))).json()) as { access_token: string })
        .access_token
    for (const text of [idToken, await own({}), await own({ resource: 'https://stock.example/' })]) {
      expect(text).toMatch(/^ey/)
      expect(await refusalOf(bearer(text))).toMatchObject(invalid())
    }
  })
})

/** A client with a token of its own for the orders. */
async function newClientOf(scopes = `${ORDERS}| ${ORDERS}|orders:read`) {
  const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes })
  const reply = await token({ grant_type: 'client_credentials', resource: ORDERS }, basicOf(machine))
  return { ...machine, token: ((await reply.json()) as { access_token: string }).access_token }
}

describe('a token that Kith never issued', () => {
  const other = generateKeyPair('ES256', { extractable: true })
  const publicPart = ({ d: _, ...jwk }: Record<string, unknown>) => jwk
  const asText = (part: object) => btoa(JSON.stringify(part)).replaceAll('=', '')
  const byHmac = async () => {
    const secret = new TextEncoder().encode(JSON.stringify(publicPart(signingKey)))
    return await new SignJWT({ iss: ORIGIN, aud: ORDERS }).setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(secret)
  }
  const byOther = async (header: object = {}) => signed({}, header, await exportJWK((await other).privateKey))

  test.each<[string, () => Promise<string> | string]>([
    ['without a signature', () => new UnsecuredJWT({ iss: ORIGIN, aud: ORDERS, sub: 'ada' }).encode()],
    [
      'without a signature, by a header that says none',
      async () => `${asText({ alg: 'none', typ: 'at+jwt' })}.${(await signed()).split('.')[1]}.`,
    ],
    ["by HMAC with Kith's public key as the secret", byHmac],
    ["by Kith's other key, which signs ID tokens", () => signed({}, { alg: 'RS256', kid: rsaSigningKey.kid as string }, rsaSigningKey)],
    ['of the type of an ID token', () => signed({}, { typ: 'JWT' })],
    ['of the type of a logout token', () => signed({}, { typ: 'logout+jwt' })],
    ['of no type', () => signed({}, { typ: undefined as never })],
    ['of another issuer', () => signed({ iss: 'https://evil.example' })],
    ['of an issuer that begins like Kith', () => signed({ iss: `${ORIGIN}.evil.example` })],
    ['for the same origin and another path', () => signed({ aud: `${ORDERS}v2` })],
    ['for the same URI in other words', () => signed({ aud: ORDERS.slice(0, -1) })],
    ['for nobody', () => signed({ aud: undefined as never })],
    ['that has expired', () => signed({ exp: nowSeconds() - 31 })],
    ['that never expires', () => signed({ exp: undefined as never })],
    ['that begins tomorrow', () => signed({ nbf: nowSeconds() + 86_400 })],
    ['of no user', () => signed({ sub: undefined as never })],
    ['of no app', () => signed({ client_id: undefined })],
    ['without an id', () => signed({ jti: undefined as never })],
    ['bound to nothing', () => signed({ cnf: {} })],
    ['bound to a certificate', () => signed({ cnf: { 'x5t#S256': 'x' } })],
    ['bound to a key that does not prove itself', () => signed({ cnf: { jkt: 'x' } })],
    ['with an extension that must be understood', () => signed({}, { crit: ['b64'], b64: true })],
    ["by somebody else's key under Kith's name", () => byOther()],
    ["by somebody else's key, which it brings along", async () => byOther({ jwk: await exportJWK((await other).publicKey) })],
    ["by somebody else's key, which it says where to find", () => byOther({ jku: 'https://evil.example/jwks.json', kid: 'evil' })],
    ['with a signature that was changed', async () => `${(await signed()).slice(0, -8)}AAAAAAAA`],
    ['with a signature that is no base64url', async () => `${(await signed()).split('.').slice(0, 2).join('.')}.~~~~`],
    ['that is encrypted', () => 'a.b.c.d.e'],
    ['that is no JWT', () => 'orders'],
    ['of 100 KB', () => 'a'.repeat(100_000)],
  ])('%s, is refused, and Kith is asked for nothing but its keys', async (_what, text) => {
    expect(await refusalOf(bearer(await text()), { ...READ, now: true })).toMatchObject(invalid())
    expect(network.asked.every((path) => path === JWKS)).toBe(true)
  })

  test.each<[string, () => Promise<string>, RegExp]>([
    ['has expired', () => signed({ exp: nowSeconds() - 31 }), /^The access token has expired$/],
    ['is for another audience', () => signed({ aud: `${ORDERS}v2` }), /^The access token is for another audience$/],
    ['is bound to a key', () => signed({ cnf: { jkt: 'x' } }), /^The DPoP proof is missing/],
    ['is not valid', async () => 'orders', /^The access token is not valid$/],
  ])('that %s: the reply and the error of the API say so', async (_what, text, description) => {
    const refused = await orders.authenticate(bearer(await text()), READ).catch((error: AccessRefused) => error)
    const { body, message, headers } = refused as AccessRefused
    expect(body).toEqual({ error: 'invalid_token', error_description: expect.stringMatching(description) })
    expect(message).toBe(`Access refused: invalid_token (${body.error_description})`)
    expect(headers['www-authenticate']).toContain(`error_description="${body.error_description}"`)
  })

  test('is accepted without its fault', async () => {
    expect(await orders.authenticate(bearer(await signed()), READ)).toMatchObject({ sub: 'ada' })
  })
})

describe('a clock that is not that of Kith', () => {
  test('may be half a minute off', async () => {
    for (const claims of [{ exp: nowSeconds() - 20 }, { iat: nowSeconds() + 20, nbf: nowSeconds() + 20 }]) {
      expect(await orders.authenticate(bearer(await signed(claims)), READ)).toMatchObject({ sub: 'ada' })
      expect(await refusalOf(bearer(await signed(claims)), READ, ordersBy(network, { clockToleranceSeconds: 0 }))).toMatchObject(invalid())
    }
  })
})

describe('a request without a token', () => {
  test.each<[string, Record<string, string>]>([
    ['nothing', {}],
    ['a password', { authorization: 'Basic YTpi' }],
    ['a scheme alone', { authorization: 'Bearer' }],
    ['two tokens', { authorization: 'Bearer a b' }],
    ['a cookie', { cookie: 'access_token=x' }],
  ])('but with %s, is told where to get one, and for which scope', async (_what, headers) => {
    const refused = await refusalOf(new Request(`${ORDERS}orders?access_token=${await signed()}`, { headers }))
    expect(refused).toMatchObject({ status: 401, challenge: `Bearer resource_metadata="${METADATA}", scope="orders:read"` })
    expect(network.asked).toEqual([])
  })

  test('the metadata says whose tokens, which scopes, and which proofs', async () => {
    const reply = orders.metadataResponse()
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    expect(await reply.json()).toEqual({
      resource: ORDERS,
      authorization_servers: [ORIGIN],
      scopes_supported: ['orders:read', 'orders:write'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA']),
    })
    expect(orders.metadataPath).toBe('/.well-known/oauth-protected-resource')
    expect(ordersBy(network, { resource: 'https://example.com/mcp' }).metadataPath).toBe('/.well-known/oauth-protected-resource/mcp')
  })

  test('Kith is only reached by https, or on the own machine', () => {
    expect(() => ordersBy(network, { issuer: 'http://id.example.com' })).toThrow('https')
    for (const issuer of ['http://localhost:8787', 'http://127.0.0.1:8787', 'http://[::1]:8787']) ordersBy(network, { issuer })
  })
})

describe('a scope', () => {
  test.each([
    ['orders:write', 'orders:read'],
    ['orders:read orders:write', 'orders:read'],
    ['orders', 'orders:read'],
    ['orders:read', 'orders:reads'],
    ['orders:read', ''],
    ['orders:read', undefined],
  ])('%s is not covered by %s', async (scope, granted) => {
    expect(await refusalOf(bearer(await signed({ scope: granted })), { scope })).toMatchObject({
      status: 403,
      challenge: `Bearer resource_metadata="${METADATA}", error="insufficient_scope", scope="${scope}"`,
    })
  })

  test('may be one of several, or none', async () => {
    const access = await signed({ scope: 'orders:write orders:read' })
    for (const scope of ['orders:read', 'orders:read orders:write', undefined]) await orders.authenticate(bearer(access), { scope })
  })
})

describe('a token that is bound to a key', () => {
  let key: DpopKey
  let other: DpopKey
  let access: string
  beforeAll(async () => {
    ;[key, other] = [await newDpopKey(), await newDpopKey('EdDSA')]
    access = (await newCaller(shop, { key })).token
  })
  const URL_OF = `${ORDERS}orders`
  const proved = async (changes: ProofChanges = {}, { by = key, method = 'GET', url = URL_OF, proofUrl = '', scheme = 'DPoP' } = {}) =>
    new Request(url, {
      method,
      headers: { authorization: `${scheme} ${access}`, dpop: await proofOf(by, 'GET', proofUrl || url, { token: access, ...changes }) },
    })
  const refused = () => invalid('DPoP', ', algs="ES256 ES384 EdDSA Ed25519 PS256 RS256"')

  test('is accepted with a proof, once', async () => {
    const request = await proved()
    expect(await orders.authenticate(request.clone(), READ)).toMatchObject({ client_id: shop.id, cnf: { jkt: key.jkt } })
    expect(await refusalOf(request.clone())).toMatchObject(refused())
    expect(await orders.authenticate(await proved(), { ...READ, now: true })).toMatchObject({ client_id: shop.id })
  })

  test('of another algorithm than the tokens have, too', async () => {
    const bound = await newCaller(shop, { key: other })
    const dpop = await proofOf(other, 'GET', URL_OF, { token: bound.token })
    await orders.authenticate(new Request(URL_OF, { headers: { authorization: `DPoP ${bound.token}`, dpop } }), READ)
  })

  test.each<[string, () => Promise<Request>]>([
    ['without a proof', async () => new Request(URL_OF, { headers: { authorization: `DPoP ${access}` } })],
    ['with the proof of another key', () => proved({}, { by: other })],
    ['with a proof for another URL', () => proved({}, { proofUrl: `${ORDERS}orders/7` })],
    [
      'with a proof for another host, even where the request says that it came there',
      () => proved({}, { url: 'https://evil.example/orders' }),
    ],
    ['with a proof for another method', () => proved({}, { method: 'DELETE' })],
    ['with a proof for another token', () => proved({ token: 'x' })],
    ['with a proof for no token', () => proved({ claims: { ath: undefined } })],
    ['with a proof of an hour ago', () => proved({ claims: { iat: nowSeconds() - 3_600 } })],
    ['with a proof from tomorrow', () => proved({ claims: { iat: nowSeconds() + 86_400 } })],
    ['with a proof without an id', () => proved({ claims: { jti: undefined as never } })],
    ['with a proof with an endless id', () => proved({ claims: { jti: 'x'.repeat(300) } })],
    ['with a proof of another type', () => proved({ header: { typ: 'jwt' } })],
    ['with a proof that holds a private key', async () => proved({ header: { jwk: { ...key.jwk, d: 'AAAA' } as object } })],
  ])('%s, is refused', async (_what, request) => {
    expect(await refusalOf(request())).toMatchObject(refused())
  })

  test('is refused as Bearer, with a proof or without', async () => {
    expect(await refusalOf(bearer(access))).toMatchObject(invalid())
    expect(await refusalOf(proved({}, { scheme: 'Bearer' }))).toMatchObject(invalid())
  })

  test('is the only one that the scheme DPoP takes', async () => {
    const plain = await signed()
    const dpop = await proofOf(key, 'GET', URL_OF, { token: plain })
    expect(await refusalOf(new Request(URL_OF, { headers: { authorization: `DPoP ${plain}`, dpop } }))).toMatchObject(refused())
  })

  test('64 requests with one proof: one gets through', async () => {
    const request = await proved()
    const results = await Promise.allSettled(Array.from({ length: 64 }, () => orders.authenticate(request.clone(), READ)))
    expect(results.filter(({ status }) => status === 'fulfilled').length).toBe(1)
  })

  test('a proof is remembered for as long as it would be accepted, and no longer', async () => {
    clock.freeze()
    const ahead = await proved({ claims: { iat: nowSeconds() + 300 } })
    await orders.authenticate(ahead.clone(), READ)
    clock.advance(599_000)
    expect((await refusalOf(ahead.clone())).cause).toMatchObject({ message: 'The proof was used before' })
    const replays = inMemory()
    expect([replays.claim('a', 605), replays.claim('a', 605), replays.claim('b', 605)]).toEqual([true, false, true])
    clock.advance(605_000)
    expect([replays.claim('b', 605), replays.claim('a', 605)]).toEqual([true, true])
  })

  test('several processes share a store; where it fails, nobody is let in, and nobody is told that the token is wrong', async () => {
    const kept = new Map<string, number>()
    const replays = { claim: async (id: string, seconds: number) => !kept.has(id) && Boolean(kept.set(id, seconds)) }
    const [first, second] = [ordersBy(network, { replays }), ordersBy(network, { replays })]
    const request = await proved()
    await first.authenticate(request.clone(), READ)
    expect(await refusalOf(request.clone(), READ, second)).toMatchObject(refused())
    expect([...kept]).toEqual([[expect.stringMatching(new RegExp(`^${key.jkt}\\.`)), 605]])
    const broken = ordersBy(network, { replays: { claim: () => Promise.reject(new Error('down')) }, onRefused: () => {} })
    expect(await refusalOf(proved(), READ, broken)).toMatchObject({ status: 503, challenge: undefined, retryAfter: '5' })
  })

  test('behind a proxy: the proof is for the URL that the client called', async () => {
    const dpop = await proofOf(key, 'GET', URL_OF, { token: access })
    const headers = { authorization: `DPoP ${access}`, dpop, host: '10.0.0.7:3001', 'x-forwarded-host': 'evil.example' }
    await orders.authenticate({ method: 'GET', url: 'http://10.0.0.7:3001/orders?page=2', headers }, READ)
    const stripped = ordersBy(network, { urlOf: ({ url }) => `https://api.example/v1${new URL(url).pathname}` })
    await stripped.authenticate(await proved({}, { url: 'http://10.0.0.7/orders', proofUrl: 'https://api.example/v1/orders' }), READ)
  })

  test('is the only one that an API accepts which requires it', async () => {
    const strict = ordersBy(network, { dpop: 'required' })
    expect(await refusalOf(bearer(await signed()), READ, strict)).toMatchObject(refused())
    const algorithms = 'ES256 ES384 EdDSA Ed25519 PS256 RS256'
    const told = { status: 401, challenge: `DPoP resource_metadata="${METADATA}", scope="orders:read", algs="${algorithms}"` }
    expect(await refusalOf(new Request(URL_OF), READ, strict)).toMatchObject(told)
    await strict.authenticate(await proved(), READ)
    expect(strict.metadata).toMatchObject({ dpop_bound_access_tokens_required: true })
  })
})

describe('a revocation', () => {
  const NOW = { ...READ, now: true }

  test('counts at once where Kith is asked, and at the expiry of the token elsewhere', async () => {
    const { token: access, userId } = await newCaller(shop)
    const [verified, live] = [await orders.authenticate(bearer(access), READ), await orders.authenticate(bearer(access), NOW)]
    const { nbf, ...claims } = verified as typeof verified & { nbf: number }
    expect(live).toEqual(claims)
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', userId)
    await orders.authenticate(bearer(access), READ)
    expect(await refusalOf(bearer(access), NOW)).toMatchObject(invalid())
  })

  test('of a scope or a role counts too', async () => {
    const { token: access, userId } = await newCaller(shop)
    await rows("UPDATE users SET role = 'admin' WHERE id = ?", userId)
    expect((await orders.authenticate(bearer(access), NOW)).role).not.toBe((await orders.authenticate(bearer(access), READ)).role)
    await rows('UPDATE oauth_clients SET scopes = ? WHERE id = ?', `openid ${ORDERS}|`, shop.id)
    expect(await refusalOf(bearer(access), NOW)).toMatchObject({ status: 403 })
    await rows(
      'UPDATE oauth_clients SET scopes = ? WHERE id = ?',
      `openid ${ORDERS}| ${ORDERS}|orders:read ${ORDERS}|orders:write`,
      shop.id,
    )
  })

  test.each<[string, () => Response | Promise<Response>, string]>([
    ['cannot be reached', () => Promise.reject(new TypeError('fetch failed')), '5'],
    ['does not answer in time', () => Promise.reject(new DOMException('', 'TimeoutError')), '5'],
    ['fails', () => new Response('', { status: 500 }), '5'],
    ['is overloaded', () => new Response('', { status: 503, headers: { 'retry-after': '7' } }), '7'],
    ['says that it was asked too often', () => new Response('', { status: 429, headers: { 'retry-after': '9' } }), '9'],
    ['is a page of somebody else', () => new Response('<html>', { headers: { 'content-type': 'text/html' } }), '5'],
    ['redirects', () => new Response('', { status: 302, headers: { location: 'https://evil.example' } }), '5'],
  ])('cannot be asked about if Kith %s: later, not never', async (_what, answer, retryAfter) => {
    const access = await signed()
    await orders.authenticate(bearer(access), READ)
    network.instead = answer
    expect(await refusalOf(bearer(access), NOW)).toMatchObject({ status: 503, challenge: undefined, retryAfter })
    await orders.authenticate(bearer(access), READ)
  })

  test('with the wrong secret of the API it is the API that is at fault, and its log says so', async () => {
    const causes: unknown[] = []
    const onRefused = ({ cause }: AccessRefused) => causes.push(cause)
    const misled = ordersBy(network, { client: { ...client, clientSecret: 'x' }, onRefused })
    expect(await refusalOf(bearer(await signed()), NOW, misled)).toMatchObject({ status: 503 })
    expect(`${causes[0]}`).toMatch(/401 to an introspection.*invalid_client/)
  })

  test.each([
    ['without a client', {}],
    ['with an empty secret', { client: { clientId: 'orders', clientSecret: '' } }],
  ])('cannot be asked about %s, which is found out at the first request, and is no fault of the token', async (_, options) => {
    await expect(ordersBy(network, options).authenticate(bearer(await signed()), NOW)).rejects.toThrow(TypeError)
  })

  test('is asked by a client with a key as well', async () => {
    const signer = await newSigner('ES256', { scopes: `${ORDERS}|`, grantTypes: 'client_credentials' })
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', signer.id, ORDERS)
    const { privateKey: key, kid = '' } = signer.key ?? {}
    const asked = ordersBy(network, { client: { clientId: signer.id, key: { key: key as CryptoKey, kid } } })
    await asked.authenticate(bearer((await newCaller(shop)).token), NOW)
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', client.clientId, ORDERS)
    expect(network.times(INTROSPECT)).toBe(1)
  })
})

describe('a step-up', () => {
  const [PHR, TWO, ONE] = ACRS
  const told = (more: string) => ({
    status: 401,
    challenge: `Bearer resource_metadata="${METADATA}", error="insufficient_user_authentication", ${more}`,
  })

  test("is by Kith's levels", () => expect(ACR_VALUES).toEqual(ACRS))

  test('is asked for where a sign-in was too weak; a stronger one will do', async () => {
    for (const acr of [PHR, TWO]) await orders.authenticate(bearer(await signed({ acr })), { acrValues: TWO })
    await orders.authenticate(bearer(await signed({ acr: TWO })), { acrValues: `${PHR} ${TWO}` })
    await orders.authenticate(bearer((await newCaller(shop, { amr: 'swk user mfa' })).token), { ...READ, acrValues: TWO })
    const weak = bearer((await newCaller(shop)).token)
    expect(await refusalOf(weak, { ...READ, acrValues: `${PHR} ${TWO}` })).toMatchObject(told(`acr_values="${PHR} ${TWO}"`))
    for (const acr of [ONE, 'urn:kith:acr:9fa', undefined]) {
      expect((await refusalOf(bearer(await signed({ acr })), { acrValues: TWO })).status).toBe(401)
    }
    expect((await refusalOf(bearer(await signed({ acr: PHR })), { acrValues: 'urn:other' })).status).toBe(401)
  })

  test('is asked for where a sign-in was too long ago, also of a client, which never signed in', async () => {
    const { token: access } = await newCaller(shop, { seconds: 400 })
    await orders.authenticate(bearer(access), { ...READ, maxAge: 600 })
    expect(await refusalOf(bearer(access), { ...READ, maxAge: 300 })).toMatchObject(told('max_age="300"'))
    expect(await refusalOf(bearer(access), { ...READ, maxAge: 0, acrValues: TWO })).toMatchObject(told(`acr_values="${TWO}", max_age="0"`))
    expect((await refusalOf(bearer(await signed()), { maxAge: 1e9 })).status).toBe(401)
  })
})

describe('a middleware', () => {
  test('of Hono answers refusals, and hands the claims to the handler', async () => {
    const app = new Hono()
      .get('/orders', protect(orders, 'orders:read'), (c) => c.json({ of: c.var.claims.sub, role: c.var.claims.role ?? null }))
      .post('/orders', protect(orders, 'orders:write', { now: true }), (c) => c.json(c.var.claims))
    const headers = { authorization: `Bearer ${await signed()}` }
    expect(await (await app.request('/orders', { headers })).json()).toEqual({ of: 'ada', role: null })
    const refused = await app.request('/orders', { method: 'POST', headers })
    expect([refused.status, await refused.json()]).toEqual([403, { error: 'insufficient_scope' }])
    expect(refused.headers.get('www-authenticate')).toContain('scope="orders:write"')
    expect(refused.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate')
  })

  test('of Express too; what is not a refusal goes to its error handler', async () => {
    const sent: unknown[] = []
    const response = {
      status: (code: number) => {
        sent.push(code)
        return response
      },
      set: () => response,
      json: (body: unknown) => sent.push(body),
    }
    const request = async (text: string) => ({ method: 'GET', originalUrl: '/orders', headers: { authorization: `Bearer ${text}` } })
    const ok = await request(await signed())
    await expressProtect(orders, 'orders:read')(ok, response, (error) => sent.push(error ?? 'next'))
    await expressProtect(orders, 'orders:read')(await request('x'), response, () => sent.push('never'))
    await expressProtect(ordersBy(network), 'orders:read', { now: true })(ok, response, (error) => sent.push((error as Error).name))
    expect(sent).toEqual(['next', 401, { error: 'invalid_token', error_description: 'The access token is not valid' }, 'TypeError'])
    expect(ok).toMatchObject({ claims: { sub: 'ada' } })
  })
})
