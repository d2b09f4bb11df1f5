// POST /oauth/introspect: RFC 7662 by form, Liquid's answer by JSON (wire §3.2, §6.1, §6.5). Security row 44.
import { decodeJwt } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Introspection } from '../../../src/apis/oauth/introspection-wire.ts'
import { clock } from '../../platform/clock.ts'
import {
  endsOf,
  errorOf,
  form,
  newClient,
  ORIGIN,
  platform,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
  token,
} from './harness.ts'
import { basicOf, signIn } from './openid.ts'

let service: TestClient
let stranger: TestClient
let app: TestClient
let serviceToken: string

beforeAll(async () => {
  const columns = { method: 'client_secret_basic', grantTypes: 'client_credentials' }
  service = await newClient({ ...columns, scopes: 'client:oauth:introspect' })
  stranger = await newClient({ ...columns, scopes: 'client:profile:read' })
  app = await newClient()
  serviceToken = await ownToken(service)
})
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

async function ownToken(who: TestClient): Promise<string> {
  return ((await (await token({ grant_type: 'client_credentials' }, basicOf(who))).json()) as TokenReply).access_token
}

const ask = async (who: TestClient, given: string, path = '/oauth/introspect') =>
  (await (await form(path, { token: given }, basicOf(who))).json()) as Record<string, unknown>

const liquid = (given: unknown, bearer = serviceToken, path = '/oauth/introspect') =>
  send(path, {
    method: 'POST',
    body: JSON.stringify({ token: given }),
    headers: { 'content-type': 'application/json', ...(bearer ? { authorization: `Bearer ${bearer}` } : {}) },
  })

const INACTIVE = { active: false }

describe('RFC 7662', () => {
  test('§2.2: an access token of a person', async () => {
    const { tokens, userId } = await signIn('openid delegated:profile:read', {}, app)
    const answer = Introspection.parse(await ask(service, tokens.access_token))
    expect(answer).toMatchObject({
      active: true,
      scope: 'openid delegated:profile:read',
      client_id: app.id,
      token_type: 'Bearer',
      sub: userId.toString(16).padStart(24, '0'),
      iss: ORIGIN,
      aud: ORIGIN,
    })
    if (answer.active) expect(answer.exp - answer.iat).toBe(600)
  })

  test('a client shows its secret by Basic or in the body, whichever it is registered with', async () => {
    const { tokens } = await signIn('openid', {}, app)
    const columns = { grantTypes: 'client_credentials', scopes: 'client:oauth:introspect' }
    for (const who of [service, await newClient({ ...columns, method: 'client_secret_post' })]) {
      expect(await ask(who, tokens.access_token)).toMatchObject({ active: true })
      const inBody = await form('/oauth/introspect', { token: tokens.access_token, client_id: who.id, client_secret: who.secret })
      expect(await inBody.json()).toMatchObject({ active: true })
    }
  })

  test('a refresh token is told from an access token, and only the newest is active', async () => {
    const { tokens } = await signIn('openid', {}, app)
    expect(await ask(service, tokens.refresh_token)).toMatchObject({ active: true, token_type: 'refresh_token', client_id: app.id })
    const next = (await (await refresh(app, tokens.refresh_token)).json()) as TokenReply
    expect(await ask(service, tokens.refresh_token)).toEqual(INACTIVE)
    expect(await ask(service, next.refresh_token)).toMatchObject({ active: true })
  })

  test('the token of a client itself', async () => {
    expect(await ask(service, serviceToken)).toMatchObject({
      active: true,
      sub: service.id,
      client_id: service.id,
      scope: 'client:oauth:introspect',
    })
    expect(await ask(service, serviceToken)).not.toHaveProperty('username')
  })

  test.each(endsOf('grant'))('§2.2: after %s there is nothing but active: false, for both kinds', async (_what, statement = '') => {
    const { tokens, userId } = await signIn('openid', {}, app)
    await rows(statement, userId)
    expect(await ask(service, tokens.access_token)).toEqual(INACTIVE)
    expect(await ask(service, tokens.refresh_token)).toEqual(INACTIVE)
  })

  test("§2.2: no token is active from its exp on, a person's or a client's own, and every one is until then", async () => {
    const { tokens } = await signIn('openid', {}, app)
    const own = await ownToken(stranger)
    for (const given of [tokens.access_token, own]) {
      const end = Number(decodeJwt(given).exp) * 1000
      clock.freeze(end - 1)
      expect(await ask(service, given)).toMatchObject({ active: true })
      for (const late of [0, 3_000]) {
        clock.freeze(end + late)
        expect(await ask(service, given)).toEqual(INACTIVE)
      }
      clock.restore()
    }
  })

  test('a disabled client, and one whose epoch was raised', async () => {
    const own = await newClient()
    const { tokens } = await signIn('openid', {}, own)
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', own.id)
    expect(await ask(service, tokens.access_token)).toEqual(INACTIVE)
    expect(await ask(service, tokens.refresh_token)).toEqual(INACTIVE)
    const machine = await newClient({ method: 'client_secret_basic', grantTypes: 'client_credentials', scopes: 'client:all' })
    const machineToken = await ownToken(machine)
    await rows('UPDATE oauth_clients SET epoch = 1 WHERE id = ?', machine.id)
    expect(await ask(service, machineToken)).toEqual(INACTIVE)
  })

  test('what is no token: text, an ID token, a forged one', async () => {
    const { tokens } = await signIn('openid', {}, app)
    for (const given of ['x', tokens.id_token, `${tokens.access_token.slice(0, -4)}AAAA`])
      expect(await ask(service, given)).toEqual(INACTIVE)
  })

  test('§4: a client without the scope sees its own tokens alone', async () => {
    const { tokens } = await signIn('openid', {}, app)
    expect(await ask(stranger, tokens.access_token)).toEqual(INACTIVE)
    expect(await ask(stranger, await ownToken(stranger))).toMatchObject({ active: true })
  })

  test('§2.1: nobody asks without proving who they are, and public clients cannot', async () => {
    expect(await errorOf(await form('/oauth/introspect', { token: 'x' }))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await form('/oauth/introspect', { token: 'x', client_id: app.id }))).toEqual([401, 'invalid_client'])
    const wrong = { authorization: `Basic ${btoa(`${service.id}:wrong`)}` }
    expect(await errorOf(await form('/oauth/introspect', { token: serviceToken }, wrong))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await form('/oauth/introspect', {}, basicOf(service)))).toEqual([400, 'invalid_request'])
    expect((await send('/oauth/introspect', { method: 'POST', body: 'token=x', headers: { 'content-type': 'text/plain' } })).status).toBe(
      415,
    )
  })

  test("wire §3.2: also under the documents' name", async () => {
    expect(await ask(service, serviceToken, '/oauth/token/introspect')).toMatchObject({ active: true })
    expect(await (await liquid(serviceToken, serviceToken, '/oauth/token/introspect')).json()).toMatchObject({ ok: 1 })
  })
})

