// POST /oauth/revoke: RFC 7009. Security row 44.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newGrant,
  platform,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
  token,
} from './harness.ts'
import { basicOf, newPerson, signIn, userinfo } from './openid.ts'

let client: TestClient
beforeAll(async () => {
  client = await newClient()
})
beforeEach(() => platform.reset())

const revoke = (who: TestClient, given: string, more = {}) => form('/oauth/revoke', { token: given, client_id: who.id, ...more })
const isAlive = async (tokens: TokenReply) => (await userinfo(tokens.access_token)).status === 200

describe('what ends', () => {
  test('§2.1: with a refresh token the whole grant: access token, refresh token, session', async () => {
    const { tokens, userId } = await signIn('openid', {}, client)
    expect((await revoke(client, tokens.refresh_token)).status).toBe(200)
    expect(await isAlive(tokens)).toBe(false)
    expect(await errorOf(await refresh(client, tokens.refresh_token))).toEqual([400, 'invalid_grant'])
    const events = await rows<{ type: string }>(`SELECT type FROM audit_events WHERE user_id = ? AND type = 'grant_revoked'`, userId)
    expect(events).toHaveLength(1)
  })

  test.each(['client_secret_basic', 'client_secret_post'])(
    'a client that is registered with %s shows its secret here either way',
    async (method) => {
      const own = await newClient({ method })
      const inBody = { client_id: own.id, client_secret: own.secret }
      for (const [params, headers] of [
        [{}, basicOf(own)],
        [inBody, {}],
      ] as [Record<string, string>, Record<string, string>][]) {
        const { cookie } = await newBrowser(await newPerson())
        const code = await newCode(own, cookie, { scope: 'openid' })
        const tokens = (await (await exchange(own, code, inBody)).json()) as TokenReply
        expect((await form('/oauth/revoke', { token: tokens.refresh_token, ...params }, headers)).status).toBe(200)
        expect(await isAlive(tokens)).toBe(false)
      }
    },
  )

  test('with an access token the same', async () => {
    const { tokens } = await signIn('openid', {}, client)
    expect((await revoke(client, tokens.access_token)).status).toBe(200)
    expect(await isAlive(tokens)).toBe(false)
    expect((await refresh(client, tokens.refresh_token)).status).toBe(400)
  })

  test('an old refresh token of the family will do, and a repeat changes nothing', async () => {
    const { tokens, userId } = await signIn('openid', {}, client)
    const next = (await (await refresh(client, tokens.refresh_token)).json()) as TokenReply
    for (let i = 0; i < 3; i += 1) expect((await revoke(client, tokens.refresh_token)).status).toBe(200)
    expect(await isAlive(next)).toBe(false)
    expect(await rows(`SELECT 1 FROM audit_events WHERE user_id = ? AND type = 'grant_revoked'`, userId)).toHaveLength(1)
  })

  test('other grants of the same person to the same client go on', async () => {
    const [one, other] = [await signIn('openid', {}, client), await signIn('openid', {}, client)]
    await revoke(client, one.tokens.refresh_token)
    expect(await isAlive(other.tokens)).toBe(true)
  })
})

describe('what does not', () => {
  test("§2.1: another client's tokens are left alone, with the same answer", async () => {
    const { tokens } = await signIn('openid', {}, client)
    const thief = await newClient()
    for (const given of [tokens.access_token, tokens.refresh_token]) {
      const response = await revoke(thief, given)
      expect([response.status, await response.text()]).toEqual([200, '{}'])
    }
    expect(await isAlive(tokens)).toBe(true)
    expect((await refresh(client, tokens.refresh_token)).status).toBe(200)
  })

  test('§2.2: what is no token, and an ID token', async () => {
    const { tokens } = await signIn('openid', {}, client)
    for (const given of ['x', 'a.b.c', 'é', tokens.id_token, 'x'.repeat(5_000)]) expect((await revoke(client, given)).status).toBe(200)
    expect(await isAlive(tokens)).toBe(true)
  })

  test('§2.2.1: the token of a client itself is not kept anywhere, and nobody says that it is gone', async () => {
    const machine = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials', scopes: 'client:all' })
    const own = { client_id: machine.id, client_secret: machine.secret }
    const { access_token } = (await (await token({ grant_type: 'client_credentials', ...own })).json()) as TokenReply
    expect(await errorOf(await revoke(machine, access_token, own))).toEqual([400, 'unsupported_token_type'])
  })
})

describe('the request', () => {
  test('§2.1: the client proves itself, and nothing ends where it cannot', async () => {
    const confidential = await newClient({ method: 'client_secret_basic' })
    const { tokens } = await newGrantOf(confidential)
    expect(await errorOf(await revoke(confidential, tokens.refresh_token))).toEqual([401, 'invalid_client'])
    expect(await errorOf(await form('/oauth/revoke', { token: tokens.refresh_token }))).toEqual([401, 'invalid_client'])
    expect(await isAlive(tokens)).toBe(true)
    expect((await form('/oauth/revoke', { token: tokens.refresh_token }, basicOf(confidential))).status).toBe(200)
    expect(await isAlive(tokens)).toBe(false)
  })

  test('the hint is a hint: any text of it changes nothing', async () => {
    for (const hint of ['refresh_token', 'access_token', 'nonsense', '']) {
      const { tokens } = await signIn('openid', {}, client)
      expect((await revoke(client, tokens.refresh_token, { token_type_hint: hint })).status).toBe(200)
      expect(await isAlive(tokens)).toBe(false)
    }
  })

  test('a missing token, a repeated one, another type of body and GET', async () => {
    expect(await errorOf(await form('/oauth/revoke', { client_id: client.id }))).toEqual([400, 'invalid_request'])
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const twice = { method: 'POST', headers, body: `client_id=${client.id}&token=a&token=b` }
    expect(await errorOf(await send('/oauth/revoke', twice))).toEqual([400, 'invalid_request'])
    const json = { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{"token":"x"}' }
    expect((await send('/oauth/revoke', json)).status).toBe(415)
    expect((await send('/oauth/revoke')).status).toBe(405)
  })
})

async function newGrantOf(confidential: TestClient) {
  const { cookie } = await newBrowser(await newPerson())
  const code = await newCode(confidential, cookie, { scope: 'openid' })
  const tokens = (await (await exchange(confidential, code, {}, basicOf(confidential))).json()) as TokenReply
  return { tokens }
}

test('F2: a lost reply of the commit still ends the grant', async () => {
  const { tokens } = await newGrant(client)
  platform.faults.loseReply(2)
  expect((await revoke(client, tokens.refresh_token)).status).toBe(200)
  expect((await refresh(client, tokens.refresh_token)).status).toBe(400)
})
