// Token exchange (RFC 8693): an API's server trades a user's token for one of the next API, and never gets more than the user has
// granted (docs/decisions/041).
import { decodeJwt } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { TOKEN_EXCHANGE } from '../../../src/core/oauth/clients.ts'
import { ACCESS_TOKEN_TYPE } from '../../../src/core/oauth/token-exchange.ts'
import { toHex, type UserId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { ORDERS, putApi } from '../../support/apis.ts'
import { SINGLE_STRIKES } from '../../support/strikes.ts'
import {
  authorizePath,
  endsOf,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
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
} from './harness.ts'
import { basicOf, userinfo } from './openid.ts'

const STOCK = 'https://stock.example/'
const CARRIER = 'https://carrier.example/'
const POST = 'https://post.example/'
const LAST = 'https://last.example/'
const CHAIN = [ORDERS, STOCK, CARRIER, POST, LAST]

let app: TestClient
/** The clients of the APIs, by resource. */
const servers: Record<string, TestClient> = {}
let userId: UserId

const scopesOf = (resource: string) => `${resource}| ${resource}|read ${resource}|write`
const served = (resource: string) => servers[resource] as TestClient

beforeAll(async () => {
  for (const resource of CHAIN) {
    const scopes = CHAIN.filter((other) => other !== resource).map(scopesOf)
    servers[resource] = await newClient({ method: 'client_secret_basic', grantTypes: TOKEN_EXCHANGE, scopes: scopes.join(' ') })
    const words = ['read', 'write', 'delete'].map((name) => ({ name, description: name }))
    await putApi({ resource, name: resource, scopes: JSON.stringify(words), serverClientId: served(resource).id })
  }
  app = await newClient({ scopes: `openid delegated:profile:read ${CHAIN.map(scopesOf).join(' ')}` })
})
beforeEach(async () => {
  platform.reset()
  userId = await newUser()
})
afterEach(() => clock.restore())

/** A token for orders, of a user who has granted all APIs of `granted`. */
async function signIn(granted: readonly string[] = CHAIN, changes: Params = {}): Promise<TokenReply> {
  const { cookie } = await newBrowser(userId)
  const resources = granted.map((resource) => `&resource=${encodeURIComponent(resource)}`).join('')
  const { params } = redirected(await send(`${authorizePath(app, changes)}${resources}`, { headers: { cookie } }))
  return (await (await exchange(app, params.code ?? '', { resource: ORDERS })).json()) as TokenReply
}

const trade = (client: TestClient, subjectToken: string, changes: Params = {}) =>
  token(
    { grant_type: TOKEN_EXCHANGE, subject_token: subjectToken, subject_token_type: ACCESS_TOKEN_TYPE, resource: STOCK, ...changes },
    basicOf(client),
  )

async function traded(client: TestClient, subjectToken: string, changes: Params = {}) {
  const response = await trade(client, subjectToken, changes)
  const json = (await response.json()) as TokenReply & { issued_token_type: string }
  expect(response.status, JSON.stringify(json)).toBe(200)
  return { ...json, claims: decodeJwt<Record<string, unknown>>(json.access_token) }
}

async function isActive(client: TestClient, subjectToken: string): Promise<boolean> {
  const reply = await form('/oauth/introspect', { token: subjectToken }, basicOf(client))
  return ((await reply.json()) as { active: boolean }).active
}

describe('an API trades the token that it was called with', () => {
  test('for one of the next API: same person, same session, never longer, and who acts', async () => {
    const first = await signIn()
    const { access_token: second, claims, ...reply } = await traded(served(ORDERS), first.access_token)
    const before = decodeJwt<Record<string, unknown>>(first.access_token)
    expect(reply).toMatchObject({ issued_token_type: ACCESS_TOKEN_TYPE, token_type: 'Bearer', scope: 'read write' })
    expect(reply).not.toHaveProperty('refresh_token')
    expect(claims).toMatchObject({
      aud: STOCK,
      iss: ORIGIN,
      sub: toHex(userId),
      sid: before.sid,
      client_id: served(ORDERS).id,
      act: { sub: served(ORDERS).id },
    })
    expect(claims.exp).toBeLessThanOrEqual(Number(before.exp))
    expect([claims.auth_time, claims.amr]).toEqual([before.auth_time, before.amr])
    expect(await isActive(served(STOCK), second)).toBe(true)
    expect((await userinfo(second)).status).toBe(401)
  })

  test('for fewer scopes, never for more than the user has granted, nor than both clients may have', async () => {
    const { access_token: all } = await signIn()
    expect((await traded(served(ORDERS), all, { scope: 'read' })).claims.scope).toBe('read')
    expect(await errorOf(await trade(served(ORDERS), all, { scope: 'read delete' }))).toEqual([400, 'invalid_scope'])
    expect(await errorOf(await trade(served(ORDERS), all, { scope: 'unheard-of' }))).toEqual([400, 'invalid_scope'])
    const narrow = await newClient({ method: 'client_secret_basic', grantTypes: TOKEN_EXCHANGE, scopes: `${STOCK}| ${STOCK}|read` })
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', narrow.id, ORDERS)
    expect((await traded(narrow, all)).claims.scope).toBe('read')
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', served(ORDERS).id, ORDERS)
    const { access_token: only } = await signIn([ORDERS])
    expect(await errorOf(await trade(served(ORDERS), only))).toEqual([400, 'invalid_target'])
  })

  test('of the same API, the token itself is the limit', async () => {
    const tokens = await signIn(CHAIN, { scope: 'read write' })
    const narrowed = (await (await refresh(app, tokens.refresh_token, { resource: ORDERS, scope: 'read' })).json()) as TokenReply
    const own = await newClient({ method: 'client_secret_basic', grantTypes: TOKEN_EXCHANGE, scopes: scopesOf(ORDERS) })
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', own.id, ORDERS)
    expect((await traded(own, narrowed.access_token, { resource: ORDERS })).claims.scope).toBe('read')
    expect(await errorOf(await trade(own, narrowed.access_token, { resource: ORDERS, scope: 'write' }))).toEqual([400, 'invalid_scope'])
    await rows('UPDATE apis SET server_client_id = ? WHERE resource = ?', served(ORDERS).id, ORDERS)
  })

  test('three deep at most, each with the one before', async () => {
    let { access_token: current } = await signIn()
    const actors: string[] = []
    for (const [index, resource] of CHAIN.slice(0, 3).entries()) {
      const { access_token, claims } = await traded(served(resource), current, { resource: CHAIN[index + 1] })
      actors.unshift(served(resource).id)
      const act = actors.reduceRight<object | undefined>((inner, sub) => ({ sub, ...(inner && { act: inner }) }), undefined)
      expect(claims.act).toEqual(act)
      current = access_token
    }
    expect(await isActive(served(POST), current)).toBe(true)
    expect(await errorOf(await trade(served(POST), current, { resource: LAST }))).toEqual([400, 'invalid_request'])
  })
})

describe('ends', () => {
  test.each(endsOf('grant'))('with the first: %s', async (_what, end) => {
    const { access_token: first } = await signIn()
    const { access_token: second } = await traded(served(ORDERS), first)
    await rows(end, userId)
    expect(await isActive(served(STOCK), second)).toBe(false)
    expect(await errorOf(await trade(served(ORDERS), first))).toEqual([400, 'invalid_request'])
  })

  test('at the second at which the first expires, and not before', async () => {
    const { access_token: first } = await signIn()
    const end = Number(decodeJwt(first).exp) * 1000
    clock.freeze(end - 1)
    expect((await traded(served(ORDERS), first)).expires_in).toBe(1)
    for (const late of [0, 3_000]) {
      clock.freeze(end + late)
      expect(await errorOf(await trade(served(ORDERS), first))).toEqual([400, 'invalid_request'])
    }
  })

  test('with the client that acts, and with its registration for the API', async () => {
    const { access_token: first } = await signIn()
    const { access_token: second } = await traded(served(ORDERS), first)
    const { id } = served(ORDERS)
    for (const [change, undo] of [
      [`UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?`, `UPDATE oauth_clients SET disabled_at = NULL WHERE id = ?`],
      [
        `UPDATE oauth_clients SET scopes = replace(scopes, 'stock', 'stork') WHERE id = ?`,
        `UPDATE oauth_clients SET scopes = replace(scopes, 'stork', 'stock') WHERE id = ?`,
      ],
    ] as const) {
      await rows(change, id)
      expect(await isActive(served(STOCK), second)).toBe(false)
      await rows(undo, id)
      expect(await isActive(served(STOCK), second)).toBe(true)
    }
  })

  test('with the consent for that API alone', async () => {
    const { access_token: first } = await signIn()
    const { access_token: second } = await traded(served(ORDERS), first)
    await rows(`UPDATE sessions SET scope = replace(scope, '${scopesOf(STOCK)}', '') WHERE user_id = ? AND client_id IS NOT NULL`, userId)
    expect([await isActive(served(ORDERS), first), await isActive(served(STOCK), second)]).toEqual([true, false])
  })
})

test('the new token cannot be revoked: the grant behind it is the app’s, not that of the client that acts', async () => {
  const { access_token: first, refresh_token } = await signIn()
  const { access_token: second } = await traded(served(ORDERS), first)
  const revoked = await form('/oauth/revoke', { token: second }, basicOf(served(ORDERS)))
  expect(await errorOf(revoked)).toEqual([400, 'unsupported_token_type'])
  expect(await isActive(served(STOCK), second)).toBe(true)
  expect((await refresh(app, refresh_token, { resource: ORDERS })).status).toBe(200)
})

describe('is refused', () => {
  test.each<[string, Params, string]>([
    ['without a subject_token', { subject_token: undefined }, 'invalid_request'],
    ['without its type', { subject_token_type: undefined }, 'invalid_request'],
    ['an ID token for its type', { subject_token_type: 'urn:ietf:params:oauth:token-type:id_token' }, 'invalid_request'],
    ['asking for a refresh token', { requested_token_type: 'urn:ietf:params:oauth:token-type:refresh_token' }, 'invalid_request'],
    ['with an actor_token', { actor_token: 'x', actor_token_type: ACCESS_TOKEN_TYPE }, 'invalid_request'],
    ['a token that is none', { subject_token: 'x.y.z' }, 'invalid_request'],
    ['without a target', { resource: undefined }, 'invalid_target'],
    ['for Kith', { resource: ORIGIN }, 'invalid_target'],
    ['for an unknown API', { resource: 'https://unknown.example/' }, 'invalid_target'],
    ['for two', { audience: CARRIER }, 'invalid_target'],
    ['a malformed scope', { scope: 'a"b' }, 'invalid_scope'],
  ])('%s', async (_what, changes, error) => {
    const { access_token: first } = await signIn()
    expect(await errorOf(await trade(served(ORDERS), first, changes))).toEqual([400, error])
  })

  test('a refresh token, an ID token and a token of a client itself', async () => {
    const tokens = await signIn(CHAIN, { scope: 'openid read' })
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: scopesOf(ORDERS) })
    const own = await token({ grant_type: 'client_credentials', resource: ORDERS }, basicOf(machine))
    const { access_token: ofMachine } = (await own.json()) as TokenReply
    for (const each of [tokens.refresh_token, tokens.id_token, ofMachine]) {
      expect(await errorOf(await trade(served(ORDERS), each))).toEqual([400, 'invalid_request'])
    }
  })

  test('a token that was meant for somebody else', async () => {
    const { access_token: first } = await signIn()
    expect(await errorOf(await trade(served(CARRIER), first))).toEqual([400, 'invalid_request'])
    const { access_token: second } = await traded(served(ORDERS), first)
    expect(await errorOf(await trade(served(CARRIER), second, { resource: POST }))).toEqual([400, 'invalid_request'])
  })

  test('a client that is not registered for it, and a public one', async () => {
    const { access_token: first } = await signIn()
    const other = await newClient({ method: 'client_secret_basic', scopes: scopesOf(STOCK) })
    expect(await errorOf(await trade(other, first))).toEqual([400, 'unauthorized_client'])
    const open = await newClient({ method: 'none', grantTypes: TOKEN_EXCHANGE, scopes: scopesOf(STOCK) })
    const sent = {
      grant_type: TOKEN_EXCHANGE,
      subject_token: first,
      subject_token_type: ACCESS_TOKEN_TYPE,
      resource: STOCK,
      client_id: open.id,
    }
    expect(await errorOf(await token(sent))).toEqual([400, 'unauthorized_client'])
  })
})

