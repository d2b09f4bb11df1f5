// An administrator who sees somebody's account (decision 050): who may, what it allows, what it leaves, and when it ends.
import { afterEach, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { count, eventsOf, idOf, newName, rows, trailOf } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { copyOf } from '../support/copies.ts'
import { dumpTables } from '../support/invariants.ts'
import { Client, mailsTo, ORIGIN, type Reply } from '../support/kith.ts'
import { bytesOf, newFile } from '../support/media.ts'
import { oncePerFile } from '../support/once-per-file.ts'
import { fillIn, formOf, open, send } from '../support/pages.ts'
import { type Person, signedIn, signedInPerson } from '../support/people.ts'
import { concretePath, nameOf, pageRoutes, userRoutes } from '../support/routes.ts'
import { bearerOf, newGrant, newOAuthClient, userToken } from '../support/tokens.ts'
import { call } from '../tour/scene.ts'

const OWN = '__Host-kith_session'
const LOOK = '__Host-kith_impersonation'
const SAME = { headers: { origin: ORIGIN, 'sec-fetch-site': 'same-origin' } }
afterEach(() => clock.restore())

const originals = oncePerFile(async () => {
  const admin = await signedInAdmin(newName('support'), 'super_admin')
  await rows("UPDATE sessions SET amr = 'pwd otp mfa', second_factor = 'totp' WHERE user_id = ?", idOf(admin.id))
  return { admin, person: await signedInPerson(newName('helped')) }
})

async function pair(): Promise<{ admin: Person; person: Person }> {
  const { admin, person } = await originals()
  return { admin: await copyOf(admin, newName('support')), person: await copyOf(person, newName('helped')) }
}

const pathOf = (person: Person) => `/admin/people/${person.id}/impersonate`
const begin = (admin: Person, person: Person, kind = 'read') => fillIn(admin.client, pathOf(person), { reason: 'ticket 4711', kind })

async function looking(kind: 'read' | 'write' = 'read'): Promise<{ admin: Person; person: Person }> {
  const both = await pair()
  const reply = await begin(both.admin, both.person, kind)
  expect([reply.status, reply.headers.get('location')], reply.text).toEqual([303, '/account'])
  return both
}

const me = async (client: Client): Promise<string | undefined> => (await client.get('/user/me', SAME)).json?.data?.user?.username
const isOver = async ({ client }: Person, person: Person) => (await me(client)) !== person.username

test('opens the account in the same browser, beside the own session, and tells the person', async () => {
  const { admin, person } = await looking()
  const page = await open(admin.client, '/account')
  expect(page.text).toContain('as support')
  expect(page.text).toContain(person.username)
  expect(await me(admin.client)).toBe(person.username)
  // Everywhere else they are themselves.
  expect((await open(admin.client, '/admin/overview')).text).not.toContain('as support')
  const trail = await trailOf(person)
  expect(trail).toContainEqual({ type: 'impersonation_started', actor_id: idOf(admin.id), detail: 'read: ticket 4711' })
  expect((await mailsTo(person.email, 1))[0]?.subject).toContain('Support has opened')
  const left = await send(admin.client, formOf(page, '/account/impersonation/leave'))
  expect(left.headers.get('location')).toBe(`/admin/people/${person.id}`)
  expect(admin.client.cookies.get(LOOK)).toBeFalsy()
  expect(await me(admin.client)).toBe(admin.username)
  expect(await trailOf(person)).toContainEqual({ type: 'impersonation_ended', actor_id: idOf(admin.id), detail: null })
})

test('is nobody’s sign-in: no active day, no known network or device, no sign-in in the history, no last visit', async () => {
  const { admin, person } = await pair()
  await rows('UPDATE users SET active_day = 7, last_seen_at = 7 WHERE id = ?', idOf(person.id))
  const before = await eventsOf(person)
  expect((await begin(admin, person)).status).toBe(303)
  await open(admin.client, '/account')
  expect(await rows('SELECT active_day, last_seen_at FROM users WHERE id = ?', idOf(person.id))).toEqual([
    { active_day: 7, last_seen_at: 7 },
  ])
  expect(await count('known_sources WHERE user_id = ?', idOf(person.id))).toBe(0)
  const listed = await person.client.get('/user/sessions', SAME)
  expect(listed.json.data.records.map(({ current }: { current: boolean }) => current)).toEqual([true])
  expect(await eventsOf(person)).toEqual([...before, 'impersonation_started'])
})

interface Refusal {
  readonly name: string
  readonly change: (both: { admin: Person; person: Person }) => Promise<unknown>
  readonly status: number
}

const role = (scopes: string, ranking: number) => async (person: Person) => {
  const id = newName('role')
  await rows(
    `INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at) VALUES (?, 'R', ?, '', ?, 0, 0, 0)`,
    ...[id, ranking, scopes],
  )
  await rows('UPDATE users SET role = ? WHERE id = ?', id, idOf(person.id))
}

const REFUSALS: readonly Refusal[] = [
  {
    name: 'without two factors',
    change: ({ admin }) => rows("UPDATE sessions SET amr = 'pwd' WHERE user_id = ?", idOf(admin.id)),
    status: 403,
  },
  {
    name: 'after a while',
    change: ({ admin }) => rows('UPDATE sessions SET authenticated_at = authenticated_at - 700000 WHERE user_id = ?', idOf(admin.id)),
    status: 303,
  },
  { name: 'without the scope', change: ({ admin }) => role('delegated:all admin:profile:all', 50)(admin), status: 403 },
  { name: 'while restricted', change: ({ admin }) => rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(admin.id)), status: 403 },
  { name: 'of the same rank', change: ({ person }) => giveRoleOnly(person, 'super_admin'), status: 403 },
  {
    name: 'of somebody with powers that the administrator lacks',
    change: async ({ admin, person }) => {
      await role('delegated:all admin:impersonate', 50)(admin)
      await role('delegated:all admin:mail:read', 60)(person)
    },
    status: 403,
  },
  { name: 'of a banned person', change: ({ person }) => rows('UPDATE users SET banned_at = 1 WHERE id = ?', idOf(person.id)), status: 400 },
  {
    name: 'of a deleted person',
    change: ({ person }) => rows('UPDATE users SET deleted_at = 1 WHERE id = ?', idOf(person.id)),
    status: 400,
  },
]
const giveRoleOnly = (person: Person, id: string) => rows('UPDATE users SET role = ? WHERE id = ?', id, idOf(person.id))

