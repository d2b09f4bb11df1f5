// Clients that mean harm: filters, patches and names made to break, and requests that ask for more than the client has.
import { beforeAll, expect, test } from 'vitest'
import { type Directory, GROUP_SCHEMA, newDirectory, newUser, operations, SECRET } from '../../support/directory.ts'
import { Client, db, platform } from '../../support/kith.ts'
import { verifiedPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'

let directory: Directory
let id: string
beforeAll(async () => {
  platform.reset()
  directory = await newDirectory()
  id = (await directory.create('attacked@corp.example', { name: { givenName: 'Élodie' }, displayName: 'ÉLODIE 100%_' })).id
})

const filters: [filter: string, expected: number | string][] = [
  ['constructor eq "x"', 'invalidFilter'],
  ['constructor gt "2020-01-01T00:00:00Z"', 'invalidFilter'],
  ['emails.constructor eq "x"', 'invalidFilter'],
  ['name.givenName eq "Élodie"', 1],
  ['name.givenName sw "ÉLO"', 1],
  ['displayName ew "100%_"', 1],
  ['displayName co "%"', 1],
  ['displayName co "10_"', 0],
  ['userName sw "%"', 0],
  ['userName eq "attacked@corp.example\\u0000"', 0],
  [`userName eq "a' OR '1'='1"`, 0],
  [`${'not ('.repeat(8)}userName pr${')'.repeat(8)}`, 1],
  [`${'not ('.repeat(9)}userName pr${')'.repeat(9)}`, 'invalidFilter'],
  [Array.from({ length: 20 }, () => 'userName ew "x"').join(' or '), 0],
]
test.each(filters)('the filter %s reads nothing that it does not say', async (filter, expected) => {
  const { status, json, text } = await directory.find(filter)
  expect(typeof expected === 'number' ? json.totalResults : json.scimType, text).toBe(expected)
  expect(status).toBe(typeof expected === 'number' ? 200 : 400)
})

const names: [what: string, userName: string][] = [
  ['marks that turn text around', 'ann\u202Enimda@corp.example'],
  ['a line break', 'ann\n@corp.example'],
  ['nothing visible', '\u200B\u200D'],
  ['half a character', 'ann\uD800@corp.example'],
]
test.each(names)('a userName with %s is refused', async (_what, userName) => {
  const reply = await directory.send('POST', '/Users', newUser(userName, { emails: [{ value: 'ann@corp.example' }] }))
  expect([reply.status, reply.json.scimType]).toEqual([400, 'invalidValue'])
})

test("a userName of another script is the client's own; the user name made of it is one that anybody could have", async () => {
  const made = await directory.create('аdmin', { emails: [{ value: 'cyrillic@corp.example' }] })
  expect(made.userName).toBe('аdmin')
  const row = await db.prepare('SELECT username FROM users WHERE id = ?').bind(idOf(made)).first<{ username: string }>()
  expect(row?.username).toMatch(/^[A-Za-z0-9_]{8,30}$/)
})

test('a patch of as many operations as fit is done or refused, not begun', async () => {
  const value = Array.from({ length: 15 }, (_, n) => ({ value: `${n}@corp.example` }))
  const many = Array.from({ length: 80 }, (_, n) => ({
    op: 'add',
    path: 'emails',
    value: value.map((one) => ({ value: `${n}${one.value}` })),
  }))
  const reply = await directory.patch(`/Users/${id}`, ...many)
  expect([reply.status, reply.json.scimType]).toEqual([400, 'invalidValue'])
  expect(
    (await directory.patch(`/Users/${id}`, ...Array.from({ length: 201 }, () => ({ op: 'replace', path: 'title', value: 'x' })))).status,
  ).toBe(400)
  const deep = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","path":"name","value":${'['.repeat(20_000)}${']'.repeat(20_000)}}]}`
  expect((await directory.send('PATCH', `/Users/${id}`, deep)).status).toBe(400)
  const polluted =
    '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"add","value":{"__proto__":{"active":false}}}]}'
  expect((await directory.send('PATCH', `/Users/${id}`, polluted)).status).toBe(400)
  expect((await directory.get(`/Users/${id}`)).json).toMatchObject({ active: true, emails: [{ value: 'attacked@corp.example' }] })
})

test('a list of 10,000 members is refused by its size, one of 1,400 strangers as if there were none', async () => {
  const members = (count: number) => Array.from({ length: count }, (_, n) => ({ value: (n + 1).toString(16).padStart(24, '0') }))
  const group = (count: number) => ({ schemas: [GROUP_SCHEMA], displayName: `Crowd ${count}`, members: members(count) })
  expect((await directory.send('POST', '/Groups', group(10_000))).status).toBe(413)
  const refused = await directory.send('POST', '/Groups', group(1_400))
  expect([refused.status, refused.json.scimType]).toEqual([400, 'invalidValue'])
  expect((await directory.find('displayName sw "Crowd"', '/Groups')).json.totalResults).toBe(0)
})

test("nobody's id is told from one that is nobody's", async () => {
  const [stranger, other] = [await verifiedPerson('scim_unseen'), await (await newDirectory()).create('unseen@corp.example')]
  const reply = async (userId: string, send: (path: string) => Promise<{ status: number; text: string }>) => {
    const { status, text } = await send(`/Users/${userId}`)
    return [status, text]
  }
  const ways: ((path: string) => Promise<{ status: number; text: string }>)[] = [
    (path) => directory.get(path),
    (path) => directory.patch(path, { op: 'replace', path: 'active', value: false }),
    (path) => directory.send('PUT', path, newUser('unseen@corp.example')),
    (path) => directory.send('DELETE', path),
    (path) => directory.patch('/Groups/owner', { op: 'add', path: 'members', value: [{ value: path.slice('/Users/'.length) }] }),
  ]
  for (const way of ways) {
    const [nobody] = [await reply('f'.repeat(13).padStart(24, '0'), way)]
    expect([await reply(stranger.id, way), await reply(other.id, way)]).toEqual([nobody, nobody])
  }
})

const groups: [displayName: string, id: RegExp][] = [
  ['super_admin', /^super_admin_[0-9a-f]+$/],
  ['../owner', /^[a-z0-9_]+$/],
  ['__proto__', /^[a-z0-9_]+$/],
]
test.each(groups)('a group called %s is a new role, with the powers of nobody', async (displayName, expected) => {
  const made = await directory.send('POST', '/Groups', { schemas: [GROUP_SCHEMA], displayName })
  expect(made.status, made.text).toBe(201)
  expect(made.json.id).toMatch(expected)
  const [role, base] = await Promise.all(
    [made.json.id, 'user'].map((role) => db.prepare('SELECT scopes, ranking, system FROM roles WHERE id = ?').bind(role).first()),
  )
  expect(role).toEqual({ ...base, system: 0 })
})

test('the secret of a client whose tokens are bound to a key opens nothing', async () => {
  for (const columns of ['dpop_bound = 1', "security_profile = 'fapi2'"]) {
    const { clientId } = await newDirectory()
    await db.prepare(`UPDATE oauth_clients SET ${columns} WHERE id = ?`).bind(clientId).run()
    for (const scheme of ['Basic', 'Bearer']) {
      const headers = { authorization: `${scheme} ${btoa(`${clientId}:${SECRET}`)}` }
      expect((await new Client().get('/scim/v2/Users', { headers })).status).toBe(400)
    }
  }
})

test('the last super admin is nobody whom a client of any powers over provisioning locks out', async () => {
  const { id: last } = await directory.create('last@corp.example')
  await db
    .prepare("UPDATE users SET role = 'super_admin' WHERE id = ?")
    .bind(idOf({ id: last }))
    .run()
  const attempts = [
    directory.patch(`/Users/${last}`, { op: 'replace', path: 'active', value: false }),
    directory.patch(`/Users/${last}`, { op: 'replace', path: 'emails', value: [{ value: 'mine@corp.example' }] }),
    directory.send('DELETE', `/Users/${last}`),
    directory.send('POST', '/Groups', { schemas: [GROUP_SCHEMA], displayName: 'Demoted', members: [{ value: last }] }),
  ]
  expect((await Promise.all(attempts)).map(({ status }) => status)).toEqual([403, 403, 403, 403])
})

test('a version that the client has is not sent again, and what is not built says so', async () => {
  const { headers } = await directory.get(`/Users/${id}`)
  const etag = headers.get('etag') ?? ''
  const same = await directory.send('GET', `/Users/${id}`, undefined, { headers: { 'if-none-match': etag } })
  expect([same.status, same.text, same.headers.get('etag')]).toEqual([304, '', etag])
  await directory.send('PATCH', `/Users/${id}`, operations({ op: 'replace', path: 'title', value: 'Changed' }))
  expect((await directory.send('GET', `/Users/${id}`, undefined, { headers: { 'if-none-match': etag } })).status).toBe(200)
  for (const [method, path] of [
    ['GET', '/Me'],
    ['PATCH', '/me'],
    ['POST', '/Bulk'],
  ] as const)
    expect((await directory.send(method, path, method === 'GET' ? undefined : {})).json, path).toMatchObject({ status: '501' })
})
