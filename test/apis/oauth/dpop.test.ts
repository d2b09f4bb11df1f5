// DPoP (RFC 9449) over HTTP: bound access and refresh tokens, proofs that count once, nonces, and what clients are told.

import { resourceServer } from '@kith/client/server'
import { decodeJwt } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { DEVICE_GRANT } from '../../../src/core/oauth/clients.ts'
import { DPOP_CHALLENGE } from '../../../src/http/dpop.ts'
import { clock } from '../../platform/clock.ts'
import { ORDERS, putApi } from '../../support/apis.ts'
import { type DpopKey, dpopHeaders, newDpopKey, nonceNow, type ProofChanges, proofOf } from '../../support/dpop.ts'
import { Client, type Reply } from '../../support/kith.ts'
import { browserOf, fillIn, formOf, send as sendForm } from '../../support/pages.ts'
import { verifiedPerson } from '../../support/people.ts'
import { atTheLine, raceOf64 } from '../../support/start-line.ts'
import { assertionOf, newSigner, requestObjectOf } from './assertions.ts'
import {
  authorize,
  CHALLENGE,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newEnv,
  newGrant,
  newUser,
  ORIGIN,
  type Params,
  platform,
  redirected,
  rows,
  send,
  type TestClient,
  type TokenReply,
  token,
  VERIFIER,
} from './harness.ts'
import { basicOf } from './openid.ts'

const DAY_MS = 86_400_000
const TOKEN = '/oauth/token'
const INVALID = [400, 'invalid_dpop_proof']
const SCOPE = 'openid delegated:profile:read'
const SPENDS = /INSERT INTO spent_tokens/
let key: DpopKey
let other: DpopKey
let client: TestClient

beforeAll(async () => {
  ;[key, other] = [await newDpopKey(), await newDpopKey()]
  client = await newClient()
})
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

const proved = async (by = key, changes: ProofChanges = {}, path = TOKEN) => ({ dpop: await proofOf(by, 'POST', path, changes) })
/** A request for tokens with a proof, which is right but for the changes. */
const ask = async (params: Params, by: DpopKey | null = key, headers: Record<string, string> = {}) =>
  token(params, { ...(by ? await proved(by) : {}), ...headers })
const tokensOf = async (response: Response) => {
  expect(response.status, await response.clone().text()).toBe(200)
  return (await response.json()) as TokenReply
}

/** Bound tokens of a person. */
async function newBound(of = client, by = key, scope = SCOPE): Promise<TokenReply & { userId: number; cookie: string }> {
  const userId = await newUser()
  const { cookie } = await newBrowser(userId)
  const code = await newCode(of, cookie, { scope })
  return { ...(await tokensOf(await exchange(of, code, {}, await proved(by)))), userId, cookie }
}

const refreshWith = (tokens: Pick<TokenReply, 'refresh_token'>, by: DpopKey | null = key, of = client, more: Params = {}) =>
  ask({ grant_type: 'refresh_token', client_id: of.id, refresh_token: tokens.refresh_token, ...more }, by)
const me = (headers: Record<string, string>) => send('/user/me', { headers })
const meWith = async (access: string, changes: ProofChanges = {}, by = key) =>
  me({ authorization: `DPoP ${access}`, dpop: await proofOf(by, 'GET', '/user/me', { token: access, ...changes }) })
const challengeOf = (reply: Response) => reply.headers.get('www-authenticate') ?? ''
/** Whether a refresh token of the client's was ever rotated. */
const isRotated = async (of: TestClient) => {
  const found = await rows(
    'SELECT 1 FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id WHERE s.client_id = ? AND t.rotated_at IS NOT NULL',
    of.id,
  )
  return found.length > 0
}
const spentRows = async () => (await rows<{ n: number }>('SELECT COUNT(*) AS n FROM spent_tokens'))[0]?.n

