// The audit trail over HTTP (ASVS 16.3): it has every sign-in event and every act of an administrator.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AdminAuditReply, OwnAuditReply } from '../../../src/apis/user/accounts/audit-presenters.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { runCron } from '../../support/cron.ts'
import { Client, platform } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'

const API = '/user/admin-api'
let admin: Person

beforeAll(async () => {
  admin = await signedInAdmin('admin_aud1')
  admin.client.userAgent = 'admins-own-browser/9'
})

const typesOf = (reply: { json: { data: { records: { type: string }[] } } }) => reply.json.data.records.map(({ type }) => type)

describe('GET /user/audit', () => {
  test('tells sign-up, proof, each sign-in and each failure, newest first', async () => {
    const bob = await signedInPerson('aud_bob111')
    await logIn({ ...bob, password: 'wrong-password-indeed' }, new Client())
    const reply = await bob.client.get('/user/audit')
    OwnAuditReply.parse(reply.json)
    expect(typesOf(reply)).toEqual(['sign_in_failed', 'sign_in', 'email_verified', 'account_created'])
    expect(reply.json.data.records[1]).toMatchObject({ userAgent: 'kith-test/1.0', clientId: null, byAdmin: false, detail: null })
  })

  test('tells that an administrator did something, and neither who nor from where', async () => {
    const bob = await signedInPerson('aud_bob222')
    await admin.client.post(`${API}/restrict`, { target: bob.id, state: true, reason: 'Cool down' })
    await admin.client.post(`${API}/verify`, { target: bob.id, state: true })
    await admin.client.post(`${API}/subscription`, { target: bob.id, state: true, tier: 'gold' })
    await admin.client.fetch(`${API}/custom-data`, { method: 'PUT', body: { target: bob.id, customData: { a: 1 } } })
    await admin.client.post(`${API}/restrict`, { target: bob.id, state: false })
    const reply = await bob.client.get('/user/audit?limit=5')
    expect(typesOf(reply)).toEqual(['restriction_lifted', 'custom_data_changed', 'subscription_changed', 'verified', 'restricted'])
    for (const record of reply.json.data.records) {
      expect(record).toMatchObject({ byAdmin: true, userAgent: null, place: null, clientId: null })
    }
    expect(reply.json.data.records.map((record: { detail: string | null }) => record.detail)).toEqual([
      null,
      null,
      'gold',
      null,
      'Cool down',
    ])
    expect(reply.text).not.toContain(admin.id)
    expect(reply.text).not.toContain('admins-own-browser')
  })

  test('never shows another person', async () => {
    const [bob, eve] = [await signedInPerson('aud_bob333'), await signedInPerson('aud_eve333')]
    const own = typesOf(await bob.client.get('/user/audit'))
    await logIn(eve)
    expect(typesOf(await bob.client.get(`/user/audit?target=${eve.id}`))).toEqual(own)
  })
})

describe("an administrator's look at somebody's trail", () => {
  test('names who did what', async () => {
    const bob = await signedInPerson('aud_bob555')
    await admin.client.post(`${API}/ban`, { target: bob.id, state: true, reason: 'Spam' })
    const reply = await admin.client.get(`${API}/audit?target=${bob.id}`)
    AdminAuditReply.parse(reply.json)
    expect(reply.json.data.records[0]).toMatchObject({
      type: 'banned',
      byAdmin: true,
      actor: admin.id,
      detail: 'Spam',
      userAgent: 'admins-own-browser/9',
    })
    expect(reply.json.data.records[1]).toMatchObject({ type: 'sign_in', byAdmin: false, actor: null })
  })

  test("an administrator's own acts on roles are in their own trail, as their own", async () => {
    await admin.client.post('/roles/admin-api/create', { id: 'trailed', displayName: 'T', ranking: 50, description: 'T' })
    const [record] = (await admin.client.get('/user/audit?limit=1')).json.data.records
    expect(record).toMatchObject({ type: 'role_created', detail: 'trailed', byAdmin: false, userAgent: 'admins-own-browser/9' })
  })
})

// Last: ids made in the future continue there.
describe('what lies in the audit trail', () => {
  afterEach(() => clock.restore())

  test('requests for a reset code that the limit refuses leave nothing in it', async () => {
    clock.freeze()
    const bob = await signedInPerson('aud_bob000')
    const requests = async () =>
      typesOf(await bob.client.get('/user/audit?limit=100')).filter((type) => type === 'password_reset_requested')
    for (let n = 0; n < 60; n++) await new Client().post('/user/code', { email: bob.email })
    expect(await requests(), 'one mail, one event').toHaveLength(1)
  })

  test('goes after AUDIT_KEPT_DAYS, by the sweep', async () => {
    clock.freeze()
    const bob = await signedInPerson('aud_bobold')
    const days = async (env: Record<string, string>) => {
      await runCron({ ...platform.env, ...env })
      return typesOf(await bob.client.get('/user/audit')).length
    }
    clock.advance(60 * 3_600_000)
    await bob.client.post('/user/login', { username: bob.username, password: bob.password })
    clock.advance(29 * 86_400_000)
    await bob.client.post('/user/login', { username: bob.username, password: bob.password })
    expect(await days({})).toBe(5)
    expect(await days({ AUDIT_KEPT_DAYS: '30' })).toBe(2)
  })
})
