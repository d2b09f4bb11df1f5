// Administration of the team's own APIs: what may be registered, by whom, and what a change is recorded as.
import { beforeAll, describe, expect, test } from 'vitest'
import { ApiReply, ApisReply } from '../../../src/apis/user/registered-apis/presenters.ts'
import { rows } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { type Client, ORIGIN, platform } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, idOf, userToken } from '../../support/tokens.ts'

type Fields = Record<string, unknown>

const PATH = '/client/admin-api/apis'
let admin: Person

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('api_admin1')
})

const ORDERS = {
  resource: 'https://orders.example/',
  name: 'Orders',
  scopes: [
    { name: 'orders:read', description: 'See your orders' },
    { name: 'orders:write', description: 'Place orders for you' },
  ],
}
const at = (resource: string) => ({ ...ORDERS, resource })
const create = (fields: Fields, by: Client = admin.client) => by.post(PATH, fields)
const update = (resource: string, fields: Fields, by: Client = admin.client) => by.patch(PATH, { resource, ...fields })
const remove = (resource: string, by: Client = admin.client) => by.delete(`${PATH}?resource=${encodeURIComponent(resource)}`)
const show = (resource: string) => admin.client.get(`/client/admin-api/api?resource=${encodeURIComponent(resource)}`)
const rowOf = async (resource: string) => (await rows('SELECT * FROM apis WHERE resource = ?', resource))[0] ?? null
const eventsAbout = async (resource: string) =>
  (
    await rows<{ event: string }>(
      "SELECT type || REPLACE(detail, ?1, '') AS event FROM audit_events WHERE type LIKE 'api\\_%' ESCAPE '\\' AND detail LIKE ?1 || '%' ORDER BY id",
      resource,
    )
  ).map(({ event }) => event)

/** A confidential client of the administrator's. */
async function newServer(client_id: string): Promise<string> {
  const fields = { client_name: 'Server', redirect_uris: ['https://web.example/cb'], token_endpoint_auth_method: 'client_secret_basic' }
  const made = await admin.client.post('/client/admin-api/create', { ...fields, client_id, scope: 'openid' })
  expect(made.status, made.text).toBe(201)
  return client_id
}