describe('tokens bound to a key', () => {
  test('come with a proof: token_type DPoP, cnf in the access token and in introspection; the ID token as ever', async () => {
    const tokens = await newBound()
    expect([tokens.token_type, decodeJwt(tokens.access_token).cnf]).toEqual(['DPoP', { jkt: key.jkt }])
    expect(decodeJwt(tokens.id_token).cnf).toBeUndefined()
    const server = await newClient({ method: 'client_secret_basic', scopes: 'client:oauth:introspect' })
    const shown = async (text: string) => (await form('/oauth/introspect', { token: text }, basicOf(server))).json()
    expect(await shown(tokens.access_token)).toMatchObject({ active: true, token_type: 'DPoP', cnf: { jkt: key.jkt } })
    expect(await shown(tokens.refresh_token)).toMatchObject({ active: true, token_type: 'refresh_token', cnf: { jkt: key.jkt } })
    const plain = (await newGrant(client)).tokens
    expect(plain.token_type).toBe('Bearer')
    expect(await shown(plain.access_token)).not.toHaveProperty('cnf')
    expect(await shown(plain.access_token)).toMatchObject({ token_type: 'Bearer' })
  })

  test('open /user/me and userinfo, with a proof each time, in any spelling of the scheme', async () => {
    const { access_token } = await newBound()
    expect((await meWith(access_token)).status).toBe(200)
    const [method, path] = ['GET', '/oauth/userinfo']
    expect((await send(path, { headers: await dpopHeaders(key, method, path, access_token) })).status).toBe(200)
    const posted = { dpop: await proofOf(key, 'POST', path, { token: access_token }), authorization: `dpop ${access_token}` }
    expect((await form(path, {}, posted)).status).toBe(200)
    const dpop = await proofOf(key, 'HEAD', '/user/me', { token: access_token })
    expect((await send('/user/me', { method: 'HEAD', headers: { authorization: `DPOP ${access_token}`, dpop } })).status).toBe(200)
  })

  test('are of no use as Bearer, in the header or in a form, whoever has the proof', async () => {
    const { access_token } = await newBound()
    const dpop = await proofOf(key, 'GET', '/user/me', { token: access_token })
    for (const headers of [{}, { dpop }] as Record<string, string>[]) {
      const stolen = await me({ authorization: `Bearer ${access_token}`, ...headers })
      expect([stolen.status, challengeOf(stolen)]).toEqual([401, expect.stringMatching(/^Bearer error="invalid_token".*, DPoP algs="/)])
    }
    const inForm = await form('/oauth/userinfo', { access_token })
    expect([inForm.status, await inForm.json()]).toEqual([
      401,
      { error: 'invalid_token', error_description: expect.stringContaining('bound to a key') },
    ])
    expect((await send('/mxit/user/profile', { headers: { authorization: `Bearer ${access_token}` } })).status).toBe(401)
  })

  test('are of no use as Bearer at an API of one’s own', async () => {
    await putApi({ resource: ORDERS })
    const api = resourceServer({ issuer: ORIGIN, resource: ORDERS, fetch: (request) => send(new URL(request.url).pathname, request) })
    const app = await newClient({ scopes: `${ORDERS}| ${ORDERS}|orders:read` })
    const { cookie } = await newBrowser(await newUser())
    const callers = []
    for (const headers of [{}, await proved()]) {
      const code = await newCode(app, cookie, { resource: ORDERS })
      const { access_token } = await tokensOf(await exchange(app, code, {}, headers as Record<string, string>))
      const request = new Request(`${ORDERS}orders`, { headers: { authorization: `Bearer ${access_token}` } })
      callers.push(await api.authenticate(request).catch(({ code }) => code))
    }
    expect(callers).toEqual([expect.objectContaining({ client_id: app.id }), 'invalid_token'])
  })

  test('are the only ones that the scheme DPoP takes', async () => {
    const { tokens } = await newGrant(client)
    const reply = await meWith(tokens.access_token)
    expect([reply.status, challengeOf(reply)]).toEqual([401, expect.stringMatching(/^DPoP algs="[^"]+", error="invalid_token"/)])
    expect((await me({ authorization: `Bearer ${tokens.access_token}`, dpop: 'ignored' })).status).toBe(200)
  })

  test('end with their session, and are revoked without a proof', async () => {
    const tokens = await newBound()
    expect((await form('/oauth/revoke', { client_id: client.id, token: tokens.access_token })).status).toBe(200)
    expect((await meWith(tokens.access_token)).status).toBe(401)
    expect(await errorOf(await refreshWith(tokens))).toEqual([400, 'invalid_grant'])
  })

  test('may write, from a page of an allowed origin too', async () => {
    const { access_token } = await newBound(client, key, 'delegated:all')
    const path = '/user/me'
    const dpop = await proofOf(key, 'PATCH', path, { token: access_token })
    const headers = { authorization: `DPoP ${access_token}`, dpop, 'content-type': 'application/json', origin: 'https://app.kith.test' }
    const reply = await send(path, { method: 'PATCH', headers, body: JSON.stringify({ firstName: 'Ada' }) })
    expect(reply.status, await reply.clone().text()).toBe(200)
    expect(reply.headers.get('dpop-nonce')).toBe(nonceNow())
  })
})

describe('what a request is told', () => {
  test('RFC 9449 §7.1: the scheme and its algorithms, beside Bearer where no token was sent', async () => {
    const nothing = await me({})
    expect(challengeOf(nothing)).toMatch(/^Bearer scope="[^"]+", resource_metadata="[^"]+", DPoP algs="[^"]*ES256[^"]*"$/)
    const { access_token } = await newBound()
    const without = await me({ authorization: `DPoP ${access_token}` })
    expect([without.status, challengeOf(without)]).toEqual([401, expect.stringContaining(`${DPOP_CHALLENGE}, error="invalid_dpop_proof"`)])
    const little = await newBound(client, key, 'openid')
    const proofless = await send('/oauth/userinfo', { headers: { authorization: `DPoP ${little.access_token}` } })
    expect(challengeOf(proofless)).toContain('error="invalid_dpop_proof"')
    expect([proofless.status, await proofless.json()]).toEqual([401, expect.objectContaining({ error: 'invalid_dpop_proof' })])
    const forbidden = await meWith(little.access_token)
    expect([forbidden.status, challengeOf(forbidden)]).toEqual([403, expect.stringContaining('error="insufficient_scope"')])
    expect(challengeOf(forbidden)).toMatch(/^DPoP algs=/)
  })

  test('§8, §9: which nonce to use, on each reply to a proof, and only there', async () => {
    const tokens = await newBound()
    const { access_token } = tokens
    const claims = { nonce: undefined }
    const told = await ask(
      { grant_type: 'refresh_token', client_id: client.id, refresh_token: tokens.refresh_token },
      null,
      await proved(key, { claims }),
    )
    expect([await errorOf(told), told.headers.get('dpop-nonce')]).toEqual([[400, 'use_dpop_nonce'], nonceNow()])
    const refused = await meWith(access_token, { claims })
    expect([refused.status, refused.headers.get('dpop-nonce')]).toEqual([401, nonceNow()])
    expect(challengeOf(refused)).toContain('error="use_dpop_nonce"')
    const pushed = await form('/oauth/par', { client_id: client.id }, await proved(key, { claims }, '/oauth/par'))
    expect([await errorOf(pushed), pushed.headers.get('dpop-nonce')]).toEqual([[400, 'use_dpop_nonce'], nonceNow()])
    expect((await meWith(access_token)).headers.get('dpop-nonce')).toBe(nonceNow())
    expect((await refreshWith(tokens)).headers.get('dpop-nonce')).toBe(nonceNow())
    expect((await me({})).headers.get('dpop-nonce')).toBeNull()
  })

  test('no database is asked about a proof without the right nonce, and nobody counts it as a failure', async () => {
    const counted: string[] = []
    const LIMIT_OTHER = { limit: async ({ key: name }: { key: string }) => ({ success: counted.push(name) > 0 }) }
    const bindings = { ...newEnv({ NETWORK_LIMITS: 'on' }), LIMIT_OTHER }
    const params = { grant_type: 'refresh_token', client_id: client.id, refresh_token: 'x' }
    const { counts } = await platform.counts.measure(async () => {
      expect(await errorOf(await token(params, await proved(key, { claims: { nonce: 'x' } }), bindings))).toEqual([400, 'use_dpop_nonce'])
    })
    expect([counts.d1RoundTrips, counted]).toEqual([0, []])
    expect(await errorOf(await token(params, await proved(key, { claims: { htm: 'GET' } }), bindings))).toEqual(INVALID)
    expect(counted).toHaveLength(1)
  })

  test('pages of allowed origins may send the header and read the nonce', async () => {
    const origin = platform.env.CORS_ORIGINS?.split(',')[0] ?? ''
    const asks = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'dpop' }
    const preflight = await send('/user/me', { method: 'OPTIONS', headers: asks })
    expect(preflight.headers.get('access-control-allow-headers')).toContain('dpop')
    expect((await me({ origin })).headers.get('access-control-expose-headers')).toContain('dpop-nonce')
  })

  test('the metadata say which algorithms', async () => {
    for (const path of ['openid-configuration', 'oauth-authorization-server', 'oauth-protected-resource']) {
      const metadata = (await (await send(`/.well-known/${path}`)).json()) as Record<string, unknown>
      expect(metadata.dpop_signing_alg_values_supported).toEqual(expect.arrayContaining(['ES256', 'RS256', 'PS256', 'EdDSA']))
      expect(metadata).not.toHaveProperty('dpop_bound_access_tokens_required')
    }
  })
})

describe('a wrong proof', () => {
  const WRONG: [what: string, changes: () => ProofChanges][] = [
    ['for another method', () => ({ claims: { htm: 'PUT' } })],
    ['for another URL', () => ({ claims: { htu: `${ORIGIN}/oauth/other` } })],
    ['from a clock that is behind', () => ({ claims: { iat: Math.floor(Date.now() / 1000) - 90 } })],
    ['from a clock that is ahead', () => ({ claims: { iat: Math.floor(Date.now() / 1000) + 90 } })],
    ['of another type', () => ({ header: { typ: 'jwt' } })],
    ['that is huge', () => ({ claims: { x: 'x'.repeat(7_000) } })],
  ]

  test.each(WRONG)('%s opens nothing and uses nothing up', async (_what, changes) => {
    const { cookie } = await newBrowser(await newUser())
    const code = await newCode(client, cookie, { scope: SCOPE })
    const before = await spentRows()
    expect(await errorOf(await exchange(client, code, {}, await proved(key, changes())))).toEqual(INVALID)
    expect(await spentRows()).toBe(before)
    const { access_token } = await tokensOf(await exchange(client, code, {}, await proved()))
    const refused = await meWith(access_token, changes())
    expect([refused.status, challengeOf(refused)]).toEqual([401, expect.stringContaining('error="invalid_dpop_proof"')])
    expect(((await refused.json()) as { error: string }).error).toBe('Unauthorized')
  })

  test('of another key, or for another token, does not open /user/me', async () => {
    const [mine, another] = [await newBound(), await newBound()]
    expect((await meWith(mine.access_token, {}, other)).status).toBe(401)
    const dpop = await proofOf(key, 'GET', '/user/me', { token: another.access_token })
    expect((await me({ authorization: `DPoP ${mine.access_token}`, dpop })).status).toBe(401)
    expect((await meWith(mine.access_token)).status).toBe(200)
  })

  test('and another one in a second header are refused together', async () => {
    const { access_token } = await newBound()
    const headers = new Headers({ authorization: `DPoP ${access_token}` })
    for (let n = 0; n < 2; n += 1) headers.append('dpop', await proofOf(key, 'GET', '/user/me', { token: access_token }))
    expect((await send('/user/me', { headers })).status).toBe(401)
  })

  test('with an access token in it is none for the token endpoint', async () => {
    expect(
      await errorOf(
        await ask({ grant_type: 'refresh_token', client_id: client.id, refresh_token: 'x' }, null, await proved(key, { token: 'x' })),
      ),
    ).toEqual(INVALID)
  })
})

describe('a proof counts once', () => {
  const isReplay = ({ json }: Reply) => json.error === 'invalid_dpop_proof'

  test('one after the other: the second is refused everywhere, and its own jti is free for another key', async () => {
    const { access_token } = await newBound()
    const headers = await dpopHeaders(key, 'GET', '/user/me', access_token)
    expect((await me(headers)).status).toBe(200)
    const again = await me(headers)
    expect([again.status, challengeOf(again)]).toEqual([401, expect.stringContaining('error="invalid_dpop_proof"')])
    const claims = { jti: 'the-same' }
    expect((await meWith(access_token, { claims })).status).toBe(200)
    expect((await meWith(access_token, { claims })).status).toBe(401)
    const theirs = await newBound(client, other)
    expect((await meWith(theirs.access_token, { claims }, other)).status).toBe(200)
  })

  test('64 times at once at /user/me: one winner', async () => {
    const { access_token } = await newBound()
    const headers = await dpopHeaders(key, 'GET', '/user/me', access_token)
    const replies = await raceOf64(() => new Client().get('/user/me', { headers, ...atTheLine }), SPENDS)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(({ status, json }) => status === 401 && json.additionalInfo.reason === 'invalid_dpop_proof')).toHaveLength(63)
  })

  test('64 times at once for a token of the client itself: one winner', async () => {
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: 'client:all' })
    const headers = { ...basicOf(machine), ...(await proved()) }
    const body = new URLSearchParams({ grant_type: 'client_credentials' })
    const replies = await raceOf64(() => new Client().post(TOKEN, body, { headers, ...atTheLine }), SPENDS)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.filter(isReplay)).toHaveLength(63)
  })

  test('64 times at once for one code, with the proof or with 64 of them: one winner', async () => {
    for (const proofs of [1, 64]) {
      const { cookie } = await newBrowser(await newUser())
      const code = await newCode(client, cookie, { scope: SCOPE })
      const sent = {
        grant_type: 'authorization_code',
        client_id: client.id,
        redirect_uri: client.redirectUri,
        code,
        code_verifier: VERIFIER,
      }
      const headers = await Promise.all(Array.from({ length: proofs }, () => proved()))
      const start = (n: number) => new Client().post(TOKEN, new URLSearchParams(sent), { headers: headers[n % proofs] ?? {}, ...atTheLine })
      const replies = await raceOf64(start, SPENDS)
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
      expect(replies.filter(({ json }) => json.error === (proofs === 1 ? 'invalid_dpop_proof' : 'invalid_grant'))).toHaveLength(63)
    }
  })

  test('64 times at once for a refresh: one winner, and the family goes on', async () => {
    const tokens = await newBound()
    const headers = await proved()
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: client.id, refresh_token: tokens.refresh_token })
    const replies = await raceOf64(() => new Client().post(TOKEN, body, { headers, ...atTheLine }), SPENDS)
    const [won] = replies.filter(({ status }) => status === 200)
    expect(replies.filter(isReplay)).toHaveLength(63)
    expect((await refreshWith(won?.json)).status).toBe(200)
  })

  test('a replay counts against no limit of the account', async () => {
    const { access_token, userId } = await newBound(client, key, 'delegated:all')
    const path = '/user/search'
    const headers = { 'content-type': 'application/json', ...(await dpopHeaders(key, 'POST', path, access_token)) }
    const search = async () => (await send(path, { method: 'POST', headers, body: JSON.stringify({ query: 'xy' }) })).status
    const counted = () => rows('SELECT key, count FROM attempt_counters WHERE key = ?', `account-search:${userId}`)
    const first = await search()
    const once = await counted()
    expect([first, once]).toEqual([200, [expect.objectContaining({ count: 1 })]])
    expect(await search()).toBe(401)
    expect(await counted()).toEqual(once)
  })
})

