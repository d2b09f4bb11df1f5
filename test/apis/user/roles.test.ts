// The list of roles over HTTP (wire §3.2, §3.5, §6.16).
import { describe, expect, test } from 'vitest'
import { RolesReply } from '../../../src/apis/user/roles/presenters.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'

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
    await db.prepare("INSERT INTO roles VALUES ('editor', 'Editor', 50, 'Edits.', 'delegated:profile:read', 0, 1, 1)").run()
    const reply = await client.get('/roles/list')
    expect(reply.json.roles).toContainEqual({ id: 'editor', displayName: 'Editor', ranking: 50, description: 'Edits.', system: false })
    expect(reply.text).not.toContain('delegated:profile:read')
  })

  test('only for callers who are signed in, in one round trip', async () => {
    expect((await new Client().get('/roles/list')).status).toBe(401)
    const { client } = await signedInPerson('role_reader_3')
    const { counts } = await platform.counts.measure(() => client.get('/roles/list'))
    expect(counts.d1RoundTrips).toBe(1)
    expect(counts.rowsRead).toBeLessThanOrEqual(3 * 7 + 12)
    expect((await client.post('/roles/list', {})).status).toBe(405)
  })
})
