// Everything single-use has one winner among 64 (design §1.4; security §0.2, rows 6, 7, 9, 15, 17, 28). All of them stand at the
// statement that decides before any may continue. After each race D1 is checked.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { MAIL_PAUSE_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn, personWithSecondFactor, resetCode, rows } from '../support/actors.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, platform } from '../support/kith.ts'
import { logIn, signedInPerson, signUp, signUpBody, verifiedPerson } from '../support/people.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../support/runs.ts'
import { atTheLine, oneWinner, RACERS, race, raceOf64 } from '../support/start-line.ts'

/** As many as may wait for a password hash. */
const WAVE = 8
const CLAIM = /UPDATE challenges SET consumed_at = \?, consumed_by/

const racers = Array.from({ length: RACERS }, (_, index) => index)

function inRounds(name: string, round: () => Promise<void>): void {
  test(name, { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let n = 0; n < ROUNDS; n++) await round()
    await checkInvariants()
  })
}

const CODE_INVALID = { status: 400, error: 'ClientInputError' }

beforeEach(() => platform.reset())
afterEach(() => clock.restore())

describe('one winner among 64', () => {
  inRounds('a verification code proves the address once', async () => {
    const person = await signUp(newName('verifier'))
    const code = await newestCode(person.email)
    const replies = await raceOf64(() => new Client().post('/user/verify-email', { code }, atTheLine), CLAIM)
    oneWinner(replies, 200, CODE_INVALID)
    const id = idOf(person.id)
    expect(await rows('SELECT consumed_by IS NOT NULL AS used FROM challenges WHERE user_id = ?', id)).toEqual([{ used: 1 }])
    expect(await count(`audit_events WHERE user_id = ? AND type = 'email_verified'`, id)).toBe(1)
  })

  inRounds('an address that eight accounts claim goes to one of them', async () => {
    const email = `${newName('shared')}@example.com`
    const codes: string[] = []
    clock.freeze()
    for (let n = 0; n < 8; n++) {
      await signUp(newName('claimant'), email)
      codes.push(await newestCode(email))
      clock.advance(MAIL_PAUSE_MS)
    }
    expect(new Set(codes).size).toBe(8)
    const replies = await raceOf64((n) => new Client().post('/user/verify-email', { code: codes[n % 8] ?? '' }, atTheLine), CLAIM)
    clock.restore()
    oneWinner(replies, 200, CODE_INVALID)
    expect(await count('users WHERE email_key = ? AND email_verified_at IS NOT NULL', email)).toBe(1)
  })

  inRounds('a reset code sets one password', async () => {
    const person = await verifiedPerson(newName('resetter'))
    const code = await resetCode(person)
    const passwords = racers.map((n) => `a new password, number ${n}`)
    const reset = (n: number) => new Client().post('/user/reset-password', { code, password: passwords[n] }, atTheLine)
    const replies = await raceOf64(reset, CLAIM, WAVE)
    const winner = oneWinner(replies, 200, CODE_INVALID)
    const id = idOf(person.id)
    expect(await rows('SELECT epoch FROM users WHERE id = ?', id)).toEqual([{ epoch: 1 }])
    expect(await count(`challenges WHERE user_id = ? AND purpose = 'reset_password' AND consumed_by IS NOT NULL`, id)).toBe(1)
    expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'password_changed'`, id)).toBe(1)
    expect((await logIn({ ...person, password: passwords[winner] ?? '' }, new Client())).status).toBe(200)
    expect((await logIn({ ...person, password: passwords[(winner + 1) % RACERS] ?? '' }, new Client())).status).toBe(401)
    expect((await logIn(person, new Client())).status).toBe(401)
  })

  inRounds('a pending log-in and its right code make one session', async () => {
    const person = await personWithSecondFactor('factored')
    const pending = await pendingLogIn(person)
    const code = await newestCode(person.email)
    const { replies, waited } = await race(
      racers.map(() => () => answer(pending, code, new Client(), atTheLine)),
      CLAIM,
    )
    expect(waited, 'five tries are judged').toBe(5)
    oneWinner(replies, 200, CODE_INVALID)
    const id = idOf(person.id)
    expect(await count('sessions WHERE user_id = ?', id)).toBe(1)
    expect(
      await rows(`SELECT attempts, consumed_by IS NOT NULL AS used FROM challenges WHERE user_id = ? AND purpose = 'sign_in'`, id),
    ).toEqual([{ attempts: 5, used: 1 }])
    expect((await answer(pending, code)).status, 'the sessionHash after its use').toBe(400)
  })

  inRounds('a 2FA code that several pending log-ins share makes one session', async () => {
    const person = await personWithSecondFactor('parallel')
    const pending = []
    for (let n = 0; n < RACERS; n++) pending.push(await pendingLogIn(person))
    const code = await newestCode(person.email)
    const { replies, waited } = await race(
      pending.map((one) => () => answer(one, code, new Client(), atTheLine)),
      CLAIM,
    )
    expect(waited, 'ten tries are judged').toBe(10)
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
    // Ten attempts per account; the others were not checked.
    expect(statuses.filter((status) => status === 400)).toHaveLength(9)
    expect(statuses.filter((status) => status === 429)).toHaveLength(54)
    expect(await count('sessions WHERE user_id = ?', idOf(person.id))).toBe(1)
  })

  inRounds('a user name in 64 spellings makes one account', async () => {
    const name = newName('contested')
    const letters = [...name]
    const spellings = racers.map((n) => letters.map((letter, at) => (at < 6 && n & (1 << at) ? letter.toUpperCase() : letter)).join(''))
    expect(new Set(spellings).size).toBe(RACERS)
    const emails = racers.map((n) => `${name}.${n}@example.com`)
    const create = (n: number) => new Client().post('/user/create', signUpBody(spellings[n] ?? '', emails[n]), atTheLine)
    const replies = await raceOf64(create, /INSERT INTO users /, WAVE)
    const winner = oneWinner(replies, 201, { status: 409, error: 'ResourceConflict' })
    for (const [index, reply] of replies.entries()) {
      if (index !== winner) expect(reply.json.additionalInfo).toEqual({ duplicateFields: ['username'] })
    }
    expect(await rows('SELECT username, email FROM users WHERE username_key = ?', name)).toEqual([
      { username: spellings[winner], email: emails[winner] },
    ])
    const mailed = await Promise.all(emails.map(async (email) => (await mailsTo(email)).length))
    expect(mailed).toEqual(racers.map((n) => (n === winner ? 1 : 0)))
  })
})

describe('a race for what others hold', () => {
  test(
    '64 people who rename themselves to spellings of one name: one has it',
    async () => {
      const clients: Client[] = []
      for (let n = 0; n < RACERS; n++) clients.push((await signedInPerson(newName('renamer'))).client)
      for (let round = 0; round < ROUNDS; round++) {
        const name = newName('wanted')
        const spelling = (n: number) => (n % 2 === 0 ? name : name.toUpperCase())
        const rename = (n: number) => (clients[n] as Client).patch('/user/me', { username: spelling(n) }, atTheLine)
        const replies = await raceOf64(rename, /UPDATE users SET/)
        oneWinner(replies, 200, { status: 409, error: 'ResourceConflict' })
        expect(await count('users WHERE username_key = ?', name)).toBe(1)
        expect(await count(`audit_events WHERE type = 'username_changed'`)).toBe(round + 1)
        // Somebody who wins again and again would run out of renames.
        await rows('DELETE FROM attempt_counters')
      }
      await checkInvariants()
    },
    ROUNDS_TIMEOUT_MS,
  )

  test('64 log-ins at once never leave more than 50 sessions', async () => {
    const person = await verifiedPerson(newName('everywhere'))
    // From known browsers, because strangers share a limit.
    const browsers: Client[] = []
    for (const _ of racers) {
      const browser = new Client()
      expect((await logIn(person, browser)).status).toBe(200)
      browser.cookies.delete('__Host-kith_session')
      browsers.push(browser)
    }
    const { username, password } = person
    const again = (n: number) => (browsers[n] as Client).post('/user/login', { username, password }, atTheLine)
    const replies = await raceOf64(again, /INSERT INTO sessions/, WAVE)
    expect(replies.map(({ status }) => status)).toEqual(racers.map(() => 200))
    expect(await count('sessions WHERE user_id = ? AND revoked_at IS NULL', idOf(person.id))).toBe(50)
    await checkInvariants()
  })
})

describe('at the full cost of a password hash', () => {
  test('of 8 resets with one code, as many as may wait for a hash, one wins, and its password is the one that counts', async () => {
    const full = { env: { SCRYPT_LN: '15' } }
    const person = await verifiedPerson(newName('full_cost'))
    const code = await resetCode(person)
    const passwords = Array.from({ length: WAVE }, (_, index) => `a password of its own ${index}`)
    const replies = await Promise.all(passwords.map((password) => new Client().post('/user/reset-password', { code, password }, full)))
    const winner = oneWinner(replies, 200, CODE_INVALID)
    const logInWith = (password: string | undefined) => new Client().post('/user/login', { username: person.username, password }, full)
    expect((await logInWith(passwords[winner])).status).toBe(200)
    expect((await logInWith(passwords[(winner + 1) % WAVE])).status).toBe(401)
  })
})
