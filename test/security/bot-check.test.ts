// The check that tells people from programs (Turnstile): where it is asked for, what counts, and that nobody is kept out by its absence.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { Client } from '../support/kith.ts'
import { signUpBody } from '../support/people.ts'

const ON = {
  TURNSTILE_SITE_KEY: '1x00000000000000000000AA',
  TURNSTILE_SECRET_KEY: 'the secret',
  TURNSTILE_URL: 'https://turnstile.test/verify',
}
const ON_API = { ...ON, TURNSTILE_ON_API: 'on' }
const HEADER = 'cf-turnstile-response'

/** What the service says; it takes each answer once, as the real one does. */
function turnstile(verdict: object | (() => Response) = { success: true }) {
  const asked: URLSearchParams[] = []
  vi.spyOn(globalThis, 'fetch').mockImplementation(async (url, init) => {
    expect(String(url)).toBe(ON.TURNSTILE_URL)
    const sent = new URLSearchParams(String(init?.body))
    const isUsed = asked.some((before) => before.get('response') === sent.get('response'))
    asked.push(sent)
    if (typeof verdict === 'function') return verdict()
    return Response.json(isUsed ? { success: false, 'error-codes': ['timeout-or-duplicate'] } : verdict)
  })
  return asked
}

let people = 0
function create(env: Record<string, string>, answer?: string) {
  people += 1
  const body = signUpBody(`turnstile_${people}`, `turnstile_${people}@example.com`)
  return new Client().post('/user/create', body, { env, headers: answer === undefined ? {} : { [HEADER]: answer } })
}

afterEach(() => vi.restoreAllMocks())

describe('on the API, where the operator wants it', () => {
  test('an answer that Turnstile confirms signs up, once', async () => {
    const asked = turnstile()
    expect((await create(ON_API, 'answer-1')).status).toBe(201)
    expect(Object.fromEntries(asked[0] ?? [])).toEqual({ secret: 'the secret', response: 'answer-1' })
    expect((await create(ON_API, 'answer-1')).status).toBe(400)
  })

  test.each([
    ['no answer', undefined, { success: true }],
    ['an answer that Turnstile does not know', 'wrong', { success: false, 'error-codes': ['invalid-input-response'] }],
    ['an answer for another page', 'other', { success: true, action: 'reset' }],
    ['an endless answer', 'x'.repeat(5000), { success: true }],
  ])('%s creates no account', async (_what, answer, verdict) => {
    turnstile(verdict)
    const reply = await create(ON_API, answer)
    expect([reply.status, reply.text]).toEqual([400, expect.not.stringContaining('secret')])
  })

  test('the mail of a password reset needs an answer too', async () => {
    turnstile({ success: true, action: 'reset' })
    const ask = (headers: Record<string, string>) =>
      new Client().post('/user/code', { email: 'nobody@example.com' }, { env: ON_API, headers })
    expect((await ask({})).status).toBe(400)
    expect((await ask({ [HEADER]: 'answer-2' })).status).toBe(200)
  })

  test('without the setting, programs are not asked', async () => {
    const asked = turnstile()
    expect((await create(ON)).status).toBe(201)
    expect(asked).toEqual([])
  })
})

describe('when Turnstile cannot say', () => {
  test.each([
    ['is down', () => Promise.reject(new Error('no connection'))],
    ['answers with a page', async () => new Response('<html>', { status: 502 })],
    ['does not know our secret', async () => Response.json({ success: false, 'error-codes': ['invalid-input-secret'] })],
  ])('people get through while it %s, and the log says so', async (_what, answer) => {
    vi.spyOn(globalThis, 'fetch').mockImplementation(answer)
    const log = vi.spyOn(console, 'error').mockImplementation(() => undefined)
    expect((await create(ON_API, 'answer')).status).toBe(201)
    expect(log.mock.calls.flat().join()).toMatch(/bot_check\.(down|misconfigured)/)
    expect(log.mock.calls.flat().join()).not.toContain('the secret')
  })
})
