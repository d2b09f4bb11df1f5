// Attacks on second factors (security rows 14-20): races for one time step and one recovery code, guesses over many pending
// log-ins, what is stored, and what happens when a key is changed or lost.
import { afterEach, describe, expect, test } from 'vitest'
import { SECOND_FACTOR_FAILURES_MAX, SECOND_FACTOR_WINDOW_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { answer, attempts, count, idOf, newName, type PendingLogIn, pendingLogIn, resetCode, rows } from '../support/actors.ts'
import { codeOf, enrol, personWithApp, STEP_MS, wrongCodeOf } from '../support/authenticator.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants, dumpKv, dumpTables } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../support/runs.ts'
import { atTheLine, oneWinner, RACERS, race, raceOf64, whileAtTheLine } from '../support/start-line.ts'
import { elsewhere } from '../support/strangers.ts'

/** Fewer than an account's attempts in 15 minutes: the counters are reset before each wave. */
const WAVE = 8

// What is said first is done last.
afterEach(() => checkInvariants())
freezeEachTest()

const keyOf = (person: Person) => `second-factor:${idOf(person.id)}`
const inARowOf = (person: Person) => `second-factor-month:${idOf(person.id)}`

async function setCount(key: string, n: number): Promise<void> {
  await rows('UPDATE attempt_counters SET count = ? WHERE key = ?', n, key)
}

/** 64 pending log-ins get the same code, all at the statement that decides before any may continue. */
async function raceFor(person: Person, code: string, decides: RegExp): Promise<Reply[]> {
  const pending: PendingLogIn[] = []
  for (let n = 0; n < RACERS; n++) pending.push(await pendingLogIn(person))
  const start = async (n: number) => {
    if (n % WAVE === 0) await setCount(keyOf(person), 0)
    return answer(pending[n] as PendingLogIn, code, new Client(), atTheLine)
  }
  return raceOf64(start, decides, WAVE)
}

const CODE_INVALID = { status: 400, error: 'ClientInputError' }

describe('one winner among 64', () => {
  test('a time step makes one session, over 64 pending log-ins', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const person = await personWithApp('stepper')
      clock.advance(STEP_MS)
      oneWinner(await raceFor(person, codeOf(person.secret), /UPDATE totp_credentials SET last_step/), 200, CODE_INVALID)
      expect(await count('sessions WHERE user_id = ? AND revoked_at IS NULL AND amr LIKE ?', idOf(person.id), '%otp%')).toBe(1)
    }
  })

  test('a recovery code makes one session, over 64 pending log-ins', { timeout: ROUNDS_TIMEOUT_MS }, async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const person = await personWithApp('recoverer')
      oneWinner(await raceFor(person, person.recoveryCodes[3] ?? '', /UPDATE recovery_codes SET used_at/), 200, CODE_INVALID)
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
    oneWinner(replies, 200, CODE_INVALID)
    expect(await count('recovery_codes WHERE user_id = ? AND used_at IS NOT NULL', idOf(person.id)), 'no other is burnt').toBe(1)
  })

  test('an enrolment is confirmed once, and its recovery codes are shown once', async () => {
    const person = await signedInPerson(newName('confirmer'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const code = codeOf(secret)
    const confirm = () => person.client.post('/user/2fa/totp/confirm', { code }, atTheLine)
    // In waves: requests side by side share one allowance of queries here.
    const replies = await raceOf64(confirm, /SET secret = pending_secret/, 16)
    const winner = oneWinner(replies, 200, { status: 404, error: 'NotFound' })
    expect(await count('recovery_codes WHERE user_id = ?', idOf(person.id))).toBe(10)
    expect(await count(`mail_outbox WHERE user_id = ? AND kind = 'second_factor_on'`, idOf(person.id))).toBe(1)
    expect((await answer(await pendingLogIn(person), replies[winner]?.json.data.recoveryCodes[0])).status).toBe(200)
  })
})

