// Guessing (security rows 6, 16, 22; design §6): D1 counts attempts per account before they are checked, so neither many
// networks, many pending log-ins nor parallel requests buy more of them.
import { describe, expect, test } from 'vitest'
import { FRESH_SIGN_IN_MS, LOGIN_DAY_MS, LOGIN_WINDOW_MS, MAIL_PAUSE_MS, SECOND_FACTOR_WINDOW_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import {
  answer,
  attempts,
  count,
  idOf,
  newName,
  pendingLogIn,
  personWithSecondFactor,
  resetCode,
  rows,
  wrongCodes,
} from '../support/actors.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, newestCode, type Reply } from '../support/kith.ts'
import { logIn, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { times } from '../support/runs.ts'
import { besiege } from '../support/strangers.ts'

const WRONG = 'not the password at all'

freezeEachTest()

/** How many answers to pending log-ins were checked. */
async function judged(person: Person): Promise<number> {
  const [row] = await rows<{ n: number }>(
    `SELECT SUM(attempts) AS n FROM challenges WHERE user_id = ? AND purpose = 'sign_in'`,
    idOf(person.id),
  )
  return row?.n ?? 0
}

function guess(person: Person, client: Client, password = WRONG): Promise<Reply> {
  return logIn({ ...person, password }, client)
}

const triesOfStrangers = (person: Person) => attempts(`password-day:${idOf(person.id)}`)

async function guessFromManyNetworks(person: Person, tries: number): Promise<void> {
  let client = new Client()
  for (let n = 0; n < tries; n++) {
    if (n % 10 === 0) client = new Client()
    const reply = await guess(person, client)
    if (reply.status !== 401) throw new Error(`guess ${n}: ${reply.status} ${reply.text}`)
  }
}

describe('guessing a second factor', () => {
  /** More than the guesses that a window has. */
  const PENDING = times(50, 200)
  test(`${PENDING} pending log-ins from as many networks buy ten guesses in all`, async () => {
    const person = await personWithSecondFactor('guessed')
    const pending = []
    for (let n = 0; n < PENDING; n++) pending.push(await pendingLogIn(person))
    const code = await newestCode(person.email)
    const wrong = wrongCodes(code, PENDING)
    const statuses: number[] = []
    // Fifty at a time: parallel requests share one allowance of queries here.
    for (let first = 0; first < PENDING; first += 50) {
      const guesses = pending.slice(first, first + 50).map((one, n) => answer(one, wrong[first + n] ?? ''))
      statuses.push(...(await Promise.all(guesses)).map(({ status }) => status))
    }
    expect(statuses.filter((status) => status === 400)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(PENDING - 10)
    expect(await judged(person)).toBe(10)

    for (const one of [pending[0], pending[PENDING - 1], await pendingLogIn(person)]) {
      const refused = await answer(one as never, code)
      expect([refused.status, refused.json.error]).toEqual([429, 'RateLimitError'])
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(Number(refused.headers.get('retry-after'))).toBeLessThanOrEqual(SECOND_FACTOR_WINDOW_MS / 1000)
    }
    clock.advance(SECOND_FACTOR_WINDOW_MS - 1)
    const late = await pendingLogIn(person)
    expect((await answer(late, await newestCode(person.email))).status, 'within the window').toBe(429)
    expect(await judged(person)).toBe(10)
    clock.advance(1)
    expect((await answer(late, await newestCode(person.email))).status, 'after the window').toBe(200)
    await checkInvariants()
  })

  test('one pending log-in takes five guesses, however many come at once', async () => {
    const person = await personWithSecondFactor('guessed')
    const pending = await pendingLogIn(person)
    const code = await newestCode(person.email)
    const replies = await Promise.all(wrongCodes(code, 64).map((wrong) => answer(pending, wrong)))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([400]))
    expect(await judged(person)).toBe(5)
    expect((await answer(pending, code)).status, 'the right code is too late').toBe(400)
    expect(await judged(person)).toBe(5)
    expect((await answer(await pendingLogIn(person), code)).status, 'another log-in goes on').toBe(200)
  })
})

describe('the limit of mails', () => {
  test('a log-in right after another one has a code that works', async () => {
    const person = await personWithSecondFactor('hasty')
    expect((await answer(await pendingLogIn(person), await newestCode(person.email))).status).toBe(200)
    clock.advance(5_000)
    expect((await answer(await pendingLogIn(person), await newestCode(person.email))).status).toBe(200)
    await checkInvariants()
  })

  test('log-ins that wait for their code share the one that was mailed', async () => {
    const person = await personWithSecondFactor('patient')
    const pending = [await pendingLogIn(person), await pendingLogIn(person), await pendingLogIn(person)]
    expect(await rows(`SELECT 1 FROM mail_outbox WHERE user_id = ? AND kind = 'sign_in_code'`, idOf(person.id))).toHaveLength(1)
    expect((await answer(pending[2] as never, await newestCode(person.email))).status).toBe(200)
  })
})

describe('guessing a password', () => {
  test('the eleventh try in 15 minutes from a network is 429, for names with and without an account alike', async () => {
    const known = await verifiedPerson(newName('tried'))
    const nobody = { ...known, username: newName('nobody') }
    const told: unknown[] = []
    for (const person of [known, nobody]) {
      const client = new Client()
      const replies = []
      for (let n = 0; n < 11; n++) replies.push(await guess(person, client))
      expect(replies.map(({ status }) => status)).toEqual([...Array(10).fill(401), 429])
      expect(replies[10]?.headers.get('retry-after')).toBe(String(LOGIN_WINDOW_MS / 1000))
      expect((await logIn(person, client)).status, 'the right password, too late').toBe(429)
      told.push(replies.map(({ text }) => text))
    }
    expect(told[0]).toEqual(told[1])
    // What is refused for its number does not count, so one network cannot use up the tries of all.
    expect(await triesOfStrangers(known)).toBe(10)
    expect((await logIn(known, new Client())).status, 'from another network').toBe(200)
  })

  test('64 parallel tries from a network are no more than ten, however often those that were turned away come again', async () => {
    const person = await verifiedPerson(newName('hurried'))
    const client = new Client()
    const statuses: number[] = []
    for (let left = 64; left > 0; ) {
      const replies = await Promise.all(Array.from({ length: left }, () => guess(person, client)))
      const judged = replies.map(({ status }) => status).filter((status) => status !== 503)
      statuses.push(...judged)
      left -= judged.length
    }
    expect(await triesOfStrangers(person)).toBe(10)
    expect(statuses.filter((status) => status === 401)).toHaveLength(10)
    expect(statuses.filter((status) => status === 429)).toHaveLength(54)
  })

  test('only a checked password counts as an attempt: somebody turned away by a full queue keeps all of theirs', async () => {
    const person = await verifiedPerson(newName('turned_away'))
    const client = new Client()
    for (let round = 0; round < 3; round++) {
      const replies = await Promise.all(Array.from({ length: 24 }, () => logIn(person, client)))
      const statuses = replies.map(({ status }) => status)
      expect(new Set(statuses)).toEqual(new Set([200, 503]))
      expect(replies.filter(({ status }) => status === 503).every(({ headers }) => Number(headers.get('retry-after')) > 0)).toBe(true)
      expect(await triesOfStrangers(person)).toBe(0)
    }
    expect((await logIn(person, client)).status).toBe(200)
  })

  test('the window ends; a right password begins it anew', async () => {
    const person = await verifiedPerson(newName('patient'))
    const client = new Client()
    for (let n = 0; n < 10; n++) await guess(person, client)
    expect((await guess(person, client)).status).toBe(429)
    clock.advance(LOGIN_WINDOW_MS)
    for (let n = 0; n < 9; n++) expect((await guess(person, client)).status).toBe(401)
    expect((await logIn(person, client)).status).toBe(200)
    client.cookies.clear()
    for (let n = 0; n < 10; n++) expect((await guess(person, client)).status).toBe(401)
    expect((await guess(person, client)).status).toBe(429)
  })

  test('30 wrong passwords a day from strangers are judged, wherever they come from; then a right one answers like a wrong one', async () => {
    const person = await verifiedPerson(newName('besieged'))
    await guessFromManyNetworks(person, times(40, 110))
    expect(await triesOfStrangers(person)).toBe(30)
    const wrong = await guess(person, new Client())
    const right = await logIn(person, new Client())
    expect([right.status, right.text]).toEqual([wrong.status, wrong.text])
    expect(right.headers.getSetCookie()).toEqual([])
    const failed = "audit_events WHERE user_id = ? AND type = 'sign_in_failed'"
    expect(await count(failed, idOf(person.id)), 'what is not judged leaves no trace').toBe(30)
    clock.advance(LOGIN_DAY_MS)
    expect((await logIn(person, new Client())).status, 'a day later').toBe(200)
    await checkInvariants()
  })

  test('64 parallel guesses from 64 networks are no more than 30', async () => {
    const person = await verifiedPerson(newName('swarmed'))
    for (let left = 64; left > 0; ) {
      const replies = await Promise.all(Array.from({ length: left }, () => guess(person, new Client())))
      left -= replies.filter(({ status }) => status === 401).length
    }
    expect(await triesOfStrangers(person)).toBe(30)
  })

  test('a right password buys no more guesses: it is not counted, and the rest of the day stays counted', async () => {
    const person = await verifiedPerson(newName('forgetful'))
    await guessFromManyNetworks(person, 29)
    for (let n = 0; n < 3; n++) expect((await logIn(person, new Client())).status).toBe(200)
    expect(await triesOfStrangers(person)).toBe(29)
    await guessFromManyNetworks(person, 10)
    expect(await triesOfStrangers(person)).toBe(30)
  })

  test('a known browser and a known network have 20 guesses a day each beside that, however often their owner signs in', async () => {
    const person = await verifiedPerson(newName('shared'))
    await besiege(person)
    const tried = async () => {
      const [row] = await rows<{ count: number }>(
        'SELECT MAX(count) AS count FROM attempt_counters WHERE key LIKE ?',
        `password-known:${idOf(person.id)}:%`,
      )
      return row?.count
    }
    const atHome = () => Object.assign(new Client(), { network: person.client.network })
    for (let n = 0; n < 30; n++) {
      if (n % 10 === 0) clock.advance(LOGIN_WINDOW_MS)
      await guess(person, atHome())
      if (n === 5) expect((await logIn(person, atHome())).status).toBe(200)
    }
    expect(await tried(), 'its network').toBe(20)
    clock.advance(LOGIN_WINDOW_MS)
    const browser = new Client()
    expect((await logIn(person, Object.assign(browser, { network: person.client.network }))).status, 'no more from there').toBe(401)
    clock.advance(LOGIN_DAY_MS)
    expect((await logIn(person, browser)).status).toBe(200)
    await besiege(person)
    for (let n = 0; n < 30; n++) {
      await guess(person, browser)
      if (n === 5) expect((await logIn(person, browser)).status).toBe(200)
    }
    expect(await tried(), 'its browser').toBe(20)
  })

  test('the present password on PATCH /user/me is tried 30 times a day, right or wrong; a browser that has just signed in counts apart', async () => {
    const person = await signedInPerson(newName('changer'))
    const change = (currentPassword: string) => person.client.patch('/user/me', { email: 'taken@example.com', currentPassword })
    clock.advance(FRESH_SIGN_IN_MS + 1)
    for (let n = 0; n < 29; n++) expect((await change(WRONG)).status).toBe(400)
    expect((await change(person.password)).status).toBe(200)
    const refused = await change(person.password)
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, String(LOGIN_DAY_MS / 1000)])
    // Attempts with a token do not keep anybody from signing in, or from resetting the password afterwards.
    expect((await logIn(person)).status).toBe(200)
    expect((await person.client.patch('/user/me', { password: 'yet another password' })).status).toBe(200)
  })

  test('each name of an account has its ten tries per network, and both count as tries of strangers (decision 005)', async () => {
    const person = await verifiedPerson(newName('two_named'))
    const client = new Client()
    const byAddress = () => client.post('/user/login', { email: person.email, password: WRONG })
    for (let n = 0; n < 10; n++) expect((await guess(person, client)).status).toBe(401)
    for (let n = 0; n < 10; n++) expect((await byAddress()).status).toBe(401)
    expect((await guess(person, client)).status).toBe(429)
    expect((await byAddress()).status).toBe(429)
    expect(await triesOfStrangers(person)).toBe(20)
  })
})

describe('guessing a long code', () => {
  test('a code for another purpose does not work', async () => {
    const person = await verifiedPerson(newName('mixed_up'))
    const code = await resetCode(person)
    expect((await new Client().post('/user/verify-email', { code })).status).toBe(400)
    clock.advance(MAIL_PAUSE_MS)
    expect((await new Client().post('/user/reset-password', { code, password: 'another long password' })).status).toBe(200)
  })
})
