// Log-in and its second factor, log-out, the caller's own sessions and log-in history (wire §3.2, §3.5, §6.8-9, §6.14).
import { afterEach, describe, expect, test } from 'vitest'
import { Ok } from '../../../src/apis/user/replies.ts'
import {
  DoTwoFactorReply,
  LoginHistoryReply,
  LoginReply,
  SessionStateReply,
  SessionsReply,
} from '../../../src/apis/user/sessions/presenters.ts'
import { clock } from '../../platform/clock.ts'
import { answer, newName, pendingLogIn, personWithSecondFactor, wrongCodes } from '../../support/actors.ts'
import { Client, db, mailsTo, newestCode } from '../../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { bearerOf, idOf, userToken } from '../../support/tokens.ts'

const MINUTE_MS = 60_000
const UNKNOWN_ID = 'ffffffffffffffffffffffff'

afterEach(() => clock.restore())

// The lists first, before any test moves the clock: they begin now.
describe('the sessions of the caller', () => {
  test('are listed newest first, with where they were begun', async () => {
    const person = await signedInPerson('list_person')
    const other = new Client()
    other.userAgent = 'phone/1.0'
    await logIn(person, other)
    const token = bearerOf(await userToken(person))
    const { records } = SessionsReply.parse((await person.client.get('/user/sessions')).json).data
    expect(records.map(({ current, clientId, userAgent }) => [current, clientId !== null, userAgent])).toEqual([
      [false, true, null],
      [false, false, 'phone/1.0'],
      [true, false, 'kith-test/1.0'],
    ])
    expect(SessionsReply.parse((await token.get('/user/sessions')).json).data.records[0]?.current).toBe(true)
  })

  test('end one by one; a foreign, a missing and an ended one are one 404', async () => {
    const person = await signedInPerson('end_person')
    const stranger = await signedInPerson('end_stranger')
    const other = new Client()
    await logIn(person, other)
    const own = (await other.get('/user/session-state')).json.data.session._id
    const foreign = (await stranger.client.get('/user/session-state')).json.data.session._id
    expect((await person.client.delete(`/user/sessions/${own}`)).json).toEqual({ ok: 1 })
    expect((await other.get('/user/me')).status).toBe(401)
    for (const id of [own, foreign, UNKNOWN_ID]) {
      const reply = await person.client.delete(`/user/sessions/${id}`)
      expect([reply.status, reply.json]).toEqual([
        404,
        { ok: 0, error: 'NotFound', additionalInfo: { method: 'DELETE', path: `/user/sessions/${id}` } },
      ])
    }
    expect((await stranger.client.get('/user/me')).status).toBe(200)
    expect((await person.client.delete('/user/sessions/nonsense')).status).toBe(400)
  })

  test('session-state tells who is signed in, and since when', async () => {
    const person = await signedInPerson('state_person')
    const { userInfo, session } = SessionStateReply.parse((await person.client.get('/user/session-state')).json).data
    expect(userInfo._id).toBe(person.id)
    expect(Math.abs(Date.parse(session.authenticatedAt) - Date.now())).toBeLessThan(MINUTE_MS)
  })
})

describe('login-history', () => {
  test('is newest first, failures included, and begins at any time', async () => {
    const person = await signedInPerson('history_person')
    for (let n = 0; n < 4; n += 1) await logIn({ ...person, password: n % 2 ? 'wrong' : person.password }, new Client())
    const read = async (query: string) =>
      LoginHistoryReply.parse((await person.client.get(`/user/login-history${query}`)).json).data.records
    const all = await read('')
    expect(all.map(({ success }) => success)).toEqual([false, true, false, true, true])
    expect(await read('?offset=2025-06-01T00:00:00Z')).toEqual([])
    expect(await read(`?offset=${new Date(Date.now() + MINUTE_MS).toISOString()}`)).toEqual(all)
  })
})

