// Second factors over HTTP: an authenticator app is enrolled, removed and signs in; recovery codes; the code by email on request
// (security rows 14-20, 22).
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { RecoveryCodesReply, SecondFactorsReply, TotpConfirmedReply, TotpReply } from '../../../src/apis/user/second-factors/presenters.ts'
import { LoginReply } from '../../../src/apis/user/sessions/presenters.ts'
import {
  CHANGES_WINDOW_MS,
  FACTOR_CHANGES_PER_DAY,
  FRESH_SIGN_IN_MS,
  MAIL_PAUSE_MS,
  SECOND_FACTOR_WINDOW_MS,
  TOTP_ENROLMENT_MS,
} from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn, personWithSecondFactor, resetCode, rows } from '../../support/actors.ts'
import { codeOf, enrol, personWithApp, STEP_MS, wrongCodeOf } from '../../support/authenticator.ts'
import { checkInvariants } from '../../support/invariants.ts'
import { Client, mailsTo, newestCode, type Reply } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'

beforeEach(() => clock.freeze())
afterEach(async () => {
  clock.restore()
  await checkInvariants()
})

const refused = (reply: Reply) => [reply.status, reply.json.error, reply.json.additionalInfo.reason ?? null]
const NEEDS_FRESH = [403, 'Forbidden', 'fresh_sign_in_required']
const NEEDS_FACTOR = [403, 'Forbidden', 'second_factor_required']
const CODE_INVALID = [400, 'ClientInputError', null]