describe('refresh tokens are bound', () => {
  test('to the key, across rotations: another key or none gets nothing, rotates nothing and ends nothing with the current token', async () => {
    const own = await newClient()
    const tokens = await newBound(own)
    for (const more of [{}, { scope: 'delegated:profile:read' }] as Params[]) {
      for (const thief of [other, null])
        expect(await (await refreshWith(tokens, thief, own, more)).json()).toEqual({
          error: 'invalid_grant',
          error_description: 'The refresh token is bound to a key: send a DPoP proof of it',
        })
    }
    expect(await isRotated(own)).toBe(false)
    const next = await tokensOf(await refreshWith(tokens, key, own))
    expect([next.token_type, decodeJwt(next.access_token).cnf]).toEqual(['DPoP', { jkt: key.jkt }])
    for (const thief of [other, null]) expect(await errorOf(await refreshWith(next, thief, own))).toEqual([400, 'invalid_grant'])
    expect((await tokensOf(await refreshWith(tokens, key, own))).refresh_token).toBe(next.refresh_token)
    expect((await refreshWith(next, key, own)).status).toBe(200)
  })

  test('whose reply was lost are repeated a day later, while the successor is unused; after that, reuse ends the family', async () => {
    clock.freeze()
    const own = await newClient()
    const tokens = await newBound(own)
    const lost = await tokensOf(await refreshWith(tokens, key, own))
    clock.advance(DAY_MS)
    const next = await tokensOf(await refreshWith(tokens, key, own))
    expect(next.refresh_token).toBe(lost.refresh_token)
    clock.advance(DAY_MS)
    const last = await tokensOf(await refreshWith(next, key, own))
    expect(await errorOf(await refreshWith(tokens, key, own))).toEqual([400, 'invalid_grant'])
    expect(await errorOf(await refreshWith(last, key, own))).toEqual([400, 'invalid_grant'])
  })

  test('a day later, whoever repeats one without its key ends the family', async () => {
    clock.freeze()
    const own = await newClient()
    const tokens = await newBound(own)
    const next = await tokensOf(await refreshWith(tokens, key, own))
    clock.advance(DAY_MS)
    for (const thief of [other, null]) expect(await errorOf(await refreshWith(tokens, thief, own))).toEqual([400, 'invalid_grant'])
    expect(await errorOf(await refreshWith(next, key, own))).toEqual([400, 'invalid_grant'])
  })

  test('and not rotated by a proof that was used before', async () => {
    const own = await newClient()
    const tokens = await newBound(own)
    const proof = await proved()
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: 'client:all' })
    expect((await token({ grant_type: 'client_credentials' }, { ...basicOf(machine), ...proof })).status).toBe(200)
    const params = { grant_type: 'refresh_token', client_id: own.id, refresh_token: tokens.refresh_token }
    expect(await errorOf(await token(params, proof))).toEqual(INVALID)
    expect(await isRotated(own)).toBe(false)
  })

  test('of a confidential client too, and with an assertion', async () => {
    const confidential = await newClient({ method: 'client_secret_post' })
    const secret = { client_secret: confidential.secret }
    const { cookie } = await newBrowser(await newUser())
    const tokens = await tokensOf(
      await exchange(confidential, await newCode(confidential, cookie, { scope: SCOPE }), secret, await proved()),
    )
    expect(await errorOf(await refreshWith(tokens, other, confidential, secret))).toEqual([400, 'invalid_grant'])
    expect((await refreshWith(tokens, key, confidential, secret)).status).toBe(200)
    const signer = await newSigner('ES256', { scopes: SCOPE, grantTypes: 'authorization_code refresh_token' })
    const code = await newCode(signer, cookie, { scope: SCOPE })
    const params = { grant_type: 'authorization_code', code, redirect_uri: signer.redirectUri, code_verifier: VERIFIER }
    const signed = await tokensOf(await ask({ ...params, ...(await assertionOf(signer)) }))
    expect(await errorOf(await refreshWith(signed, other, signer, await assertionOf(signer)))).toEqual([400, 'invalid_grant'])
    expect((await refreshWith(signed, key, signer, await assertionOf(signer))).status).toBe(200)
  })

  test('from the first refresh with a proof on, if they were not before', async () => {
    const { tokens } = await newGrant(client)
    const bound = await tokensOf(await refreshWith(tokens))
    expect(bound.token_type).toBe('DPoP')
    expect(await errorOf(await refreshWith(bound, null))).toEqual([400, 'invalid_grant'])
    expect((await refreshWith(bound)).status).toBe(200)
  })

  test.each([
    ['with a key of the owner’s', () => other],
    ['without one', () => null],
  ])('and whoever has stolen an unbound one keeps nothing by binding it: the owner comes again %s', async (_what, owner) => {
    for (const times of [1, 2]) {
      const { tokens } = await newGrant(client)
      let stolen = await tokensOf(await refreshWith(tokens))
      for (let more = 1; more < times; more += 1) stolen = await tokensOf(await refreshWith(stolen))
      expect(await errorOf(await refreshWith(tokens, owner()))).toEqual([400, 'invalid_grant'])
      expect((await meWith(stolen.access_token)).status, `bound ${times} times`).toBe(401)
      expect(await errorOf(await refreshWith(stolen))).toEqual([400, 'invalid_grant'])
    }
  })

  test('to one key, of 64 requests with 64 proofs of 16 keys for one that was not bound', async () => {
    const { tokens } = await newGrant(client, { scope: SCOPE })
    const keys = await Promise.all(Array.from({ length: 16 }, () => newDpopKey()))
    const proofs = await Promise.all(Array.from({ length: 64 }, (_, n) => proved(keys[n % 16])))
    const more = { scope: 'delegated:profile:read' }
    const body = new URLSearchParams({ grant_type: 'refresh_token', client_id: client.id, refresh_token: tokens.refresh_token, ...more })
    const race = () => new Client().post(TOKEN, body, { headers: proofs.pop() ?? {}, ...atTheLine })
    const won = (await raceOf64(race, SPENDS)).filter(({ status }) => status === 200)
    expect(new Set(won.map(({ json }) => (decodeJwt(json.access_token).cnf as { jkt: string }).jkt)).size).toBe(1)
  })
})

