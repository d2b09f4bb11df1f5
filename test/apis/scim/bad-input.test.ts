// What is wrong is refused in SCIM's envelope, says what it is about, and leaves nothing half written.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Directory, GROUP_SCHEMA, newDirectory, newUser, operations, USER_SCHEMA } from '../../support/directory.ts'
import { platform } from '../../support/kith.ts'

const ERROR = 'urn:ietf:params:scim:api:messages:2.0:Error'
let directory: Directory
let id: string

beforeAll(async () => {
  platform.reset()
  directory = await newDirectory()
  id = (await directory.create('bad.input@corp.example', { name: { givenName: 'Ann' }, externalId: 'X-1' })).id
  await directory.create('other@corp.example')
})

const filters: [filter: string, total: number][] = [
  [`id eq "ID"`, 1],
  ['externalId eq "X-1"', 1],
  ['externalId eq "x-1"', 0],
  ['userName sw "BAD."', 1],
  ['urn:ietf:params:scim:schemas:core:2.0:User:userName co "corp"', 2],
  ['username EQ "other@corp.example" or (name.givenName eq "ann" and active eq true)', 2],
  ['not (userName ew "corp.example")', 0],
  ['active eq "False"', 0],
  ['active ne false and name.givenName pr', 1],
  ['meta.lastModified gt "2020-01-01T00:00:00Z" and meta.created lt "2020-01-01T00:00:00Z"', 0],
  ['emails[type eq "home"]', 0],
  ['emails[primary eq true and value co "other"]', 1],
  [`userName eq "' OR 1=1 --"`, 0],
  ['userName eq "100%_\\"\\\\"', 0],
]
test.each(filters)('the filter %s finds what it says', async (filter, total) => {
  expect((await directory.find(filter.replace('ID', id))).json).toMatchObject({ totalResults: total, itemsPerPage: total })
})

const badFilters = [
  'title eq "x"',
  'userName',
  'userName eq',
  'userName eq Bob',
  'userName like "x"',
  'userName gt "a"',
  'userName eq 5',
  'active eq "perhaps"',
  'active co true',
  'meta.created eq "yesterday"',
  'userName eq "a" and',
  '(userName eq "a"',
  'userName eq "a")',
  'emails[type eq "work"',
  'emails[ims[type eq "work"]]',
  'userName eq "\\x"',
  `${'('.repeat(30)}userName pr${')'.repeat(30)}`,
  Array.from({ length: 40 }, () => 'userName pr').join(' or '),
  `userName eq "${'x'.repeat(1_100)}"`,
  '💥',
]
test.each(badFilters)('the filter %s is refused as one that is not built', async (filter) => {
  const reply = await directory.find(filter)
  expect([reply.status, reply.json.schemas, reply.json.status, reply.json.scimType], reply.text).toEqual([
    400,
    [ERROR],
    '400',
    'invalidFilter',
  ])
})

test.each(['members co "x"', 'externalId eq "x"', 'displayName eq true'])('groups are not filtered by %s', async (filter) => {
  expect((await directory.find(filter, '/Groups')).json).toMatchObject({ status: '400', scimType: 'invalidFilter' })
})

