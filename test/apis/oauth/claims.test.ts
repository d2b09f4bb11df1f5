// What a client learns of a person beyond the claims of its scopes, and under which subject (OpenID Connect Core §5.5, §8).
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { toHex } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import type { Client } from '../../support/kith.ts'
import { clientToken } from '../../support/tokens.ts'
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
  ORIGIN,
  type Params,
  platform,
  redirected,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
  VERIFIER,
} from './harness.ts'
import { afterSignIn, basicOf, claimsOf, consentOf, newPerson, sentTo, signIn, userinfo } from './openid.ts'

beforeEach(() => {
  platform.reset()
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const subjectIn = (token: string) => decodeJwt(token).sub
const PARAMS = { response_type: 'code', state: 'xyz', code_challenge: CHALLENGE, code_challenge_method: 'S256' }
const json = async (response: Response) => (await response.json()) as Record<string, unknown>

describe('a client with pairwise subjects', () => {
  const PAIRWISE = { subject_type: 'pairwise' }
  const newPairwise = (host: string, columns: Parameters<typeof newClient>[0] = {}) =>
    newClient({ redirectUris: [`https://${host}/cb`], scopes: 'openid profile email', more: PAIRWISE, ...columns })

  test('has one subject for a person in ID token, access token, userinfo and introspection, which is not their id', async () => {
    const client = await newPairwise('shop.example', { method: 'client_secret_basic' })
    const userId = await newPerson()
    const { cookie } = await newBrowser(userId)
    const reply = await exchange(client, await newCode(client, cookie, { scope: 'openid' }), {}, basicOf(client))
    const tokens = (await reply.json()) as TokenReply
    const { sub } = claimsOf(tokens)
    expect(sub).toMatch(/^[0-9a-f]{32}$/)
    expect(subjectIn(tokens.access_token)).toBe(sub)
    expect(await json(await userinfo(tokens.access_token))).toEqual({ sub })
    const refreshed = (await (
      await form('/oauth/token', { grant_type: 'refresh_token', refresh_token: tokens.refresh_token }, basicOf(client))
    ).json()) as TokenReply
    expect(claimsOf(refreshed).sub, 'Core §12.2').toBe(sub)
    const seen = [reply, refreshed]
    for (const token of [tokens.access_token, refreshed.refresh_token]) {
      const live = await json(await form('/oauth/introspect', { token }, basicOf(client)))
      expect(live).toMatchObject({ active: true, sub })
      expect(live).not.toHaveProperty('username')
      seen.push(live as never)
    }
    expect(JSON.stringify([tokens, seen, claimsOf(tokens), decodeJwt(tokens.access_token)])).not.toContain(toHex(userId))
  })

  test('shares it with the clients of its sector alone', async () => {
    const userId = await newPerson()
    const clients = [await newPairwise('a.example'), await newPairwise('a.example'), await newPairwise('b.example')]
    const subs = []
    for (const client of clients) subs.push(claimsOf((await newGrant(client, { scope: 'openid' }, userId)).tokens).sub)
    expect(subs[0]).toBe(subs[1])
    expect(subs[2]).not.toBe(subs[0])
  })

  test("says the person's name at introspection if profile was granted", async () => {
    const client = await newPairwise('shop.example', { method: 'client_secret_basic' })
    const { cookie } = await newBrowser(await newPerson())
    const reply = await exchange(client, await newCode(client, cookie, { scope: 'openid profile' }), {}, basicOf(client))
    const { access_token: token } = (await reply.json()) as TokenReply
    expect(await json(await form('/oauth/introspect', { token }, basicOf(client)))).toHaveProperty('username')
  })

  test('has no token that counts in the reply which names everyone (the original server’s)', async () => {
    const client = await newPairwise('shop.example')
    const { tokens } = await newGrant(client, { scope: 'openid profile' }, await newPerson())
    const authorization = `Bearer ${await clientToken(['client:oauth:introspect'])}`
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      const init = { method: 'POST', body: JSON.stringify({ token }), headers: { authorization, 'content-type': 'application/json' } }
      expect(await json(await send('/oauth/introspect', init))).toEqual({ ok: 1, data: { tokenInfo: null } })
    }
  })

  test('names the person by an ID token, for sign-in and sign-out', async () => {
    const client = await newPairwise('shop.example')
    const { browser, tokens } = await newGrant(client, { scope: 'openid' }, await newPerson())
    const { cookie: stranger } = await newBrowser(await newPerson())
    const hint = { scope: 'openid', id_token_hint: tokens.id_token, prompt: 'none' }
    expect(redirected(await authorize(client, browser.cookie, hint)).params).toHaveProperty('code')
    expect(redirected(await authorize(client, stranger, hint)).params).toMatchObject({ error: 'login_required' })
    const signOut = (cookie: string) => send(`/oauth/logout?id_token_hint=${tokens.id_token}`, { headers: { cookie } })
    expect((await signOut(stranger)).headers.get('location'), 'is asked').toContain('id_token_hint')
    expect((await signOut(browser.cookie)).headers.get('location')).toBe('/sign-out')
  })

  test("gets no id of another protocol in its ID tokens or as userinfo's subject", async () => {
    const client = await newPairwise('shop.example')
    const { cookie } = await newBrowser(await newPerson())
    const code = await newCode(client, cookie, { scope: 'openid' })
    const params = { grant_type: 'authorization_code', client_id: client.id, redirect_uri: client.redirectUri, code }
    const reply = await form('/mxit/token', { ...params, code_verifier: VERIFIER })
    const tokens = (await reply.json()) as TokenReply
    expect(claimsOf(tokens)).not.toHaveProperty('user_id')
    const mxit = await send('/mxit/userinfo?schema=openid', { headers: { authorization: `Bearer ${tokens.access_token}` } })
    expect(await json(mxit)).toEqual({ sub: claimsOf(tokens).sub })
  })

  test('gets nothing rather than the public id where the key is missing', async () => {
    const client = await newPairwise('shop.example')
    const { tokens } = await newGrant(client, { scope: 'openid' }, await newPerson())
    const env = newEnv({ PAIRWISE_KEY: '' })
    const reply = await refresh(client, tokens.refresh_token, {}, env)
    expect(reply.status).toBe(500)
    expect(await reply.text()).not.toContain('PAIRWISE_KEY')
    expect((await send('/oauth/userinfo', { headers: { authorization: `Bearer ${tokens.access_token}` } }, env)).status).toBe(401)
  })

  test('is named in the metadata exactly where the key is there', async () => {
    const typesOf = async (PAIRWISE_KEY?: string) => {
      const env = PAIRWISE_KEY === undefined ? platform.env : newEnv({ PAIRWISE_KEY })
      return (await json(await send('/.well-known/openid-configuration', {}, env))).subject_types_supported
    }
    expect(await typesOf()).toEqual(['public', 'pairwise'])
    expect(await typesOf('')).toEqual(['public'])
  })
})

describe('the registration of a client with pairwise subjects', () => {
  const FIELDS = { client_name: 'Shop', redirect_uris: ['https://shop.example/cb'], scope: 'openid email', subject_type: 'pairwise' }
  const TWO = { redirect_uris: ['https://shop.example/cb', 'https://app.example/cb'], sector_identifier_uri: 'https://shop.example/uris' }
  let admin: Client
  let admins = 0
  const create = (fields: object, options = {}) => admin.post('/client/admin-api/create', { ...FIELDS, ...fields }, options)
  const update = (client_id: string, fields: object) => admin.patch('/client/admin-api/update', { client_id, ...fields })
  const idOf = async (fields: object = {}) => (await create(fields)).json.data.client.client_id as string
  /** What the document answers; how often it was asked. */
  function publish(answer: () => Response | Promise<Response>) {
    const asked = vi.fn(async (_url: string, _init: RequestInit) => answer())
    vi.stubGlobal('fetch', asked)
    return asked
  }

  beforeEach(async () => {
    admins += 1
    admin = (await signedInAdmin(`sub_admin${admins}`)).client
  })

  test('takes identity scopes and one host', async () => {
    expect((await create({})).json.data.client).toMatchObject({ subject_type: 'pairwise' })
  })

  test.each([
    ['a scope that opens routes', { scope: 'openid delegated:profile:read' }, 'scope'],
    ['two hosts', { redirect_uris: TWO.redirect_uris }, 'sector_identifier_uri'],
    ['an app without a host', { redirect_uris: ['com.example.app:/cb'] }, 'sector_identifier_uri'],
    ['a sector of a public client', { subject_type: 'public', sector_identifier_uri: TWO.sector_identifier_uri }, 'sector_identifier_uri'],
    ['a sector at an address', { ...TWO, sector_identifier_uri: 'https://10.0.0.1/uris' }, 'sector_identifier_uri'],
    ['a sector on this machine', { ...TWO, sector_identifier_uri: 'https://localhost/uris' }, 'sector_identifier_uri'],
  ])('refuses %s, and fetches nothing', async (_what, fields, field) => {
    const asked = publish(() => Response.json(TWO.redirect_uris))
    const reply = await create(fields)
    expect(reply.status).toBe(400)
    expect(reply.text).toContain(field)
    expect(asked).not.toHaveBeenCalled()
  })

  test('is refused without PAIRWISE_KEY', async () => {
    const reply = await create({}, { env: { PAIRWISE_KEY: '' } })
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('PAIRWISE_KEY')
  })

  test('takes several hosts that a document lists, which is fetched when either changes', async () => {
    const asked = publish(() => Response.json([...TWO.redirect_uris, 'https://third.example/cb']))
    const id = await idOf(TWO)
    expect(asked).toHaveBeenCalledTimes(1)
    expect(asked.mock.calls[0]).toMatchObject([TWO.sector_identifier_uri, { redirect: 'manual' }])
    expect((await update(id, { client_name: 'Other' })).status).toBe(200)
    expect(asked).toHaveBeenCalledTimes(1)
    expect((await update(id, { redirect_uris: [...TWO.redirect_uris, 'https://third.example/cb'] })).status).toBe(200)
    expect(asked).toHaveBeenCalledTimes(2)
    expect((await update(id, { redirect_uris: [...TWO.redirect_uris, 'https://fourth.example/cb'] })).status).toBe(400)
  })

  test.each<[string, () => Response | Promise<Response>]>([
    ['lists another', () => Response.json(['https://shop.example/cb', 'https://app.example/cb/'])],
    ['lists none', () => Response.json([])],
    ['is no list', () => Response.json({ redirect_uris: TWO.redirect_uris })],
    ['is no JSON', () => new Response(TWO.redirect_uris.join())],
    ['is empty', () => new Response(null)],
    ['is missing', () => Response.json(TWO.redirect_uris, { status: 404 })],
    ['is elsewhere', () => new Response(null, { status: 302, headers: { location: 'https://elsewhere.example/' } })],
    ['is too long', () => Response.json([...TWO.redirect_uris, 'x'.repeat(100_000)])],
    ['does not answer', () => Promise.reject(new TypeError('no connection'))],
  ])('refuses a sector whose document %s', async (_what, answer) => {
    publish(answer)
    const reply = await create(TWO)
    expect(reply.status).toBe(400)
    expect(reply.text).toContain('sector_identifier_uri')
  })

  test('is final: neither the type nor the sector changes, and a sector may get its document', async () => {
    publish(() => Response.json(TWO.redirect_uris))
    const id = await idOf()
    expect((await update(id, { subject_type: 'public' })).status).toBe(400)
    expect((await update(id, { redirect_uris: ['https://new.example/cb'] })).status).toBe(400)
    expect((await update(id, { sector_identifier_uri: 'https://app.example/uris' })).status).toBe(400)
    expect((await update(id, TWO)).status).toBe(200)
    const open = await idOf({ subject_type: 'public' })
    expect((await update(open, { subject_type: 'pairwise' })).status).toBe(400)
  })

  test('nobody makes Kith fetch who may not register clients', async () => {
    const asked = publish(() => Response.json(TWO.redirect_uris))
    const { tokens } = await signIn('openid')
    const headers = { authorization: `Bearer ${tokens.access_token}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ ...FIELDS, ...TWO })
    expect((await send('/client/admin-api/create', { method: 'POST', headers, body })).status).toBe(403)
    expect(asked).not.toHaveBeenCalled()
  })
})

const CUSTOM = { plan: 'school', seats: 3, secret: 'x', long: 'x'.repeat(1_001) }

/** Somebody with `customData`, signed in, and a client registered for `claims`. */
async function newVisitor(claims: string, columns: Parameters<typeof newClient>[0] = {}) {
  const userId = await newPerson()
  await rows('UPDATE users SET custom_data = ? WHERE id = ?', JSON.stringify(CUSTOM), userId)
  const client = await newClient({ scopes: 'openid profile email', more: { claims }, ...columns })
  const browser = await newBrowser(userId)
  const page = (params: Params) => consentOf(browser, userId, client, { ...PARAMS, ...params })
  return { userId, client, browser, page, cookie: browser.cookie }
}

const tokensOf = async (client: TestClient, code: string) => (await (await exchange(client, code)).json()) as TokenReply
const infoOf = async (tokens: TokenReply) => {
  const { sub: _, ...claims } = await json(await userinfo(tokens.access_token))
  return claims
}
const extraOf = (tokens: TokenReply) => {
  const { iss: _i, sub: _s, aud: _a, exp: _e, iat: _t, sid: _d, auth_time: _at, acr: _c, amr: _m, at_hash: _h, ...extra } = claimsOf(tokens)
  return extra
}

describe('a client registered for claims', () => {
  const ALL = 'role locale picture custom_data.plan custom_data.seats custom_data.long custom_data.none'
  const PICKED = { role: 'user', locale: 'en', picture: expect.stringMatching(/^https:/), custom_data: { plan: 'school', seats: 3 } }

  test('finds those, and none beside them, in userinfo', async () => {
    const { client, cookie } = await newVisitor(ALL)
    const tokens = await tokensOf(client, await newCode(client, cookie, { scope: 'openid' }))
    expect(await infoOf(tokens)).toEqual(PICKED)
    expect(extraOf(tokens)).toEqual({})
    expect(decodeJwt(tokens.access_token)).not.toHaveProperty('role')
    const one = await newVisitor('role')
    expect(await infoOf(await tokensOf(one.client, await newCode(one.client, one.cookie, { scope: 'openid' })))).toEqual({
      role: 'user',
    })
  })

  test('finds them in its ID tokens if it is registered for claims there, after a refresh too', async () => {
    const { client, cookie } = await newVisitor(ALL, { claimsInIdToken: 1, more: { claims: ALL } })
    const tokens = await tokensOf(client, await newCode(client, cookie, { scope: 'openid' }))
    expect(extraOf(tokens)).toEqual(PICKED)
    expect(extraOf((await json(await refresh(client, tokens.refresh_token))) as never)).toEqual(PICKED)
  })

  test('has none without openid', async () => {
    const { client, cookie } = await newVisitor('role', { scopes: 'openid delegated:profile:read' })
    const tokens = await tokensOf(client, await newCode(client, cookie, { scope: 'delegated:profile:read' }))
    expect(await rows("SELECT 1 FROM sessions WHERE scope LIKE '%|%' AND client_id = ?", client.id)).toEqual([])
    expect((await userinfo(tokens.access_token)).status).toBe(403)
  })

  test('gets what users agreed to: one more is another question, one fewer counts at once', async () => {
    const { client, cookie, page, userId } = await newVisitor('role', { firstParty: 0, more: { claims: 'role' } })
    const ask = () => authorize(client, cookie, { scope: 'openid' })
    expect(sentTo(await ask()).path).toBe('/consent')
    const question = await page({ scope: 'openid' }).describe()
    expect(question.newScopes.map(({ description }) => description)).toEqual(['Know who you are', 'Your role in this service'])
    const code = (await page({ scope: 'openid' }).decide(question.ticket)).params.code ?? ''
    const tokens = await tokensOf(client, code)
    expect(await infoOf(tokens)).toEqual({ role: 'user' })
    expect(redirected(await ask()).params).toHaveProperty('code')
    const consent = await rows('SELECT scopes FROM consents WHERE user_id = ? AND client_id = ?', userId, client.id)
    expect(consent).toEqual([{ scopes: 'openid userinfo|role' }])

    await rows("UPDATE oauth_clients SET claims = 'role custom_data.plan' WHERE id = ?", client.id)
    expect(await infoOf((await json(await refresh(client, tokens.refresh_token))) as never)).toEqual({ role: 'user' })
    expect(redirected(await authorize(client, cookie, { scope: 'openid', prompt: 'none' })).params).toMatchObject({
      error: 'consent_required',
    })
    const more = await page({ scope: 'openid' }).describe()
    expect(more.newScopes.map(({ description }) => description)).toEqual(['What this service keeps about you as "plan"'])
    expect(more.grantedScopes.map(({ scope }) => scope)).toEqual(['openid', 'userinfo|role'])

    await rows("UPDATE oauth_clients SET claims = '' WHERE id = ?", client.id)
    expect(await infoOf(tokens)).toEqual({})
  })

  test('an answer counts for the claims that the page has shown alone', async () => {
    const { client, page } = await newVisitor('role', { firstParty: 0, more: { claims: 'role' } })
    const { ticket } = await page({ scope: 'openid' }).describe()
    await rows("UPDATE oauth_clients SET claims = 'role picture' WHERE id = ?", client.id)
    await expect(page({ scope: 'openid' }).decide(ticket)).rejects.toMatchObject({ code: 'cross_site_request' })
  })

  test('nobody writes their own role or custom data', async () => {
    const { client, cookie } = await newVisitor('role')
    const headers = { cookie, origin: ORIGIN, 'content-type': 'application/json' }
    const target = { target: '0'.repeat(24), customData: {} }
    const put = await send('/user/admin-api/custom-data', { method: 'PUT', headers, body: JSON.stringify(target) })
    expect(put.status).toBe(403)
    const before = await infoOf(await tokensOf(client, await newCode(client, cookie, { scope: 'openid' })))
    for (const change of [{ role: 'super_admin' }, { customData: { plan: 'all' } }]) {
      expect((await send('/user/me', { method: 'PATCH', headers, body: JSON.stringify(change) })).status).toBeGreaterThanOrEqual(400)
    }
    expect(await infoOf(await tokensOf(client, await newCode(client, cookie, { scope: 'openid' })))).toEqual(before)
  })
})

describe('the parameter claims (OpenID Connect Core §5.5)', () => {
  const asking = (claims: unknown, scope = 'openid') => ({ scope, claims: JSON.stringify(claims) })
  const both = async (claims: unknown, scope?: string, visitor = newVisitor('')) => {
    const { client, cookie } = await visitor
    const tokens = await tokensOf(client, await newCode(client, cookie, asking(claims, scope)))
    return { userinfo: await infoOf(tokens), idToken: extraOf(tokens), scope: tokens.scope }
  }
  const EMAIL = expect.stringContaining('@example.com')

  test('brings single claims where they are asked for', async () => {
    const claims = {
      userinfo: { email: { essential: true }, given_name: null },
      id_token: { email_verified: null, locale: { value: 'fr' } },
    }
    expect(await both(claims)).toEqual({
      userinfo: { email: EMAIL, given_name: 'Ada' },
      idToken: { email_verified: true, locale: 'en' },
      scope: 'openid',
    })
  })

  test('brings them to tokens with all identity scopes of the grant: one narrowed at refresh shows what its scopes say alone', async () => {
    const { client, cookie } = await newVisitor('role', { scopes: 'openid profile email delegated:profile:read', more: { claims: 'role' } })
    const asked = asking({ userinfo: { email: null } }, 'openid profile delegated:profile:read')
    const tokens = await tokensOf(client, await newCode(client, cookie, asked))
    const whole = await infoOf(tokens)
    expect(whole).toMatchObject({ email: EMAIL, role: 'user', given_name: 'Ada' })
    let current = tokens
    const refreshed = async (scope?: string) => {
      current = (await json(await refresh(client, current.refresh_token, { scope }))) as never
      return infoOf(current)
    }
    expect(await refreshed('openid')).toEqual({})
    expect(await refreshed('openid profile')).toEqual(whole)
    expect(await refreshed()).toEqual(whole)
    // The client loses a scope: that narrows none of its tokens.
    await rows(`UPDATE oauth_clients SET scopes = 'openid email' WHERE id = ?`, client.id)
    expect(await infoOf(tokens)).toEqual({ email: EMAIL, role: 'user' })
  })

  test('adds to the claims of scopes', async () => {
    const { userinfo: info, idToken } = await both({ id_token: { email: null } }, 'openid email')
    expect([info, idToken]).toEqual([{ email: EMAIL, email_verified: true }, { email: EMAIL }])
  })

  test('brings nothing that the client is not registered for, and ignores what nobody knows', async () => {
    const asked = {
      phone_number: null,
      role: null,
      custom_data: null,
      'custom_data.plan': null,
      shoe_size: null,
      ['__proto__']: null,
      sub: null,
      iss: null,
    }
    expect(await both({ userinfo: asked, id_token: asked, verified_claims: {} })).toEqual({ userinfo: {}, idToken: {}, scope: 'openid' })
    expect(await both({ id_token: { role: null } }, 'openid', newVisitor('role'))).toMatchObject({ idToken: { role: 'user' } })
  })

  test('counts when pushed, and in a signed request as an object', async () => {
    const signer = await newSigner('ES256', { scopes: 'openid email' })
    const { cookie } = await newBrowser(await newPerson())
    const claims = { id_token: { email: null } }
    const pushed = await form('/oauth/par', {
      ...PARAMS,
      redirect_uri: signer.redirectUri,
      ...asking(claims),
      ...(await assertionOf(signer)),
    })
    const request = await requestObjectOf(signer, { scope: 'openid', claims })
    for (const params of [{ request_uri: String((await json(pushed)).request_uri) }, { request }]) {
      const visit = await send(`/oauth/authorize?${new URLSearchParams({ client_id: signer.id, ...params })}`, { headers: { cookie } })
      const { code = '' } = redirected(visit).params
      const reply = await exchange(signer, code, { client_id: undefined, ...(await assertionOf(signer)) })
      expect(extraOf((await reply.json()) as TokenReply)).toMatchObject({ email: EMAIL })
    }
  })

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['null', 'null'],
    ['text', '"email"'],
    ['a number', '1'],
    ['userinfo as a list', '{"userinfo":["email"]}'],
    ['userinfo as text', '{"userinfo":"email"}'],
    ['userinfo as null', '{"userinfo":null}'],
    ['id_token as true', '{"id_token":true}'],
    ['a claim as true', '{"userinfo":{"email":true}}'],
    ['a claim as text', '{"id_token":{"email":"essential"}}'],
    ['essential as text', '{"userinfo":{"email":{"essential":"yes"}}}'],
    ['values as text', '{"id_token":{"acr":{"values":"urn:kith:acr:2fa"}}}'],
    ['more than 2,000 characters', JSON.stringify({ userinfo: { ['x'.repeat(2_000)]: null } })],
  ])('refuses %s, sent by the browser and pushed', async (_what, claims) => {
    const { client, cookie } = await newVisitor('', { method: 'client_secret_basic' })
    const { base, params } = redirected(await authorize(client, cookie, { scope: 'openid', claims }))
    expect([base, params.error, params.state]).toEqual([client.redirectUri, 'invalid_request', 'xyz'])
    expect(params.error_description).toMatch(/^claims\b/)
    const pushed = { ...PARAMS, redirect_uri: client.redirectUri, scope: 'openid', claims }
    expect(await errorOf(await form('/oauth/par', pushed, basicOf(client)))).toEqual([400, 'invalid_request'])
  })

  test('a subject that is not the one signed in: another sign-in, or login_required', async () => {
    const { client, cookie, userId } = await newVisitor('')
    const other = toHex(await newPerson())
    const own = toHex(userId)
    const ask = (claims: unknown, changes: Params = {}) => authorize(client, cookie, { ...asking(claims), ...changes })
    for (const claims of [{ id_token: { sub: { value: own } } }, { userinfo: { sub: { values: [other, own] } } }]) {
      expect(redirected(await ask(claims, { prompt: 'none' })).params).toHaveProperty('code')
    }
    const wrong = [
      { id_token: { sub: { value: other } } },
      { userinfo: { sub: { values: [] } } },
      { id_token: { sub: { value: own } }, userinfo: { sub: { value: other } } },
      { id_token: { sub: { value: 1 } } },
    ]
    for (const claims of wrong) {
      expect(redirected(await ask(claims, { prompt: 'none' })).params).toMatchObject({ error: 'login_required' })
      expect(sentTo(await ask(claims)).path).toBe('/sign-in')
    }
  })

  test('no client learns by it, or by a hint, who a subject of another sector is', async () => {
    const userId = await newPerson()
    const columns = { scopes: 'openid', more: { subject_type: 'pairwise' } }
    const [one, two, open] = [await newClient(columns), await newClient(columns), await newClient()]
    const { browser, tokens } = await newGrant(one, { scope: 'openid' }, userId)
    const sub = { id_token: { sub: { value: claimsOf(tokens).sub } } }
    const results = async (params: Params) =>
      Promise.all(
        [one, two, open].map(
          async (client) => redirected(await authorize(client, browser.cookie, { prompt: 'none', ...params })).params.error,
        ),
      )
    const told = [undefined, 'login_required', 'login_required']
    expect(await results(asking(sub))).toEqual(told)
    expect(await results({ scope: 'openid', id_token_hint: tokens.id_token })).toEqual(told)
    expect(await results(asking({ id_token: { sub: { value: toHex(userId) } } }))).toEqual(['login_required', 'login_required', undefined])
  })

  describe('acr (§5.5.1.1)', () => {
    const TWO = 'urn:kith:acr:2fa'
    const ask = async (acr: unknown, changes: Params = {}) => {
      const visitor = await newVisitor('')
      return { ...visitor, response: await authorize(visitor.client, visitor.cookie, { ...asking({ id_token: { acr } }), ...changes }) }
    }

    test.each([
      { essential: true, values: [TWO] },
      { essential: true, value: TWO },
      { essential: true, values: ['other', TWO] },
    ])('essential with values asks for that sign-in: %j', async (acr) => {
      const { userId, response } = await ask(acr)
      expect(sentTo(response).path).toBe('/sign-in')
      expect(redirected((await afterSignIn(response, userId, 'pwd otp mfa')).back).params).toHaveProperty('code')
      const weaker = await ask(acr)
      const { back } = await afterSignIn(weaker.response, weaker.userId)
      expect(redirected(back).params).toMatchObject({ error: 'unmet_authentication_requirements' })
      expect(redirected((await ask(acr, { prompt: 'none' })).response).params).toMatchObject({ error: 'login_required' })
    })

    test('essential with values that no sign-in has is refused', async () => {
      for (const acr of [
        { essential: true, values: ['other'] },
        { essential: true, value: 2 },
      ]) {
        expect(redirected((await ask(acr)).response).params).toMatchObject({ error: 'unmet_authentication_requirements' })
      }
    })

    test.each([null, { essential: true }, { value: TWO }, { essential: false, values: [TWO] }, { values: ['other'] }])(
      'otherwise asks for nothing, and is told like auth_time: %j',
      async (acr) => {
        const { client, response } = await ask(acr)
        const tokens = await tokensOf(client, redirected(response).params.code ?? '')
        expect(claimsOf(tokens)).toMatchObject({ acr: 'urn:kith:acr:1fa', auth_time: expect.any(Number) })
      },
    )
  })

  test('asks for consent to each claim once, as far as no scope includes it', async () => {
    const { client, cookie, page, userId } = await newVisitor('', { firstParty: 0 })
    const ask = async (claims: unknown, scope?: string) => authorize(client, cookie, asking(claims, scope))
    const agree = async (claims: unknown, scope?: string) => {
      const question = await page(asking(claims, scope)).describe()
      await page(asking(claims, scope)).decide(question.ticket)
      return question.newScopes.map(({ scope: item }) => item)
    }
    const email = { userinfo: { email: null }, id_token: { email: null } }
    expect(await agree({})).toEqual(['openid'])
    expect(sentTo(await ask(email)).path).toBe('/consent')
    expect(await agree(email)).toEqual(['id_token|email'])
    expect(redirected(await ask(email)).params).toHaveProperty('code')
    expect(redirected(await ask({ userinfo: { email: null } })).params, 'elsewhere').toHaveProperty('code')
    expect(sentTo(await ask({ userinfo: { given_name: null } })).path, 'another').toBe('/consent')
    expect(await agree({ id_token: { given_name: null } }, 'openid profile'), 'of a scope').toEqual(['profile'])
    expect(redirected(await ask({ userinfo: { family_name: null } })).params, 'of an agreed scope').toHaveProperty('code')
    expect(await rows('SELECT scopes FROM consents WHERE user_id = ?', userId)).toEqual([
      { scopes: 'openid userinfo|email id_token|email profile id_token|given_name' },
    ])
  })

  test('is in the metadata, with every claim that there is', async () => {
    const metadata = await json(await send('/.well-known/openid-configuration'))
    expect(metadata.claims_parameter_supported).toBe(true)
    expect(metadata.claims_supported).toEqual(expect.arrayContaining(['sub', 'email', 'role', 'custom_data', 'acr', 'auth_time']))
  })
})
