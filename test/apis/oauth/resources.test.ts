// The team's own APIs (RFC 8707): `resource` at every endpoint, and what tokens for an API are good for.
import { decodeJwt } from 'jose'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Introspection } from '../../../src/apis/oauth/introspection-wire.ts'
import { optionalGate } from '../../../src/core/gate.ts'
import { decideDevice, describeDevice } from '../../../src/core/oauth/device-decision.ts'
import type { SessionId, UserId } from '../../../src/ids.ts'
import type { ApiRow } from '../../../src/store/db/apis.ts'
import { ORDERS, putApi } from '../../support/apis.ts'
import { bearerOf } from '../../support/tokens.ts'
import { assertionOf, newSigner, requestObjectOf } from './assertions.ts'
import {
  authorizePath,
  CHALLENGE,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newCtx,
  newUser,
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
} from './harness.ts'
import { basicOf, consentedCode, consentOf, sentTo, userinfo } from './openid.ts'

/** An API with no path, and the same scope names as the other. */
const STOCK = 'https://stock.example'
const SCOPES = `openid email delegated:profile:read ${ORDERS}| ${ORDERS}|orders:read ${ORDERS}|orders:write ${STOCK}| ${STOCK}|orders:read`
const DEVICE = 'urn:ietf:params:oauth:grant-type:device_code'

let app: TestClient
let userId: UserId
let browser: { sessionId: SessionId; cookie: string }

beforeAll(async () => {
  await putApi()
  await putApi({ resource: STOCK, name: 'Stock', scopes: JSON.stringify([{ name: 'orders:read', description: 'See what is on its way' }]) })
  app = await newClient({ scopes: SCOPES })
  userId = await newUser()
  browser = await newBrowser(userId)
})
beforeEach(() => platform.reset())

type Resources = readonly string[]

const naming = (resources: Resources) => resources.map((resource) => `&resource=${encodeURIComponent(resource)}`).join('')
const visit = (path: string, cookie = browser.cookie) => send(path, { headers: { cookie } })

function ask(resources: Resources, changes: Params = {}, client = app): Promise<Response> {
  return visit(`${authorizePath(client, changes)}${naming(resources)}`)
}

async function codeFor(resources: Resources, changes: Params = {}, client = app): Promise<string> {
  const { params } = redirected(await ask(resources, changes, client))
  return params.code ?? `no code: ${JSON.stringify(params)}`
}

async function grantFor(resources: Resources, changes: Params = {}, client = app, last: Params = {}): Promise<TokenReply> {
  const response = await exchange(client, await codeFor(resources, changes, client), last)
  const json = (await response.json()) as TokenReply
  expect(response.status, JSON.stringify(json)).toBe(200)
  return json
}

const payloadOf = ({ access_token }: Pick<TokenReply, 'access_token'>) => decodeJwt<Record<string, unknown>>(access_token)
/** Audience and scopes of an access token; the reply says the same. */
function targetOf(tokens: TokenReply) {
  const { aud, scope } = payloadOf(tokens)
  expect(tokens.scope).toBe(scope)
  return [aud, scope]
}

const refreshFor = async (tokens: TokenReply, changes: Params = {}, client = app) => {
  const response = await refresh(client, tokens.refresh_token, changes)
  const json = (await response.json()) as TokenReply
  expect(response.status, JSON.stringify(json)).toBe(200)
  return json
}

