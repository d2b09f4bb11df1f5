// Administration of clients: what may be registered, by whom, what a change ends at once, and that a secret is shown once.
import { SignJWT } from 'jose'
import { beforeAll, describe, expect, test, vi } from 'vitest'
import { ClientsReply, RegisteredClientReply } from '../../../src/apis/user/clients/presenters.ts'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import type { Scope } from '../../../src/core/scopes.ts'
import { sha256 } from '../../../src/crypto.ts'
import { recordClientUse } from '../../../src/store/db/client-registration.ts'
import { rows } from '../../support/actors.ts'
import { giveRole, signedInAdmin } from '../../support/admins.ts'
import { spend } from '../../support/budget.ts'
import { runCron } from '../../support/cron.ts'
import { dumpKv, dumpTables } from '../../support/invariants.ts'
import { Client, db, ORIGIN, platform } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf, idOf, newCtx, newGrant, newOAuthClient, putConsent, userToken } from '../../support/tokens.ts'

type Fields = Record<string, unknown>

let admin: Person
/** A super admin with a token for everything: a cookie never holds `client:all`. */
let root: Client

beforeAll(async () => {
  platform.reset()
  admin = await signedInAdmin('cli_admin1')
  root = (await signedInAdmin('cli_root111', 'super_admin')).client
})

const WEB = { client_name: 'Web app', redirect_uris: ['https://web.example/cb'], scope: 'delegated:profile:read' }
const SERVICE = {
  client_name: 'Service',
  grant_types: ['client_credentials'],
  scope: 'client:profile:read',
  token_endpoint_auth_method: 'client_secret_post',
}

/** RFC 7517 appendix A.1. */
const EC = {
  kty: 'EC',
  crv: 'P-256',
  x: 'MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4',
  y: '4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM',
  kid: '1',
}
/** RFC 8037 appendix A.2. */
const OKP = { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo', kid: '2' }
const SIGNED = { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [EC] } }

const create = (by: Client, fields: Fields) => by.post('/client/admin-api/create', fields)
const update = (by: Client, client_id: string, fields: Fields) => by.patch('/client/admin-api/update', { client_id, ...fields })
const remove = (by: Client, client_id: string) => by.post('/client/admin-api/delete', { client_id })
const rowOf = async (id: string) => (await rows('SELECT * FROM oauth_clients WHERE id = ?', id))[0] ?? null
const eventsAbout = async (id: string) => {
  const about = "type LIKE 'client\\_%' ESCAPE '\\' AND (detail = ?1 OR detail LIKE ?1 || ':%')"
  return (await rows<{ type: string }>(`SELECT type FROM audit_events WHERE ${about} ORDER BY id`, id)).map(({ type }) => type)
}
const token = (form: Record<string, string>) => new Client().post('/oauth/token', new URLSearchParams(form))
const serviceToken = (client_id: string, client_secret: string) => token({ grant_type: 'client_credentials', client_id, client_secret })

async function newService(id: string): Promise<{ id: string; secret: string }> {
  const { json } = await create(root, { ...SERVICE, client_id: id })
  return { id, secret: json.data.client.client_secret }
}

/** An access token of somebody for the client. */
async function tokenFor(person: Person, clientId: string, scopes: Scope[] = ['delegated:profile:read']): Promise<string> {
  const sessionId = await newGrant(person, clientId, scopes.join(' '))
  return issueAccessToken(newCtx(), { clientId, scopes, lifeSeconds: 600, holder: { userId: idOf(person), sessionId } })
}

