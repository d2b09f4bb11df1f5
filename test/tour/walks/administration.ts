// Budgets of administrators (design §7): two round trips and 20 rows for an act, a page for a list, among many users and with a
// long past.
import { beforeAll, describe, expect, test } from 'vitest'
import { newId } from '../../../src/ids.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { personWithApp } from '../../support/authenticator.ts'
import { type Spent, spend } from '../../support/budget.ts'
import { putEdge } from '../../support/graph.ts'
import { db, platform } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { PASSWORD, type Person, signedInPerson, signUp } from '../../support/people.ts'
import { idOf } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'
import { RECORDS } from '../tour.ts'

export function walkAdministration(): void {
  let admin: Person
  let person: Person
  let crowd: number[]

  /** Verified users, and some for each filter of the list. */
  async function makeCrowd(size: number): Promise<number[]> {
    const ids = Array.from({ length: size }, () => newId() as number)
    const insert = `INSERT INTO users (id, username, username_key, email, email_verified_at, role, banned_at, restricted_at, created_at, updated_at)
    SELECT value, 'crowd_' || key, 'crowd_' || key, 'crowd_' || key || '@example.com', iif(key % 7, 1, NULL), iif(key % 5, 'user', 'owner'),
           iif(key % 3, NULL, 1), iif(key % 2, NULL, 1), 1, 1 FROM json_each(?)`
    await db.prepare(insert).bind(JSON.stringify(ids)).run()
    return ids
  }

  const act = (method: string, path: string, body: Record<string, unknown>): Promise<Spent> => spend(admin.client, method, path, body)

  beforeAll(async () => {
    platform.reset()
    crowd = await makeCrowd(1_000)
    admin = await signedInAdmin('budget_admin', 'super_admin')
    person = await signedInPerson('budget_target')
    const insert = "INSERT INTO audit_events (id, user_id, type, user_agent, place, created_at) VALUES (?, ?, ?, '', '', 0)"
    const types = ['sign_in', 'password_changed'].flatMap((type) => Array<string>(100).fill(type))
    await db.batch(types.map((type) => db.prepare(insert).bind(newId(), idOf(person), type)))
  })

  describe('what administrators read', () => {
    test('the console leads to the first section that is open to the caller', async () => {
      const spent = await spend(admin.client, 'GET', '/admin')
      expectWithin('GET /admin', spent, spent.status)
    })

    test.each([
      '',
      '&role=owner',
      '&role=user',
      '&banned=true',
      '&banned=true&role=user',
      '&banned=false',
      '&restricted=true',
      '&unverified=true',
      '&unverified=false',
    ])('GET /user/admin-api/list?limit=10%s', async (filter) => {
      const spent = await spend(admin.client, 'GET', `/user/admin-api/list?limit=${RECORDS}${filter}`)
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /user/admin-api/list', spent)
    })

    test.each(['crowd_', 'crowd_77', 'budget_target@example.com', '00000000000000000000abcd'])(
      'GET /user/admin-api/list?query=%s',
      async (query) => {
        const spent = await spend(admin.client, 'GET', `/user/admin-api/list?limit=${RECORDS}&query=${query}`)
        expectWithin('GET /user/admin-api/list with a query', spent)
      },
    )

    test('one user, and several at once', async () => {
      const route = '/user/admin-api/user-info'
      expectWithin(`GET ${route}`, await spend(admin.client, 'GET', `${route}?target=${person.id}`))
      const targets = crowd.slice(0, RECORDS).map((id) => id.toString(16).padStart(24, '0'))
      const spent = await spend(admin.client, 'POST', route, { targets })
      expect(spent.json.data.records).toHaveLength(RECORDS)
      expectWithin(`POST ${route}`, spent)
      const again = '/user/admin-api/retrieve-user-info'
      expectWithin(`POST ${again}`, await spend(admin.client, 'POST', again, { targets }))
    })

    test('search, and the fields that may be changed', async () => {
      const [search, editable] = ['/user/admin-api/search', '/user/admin-api/editable-fields']
      expectWithin(`POST ${search}`, await spend(admin.client, 'POST', search, { query: 'crowd_', limit: RECORDS }))
      expectWithin(`GET ${editable}`, await spend(admin.client, 'GET', editable))
    })

    test.each(['invite-codes', 'login-history', 'audit', 'sessions', '2fa'])('GET /user/admin-api/%s', async (what) => {
      const route = `/user/admin-api/${what}`
      expectWithin(`GET ${route}`, await spend(admin.client, 'GET', `${route}?target=${person.id}`))
    })
  })

  describe('what administrators do', () => {
    test('make a user', async () => {
      const body = { username: 'budget_made', firstName: 'Made', lastName: 'Person', email: 'budget_made@example.com', password: PASSWORD }
      expectWithin('POST /user/admin-api/create', await act('POST', '/user/admin-api/create', body), 201)
    })

    test('change a profile; and whatever a sign-in rests on', async () => {
      const route = 'PATCH /user/admin-api/update'
      const target = person.id
      for (const change of [{ bio: 'Changed.' }, { bio: 'Changed again.', currency: 'EUR' }]) {
        expectWithin(route, await act('PATCH', '/user/admin-api/update', { target, ...change }))
      }
      const all = { firstName: 'New', username: 'budget_target2', email: 'budget_target2@example.com', role: 'owner' }
      const spent = await act('PATCH', '/user/admin-api/update', { target, ...all, password: 'battery-staple-horse-correct' })
      expectWithin(`${route} with all that ends sessions`, spent)
    })

    test('custom data, a subscription, the verified mark, a restriction', async () => {
      const target = person.id
      for (const [method, path, body] of [
        ['PUT', '/user/admin-api/custom-data', { customData: { plan: 'school' } }],
        ['POST', '/user/admin-api/subscription', { state: true, tier: 'basic' }],
        ['POST', '/user/admin-api/subscription', { state: false }],
        ['POST', '/user/admin-api/verify', { state: true }],
        ['POST', '/user/admin-api/verify', { state: false }],
        ['POST', '/user/admin-api/restrict', { state: true }],
        ['POST', '/user/admin-api/restrict', { state: false }],
      ] as const) {
        expectWithin(`${method} ${path}`, await act(method, path, { target, ...body }))
        expectWithin(`${method} ${path}`, await act(method, path, { target, ...body }))
      }
    })

    test('ban, for a while and for good, and lift it', async () => {
      const [target, friend] = [person.id, await signedInPerson('budget_friend')]
      await putEdge(person, friend)
      await putEdge(friend, person)
      const until = new Date(Date.now() + 1e7).toISOString()
      const ban = (body: object) => act('POST', '/user/admin-api/ban', { target, ...body })
      for (const body of [{ state: true, until }, { state: false }]) expectWithin('POST /user/admin-api/ban', await ban(body))
      expectWithin('POST /user/admin-api/ban with edges', await ban({ state: true }))
      expectWithin('POST /user/admin-api/ban', await ban({ state: false }))
    })

    test('revoke an invite code', async () => {
      const unused = "INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at) VALUES ('BU-0000-0000000000001', ?, 99, 0, 0)"
      await db.prepare(unused).bind(idOf(person)).run()
      const route = '/user/admin-api/revoke-invite-code'
      for (const _ of ['first', 'again']) expectWithin(`POST ${route}`, await act('POST', route, { code: 'BU-0000-0000000000001' }))
    })

    test('help somebody to sign in', async () => {
      const helped = await personWithApp('budget_helped')
      const target = helped.id
      const sessions = (await admin.client.get(`/user/admin-api/sessions?target=${target}`)).json.data.records
      const path = '/user/admin-api'
      expectWithin(`POST ${path}/end-sessions`, await act('POST', `${path}/end-sessions`, { target, session: sessions[0]._id }))
      expectWithin(`POST ${path}/end-sessions`, await act('POST', `${path}/end-sessions`, { target }))
      expectWithin(`POST ${path}/remove-2fa`, await act('POST', `${path}/remove-2fa`, { target }))
      expectWithin(`POST ${path}/send-password-reset`, await act('POST', `${path}/send-password-reset`, { target }))
      const waiting = await signUp('budget_waiting')
      await db.prepare("DELETE FROM attempt_counters WHERE key LIKE 'mail:%'").run()
      expectWithin(`POST ${path}/resend-verification`, await act('POST', `${path}/resend-verification`, { target: waiting.id }))
    })

    test('keep notes', async () => {
      const target = person.id
      const path = '/user/admin-api/notes'
      const added = await act('POST', path, { target, text: 'Called twice.' })
      expectWithin(`POST ${path}`, added, 201)
      expectWithin(`GET ${path}`, await spend(admin.client, 'GET', `${path}?target=${target}&limit=${RECORDS}`))
      expectWithin(`DELETE ${path}`, await act('DELETE', path, { target, note: added.json.data.note._id }))
    })

    test('delete a user, twice, and restore them', async () => {
      for (const method of ['POST', 'DELETE']) {
        expectWithin(`${method} /user/admin-api/delete`, await act(method, '/user/admin-api/delete', { target: person.id }))
      }
      expectWithin('POST /user/admin-api/restore', await act('POST', '/user/admin-api/restore', { target: person.id }))
    })

    test('make, change and delete a role', async () => {
      const role = { id: 'budget_role', displayName: 'Budget', ranking: 50, description: 'Counts.' }
      expectWithin('POST /roles/admin-api/create', await act('POST', '/roles/admin-api/create', role), 201)
      expectWithin('PATCH /roles/admin-api/update', await act('PATCH', '/roles/admin-api/update', { id: role.id, ranking: 60 }))
      expectWithin('DELETE /roles/admin-api/delete', await act('DELETE', '/roles/admin-api/delete', { id: role.id }))
    })

    test('make, read, change and delete a client, among many sessions', async () => {
      const body = { client_name: 'Budget', redirect_uris: ['https://budget.example/cb'], scope: 'delegated:all' }
      const ids = Array.from({ length: 30 }, (_, index) => `budget-client-${index + 10}`)
      for (const client_id of ids) {
        expectWithin('POST /client/admin-api/create', await act('POST', '/client/admin-api/create', { ...body, client_id }), 201)
      }
      const [first = '', second = ''] = ids
      await db.batch(
        crowd.map((userId) =>
          db
            .prepare(
              `INSERT INTO sessions (id, user_id, client_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
             VALUES (?, ?, ?, 'delegated:all', 0, 0, 9e15, 9e15, 0, 0, 'pwd')`,
            )
            .bind(newId(), userId, first),
        ),
      )
      const page = await spend(admin.client, 'GET', `/client/admin-api/list?limit=${RECORDS}&after=${first}`)
      expect(page.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /client/admin-api/list', page)
      expectWithin('GET /client/:clientId', await spend(admin.client, 'GET', `/client/${first}`))
      for (const change of [{ client_name: 'Changed' }, { disabled: true }, { disabled: false }, { access_token_seconds: 60 }]) {
        expectWithin('PATCH /client/admin-api/update', await act('PATCH', '/client/admin-api/update', { client_id: first, ...change }))
      }
      for (const [method, client_id] of [
        ['POST', first],
        ['DELETE', second],
      ] as const) {
        expectWithin(`${method} /client/admin-api/delete`, await act(method, '/client/admin-api/delete', { client_id }))
      }
    })

    test('make, list and revoke a machine client, among many', async () => {
      for (let made = 0; made < 30; made++) await makeMachine('license_key')
      const body = { kind: 'api_key', name: 'Budget', scope: 'delegated:all' }
      const made = await act('POST', '/machine/admin-api/create', body)
      expectWithin('POST /machine/admin-api/create', made, 201)
      const page = await spend(admin.client, 'GET', `/machine/admin-api/list?limit=${RECORDS}&offset=${made.json.data.machine._id}`)
      expect(page.json.data.records).toHaveLength(RECORDS)
      expectWithin('GET /machine/admin-api/list', page)
      for (const { _id: id } of [made.json.data.machine, page.json.data.records[0]]) {
        expectWithin('POST /machine/admin-api/revoke', await act('POST', '/machine/admin-api/revoke', { id }))
      }
    })
  })
}
