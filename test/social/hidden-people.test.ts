// Hidden people (wire §6.11; security §0.12, rows 55, 58): no route finds anyone who is banned, deleted, unverified or blocks the
// viewer, and every route answers as for an id that nobody has.
import { beforeAll, describe, expect, test } from 'vitest'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../support/graph.ts'
import type { Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { asTold } from '../support/replies.ts'
import { dump } from '../support/tables.ts'
import { COLUMNS, columnsIn, fill, makeRole } from './canaries.ts'
import { LISTS, QUESTIONS, type Question, type Somebody } from './reads.ts'

const HIDDEN_NAME = 'hidden_from_all'
const NOBODY: Somebody = { id: 'abcdef123'.padStart(24, '0'), username: 'nobody_of_note1' }
let hidden: Person
let viewer: Person
let third: Person
let admin: Person

beforeAll(async () => {
  await makeRole()
  hidden = await signedInPerson(HIDDEN_NAME)
  viewer = await signedInPerson('looks_for_them')
  third = await signedInPerson('knows_them_all')
  admin = await signedInAdmin('admin_of_hidden')
})

const LATER = Date.now() + 1e9

/** Ways to be hidden, as the database has them. */
const WAYS: Readonly<Record<string, Readonly<Record<string, string | number | null>>>> = {
  'banned for good': { banned_at: 1, banned_until: null },
  'banned for a time': { banned_at: 1, banned_until: LATER },
  'deleted by themselves': { deleted_at: Date.now(), deleted_reason: 'self' },
  'deleted by an administrator': { deleted_at: Date.now(), deleted_reason: 'admin' },
  'never verified': { email_verified_at: null },
  'banned and deleted': { banned_at: 1, banned_until: null, deleted_at: Date.now(), deleted_reason: 'self' },
}

/** Visible, private or not. */
const PRESENT = { banned_at: null, banned_until: null, deleted_at: null, deleted_reason: null } as const

/** In every list: what earlier acts have left there. */
async function arrange(columns: Readonly<Record<string, string | number | null>>, isPrivate: boolean): Promise<void> {
  await clearGraph()
  await putEdge(hidden, third)
  await putEdge(third, hidden)
  for (const by of [viewer, admin]) {
    await putEdge(by, third)
    await putEdge(hidden, by)
    await putEdge(by, hidden)
  }
  await fill(hidden, { ...PRESENT, ...columns, is_private: isPrivate ? 1 : 0 })
}

/** Every route that takes somebody's id or name. */
const QUERIES: Readonly<Record<string, Question>> = {
  ...QUESTIONS,
  'POST /user/follow': (by, { id }) => by.client.post('/user/follow', { target: id }),
  'POST /user/block': (by, { id }) => by.client.post('/user/block', { target: id }),
}

/** The whole reply, byte for byte, except ids and names that were sent. */
const bytesOf = (reply: Reply, { id, username }: Somebody) =>
  JSON.stringify(asTold(reply)).replaceAll(id, '<id>').replaceAll(username, '<name>')

function expectNoTrace(reply: Reply, where: string): void {
  expect(columnsIn(reply), where).toEqual([])
  for (const trace of [hidden.id, HIDDEN_NAME]) expect(reply.text, where).not.toContain(trace)
}

async function expectNowhere(by: Person): Promise<void> {
  for (const [name, ask] of Object.entries(LISTS)) {
    const reply = await ask(by, third)
    expect(reply.status, name).toBe(200)
    expectNoTrace(reply, name)
  }
}

/** Every route answers as for nobody; following and blocking them changes nothing. */
async function expectLikeNobody(by: Person): Promise<void> {
  const before = await dump()
  for (const [name, ask] of Object.entries(QUERIES)) {
    const reply = await ask(by, hidden, third)
    const nobody = await ask(by, NOBODY, third)
    expect(bytesOf(reply, hidden), name).toBe(bytesOf(nobody, NOBODY))
    expect(columnsIn(reply), name).toEqual([])
  }
  expect(await dump()).toEqual(before)
}

describe.each(Object.entries(WAYS))('%s', (_, columns) => {
  test.each([false, true])('is in no list (private: %s)', async (isPrivate) => {
    await arrange(columns, isPrivate)
    await expectNowhere(viewer)
    await expectNowhere(admin)
    await setColumns(viewer, { is_private: 1 })
    await clearGraph()
    await putEdge(hidden, viewer, false)
    expectNoTrace((await LISTS['GET /user/follow-requests']?.(viewer, third)) as Reply, 'requests')
    await clearGraph()
    await putEdge(viewer, third)
    await putEdge(third, hidden)
    expectNoTrace((await LISTS['GET /user/suggestions']?.(viewer, third)) as Reply, 'suggestions')
    await putBlock(viewer, hidden)
    expectNoTrace((await LISTS['GET /user/blocks']?.(viewer, third)) as Reply, 'blocks')
  })

  test.each([false, true])('gets the answer of an unknown id (private: %s)', async (isPrivate) => {
    await arrange(columns, isPrivate)
    await expectLikeNobody(viewer)
    await clearGraph()
    await expectLikeNobody(viewer)
    await putBlock(viewer, hidden)
    await expectLikeNobody(viewer)
  })
})

describe('somebody who blocks the viewer', () => {
  test.each([false, true])('is in no list, and is answered like an id that nobody has (private: %s)', async (isPrivate) => {
    await arrange({}, isPrivate)
    await putBlock(hidden, viewer)
    await expectNowhere(viewer)
    await expectLikeNobody(viewer)
    await clearGraph()
    await putBlock(hidden, viewer)
    await expectLikeNobody(viewer)
    await putBlock(viewer, hidden)
    await expectNowhere(viewer)
    await expectLikeNobody(viewer)
  })
})

describe('administration', () => {
  test('reveals nothing to those who may not ask: the same answer for all ids', async () => {
    for (const columns of [...Object.values(WAYS), {}]) {
      await arrange(columns, false)
      const [reply, nobody] = await Promise.all(
        [hidden, NOBODY].map(({ id }) => viewer.client.get(`/user/admin-api/user-info?target=${id}`)),
      )
      expect(bytesOf(reply as Reply, hidden)).toBe(bytesOf(nobody as Reply, NOBODY))
      expect(reply?.status).toBe(403)
    }
  })

  test('finds everybody by id, and shows why they are gone', async () => {
    for (const columns of Object.values(WAYS)) {
      await arrange(columns, true)
      const profile = await admin.client.get(`/user/${hidden.id}`)
      expect(profile.json.data.user).toMatchObject({ _id: hidden.id, email: COLUMNS.email, isBanned: 'banned_at' in columns })
      const reply = await admin.client.get(`/user/admin-api/user-info?target=${hidden.id}`)
      expect(reply.json.data.user).toMatchObject({ isDeleted: 'deleted_at' in columns, emailVerified: !('email_verified_at' in columns) })
    }
  })
})
