// RFC 9700 (Best Current Practice for OAuth 2.0 Security) by clause, over HTTP: what no file of apis/oauth has (README.md lists
// both). Security rows 32 to 45 and 49.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { readIdTokenHint } from '../../src/core/oauth/id-token.ts'
import { DPOP_CHALLENGE } from '../../src/http/dpop.ts'
import {
  authorize,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newCtx,
  newEnv,
  newSigningKey,
  newUser,
  type Params,
  platform,
  refresh,
  rows,
  send,
  signingKey,
  type TestClient,
  type TokenReply,
  token,
  VERIFIER,
} from '../apis/oauth/harness.ts'
import { basicOf, signIn, userinfo } from '../apis/oauth/openid.ts'
import { NEVER, nearly } from '../support/redirect-uris.ts'

let client: TestClient
let cookie: string
beforeAll(async () => {
  client = await newClient()
  cookie = (await newBrowser(await newUser())).cookie
})
beforeEach(() => platform.reset())

describe('§2.1, §4.1: redirect URIs', () => {
  test('over HTTP, 300 that come near the registered one lead nowhere, with and without a session', async () => {
    const registered = 'https://app.example/cb?a=1'
    const own = await newClient({ redirectUris: [registered, 'http://127.0.0.1/cb', 'com.example.app:/cb'] })
    const near = [registered, 'http://127.0.0.1/cb', 'com.example.app:/cb', 'https://app.example/', 'http://localhost:1/'].flatMap(nearly)
    const corpus = [...new Set([...near, ...NEVER])].filter((uri) => uri.isWellFormed() && !/^http:\/\/127\.0\.0\.1(:\d+)?\/cb$/.test(uri))
    expect(corpus.length).toBeGreaterThan(300)
    for (const [index, redirect_uri] of corpus.entries()) {
      if ([registered, 'com.example.app:/cb'].includes(redirect_uri)) continue
      const response = await authorize(own, index % 2 === 0 ? cookie : null, { redirect_uri })
      expect([response.status, response.headers.get('location')], redirect_uri).toEqual([400, null])
    }
  })

  test('§4.11: no open redirector, not even by an error', async () => {
    for (const changes of [{ prompt: 'none' }, { response_type: 'token' }, { request: 'x' }, { scope: 'nonsense' }]) {
      const response = await authorize(client, null, { ...changes, redirect_uri: 'https://evil.example/' })
      expect(response.headers.get('location')).toBeNull()
    }
  })
})

describe('exactly one thing wrong at the exchange of a code, and the code survives', () => {
  let own: TestClient
  let other: TestClient
  beforeAll(async () => {
    own = await newClient({ method: 'client_secret_basic' })
    other = await newClient({ method: 'client_secret_basic', redirectUris: [own.redirectUri] })
  })
  const params = (code: string): Params => ({
    grant_type: 'authorization_code',
    code,
    redirect_uri: own.redirectUri,
    code_verifier: VERIFIER,
  })
  const wrong: Record<string, [status: number, change: (code: string) => Promise<Response>]> = {
    'another client, rightly proven': [400, (code) => token(params(code), basicOf(other))],
    'a wrong secret': [401, (code) => token(params(code), basicOf({ ...own, secret: other.secret }))],
    'no secret': [401, (code) => token({ ...params(code), client_id: own.id })],
    'the wrong secret in the body': [401, (code) => token({ ...params(code), client_id: own.id, client_secret: other.secret })],
    'two ways at once': [400, (code) => token({ ...params(code), client_secret: own.secret }, basicOf(own))],
    'another client_id in the body': [401, (code) => token({ ...params(code), client_id: other.id }, basicOf(own))],
    'a malformed Basic header': [401, (code) => token(params(code), { authorization: 'Basic ???' })],
    'another grant type': [400, (code) => token({ ...params(code), grant_type: 'refresh_token' }, basicOf(own))],
    'another type of body': [
      415,
      (code) =>
        send('/oauth/token', {
          method: 'POST',
          body: JSON.stringify(params(code)),
          headers: { ...basicOf(own), 'content-type': 'application/json' },
        }),
    ],
    'a repeated parameter': [
      400,
      (code) =>
        send('/oauth/token', {
          method: 'POST',
          body: `${new URLSearchParams(params(code) as Record<string, string>)}&code=${code}`,
          headers: { ...basicOf(own), 'content-type': 'application/x-www-form-urlencoded' },
        }),
    ],
  }
  for (const [name, [status, attempt]] of Object.entries(wrong)) {
    test(name, async () => {
      const code = await newCode(own, cookie)
      expect((await attempt(code)).status).toBe(status)
      expect((await token(params(code), basicOf(own))).status).toBe(200)
    })
  }

  for (const [name, statement] of Object.entries({
    'the grant was taken from the client': `UPDATE oauth_clients SET grant_types = 'refresh_token' WHERE id = ?`,
    'the client was disabled': 'UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?',
  })) {
    test(`${name}: refused, and not consumed`, async () => {
      const mine = await newClient()
      const code = await newCode(mine, cookie)
      await rows(statement, mine.id)
      expect([400, 401]).toContain((await exchange(mine, code)).status)
      expect(await rows('SELECT consumed_at FROM authorization_codes WHERE client_id = ?', mine.id)).toEqual([{ consumed_at: null }])
    })
  }
})