describe('every grant', () => {
  test('client_credentials: a token of the client itself is bound as well', async () => {
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: 'client:oauth:introspect' })
    const { access_token, token_type } = await tokensOf(await ask({ grant_type: 'client_credentials' }, key, basicOf(machine)))
    expect([token_type, decodeJwt(access_token).cnf]).toEqual(['DPoP', { jkt: key.jkt }])
    const path = '/oauth/introspect'
    const introspect = (headers: Record<string, string>) =>
      send(path, { method: 'POST', body: JSON.stringify({ token: 'x' }), headers: { 'content-type': 'application/json', ...headers } })
    const headers = await dpopHeaders(key, 'POST', path, access_token)
    const [first, replayed] = [await introspect(headers), await introspect(headers)]
    expect([first.status, replayed.status]).toEqual([200, 401])
    expect((await introspect({ authorization: `Bearer ${access_token}` })).status).toBe(401)
  })

  test('a device code', async () => {
    const television = await newClient({ grantTypes: `${DEVICE_GRANT} refresh_token`, redirectUris: [], scopes: SCOPE })
    const started = (await (await form('/oauth/device_authorization', { client_id: television.id, scope: SCOPE })).json()) as Params
    const poll = (by: DpopKey | null = key) =>
      ask({ grant_type: DEVICE_GRANT, client_id: television.id, device_code: started.device_code }, by)
    expect(await errorOf(await poll())).toEqual([400, 'authorization_pending'])
    const browser = await browserOf(await verifiedPerson('dpop_device'))
    const question = await fillIn(browser, '/device', { code: started.user_code ?? '' })
    await sendForm(browser, formOf(question, '/device/answer'), { answer: 'allow' })
    const tokens = await tokensOf(await poll())
    expect(decodeJwt(tokens.access_token).cnf).toEqual({ jkt: key.jkt })
    expect(await errorOf(await refreshWith(tokens, other, television))).toEqual([400, 'invalid_grant'])
    expect((await refreshWith(tokens, key, television)).status).toBe(200)
  })

  test('of an older room: its token endpoint binds tokens too, at the URL that the client sees', async () => {
    const { cookie } = await newBrowser(await newUser())
    const params = async () => ({
      grant_type: 'authorization_code',
      client_id: client.id,
      redirect_uri: client.redirectUri,
      code: await newCode(client, cookie, { scope: SCOPE }),
      code_verifier: VERIFIER,
    })
    const at = async (path: string, origin: string, env = {}) => {
      const headers = { dpop: await proofOf(key, 'POST', `${origin}${path}`) }
      return new Client().post(path, new URLSearchParams((await params()) as Record<string, string>), { headers, origin, env })
    }
    expect((await at('/mxit/token', ORIGIN)).json).toMatchObject({ token_type: 'DPoP' })
    const host = 'mxit.kith.test'
    const hosted = await at('/token', `https://${host}`, { HOST_ROOMS: `${host}=mxit` })
    expect(hosted.json, hosted.text).toMatchObject({ token_type: 'DPoP' })
  })
})

