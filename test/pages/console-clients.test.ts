// The console's roles, clients, APIs and machine clients: who may do what, what a form makes, secrets that are shown once, and bad
// input. The rules themselves are tested at the API, whose functions these pages call.
import * as openidClient from 'openid-client'
import { beforeAll, describe, expect, test } from 'vitest'
import { rows } from '../support/actors.ts'
import { giveRole, signedInAdmin } from '../support/admins.ts'
import { Client, db, ORIGIN, platform, type Reply } from '../support/kith.ts'
import { alertIn, browserOf, consentPath, fillIn, follow, formOf, headingOf, noticeIn, open, refreshOf, send } from '../support/pages.ts'
import { verifiedPerson } from '../support/people.ts'

const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const CALLBACK = 'https://console.example/callback'
const SECRET = /kith_(?:cs|ak|lk|lp|rb)_[\w-]+/g

let root: Client
let reader: Client

async function withRole(username: string, scopes: string, ranking = 50): Promise<Client> {
  await db.prepare('INSERT INTO roles VALUES (?1, ?1, ?2, ?1, ?3, 0, 1, 1, NULL)').bind(username, ranking, `delegated:all ${scopes}`).run()
  const person = await verifiedPerson(username)
  await giveRole(person, username)
  return browserOf(person)
}

beforeAll(async () => {
  platform.reset()
  root = await browserOf(await signedInAdmin('console_root', 'super_admin'))
  reader = await withRole('console_reader', 'admin:client:read admin:roles:read')
})

const look = (client: Client, path: string) => client.get(path, { headers: { accept: 'text/html' } })
const make = (kind: string, values: Record<string, string>) => fillIn(root, `/admin/clients/new?kind=${kind}`, values)
const about = (id: string, act = 'client') => `/admin/clients/${act}?id=${encodeURIComponent(id)}`
const rowOf = async (id: string) => (await rows<Record<string, unknown>>('SELECT * FROM oauth_clients WHERE id = ?', id))[0]
const secretsIn = ({ text }: Pick<Reply, 'text'>) => [...text.matchAll(SECRET)].map(([secret]) => secret)
const countOf = async (table: string) => (await rows<{ n: number }>(`SELECT count(*) AS n FROM ${table}`))[0]?.n

async function newWebApp(id: string, values: Record<string, string> = {}): Promise<string> {
  const reply = await make('web', { client_id: id, client_name: `App ${id}`, redirect_uris: CALLBACK, ...values })
  expect([reply.status, alertIn(reply)]).toEqual([200, ''])
  return secretsIn(reply)[0] ?? ''
}

const basic = (id: string, secret: string) => ({ authorization: `Basic ${btoa(`${id}:${secret}`)}` })