/** Signs in with the app's code of the next unused step. */
async function signInWithApp(person: Person & { secret: string }, client = person.client): Promise<void> {
  clock.advance(STEP_MS)
  const reply = await answer(await pendingLogIn(person, client), codeOf(person.secret), client)
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`)
}

/** Codes by email beside the app. */
async function turnMailOn(person: Person & { secret: string }): Promise<void> {
  await signInWithApp(person)
  const reply = await person.client.post('/user/2fa', { state: true })
  if (reply.status !== 200) throw new Error(`${reply.status} ${reply.text}`)
}

const subjects = async (person: Person) => (await mailsTo(person.email)).map(({ subject }) => subject)
const listed = async (client: Client) => SecondFactorsReply.parse((await client.get('/user/2fa')).json).data

describe('an authenticator app', () => {
  test('begins with a secret of 160 bits and a URI for a QR code, and counts only once it has shown a code', async () => {
    const person = await signedInPerson(newName('enroller'))
    const { secret, uri } = TotpReply.parse((await person.client.post('/user/2fa/totp')).json).data
    expect(secret).toMatch(/^[A-Z2-7]{32}$/)
    const parsed = new URL(uri)
    // The product's name.
    const issuer = 'Kith'
    expect([parsed.protocol, parsed.host, decodeURIComponent(parsed.pathname)]).toEqual([
      'otpauth:',
      'totp',
      `/${issuer}:${person.username}`,
    ])
    expect(Object.fromEntries(parsed.searchParams)).toEqual({ issuer, secret, algorithm: 'SHA1', digits: '6', period: '30' })
    expect(await listed(person.client)).toEqual({ '2faEnabled': false, methods: [], recoveryCodesLeft: 0 })
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(false)

    const reply = await person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) })
    const { recoveryCodes } = TotpConfirmedReply.parse(reply.json).data
    expect(recoveryCodes).toHaveLength(10)
    expect(await listed(person.client)).toMatchObject({
      '2faEnabled': true,
      methods: [{ method: 'totp', weakest: false }],
      recoveryCodesLeft: 10,
    })
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(true)
  })

  test('ends all other sessions, sends a notice and is in the audit trail', async () => {
    const person = await signedInPerson(newName('enroller'))
    const [other, token] = [new Client(), bearerOf(await userToken(person))]
    await logIn(person, other)
    await enrol(person.client)
    for (const client of [other, token]) expect((await client.get('/user/me')).status).toBe(401)
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await subjects(person))[0]).toBe('Two-step sign-in is now on for Kith')
    expect(await rows(`SELECT detail FROM audit_events WHERE user_id = ? AND type = 'second_factor_on'`, idOf(person.id))).toEqual([
      { detail: 'totp' },
    ])
  })

  test('a wrong code, a code two steps away and one of another secret do not switch it on; the step before does', async () => {
    const person = await signedInPerson(newName('enroller'))
    const other = (await person.client.post('/user/2fa/totp')).json.data.secret
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const confirm = (code: string) => person.client.post('/user/2fa/totp/confirm', { code })
    for (const code of [wrongCodeOf(secret), codeOf(secret, 2), codeOf(secret, -2), codeOf(other)]) {
      expect(refused(await confirm(code))).toEqual(CODE_INVALID)
    }
    expect((await listed(person.client))['2faEnabled']).toBe(false)
    expect((await confirm(codeOf(secret, -1))).status).toBe(200)
  })

  test('the code may be guessed ten times in 15 minutes, and then the right one is refused too', async () => {
    const person = await signedInPerson(newName('guesser'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const confirm = (code: string) => person.client.post('/user/2fa/totp/confirm', { code })
    for (let n = 0; n < 10; n++) expect((await confirm(wrongCodeOf(secret))).status).toBe(400)
    for (const code of [wrongCodeOf(secret), codeOf(secret)]) {
      const reply = await confirm(code)
      expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, String(SECOND_FACTOR_WINDOW_MS / 1000)])
    }
    expect((await listed(person.client))['2faEnabled']).toBe(false)
  })

  test('not enrolled, too late, twice: there is nothing to confirm', async () => {
    const person = await signedInPerson(newName('late'))
    const confirm = (code: string) => person.client.post('/user/2fa/totp/confirm', { code })
    expect((await confirm('123456')).status).toBe(404)
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    clock.advance(TOTP_ENROLMENT_MS)
    await logIn(person)
    expect((await confirm(codeOf(secret))).status).toBe(404)
    const next = (await person.client.post('/user/2fa/totp')).json.data.secret
    expect((await confirm(codeOf(next))).status).toBe(200)
    await signInWithApp({ ...person, secret: next })
    expect((await confirm(codeOf(next))).status).toBe(404)
  })

  test('enabling needs a fresh sign-in at both steps; with a factor on, one with the factor', async () => {
    const person = await signedInPerson(newName('stale'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    clock.advance(FRESH_SIGN_IN_MS + 1)
    expect(refused(await person.client.post('/user/2fa/totp'))).toEqual(NEEDS_FRESH)
    expect(refused(await person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) }))).toEqual(NEEDS_FRESH)
    await logIn(person)
    expect((await person.client.post('/user/2fa', { state: true })).status).toBe(200)
    expect(refused(await person.client.post('/user/2fa/totp'))).toEqual(NEEDS_FACTOR)
    expect(refused(await person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) }))).toEqual(NEEDS_FACTOR)
  })

  test('another app replaces it only once confirmed, and the recovery codes stay', async () => {
    const person = await personWithApp('replacer')
    await signInWithApp(person)
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    await signInWithApp(person)
    const reply = await person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) })
    expect(TotpConfirmedReply.parse(reply.json).data.recoveryCodes).toBeNull()
    expect((await subjects(person))[0]).toBe('Two-step sign-in was changed for Kith')
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status, 'the old app').toBe(400)
    expect((await answer(await pendingLogIn(person), codeOf(secret))).status, 'the new app').toBe(200)
    expect((await listed(person.client)).recoveryCodesLeft).toBe(10)
  })

  test('is removed from a fresh sign-in with a factor; then the password is enough, and the recovery codes are gone', async () => {
    const person = await personWithApp('remover')
    expect(refused(await person.client.delete('/user/2fa/totp'))).toEqual(NEEDS_FACTOR)
    await signInWithApp(person)
    const other = new Client()
    await signInWithApp(person, other)
    clock.advance(FRESH_SIGN_IN_MS + 1)
    expect(refused(await person.client.delete('/user/2fa/totp'))).toEqual(NEEDS_FRESH)
    await signInWithApp(person)
    expect((await person.client.delete('/user/2fa/totp')).json).toEqual({ ok: 1 })
    expect((await other.get('/user/me')).status).toBe(401)
    expect((await subjects(person))[0]).toBe('Two-step sign-in is now off for Kith')
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(false)
    expect(await listed(person.client)).toEqual({ '2faEnabled': false, methods: [], recoveryCodesLeft: 0 })
    const mails = (await mailsTo(person.email)).length
    expect((await person.client.delete('/user/2fa/totp')).json, 'once more').toEqual({ ok: 1 })
    expect(await mailsTo(person.email)).toHaveLength(mails)
  })

  test('beside codes by email: the notices say what changed, and the recovery codes stay until the last factor goes', async () => {
    const person = await personWithApp('both')
    await signInWithApp(person)
    expect((await person.client.post('/user/2fa', { state: true })).status).toBe(200)
    expect((await subjects(person))[0]).toBe('Two-step sign-in was changed for Kith')
    expect((await listed(person.client)).methods.map(({ method, weakest }) => [method, weakest])).toEqual([
      ['totp', false],
      ['email', true],
    ])
    await signInWithApp(person)
    expect((await person.client.delete('/user/2fa/totp')).status).toBe(200)
    expect((await mailsTo(person.email))[0]?.text).toContain('The authenticator app was removed')
    expect((await listed(person.client)).recoveryCodesLeft).toBe(10)
    expect((await person.client.post('/user/2fa', { state: false })).status).toBe(200)
    expect((await listed(person.client)).recoveryCodesLeft).toBe(0)
  })
})

describe('signing in with an authenticator app', () => {
  test('the log-in says what can answer it, and mails nothing', async () => {
    const person = await personWithApp('signer')
    const mails = (await mailsTo(person.email)).length
    const data = LoginReply.parse((await logIn(person, new Client())).json).data
    expect(data).toMatchObject({ '2faEnabled': true, methods: ['totp', 'recovery_code'] })
    expect((await logIn({ ...person, password: 'wrong' }, new Client())).json).not.toHaveProperty('data')
    await turnMailOn(person)
    expect((await logIn(person, new Client())).json.data.methods).toEqual(['totp', 'recovery_code', 'email'])
    expect((await mailsTo(person.email)).length - mails, 'the notice of the switch').toBe(1)
    const byMail = await personWithSecondFactor('by_mail')
    expect((await logIn(byMail, new Client())).json.data.methods).toEqual(['email'])
  })

  test('the code of this step, of the one before and of the next is good; two steps away is not', async () => {
    const person = await personWithApp('steps')
    for (const [steps, status] of [
      [-2, 400],
      [2, 400],
      [0, 200],
      [1, 200],
    ] as const) {
      clock.advance(4 * STEP_MS)
      expect((await answer(await pendingLogIn(person), codeOf(person.secret, steps))).status, `${steps}`).toBe(status)
    }
    clock.advance(4 * STEP_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret, -1))).status).toBe(200)
  })

  test('a code is good once, in its step and in the next; the code of the enrolment was its use', async () => {
    const person = await personWithApp('replayed')
    expect(refused(await answer(await pendingLogIn(person), codeOf(person.secret)))).toEqual(CODE_INVALID)
    clock.advance(STEP_MS)
    const code = codeOf(person.secret)
    expect((await answer(await pendingLogIn(person), code)).status).toBe(200)
    expect(refused(await answer(await pendingLogIn(person), code))).toEqual(CODE_INVALID)
    clock.advance(STEP_MS)
    expect(refused(await answer(await pendingLogIn(person), code)), 'a step later').toEqual(CODE_INVALID)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status).toBe(200)
    expect(refused(await answer(await pendingLogIn(person), codeOf(person.secret, -1))), 'an earlier one').toEqual(CODE_INVALID)
  })

  test('as a number, with its zeros lost, and with a space; the session is one of two factors', async () => {
    const person = await personWithApp('typist')
    do clock.advance(STEP_MS)
    while (!codeOf(person.secret).startsWith('0'))
    const code = codeOf(person.secret)
    const body = await pendingLogIn(person)
    expect((await person.client.post('/user/do-2fa', { ...body, code: Number(code) })).status).toBe(200)
    clock.advance(STEP_MS)
    const next = codeOf(person.secret)
    expect((await answer(await pendingLogIn(person), `${next.slice(0, 3)} ${next.slice(3)}`, person.client)).status).toBe(200)
    expect(await rows('SELECT amr FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', idOf(person.id))).toEqual([
      { amr: 'pwd otp mfa' },
    ])
    const [event] = await rows(`SELECT detail FROM audit_events WHERE user_id = ? AND type = 'sign_in' ORDER BY id DESC`, idOf(person.id))
    expect(event).toEqual({ detail: 'totp' })
  })

  test('two log-ins that wait at the same time are each answered with a code of its own', async () => {
    const person = await personWithApp('two_devices')
    clock.advance(STEP_MS)
    const [one, two] = [await pendingLogIn(person), await pendingLogIn(person)]
    expect((await answer(one, codeOf(person.secret))).status).toBe(200)
    expect((await answer(two, codeOf(person.secret, 1))).status).toBe(200)
  })

  test('a reset of the password does not get around it', async () => {
    const person = await personWithApp('resetter')
    const password = 'another long password'
    const reply = await new Client().post('/user/reset-password', { code: await resetCode(person), password })
    expect([reply.status, reply.headers.getSetCookie()]).toEqual([200, []])
    const pending = await pendingLogIn({ ...person, password })
    expect((await answer(pending, wrongCodeOf(person.secret))).status).toBe(400)
    clock.advance(STEP_MS)
    expect((await answer(pending, codeOf(person.secret))).status).toBe(200)
  })
})

describe('recovery codes', () => {
  test('each signs in once, however it is typed, and a notice says how many are left', async () => {
    const person = await personWithApp('recoverer')
    const [first = '', second = ''] = person.recoveryCodes
    expect((await answer(await pendingLogIn(person), first)).status).toBe(200)
    const [mail] = await mailsTo(person.email)
    expect(mail?.subject).toBe('A recovery code was used for your Kith account')
    expect(mail?.text).toContain('You have 9 left.')
    expect(mail?.text).not.toContain(first)
    expect(refused(await answer(await pendingLogIn(person), first))).toEqual(CODE_INVALID)
    expect((await answer(await pendingLogIn(person), second.toUpperCase().replaceAll('-', ' '), person.client)).status).toBe(200)
    expect((await listed(person.client)).recoveryCodesLeft).toBe(8)
    expect((await answer(await pendingLogIn(person), 'abcd-efgh-ijkm-npqr')).status).toBe(400)
  })

  test('somebody who has lost the device removes the app with one', async () => {
    const person = await personWithApp('loser')
    expect((await answer(await pendingLogIn(person), person.recoveryCodes[0] ?? '', person.client)).status).toBe(200)
    expect((await person.client.delete('/user/2fa/totp')).status).toBe(200)
    expect((await logIn(person, new Client())).json.data['2faEnabled']).toBe(false)
  })

  test('ten new ones make the old ones void; a fresh sign-in with a factor makes them, and without a factor there are none', async () => {
    const person = await personWithApp('renewer')
    const make = () => person.client.post('/user/2fa/recovery-codes')
    expect(refused(await make())).toEqual(NEEDS_FACTOR)
    await signInWithApp(person)
    const { recoveryCodes } = RecoveryCodesReply.parse((await make()).json).data
    expect(recoveryCodes).toHaveLength(10)
    expect((await mailsTo(person.email))[0]?.text).toContain('New recovery codes were created')
    for (const code of person.recoveryCodes.slice(0, 3)) {
      expect(refused(await answer(await pendingLogIn(person), code))).toEqual(CODE_INVALID)
    }
    expect((await answer(await pendingLogIn(person), recoveryCodes[9] ?? '')).status).toBe(200)
    clock.advance(FRESH_SIGN_IN_MS + 1)
    expect(refused(await make())).toEqual(NEEDS_FRESH)
    const plain = await signedInPerson(newName('plain'))
    expect((await plain.client.post('/user/2fa/recovery-codes')).status).toBe(404)
  })

  test('of 64 at once as many are made as there may be changes of factors in a day; past that only disabling works', async () => {
    const person = await personWithApp('hoarder')
    await signInWithApp(person)
    const notices = async () => (await subjects(person)).filter((subject) => subject.startsWith('Two-step sign-in')).length
    const replies = await Promise.all(Array.from({ length: 64 }, () => person.client.post('/user/2fa/recovery-codes')))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(FACTOR_CHANGES_PER_DAY - 1)
    const { secret } = TotpReply.parse((await person.client.post('/user/2fa/totp')).json).data
    const others = [
      await person.client.post('/user/2fa', { state: true }),
      await person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) }),
    ]
    for (const reply of [...replies.filter(({ status }) => status !== 200), ...others]) {
      expect(refused(reply)).toEqual([429, 'RateLimitError', 'daily_limit'])
    }
    expect(await notices()).toBe(FACTOR_CHANGES_PER_DAY)
    expect((await person.client.delete('/user/2fa/totp')).status).toBe(200)
    expect((await person.client.post('/user/2fa', { state: true })).status).toBe(429)
    clock.advance(CHANGES_WINDOW_MS)
    await logIn(person)
    expect((await person.client.post('/user/2fa', { state: true })).status).toBe(200)
  })

  test('somebody with codes by email alone makes some and signs in with one; the mailed code of a parallel log-in stays good', async () => {
    const person = await personWithSecondFactor('mail_and_paper')
    expect((await answer(await pendingLogIn(person), await newestCode(person.email), person.client)).status).toBe(200)
    const { recoveryCodes } = RecoveryCodesReply.parse((await person.client.post('/user/2fa/recovery-codes')).json).data
    clock.advance(MAIL_PAUSE_MS)
    const [one, two, three] = [await pendingLogIn(person), await pendingLogIn(person), await pendingLogIn(person)]
    const mailed = await newestCode(person.email)
    expect((await answer(one, recoveryCodes[0] ?? '')).status).toBe(200)
    expect((await answer(two, mailed)).status).toBe(200)
    expect((await answer(three, mailed)).status, 'the mailed code is used up').toBe(400)
    expect((await answer(three, recoveryCodes[1] ?? '')).status).toBe(200)
  })
})

describe('the code of a pending log-in by email, on request', () => {
  const ask = (pending: object, client = new Client()) => client.post('/user/2fa/email', { ...pending })
  const mailed = (person: Person) => count(`mail_outbox WHERE user_id = ? AND kind = 'sign_in_code'`, idOf(person.id))

  test('goes to who has both kinds on, as one mail in 30 seconds of the same code, which signs in', async () => {
    const person = await personWithApp('asker')
    await turnMailOn(person)
    const pending = await pendingLogIn(person)
    expect(await mailed(person)).toBe(0)
    for (let n = 0; n < 3; n++) expect((await ask(pending)).json).toEqual({ ok: 1 })
    const code = await newestCode(person.email)
    expect(await mailed(person)).toBe(1)
    clock.advance(MAIL_PAUSE_MS)
    await ask(pending)
    expect([await mailed(person), await newestCode(person.email)]).toEqual([2, code])
    expect((await answer(pending, code)).status).toBe(200)
  })

  test('the answer is the same, and no mail goes out, without codes by email, without the sessionHash, or when it is over', async () => {
    const person = await personWithApp('unmailed')
    const other = await personWithApp('mailed')
    await turnMailOn(other)
    const [hers, theirs] = [await pendingLogIn(person), await pendingLogIn(other)]
    const replies = [
      await ask(hers),
      await ask({ ...theirs, target: person.id }),
      await ask({ ...hers, target: other.id }),
      await ask({ target: other.id, sessionHash: 'x'.repeat(43) }),
      await ask({ target: 'ffffffffffffffffffffffff', sessionHash: theirs.sessionHash }),
    ]
    clock.advance(10 * 60_000)
    replies.push(await ask(theirs))
    expect(new Set(replies.map(({ status, text }) => `${status} ${text}`))).toEqual(new Set(['200 {"ok":1}']))
    expect([await mailed(person), await mailed(other)]).toEqual([0, 0])
  })
})
