// The exchange of a code: RFC 6749 §4.1.2 to §4.1.4, RFC 7636 §4.6. Security rows 33 to 35.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { optionalGate } from '../../../src/core/gate.ts'
import { verifyAccessToken } from '../../../src/core/oauth/access-token.ts'
import { exchangeAuthorizationCode } from '../../../src/core/oauth/authorization-code.ts'
import { clock } from '../../platform/clock.ts'
import {
  ctxInterrupted,
  endsOf,
  errorOf,
  exchange,
  newBrowser,
  newClient,
  newCode,
  newCtx,
  newGrant,
  newUser,
  type Params,
  platform,
  refresh,
  rows,
  type TestClient,
  type TokenReply,
  VERIFIER,
} from './harness.ts'

let client: TestClient
let cookie: string

beforeAll(async () => {
  client = await newClient()
  cookie = (await newBrowser(await newUser())).cookie
})
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

/** Whether the gate lets the bearer of the token pass. */
async function isLive(accessToken: string): Promise<boolean> {
  const ctx = newCtx()
  const { principal } = await optionalGate(ctx, await verifyAccessToken(ctx, accessToken))()
  return principal !== null
}

test('RFC 6749 §4.1.4: a code becomes tokens that the gate takes', async () => {
  const response = await exchange(client, await newCode(client, cookie, { scope: 'delegated:profile:read' }))
  expect(response.status).toBe(200)
  const reply = (await response.json()) as TokenReply
  expect(reply).toMatchObject({ token_type: 'Bearer', expires_in: 600, scope: 'delegated:profile:read' })
  expect(reply.refresh_token).toMatch(/^[\w-]{43}$/)
  expect(await isLive(reply.access_token)).toBe(true)
})

test('what is kept is a hash; the event is written', async () => {
  const { refresh_token } = (await (await exchange(client, await newCode(client, cookie))).json()) as TokenReply
  expect(JSON.stringify(await rows('SELECT * FROM refresh_tokens'))).not.toContain(refresh_token)
  expect(await rows('SELECT type FROM audit_events ORDER BY id DESC LIMIT 1')).toEqual([{ type: 'client_authorized' }])
})

test('a client without the refresh grant gets one access token, and a session no longer than it', async () => {
  const brief = await newClient({ grantTypes: 'authorization_code', accessTokenSeconds: 900 })
  const reply = (await (await exchange(brief, await newCode(brief, cookie))).json()) as TokenReply
  expect(reply).toMatchObject({ expires_in: 900 })
  expect(reply.refresh_token).toBeUndefined()
  const [session] = await rows<{ life: number }>('SELECT expires_at - created_at AS life FROM sessions WHERE client_id = ?', brief.id)
  expect(session?.life).toBe(900_000)
})

