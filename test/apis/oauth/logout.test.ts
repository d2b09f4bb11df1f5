// GET and POST /oauth/logout: OpenID Connect RP-Initiated Logout 1.0.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { optionalGate } from '../../../src/core/gate.ts'
import { describeLogout, performLogout } from '../../../src/core/oauth/logout.ts'
import type { SessionId, UserId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { errorOf, form, newBrowser, newClient, newCtx, newEnv, newSigningKey, platform, rows, send, type TestClient } from './harness.ts'
import { newPerson, sentTo, signIn } from './openid.ts'

const BYE = 'https://rp.example/bye'
let client: TestClient
beforeAll(async () => {
  client = await newClient({ postLogoutRedirectUris: [BYE, 'https://rp.example/bye?tenant=1'] })
})
beforeEach(() => {
  platform.reset()
  return () => clock.restore()
})

const logout = (params: Record<string, string>, cookie?: string) =>
  send(`/oauth/logout?${new URLSearchParams(params)}`, cookie ? { headers: { cookie } } : {})
const isSignedIn = async (sessionId: SessionId) =>
  (await rows('SELECT 1 FROM sessions WHERE id = ? AND revoked_at IS NULL', sessionId)).length === 1
const location = (response: Response) => response.headers.get('location')

describe('with an ID token of the person who is signed in', () => {
  test('§2, §3: the session ends, the cookie goes, the browser goes on with the state', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const response = await logout({ id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE, state: 'a&b' }, browser.cookie)
    expect([response.status, location(response)]).toEqual([303, `${BYE}?state=a%26b`])
    expect(response.headers.getSetCookie()[0]).toMatch(/^__Host-kith_session=;.*Max-Age=0/)
    expect(await isSignedIn(browser.sessionId)).toBe(false)
  })

  test('§4: an expired one will do', async () => {
    clock.freeze()
    const { tokens, browser } = await signIn('openid', {}, client)
    clock.advance(3_600_000)
    await logout({ id_token_hint: tokens.id_token }, browser.cookie)
    expect(await isSignedIn(browser.sessionId)).toBe(false)
  })

  test('without an address the browser is told so by Kith', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    expect(location(await logout({ id_token_hint: tokens.id_token }, browser.cookie))).toBe('/sign-out')
  })

  test('a client_id beside it must be the same (§2)', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const other = await newClient()
    expect(await errorOf(await logout({ id_token_hint: tokens.id_token, client_id: other.id }, browser.cookie))).toEqual([
      400,
      'invalid_request',
    ])
    expect(await isSignedIn(browser.sessionId)).toBe(true)
  })
})

describe('the person is asked', () => {
  test('without a hint, with another person’s, with a forged one, and with an access token', async () => {
    const { tokens } = await signIn('openid', {}, client)
    const other = await newBrowser(await newPerson())
    const { access_token, id_token } = tokens
    const hints = [{}, { id_token_hint: id_token }, { id_token_hint: `${id_token.slice(0, -4)}AAAA` }, { id_token_hint: access_token }]
    for (const hint of hints) {
      const params = { ...hint, client_id: client.id, post_logout_redirect_uri: BYE, state: 's' }
      const response = await logout(params, other.cookie)
      expect(sentTo(response).path).toBe('/sign-out')
      expect(Object.fromEntries(sentTo(response).query)).toEqual(params)
      expect(response.headers.getSetCookie()).toEqual([])
      expect(await isSignedIn(other.sessionId)).toBe(true)
    }
  })

  test('a POST without the cookie goes on as the GET', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const response = await form('/oauth/logout', { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE })
    expect(sentTo(response).path).toBe('/oauth/logout')
    expect(location(await send(location(response) ?? '', { headers: { cookie: browser.cookie } }))).toBe(BYE)
    expect(await isSignedIn(browser.sessionId)).toBe(false)
  })

  test('a POST with the cookie is answered', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const headers = { cookie: browser.cookie }
    expect(location(await form('/oauth/logout', { id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE }, headers))).toBe(BYE)
  })

  const gateOf = (browser: { sessionId: SessionId; cookie: string }, userId: UserId) => {
    const ctx = newCtx()
    return {
      ctx,
      gate: optionalGate(ctx, { kind: 'browser', sessionId: browser.sessionId, userId, secret: browser.cookie.split('.').at(-1) ?? '' }),
    }
  }

  test('the seam of the page: a ticket of this session ends it, another does not', async () => {
    const [userId, otherId] = [await newPerson(), await newPerson()]
    const [browser, other] = [await newBrowser(userId), await newBrowser(otherId)]
    const request = { clientId: client.id, postLogoutRedirectUri: BYE, state: 's' }
    const mine = gateOf(browser, userId)
    const question = await describeLogout(mine.ctx, mine.gate, request)
    expect(question).toEqual({
      frames: [],
      client: { id: client.id, name: 'Test' },
      ticket: expect.any(String),
      location: `${BYE}?state=s`,
    })
    const theirs = gateOf(other, otherId)
    for (const ticket of [question.ticket ?? '', '', 'x', `${question.ticket}x`]) {
      await expect(performLogout(theirs.ctx, theirs.gate, request, { ticket })).rejects.toMatchObject({ code: 'cross_site_request' })
    }
    expect(await isSignedIn(other.sessionId)).toBe(true)
    const done = await performLogout(mine.ctx, mine.gate, request, { ticket: question.ticket ?? '' })
    expect(done).toEqual({ location: `${BYE}?state=s`, frames: null })
    expect(await isSignedIn(browser.sessionId)).toBe(false)
    expect((await describeLogout(mine.ctx, mine.gate, request)).ticket).toBeNull()
  })
})

