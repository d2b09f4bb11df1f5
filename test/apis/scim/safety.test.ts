// What a client that provisions users may not do, and what takes effect at once (docs/decisions/060).
import { beforeAll, describe, expect, test } from 'vitest'
import { rows, trailOf } from '../../support/actors.ts'
import { newRanks } from '../../support/admins.ts'
import { type Directory, GROUP_SCHEMA, newDirectory, newUser, SECRET } from '../../support/directory.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { PASSWORD, type Person, signedInPerson, verifiedPerson } from '../../support/people.ts'
import { bearerOf, clientToken, idOf, userToken } from '../../support/tokens.ts'

let directory: Directory
beforeAll(async () => {
  platform.reset()
  directory = await newDirectory()
})

const inactive = { op: 'replace', value: { active: false } }
const active = { op: 'replace', value: { active: true } }

describe('whom it reaches', () => {
  test('nobody but those whom it has created: not by id, not by a filter, not as a member, and not those of another client', async () => {
    const [stranger, other] = [await verifiedPerson('scim_stranger'), await newDirectory()]
    const theirs = await other.create('theirs@corp.example')
    for (const id of [stranger.id, theirs.id]) {
      expect((await directory.get(`/Users/${id}`)).status).toBe(404)
      expect((await directory.patch(`/Users/${id}`, inactive)).status).toBe(404)
      expect((await directory.send('PUT', `/Users/${id}`, newUser('x@corp.example'))).status).toBe(404)
      expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(404)
      expect((await directory.patch('/Groups/owner', { op: 'add', path: 'members', value: [{ value: id }] })).json).toMatchObject({
        status: '400',
        scimType: 'invalidValue',
      })
    }
    for (const filter of [`id eq "${stranger.id}"`, `emails eq "${stranger.email}"`, 'userName eq "theirs@corp.example"'])
      expect((await directory.find(filter)).json.totalResults, filter).toBe(0)
  })

  test('no account is taken over by its address, when a user is created or changed', async () => {
    const owner = await verifiedPerson('scim_owner')
    const created = await directory.send('POST', '/Users', newUser(owner.email))
    expect([created.status, created.json.scimType]).toEqual([409, 'uniqueness'])
    const { id } = await directory.create('harmless@corp.example')
    const changed = await directory.patch(`/Users/${id}`, { op: 'replace', path: 'emails[type eq "work"].value', value: owner.email })
    expect([changed.status, changed.json.scimType]).toEqual([409, 'uniqueness'])
    expect((await directory.get(`/Users/${id}`)).json.emails).toMatchObject([{ value: 'harmless@corp.example' }])
  })

  test('no role of everybody, however many they are: a group that is not there costs no look at its members', async () => {
    await rows(
      `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)
       INSERT INTO users (id, username, username_key, created_at, updated_at) SELECT i, 'everybody' || i, 'everybody' || i, 0, 0 FROM n`,
    )
    for (const [method, body] of [
      ['DELETE', undefined] as const,
      ['PUT', { schemas: [GROUP_SCHEMA], displayName: 'user', members: [] }] as const,
    ]) {
      const { result, counts } = await platform.counts.measure(() => directory.send(method, '/Groups/user', body))
      expect([method, result.status, counts.rowsRead < 100], String(counts.rowsRead)).toEqual([method, 404, true])
    }
    await rows(`DELETE FROM users WHERE username LIKE 'everybody%'`)
  })

  test('nobody with powers that it lacks, and no group with such', async () => {
    const { id } = await directory.create('promoted@corp.example')
    await db.prepare("UPDATE users SET role = 'admin' WHERE id = ?").bind(idOf({ id })).run()
    const attempts = [
      directory.patch(`/Users/${id}`, inactive),
      directory.patch(`/Users/${id}`, { op: 'replace', path: 'password', value: 'a-new-long-passphrase' }),
      directory.send('DELETE', `/Users/${id}`),
      directory.patch('/Groups/owner', { op: 'add', path: 'members', value: [{ value: id }] }),
    ]
    expect((await Promise.all(attempts)).map(({ status }) => status)).toEqual([403, 403, 403, 403])
    for (const group of ['admin', 'super_admin', 'internal_client', 'user'])
      expect((await directory.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [] })).status, group).toBe(404)
    const named = (await directory.get('/Groups')).json.Resources.map((one: { id: string }) => one.id)
    expect(named).toContain('owner')
    expect(named).not.toContain('admin')
    expect((await directory.patch('/Groups/owner', { op: 'replace', path: 'displayName', value: 'Mine' })).status).toBe(403)
    expect((await directory.send('DELETE', '/Groups/owner')).status).toBe(403)
  })

  test('no group that lifts its members to the rank of administrators whose scopes it lacks', async () => {
    await newRanks()
    const { id } = await directory.create('climber@corp.example')
    const join = (group: string) => directory.patch(`/Groups/${group}`, { op: 'add', path: 'members', value: [{ value: id }] })
    expect([(await join('owner')).status, (await join('star')).status, (await join('editor')).status]).toEqual([404, 404, 204])
    expect((await directory.get(`/Users/${id}`)).json.groups).toMatchObject([{ value: 'editor' }])
    await rows("DELETE FROM roles WHERE id = 'moderator'")
    expect((await join('star')).status).toBe(204)
  })

  test('a user has no business here, a client needs the scope, and writing more than reading', async () => {
    const person = await signedInPerson('scim_person')
    await db.prepare("UPDATE users SET role = 'super_admin' WHERE id = ?").bind(idOf(person)).run()
    const reader = await newDirectory(['client:provisioning:read'])
    const status = async (client: Client, method = 'GET') => (await client.fetch('/scim/v2/Users', { method })).status
    expect(await status(person.client)).toBe(401)
    expect(await status(bearerOf(await userToken(person, ['client:all'])))).toBe(403)
    expect(await status(bearerOf(await clientToken(['client:profile:all'])))).toBe(403)
    expect((await reader.get('/Users')).status).toBe(200)
    const refused = await reader.send('POST', '/Users', newUser('no@corp.example'))
    expect([refused.status, refused.json.schemas]).toEqual([403, ['urn:ietf:params:scim:api:messages:2.0:Error']])
  })

  test('the secret counts by HTTP Basic and as a bearer token, and a wrong one, a client of users or a disabled one does not', async () => {
    const pair = (id: string, secret: string) => btoa(`${id}:${secret}`)
    const ask = (authorization: string) => new Client().get('/scim/v2/Users', { headers: { authorization } })
    const right = pair(directory.clientId, SECRET)
    for (const scheme of ['Basic', 'Bearer']) {
      expect((await ask(`${scheme} ${right}`)).status).toBe(200)
      const refused = await ask(`${scheme} ${pair(directory.clientId, 'wrong')}`)
      expect([refused.status, refused.headers.get('content-type')]).toEqual([401, 'application/scim+json'])
    }
    const { clientId } = await newDirectory()
    await db.prepare("UPDATE oauth_clients SET grant_types = 'authorization_code' WHERE id = ?").bind(clientId).run()
    expect((await ask(`Basic ${pair(clientId, SECRET)}`)).status).toBe(400)
    await db.prepare('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?').bind(clientId).run()
    expect((await ask(`Basic ${pair(clientId, SECRET)}`)).status).toBe(401)
  })
})

