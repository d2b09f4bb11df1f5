// Administration of users over HTTP (wire §3.2): reading everybody, creating accounts, and each act on one.
import { beforeAll, describe, expect, test } from 'vitest'
import { AdminUserListReply, AdminUserReply, AdminUsersReply } from '../../../src/apis/user/administration/presenters.ts'
import { eventsOf, idOf, rowOf, rows, trailOf } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, signUpBody, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'

const NOBODY = '00000000000000000000abcd'
const API = '/user/admin-api'
let admin: Person
let root: Person

beforeAll(async () => {
  admin = await signedInAdmin('admin_one1')
  root = await signedInAdmin('root_one11', 'super_admin')
})

const put = (person: Person, path: string, body: Record<string, unknown>) => person.client.fetch(path, { method: 'PUT', body })
const posted = (name: string, body: Record<string, unknown>) => ({
  name,
  send: (by: Person, target: string) => by.client.post(`${API}/${name}`, { target, ...body }),
})

/** Each act: how it is called with a body that would change something, and what it answers about oneself. */
const ACTS = [
  { ...posted('ban', { state: true }), self: 400 },
  { ...posted('restrict', { state: true }), self: 400 },
  { ...posted('verify', { state: true }), self: 403 },
  { ...posted('subscription', { state: true, tier: 'gold' }), self: 403 },
  { ...posted('delete', {}), self: 400 },
  { name: 'custom-data', send: (by: Person, target: string) => put(by, `${API}/custom-data`, { target, customData: { a: 1 } }), self: 403 },
  { name: 'DELETE delete', send: (by: Person, target: string) => by.client.delete(`${API}/delete`, { body: { target } }), self: 400 },
]

