// Whatever ends all sessions does so before its reply leaves: no request with older credentials passes afterwards, with KV stale
// at every location and lagging replicas (design §1.7-8; security rows 4, 9, 25-28).
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { BROWSER_SESSIONS_MAX, MAIL_PAUSE_MS } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { answer, ban, count, idOf, markDeleted, newName, pendingLogIn, personWithSecondFactor, resetCode, rows } from '../support/actors.ts'
import { runCron } from '../support/cron.ts'
import { Client, mailsTo, newestCode, platform, type Reply } from '../support/kith.ts'
import { logIn, type Person, signedIn, signUp, verifiedPerson } from '../support/people.ts'
import { times } from '../support/runs.ts'
import { atTheLine, whileAtTheLine } from '../support/start-line.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const COOKIES = times(5, 20)
const TOKENS = times(5, 20)
const REQUESTS = times(200, 1_000)
const AT_ONCE = 50
const NEW_PASSWORD = 'a new and longer password'
const LOCATIONS = ['paris', 'tokyo', 'lima', 'lagos']

beforeEach(() => platform.reset())
afterEach(() => clock.restore())

const tokenHolder = async (person: Person) => bearerOf(await userToken(person, ['delegated:all'], 3600))

const signedInClient = async (person: Person) => (await signedIn({ ...person, client: new Client() })).client

/** A person with many live credentials, all of which KV and the replicas have seen. */
async function personWithCredentials(prefix: string) {
  const person = await verifiedPerson(newName(prefix))
  const holders: Client[] = []
  for (let n = 0; n < COOKIES; n++) holders.push(await signedInClient(person))
  for (let n = 0; n < TOKENS; n++) holders.push(await tokenHolder(person))
  platform.replicaLag = true
  for (const location of LOCATIONS) {
    platform.location = location
    for (const holder of holders) expect((await holder.get('/user/me')).status).toBe(200)
    expect((await holders[0]?.get('/user/sessions?limit=100'))?.json.data.records).toHaveLength(COOKIES + TOKENS)
  }
  return { person, holders }
}

const CALLS: ((client: Client) => Promise<Reply>)[] = [
  (client) => client.get('/user/me'),
  (client) => client.get('/user/sessions'),
  (client) => client.get('/user/session-state'),
  (client) => client.get('/user/login-history'),
  (client) => client.patch('/user/me', { bio: 'still here' }),
  (client) => client.post('/user/logout-all'),
  (client) => client.post('/user/2fa', { state: true }),
]

/** Sends `REQUESTS` with the credentials as they were, whatever the replies would have changed. */
async function accepted(holders: readonly Client[]): Promise<string[]> {
  const passed: string[] = []
  for (let first = 0; first < REQUESTS; first += AT_ONCE) {
    platform.location = LOCATIONS[(first / AT_ONCE) % LOCATIONS.length] ?? ''
    await Promise.all(
      Array.from({ length: AT_ONCE }, async (_, index) => {
        const n = first + index
        const reply = await (CALLS[n % CALLS.length] as (typeof CALLS)[0])(holders[n % holders.length] as Client)
        if (reply.status !== 401) passed.push(`${n}: ${reply.status} ${reply.text}`)
      }),
    )
  }
  return passed
}

describe('no request with older credentials passes', () => {
  const acts: Record<string, (person: Person, actor: Client) => Promise<Reply | undefined>> = {
    'after a logout-all with the cookie': (_, actor) => actor.post('/user/logout-all'),
    'after a logout-all with a token': async (person) => (await tokenHolder(person)).get('/user/logout-all'),
    'after a ban': async (person) => {
      await ban(person)
      return undefined
    },
    'after the deletion of the account': async (person) => {
      await markDeleted(person)
      return undefined
    },
    'after a change of the password': (person, actor) =>
      actor.patch('/user/me', { password: NEW_PASSWORD, currentPassword: person.password }),
    'after a reset of the password': async (person) =>
      new Client().post('/user/reset-password', { code: await resetCode(person), password: NEW_PASSWORD }),
  }

  for (const [name, act] of Object.entries(acts)) {
    test(name, async () => {
      const { person, holders } = await personWithCredentials('revoked')
      const actor = await signedInClient(person)
      const before = await rows<{ bio: string | null }>('SELECT bio FROM users WHERE id = ?', idOf(person.id))
      const reply = await act(person, actor)
      if (reply) expect(reply.status, reply.text).toBe(200)
      expect(await accepted(holders)).toEqual([])
      expect(await rows('SELECT bio FROM users WHERE id = ?', idOf(person.id))).toEqual(before)
    })
  }

  test('the browser that changed the password goes on with its new cookie, and no other', async () => {
    const person = await verifiedPerson(newName('changed'))
    const actor = await signedInClient(person)
    const old = [...actor.cookies]
    expect((await actor.patch('/user/me', { password: NEW_PASSWORD })).status).toBe(200)
    expect([...actor.cookies]).not.toEqual(old)
    expect((await actor.get('/user/me')).status).toBe(200)
    expect((await actor.get('/user/sessions')).json.data.records).toHaveLength(1)
  })

  test('a ban with an end lets credentials pass again after it; a log-out ends one session alone', async () => {
    const person = await verifiedPerson(newName('timed_out'))
    const [one, other] = [await signedInClient(person), await signedInClient(person)]
    clock.freeze()
    await rows('UPDATE users SET banned_at = ?, banned_until = ? WHERE id = ?', Date.now(), Date.now() + 60_000, idOf(person.id))
    expect((await one.get('/user/me')).status).toBe(401)
    clock.advance(60_000)
    expect((await one.get('/user/me')).status).toBe(200)
    const cookies = [...one.cookies]
    expect((await one.post('/user/logout')).status).toBe(200)
    for (const [cookie, value] of cookies) one.cookies.set(cookie, value)
    expect((await one.get('/user/me')).status).toBe(401)
    expect((await other.get('/user/me')).status).toBe(200)
  })
})