describe('security row 34: exactly one thing is wrong, and the code still works afterwards', () => {
  const cases: Record<string, Params> = {
    'another code': { code: 'x'.repeat(43) },
    'another redirect URI': { redirect_uri: 'https://evil.example/cb' },
    'another one of the client': { redirect_uri: 'https://exact.example/2' },
    'a redirect URI with one character more': { redirect_uri: 'https://exact.example/cb/' },
    'another verifier': { code_verifier: `${VERIFIER.slice(1)}x` },
    'the challenge as verifier': { code_verifier: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' },
    'no verifier': { code_verifier: undefined },
    'an empty verifier': { code_verifier: '' },
    'a short verifier': { code_verifier: VERIFIER.slice(1) },
    'a verifier with a space': { code_verifier: `${VERIFIER} ` },
  }
  for (const [name, changes] of Object.entries(cases)) {
    test(name, async () => {
      const exact = await newClient({ redirectUris: ['https://exact.example/cb', 'https://exact.example/2'] })
      const code = await newCode(exact, cookie)
      expect(await errorOf(await exchange(exact, code, changes))).toEqual([400, 'invalid_grant'])
      expect((await exchange(exact, code)).status).toBe(200)
    })
  }

  test('another client, with everything else right', async () => {
    const redirectUris = ['https://shared.example/cb']
    const [owner, other] = [await newClient({ redirectUris }), await newClient({ redirectUris })]
    const code = await newCode(owner, cookie)
    expect(await errorOf(await exchange(other, code))).toEqual([400, 'invalid_grant'])
    expect((await exchange(owner, code)).status).toBe(200)
    // A replay by another client does not end the grant either.
    const tokens = (await (await exchange(owner, await newCode(owner, cookie))).json()) as TokenReply
    expect(await errorOf(await exchange(other, code))).toEqual([400, 'invalid_grant'])
    expect(await isLive(tokens.access_token)).toBe(true)
  })

  test('RFC 9700 §4.8.2: a verifier where there was no challenge, and none where there was one', async () => {
    const old = await newClient({ method: 'client_secret_post', requirePkce: 0 })
    const [right, without] = [{ client_secret: old.secret }, { client_secret: old.secret, code_verifier: undefined }]
    const stripped = await newCode(old, cookie, { code_challenge: undefined, code_challenge_method: undefined })
    expect(await errorOf(await exchange(old, stripped, right))).toEqual([400, 'invalid_grant'])
    expect((await exchange(old, stripped, without)).status).toBe(200)
    const code = await newCode(old, cookie)
    expect(await errorOf(await exchange(old, code, without))).toEqual([400, 'invalid_grant'])
    expect((await exchange(old, code, right)).status).toBe(200)
  })

  test('a missing redirect_uri or code is invalid_request', async () => {
    const code = await newCode(client, cookie)
    expect(await errorOf(await exchange(client, code, { redirect_uri: undefined }))).toEqual([400, 'invalid_request'])
    expect(await errorOf(await exchange(client, code, { code: '' }))).toEqual([400, 'invalid_request'])
    expect((await exchange(client, code)).status).toBe(200)
  })
})

describe('what ends a code before it is used', () => {
  test('60 seconds', async () => {
    clock.freeze()
    const [first, second] = [await newCode(client, cookie), await newCode(client, cookie)]
    clock.advance(59_999)
    expect((await exchange(client, first)).status).toBe(200)
    clock.advance(1)
    expect(await errorOf(await exchange(client, second))).toEqual([400, 'invalid_grant'])
  })

  test.each(endsOf('browser'))('%s', async (_what, statement = '') => {
    const userId = await newUser()
    const code = await newCode(client, (await newBrowser(userId)).cookie)
    await rows(statement, userId)
    expect(await errorOf(await exchange(client, code))).toEqual([400, 'invalid_grant'])
    expect(await rows('SELECT id FROM sessions WHERE client_id IS NOT NULL AND user_id = ?', userId)).toEqual([])
  })
})

test('what ends a code between the read and the claim still ends it', async () => {
  for (const statement of [
    'UPDATE sessions SET revoked_at = 1 WHERE user_id = ?',
    'UPDATE users SET epoch = epoch + 1 WHERE id = ?',
    'UPDATE users SET banned_at = 1 WHERE id = ?',
    'UPDATE authorization_codes SET expires_at = 1 WHERE user_id = ?',
  ]) {
    const userId = await newUser()
    const code = await newCode(client, (await newBrowser(userId)).cookie)
    const ctx = ctxInterrupted(() => rows(statement, userId))
    const credentials = { method: 'none', clientId: client.id, secret: null } as const
    const refusal = exchangeAuthorizationCode(ctx, credentials, { code, redirectUri: client.redirectUri, codeVerifier: VERIFIER })
    await expect(refusal, statement).rejects.toMatchObject({ code: 'invalid_grant' })
    expect(await rows('SELECT 1 FROM sessions WHERE client_id IS NOT NULL AND user_id = ?', userId)).toEqual([])
    expect(await rows('SELECT 1 FROM audit_events WHERE user_id = ?', userId)).toEqual([])
  }
})

describe('RFC 6749 §4.1.2: a code is used once', () => {
  test('security row 35: of 64 exchanges one succeeds, and the others end what it gave', async () => {
    const userId = await newUser()
    const code = await newCode(client, (await newBrowser(userId)).cookie)
    const replies = await Promise.all(Array.from({ length: 64 }, () => exchange(client, code)))
    const won = replies.filter(({ status }) => status === 200)
    expect(won).toHaveLength(1)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 400]))
    expect(await rows('SELECT COUNT(*) AS n FROM sessions WHERE client_id = ? AND user_id = ?', client.id, userId)).toEqual([{ n: 1 }])
    expect(await rows('SELECT type FROM audit_events WHERE user_id = ? ORDER BY type', userId)).toEqual([
      { type: 'authorization_code_reused' },
      { type: 'client_authorized' },
    ])
    const tokens = (await won[0]?.json()) as TokenReply
    expect(await isLive(tokens.access_token)).toBe(false)
  })

  test('a replay kills the access and the refresh token, in at most 3 round trips', async () => {
    const { code, tokens, client: own } = await newGrant()
    expect(await isLive(tokens.access_token)).toBe(true)
    const { counts, result } = await platform.counts.measure(() => exchange(own, code))
    expect(counts.d1RoundTrips).toBeLessThanOrEqual(3)
    expect(await errorOf(result)).toEqual([400, 'invalid_grant'])
    expect(await isLive(tokens.access_token)).toBe(false)
    expect(await errorOf(await refresh(own, tokens.refresh_token))).toEqual([400, 'invalid_grant'])
  })

  test('a replay after the code has expired counts as well', async () => {
    clock.freeze()
    const { code, tokens, client: own } = await newGrant()
    clock.advance(120_000)
    await exchange(own, code)
    expect(await isLive(tokens.access_token)).toBe(false)
  })

  test('a replay without the right verifier revokes nothing', async () => {
    const { code, tokens, client: own } = await newGrant()
    expect(await errorOf(await exchange(own, code, { code_verifier: 'x'.repeat(43) }))).toEqual([400, 'invalid_grant'])
    expect(await isLive(tokens.access_token)).toBe(true)
  })
})