test.each(REFUSALS)('is refused $name, on the page and between the page and the form', async ({ change, status }) => {
  const both = await pair()
  const form = formOf(await open(both.admin.client, pathOf(both.person)))
  await change(both)
  const shown = await both.admin.client.get(pathOf(both.person), { headers: { accept: 'text/html' } })
  const sent = await send(both.admin.client, form, { reason: 'x', kind: 'read' })
  expect([shown.status, sent.status]).toEqual([status, status])
  if (status === 303) expect(sent.headers.get('location')).toContain('/sign-in')
  expect(await count('sessions WHERE impersonator_id = ?', idOf(both.admin.id))).toBe(0)
  expect(await eventsOf(both.person)).not.toContain('impersonation_started')
})

test('needs a reason, another person, a form of the page, and a browser', async () => {
  const { admin, person } = await pair()
  for (const reason of ['', ' ', 'x'.repeat(201), 'a\u202eb']) {
    expect((await fillIn(admin.client, pathOf(person), { reason })).status, reason).toBe(400)
  }
  expect((await admin.client.get(pathOf(admin))).status).toBeGreaterThanOrEqual(400)
  expect((await admin.client.get('/admin/people/ffffffffffffffffffffffff/impersonate')).status).toBe(404)
  const foreign = await admin.client.post(pathOf(person), new URLSearchParams({ reason: 'x' }), {
    headers: { origin: 'https://evil.example' },
  })
  expect(foreign.status).toBe(403)
  const token = await userToken(admin, ['*'])
  expect((await bearerOf(token).get(pathOf(person))).status).toBe(303)
  expect(await count('sessions WHERE impersonator_id = ?', idOf(admin.id))).toBe(0)
})

