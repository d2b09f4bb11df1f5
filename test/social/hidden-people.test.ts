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

const HIDDEN_NAME = 'hidden_from_all'
const NOBODY_NAME = 'nobody_of_note1'
const NOBODY = 'abcdef123'.padStart(24, '0')
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

type Ask = (by: Person, id: string, name: string) => Promise<Reply>

/** Every route that takes somebody's id or name; `[]`: the answer is a list. */
const QUERIES: Readonly<Record<string, Ask>> = {
  'GET /user/:userId': (by, id) => by.client.get(`/user/${id}`),
  'GET /user/info/:userId': (by, id) => by.client.get(`/user/info/${id}`),
  'GET /user/:userId/followers': (by, id) => by.client.get(`/user/${id}/followers`),
  'GET /user/:userId/following': (by, id) => by.client.get(`/user/${id}/following`),
  'GET /user/follow-status': (by, id) => by.client.get(`/user/follow-status?target=${id}`),
  'GET /user/follow-status/:userId': (by, id) => by.client.get(`/user/follow-status/${id}`),
  'POST /user/lookup': (by, id) => by.client.post('/user/lookup', { targets: [id] }),
  'POST /user/lookup of several': (by, id) => by.client.post('/user/lookup', { targets: [by.id, id, third.id] }),
  'POST /user/relationships': (by, id) => by.client.post('/user/relationships', { targets: [third.id, id] }),
  'POST /user/search by id': (by, id) => by.client.post('/user/search', { query: id }),
  'POST /user/search by name': (by, _, name) => by.client.post('/user/search', { query: name }),
  'POST /user/search by prefix': (by, _, name) => by.client.post('/user/search', { query: name.slice(0, 9) }),
  'POST /user/follow': (by, id) => by.client.post('/user/follow', { target: id }),
  'POST /user/block': (by, id) => by.client.post('/user/block', { target: id }),
}

/** Routes on which the hidden person could turn up unasked. */
const LISTS: Readonly<Record<string, (by: Person) => Promise<Reply>>> = {
  'GET /user/followers': (by) => by.client.get('/user/followers?limit=100'),
  'GET /user/following': (by) => by.client.get('/user/following?limit=100'),
  'GET /user/follow-requests': (by) => by.client.get('/user/follow-requests?limit=100'),
  'GET /user/suggestions': (by) => by.client.get('/user/suggestions'),
  'GET /user/blocks': (by) => by.client.get('/user/blocks?limit=100'),
  'followers of a third': (by) => by.client.get(`/user/${third.id}/followers?limit=100`),
  'following of a third': (by) => by.client.get(`/user/${third.id}/following?limit=100`),
}

/** The whole reply, byte for byte, except ids and names that were sent. */
const bytesOf = (reply: Reply, id: string, name: string) => JSON.stringify(asTold(reply)).replaceAll(id, '<id>').replaceAll(name, '<name>')

function expectNoTrace(reply: Reply, where: string): void {
  expect(columnsIn(reply), where).toEqual([])
  for (const trace of [hidden.id, HIDDEN_NAME]) expect(reply.text, where).not.toContain(trace)
}

async function expectNowhere(by: Person): Promise<void> {
  for (const [name, ask] of Object.entries(LISTS)) {
    const reply = await ask(by)
    expect(reply.status, name).toBe(200)
    expectNoTrace(reply, name)
  }
}

/** Every route answers as for nobody; following and blocking them changes nothing. */
async function expectLikeNobody(by: Person): Promise<void> {
  const before = await dump()
  for (const [name, ask] of Object.entries(QUERIES)) {
    const reply = await ask(by, hidden.id, HIDDEN_NAME)
    const nobody = await ask(by, NOBODY, NOBODY_NAME)
    expect(bytesOf(reply, hidden.id, HIDDEN_NAME), name).toBe(bytesOf(nobody, NOBODY, NOBODY_NAME))
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
    expectNoTrace((await LISTS['GET /user/follow-requests']?.(viewer)) as Reply, 'requests')
    await clearGraph()
    await putEdge(viewer, third)
    await putEdge(third, hidden)
    expectNoTrace((await LISTS['GET /user/suggestions']?.(viewer)) as Reply, 'suggestions')
    await putBlock(viewer, hidden)
    expectNoTrace((await LISTS['GET /user/blocks']?.(viewer)) as Reply, 'blocks')
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
        [hidden.id, NOBODY].map((id) => viewer.client.get(`/user/admin-api/user-info?target=${id}`)),
      )
      expect(bytesOf(reply as Reply, hidden.id, '-')).toBe(bytesOf(nobody as Reply, NOBODY, '-'))
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