describe('a client with dpop_bound_access_tokens', () => {
  test('gets no tokens without a proof, by any grant, and nothing is used up', async () => {
    const more = { dpop_bound: 1 }
    const grantTypes = 'authorization_code refresh_token client_credentials'
    const strict = await newClient({ method: 'client_secret_post', grantTypes, scopes: `${SCOPE} client:all`, more })
    const secret = { client_id: strict.id, client_secret: strict.secret }
    const { cookie } = await newBrowser(await newUser())
    const code = await newCode(strict, cookie, { scope: SCOPE })
    expect(await errorOf(await exchange(strict, code, secret))).toEqual(INVALID)
    const tokens = await tokensOf(await exchange(strict, code, secret, await proved()))
    const own = { grant_type: 'client_credentials', scope: 'client:all', ...secret }
    expect(await errorOf(await token(own))).toEqual(INVALID)
    expect((await ask(own)).status).toBe(200)
    // As one that it got before it was registered so.
    await rows('UPDATE sessions SET dpop_jkt = NULL, created_at = created_at + 1 WHERE client_id = ?', strict.id)
    for (const scope of [undefined, 'delegated:profile:read']) {
      expect(await errorOf(await refreshWith(tokens, null, strict, { ...secret, scope }))).toEqual(INVALID)
    }
    expect(await isRotated(strict)).toBe(false)
    expect((await refreshWith(tokens, key, strict, secret)).status).toBe(200)
  })
})

