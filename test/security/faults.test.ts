// Every D1 operation of every flow fails in turn, before it commits and after it with the reply lost (security §5.2, F1, F2, F3,
// F6). Whatever the client was told must be true, nothing may be written in part, and a retry succeeds or says why.
// degraded.test.ts has the other stores, mail and the limiter.
import { afterEach, describe, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { answer, idOf, newName, pendingLogIn, personWithSecondFactor, resetCode, rows } from '../support/actors.ts'
import { forgetEverybody } from '../support/copies.ts'
import { runCron } from '../support/cron.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, newestCode, platform, type Reply } from '../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, signUp, signUpBody, verifiedPerson } from '../support/people.ts'
import { expectCleanReply } from '../support/replies.ts'
import { IS_THOROUGH } from '../support/runs.ts'
import { type Strike, underStrike } from '../support/strikes.ts'
import { passkeyFlows } from './passkey-flows.ts'
import { type Act, expectSignedIn, secondFactorFlows } from './second-factor-flows.ts'

const NEW_PASSWORD = 'a new and longer password'
/** Longer than a mail stays leased to a worker that died. */
const LEASE_MS = 3 * 60_000

const flows: Record<string, () => Promise<Act>> = {
  ...secondFactorFlows,
  ...passkeyFlows,
  async 'POST /user/create'() {
    const body = signUpBody(newName('created'))
    return {
      success: 201,
      send: () => new Client().post('/user/create', body),
      async done() {
        await settle()
        const verified = await new Client().post('/user/verify-email', { code: await newestCode(body.email) })
        expect(verified.status, verified.text).toBe(200)
        expect((await new Client().post('/user/login', { username: body.username, password: PASSWORD })).status).toBe(200)
      },
    }
  },
  async 'POST /user/verify-email'() {
    const person = await signUp(newName('verified'))
    const code = await newestCode(person.email)
    return {
      send: () => person.client.post('/user/verify-email', { code }),
      async done() {
        expect((await logIn(person)).status).toBe(200)
      },
    }
  },
  async 'POST /user/login'() {
    const person = await verifiedPerson(newName('logged_in'))
    return {
      send: () => logIn(person),
      done: () => expectSignedIn(person.client),
    }
  },
  async 'POST /user/login from a new device'() {
    const person = await signedInPerson(newName('new_device'))
    person.client.userAgent = 'another/1.0'
    return {
      send: () => logIn(person),
      async done() {
        await expectSignedIn(person.client)
        await settle()
        expect(
          await rows(`SELECT sent_at IS NOT NULL AS sent FROM mail_outbox WHERE user_id = ? AND kind = 'new_device'`, idOf(person.id)),
        ).toEqual([{ sent: 1 }])
      },
    }
  },
  async 'POST /user/login with a wrong password'() {
    const person = await verifiedPerson(newName('mistyped'))
    return {
      success: 401,
      send: () => logIn({ ...person, password: 'not the password' }),
      async done() {
        expect((await logIn(person)).status).toBe(200)
      },
    }
  },
  async 'POST /user/login with a second factor'() {
    const person = await personWithSecondFactor('challenged')
    let reply: Reply | undefined
    return {
      async send() {
        reply = await logIn(person, new Client())
        return reply
      },
      async done() {
        await settle()
        const pending = { target: person.id, sessionHash: reply?.json.data.sessionHash }
        const answered = await answer(pending, await newestCode(person.email))
        expect(answered.status, answered.text).toBe(200)
      },
    }
  },
  async 'POST /user/do-2fa'() {
    const person = await personWithSecondFactor('answering')
    const pending = await pendingLogIn(person)
    const code = await newestCode(person.email)
    return {
      send: () => answer(pending, code, person.client),
      async done() {
        await expectSignedIn(person.client)
        expect(await rows('SELECT id FROM sessions WHERE user_id = ?', idOf(person.id))).toHaveLength(1)
      },
    }
  },
  async 'POST /user/code'() {
    const person = await verifiedPerson(newName('forgetful'))
    return {
      send: () => new Client().post('/user/code', { email: person.email }),
      async done() {
        await settle()
        const body = { code: await newestCode(person.email), password: NEW_PASSWORD }
        expect((await new Client().post('/user/reset-password', body)).status).toBe(200)
      },
    }
  },
  async 'POST /user/reset-password'() {
    const person = await signedInPerson(newName('resetting'))
    const code = await resetCode(person)
    return {
      send: () => new Client().post('/user/reset-password', { code, password: NEW_PASSWORD }),
      async done() {
        expect((await person.client.get('/user/me')).status, 'the old session').toBe(401)
        expect((await logIn(person, new Client())).status, 'the old password').toBe(401)
        expect((await logIn({ ...person, password: NEW_PASSWORD }, new Client())).status).toBe(200)
      },
    }
  },
  async 'POST /user/logout-all'() {
    const person = await signedInPerson(newName('leaving'))
    const [cookie] = [...person.client.cookies.entries()]
    return {
      send: () => person.client.post('/user/logout-all'),
      alreadyDone: [401],
      async done() {
        const client = new Client()
        if (cookie) client.cookies.set(...cookie)
        expect((await client.get('/user/me')).status).toBe(401)
      },
    }
  },
  async 'PATCH /user/me with fields'() {
    const person = await signedInPerson(newName('editing'))
    const username = newName('renamed')
    return {
      send: () => person.client.patch('/user/me', { bio: 'Hello.', username }),
      async done() {
        const { user } = (await person.client.get('/user/me')).json.data
        expect([user.bio, user.username]).toEqual(['Hello.', username])
      },
    }
  },
  async 'PATCH /user/me with one field'() {
    const person = await signedInPerson(newName('editing'))
    return {
      send: () => person.client.patch('/user/me', { bio: 'Hello.' }),
      async done() {
        expect((await person.client.get('/user/me')).json.data.user.bio).toBe('Hello.')
      },
    }
  },
  async 'PATCH /user/me with a password'() {
    const person = await signedInPerson(newName('changing'))
    const body = { password: NEW_PASSWORD, currentPassword: PASSWORD, bio: 'Changed.' }
    return {
      send: () => person.client.patch('/user/me', body),
      async done() {
        const me = await person.client.get('/user/me')
        expect([me.status, me.json.data?.user.bio]).toEqual([200, 'Changed.'])
        expect((await logIn(person, new Client())).status, 'the old password').toBe(401)
        expect((await logIn({ ...person, password: NEW_PASSWORD }, new Client())).status).toBe(200)
      },
    }
  },
  async 'POST /user/2fa'() {
    const person = await signedInPerson(newName('hardening'))
    return {
      send: () => person.client.post('/user/2fa', { state: true }),
      async done() {
        expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(true)
        expect(await rows(`SELECT 1 FROM mail_outbox WHERE user_id = ? AND kind = 'second_factor_on'`, idOf(person.id))).toHaveLength(1)
      },
    }
  },
}