describe('D1 fails (F1, F2)', () => {
  for (const fault of ['failStatement', 'loseReply'] as const) {
    for (const nth of [1, 2]) {
      test(`${fault} at operation ${nth}: tokens or a refusal that can be tried again, never both`, async () => {
        const code = await newCode(client, cookie)
        platform.faults[fault](nth)
        const response = await exchange(client, code)
        expect(platform.faults.fired).toBe(1)
        // The commit recovers by itself; the read does not, and the code is still valid.
        const settled = nth === 2 ? response : await exchange(client, code)
        if (nth === 1) expect(await errorOf(response)).toEqual([503, 'temporarily_unavailable'])
        expect(settled.status).toBe(200)
        expect(await isLive(((await settled.json()) as TokenReply).access_token)).toBe(true)
      })
    }
  }

  test('design §1.2: a session id that somebody else has takes nothing over, and is drawn again', async () => {
    const victim = await newGrant()
    const sessionsOf = () => rows('SELECT * FROM sessions WHERE user_id = ? ORDER BY id', victim.userId)
    const before = await sessionsOf()
    const ctx = newCtx()
    const taken = [victim.browser.sessionId]
    const drawing = { ...ctx, newId: () => taken.shift() ?? ctx.newId() } as typeof ctx
    const code = await newCode(client, cookie)
    const credentials = { method: 'none', clientId: client.id, secret: null } as const
    const tokens = await exchangeAuthorizationCode(drawing, credentials, { code, redirectUri: client.redirectUri, codeVerifier: VERIFIER })
    expect(taken).toEqual([])
    expect(await isLive(tokens.accessToken)).toBe(true)
    expect(await sessionsOf()).toEqual(before)
    expect(await rows('SELECT 1 FROM refresh_tokens WHERE session_id = ?', victim.browser.sessionId)).toEqual([])
  })
})