describe('a client', () => {
  test('is registered with the defaults of RFC 7591, shown, listed, changed and deleted, each with its audit event', async () => {
    const made = await create(admin.client, { ...WEB, client_id: 'web-app' })
    expect(made.status).toBe(201)
    RegisteredClientReply.parse(made.json)
    const { client_id_issued_at: _, ...shown } = made.json.data.client
    expect(shown).toEqual({
      ...WEB,
      client_id: 'web-app',
      api_scopes: {},
      source: 'operator',
      post_logout_redirect_uris: [],
      grant_types: ['authorization_code', 'refresh_token'],
      token_endpoint_auth_method: 'none',
      first_party: false,
      may_change_addresses: false,
      require_pkce: true,
      require_pushed_authorization_requests: false,
      require_signed_request_object: false,
      dpop_bound_access_tokens: false,
      security_profile: 'none',
      claims: [],
      subject_type: 'public',
      access_token_seconds: 600,
      id_token_signed_response_alg: 'RS256',
      claims_in_id_token: false,
      native_development: false,
      disabled: false,
    })
    expect((await admin.client.get('/client/web-app')).json.data.client).toMatchObject(shown)
    const changed = await update(admin.client, 'web-app', { client_name: 'Renamed', access_token_seconds: 3600 })
    expect(changed.json.data.client).toMatchObject({ ...shown, client_name: 'Renamed', access_token_seconds: 3600 })
    const row = await rowOf('web-app')
    for (const nothing of [{}, { client_name: 'Renamed' }, { disabled: false }]) {
      expect((await update(admin.client, 'web-app', nothing)).status).toBe(200)
    }
    expect(await rowOf('web-app')).toEqual(row)
    expect((await remove(admin.client, 'web-app')).json).toEqual({ ok: 1 })
    expect((await remove(admin.client, 'web-app')).status).toBe(404)
    expect((await admin.client.get('/client/web-app')).status).toBe(404)
    expect((await update(admin.client, 'web-app', { client_name: 'Back' })).status).toBe(404)
    expect(await eventsAbout('web-app')).toEqual(['client_created', 'client_updated', 'client_deleted'])
  })

  test('that describes itself is listed as such; it can be disabled, enabled and deleted, and nothing else is changed', async () => {
    const id = await newOAuthClient('openid', {
      id: 'https://tool.example/oauth/client.json',
      source: 'document',
      grant_types: 'authorization_code',
      first_party: 0,
    })
    const page = await admin.client.get('/client/admin-api/list?limit=100')
    expect(page.json.data.clients).toContainEqual(expect.objectContaining({ client_id: id, source: 'document' }))
    const after = encodeURIComponent(id)
    expect((await admin.client.get(`/client/admin-api/list?after=${after}`)).status).toBe(200)
    expect((await admin.client.get(`/client/${after}`)).json.data.client).toMatchObject({ client_id: id, source: 'document' })
    for (const fields of [
      { client_name: 'Ours' },
      { first_party: true },
      { redirect_uris: ['https://tool.example/cb'] },
      { rotate_secret: true },
    ]) {
      const refused = await update(root, id, fields)
      expect([refused.status, refused.json.additionalInfo.errors[0].path]).toEqual([400, Object.keys(fields)[0]])
    }
    for (const disabled of [true, false]) {
      expect((await update(admin.client, id, { disabled })).json.data.client).toMatchObject({ client_id: id, disabled })
    }
    expect((await remove(admin.client, id)).status).toBe(200)
    expect(await eventsAbout(id)).toEqual(['client_disabled', 'client_enabled', 'client_deleted'])
    expect((await create(root, { ...WEB, client_id: id })).status).toBe(400)
  })

  test('that breaks a rule of today can still be disabled', async () => {
    const id = await newOAuthClient('openid', { grant_types: 'refresh_token', first_party: 0 })
    expect((await update(admin.client, id, { client_name: 'Renamed' })).status).toBe(400)
    expect((await update(admin.client, id, { disabled: true })).json.data.client).toMatchObject({ disabled: true })
  })

  test('a native app in development has redirect URIs of a scheme without a domain, and no other client keeps them', async () => {
    const redirect_uris = ['myapp://callback', 'exp://127.0.0.1:8081/--/callback', 'com.example.app://cb']
    const made = await create(admin.client, { ...WEB, client_id: 'dev-app', redirect_uris, native_development: true })
    expect(made.json.data.client).toMatchObject({ redirect_uris, native_development: true })
    const released = await update(admin.client, 'dev-app', { native_development: false })
    expect([released.status, released.json.additionalInfo.errors[0].path]).toEqual([400, 'redirect_uris'])
    const done = await update(admin.client, 'dev-app', { native_development: false, redirect_uris: ['com.example.app://cb'] })
    expect(done.json.data.client).toMatchObject({ native_development: false })
  })

  test('where no RSA key is configured a client gets ES256, and RS256 is refused by what is missing', async () => {
    const { keys } = JSON.parse(platform.env.SIGNING_KEYS ?? '')
    const env = { SIGNING_KEYS: JSON.stringify({ keys: keys.slice(0, 1) }) }
    const make = (fields: Fields) => admin.client.post('/client/admin-api/create', { ...WEB, ...fields }, { env })
    expect((await make({})).json.data.client.id_token_signed_response_alg).toBe('ES256')
    const refused = await make({ id_token_signed_response_alg: 'RS256' })
    expect([refused.status, refused.json.additionalInfo.errors[0]]).toMatchObject([
      400,
      { path: 'id_token_signed_response_alg', msg: expect.stringContaining('SIGNING_KEYS') },
    ])
  })

  test('an unknown scope is named', async () => {
    const refused = await create(admin.client, { ...WEB, scope: 'delegated:profile:read delegated:everything' })
    expect(refused.json.additionalInfo.errors[0]).toMatchObject({ path: 'scope', msg: expect.stringContaining('delegated:everything') })
  })

  test('gets an id that cannot be a user id if none is given', async () => {
    const { json } = await create(admin.client, WEB)
    expect(json.data.client.client_id).toMatch(/^client-[0-9a-f]{24}$/)
  })

  test('clients are listed in the order of their ids, without their secrets and without those that were deleted', async () => {
    for (const n of [3, 1, 2]) await newService(`aaa-page-${n}`)
    await remove(root, 'aaa-page-2')
    const { json, text } = await root.get('/client/admin-api/list?limit=2&after=aaa-page')
    expect(ClientsReply.parse(json).data.records.map(({ client_id }) => client_id)).toEqual(['aaa-page-1', 'aaa-page-3'])
    expect(text).not.toMatch(/secret_hash|kith_cs_/)
  })

  test('64 made at once with one id are one; the others are told that it is taken', async () => {
    const replies = await Promise.all(
      Array.from({ length: 64 }, (_, i) => create(root, { ...SERVICE, client_id: 'raced-client', client_name: `Name ${i}` })),
    )
    const won = replies.filter(({ status }) => status === 201)
    expect([won.length, replies.filter(({ status }) => status === 409).length]).toEqual([1, 63])
    expect(replies.find(({ status }) => status === 409)?.json.additionalInfo).toEqual({ duplicateFields: ['client_id'] })
    const row = await rowOf('raced-client')
    expect(row).toMatchObject({ name: won[0]?.json.data.client.client_name, secret_hash: sha256(won[0]?.json.data.client.client_secret) })
    expect(await eventsAbout('raced-client')).toEqual(['client_created'])
  })

  test('of 16 secrets rotated at once, the one that was told last is right, and each that was told was stored', async () => {
    const { id } = await newService('rotated-client')
    const replies = await Promise.all(Array.from({ length: 16 }, () => update(root, id, { rotate_secret: true })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 503]))
    const secrets = replies.flatMap(({ json }) => json.data?.client.client_secret ?? [])
    const works = await Promise.all(secrets.map(async (secret: string) => (await serviceToken(id, secret)).status))
    expect(works.filter((status) => status === 200)).toHaveLength(1)
    expect((await eventsAbout(id)).filter((type) => type === 'client_secret_rotated')).toHaveLength(secrets.length)
  })

  test('whose secret is rotated loses the tokens that the old one got: it reads no more profiles with them', async () => {
    const { id, secret } = await newService('rotated-reader')
    const read = async (by: Client) => (await by.get(`/user/${admin.id}`)).status
    const before = bearerOf((await serviceToken(id, secret)).json.access_token)
    expect(await read(before)).toBe(200)
    const rotated = await update(root, id, { rotate_secret: true })
    expect(await read(before)).toBe(401)
    const { json } = await serviceToken(id, rotated.json.data.client.client_secret)
    expect(await read(bearerOf(json.access_token))).toBe(200)
  })

  test.each(['failStatement', 'loseReply'] as const)('is changed once while D1 may or may not have done it (%s)', async (fault) => {
    const id = `fault-client-${fault.length}`
    await newService(id)
    for (const send of [
      () => update(root, id, { client_name: 'New' }),
      () => update(root, id, { rotate_secret: true }),
      () => remove(root, id),
    ]) {
      platform.faults[fault](2)
      expect((await send()).status).toBe(200)
      platform.faults.clear()
    }
    expect(await eventsAbout(id)).toEqual(['client_created', 'client_updated', 'client_secret_rotated', 'client_deleted'])
  })

  test.each<[string, Fields]>([
    ['redirect_uris', { redirect_uris: [] }],
    ['redirect_uris.0', { redirect_uris: ['http://web.example/cb'] }],
    ['redirect_uris.1', { redirect_uris: ['https://web.example/cb', 'https://user@web.example/'] }],
    ['redirect_uris', { redirect_uris: ['https://web.example/cb', 'https://web.example/cb'] }],
    ['redirect_uris', { redirect_uris: Array.from({ length: 21 }, (_, i) => `https://web.example/${i}`) }],
    ['post_logout_redirect_uris.0', { post_logout_redirect_uris: ['data:text/html,x'] }],
    ['grant_types', { grant_types: ['refresh_token'] }],
    ['grant_types.0', { grant_types: ['password'] }],
    ['grant_types', { grant_types: ['authorization_code', 'authorization_code'] }],
    ['token_endpoint_auth_method', { grant_types: ['client_credentials'], scope: 'client:all' }],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'tls_client_auth' }],
    ['jwks', { token_endpoint_auth_method: 'private_key_jwt' }],
    ['require_signed_request_object', { require_signed_request_object: true }],
    ['jwks', { ...SIGNED, jwks_uri: 'https://app.example/jwks.json' }],
    ['jwks', { ...SIGNED, token_endpoint_auth_method: 'client_secret_jwt' }],
    ...[
      'http://web.example/out',
      'https://10.0.0.1/out',
      'https://localhost/out',
      'https://web.example/out#a',
      'https://a:b@web.example/',
    ].flatMap((uri): [string, Fields][] => [
      ['backchannel_logout_uri', { backchannel_logout_uri: uri }],
      ['frontchannel_logout_uri', { frontchannel_logout_uri: uri }],
    ]),
    ...['https://other.example/out', 'https://web.example:8443/out'].map((uri): [string, Fields] => [
      'frontchannel_logout_uri',
      { frontchannel_logout_uri: uri },
    ]),
    ['backchannel_logout_uri', { ...SERVICE, redirect_uris: [], backchannel_logout_uri: 'https://web.example/out' }],
    ['jwks_uri', { jwks_uri: 'https://app.example/jwks.json' }],
    ...[
      'http://app.example/jwks.json',
      'https://localhost/jwks.json',
      'https://keys.localhost/jwks.json',
      'https://127.0.0.1/jwks.json',
      'https://0x7f.1/jwks.json',
      'https://2130706433/',
      'https://169.254.169.254/latest/meta-data',
      'https://[::1]/',
      'https://[::ffff:10.0.0.1]/',
      'https://intranet/jwks.json',
      'https://db.internal/jwks.json',
      'https://db.internal./jwks.json',
      'https://user:password@app.example/jwks.json',
      'https://app.example/jwks.json#key',
      'data:application/json,{}',
      `https://app.example/${'x'.repeat(2_000)}`,
    ].map((jwks_uri): [string, Fields] => ['jwks_uri', { token_endpoint_auth_method: 'private_key_jwt', jwks_uri }]),
    ...(
      [
        ['jwks.keys', []],
        ['jwks.keys', Array.from({ length: 11 }, (_, n) => ({ ...EC, kid: `${n}` }))],
        ['jwks.keys', [EC, { ...EC }]],
        ['jwks.keys.0', [{ ...EC, d: 'AA' }]],
        ['jwks.keys.0.kty', [{ kty: 'oct', x: 'AA' }]],
        ['jwks.keys.0', [{ kty: 'oct', k: 'AA' }]],
        ['jwks.keys.0', [{ ...EC, y: EC.x }]],
        ['jwks.keys.0.crv', [{ ...EC, crv: 'P-521' }]],
        ['jwks.keys.0', [{ kty: 'OKP', crv: 'Ed25519' }]],
        ['jwks.keys.0', [{ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(128, 0xc3).toString('base64url') }]],
        ['jwks.keys.0', [{ kty: 'RSA', e: 'AQABAQAB', n: Buffer.alloc(256, 0xc3).toString('base64url') }]],
        ['jwks.keys.0', [{ kty: 'RSA', e: 'AQAB', n: Buffer.alloc(1_025, 0xc3).toString('base64url') }]],
        ['jwks.keys.0.use', [{ ...EC, use: 'enc' }]],
        ['jwks.keys.0.alg', [{ ...EC, alg: 'HS256' }]],
      ] as [string, object[]][]
    ).map(([path, keys]): [string, Fields] => [path, { ...SIGNED, jwks: { keys } }]),
    ['scope', { ...SERVICE, scope: 'delegated:all' }],
    ['scope', { scope: ' ' }],
    ['require_pkce', { require_pkce: false }],
    ['may_change_addresses', { token_endpoint_auth_method: 'none', may_change_addresses: true }],
    ['redirect_uris', { redirect_uris: ['myapp://callback'] }],
    ['post_logout_redirect_uris', { post_logout_redirect_uris: ['myapp://bye'] }],
    ['redirect_uris.0', { native_development: true, redirect_uris: ['intent://x'] }],
    ['id_token_signed_response_alg', { id_token_signed_response_alg: 'HS256' }],
    ['id_token_signed_response_alg', { id_token_signed_response_alg: 'none' }],
    ['access_token_seconds', { access_token_seconds: 59 }],
    ['access_token_seconds', { access_token_seconds: 3601 }],
    ['client_id', { client_id: '507f1f77bcf86cd799439011' }],
    ['client_id', { client_id: 'f00dBABEf00dBABEf00dBABEf00dBABE' }],
    ['client_id', { client_id: 'm12345' }],
    // Those of machine clients.
    ['client_id', { client_id: 'machine-1' }],
    ['client_id', { client_id: 'Machine-x' }],
    ['client_id', { client_id: 'a b c' }],
    ['client_name', { client_name: 'A\u202Eb' }],
    ['client_name', { client_name: '\u3164\u2800' }],
    ['client_secret', { client_secret: 'mine' }],
  ])('with a wrong %s is refused: %j', async (path, wrong) => {
    const reply = await create(root, { ...WEB, client_id: 'wrong-client', ...wrong })
    expect([reply.status, reply.json.additionalInfo?.errors?.[0].path], reply.text).toEqual([400, path])
    expect(await rowOf('wrong-client')).toBeNull()
  })

  test('may use loopback and the scheme of an app; with a secret it may do without PKCE', async () => {
    const redirect_uris = ['http://127.0.0.1/cb', 'com.example.app:/cb']
    const old = { ...WEB, client_id: 'old-client', redirect_uris, require_pkce: false, token_endpoint_auth_method: 'client_secret_basic' }
    const reply = await create(admin.client, old)
    expect(reply.json.data.client).toMatchObject({ redirect_uris, require_pkce: false, client_secret_expires_at: 0 })
    const refused = await update(admin.client, 'old-client', { token_endpoint_auth_method: 'none' })
    expect(refused.json.additionalInfo.errors[0].path).toBe('require_pkce')
    const opened = await update(admin.client, 'old-client', { token_endpoint_auth_method: 'none', require_pkce: true })
    expect(opened.json.data.client.client_secret).toBeUndefined()
    expect(await rowOf('old-client')).toMatchObject({ secret_hash: null, epoch: 1 })
    const noSecret = await update(admin.client, 'old-client', { rotate_secret: true })
    expect(noSecret.json.additionalInfo.errors[0].path).toBe('rotate_secret')
    const closed = await update(admin.client, 'old-client', { token_endpoint_auth_method: 'client_secret_post' })
    expect(closed.json.data.client.client_secret).toMatch(/^kith_cs_/)
  })
})

