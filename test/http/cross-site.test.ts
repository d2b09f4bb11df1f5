// What pages of other origins can do (security rows 24, 29, 30, 77; wire §6.8).
import { describe, expect, test } from 'vitest'
import { Client, newestCode, ORIGIN, type Reply } from '../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, verifiedPerson } from '../support/people.ts'

const ALLOWED = 'https://app.kith.test'
const HOSTILE = [
  'null',
  '',
  '*',
  'http://app.kith.test',
  'https://app.kith.test.evil.example',
  'https://evil-app.kith.test',
  'https://appxkith.test',
  'https://app.kith.test:8443',
  'https://app.kith.test:443',
  'https://app.kith.test/',
  'https://app.kith.test/path',
  'https://APP.kith.test',
  'https://app.kith.test.',
  'https://app.kith.tes',
  'https://app.kith.testing',
  'https://sub.app.kith.test',
  'https://user@app.kith.test',
  'https://app.kith.test@evil.example',
  'https://evil.example#https://app.kith.test',
  'https://evil.example?https://app.kith.test',
  'https://evil.example/https://app.kith.test',
  'https://app.kith.test,https://evil.example',
  'https://app.kith.test https://evil.example',
  'https://evil.example, https://app.kith.test',
  'https://evil.example',
  'http://localhost',
  'http://localhost:5173',
  'http://127.0.0.1',
  'https://kith.test.evil.example',
  'https://xkith.test',
  'https://test',
  'https://kith',
  'ftp://app.kith.test',
  'file://',
  'data:text/html,x',
  'javascript:alert(1)',
  'chrome-extension://abcdefghijklmnop',
  'capacitor://localhost',
  'app.kith.test',
  '//app.kith.test',
  'https:app.kith.test',
  'https://app%2ekith.test',
  'https://[::1]',
  'undefined',
]

describe('CORS', () => {
  test.each(HOSTILE)('the origin %j is never allowed, and never said back', async (origin) => {
    for (const path of ['/user/scopes', '/user/me', '/oauth/token']) {
      const reply = await new Client().get(path, { headers: { origin } })
      expect(reply.headers.get('access-control-allow-origin')).toBeNull()
      const preflight = await new Client().fetch(path, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'authorization' },
      })
      expect(preflight.headers.get('access-control-allow-origin')).toBeNull()
    }
  })

  test.each(['/user/scopes', '/user/me', '/nowhere', '/oauth/token'])(
    'the allowed origin is let in on %s, successes and failures alike',
    async (path) => {
      const reply = await new Client().get(path, { headers: { origin: ALLOWED } })
      expect(reply.headers.get('access-control-allow-origin')).toBe(ALLOWED)
      expect(reply.headers.get('access-control-allow-credentials')).toBe('true')
      expect(reply.headers.get('access-control-expose-headers')?.toLowerCase()).toContain('x-request-id')
    },
  )

  test.each(['/user/scopes', '/user/me', '/nowhere', '/oauth/token'])('%s varies by origin, whoever asks', async (path) => {
    for (const headers of [{ origin: ALLOWED }, { origin: 'https://evil.example' }, {}] as Record<string, string>[]) {
      const reply = await new Client().get(path, { headers })
      expect(reply.headers.get('vary')?.toLowerCase().split(/, */)).toContain('origin')
    }
  })

  test.each(['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server', '/.well-known/jwks.json'])(
    '%s is for pages of any origin, without credentials',
    async (path) => {
      for (const origin of [ALLOWED, 'https://stranger.example', 'null']) {
        const reply = await new Client().get(path, { headers: { origin } })
        expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([200, '*'])
        expect(reply.headers.get('access-control-allow-credentials')).toBeNull()
        const headers = { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'x-app-version' }
        const preflight = await new Client().fetch(path, { method: 'OPTIONS', headers })
        expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([204, '*'])
      }
    },
  )

  test.each(['capacitor://localhost', 'ionic://localhost', 'tauri://localhost'])(
    "%s, a native shell's origin, may be allowed",
    async (origin) => {
      const env = { CORS_ORIGINS: `https://*.vercel.app ${origin}` }
      const reply = await new Client().get('/user/scopes', { env, headers: { origin } })
      expect([reply.status, reply.headers.get('access-control-allow-origin')]).toEqual([200, origin])
      const other = await new Client().get('/user/scopes', { env, headers: { origin: 'https://a.vercel.app' } })
      expect(other.headers.get('access-control-allow-origin')).toBeNull()
    },
  )

  describe('in development on a loopback address', () => {
    const DEVELOPMENT = { ENVIRONMENT: 'development', ORIGIN: 'http://localhost:8787', MAIL: 'capture', SCRYPT_LN: '15' }
    const allowedFor = async (origin: string, env: Record<string, string>) => {
      const { headers } = await new Client().get('/oauth/token', { env, headers: { origin } })
      return [headers.get('access-control-allow-origin'), headers.get('access-control-allow-credentials')]
    }

    test.each(['http://localhost:9401', 'http://127.0.0.1:5500', 'http://[::1]:3000'])(
      '%s may call Kith, without cookies',
      async (origin) => {
        expect(await allowedFor(origin, DEVELOPMENT)).toEqual([origin, null])
        const listed = { ...DEVELOPMENT, CORS_ORIGINS: origin }
        expect(await allowedFor(origin, listed)).toEqual([origin, 'true'])
        expect(await allowedFor(origin, { ...DEVELOPMENT, ORIGIN: 'https://dev.example.com' })).toEqual([null, 'true'])
      },
    )

    test.each([
      'http://localhost.evil.example',
      'http://localhost:9401.evil.example',
      'http://192.168.1.2:9401',
      'https://evil.example',
      'null',
    ])('%s may not', async (origin) => expect((await allowedFor(origin, DEVELOPMENT))[0]).toBeNull())

    test('a write with a cookie is refused from a page that is not listed', async () => {
      const headers = { origin: 'http://localhost:9401', cookie: 'kith_session=x' }
      const reply = await new Client().patch('/user/me', {}, { env: DEVELOPMENT, headers })
      expect([reply.status, reply.text]).toEqual([403, expect.stringContaining('from this origin are not allowed')])
    })
  })

  test('a preflight of the allowed origin says what may be sent', async () => {
    const headers = {
      origin: ALLOWED,
      'access-control-request-method': 'PATCH',
      'access-control-request-headers': 'authorization,content-type',
    }
    const reply = await new Client().fetch('/user/me', { method: 'OPTIONS', headers })
    expect(reply.status).toBe(204)
    expect(reply.headers.get('access-control-allow-origin')).toBe(ALLOWED)
    expect(reply.headers.get('access-control-allow-methods')).toMatch(/PATCH/)
    expect(reply.headers.get('access-control-allow-headers')?.toLowerCase()).toContain('authorization')
    expect(reply.headers.get('access-control-allow-headers')).not.toContain('*')
    expect(reply.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
  })
})

