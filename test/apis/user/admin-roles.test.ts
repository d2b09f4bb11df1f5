// Roles over HTTP (wire §3.2, §3.5, §6.16; security row 26): listed, created, changed, deleted, and the effect on the people who
// have them.
import { beforeAll, describe, expect, test } from 'vitest'
import { RoleReply } from '../../../src/apis/user/administration/presenters.ts'
import { RolesReply } from '../../../src/apis/user/roles/presenters.ts'
import { trailOf } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { db, platform } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'

const API = '/roles/admin-api'
let admin: Person
let root: Person

beforeAll(async () => {
  admin = await signedInAdmin('admin_rol1')
  root = await signedInAdmin('root_rol11', 'super_admin')
})

const body = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  displayName: 'Support',
  ranking: 50,
  description: 'Helps.',
  ...more,
})
const create = (by: Person, id: string, more: Record<string, unknown> = {}) => by.client.post(`${API}/create`, body(id, more))
const update = (by: Person, id: string, more: Record<string, unknown>) => by.client.patch(`${API}/update`, { id, ...more })
const remove = (by: Person, id: string) => by.client.delete(`${API}/delete`, { body: { id } })
const roleOf = (id: string) => db.prepare('SELECT * FROM roles WHERE id = ?1').bind(id).first<Record<string, unknown>>()
const eventsAbout = async (id: string) => (await trailOf(admin)).filter(({ detail }) => detail === id).map(({ type }) => type)

describe('GET /roles/list', () => {
  test('the roles of the deployment, the highest first, with and without the envelope', async () => {
    const { client } = await signedInPerson('role_reader')
    const reply = await client.get('/roles/list')
    expect(reply.status).toBe(200)
    expect(RolesReply.parse(reply.json)).toEqual(reply.json)
    expect(reply.json.data.roles).toEqual(reply.json.roles)
    expect(reply.json.roles.map((role: { id: string; ranking: number; system: boolean }) => [role.id, role.ranking, role.system])).toEqual([
      ['super_admin', 1, true],
      ['admin', 2, true],
      ['internal_client', 2, true],
      ['owner', 10, true],
      ['external_client', 100, true],
      ['user', 100, true],
    ])
    for (const role of reply.json.roles) expect(Object.keys(role).sort()).toEqual(['description', 'displayName', 'id', 'ranking', 'system'])
  })

  test("an operator's own role is listed as no system role", async () => {
    const { client } = await signedInPerson('role_reader_2')
    await db.prepare("INSERT INTO roles VALUES ('editor', 'Editor', 50, 'Edits.', 'delegated:profile:read', 0, 1, 1, NULL)").run()
    const reply = await client.get('/roles/list')
    expect(reply.json.roles).toContainEqual({ id: 'editor', displayName: 'Editor', ranking: 50, description: 'Edits.', system: false })
    expect(reply.text).not.toContain('delegated:profile:read')
  })
})