describe('an API', () => {
  test('is registered, shown, listed, changed and deleted, each with its audit event', async () => {
    const made = await create(ORDERS)
    expect(made.status, made.text).toBe(201)
    const shown = { ...ORDERS, claims: [], access_token_seconds: null, open_to_all: false, server_client_id: null, disabled: false }
    expect(ApiReply.parse(made.json).data.api).toEqual(shown)
    expect((await show(ORDERS.resource)).json.data.api).toEqual(shown)
    expect(ApisReply.parse((await admin.client.get(PATH)).json).data.records).toEqual([shown])

    const server_client_id = await newServer('orders-server')
    const changes = { claims: ['role', 'custom_data.plan'], access_token_seconds: 120, open_to_all: true, server_client_id }
    expect((await update(ORDERS.resource, changes)).json.data.api).toEqual({ ...shown, ...changes })
    const row = await rowOf(ORDERS.resource)
    for (const nothing of [{}, { name: 'Orders' }, { disabled: false }, { scopes: ORDERS.scopes }]) {
      expect((await update(ORDERS.resource, nothing)).json.data.api).toEqual({ ...shown, ...changes })
    }
    expect(await rowOf(ORDERS.resource)).toEqual(row)
    const cleared = await update(ORDERS.resource, { scopes: [], claims: [], access_token_seconds: null, server_client_id: null })
    expect(cleared.json.data.api).toEqual({ ...shown, scopes: [], open_to_all: true })

    expect((await remove(ORDERS.resource)).json).toEqual({ ok: 1 })
    for (const gone of [remove(ORDERS.resource), show(ORDERS.resource), update(ORDERS.resource, { name: 'Back' })]) {
      expect((await gone).status).toBe(404)
    }
    expect(await eventsAbout(ORDERS.resource)).toEqual([
      'api_created',
      'api_updated: claims access_token_seconds open_to_all server_client_id',
      'api_updated: scopes claims access_token_seconds server_client_id',
      'api_deleted',
    ])
  })

  test('is disabled and deleted at once, and all else is for whoever has just signed in with a browser', async () => {
    const { resource } = (await create(at('https://fresh.example/'))).json.data.api
    await rows('UPDATE sessions SET authenticated_at = authenticated_at - 700000 WHERE user_id = ?', idOf(admin))
    const token = bearerOf(await userToken(admin, ['admin:client:write']))
    for (const by of [admin.client, token]) {
      for (const refused of [
        create(at('https://stale.example/'), by),
        update(resource, { name: 'Mine' }, by),
        update(resource, { disabled: false, open_to_all: true }, by),
      ]) {
        expect((await refused).json.additionalInfo?.reason).toMatch(/^(fresh|browser)_sign_in_required$/)
      }
    }
    expect((await update(resource, { disabled: true }, token)).json.data.api.disabled).toBe(true)
    expect((await update(resource, { disabled: false })).status).toBe(403)
    expect((await remove(resource)).status).toBe(200)
    await rows('UPDATE sessions SET authenticated_at = authenticated_at + 700000 WHERE user_id = ?', idOf(admin))
    expect(await eventsAbout(resource)).toEqual(['api_created', 'api_disabled', 'api_deleted'])
    expect(await rowOf('https://stale.example/')).toBeNull()
  })

  test('is for administrators of clients alone', async () => {
    const [reader, someone] = [bearerOf(await userToken(admin, ['admin:client:read'])), (await signedInPerson('api_nobody')).client]
    expect((await reader.get(PATH)).status).toBe(200)
    for (const by of [reader, someone]) {
      for (const refused of [create(at('https://mine.example/'), by), update(ORDERS.resource, {}, by), remove(ORDERS.resource, by)]) {
        expect((await refused).status).toBe(403)
      }
    }
  })

  test('64 registered at once under one resource are one; the others are told that it is taken', async () => {
    const replies = await Promise.all(Array.from({ length: 64 }, (_, i) => create({ ...at('https://raced.example/'), name: `Name ${i}` })))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect(replies.filter(({ status }) => status === 409)).toHaveLength(63)
    expect((await rowOf('https://raced.example/'))?.name).toBe(replies.find(({ status }) => status === 201)?.json.data.api.name)
    expect(await eventsAbout('https://raced.example/')).toEqual(['api_created'])
  })

  test('of changes made at once each that was acknowledged was made', async () => {
    const { resource } = (await create(at('https://changed.example/'))).json.data.api
    const replies = await Promise.all(Array.from({ length: 16 }, (_, i) => update(resource, { name: `Name ${i}` })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 503]))
    const made = replies.filter(({ status }) => status === 200).length
    expect((await eventsAbout(resource)).filter((event) => event === 'api_updated: name')).toHaveLength(made)
  })

  test.each(['failStatement', 'loseReply'] as const)('is changed once while D1 may or may not have done it (%s)', async (fault) => {
    const resource = `https://${fault.toLowerCase()}.example/`
    for (const send of [
      () => create(at(resource)),
      () => update(resource, { name: 'New' }),
      () => update(resource, { disabled: true }),
      () => remove(resource),
    ]) {
      platform.faults[fault](2)
      const reply = await send()
      expect(reply.status, reply.text).toBeLessThan(300)
      platform.faults.clear()
    }
    expect(await eventsAbout(resource)).toEqual(['api_created', 'api_updated: name', 'api_disabled', 'api_deleted'])
  })

  test.each<[string, Fields]>([
    ['resource', { resource: 'orders' }],
    ['resource', { resource: 'https://wrong.example/#part' }],
    // The audience of Kith's own tokens.
    ['resource', { resource: ORIGIN }],
    ['resource', { resource: `${ORIGIN}/` }],
    ['resource', { resource: `${ORIGIN.toUpperCase().replace('HTTPS', 'https')}/orders` }],
    ['resource', { resource: `${ORIGIN}:443/orders` }],
    ['name', { name: ' ' }],
    ['name', { name: 'A\u202Eb' }],
    ['scopes', { scopes: [ORDERS.scopes[0], ORDERS.scopes[0]] }],
    ['scopes.0.name', { scopes: [{ name: 'openid', description: 'Who you are' }] }],
    ['scopes.0.name', { scopes: [{ name: 'admin:client:write', description: 'Everything' }] }],
    ['scopes.0.name', { scopes: [{ name: 'orders|read', description: 'See' }] }],
    ['scopes.0.description', { scopes: [{ name: 'orders:read' }] }],
    ['scopes.0.description', { scopes: [{ name: 'orders:read', description: '' }] }],
    ['scopes.0.icon', { scopes: [{ name: 'orders:read', description: 'See', icon: 'x' }] }],
    ['scopes', { scopes: Array.from({ length: 101 }, (_, n) => ({ name: `n${n}`, description: 'See' })) }],
    ['claims.0', { claims: ['email'] }],
    ['claims.0', { claims: ['custom_data'] }],
    ['claims', { claims: ['role', 'role'] }],
    ['access_token_seconds', { access_token_seconds: 59 }],
    ['access_token_seconds', { access_token_seconds: 3601 }],
    ['open_to_all', { open_to_all: 'perhaps' }],
    ['server_client_id', { server_client_id: 'nobody-here' }],
    ['server_client_id', { server_client_id: 'public-server' }],
    ['disabled', { disabled: true }],
  ])('with a wrong %s is refused: %j', async (path, wrong) => {
    const open = { client_id: 'public-server', client_name: 'Public', redirect_uris: ['https://web.example/cb'], scope: 'openid' }
    if (wrong.server_client_id === 'public-server') expect((await admin.client.post('/client/admin-api/create', open)).status).toBe(201)
    const before = await rows('SELECT * FROM apis ORDER BY resource')
    const reply = await create({ ...at('https://wrong.example/'), ...wrong })
    expect([reply.status, reply.json.additionalInfo?.errors?.[0].path], reply.text).toEqual([400, path])
    expect(await rows('SELECT * FROM apis ORDER BY resource')).toEqual(before)
  })

  test('are listed in the order of their resources, page by page', async () => {
    for (const n of [3, 1, 2]) await create(at(`https://zz-page.example/${n}`))
    const after = encodeURIComponent('https://zz-page.example/')
    const first = (await admin.client.get(`${PATH}?limit=2&after=${after}`)).json.data
    expect([first.records.map(({ resource }: { resource: string }) => resource.at(-1)), first.hasMore]).toEqual([['1', '2'], true])
    const rest = (await admin.client.get(`${PATH}?limit=2&after=${encodeURIComponent(first.next)}`)).json.data
    expect([rest.records.length, rest.hasMore, rest.next]).toEqual([1, false, null])
  })

  test("loses its own client when that is deleted, so that whoever gets the id next is not the API's", async () => {
    const server_client_id = await newServer('short-server')
    const { resource } = (await create({ ...at('https://served.example/'), server_client_id })).json.data.api
    expect((await admin.client.post('/client/admin-api/delete', { client_id: server_client_id })).status).toBe(200)
    expect((await show(resource)).json.data.api.server_client_id).toBeNull()
    const refused = await update(resource, { server_client_id })
    expect([refused.status, refused.json.additionalInfo.errors[0].path]).toEqual([400, 'server_client_id'])
  })
})

