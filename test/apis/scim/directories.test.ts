// The sequences of requests that Okta and Entra document: what they send and in which form, and what they expect to find again.
import { beforeAll, describe, expect, test } from 'vitest'
import { type Directory, GROUP_SCHEMA, newDirectory, newUser, operations, USER_SCHEMA } from '../../support/directory.ts'
import { platform } from '../../support/kith.ts'

const ENTERPRISE = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'
const LIST = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

beforeAll(() => platform.reset())

describe('Okta', () => {
  let okta: Directory
  let id: string
  beforeAll(async () => {
    okta = await newDirectory()
  })

  test('tests its connection, looks for the person, and creates them', async () => {
    expect((await okta.get('/Users?startIndex=1&count=2')).json).toMatchObject({ schemas: [LIST], totalResults: 0, Resources: [] })
    const missing = await okta.get('/Users?filter=userName%20eq%20%22test.user%40okta.local%22&startIndex=1&count=100')
    expect(missing.json).toEqual({ schemas: [LIST], totalResults: 0, startIndex: 1, itemsPerPage: 0, Resources: [] })
    const created = await okta.send('POST', '/Users', {
      schemas: [USER_SCHEMA],
      userName: 'test.user@okta.local',
      name: { givenName: 'Test', familyName: 'User' },
      emails: [{ primary: true, value: 'test.user@okta.local', type: 'work' }],
      displayName: 'Test User',
      locale: 'en-US',
      externalId: '00ujl29u0le5T6Aj10h7',
      groups: [],
      active: true,
    })
    expect([created.status, created.headers.get('content-type')]).toEqual([201, 'application/scim+json'])
    id = created.json.id
    expect(created.json).toMatchObject({
      userName: 'test.user@okta.local',
      active: true,
      name: { formatted: 'Test User' },
      locale: 'en-US',
    })
    expect(created.headers.get('location')).toBe(created.json.meta.location)
    expect((await okta.get(`/Users/${id}`)).json).toEqual(created.json)
    const found = await okta.get('/Users?filter=userName%20eq%20%22Test.User%40okta.local%22&startIndex=1&count=100')
    expect(found.json).toMatchObject({ totalResults: 1, Resources: [{ id }] })
  })

  test('replaces the profile, deactivates and reactivates', async () => {
    const { json } = await okta.get(`/Users/${id}`)
    const replaced = await okta.send('PUT', `/Users/${id}`, {
      ...json,
      name: { givenName: 'Another', familyName: 'User' },
      title: 'Engineer',
    })
    expect(replaced.json).toMatchObject({ name: { formatted: 'Another User' }, title: 'Engineer', displayName: 'Test User' })
    for (const active of [false, true])
      expect((await okta.patch(`/Users/${id}`, { op: 'replace', value: { active } })).json).toMatchObject({ id, active })
  })

  test('pushes a group, its name and its members, and removes it', async () => {
    const other = await okta.create('second.user@okta.local')
    const made = await okta.send('POST', '/Groups', {
      schemas: [GROUP_SCHEMA],
      displayName: 'Test SCIMv2',
      members: [{ value: id, display: 'x' }],
    })
    expect([made.status, made.json.displayName]).toEqual([201, 'Test SCIMv2'])
    const group = `/Groups/${made.json.id}`
    expect((await okta.get(group)).json.members).toMatchObject([{ value: id }])
    expect((await okta.get('/Groups?startIndex=1&count=100')).json.Resources).toContainEqual((await okta.get(group)).json)
    const changes = [
      { op: 'remove', path: `members[value eq "${id}"]` },
      { op: 'add', path: 'members', value: [{ value: other.id, display: 'second.user@okta.local' }] },
      { op: 'replace', value: { id: made.json.id, displayName: 'Test SCIMv2 renamed' } },
    ]
    expect((await okta.patch(group, ...changes)).status).toBe(204)
    expect((await okta.get(group)).json).toMatchObject({ displayName: 'Test SCIMv2 renamed', members: [{ value: other.id }] })
    expect((await okta.get(`/Users/${other.id}`)).json.groups).toMatchObject([{ value: made.json.id, display: 'Test SCIMv2 renamed' }])
    expect((await okta.send('DELETE', group)).status).toBe(204)
    expect([(await okta.get(group)).status, (await okta.get(`/Users/${other.id}`)).json.groups]).toEqual([404, []])
  })
})

