// Budgets of sign-in, second factors and sessions, with a long past where that could make a statement longer.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import { codeOf, STEP_MS, wrongCodeOf } from '../../support/authenticator.ts'
import { spend } from '../../support/budget.ts'
import { Client, db, newestCode, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, verifiedPerson } from '../../support/people.ts'
import { bearerOf, idOf, newGrant, newOAuthClient, userToken } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

/** Sessions that somebody has left behind, alive or ended. */
export async function addSessions(person: Person, count: number, columns: { clientId: string | null; revokedAt?: number }): Promise<void> {
  const now = Date.now()
  await db.batch(
    Array.from({ length: count }, () =>
      db
        .prepare(
          `INSERT INTO sessions (id, user_id, client_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr, revoked_at)
         SELECT ?, id, ?, 'delegated:all', epoch, ?, ?, ?, ?, ?, 'pwd', ? FROM users WHERE id = ?`,
        )
        .bind(newId(), columns.clientId, now, now + 1e9, now + 1e9, now, now, columns.revokedAt ?? null, idOf(person)),
    ),
  )
}

export function walkSessions(): void {
  describe('a request keeps to the budget of its route', () => {
    beforeAll(() => platform.reset())

    test('POST /user/login, right and wrong, known and unknown', async () => {
      const person = await verifiedPerson('budget_login')
      const body = { username: person.username, password: person.password }
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', body))
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', { ...body, email: person.email }))
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', { email: person.email, password: PASSWORD }))
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', { ...body, password: 'wrong' }), 401)
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', { ...body, username: 'nobody_here' }), 401)
      const again = new Client()
      expectWithin('POST /user/login', await spend(again, 'POST', '/user/login', body))
      // The account now knows the network, and then the browser.
      expectWithin('POST /user/login', await spend(again, 'POST', '/user/login', body))
      expect((await logIn(person, again)).status).toBe(200)
      expectWithin('POST /user/login', await spend(again, 'POST', '/user/login', body))
    })

    test('POST /user/login of somebody with a hundred grants to apps', async () => {
      const person = await verifiedPerson('budget_apps')
      await addSessions(person, 100, { clientId: await newOAuthClient() })
      const body = { username: person.username, password: person.password }
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', body))
    })

    test('POST /user/login of somebody with as many browser sessions as there may be', async () => {
      const person = await verifiedPerson('budget_browsers')
      await addSessions(person, 50, { clientId: null })
      const body = { username: person.username, password: person.password }
      expectWithin('POST /user/login', await spend(new Client(), 'POST', '/user/login', body))
    })

    test('POST /user/login with a second factor, and POST /user/do-2fa', async () => {
      const person = await signedInPerson('budget_second')
      expectWithin('POST /user/2fa', await spend(person.client, 'POST', '/user/2fa', { state: true }))
      const body = { username: person.username, password: person.password }
      const pending = await spend(person.client, 'POST', '/user/login', body)
      expectWithin('POST /user/login with a second factor', pending)
      const { sessionHash } = pending.json.data
      const code = await newestCode(person.email)
      const wrong = { target: person.id, sessionHash, code: code === '000000' ? '000001' : '000000' }
      expectWithin('POST /user/do-2fa', await spend(person.client, 'POST', '/user/do-2fa', wrong), 400)
      expectWithin('POST /user/do-2fa', await spend(person.client, 'POST', '/user/do-2fa', { ...wrong, code }))
    })

    test('POST /user/sign-in-code and its confirmation, right and wrong, known and unknown, the first and the next', async () => {
      const person = await verifiedPerson('budget_mailed')
      const [request, confirm] = ['POST /user/sign-in-code', 'POST /user/sign-in-code/confirm']
      for (const body of [{ email: person.email }, { username: person.username }, { username: 'nobody_here' }]) {
        const asked = await spend(new Client(), 'POST', '/user/sign-in-code', body)
        expectWithin(request, asked)
        const wrong = { token: asked.json.data.token, code: '000000' }
        expectWithin(confirm, await spend(new Client(), 'POST', '/user/sign-in-code/confirm', wrong), 400)
      }
      const other = await verifiedPerson('budget_mailed_2')
      const { token } = (await spend(other.client, 'POST', '/user/sign-in-code', { email: other.email })).json.data
      const right = { token, code: await newestCode(other.email) }
      expectWithin(confirm, await spend(other.client, 'POST', '/user/sign-in-code/confirm', right))
    })

    test('an authenticator app, from its secret to its end, and a sign-in with it and with a recovery code', async () => {
      clock.freeze()
      const person = await signedInPerson('budget_app')
      const { client } = person
      const begun = await spend(client, 'POST', '/user/2fa/totp')
      expectWithin('POST /user/2fa/totp', begun)
      const { secret } = begun.json.data
      const confirm = (code: string) => spend(client, 'POST', '/user/2fa/totp/confirm', { code })
      expectWithin('POST /user/2fa/totp/confirm', await confirm(wrongCodeOf(secret)), 400)
      const confirmed = await confirm(codeOf(secret))
      expectWithin('POST /user/2fa/totp/confirm', confirmed)
      expectWithin('GET /user/2fa', await spend(client, 'GET', '/user/2fa'))
      const pending = async () => {
        const reply = await spend(client, 'POST', '/user/login', { username: person.username, password: person.password })
        expectWithin('POST /user/login with a second factor', reply)
        return { target: person.id, sessionHash: reply.json.data.sessionHash }
      }
      const one = await pending()
      const wrong = { ...one, code: wrongCodeOf(secret) }
      expectWithin('POST /user/do-2fa with an app', await spend(client, 'POST', '/user/do-2fa', wrong), 400)
      const code = confirmed.json.data.recoveryCodes[0]
      expectWithin('POST /user/do-2fa with a recovery code', await spend(client, 'POST', '/user/do-2fa', { ...one, code }))
      expect((await client.post('/user/do-2fa', { ...(await pending()), code: confirmed.json.data.recoveryCodes[1] })).status).toBe(200)
      expectWithin('POST /user/2fa', await spend(client, 'POST', '/user/2fa', { state: true }))
      clock.advance(STEP_MS)
      const two = await pending()
      expectWithin('POST /user/2fa/email', await spend(client, 'POST', '/user/2fa/email', two))
      expectWithin('POST /user/2fa/email', await spend(client, 'POST', '/user/2fa/email', { ...two, target: 'f'.repeat(24) }))
      expectWithin('POST /user/do-2fa with an app', await spend(client, 'POST', '/user/do-2fa', { ...two, code: codeOf(secret) }))
      clock.advance(STEP_MS)
      expect((await client.post('/user/do-2fa', { ...(await pending()), code: codeOf(secret) })).status).toBe(200)
      expectWithin('POST /user/2fa/recovery-codes', await spend(client, 'POST', '/user/2fa/recovery-codes'))
      expectWithin('DELETE /user/2fa/totp', await spend(client, 'DELETE', '/user/2fa/totp'))
      clock.restore()
    })

    test('logout and logout-all, by GET and by POST', async () => {
      const person = await signedInPerson('budget_leaver')
      await addSessions(person, 40, { clientId: await newOAuthClient() })
      for (const route of ['GET /user/logout', 'POST /user/logout', 'GET /user/logout-all', 'POST /user/logout-all']) {
        const [method = '', path = ''] = route.split(' ')
        expectWithin(route, await spend(bearerOf(await userToken(person)), method, path))
      }
    })

    test('GET /user/me and GET /user/session-state, with a cookie and with a token', async () => {
      const person = await signedInPerson('budget_reader')
      for (const client of [person.client, bearerOf(await userToken(person))]) {
        expectWithin('GET /user/me', await spend(client, 'GET', '/user/me'))
        expectWithin('GET /user/session-state', await spend(client, 'GET', '/user/session-state'))
      }
    })

    test('GET /user/login-history of somebody who signs in often', async () => {
      const person = await signedInPerson('budget_often')
      const events = ['sign_in', 'password_changed', 'sign_in_failed', 'signed_out'].flatMap((type) => Array<string>(50).fill(type))
      const insert = "INSERT INTO audit_events (id, user_id, type, user_agent, place, created_at) VALUES (?, ?, ?, '', '', 0)"
      await db.batch(events.map((type) => db.prepare(insert).bind(newId(), idOf(person), type)))
      const spent = await spend(person.client, 'GET', `/user/login-history?limit=${RECORDS}`)
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/login-history', spent)
    })

    test('GET /user/sessions of somebody with a long past', async () => {
      const person = await signedInPerson('budget_sessions')
      await addSessions(person, 40, { clientId: null })
      await addSessions(person, 40, { clientId: await newOAuthClient() })
      const token = await userToken(person)
      const spent = await spend(bearerOf(token), 'GET', `/user/sessions?limit=${RECORDS}`)
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/sessions', spent)
    })

    test('GET /user/sessions and POST /user/login after a logout-all that ended a hundred sessions', async () => {
      const person = await signedInPerson('budget_voided')
      await addSessions(person, 100, { clientId: await newOAuthClient() })
      expect((await person.client.post('/user/logout-all')).status).toBe(200)
      const body = { username: person.username, password: person.password }
      expect((await spend(new Client(), 'POST', '/user/login', body)).counts.rowsRead).toBeLessThan(60)
      await logIn(person)
      expectWithin('GET /user/sessions', await spend(person.client, 'GET', '/user/sessions'))
    })

    test('GET /user/sessions and POST /user/login of somebody who has signed out a hundred times', async () => {
      const person = await signedInPerson('budget_revoked')
      await addSessions(person, 100, { clientId: null, revokedAt: Date.now() })
      expectWithin('GET /user/sessions', await spend(person.client, 'GET', '/user/sessions'))
      const body = { username: person.username, password: person.password }
      const { counts } = await spend(new Client(), 'POST', '/user/login', body)
      expect(counts.rowsRead).toBeLessThan(60)
    })

    test('DELETE /user/sessions/:id', async () => {
      const person = await signedInPerson('budget_ender')
      const other = await newGrant(person, await newOAuthClient())
      const path = `/user/sessions/${other.toString(16).padStart(24, '0')}`
      expectWithin('DELETE /user/sessions/:id', await spend(person.client, 'DELETE', path))
    })

    test('no authenticated read asks the rate limiter', async () => {
      const { client } = await signedInPerson('budget_limits')
      for (const path of ['/user/me', '/user/session-state', '/user/login-history', '/user/sessions']) {
        expect((await spend(client, 'GET', path)).counts.limiterCalls).toBe(0)
      }
    })

    test('a session in use is touched after the reply, once in a quarter of an hour', async () => {
      const person = await signedInPerson('budget_touch')
      await db.prepare('UPDATE sessions SET last_used_at = last_used_at - 1000000 WHERE user_id = ?').bind(idOf(person)).run()
      const first = await spend(person.client, 'GET', '/user/me')
      expectWithin('GET /user/me', first)
      expect(first.later.d1RoundTrips).toBe(1)
      expect((await spend(person.client, 'GET', '/user/me')).later.d1RoundTrips).toBe(0)
    })

    test('log-in leaves few tasks for after the reply', async () => {
      const person = await verifiedPerson('budget_later')
      const { later } = await spend(new Client(), 'POST', '/user/login', { username: person.username, password: person.password })
      expect(later.d1RoundTrips).toBeLessThanOrEqual(2)
      expect(later.kvWrites).toBeLessThanOrEqual(2)
      expect((await logIn(person)).status).toBe(200)
    })
  })
}
