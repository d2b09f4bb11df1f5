// Attacks on second factors (security rows 14-20): races for one time step and one recovery code, guesses over many
// pending log-ins, what lies at rest, and what happens when a key is changed or lost.
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { SECOND_FACTOR_CONSECUTIVE_MAX, SECOND_FACTOR_WINDOW_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { answer, count, idOf, newName, type PendingLogIn, pendingLogIn, resetCode, rows } from '../support/actors.ts'
import { codeOf, enrol, personWithApp, STEP_MS, wrongCodeOf } from '../support/authenticator.ts'
import { checkInvariants, dumpKv, dumpTables } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, platform, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../support/runs.ts'
import { atTheLine, holdAtTheLine, race } from '../support/start-line.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const RACERS = 64
/** Fewer than an account's tries in 15 minutes: the counters are set back before each wave. */
const WAVE = 8

beforeEach(() => {
  platform.reset()
  clock.freeze()
})
afterEach(async () => {
  clock.restore()
  await checkInvariants()
})

const keyOf = (person: Person) => `second-factor:${idOf(person.id)}`
const inARowOf = (person: Person) => `second-factor-in-a-row:${idOf(person.id)}`

async function setCount(key: string, n: number): Promise<void> {
  await rows('UPDATE attempt_counters SET count = ? WHERE key = ?', n, key)
}

/** 64 pending log-ins are answered with one code, all at the statement that decides before any may go on. */
async function raceFor(person: Person, code: string, decides: RegExp): Promise<Reply[]> {
  const pending: PendingLogIn[] = []
  for (let n = 0; n < RACERS; n++) pending.push(await pendingLogIn(person))
  const starts = pending.map((one, n) => async () => {
    if (n % WAVE === 0) await setCount(keyOf(person), 0)
    return answer(one, code, new Client(), atTheLine)
  })
  const { replies, waited } = await race(starts, decides, WAVE)
  expect(waited).toBe(RACERS)
  return replies
}

function expectOneWinner(replies: readonly Reply[]): void {
  expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
  for (const reply of replies.filter(({ status }) => status !== 200)) {
    expect([reply.status, reply.json.error, reply.headers.getSetCookie()]).toEqual([400, 'ClientInputError', []])
  }
}

describe('one winner among 64', () => {
  test('a time step makes one session, over 64 pending log-ins', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const person = await personWithApp('stepper')
      clock.advance(STEP_MS)
      expectOneWinner(await raceFor(person, codeOf(person.secret), /UPDATE totp_credentials SET last_step/))
      expect(await count('sessions WHERE user_id = ? AND revoked_at IS NULL AND amr LIKE ?', idOf(person.id), '%otp%')).toBe(1)
    }
  })

  test('a recovery code makes one session, over 64 pending log-ins', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const person = await personWithApp('recoverer')
      expectOneWinner(await raceFor(person, person.recoveryCodes[3] ?? '', /UPDATE recovery_codes SET used_at/))
      expect(await count('recovery_codes WHERE user_id = ? AND used_at IS NOT NULL', idOf(person.id))).toBe(1)
      expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'recovery_code_used'`, idOf(person.id))).toBe(1)
    }
  })

  test('a pending log-in makes one session, of five codes that would all be right', async () => {
    const person = await personWithApp('one_hash')
    const pending = await pendingLogIn(person)
    const { replies, waited } = await race(
      person.recoveryCodes.map((code) => () => answer(pending, code, new Client(), atTheLine)),
      /UPDATE recovery_codes SET used_at/,
    )
    expect(waited, 'five tries are judged').toBe(5)
    expectOneWinner(replies)
    expect(await count('recovery_codes WHERE user_id = ? AND used_at IS NOT NULL', idOf(person.id)), 'no other is burnt').toBe(1)
  })

  test('an enrolment is confirmed once, and its recovery codes are shown once', async () => {
    const person = await signedInPerson(newName('confirmer'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const code = codeOf(secret)
    const { replies, waited } = await race(
      Array.from({ length: RACERS }, () => () => person.client.post('/user/2fa/totp/confirm', { code }, atTheLine)),
      /SET secret = pending_secret/,
    )
    expect(waited).toBe(RACERS)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 404]))
    expect(await count('recovery_codes WHERE user_id = ?', idOf(person.id))).toBe(10)
    expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'second_factor_on'`, idOf(person.id))).toBe(1)
    const shown = replies.find(({ status }) => status === 200)?.json.data.recoveryCodes[0]
    expect((await answer(await pendingLogIn(person), shown)).status).toBe(200)
  })
})

