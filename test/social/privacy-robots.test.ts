// What robots see (design §5, wire §6.17; security row 56): name, picture and role of anyone active, private or not, and no trace
// of anything else. The privacy matrix covers people and apps.
import { beforeAll, describe, expect, test } from 'vitest'
import { movida } from '../../src/apis/movida/index.ts'
import { Robot } from '../support/digest.ts'
import { putBlock, setColumns } from '../support/graph.ts'
import { platform } from '../support/kith.ts'
import { makeRobot } from '../support/machines.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { nameOf, routesOfRoom } from '../support/routes.ts'
import { idOf } from '../support/tokens.ts'
import { COLUMNS, columnsIn, fill, makeRole, ROLE } from './canaries.ts'

/** Columns that may leave a trace. */
const SHOWN = ['given_name', 'family_name', 'role', 'avatar_key']
const ACTIVE = { banned_at: null, banned_until: null, deleted_at: null, deleted_reason: null }

let target: Person
let robot: Robot
let pathOf: Record<string, string>

beforeAll(async () => {
  platform.reset()
  await makeRole()
  target = await signedInPerson('robots_see_me')
  robot = new Robot(await makeRobot())
  pathOf = { 'GET /users': '/api/users?per_page=200', 'GET /users/:id{[0-9]+}': `/api/users/${idOf(target)}` }
})

test('the routes here are all that show people', () => {
  expect(routesOfRoom(movida.app).map(nameOf)).toEqual(['GET /', ...Object.keys(pathOf)])
})

describe.each(['application/json', 'application/xml'])('as %s', (accept) => {
  test.each([0, 1])('an account with is_private %i: every column that is not shown leaves no trace', async (isPrivate) => {
    await fill(target, { ...ACTIVE, is_private: isPrivate })
    for (const path of Object.values(pathOf)) {
      const reply = await robot.get(path, { headers: { accept } })
      expect(reply.status, reply.text).toBe(200)
      expect(columnsIn(reply).sort(), path).toEqual([...SHOWN].sort())
      expect(reply.text).not.toContain(target.username)
    }
  })
})

test('the fields of a user, to the last one', async () => {
  await fill(target, { ...ACTIVE, is_private: 1 })
  const id = idOf(target)
  expect((await robot.get(`/api/users/${id}`)).json).toEqual({
    resource_type: 'user',
    id,
    short_name: `${COLUMNS.given_name} C`,
    full_name: `${COLUMNS.given_name} ${COLUMNS.family_name}`,
    user_type: ROLE,
    avatar_color: null,
    avatar_initials: 'CC',
    avatar_url: `https://avatars.kith.test/${COLUMNS.avatar_key}/512.webp`,
    self_link: `https://kith.test/api/users/${id}`,
  })
})

test.each([
  ['banned', { ...ACTIVE, banned_at: 1 }],
  ['deleted', { ...ACTIVE, deleted_at: 1, deleted_reason: 'self' }],
  ['never verified', { ...ACTIVE, email_verified_at: null }],
])('somebody %s leaves no trace at all', async (_state, columns) => {
  await fill(target, columns)
  for (const [path, status] of [
    ['/api/users?per_page=200', 200],
    [`/api/users/${idOf(target)}`, 404],
  ] as const) {
    const reply = await robot.get(path)
    expect(reply.status).toBe(status)
    expect(columnsIn(reply)).toEqual([])
  }
})

test('blocks are between people: a robot sees both', async () => {
  const other = await signedInPerson('robots_see_us')
  await setColumns(target, { ...ACTIVE, email_verified_at: 1, avatar_key: null })
  await putBlock(target, other)
  for (const one of [target, other]) expect((await robot.get(`/api/users/${idOf(one)}`)).status).toBe(200)
})
