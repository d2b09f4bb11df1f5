// KV, mail and the limiter fail (security §5.2, F9, F10, F13, F16, F29). None of them decides anything: people sign in without
// KV, sign-up works without mail, and without the limiter only sign-in is refused.
import { describe, expect, test } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { clock } from '../platform/clock.ts'
import type { KvFault } from '../platform/faults.ts'
import { answer, idOf, newName, pendingLogIn, personWithSecondFactor, rows } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, type Options, platform, type Reply } from '../support/kith.ts'
import { logIn, signedInPerson, signUpBody, verifiedPerson } from '../support/people.ts'
import { expectCleanReply } from '../support/replies.ts'

const MINUTE_MS = 60_000

freezeEachTest()

describe('KV fails', () => {
  for (const fault of ['throw', 'refuse', 'lose-reply'] as const) {
    test(`people sign in when KV's put answers ${fault}`, async () => {
      const person = await verifiedPerson(newName('no_kv'))
      platform.faults.kv('put', fault)
      const reply = await logIn(person)
      expect([reply.status, platform.faults.fired > 0]).toEqual([200, true])
      expectCleanReply(reply)
      expect((await person.client.get('/user/me')).status).toBe(200)
      platform.faults.clear()
      expect((await person.client.get('/user/sessions')).json.data.records).toHaveLength(1)
      await checkInvariants()
    })
  }

  for (const fault of ['throw', 'refuse', 'miss', 'corrupt', 'lose-reply'] satisfies KvFault[]) {
    test(`the list of sessions is whole, without its details, when KV's get answers ${fault}`, async () => {
      const person = await signedInPerson(newName('no_kv'))
      platform.faults.kv('get', fault)
      const reply = await person.client.get('/user/sessions')
      expectCleanReply(reply)
      expect(reply.json.data.records).toMatchObject([{ current: true, userAgent: null, place: null }])
    })
  }

  test('a mail that could not be put away is there after the next cron runs, once', async () => {
    const body = signUpBody(newName('no_kv'))
    for (const operation of ['put', 'list'] as const) platform.faults.kv(operation, 'throw')
    expect((await new Client().post('/user/create', body)).status).toBe(201)
    platform.faults.clear()
    expect(await mailsTo(body.email)).toEqual([])
    await runCron()
    expect(await mailsTo(body.email), 'not before it is due').toEqual([])
    clock.advance(MINUTE_MS)
    await runCron()
    await runCron()
    expect(await mailsTo(body.email)).toHaveLength(1)
    expect((await new Client().post('/user/verify-email', { code: await newestCode(body.email) })).status).toBe(200)
    await checkInvariants({ settled: true })
  })
})

describe('the mail service fails', () => {
  const byMail: Options = { env: { MAIL: 'email-service' } }
  const mailEnv = new Proxy(platform.env, {
    get: (target, name) => (name === 'MAIL' ? 'email-service' : target[name as keyof Bindings]),
  }) as Bindings

  async function createWhile(code: string): Promise<{ id: number; email: string }> {
    const body = signUpBody(newName('no_mail'))
    platform.faults.email(code)
    const reply = await new Client().post('/user/create', body, byMail)
    expect(reply.status, reply.text).toBe(201)
    expectCleanReply(reply)
    platform.faults.clear()
    return { id: idOf(reply.json.data.user._id), email: body.email }
  }

  const state = (id: number) =>
    rows(
      'SELECT sent_at IS NOT NULL AS sent, failed_at IS NOT NULL AS failed, to_address IS NULL AS forgotten FROM mail_outbox WHERE user_id = ?',
      id,
    )

  for (const code of ['E_RATE_LIMIT_EXCEEDED', 'E_INTERNAL_SERVER_ERROR', 'E_DELIVERY_FAILED']) {
    test(`${code}: the account is made, and cron sends the mail`, async () => {
      const { id, email } = await createWhile(code)
      expect(await state(id)).toEqual([{ sent: 0, failed: 0, forgotten: 0 }])
      clock.advance(MINUTE_MS)
      await runCron(mailEnv)
      expect(platform.emails.map(({ to }) => to)).toEqual([email])
      expect(await state(id)).toEqual([{ sent: 1, failed: 0, forgotten: 1 }])
    })
  }

  test('sent, and the reply lost: the owner gets at most two copies, with the same code', async () => {
    await createWhile('lose-reply')
    for (let n = 0; n < 5; n++) {
      clock.advance(5 * MINUTE_MS)
      await runCron(mailEnv)
    }
    expect(platform.emails).toHaveLength(2)
    const codes = platform.emails.map(({ text }) => /([a-z2-9]{3}-){7}[a-z2-9]{3}/.exec(text)?.[0])
    expect(codes[0]).toBe(codes[1])
  })
})

