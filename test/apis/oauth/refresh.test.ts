// Refresh tokens: RFC 6749 §6, RFC 9700 §4.14, design §1.9. Security row 36.
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { refreshTokens } from '../../../src/core/oauth/refresh.ts'
import { randomToken, sha256 } from '../../../src/crypto.ts'
import { clock } from '../../platform/clock.ts'
import {
  ctxInterrupted,
  endsOf,
  errorOf,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newEnv,
  newGrant,
  newUser,
  type Params,
  platform,
  refresh,
  rows,
  type TestClient,
  type TokenReply,
} from './harness.ts'

const DAY_MS = 86_400_000
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

async function refreshed(client: TestClient, token: string, changes: Params = {}): Promise<TokenReply> {
  const response = await refresh(client, token, changes)
  expect(response.status).toBe(200)
  return (await response.json()) as TokenReply
}

const expectDead = async (client: TestClient, token: string) =>
  expect(await errorOf(await refresh(client, token))).toEqual([400, 'invalid_grant'])

const eventsOf = async (userId: number) =>
  (await rows<{ type: string }>("SELECT type FROM audit_events WHERE user_id = ? AND type <> 'client_authorized'", userId)).map(
    ({ type }) => type,
  )

describe('rotation', () => {
  test('each use gives another token of the same session; hashes alone are kept', async () => {
    const { client, tokens } = await newGrant()
    let at = tokens
    const seen = new Set([tokens.refresh_token])
    for (let i = 0; i < 3; i += 1) {
      const next = await refreshed(client, at.refresh_token)
      expect(seen.has(next.refresh_token)).toBe(false)
      seen.add(next.refresh_token)
      expect(decodeJwt(next.access_token).sid).toBe(decodeJwt(tokens.access_token).sid)
      expect(decodeJwt(next.access_token).jti).not.toBe(decodeJwt(at.access_token).jti)
      at = next
    }
    const kept = JSON.stringify(await rows('SELECT * FROM refresh_tokens'))
    for (const token of seen) for (const part of [token, token.slice(0, 21), token.slice(22)]) expect(kept).not.toContain(part)
  })

  test('a family is one row, however often it is refreshed', async () => {
    const { client, tokens, userId } = await newGrant()
    let at = tokens
    for (let i = 0; i < 10; i += 1) at = await refreshed(client, at.refresh_token)
    const kept = await rows('SELECT 1 FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?)', userId)
    expect(kept).toHaveLength(1)
  })
})

describe('a repeat within the grace time', () => {
  test('security row 36: 64 at once all get one and the same successor', async () => {
    const { client, tokens, userId } = await newGrant()
    const replies = await Promise.all(Array.from({ length: 64 }, () => refreshed(client, tokens.refresh_token)))
    const successors = new Set(replies.map(({ refresh_token }) => refresh_token))
    expect(successors.size).toBe(1)
    expect(await eventsOf(userId)).toEqual([])
    const [successor = ''] = successors
    await refreshed(client, successor)
  })

  test('FAPI 2.0 §5.3.2.1: a lost reply is asked for again', async () => {
    clock.freeze()
    const { client, tokens } = await newGrant()
    const lost = await refreshed(client, tokens.refresh_token)
    clock.advance(30_000)
    expect((await refreshed(client, tokens.refresh_token)).refresh_token).toBe(lost.refresh_token)
    await refreshed(client, lost.refresh_token)
  })

  test('the key changes meanwhile: still the same successor, as long as the old key is there', async () => {
    const { client, tokens } = await newGrant()
    const lost = await refreshed(client, tokens.refresh_token)
    const old = JSON.parse(platform.env.HMAC_KEYS ?? '') as Record<string, string>
    const rotated = newEnv({ HMAC_KEYS: JSON.stringify({ 'test-b': randomToken(), ...old }) })
    const again = (await (await refresh(client, tokens.refresh_token, {}, rotated)).json()) as TokenReply
    expect(again.refresh_token).toBe(lost.refresh_token)
    const without = newEnv({ HMAC_KEYS: JSON.stringify({ 'test-b': randomToken() }) })
    expect(await errorOf(await refresh(client, tokens.refresh_token, {}, without))).toEqual([400, 'invalid_grant'])
    // Nobody is at fault, so nothing was revoked; tokens are found by hash, whichever key derived them.
    expect((await refresh(client, lost.refresh_token, {}, without)).status).toBe(200)
  })

  test('two current keys at once, as in a rolling deployment: one successor', async () => {
    const { client, tokens } = await newGrant()
    const old = JSON.parse(platform.env.HMAC_KEYS ?? '') as Record<string, string>
    const other = { ...platform.env, HMAC_KEYS: JSON.stringify({ 'test-b': randomToken(), ...old }) }
    const same = { ...platform.env, HMAC_KEYS: JSON.stringify({ ...old, ...JSON.parse(other.HMAC_KEYS) }) }
    const replies = await Promise.all(Array.from({ length: 16 }, (_, i) => refresh(client, tokens.refresh_token, {}, i % 2 ? other : same)))
    const successors = await Promise.all(replies.map(async (reply) => ((await reply.json()) as TokenReply).refresh_token))
    expect(new Set(successors).size).toBe(1)
    expect(successors[0]).toMatch(/^[\w-]{43}$/)
    expect(
      await rows('SELECT COUNT(*) AS n FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE client_id = ?)', client.id),
    ).toEqual([{ n: 1 }])
  })
})

