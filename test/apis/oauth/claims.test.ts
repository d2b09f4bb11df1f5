// What a client learns of a person beyond the claims of its scopes, and under which subject (OpenID Connect Core §5.5, §8).
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { toHex } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import type { Client } from '../../support/kith.ts'
import {
  authorize,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newEnv,
  newGrant,
  platform,
  redirected,
  refresh,
  send,
  type TokenReply,
  VERIFIER,
} from './harness.ts'
import { basicOf, claimsOf, newPerson, signIn, userinfo } from './openid.ts'

beforeEach(() => {
  platform.reset()
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const subjectIn = (token: string) => decodeJwt(token).sub
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