test('when it last got a token is noted after the reply, once a day, and told in the list', async () => {
  const { id, secret } = await newService('cli_used111')
  const ask = () =>
    spend(
      new Client(),
      'POST',
      '/oauth/token',
      new URLSearchParams({ grant_type: 'client_credentials', client_id: id, client_secret: secret }),
    )
  const shown = async () => (await root.get(`/client/${id}`)).json.data.client
  expect((await shown()).last_used_at).toBeNull()
  const before = await rowOf(id)
  const [first, second] = [await ask(), await ask()]
  expect([first.status, first.counts.d1RoundTrips, first.counts.rowsWritten, first.later.rowsWritten]).toEqual([200, 1, 0, 1])
  expect([second.status, second.later.d1RoundTrips]).toEqual([200, 0])
  expect(Math.abs((await shown()).last_used_at * 1000 - Date.now())).toBeLessThan(60_000)
  // It is no change of the client: one that an administrator has begun still counts.
  expect(await rowOf(id)).toEqual({ ...before, last_used_at: expect.any(Number) })
  const day = 86_400_000
  const [recent, old] = [Date.now() - day / 2, Date.now() - 2 * day]
  for (const [last, isNoted] of [
    [recent, false],
    [old, true],
  ] as const) {
    await db.prepare('UPDATE oauth_clients SET last_used_at = ? WHERE id = ?').bind(last, id).run()
    await newCtx().db.one(recordClientUse({ clientId: id, now: Date.now(), sinceMs: day }))
    expect((await rowOf(id))?.last_used_at === last).toBe(!isNoted)
  }
})

