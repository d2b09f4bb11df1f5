// Conformance of the room `user` with its seed, "Delegated / General Use APIs" of Liquid: privacy, people, invite codes, search,
// blocks, following and roles. Each request as printed, each answer with its names, types and nesting; wire §3.5 and §6.11-16
// settle the seed's contradictions.
import { beforeAll, describe, expect, test } from 'vitest'
import { coveredBy } from '../../src/core/scopes.ts'
import { putBlock, putEdge, setColumns } from '../support/graph.ts'
import { Client, db, newestCode, type Reply } from '../support/kith.ts'
import { PASSWORD, type Person, signedInPerson } from '../support/people.ts'
import { nameOf, scopeOf, userRoutes } from '../support/routes.ts'
import { differences, expectAnswer } from './samples.ts'
import { USER as PRINTED } from './user-seed.ts'

/** "Response Sample" of Get User Details by ID; in the lists it has another name. */
const USER = { ...PRINTED, firstName: 'Rick', lastName: 'Asthley', username: 'rick_asthley', email: 'rick_asthley@example.com' }
const OK = { ok: 1 }
const RECORD = '507f191e810c19729de860ea'

/** Fields of the sample that Kith shows only to the owner and to administrators (wire §6.11). */
const kept = (path: string) => ['email', 'phone', 'isBanned', 'isRestricted', 'profilePictureUrl'].map((key) => `${path}.${key}`)

let john: Person
let rick: Person

beforeAll(async () => {
  john = await signedInPerson('john_doe')
  rick = await signedInPerson('rick_asthley')
  for (const person of [john, rick]) {
    await setColumns(person, {
      given_name: 'Rick',
      family_name: 'Asthley',
      gender: 'male',
      bio: USER.bio,
      designation: USER.designation,
      pronouns: USER.pronouns,
      verified_at: 1,
      custom_link: USER.customLink,
      subscription_tier: 'basic',
      subscription_expires_at: Date.now() + 86_400_000,
      phone: USER.phone,
    })
  }
})

/** A page of a list; it must not be empty, or it would prove nothing. */
function expectRecords(reply: Reply, side: 'source' | 'target', approved = true): void {
  expectAnswer(reply, { ok: 1, data: { records: [{ _id: RECORD, approved, [side]: USER }] } }, kept(`data.records[].${side}`))
  const [record] = reply.json.data.records
  expect(record.approved).toBe(approved)
  expect(record._id).toMatch(/^[0-9a-f]{24}$/)
  expect(record._id).not.toBe(record[side]._id)
  expect(Object.keys(record[side]).filter((key) => key in USER)).toEqual(Object.keys(USER))
}

const hex = (id: number) => id.toString(16).padStart(24, '0')

