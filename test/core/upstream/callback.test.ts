// What comes back to the redirect URI: only this browser's own sign-in, with this provider, within ten minutes.
import { beforeEach, describe, expect, test } from 'vitest'
import type { SessionId, UserId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { environmentOf, StandIn } from '../../support/upstream.ts'
import { begin, finish, refusal, SIGN_IN } from './harness.ts'

const BEGIN_AGAIN = { status: 400, reason: 'upstream_begin_again', message: expect.stringMatching(/Begin again\.$/) }

let provider: StandIn
let url: string
let cookie: string

beforeEach(async () => {
  provider = new StandIn()
  ;({ url, cookie } = await begin(provider))
})

/** The provider's answer with some parameters changed; null removes one. */
function answered(changes: Record<string, string | null> = {}): URLSearchParams {
  const params = provider.visit(url)
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) params.delete(name)
    else params.set(name, value)
  }
  return params
}

describe('the state', () => {
  test('of another browser is refused, and its code is never sent', async () => {
    const other = await begin(provider)
    expect(await refusal(finish(provider, { params: provider.visit(other.url), cookie }))).toMatchObject(BEGIN_AGAIN)
    expect(await refusal(finish(provider, { params: answered(), cookie: other.cookie }))).toMatchObject(BEGIN_AGAIN)
    expect(provider.asked.token).toBe(0)
  })

  test.each<[string, (cookie: string) => string | undefined]>([
    ['no cookie', () => undefined],
    ['an empty cookie', () => ''],
    ['a cookie of something else', () => 'test-1.AAAA'],
    ['a cookie under an unknown key', (right) => right.replace('test-1', 'test-9')],
    ['a cookie that was changed', (right) => `${right.slice(0, -8)}AAAAAAAA`],
  ])('%s is refused', async (_what, change) => {
    expect(await refusal(finish(provider, { params: answered(), cookie: change(cookie) }))).toMatchObject(BEGIN_AGAIN)
    expect(provider.asked.token).toBe(0)
  })

  test.each<[string, Record<string, string | null>]>([
    ['no state', { state: null }],
    ['an empty state', { state: '' }],
    ['a state of somebody else', { state: 'A'.repeat(43) }],
  ])('%s is refused', async (_what, changes) => {
    expect(await refusal(finish(provider, { params: answered(changes), cookie }))).toMatchObject(BEGIN_AGAIN)
  })

  test('sent twice is refused', async () => {
    const params = answered()
    params.append('state', params.get('state') ?? '')
    expect(await refusal(finish(provider, { params, cookie }))).toMatchObject(BEGIN_AGAIN)
  })

  test('begun with one provider does not end with another', async () => {
    const other = new StandIn()
    const env = environmentOf(provider, other)
    const begun = await begin(provider, SIGN_IN, env)
    expect(await refusal(finish(other, { params: other.visit(begun.url), cookie: begun.cookie }, env))).toMatchObject(BEGIN_AGAIN)
    expect(other.asked.token).toBe(0)
  })

  test('holds for ten minutes', async () => {
    clock.freeze()
    try {
      const begun = await begin(provider)
      clock.advance(10 * 60_000)
      await finish(provider, { params: provider.visit(begun.url), cookie: begun.cookie })
      const late = await begin(provider)
      clock.advance(10 * 60_000 + 1)
      expect(await refusal(finish(provider, { params: provider.visit(late.url), cookie: late.cookie }))).toMatchObject(BEGIN_AGAIN)
    } finally {
      clock.restore()
    }
  })

  test('carries who is linking and where to return to, however long an authorization request usually is', async () => {
    const query = new URLSearchParams({
      client_id: 'app',
      state: 'x'.repeat(200),
      code_challenge: 'y'.repeat(43),
      scope: 'openid '.repeat(200),
    })
    const intent = { kind: 'link', returnTo: `/oauth/authorize?${query}`, userId: 7 as UserId, sessionId: 9 as SessionId } as const
    const begun = await begin(provider, intent)
    expect(begun.cookie.length).toBeLessThan(3_800)
    expect((await finish(provider, { params: provider.visit(begun.url), cookie: begun.cookie })).intent).toEqual(intent)
  })

  test('that would not fit into a cookie is refused before the browser leaves', async () => {
    const random = Buffer.from(crypto.getRandomValues(new Uint8Array(3_000))).toString('base64url')
    const error = await refusal(begin(provider, { kind: 'sign_in', returnTo: `/oauth/authorize?state=${random}` }))
    expect(error).toMatchObject({ status: 400, reason: 'upstream_request_too_long' })
  })
})

describe('the issuer of the answer', () => {
  test.each<[string, Record<string, string | null>]>([
    ['of another provider', { iss: 'https://attacker.example' }],
    ['that is missing although the provider announces it', { iss: null }],
  ])('%s is refused, and the code is not sent', async (_what, changes) => {
    const error = await refusal(finish(provider, { params: answered(changes), cookie }))
    expect(error).toMatchObject({ status: 502, reason: 'upstream_failed' })
    expect(provider.asked.token).toBe(0)
  })

  test('also counts for an error: another provider cannot cancel', async () => {
    const params = answered({ code: null, error: 'access_denied', iss: 'https://attacker.example' })
    expect(await refusal(finish(provider, { params, cookie }))).toMatchObject({ reason: 'upstream_failed' })
  })

  test('may be missing where the provider does not announce it', async () => {
    const older = new StandIn()
    older.metadata = ({ authorization_response_iss_parameter_supported: _, ...rest }) => rest
    const begun = await begin(older)
    const params = older.visit(begun.url)
    params.delete('iss')
    expect((await finish(older, { params, cookie: begun.cookie })).person.subject).toBe('ada')
  })
})

describe('an error of the provider', () => {
  const HOSTILE = '<script>alert(1)</script> call +1 555 0100'

  test.each(['access_denied', 'user_cancelled_authorize'])('%s: the person has cancelled', async (error) => {
    const params = answered({ code: null, error, error_description: HOSTILE })
    const thrown = await refusal(finish(provider, { params, cookie }))
    expect(thrown).toMatchObject({ status: 403, reason: 'upstream_cancelled', message: 'You cancelled the sign-in with Example.' })
  })

  test.each([
    ['temporarily_unavailable', 503],
    ['server_error', 503],
    ['invalid_request', 502],
    ['login_required', 502],
    [HOSTILE, 502],
  ])('%s is told in our own words', async (error, status) => {
    const params = answered({ code: null, error, error_description: HOSTILE, error_uri: 'https://attacker.example' })
    const thrown = await refusal(finish(provider, { params, cookie }))
    expect(thrown.status).toBe(status)
    expect(thrown.message).toMatch(/^Example /)
    expect(`${thrown.message} ${thrown.cause}`).not.toMatch(/script|555|attacker/)
    expect(provider.asked.token).toBe(0)
  })

  test('an answer without a code is refused', async () => {
    expect(await refusal(finish(provider, { params: answered({ code: null }), cookie }))).toMatchObject({ reason: 'upstream_failed' })
  })
})

test('a provider that is not configured is not found', async () => {
  const unknown = { id: 'nobody', env: provider.env } as StandIn
  expect(await refusal(begin(unknown))).toMatchObject({ status: 404 })
  expect(await refusal(finish(unknown, { params: answered(), cookie }))).toMatchObject({ status: 404 })
})