describe('the limiter', () => {
  const limited: Options = { env: { NETWORK_LIMITS: 'on' } }
  const id = '507f1f77bcf86cd799439011'
  const code = 'aaa-bbb-ccc-ddd-eee-fff-ggg-hhh'

  const waysIn: Record<string, (client: Client) => Promise<Reply>> = {
    'POST /user/create': (client) => client.post('/user/create', signUpBody(newName('limited')), limited),
    'POST /user/login': (client) => client.post('/user/login', { username: 'nobody_here', password: 'x' }, limited),
    'POST /user/do-2fa': (client) => client.post('/user/do-2fa', { target: id, sessionHash: 'x', code: '000000' }, limited),
    'GET /user/code': (client) => client.get('/user/code?email=a%40example.com', limited),
    'POST /user/code': (client) => client.post('/user/code', { email: 'a@example.com' }, limited),
    'GET /user/resend-verification': (client) => client.get(`/user/resend-verification?target=${id}`, limited),
    'POST /user/reset-password': (client) => client.post('/user/reset-password', { code, password: 'a long password' }, limited),
  }
  const others: Record<string, (client: Client) => Promise<Reply>> = {
    'POST /user/verify-email': (client) => client.post('/user/verify-email', { code }, limited),
    'GET /user/scopes': (client) => client.get('/user/scopes', limited),
  }

  for (const [name, call] of Object.entries(waysIn)) {
    test(`down: ${name} stays closed, before anything is done`, async () => {
      platform.faults.limiter('throw')
      platform.counts.reset()
      const reply = await call(new Client())
      expect([reply.status, reply.json.error]).toEqual([503, 'ServiceUnavailable'])
      expectCleanReply(reply)
      expect(platform.counts.d1RoundTrips).toBe(0)
    })
  }

  for (const [name, call] of Object.entries(others)) {
    test(`down: ${name} stays open`, async () => {
      platform.faults.limiter('throw')
      const reply = await call(new Client())
      expect(reply.status).toBeLessThan(500)
      expectCleanReply(reply)
      expect(platform.faults.fired).toBe(1)
    })
  }

  for (const [name, call] of Object.entries({ ...waysIn, ...others })) {
    test(`says no: ${name} is 429 with Retry-After, before anything is done`, async () => {
      platform.faults.limiter('deny')
      platform.counts.reset()
      const reply = await call(new Client())
      expect([reply.status, reply.json.error, reply.headers.get('retry-after')]).toEqual([429, 'RateLimitError', '60'])
      expectCleanReply(reply)
      expect(platform.counts.d1RoundTrips).toBe(0)
    })
  }

  test('counts per network, an IPv6 /64 being one: five sign-ups in a minute, the sixth is 429', async () => {
    const statuses = []
    for (let n = 0; n < 6; n++) {
      const client = new Client()
      client.network = `2001:db8:7:7:${n}::1`
      statuses.push((await client.post('/user/create', {}, limited)).status)
    }
    expect(statuses).toEqual([400, 400, 400, 400, 400, 429])
    const neighbour = new Client()
    neighbour.network = '2001:db8:7:8::1'
    expect((await neighbour.post('/user/create', {}, limited)).status).toBe(400)
  })

  test('is not asked about what a session asks for', async () => {
    const person = await signedInPerson(newName('signed_in'))
    platform.faults.limiter('throw')
    platform.counts.reset()
    for (const path of ['/user/me', '/user/sessions', '/user/session-state', '/user/login-history', '/health']) {
      expect((await person.client.get(path, limited)).status, path).toBe(200)
    }
    expect((await person.client.post('/user/logout-all', undefined, limited)).status).toBe(200)
    expect(platform.counts.limiterCalls).toBe(0)
  })

  test('a sign-in that met a broken limiter goes on where it was', async () => {
    const person = await personWithSecondFactor('resumed')
    const pending = await pendingLogIn(person)
    const right = await newestCode(person.email)
    platform.faults.limiter('throw')
    expect((await answer(pending, right, new Client(), limited)).status).toBe(503)
    platform.faults.clear()
    expect((await answer(pending, right, new Client(), limited)).status).toBe(200)
  })
})
