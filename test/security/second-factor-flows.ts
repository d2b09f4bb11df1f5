/** Flows of second factors for `faults.test.ts`: each of their operations fails in turn. */
import { expect } from 'vitest'
import { clock } from '../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn } from '../support/actors.ts'
import { codeOf, personWithApp, STEP_MS } from '../support/authenticator.ts'
import { runCron } from '../support/cron.ts'
import { Client, newestCode, type Reply } from '../support/kith.ts'
import { logIn, signedInPerson } from '../support/people.ts'

/** One request, ready to be sent. */
export interface Act {
  readonly send: () => Promise<Reply>
  /** That it took effect: after a success at once, and at the end in any case. */
  readonly done: () => Promise<void>
  /** 200 if it does not say. */
  readonly success?: number
  /** Statuses with which a retry is refused because the first attempt took effect. */
  readonly alreadyDone?: readonly number[]
}

export async function expectSignedIn(client: Client): Promise<void> {
  expect((await client.get('/user/me')).status).toBe(200)
}

/** Signed in with the app. */
async function personOfTwoFactors(prefix: string) {
  const person = await personWithApp(prefix)
  clock.advance(STEP_MS)
  const reply = await answer(await pendingLogIn(person), codeOf(person.secret), person.client)
  if (reply.status !== 200) throw new Error(reply.text)
  return person
}

const hasApp = (person: { id: string }) => count(`second_factors WHERE user_id = ? AND kind = 'totp'`, idOf(person.id))
const codesOf = (person: { id: string }) => count('recovery_codes WHERE user_id = ?', idOf(person.id))

export const secondFactorFlows = {
  async 'POST /user/2fa/totp'() {
    const person = await signedInPerson(newName('enrolling'))
    let reply: Reply | undefined
    return {
      async send() {
        reply = await person.client.post('/user/2fa/totp')
        return reply
      },
      async done() {
        const code = codeOf(reply?.json.data.secret)
        expect((await person.client.post('/user/2fa/totp/confirm', { code })).status).toBe(200)
      },
    }
  },
  async 'POST /user/2fa/totp/confirm'() {
    const person = await signedInPerson(newName('confirming'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const code = codeOf(secret)
    return {
      send: () => person.client.post('/user/2fa/totp/confirm', { code }),
      // Nothing is pending any more.
      alreadyDone: [404],
      async done() {
        expect([await hasApp(person), await codesOf(person)]).toEqual([1, 10])
        expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'second_factor_on'`, idOf(person.id))).toBe(1)
        clock.advance(STEP_MS)
        expect((await answer(await pendingLogIn(person), codeOf(secret))).status).toBe(200)
      },
    }
  },
  async 'POST /user/do-2fa with an app'() {
    const person = await personWithApp('answering')
    clock.advance(STEP_MS)
    const pending = await pendingLogIn(person)
    const client = new Client()
    return {
      send: () => answer(pending, codeOf(person.secret), client),
      async done() {
        await expectSignedIn(client)
        expect(await count(`sessions WHERE user_id = ? AND amr LIKE '%otp%'`, idOf(person.id))).toBe(1)
      },
    }
  },
  async 'POST /user/do-2fa with a recovery code'() {
    const person = await personWithApp('recovering')
    const pending = await pendingLogIn(person)
    const client = new Client()
    return {
      send: () => answer(pending, person.recoveryCodes[0] ?? '', client),
      async done() {
        await expectSignedIn(client)
        expect(await count('recovery_codes WHERE user_id = ? AND used_at IS NOT NULL', idOf(person.id))).toBe(1)
        expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'recovery_code_used'`, idOf(person.id))).toBe(1)
      },
    }
  },
  async 'POST /user/2fa/email'() {
    const person = await personWithApp('asking')
    await answer(await pendingLogIn(person, person.client), person.recoveryCodes[0] ?? '', person.client)
    await person.client.post('/user/2fa', { state: true })
    const pending = await pendingLogIn(person)
    return {
      send: () => new Client().post('/user/2fa/email', { ...pending }),
      async done() {
        // Longer than a mail stays leased to a worker that died.
        clock.advance(3 * 60_000)
        await runCron()
        expect((await answer(pending, await newestCode(person.email))).status).toBe(200)
      },
    }
  },
  async 'POST /user/2fa/recovery-codes'() {
    const person = await personOfTwoFactors('renewing')
    let reply: Reply | undefined
    return {
      async send() {
        reply = await person.client.post('/user/2fa/recovery-codes')
        return reply
      },
      async done() {
        expect((await answer(await pendingLogIn(person), person.recoveryCodes[0] ?? '')).status, 'an old one').toBe(400)
        expect((await answer(await pendingLogIn(person), reply?.json.data.recoveryCodes[9])).status).toBe(200)
      },
    }
  },
  async 'DELETE /user/2fa/totp'() {
    const person = await personOfTwoFactors('removing')
    return {
      send: () => person.client.delete('/user/2fa/totp'),
      async done() {
        expect([await hasApp(person), await codesOf(person)]).toEqual([0, 0])
        expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(false)
        expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'second_factor_off'`, idOf(person.id))).toBe(1)
      },
    }
  },
}