describe('the authorization endpoint', () => {
  test('with one API: a token for exactly it, with its scopes and no others', async () => {
    const tokens = await grantFor([ORDERS], { scope: 'orders:read' })
    expect(targetOf(tokens)).toEqual([ORDERS, 'orders:read'])
    expect(payloadOf(tokens)).toMatchObject({ iss: ORIGIN, client_id: app.id, sub: userId.toString(16).padStart(24, '0') })
  })

  test('without scope: all that the client may have of the API, and nothing of Kith', async () => {
    expect(targetOf(await grantFor([ORDERS]))).toEqual([ORDERS, 'orders:read orders:write'])
    const [session] = await rows('SELECT scope FROM sessions WHERE user_id = ? AND client_id IS NOT NULL ORDER BY id DESC LIMIT 1', userId)
    expect(session).toEqual({ scope: `${ORDERS}| ${ORDERS}|orders:read ${ORDERS}|orders:write` })
  })

  test('with Kith named beside it: what is the default without resource, too', async () => {
    const tokens = await grantFor([ORDERS, ORIGIN])
    expect(targetOf(tokens)[0]).toBe(ORDERS)
    expect(targetOf(await refreshFor(tokens, { resource: ORIGIN }))).toEqual([ORIGIN, 'delegated:profile:read'])
  })

  test('without resource nothing has changed, whatever the client is registered for', async () => {
    expect(targetOf(await grantFor([]))).toEqual([ORIGIN, 'delegated:profile:read'])
    expect(targetOf(await grantFor([ORIGIN], { scope: 'openid groups' }))).toEqual([ORIGIN, 'openid'])
  })

  test('a scope of an API of the client’s that the request does not name is not lost in silence', async () => {
    const said = async (resources: Resources, scope: string | undefined, client = app) => {
      const { params } = redirected(await ask(resources, { scope }, client))
      return [params.error, params.error_description]
    }
    const forgotten = ['invalid_scope', 'orders:write is a scope of an API: name the API in resource']
    for (const resources of [[], [ORIGIN], [STOCK]]) {
      for (const scope of ['orders:write', 'openid orders:write']) expect(await said(resources, scope)).toEqual(forgotten)
    }
    const client = await newClient({ scopes: `openid ${ORDERS}| ${ORDERS}|orders:read` })
    expect(await said([], undefined, client)).toEqual(['invalid_scope', 'Name an API in resource, or scopes in scope'])
  })

  test('an ID token comes with openid, whatever the audience', async () => {
    const tokens = await grantFor([ORDERS], { scope: 'openid orders:read' })
    expect(targetOf(tokens)).toEqual([ORDERS, 'orders:read'])
    expect(decodeJwt(tokens.id_token)).toMatchObject({ aud: app.id, sub: payloadOf(tokens).sub })
  })

  test('an API that the client may use without any scope', async () => {
    const client = await newClient({ scopes: `openid ${ORDERS}|` })
    expect(targetOf(await grantFor([ORDERS], {}, client))).toEqual([ORDERS, ''])
    expect(redirected(await ask([ORDERS], { scope: 'orders:read' }, client)).params.error).toBe('invalid_scope')
  })

  test('RFC 3986 §6.2.3: a resource without a path is the same with a slash, as URL libraries write it; the audience is as registered', async () => {
    expect(targetOf(await grantFor([`${STOCK}/`]))).toEqual([STOCK, 'orders:read'])
    expect(targetOf(await grantFor([ORDERS.slice(0, -1)], {}, app, { resource: ORDERS.slice(0, -1) }))[0]).toBe(ORDERS)
    expect(targetOf(await grantFor([`${ORIGIN}/`]))[0]).toBe(ORIGIN)
  })

  test.each<[string, Resources, Params, string]>([
    ['an unknown resource', ['https://unknown.example/'], {}, 'invalid_target'],
    ['one beside a good one', [ORDERS, 'https://unknown.example/'], {}, 'invalid_target'],
    ['one with a fragment', [`${ORDERS}#a`], {}, 'invalid_target'],
    ['one that is no URI', ['orders'], {}, 'invalid_target'],
    ['another path of a known one', [`${ORDERS}v2`], {}, 'invalid_target'],
    ['two in one parameter', [`${ORDERS} ${STOCK}`], {}, 'invalid_target'],
    ['more than ten', Array.from({ length: 11 }, (_, n) => `https://api-${n}.example/`), {}, 'invalid_target'],
    ['a scope of another API', [STOCK], { scope: 'orders:write' }, 'invalid_scope'],
    ['a scope that nobody has', [ORDERS], { scope: 'orders:delete' }, 'invalid_scope'],
    ['a scope that is malformed', [ORDERS], { scope: 'orders:read "x"' }, 'invalid_scope'],
    ['a scope of Kith that the client may not have', [ORDERS], { scope: 'orders:read delegated:media:read' }, 'invalid_scope'],
    ['no scope in scope', [ORDERS], { scope: ' ' }, 'invalid_scope'],
  ])('tells the client of %s', async (_what, resources, changes, error) => {
    const { base, params } = redirected(await ask(resources, changes))
    expect([base, params.error, params.state, params.code]).toEqual([app.redirectUri, error, 'xyz', undefined])
  })

  test('an empty resource counts as omitted, and other parameters are still not repeated', async () => {
    expect(targetOf(await grantFor(['']))).toEqual([ORIGIN, 'delegated:profile:read'])
    const { params } = redirected(await visit(`${authorizePath(app)}${naming([ORDERS])}&scope=a&scope=b`))
    expect(params.error).toBe('invalid_request')
  })

  test('an API that is not the client’s, is disabled, or is not open to a client that registered itself', async () => {
    const errorFor = async (client: TestClient, resource = ORDERS) => redirected(await ask([resource], {}, client)).params.error
    expect(await errorFor(await newClient({ scopes: `openid ${STOCK}|` }))).toBe('invalid_target')
    const own = await putApi({ resource: 'https://closed.example/', disabledAt: 1 })
    expect(await errorFor(await newClient({ scopes: `${own.resource}| ${own.resource}|orders:read` }), own.resource)).toBe('invalid_target')
    const dynamic = await newClient({ scopes: `openid ${ORDERS}|`, more: { source: 'dynamic' } })
    expect(await errorFor(dynamic)).toBe('invalid_target')
    const open = await putApi({ resource: 'https://open.example/', openToAll: 1 })
    expect(targetOf(await grantFor([open.resource], { scope: 'orders:read' }, dynamic))).toEqual([open.resource, 'orders:read'])
  })

  test('a scope with the same name is given for each API that is named, and only for those', async () => {
    const both = await grantFor([ORDERS, STOCK], { scope: 'openid orders:read' }, app, { resource: STOCK })
    expect(targetOf(both)).toEqual([STOCK, 'orders:read'])
    expect(targetOf(await refreshFor(both, { resource: ORDERS }))).toEqual([ORDERS, 'orders:read'])
    const one = await grantFor([ORDERS], { scope: 'orders:read' })
    expect(await errorOf(await refresh(app, one.refresh_token, { resource: STOCK }))).toEqual([400, 'invalid_target'])
  })

  test('survives a sign-in, and a post', async () => {
    const response = await send(`${authorizePath(app)}${naming([ORDERS, STOCK])}`)
    const back = sentTo(response).query.get('return_to') ?? ''
    const { params } = redirected(await visit(back))
    expect(targetOf((await (await exchange(app, params.code ?? '', { resource: STOCK })).json()) as TokenReply)[0]).toBe(STOCK)
    const body = `${authorizePath(app).split('?')[1]}${naming([ORDERS, STOCK])}`
    const posted = await send('/oauth/authorize', {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(sentTo(posted).query.getAll('resource')).toEqual([ORDERS, STOCK])
  })
})

describe('consent', () => {
  const PARAMS = { response_type: 'code', state: 'xyz', code_challenge: CHALLENGE, code_challenge_method: 'S256' }
  const third = () => newClient({ scopes: SCOPES, firstParty: 0 })
  const page = (client: TestClient, resources: Resources, changes: Params = {}) =>
    consentOf(browser, userId, client, { ...PARAMS, ...changes, resource: resources as unknown as string })

  test('names each API with its scopes in plain words, and is remembered for exactly those', async () => {
    const client = await third()
    const resources = [ORDERS, STOCK]
    const sent = await ask(resources, { scope: 'openid orders:read' }, client)
    expect([sentTo(sent).path, sentTo(sent).query.getAll('resource')]).toEqual(['/consent', resources])
    const shown = await (await visit(sent.headers.get('location') ?? '')).text()
    for (const words of ['Orders', 'See your orders', 'Stock', 'See what is on its way']) expect(shown).toContain(words)
    const question = await page(client, resources, { scope: 'openid orders:read' }).describe()
    expect(question.newScopes).toEqual([
      expect.objectContaining({ scope: 'openid' }),
      { scope: `${ORDERS}|orders:read`, description: 'See your orders', area: 'Orders', group: null, claims: [], resource: ORDERS },
      { scope: `${STOCK}|orders:read`, description: 'See what is on its way', area: 'Stock', group: null, claims: [], resource: STOCK },
    ])
    await page(client, resources, { scope: 'openid orders:read' }).decide(question.ticket)
    expect(redirected(await ask([ORDERS], { scope: 'openid orders:read' }, client)).params.code).toBeDefined()
    // Not for another scope, nor for the other API's scope of that name.
    expect(sentTo(await ask([ORDERS], { scope: 'orders:write' }, client)).path).toBe('/consent')
    const other = await third()
    const first = page(other, [ORDERS], { scope: 'orders:read' })
    await first.decide((await first.describe()).ticket)
    expect(sentTo(await ask([STOCK], { scope: 'orders:read' }, other)).path).toBe('/consent')
    expect(redirected(await ask([STOCK], { prompt: 'none' }, other)).params.error).toBe('consent_required')
  })

  test('a ticket counts for the APIs that the page showed', async () => {
    const client = await third()
    const { ticket } = await page(client, [ORDERS], { scope: 'orders:read' }).describe()
    await expect(page(client, [STOCK], { scope: 'orders:read' }).decide(ticket)).rejects.toMatchObject({ code: 'cross_site_request' })
    await expect(page(client, [ORDERS], { scope: 'orders:write' }).decide(ticket)).rejects.toMatchObject({ code: 'cross_site_request' })
  })

  test('first-party clients are not asked, whatever the API', async () => {
    expect((await ask([ORDERS])).status).toBe(302)
  })
})

describe('the token endpoint', () => {
  test('without resource: the API of the grant, if it is for exactly one; otherwise Kith', async () => {
    expect(targetOf(await refreshFor(await grantFor([ORDERS], { scope: 'openid orders:read' })))[0]).toBe(ORDERS)
    const two = await grantFor([ORDERS, STOCK], { scope: 'openid orders:read' })
    expect(targetOf(two)).toEqual([ORIGIN, 'openid'])
    const none = await codeFor([ORDERS, STOCK])
    expect(await errorOf(await exchange(app, none))).toEqual([400, 'invalid_target'])
    // The code is not used up by that.
    expect(targetOf((await (await exchange(app, none, { resource: STOCK })).json()) as TokenReply)[0]).toBe(STOCK)
  })

  test('a refresh changes the audience each time, and the scopes with it', async () => {
    const first = await grantFor([ORDERS, STOCK], { scope: 'openid delegated:profile:read orders:read orders:write' })
    expect(targetOf(first)).toEqual([ORIGIN, 'openid delegated:profile:read'])
    const orders = await refreshFor(first, { resource: ORDERS })
    expect(targetOf(orders)).toEqual([ORDERS, 'orders:read orders:write'])
    const less = await refreshFor(orders, { resource: ORDERS, scope: 'orders:write' })
    expect(targetOf(less)).toEqual([ORDERS, 'orders:write'])
    expect(less.id_token).toBeUndefined()
    const all = await refreshFor(less, { resource: ORDERS, scope: '*' })
    expect(targetOf(all)[1]).toBe('orders:read orders:write')
    const stock = await refreshFor(all, { resource: `${STOCK}/` })
    expect(targetOf(stock)).toEqual([STOCK, 'orders:read'])
    expect(targetOf(await refreshFor(stock))).toEqual([ORIGIN, 'openid delegated:profile:read'])
  })

  test.each<[string, Params, string]>([
    ['an unknown resource', { resource: 'https://unknown.example/' }, 'invalid_target'],
    ['a resource that was not granted', { resource: STOCK }, 'invalid_target'],
    ['a malformed resource', { resource: 'orders' }, 'invalid_target'],
    ['Kith, for a grant of an API alone', { resource: ORIGIN }, 'invalid_target'],
    ['a scope that was not granted', { resource: ORDERS, scope: 'orders:write' }, 'invalid_scope'],
    ['a scope of Kith that was not granted', { resource: ORDERS, scope: 'delegated:profile:read' }, 'invalid_scope'],
    ['an unknown scope', { resource: ORDERS, scope: 'orders:delete' }, 'invalid_scope'],
  ])('%s: refused, and the refresh token is as it was', async (_what, changes, error) => {
    const tokens = await grantFor([ORDERS], { scope: 'orders:read' })
    expect(await errorOf(await refresh(app, tokens.refresh_token, changes))).toEqual([400, error])
    // Later than a retry may come: a token that had been rotated would end the grant.
    await rows('UPDATE refresh_tokens SET rotated_at = rotated_at - 60000')
    expect(targetOf(await refreshFor(tokens))).toEqual([ORDERS, 'orders:read'])
  })

  test.each<[string, string, Params, string]>([
    ['a disabled API', 'disabled_at = 1', {}, 'invalid_target'],
    ['a disabled API by name', 'disabled_at = 1', { resource: 'https://shaky.example/' }, 'invalid_target'],
    ['an API that has lost its scopes', `scopes = '[]', updated_at = 9e15`, {}, 'invalid_scope'],
  ])('%s: the refresh token waits until it is back', async (_what, change, named, error) => {
    const api = await putApi({ resource: 'https://shaky.example/', updatedAt: 1 })
    const client = await newClient({ scopes: `${api.resource}| ${api.resource}|orders:read` })
    const tokens = await grantFor([api.resource], {}, client)
    await rows(`UPDATE apis SET ${change} WHERE resource = ?`, api.resource)
    expect(await errorOf(await refresh(client, tokens.refresh_token, named))).toEqual([400, error])
    await rows('UPDATE refresh_tokens SET rotated_at = rotated_at - 60000')
    await rows('DELETE FROM apis WHERE resource = ?', api.resource)
    await putApi({ resource: api.resource })
    expect(targetOf(await refreshFor(tokens, named, client))).toEqual([api.resource, 'orders:read'])
    await rows('DELETE FROM apis WHERE resource = ?', api.resource)
  })

  test('two resources: invalid_target, for each grant', async () => {
    const twice = (params: Params, headers = {}) =>
      send('/oauth/token', {
        method: 'POST',
        body: `${new URLSearchParams(params as Record<string, string>)}${naming([ORDERS, STOCK])}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      })
    const code = await codeFor([ORDERS])
    const own = { client_id: app.id }
    const withCode = { ...own, grant_type: 'authorization_code', code, redirect_uri: app.redirectUri, code_verifier: VERIFIER }
    expect(await errorOf(await twice(withCode))).toEqual([400, 'invalid_target'])
    const { refresh_token } = await grantFor([ORDERS])
    expect(await errorOf(await twice({ ...own, grant_type: 'refresh_token', refresh_token }))).toEqual([400, 'invalid_target'])
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: SCOPES })
    expect(await errorOf(await twice({ grant_type: 'client_credentials' }, basicOf(machine)))).toEqual([400, 'invalid_target'])
  })

  test('an API or a registration that is gone gives no more tokens; a scope that is gone is left out', async () => {
    const api = await putApi({ resource: 'https://fading.example/' })
    const client = await newClient({
      scopes: `openid ${['', 'orders:read', 'orders:write'].map((name) => `${api.resource}|${name}`).join(' ')}`,
    })
    let tokens = await grantFor([api.resource], { scope: 'openid orders:read orders:write' }, client)
    const code = await codeFor([api.resource], { scope: 'orders:read' }, client)
    const change = async (sql: string, ...values: (string | null)[]) => {
      await rows(`UPDATE ${sql}`, ...values)
      return refresh(client, tokens.refresh_token)
    }
    const later = String(Date.now() + 1)
    const scopes = (names: string[]) => JSON.stringify(names.map((name) => ({ name, description: name })))
    const renamed = await change(
      'apis SET scopes = ?, updated_at = ? WHERE resource = ?',
      scopes(['orders:read', 'orders:new']),
      later,
      api.resource,
    )
    tokens = (await renamed.json()) as TokenReply
    expect(targetOf(tokens)).toEqual([api.resource, 'orders:read'])
    expect(await errorOf(await change('apis SET scopes = ? WHERE resource = ?', scopes(['orders:new']), api.resource))).toEqual([
      400,
      'invalid_scope',
    ])
    expect(await errorOf(await exchange(client, code))).toEqual([400, 'invalid_scope'])
    expect(
      await errorOf(await change('apis SET scopes = ?, disabled_at = 1 WHERE resource = ?', scopes(['orders:read']), api.resource)),
    ).toEqual([400, 'invalid_target'])
    expect(await errorOf(await exchange(client, code))).toEqual([400, 'invalid_target'])
    const openid = await refreshFor(tokens, { resource: ORIGIN }, client)
    expect(targetOf(openid)).toEqual([ORIGIN, 'openid'])
    tokens = openid
    await rows('UPDATE apis SET disabled_at = NULL WHERE resource = ?', api.resource)
    const unregistered = await change("oauth_clients SET scopes = 'openid', updated_at = ? WHERE id = ?", later, client.id)
    expect(await errorOf(unregistered)).toEqual([400, 'invalid_target'])
    expect(await errorOf(await change('apis SET resource = ? WHERE resource = ?', 'https://gone.example/', api.resource))).toEqual([
      400,
      'invalid_target',
    ])
  })

  test('client_credentials: scopes of the API that the client has, for nobody', async () => {
    const machine = await newClient({
      method: 'client_secret_basic',
      grantTypes: 'client_credentials',
      scopes: `client:profile:read ${ORDERS}| ${ORDERS}|orders:read`,
    })
    const own = (params: Params) => token({ grant_type: 'client_credentials', ...params }, basicOf(machine))
    const tokens = async (params: Params) => (await (await own(params)).json()) as TokenReply
    expect(targetOf(await tokens({ resource: ORDERS }))).toEqual([ORDERS, 'orders:read'])
    expect(targetOf(await tokens({ resource: ORDERS, scope: 'orders:read client:profile:read' }))).toEqual([ORDERS, 'orders:read'])
    expect(payloadOf(await tokens({ resource: ORDERS }))).toMatchObject({ sub: machine.id, client_epoch: 0 })
    expect(targetOf(await tokens({ resource: ORIGIN }))).toEqual([ORIGIN, 'client:profile:read'])
    expect(targetOf(await tokens({}))).toEqual([ORIGIN, 'client:profile:read'])
    expect(await errorOf(await own({ resource: STOCK }))).toEqual([400, 'invalid_target'])
    expect(await errorOf(await own({ resource: 'https://unknown.example/' }))).toEqual([400, 'invalid_target'])
    for (const scope of ['orders:write', 'client:profile:read', 'nonsense']) {
      expect(await errorOf(await own({ resource: ORDERS, scope })), scope).toEqual([400, 'invalid_scope'])
    }
    const forgotten = await own({ scope: 'client:profile:read orders:read' })
    expect(await forgotten.json()).toMatchObject({
      error: 'invalid_scope',
      error_description: expect.stringContaining('name the API in resource'),
    })
    await rows('UPDATE oauth_clients SET scopes = ? WHERE id = ?', `${ORDERS}| ${ORDERS}|orders:read`, machine.id)
    expect(await (await own({})).json()).toMatchObject({ error: 'invalid_scope', error_description: expect.stringMatching(/^Name an API/) })
  })

  test('the API’s own lifetime, never beyond the session; and its chosen claims, not of others', async () => {
    const api = await putApi({
      resource: 'https://claims.example/',
      accessTokenSeconds: 120,
      claims: 'role locale picture custom_data.plan custom_data.none',
    })
    const client = await newClient({ scopes: `openid delegated:profile:read ${api.resource}| ${api.resource}|orders:read` })
    await rows('UPDATE users SET custom_data = ? WHERE id = ?', JSON.stringify({ plan: 'gold', secret: 'x' }), userId)
    const tokens = await grantFor([api.resource], { scope: 'openid delegated:profile:read orders:read' }, client)
    const { role, locale, picture, custom_data, iat, exp } = payloadOf(tokens)
    expect([role, locale, picture, custom_data]).toEqual(['user', undefined, undefined, { plan: 'gold' }])
    expect([tokens.expires_in, Number(exp) - Number(iat)]).toEqual([120, 120])
    const own = await refreshFor(tokens, { resource: ORIGIN }, client)
    expect([own.expires_in, payloadOf(own).role]).toEqual([600, undefined])
    await rows('UPDATE sessions SET expires_at = ? WHERE client_id = ?', Date.now() + 30_000, client.id)
    const last = await refreshFor(own, {}, client)
    expect(last.expires_in).toBeLessThanOrEqual(30)
    expect(Number(payloadOf(last).exp)).toBeLessThanOrEqual((Date.now() + 30_000) / 1000)
    // Without refresh tokens the grant ends with its only access token.
    const once = await newClient({ scopes: `${api.resource}|`, grantTypes: 'authorization_code' })
    await grantFor([api.resource], {}, once)
    const [session] = await rows('SELECT expires_at - created_at AS life FROM sessions WHERE client_id = ?', once.id)
    expect(session).toEqual({ life: 120_000 })
  })

  test('of 64 exchanges for an API one succeeds, and the others end what it gave', async () => {
    const code = await codeFor([ORDERS])
    const replies = await Promise.all(Array.from({ length: 64 }, () => exchange(app, code, { resource: ORDERS })))
    const won = replies.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    const [winner = new Response()] = won
    const { refresh_token } = (await winner.json()) as TokenReply
    expect(await errorOf(await refresh(app, refresh_token))).toEqual([400, 'invalid_grant'])
  })

  test('a code whose exchange was refused for its resource still has one winner', async () => {
    const code = await codeFor([ORDERS])
    expect(await errorOf(await exchange(app, code, { resource: STOCK }))).toEqual([400, 'invalid_target'])
    expect((await exchange(app, code)).status).toBe(200)
    expect(await errorOf(await exchange(app, code))).toEqual([400, 'invalid_grant'])
  })
})

describe('pushed requests', () => {
  const push = (resources: Resources, changes: Params = {}, client = app) => {
    const query = authorizePath(client, changes).split('?')[1]
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return send('/oauth/par', { method: 'POST', body: `${query}${naming(resources)}`, headers })
  }

  test('carry every resource', async () => {
    const { request_uri } = (await (await push([ORDERS, STOCK], { scope: 'openid orders:read' })).json()) as { request_uri: string }
    const { params } = redirected(await visit(`/oauth/authorize?${new URLSearchParams({ client_id: app.id, request_uri })}`))
    const tokens = (await (await exchange(app, params.code ?? '', { resource: STOCK })).json()) as TokenReply
    expect(targetOf(tokens)).toEqual([STOCK, 'orders:read'])
    expect(targetOf(await refreshFor(tokens, { resource: ORDERS }))).toEqual([ORDERS, 'orders:read'])
  })

  test('carry those of a request object', async () => {
    const signer = await newSigner('ES256', { scopes: SCOPES })
    const request = await requestObjectOf(signer, { resource: [ORDERS, STOCK], scope: 'openid orders:read' })
    const pushed = await form('/oauth/par', { request, ...(await assertionOf(signer)) })
    const { request_uri } = (await pushed.json()) as { request_uri: string }
    const { params } = redirected(await visit(`/oauth/authorize?${new URLSearchParams({ client_id: signer.id, request_uri })}`))
    const proof = async () => ({ client_id: undefined, ...(await assertionOf(signer)) })
    const tokens = (await (await exchange(signer, params.code ?? '', { resource: STOCK, ...(await proof()) })).json()) as TokenReply
    expect(targetOf(tokens)).toEqual([STOCK, 'orders:read'])
    expect(targetOf(await refreshFor(tokens, { resource: ORDERS, ...(await proof()) }, signer))).toEqual([ORDERS, 'orders:read'])
  })

  test('tell the client at once what is wrong with them', async () => {
    expect(await errorOf(await push(['https://unknown.example/']))).toEqual([400, 'invalid_target'])
    expect(await errorOf(await push([ORDERS], { scope: 'orders:delete' }))).toEqual([400, 'invalid_scope'])
  })
})

describe('devices', () => {
  const start = (params: string, client: TestClient) =>
    send('/oauth/device_authorization', {
      method: 'POST',
      body: `client_id=${client.id}${params}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })

  test('ask for APIs; what was allowed gives tokens for each', async () => {
    const television = await newClient({ grantTypes: `${DEVICE} refresh_token`, redirectUris: [], scopes: SCOPES, firstParty: 0 })
    const started = await start(`&scope=openid%20orders:read${naming([ORDERS, STOCK])}`, television)
    const { device_code, user_code } = (await started.json()) as { device_code: string; user_code: string }
    const [ctx, secret] = [newCtx(), browser.cookie.split('.').at(-1) ?? '']
    const gate = optionalGate(ctx, { kind: 'browser', sessionId: browser.sessionId, userId, secret })
    const question = await describeDevice(ctx, gate, user_code)
    expect(question.scopes.map(({ area, description }) => `${area}: ${description}`)).toEqual([
      'Who you are: Know who you are',
      'Orders: See your orders',
      'Stock: See what is on its way',
    ])
    await decideDevice(ctx, gate, { userCode: user_code, ticket: question.ticket, allow: true })
    const poll = (params: Params) => token({ grant_type: DEVICE, client_id: television.id, device_code, ...params })
    expect(await errorOf(await poll({ resource: 'https://unknown.example/' }))).toEqual([400, 'invalid_target'])
    const tokens = (await (await poll({ resource: ORDERS })).json()) as TokenReply
    expect(targetOf(tokens)).toEqual([ORDERS, 'orders:read'])
    expect(targetOf(await refreshFor(tokens, { resource: STOCK }, television))).toEqual([STOCK, 'orders:read'])
  })

  test('are told at once what is wrong', async () => {
    const television = await newClient({ grantTypes: DEVICE, redirectUris: [], scopes: SCOPES })
    expect(await errorOf(await start(naming(['https://unknown.example/']), television))).toEqual([400, 'invalid_target'])
    expect(await errorOf(await start(`&scope=orders:delete${naming([ORDERS])}`, television))).toEqual([400, 'invalid_scope'])
  })
})

describe('a token of an API', () => {
  test('opens no route of Kith, whatever its scopes are called', async () => {
    const api = await putApi({
      resource: 'https://sly.example/',
      scopes: JSON.stringify(['*:all', 'delegated', 'admin:*'].map((name) => ({ name, description: name }))),
    })
    const client = await newClient({
      scopes: `* openid ${['', '*:all', 'delegated', 'admin:*'].map((n) => `${api.resource}|${n}`).join(' ')}`,
    })
    const tokens = await grantFor([api.resource], { scope: 'openid *:all delegated admin:*' }, client)
    expect(targetOf(tokens)[1]).toBe('*:all delegated admin:*')
    const bearer = bearerOf(tokens.access_token)
    for (const path of ['/user/me', '/client/admin-api/list', '/user/apps']) {
      const { status, headers } = await bearer.get(path)
      expect([path, status]).toEqual([path, 401])
      expect(headers.get('www-authenticate')).toContain('error="invalid_token"')
    }
    const refused = await userinfo(tokens.access_token)
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([401, expect.stringContaining('invalid_token')])
    expect(await refused.json()).toEqual({ error: 'invalid_token', error_description: 'The access token is for another audience' })
    expect((await userinfo((await refreshFor(tokens, { resource: ORIGIN }, client)).access_token)).status).toBe(200)
  })

  test('is a use of the API; a scope that its user takes back is in no later token, and the API itself goes last', async () => {
    const third = await newClient({ scopes: SCOPES, firstParty: 0 })
    const asked = { scope: 'orders:read orders:write', resource: [ORDERS] as unknown as string }
    const tokens = (await (await exchange(third, await consentedCode(browser, userId, third, asked))).json()) as TokenReply
    const usesOf = () => rows<{ scope: string }>('SELECT scope FROM scope_uses WHERE client_id = ? ORDER BY scope', third.id)
    expect((await usesOf()).map(({ scope }) => scope)).toEqual(['', 'orders:read', 'orders:write'].map((name) => `${ORDERS}|${name}`))
    const withdraw = (scope: string) =>
      send(`/user/apps/${third.id}/scopes?${new URLSearchParams({ scope })}`, {
        method: 'DELETE',
        headers: { cookie: browser.cookie, origin: ORIGIN },
      })
    expect((await withdraw(`${ORDERS}|orders:write`)).status).toBe(200)
    const less = await refreshFor(tokens, {}, third)
    expect(targetOf(less)).toEqual([ORDERS, 'orders:read'])
    expect((await withdraw(`${ORDERS}|`)).status).toBe(200)
    expect(await errorOf(await refresh(third, less.refresh_token))).toEqual([400, 'invalid_grant'])
    expect(await usesOf()).toEqual([])
  })

  test('is given back by its client, and the grant ends', async () => {
    const tokens = await grantFor([ORDERS])
    const stranger = await newClient()
    await form('/oauth/revoke', { client_id: stranger.id, token: tokens.access_token })
    const kept = await refreshFor(tokens)
    await form('/oauth/revoke', { client_id: app.id, token: kept.access_token })
    expect(await errorOf(await refresh(app, kept.refresh_token))).toEqual([400, 'invalid_grant'])
  })
})

describe('introspection of a token of an API', () => {
  const INACTIVE = { active: false }
  const ALL = ['', 'orders:read', 'orders:write']
  let server: TestClient
  let api: ApiRow
  let client: TestClient

  const columns = { method: 'client_secret_basic', grantTypes: 'client_credentials' }
  const inspect = async (given: string, who = server) =>
    (await (await form('/oauth/introspect', { token: given }, basicOf(who))).json()) as Record<string, unknown>
  const scopesOf = (resource: string, names = ALL) => names.map((name) => `${resource}|${name}`).join(' ')

  beforeEach(async () => {
    server = await newClient({ ...columns, scopes: 'client:profile:read' })
    api = await putApi({
      resource: `https://${server.id.toLowerCase()}.example/`,
      serverClientId: server.id,
      claims: 'role custom_data.plan',
    })
    client = await newClient({ scopes: `openid ${scopesOf(api.resource)} ${STOCK}| ${STOCK}|orders:read` })
  })

  const tokensOf = (changes: Params = {}, resources = [api.resource]) =>
    grantFor(resources, { scope: 'openid orders:read orders:write', ...changes }, client, { resource: api.resource })

  test('by the API’s own client: audience, scopes, and its claims as they are now', async () => {
    await rows(`UPDATE users SET custom_data = '{"plan":"gold"}' WHERE id = ?`, userId)
    const { access_token } = await tokensOf()
    await rows(`UPDATE users SET custom_data = '{"plan":"silver"}' WHERE id = ?`, userId)
    const reply = Introspection.parse(await inspect(access_token))
    const { sub, exp, jti } = payloadOf({ access_token })
    expect(reply).toMatchObject({
      active: true,
      aud: api.resource,
      iss: ORIGIN,
      client_id: client.id,
      scope: 'orders:read orders:write',
      role: 'user',
      custom_data: { plan: 'silver' },
      ...{ sub, exp, jti },
    })
    // An API learns what it is registered for.
    expect(reply).not.toHaveProperty('username')
  })

  test('by that client no others: not of another API, not of Kith, no refresh token', async () => {
    const tokens = await tokensOf({}, [api.resource, STOCK])
    expect(await inspect(tokens.refresh_token)).toEqual(INACTIVE)
    const own = await refreshFor(tokens, { resource: ORIGIN }, client)
    expect(await inspect(own.access_token)).toEqual(INACTIVE)
    const stock = await refreshFor(own, { resource: STOCK }, client)
    expect(await inspect(stock.access_token)).toEqual(INACTIVE)
    const orders = await refreshFor(stock, { resource: api.resource }, client)
    expect(await inspect(orders.access_token)).toMatchObject({ active: true })
    const another = await newClient({ ...columns, scopes: 'client:profile:read' })
    expect(await inspect(orders.access_token, another)).toEqual(INACTIVE)
  })

  test('by a client that may introspect all, which finds the audience in the reply', async () => {
    const { access_token } = await tokensOf()
    const all = await newClient({ ...columns, scopes: 'client:oauth:introspect' })
    expect(await inspect(access_token, all)).toMatchObject({ active: true, aud: api.resource })
  })

  test('by JSON it is not valid: that reply has no audience', async () => {
    const { access_token } = await tokensOf()
    const all = await newClient({ ...columns, scopes: 'client:oauth:introspect' })
    const own = (await (await token({ grant_type: 'client_credentials' }, basicOf(all))).json()) as TokenReply
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${own.access_token}` }
    const reply = await send('/oauth/introspect', { method: 'POST', body: JSON.stringify({ token: access_token }), headers })
    expect(await reply.json()).toEqual({ ok: 1, data: { tokenInfo: null } })
  })

  test.each<[string, (input: { resource: string; clientId: string }) => Promise<unknown>]>([
    ['the API is disabled', ({ resource }) => rows('UPDATE apis SET disabled_at = 1 WHERE resource = ?', resource)],
    ['the API is deleted', ({ resource }) => rows('DELETE FROM apis WHERE resource = ?', resource)],
    [
      'the client is registered for it no more',
      ({ clientId }) => rows("UPDATE oauth_clients SET scopes = 'openid' WHERE id = ?", clientId),
    ],
    ['the client is disabled', ({ clientId }) => rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', clientId)],
    ['the API is taken out of the grant', ({ clientId }) => rows("UPDATE sessions SET scope = 'openid' WHERE client_id = ?", clientId)],
    [
      'the consent is withdrawn',
      ({ clientId }) => send(`/user/apps/${clientId}`, { method: 'DELETE', headers: { cookie: browser.cookie, origin: ORIGIN } }),
    ],
    ['the user is banned', () => rows('UPDATE users SET banned_at = 1 WHERE id = ?', userId)],
  ])('inactive once %s', async (_what, end) => {
    const { access_token } = await tokensOf()
    expect(await inspect(access_token)).toMatchObject({ active: true })
    await end({ resource: api.resource, clientId: client.id })
    expect(await inspect(access_token)).toEqual(INACTIVE)
    await rows('UPDATE users SET banned_at = NULL WHERE id = ?', userId)
  })

  test.each<[string, (resource: string, clientId: string) => Promise<unknown>]>([
    [
      'the API has no more',
      (resource) => rows(`UPDATE apis SET scopes = '[{"name":"orders:write","description":"x"}]' WHERE resource = ?`, resource),
    ],
    [
      'the client may have no more',
      (resource, id) => rows('UPDATE oauth_clients SET scopes = ? WHERE id = ?', scopesOf(resource, ['', 'orders:write']), id),
    ],
    [
      'the grant has for the other API alone',
      (resource, id) =>
        rows(
          'UPDATE sessions SET scope = ? WHERE client_id = ?',
          `${scopesOf(resource, ['', 'orders:write'])} ${STOCK}| ${STOCK}|orders:read`,
          id,
        ),
    ],
  ])('leaves out a scope that %s', async (_what, change) => {
    const { access_token } = await tokensOf()
    await change(api.resource, client.id)
    expect(await inspect(access_token)).toMatchObject({ active: true, scope: 'orders:write' })
  })

  test('of a client that registered itself: while the API is open to all', async () => {
    await rows('UPDATE apis SET open_to_all = 1 WHERE resource = ?', api.resource)
    const dynamic = await newClient({ scopes: 'openid', more: { source: 'dynamic' } })
    const { access_token } = await grantFor([api.resource], { scope: 'orders:read' }, dynamic)
    expect(await inspect(access_token)).toMatchObject({ active: true, scope: 'orders:read' })
    await rows('UPDATE apis SET open_to_all = 0 WHERE resource = ?', api.resource)
    expect(await inspect(access_token)).toEqual(INACTIVE)
  })

  test('of a client for itself: while it is registered for the API', async () => {
    const machine = await newClient({ ...columns, scopes: scopesOf(api.resource) })
    const own = (await (await token({ grant_type: 'client_credentials', resource: api.resource }, basicOf(machine))).json()) as TokenReply
    expect(await inspect(own.access_token)).toMatchObject({
      active: true,
      aud: api.resource,
      scope: 'orders:read orders:write',
      sub: machine.id,
    })
    await rows('UPDATE oauth_clients SET scopes = ? WHERE id = ?', scopesOf(api.resource, ['', 'orders:read']), machine.id)
    expect(await inspect(own.access_token)).toMatchObject({ active: true, scope: 'orders:read' })
    await rows("UPDATE oauth_clients SET scopes = 'client:profile:read' WHERE id = ?", machine.id)
    expect(await inspect(own.access_token)).toEqual(INACTIVE)
  })
})

describe('D1 fails (F1, F2) while an API is asked for', () => {
  for (const fault of ['failStatement', 'loseReply'] as const) {
    test.each([1, 2])(`${fault} at operation %i of an authorization: a code, or an error that the client is told`, async (nth) => {
      platform.faults[fault](nth)
      const response = await ask([ORDERS], { scope: 'orders:read' })
      expect(platform.faults.fired).toBe(1)
      if (nth === 1) expect(response.status).toBe(503)
      const code = nth === 1 ? await codeFor([ORDERS], { scope: 'orders:read' }) : (redirected(response).params.code ?? '')
      expect((await exchange(app, code)).status).toBe(200)
    })

    test.each([1, 2])(`${fault} at operation %i of an exchange: tokens, or a refusal that can be tried again`, async (nth) => {
      const code = await codeFor([ORDERS, STOCK], { scope: 'orders:read' })
      platform.faults[fault](nth)
      const response = await exchange(app, code, { resource: STOCK })
      expect(platform.faults.fired).toBe(1)
      if (nth === 1) expect(await errorOf(response)).toEqual([503, 'temporarily_unavailable'])
      const settled = nth === 2 ? response : await exchange(app, code, { resource: STOCK })
      expect(targetOf((await settled.json()) as TokenReply)).toEqual([STOCK, 'orders:read'])
    })

    test(`${fault} at a refresh: tokens for the API that was named`, async () => {
      const tokens = await grantFor([ORDERS, STOCK], { scope: 'orders:read' }, app, { resource: ORDERS })
      platform.faults[fault](1)
      expect(targetOf(await refreshFor(tokens, { resource: STOCK }))).toEqual([STOCK, 'orders:read'])
      expect(platform.faults.fired).toBe(1)
    })

    test(`${fault} at introspection: never a verdict`, async () => {
      const server = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: 'client:oauth:introspect' })
      const { access_token } = await grantFor([ORDERS])
      platform.faults[fault](1)
      expect(await errorOf(await form('/oauth/introspect', { token: access_token }, basicOf(server)))).toEqual([
        503,
        'temporarily_unavailable',
      ])
    })
  }
})
