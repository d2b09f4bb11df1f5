// GET /oauth/authorize: RFC 6749 §4.1.1, §4.1.2, RFC 7636, RFC 9207, RFC 9700 §4.1.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { optionalGate } from '../../../src/core/gate.ts'
import { verifyAccessToken } from '../../../src/core/oauth/access-token.ts'
import { judgeAuthorization } from '../../../src/core/oauth/authorize.ts'
import type { UserId } from '../../../src/ids.ts'
import {
  authorize,
  authorizePath,
  CHALLENGE,
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
  ORIGIN,
  type Params,
  platform,
  productionEnv,
  redirected,
  rows,
  send,
  type TestClient,
} from './harness.ts'
import { consentedCode, sentTo } from './openid.ts'

let client: TestClient
let userId: UserId
let cookie: string

beforeAll(async () => {
  client = await newClient()
  userId = await newUser()
  cookie = (await newBrowser(userId)).cookie
})
beforeEach(() => platform.reset())

describe('success', () => {
  test('RFC 6749 §4.1.2, RFC 9207 §2: a code, the state as it came, and who answers', async () => {
    const state = 'a b&c=d%/+é"'
    const response = await authorize(client, cookie, { state })
    expect(response.status).toBe(302)
    const { base, params } = redirected(response)
    expect(base).toBe(client.redirectUri)
    expect(params).toEqual({ code: expect.stringMatching(/^[\w-]{43}$/), state, iss: ORIGIN })
    expect(response.headers.get('cache-control')).toBe('no-store')
  })

  test('without a state there is none in the answer', async () => {
    expect(redirected(await authorize(client, cookie, { state: undefined })).params.state).toBeUndefined()
    expect(redirected(await authorize(client, cookie, { state: '' })).params.state).toBeUndefined()
  })

  test('the code lies in the database as a hash, for 60 seconds, bound to what it was issued for', async () => {
    const code = await newCode(client, cookie, { scope: 'delegated:profile:read' })
    const [row] = await rows<Record<string, unknown>>('SELECT * FROM authorization_codes ORDER BY rowid DESC LIMIT 1')
    expect(JSON.stringify(row)).not.toContain(code)
    expect(row).toMatchObject({
      client_id: client.id,
      user_id: userId,
      redirect_uri: client.redirectUri,
      code_challenge: CHALLENGE,
      scope: 'delegated:profile:read',
      epoch: 0,
      amr: 'pwd',
      consumed_at: null,
      session_id: null,
    })
    expect(Number(row?.expires_at) - Number(row?.created_at)).toBe(60_000)
  })

  test('F2: a lost reply of the commit gives a code that works', async () => {
    platform.faults.loseReply(2)
    const code = await newCode(client, cookie)
    expect((await exchange(client, code)).status).toBe(200)
  })

  test('RFC 6749 §3.1.2: the query of a registered redirect URI stays', async () => {
    const withQuery = await newClient({ redirectUris: ['https://query.example/cb?tenant=1'] })
    const location = (await authorize(withQuery, cookie)).headers.get('location') ?? ''
    expect(location).toMatch(/^https:\/\/query\.example\/cb\?tenant=1&code=/)
  })

  test('RFC 8252 §7.3: a loopback client may use any port', async () => {
    const native = await newClient({ redirectUris: ['http://127.0.0.1/cb'] })
    const { base } = redirected(await authorize(native, cookie, { redirect_uri: 'http://127.0.0.1:51004/cb' }))
    expect(base).toBe('http://127.0.0.1:51004/cb')
  })

  test('wire §6.4: a confidential client registered without PKCE may leave it out', async () => {
    const old = await newClient({ method: 'client_secret_post', requirePkce: 0 })
    const code = await newCode(old, cookie, { code_challenge: undefined, code_challenge_method: undefined })
    expect((await exchange(old, code, { client_secret: old.secret, code_verifier: undefined })).status).toBe(200)
  })
})