test('to write takes the scope to change people', async () => {
  const { admin, person } = await pair()
  await role('delegated:all admin:impersonate admin:profile:read', 50)(admin)
  const page = await open(admin.client, pathOf(person))
  expect(page.text).not.toContain('value="write"')
  expect((await send(admin.client, formOf(page), { reason: 'x', kind: 'write' })).status).toBe(403)
  expect((await send(admin.client, formOf(page), { reason: 'x', kind: 'read' })).status).toBe(303)
})

/** Routes that need a session and may change something. */
const changing = (routes: typeof userRoutes) =>
  routes.filter(
    ({ method, tags, path }) => method !== 'GET' && ['scope', 'session'].includes(tags.access?.kind ?? '') && !path.endsWith('/leave'),
  )
const PERSONAL_PAGE = /^\/(account|people|@)/

async function dump(): Promise<string> {
  const ignored = new Set(['attempt_counters', 'audit_events', 'sessions'])
  return JSON.stringify((await dumpTables()).filter(({ table }) => !ignored.has(table)))
}

/** What each route says, sent as it would succeed for the person themselves. */
async function sendEverything(admin: Person, about: { other: Person; own: { file: string; folder: string } }): Promise<Map<string, Reply>> {
  const replies = new Map<string, Reply>()
  for (const route of changing(userRoutes)) replies.set(nameOf(route), await call(admin.client, route, about, SAME.headers))
  for (const route of changing(pageRoutes).filter(({ path }) => PERSONAL_PAGE.test(path))) {
    const path = concretePath(route, about.other.id)
    replies.set(nameOf(route), await admin.client.post(path, new URLSearchParams({ form_token: 'x' }), { headers: { origin: ORIGIN } }))
  }
  return replies
}

test('read-only: forms are locked, and what is sent all the same is refused in words', async () => {
  const { admin } = await looking()
  const page = await open(admin.client, '/account/profile')
  expect(page.text).toContain('<fieldset class="locked" disabled')
  const refused = await send(admin.client, formOf(page, '/account/profile'), { givenName: 'Mended' })
  expect([refused.status, refused.text]).toEqual([403, expect.stringContaining('support cannot do this')])
  const writer = await looking('write')
  expect((await open(writer.admin.client, '/account/profile')).text).not.toContain('class="locked"')
})

test('read-only: every route that may change something refuses, and nothing has changed', async () => {
  const { admin, person } = await looking()
  const other = await copyOf(person, newName('other'))
  const before = await dump()
  const replies = await sendEverything(admin, { other, own: { file: person.id, folder: person.id } })
  expect(replies.size).toBeGreaterThan(80)
  // A page that takes a file looks at the kind of the body first.
  const wrong = [...replies].filter(([, { status }]) => status !== 403 && status !== 415)
  expect(wrong.map(([name, { status }]) => `${name}: ${status}`)).toEqual([])
  expect([...replies].filter(([, { status }]) => status === 415).length).toBeLessThan(4)
  expect(await dump()).toBe(before)
  expect(await me(admin.client)).toBe(person.username)
})

test.each(['read', 'write'] as const)('%s: reading any page or route of the API changes nothing and makes no secret', async (kind) => {
  const { admin, person } = await looking(kind)
  const before = await dump()
  const about = { other: person, own: { file: person.id, folder: person.id } }
  for (const route of userRoutes.filter(({ method, path }) => method === 'GET' && path !== '/user/logout'))
    await call(admin.client, route, about, SAME.headers)
  for (const route of pageRoutes.filter(({ method, path }) => method === 'GET' && PERSONAL_PAGE.test(path))) {
    await admin.client.get(concretePath(route, person.id), { headers: { accept: 'text/html' } })
  }
  expect(await dump()).toBe(before)
  const after = await admin.client.get('/user/me', SAME)
  expect(after.json?.data?.user?.username, after.text).toBe(person.username)
})