describe('a code bound to a key', () => {
  test('by dpop_jkt is exchanged with a proof of that key alone, and is not used up by another', async () => {
    const { cookie } = await newBrowser(await newUser())
    const code = await newCode(client, cookie, { scope: SCOPE, dpop_jkt: key.jkt })
    expect(await errorOf(await exchange(client, code))).toEqual([400, 'invalid_grant'])
    expect(await errorOf(await exchange(client, code, {}, await proved(other)))).toEqual([400, 'invalid_grant'])
    expect((await exchange(client, code, {}, await proved())).status).toBe(200)
  })

  test('by a dpop_jkt that is no thumbprint is refused, at the client', async () => {
    const { cookie } = await newBrowser(await newUser())
    for (const dpop_jkt of ['x', `${key.jkt}=`, 'x'.repeat(5_000)]) {
      expect(redirected(await authorize(client, cookie, { dpop_jkt })).params.error, dpop_jkt).toBe('invalid_request')
    }
  })

  const push = (changes: Params, headers: Record<string, string>) =>
    form(
      '/oauth/par',
      {
        client_id: client.id,
        response_type: 'code',
        redirect_uri: client.redirectUri,
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        scope: SCOPE,
        ...changes,
      },
      headers,
    )
  const pushProof = (by = key) => proved(by, {}, '/oauth/par')

  test.each([
    ['a pushed dpop_jkt', async () => push({ dpop_jkt: key.jkt }, {})],
    ['a proof with the pushed request', async () => push({}, await pushProof())],
    ['both, of the same key', async () => push({ dpop_jkt: key.jkt }, await pushProof())],
  ])('by %s', async (_what, pushed) => {
    const { cookie } = await newBrowser(await newUser())
    const { request_uri = '' } = (await (await pushed()).json()) as Params
    const back = await send(`/oauth/authorize?${new URLSearchParams({ client_id: client.id, request_uri })}`, { headers: { cookie } })
    const code = redirected(back).params.code ?? ''
    expect(await errorOf(await exchange(client, code, {}, await proved(other)))).toEqual([400, 'invalid_grant'])
    expect((await exchange(client, code, {}, await proved())).status).toBe(200)
  })

  test('by a proof with a request object (RFC 9101), which may name the key itself', async () => {
    const signer = await newSigner('ES256', { scopes: SCOPE, more: { require_signed_requests: 1, first_party: 1 } })
    const { cookie } = await newBrowser(await newUser())
    for (const [dpop_jkt, status] of [
      [undefined, 201],
      [key.jkt, 201],
      [other.jkt, 400],
    ] as const) {
      const request = await requestObjectOf(signer, { scope: SCOPE, dpop_jkt })
      const pushed = await form('/oauth/par', { request, ...(await assertionOf(signer)) }, await pushProof())
      expect(pushed.status).toBe(status)
      if (status === 400) continue
      const { request_uri = '' } = (await pushed.json()) as Params
      const back = await send(`/oauth/authorize?${new URLSearchParams({ client_id: signer.id, request_uri })}`, { headers: { cookie } })
      const code = redirected(back).params.code ?? ''
      const params = async () => ({ client_id: undefined, ...(await assertionOf(signer)) })
      expect(await errorOf(await exchange(signer, code, await params(), await proved(other)))).toEqual([400, 'invalid_grant'])
      expect((await exchange(signer, code, await params(), await proved())).status).toBe(200)
    }
  })

  test('a pushed request is refused with a proof of another key than its dpop_jkt, or with a proof used before', async () => {
    expect(await errorOf(await push({ dpop_jkt: other.jkt }, await pushProof()))).toEqual(INVALID)
    const proof = await pushProof()
    expect((await push({}, proof)).status).toBe(201)
    expect(await errorOf(await push({}, proof))).toEqual(INVALID)
  })
})