describe('what was begun before a logout-all dies with it', () => {
  async function logOutEverywhere(person: Person): Promise<void> {
    expect((await (await tokenHolder(person)).post('/user/logout-all')).status).toBe(200)
  }

  /** The status of a request that stood at the statement that decides when its person was signed out. */
  const statusAfterLogOut = async (person: Person, start: () => Promise<Reply>, decides: RegExp) =>
    (await whileAtTheLine(start, decides, () => logOutEverywhere(person))).status

  test('a pending log-in', async () => {
    const person = await personWithSecondFactor('pending')
    const pending = await pendingLogIn(person)
    const code = await newestCode(person.email)
    await logOutEverywhere(person)
    expect((await answer(pending, code)).status).toBe(400)
    expect((await answer(await pendingLogIn(person), code)).status, 'its code, in a later log-in').toBe(400)
  })

  test('a reset code', async () => {
    const person = await verifiedPerson(newName('resetting'))
    const code = await resetCode(person)
    await logOutEverywhere(person)
    expect((await new Client().post('/user/reset-password', { code, password: 'a new and longer password' })).status).toBe(400)
    expect((await logIn(person)).status).toBe(200)
  })

  test('a verification code, and a new one can be had', async () => {
    const person = await signUp(newName('unproved'))
    const code = await newestCode(person.email)
    await logOutEverywhere(person)
    expect((await new Client().post('/user/verify-email', { code })).status).toBe(400)
    clock.freeze(Date.now() + MAIL_PAUSE_MS)
    await new Client().get(`/user/resend-verification?target=${person.id}`)
    expect((await new Client().post('/user/verify-email', { code: await newestCode(person.email) })).status).toBe(200)
  })

  test('a log-in whose password was right already', async () => {
    const person = await verifiedPerson(newName('midway'))
    const start = () => new Client().post('/user/login', { username: person.username, password: person.password }, atTheLine)
    expect(await statusAfterLogOut(person, start, /INSERT INTO sessions/)).toBe(401)
    expect(await count('sessions WHERE user_id = ? AND client_id IS NULL', idOf(person.id))).toBe(0)
  })

  test('a second factor whose code was right already', async () => {
    const person = await personWithSecondFactor('midway')
    const pending = await pendingLogIn(person)
    const code = await newestCode(person.email)
    const start = () => answer(pending, code, new Client(), atTheLine)
    expect(await statusAfterLogOut(person, start, /UPDATE challenges SET consumed_at/)).toBe(400)
    expect(await count('sessions WHERE user_id = ? AND client_id IS NULL', idOf(person.id))).toBe(0)
  })

  test('a change of the profile that had passed the gate', async () => {
    const person = await verifiedPerson(newName('midway'))
    const client = await signedInClient(person)
    const start = () => client.patch('/user/me', { bio: 'too late' }, atTheLine)
    expect(await statusAfterLogOut(person, start, /UPDATE users SET/)).toBe(401)
    expect(await rows('SELECT bio FROM users WHERE id = ?', idOf(person.id))).toEqual([{ bio: null }])
  })

  test('a code that a mail was still to carry', async () => {
    const person = await verifiedPerson(newName('mailed'))
    platform.faults.kv('put', 'throw')
    await new Client().post('/user/code', { email: person.email })
    platform.faults.clear()
    await logOutEverywhere(person)
    clock.freeze(Date.now() + 5 * 60_000)
    await runCron()
    expect((await mailsTo(person.email)).filter(({ subject }) => subject.includes('Set a new password'))).toEqual([])
  })
})

describe('sessions end by themselves', () => {
  const SESSION_IDLE_MS = 86_400_000
  const SESSION_MS = 30 * SESSION_IDLE_MS

  test('after 24 hours without a request, and not before', async () => {
    clock.freeze()
    const client = await signedInClient(await verifiedPerson(newName('idle')))
    clock.advance(SESSION_IDLE_MS - 1)
    expect((await client.get('/user/me')).status).toBe(200)
    clock.advance(SESSION_IDLE_MS - 1)
    expect((await client.get('/user/me')).status, 'use moves the end on').toBe(200)
    clock.advance(SESSION_IDLE_MS)
    expect((await client.get('/user/me')).status).toBe(401)
  })

  test('after 30 days, however much they are used', async () => {
    clock.freeze()
    const client = await signedInClient(await verifiedPerson(newName('busy')))
    const step = SESSION_IDLE_MS / 2
    for (let at = step; at < SESSION_MS; at += step) {
      clock.advance(step)
      expect((await client.get('/user/me')).status, `after ${at} ms`).toBe(200)
    }
    clock.advance(step)
    expect((await client.get('/user/me')).status).toBe(401)
  })

  test('the oldest when there is one more than 50', async () => {
    const person = await verifiedPerson(newName('collector'))
    const clients: Client[] = []
    for (let n = 0; n <= BROWSER_SESSIONS_MAX; n++) clients.push(await signedInClient(person))
    const statuses = []
    for (const client of clients) statuses.push((await client.get('/user/me')).status)
    expect(statuses).toEqual([401, ...Array(BROWSER_SESSIONS_MAX).fill(200)])
  })
})