describe('tokens that are taken for others', () => {
  test('RFC 9068 §5, RFC 8725 §3.11: an ID token opens nothing, an access token hints nothing', async () => {
    const { tokens } = await signIn('openid', {}, client)
    expect((await userinfo(tokens.id_token)).status).toBe(401)
    expect((await send('/user/me', { headers: { authorization: `Bearer ${tokens.id_token}` } })).status).toBe(401)
    expect(await readIdTokenHint(newCtx(), tokens.access_token)).toBeNull()
    expect(await readIdTokenHint(newCtx(), tokens.id_token)).toMatchObject({ clientId: client.id })
    expect(await errorOf(await refresh(client, tokens.access_token))).toEqual([400, 'invalid_grant'])
  })

  test('RFC 6750 §2.3, §3.1: userinfo takes the token in one place, never from the query or a cookie', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const inQuery = await send(`/oauth/userinfo?access_token=${tokens.access_token}`)
    expect([inQuery.status, inQuery.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer scope="openid", resource_metadata="https://kith.test/.well-known/oauth-protected-resource", ${DPOP_CHALLENGE}`,
    ])
    expect((await send('/oauth/userinfo', { headers: { cookie: browser.cookie } })).status).toBe(401)
    const twice = await form('/oauth/userinfo', { access_token: tokens.access_token }, { authorization: `Bearer ${tokens.access_token}` })
    expect([twice.status, twice.headers.get('www-authenticate')]).toEqual([400, 'Bearer error="invalid_request"'])
    const dead = await userinfo('nonsense')
    expect([dead.status, dead.headers.get('www-authenticate')]).toEqual([
      401,
      `Bearer error="invalid_token", resource_metadata="https://kith.test/.well-known/oauth-protected-resource", ${DPOP_CHALLENGE}`,
    ])
  })

  test('RFC 6750 §3.1: without openid userinfo is 403 insufficient_scope, for clients of their own as well', async () => {
    const { tokens } = await signIn('delegated:profile:read', {}, client)
    const refused = await userinfo(tokens.access_token)
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer error="insufficient_scope", scope="openid", resource_metadata="https://kith.test/.well-known/oauth-protected-resource"`,
    )
    expect(await errorOf(refused)).toEqual([403, 'insufficient_scope'])
    const machine = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials', scopes: 'client:all' })
    const own = { grant_type: 'client_credentials', client_id: machine.id, client_secret: machine.secret }
    const { access_token } = (await (await token(own)).json()) as TokenReply
    expect((await userinfo(access_token)).status).toBe(403)
  })
})

describe('§2.6: no endpoint reads what it should not', () => {
  test('RFC 6749 §3.1: a repeated parameter is refused at every endpoint', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    for (const path of ['authorize', 'token', 'revoke', 'introspect', 'logout', 'userinfo']) {
      const response = await send(`/oauth/${path}`, { method: 'POST', headers, body: 'access_token=a&x=1&x=2' })
      expect(await errorOf(response), path).toEqual([400, 'invalid_request'])
    }
    expect((await send('/oauth/logout?state=1&state=2')).status).toBe(400)
  })
})

test('security row 49: keys are rotated under load, and no request fails', async () => {
  const next = newSigningKey('test-2')
  const isolate = (...keys: unknown[]) => newEnv({ SIGNING_KEYS: JSON.stringify({ keys }) })
  // The new key is added last, then promoted, and the old one removed once its tokens have expired; each step runs beside the one
  // before.
  const steps = [isolate(signingKey), isolate(signingKey, next), isolate(next, signingKey), isolate(next)]
  const grants = await Promise.all(Array.from({ length: 8 }, () => signIn('openid', {}, client)))
  let refreshTokens = grants.map(({ tokens }) => tokens.refresh_token)
  let accessTokens: string[] = []
  const failures: string[] = []
  const kids = new Set<string>()
  for (let step = 1; step < steps.length; step += 1) {
    // Tokens from two steps ago have expired by the time the old key is removed.
    if (step === 3) accessTokens = []
    for (let round = 0; round < 4; round += 1) {
      const isolates = [steps[step - 1], steps[step]].filter((one) => one !== undefined)
      const pick = (index: number) => isolates[(index + round) % isolates.length] ?? platform.env
      const replies = await Promise.all(refreshTokens.map((one, index) => refresh(client, one, {}, pick(index))))
      const looks = accessTokens.map((one, index) =>
        send('/oauth/userinfo', { headers: { authorization: `Bearer ${one}` } }, pick(index + 1)),
      )
      for (const response of [...replies, ...(await Promise.all(looks))])
        if (response.status !== 200) failures.push(`${step}: ${response.status}`)
      const tokens = await Promise.all(replies.map((reply) => reply.json() as Promise<TokenReply>))
      refreshTokens = tokens.map((one) => one.refresh_token)
      accessTokens = tokens.map((one) => one.access_token)
      for (const one of accessTokens) kids.add(String((JSON.parse(atob(one.split('.')[0] ?? '')) as { kid: string }).kid))
    }
  }
  expect(failures).toEqual([])
  expect([...kids].sort()).toEqual(['test-1', 'test-2'])
})
