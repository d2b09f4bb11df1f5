// The access matrix: every route of the room against every kind of caller that must not get through (design §5), and
// the states of an account (security 1C 25, 26).
import { describe, expect, test } from 'vitest'
import type { Scope } from '../../../src/core/oauth/scopes.ts'
import { coveredBy, SCOPES } from '../../../src/core/oauth/scopes.ts'
import { sha256 } from '../../../src/crypto.ts'
import { Client, db, type Options, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { concretePath, exampleInput, nameOf, type Route, userRoutes } from '../../support/routes.ts'
import { bearerOf, clientToken, idOf, newOAuthClient, userToken } from '../../support/tokens.ts'

const guarded = userRoutes.filter(({ tags }) => tags.access?.kind === 'scope' || tags.access?.kind === 'session')
const open = userRoutes.filter(({ tags }) => tags.access?.kind === 'anyone' || tags.access?.kind === 'optional_session')
const named = (routes: readonly Route[]): [string, Route][] => routes.map((route) => [nameOf(route), route])

/** What a restricted account may not do. */
const REFUSED_WHILE_RESTRICTED = ['PATCH /user/me']

function call(client: Client, route: Route, headers: Record<string, string> = {}): Promise<Reply> {
  // By GET a cookie counts only where the browser says that its own person asked (wire §6.8).
  const options: Options = { method: route.method, headers: { 'sec-fetch-site': 'same-origin', ...headers } }
  const body = nameOf(route) === 'PATCH /user/me' ? { bio: 'Changed.' } : exampleInput(route, 'json')
  const query = new URLSearchParams(exampleInput(route, 'query') as Record<string, string>).toString()
  const path = concretePath(route) + (query && `?${query}`)
  return client.fetch(path, route.method === 'GET' || Object.keys(body).length === 0 ? options : { ...options, body })
}

function scopeOf(route: Route): Scope {
  const { access } = route.tags
  if (access?.kind !== 'scope') throw new Error(`${nameOf(route)} declares no scope`)
  return access.scope
}

function expectUnauthorized(reply: Reply, challenge: string): void {
  expect([reply.status, reply.json.ok, reply.json.error]).toEqual([401, 0, 'Unauthorized'])
  expect(reply.headers.get('www-authenticate')).toBe(challenge)
  expect(reply.headers.get('cache-control')).toBe('no-store')
}

function expectInsufficient(reply: Reply, scope: Scope): void {
  expect([reply.status, reply.json.error]).toEqual([403, 'InsufficientPrivileges'])
  expect(reply.headers.get('www-authenticate')).toBe(`Bearer error="insufficient_scope", scope="${scope}"`)
}

let people = 0
async function newPerson(): Promise<Person> {
  people += 1
  return signedInPerson(`matrix_${people}_person`)
}

async function update(person: Person, sets: string): Promise<void> {
  await db.prepare(`UPDATE users SET ${sets} WHERE id = ?`).bind(idOf(person)).run()
}

test('the matrix has routes in it', () => {
  expect(guarded.length).toBeGreaterThanOrEqual(9)
  expect(guarded.length + open.length).toBe(userRoutes.length)
})

describe.each(named(guarded))('%s', (_name, route) => {
  test('needs a credential', async () => {
    expectUnauthorized(await call(new Client(), route), 'Bearer')
  })

  test('refuses what is no credential', async () => {
    const token = await userToken(await newPerson())
    const [header = '', payload = '', signature = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const bad = ['dead', 'a.b.c', `${header}.${payload}.`, `${none}.${payload}.`, `${header}.${payload}.${signature.slice(0, -4)}AAAA`]
    for (const text of bad) expectUnauthorized(await call(bearerOf(text), route), 'Bearer error="invalid_token"')
    for (const authorization of ['Bearer', 'Basic YTpi', token, `Bearer ${token} x`]) {
      expectUnauthorized(await call(new Client(), route, { authorization }), 'Bearer error="invalid_token"')
    }
  })

  test('a bad token is refused although a good cookie comes along', async () => {
    const { client } = await newPerson()
    expectUnauthorized(await call(client, route, { authorization: 'Bearer dead' }), 'Bearer error="invalid_token"')
  })

  test('refuses a token that has expired, and one of a revoked session', async () => {
    const person = await newPerson()
    expectUnauthorized(await call(bearerOf(await userToken(person, ['delegated:all'], -60)), route), 'Bearer error="invalid_token"')
    const token = await userToken(person)
    await db.prepare('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?').bind(idOf(person)).run()
    expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    expectUnauthorized(await call(person.client, route), 'Bearer')
  })

  test('refuses a cookie that was tampered with', async () => {
    const one = await newPerson()
    const two = await newPerson()
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
    const scope = scopeOf(route)
    const person = await newPerson()
    const unrelated = (Object.keys(SCOPES) as Scope[]).find(
      (one) => !coveredBy([one], scope) && one.startsWith('delegated:') && one.endsWith(':read'),
    )
    expectInsufficient(await call(bearerOf(await userToken(person, [unrelated ?? 'delegated:roles:read'])), route), scope)
    expectInsufficient(await call(bearerOf(await userToken(person, ['client:all', 'admin:all'])), route), scope)
    for (let held: Scope | null = scope; held !== null; held = SCOPES[held].parent) {
      const someone = await newPerson()
      const reply = await call(bearerOf(await userToken(someone, [held])), route)
      expect([200, 400, 404], `${held}: ${reply.text}`).toContain(reply.status)
    }
  })

  test('the role and the client cap what a token may do', async () => {
    const scope = scopeOf(route)
    const person = await newPerson()
    const token = await userToken(person, ['*'])
    await update(person, "role = 'external_client'")
    expectInsufficient(await call(bearerOf(token), route), scope)
    const other = await newPerson()
    const capped = await userToken(other, ['*'])
    await db
      .prepare(
        "UPDATE oauth_clients SET scopes = 'delegated:roles:read' WHERE id = (SELECT client_id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL)",
      )
      .bind(idOf(other))
      .run()
    expectInsufficient(await call(bearerOf(capped), route), scope)
  })

  test('is not for a client that acts for itself', async () => {
    expectInsufficient(await call(bearerOf(await clientToken(['*'])), route), scopeOf(route))
  })

  test('refuses the token of a client that was disabled or deleted', async () => {
    for (const sql of ['UPDATE oauth_clients SET disabled_at = 1 WHERE id =', 'DELETE FROM oauth_clients WHERE id =']) {
      const person = await newPerson()
      const token = await userToken(person)
      await db.prepare(`${sql} (SELECT client_id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL)`).bind(idOf(person)).run()
      expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    }
  })

  test('refuses a banned, a deleted and a signed-out account on the very next request', async () => {
    for (const sets of ['banned_at = 1', 'banned_at = 1, banned_until = 99999999999999', 'deleted_at = 1', 'epoch = epoch + 1']) {
      const person = await newPerson()
      const token = await userToken(person)
      await update(person, sets)
      expectUnauthorized(await call(person.client, route), 'Bearer')
      expectUnauthorized(await call(bearerOf(token), route), 'Bearer error="invalid_token"')
    }
  })

  test('a ban or a restriction that has ended no longer counts', async () => {
    const person = await newPerson()
    await update(person, 'banned_at = 1, banned_until = 2, restricted_at = 1, restricted_until = 2')
    expect([200, 404]).toContain((await call(person.client, route)).status)
  })

  test('a restricted account reads, and writes neither profile, social nor media', async () => {
    const person = await newPerson()
    await update(person, 'restricted_at = 1')
    const reply = await call(person.client, route)
    if (REFUSED_WHILE_RESTRICTED.includes(nameOf(route))) {
      expect([reply.status, reply.json.error, reply.json.additionalInfo.reason]).toEqual([403, 'Forbidden', 'restricted'])
    } else {
      expect([200, 404]).toContain(reply.status)
    }
  })
})

describe('routes that are open to everyone', () => {
  test.each(named(open))('%s does not look at credentials, dead ones neither', async (_name, route) => {
    for (const client of [new Client(), bearerOf('dead')]) {
      const reply = await call(client, route)
      expect([200, 201, 400, 401, 409]).toContain(reply.status)
      if (reply.status === 401) expect(nameOf(route)).toBe('POST /user/login')
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