describe('log-in', () => {
  test('shows what a program calls itself without what turns or hides other text, not cut within a character', async () => {
    const { client, username, password } = await verifiedPerson('login_agent')
    const userAgent = `A\u202Eb\u2028c\u0007${'x'.repeat(508)}\u{1F600}y`
    await client.post('/user/login', { username, password, userAgent })
    const { records } = (await client.get('/user/sessions')).json.data
    expect(records[0].userAgent).toBe(`Abc${'x'.repeat(508)}\u{1F600}`)
  })

  test('takes the user name, the address, or both of one account', async () => {
    const person = await verifiedPerson('login_names')
    const { username, email, password } = person
    for (const who of [{ username }, { email }, { username, email }, { username: 'LOGIN_Names' }, { email: email.toUpperCase() }]) {
      const reply = await new Client().post('/user/login', { ...who, password, userAgent: 'test' })
      expect(reply.status).toBe(200)
      const { data } = LoginReply.parse(reply.json)
      expect(data).toMatchObject({ '2faEnabled': false, user: { _id: person.id } })
      expect(data.user).toEqual(data.userInfo)
      expect(reply.json.data.user).toHaveProperty('varifiedDate', reply.json.data.user.verifiedDate)
    }
    const other = await verifiedPerson('login_names2')
    expect((await new Client().post('/user/login', { username, email: other.email, password })).status).toBe(401)
  })

  test('takes the address as people type it, also in the place of the user name', async () => {
    const username = newName('typed_log')
    const person = await signUp(username, `${username}@bücher.example`)
    const stored = `${username}@xn--bcher-kva.example`
    await person.client.post('/user/verify-email', { code: await newestCode(stored) })
    for (const names of [
      { username: stored },
      { username: ` ${username.toUpperCase()}@BÜCHER.example ` },
      { email: `${username}@bücher.example\n` },
      { username: stored, email: stored },
      { username: ` ${username} `, email: stored },
    ]) {
      expect([names, (await new Client().post('/user/login', { ...names, password: PASSWORD })).status]).toEqual([names, 200])
    }
    expect((await new Client().post('/user/login', { username: stored, email: 'other@example.com', password: PASSWORD })).status).toBe(401)
    await new Client().post('/user/code', { email: ` ${username}@bücher.example` })
    const reset = { code: (await newestCode(stored)).replaceAll('-', '\u2014'), password: 'quite-another-horse' }
    expect((await new Client().post('/user/reset-password', reset)).status).toBe(200)
  })

  test('the user agent may be left out; a form does as well', async () => {
    const { username, password } = await verifiedPerson('login_form')
    expect((await new Client().post('/user/login', new URLSearchParams({ username, password }))).status).toBe(200)
    expectWrongField(await new Client().post('/user/login', { password }), 'username')
  })

  test('by address, all that fails is one answer, which says that the address may not be verified', async () => {
    const person = await verifiedPerson('login_address1')
    const unproved = await signUp('login_address2')
    const banned = await verifiedPerson('login_address3')
    await db.prepare('UPDATE users SET banned_at = 1 WHERE id = ?').bind(idOf(banned)).run()
    const tries = [
      { email: person.email, password: 'wrong' },
      { email: 'login_nobody@example.com', password: PASSWORD },
      { email: unproved.email, password: PASSWORD },
      { email: unproved.email, password: 'wrong' },
      { email: banned.email, password: PASSWORD },
      { username: unproved.email, password: PASSWORD },
    ]
    const replies = await Promise.all(tries.map((body) => new Client().post('/user/login', body)))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
    const message = 'The credentials are wrong, or the email address is not verified yet'
    expect(replies[0]?.json).toEqual({ ok: 0, error: 'Unauthorized', additionalInfo: { message } })
  })

  test('an unverified account is told so after a right password only', async () => {
    const person = await signUp('login_unproved')
    expect((await logIn(person)).json).toMatchObject({ ok: 0, error: 'ResourceNotActive' })
    const wrong = await logIn({ ...person, password: 'wrong' })
    expect(wrong.json).toEqual({ ok: 0, error: 'Unauthorized', additionalInfo: { message: 'The credentials are wrong' } })
    const reply = await logIn(person, person.client)
    expect([reply.status, reply.headers.getSetCookie()]).toEqual([401, []])
  })

  test('a new device sends a notice, a known one does not', async () => {
    const person = await signedInPerson('login_device')
    const before = (await mailsTo(person.email)).length
    await logIn(person, new Client())
    expect(await mailsTo(person.email)).toHaveLength(before)
    const client = new Client()
    client.userAgent = 'another/2.0'
    await logIn(person, client)
    expect(await mailsTo(person.email)).toHaveLength(before + 1)
  })
})