/** Both of a pair strike at the same place and differ only in D1's message: a flow meets one, `npm run thorough` both. */
const PAIRS: readonly Record<string, Strike>[] = [
  {
    'fails before it commits': (n) => platform.faults.failStatement(n),
    'commits and loses its reply': (n) => platform.faults.loseReply(n),
  },
  {
    'finds the database overloaded': (n) => platform.faults.failStatement(n, 'overloaded'),
    'commits and is reset': (n) => platform.faults.loseReply(n, 'reset'),
  },
]
const faultsOf = (flow: number): Record<string, Strike> => (IS_THOROUGH ? Object.assign({}, ...PAIRS) : (PAIRS[flow % 2] ?? {}))

/** No flow has more operations than this. */
const OPERATIONS_MAX = 40

// The invariants cover everybody in the database. What is said first is done last.
afterEach(forgetEverybody)
freezeEachTest()

async function settle(): Promise<void> {
  clock.advance(LEASE_MS)
  await runCron()
}

for (const [index, [name, flow]] of Object.entries(flows).entries()) {
  describe(name, () => {
    for (const [what, strike] of Object.entries(faultsOf(index))) {
      test(`tells the truth when any one of its operations ${what}`, async () => {
        let n = 0
        while (await surviveFault(flow, strike, n + 1)) n += 1
        expect(n, 'operations that were struck').toBeGreaterThan(0)
        expect(n).toBeLessThan(OPERATIONS_MAX)
        await settle()
        await checkInvariants({ settled: true })
      })
    }
  })
}

/** False if the flow ended before the fault could strike. */
async function surviveFault(flow: () => Promise<Act>, strike: Strike, n: number): Promise<boolean> {
  // A new window for the limits of mails and attempts.
  clock.advance(60_000)
  const act = await flow()
  const { success = 200, alreadyDone = [] } = act
  const { reply, fired } = await underStrike(strike, n, act.send)
  expectCleanReply(reply)
  await checkInvariants()
  if (reply.status !== success) {
    expect([reply.status, reply.json.error], reply.text).toEqual([503, 'ServiceUnavailable'])
    const retry = await act.send()
    expectCleanReply(retry)
    expect([success, ...alreadyDone], retry.text).toContain(retry.status)
  }
  await act.done()
  return fired > 0
}
