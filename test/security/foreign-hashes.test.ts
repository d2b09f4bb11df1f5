// Password hashes that other systems made, over HTTP (security rows 1 and 5, decision 057): each signs its owner in once, and is
// Kith's own from then on. Nothing else about a sign-in differs.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { readForeignHash } from '../../src/core/accounts/foreign-hashes/read.ts'
import { DECOY_POSITIONS, findDecoy } from '../../src/store/db/sign-in-users.ts'
import { FOREIGN_HASHES } from '../fixtures/foreign-hashes.ts'
import { answer, idOf, newName, pendingLogIn, personWithSecondFactor, rows } from '../support/actors.ts'
import { enrol } from '../support/authenticator.ts'
import { checkInvariants } from '../support/invariants.ts'
import { Client, mailsTo, newestCode, platform } from '../support/kith.ts'
import { formOf, open, send } from '../support/pages.ts'
import { logIn, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { newCtx } from '../support/tokens.ts'

const OWN = /^\$scrypt\$ln=\d+,r=8,p=3,keyid=/
const [, PASSWORD = '', BCRYPT = ''] = FOREIGN_HASHES[0] ?? []
/** As many as may wait for a password hash. */
const WAVE = 8

function notationOf(text: string): string {
  const read = readForeignHash(text)
  if ('refusal' in read) throw new Error(read.message)
  return read.stored
}

const store = (person: Person, hash: string) => rows('UPDATE credentials SET password_hash = ? WHERE user_id = ?', hash, idOf(person.id))

const storeForAll = (hash: string) => rows('UPDATE credentials SET password_hash = ?', hash)

async function storedOf(person: Person): Promise<string> {
  const [row] = await rows<{ password_hash: string }>('SELECT password_hash FROM credentials WHERE user_id = ?', idOf(person.id))
  return row?.password_hash ?? ''
}

async function statusOf(person: Person, password: string, client = new Client()): Promise<number> {
  return (await logIn({ ...person, password }, client)).status
}

beforeEach(() => platform.reset())
afterEach(() => vi.restoreAllMocks())

describe('a hash of another system', () => {
  test('signs its owner in, no other password does, and the next sign-in finds one of our own', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    for (const [name, password, text] of FOREIGN_HASHES) {
      const foreign = notationOf(text)
      await store(person, foreign)
      expect(await statusOf(person, `${password}!`), name).toBe(name.includes('72 bytes') ? 200 : 401)
      await store(person, foreign)
      expect(await statusOf(person, password), name).toBe(200)
      expect(await storedOf(person), name).toMatch(OWN)
      expect(await statusOf(person, password), name).toBe(200)
      // A day has 30 tries.
      await rows('DELETE FROM attempt_counters')
    }
    await checkInvariants()
  })

  test('stays as it is after a wrong password', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    await store(person, BCRYPT)
    expect(await statusOf(person, 'not the password at all')).toBe(401)
    expect(await storedOf(person)).toBe(BCRYPT)
  })

  test('does not save the second step', async () => {
    const person = { ...(await personWithSecondFactor('moved_in')), password: PASSWORD }
    await store(person, BCRYPT)
    const pending = await pendingLogIn(person)
    expect(await storedOf(person)).toMatch(OWN)
    expect((await answer(pending, await newestCode(person.email))).status).toBe(200)
  })

  test('of parallel sign-ins all succeed, and one new hash stays', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    await store(person, BCRYPT)
    const statuses = await Promise.all(Array.from({ length: WAVE }, () => statusOf(person, PASSWORD)))
    expect(statuses).toEqual(Array.from({ length: WAVE }, () => 200))
    expect(await storedOf(person)).toMatch(OWN)
    expect(await statusOf(person, PASSWORD)).toBe(200)
  })

  test('never replaces a password that was set meanwhile', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    await store(person, BCRYPT)
    await rows(`CREATE TRIGGER meanwhile AFTER INSERT ON sessions BEGIN UPDATE credentials SET password_hash = 'set meanwhile'; END`)
    expect(await statusOf(person, PASSWORD)).toBe(200)
    await rows('DROP TRIGGER meanwhile')
    expect(await storedOf(person)).toBe('set meanwhile')
  })

  test('proves the current password of a signed-in person', async () => {
    const person = await signedInPerson(newName('moved_in'))
    await store(person, BCRYPT)
    const change = (currentPassword: string) => person.client.patch('/user/me', { password: 'an-entirely-new-one', currentPassword })
    expect((await change('not the password at all')).status).toBe(400)
    expect((await change(PASSWORD)).status).toBe(200)
    expect(await statusOf(person, 'an-entirely-new-one')).toBe(200)
  })
  test.each(['password_hash', 'former_hash'])('as %s undoes the second factor that a thief put on', async (column) => {
    const owner = await signedInPerson(newName('moved_in'))
    await rows(`UPDATE credentials SET ${column} = ?, former_until = ? WHERE user_id = ?`, BCRYPT, Date.now() + 60_000, idOf(owner.id))
    await enrol(owner.client)
    const [mail] = (await mailsTo(owner.email)).flatMap(({ text }) => /\/two-step\/undo\?code=\S+/.exec(text) ?? [])
    const client = new Client()
    const form = formOf(await open(client, mail ?? ''))
    expect((await send(client, form, { password: 'not the password at all' })).status).toBe(400)
    expect((await send(client, form, { password: PASSWORD })).headers.get('location')).toBe('/forgot?notice=two_step_undone')
  })
})