const users: [what: string, body: unknown, names: RegExp][] = [
  ['no schemas', { userName: 'a@b.example' }, /^schemas/],
  ['an unknown schema', { ...newUser('a@b.example'), schemas: [USER_SCHEMA, 'urn:example:unknown'] }, /^schemas/],
  ["another resource's schema", { ...newUser('a@b.example'), schemas: [GROUP_SCHEMA] }, /^schemas/],
  ['no userName', { schemas: [USER_SCHEMA], emails: [{ value: 'a@b.example' }] }, /^userName/],
  ['a number as userName', { ...newUser('a@b.example'), userName: 5 }, /^userName/],
  ['no address at all', { schemas: [USER_SCHEMA], userName: 'nobody' }, /^emails/],
  ['a broken address', { ...newUser('a@b.example'), emails: [{ value: 'a@' }] }, /^emails/],
  ['addresses of a wrong type', { ...newUser('a@b.example'), emails: [5] }, /^emails/],
  ['an object as active', { ...newUser('a@b.example'), active: {} }, /^active/],
  ['a name of a wrong type', { ...newUser('a@b.example'), name: 'Ann' }, /^name/],
  ['an unknown time zone', { ...newUser('a@b.example'), timezone: 'Mars/Base' }, /^timezone/],
  ['a broken number', { ...newUser('a@b.example'), phoneNumbers: [{ value: 'call me' }] }, /^phoneNumbers/],
  ['a hundred addresses', { ...newUser('a@b.example'), emails: Array.from({ length: 100 }, () => ({ value: 'a@b.example' })) }, /^emails/],
  ['a weak password', { ...newUser('a@b.example'), password: 'password' }, /^password/],
  ['a schema that is no text', { ...newUser('a@b.example'), schemas: [USER_SCHEMA, { toString: 1 }] }, /^schemas/],
  ['a list', [newUser('a@b.example'), newUser('c@b.example')], /body/],
]
test.each(users)('a user with %s is refused, naming it', async (_what, body, names) => {
  const reply = await directory.send('POST', '/Users', body as never)
  expect([reply.status, reply.json.scimType], reply.text).toEqual([400, 'invalidValue'])
  expect(reply.json.detail).toMatch(names)
  expect(reply.text).not.toContain('"password"')
})

const patches: [what: string, operation: unknown, scimType: string][] = [
  ['an unknown operation', { op: 'move', path: 'title' }, 'invalidValue'],
  ['an unknown attribute', { op: 'replace', path: 'shoeSize', value: 44 }, 'invalidPath'],
  ['an unknown part', { op: 'replace', path: 'name.alias', value: 'x' }, 'invalidPath'],
  ['an unknown schema', { op: 'replace', path: 'urn:example:unknown:shoeSize', value: 44 }, 'invalidPath'],
  ['a broken path', { op: 'replace', path: 'emails[type eq "work"', value: 'x' }, 'invalidPath'],
  ['a filter on what is no list', { op: 'replace', path: 'title[type eq "work"]', value: 'x' }, 'invalidPath'],
  ['the id', { op: 'replace', path: 'id', value: 'x' }, 'mutability'],
  ['the groups', { op: 'add', path: 'groups', value: [{ value: 'admin' }] }, 'mutability'],
  ['removing nothing', { op: 'remove' }, 'noTarget'],
  ['a value that nothing matches', { op: 'replace', path: 'emails[value sw "x"].value', value: 'x@y.example' }, 'noTarget'],
  ['a path without a value', { op: 'replace', path: 'title' }, 'invalidValue'],
  ['no object without a path', { op: 'replace', value: 'x' }, 'invalidValue'],
  ['removing the userName', { op: 'remove', path: 'userName' }, 'invalidValue'],
  ['removing the address', { op: 'remove', path: 'emails' }, 'invalidValue'],
  ['very many addresses', { op: 'add', path: 'emails', value: Array.from({ length: 2_000 }, (_, n) => ({ value: n })) }, 'invalidValue'],
  ['text that is no truth value', { op: 'replace', path: 'active', value: 'perhaps' }, 'invalidValue'],
]
test.each(patches)('a change of %s is refused, with what came before it', async (_what, operation, scimType) => {
  const before = (await directory.get(`/Users/${id}`)).json
  const reply = await directory.send('PATCH', `/Users/${id}`, operations({ op: 'add', path: 'title', value: 'Half done' }, operation))
  // An address is left where the userName is one.
  if (_what === 'removing the address') expect(reply.json.emails).toMatchObject([{ value: 'bad.input@corp.example' }])
  else expect([reply.status, reply.json.scimType], reply.text).toEqual([400, scimType])
  if (reply.status === 400) expect((await directory.get(`/Users/${id}`)).json).toEqual(before)
})

