// A provider that is down, slow, or answers something else: a clear refusal within bounds, and a log without secrets.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type Endpoint, StandIn } from '../../support/upstream.ts'
import { refusal, signIn } from './harness.ts'

const DOWN = { status: 503, reason: 'upstream_unavailable', message: expect.stringMatching(/^Example does not answer\./) }
const FAILED = { status: 502, reason: 'upstream_failed', message: expect.stringMatching(/^Example did not confirm who you are\./) }
const MEBIBYTE = 1024 * 1024

/** What userinfo is asked for: the ID token has no address. */
const ABOUT = { sub: 'ada' }
const ENDPOINTS: readonly Endpoint[] = ['discovery', 'token', 'keys', 'userinfo']

afterEach(() => {
  vi.restoreAllMocks()
})

const html = (status = 200) => new Response('<!DOCTYPE html><title>Oops</title>', { status, headers: { 'content-type': 'text/html' } })

describe.each(ENDPOINTS)('the endpoint for %s', (endpoint) => {
  let provider: StandIn
  beforeEach(() => {
    provider = new StandIn()
  })

  test('that cannot be reached: the provider does not answer', async () => {
    provider.replaced[endpoint] = () => Promise.reject(new TypeError('connect ECONNREFUSED 10.0.0.7'))
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(DOWN)
  })

  test.each([500, 502, 503, 429])('with the status %i: the provider does not answer', async (status) => {
    provider.replaced[endpoint] = () => html(status)
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(DOWN)
  })

  test('that takes too long is left after 5 seconds, and all together after 12', async () => {
    const limits = quickTimeouts()
    provider.replaced[endpoint] = (_right, { signal }) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)))
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(DOWN)
    expect(new Set(limits)).toEqual(new Set([12_000, 5_000]))
  })

  test('whose answer never ends is left as well', async () => {
    quickTimeouts()
    provider.replaced[endpoint] = () => new Response(new ReadableStream({ start: (body) => body.enqueue(Buffer.from('{')) }))
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(DOWN)
  })

  test('with an answer of 1 MB is refused before it is read to its end', async () => {
    let sent = 0
    const chunk = Buffer.from(' '.repeat(16_384))
    const pull = (body: ReadableStreamDefaultController) => {
      sent += chunk.length
      if (sent > MEBIBYTE) return body.close()
      body.enqueue(chunk)
    }
    provider.replaced[endpoint] = () => new Response(new ReadableStream({ pull }), { headers: { 'content-type': 'application/json' } })
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
    expect(sent).toBeGreaterThan(200_000)
    expect(sent).toBeLessThan(400_000)
  })

  test('with an answer that says it has 1 MB is not read at all', async () => {
    let sent = 0
    const pull = (body: ReadableStreamDefaultController) => {
      sent += 1
      body.enqueue(Buffer.from(' '))
    }
    const body = new ReadableStream({ pull }, { highWaterMark: 0 })
    provider.replaced[endpoint] = () => ({ status: 200, headers: new Headers({ 'content-length': String(MEBIBYTE) }), body }) as Response
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
    expect(sent).toBe(0)
  })

  test.each<[string, () => Response]>([
    ['HTML', () => html()],
    ['an empty body', () => new Response(null)],
    ['a list', () => Response.json([])],
    ['null', () => Response.json(null)],
    ['an empty object', () => Response.json({})],
    ['JSON that is cut off', () => new Response('{"issuer":"https://', { headers: { 'content-type': 'application/json' } })],
    ['404', () => html(404)],
  ])('with %s is refused', async (_what, answer) => {
    provider.replaced[endpoint] = answer
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
  })

  test.each([301, 302, 307, 308])('that redirects (%i) is not followed', async (status) => {
    const other = new StandIn()
    provider.replaced[endpoint] = (_right, { redirect }) => {
      expect(redirect).toBe('manual')
      return new Response(null, { status, headers: { location: `${other.base}/${endpoint}` } })
    }
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
    expect(Object.values(other.asked)).toEqual([0, 0, 0, 0, 0, 0])
  })
})