const FOREIGN: readonly Record<string, string>[] = [
  ...HOSTILE.filter((origin) => origin !== '').map((origin) => ({ origin })),
  { 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-site' },
  { 'sec-fetch-site': 'nonsense' },
  { origin: 'null', 'sec-fetch-site': 'same-origin' },
  { origin: 'https://evil.example', 'sec-fetch-site': 'none' },
]
const OWN: readonly Record<string, string>[] = [
  {},
  { origin: ORIGIN },
  { origin: ALLOWED },
  { origin: ORIGIN, 'sec-fetch-site': 'same-origin' },
  { origin: ALLOWED, 'sec-fetch-site': 'cross-site' },
  { 'sec-fetch-site': 'same-origin' },
  { 'sec-fetch-site': 'none' },
]

function expectRefused(reply: Reply): void {
  expect(reply.status).toBe(403)
  expect(reply.json).toMatchObject({ ok: 0, error: 'Forbidden', additionalInfo: { reason: 'cross_site' } })
  expect(reply.headers.getSetCookie()).toEqual([])
}

describe('cross-site writes', () => {
  test('no credentials that a browser adds to a foreign form by itself let it plant a session; a Bearer token, which it never adds, does', async () => {
    const { username } = await verifiedPerson('csrf_scheme')
    const form = new URLSearchParams({ username, password: PASSWORD })
    const logInWith = (authorization: string) =>
      new Client().post('/user/login', form, { headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', authorization } })
    for (const authorization of [
      'Digest username="x", realm="y", nonce="z", uri="/", response="0"',
      'Basic eDp5',
      'Negotiate YII=',
      'Bearerx y',
      '',
    ]) {
      expectRefused(await logInWith(authorization))
    }
    expect((await logInWith('bearer anything')).status).toBe(200)
  })

  test('a write that rides on a cookie is refused to every foreign page', async () => {
    const { client } = await signedInPerson('csrf_victim')
    for (const headers of FOREIGN) expectRefused(await client.patch('/user/me', { bio: 'Owned.' }, { headers }))
    expectRefused(await client.post('/user/logout', undefined, { headers: { origin: 'null' } }))
    expectRefused(await client.post('/user/2fa', { state: true }, { headers: { origin: 'https://evil.example' } }))
    expect((await client.get('/user/me')).json.data.user.bio).toBeNull()
  })

  test('a log-in that a foreign page would plant is refused', async () => {
    const person = await verifiedPerson('csrf_planted')
    const body = { username: person.username, password: person.password }
    for (const headers of FOREIGN) expectRefused(await new Client().post('/user/login', body, { headers }))
    const form = new URLSearchParams(body)
    expectRefused(await new Client().post('/user/login', form, { headers: { origin: 'https://evil.example' } }))
  })

  test('our own pages, the allowed ones and programs may write', async () => {
    const { client } = await signedInPerson('csrf_owner')
    for (const [index, headers] of OWN.entries()) {
      expect((await client.patch('/user/me', { bio: `Mine ${index}.` }, { headers })).status).toBe(200)
    }
  })
})

describe('the session cookie', () => {
  function expectSafe(reply: Reply): void {
    const cookies = reply.headers.getSetCookie()
    const [session, ...others] = cookies.sort((a) => (a.startsWith('__Host-kith_session=') ? -1 : 1))
    // There may also be the device cookie, which has the same protection.
    expect(others.length).toBeLessThanOrEqual(1)
    for (const other of others) {
      expect(other).toMatch(/^__Host-kith_device=/)
      for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(other).toContain(attribute)
    }
    const [pair = '', ...attributes] = (session ?? '').split('; ')
    expect(pair).toMatch(/^__Host-kith_session=[0-9a-f]{24}\.[0-9a-f]{24}\.[\w-]{43}$/)
    // Thirty days; a second may have passed since the session began.
    const names = attributes.map((text) => text.toLowerCase().replace(/^max-age=(2592000|2591999)$/, 'max-age=30d'))
    expect(names.sort()).toEqual(['httponly', 'max-age=30d', 'path=/', 'samesite=lax', 'secure'])
    for (const cookie of cookies) expect(cookie.length).toBeLessThan(4096)
  }

  test('has every protection there is, in every way to sign in', async () => {
    const person = await verifiedPerson('cookie_person')
    expectSafe(await logIn(person))
    expectSafe(await person.client.patch('/user/me', { password: 'battery-staple-horse-correct', currentPassword: PASSWORD }))
    await person.client.post('/user/2fa', { state: true })
    const pending = await new Client().post('/user/login', { username: person.username, password: 'battery-staple-horse-correct' })
    expect(pending.headers.getSetCookie()).toEqual([])
    const { sessionHash } = pending.json.data
    expectSafe(await new Client().post('/user/do-2fa', { target: person.id, sessionHash, code: await newestCode(person.email) }))
  })

  test('is a new one at every sign-in, and the one that was brought along is not taken over', async () => {
    const person = await signedInPerson('fixated_person')
    const before = person.client.cookies.get('__Host-kith_session')
    await logIn(person)
    const after = person.client.cookies.get('__Host-kith_session')
    expect(after).not.toBe(before)
  })

  test('is cleared with the attributes it was set with', async () => {
    const { client } = await signedInPerson('cleared_person')
    const [cookie = ''] = (await client.post('/user/logout')).headers.getSetCookie()
    expect(cookie).toMatch(/^__Host-kith_session=;/)
    for (const attribute of ['Max-Age=0', 'Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(cookie).toContain(attribute)
    expect(cookie).not.toMatch(/domain/i)
  })
})

describe('state changes by GET', () => {
  test.each([undefined, 'cross-site', 'same-site', 'nonsense'])(
    'with a cookie and Sec-Fetch-Site %s nobody is signed out',
    async (site) => {
      const { client } = await signedInPerson(`get_out_${String(site).replace('-', '_').slice(0, 9)}`)
      const headers: Record<string, string> = site ? { 'sec-fetch-site': site } : {}
      expectRefused(await client.get('/user/logout', { headers }))
      expectRefused(await client.get('/user/logout-all', { headers }))
      expect((await client.get('/user/me')).status).toBe(200)
    },
  )

  test.each(['same-origin', 'none'])('with a cookie and Sec-Fetch-Site %s the caller is signed out', async (site) => {
    const { client } = await signedInPerson(`get_away_${site.replace('-', '_')}`)
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expect((await client.get('/user/logout', { headers: { 'sec-fetch-site': site } })).json).toEqual({ ok: 1 })
    expect((await client.get('/user/me', { headers: { cookie } })).status).toBe(401)
  })
})