describe('a deactivated person', () => {
  let id: string
  let person: Person
  beforeAll(async () => {
    const { id: made } = await directory.create('leaver@corp.example', { password: PASSWORD })
    id = made
    const [row] = await rows<{ username: string }>('SELECT username FROM users WHERE id = ?', idOf({ id }))
    person = { id, username: row?.username ?? '', email: 'leaver@corp.example', password: PASSWORD, client: new Client() }
  })
  const logIn = () => person.client.post('/user/login', { username: person.username, password: PASSWORD, userAgent: 'x' })

  test('is out on the next request: with the session, the access token and the password, and in again once active', async () => {
    expect((await logIn()).status).toBe(200)
    const app = bearerOf(await userToken(person, ['delegated:profile:read']))
    expect([(await person.client.get('/user/me')).status, (await app.get('/user/me')).status]).toEqual([200, 200])
    expect((await directory.patch(`/Users/${id}`, inactive)).json.active).toBe(false)
    expect([(await person.client.get('/user/me')).status, (await app.get('/user/me')).status]).toEqual([401, 401])
    expect((await logIn()).status).toBe(401)
    expect((await directory.patch(`/Users/${id}`, active)).json.active).toBe(true)
    // What was issued before stays invalid.
    expect([(await app.get('/user/me')).status, (await logIn()).status]).toEqual([401, 200])
  })

  test("stays out while an administrator's ban is in force, which the client neither lifts nor shortens", async () => {
    const until = Date.now() + 3_600_000
    const ban = 'UPDATE users SET banned_at = 1, banned_until = ?, banned_reason = ?, updated_at = updated_at + 1 WHERE id = ?'
    await db.prepare(ban).bind(until, 'spam', idOf({ id })).run()
    expect((await directory.patch(`/Users/${id}`, active)).json.active).toBe(false)
    expect((await directory.patch(`/Users/${id}`, inactive)).json.active).toBe(false)
    expect((await directory.patch(`/Users/${id}`, active)).json.active).toBe(false)
    const [row] = await rows('SELECT banned_until, banned_reason FROM users WHERE id = ?', idOf({ id }))
    expect(row).toEqual({ banned_until: null, banned_reason: 'spam' })
    await db
      .prepare('UPDATE users SET banned_at = NULL, banned_reason = NULL, updated_at = updated_at + 1 WHERE id = ?')
      .bind(idOf({ id }))
      .run()
  })

  test('a new address or password ends what relied on the old; the trail names the client and what changed', async () => {
    await logIn()
    const change = { op: 'replace', value: { emails: [{ value: 'leaver.new@corp.example' }], password: 'a-new-long-passphrase' } }
    expect((await directory.patch(`/Users/${id}`, change)).json.emails).toMatchObject([{ value: 'leaver.new@corp.example' }])
    expect((await person.client.get('/user/me')).status).toBe(401)
    const events = await rows<{ type: string; client_id: string; detail: string }>(
      'SELECT type, client_id, detail FROM audit_events WHERE user_id = ? AND client_id = ? ORDER BY id',
      idOf({ id }),
      directory.clientId,
    )
    expect(events.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['account_created', 'provisioned', 'banned', 'ban_lifted', 'email_changed', 'password_changed']),
    )
    expect(events.filter(({ type }) => type === 'provisioned').at(-1)?.detail).toBe('emailType email password')
  })

  test('a password has to keep the rules, and none is ever shown', async () => {
    const reply = await directory.patch(`/Users/${id}`, { op: 'replace', path: 'password', value: 'password' })
    expect([reply.status, reply.json.scimType, reply.json.detail]).toEqual([400, 'invalidValue', expect.stringContaining('password')])
    expect(JSON.stringify((await directory.get(`/Users/${id}`)).json)).not.toContain('password')
  })

  test('who is deleted is gone, their session as well; who deleted themselves is inactive until the client deletes them', async () => {
    await db
      .prepare("UPDATE users SET deleted_at = 1, deleted_reason = 'self', updated_at = updated_at + 1 WHERE id = ?")
      .bind(idOf({ id }))
      .run()
    expect((await directory.get(`/Users/${id}`)).json.active).toBe(false)
    expect((await directory.patch(`/Users/${id}`, { op: 'replace', path: 'title', value: 'Ghost' })).status).toBe(403)
    expect((await directory.send('DELETE', `/Users/${id}`)).status).toBe(204)
    expect((await directory.get(`/Users/${id}`)).status).toBe(404)
    expect((await trailOf({ id })).map(({ type }) => type)).toContain('account_deleted')
  })
})