describe('guessing', () => {
  test('a hundred pending log-ins buy ten guesses of digits; a recovery code opens from anywhere all the same', async () => {
    const person = await personWithApp('besieged')
    clock.advance(STEP_MS)
    const wrong = wrongCodeOf(person.secret)
    const pending: PendingLogIn[] = []
    for (let n = 0; n < 100; n++) pending.push(await pendingLogIn(person))
    const replies: Reply[] = []
    for (let first = 0; first < 100; first += 25) {
      replies.push(...(await Promise.all(pending.slice(first, first + 25).map((one) => answer(one, wrong)))))
    }
    expect(replies.filter(({ status }) => status === 400)).toHaveLength(10)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(90)
    const failed = () => count("audit_events WHERE user_id = ? AND type = 'sign_in_failed'", idOf(person.id))
    expect((await answer(await pendingLogIn(person), 'abcdefghijkmnpqr')).status).toBe(400)
    expect(await failed(), 'what does not count leaves nothing').toBe(10)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status).toBe(429)
    expect((await answer(await pendingLogIn(person), person.recoveryCodes[0] ?? '')).status).toBe(200)
    clock.advance(SECOND_FACTOR_WINDOW_MS)
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status).toBe(200)
  })

  test('strangers with the password have 100 guesses in 30 days, resets or not; the owner signs in each day from a known browser', async () => {
    const owner = await personWithApp('besieged')
    const browser = new Client()
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(owner, browser), codeOf(owner.secret), browser)).status).toBe(200)
    clock.advance(86_400_000)
    let [refused, closing] = [0, '']
    for (let day = 0; day < 28; day++) {
      // Ten a day until the hundred are used up.
      const each = day < SECOND_FACTOR_FAILURES_MAX / 10 ? 5 : 1
      for (let n = 0; n < 2; n++) {
        const pending = await pendingLogIn(owner)
        for (let m = 0; m < each; m++) await answer(pending, wrongCodeOf(owner.secret))
      }
      const [newest] = await mailsTo(owner.email)
      if (newest?.subject === 'Wrong sign-in codes for your Kith account') closing = newest.text
      const home = elsewhere(browser)
      if ((await answer(await pendingLogIn(owner, home), codeOf(owner.secret), home)).status !== 200) refused += 1
      for (const [name, value] of home.cookies) browser.cookies.set(name, value)
      clock.advance(86_400_000)
    }
    const judged = await count("audit_events WHERE user_id = ? AND type = 'sign_in_failed'", idOf(owner.id))
    const told = await count("mail_outbox WHERE user_id = ? AND kind = 'second_factor_failed'", idOf(owner.id))
    expect({ judged, refused, told }).toEqual({ judged: SECOND_FACTOR_FAILURES_MAX, refused: 0, told: 4 })
    expect(closing).toMatch(/100 wrong codes[\s\S]*no longer accepted/)
    const password = 'another long password'
    const abroad = new Client()
    await abroad.post('/user/reset-password', { code: await resetCode(owner), password })
    const right = () => codeOf(owner.secret)
    expect((await answer(await pendingLogIn({ ...owner, password }), right())).status, 'a stranger').toBe(400)
    const program = () => Object.assign(new Client(), { network: abroad.network })
    expect((await answer(await pendingLogIn({ ...owner, password }, program()), right(), program())).status, 'who has reset').toBe(200)
    clock.advance(2 * 86_400_000)
    expect((await answer(await pendingLogIn({ ...owner, password }), right())).status, 'after 30 days').toBe(200)
  })

  test('a browser that was signed in to before the factor was on guesses as a stranger; resets from many networks buy 100 guesses once', async () => {
    const person = await personWithApp('before_it')
    const before = elsewhere(person.client)
    await answer(await pendingLogIn(person, before), wrongCodeOf(person.secret), before)
    expect(await attempts(keyOf(person))).toBe(1)
    for (let n = 0; n < 3; n++) {
      clock.advance(SECOND_FACTOR_WINDOW_MS)
      const thief = new Client()
      const password = `the long password number ${n}`
      await thief.post('/user/reset-password', { code: await resetCode(person), password })
      const program = () => Object.assign(new Client(), { network: thief.network })
      await answer(await pendingLogIn({ ...person, password }, program()), wrongCodeOf(person.secret), program())
    }
    expect(await attempts(`${inARowOf(person)}:reset`)).toBe(3)
  })

  test("whoever has the password on the owner's network uses up no guess that the owner has once the password is reset", async () => {
    const owner = await personWithApp('neighbour')
    const home = new Client()
    clock.advance(STEP_MS)
    expect((await answer(await pendingLogIn(owner, home), codeOf(owner.secret), home)).status).toBe(200)
    const program = () => Object.assign(new Client(), { network: home.network })
    const [, recovery = ''] = owner.recoveryCodes
    expect((await answer(await pendingLogIn(owner, program()), recovery, program())).status, 'its network is known').toBe(200)
    for (const thief of [program(), new Client()]) await answer(await pendingLogIn(owner, thief), wrongCodeOf(owner.secret), thief)
    for (const key of [inARowOf(owner), `${inARowOf(owner)}:networks`]) await setCount(key, SECOND_FACTOR_FAILURES_MAX)
    clock.advance(SECOND_FACTOR_WINDOW_MS)
    expect((await answer(await pendingLogIn(owner, program()), codeOf(owner.secret), program())).status).toBe(400)
    const present = { ...owner, password: 'another long password' }
    await program().post('/user/reset-password', { code: await resetCode(owner), password: present.password })
    for (const client of [program(), home]) {
      clock.advance(STEP_MS)
      expect((await answer(await pendingLogIn(present, client), codeOf(owner.secret), client)).status).toBe(200)
    }
    clock.advance(86_400_000)
    await answer(await pendingLogIn(present, program()), wrongCodeOf(owner.secret), program())
    expect(await attempts(`${inARowOf(owner)}:reset`), 'a day later somebody else may have that password, too').toBe(0)
  })

  test('a browser that was signed in to with factors of before guesses as a stranger, whether one was replaced, added or taken off', async () => {
    const person = await personWithApp('of_before')
    const owner = new Client()
    const signIn = async (code: string, client: Client) => answer(await pendingLogIn(person, client), code, client)
    const changes = [
      () => enrol(owner),
      () => owner.post('/user/2fa', { state: true }),
      () => owner.post('/user/2fa', { state: false }),
      async () => owner.post('/user/2fa', { state: true }).then(() => owner.delete('/user/2fa/totp')),
    ]
    let { secret } = person
    for (const [n, change] of changes.entries()) {
      clock.advance(SECOND_FACTOR_WINDOW_MS)
      const thief = new Client()
      expect((await signIn(codeOf(secret), thief)).status).toBe(200)
      expect((await signIn(person.recoveryCodes[n] ?? '', owner)).status).toBe(200)
      clock.advance(1000)
      const made = await change()
      if ('secret' in made) secret = made.secret
      else expect(made.status).toBe(200)
      await signIn('000000', elsewhere(thief))
      expect(await attempts(inARowOf(person)), String(n)).toBe(n + 1)
    }
  })

  test('a new password in a browser without its device cookie makes no known browser: a stolen session does not multiply guesses', async () => {
    const person = await personWithApp('multiplied')
    const browser = new Client()
    clock.advance(STEP_MS)
    await answer(await pendingLogIn(person, browser), codeOf(person.secret), browser)
    let password = person.password
    for (let n = 0; n < 3; n++) {
      clock.advance(1000)
      browser.cookies.delete('__Host-kith_device')
      const changed = { currentPassword: password, password: `the long password number ${n}` }
      expect((await browser.patch('/user/me', changed)).status).toBe(200)
      password = changed.password
      const guesser = elsewhere(browser)
      await answer(await pendingLogIn({ ...person, password }, guesser), wrongCodeOf(person.secret), guesser)
    }
    expect(await attempts(inARowOf(person)), 'as one stranger').toBe(3)
    const known = `${inARowOf(person)}:%`
    expect(await count('attempt_counters WHERE key LIKE ? AND count > 0', known)).toBe(0)
  })

  test('somebody without the password or the sessionHash learns nothing, and costs the account no attempt', async () => {
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
    expect(await attempts(keyOf(alice)), 'the last two alone').toBe(2)
    expect((await answer(hers, codeOf(alice.secret))).status).toBe(200)
  })
})

