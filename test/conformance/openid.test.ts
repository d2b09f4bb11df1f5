// OpenID Connect: the 35 modules of the conformance suite's "Basic OP" plan as tests, by name, with the clause each stands for.
// The harness replaces the suite's own client; modules that look at a page are judged by where the browser is sent.
import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  authorize,
  authorizePath,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  ORIGIN,
  type Params,
  platform,
  redirected,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
  token,
  VERIFIER,
} from '../apis/oauth/harness.ts'
import { afterSignIn, ageSession, basicOf, claimsOf, IDENTITY, newPerson, sentTo, signIn, userinfo } from '../apis/oauth/openid.ts'
import { clock } from '../platform/clock.ts'

let client: TestClient
beforeAll(async () => {
  client = await newClient()
})
beforeEach(() => {
  platform.reset()
  return () => clock.restore()
})

const infoOf = async (tokens: TokenReply) => (await (await userinfo(tokens.access_token)).json()) as Record<string, unknown>

/** A signed-in person's request, and what the client receives. */
async function ask(changes: Params, sessionSeconds = 0) {
  const userId = await newPerson()
  const browser = await newBrowser(userId)
  if (sessionSeconds > 0) await ageSession(browser.sessionId, sessionSeconds)
  const response = await authorize(client, browser.cookie, { scope: 'openid', ...changes })
  return { userId, browser, response, params: redirected(response).params }
}

async function codeOf(changes: Params): Promise<string> {
  const { params } = await ask(changes)
  expect(params.code, JSON.stringify(params)).toMatch(/^[\w-]{43}$/)
  return params.code ?? ''
}

describe('tokens', () => {
  test('oidcc-server (Core §3.1): code, tokens, userinfo; sub is the same everywhere', async () => {
    const { tokens, userId, client: own } = await signIn(IDENTITY, { nonce: 'n-0S6' })
    const claims = claimsOf(tokens)
    const sub = userId.toString(16).padStart(24, '0')
    expect(claims).toMatchObject({ iss: ORIGIN, aud: own.id, sub, nonce: 'n-0S6' })
    expect(await infoOf(tokens)).toMatchObject({ sub })
  })

  test('oidcc-response-type-missing (RFC 6749 §3.1.1): told by redirect', async () => {
    expect((await ask({ response_type: undefined })).params.error).toBe('invalid_request')
  })

  test('oidcc-idtoken-signature (Core §2, §3.1.3.7): the key is found by kid in the key set', async () => {
    const { tokens, client: audience } = await signIn('openid')
    const jwks = (await (await send('/.well-known/jwks.json')).json()) as JSONWebKeySet
    const { protectedHeader } = await jwtVerify(tokens.id_token, createLocalJWKSet(jwks), { issuer: ORIGIN, audience: audience.id })
    expect(protectedHeader).toEqual({ alg: 'ES256', typ: 'JWT', kid: 'test-1' })
  })

  test('oidcc-idtoken-unsigned (Core §3.1.3.7): none is not the default and not offered', async () => {
    const { tokens } = await signIn('openid')
    expect(decodeProtectedHeader(tokens.id_token).alg).toBe('ES256')
    const metadata = (await (await send('/.well-known/openid-configuration')).json()) as Record<string, unknown>
    expect(metadata.id_token_signing_alg_values_supported).toEqual(['RS256', 'ES256'])
  })

  test('oidcc-ensure-request-without-nonce-succeeds-for-code-flow (Core §3.1.2.1)', async () => {
    const { tokens } = await signIn('openid')
    expect(claimsOf(tokens).nonce).toBeUndefined()
  })

  test.each(['client_secret_post', 'client_secret_basic'])('oidcc-server-%s (Core §9)', async (method) => {
    const own = await newClient({ method })
    const { cookie } = await newBrowser(await newPerson())
    const code = await newCode(own, cookie, { scope: 'openid' })
    const [inBody, headers] = method === 'client_secret_post' ? [{ client_secret: own.secret }, {}] : [{}, basicOf(own)]
    expect((await exchange(own, code, inBody, headers)).status).toBe(200)
  })

  test('oidcc-refresh-token (Core §12.2): the same person, no nonce, and auth_time stays', async () => {
    const { tokens, client: own } = await signIn('openid email', { nonce: 'once' })
    const next = (await (await refresh(own, tokens.refresh_token)).json()) as TokenReply
    const [first, second] = [claimsOf(tokens), claimsOf(next)]
    for (const name of ['iss', 'sub', 'aud', 'auth_time', 'sid']) expect(second[name], name).toEqual(first[name])
    expect([first.nonce, second.nonce]).toEqual(['once', undefined])
    expect(second.at_hash).not.toBe(first.at_hash)
    const bare = (await (await refresh(own, next.refresh_token, { scope: 'email' })).json()) as TokenReply
    expect(bare.id_token).toBeUndefined()
  })

  test('oidcc-ensure-request-with-valid-pkce-succeeds (RFC 7636 §4.6)', async () => {
    const code = await codeOf({})
    expect((await exchange(client, code, { code_verifier: VERIFIER })).status).toBe(200)
  })

  test('oidcc-codereuse (Core §3.1.3.2): a code works once', async () => {
    const code = await codeOf({})
    expect((await exchange(client, code)).status).toBe(200)
    expect(await (await exchange(client, code)).json()).toMatchObject({ error: 'invalid_grant' })
  })

  test('oidcc-codereuse-30seconds (RFC 6749 §4.1.2): and what it gave ends', async () => {
    clock.freeze()
    const code = await codeOf({})
    const tokens = (await (await exchange(client, code)).json()) as TokenReply
    expect((await userinfo(tokens.access_token)).status).toBe(200)
    clock.advance(30_000)
    expect((await exchange(client, code)).status).toBe(400)
    expect((await userinfo(tokens.access_token)).status).toBe(401)
    expect((await refresh(client, tokens.refresh_token)).status).toBe(400)
  })
})