describe('Entra', () => {
  let entra: Directory
  let id: string
  beforeAll(async () => {
    entra = await newDirectory()
  })

  test('looks for a random person, then for its own, and creates them', async () => {
    expect((await entra.find('userName eq "non-existent user"')).json.totalResults).toBe(0)
    expect((await entra.get('/Users/5171a35d82074e068ce2')).status).toBe(404)
    const created = await entra.send('POST', '/Users', {
      schemas: [USER_SCHEMA, ENTERPRISE],
      externalId: '0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef',
      userName: 'Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1',
      active: true,
      emails: [{ primary: true, type: 'work', value: 'Test_User_fd0ea19b@testuser.com' }],
      meta: { resourceType: 'User' },
      name: { formatted: 'givenName familyName', familyName: 'familyName', givenName: 'givenName' },
      roles: [],
      [ENTERPRISE]: { department: 'Sales', organization: 'Contoso' },
    })
    expect(created.json).toMatchObject({
      userName: 'Test_User_ab6490ee-1e48-479e-a20b-2d77186b5dd1',
      [ENTERPRISE]: { organization: 'Contoso' },
    })
    id = created.json.id
    const filters = [
      'externalId eq "0a21f0f2-8d2a-4f8e-bf98-7363c4aed4ef"',
      'userName eq "TEST_USER_ab6490ee-1e48-479e-a20b-2d77186b5dd1"',
      'emails[type eq "work"].value eq "test_user_FD0EA19B@testuser.com"',
      'emails[type eq "work" and value eq "Test_User_fd0ea19b@testuser.com"]',
    ]
    for (const filter of filters) expect((await entra.find(filter)).json, filter).toMatchObject({ totalResults: 1, Resources: [{ id }] })
  })

  test('changes attributes by paths, with names and values in its own way', async () => {
    const reply = await entra.patch(
      `/Users/${id}`,
      { op: 'Replace', path: 'emails[type eq "work"].value', value: 'updatedEmail@microsoft.com' },
      { op: 'Replace', path: 'name.familyName', value: 'updatedFamilyName' },
      { op: 'Add', path: `${ENTERPRISE}:department`, value: 'Finance' },
      { op: 'Replace', path: `${ENTERPRISE}:organization`, value: 'Fabrikam' },
      { op: 'Add', path: 'phoneNumbers[type eq "mobile"].value', value: '+1 425 555 0100' },
      { op: 'Replace', path: 'userName', value: '5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com' },
    )
    expect(reply.json).toMatchObject({
      userName: '5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com',
      name: { formatted: 'givenName updatedFamilyName' },
      emails: [{ value: 'updatedEmail@microsoft.com', type: 'work', primary: true }],
      phoneNumbers: [{ value: '+14255550100', type: 'mobile', primary: true }],
      [ENTERPRISE]: { organization: 'Fabrikam' },
    })
    const again = await entra.patch(`/Users/${id}`, { op: 'Replace', path: 'phoneNumbers[type eq "mobile"].value', value: '+14255550199' })
    expect(again.json.phoneNumbers).toMatchObject([{ value: '+14255550199', type: 'mobile' }])
    const flat = await entra.patch(`/Users/${id}`, {
      op: 'Replace',
      value: { 'name.givenName': 'Flat', [`${ENTERPRISE}:organization`]: 'Contoso' },
    })
    expect(flat.json).toMatchObject({ name: { givenName: 'Flat' }, [ENTERPRISE]: { organization: 'Contoso' } })
  })

  test('disables with text for a truth value, enables, and deletes for good', async () => {
    for (const [value, active] of [
      ['False', false],
      ['True', true],
      [false, false],
    ] as const)
      expect((await entra.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value })).json.active).toBe(active)
    expect((await entra.send('DELETE', `/Users/${id}`)).status).toBe(204)
    for (const method of ['GET', 'DELETE']) expect((await entra.send(method, `/Users/${id}`)).status).toBe(404)
    expect((await entra.patch(`/Users/${id}`, { op: 'Replace', path: 'active', value: true })).status).toBe(404)
    // The same person may come back at once (RFC 7644 §3.6).
    const again = await entra.create('5b50642d-79fc-4410-9e90-4c077cdd1a59@testuser.com', newUser('updatedEmail@microsoft.com'))
    expect(again.id).not.toBe(id)
    id = again.id
  })

  test('creates a group empty, finds it without members, adds and removes people', async () => {
    const made = await entra.send('POST', '/Groups', {
      schemas: [GROUP_SCHEMA, 'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'],
      externalId: '8aa1a0c0-c4c3-4bc0-b4a5-2ef676900159',
      displayName: 'displayName',
      meta: { resourceType: 'Group' },
    })
    const group = `/Groups/${made.json.id}`
    expect((await entra.get(`${group}?excludedAttributes=members`)).json).not.toHaveProperty('members')
    const found = await entra.get('/Groups?excludedAttributes=members&filter=displayName eq "DisplayName"')
    expect(found.json).toMatchObject({ totalResults: 1, Resources: [{ id: made.json.id }] })
    expect((await entra.patch(group, { op: 'Add', path: 'members', value: [{ $ref: null, value: id }] })).status).toBe(204)
    const isMember = `/Groups?filter=${encodeURIComponent(`id eq "${made.json.id}" and members eq "${id}"`)}&attributes=id`
    expect((await entra.get(isMember)).json.Resources).toEqual([{ schemas: [GROUP_SCHEMA], id: made.json.id }])
    expect((await entra.patch(group, { op: 'Remove', path: 'members', value: [{ $ref: null, value: id }] })).status).toBe(204)
    expect((await entra.get(isMember)).json.totalResults).toBe(0)
    const change = operations({ op: 'Replace', path: 'displayName', value: '1879db59-3bdf-4490-ad68-ab880a269474updatedDisplayName' })
    expect((await entra.send('PATCH', group, change)).status).toBe(204)
    expect((await entra.send('DELETE', group)).status).toBe(204)
  })
})