describe('§3: never to an address that is not registered', () => {
  const near = [
    `${BYE}/`,
    `${BYE}?x=1`,
    `${BYE}#x`,
    'https://rp.example/',
    'https://evil.example/bye',
    'javascript:alert(1)',
    `${BYE}@evil.example`,
    '//evil.example',
  ]
  test.each(near)('%s', async (uri) => {
    const { tokens, browser } = await signIn('openid', {}, client)
    for (const cookie of [browser.cookie, undefined]) {
      const response = await logout({ id_token_hint: tokens.id_token, post_logout_redirect_uri: uri }, cookie)
      expect(location(response)).toBeNull()
      expect(response.status).toBe(400)
    }
    expect(await isSignedIn(browser.sessionId)).toBe(true)
  })

  test("nor to another client's, nor without a client", async () => {
    const other = await newClient({ postLogoutRedirectUris: ['https://other.example/bye'] })
    for (const params of [{ client_id: other.id }, {}, { client_id: 'nobody' }]) {
      expect((await logout({ ...params, post_logout_redirect_uri: BYE })).status).toBe(400)
    }
  })

  test('an address without a client: the error says that a client is missing', async () => {
    for (const hint of [{}, { id_token_hint: 'nonsense' }] as Record<string, string>[]) {
      const reply = await logout({ ...hint, post_logout_redirect_uri: BYE })
      expect(await reply.json()).toMatchObject({ error_description: 'With post_logout_redirect_uri, send client_id or an id_token_hint' })
    }
    expect(await (await logout({ client_id: 'nobody', post_logout_redirect_uri: BYE })).json()).toMatchObject({
      error_description: 'The client is unknown',
    })
  })

  test('RFC 8252 §7.3: to a registered loopback address at any port', async () => {
    const native = await newClient({ postLogoutRedirectUris: ['http://127.0.0.1/bye', 'com.example.app://bye'] })
    for (const uri of ['http://127.0.0.1:49152/bye', 'com.example.app://bye']) {
      expect(location(await logout({ client_id: native.id, post_logout_redirect_uri: uri }))).toBe(uri)
    }
  })

  test('with an ID token whose key is gone the person is asked, and the browser goes on to its client', async () => {
    const { tokens, browser } = await signIn('openid', {}, client)
    const bindings = newEnv({ SIGNING_KEYS: JSON.stringify({ keys: [newSigningKey('test-2')] }) })
    const query = `?${new URLSearchParams({ id_token_hint: tokens.id_token, post_logout_redirect_uri: BYE })}`
    const asked = await send(`/oauth/logout${query}`, { headers: { cookie: browser.cookie } }, bindings)
    expect(sentTo(asked).path).toBe('/sign-out')
    expect(await isSignedIn(browser.sessionId)).toBe(true)
    expect(location(await send(`/oauth/logout${query}`, {}, bindings))).toBe(BYE)
  })

  test('when nobody is signed in, to a registered one', async () => {
    expect(location(await logout({ client_id: client.id, post_logout_redirect_uri: BYE }))).toBe(BYE)
  })
})