describe('the token endpoint', () => {
  test('that knows the code as used or expired: the person begins again', async () => {
    const provider = new StandIn()
    provider.replaced.token = async (right) => {
      await right()
      return right()
    }
    expect(await refusal(signIn(provider))).toMatchObject({ status: 400, reason: 'upstream_begin_again' })
  })

  test.each<[string, () => Response]>([
    ['in its body', () => Response.json({ error: 'invalid_client', error_description: 'wrong secret-of-the-client' }, { status: 401 })],
    ['in a header', () => new Response(null, { status: 401, headers: { 'www-authenticate': 'Basic realm="secret-of-the-client"' } })],
    ['as an error without one', () => Response.json({ error: '' }, { status: 400 })],
  ])('that refuses the client, %s: a failure that the log names', async (_what, answer) => {
    const provider = new StandIn()
    provider.replaced.token = answer
    expect(await refusal(signIn(provider))).toMatchObject(FAILED)
  })

  const BASIC = { 'www-authenticate': 'Basic realm="secret-of-the-client"' }
  test.each<[string, object | null, string, string]>([
    ['alone', null, 'invalid_client', 'upstream_failed'],
    ['with the error in the body', { error: 'invalid_client' }, 'invalid_client', 'upstream_failed'],
    ['with another error in the body', { error: 'invalid_grant' }, 'invalid_grant', 'upstream_begin_again'],
    ['with a body that says nothing', { message: 'secret-of-the-client' }, 'invalid_client', 'upstream_failed'],
  ])('that answers with a challenge %s: the log has its error code', async (_what, body, code, reason) => {
    const lines: string[] = []
    vi.spyOn(console, 'warn').mockImplementation((line) => void lines.push(String(line)))
    const provider = new StandIn()
    provider.replaced.token = () =>
      new Response(body && JSON.stringify(body), { status: 401, headers: { ...BASIC, 'content-type': 'application/json' } })
    expect(await refusal(signIn(provider))).toMatchObject({ reason })
    expect(lines).toEqual([expect.stringMatching(new RegExp(`"step":"token",.*"code":"${code}"`))])
    expect(lines.join()).not.toContain('secret-of-the-client')
  })

  test('gets the client secret as it says: in the form if it takes that, in the header by default', async () => {
    const secret = 'a secret:with/odd&signs'
    for (const [methods, configured, isForm] of [
      [undefined, undefined, false],
      [['client_secret_basic'], undefined, false],
      [['client_secret_post'], undefined, true],
      [['client_secret_basic', 'client_secret_post'], undefined, true],
      [['client_secret_basic', 'client_secret_post'], 'client_secret_basic', false],
      [undefined, 'client_secret_post', true],
    ] as const) {
      const provider = new StandIn(configured ? { tokenEndpointAuthMethod: configured } : {}, secret)
      provider.metadata = (right) => ({ ...right, token_endpoint_auth_methods_supported: methods })
      await signIn(provider)
      const [{ form, authorization } = expect.fail('no token request')] = provider.tokenRequests
      expect(form.get('client_secret')).toBe(isForm ? secret : null)
      expect(authorization === null).toBe(isForm)
      if (!isForm) expect(authorization).toMatch(/^Basic /)
    }
  })

  test('gets no secret of a public client', async () => {
    const provider = new StandIn({ tokenEndpointAuthMethod: 'none' }, '')
    await signIn(provider)
    expect(provider.tokenRequests).toMatchObject([{ authorization: null }])
    expect(provider.tokenRequests[0]?.form.get('client_id')).toBe(provider.clientId)
    expect(provider.tokenRequests[0]?.form.has('client_secret')).toBe(false)
  })
})

describe('userinfo', () => {
  test('about somebody else is refused', async () => {
    const provider = new StandIn()
    provider.userinfo = { sub: 'eve', email: 'eve@example.com', email_verified: true }
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
  })

  test('as a JWT, which nobody has asked for, is refused', async () => {
    const provider = new StandIn()
    provider.replaced.userinfo = () => new Response('a.b.c', { headers: { 'content-type': 'application/jwt' } })
    expect(await refusal(signIn(provider, ABOUT))).toMatchObject(FAILED)
  })

  test('is not asked for what the ID token says', async () => {
    const provider = new StandIn()
    provider.replaced.userinfo = () => expect.fail('asked')
    await signIn(provider, { sub: 'ada', email: 'ada@example.com', name: 'Ada' })
  })
})

describe('the log', () => {
  test('names provider, step and kind of a failure, and neither code, token, secret nor what the provider wrote', async () => {
    const lines: string[] = []
    for (const level of ['info', 'warn', 'error'] as const)
      vi.spyOn(console, level).mockImplementation((line) => void lines.push(String(line)))
    for (const endpoint of ENDPOINTS) {
      for (const answer of [
        () => Response.json({ error: 'invalid_client', error_description: 'PROVIDER-TEXT' }, { status: 400 }),
        () => new Response('PROVIDER-TEXT {', { headers: { 'content-type': 'application/json' } }),
        () => Promise.reject(new TypeError('PROVIDER-TEXT')),
      ]) {
        const provider = new StandIn()
        provider.replaced[endpoint] = answer
        await refusal(signIn(provider, ABOUT))
        expect(lines.at(-1)).toContain(`"provider":"${provider.id}"`)
        expect(lines.at(-1)).toMatch(/"event":"upstream_failed".*"step":"(discovery|token|userinfo)","cause":"\w+/)
      }
    }
    expect(lines).toHaveLength(ENDPOINTS.length * 3)
    expect(lines.join()).not.toMatch(/PROVIDER-TEXT|code-|token-|secret-of|eyJ/)
    expect(lines.join()).toContain('"code":"invalid_client"')
  })
})

/** Time limits in hundredths, so that a test does not wait; returns what was asked for. */
function quickTimeouts(): number[] {
  const asked: number[] = []
  const timeout = AbortSignal.timeout.bind(AbortSignal)
  vi.spyOn(AbortSignal, 'timeout').mockImplementation((ms) => {
    asked.push(ms)
    return timeout(ms / 100)
  })
  return asked
}