describe('never redirected', () => {
  const cases: Record<string, Params> = {
    'an unknown client': { client_id: 'nobody' },
    'a client with a NUL': { client_id: 'a\0b' },
    'no client': { client_id: undefined },
    'no redirect URI': { redirect_uri: undefined },
    'an empty redirect URI': { redirect_uri: '' },
    'an unregistered redirect URI': { redirect_uri: 'https://evil.example/cb' },
  }
  for (const [name, changes] of Object.entries(cases)) {
    test(name, async () => {
      const response = await authorize(client, cookie, changes)
      expect(response.headers.get('location')).toBeNull()
      expect(await errorOf(response)).toEqual([400, 'invalid_request'])
    })
  }

  test('a disabled client', async () => {
    const disabled = await newClient()
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', disabled.id)
    expect(await errorOf(await authorize(disabled, cookie))).toEqual([400, 'invalid_request'])
  })

  test('RFC 6749 §4.1.2.1: a repeated client_id or redirect_uri', async () => {
    for (const again of ['client_id=x', 'redirect_uri=https%3A%2F%2Fevil.example', 'state=2&client_id=x']) {
      const response = await send(`${authorizePath(client)}&${again}`, { headers: { cookie } })
      expect(await errorOf(response)).toEqual([400, 'invalid_request'])
    }
  })
})

describe('RFC 6749 §3.1: any other repeated parameter is told by redirect, and what it said counts for nothing', () => {
  const told = { error: 'invalid_request', iss: ORIGIN }
  const repeat = (again: string, changes: Params = {}) => `${authorizePath(client, changes)}&${again}`
  test.each([
    ['state=2', undefined],
    ['prompt=none&prompt=login', 'xyz'],
    ['response_mode=query&response_mode=form_post', 'xyz'],
    ['unknown=1&unknown=2', 'xyz'],
  ])('%s', async (again, state) => {
    for (const headers of [{ cookie }, {}]) {
      const { base, params } = redirected(await send(repeat(again), { headers }))
      expect(base).toBe(client.redirectUri)
      expect(params).toMatchObject(told)
      expect([params.state, params.code]).toEqual([state, undefined])
    }
  })

  test('by POST, with and without the cookie', async () => {
    const [, body = ''] = repeat('scope=a&scope=b').split('?')
    for (const headers of [{ cookie }, {}]) {
      const response = await send('/oauth/authorize', {
        method: 'POST',
        body,
        headers: { ...headers, 'content-type': 'application/x-www-form-urlencoded' },
      })
      expect(response.status).toBe(303)
      expect(redirected(response)).toMatchObject({ base: client.redirectUri, params: { ...told, state: 'xyz' } })
    }
  })

  test('an unregistered redirect_uri stays where it is', async () => {
    const path = repeat('state=2', { redirect_uri: 'https://evil.example/cb' })
    expect(await errorOf(await send(path, { headers: { cookie } }))).toEqual([400, 'invalid_request'])
  })
})