describe('secrets', () => {
  test('are told once, stored as SHA-256 alone, and logged nowhere', async () => {
    const logged: string[] = []
    for (const level of ['log', 'info', 'warn', 'error'] as const) {
      vi.spyOn(console, level).mockImplementation((...args) => void logged.push(args.map(String).join(' ')))
    }
    const { id, secret } = await newService('secret-client')
    const rotated = (await update(root, id, { rotate_secret: true })).json.data.client.client_secret as string
    await serviceToken(id, secret)
    await serviceToken(id, rotated)
    expect((await root.get(`/client/${id}`)).text).not.toContain('kith_cs_')
    expect((await update(root, id, { client_name: 'Again' })).text).not.toContain('kith_cs_')
    vi.restoreAllMocks()
    expect([secret, rotated].map((one) => /^kith_cs_[\w-]{43}$/.test(one))).toEqual([true, true])
    expect((await rowOf(id))?.secret_hash).toBe(sha256(rotated))
    const lying = JSON.stringify([await dumpTables(), await dumpKv(), logged])
    for (const one of [secret, rotated]) expect(lying).not.toContain(one.slice(8))
    expect(logged.length).toBeGreaterThan(3)
  })

  test('a new one makes the old one and its tokens void at once', async () => {
    const { id, secret } = await newService('renewed-client')
    const old = (await serviceToken(id, secret)).json.access_token
    // A client's own token passes the gate, and is then refused as not a person's.
    expect((await bearerOf(old).get('/user/me')).status).toBe(403)
    const next = (await update(root, id, { rotate_secret: true })).json.data.client.client_secret
    expect((await serviceToken(id, secret)).status).toBe(401)
    expect((await serviceToken(id, next)).status).toBe(200)
    expect((await rowOf(id))?.epoch).toBe(1)
  })
})