describe('a client', () => {
  const WEB = { client_name: 'Web app', redirect_uris: ['https://web.example/cb'], scope: 'openid' }
  const SHOP = 'https://shop.example/'
  const STOCK = 'https://stock.example/'
  const register = (fields: Fields) => admin.client.post('/client/admin-api/create', { ...WEB, ...fields })
  const change = (client_id: string, fields: Fields) => admin.client.patch('/client/admin-api/update', { client_id, ...fields })

  beforeAll(async () => {
    await create(at(SHOP))
    await create({ ...at(STOCK), scopes: [{ name: 'stock:read', description: 'See what is there' }] })
  })

  test('is registered for APIs and their scopes, and keeps its other scopes', async () => {
    const api_scopes = { [SHOP]: ['orders:read', 'orders:write'], [STOCK]: [] }
    const made = await register({ client_id: 'shop-app', api_scopes })
    expect(made.json.data?.client, made.text).toMatchObject({ scope: 'openid', api_scopes })
    expect((await admin.client.get('/client/shop-app')).json.data.client).toMatchObject({ scope: 'openid', api_scopes })
    const [{ scopes }] = (await rows<{ scopes: string }>("SELECT scopes FROM oauth_clients WHERE id = 'shop-app'")) as [{ scopes: string }]
    expect(scopes).toBe(`openid ${SHOP}| ${SHOP}|orders:read ${SHOP}|orders:write ${STOCK}|`)
    const narrowed = await change('shop-app', { api_scopes: { [STOCK]: ['stock:read'] } })
    expect(narrowed.json.data.client).toMatchObject({ scope: 'openid', api_scopes: { [STOCK]: ['stock:read'] } })
    expect((await change('shop-app', { scope: 'profile' })).json.data.client.api_scopes).toEqual({ [STOCK]: ['stock:read'] })
    expect((await change('shop-app', { api_scopes: {} })).json.data.client).toMatchObject({ scope: 'profile', api_scopes: {} })
  })

  test('may have scopes of an API alone, also for itself', async () => {
    const own = { token_endpoint_auth_method: 'client_secret_basic', grant_types: ['client_credentials'], redirect_uris: [] }
    const made = await register({ ...own, client_id: 'stock-job', scope: undefined, api_scopes: { [STOCK]: ['stock:read'] } })
    expect(made.json.data?.client, made.text).toMatchObject({ scope: '', api_scopes: { [STOCK]: ['stock:read'] } })
    const nothing = await change('stock-job', { api_scopes: {} })
    expect([nothing.status, nothing.json.additionalInfo.errors[0].path]).toEqual([400, 'scope'])
    const without = await register({ ...own, api_scopes: {} })
    expect([without.status, without.json.additionalInfo.errors[0].path]).toEqual([400, 'scope'])
  })

  test.each<[string, unknown, string]>([
    ['api_scopes', { 'https://nobody.example/': [] }, 'https://nobody.example/'],
    ['api_scopes', { [SHOP]: ['orders:delete'] }, 'orders:delete'],
    ['api_scopes', { [SHOP]: ['stock:read'] }, 'stock:read'],
    [`api_scopes.${SHOP}.0`, { [SHOP]: ['admin:all'] }, ''],
    [`api_scopes.orders`, { orders: ['orders:read'] }, ''],
    ['api_scopes', [SHOP], ''],
    ['api_scopes', { [SHOP]: Array.from({ length: 100 }, (_, n) => `n${n}`) }, ''],
  ])('with wrong %s is refused: %j', async (path, api_scopes, said) => {
    const reply = await register({ client_id: 'wrong-apis', api_scopes })
    expect([reply.status, reply.json.additionalInfo?.errors?.[0].path], reply.text).toEqual([400, path])
    expect(reply.json.additionalInfo.errors[0].msg).toContain(said)
    expect(await rows("SELECT id FROM oauth_clients WHERE id = 'wrong-apis'")).toEqual([])
  })

  test('that registered itself has the APIs that are open to all, and no others', async () => {
    await register({ client_id: 'self-made' })
    await rows("UPDATE oauth_clients SET source = 'dynamic' WHERE id = 'self-made'")
    const refused = await change('self-made', { api_scopes: { [STOCK]: [] } })
    expect([refused.status, refused.json.additionalInfo.errors[0].path]).toEqual([400, 'api_scopes'])
    expect((await change('self-made', { client_name: 'Renamed' })).status).toBe(200)
  })

  test('keeps what has gone meanwhile, and gets nothing more of it', async () => {
    const brief = 'https://brief.example/'
    await create(at(brief))
    await register({ client_id: 'brief-app', api_scopes: { [brief]: ['orders:read'] } })
    await remove(brief)
    expect((await change('brief-app', { client_name: 'Renamed' })).status).toBe(200)
    expect((await change('brief-app', { api_scopes: { [brief]: ['orders:read'], [STOCK]: [] } })).status).toBe(200)
    const more = await change('brief-app', { api_scopes: { [brief]: ['orders:read', 'orders:write'] } })
    expect([more.status, more.json.additionalInfo.errors[0].path]).toEqual([400, 'api_scopes'])
  })
})