describe('at the same time', () => {
  const statuses = (replies: readonly { status: number }[]) => replies.map(({ status }) => status).sort()

  test('64 that create one user name make one account, and the others are told so', async () => {
    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, n) =>
        directory.send('POST', '/Users', { ...newUser('race@corp.example'), emails: [{ value: `race${n}@corp.example` }] }),
      ),
    )
    expect(statuses(replies)).toEqual([201, ...Array.from({ length: 63 }, () => 409)])
    expect((await directory.find('userName eq "race@corp.example"')).json.totalResults).toBe(1)
    expect(await rows("SELECT id FROM users WHERE email_key LIKE 'race%@corp.example'")).toHaveLength(1)
  })

  test('64 that create one group make one role', async () => {
    const body = { schemas: ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName: 'Racers' }
    const replies = await Promise.all(Array.from({ length: 64 }, () => directory.send('POST', '/Groups', body)))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(await rows("SELECT id FROM roles WHERE display_name = 'Racers'")).toHaveLength(1)
  })

  test('of changes to one version only the first takes place', async () => {
    const { id, meta } = await directory.create('versions@corp.example')
    const put = (title: string) => directory.send('PATCH', `/Users/${id}`, patchOf(title), { headers: { 'if-match': meta.version } })
    const replies = await Promise.all(Array.from({ length: 8 }, (_, n) => put(`Title ${n}`)))
    expect(statuses(replies)).toEqual([200, ...Array.from({ length: 7 }, () => 412)])
    const { json, headers } = await directory.get(`/Users/${id}`)
    expect([headers.get('etag'), json.meta.version === meta.version]).toEqual([json.meta.version, false])
    expect((await directory.send('DELETE', `/Users/${id}`, undefined, { headers: { 'if-match': meta.version } })).status).toBe(412)
  })

  const patchOf = (title: string) => ({
    schemas: ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
    Operations: [{ op: 'replace', path: 'title', value: title }],
  })
})