describe("Liquid's", () => {
  test('wire §6.1, §6.5: tokenInfo with scope as an array', async () => {
    const { tokens, userId } = await signIn('delegated:profile:read delegated:media:read', {}, app)
    expect(await (await liquid(tokens.access_token)).json()).toEqual({
      ok: 1,
      data: {
        tokenInfo: {
          accessToken: tokens.access_token,
          accessTokenExpiresAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
          scope: ['delegated:profile:read', 'delegated:media:read'],
          client: { id: app.id },
          user: {
            _id: userId.toString(16).padStart(24, '0'),
            username: expect.any(String),
            firstName: 'Ada',
            middleName: 'King',
            lastName: 'Lovelace',
            role: 'user',
            isPrivate: false,
          },
        },
      },
    })
  })

  test('null for an unknown token, and for one that is worth nothing', async () => {
    const { tokens, userId } = await signIn('openid', {}, app)
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', userId)
    for (const given of ['x', tokens.access_token]) expect(await (await liquid(given)).json()).toEqual({ ok: 1, data: { tokenInfo: null } })
  })

  test('needs a live Bearer token that holds the scope', async () => {
    expect((await liquid('x', '')).status).toBe(401)
    expect((await liquid('x', 'nonsense')).status).toBe(401)
    expect(await errorOf(await liquid('x', await ownToken(stranger)))).toEqual([403, 'insufficient_scope'])
    expect((await liquid('')).status).toBe(400)
    expect((await liquid(7)).status).toBe(400)
  })
})

test('design §7: one round trip, by either way', async () => {
  const { tokens } = await signIn('openid', {}, app)
  for (const given of [tokens.access_token, tokens.refresh_token, serviceToken, 'x']) {
    expect((await platform.counts.measure(() => ask(service, given))).counts).toMatchObject({ d1RoundTrips: 1, rowsWritten: 0 })
    expect((await platform.counts.measure(() => liquid(given))).counts).toMatchObject({ d1RoundTrips: 1, rowsWritten: 0 })
  }
})