describe('the second factor', () => {
  test('a log-in answers a sessionHash and hardly anything else, and no cookie', async () => {
    const person = await personWithSecondFactor('second_hash')
    const reply = await logIn(person, new Client())
    LoginReply.parse(reply.json)
    expect(reply.headers.getSetCookie()).toEqual([])
    expect(reply.json.data.user).toEqual({ _id: person.id, username: person.username, email: person.email })
    expect(reply.json.data.userInfo).toEqual(reply.json.data.user)
    expect(reply.json.data.sessionHash).toMatch(/^[\w-]{43}$/)
    expect((await logIn({ ...person, password: 'wrong' }, new Client())).json).not.toHaveProperty('data')
  })

  test('the code as text, in an array, or as a number that has lost its zeros', async () => {
    clock.freeze()
    const person = await personWithSecondFactor('second_forms')
    for (const form of ['text', 'array', 'number', 'form'] as const) {
      clock.advance(MINUTE_MS)
      const client = new Client()
      const pending = await pendingLogIn(person, client)
      const code = await newestCode(person.email)
      const body = { ...pending, code: form === 'number' ? Number(code) : code }
      const sent = form === 'array' ? [body] : form === 'form' ? new URLSearchParams({ ...body, code }) : body
      const reply = await client.post('/user/do-2fa', sent)
      expect(reply.status, `${form} ${reply.text}`).toBe(200)
      const { user, userInfo } = DoTwoFactorReply.parse(reply.json).data
      expect(user).toEqual(userInfo)
      expect((await client.get('/user/me')).json.data.user._id).toBe(person.id)
    }
  })

  test('wrong, used, foreign and expired codes get the same refusal', async () => {
    clock.freeze()
    const [person, other] = [await personWithSecondFactor('second_refused'), await personWithSecondFactor('second_other')]
    const client = new Client()
    const right = { ...(await pendingLogIn(person)), code: await newestCode(person.email) }
    const texts = new Set<string>()
    const refuse = async (body: Record<string, unknown>) => {
      const reply = await client.post('/user/do-2fa', body)
      expect(reply.status).toBe(400)
      expect(reply.json.additionalInfo.errors).toMatchObject([{ path: 'sessionHash' }, { path: 'code' }])
      expect(reply.headers.getSetCookie()).toEqual([])
      texts.add(reply.text)
    }
    await refuse({ ...right, code: wrongCodes(right.code, 1)[0] })
    await refuse({ ...right, target: other.id })
    await refuse({ ...right, target: UNKNOWN_ID })
    await refuse({ ...right, sessionHash: 'x'.repeat(43) })
    expect((await client.post('/user/do-2fa', right)).status).toBe(200)
    await refuse(right)
    clock.advance(MINUTE_MS)
    const late = { ...(await pendingLogIn(person)), code: await newestCode(person.email) }
    clock.advance(11 * MINUTE_MS)
    await refuse(late)
    expect(texts.size).toBe(1)
  })

  test('switching it on needs a sign-in of the last ten minutes, and ends the other sessions', async () => {
    clock.freeze()
    const person = await signedInPerson('second_on')
    const other = new Client()
    await logIn(person, other)
    clock.advance(10 * MINUTE_MS + 1)
    const stale = await person.client.post('/user/2fa', { state: true })
    expect([stale.status, stale.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    await logIn(person)
    const reply = await person.client.post('/user/2fa', [{ state: true }])
    expect([reply.status, Ok.parse(reply.json)]).toEqual([200, { ok: 1 }])
    expect((await other.get('/user/me')).status).toBe(401)
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await mailsTo(person.email))[0]?.subject).toMatch(/second|two|code|2fa/i)
    expect((await person.client.post('/user/2fa', new URLSearchParams({ state: 'true' }))).status).toBe(200)
  })

  test('switching it off needs a session that was begun with it', async () => {
    const person = await signedInPerson('second_off')
    await person.client.post('/user/2fa', { state: true })
    const refused = await person.client.post('/user/2fa', { state: false })
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'second_factor_required'])
    const client = new Client()
    await answer(await pendingLogIn(person), await newestCode(person.email), client)
    expect((await client.post('/user/2fa', { state: false })).json).toEqual({ ok: 1 })
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(false)
  })
})

describe('log-out', () => {
  test('ends this session, clears the cookie, and without a session is no error', async () => {
    const person = await signedInPerson('logout_one')
    const cookie = `__Host-kith_session=${person.client.cookies.get('__Host-kith_session')}`
    const reply = await person.client.post('/user/logout')
    expect(Ok.parse(reply.json)).toEqual({ ok: 1 })
    expect(reply.headers.getSetCookie()[0]).toMatch(/^__Host-kith_session=;.*Max-Age=0/)
    expect((await new Client().get('/user/me', { headers: { cookie } })).status).toBe(401)
    for (const client of [new Client(), person.client, bearerOf('dead')]) {
      expect([(await client.post('/user/logout')).status, (await client.get('/user/logout')).status]).toEqual([200, 200])
    }
  })

  test('with a token ends the grant of the token, by GET and by POST', async () => {
    const person = await signedInPerson('logout_token')
    for (const method of ['GET', 'POST']) {
      const client = bearerOf(await userToken(person))
      expect((await client.fetch('/user/logout', { method })).json).toEqual({ ok: 1 })
      expect((await client.get('/user/me')).status).toBe(401)
    }
    expect((await person.client.get('/user/me')).status).toBe(200)
  })
})