describe('access', () => {
  const PAGES = ['roles', 'clients', 'apis', 'machines', 'roles/role?id=user', 'clients/client?id=cc-seen'].map((path) => `/admin/${path}`)
  const FORMS = [
    ...['roles/new', 'clients/new', 'clients/new?kind=spa', 'apis/new', 'machines/new'],
    ...['edit', 'rotate', 'disable', 'enable', 'delete'].map((act) => `clients/${act}?id=cc-seen`),
  ].map((path) => `/admin/${path}`)

  beforeAll(() => newWebApp('cc-seen'))

  test('who may read sees the lists without any act; who may not sees nothing', async () => {
    const nobody = await browserOf(await verifiedPerson('console_nobody'))
    for (const path of PAGES) {
      const page = await open(reader, path)
      expect([path, page.text.match(/href="\/admin\/\w+\/(?!role\?|client\?)\w+/g)]).toEqual([path, null])
      expect([path, (await look(nobody, path)).status]).toEqual([path, 403])
      expect([path, (await look(new Client(), path)).headers.get('location')?.split('?')[0]]).toEqual([path, '/sign-in'])
    }
    for (const path of FORMS) {
      expect([path, (await look(reader, path)).status]).toEqual([path, 403])
      const body = new URLSearchParams({ version: '1' })
      expect([path, (await reader.post(path, body, { headers: { origin: ORIGIN } })).status]).toEqual([path, 403])
    }
  })

  test('a scope lost between the page and its form stores nothing', async () => {
    const writer = await withRole('console_writer', 'admin:client:all admin:roles:all')
    const forms = [
      [formOf(await open(writer, '/admin/clients/new?kind=spa')), { client_name: 'Late', redirect_uris: CALLBACK }],
      [formOf(await open(writer, '/admin/apis/new')), { resource: 'https://late.example/', name: 'Late' }],
      [formOf(await open(writer, '/admin/roles/new')), { id: 'late', displayName: 'Late', ranking: '900', description: 'Late.' }],
      [formOf(await open(writer, about('cc-seen', 'disable'))), {}],
    ] as const
    await db.prepare("UPDATE roles SET scopes = 'delegated:all' WHERE id = 'console_writer'").run()
    const before = await Promise.all(['oauth_clients', 'apis', 'roles', 'audit_events'].map(countOf))
    for (const [form, values] of forms) expect((await send(writer, form, values)).status).toBe(403)
    expect(await Promise.all(['oauth_clients', 'apis', 'roles', 'audit_events'].map(countOf))).toEqual(before)
    expect((await rowOf('cc-seen'))?.disabled_at).toBeNull()
  })

  test('nobody gives what they do not hold, nor changes what is beyond them: in words, and nothing is stored', async () => {
    const lesser = await withRole('console_lesser', 'admin:client:all admin:roles:all')
    // Not offered, but sent.
    const form = formOf(await open(lesser, '/admin/clients/new?kind=spa'))
    const refused = await send(lesser, form, { client_name: 'Much', redirect_uris: CALLBACK, 'scope admin:all': 'on' })
    expect([refused.status, alertIn(refused)]).toEqual([403, 'Nothing has changed: you lack powers that this takes.'])
    expect(formOf(refused).fields.client_name).toBe('Much')
    const role = { id: 'console_much', displayName: 'Much', ranking: '60', description: 'Much.', 'scope admin:profile:all': 'on' }
    expect(alertIn(await fillIn(lesser, '/admin/roles/new', role))).toContain('you lack powers')
    const high = await fillIn(lesser, '/admin/roles/new', { id: 'console_high', displayName: 'High', ranking: '50', description: 'High.' })
    expect(alertIn(high)).toBe('Nothing has changed: the rank is not below yours.')
    expect(await rows("SELECT id FROM roles WHERE id IN ('console_much', 'console_high')")).toEqual([])
    await newWebApp('cc-beyond', { 'scope admin:profile:read': 'on' })
    const page = await open(lesser, about('cc-beyond'))
    expect(page.text).toContain('You cannot change this app')
    for (const act of ['edit', 'rotate', 'disable', 'delete']) expect((await look(lesser, about('cc-beyond', act))).status).toBe(403)
    // Built in, or above.
    for (const act of ['edit', 'delete']) expect((await look(lesser, `/admin/roles/${act}?id=user`)).status).toBe(400)
    expect((await look(lesser, '/admin/roles/edit?id=console_writer')).status).toBe(403)
  })

  test('what grants rights takes a fresh sign-in, at the page already, and leads back to it; stopping a leak does not', async () => {
    const stale = await browserOf(await signedInAdmin('console_stale', 'super_admin'))
    await db
      .prepare("UPDATE sessions SET authenticated_at = 1 WHERE user_id = (SELECT id FROM users WHERE username_key = 'console_stale')")
      .run()
    for (const path of ['/admin/clients/new?kind=web', about('cc-seen', 'rotate'), '/admin/apis/new', '/admin/machines/new']) {
      const { headers } = await look(stale, path)
      expect(headers.get('location')).toBe(`/sign-in?${new URLSearchParams({ return_to: path, reauth: '1' })}`)
    }
    expect((await fillIn(stale, about('cc-seen', 'disable'))).status).toBe(303)
    expect(typeof (await rowOf('cc-seen'))?.disabled_at).toBe('number')
  })
})

test('a sign-in that grew old meanwhile keeps what was typed, and the form is taken after a fresh one', async () => {
  const person = await signedInAdmin('console_slow', 'super_admin')
  const slow = await browserOf(person)
  const authenticatedAt = (at: number) =>
    db.prepare('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?').bind(at, Number.parseInt(person.id, 16)).run()
  for (const [path, values, table] of [
    ['/admin/clients/new?kind=spa', { client_name: 'Slow', redirect_uris: CALLBACK }, 'oauth_clients'],
    ['/admin/apis/new', { resource: 'https://slow.example/', name: 'Slow' }, 'apis'],
    ['/admin/roles/new', { id: 'console_slow', displayName: 'Slow', ranking: '900', description: 'Slow.' }, 'roles'],
    ['/admin/machines/new', { kind: 'robot', name: 'slow_robot' }, 'machine_credentials'],
  ] as const) {
    const form = formOf(await open(slow, path))
    const before = await countOf(table)
    await authenticatedAt(1)
    const reply = await send(slow, form, values)
    expect([reply.status, alertIn(reply)]).toEqual([403, expect.stringContaining('You signed in too long ago')])
    expect(reply.text).toContain('href="/sign-in?reauth=1&amp;return_to=/admin"')
    expect(await countOf(table)).toBe(before)
    await authenticatedAt(Date.now())
    expect((await send(slow, formOf(reply), table === 'machine_credentials' ? { kind: 'robot' } : {})).status).toBeLessThan(400)
    expect(await countOf(table)).toBe((before ?? 0) + 1)
  }
})

describe('a client', () => {
  test('of each kind has safe defaults', async () => {
    const first = async (kind: string, values: Record<string, string> = {}) => {
      const id = `cc-kind-${kind}`
      await make(kind, { client_id: id, client_name: kind, redirect_uris: CALLBACK, ...values })
      const { token_endpoint_auth_method, grant_types, require_pkce } = (await rowOf(id)) ?? {}
      return [token_endpoint_auth_method, grant_types, require_pkce]
    }
    const signIn = 'authorization_code refresh_token'
    expect(await first('web')).toEqual(['client_secret_basic', signIn, 1])
    for (const kind of ['spa', 'native', 'agent']) expect(await first(kind)).toEqual(['none', signIn, 1])
    expect(await first('device')).toEqual(['none', 'refresh_token urn:ietf:params:oauth:grant-type:device_code', 1])
    expect(await first('service', { 'scope client:profile:read': 'on' })).toEqual(['client_secret_basic', 'client_credentials', 1])
  })

  test('signs a person in, and its new secret takes the place of the old one', async () => {
    const id = 'cc-sign-in'
    const secret = await newWebApp(id)
    const person = await verifiedPerson('console_person')
    const browser = await browserOf(person)
    const consent = consentPath(id, { redirect_uri: CALLBACK, scope: 'openid email' })
    const sent = await fillIn(browser, consent)
    const code = new URL(refreshOf(sent)).searchParams.get('code') ?? ''
    const body = { grant_type: 'authorization_code', redirect_uri: CALLBACK, code, code_verifier: VERIFIER }
    const tokens = await new Client().post('/oauth/token', new URLSearchParams(body), { headers: basic(id, secret) })
    expect([tokens.status, tokens.json.scope], tokens.text).toEqual([200, 'openid email'])
    const userinfo = await new Client().get('/oauth/userinfo', { headers: { authorization: `Bearer ${tokens.json.access_token}` } })
    expect(userinfo.json.email).toBe(person.email)
    expect((await open(root, about(id))).text).toMatch(/Last used<\/dt><dd><time/)

    const rotated = await fillIn(root, about(id, 'rotate'))
    const [next = ''] = secretsIn(rotated)
    expect(next).not.toBe(secret)
    const refresh = (with_: string) =>
      new Client().post('/oauth/token', new URLSearchParams({ grant_type: 'refresh_token', refresh_token: tokens.json.refresh_token }), {
        headers: basic(id, with_),
      })
    expect((await refresh(secret)).json.error).toBe('invalid_client')
    expect((await refresh(next)).status).toBe(200)
  })

  test('its ready settings and endpoints have its own values, never its secret, and are those of the discovery document', async () => {
    const secret = await newWebApp('cc-ready')
    const { text } = await open(root, about('cc-ready'))
    for (const library of ['openid-client', 'Auth.js', 'Spring Security', 'Authlib']) expect(text).toContain(library)
    expect(text).toContain('new URL(&quot;https://kith.test&quot;)')
    expect(text).toContain('client_id=&quot;cc-ready&quot;')
    expect(text).not.toContain(secret)
    // What the settings call is there.
    const called = [...text.matchAll(/\bclient\.(\w+)\(/g)].map(([, name = '']) => name)
    expect(called.length).toBeGreaterThan(4)
    expect(called.filter((name) => !(name in openidClient))).toEqual([])
    const discovery = Object.values((await new Client().get('/.well-known/openid-configuration')).json)
    const shown = [...text.matchAll(/<code id="endpoint-(?!discovery)\w+" dir="ltr">([^<]*)</g)].map(([, url]) => url)
    expect(shown.length).toBeGreaterThan(4)
    for (const url of shown) expect(discovery).toContain(url)
  })

  test('in a browser is told which origin is missing in CORS_ORIGINS', async () => {
    await make('spa', { client_id: 'cc-cors', client_name: 'CORS', redirect_uris: `${CALLBACK}\nhttps://app.kith.test/callback` })
    expect((await open(root, about('cc-cors'))).text).toContain('CORS_ORIGINS: https://console.example.')
  })

  test('keeps what its form does not show, and what an older form did not know of is not overwritten silently', async () => {
    await db.prepare("INSERT INTO apis (resource, name, created_at, updated_at) VALUES ('https://kept.example/', 'Kept', 1, 1)").run()
    await newWebApp('cc-kept', { 'api https://kept.example/|': 'on', 'scope delegated:profile:read': 'on' })
    await db.prepare("DELETE FROM apis WHERE resource = 'https://kept.example/'").run()
    const old = formOf(await open(root, about('cc-kept', 'edit')))
    const { created_at, secret_hash, updated_at, ...before } = (await rowOf('cc-kept')) ?? {}
    expect((await send(root, old, { client_name: 'Renamed' })).headers.get('location')).toBe(`${about('cc-kept')}&notice=saved`)
    const after = (await rowOf('cc-kept')) ?? {}
    expect(after).toEqual({ ...before, created_at, secret_hash, updated_at: after.updated_at, name: 'Renamed' })
    const refused = await send(root, old, { client_name: 'Renamed again', client_uri: 'https://kept.example/' })
    expect([refused.status, alertIn(refused)]).toEqual([412, expect.stringContaining('Somebody has changed this')])
    expect((await rowOf('cc-kept'))?.name).toBe('Renamed')
    // What was typed is there, and whoever sends it now has been told.
    expect((await send(root, formOf(refused))).status).toBe(303)
    expect(await rowOf('cc-kept')).toMatchObject({ name: 'Renamed again', client_uri: 'https://kept.example/' })
  })
})

describe('a secret', () => {
  test.each([
    [
      'a client',
      '/admin/clients/new?kind=web',
      { client_id: `client-${'a'.repeat(24)}`, client_name: 'Once', redirect_uris: CALLBACK },
      'oauth_clients',
    ],
    ['an API key', '/admin/machines/new', { kind: 'api_key', name: 'Once' }, 'machine_credentials'],
    ['a license key', '/admin/machines/new', { kind: 'license_key', name: 'Once' }, 'machine_credentials'],
  ])('of %s is in the reply alone, which nobody keeps; sent again, the form makes nothing', async (_name, path, values, table) => {
    const form = formOf(await open(root, path))
    const reply = await send(root, form, values)
    expect([reply.status, reply.headers.get('cache-control'), secretsIn(reply).length > 0]).toEqual([200, 'no-store', true])
    const before = [await countOf(table), await countOf('oauth_clients')]
    const again = await send(root, form, values)
    expect([again.status, secretsIn(again)]).toEqual([303, []])
    const page = await follow(root, again)
    expect(noticeIn(page)).toContain('That was done before.')
    expect(secretsIn(page)).toEqual([])
    expect([await countOf(table), await countOf('oauth_clients')]).toEqual(before)
  })

  test('of 64 that are sent at once, one form makes one key and one rotates one secret', async () => {
    await newWebApp('cc-raced')
    const key = [formOf(await open(root, '/admin/machines/new')), { kind: 'api_key', name: 'Raced' }] as const
    const rotation = [formOf(await open(root, about('cc-raced', 'rotate'))), {}] as const
    for (const [form, values] of [key, rotation]) {
      const replies = await Promise.all(Array.from({ length: 64 }, () => send(root, form, values)))
      expect(replies.filter((reply) => secretsIn(reply).length > 0)).toHaveLength(1)
    }
    expect(await rows("SELECT id FROM machine_credentials WHERE name = 'Raced'")).toHaveLength(1)
    expect(await rows("SELECT id FROM audit_events WHERE type = 'client_secret_rotated' AND detail = 'cc-raced'")).toHaveLength(1)
  })

  test('is rotated once by one form, however often it is sent', async () => {
    const id = 'cc-rotated'
    await newWebApp(id)
    const form = formOf(await open(root, about(id, 'rotate')))
    expect(secretsIn(await send(root, form))).toHaveLength(1)
    const { secret_hash } = (await rowOf(id)) ?? {}
    const again = await send(root, form)
    expect([secretsIn(again), again.headers.get('location')]).toEqual([[], `${about(id)}&notice=outdated`])
    expect((await rowOf(id))?.secret_hash).toBe(secret_hash)
  })
})

describe('bad input', () => {
  const NEW = '/admin/clients/new?kind=web'
  const typed = { client_name: 'Typed <b>', redirect_uris: CALLBACK }

  test.each([
    ['logo_uri', { logo_uri: 'javascript:alert(1)' }, 'Logo must be an https URL.'],
    ['client_uri', { client_uri: 'data:text/html,<script>' }, 'Website must be an https URL.'],
    ['redirect_uris', { redirect_uris: `${CALLBACK}\njavascript:alert(1)` }, 'Redirect URIs, line 2 must begin with https://'],
    ['redirect_uris', { redirect_uris: '' }, 'Redirect URIs: enter at least one.'],
    ['redirect_uris', { redirect_uris: 'myapp://callback' }, 'Redirect URIs needs a scheme with a dot'],
    ['client_name', { client_name: ' ' }, 'Name must not be blank.'],
    ['client_id', { client_id: 'x' }, 'Client ID must have 3 to 64 letters'],
    ['access_token_seconds', { access_token_seconds: '1e3' }, 'Access tokens last (seconds) must be a whole number.'],
    ['access_token_seconds', { access_token_seconds: '59' }, 'Access tokens last (seconds) must be 60 or more.'],
    ['token_endpoint_auth_method', { token_endpoint_auth_method: 'mtls' }, 'How it proves itself is not in the list.'],
    ['jwks', { jwks: '{' }, 'Public keys (JWKS) must be JSON.'],
    ['claims', { claims: 'role\npassword' }, 'Further details about people, line 2 must be role'],
    ['require_pkce', { require_pkce: 'yes' }, 'Require PKCE is not in the list.'],
    ['api_scopes', { 'api https://gone.example/|': 'on' }, 'Check this field: APIs.'],
  ])('%s is named with what is wrong, and what was typed stays', async (field, values: Record<string, string>, words) => {
    const before = await countOf('oauth_clients')
    const reply = await fillIn(root, NEW, { ...typed, ...values })
    expect([reply.status, alertIn(reply)]).toEqual([400, expect.stringContaining(words)])
    expect(reply.text).toMatch(new RegExp(`href="#${field}"`))
    expect(formOf(reply).fields).toMatchObject({
      ...typed,
      'scope email': 'on',
      ...(['require_pkce', 'token_endpoint_auth_method'].includes(field) ? {} : values),
    })
    expect(await countOf('oauth_clients')).toBe(before)
  })

  test('a form from elsewhere, one that is out of date, a repeated field: nothing is stored', async () => {
    const form = formOf(await open(root, NEW))
    const before = await countOf('oauth_clients')
    expect((await send(root, form, typed, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    const outdated = await send(root, form, { ...typed, form_token: 'test-1~x' })
    expect([outdated.status, formOf(outdated).fields.client_name]).toEqual([403, typed.client_name])
    const twice = new URLSearchParams({ ...form.fields, ...typed })
    twice.append('client_name', 'Other')
    expect((await root.post(NEW, twice, { headers: { origin: ORIGIN } })).status).toBe(400)
    expect(await countOf('oauth_clients')).toBe(before)
  })

  test.each(['nobody', '', 'a\0b', '<script>', 'x'.repeat(3_000)])('what does not exist is not found: %j', async (id) => {
    const acts = ['client', 'edit', 'rotate', 'disable', 'delete'].map((act) => about(id, act))
    const query = encodeURIComponent(id)
    const others = [`/admin/apis/edit?resource=${query}`, `/admin/apis/delete?resource=${query}`, `/admin/roles/role?id=${query}`]
    for (const path of [...acts, ...others, `/admin/roles/edit?id=${query}`, `/admin/machines/revoke?id=${query}`]) {
      expect([path.slice(0, 40), (await look(root, path)).status]).toEqual([path.slice(0, 40), 404])
    }
    for (const path of ['/admin/clients?after=', '/admin/apis?after=', '/admin/machines?after=']) await open(root, path + query)
  })

  test('an API, a role, a key: the field and the line are named', async () => {
    const api = { resource: 'https://lines.example/', name: 'Lines', scopes: 'a:read: See a\nb:read' }
    expect(alertIn(await fillIn(root, '/admin/apis/new', api))).toBe('Permissions, line 2 must be a name, a colon, and words.')
    const own = await fillIn(root, '/admin/apis/new', { ...api, resource: `${ORIGIN}/x`, scopes: '' })
    expect(alertIn(own)).toBe('Address (resource) must not be an address of this service itself.')
    const role = { id: 'a b', displayName: 'X', ranking: '0', description: 'X.' }
    expect(alertIn(await fillIn(root, '/admin/roles/new', role))).toMatch(/ID must have 1 to 128.*Rank must be 1 or more/)
    const robot = await fillIn(root, '/admin/machines/new', { kind: 'robot', name: 'no spaces' })
    expect(alertIn(robot)).toContain('of a robot must have 3 to 64')
    const expired = await fillIn(root, '/admin/machines/new', {
      kind: 'api_key',
      name: 'Past',
      expiresAt: '2020-01-01',
      scope: 'admin:all',
    })
    expect([expired.status, alertIn(expired)]).toEqual([400, expect.stringContaining('Expires on must be in the future.')])
  })
})

test('a role with a person stays, and the page says whose it is', async () => {
  const reply = await fillIn(root, '/admin/roles/delete?id=console_reader')
  expect([reply.status, alertIn(reply)]).toEqual([409, expect.stringContaining('console_reader')])
  expect(headingOf(reply)).toBe('Delete this role?')
})

test.each([
  [{ name: '', expiresAt: '2020-01-01' }, ['Name', 'Expires on must be in the future.']],
  [{ name: 'x', scope: 'delegated:everything admin:x' }, ['Permissions: there is no permission delegated:everything, admin:x.']],
  [{ name: 'x', scope: 'admin:client:read' }, ['Permissions: this kind may have at most delegated:all.']],
])('a new machine client with %j is told what is wrong, all of it', async (values, sentences) => {
  const alert = alertIn(await fillIn(root, '/admin/machines/new', values))
  for (const sentence of sentences) expect(alert).toContain(sentence)
})