describe('told by redirect, with state and iss', () => {
  const cases: Record<string, [Params, string]> = {
    'RFC 6749 §4.1.2.1: no response_type': [{ response_type: undefined }, 'invalid_request'],
    'the implicit grant': [{ response_type: 'token' }, 'unsupported_response_type'],
    'a hybrid': [{ response_type: 'code token' }, 'unsupported_response_type'],
    'RFC 7636 §4.4.1: no code_challenge': [{ code_challenge: undefined }, 'invalid_request'],
    'neither challenge nor method': [{ code_challenge: undefined, code_challenge_method: undefined }, 'invalid_request'],
    plain: [{ code_challenge_method: 'plain' }, 'invalid_request'],
    'no method, which means plain': [{ code_challenge_method: undefined }, 'invalid_request'],
    'an unknown method': [{ code_challenge_method: 's256' }, 'invalid_request'],
    'a short challenge': [{ code_challenge: CHALLENGE.slice(1) }, 'invalid_request'],
    'a challenge that is no base64url': [{ code_challenge: `${CHALLENGE.slice(1)}=` }, 'invalid_request'],
    'an unknown scope': [{ scope: 'everything' }, 'invalid_scope'],
    'nothing but unknown scopes': [{ scope: 'everything offline_access' }, 'invalid_scope'],
    'a scope that no person has': [{ scope: 'client:profile:read' }, 'invalid_scope'],
    'a scope above the role': [{ scope: 'admin:profile:read' }, 'invalid_scope'],
  }
  for (const [name, [changes, error]] of Object.entries(cases)) {
    test(name, async () => {
      const response = await authorize(client, cookie, changes)
      expect(response.status).toBe(302)
      const { base, params } = redirected(response)
      expect(base).toBe(client.redirectUri)
      expect(params).toEqual({ error, error_description: expect.any(String), state: 'xyz', iss: ORIGIN })
    })
  }

  test('invalid_scope names the scope that it is about', async () => {
    const narrow = await newClient({ scopes: 'delegated:profile:read openid' })
    const said = async (scope: string | undefined, who = narrow) =>
      redirected(await authorize(who, cookie, { scope })).params.error_description
    expect(await said('everything x')).toBe('Unknown scope: everything, x (for a scope of an API, name the API in resource)')
    expect(await said('openid email delegated:media:read')).toBe('The client may not have email, delegated:media:read')
    expect(await said('admin:profile:read', client)).toBe('The user does not have admin:profile:read')
    expect(await said(undefined, await newClient({ scopes: 'openid email' }))).toMatch(/only OpenID Connect scopes/)
  })

  const errorFor = async (who: TestClient, jar: string | null, changes: Params = {}) =>
    redirected(await authorize(who, jar, changes)).params.error

  test('a client without the grant', async () => {
    expect(await errorFor(await newClient({ grantTypes: 'client_credentials' }), cookie)).toBe('unauthorized_client')
  })

  test('a scope outside the client', async () => {
    const small = await newClient({ scopes: 'delegated:profile:read' })
    expect(await errorFor(small, cookie, { scope: 'delegated:media:read' })).toBe('invalid_scope')
    expect(await errorFor(small, cookie, { scope: 'delegated:profile:read delegated:media:read' })).toBe('invalid_scope')
  })

  test('a public client never does without PKCE, whatever its row says', async () => {
    const sloppy = await newClient({ requirePkce: 0 })
    expect(await errorFor(sloppy, cookie, { code_challenge: undefined, code_challenge_method: undefined })).toBe('invalid_request')
  })

  test('nobody is signed in, and prompt=none forbids asking', async () => {
    const silent = { prompt: 'none' }
    expect(await errorFor(client, null, silent)).toBe('login_required')
    expect(await errorFor(client, `${cookie.slice(0, -2)}xx`, silent)).toBe('login_required')
  })

  test('a Bearer token is not a browser', async () => {
    const tokens = (await (await exchange(client, await newCode(client, cookie))).json()) as { access_token: string }
    const response = await send(authorizePath(client, { prompt: 'none' }), { headers: { authorization: `Bearer ${tokens.access_token}` } })
    expect(redirected(response).params.error).toBe('login_required')
  })

  test.each(endsOf('browser'))('%s is no sign-in', async (_what, statement = '') => {
    const someone = await newUser()
    const browser = await newBrowser(someone)
    await rows(statement, someone)
    expect(await errorFor(client, browser.cookie, { prompt: 'none' })).toBe('login_required')
  })

  test('design §1.8: whoever signs out after the gate gets no code', async () => {
    const someone = await newUser()
    const { sessionId, cookie: jar } = await newBrowser(someone)
    const claim = { kind: 'browser', sessionId, userId: someone, secret: jar.split('.').at(-1) ?? '' } as const
    const request = {
      clientId: client.id,
      redirectUri: client.redirectUri,
      responseType: 'code',
      state: undefined,
      scope: undefined,
      codeChallenge: CHALLENGE,
      codeChallengeMethod: 'S256',
    }
    for (const statement of ['UPDATE users SET epoch = epoch + 1 WHERE id = ?', 'UPDATE sessions SET revoked_at = 1 WHERE user_id = ?']) {
      const ctx = ctxInterrupted(() => rows(statement, someone))
      const refusal = judgeAuthorization(ctx, optionalGate(ctx, claim), request)
      await expect(refusal, statement).rejects.toMatchObject({ cause: { code: 'login_required' } })
      await rows('UPDATE users SET epoch = 0 WHERE id = ?', someone)
    }
    expect(await rows('SELECT 1 FROM authorization_codes WHERE user_id = ?', someone)).toEqual([])
    // Nor does a token that some room might let through to here.
    const grant = await newGrant(client)
    const ctx = newCtx()
    const bearer = optionalGate(ctx, await verifyAccessToken(ctx, grant.tokens.access_token))
    await expect(judgeAuthorization(ctx, bearer, request)).rejects.toMatchObject({ cause: { code: 'login_required' } })
  })

  test('design §5: consent is skipped for first-party clients with https alone, loopback outside of production', async () => {
    const silent = { prompt: 'none' }
    expect(await errorFor(await newClient({ firstParty: 0 }), cookie, silent)).toBe('consent_required')
    const app = await newClient({ redirectUris: ['com.example.app:/cb'] })
    expect(await errorFor(app, cookie, silent)).toBe('consent_required')
    const loopback = await newClient({ redirectUris: ['http://localhost:5173/cb'] })
    expect(await errorFor(loopback, cookie, silent)).toBeUndefined()
    const response = await send(authorizePath(loopback, silent), { headers: { cookie } }, productionEnv())
    expect(redirected(response).params.error).toBe('consent_required')
  })

  test('powers over others are asked about each time, whoever the client is: a link gives none of them away', async () => {
    const root = await newUser('super_admin')
    const browser = await newBrowser(root)
    await rows("UPDATE sessions SET scope = 'delegated:all admin:all client:all' WHERE id = ?", browser.sessionId)
    const ours = await newClient({ firstParty: 1 })
    for (const scope of ['*', undefined, 'delegated:profile:read admin:profile:read', 'client:oauth:introspect']) {
      expect(sentTo(await authorize(ours, browser.cookie, { scope })).path, scope).toBe('/consent')
      expect(await errorFor(ours, browser.cookie, { scope, prompt: 'none' })).toBe('consent_required')
      expect(await consentedCode(browser, root, ours, { scope })).not.toBe('')
      expect(sentTo(await authorize(ours, browser.cookie, { scope })).path, `${scope} again`).toBe('/consent')
    }
    expect(redirected(await authorize(ours, browser.cookie, { scope: 'delegated:all' })).params.code).toBeDefined()
    expect(redirected(await authorize(ours, cookie, { scope: '*' })).params.code, 'who has no power gives none').toBeDefined()
  })

  test('RFC 8252 §7.1: the schemes of native apps, with one slash or two; without a domain for clients in development alone', async () => {
    const redirectUris = ['com.example.app:/cb', 'com.example.app://cb', 'myapp://cb', 'exp://127.0.0.1:8081/--/cb']
    const [released, developed] = [await newClient({ redirectUris }), await newClient({ redirectUris, nativeDevelopment: 1 })]
    const statusOf = async (who: TestClient) =>
      Promise.all(
        redirectUris.map(
          async (redirect_uri) => (await authorize(who, cookie, { redirect_uri })).headers.get('location')?.split('?')[0] ?? 400,
        ),
      )
    // First-party or not, people are asked: another app on the device may have taken the scheme.
    expect(await statusOf(released)).toEqual(['/consent', '/consent', 400, 400])
    expect(await statusOf(developed)).toEqual(['/consent', '/consent', '/consent', '/consent'])
  })

  test('the database is down: the client is told so', async () => {
    platform.faults.failStatement(2, 'overloaded')
    expect(await errorFor(client, cookie)).toBe('temporarily_unavailable')
  })
})