describe('D1 fails (F1, F2)', () => {
  for (const fault of ['failStatement', 'loseReply'] as const) {
    test(`${fault} at /user/me: a refusal that can be tried again, with a new proof`, async () => {
      const { access_token } = await newBound()
      platform.faults[fault](1)
      expect((await meWith(access_token)).status).toBe(503)
      expect(platform.faults.fired).toBe(1)
      expect((await meWith(access_token)).status).toBe(200)
    })

    for (const nth of [1, 2]) {
      test(`${fault} at operation ${nth} of an exchange: tokens or a refusal that can be tried again, bound either way`, async () => {
        const { cookie } = await newBrowser(await newUser())
        const code = await newCode(client, cookie, { scope: SCOPE })
        platform.faults[fault](nth)
        const response = await exchange(client, code, {}, await proved())
        expect(platform.faults.fired).toBe(1)
        if (nth === 1) expect(await errorOf(response)).toEqual([503, 'temporarily_unavailable'])
        const tokens = await tokensOf(nth === 2 ? response : await exchange(client, code, {}, await proved()))
        expect((await meWith(tokens.access_token)).status).toBe(200)
        expect(await errorOf(await refreshWith(tokens, other))).toEqual([400, 'invalid_grant'])
      })

      test(`${fault} at operation ${nth} of a refresh: its proof is still its own`, async () => {
        const tokens = await newBound()
        platform.faults[fault](nth)
        const next = await tokensOf(await refreshWith(tokens))
        expect((await tokensOf(await refreshWith(tokens))).refresh_token).toBe(next.refresh_token)
        expect((await refreshWith(next)).status).toBe(200)
      })
    }
  }
})