test.each(['failStatement', 'loseReply'] as const)('while D1 fails (%s), there is no token, and the next try gets one', async (fault) => {
  const { access_token: first } = await signIn()
  platform.faults[fault](1)
  expect(await errorOf(await trade(served(ORDERS), first))).toEqual([503, 'temporarily_unavailable'])
  expect(platform.faults.fired).toBe(1)
  expect((await trade(served(ORDERS), first)).status).toBe(200)
})

test('64 exchanges that race with the sign-out leave no token that counts', async () => {
  const { access_token: first } = await signIn()
  const replies = await Promise.all([
    ...Array.from({ length: 64 }, () => trade(served(ORDERS), first)),
    rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', userId),
  ])
  const tokens = await Promise.all(
    replies.flatMap((reply) => (reply instanceof Response && reply.ok ? [reply.json() as Promise<TokenReply>] : [])),
  )
  const active = await Promise.all(tokens.map(({ access_token }) => isActive(served(STOCK), access_token)))
  expect(active.filter(Boolean)).toEqual([])
})

test.each(Object.entries(SINGLE_STRIKES))(
  'D1 %s, at each operation in turn: a token, or a refusal that can be tried again',
  async (_what, strike) => {
    const { access_token: first } = await signIn()
    for (let n = 1, fired = 1; fired > 0; n += 1) {
      strike(n)
      const response = await trade(served(ORDERS), first)
      fired = platform.faults.fired
      platform.faults.clear()
      if (fired > 0) expect(await errorOf(response)).toEqual([503, 'temporarily_unavailable'])
      const { access_token: second } = await traded(served(ORDERS), first)
      expect(await isActive(served(STOCK), second)).toBe(true)
    }
  },
)
