// The count of active people (wire §6.17: verified, not banned, not deleted) is right whatever happens: the statement that
// changes a user updates it.
import { expect, test } from 'vitest'
import { newId } from '../../src/ids.ts'
import { newName, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Client, newestCode } from '../support/kith.ts'
import { logIn, type Person, signUp } from '../support/people.ts'
import { MODEL_SEED } from '../support/runs.ts'
import { seededPick } from '../support/turns.ts'

const ACTIVE = 'email_verified_at IS NOT NULL AND banned_at IS NULL AND deleted_at IS NULL'

async function counted(): Promise<{ kept: number; true: number }> {
  const [row] = await rows<{ kept: number; true: number }>(
    `SELECT (SELECT value FROM totals WHERE name = 'active_users') AS kept, (SELECT COUNT(*) FROM users WHERE ${ACTIVE}) AS "true"`,
  )
  return row ?? { kept: -1, true: 0 }
}

async function expectTrue(what: string): Promise<number> {
  const { kept, true: right } = await counted()
  expect(kept, what).toBe(right)
  return kept
}

test('after 300 random changes of states, by ones and by many, by rows that come and go', async () => {
  const seed = MODEL_SEED ?? Date.now()
  const random = seededPick(seed)
  const ids: number[] = []
  const time = () => ['NULL', '1', '9e15'][random(3)]
  const states = () => `email_verified_at = ${time()}, banned_at = ${time()}, deleted_at = ${time()}`
  const steps: readonly (() => Promise<unknown>)[] = [
    async () => {
      const id = newId() as number
      ids.push(id)
      const columns = 'id, username, username_key, created_at, updated_at, email_verified_at, banned_at, deleted_at'
      await rows(`INSERT INTO users (${columns}) VALUES (?1, 'u' || ?1, 'u' || ?1, 0, 0, ${time()}, ${time()}, ${time()})`, id)
    },
    () => rows(`UPDATE users SET ${states()} WHERE id = ?`, ids[random(ids.length)] ?? 0),
    () =>
      rows(`UPDATE users SET ${['email_verified_at', 'banned_at', 'deleted_at'][random(3)]} = ${time()} WHERE id % ${2 + random(5)} = 0`),
    () => rows('UPDATE users SET updated_at = updated_at + 1, epoch = epoch + 1'),
    () => rows('DELETE FROM users WHERE id = ?', ids.splice(random(ids.length), 1)[0] ?? 0),
  ]
  let most = 0
  for (let step = 0; step < 300; step++) {
    const which = random(3) === 0 ? 0 : random(steps.length)
    await steps[which]?.()
    most = Math.max(most, await expectTrue(`step ${step} of kind ${which}, seed ${seed}`))
  }
  expect(most).toBeGreaterThan(1)
  await rows('DELETE FROM users')
  expect(await expectTrue('nobody')).toBe(0)
})

test('through the API: verified, banned, let back, deleted by its owner, come back, deleted by an administrator', async () => {
  const admin = await signedInAdmin(newName('counter'))
  const person = await signUp(newName('counted'))
  const before = await expectTrue('signed up')
  const acts: readonly [what: string, act: (by: Person) => Promise<{ status: number }>, difference: number][] = [
    ['verify', async ({ client }) => client.post('/user/verify-email', { code: await newestCode(person.email) }), 1],
    ['sign in', () => logIn(person), 1],
    ['restrict', () => admin.client.post('/user/admin-api/restrict', { target: person.id, state: true }), 1],
    ['let act', () => admin.client.post('/user/admin-api/restrict', { target: person.id, state: false }), 1],
    ['ban', () => admin.client.post('/user/admin-api/ban', { target: person.id, state: true }), 0],
    ['ban again', () => admin.client.post('/user/admin-api/ban', { target: person.id, state: true }), 0],
    ['lift', () => admin.client.post('/user/admin-api/ban', { target: person.id, state: false }), 1],
    ['sign in again', () => logIn(person), 1],
    ['leave', ({ client }) => client.delete('/user/me'), 0],
    ['come back', () => logIn(person, new Client()), 1],
    ['delete', () => admin.client.post('/user/admin-api/delete', { target: person.id }), 0],
  ]
  for (const [what, act, difference] of acts) {
    expect([what, (await act(person)).status]).toEqual([what, 200])
    expect([what, (await expectTrue(what)) - before]).toEqual([what, difference])
  }
})