describe('roles', () => {
  test('are made, listed, changed and deleted, each with one audit row; a repeated change changes nothing', async () => {
    const made = await create(admin, 'support')
    expect(made.status).toBe(201)
    RoleReply.parse(made.json)
    expect(made.json.data.role).toEqual({ ...body('support'), system: false, scopes: ['delegated:all'] })
    expect((await admin.client.get('/roles/list')).json.data.roles).toContainEqual({ ...body('support'), system: false })
    const changed = await update(admin, 'support', { ranking: 60, scopes: ['delegated:profile:read', 'admin:profile:read'] })
    expect(changed.json.data.role).toMatchObject({
      displayName: 'Support',
      ranking: 60,
      scopes: ['delegated:profile:read', 'admin:profile:read'],
    })
    const row = await roleOf('support')
    expect((await update(admin, 'support', { ranking: 60 })).status).toBe(200)
    expect((await update(admin, 'support', {})).status).toBe(200)
    expect(await roleOf('support')).toEqual(row)
    expect((await remove(admin, 'support')).json).toEqual({ ok: 1 })
    expect((await remove(admin, 'support')).status).toBe(404)
    expect((await update(admin, 'support', { ranking: 50 })).status).toBe(404)
    expect(await roleOf('support')).toBeNull()
    expect(await eventsAbout('support')).toEqual(['role_created', 'role_updated', 'role_deleted'])
  })

  test('an id that a role has is a conflict, whoever made it', async () => {
    await create(admin, 'twice', { displayName: 'First' })
    const again = await create(admin, 'twice')
    expect([again.status, again.json.error, again.json.additionalInfo]).toEqual([409, 'ResourceConflict', { duplicateFields: ['id'] }])
    expect((await create(root, 'admin')).status).toBe(409)
    expect((await roleOf('twice'))?.display_name).toBe('First')
  })

  test.each(['failStatement', 'loseReply'] as const)(
    'changed while D1 may or may not have done it are changed once (%s)',
    async (fault) => {
      const id = `fault_${fault.length}`
      await create(admin, id)
      for (const send of [() => update(admin, id, { ranking: 77 }), () => remove(admin, id), () => create(admin, id)]) {
        platform.faults[fault](2)
        expect((await send()).status).toBeLessThan(300)
        platform.faults.clear()
      }
      expect(await roleOf(id)).toMatchObject({ ranking: 50 })
      expect(await eventsAbout(id)).toEqual(['role_created', 'role_updated', 'role_deleted', 'role_created'])
    },
  )

  test('64 made at once with one id are one', async () => {
    const replies = await Promise.all(Array.from({ length: 64 }, (_, i) => create(admin, 'raced', { displayName: `Name ${i}` })))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(63)
    const won = replies.find(({ status }) => status === 201)
    expect((await roleOf('raced'))?.display_name).toBe(won?.json.data.role.displayName)
    expect(await eventsAbout('raced')).toEqual(['role_created'])
  })

  test('of the system stay as they are, for a super admin too', async () => {
    for (const id of ['user', 'admin', 'super_admin', 'owner', 'internal_client', 'external_client']) {
      const before = await roleOf(id)
      const changed = await update(root, id, { displayName: 'Mine' })
      expect([changed.status, changed.json.error]).toEqual([400, 'SystemRoleUpdate'])
      const deleted = await remove(root, id)
      expect([deleted.status, deleted.json.error]).toEqual([400, 'SystemRoleDelete'])
      expect(await roleOf(id)).toEqual(before)
    }
  })

  test('are never at or above the rank of who makes or changes them, nor hold what that one does not', async () => {
    for (const ranking of [1, 2]) expect((await create(admin, 'too_high', { ranking })).json.additionalInfo.reason).toBe('rank')
    expect(await roleOf('too_high')).toBeNull()
    for (const scopes of [['*'], ['client:all'], ['delegated:all', 'client:profile:read']]) {
      const reply = await create(admin, 'too_much', { scopes })
      expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'scope'])
    }
    expect(await roleOf('too_much')).toBeNull()
    expect((await create(root, 'deputy', { ranking: 2, scopes: ['admin:all'] })).status).toBe(201)
    expect((await update(admin, 'deputy', { displayName: 'Mine' })).json.additionalInfo.reason).toBe('rank')
    expect((await remove(admin, 'deputy')).json.additionalInfo.reason).toBe('rank')
    await create(admin, 'low_rank', { ranking: 70 })
    expect((await update(admin, 'low_rank', { ranking: 2 })).json.additionalInfo.reason).toBe('rank')
    expect((await update(admin, 'low_rank', { scopes: ['*'] })).json.additionalInfo.reason).toBe('scope')
    expect(await roleOf('low_rank')).toMatchObject({ ranking: 70, scopes: 'delegated:all' })
  })

  test('that somebody has cannot be deleted', async () => {
    await create(admin, 'in_use')
    const bob = await signedInPerson('use_bob111')
    await giveRole(bob, 'in_use')
    const refused = await remove(admin, 'in_use')
    expect([refused.status, refused.json.error, refused.json.additionalInfo.reason]).toEqual([409, 'ResourceConflict', 'in_use'])
    await giveRole(bob, 'user')
    expect((await remove(admin, 'in_use')).status).toBe(200)
  })

  test('a change of scopes or rank acts on the next request of who has the role', async () => {
    await create(root, 'helper', { scopes: ['delegated:all', 'admin:profile:all'] })
    const [bob, eve] = [await signedInPerson('next_bob11'), await signedInPerson('next_eve11')]
    await giveRole(bob, 'helper')
    await logIn(bob)
    expect((await bob.client.get('/user/admin-api/list')).status).toBe(200)
    expect((await bob.client.post('/user/admin-api/verify', { target: eve.id, state: true })).status).toBe(200)
    await update(root, 'helper', { ranking: 100 })
    expect((await bob.client.post('/user/admin-api/verify', { target: eve.id, state: false })).json.additionalInfo.reason).toBe('rank')
    await update(root, 'helper', { scopes: ['delegated:profile:read'] })
    const refused = await bob.client.get('/user/admin-api/list')
    expect([refused.json.error, refused.json.additionalInfo.message]).toEqual([
      'InsufficientPrivileges',
      'You do not have the scope of this call',
    ])
    expect((await bob.client.get('/user/followers')).json.error).toBe('InsufficientPrivileges')
    expect((await bob.client.get('/user/me')).status).toBe(200)
  })

  test.each([
    ['id', { id: 'a-b' }],
    ['id', { id: '' }],
    ['id', { id: 'a'.repeat(129) }],
    ['displayName', { displayName: '' }],
    ['displayName', { displayName: 'x'.repeat(129) }],
    ['ranking', { ranking: 0 }],
    ['ranking', { ranking: 1.5 }],
    ['ranking', { ranking: '50' }],
    ['ranking', { ranking: 1e300 }],
    ['description', { description: 'x'.repeat(513) }],
    ['scopes', { scopes: [] }],
    ['scopes.0', { scopes: ['delegated:everything'] }],
    ['scopes.0', { scopes: ['toString'] }],
    ['scopes', { scopes: 'delegated:all' }],
    ['system', { system: true }],
  ])('with a wrong %s are refused', async (path, wrong) => {
    const reply = await create(root, 'wrong_one', wrong)
    expect([reply.status, reply.json.additionalInfo.errors[0].path]).toEqual([400, path])
    const changed = await update(root, 'deputy', wrong)
    expect(changed.status).toBe(400)
  })
})
