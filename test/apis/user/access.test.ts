// The access matrix: every route of the room against every kind of caller that must not get through (design §5), and
// the states of an account (security 1C 25, 26).
import { beforeAll, describe, expect, test } from 'vitest'
import type { Scope } from '../../../src/core/oauth/scopes.ts'
import { coveredBy, SCOPES } from '../../../src/core/oauth/scopes.ts'
import { sha256 } from '../../../src/crypto.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { copyOf } from '../../support/copies.ts'
import { pictureForm, png } from '../../support/images.ts'
import { Client, db, type Options, type Reply } from '../../support/kith.ts'
import { newFolder, upload } from '../../support/media.ts'
import { PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { concretePath, exampleInput, isAdminRoute, nameOf, type Route, scopeOf, userRoutes } from '../../support/routes.ts'
import { bearerOf, clientToken, idOf, newOAuthClient, userToken } from '../../support/tokens.ts'

const guarded = userRoutes.filter(({ tags }) => tags.access?.kind === 'scope' || tags.access?.kind === 'session')
const open = userRoutes.filter(({ tags }) => tags.access?.kind === 'anyone' || tags.access?.kind === 'optional_session')
const named = (routes: readonly Route[]): [string, Route][] => routes.map((route) => [nameOf(route), route])

/** What a restricted account may not do: every write but those that end its sessions and guard its sign-in. */
const REFUSED_WHILE_RESTRICTED = [
  'DELETE /client/admin-api/delete',
  'DELETE /roles/admin-api/delete',
  'DELETE /user/admin-api/delete',
  'DELETE /user/follow-entry',
  'DELETE /user/profile-picture',
  'DELETE /user/media/files/:fileId',
  'DELETE /user/media/files/:fileId/links',
  'DELETE /user/media/folders/:folderId',
  'DELETE /user/status',
  'PATCH /client/admin-api/update',
  'PATCH /roles/admin-api/update',
  'PATCH /user/admin-api/update',
  'PATCH /user/follow-request',
  'PATCH /user/me',
  'POST /client/admin-api/create',
  'POST /client/admin-api/delete',
  'POST /machine/admin-api/create',
  'POST /machine/admin-api/revoke',
  'PATCH /user/profile-picture',
  'PATCH /user/media/files/:fileId',
  'PATCH /user/media/folders/:folderId',
  'POST /roles/admin-api/create',
  'POST /user/admin-api/ban',
  'POST /user/admin-api/create',
  'POST /user/admin-api/delete',
  'POST /user/admin-api/end-sessions',
  'POST /user/admin-api/remove-2fa',
  'POST /user/admin-api/resend-verification',
  'POST /user/admin-api/restrict',
  'POST /user/admin-api/send-password-reset',
  'POST /user/admin-api/subscription',
  'POST /user/admin-api/verify',
  'POST /user/follow',
  'POST /user/media/files',
  'POST /user/media/folders',
  'POST /user/unfollow',
  'PUT /user/admin-api/custom-data',
  'PUT /user/profile-picture',
  'PUT /user/status',
]

/** What these are about is not there in the matrix: requests, sessions, second factors. */
const NOTHING_THERE = [
  'DELETE /user/follow-entry',
  'DELETE /user/sessions/:id',
  'PATCH /user/follow-request',
  'POST /user/2fa/recovery-codes',
  'POST /user/2fa/totp/confirm',
]

/** Whom the scope lets in as far as the core, which lets no app have a hand in what its owner signs in with. */
const BROWSERS_ONLY = [
  'POST /user/2fa/totp',
  'POST /user/2fa/totp/confirm',
  'DELETE /user/2fa/totp',
  'POST /user/2fa/recovery-codes',
  'POST /user/admin-api/end-sessions',
  'POST /user/admin-api/remove-2fa',
]

/** They mail somebody: once in half a minute. */
const MAILS = ['POST /user/admin-api/resend-verification', 'POST /user/admin-api/send-password-reset']

/** What hands out rights: a token lets in as far as the core, which asks for what is given and for a browser. */
const GIVES_AWAY = [
  'POST /machine/admin-api/create',
  'POST /client/admin-api/create',
  'PATCH /client/admin-api/update',
  'POST /roles/admin-api/create',
  'PATCH /roles/admin-api/update',
  'DELETE /roles/admin-api/delete',
]

/** Making a link changes nothing: it is a way to read. */
const MADE_WHILE_RESTRICTED = ['POST /user/media/files/:fileId/links']
const UPLOAD = new Uint8Array([1, 2, 3])

/** Somebody for the routes about other people; each route has one of its own, whom it may ban or delete. */
let other: Person
/** A role that nobody has. */
const ROLE = 'matrix_role'
/** A client that nobody uses, and whoever may write clients may touch. */
const CLIENT = 'matrix-client'
/** A key that nobody uses. */
const MACHINE = 4096
let acts = 0

/** Where the examples of the API document are not enough: what is proved, and what there may be only one of. */
function bodyOf(route: Route): Record<string, unknown> {
  const example = exampleInput(route, 'json')
  const about = {
    ...example,
    ...('target' in example ? { target: other.id } : {}),
    ...('targets' in example ? { targets: [other.id] } : {}),
  }
  acts += 1
  switch (nameOf(route)) {
    case 'PATCH /user/me':
      return { bio: 'Changed.' }
    case 'POST /user/admin-api/end-sessions':
      return { target: other.id }
    case 'PATCH /user/admin-api/update':
      return { target: other.id, bio: 'Changed.' }
    case 'DELETE /user/me':
      return { password: PASSWORD }
    case 'POST /user/admin-api/create':
      return { ...example, username: `made_by_admin_${acts}`, email: `made${acts}@example.com`, role: 'user' }
    case 'POST /roles/admin-api/create':
      return { ...example, id: `role_${acts}`, ranking: 500, scopes: [neededBy(route)] }
    case 'PATCH /roles/admin-api/update':
      return { id: ROLE, displayName: `Changed ${acts}` }
    case 'DELETE /roles/admin-api/delete':
      return { id: ROLE }
    case 'POST /client/admin-api/create':
      return { ...example, client_id: `matrix-client-${acts}`, scope: neededBy(route) }
    case 'PATCH /client/admin-api/update':
      return { client_id: CLIENT, client_name: `Changed ${acts}` }
    case 'POST /client/admin-api/delete':
    case 'DELETE /client/admin-api/delete':
      return { client_id: CLIENT }
    case 'POST /machine/admin-api/create':
      return { kind: 'api_key', name: `Matrix ${acts}`, scope: 'delegated:profile:read' }
    case 'POST /machine/admin-api/revoke':
      return { id: MACHINE.toString(16).padStart(24, '0') }
    default:
      return about
  }
}

function call(client: Client, route: Route, headers: Record<string, string> = {}): Promise<Reply> {
  // By GET a cookie counts only where the browser says that its own person asked (wire §6.8).
  const options: Options = { method: route.method, headers: { 'sec-fetch-site': 'same-origin', ...headers } }
  const { upload } = route.tags
  if (upload?.form && upload.raw.length === 0) return client.fetch(route.path, { ...options, body: pictureForm(png()) })
  if (upload && upload.form === null) return client.fetch(route.path, { ...options, body: png() })
  const body = route.tags.upload ? UPLOAD : bodyOf(route)
  const params = exampleInput(route, 'query') as Record<string, string>
  const query = new URLSearchParams('target' in params ? { ...params, target: other.id } : params).toString()
  const path = concretePath(route, idFor(route)) + (query && `?${query}`)
  return client.fetch(path, route.method === 'GET' || Object.keys(body).length === 0 ? options : { ...options, body })
}

/** What the newest person has stored. */
let own: { file: string; folder: string }

function idFor({ path }: Route): string | undefined {
  if (path.includes(':userId')) return other.id
  if (path.includes(':clientId')) return CLIENT
  if (path.includes(':fileId')) return own.file
  return path.includes(':folderId') ? own.folder : undefined
}

function neededBy(route: Route): Scope {
  const scope = scopeOf(route)
  if (scope === null) throw new Error(`${nameOf(route)} declares no scope`)
  return scope
}

function expectUnauthorized(reply: Reply, challenge: string): void {
  expect([reply.status, reply.json.ok, reply.json.error]).toEqual([401, 0, 'Unauthorized'])
  expect(reply.headers.get('www-authenticate')).toBe(challenge)
  expect(reply.headers.get('cache-control')).toBe('no-store')
}

function expectInsufficient(reply: Reply, scope: Scope): void {
  expect([reply.status, reply.json.error, reply.json.additionalInfo.scope]).toEqual([403, 'InsufficientPrivileges', scope])
  expect(reply.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${scope}"`)
}

let people = 0
let originals: Promise<{ someone: Person; admin: Person }>
beforeAll(() => {
  originals = (async () => {
    const both = { someone: await signedInPerson('matrix_someone'), admin: await signedInAdmin('matrix_admin') }
    // Old enough for invite codes.
    await db.prepare("UPDATE users SET created_at = created_at - 60000 WHERE username LIKE 'matrix%'").run()
    return both
  })()
})
/** Signed in, with a role that may call the route. */
async function newPerson(route?: Route): Promise<Person> {
  people += 1
  const name = `matrix_${people}_person`
  const { someone, admin } = await originals
  if (route && isAdminRoute(route)) return copyOf(admin, name)
  const person = await copyOf(someone, name)
  if (route?.path.includes('/media/')) {
    own = { file: (await upload(person.client, 'mine.txt', UPLOAD)).json.data.file._id, folder: await newFolder(person.client, 'Mine') }
  }
  return person
}

const lasting = new Map<string, Person>()
/** The same one for every route, where all calls are refused for what they carry. */
async function lastingPerson(route: Route, name = 'one'): Promise<Person> {
  const key = `${name} ${isAdminRoute(route)}`
  const known = lasting.get(key) ?? (await newPerson(route))
  lasting.set(key, known)
  return known
}

/** A token that opens the route, and more. */
const tokenFor = (route: Route, person: Person, lifeSeconds?: number) =>
  userToken(person, [isAdminRoute(route) ? 'admin:all' : 'delegated:all'], lifeSeconds)

/** Scopes in plenty, none of which is for the route. */
function wrongScopesFor(route: Route): Scope[] {
  return ['client:all', isAdminRoute(route) ? 'delegated:all' : 'admin:all']
}

async function update(person: Person, sets: string): Promise<void> {
  await db.prepare(`UPDATE users SET ${sets} WHERE id = ?`).bind(idOf(person)).run()
}

async function newOther(route?: Route): Promise<void> {
  people += 1
  other = await copyOf((await originals).someone, `matrix_${people}_other`)
  if (route?.path.endsWith('/resend-verification')) await update(other, 'email_verified_at = NULL')
  await db
    .prepare(
      `INSERT OR IGNORE INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at)
       VALUES (?, 'Matrix', 500, 'Of the matrix', 'delegated:all', 0, 0, 0)`,
    )
    .bind(ROLE)
    .run()
  await db
    .prepare(
      `INSERT OR REPLACE INTO oauth_clients (id, name, token_endpoint_auth_method, redirect_uris, grant_types, scopes, created_at, updated_at)
       VALUES (?, 'Matrix', 'none', '["https://matrix.example/"]', 'authorization_code', 'admin:client:write', 0, 0)`,
    )
    .bind(CLIENT)
    .run()
  await db
    .prepare(
      "INSERT OR REPLACE INTO machine_credentials (id, kind, name, scopes, created_at) VALUES (?, 'api_key', 'Matrix', 'delegated:all', 0)",
    )
    .bind(MACHINE)
    .run()
}
beforeAll(() => newOther())

test('the matrix has routes in it', () => {
  expect(guarded.length).toBeGreaterThanOrEqual(50)
  expect(guarded.filter(isAdminRoute).length).toBeGreaterThanOrEqual(18)
  expect(guarded.length + open.length).toBe(userRoutes.length)
  expect(REFUSED_WHILE_RESTRICTED.filter((name) => !guarded.some((route) => nameOf(route) === name))).toEqual([])
})

describe.each(named(guarded))('%s', (_name, route) => {
  beforeAll(() => newOther(route))

  test('needs a credential', async () => {
    expectUnauthorized(await call(new Client(), route), 'Bearer')
  })

  test('refuses what is no credential', async () => {
    const token = await tokenFor(route, await lastingPerson(route))
    const [header = '', payload = '', signature = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const bad = ['dead', 'a.b.c', `${header}.${payload}.`, `${none}.${payload}.`, `${header}.${payload}.${signature.slice(0, -4)}AAAA`]
    for (const text of bad) expectUnauthorized(await call(bearerOf(text), route), 'Bearer error="invalid_token"')
    for (const authorization of ['Bearer', `Bearer ${token} x`]) {
      expectUnauthorized(await call(new Client(), route, { authorization }), 'Bearer error="invalid_token"')
    }
    // RFC 6750 §3.1: another scheme brings no token, so there is no error to tell of it.
    for (const authorization of ['Basic YTpi', token]) {
      expectUnauthorized(await call(new Client(), route, { authorization }), 'Bearer')
    }
  })

  test('a bad token is refused although a good cookie comes along', async () => {
    const { client } = await lastingPerson(route)
    expectUnauthorized(await call(client, route, { authorization: 'Bearer dead' }), 'Bearer error="invalid_token"')
  })

  test('refuses a token that has expired, and one of a revoked session', async () => {
    const person = await newPerson(route)
    expectUnauthorized(await call(bearerOf(await tokenFor(route, person, -60)), route), 'Bearer error="invalid_token"')
    const token = await tokenFor(route, person)
    await db.prepare('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?').bind(idOf(person)).run()
    expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    expectUnauthorized(await call(person.client, route), 'Bearer')
  })

  test('refuses a cookie that was tampered with', async () => {
    const one = await lastingPerson(route)
    const two = await lastingPerson(route, 'two')
    const [session, , secret] = (one.client.cookies.get('__Host-kith_session') ?? '').split('.')
    const forged = [
      `${session}.${two.id}.${secret}`,
      `${session}.${one.id}.x`,
      `${session}.${one.id}`,
      `${session}.${one.id}.${sha256(secret ?? '')}`,
      'x',
      '..',
      `${session}.${one.id}.${secret}.`,
    ]
    for (const value of forged) {
      expectUnauthorized(await call(new Client(), route, { cookie: `__Host-kith_session=${value}` }), 'Bearer')
    }
    const right = `${session}.${one.id}.${secret}`
    expectUnauthorized(await call(new Client(), route, { cookie: `kith_session=${right}` }), 'Bearer')
  })

  test('refuses a token without the scope, and takes one with it or with a parent', async () => {
    const scope = neededBy(route)
    const person = await newPerson(route)
    const unrelated = (Object.keys(SCOPES) as Scope[]).find(
      (one) => !coveredBy([one], scope) && one.startsWith('delegated:') && one.endsWith(':read'),
    )
    expectInsufficient(await call(bearerOf(await userToken(person, [unrelated ?? 'delegated:roles:read'])), route), scope)
    expectInsufficient(await call(bearerOf(await userToken(person, wrongScopesFor(route))), route), scope)
    // Nothing that was refused up to here has had an effect: the first call that may find what it is about.
    const first = NOTHING_THERE.includes(nameOf(route)) ? [404] : [200, 201]
    for (let held: Scope | null = scope; held !== null; held = SCOPES[held].parent) {
      const someone = await newPerson(route)
      const reply = await call(bearerOf(await userToken(someone, [held])), route)
      if (BROWSERS_ONLY.includes(nameOf(route))) {
        expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'browser_sign_in_required'])
      } else if (GIVES_AWAY.includes(nameOf(route))) {
        expect(reply.status).toBe(403)
        expect(held === '*' ? ['browser_sign_in_required'] : ['browser_sign_in_required', 'scope']).toContain(
          reply.json.additionalInfo.reason,
        )
      } else if (MAILS.includes(nameOf(route))) expect(held === scope ? [200] : [429], reply.text).toContain(reply.status)
      else expect(held === scope ? first : [200, 201, 404], `${held}: ${reply.text}`).toContain(reply.status)
    }
  })

  test('the role and the client cap what a token may do', async () => {
    const scope = neededBy(route)
    const person = await newPerson(route)
    const token = await userToken(person, ['*'])
    await update(person, "role = 'external_client'")
    expectInsufficient(await call(bearerOf(token), route), scope)
    if (isAdminRoute(route)) {
      const ordinary = await newPerson()
      expectInsufficient(await call(bearerOf(await userToken(ordinary, ['*'])), route), scope)
      expectInsufficient(await call(ordinary.client, route), scope)
    }
    const someone = await newPerson(route)
    const capped = await userToken(someone, ['*'])
    await db
      .prepare(
        "UPDATE oauth_clients SET scopes = 'delegated:system:settings:read' WHERE id = (SELECT client_id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL)",
      )
      .bind(idOf(someone))
      .run()
    expectInsufficient(await call(bearerOf(capped), route), scope)
  })

  test('is not for a client that acts for itself', async () => {
    expectInsufficient(await call(bearerOf(await clientToken(['*'])), route), neededBy(route))
  })

  test('refuses the token of a client that was disabled or deleted', async () => {
    for (const sql of ['UPDATE oauth_clients SET disabled_at = 1 WHERE id =', 'DELETE FROM oauth_clients WHERE id =']) {
      const person = await newPerson(route)
      const token = await tokenFor(route, person)
      await db.prepare(`${sql} (SELECT client_id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL)`).bind(idOf(person)).run()
      expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    }
  })

  test('refuses a banned, a deleted and a signed-out account on the very next request', async () => {
    for (const sets of ['banned_at = 1', 'banned_at = 1, banned_until = 99999999999999', 'deleted_at = 1', 'epoch = epoch + 1']) {
      const person = await newPerson(route)
      const token = await tokenFor(route, person)
      await update(person, sets)
      expectUnauthorized(await call(person.client, route), 'Bearer')
      expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    }
  })

  test('a ban or a restriction that has ended no longer counts', async () => {
    const person = await newPerson(route)
    await update(person, 'banned_at = 1, banned_until = 2, restricted_at = 1, restricted_until = 2')
    const reply = await call(person.client, route)
    expect([200, 201, 404, ...(MAILS.includes(nameOf(route)) ? [429] : [])], reply.text).toContain(reply.status)
  })

  test('a restricted account reads, and writes neither profile, social nor media', async () => {
    const person = await newPerson(route)
    await update(person, 'restricted_at = 1')
    const reply = await call(person.client, route)
    if (REFUSED_WHILE_RESTRICTED.includes(nameOf(route))) {
      expect([reply.status, reply.json.error, reply.json.additionalInfo.reason]).toEqual([403, 'Forbidden', 'restricted'])
    } else if (MADE_WHILE_RESTRICTED.includes(nameOf(route))) {
      expect(reply.status, reply.text).toBe(201)
    } else {
      expect([200, 404], reply.text).toContain(reply.status)
    }
  })
})

describe('routes that are open to everyone', () => {
  test.each(named(open))('%s does not look at credentials, dead ones neither', async (_name, route) => {
    for (const client of [new Client(), bearerOf('dead')]) {
      const reply = await call(client, route)
      expect([200, 201, 400, 401, 403, 409]).toContain(reply.status)
      if (reply.status === 401) expect(nameOf(route)).toBe('POST /user/login')
      // Whoever has a link needs nothing else; this one was signed by nobody.
      if (reply.status === 403) expect([nameOf(route), reply.json.additionalInfo.reason]).toEqual(['GET /files/:fileId', 'link_invalid'])
    }
  })
})

test('a scope that no route needs opens nothing', async () => {
  const person = await newPerson()
  await newOAuthClient()
  const client = bearerOf(await userToken(person, ['delegated:system:settings:read']))
  const statuses = await Promise.all(guarded.map(async (route) => (await call(client, route)).status))
  expect(new Set(statuses)).toEqual(new Set([403]))
})