describe('scopes', () => {
  const grantedTo = async (role: string, who: TestClient, scope?: string) => {
    const id = await newUser(role)
    const browser = await newBrowser(id)
    const code = role === 'user' ? newCode(who, browser.cookie, { scope }) : consentedCode(browser, id, who, { scope })
    const reply = await exchange(who, await code)
    return ((await reply.json()) as { scope: string }).scope
  }
  test('what is asked for, within the client, within the role', async () => {
    const small = await newClient({ scopes: 'delegated:profile:read delegated:media:all' })
    expect(await grantedTo('user', client, '*')).toBe('delegated:all')
    expect(await grantedTo('user', client)).toBe('delegated:all')
    expect(await grantedTo('user', client, 'delegated:profile:read,admin:all')).toBe('delegated:profile:read')
    expect(await grantedTo('user', small, 'delegated:all')).toBe('delegated:profile:read delegated:media:all')
    expect(await grantedTo('admin', client, 'admin:profile:read')).toBe('admin:profile:read')
    expect((await grantedTo('super_admin', client, '*')).split(' ').sort()).toEqual(['admin:all', 'delegated:all'])
  })
})

test('a wrong method is 405 with the methods that there are, an unknown path 404', async () => {
  const response = await send('/oauth/authorize', { method: 'DELETE' })
  expect(response.status).toBe(405)
  expect(response.headers.get('allow')).toBe('GET, HEAD, POST')
  expect((await send('/oauth/nothing')).status).toBe(404)
})
