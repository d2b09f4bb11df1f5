// The room movida: a robot that is at work, among people of whom some are hidden.
import { beforeAll, test } from 'vitest'
import type { MadeMachine } from '../../../src/core/machines/machines.ts'
import { newName } from '../../support/actors.ts'
import { type Spent, spend } from '../../support/budget.ts'
import { copyOf } from '../../support/copies.ts'
import { Robot } from '../../support/digest.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { makeRobot } from '../../support/machines.ts'
import { signedInPerson } from '../../support/people.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

export function walkMovida(): void {
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

  test('the root and one user, with a new nonce and one that is used again', async () => {
    const robot = new Robot(made)
    for (let time = 0; time < 2; time += 1) expectWithin('GET /api', await ask('/api', robot))
    expectWithin('GET /api/users/:id{[0-9]+}', await ask(`/api/users/${ids[1]}`))
    expectWithin('GET /api/users/:id{[0-9]+}', await ask('/api/users/1'), 404)
  })

  test.each([
    ['the first page', () => ''],
    ['the page after a position', () => `&page=2&after=${ids[25]}`],
    ['the page before a position', () => `&page=2&before=${ids[50]}`],
    ['a page beyond the end, by its number alone', () => '&page=999999999'],
  ])('%s', async (_name, query) => {
    expectWithin('GET /api/users', await ask(`/api/users?per_page=${RECORDS}${query()}`))
  })

  test('a page by its number alone', async () => {
    expectWithin('GET /api/users with a page by its number alone', await ask(`/api/users?per_page=${RECORDS}&page=3`))
  })

  test('a request without a proof costs nothing, one with a wrong secret one look, one over the limit no more than another', async () => {
    expectWithin('GET /api/users with no proof', await spend(new Client(), 'GET', '/api/users'), 401)
    expectWithin('GET /api/users with a wrong secret', await ask('/api/users', new Robot({ ...made, secret: 'wrong' })), 401)
    const robot = await makeRobot()
    await new Robot(robot).get('/api')
    await db.prepare('UPDATE attempt_counters SET count = 150 WHERE key = ?').bind(`robot:${robot.machine.id}`).run()
    expectWithin('GET /api/users with a limit that is reached', await ask('/api/users', new Robot(robot)), 429)
  })
}
