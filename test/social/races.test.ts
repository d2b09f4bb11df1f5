// Races on one pair (security rows 58 to 61): 64 mixed acts of two people on each other, at once. No reply may be a fault, the
// graph must be whole, and every route must agree on it.
import { beforeAll, describe, expect, test } from 'vitest'
import { count, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { checkGraph, clearGraph, putEdge, setColumns } from '../support/graph.ts'
import type { Options, Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { expectCleanReply } from '../support/replies.ts'
import { ROUNDS } from '../support/runs.ts'
import { RACERS } from '../support/start-line.ts'
import { idOf } from '../support/tokens.ts'
import { inTurns, interleave, seededPick } from '../support/turns.ts'

let ann: Person
let bob: Person
let admin: Person

beforeAll(async () => {
  ann = await signedInPerson('ann_of_the_pair')
  bob = await signedInPerson('bob_of_the_pair')
  admin = await signedInAdmin('admin_of_a_pair')
})

async function startAnew(): Promise<void> {
  await clearGraph()
  // All rounds together are more follows than a day has.
  await rows('DELETE FROM attempt_counters')
  const clean = { is_private: 0, banned_at: null, follower_count: 0, following_count: 0, request_count: 0 }
  for (const person of [ann, bob]) await setColumns(person, clean)
}

type Act = (by: Person, other: Person, options: Options) => Promise<Reply>

/** Accepts or removes whatever edge is there at the moment. */
async function answerEntry(by: Person, other: Person, options: Options, accept: boolean): Promise<Reply> {
  const list = await by.client.get(accept ? '/user/follow-requests' : '/user/followers', options)
  const entry = list.json.data?.records.find((record: { source: { _id: string } }) => record.source._id === other.id)?._id
  const id = entry ?? '1'.padStart(24, '0')
  return accept
    ? by.client.patch('/user/follow-request', { request: id }, options)
    : by.client.delete('/user/follow-entry', { ...options, body: { entry: id } })
}

const ACTS: readonly Act[] = [
  (by, other, options) => by.client.post('/user/follow', { target: other.id }, options),
  (by, other, options) => by.client.post('/user/follow', { target: other.id }, options),
  (by, other, options) => by.client.post('/user/unfollow', { target: other.id }, options),
  (by, other, options) => answerEntry(by, other, options, true),
  (by, other, options) => answerEntry(by, other, options, false),
  (by, other, options) => by.client.post('/user/block', { target: other.id }, options),
  (by, other, options) => by.client.post('/user/unblock', { target: other.id }, options),
  (by, _, options) => by.client.post('/user/private', { state: true }, options),
  (by, _, options) => by.client.post('/user/private', { state: false }, options),
]

/** 64 acts of both on each other, mixed by the seed. */
function mixed(seed: number, options: Options): (() => Promise<Reply>)[] {
  const pick = seededPick(seed)
  return Array.from({ length: RACERS }, () => {
    const act = ACTS[pick(ACTS.length)] as Act
    const [by, other] = pick(2) === 0 ? [ann, bob] : [bob, ann]
    return () => act(by, other, options)
  })
}

/** What the two see of each other matches the database. */
async function expectOneTruth(): Promise<void> {
  for (const [by, other] of [
    [ann, bob],
    [bob, ann],
  ] as const) {
    const blocksMe = (await count('blocks WHERE blocker_id = ? AND blocked_id = ?', idOf(other), idOf(by))) === 1
    const blocking = (await count('blocks WHERE blocker_id = ? AND blocked_id = ?', idOf(by), idOf(other))) === 1
    const [edge] = await rows<{ approved_at: number | null }>(
      'SELECT approved_at FROM follows WHERE follower_id = ? AND followed_id = ?',
      idOf(by),
      idOf(other),
    )
    const [following, requested] = [edge !== undefined && edge.approved_at !== null, edge?.approved_at === null]
    expect((await by.client.get(`/user/follow-status/${other.id}`)).json.data).toEqual({ following, requested })
    expect((await by.client.get(`/user/${other.id}`)).status).toBe(blocksMe ? 404 : blocking ? 403 : 200)
    const [relation] = (await by.client.post('/user/relationships', { targets: [other.id] })).json.data.records
    if (blocksMe) expect(relation).toBeUndefined()
    else expect(relation).toMatchObject({ following, requested, blocking })
    const { followerCount, followingCount } = (await by.client.get('/user/me')).json.data.user
    expect((await by.client.get('/user/followers')).json.data.records).toHaveLength(followerCount)
    expect((await by.client.get('/user/following')).json.data.records).toHaveLength(followingCount)
  }
}

function expectNoFault(replies: readonly Reply[]): void {
  for (const reply of replies) {
    expectCleanReply(reply)
    expect([200, 403, 404], reply.text).toContain(reply.status)
  }
}

describe('64 mixed acts on one pair', () => {
  for (let round = 1; round <= ROUNDS; round++) {
    test(`leave a whole graph, in the order of the runtime (round ${round})`, async () => {
      await startAnew()
      expectNoFault(await Promise.all(mixed(round, {}).map((start) => start())))
      await checkGraph()
      await expectOneTruth()
    })

    const seed = (Date.now() % 1_000_000) * 10 + round
    test(`leave a whole graph, in an order drawn at random (seed ${seed})`, async () => {
      await startAnew()
      expectNoFault(await interleave(mixed(seed, inTurns), seededPick(seed)))
      await checkGraph()
      await expectOneTruth()
    })
  }
})

/** In turns: everybody reads before anybody writes, then the writes in this order. */
const readsFirst = (waiting: number) => (waiting === RACERS ? 0 : waiting - 1)

describe('one act, 64 times at once', () => {
  const times = <T>(start: () => Promise<T>) => Array.from({ length: RACERS }, () => start)

  test('a follow makes one edge, and one answer says so', async () => {
    await startAnew()
    const replies = await interleave(
      times(() => ann.client.post('/user/follow', { target: bob.id }, inTurns)),
      readsFirst,
    )
    const said = replies.map(({ json }) => json.data.status)
    expect(said.filter((status) => status === 'following')).toHaveLength(1)
    expect(said.filter((status) => status === 'duplicate')).toHaveLength(RACERS - 1)
    await checkGraph()
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(1)
  })

  test('accepting a request counts once', async () => {
    await startAnew()
    await setColumns(bob, { is_private: 1 })
    const request = (await putEdge(ann, bob, false)).toString(16).padStart(24, '0')
    const replies = await interleave(
      times(() => bob.client.patch('/user/follow-request', { request }, inTurns)),
      readsFirst,
    )
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    await checkGraph()
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(1)
  })

  test('an entry is removed once', async () => {
    await startAnew()
    const entry = (await putEdge(ann, bob)).toString(16).padStart(24, '0')
    const replies = await interleave(
      times(() => bob.client.delete('/user/follow-entry', { ...inTurns, body: { entry } })),
      readsFirst,
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array<number>(RACERS - 1).fill(404)])
    await checkGraph()
  })

  test('a block makes one block, and no follow gets past it', async () => {
    await startAnew()
    const starts = Array.from({ length: RACERS }, (_, n) => () => {
      const [by, path] = n % 2 === 0 ? [ann, '/user/follow'] : [bob, '/user/block']
      return (by as Person).client.post(path as string, { target: (by === ann ? bob : ann).id }, inTurns)
    })
    expectNoFault(await interleave(starts, readsFirst))
    await checkGraph()
    expect([await count('blocks'), await count('follows')]).toEqual([1, 0])
  })

  test('of two who block each other at once, one gets 404 and has no block', async () => {
    await startAnew()
    const replies = await interleave(
      [ann, bob].map((by) => () => by.client.post('/user/block', { target: (by === ann ? bob : ann).id }, inTurns)),
      () => 0,
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 404])
    expect(await count('blocks')).toBe(1)
  })

  test('somebody banned in the middle of a follow follows nobody', async () => {
    await startAnew()
    // The ban reaches the database first in its second round trip, after the follow has passed the gate.
    const order = [0, 0, 1, 0]
    const [followed, banned] = await interleave(
      [
        () => ann.client.post('/user/follow', { target: bob.id }, inTurns),
        () => admin.client.post('/user/admin-api/ban', { target: ann.id, state: true }, inTurns),
      ],
      () => order.shift() ?? 0,
    )
    expect([followed?.status, banned?.status]).toEqual([404, 200])
    await checkGraph()
    expect((await bob.client.get('/user/me')).json.data.user.followerCount).toBe(0)
    await setColumns(ann, { banned_at: null, epoch: 0 })
  })
})