describe('the rest of a request', () => {
  test('paths and operations in odd case are understood', async () => {
    const body = { SCHEMAS: operations().schemas, operations: [{ OP: 'REPLACE', Path: 'NAME.givenname', VALUE: 'Odd' }] }
    expect((await directory.send('PATCH', `/Users/${id}`, body)).json.name.givenName).toBe('Odd')
    const upper = await directory.send('POST', '/Users', {
      Schemas: [USER_SCHEMA],
      USERNAME: 'upper@corp.example',
      NAME: { GIVENNAME: 'Up' },
    })
    expect(upper.json).toMatchObject({ userName: 'upper@corp.example', name: { givenName: 'Up' } })
  })

  test('what is sent twice, too large, broken or in another language gets its own status', async () => {
    expect((await directory.send('POST', '/Users', newUser('BAD.input@corp.example'))).json).toMatchObject({
      status: '409',
      scimType: 'uniqueness',
    })
    expect((await directory.send('POST', '/Users', newUser('x@y.example', { externalId: 'X-1' }))).json.scimType).toBe('uniqueness')
    expect((await directory.send('POST', '/Users', newUser('x@y.example', { title: 'x'.repeat(70_000) }))).json.status).toBe('413')
    expect((await directory.send('POST', '/Users', '{"schemas":')).json).toMatchObject({ status: '400', scimType: 'invalidSyntax' })
    expect((await directory.send('POST', '/Users', '<x/>', { headers: { 'content-type': 'text/xml' } })).json.status).toBe('415')
    expect((await directory.get('/Users?count=many')).json).toMatchObject({ status: '400', scimType: 'invalidValue' })
    const [missing, wrongMethod, bulk, me] = await Promise.all([
      directory.get('/Nothing'),
      directory.send('PUT', '/Users', {}),
      directory.send('POST', '/Bulk', {}),
      directory.get('/Me'),
    ])
    expect([missing, wrongMethod, bulk, me].map(({ status }) => status)).toEqual([404, 405, 501, 501])
    for (const { json } of [missing, wrongMethod, bulk, me]) expect(json.schemas).toEqual([ERROR])
  })

  test('pages begin at 1, have at most 200, and a count of 0 only counts', async () => {
    expect((await directory.get('/Users?startIndex=-5&count=1')).json).toMatchObject({ startIndex: 1, itemsPerPage: 1 })
    expect((await directory.get('/Users?count=-1')).json).toMatchObject({ itemsPerPage: 0, Resources: [] })
    const { totalResults } = (await directory.get('/Users?count=0')).json
    const last = (await directory.get(`/Users?startIndex=${totalResults}&count=100000`)).json
    expect([last.itemsPerPage, last.totalResults]).toEqual([1, totalResults])
    const body = {
      schemas: ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
      filter: 'userName sw "other"',
      attributes: ['userName'],
    }
    const found = await directory.send('POST', '/Users/.search', body)
    expect(found.json.Resources).toEqual([{ schemas: [USER_SCHEMA], id: expect.any(String), userName: 'other@corp.example' }])
  })

  test('attributes are chosen and left out, with or without their schema', async () => {
    const chosen = await directory.get(`/Users/${id}?attributes=${USER_SCHEMA}:userName,name.givenName`)
    expect(Object.keys(chosen.json)).toEqual(['schemas', 'id', 'userName', 'name'])
    expect(Object.keys(chosen.json.name)).toEqual(['givenName'])
    const without = await directory.get(`/Users/${id}?excludedAttributes=meta,emails,id`)
    expect([without.json.meta, without.json.emails, without.json.id]).toEqual([undefined, undefined, id])
  })

  test('anybody may ask what is built', async () => {
    const config = (await directory.get('/ServiceProviderConfig')).json
    expect(config).toMatchObject({ patch: { supported: true }, bulk: { supported: false }, filter: { supported: true, maxResults: 200 } })
    expect((await directory.get('/ResourceTypes')).json.Resources.map(({ id }: { id: string }) => id)).toEqual(['User', 'Group'])
    expect((await directory.get(`/Schemas/${USER_SCHEMA}`)).json).toMatchObject({ id: USER_SCHEMA, name: 'User' })
    expect([(await directory.get('/Schemas/urn:nothing')).status, (await directory.get('/Schemas?filter=id%20pr')).status]).toEqual([
      404, 403,
    ])
  })
})
