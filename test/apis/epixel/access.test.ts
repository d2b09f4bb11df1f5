// The access matrix of the room epixel: every route against every credential that must be refused, and the states of an account
// (wire §4.1; security rows 25, 26, 52-54).
import { beforeAll, describe, expect, test } from 'vitest'
import { epixel } from '../../../src/apis/epixel/index.ts'
import { issueKeyToken, requireLivingKey } from '../../../src/core/machines/keys.ts'
import type { MadeMachine } from '../../../src/core/machines/machines.ts'
import { coveredBy, SCOPES, type Scope } from '../../../src/core/scopes.ts'
import type { SessionId } from '../../../src/ids.ts'
import { count, newName, rows } from '../../support/actors.ts'
import { copyOf } from '../../support/copies.ts'
import { png } from '../../support/images.ts'
import { Client, type Options, type Reply } from '../../support/kith.ts'
import { makeMachine } from '../../support/machines.ts'
import { PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { named, nameOf, type Route, routesOfRoom, scopeOf } from '../../support/routes.ts'
import { clientToken, idOf, newCtx, newOAuthClient, userToken } from '../../support/tokens.ts'
import { STOPS } from '../../tour/index.ts'
import { Caller, expectErrors, INVALID, images, type Member, memberOf, ROOM, sharedKey } from './harness.ts'

const routes = routesOfRoom(epixel.app)
const guarded = routes.filter(({ tags }) => tags.access?.kind === 'scope')
const keyed = routes.filter(({ tags }) => tags.access?.kind === 'key')
const DAY = 86_400_000
const PERMISSION = { detail: 'You do not have permission to perform this action.' }

let original: Person
beforeAll(async () => {
  original = await signedInPerson('epixel_matrix')
})

const newPerson = () => copyOf(original, newName('matrix'))
const newMember = async (secret?: string): Promise<Member> => memberOf(await newPerson(), secret)

function bodyOf(route: Route, email: string): Options['body'] {
  if (route.tags.upload) return images(png(), png())
  if (route.path.endsWith('/login')) return { username: 'nobody_at_all', password: PASSWORD }
  if (route.path.endsWith('/refresh')) return { refresh: 'x' }
  return route.method === 'GET' ? undefined : { email, first_name: 'Changed' }
}

const call = (caller: Caller, route: Route, headers: Record<string, string> = {}, email = 'matrix@example.com', path = route.path) =>
  caller.call(route.method, path, bodyOf(route, email), { headers })

function expectUnauthorized(reply: Reply): void {
  expectErrors(reply, 401, { detail: INVALID })
  expect(reply.headers.get('www-authenticate')).toMatch(/^Bearer/)
  expect(reply.headers.get('cache-control')).toBe('no-store')
  expect(reply.headers.getSetCookie()).toEqual([])
}

const works = (member: Member, route: Route) => call(member, route, {}, member.person.email)

/** A token as `machine` would issue it, possibly for a foreign session. */
async function tokenUnder(machine: MadeMachine, person: Person, sessionId: number): Promise<string> {
  const ctx = newCtx()
  const key = await requireLivingKey(ctx, 'api_key', machine.secret)
  return issueKeyToken(ctx, { key, userId: idOf(person), sessionId: sessionId as SessionId })
}

test('the matrix has routes in it, and none is open to everyone', () => {
  expect(guarded).toHaveLength(6)
  expect(keyed.map(nameOf)).toEqual(['POST /user/login', 'POST /user/token/refresh'])
  expect(guarded.length + keyed.length).toBe(routes.length)
})

describe.each(named(keyed))('%s', (_name, route) => {
  test('needs an API key in force and nothing else', async () => {
    const [expired, robot, license] = [
      await makeMachine('api_key', { expiresAt: Date.now() - 1 }),
      await makeMachine('robot'),
      await makeMachine('license_key'),
    ]
    const revoked = await makeMachine('api_key')
    await rows('UPDATE machine_credentials SET revoked_at = 1 WHERE id = ?', revoked.machine.id)
    const { key, access } = await newMember()
    const before = await count('attempt_counters')
    for (const wrong of [
      null,
      '',
      'kith_ak_x',
      `${key}x`,
      key?.toLowerCase() ?? '',
      expired.secret,
      revoked.secret,
      robot.secret,
      license.secret,
    ]) {
      expectUnauthorized(await call(new Caller(wrong, null), route))
      expectUnauthorized(await call(new Caller(wrong, access), route))
    }
    expectUnauthorized(await call(new Caller(null, null), route, { authorization: `Bearer ${key}` }))
    expectUnauthorized(await call(new Caller(null, null), route, {}, '', `${route.path}?apikey=${key}`))
    expectUnauthorized(await new Caller(null, null).call(route.method, route.path, { ...(bodyOf(route, '') as object), apikey: key }))
    // Nobody can even try a password.
    expect(await count('attempt_counters')).toBe(before)
  })
})

describe.each(named(guarded))('%s', (_name, route) => {
  test('needs a key and a token, both valid, that belong together', async () => {
    const member = await newMember()
    const { key, access } = member
    const other = await makeMachine('api_key')
    const license = await makeMachine('license_key')
    for (const wrong of [null, '', 'kith_ak_x', `${key}x`, other.secret, license.secret, (await makeMachine('robot')).secret]) {
      expectUnauthorized(await call(new Caller(wrong, access), route))
    }
    for (const wrong of [null, '', 'dead', 'a.b.c', member.refresh, access?.slice(0, -4) ?? '', `${access} x`]) {
      expectUnauthorized(await call(new Caller(key, wrong), route))
    }
    expectUnauthorized(await call(new Caller(null, null), route))
    expectUnauthorized(await call(new Caller(null, null), route, {}, '', `${route.path}?apikey=${key}&access_token=${access}`))
    expectUnauthorized(await call(new Caller(key, null), route, {}, '', `${route.path}?access_token=${access}`))
    expect((await works(member, route)).status).toBe(200)
  })

  test('takes the scheme in any case, and no other', async () => {
    const { key, access, person } = await newMember()
    const caller = new Caller(key, null)
    for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR ']) {
      expect((await call(caller, route, { authorization: `${scheme} ${access}` }, person.email)).status).toBe(200)
    }
    for (const authorization of [`${access}`, `Token ${access}`, `Basic ${access}`, `Bearer${access}`, 'Bearer', '']) {
      expectUnauthorized(await call(caller, route, { authorization }, person.email))
    }
  })

  test('refuses tokens of other clients, of clients themselves, and of a session that is not of the key', async () => {
    const member = await newMember()
    const { key, person } = member
    expectUnauthorized(await call(new Caller(key, await userToken(person)), route))
    expectUnauthorized(await call(new Caller(key, await userToken(person, ['*'])), route))
    expectUnauthorized(await call(new Caller(key, await clientToken(['*'])), route))
    const other = await makeMachine('api_key')
    const [session] = await rows<{ id: number }>('SELECT id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL', idOf(person))
    const borrowed = await tokenUnder(other, person, session?.id ?? 0)
    for (const presented of [key, other.secret]) expectUnauthorized(await call(new Caller(presented, borrowed), route))
  })

  test('refuses a token that has expired, and one from before its key was revoked or has ended', async () => {
    const machine = await makeMachine('api_key', { expiresAt: Date.now() + DAY })
    const member = await newMember(machine.secret)
    expect((await works(member, route)).status).toBe(200)
    await rows('UPDATE machine_credentials SET expires_at = 1 WHERE id = ?', machine.machine.id)
    expectUnauthorized(await works(member, route))
    await rows('UPDATE machine_credentials SET expires_at = NULL, revoked_at = 1 WHERE id = ?', machine.machine.id)
    expectUnauthorized(await works(member, route))
    await rows('UPDATE machine_credentials SET revoked_at = NULL WHERE id = ?', machine.machine.id)
    await rows('UPDATE oauth_clients SET disabled_at = 1 WHERE id = ?', machine.machine.clientId)
    expectUnauthorized(await works(member, route))
  })

  test('a browser session does not count here, and a key without a token opens no other room', async () => {
    const person = await signedInPerson(newName('cookie'))
    const cookie = [...person.client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    expectUnauthorized(await call(new Caller(await sharedKey(), null), route, { cookie }))
    expectUnauthorized(await call(new Caller(null, null), route, { cookie }))
    expect((await new Client().get('/user/me', { headers: { apikey: await sharedKey() } })).status).toBe(401)
  })

  test('needs its scope of the key, or a parent of it', async () => {
    const scope = scopeOf(route) as Scope
    const unrelated = (Object.keys(SCOPES) as Scope[]).filter((one) => !coveredBy([one], scope) && !['profile', 'email'].includes(one))
    const narrow = await makeMachine('api_key', { scopes: unrelated })
    const refused = await works(await newMember(narrow.secret), route)
    expectErrors(refused, 403, PERMISSION)
    expect(refused.headers.get('www-authenticate')).toContain(`scope="${scope}"`)
    for (let held: Scope | null = scope; held !== null; held = SCOPES[held].parent) {
      const machine = await makeMachine('api_key', { scopes: [held] })
      expect([held, (await works(await newMember(machine.secret), route)).status]).toEqual([held, 200])
    }
    const lost = await makeMachine('api_key')
    const member = await newMember(lost.secret)
    await rows("UPDATE oauth_clients SET scopes = 'client:all' WHERE id = ?", lost.machine.clientId)
    expectErrors(await works(member, route), 403, PERMISSION)
  })

  test.each([
    ['signed out', 'UPDATE sessions SET revoked_at = 1 WHERE user_id = ?'],
    ['session over', 'UPDATE sessions SET expires_at = 1 WHERE user_id = ?'],
    ['session idle', 'UPDATE sessions SET idle_expires_at = 1 WHERE user_id = ?'],
    ['signed out everywhere', 'UPDATE users SET epoch = epoch + 1 WHERE id = ?'],
    ['banned', 'UPDATE users SET banned_at = 1 WHERE id = ?'],
    ['deleted', 'UPDATE users SET deleted_at = 1 WHERE id = ?'],
  ])('refuses who is %s, on the next request', async (_what, sql) => {
    const member = await newMember()
    expect((await works(member, route)).status).toBe(200)
    await rows(sql, idOf(member.person))
    expectUnauthorized(await works(member, route))
  })

  test('a ban that has ended does not count; a restricted account reads and cannot write', async () => {
    const member = await newMember()
    await rows('UPDATE users SET banned_at = 1, banned_until = 2 WHERE id = ?', idOf(member.person))
    expect((await works(member, route)).status).toBe(200)
    await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(member.person))
    const reply = await works(member, route)
    if (STOPS[nameOf(route).replace(' ', ` ${ROOM}`)]?.restricted === 'refused')
      expectErrors(reply, 403, { detail: 'This account is restricted' })
    else expect(reply.status).toBe(200)
  })
})

test('a key matches only its own client, whatever the token says', async () => {
  const clientId = await newOAuthClient()
  const machine = await makeMachine('api_key')
  await rows('UPDATE machine_credentials SET client_id = ? WHERE id = ?', clientId, machine.machine.id)
  const member = await newMember(machine.secret)
  await rows('UPDATE machine_credentials SET client_id = ? WHERE id = ?', machine.machine.clientId, machine.machine.id)
  expectUnauthorized(await member.get('/user/get/profile'))
})

test('pages of other origins may call it where CORS_ORIGINS says so, with an apikey header', async () => {
  const preflight = (origin: string) =>
    new Client().fetch('/epixel/v1/user/get/profile', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'GET', 'access-control-request-headers': 'apikey,authorization' },
    })
  const allowed = await preflight('https://app.kith.test')
  expect(allowed.headers.get('access-control-allow-origin')).toBe('https://app.kith.test')
  expect(allowed.headers.get('access-control-allow-headers')).toContain('apikey')
  expect((await preflight('https://evil.test')).headers.get('access-control-allow-origin')).toBeNull()
})
