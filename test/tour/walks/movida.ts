// The budgets of the room `movida` (design §7): two round trips a request, a page of n at n + 12 rows, and nothing in KV or R2.
import { beforeAll, describe, expect, test } from 'vitest'
import type { MadeMachine } from '../../../src/core/machines/machines.ts'
import { newName } from '../../support/actors.ts'
import { kvOperations, type Spent, spend } from '../../support/budget.ts'
import { copyOf } from '../../support/copies.ts'
import { Robot } from '../../support/digest.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { signedInPerson } from '../../support/people.ts'

export function walkMovida(): void {
  const SIZE = 20
  const PEOPLE = 65
  let made: MadeMachine
  let ids: number[]

  beforeAll(async () => {
    platform.reset()
    made = await makeRobot()
    const person = await signedInPerson(newName('budgeted'))
    for (let n = 1; n < PEOPLE; n += 1) await copyOf(person, newName('budgeted'))
    // The nonce and the counter of an active robot; and people in between who are not in the list.
    await new Robot(made).get('/api')
    const { results } = await db.prepare('SELECT id FROM users ORDER BY id').all<{ id: number }>()
    ids = results.map(({ id }) => id)
    await db.prepare('UPDATE users SET banned_at = 1 WHERE id IN (?, ?, ?)').bind(ids[2], ids[30], ids[45]).run()
  })

  async function ask(path: string, robot = new Robot(made)): Promise<Spent> {
    return await spend(robot.client, 'GET', path, undefined, await robot.headers(path))
  }

  function expectWithin({ status, counts, later }: Spent, wanted: number, rowsRead: number): void {
    expect(status).toBe(wanted)
    expect(counts.d1RoundTrips).toBe(2)
    expect(counts.rowsRead).toBeLessThanOrEqual(rowsRead)
    // The nonce with its two indexes, and the counter.
    expect(counts.rowsWritten).toBeLessThanOrEqual(6)
    expect([kvOperations(counts), counts.r2Operations, counts.limiterCalls, kvOperations(later)]).toEqual([0, 0, 0, 0])
    expect(later.d1RoundTrips).toBe(0)
  }

  describe('budgets of the room movida', () => {
    test('the root and one user', async () => {
      expectWithin(await ask('/api'), 200, 12)
      expectWithin(await ask(`/api/users/${ids[1]}`), 200, 12)
      expectWithin(await ask('/api/users/1'), 404, 12)
    })

    test.each([
      ['the first page', () => ''],
      ['the page after a position', () => `&page=2&after=${ids[25]}`],
      ['the page before a position', () => `&page=2&before=${ids[50]}`],
      ['a page beyond the end, by its number alone', () => '&page=999999999'],
    ])('%s', async (_name, query) => {
      const spent = await ask(`/api/users?per_page=${SIZE}${query()}`)
      expectWithin(spent, 200, SIZE + 12)
    })

    test('a page by its number alone reads the index up to it, and no rows but its own', async () => {
      expectWithin(await ask(`/api/users?per_page=${SIZE}&page=3`), 200, 2 * SIZE + SIZE + 12)
    })

    test('a nonce that is used again costs no more', async () => {
      const robot = new Robot(made)
      await ask('/api', robot)
      expectWithin(await ask('/api', robot), 200, 12)
    })

    test('a request without a proof costs nothing, one with a wrong secret one look', async () => {
      const none = await spend(new Client(), 'GET', '/api/users')
      expect([none.status, none.counts.d1RoundTrips]).toEqual([401, 0])
      const wrong = await ask('/api/users', new Robot({ ...made, secret: 'wrong' }))
      expect([wrong.status, wrong.counts.d1RoundTrips, wrong.counts.rowsRead, wrong.counts.rowsWritten]).toEqual([401, 1, 1, 0])
    })

    test('over the limit it is two round trips all the same', async () => {
      const robot = await makeRobot()
      await new Robot(robot).get('/api')
      await db.prepare('UPDATE attempt_counters SET count = 150 WHERE key = ?').bind(`robot:${robot.machine.id}`).run()
      expectWithin(await ask('/api/users', new Robot(robot)), 429, 50 + 12)
    })
  })
}