describe('a name that nobody has', () => {
  const unknown = (password: string) => new Client().post('/user/login', { username: newName('nobody'), password })

  test("is checked against somebody's hash, so that it takes as long as theirs", async () => {
    await verifiedPerson(newName('moved_in'))
    const [own] = await rows<{ hash: string }>(
      'SELECT password_hash AS hash FROM credentials WHERE password_hash LIKE ?',
      '$scrypt$%keyid=%',
    )
    // The one trace of a check: its key is gone.
    await storeForAll(own?.hash.replace(/keyid=[\w.-]+/, 'keyid=gone') ?? '')
    const logged = vi.spyOn(console, 'error')
    expect((await unknown(PASSWORD)).status).toBe(401)
    expect(logged.mock.calls.flat().join()).toContain('pepper_gone')
  })

  test.each([0, DECOY_POSITIONS - 1])('is checked so at each position, though few accounts are near it: %i', async (position) => {
    const { id } = await verifiedPerson(newName('moved_in'))
    await rows('DELETE FROM credentials WHERE user_id <> ?', idOf(id))
    const { counts, result } = await platform.counts.measure(() => newCtx().db.one(findDecoy(position)))
    expect(result?.passwordHash ?? result?.firstPasswordHash).toMatch(/^\$scrypt/)
    expect(counts.rowsRead).toBeLessThan(5)
  })

  test('is refused even if the password is theirs', async () => {
    await verifiedPerson(newName('moved_in'))
    await storeForAll(BCRYPT)
    for (let n = 0; n < 5; n++) expect((await unknown(PASSWORD)).status).toBe(401)
  })

  test('takes the work of the account once strangers have used up their tries, as a name that nobody has does', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    const [own] = await rows<{ hash: string }>('SELECT password_hash AS hash FROM credentials WHERE user_id = ?', idOf(person.id))
    await storeForAll(BCRYPT)
    // The one trace of a check: its key is gone.
    await store(person, own?.hash.replace(/keyid=[\w.-]+/, 'keyid=gone') ?? '')
    const logged = vi.spyOn(console, 'error')
    const traces = () => logged.mock.calls.flat().join().split('pepper_gone').length - 1
    const stranger = () => statusOf(person, 'not the password at all', new Client())
    // The network that signed up is known, and has tries of its own.
    await rows('DELETE FROM known_sources')
    expect(await stranger()).toBe(401)
    expect(traces()).toBe(1)
    await rows(`UPDATE attempt_counters SET count = 30 WHERE key LIKE 'password-day:%'`)
    expect(await stranger()).toBe(401)
    expect(traces()).toBe(2)
  })
})

describe('a costly hash', () => {
  const workCounted = async () =>
    (await rows<{ count: number }>(`SELECT count FROM attempt_counters WHERE key LIKE 'password-work:%'`)).map(({ count }) => count)
  beforeEach(() => rows('DELETE FROM attempt_counters'))

  test('is checked so often for one network: then it waits, whether anybody has the name or not', async () => {
    const person = await signedInPerson(newName('moved_in'))
    await storeForAll(notationOf(`$scrypt$ln=12,r=8,p=17$c2FsdHNhbHRzYWx0$${'A'.repeat(43)}`))
    const stranger = new Client()
    const unknown = async () => (await stranger.post('/user/login', { username: newName('nobody'), password: PASSWORD })).status
    const guess = (client: Client) => statusOf(person, 'not the password at all', client)
    expect([await unknown(), await guess(stranger), await workCounted()]).toEqual([401, 401, [4]])
    await rows(`UPDATE attempt_counters SET count = 149 WHERE key LIKE 'password-work:%'`)
    expect([await unknown(), await guess(stranger), await guess(person.client)]).toEqual([429, 429, 401])
    await storeForAll(BCRYPT)
    expect(await unknown()).toBe(401)
  })

  test('costs a network nothing with the right password', async () => {
    const person = await verifiedPerson(newName('moved_in'))
    const [, password = '', text = ''] = FOREIGN_HASHES.find(([name]) => name === 'Django pbkdf2_sha256') ?? []
    await store(person, notationOf(text))
    expect(await statusOf(person, password)).toBe(200)
    expect(await workCounted()).toEqual([0])
  })
})