describe('a token from before families had one row (migration 0016)', () => {
  /** Rows as the previous version of the Worker left them: one per token, and no family. */
  const asBefore = (userId: number) =>
    rows('UPDATE refresh_tokens SET family_hash = NULL WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?)', userId)
  /** The row that the token's predecessor has left. */
  const leaveUsed = (userId: number, used: string) =>
    rows(
      `INSERT INTO refresh_tokens (token_hash, session_id, created_at, expires_at, rotated_at, successor_kid)
       SELECT ?, s.id, s.created_at, s.idle_expires_at, s.created_at, 'test-a' FROM sessions s WHERE s.user_id = ? AND s.client_id IS NOT NULL`,
      sha256(used),
      userId,
    )

  test('refreshes like every other: 64 at once get one successor, which is refreshed in its turn, in one round trip', async () => {
    const { client, tokens, userId } = await newGrant()
    await asBefore(userId)
    const replies = await Promise.all(Array.from({ length: 64 }, () => refreshed(client, tokens.refresh_token)))
    const [successor = '', ...others] = new Set(replies.map(({ refresh_token }) => refresh_token))
    expect(others).toEqual([])
    expect(decodeJwt(replies[0]?.access_token ?? '').sid).toBe(decodeJwt(tokens.access_token).sid)
    const { counts, result } = await platform.counts.measure(() => refreshed(client, successor))
    expect(counts.d1RoundTrips).toBe(1)
    await refreshed(client, result.refresh_token)
    expect(await eventsOf(userId)).toEqual([])
    expect(await rows('SELECT 1 FROM refresh_tokens WHERE family_hash IS NULL')).toEqual([])
  })

  test('ends its family when it is replayed after its successor was used', async () => {
    const { client, tokens, userId } = await newGrant()
    await asBefore(userId)
    const second = await refreshed(client, tokens.refresh_token)
    const third = await refreshed(client, second.refresh_token)
    await expectDead(client, tokens.refresh_token)
    await expectDead(client, third.refresh_token)
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test.each([false, true])('one that was used before ends the grant (refreshed since: %s)', async (isRefreshedSince) => {
    const { client, tokens, userId } = await newGrant()
    const used = randomToken()
    await leaveUsed(userId, used)
    await asBefore(userId)
    const { refresh_token: newest } = isRefreshedSince ? await refreshed(client, tokens.refresh_token) : tokens
    await expectDead(client, used)
    await expectDead(client, newest)
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test('is introspected, and revoked with its grant', async () => {
    const client = await newClient({ method: 'client_secret_basic' })
    const { cookie } = await newBrowser(await newUser())
    const shown = { client_id: client.id, client_secret: client.secret }
    const tokens = (await (await exchange(client, await newCode(client, cookie), shown)).json()) as TokenReply
    await rows('UPDATE refresh_tokens SET family_hash = NULL')
    const ask = async () => (await form('/oauth/introspect', { token: tokens.refresh_token, ...shown })).json()
    expect(await ask()).toMatchObject({ active: true, client_id: client.id })
    expect((await form('/oauth/revoke', { token: tokens.refresh_token, ...shown })).status).toBe(200)
    expect(await ask()).toEqual({ active: false })
    expect(await errorOf(await refresh(client, tokens.refresh_token, shown))).toEqual([400, 'invalid_grant'])
  })
})

describe('RFC 9700 §4.14.2: any other second use ends the family', () => {
  test('after the grace time', async () => {
    clock.freeze()
    const { client, tokens, userId } = await newGrant()
    const next = await refreshed(client, tokens.refresh_token)
    clock.advance(30_001)
    const { counts, result } = await platform.counts.measure(() => refresh(client, tokens.refresh_token))
    expect(await errorOf(result)).toEqual([400, 'invalid_grant'])
    expect(counts.d1RoundTrips, 'two, and after the reply one for whoever has to be told of the end').toBe(3)
    await expectDead(client, next.refresh_token)
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test('after the successor was used, within the grace time', async () => {
    const { client, tokens, userId } = await newGrant()
    const second = await refreshed(client, tokens.refresh_token)
    const third = await refreshed(client, second.refresh_token)
    await expectDead(client, tokens.refresh_token)
    await expectDead(client, third.refresh_token)
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test('however long ago, and however often the family was refreshed since', async () => {
    clock.freeze()
    const { client, tokens, userId } = await newGrant()
    let at = tokens
    for (let days = 0; days < 60; days += 6) {
      clock.advance(6 * DAY_MS)
      at = await refreshed(client, at.refresh_token)
    }
    await expectDead(client, tokens.refresh_token)
    await expectDead(client, at.refresh_token)
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test('a request for scopes, which takes two round trips, held up between them for longer than the grace time', async () => {
    clock.freeze()
    const { client, tokens, userId } = await newGrant()
    const ctx = ctxInterrupted(async () => {
      await refreshed(client, tokens.refresh_token)
      clock.advance(30_001)
    })
    const credentials = { method: 'none', clientId: client.id, secret: null } as const
    const refusal = refreshTokens(ctx, credentials, { refreshToken: tokens.refresh_token, scope: '*' })
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_grant' })
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })

  test('64 replays at once are reported once', async () => {
    clock.freeze()
    const { client, tokens, userId } = await newGrant()
    await refreshed(client, tokens.refresh_token)
    clock.advance(60_000)
    const replies = await Promise.all(Array.from({ length: 64 }, () => refresh(client, tokens.refresh_token)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400]))
    expect(await eventsOf(userId)).toEqual(['refresh_token_reused'])
  })
})

describe('nothing is rotated before everything is validated', () => {
  const refused: Record<string, { columns?: Parameters<typeof newClient>[0]; change?: string; sent?: Params; error: [number, string] }> = {
    'a wrong secret': { columns: { method: 'client_secret_post' }, sent: { client_secret: 'wrong' }, error: [401, 'invalid_client'] },
    'no secret': { columns: { method: 'client_secret_basic' }, error: [401, 'invalid_client'] },
    'a secret of a public client': { sent: { client_secret: 'any' }, error: [401, 'invalid_client'] },
    'a disabled client': { change: 'disabled_at = 1', error: [401, 'invalid_client'] },
    'a deleted client': { change: "token_endpoint_auth_method = 'deleted'", error: [401, 'invalid_client'] },
    'a client without the grant type': { change: "grant_types = 'authorization_code'", error: [400, 'unauthorized_client'] },
    'a scope that was not granted': { sent: { scope: 'admin:all' }, error: [400, 'invalid_scope'] },
    'a client that may have none of it by now': {
      change: "scopes = 'client:all', updated_at = 9e15",
      error: [400, 'invalid_scope'],
    },
    'ID tokens that no key signs': { change: "id_token_signed_response_alg = 'none'", error: [503, 'temporarily_unavailable'] },
  }
  test.each(Object.entries(refused))('%s', async (_name, { columns, change, sent, error }) => {
    const client = await newClient({ scopes: 'openid delegated:all', ...columns })
    const own: Params = columns?.method ? { client_secret: client.secret } : {}
    const { cookie } = await newBrowser(await newUser())
    const tokens = (await (
      await exchange(client, await newCode(client, cookie, { scope: 'openid delegated:all' }), own)
    ).json()) as TokenReply
    const kept = () => rows('SELECT * FROM refresh_tokens')
    const before = await kept()
    if (change) await rows(`UPDATE oauth_clients SET ${change} WHERE id = ?`, client.id)
    expect(await errorOf(await refresh(client, tokens.refresh_token, sent ?? {}))).toEqual(error)
    expect(await kept()).toEqual(before)
  })

  test('a token of another client', async () => {
    const { tokens } = await newGrant()
    const before = await rows('SELECT * FROM refresh_tokens')
    await expectDead(await newClient(), tokens.refresh_token)
    expect(await rows('SELECT * FROM refresh_tokens')).toEqual(before)
  })

  test('a client that was changed after the grant refreshes in two round trips, and one with a secret in one', async () => {
    const client = await newClient({ method: 'client_secret_post' })
    const own = { client_secret: client.secret }
    const { cookie } = await newBrowser(await newUser())
    const tokens = (await (await exchange(client, await newCode(client, cookie), own)).json()) as TokenReply
    const first = await platform.counts.measure(() => refreshed(client, tokens.refresh_token, own))
    expect(first.counts.d1RoundTrips).toBe(1)
    await rows('UPDATE oauth_clients SET updated_at = 9e15 WHERE id = ?', client.id)
    const second = await platform.counts.measure(() => refreshed(client, first.result.refresh_token, own))
    expect(second.counts.d1RoundTrips).toBe(2)
  })
})

describe('whose token it is', () => {
  test('ZITADEL GHSA-xqxv-4jc2-x56x: another client gets nothing and harms nobody', async () => {
    clock.freeze()
    const { client, tokens, userId } = await newGrant()
    const thief = await newClient()
    await expectDead(thief, tokens.refresh_token)
    const next = await refreshed(client, tokens.refresh_token)
    clock.advance(60_000)
    await expectDead(thief, tokens.refresh_token)
    expect(await eventsOf(userId)).toEqual([])
    await refreshed(client, next.refresh_token)
  })

  test('a confidential client needs its secret', async () => {
    const confidential = await newClient({ method: 'client_secret_post' })
    const { userId } = await newGrant()
    expect(await errorOf(await refresh(confidential, 'x'))).toEqual([401, 'invalid_client'])
    expect(await eventsOf(userId)).toEqual([])
  })

  test('what is no refresh token', async () => {
    const { client, tokens, code } = await newGrant()
    for (const text of ['x', tokens.access_token, code, `${tokens.refresh_token}=`, tokens.refresh_token.toLowerCase()])
      await expectDead(client, text)
    // A truncated or extended token is not a sign of theft.
    for (const text of [tokens.refresh_token.slice(0, -1), `${tokens.refresh_token}x`, ` ${tokens.refresh_token}`])
      await expectDead(client, text)
    expect(await errorOf(await refresh(client, ''))).toEqual([400, 'invalid_request'])
    await refreshed(client, tokens.refresh_token)
  })
})

describe('what ends a family', () => {
  test.each(endsOf('grant'))('%s', async (_what, statement = '') => {
    const { client, tokens, userId } = await newGrant()
    await rows(statement, userId)
    await expectDead(client, tokens.refresh_token)
  })

  test('the session is revoked between the look and the rotation: nothing is rotated', async () => {
    const { client, tokens, userId } = await newGrant()
    const lastUsed = () => rows('SELECT last_used_at, idle_expires_at FROM sessions WHERE user_id = ?', userId)
    const before = await lastUsed()
    clock.freeze(Date.now() + 1_000)
    const ctx = ctxInterrupted(() => rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', userId))
    const credentials = { method: 'none', clientId: client.id, secret: null } as const
    const refusal = refreshTokens(ctx, credentials, { refreshToken: tokens.refresh_token, scope: '*' })
    await expect(refusal).rejects.toMatchObject({ code: 'invalid_grant' })
    const kept = await rows('SELECT rotated_at FROM refresh_tokens WHERE session_id IN (SELECT id FROM sessions WHERE user_id = ?)', userId)
    expect(kept).toEqual([{ rotated_at: null }])
    expect(await lastUsed()).toEqual(before)
    expect(await eventsOf(userId)).toEqual([])
  })

  test('the client is disabled', async () => {
    const { client, tokens } = await newGrant()
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', client.id)
    expect(await errorOf(await refresh(client, tokens.refresh_token))).toEqual([401, 'invalid_client'])
  })

  test('14 days without use; use moves the end on', async () => {
    clock.freeze()
    const { client, tokens } = await newGrant()
    clock.advance(14 * DAY_MS - 1)
    const next = await refreshed(client, tokens.refresh_token)
    clock.advance(14 * DAY_MS - 1)
    const last = await refreshed(client, next.refresh_token)
    clock.advance(14 * DAY_MS)
    await expectDead(client, last.refresh_token)
  })

  test('90 days, however much it is used', async () => {
    clock.freeze()
    let { client, tokens } = await newGrant()
    for (let days = 10; days < 90; days += 10) {
      clock.advance(10 * DAY_MS)
      tokens = await refreshed(client, tokens.refresh_token)
    }
    clock.advance(10 * DAY_MS)
    await expectDead(client, tokens.refresh_token)
  })
})

describe('RFC 6749 §6: scope', () => {
  test('may be less for one access token, never more; the grant stays as it is', async () => {
    const { client, tokens } = await newGrant()
    const less = await refreshed(client, tokens.refresh_token, { scope: 'delegated:profile:read' })
    expect(less.scope).toBe('delegated:profile:read')
    expect(decodeJwt(less.access_token).scope).toBe('delegated:profile:read')
    for (const scope of ['admin:all', 'client:all', 'delegated:profile:read admin:all', 'nonsense']) {
      expect(await errorOf(await refresh(client, less.refresh_token, { scope }))).toEqual([400, 'invalid_scope'])
    }
    expect((await refreshed(client, less.refresh_token, { scope: '*' })).scope).toBe('delegated:all')
    expect((await refreshed(client, less.refresh_token)).scope).toBe('delegated:all')
  })

  test('a client that may have less by now gets less', async () => {
    const { client, tokens } = await newGrant()
    await rows("UPDATE oauth_clients SET scopes = 'delegated:media:read' WHERE id = ?", client.id)
    expect((await refreshed(client, tokens.refresh_token)).scope).toBe('delegated:media:read')
  })
})

describe('D1 fails (F1, F2)', () => {
  for (const fault of ['failStatement', 'loseReply'] as const) {
    for (const nth of [1, 2]) {
      test(`${fault} at operation ${nth}: the token or its successor works afterwards`, async () => {
        const { client, tokens, userId } = await newGrant()
        platform.faults[fault](nth)
        const response = await refresh(client, tokens.refresh_token)
        expect(response.status).toBe(200)
        const next = await refreshed(client, tokens.refresh_token)
        expect(((await response.json()) as TokenReply).refresh_token).toBe(next.refresh_token)
        await refreshed(client, next.refresh_token)
        expect(await eventsOf(userId)).toEqual([])
      })
    }
  }
})