describe('who may act', () => {
  test.each(ACTS)('$name: the rank rule: neither an equal nor a higher rank, nor oneself; unknown is 404', async ({ send, self }) => {
    const equal = await signedInAdmin(`equ_${crypto.randomUUID().slice(0, 8)}`)
    for (const target of [equal, root]) {
      const before = await rowOf(target)
      const refused = await send(admin, target.id)
      expect([refused.status, refused.json.error, refused.json.additionalInfo.reason]).toEqual([403, 'Forbidden', 'rank'])
      expect(await rowOf(target)).toEqual(before)
    }
    const before = await rowOf(admin)
    expect((await send(admin, admin.id)).status).toBe(self)
    expect(await rowOf(admin)).toEqual(before)
    const unknown = await send(admin, NOBODY)
    expect([unknown.status, unknown.json.error]).toEqual([404, 'NotFound'])
    expect((await send(admin, 'x')).json.additionalInfo.errors[0]).toMatchObject({ path: 'target', location: 'body' })
    expect((await send(root, equal.id)).status).toBe(200)
  })

  test.each(ACTS)('$name: a repeated act is no error, changes nothing and leaves one audit row by its actor', async ({ send }) => {
    const target = await verifiedPerson(`rep_${crypto.randomUUID().slice(0, 8)}`)
    const events = (await trailOf(target)).length
    expect((await send(admin, target.id)).status).toBe(200)
    const [after, trail] = [await rowOf(target), await trailOf(target)]
    expect(trail.length).toBe(events + 1)
    expect(trail.at(-1)?.actor_id).toBe(idOf(admin.id))
    expect((await send(admin, target.id)).status).toBe(200)
    expect(await rowOf(target)).toEqual(after)
    expect((await trailOf(target)).length).toBe(events + 1)
  })

  test.each(ACTS)('$name: what D1 may or may not have done is done once', async ({ send }) => {
    for (const fault of ['failStatement', 'loseReply'] as const) {
      const target = await verifiedPerson(`amb_${crypto.randomUUID().slice(0, 8)}`)
      const [before, events] = [await rowOf(target), (await trailOf(target)).length]
      platform.faults[fault](2)
      expect((await send(admin, target.id)).status).toBe(200)
      platform.faults.clear()
      expect(await rowOf(target)).not.toEqual(before)
      expect((await trailOf(target)).length).toBe(events + 1)
    }
  })

  test('64 bans at once are one: one audit row, one step of the epoch', async () => {
    const target = await verifiedPerson('raced_ban1')
    const before = await rowOf(target)
    const replies = await Promise.all(Array.from({ length: 64 }, () => admin.client.post(`${API}/ban`, { target: target.id, state: true })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect((await rowOf(target))?.epoch).toBe(Number(before?.epoch) + 1)
    expect((await eventsOf(target)).filter((type) => type === 'banned')).toHaveLength(1)
  })
})

describe('reading', () => {
  test('the list shows everybody, newest first, page by page', async () => {
    const made = [await verifiedPerson('list_aaaa1'), await signUp('list_bbbb1'), await verifiedPerson('list_cccc1')]
    await admin.client.post(`${API}/ban`, { target: made[2]?.id, state: true, reason: 'Spam' })
    const first = await admin.client.get(`${API}/list?limit=2`)
    AdminUserListReply.parse(first.json)
    expect(first.json.data.records.map((row: { username: string }) => row.username)).toEqual(['list_cccc1', 'list_bbbb1'])
    expect(first.json.data.records[0]).toMatchObject({ isBanned: true, bannedReason: 'Spam', email: made[2]?.email, emailVerified: true })
    const second = await admin.client.get(`${API}/list?limit=1&offset=${first.json.data.records[1]._id}`)
    expect(second.json.data.records[0]).toMatchObject({ _id: made[0]?.id, emailVerified: true, isBanned: false })
    const names = async (query: string) =>
      (await admin.client.get(`${API}/list?limit=100&${query}`)).json.data.records.map((row: { username: string }) => row.username)
    expect(await names('banned=true')).toContain('list_cccc1')
    expect(await names('banned=true')).not.toContain('list_aaaa1')
    expect(await names('unverified=true')).toContain('list_bbbb1')
    expect(await names('unverified=true&banned=false')).not.toContain('list_cccc1')
    expect(await names('banned=false')).not.toContain('list_cccc1')
    expect(await names('role=super_admin')).toEqual(['root_one11'])
    expect(await names('role=nothing')).toEqual([])
    expect(await names('restricted=true&role=user')).not.toContain('list_aaaa1')
    for (const [field, value] of [
      ['banned', '1'],
      ['role', 'a-b'],
    ] as const) {
      expectWrongField(await admin.client.get(`${API}/list?${field}=${value}`), field)
    }
  })

  test('user-info finds banned, deleted and unverified people', async () => {
    const [banned, deleted, unverified] = [
      await verifiedPerson('info_ban11'),
      await verifiedPerson('info_del11'),
      await signUp('info_unv11'),
    ]
    await admin.client.post(`${API}/ban`, { target: banned.id, state: true })
    await admin.client.post(`${API}/delete`, { target: deleted.id })
    const targets = [deleted.id, NOBODY, banned.id, unverified.id]
    const many = await admin.client.post(`${API}/user-info`, { targets })
    AdminUsersReply.parse(many.json)
    expect(many.json.data.records.map((row: { _id: string }) => row._id)).toEqual([deleted.id, banned.id, unverified.id])
    const one = await admin.client.get(`${API}/user-info?target=${deleted.id}`)
    AdminUserReply.parse(one.json)
    expect(one.json.data.user).toMatchObject({ _id: deleted.id, isDeleted: true, email: deleted.email })
    expect((await admin.client.get(`${API}/user-info?target=${NOBODY}`)).status).toBe(404)
    expect((await admin.client.post(`${API}/user-info`, { targets: Array(101).fill(NOBODY) })).status).toBe(400)
  })

  test("somebody's log-in history and invite codes", async () => {
    const bob = await signedInPerson('hist_bob11')
    const history = await admin.client.get(`${API}/login-history?target=${bob.id}`)
    expect(history.json.data.records).toMatchObject([{ success: true, userAgent: 'kith-test/1.0' }])
    const sql = 'INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at, used_by) VALUES (?1, ?2, 0, 1, 1, ?3)'
    await rows(sql, 'AB-1234-1234567890123', idOf(bob.id), idOf(admin.id))
    const codes = await admin.client.get(`${API}/invite-codes?target=${bob.id}`)
    expect(codes.json.data.inviteCodes).toMatchObject([{ code: 'AB-1234-1234567890123', targetId: admin.id }])
    for (const path of ['login-history', 'invite-codes', 'audit']) {
      expect((await admin.client.get(`${API}/${path}?target=${NOBODY}`)).status).toBe(404)
    }
  })
})

describe('making an account', () => {
  test('is verified at once, signs in, is found by search, and has one audit row by its maker', async () => {
    const reply = await admin.client.post(`${API}/create`, { ...signUpBody('made_user1'), firstName: 'Zebulon' })
    expect(reply.status).toBe(201)
    AdminUserReply.parse(reply.json)
    expect(reply.json.data.user).toMatchObject({ username: 'made_user1', emailVerified: true, role: 'user' })
    const made = { id: reply.json.data.user._id, username: 'made_user1', email: '', password: PASSWORD, client: new Client() }
    expect((await logIn(made)).status).toBe(200)
    expect(await trailOf(made)).toContainEqual({ type: 'account_created', actor_id: idOf(admin.id), detail: null })
    const found = await made.client.post('/user/search', { query: 'zebulon' })
    expect(found.json.data.results.map((row: { _id: string }) => row._id)).toContain(made.id)
  })

  test('names every field that is taken', async () => {
    const taken = await verifiedPerson('taken_user')
    const both = await admin.client.post(`${API}/create`, signUpBody('TAKEN_USER', taken.email))
    expect([both.status, both.json]).toEqual([
      409,
      { ok: 0, error: 'ResourceConflict', additionalInfo: { duplicateFields: ['username', 'email'] } },
    ])
    const one = await admin.client.post(`${API}/create`, signUpBody('taken_not1', taken.email.toUpperCase()))
    expect(one.json.additionalInfo).toEqual({ duplicateFields: ['email'] })
  })

  test('gives a role below the own rank and no other', async () => {
    expect((await root.client.post(`${API}/create`, { ...signUpBody('made_admin'), role: 'admin' })).json.data.user.role).toBe('admin')
    for (const role of ['admin', 'super_admin']) {
      expect((await admin.client.post(`${API}/create`, { ...signUpBody('made_never'), role })).json.additionalInfo.reason).toBe('rank')
    }
    const unknown = await admin.client.post(`${API}/create`, { ...signUpBody('made_never'), role: 'nothing' })
    expect([unknown.status, unknown.json.additionalInfo.errors[0].path]).toEqual([400, 'role'])
    expect((await admin.client.post(`${API}/create`, { ...signUpBody('made_never'), password: 'password' })).status).toBe(400)
    expect(await db.prepare("SELECT COUNT(*) AS n FROM users WHERE username_key = 'made_never'").first('n')).toBe(0)
  })

  test('64 at once with one user name make one account', async () => {
    const bodies = Array.from({ length: 64 }, (_, i) => signUpBody('made_raced', `made_raced${i}@example.com`))
    const replies = await Promise.all(bodies.map((body) => admin.client.post(`${API}/create`, body)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.every(({ status }) => [201, 409, 503].includes(status))).toBe(true)
  })
})

describe('custom data', () => {
  test('is replaced as a whole, seen by its owner and administrators, and by nobody else', async () => {
    const [bob, eve] = [await signedInPerson('data_bob11'), await signedInPerson('data_eve11')]
    const customData = { plan: 'school', tags: ['a', { b: null }], n: 1.5 }
    expect((await put(admin, `${API}/custom-data`, { target: bob.id, customData })).json.data.user.customData).toEqual(customData)
    expect((await bob.client.get('/user/me')).json.data.user.customData).toEqual(customData)
    expect((await eve.client.get(`/user/${bob.id}`)).json.data.user.customData).toEqual({})
    expect((await put(admin, `${API}/custom-data`, { target: bob.id, customData: {} })).json.data.user.customData).toEqual({})
  })

  test.each([
    ['an array', '[1]'],
    ['a text', '"x"'],
    ['null', 'null'],
    ['more than 4 KB', `{"a":"${'x'.repeat(4090)}"}`],
    ['more than 4 KB of UTF-8', `{"a":"${'é'.repeat(2045)}"}`],
    ['__proto__', '{"__proto__":{"a":1}}'],
    ['constructor', '{"constructor":1}'],
    ['prototype deep down', '{"a":[{"prototype":1}]}'],
  ])('refuses %s', async (_, customData) => {
    const bob = await verifiedPerson(`dat_${crypto.randomUUID().slice(0, 8)}`)
    const reply = await admin.client.fetch(`${API}/custom-data`, {
      method: 'PUT',
      body: `{"target":"${bob.id}","customData":${customData}}`,
    })
    expect([reply.status, reply.json.error]).toEqual([400, 'ClientInputError'])
    expect(reply.json.additionalInfo.errors[0].path).toMatch(/^customData/)
    expect((await rowOf(bob))?.custom_data).toBeNull()
  })

  test('takes 4 KB exactly', async () => {
    const bob = await verifiedPerson('data_4kb11')
    expect((await put(admin, `${API}/custom-data`, { target: bob.id, customData: { a: 'x'.repeat(4088) } })).status).toBe(200)
  })
})

describe('subscription and the verified mark', () => {
  test('a subscription has a tier, and an end if one is given; state false clears both', async () => {
    const bob = await signedInPerson('subs_bob11')
    const body = { target: bob.id, state: true, tier: 'gold', expiry: '2099-01-01T00:00:00.000Z' }
    expect((await admin.client.post(`${API}/subscription`, body)).status).toBe(200)
    const shown = (await bob.client.get('/user/me')).json.data.user
    expect(shown).toMatchObject({ isSubscribed: true, subscriptionTier: 'gold', subscriptionExpiry: body.expiry })
    const ended = await admin.client.post(`${API}/subscription`, { target: bob.id, state: false })
    expect(ended.json.data.user).toMatchObject({ isSubscribed: false, subscriptionTier: null, subscriptionExpiry: null })
    for (const [field, wrong] of [
      ['tier', { tier: undefined }],
      ['expiry', { expiry: 'tomorrow' }],
      ['expiry', { expiry: '2001-01-01T00:00:00.000Z' }],
      ['state', { state: 'yes' }],
    ] as const) {
      expectWrongField(await admin.client.post(`${API}/subscription`, { ...body, ...wrong }), field)
    }
    const yes = await admin.client.post(`${API}/subscription`, { ...body, state: 'yes' })
    expect(yes.json.additionalInfo.errors).toMatchObject([{ path: 'state', msg: 'must be true or false', value: 'yes' }])
    expect((await rowOf(bob))?.subscription_tier).toBeNull()
  })

  test("the mark is the person's, not the address's", async () => {
    const bob = await signUp('mark_bob11')
    const given = await admin.client.post(`${API}/verify`, { target: bob.id, state: true })
    expect(given.json.data.user).toMatchObject({ verified: true, emailVerified: false })
    const taken = await admin.client.post(`${API}/verify`, { target: bob.id, state: false })
    expect(taken.json.data.user).toMatchObject({ verified: false, verifiedDate: null })
    expect(await eventsOf(bob)).toEqual(['account_created', 'verified', 'verification_removed'])
  })
})