describe('guessing', () => {
  test('a hundred pending log-ins buy ten guesses of either kind in all, and the right code is refused after them', async () => {
    const person = await personWithApp('besieged')
    clock.advance(STEP_MS)
    const wrong = wrongCodeOf(person.secret)
    const guesses = Array.from({ length: 100 }, (_, n) => (n % 2 === 0 ? wrong : 'abcdefghijkmnpqr'))
    const pending: PendingLogIn[] = []
    for (const _ of guesses) pending.push(await pendingLogIn(person))
    const replies: Reply[] = []
    for (let first = 0; first < 100; first += 25) {
      const part = pending.slice(first, first + 25)
      replies.push(...(await Promise.all(part.map((one, n) => answer(one, guesses[first + n] ?? '')))))
    }
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(10)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(90)
    for (const code of [codeOf(person.secret), person.recoveryCodes[0] ?? '']) {
      expect((await answer(await pendingLogIn(person), code)).status).toBe(429)
    }
    clock.advance(SECOND_FACTOR_WINDOW_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status).toBe(200)
  })

  test('after 100 failures in a row all digits are wrong, after a month and a reset too; a recovery code opens, and begins anew', async () => {
    const person = await personWithApp('besieged')
    let failures = 0
    while (failures < SECOND_FACTOR_CONSECUTIVE_MAX) {
      clock.advance(SECOND_FACTOR_WINDOW_MS)
      for (let n = 0; n < 10; n += 5) {
        const pending = await pendingLogIn(person)
        for (let m = 0; m < 5; m++, failures++) expect((await answer(pending, wrongCodeOf(person.secret))).status).toBe(400)
      }
    }
    const told = (await mailsTo(person.email)).filter(({ subject }) => subject === 'Wrong sign-in codes for your Kith account')
    expect(told.map(({ text }) => /(\d+) wrong codes/.exec(text)?.[1])).toEqual(['100', '50', '20', '5'])
    expect(told[0]?.text).toContain('no longer accepted')
    clock.advance(30 * 86_400_000)
    const wrong = await answer(await pendingLogIn(person), wrongCodeOf(person.secret))
    const right = await answer(await pendingLogIn(person), codeOf(person.secret))
    expect([right.status, right.text]).toEqual([400, wrong.text])
    const password = 'another long password'
    await new Client().post('/user/reset-password', { code: await resetCode(person), password })
    const owner = { ...person, password }
    expect((await answer(await pendingLogIn(owner), codeOf(person.secret))).status).toBe(400)
    expect((await answer(await pendingLogIn(owner), person.recoveryCodes[0] ?? '')).status).toBe(200)
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(owner), codeOf(person.secret))).status).toBe(200)
  })

  test('a right code among the first hundred begins the row anew', async () => {
    const person = await personWithApp('forgetful')
    await answer(await pendingLogIn(person), wrongCodeOf(person.secret))
    await setCount(inARowOf(person), SECOND_FACTOR_CONSECUTIVE_MAX - 1)
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status).toBe(200)
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', inARowOf(person))).toEqual([{ count: 0 }])
  })

  test('who lacks the password or the sessionHash is told nothing, and costs the account no try', async () => {
    const [alice, mallory] = [await personWithApp('alice'), await personWithApp('mallory')]
    clock.advance(STEP_MS)
    const [hers, his] = [await pendingLogIn(alice), await pendingLogIn(mallory)]
    const replies = [
      await answer({ target: alice.id, sessionHash: his.sessionHash }, codeOf(alice.secret)),
      await answer({ target: alice.id, sessionHash: his.sessionHash }, alice.recoveryCodes[0] ?? ''),
      await answer({ target: alice.id, sessionHash: 'x'.repeat(43) }, codeOf(alice.secret)),
      await answer({ target: 'ffffffffffffffffffffffff', sessionHash: hers.sessionHash }, codeOf(alice.secret)),
      await answer(hers, codeOf(mallory.secret)),
      await answer(hers, mallory.recoveryCodes[0] ?? ''),
    ]
    for (const reply of replies) expect([reply.status, reply.text]).toEqual([400, replies[0]?.text])
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', keyOf(alice)), 'the last two alone').toEqual([{ count: 2 }])
    expect((await answer(hers, codeOf(alice.secret))).status).toBe(200)
  })
})

describe('a change of factors in flight', () => {
  test('a confirmation whose session was ended meanwhile switches nothing on', async () => {
    const person = await signedInPerson(newName('in_flight'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const start = () => person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) }, atTheLine)
    const held = await holdAtTheLine([start], /SET secret = pending_secret/)
    expect(held.waited).toBe(1)
    await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', idOf(person.id))
    held.release()
    expect((await held.replies[0])?.status).toBe(404)
    expect(await count('second_factors WHERE user_id = ?', idOf(person.id))).toBe(0)
    expect(await count('recovery_codes WHERE user_id = ?', idOf(person.id))).toBe(0)
  })

  test('a code of an app that was taken off meanwhile makes no session, and a ban in between burns no code', async () => {
    const person = await personWithApp('in_flight')
    clock.advance(STEP_MS)
    for (const sets of ['UPDATE users SET banned_at = 1 WHERE id = ?', 'UPDATE users SET epoch = epoch + 1 WHERE id = ?']) {
      const pending = await pendingLogIn(person)
      const held = await holdAtTheLine([() => answer(pending, codeOf(person.secret), new Client(), atTheLine)], /UPDATE totp_credentials/)
      expect(held.waited).toBe(1)
      await rows(sets, idOf(person.id))
      held.release()
      expect((await held.replies[0])?.status).toBe(400)
      await rows('UPDATE users SET banned_at = NULL, epoch = 0 WHERE id = ?', idOf(person.id))
    }
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status, 'the step is still unused').toBe(200)
  })

  test('a token of an app that may not touch the factors reads and changes none', async () => {
    const person = await signedInPerson(newName('narrow'))
    const client = bearerOf(await userToken(person, ['delegated:profile:2fa:read', 'delegated:profile:write']))
    expect((await client.get('/user/2fa')).status).toBe(200)
    for (const [method, path] of [
      ['POST', '/user/2fa/totp'],
      ['DELETE', '/user/2fa/totp'],
      ['POST', '/user/2fa/recovery-codes'],
    ] as const) {
      expect((await client.fetch(path, { method })).status).toBe(403)
    }
  })
})