describe('a client that authenticates by assertions', () => {
  test('registers public keys, of which nothing else is kept, or where they are; one replaces the other', async () => {
    const jwks = { keys: [{ ...EC, x5c: ['AAAA'], extra: 1 }, OKP] }
    const made = await create(root, { ...SERVICE, ...SIGNED, jwks, client_id: 'signing-client' })
    expect(made.json.data?.client, made.text).toMatchObject({ jwks: { keys: [EC, OKP] } })
    expect(made.text).not.toMatch(/client_secret"|x5c|jwks_uri/)
    expect(await rowOf('signing-client')).toMatchObject({ secret_hash: null, sealed_secret: null, epoch: 0 })
    const jwks_uri = 'https://app.example/jwks.json'
    const moved = (await update(root, 'signing-client', { jwks_uri })).json.data.client
    expect([moved.jwks, moved.jwks_uri]).toEqual([undefined, jwks_uri])
    const back = (await update(root, 'signing-client', { jwks: { keys: [OKP] } })).json.data.client
    expect([back.jwks, back.jwks_uri]).toEqual([{ keys: [OKP] }, undefined])
    const noSecret = await update(root, 'signing-client', { rotate_secret: true })
    expect(noSecret.json.additionalInfo.errors[0].path).toBe('rotate_secret')
    const secret = await update(root, 'signing-client', { token_endpoint_auth_method: 'client_secret_basic' })
    expect(secret.json.data.client).toMatchObject({ client_secret: expect.stringMatching(/^kith_cs_/) })
    expect(await rowOf('signing-client')).toMatchObject({ jwks: null, jwks_uri: null })
  })

  test('keeps its tokens while keys are added, and loses them with a key that is taken away', async () => {
    await create(root, { ...SERVICE, ...SIGNED, client_id: 'rolling-client' })
    await update(root, 'rolling-client', { jwks: { keys: [EC, OKP] } })
    expect((await rowOf('rolling-client'))?.epoch).toBe(0)
    await update(root, 'rolling-client', { jwks: { keys: [OKP] } })
    expect((await rowOf('rolling-client'))?.epoch).toBe(1)
    await update(root, 'rolling-client', { jwks_uri: 'https://app.example/jwks.json' })
    expect((await rowOf('rolling-client'))?.epoch).toBe(2)
  })

  test('has a secret as its HMAC key that is encrypted, and a new one when it is changed to that', async () => {
    const { id, secret } = await newService('hmac-client')
    const changed = await update(root, id, { token_endpoint_auth_method: 'client_secret_jwt' })
    const next = changed.json.data.client.client_secret
    expect(next).toMatch(/^kith_cs_[\w-]{43}$/)
    expect(next).not.toBe(secret)
    const row = await rowOf(id)
    expect(row).toMatchObject({ secret_hash: sha256(next), epoch: 1 })
    expect(JSON.stringify([await dumpTables(), await dumpKv()])).not.toContain(next.slice(8))
    expect((await root.get(`/client/${id}`)).text).not.toContain(String(row?.sealed_secret))
    const iat = Math.floor(Date.now() / 1000)
    const jwt = new SignJWT({ iss: id, sub: id, aud: ORIGIN, jti: 'x', iat, exp: iat + 60 }).setProtectedHeader({ alg: 'HS256' })
    const client_assertion = await jwt.sign(Buffer.from(next))
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
    expect((await token({ grant_type: 'client_credentials', client_assertion_type, client_assertion })).status).toBe(200)
    expect((await serviceToken(id, next)).status).toBe(401)
    expect((await update(root, id, { client_name: 'Same secret' })).json.data.client.client_secret).toBeUndefined()
    await update(root, id, { token_endpoint_auth_method: 'client_secret_post' })
    expect(await rowOf(id)).toMatchObject({ sealed_secret: null })
    expect((await serviceToken(id, next)).status).toBe(200)
    await update(root, id, { token_endpoint_auth_method: 'client_secret_jwt' })
    await remove(root, id)
    expect(await rowOf(id)).toMatchObject({ secret_hash: null, sealed_secret: null })
  })
})

describe('the end of a client', () => {
  test('disabled, it gets and keeps nothing; enabled, its grants go on', async () => {
    await create(admin.client, { ...WEB, client_id: 'off-client' })
    const person = await signedInPerson('off_person')
    const held = bearerOf(await tokenFor(person, 'off-client'))
    expect((await held.get('/user/me')).status).toBe(200)
    await update(admin.client, 'off-client', { disabled: true })
    expect((await held.get('/user/me')).status).toBe(401)
    expect((await token({ grant_type: 'refresh_token', client_id: 'off-client', refresh_token: 'x' })).status).toBe(401)
    await update(admin.client, 'off-client', { disabled: false })
    expect((await held.get('/user/me')).status).toBe(200)
    expect(await eventsAbout('off-client')).toEqual(['client_created', 'client_disabled', 'client_enabled'])
  })

  test("deleted, all of it is dead at once, its id is nobody else's, and the sweep ends its sessions among all others", async () => {
    await create(admin.client, { ...WEB, client_id: 'gone-client' })
    const [one, other] = [await signedInPerson('gone_one11'), await signedInPerson('gone_other')]
    const held = bearerOf(await tokenFor(one, 'gone-client'))
    await tokenFor(other, 'gone-client')
    await putConsent(one.id, 'gone-client')
    await remove(admin.client, 'gone-client')
    expect((await held.get('/user/me')).status).toBe(401)
    expect((await one.client.get('/user/apps')).json.data.records).toEqual([])
    expect((await create(admin.client, { ...WEB, client_id: 'gone-client' })).status).toBe(409)
    expect((await admin.client.get('/client/admin-api/list?after=gone-clien')).text).not.toContain('gone-client')
    await runCron()
    expect(await rowOf('gone-client'), 'a request may still be on its way').not.toBeNull()
    const earlier = (seconds: number) =>
      rows("UPDATE oauth_clients SET disabled_at = disabled_at - ? WHERE id = 'gone-client'", seconds * 1_000)
    await earlier(3_600)
    await runCron()
    expect(await rowOf('gone-client'), 'its last token lives an hour, and must not be one of the next holder of the id').not.toBeNull()
    await earlier(130)
    await runCron()
    expect(await rowOf('gone-client')).toBeNull()
    const left =
      "SELECT (SELECT COUNT(*) FROM consents WHERE client_id = ?1) + (SELECT COUNT(*) FROM sessions WHERE client_id = ?1 AND revoked_at IS NULL) AS n, (SELECT COUNT(*) FROM sweep_cursors WHERE sweep = 'client:' || ?1) AS cursors"
    expect(await db.prepare(left).bind('gone-client').first()).toEqual({ n: 0, cursors: 0 })
    expect((await create(admin.client, { ...WEB, client_id: 'gone-client' })).status).toBe(201)
    expect((await held.get('/user/me')).status).toBe(401)
    expect((await one.client.get('/user/me')).status).toBe(200)
  })

  test('one with 12,000 sessions among 24,000 is removed in chunks, and the others are left alone', async () => {
    for (const id of ['crowd-gone', 'crowd-kept']) await create(admin.client, { ...WEB, client_id: id })
    const person = await signedInPerson('crowd_one1')
    const insert = `INSERT INTO sessions (id, user_id, client_id, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at, amr)
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 24000)
      SELECT i, ?, iif(i % 2, 'crowd-gone', 'crowd-kept'), '', 0, 0, 9e15, 9e15, 0, 0, 'pwd' FROM n`
    await rows(insert, idOf(person))
    await remove(admin.client, 'crowd-gone')
    await rows("UPDATE oauth_clients SET disabled_at = 1 WHERE id = 'crowd-gone'")
    await runCron()
    const counted = 'SELECT client_id, COUNT(revoked_at) AS n FROM sessions WHERE id <= 24000 GROUP BY client_id ORDER BY 1'
    expect(await rows(counted)).toEqual([
      { client_id: 'crowd-gone', n: 12_000 },
      { client_id: 'crowd-kept', n: 0 },
    ])
    expect(await rowOf('crowd-gone')).toBeNull()
    await rows('DELETE FROM sessions WHERE id <= 24000')
  })
})

describe('nobody gives a client what they do not hold', () => {
  test('but may let it ask people who they are, which no role holds', async () => {
    const by = (await signedInAdmin('identity_giver', 'super_admin')).client
    const reply = await create(by, { ...WEB, scope: 'openid profile email delegated:profile:read' })
    expect([reply.status, reply.json.data?.client.scope], reply.text).toEqual([201, 'openid profile email delegated:profile:read'])
    expect((await create(by, { ...WEB, scope: 'openid *' })).status, 'a super_admin holds all').toBe(201)
  })

  test.each<[string, Fields]>([
    ['*', { scope: '*' }],
    ['client:all', { ...SERVICE, scope: 'client:all' }],
    ['one of two', { ...SERVICE, scope: 'delegated:all client:oauth:introspect' }],
  ])('%s is refused to an administrator, in a new client and in an old one', async (what, fields) => {
    const id = `power-${what.replace(/\W/g, '')}-client`
    const refused = await create(admin.client, { ...WEB, ...fields, client_id: id })
    expect([refused.status, refused.json.additionalInfo.reason], refused.text).toEqual([403, 'scope'])
    expect(await rowOf(id)).toBeNull()
    await create(admin.client, { ...WEB, client_id: id })
    const row = await rowOf(id)
    expect((await update(admin.client, id, { ...fields, client_name: 'Mine' })).json.additionalInfo.reason).toBe('scope')
    expect(await rowOf(id)).toEqual(row)
  })

  test('a client that holds more than they do is neither changed, given a new secret, switched off nor deleted', async () => {
    const { id } = await newService('mighty-client')
    const row = await rowOf(id)
    for (const change of [
      { redirect_uris: ['https://evil.example/'] },
      { rotate_secret: true },
      { disabled: true },
      { scope: 'delegated:all' },
      {},
    ]) {
      expect((await update(admin.client, id, change)).json.additionalInfo.reason).toBe('scope')
    }
    expect((await remove(admin.client, id)).json.additionalInfo.reason).toBe('scope')
    expect(await rowOf(id)).toEqual(row)
  })

  test('a role or a token for clients alone makes and touches nothing that is first-party', async () => {
    await rows("INSERT INTO roles VALUES ('registrar', 'R', 50, 'R', 'delegated:all admin:client:all', 0, 0, 0, NULL)")
    const registrar = await signedInPerson('registrar1')
    await giveRole(registrar, 'registrar')
    await logIn(registrar)
    const narrow = bearerOf(await userToken(admin, ['delegated:all', 'admin:client:write']))
    expect((await create(root, { ...WEB, client_id: 'ours-client', first_party: true })).status).toBe(201)
    for (const by of [registrar.client, narrow, admin.client]) {
      expect((await create(by, { ...WEB, first_party: true })).json.additionalInfo.reason).toBe('first_party')
      expect((await update(by, 'ours-client', { redirect_uris: ['https://evil.example/'] })).json.additionalInfo.reason).toBe('first_party')
      expect((await update(by, 'ours-client', { disabled: true })).json.additionalInfo.reason).toBe('first_party')
      const confidential = { ...WEB, token_endpoint_auth_method: 'client_secret_basic', may_change_addresses: true }
      expect((await create(by, confidential)).json.additionalInfo.reason).toBe('first_party')
    }
    expect((await create(registrar.client, { ...WEB, scope: 'admin:profile:read' })).json.additionalInfo.reason).toBe('scope')
    expect((await create(registrar.client, WEB)).status).toBe(201)
  })

  test('and who may only read changes nothing', async () => {
    const reader = bearerOf(await userToken(admin, ['admin:client:read']))
    for (const reply of [await create(reader, WEB), await update(reader, 'ours-client', {}), await remove(reader, 'ours-client')]) {
      expect(reply.json.error).toBe('InsufficientPrivileges')
    }
    expect((await reader.get('/client/ours-client')).status).toBe(200)
  })
})