describe('the seed of the room user: people and the graph', () => {
  test('Switch to Private Account: in an array, as it is printed, and back', async () => {
    expectAnswer(await john.client.post('/user/private', [{ state: true }]), OK)
    expect((await john.client.get('/user/me')).json.data.user.isPrivate).toBe(true)
    expectAnswer(await john.client.post('/user/private', { state: false }), OK)
    expect((await john.client.get('/user/me')).json.data.user.isPrivate).toBe(false)
  })

  test('Get User Details by ID: the user, an object, with the names of the sample', async () => {
    for (const path of [`/user/${rick.id}`, `/user/info/${rick.id}`]) {
      const reply = await john.client.get(path)
      expectAnswer(reply, { ok: 1, data: { user: USER } }, kept('data.user'))
      expect(Object.keys(reply.json.data.user).filter((key) => key in USER)).toEqual(Object.keys(USER))
    }
    const own = await rick.client.get(`/user/${rick.id}`)
    expectAnswer(own, { ok: 1, data: { user: USER } }, ['data.user.profilePictureUrl'])
  })

  test('Search Users: the printed request, each row a user and a record of one', async () => {
    const reply = await john.client.post('/user/search', { query: 'rick' })
    expectAnswer(reply, { ok: 1, data: { results: [{ _id: RECORD, approved: true, source: USER }] } }, kept('data.results[].source'))
    expectAnswer(reply, { ok: 1, data: { results: [USER] } }, kept('data.results[]'))
    expect(reply.json.data.results.map((row: { username: string }) => row.username)).toEqual(['rick_asthley'])
  })

  test('Follow, My Following, My Followers, User Followers, User Following, Unfollow', async () => {
    expectAnswer(await john.client.post('/user/follow', { target: rick.id }), OK)
    expectRecords(await john.client.get('/user/following'), 'target')
    expectRecords(await rick.client.get('/user/followers'), 'source')
    expectRecords(await rick.client.get(`/user/${rick.id}/followers`), 'source')
    expectRecords(await john.client.get(`/user/${john.id}/following`), 'target')
    expectAnswer(await john.client.post('/user/unfollow', { target: rick.id }), OK)
    expect((await john.client.get('/user/following')).json).toEqual({ ok: 1, data: { records: [], hasMore: false, next: null } })
  })

  test('the lists: limit records per page; offset is the _id field of the last record in the previous page', async () => {
    const fans = []
    for (let n = 0; n < 3; n++) fans.push(await signedInPerson(`a_fan_of_rick_${n}`))
    for (const fan of fans) await putEdge(fan, rick)
    for (const path of ['/user/followers', `/user/${rick.id}/followers`]) {
      const first = (await rick.client.get(`${path}?limit=2`)).json.data.records
      const second = (await rick.client.get(`${path}?limit=2&offset=${first[1]._id}`)).json.data.records
      expect([...first, ...second].map(({ source }) => source._id)).toEqual(fans.map(({ id }) => id).reverse())
    }
    await db.prepare('DELETE FROM follows').run()
  })

  test('My Follow Requests, Accept Follow Request: by the id of the entry; a request is not approved yet', async () => {
    await rick.client.post('/user/private', { state: true })
    expectAnswer(await john.client.post('/user/follow', { target: rick.id }), OK)
    const requests = await rick.client.get('/user/follow-requests')
    // The sample prints approved: true; for a pending request it is false (wire §3.5).
    expectRecords(requests, 'source', false)
    expectAnswer(await rick.client.patch('/user/follow-request', { request: requests.json.data.records[0]._id }), OK)
    expectRecords(await rick.client.get('/user/followers'), 'source')
    expect((await rick.client.get('/user/follow-requests')).json.data.records).toEqual([])
  })

  test('Delete Follower/Following: by the id of the entry, from either side', async () => {
    await db.prepare('DELETE FROM follows').run()
    for (const person of [john, rick]) {
      const entry = hex(await putEdge(john, rick))
      expectAnswer(await person.client.delete('/user/follow-entry', { body: { entry } }), OK)
    }
    expect((await rick.client.get('/user/followers')).json.data.records).toEqual([])
  })

  test('Block, Unblock: the printed requests', async () => {
    expectAnswer(await john.client.post('/user/block', { target: rick.id }), OK)
    expect((await rick.client.get(`/user/${john.id}`)).status).toBe(404)
    expectAnswer(await john.client.post('/user/unblock', { target: rick.id }), OK)
    expect((await rick.client.get(`/user/${john.id}`)).status).toBe(200)
    await putBlock(rick, john)
    expect((await john.client.post('/user/unblock', { target: rick.id })).json).toEqual(OK)
  })

  test('List Roles: without an envelope, as it is printed, and in one', async () => {
    const role = { id: 'role1', displayName: 'Role 1', ranking: 1, description: 'This is a description', system: true }
    const reply = await john.client.get('/roles/list')
    expectAnswer(reply, { ok: 1, roles: [role], data: { roles: [role] } })
    expect(reply.json.roles.map(({ id }: { id: string }) => id)).toEqual(expect.arrayContaining(['super_admin', 'admin', 'user']))
  })

  test('Get Invite Codes: five of the printed form; a used one has a targetId, the others none', async () => {
    const env = { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' }
    const codes = async () => (await john.client.get('/user/invite-codes', { env })).json.data.inviteCodes
    const sample = { code: 'IE-2949-1687895089010', createdAt: '2023-06-21T16:31:29.012Z', updatedAt: '2023-06-21T16:31:29.012Z' }
    expectAnswer(await john.client.get('/user/invite-codes', { env }), { ok: 1, data: { inviteCodes: [sample] } })
    const [first] = await codes()
    expect(first.code).toMatch(/^[A-Z]{2}-\d{4}-\d{13}$/)
    const guest = { username: 'invited_by_john', firstName: 'In', lastName: 'Vited', email: 'invited@example.com', password: PASSWORD }
    expect((await new Client().post('/user/create', { ...guest, inviteCode: first.code }, { env })).status).toBe(201)
    await new Client().post('/user/verify-email', { code: await newestCode(guest.email) })
    const [used, ...others] = await codes()
    expect(differences({ ...sample, targetId: '64f895bec011931326757de6' }, used)).toEqual([])
    expect([others.length, others.filter((one: object) => 'targetId' in one)]).toEqual([4, []])
  })

  test('"Requires delegated authentication": the printed scope, or a narrower one; apis/user/access.test.ts sees that it holds', () => {
    const printed = {
      'POST /user/private': 'delegated:profile:write',
      'GET /user/:userId{[0-9a-f]{24}}': 'delegated:profile:read',
      'GET /user/invite-codes': 'delegated:social:invite-code:read',
      'POST /user/search': 'delegated:profile:search',
      'POST /user/block': 'delegated:social:block:write',
      'POST /user/unblock': 'delegated:social:block:write',
      'POST /user/follow': 'delegated:social:follow:write',
      'POST /user/unfollow': 'delegated:social:follow:write',
      'GET /user/followers': 'delegated:social:follow:read',
      'GET /user/following': 'delegated:social:follow:read',
      'GET /user/follow-requests': 'delegated:social:follow:read',
      'PATCH /user/follow-request': 'delegated:social:follow:write',
      'GET /user/:userId/followers': 'delegated:social:follow:read',
      'GET /user/:userId/following': 'delegated:social:follow:read',
      'DELETE /user/follow-entry': 'delegated:social:follow:write',
      'GET /roles/list': 'delegated:roles:read',
    } as const
    for (const [name, scope] of Object.entries(printed)) {
      const route = userRoutes.find((one) => nameOf(one) === name)
      const needed = route && scopeOf(route)
      expect(needed && coveredBy([scope], needed), name).toBe(true)
      expect(
        Object.values(printed).filter((other) => other !== scope && needed && coveredBy([other], needed)),
        name,
      ).toEqual([])
    }
  })
})