describe('userinfo', () => {
  test.each<[string, (token: string) => Promise<Response>]>([
    ['oidcc-userinfo-get (Core §5.3.1)', (token) => userinfo(token)],
    ['oidcc-userinfo-post-header (RFC 6750 §2.1)', (token) => userinfo(token, { method: 'POST' })],
    ['oidcc-userinfo-post-body (RFC 6750 §2.2)', (token) => form('/oauth/userinfo', { access_token: token })],
  ])('%s', async (_module, ask) => {
    const { tokens } = await signIn('openid')
    expect((await ask(tokens.access_token)).status).toBe(200)
  })

  const OWN = {
    openid: { sub: expect.stringMatching(/^[0-9a-f]{24}$/) },
    profile: {
      name: 'Ada King Lovelace',
      given_name: 'Ada',
      middle_name: 'King',
      family_name: 'Lovelace',
      nickname: 'Ada',
      picture: expect.stringMatching(/^https:\/\/avatars\.kith\.test\//),
      preferred_username: expect.any(String),
      website: 'https://ada.example',
      gender: 'female',
      birthdate: '1815-12-10',
      zoneinfo: 'Europe/London',
      locale: 'en',
      updated_at: 1767225600,
    },
    email: { email: expect.stringContaining('@example.com'), email_verified: true },
    address: { address: { country: 'GB' } },
    phone: { phone_number: '+442079460000', phone_number_verified: false },
  }
  for (const scope of ['profile', 'email', 'address', 'phone'] as const) {
    test(`oidcc-scope-${scope} (Core §5.4): its claims and no others`, async () => {
      const { tokens } = await signIn(`openid ${scope}`)
      expect(tokens.scope).toBe(`openid ${scope}`)
      expect(await infoOf(tokens)).toEqual({ ...OWN.openid, ...OWN[scope] })
    })
  }
  test('oidcc-scope-all (Core §5.4)', async () => {
    const { tokens } = await signIn(IDENTITY)
    expect(await infoOf(tokens)).toEqual({ ...OWN.openid, ...OWN.profile, ...OWN.email, ...OWN.address, ...OWN.phone })
  })

  test('oidcc-claims-essential (Core §5.5): a claim that is asked for by name is in the userinfo, and the metadata say so', async () => {
    const metadata = (await (await send('/.well-known/openid-configuration')).json()) as Record<string, unknown>
    expect(metadata.claims_parameter_supported).toBe(true)
    const { tokens } = await signIn('openid', { claims: '{"userinfo":{"name":{"essential":true}}}' }, client)
    expect(await infoOf(tokens)).toEqual({ ...OWN.openid, name: OWN.profile.name })
  })
})

describe('parameters that change nothing', () => {
  const cases: Record<string, Params> = {
    'oidcc-display-page (Core §3.1.2.1)': { display: 'page' },
    'oidcc-display-popup (Core §3.1.2.1)': { display: 'popup' },
    'oidcc-ensure-request-with-unknown-parameter-succeeds (RFC 6749 §3.1)': { extra: 'foobar' },
    'oidcc-login-hint (Core §3.1.2.1)': { login_hint: 'ada' },
    'oidcc-ui-locales (Core §3.1.2.1)': { ui_locales: 'se' },
    'oidcc-claims-locales (Core §5.2)': { claims_locales: 'se' },
    'oidcc-ensure-request-with-acr-values-succeeds (Core §3.1.2.1)': { acr_values: '1 2' },
    'oidcc-server-alternate-happy-flow (Core §3.1): prompt empty, scopes in another order': { prompt: '', scope: 'profile openid' },
  }
  for (const [name, changes] of Object.entries(cases)) test(name, () => codeOf(changes).then(() => undefined))
})

describe('prompt, max_age and hints', () => {
  test('oidcc-prompt-login (Core §3.1.2.1): a new sign-in, once, and auth_time tells', async () => {
    const { userId, response } = await ask({ prompt: 'login', nonce: 'n' }, 60)
    expect([response.status, sentTo(response).path]).toEqual([303, '/sign-in'])
    const { back } = await afterSignIn(response, userId)
    const tokens = (await (await exchange(client, redirected(back).params.code ?? '')).json()) as TokenReply
    expect(Math.abs(Number(claimsOf(tokens).auth_time) - Date.now() / 1000)).toBeLessThan(30)
  })

  test('oidcc-prompt-login: coming back without a new sign-in asks again, however often', async () => {
    const { browser, response } = await ask({ prompt: 'login' }, 60)
    const returnTo = sentTo(response).query.get('return_to') ?? ''
    for (let again = 0; again < 2; again += 1) {
      const back = await send(returnTo, { headers: { cookie: browser.cookie } })
      expect(sentTo(back).path).toBe('/sign-in')
      expect(sentTo(back).query.get('return_to')).toBe(returnTo)
    }
  })

  test('oidcc-prompt-none-not-logged-in (Core §3.1.2.6): login_required', async () => {
    const { params } = redirected(await authorize(client, null, { scope: 'openid', prompt: 'none' }))
    expect(params).toMatchObject({ error: 'login_required', state: 'xyz', iss: ORIGIN })
  })

  test('oidcc-prompt-none-logged-in (Core §3.1.2.1): silently, and the same person', async () => {
    await codeOf({ prompt: 'none' })
  })

  test('oidcc-max-age-1 (Core §3.1.2.1): an older sign-in is asked for anew, once', async () => {
    const { userId, response } = await ask({ max_age: '1' }, 5)
    expect(sentTo(response).path).toBe('/sign-in')
    const { back } = await afterSignIn(response, userId)
    expect(redirected(back).params.code).toBeDefined()
  })

  test('oidcc-max-age-10000 (Core §3.1.2.1): a younger one will do, and auth_time is in the ID token', async () => {
    const { params, browser } = await ask({ max_age: '10000' }, 60)
    const tokens = (await (await exchange(client, params.code ?? '')).json()) as TokenReply
    const [row] = await rows<{ at: number }>('SELECT authenticated_at AS at FROM sessions WHERE id = ?', browser.sessionId)
    expect(claimsOf(tokens).auth_time).toBe(Math.floor((row?.at ?? 0) / 1000))
  })

  test('oidcc-id-token-hint (Core §3.1.2.1): the person whom the client expects, silently', async () => {
    const { tokens, browser, client: own } = await signIn('openid')
    const hinted = { scope: 'openid', prompt: 'none', id_token_hint: tokens.id_token }
    expect(redirected(await authorize(own, browser.cookie, hinted)).params.code).toBeDefined()
    const someone = await newBrowser(await newPerson())
    expect(redirected(await authorize(own, someone.cookie, hinted)).params.error).toBe('login_required')
  })
})

describe('requests in other forms', () => {
  test('oidcc-ensure-registered-redirect-uri (Core §3.1.2.1): told to the person, never redirected', async () => {
    const { response } = await ask({ redirect_uri: 'https://evil.example/cb' })
    expect([response.status, response.headers.get('location')]).toEqual([400, null])
  })

  test('oidcc-ensure-post-request-succeeds (Core §3.1.2.1): by form, with the cookie and without', async () => {
    const { cookie } = await newBrowser(await newPerson())
    const query = authorizePath(client, { scope: 'openid' }).split('?')[1] ?? ''
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const direct = await send('/oauth/authorize', { method: 'POST', body: query, headers: { ...headers, cookie } })
    expect([direct.status, redirected(direct).params.code]).toEqual([303, expect.any(String)])
    const crossSite = await send('/oauth/authorize', { method: 'POST', body: query, headers })
    expect(crossSite.status).toBe(303)
    const onwards = await send(crossSite.headers.get('location') ?? '', { headers: { cookie } })
    expect(redirected(onwards).params.code).toBeDefined()
  })

  test('oidcc-request-uri-unsigned (Core §6.2): refused by name', async () => {
    expect((await ask({ request_uri: 'https://rp.example/request' })).params.error).toBe('request_uri_not_supported')
  })

  test('oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported (Core §6.1)', async () => {
    const request = `${btoa('{"alg":"none"}')}.${btoa('{}')}.`
    expect((await ask({ request })).params.error).toBe('request_not_supported')
  })

  test('oidcc-ensure-request-object-with-redirect-uri (Core §6.1): an address in there counts for nothing', async () => {
    const request = `${btoa('{"alg":"none"}')}.${btoa('{"redirect_uri":"https://evil.example/cb"}')}.`
    const { params, response } = await ask({ request })
    expect(redirected(response).base).toBe(client.redirectUri)
    expect(params.error).toBe('request_not_supported')
  })

  test('Core §7.2.1: registration is refused by name', async () => {
    expect((await ask({ registration: '{}' })).params.error).toBe('registration_not_supported')
  })
})

test('Core §3.1.3.2: a client without openid gets no ID token', async () => {
  const { tokens } = await signIn('delegated:profile:read')
  expect(tokens.id_token).toBeUndefined()
  const machine = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials' })
  const own = { grant_type: 'client_credentials', client_id: machine.id, client_secret: machine.secret }
  expect(await (await token({ ...own, scope: 'openid' })).json()).toMatchObject({ error: 'invalid_scope' })
})
