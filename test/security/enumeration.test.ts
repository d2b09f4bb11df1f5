// Nobody learns who has an account (security row 5, design §1.12, wire §6.7, §6.9): replies for known and unknown addresses are
// compared byte for byte, with status and headers. scripts/timing.ts compares times.
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { MAIL_PAUSE_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { ban, markDeleted, newName } from '../support/actors.ts'
import { Client, mailsTo, platform, type Reply } from '../support/kith.ts'
import { PASSWORD, type Person, signUp, signUpBody, verifiedPerson } from '../support/people.ts'
import { asTold } from '../support/replies.ts'

/** Without ids, times, request ids, bookmarks, and the keyed hash of an address. */
function told(reply: Reply) {
  const { status, headers, text } = asTold(reply)
  const body = text.replace(/"(_id|target)":"[0-9a-f]{24}"/g, '"$1":"<id>"').replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"<time>"')
  return { status, body, headers }
}

type State = 'unknown' | 'verified' | 'unverified' | 'banned' | 'deleted'
const people = {} as Record<State, Person>
const states: State[] = ['unknown', 'verified', 'unverified', 'banned', 'deleted']

beforeAll(async () => {
  // Names of equal length, so that sizes compare.
  people.verified = await verifiedPerson(newName('known_a'))
  people.unverified = await signUp(newName('known_b'))
  people.banned = await verifiedPerson(newName('known_c'))
  people.deleted = await verifiedPerson(newName('known_d'))
  const username = newName('known_e')
  people.unknown = { ...people.verified, id: '0000000000000000ffffffff', username, email: `${username}@example.com` }
  await ban(people.banned)
  await markDeleted(people.deleted)
})
beforeEach(() => platform.reset())
afterEach(() => clock.restore())

/** Sends the same about all five and expects one answer. */
async function sameForAll(send: (person: Person, client: Client) => Promise<Reply>, among = states) {
  const answers = []
  for (const state of among) answers.push(told(await send(people[state], new Client())))
  for (const [index, answer] of answers.entries()) expect(answer, among[index]).toEqual(answers[0])
  return answers[0]
}

describe('the answer is the same, whoever has an account', () => {
  test('POST /user/create', async () => {
    const answer = await sameForAll(async (person, client) => {
      const username = newName('newcomer')
      const reply = await client.post('/user/create', signUpBody(username, person.email))
      return { ...reply, text: reply.text.replaceAll(username, '<name>').replaceAll(person.email, '<address>') }
    })
    expect(answer?.status).toBe(201)
  })

  test('POST /user/login with a wrong password, by name, by address and by both', async () => {
    const bodies = [
      (person: Person) => ({ username: person.username }),
      (person: Person) => ({ email: person.email }),
      (person: Person) => ({ username: person.username, email: person.email }),
    ]
    for (const names of bodies) {
      const answer = await sameForAll((person, client) => client.post('/user/login', { ...names(person), password: 'not the password' }))
      expect(answer?.status).toBe(401)
    }
  })

  test('POST /user/login with the right password of a banned or deleted account', async () => {
    const among: State[] = ['unknown', 'banned', 'deleted']
    const answer = await sameForAll(
      (person, client) => client.post('/user/login', { username: person.username, password: PASSWORD }),
      among,
    )
    expect(answer?.status).toBe(401)
  })

  test('GET and POST /user/code, also when asked again at once', async () => {
    for (const round of ['first', 'again']) {
      const byPost = await sameForAll((person, client) => client.post('/user/code', { email: person.email }))
      expect(byPost?.status, round).toBe(200)
      const byGet = await sameForAll((person, client) => client.get(`/user/code?email=${encodeURIComponent(person.email)}`))
      expect(byGet?.status, round).toBe(200)
    }
  })

  test('the target of /user/code belongs to the address and is no user id', async () => {
    for (const { email, id } of Object.values(people)) {
      const [first, again, shouted] = [email, email, email.toUpperCase()].map((address) =>
        new Client().post('/user/code', { email: address }),
      )
      const target = (await first)?.json.data.target
      expect(target).toMatch(/^[0-9a-f]{24}$/)
      expect(target).not.toBe(id)
      expect((await again)?.json.data.target).toBe(target)
      expect((await shouted)?.json.data.target).toBe(target)
    }
    const targets = await Promise.all(
      Object.values(people).map(async ({ email }) => (await new Client().post('/user/code', { email })).json.data.target),
    )
    expect(new Set(targets).size).toBe(5)
  })

  test('GET /user/resend-verification, also when asked again at once', async () => {
    for (const round of ['first', 'again']) {
      const answer = await sameForAll((person, client) => client.get(`/user/resend-verification?target=${person.id}`))
      expect(answer?.status, round).toBe(200)
    }
  })

  test('POST /user/reset-password with a wrong code, with and without the target', async () => {
    const code = 'aaa-bbb-ccc-ddd-eee-fff-ggg-hhh'
    const targets = new Map<string, string>()
    for (const { email } of Object.values(people)) targets.set(email, (await new Client().post('/user/code', { email })).json.data.target)
    const bare = await sameForAll((_, client) => client.post('/user/reset-password', { code, password: 'a new long password' }))
    const withTarget = await sameForAll((person, client) =>
      client.post('/user/reset-password', { code, password: 'a new long password', target: targets.get(person.email) ?? '' }),
    )
    expect(bare?.status).toBe(400)
    expect(withTarget).toEqual(bare)
  })
})

describe('what happens afterwards does not tell either', () => {
  test('an account made with a taken address answers like one with a free address, at log-in too', async () => {
    const attempts = []
    for (const email of [people.verified.email, `${newName('free')}@example.com`]) {
      const username = newName('squatter')
      const password = 'the squatter knows this'
      const made = await new Client().post('/user/create', { ...signUpBody(username, email), password })
      expect(made.status).toBe(201)
      const replies = [
        await new Client().post('/user/login', { username, password }),
        await new Client().post('/user/login', { username, email, password }),
        await new Client().post('/user/login', { email, password }),
        await new Client().get(`/user/resend-verification?target=${made.json.data.user._id}`),
        await new Client().post('/user/code', { email }),
      ]
      attempts.push(replies.map(told))
    }
    for (const [index, route] of ['by name', 'by both', 'by address', 'resend', 'code'].entries()) {
      expect(attempts[0]?.[index], route).toEqual(attempts[1]?.[index])
    }
  })

  test('the limit of tries does not tell which address belongs to a user name', async () => {
    const other = await verifiedPerson(newName('known_f'))
    const { username } = people.verified
    const password = 'not the password'
    const probes: ((email: string) => [spent: Record<string, string>, probe: Record<string, string>])[] = [
      (email) => [{ username }, { username, email }],
      (email) => [{ username }, { email }],
      (email) => [{ email }, { username }],
    ]
    for (const [index, probe] of probes.entries()) {
      const statuses = []
      for (const email of [people.verified.email, other.email, people.unknown.email]) {
        const client = new Client()
        const [spent, last] = probe(email)
        for (let n = 0; n < 10; n++) await client.post('/user/login', { ...spent, password })
        statuses.push((await client.post('/user/login', { ...last, password })).status)
      }
      expect(new Set(statuses).size, `probe ${index}: ${statuses}`).toBe(1)
    }
  })
})

describe('the mailbox', () => {
  const subjects = async (address: string) => (await mailsTo(address)).map(({ subject }) => subject)

  test('who has the address is told that someone tried to sign up with it, without a word of theirs and without a code', async () => {
    clock.freeze(Date.now() + 86_400_000)
    const owner = await verifiedPerson(newName('owner'))
    clock.advance(MAIL_PAUSE_MS)
    const intruder = await signUp(newName('intruder'), owner.email)
    const [mail] = await mailsTo(owner.email)
    expect(mail?.subject).toContain('already have an account')
    expect(mail?.text).not.toContain(intruder.username)
    expect(mail?.text).not.toMatch(/([a-z2-9]{3}-){7}/)
  })

  test('nothing goes to an address without an account, or with one that may not be used', async () => {
    clock.freeze(Date.now() + 2 * 86_400_000)
    for (const state of ['unknown', 'banned', 'deleted', 'unverified'] as const) {
      const { id, email } = people[state]
      const before = await subjects(email)
      await new Client().post('/user/code', { email })
      if (state !== 'unverified') await new Client().get(`/user/resend-verification?target=${id}`)
      expect(await subjects(email), state).toEqual(before)
    }
  })

  test('a verified address is not asked to verify again', async () => {
    clock.freeze(Date.now() + 3 * 86_400_000)
    const before = await subjects(people.verified.email)
    await new Client().get(`/user/resend-verification?target=${people.verified.id}`)
    expect(await subjects(people.verified.email)).toEqual(before)
  })
})
