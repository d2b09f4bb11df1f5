// Bad input to the graph (wire §3.1, §6.11, §6.14): the documented answer, naming the field; the same for hidden, foreign and
// missing objects; and no change in the database. What any route refuses is in apis/user/bad-input.test.ts and access.test.ts.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { signedInAdmin } from '../support/admins.ts'
import { clearGraph, putBlock, putEdge, setColumns } from '../support/graph.ts'
import type { Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { asTold, expectCleanReply } from '../support/replies.ts'
import { dump } from '../support/tables.ts'

let ann: Person
let bob: Person
let eve: Person
let admin: Person
/** Edges between ann and bob; a request of eve to bob, who is private. */
let edge: string
let request: string

const hex = (id: number) => id.toString(16).padStart(24, '0')
const MISSING = hex(0xabcdef)
/** Above 2^53 - 1: well-formed, but nobody's. */
const FAR = 'f'.repeat(24)

beforeAll(async () => {
  ann = await signedInPerson('ann_and_badness')
  bob = await signedInPerson('bob_and_badness')
  eve = await signedInPerson('eve_and_badness')
  admin = await signedInAdmin('admin_of_badness')
})

beforeEach(async () => {
  await clearGraph()
  await setColumns(bob, { is_private: 1 })
  edge = hex(await putEdge(ann, bob))
  request = hex(await putEdge(eve, bob, false))
})

/** The answer to a request that must change nothing. */
async function unchanged(send: () => Promise<Reply>): Promise<Reply> {
  const before = await dump()
  const reply = await send()
  expectCleanReply(reply)
  expect(await dump(), reply.text).toEqual(before)
  return reply
}

async function refusal(send: () => Promise<Reply>): Promise<[number, string, string | undefined]> {
  const { status, json } = await unchanged(send)
  return [status, json.error, json.additionalInfo?.errors?.[0]?.path]
}

/** A reply without the id that was sent. */
const bytesOf = (reply: Reply, id: string) => JSON.stringify(asTold(reply)).replaceAll(id, '<id>')

const BAD_IDS: readonly unknown[] = [
  '',
  ' ',
  'x',
  '0'.repeat(23),
  '0'.repeat(25),
  'G'.repeat(24),
  'ABCDEF'.padStart(24, '0'),
  `${'0'.repeat(23)}\n`,
  `' OR 1=1 --`.padEnd(24, '0'),
  'é'.repeat(24),
  '🙂'.repeat(12),
  '٣'.repeat(24),
  '\u202e'.padEnd(24, '0'),
  'a'.repeat(10_000),
  1,
  -1,
  null,
  true,
  [],
  {},
  { $ne: null },
]

const accept = (by: Person, id: unknown) => by.client.patch('/user/follow-request', { request: id })
const remove = (by: Person, id: unknown) => by.client.delete('/user/follow-entry', { body: { entry: id } })

/** Every field that takes an id, and a request with that id. */
const IDS: readonly [field: string, name: string, send: (id: unknown) => Promise<Reply>][] = [
  ...['follow', 'unfollow', 'block', 'unblock'].map((route): (typeof IDS)[number] => [
    'target',
    route,
    (target) => ann.client.post(`/user/${route}`, { target }),
  ]),
  ['request', 'follow-request', (id) => accept(bob, id)],
  ['entry', 'follow-entry', (id) => remove(bob, id)],
  ['targets.1', 'lookup', (id) => ann.client.post('/user/lookup', { targets: [bob.id, id] })],
  ['targets.1', 'relationships', (id) => ann.client.post('/user/relationships', { targets: [bob.id, id] })],
]

test.each(IDS)('an invalid %s of %s is refused by its name', async (field, _route, send) => {
  for (const id of BAD_IDS) expect(await refusal(() => send(id)), JSON.stringify(id)).toEqual([400, 'ClientInputError', field])
})

describe('somebody to act on', () => {
  test.each(['follow', 'block'])('%s: oneself is refused', async (route) => {
    expect(await refusal(() => ann.client.post(`/user/${route}`, { target: ann.id }))).toEqual([400, 'ClientInputError', 'target'])
  })

  test.each(['unfollow', 'unblock'])('%s: no-op for an unknown user, oneself and a stranger', async (route) => {
    for (const target of [MISSING, FAR, ann.id, eve.id]) {
      expect((await unchanged(() => ann.client.post(`/user/${route}`, { target }))).json).toEqual({ ok: 1 })
    }
  })

  test.each(['follow', 'block'])('%s: an unknown user is 404, however large the id', async (route) => {
    for (const target of [MISSING, FAR, hex(0)]) {
      expect(await refusal(() => ann.client.post(`/user/${route}`, { target }))).toEqual([404, 'NotFound', undefined])
    }
  })

  test('a repeated follow, or request, is a duplicate', async () => {
    const again = await unchanged(() => ann.client.post('/user/follow', { target: bob.id }))
    expect(again.json).toEqual({ ok: 1, data: { status: 'duplicate' } })
    expect((await unchanged(() => eve.client.post('/user/follow', { target: bob.id }))).json.data.status).toBe('duplicate')
  })

  test('a repeated block changes nothing', async () => {
    await ann.client.post('/user/block', { target: eve.id })
    expect((await unchanged(() => ann.client.post('/user/block', { target: eve.id }))).json.data.status).toBe('blocked')
  })

  test('across a block: the blocker is told so, the blocked gets 404', async () => {
    await putBlock(ann, eve)
    expect(await refusal(() => ann.client.post('/user/follow', { target: eve.id }))).toEqual([403, 'Blocked', undefined])
    for (const route of ['follow', 'block']) {
      const reply = await unchanged(() => eve.client.post(`/user/${route}`, { target: ann.id }))
      const nobody = await unchanged(() => eve.client.post(`/user/${route}`, { target: MISSING }))
      expect(bytesOf(reply, ann.id)).toBe(bytesOf(nobody, MISSING))
    }
    for (const route of ['unfollow', 'unblock']) {
      expect((await unchanged(() => eve.client.post(`/user/${route}`, { target: ann.id }))).json).toEqual({ ok: 1 })
    }
  })
})

describe('requests and entries', () => {
  test("another's request, one's own, one's own to others and a missing one get the same answer", async () => {
    const missing = await unchanged(() => accept(ann, MISSING))
    expect([missing.status, missing.json.error]).toEqual([404, 'NotFound'])
    for (const [by, id] of [
      [ann, request],
      [eve, request],
      [ann, edge],
      [admin, request],
      [ann, FAR],
      [ann, bob.id],
    ] as const) {
      expect(bytesOf(await unchanged(() => accept(by, id)), id)).toBe(bytesOf(missing, MISSING))
    }
  })

  test("another's entry and a missing one get the same answer", async () => {
    const missing = await unchanged(() => remove(ann, MISSING))
    expect([missing.status, missing.json.error]).toEqual([404, 'NotFound'])
    for (const [by, id] of [
      [eve, edge],
      [ann, request],
      [admin, edge],
      [ann, FAR],
      [ann, ann.id],
    ] as const) {
      expect(bytesOf(await unchanged(() => remove(by, id)), id)).toBe(bytesOf(missing, MISSING))
    }
  })

  test('an accepted request is accepted; what was removed, by whomever, is gone', async () => {
    await accept(bob, request)
    expect((await unchanged(() => accept(bob, request))).json).toEqual({ ok: 1 })
    expect((await remove(eve, request)).json).toEqual({ ok: 1 })
    for (const by of [bob, eve]) expect((await unchanged(() => remove(by, request))).status).toBe(404)
    expect((await unchanged(() => accept(bob, request))).status).toBe(404)
    await bob.client.post('/user/block', { target: ann.id })
    for (const by of [ann, bob]) expect((await unchanged(() => remove(by, edge))).status).toBe(404)
  })
})

const LISTS = ['/user/followers', '/user/following', '/user/follow-requests', '/user/blocks']
const pages = () => [...LISTS, `/user/${ann.id}/followers`, `/user/${ann.id}/following`]

describe('pages', () => {
  test('a limit of 1 and of 100, and any well-formed position, are taken on every list', async () => {
    const positions = [MISSING, FAR, hex(0), edge, '2026-01-01', '1901-01-01T00:00:00.000Z', '9999-12-31T23:59:59.999Z']
    for (const path of pages()) {
      for (const query of ['limit=1', 'limit=100', ...positions.map((position) => `offset=${position}`)]) {
        expect((await ann.client.get(`${path}?${query}`)).status, `${path} ${query}`).toBe(200)
      }
    }
  })

  test('unknown parameters of a query are ignored', async () => {
    for (const path of pages()) expect((await ann.client.get(`${path}?limits=0&page=-1`)).status).toBe(200)
  })
})

describe('several at once', () => {
  test.each(['lookup', 'relationships'])('%s: 101 ids, none, and what is no id are refused', async (route) => {
    const ids = (n: number) => Array.from({ length: n }, (_, index) => hex(index + 1))
    for (const targets of [ids(101), ids(1000), [], 'x', null, {}, ann.id]) {
      const { status, json } = await unchanged(() => ann.client.post(`/user/${route}`, { targets }))
      expect([status, json.error, json.additionalInfo.errors[0].path]).toEqual([400, 'ClientInputError', 'targets'])
    }
    const hundred = await unchanged(() => ann.client.post(`/user/${route}`, { targets: [...ids(98), FAR, bob.id] }))
    expect(hundred.json.data.records.map(({ _id }: { _id: string }) => _id)).toEqual([bob.id])
  })
})

describe('privacy and status', () => {
  test('a state that is neither on nor off is refused', async () => {
    for (const state of ['yes', '', 1, 0, null, [], {}]) {
      expect(await refusal(() => ann.client.post('/user/private', { state }))).toEqual([400, 'ClientInputError', 'state'])
    }
    expect(await refusal(() => ann.client.post('/user/private', {}))).toEqual([400, 'ClientInputError', 'state'])
  })

  test('a status of words that are not in the lists, too long, or over already is refused', async () => {
    const put = (body: Record<string, unknown>) => ann.client.fetch('/user/status', { method: 'PUT', body })
    for (const [field, value] of [
      ['availability', 'away'],
      ['availability', 1],
      ['mood', 'Happy'],
      ['statusMessage', 'x'.repeat(10_000)],
      ['statusMessage', 5],
      ['expiresAt', '2001-01-01T00:00:00.000Z'],
      ['expiresAt', 'tomorrow'],
      ['expiresAt', 1_900_000_000_000],
    ] as const) {
      expect(await refusal(() => put({ [field]: value })), `${field} ${value}`).toEqual([400, 'ClientInputError', field])
    }
    expect((await unchanged(() => put({ role: 'admin' }))).status).toBe(400)
  })
})
