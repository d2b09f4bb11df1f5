// Sign-in with a mailed code, for apps (decisions 019, 020; docs/limits.md): the digits and the token of whoever asked, once; silence
// about who has an account; guesses; and what else an account asks for. test/pages/mail-sign-in.test.ts has the pages and the link.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { LoginReply, SignInCodeReply } from '../../../src/apis/user/sessions/presenters.ts'
import {
  CHALLENGE_TRIES,
  EMAIL_DIGITS_MS,
  MAIL_PAUSE_MS,
  SECOND_FACTOR_FAILURES_MAX,
  SECOND_FACTOR_TRIES,
  SECOND_FACTOR_WINDOW_MS,
} from '../../../src/core/limits.ts'
import { MAIL_SIGN_INS_OPEN_MAX } from '../../../src/core/sessions/mail-sign-in-attempts.ts'
import { clock } from '../../platform/clock.ts'
import {
  answer,
  attempts,
  ban,
  count,
  eventsOf,
  idOf,
  markDeleted,
  newName,
  personWithSecondFactor,
  resetCode,
  rows,
  wrongCodes,
} from '../../support/actors.ts'
import { codeOf, personWithApp, STEP_MS } from '../../support/authenticator.ts'
import { spend } from '../../support/budget.ts'
import { checkInvariants } from '../../support/invariants.ts'
import { Client, mailsTo, newestCode, type Options, platform, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { asTold } from '../../support/replies.ts'
import { atTheLine, holdAtTheLine, oneWinner, raceOf64 } from '../../support/start-line.ts'

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(async () => {
  clock.restore()
  await checkInvariants()
})

const ask = (names: Record<string, string>, client = new Client(), options: Options = {}) =>
  client.post('/user/sign-in-code', names, options)
const confirm = (token: string, code: string, client = new Client(), options: Options = {}) =>
  client.post('/user/sign-in-code/confirm', { token, code }, options)
const refused = ({ status, json }: Reply) => [status, json.error, json.additionalInfo]
const WRONG = [
  400,
  'ClientInputError',
  { errors: [{ type: 'field', msg: 'The code is wrong, already used or expired', path: 'code', location: 'body' }] },
]
const amrOf = async (person: Person) =>
  (await rows<{ amr: string }>('SELECT amr FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', idOf(person.id)))[0]?.amr
const openOf = (person: Person) =>
  count(`challenges WHERE user_id = ? AND purpose = 'mail_sign_in' AND consumed_at IS NULL`, idOf(person.id))

async function asked(person: Person, client = new Client()): Promise<string> {
  return SignInCodeReply.parse((await ask({ email: person.email }, client)).json).data.token
}

/** The token, and the digits of the mail. */
async function mailed(person: Person, client = new Client()): Promise<{ token: string; code: string }> {
  const token = await asked(person, client)
  return { token, code: await newestCode(person.email) }
}

describe('the digits and the token', () => {
  test('sign in by address and by user name: a fresh session of one factor, and both in the audit trail', async () => {
    const person = await verifiedPerson(newName('coded'))
    for (const names of [{ email: person.email.toUpperCase() }, { username: person.username }, { username: person.email }]) {
      const client = new Client()
      const { token } = SignInCodeReply.parse((await ask(names, client)).json).data
      const reply = await confirm(token, await newestCode(person.email), client)
      expect(LoginReply.parse(reply.json).data).toMatchObject({ '2faEnabled': false, user: { _id: person.id } })
      expect((await client.get('/user/me')).status).toBe(200)
      expect(await amrOf(person)).toBe('otp')
      // A recent sign-in, as sensitive acts require.
      expect((await client.post('/user/2fa/totp')).status).toBe(200)
      clock.advance(MAIL_PAUSE_MS)
    }
    expect((await eventsOf(person)).slice(-2)).toEqual(['sign_in_mail_requested', 'sign_in'])
  })

  test('work once, for ten minutes, and a sign-in voids what other mails have', async () => {
    const person = await verifiedPerson(newName('once'))
    const first = await mailed(person)
    clock.advance(MAIL_PAUSE_MS)
    const second = await mailed(person)
    clock.advance(MAIL_PAUSE_MS)
    const late = await mailed(person)
    expect((await confirm(second.token, second.code)).status).toBe(200)
    for (const { token, code } of [second, first, late]) expect(refused(await confirm(token, code))).toEqual(WRONG)
    clock.advance(MAIL_PAUSE_MS)
    const last = await mailed(person)
    clock.advance(EMAIL_DIGITS_MS - 1)
    const expired = await mailed(person)
    expect((await confirm(last.token, last.code)).status).toBe(200)
    clock.advance(MAIL_PAUSE_MS)
    const next = await mailed(person)
    clock.advance(EMAIL_DIGITS_MS)
    for (const { token, code } of [expired, next]) expect(refused(await confirm(token, code))).toEqual(WRONG)
  })

  test('belong together: neither is valid with those of another mail, of another account, or made up', async () => {
    const [ann, bob] = [await verifiedPerson(newName('paired')), await verifiedPerson(newName('paired'))]
    const [mine, other] = [await mailed(ann), await mailed(bob)]
    clock.advance(MAIL_PAUSE_MS)
    const later = await mailed(ann)
    for (const token of [other.token, later.token, 'a'.repeat(43)]) expect(refused(await confirm(token, mine.code))).toEqual(WRONG)
    expect((await confirm(mine.token, mine.code)).status).toBe(200)
  })

  test('who asks twice at once gets one mail, whose digits are valid with either token, once', async () => {
    const person = await verifiedPerson(newName('twice'))
    const tokens = [await asked(person), await asked(person)]
    const mails = (await mailsTo(person.email)).filter(({ subject }) => subject.startsWith('Sign in'))
    expect([mails.length, new Set(tokens).size]).toEqual([1, 2])
    const code = await newestCode(person.email)
    expect((await confirm(tokens[1] ?? '', code)).status).toBe(200)
    expect(refused(await confirm(tokens[0] ?? '', code))).toEqual(WRONG)
  })

  test('a flood of requests opens few sign-ins, and keeps nobody out whose mail has been sent', async () => {
    const person = await verifiedPerson(newName('flooded'))
    const { token, code } = await mailed(person)
    for (let n = 0; n < MAIL_SIGN_INS_OPEN_MAX + 3; n++) await asked(person)
    expect(await openOf(person)).toBe(MAIL_SIGN_INS_OPEN_MAX)
    clock.advance(MAIL_PAUSE_MS)
    const later = await mailed(person)
    expect([later.code === code, await openOf(person)]).toEqual([false, MAIL_SIGN_INS_OPEN_MAX + 1])
    expect((await confirm(token, code)).status).toBe(200)
  })

  test('of 64 at once, one signs in: of all who try, and of all whose digits were judged', async () => {
    const person = await verifiedPerson(newName('raced'))
    const one = await mailed(person)
    const REFUSAL = { status: 400, error: 'ClientInputError' }
    const tried = await raceOf64(() => confirm(one.token, one.code, new Client(), atTheLine), /SET attempts = attempts \+ 1/)
    oneWinner(tried, 200, REFUSAL)
    const other = await verifiedPerson(newName('raced'))
    const two = await mailed(other)
    const starts = Array.from({ length: CHALLENGE_TRIES }, () => () => confirm(two.token, two.code, new Client(), atTheLine))
    const { replies, waited, release } = await holdAtTheLine(starts, /UPDATE challenges SET consumed_at = \?, consumed_by/)
    release()
    expect(waited).toBe(CHALLENGE_TRIES)
    oneWinner(await Promise.all(replies), 200, REFUSAL)
    for (const { id } of [person, other]) expect(await count('sessions WHERE user_id = ?', idOf(id))).toBe(1)
  })
})

describe('nobody learns who has an account', () => {
  test('an unknown name, an unverified, banned or deleted account, and one without a mail: the same answers, as much work', async () => {
    const people: Record<string, Person> = {
      verified: await verifiedPerson(newName('known_a')),
      unverified: await signUp(newName('known_b')),
      banned: await verifiedPerson(newName('known_c')),
      deleted: await verifiedPerson(newName('known_d')),
      mailOnly: await personWithSecondFactor('known_e'),
    }
    people.unknown = { ...(people.verified as Person), username: newName('known_f'), email: `${newName('known_g')}@example.com` }
    await ban(people.banned as Person)
    await markDeleted(people.deleted as Person)
    const told = (reply: Reply) => ({ ...asTold(reply), text: reply.text.replace(/"token":"[\w-]{43}"/, '"token":"<token>"') })
    const answers: unknown[] = []
    const work: unknown[] = []
    for (const { email, username } of Object.values(people)) {
      const first = await ask({ email })
      const replies = [first, await ask({ email }), await ask({ username })]
      for (let n = 0; n <= CHALLENGE_TRIES; n++) replies.push(await confirm(first.json.data.token, '000000'))
      answers.push(replies.map(told))
      const again = new Client()
      clock.advance(MAIL_PAUSE_MS)
      const request = await spend(again, 'POST', '/user/sign-in-code', { email })
      const guess = await spend(again, 'POST', '/user/sign-in-code/confirm', { token: request.json.data.token, code: '000000' })
      work.push([request, guess].map(({ counts, statements }) => [counts.d1RoundTrips, counts.kvReads, statements.length]))
    }
    for (const [index, name] of Object.keys(people).entries()) {
      expect(answers[index], name).toEqual(answers[0])
      expect(work[index], name).toEqual(work[0])
    }
    const letters = async (name: string) =>
      (await mailsTo(people[name]?.email ?? '')).filter(({ subject }) => subject.startsWith('Sign in'))
    for (const name of ['unknown', 'unverified', 'banned', 'deleted']) expect(await letters(name), name).toEqual([])
    expect(await letters('verified')).not.toEqual([])
  })

  test('a user name whose address is not verified mails nobody, not even the owner of that address', async () => {
    const owner = await verifiedPerson(newName('owner'))
    const squatter = await signUp(newName('squatter'), owner.email)
    const { token } = (await ask({ username: squatter.username })).json.data
    expect((await mailsTo(owner.email)).filter(({ subject }) => subject.startsWith('Sign in'))).toEqual([])
    expect(refused(await confirm(token, '123456'))).toEqual(WRONG)
  })
})

describe('guesses', () => {
  test('five per token; then the right digits are refused too', async () => {
    const person = await verifiedPerson(newName('guessed'))
    const { token, code } = await mailed(person)
    for (const guess of wrongCodes(code, CHALLENGE_TRIES)) expect(refused(await confirm(token, guess))).toEqual(WRONG)
    expect(refused(await confirm(token, code))).toEqual(WRONG)
    expect((await eventsOf(person)).filter((type) => type === 'sign_in_failed')).toHaveLength(CHALLENGE_TRIES)
  })

  test('strangers together have ten in a quarter of an hour and a hundred in 30 days; a browser that the account knows has its own', async () => {
    const person = await signedInPerson(newName('besieged'))
    const { client } = person
    const key = `mail-sign-in:${idOf(person.id)}`
    for (let n = 0; n < 3; n++) {
      const { token, code } = await mailed(person)
      for (const guess of wrongCodes(code, CHALLENGE_TRIES)) await confirm(token, guess)
      clock.advance(MAIL_PAUSE_MS)
    }
    expect(await attempts(key)).toBe(SECOND_FACTOR_TRIES)
    const held = await mailed(person)
    expect(refused(await confirm(held.token, held.code))).toEqual(WRONG)
    clock.advance(SECOND_FACTOR_WINDOW_MS)
    const right = await mailed(person)
    expect((await confirm(right.token, right.code)).status).toBe(200)
    // A right code is not counted.
    const month = `mail-sign-in-month:${idOf(person.id)}`
    expect(await attempts(month)).toBe(SECOND_FACTOR_TRIES)
    await rows('UPDATE attempt_counters SET count = ? WHERE key = ?', SECOND_FACTOR_FAILURES_MAX, month)
    clock.advance(SECOND_FACTOR_WINDOW_MS)
    const late = await mailed(person)
    expect(refused(await confirm(late.token, late.code))).toEqual(WRONG)
    clock.advance(MAIL_PAUSE_MS)
    const own = await mailed(person, client)
    expect((await confirm(own.token, own.code, client)).status).toBe(200)
    expect(await attempts(month)).toBe(SECOND_FACTOR_FAILURES_MAX)
  })
})

describe('what the account asks for besides', () => {
  test('an authenticator app, after which the sign-in has two factors; a code by email is not one of them', async () => {
    const person = await personWithApp(newName('apped'))
    await rows(`INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)`, idOf(person.id))
    const { token, code } = await mailed(person)
    const reply = LoginReply.parse((await confirm(token, code)).json).data
    if (!reply['2faEnabled']) throw new Error('no second factor')
    expect(reply.methods).toEqual(['totp', 'recovery_code'])
    const pending = { target: person.id, sessionHash: reply.sessionHash }
    const before = await mailsTo(person.email)
    await new Client().post('/user/2fa/email', pending)
    expect(await mailsTo(person.email)).toEqual(before)
    expect((await answer(pending, code)).status).toBe(400)
    clock.advance(STEP_MS)
    expect((await answer(pending, codeOf(person.secret))).status).toBe(200)
    expect(await amrOf(person)).toBe('otp mfa')
    // The digits are used up with the first factor.
    expect(refused(await confirm(token, code))).toEqual(WRONG)
  })

  test('codes by email as the only second factor: the mail has no code and says to use the password', async () => {
    const person = await personWithSecondFactor('mail_only')
    const token = await asked(person)
    const [mail] = await mailsTo(person.email)
    expect(mail?.subject).toBe('Sign in to Kith with your password')
    expect(mail?.text).not.toMatch(/^\d{6}$|\?code=/m)
    expect(await openOf(person)).toBe(0)
    expect(refused(await confirm(token, '123456'))).toEqual(WRONG)
  })

  test('a factor that is enabled meanwhile is asked for, and codes by email alone refuse the digits', async () => {
    const person = await verifiedPerson(newName('meanwhile'))
    const { token, code } = await mailed(person)
    await rows(`INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)`, idOf(person.id))
    expect(refused(await confirm(token, code))).toEqual(WRONG)
    await rows(
      `INSERT INTO recovery_codes (user_id, code_hash, created_at) SELECT ?, value, 0 FROM json_each('[1,2,3,4,5,6,7,8,9,10]')`,
      idOf(person.id),
    )
    const { data } = LoginReply.parse((await confirm(token, code)).json)
    expect(data['2faEnabled'] && data.methods).toEqual(['recovery_code'])
  })

  test('restricted people sign in; whoever deleted the account is back; whoever is banned, or was deleted, is not let in', async () => {
    const [restricted, gone, banned, removed] = [
      await verifiedPerson(newName('restricted')),
      await signedInPerson(newName('gone')),
      await verifiedPerson(newName('banned')),
      await verifiedPerson(newName('removed')),
    ]
    await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(restricted.id))
    expect((await gone.client.delete('/user/me', { body: {} })).status).toBe(200)
    for (const person of [restricted, gone]) {
      const { token, code } = await mailed(person)
      expect((await confirm(token, code)).status).toBe(200)
    }
    expect((await eventsOf(gone)).at(-1)).toBe('sign_in')
    expect(await count('users WHERE id = ? AND deleted_at IS NULL', idOf(gone.id))).toBe(1)
    const codes = [await mailed(banned), await mailed(removed)]
    await ban(banned)
    await markDeleted(removed)
    for (const { token, code } of codes) expect(refused(await confirm(token, code))).toEqual(WRONG)
  })

  test('a new password, a sign-out everywhere and an address that is no longer verified void the code', async () => {
    const [reset, left, unproved] = [
      await verifiedPerson(newName('voided')),
      await signedInPerson(newName('voided')),
      await verifiedPerson(newName('voided')),
    ]
    const codes = [await mailed(reset), await mailed(left), await mailed(unproved)]
    const code = await resetCode(reset)
    expect((await new Client().post('/user/reset-password', { code, password: 'quite another horse' })).status).toBe(200)
    expect((await left.client.post('/user/logout-all')).status).toBe(200)
    await rows('UPDATE users SET email_verified_at = NULL WHERE id = ?', idOf(unproved.id))
    for (const one of codes) expect(refused(await confirm(one.token, one.code))).toEqual(WRONG)
    await rows('UPDATE users SET email_verified_at = 1 WHERE id = ?', idOf(unproved.id))
  })
})

test('while the setting is off, there is no such route, whatever is sent', async () => {
  for (const EMAIL_SIGN_IN of ['off', '']) {
    const options = { env: { EMAIL_SIGN_IN } }
    expect((await ask({ email: 'a@example.com' }, new Client(), options)).status).toBe(404)
    expect((await confirm('', '', new Client(), options)).status).toBe(404)
  }
})