describe('a change of factors in flight', () => {
  test('a confirmation whose session was ended meanwhile switches nothing on', async () => {
    const person = await signedInPerson(newName('in_flight'))
    const { secret } = (await person.client.post('/user/2fa/totp')).json.data
    const start = () => person.client.post('/user/2fa/totp/confirm', { code: codeOf(secret) }, atTheLine)
    const end = () => rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', idOf(person.id))
    expect((await whileAtTheLine(start, /SET secret = pending_secret/, end)).status).toBe(404)
    expect(await count('second_factors WHERE user_id = ?', idOf(person.id))).toBe(0)
    expect(await count('recovery_codes WHERE user_id = ?', idOf(person.id))).toBe(0)
  })

  test('a code of an app that was taken off meanwhile makes no session, and a ban in between burns no code', async () => {
    const person = await personWithApp('in_flight')
    clock.advance(STEP_MS)
    for (const sets of ['UPDATE users SET banned_at = 1 WHERE id = ?', 'UPDATE users SET epoch = epoch + 1 WHERE id = ?']) {
      const pending = await pendingLogIn(person)
      const start = () => answer(pending, codeOf(person.secret), new Client(), atTheLine)
      expect((await whileAtTheLine(start, /UPDATE totp_credentials/, () => rows(sets, idOf(person.id)))).status).toBe(400)
      await rows('UPDATE users SET banned_at = NULL, epoch = 0 WHERE id = ?', idOf(person.id))
    }
    expect((await answer(await pendingLogIn(person), codeOf(person.secret))).status, 'the step is still unused').toBe(200)
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