test.each(['read', 'write'] as const)('%s: shows no connected apps, invite codes or exports', async (kind) => {
  const { admin, person } = await looking(kind)
  await newGrant(person, await newOAuthClient('*'))
  for (const path of [
    '/account/apps',
    '/account/apps/remove',
    '/user/apps',
    '/account/invites',
    '/user/invite-codes',
    '/account/export',
    '/user/archives',
  ])
    expect([path, (await admin.client.get(path, SAME)).status]).toEqual([path, 403])
})

test('the link behind a file is over with the seconds in which a browser follows it', async () => {
  const FILES_ORIGIN = 'https://files.kith.test'
  const { admin, person } = await looking('write')
  const file = await newFile(person.client, 'diary.txt', bytesOf('dear diary'))
  expect((await admin.client.post(`/user/media/files/${file}/links`, { expiresIn: 60 }, SAME)).status).toBe(403)
  clock.freeze()
  const content = await admin.client.get(`/user/media/files/${file}/content`, { ...SAME, env: { FILES_ORIGIN } })
  const { pathname, search } = new URL(content.headers.get('location') ?? '')
  const follow = () => new Client().get(pathname + search, { env: { FILES_ORIGIN }, origin: FILES_ORIGIN })
  expect((await follow()).text).toBe('dear diary')
  clock.advance(10_000)
  expect((await follow()).status).toBe(403)
})

test('is none of the browsers that a new sign-in may push out', async () => {
  const { admin, person } = await looking()
  await rows(
    `INSERT INTO sessions (id, user_id, token_hash, scope, epoch, created_at, expires_at, idle_expires_at, last_used_at, authenticated_at,
                           amr, browser_session_id, impersonator_id, impersonation)
     SELECT sessions.id + value, user_id, token_hash, scope, epoch, created_at, 0, 0, 0, 0, '', browser_session_id, impersonator_id, impersonation
     FROM sessions, json_each(?) WHERE impersonator_id = ?`,
    ...[JSON.stringify(Array.from({ length: 60 }, (_, n) => n + 1)), idOf(admin.id)],
  )
  await signedIn({ ...person, client: new Client() })
  expect(await me(person.client)).toBe(person.username)
})

test('to write: neither factors, passkeys, address, password, providers, sessions, export, deletion nor administration', async () => {
  const { admin, person } = await looking('write')
  const replies = await sendEverything(admin, {
    other: await copyOf(person, newName('other')),
    own: { file: person.id, folder: person.id },
  })
  const may =
    /\/(follow|unfollow|block|unblock|status|profile-picture|picture|media|files|accept|requests?|followers?|following|privacy|profile|blocks?|suggestions)\b/i
  const wrong = [...replies].filter(([name, { status }]) => status < 400 && !may.test(name))
  expect(wrong.map(([name, { status }]) => `${name}: ${status}`)).toEqual([])
  for (const path of ['password', 'email', 'two-step', 'passkeys', 'providers', 'sessions', 'apps', 'export', 'delete']) {
    const sent = [...replies].filter(([name]) => name.startsWith(`POST /account/${path}`))
    expect(sent.length, path).toBeGreaterThan(0)
    for (const [name, { status }] of sent) expect([name, status]).toEqual([name, 403])
  }
  expect((await admin.client.fetch('/user/me', { method: 'PATCH', body: { firstName: 'X' }, ...SAME })).status).toBe(403)
  expect((await admin.client.fetch('/user/me', { method: 'DELETE', ...SAME })).status).toBe(403)
})

test('to write: what is done is in the trail as the administrator’s', async () => {
  const { admin, person } = await looking('write')
  const sent = await fillIn(admin.client, '/account/profile', { givenName: 'Mended' })
  expect(sent.status, sent.text).toBe(303)
  expect(await rows('SELECT given_name FROM users WHERE id = ?', idOf(person.id))).toEqual([{ given_name: 'Mended' }])
  const changed = (await trailOf(person)).filter(({ type }) => type === 'profile_changed')
  for (const { actor_id } of changed) expect(actor_id).toBe(idOf(admin.id))
})

