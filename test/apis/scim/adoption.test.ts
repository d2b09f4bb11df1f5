// Accounts that exist already, which an administrator hands to a client that provisions users (docs/decisions/060).
import { beforeAll, expect, test } from 'vitest'
import { eventsOf } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { type Directory, newDirectory, newUser } from '../../support/directory.ts'
import { db, mailsTo, platform } from '../../support/kith.ts'
import { type Person, signedIn, verifiedPerson } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'

let [directory, other] = [{} as Directory, {} as Directory]
let [admin, person] = [{} as Person, {} as Person]
beforeAll(async () => {
  platform.reset()
  directory = await newDirectory()
  other = await newDirectory()
  admin = await signedInAdmin('scim_adopter', 'super_admin')
  person = await signedIn(await verifiedPerson('scim_adopted'))
})

const adopt = (target: string, more: Record<string, unknown> = {}, by = admin) =>
  by.client.post('/user/admin-api/provision', { target, client_id: directory.clientId, ...more })
const release = (target: string, client_id = directory.clientId) =>
  admin.client.delete('/user/admin-api/provision', { body: { target, client_id } })

test('64 adoptions are one: the client finds the account by its address, changes it, and cannot create it again; the person is told', async () => {
  expect((await directory.find(`userName eq "${person.email}"`)).json.totalResults).toBe(0)
  const replies = await Promise.all(Array.from({ length: 64 }, () => adopt(person.id, { externalId: 'E-1' })))
  expect(new Set(replies.map(({ status, json }) => JSON.stringify([status, json.data])))).toEqual(
    new Set([JSON.stringify([200, { client_id: directory.clientId, userName: person.email, externalId: 'E-1' }])]),
  )
  expect((await eventsOf(person)).filter((type) => type === 'provisioned')).toHaveLength(1)
  expect((await mailsTo(person.email)).filter(({ text }) => text.includes('Your organization manages your account'))).toHaveLength(1)
  const found = (await directory.find(`userName eq "${person.email.toUpperCase()}"`)).json
  expect(found).toMatchObject({ totalResults: 1, Resources: [{ id: person.id, externalId: 'E-1', active: true }] })
  expect((await directory.send('POST', '/Users', newUser(person.email))).json.scimType).toBe('uniqueness')
  expect((await person.client.get('/user/me')).status).toBe(200)
  const changed = await directory.patch(`/Users/${person.id}`, { op: 'replace', value: { title: 'Engineer', active: false } })
  expect(changed.json).toMatchObject({ title: 'Engineer', active: false, emails: [{ value: person.email }] })
  expect((await person.client.get('/user/me')).status).toBe(401)
})

test('one client has an account at a time; taken back, it is as it was, and out of the reach of the client', async () => {
  const second = { target: person.id, client_id: other.clientId }
  expect((await admin.client.post('/user/admin-api/provision', second)).status).toBe(409)
  expect((await release(person.id)).status).toBe(200)
  expect((await release(person.id)).status).toBe(200)
  expect((await directory.get(`/Users/${person.id}`)).status).toBe(404)
  expect((await admin.client.post('/user/admin-api/provision', second)).status).toBe(200)
  expect((await other.get(`/Users/${person.id}`)).json.active).toBe(false)
})

test("what would give a client more than it may have, or an account that is not its owner's, is refused", async () => {
  const [boss, someone, colleague] = [
    await verifiedPerson('scim_boss'),
    await verifiedPerson('scim_someone'),
    await signedInAdmin('scim_colleague'),
  ]
  await giveRole(boss, 'admin')
  const powerful = await adopt(boss.id)
  expect([powerful.status, powerful.text]).toEqual([403, expect.stringContaining('scopes that the client lacks')])
  expect((await adopt(admin.id)).status, 'themselves').toBe(403)
  expect((await adopt(boss.id, {}, colleague)).status, 'their own rank').toBe(403)
  const reader = await newDirectory(['client:provisioning:read'])
  for (const client_id of [reader.clientId, 'nobody-knows-it']) {
    const refused = await adopt(someone.id, { client_id })
    expect([refused.status, refused.json.additionalInfo.errors[0].path]).toEqual([400, 'client_id'])
  }
  await directory.create('taken@corp.example')
  expect((await adopt(someone.id, { userName: 'TAKEN@corp.example' })).status).toBe(409)
  await db.prepare('UPDATE users SET email_verified_at = NULL WHERE id = ?').bind(idOf(someone)).run()
  const unverified = await adopt(someone.id)
  expect([unverified.status, unverified.json.additionalInfo.errors[0].path]).toEqual([400, 'target'])
  expect((await directory.get('/Users')).json.totalResults).toBe(1)
})
