// OpenID Connect Back-Channel Logout 1.0: whatever ends a session tells the clients that asked for it, once, and keeps at it for a day.
import { createLocalJWKSet, decodeJwt, jwtVerify } from 'jose'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { LogoutNoticesReply } from '../../../src/apis/user/clients/presenters.ts'
import { deliverDueLogoutNotices } from '../../../src/core/oauth/logout-notices.ts'
import { sweep } from '../../../src/core/sweep.ts'
import { newId, type SessionId, toHex, type UserId } from '../../../src/ids.ts'
import { endOtherSessions } from '../../../src/store/db/sessions.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { runCron } from '../../support/cron.ts'
import { LOGOUT_TOKEN, shapeOf } from '../../support/logout-token.ts'
import { logIn, PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import {
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newCtx,
  newGrant,
  newUser,
  ORIGIN,
  platform,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
} from './harness.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

interface Sent {
  readonly url: string
  readonly init: RequestInit
  readonly token: string
}
let sent: Sent[] = []
let answer: (request: Sent) => Response | Promise<Response> = () => new Response(null, { status: 200 })

/** Clients with a URI, and one without. */
let told: TestClient
let other: TestClient
let quiet: TestClient

beforeAll(async () => {
  platform.reset()
  told = await newClient({ more: { backchannel_logout_uri: 'https://told.example/logout' } })
  other = await newClient({ idTokenAlg: 'RS256', more: { backchannel_logout_uri: 'https://other.example/logout?tenant=1' } })
  quiet = await newClient()
})
beforeEach(async () => {
  platform.reset()
  await rows('DELETE FROM logout_notices')
  sent = []
  answer = () => new Response(null, { status: 200 })
  vi.stubGlobal('fetch', async (url: string, init: RequestInit) => {
    const request = { url, init, token: (init.body as URLSearchParams).get('logout_token') ?? '' }
    sent.push(request)
    return answer(request)
  })
})
afterEach(() => {
  vi.unstubAllGlobals()
  clock.restore()
})

interface Grant {
  readonly client: TestClient
  readonly sid: string
  readonly tokens: TokenReply
  readonly code: string
}

async function grantIn(cookie: string, client: TestClient): Promise<Grant> {
  const code = await newCode(client, cookie, { scope: 'openid' })
  const tokens = (await (await exchange(client, code)).json()) as TokenReply
  return { client, sid: String(decodeJwt(tokens.id_token).sid), tokens, code }
}

const cookieOf = ({ client }: Person) => [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
/** The sessions that clients were told of. */
const toldOf = () => sent.map(({ token }) => String(decodeJwt(token).sid)).sort()
const sids = (...grants: Grant[]) => grants.map(({ sid }) => sid).sort()

/** Signed in to all clients in one browser, and to one of them in another. */
async function everywhere(person?: Person) {
  const userId = person ? (idOf(person) as UserId) : await newUser()
  const one = person ? { cookie: cookieOf(person), sessionId: 0 as SessionId } : await newBrowser(userId)
  const two = await newBrowser(userId)
  const here = [await grantIn(one.cookie, told), await grantIn(one.cookie, other)] as const
  await grantIn(one.cookie, quiet)
  const there = await grantIn(two.cookie, told)
  return { userId, one, two, here, there }
}
type Scene = Awaited<ReturnType<typeof everywhere>>

const as = (cookie: string, method: string, path: string) => send(path, { method, headers: { cookie, origin: ORIGIN } })

describe('each end of a session tells the clients of the grants that it is about, once, and nobody else', () => {
  const ends: Record<string, { act: (scene: Scene) => Promise<Response>; of: (scene: Scene) => Grant[] }> = {
    'a sign-out in the browser': {
      act: ({ one }) => as(one.cookie, 'POST', '/user/logout'),
      of: ({ here }) => [...here],
    },
    'a sign-out that a client asks for': {
      act: ({ one, here }) => as(one.cookie, 'GET', `/oauth/logout?id_token_hint=${here[0].tokens.id_token}`),
      of: ({ here }) => [...here],
    },
    'the end of another browser in the list': {
      act: ({ one, two }) => as(one.cookie, 'DELETE', `/user/sessions/${toHex(two.sessionId)}`),
      of: ({ there }) => [there],
    },
    'the end of a grant in the list': {
      act: ({ one, here }) => as(one.cookie, 'DELETE', `/user/sessions/${here[1].sid}`),
      of: ({ here }) => [here[1]],
    },
    'a sign-out everywhere': {
      act: ({ one }) => as(one.cookie, 'POST', '/user/logout-all'),
      of: ({ here, there }) => [...here, there],
    },
    'an app that is disconnected': {
      act: ({ one }) => as(one.cookie, 'DELETE', `/user/apps/${told.id}`),
      of: ({ here, there }) => [here[0], there],
    },
    'a token that its client revokes': {
      act: ({ here }) => form('/oauth/revoke', { client_id: told.id, token: here[0].tokens.refresh_token }),
      of: ({ here }) => [here[0]],
    },
    'a code that is used twice': {
      act: ({ here }) => exchange(told, here[0].code),
      of: ({ here }) => [here[0]],
    },
    'a refresh token that is used again': {
      act: async ({ here }) => {
        const next = (await (await refresh(told, here[0].tokens.refresh_token)).json()) as TokenReply
        await refresh(told, next.refresh_token)
        return refresh(told, here[0].tokens.refresh_token)
      },
      of: ({ here }) => [here[0]],
    },
    'somebody else who signs in with the same browser': {
      act: async ({ one }) => {
        const { username } = await signedInPerson('notices_newcomer')
        const body = JSON.stringify({ username, password: PASSWORD })
        return send('/user/login', { method: 'POST', body, headers: { 'content-type': 'application/json', cookie: one.cookie } })
      },
      of: ({ here }) => [...here],
    },
  }
  for (const [name, { act, of }] of Object.entries(ends)) {
    test(name, async () => {
      const scene = await everywhere()
      await act(scene)
      expect(toldOf()).toEqual(sids(...of(scene)))
      await runCron()
      expect(sent).toHaveLength(of(scene).length)
      expect(await rows('SELECT 1 FROM logout_notices WHERE delivered_at IS NULL')).toEqual([])
    })
  }

  test('the last scope that is taken back', async () => {
    const client = await newClient({ more: { backchannel_logout_uri: 'https://third.example/logout' } })
    const { cookie } = await newBrowser(await newUser())
    const code = await newCode(client, cookie, { scope: 'delegated:profile:read' })
    const { access_token } = (await (await exchange(client, code)).json()) as TokenReply
    await rows('UPDATE oauth_clients SET first_party = 0 WHERE id = ?', client.id)
    await as(cookie, 'DELETE', `/user/apps/${client.id}/scopes?scope=delegated:profile:read`)
    expect(toldOf()).toEqual([decodeJwt(access_token).sid])
  })

  test('a new password, and the deletion of the account', async () => {
    const person = await signedInPerson('notices_owner1')
    const first = await everywhere(person)
    expect((await person.client.patch('/user/me', { password: 'a new and longer password' })).status).toBe(200)
    expect(toldOf()).toEqual(sids(...first.here, first.there))
    sent = []
    const second = await everywhere(person)
    expect((await person.client.delete('/user/me', { body: { password: 'a new and longer password' } })).status).toBe(200)
    expect(toldOf()).toEqual(sids(...second.here, second.there))
  })

  test('a ban, and an administrator who ends all sessions', async () => {
    const admin = (await signedInAdmin('notices_admin1', 'super_admin')).client
    const scene = await everywhere()
    expect((await admin.post('/user/admin-api/end-sessions', { target: toHex(scene.userId) })).status).toBe(200)
    expect(toldOf()).toEqual(sids(...scene.here, scene.there))
    sent = []
    const again = await everywhere()
    expect((await admin.post('/user/admin-api/ban', { target: toHex(again.userId), state: true })).status).toBe(200)
    expect(toldOf()).toEqual(sids(...again.here, again.there))
  })

  test('a change that ends the other browser and its grants in one statement', async () => {
    const { userId, one, here, there } = await everywhere()
    await newCtx().db.one(endOtherSessions({ userId, keep: one.sessionId, now: Date.now() }))
    await runCron()
    expect(toldOf()).toEqual(sids(...here, there))
  })

  test('nobody is told of what had already ended', async () => {
    const { one, here } = await everywhere()
    await form('/oauth/revoke', { client_id: told.id, token: here[0].tokens.refresh_token })
    sent = []
    await as(one.cookie, 'POST', '/user/logout')
    expect(toldOf()).toEqual(sids(here[1]))
  })
})

describe('the sign-out of a browser', () => {
  test('leaves the grants as they are: the client decides what becomes of its refresh token', async () => {
    const { one, here } = await everywhere()
    await as(one.cookie, 'POST', '/user/logout')
    expect((await refresh(told, here[0].tokens.refresh_token)).status).toBe(200)
    sent = []
    await form('/oauth/revoke', { client_id: other.id, token: here[1].tokens.refresh_token })
    expect(toldOf()).toEqual(sids(here[1]))
  })

  test('a new sign-in of the same person tells nobody; the sign-out after it does', async () => {
    const person = await signedInPerson('notices_again1')
    const { here } = await everywhere(person)
    expect((await logIn(person)).status).toBe(200)
    await runCron()
    expect(sent).toEqual([])
    await person.client.post('/user/logout')
    expect(toldOf()).toEqual(sids(...here))
  })

  test('does not sign out a device that it has allowed', async () => {
    expect(await browserOfDeviceGrant()).toBeNull()
  })

  test('reaches a client without refresh tokens long after its access token has expired', async () => {
    clock.freeze()
    const brief = await newClient({ grantTypes: 'authorization_code', more: { backchannel_logout_uri: 'https://brief.example/logout' } })
    const userId = await newUser()
    const browser = await newBrowser(userId)
    const grant = await grantIn(browser.cookie, brief)
    clock.advance(5 * DAY_MS)
    await runCron()
    await rows('UPDATE sessions SET idle_expires_at = ? WHERE id = ?', Date.now() + DAY_MS, browser.sessionId)
    await as(browser.cookie, 'POST', '/user/logout')
    expect(toldOf()).toEqual([grant.sid])
  })
})

async function browserOfDeviceGrant(): Promise<SessionId | null> {
  const device = await newClient({ grantTypes: 'urn:ietf:params:oauth:grant-type:device_code refresh_token' })
  const started = (await (await form('/oauth/device_authorization', { client_id: device.id, scope: 'openid' })).json()) as {
    device_code: string
  }
  const userId = await newUser()
  const { sessionId } = await newBrowser(userId)
  await rows(
    `UPDATE device_codes SET decided_at = ?, user_id = ?, epoch = 0, browser_session_id = ?, authenticated_at = 1, amr = 'pwd'
     WHERE client_id = ?`,
    Date.now(),
    userId,
    sessionId,
    device.id,
  )
  const poll = {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: device.id,
    device_code: started.device_code,
  }
  expect((await form('/oauth/token', poll)).status).toBe(200)
  const [row] = await rows<{ browser_session_id: SessionId | null }>(
    'SELECT browser_session_id FROM sessions WHERE client_id = ?',
    device.id,
  )
  return row?.browser_session_id ?? null
}

describe('the logout token', () => {
  test('§2.4, §2.6: is what a client verifies, with the sub, sid and algorithm of its ID tokens', async () => {
    const { tokens, browser } = await newGrant(other, { scope: 'openid' })
    await as(browser.cookie, 'POST', '/user/logout')
    const [request] = sent
    expect(request?.url).toBe('https://other.example/logout?tenant=1')
    expect(request?.init).toMatchObject({ method: 'POST', redirect: 'manual' })
    expect(request?.init.headers).toBeUndefined()
    expect(shapeOf(request?.init.body)).toEqual(LOGOUT_TOKEN)
    const keys = createLocalJWKSet(await (await send('/.well-known/jwks.json')).json())
    const { payload, protectedHeader } = await jwtVerify(request?.token ?? '', keys, {
      issuer: ORIGIN,
      audience: other.id,
      typ: 'logout+jwt',
      algorithms: ['RS256'],
      requiredClaims: ['iat', 'exp', 'jti', 'events', 'sub', 'sid'],
      maxTokenAge: 120,
    })
    const idToken = decodeJwt(tokens.id_token)
    expect(protectedHeader.alg).toBe('RS256')
    expect([payload.sub, payload.sid]).toEqual([idToken.sub, idToken.sid])
  })

  test('names the user of a client with pairwise subjects as its ID tokens do', async () => {
    const more = { backchannel_logout_uri: 'https://pairwise.example/logout', subject_type: 'pairwise' }
    const { tokens, browser, userId } = await newGrant(await newClient({ scopes: 'openid', more }), { scope: 'openid' })
    await as(browser.cookie, 'POST', '/user/logout')
    const { sub } = decodeJwt(sent[0]?.token ?? '')
    expect(sub).toBe(decodeJwt(tokens.id_token).sub)
    expect(sub).not.toBe(toHex(userId))
  })

  test('is no ID token: it is not accepted as a hint', async () => {
    const { browser } = await newGrant(told, { scope: 'openid' })
    await as(browser.cookie, 'POST', '/user/logout')
    const another = await newBrowser(await newUser())
    const response = await as(another.cookie, 'GET', `/oauth/logout?id_token_hint=${sent[0]?.token}`)
    expect(response.headers.get('location')).toMatch(/^\/sign-out/)
  })

  test('is another one at each try', async () => {
    clock.freeze()
    answer = () => new Response(null, { status: 503 })
    const { browser } = await newGrant(told, { scope: 'openid' })
    await as(browser.cookie, 'POST', '/user/logout')
    clock.advance(5 * MINUTE_MS)
    await runCron()
    const [first, second] = sent.map(({ token }) => decodeJwt(token))
    expect(second?.jti).not.toBe(first?.jti)
    expect(second?.iat).toBe((first?.iat ?? 0) + 300)
  })
})

interface Notice {
  attempts: number
  next_attempt_at: number | null
  delivered_at: number | null
  last_result: string | null
}
const notices = () => rows<Notice>('SELECT attempts, next_attempt_at, delivered_at, last_result FROM logout_notices ORDER BY id')

/** A notice that nobody has tried yet. */
async function waiting(client: TestClient, at = Date.now()): Promise<void> {
  await rows(
    'INSERT INTO logout_notices (client_id, user_id, session_id, created_at, next_attempt_at) VALUES (?, 1, ?, ?, ?)',
    client.id,
    newId(),
    at,
    at,
  )
}

describe('delivery', () => {
  test.each([200, 204])('%i is success', async (status) => {
    answer = () => new Response(null, { status })
    await waiting(told)
    await runCron()
    expect(await notices()).toEqual([{ attempts: 1, next_attempt_at: null, delivered_at: expect.any(Number), last_result: String(status) }])
  })

  test('400 is the last word (§2.8)', async () => {
    answer = () => new Response(null, { status: 400 })
    await waiting(told)
    await runCron()
    expect(await notices()).toEqual([{ attempts: 1, next_attempt_at: null, delivered_at: null, last_result: '400' }])
  })

  const failures: Record<string, [() => Response | Promise<Response>, string]> = {
    'an error of the client': [() => new Response('oops', { status: 500 }), '500'],
    'a redirect, which is not followed': [
      () => new Response(null, { status: 307, headers: { location: 'https://internal.example/' } }),
      '307',
    ],
    'no connection': [() => Promise.reject(new TypeError('refused')), 'no connection'],
    'a page that is not there': [() => new Response(null, { status: 404 }), '404'],
  }
  for (const [name, [fails, result]] of Object.entries(failures)) {
    test(`${name}: tried five times within a day, then given up`, async () => {
      clock.freeze()
      answer = fails
      await waiting(told)
      for (const [tries, minutes] of [0, 5, 30, 240, 720].entries()) {
        clock.advance(minutes * MINUTE_MS - 1)
        await runCron()
        expect(sent).toHaveLength(tries)
        clock.advance(1)
        await runCron()
        expect(sent).toHaveLength(tries + 1)
      }
      clock.advance(DAY_MS)
      await runCron()
      expect(sent).toHaveLength(5)
      expect(await notices()).toEqual([{ attempts: 5, next_attempt_at: null, delivered_at: null, last_result: result }])
    })
  }

  test('an endpoint that does not answer within two seconds', async () => {
    answer = ({ init }) =>
      new Promise((_, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason), { once: true }))
    await waiting(told)
    await runCron()
    expect(await notices()).toMatchObject([{ attempts: 1, last_result: 'no answer in time', delivered_at: null }])
  })

  test('an answer without an end is not read', async () => {
    answer = () => new Response(new ReadableStream({ pull: () => new Promise(() => undefined) }))
    await waiting(told)
    await runCron()
    expect(await notices()).toMatchObject([{ last_result: '200', delivered_at: expect.any(Number) }])
  })

  test('a private address, a plain one, and a URI that was removed get nothing', async () => {
    for (const uri of [
      'https://10.0.0.1/out',
      'https://[::1]/out',
      'https://localhost/out',
      'http://rp.example/out',
      'https://db.internal/',
      null,
    ]) {
      await waiting(await newClient({ more: { backchannel_logout_uri: uri } }))
    }
    await runCron()
    expect(sent).toEqual([])
    expect(await notices()).toEqual(
      Array(6).fill({ attempts: 1, next_attempt_at: null, delivered_at: null, last_result: 'not registered' }),
    )
  })

  test('a disabled client is told once it is enabled again', async () => {
    clock.freeze()
    const paused = await newClient({ more: { backchannel_logout_uri: 'https://paused.example/out', disabled_at: 1 } })
    await waiting(paused)
    await runCron()
    expect(await notices()).toMatchObject([{ last_result: 'client disabled' }])
    await rows('UPDATE oauth_clients SET disabled_at = NULL WHERE id = ?', paused.id)
    clock.advance(5 * MINUTE_MS)
    await runCron()
    expect(sent).toHaveLength(1)
  })

  test('one client that fails does not keep others waiting', async () => {
    answer = ({ url }) => new Response(null, { status: url.startsWith('https://told.') ? 500 : 200 })
    for (let n = 0; n < 30; n++) await waiting(n % 2 ? told : other)
    await runCron()
    expect((await notices()).filter(({ delivered_at }) => delivered_at !== null)).toHaveLength(15)
  })

  test('64 deliverers at once send each notice once', async () => {
    for (let n = 0; n < 30; n++) await waiting(told)
    await Promise.all(Array.from({ length: 64 }, () => deliverDueLogoutNotices(newCtx(), 200)))
    expect(sent).toHaveLength(30)
    expect(new Set(toldOf()).size).toBe(30)
    expect((await notices()).every(({ attempts, delivered_at }) => attempts === 1 && delivered_at !== null)).toBe(true)
  })

  test('a deliverer that dies before it has recorded the answer: the notice is sent again, after its lease', async () => {
    for (const n of [1, 2, 3]) {
      for (const strike of ['failStatement', 'loseReply'] as const) {
        await rows('DELETE FROM logout_notices')
        sent = []
        clock.restore()
        clock.freeze()
        await waiting(told)
        platform.beginInvocation()
        platform.faults[strike](n)
        await deliverDueLogoutNotices(newCtx(), 10).catch(() => undefined)
        expect(platform.faults.fired).toBe(1)
        platform.faults.clear()
        const soon = sent.length
        await deliverDueLogoutNotices(newCtx(), 10)
        if (n > 1 || strike === 'loseReply') expect(sent.length, 'leased').toBe(soon)
        clock.advance(2 * MINUTE_MS)
        await deliverDueLogoutNotices(newCtx(), 10)
        expect(sent.length).toBeLessThanOrEqual(2)
        expect(await notices()).toMatchObject([{ next_attempt_at: null, delivered_at: expect.any(Number), last_result: '200' }])
      }
    }
  })

  test('a late answer does not overwrite what a later try has recorded', async () => {
    clock.freeze()
    await waiting(told)
    let release: (response: Response) => void = () => undefined
    answer = () => new Promise((resolve) => (release = resolve))
    const slow = deliverDueLogoutNotices(newCtx(), 10)
    await vi.waitUntil(() => sent.length === 1)
    answer = () => new Response(null, { status: 400 })
    clock.advance(2 * MINUTE_MS)
    await deliverDueLogoutNotices(newCtx(), 10)
    release(new Response(null, { status: 500 }))
    await slow
    expect(await notices()).toMatchObject([{ attempts: 2, last_result: '400', next_attempt_at: null }])
  })

  test('a record is kept for a week', async () => {
    clock.freeze()
    await waiting(told)
    await runCron()
    clock.advance(7 * DAY_MS - 1)
    await sweep(newCtx())
    expect(await notices()).toHaveLength(1)
    clock.advance(2)
    await sweep(newCtx())
    expect(await notices()).toEqual([])
  })

  test('a deleted client takes its notices with it', async () => {
    const gone = await newClient({ more: { backchannel_logout_uri: 'https://gone.example/out' } })
    await waiting(gone)
    await rows('DELETE FROM oauth_clients WHERE id = ?', gone.id)
    expect(await notices()).toEqual([])
  })
})

describe('GET /client/admin-api/logout-notices', () => {
  test('shows what became of each, newest first, in pages', async () => {
    const admin = (await signedInAdmin('notices_admin2', 'super_admin')).client
    answer = ({ url }) => new Response(null, { status: url.startsWith('https://told.') ? 200 : 503 })
    await waiting(told)
    await waiting(other)
    await runCron()
    const first = (await admin.get('/client/admin-api/logout-notices?limit=1')).json
    LogoutNoticesReply.parse(first)
    expect(first.data).toMatchObject({
      hasMore: true,
      records: [{ client_id: other.id, lastResult: '503', deliveredAt: null, nextAttemptAt: expect.any(String), attempts: 1 }],
    })
    const second = (await admin.get(`/client/admin-api/logout-notices?limit=1&offset=${first.data.next}`)).json
    expect(second.data).toMatchObject({ hasMore: false, records: [{ client_id: told.id, lastResult: '200', nextAttemptAt: null }] })
    for (const query of ['offset=2026-01-01', 'offset=x', 'client=told', 'limit=0']) {
      expect((await admin.get(`/client/admin-api/logout-notices?${query}`)).status, query).toBe(400)
    }
  })
})