const keys = (ring: Record<string, string>) => ({ env: { ENCRYPTION_KEYS: JSON.stringify(ring) } })
const OLD = { 'test-1': 'ZW5jcnlwdGlvbi1rZXktb2YtdGVzdHMtMDEyMzQ1Njc' }
const NEW = { 'test-2': Buffer.from('another-encryption-key-of-tests!').toString('base64url') }

describe('at rest', () => {
  test('neither the secret nor a recovery code lies readable anywhere', async () => {
    const person = await personWithApp('canary')
    const begun = (await (await signedInPerson(newName('pending'))).client.post('/user/2fa/totp')).json.data.secret
    clock.advance(STEP_MS)
    await answer(await pendingLogIn(person), person.recoveryCodes[0] ?? '')
    const everything = JSON.stringify([await dumpTables(), await dumpKv()])
    const { Secret } = await import('otpauth')
    for (const base32 of [person.secret, begun]) {
      const bytes = Buffer.from(Secret.fromBase32(base32).bytes)
      for (const spelling of [
        base32,
        base32.toLowerCase(),
        bytes.toString('hex'),
        bytes.toString('base64').slice(0, 24),
        bytes.toString('base64url').slice(0, 24),
      ]) {
        expect(everything).not.toContain(spelling)
      }
    }
    for (const code of person.recoveryCodes) {
      for (const spelling of [code, code.replaceAll('-', ''), Buffer.from(code.replaceAll('-', '')).toString('hex')]) {
        expect(everything).not.toContain(spelling)
      }
    }
  })

  test("a secret in another person's row opens nothing, and is a refusal", async () => {
    const [victim, thief] = [await personWithApp('victim'), await personWithApp('thief')]
    clock.advance(STEP_MS)
    const [stolen] = await rows<{ secret: string }>('SELECT secret FROM totp_credentials WHERE user_id = ?', idOf(thief.id))
    await rows('UPDATE totp_credentials SET secret = ? WHERE user_id = ?', stolen?.secret, idOf(victim.id))
    for (const secret of [thief.secret, victim.secret]) {
      const reply = await answer(await pendingLogIn(victim), codeOf(secret))
      expect([reply.status, reply.json.error]).toEqual([400, 'ClientInputError'])
    }
  })

  test('a new key takes over with the next sign-in, and then the old one may go', async () => {
    const person = await personWithApp('rotated')
    const kid = async () =>
      (await rows<{ secret: string }>('SELECT secret FROM totp_credentials WHERE user_id = ?', idOf(person.id)))[0]?.secret.split('.')[0]
    expect(await kid()).toBe('test-1')
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret), new Client(), keys({ ...NEW, ...OLD }))).status).toBe(200)
    expect(await kid()).toBe('test-2')
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret), new Client(), keys(NEW))).status).toBe(200)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status, 'used').toBe(400)
  })

  test('with a lost key the app is refused, not broken: recovery codes and the mailed code still sign in', async () => {
    const person = await personWithApp('keyless')
    await answer(await pendingLogIn(person, person.client), person.recoveryCodes[1] ?? '', person.client)
    await person.client.post('/user/2fa', { state: true })
    clock.advance(STEP_MS)
    const lost = keys(NEW)
    const reply = await answer(await pendingLogIn(person), codeOf(person.secret), new Client(), lost)
    expect([reply.status, reply.json.error]).toEqual([400, 'ClientInputError'])
    expect((await answer(await pendingLogIn(person), person.recoveryCodes[0] ?? '', new Client(), lost)).status).toBe(200)
    const pending = await pendingLogIn(person)
    await new Client().post('/user/2fa/email', { ...pending })
    expect((await answer(pending, await newestCode(person.email), new Client(), lost)).status).toBe(200)
    await answer(await pendingLogIn(person, person.client), person.recoveryCodes[2] ?? '', person.client, lost)
    await person.client.delete('/user/2fa/totp')
    expect((await enrol(person.client)).secret).not.toBe(person.secret)
  })
})