test('its secret is worth nothing in the cookie of a sign-in, and the other way round', async () => {
  const { admin, person } = await looking()
  const stolen = new Client()
  stolen.cookies.set(OWN, admin.client.cookies.get(LOOK) ?? '')
  expect((await stolen.get('/user/me', SAME)).status).toBe(401)
  expect((await stolen.get('/account')).headers.get('location')).toContain('/sign-in')
  const other = new Client()
  other.cookies.set(LOOK, person.client.cookies.get(OWN) ?? '')
  expect((await other.get('/user/me', SAME)).status).toBe(401)
})

test('pages for apps, devices and signing out know only the administrator', async () => {
  const { admin, person } = await looking()
  for (const path of ['/device', '/sign-out', '/consent', '/oauth/authorize?client_id=x']) {
    expect((await admin.client.get(path)).text, path).not.toContain(person.username)
  }
})

test.each(['signs out', 'signs in again'])('no session is left when the administrator %s through the API', async (how) => {
  const { admin } = await looking()
  const cookies = [OWN, LOOK].map((name) => [name, admin.client.cookies.get(name) ?? ''] as const)
  const login = { username: admin.username, password: admin.password }
  const reply =
    how === 'signs out' ? await admin.client.post('/user/logout', {}, SAME) : await admin.client.post('/user/login', login, SAME)
  expect(reply.status, reply.text).toBe(200)
  for (const [name, value] of cookies) {
    const old = new Client()
    old.cookies.set(name, value)
    expect((await old.get('/user/me', SAME)).status, name).toBe(401)
  }
})

const ENDS: Readonly<Record<string, (both: { admin: Person; person: Person }) => Promise<unknown>>> = {
  'the administrator signs out': ({ admin }) => fillIn(admin.client, '/sign-out'),
  'the role is lost': ({ admin }) => giveRoleOnly(admin, 'user'),
  'the administrator is banned': ({ admin }) => rows('UPDATE users SET banned_at = 1 WHERE id = ?', idOf(admin.id)),
  'the administrator is restricted': ({ admin }) => rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(admin.id)),
  'the administrator is signed out everywhere': ({ admin }) => rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(admin.id)),
  'the person is promoted': ({ person }) => giveRoleOnly(person, 'super_admin'),
  'the person signs out everywhere': ({ person }) => rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(person.id)),
  'the person is banned': ({ person }) => rows('UPDATE users SET banned_at = 1 WHERE id = ?', idOf(person.id)),
}

test.each(Object.entries(ENDS))('ends when %s', async (_name, end) => {
  const both = await looking()
  const look = both.admin.client.cookies.get(LOOK) ?? ''
  await end(both)
  const client = new Client()
  client.cookies.set(LOOK, look)
  expect(await isOver({ ...both.admin, client }, both.person)).toBe(true)
  const page = await client.get('/account')
  expect([page.status, page.headers.get('location')]).toEqual([303, '/admin'])
  expect(page.headers.get('set-cookie')).toContain(`${LOOK}=;`)
})

test('ends after 15 minutes, however often it is used', async () => {
  const { admin, person } = await pair()
  clock.freeze()
  expect((await begin(admin, person)).status).toBe(303)
  const look = admin.client.cookies.get(LOOK) ?? ''
  clock.advance(14 * 60_000)
  await open(admin.client, '/account')
  clock.advance(61_000)
  admin.client.cookies.set(LOOK, look)
  expect(await me(admin.client)).not.toBe(person.username)
})

test('64 starts at a time leave one', async () => {
  const { admin, person } = await pair()
  const form = formOf(await open(admin.client, pathOf(person)))
  const cookies = [...admin.client.cookies]
  const replies = await Promise.all(
    Array.from({ length: 64 }, () => {
      const client = new Client()
      for (const [name, value] of cookies) client.cookies.set(name, value)
      return send(client, form, { reason: 'race', kind: 'read' })
    }),
  )
  expect(replies.filter(({ status }) => status === 303).length).toBeGreaterThan(0)
  expect(await count('sessions WHERE impersonator_id = ? AND revoked_at IS NULL', idOf(admin.id))).toBe(1)
})
