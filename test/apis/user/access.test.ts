// The access matrix: every route of the room against every kind of caller that must be refused (design §5), and the states of an
// account (security rows 25, 26). The tour says how a route is called, and what a restricted account gets.
import { beforeAll, describe, expect, test } from 'vitest'
import type { Scope } from '../../../src/core/scopes.ts'
import { coveredBy, SCOPES } from '../../../src/core/scopes.ts'
import { sha256 } from '../../../src/crypto.ts'
import { rows } from '../../support/actors.ts'
import { Client, type Reply } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { isAdminRoute, named, nameOf, type Route, userRoutes } from '../../support/routes.ts'
import { some } from '../../support/runs.ts'
import { bearerOf, clientToken, idOf, userToken } from '../../support/tokens.ts'
import { fileOf, hasLine, stopOf } from '../../tour/index.ts'
import { call, neededBy, newCaller, newOther, update } from '../../tour/scene.ts'
import type { Scene } from '../../tour/tour.ts'

const guarded = userRoutes.filter(({ tags }) => tags.access?.kind === 'scope' || tags.access?.kind === 'session')
const open = userRoutes.filter(({ tags }) => tags.access?.kind === 'anyone' || tags.access?.kind === 'optional_session')

/** RFC 9728 §5.1: every challenge says where the metadata of the resource are; RFC 9449 §7.1: and that DPoP is understood. Returns the rest. */
function challengeOf(reply: Reply): string {
  const challenge = reply.headers.get('www-authenticate') ?? ''
  const metadata = /[ ,]*resource_metadata="https:\/\/kith\.test\/\.well-known\/oauth-protected-resource"(?:, DPoP algs="[\w ]+")?$/
  expect(challenge).toMatch(metadata)
  expect(challenge.includes('DPoP')).toBe(reply.status === 401)
  return challenge.replace(metadata, '')
}

function expectUnauthorized(reply: Reply, challenge: string): void {
  expect([reply.status, reply.json.ok, reply.json.error]).toEqual([401, 0, 'Unauthorized'])
  expect(challengeOf(reply).replace(/[ ,]*scope="[^"]*"/, '')).toBe(challenge)
  expect(reply.headers.get('cache-control')).toBe('no-store')
}

function expectInsufficient(reply: Reply, scope: Scope): void {
  expect([reply.status, reply.json.error, reply.json.additionalInfo.scope]).toEqual([403, 'InsufficientPrivileges', scope])
  expect(challengeOf(reply)).toBe(`Bearer error="insufficient_scope", scope="${scope}"`)
}

/** The caller is let in as far as the link, which is missing. */
function expectNoLink({ status, json }: Reply): void {
  expect([status, json.additionalInfo.reason]).toEqual([403, 'link_invalid'])
}

const known = new Map<string, Promise<unknown>>()
/** Made on first use; the same for every route, because all calls are refused for what they carry. */
function lasting<T>(key: string, make: () => Promise<T>): Promise<T> {
  const made = known.get(key) ?? make()
  known.set(key, made)
  return made as Promise<T>
}
/** Somebody with what the route needs: administrators are not ordinary people. */
const kindOf = (route: Route) => (isAdminRoute(route) ? 'admin' : 'person')
const lastingPerson = (route: Route, name = 'one') =>
  lasting(`${name} ${kindOf(route)}`, () => newCaller(isAdminRoute(route) ? route : undefined))
/** None of their own: these never get that far. */
let about: Pick<Scene, 'other' | 'own'>
const callOf = (client: Client, route: Route, headers?: Record<string, string>) => call(client, route, about, headers)

/** A token that opens the route, and more. */
const tokenFor = (route: Route, person: Person, lifeSeconds?: number) =>
  userToken(person, [isAdminRoute(route) ? 'admin:all' : 'delegated:all'], lifeSeconds)

/** Plenty of scopes, none of which is for the route. */
const wrongScopesFor = (route: Route): Scope[] => ['client:all', isAdminRoute(route) ? 'delegated:all' : 'admin:all']

const CLIENT_OF = '(SELECT client_id FROM sessions WHERE user_id = ? AND client_id IS NOT NULL)'

beforeAll(async () => {
  about = { other: await newOther(), own: (await newCaller()).own }
})

test('the matrix has routes in it', () => {
  expect(guarded.length).toBeGreaterThanOrEqual(50)
  expect(guarded.filter(isAdminRoute).length).toBeGreaterThanOrEqual(18)
  expect(guarded.length + open.length).toBe(userRoutes.length)
})

describe.each(named(guarded))('%s', (_name, route) => {
  const stop = stopOf(route)
  const kind = kindOf(route)
  const index = guarded.indexOf(route)
  const unauthorized = async (client: Client, challenge: string) => expectUnauthorized(await callOf(client, route), challenge)
  const insufficient = async (client: Client) => expectInsufficient(await callOf(client, route), neededBy(route))

  test('needs a credential, and says which scope a token needs', async () => {
    await unauthorized(new Client(), 'Bearer')
    const scope = route.tags.access?.kind === 'scope' ? `Bearer scope="${route.tags.access.scope}"` : 'Bearer'
    expect(challengeOf(await callOf(new Client(), route))).toBe(scope)
  })

  test('refuses invalid credentials', async () => {
    const token = await lasting(`token ${kind}`, async () => tokenFor(route, await lastingPerson(route)))
    const [header = '', payload = '', signature = ''] = token.split('.')
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')
    const bad = ['dead', 'a.b.c', `${header}.${payload}.`, `${none}.${payload}.`, `${header}.${payload}.${signature.slice(0, -4)}AAAA`]
    for (const text of some(bad, index)) await unauthorized(bearerOf(text), 'Bearer error="invalid_token"')
    for (const authorization of ['Bearer', `Bearer ${token} x`]) {
      expectUnauthorized(await callOf(new Client(), route, { authorization }), 'Bearer error="invalid_token"')
    }
    // RFC 6750 §3.1: another scheme brings no token, so there is no error to report about one.
    for (const authorization of ['Basic YTpi', token]) {
      expectUnauthorized(await callOf(new Client(), route, { authorization }), 'Bearer')
    }
  })

  test('a bad token is refused although a good cookie comes along', async () => {
    const { client } = await lastingPerson(route)
    expectUnauthorized(await callOf(client, route, { authorization: 'Bearer dead' }), 'Bearer error="invalid_token"')
  })

  test('refuses a token that has expired, and one of a revoked session', async () => {
    const { client, expired, revoked } = await lasting(`ended ${kind}`, async () => {
      const person = await lastingPerson(route, 'ended')
      const tokens = { client: person.client, expired: await tokenFor(route, person, -60), revoked: await tokenFor(route, person) }
      await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', idOf(person))
      return tokens
    })
    for (const token of [expired, revoked]) await unauthorized(bearerOf(token), 'Bearer error="invalid_token"')
    await unauthorized(client, 'Bearer')
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
    for (const value of some(forged, index)) {
      expectUnauthorized(await callOf(new Client(), route, { cookie: `__Host-kith_session=${value}` }), 'Bearer')
    }
    const right = `${session}.${one.id}.${secret}`
    expectUnauthorized(await callOf(new Client(), route, { cookie: `kith_session=${right}` }), 'Bearer')
  })

  test('refuses a token without the scope, and takes one with it or with a parent', async () => {
    const scope = neededBy(route)
    const unrelated =
      (Object.keys(SCOPES) as Scope[]).find((one) => !coveredBy([one], scope) && one.startsWith('delegated:') && one.endsWith(':read')) ??
      'delegated:roles:read'
    for (const scopes of [[unrelated], wrongScopesFor(route)]) {
      await insufficient(bearerOf(await lasting(`${scopes} ${kind}`, async () => userToken(await lastingPerson(route), scopes))))
    }
    // None of the refused calls had an effect: this is the first call that may find its target.
    const first = stop.nothingThere ? [404] : [200, 201]
    for (let held: Scope | null = scope; held !== null; held = SCOPES[held].parent) {
      const [someone, other] = [await newCaller(route), await newOther(route)]
      const reply = await call(bearerOf(await userToken(someone, [held])), route, { other, own: someone.own })
      if (stop.app) {
        expect(reply.status).toBe(403)
        const isRefusedForRights = stop.app === 'gives_rights' && held !== '*'
        expect(['browser_sign_in_required', ...(isRefusedForRights ? ['scope'] : [])]).toContain(reply.json.additionalInfo.reason)
      } else if (stop.linked) expectNoLink(reply)
      else expect(held === scope ? first : [200, 201, 404], `${held}: ${reply.text}`).toContain(reply.status)
    }
  })

  test('the role and the client cap what a token may do', async () => {
    const token = await lasting(`role ${kind}`, async () => {
      const person = await lastingPerson(route, 'capped by role')
      await update(person, "role = 'external_client'")
      return userToken(person, ['*'])
    })
    await insufficient(bearerOf(token))
    if (isAdminRoute(route)) {
      const ordinary = await lasting('ordinary', () => newCaller())
      await insufficient(bearerOf(await lasting('token of ordinary', () => userToken(ordinary, ['*']))))
      await insufficient(ordinary.client)
    }
    const capped = await lasting(`client ${kind}`, async () => {
      const person = await lastingPerson(route, 'capped by client')
      const made = await userToken(person, ['*'])
      await rows(`UPDATE oauth_clients SET scopes = 'delegated:system:settings:read' WHERE id = ${CLIENT_OF}`, idOf(person))
      return made
    })
    await insufficient(bearerOf(capped))
  })

  test('is for a client that acts for itself only if the tour says so, and if it has the scope', async () => {
    const own = (scopes: readonly Scope[]) => lasting(`client of its own ${scopes}`, async () => bearerOf(await clientToken(scopes)))
    if (stop.client === undefined) return await insufficient(await own(['*']))
    expectInsufficient(await callOf(await own(['client:oauth:all', 'delegated:all', 'admin:all']), route), stop.client)
    for (let held: Scope | null = stop.client; held !== null; held = SCOPES[held].parent) {
      expect((await callOf(await own([held]), route)).status, held).toBe(200)
    }
  })

  test('refuses the token of a client that was disabled or deleted', async () => {
    for (const sql of ['UPDATE oauth_clients SET disabled_at = 1 WHERE id =', 'DELETE FROM oauth_clients WHERE id =']) {
      const token = await lasting(`${sql} ${kind}`, async () => {
        const person = await lastingPerson(route, sql)
        const made = await tokenFor(route, person)
        await rows(`${sql} ${CLIENT_OF}`, idOf(person))
        return made
      })
      await unauthorized(bearerOf(token), 'Bearer error="invalid_token"')
    }
  })

  test('refuses a banned, a deleted and a signed-out account on the very next request', async () => {
    for (const sets of ['banned_at = 1', 'banned_at = 1, banned_until = 99999999999999', 'deleted_at = 1', 'epoch = epoch + 1']) {
      const { client, token } = await lasting(`${sets} ${kind}`, async () => {
        const person = await lastingPerson(route, sets)
        const made = await tokenFor(route, person)
        await update(person, sets)
        return { client: person.client, token: made }
      })
      await unauthorized(client, 'Bearer')
      await unauthorized(bearerOf(token), 'Bearer error="invalid_token"')
    }
  })

  test('a ban or a restriction that has ended no longer counts', async () => {
    const [person, other] = [await newCaller(route), await newOther(route)]
    await update(person, 'banned_at = 1, banned_until = 2, restricted_at = 1, restricted_until = 2')
    const reply = await call(person.client, route, { other, own: person.own })
    if (stop.linked) return expectNoLink(reply)
    expect([200, 201, 404, ...(stop.mails ? [429] : []), ...(stop.signed ? [400] : [])], reply.text).toContain(reply.status)
  })

  test('a restricted account reads, and writes neither profile, social nor media', async () => {
    const [person, other] = [await newCaller(route), await newOther(route)]
    await update(person, 'restricted_at = 1')
    const reply = await call(person.client, route, { other, own: person.own })
    const says = `${reply.text}: say what a restricted account gets in ${fileOf(route)}`
    if (stop.restricted === 'refused') {
      expect([reply.status, reply.json.error, reply.json.additionalInfo.reason], says).toEqual([403, 'Forbidden', 'restricted'])
    } else if (stop.restricted === 'made') expect(reply.status, says).toBe(201)
    else if (stop.linked) expectNoLink(reply)
    else if (hasLine(route)) expect(stop.signed ? [400] : [200, 404], says).toContain(reply.status)
  })
})

describe('routes that are open to everyone', () => {
  test.each(named(open))('%s does not look at credentials, dead ones neither', async (_name, route) => {
    for (const client of [new Client(), bearerOf('dead')]) {
      const reply = await callOf(client, route)
      expect([200, 201, 400, 401, 403, 409]).toContain(reply.status)
      if (reply.status === 401) expect(nameOf(route)).toBe('POST /user/login')
      // A link is enough by itself; this one has an invalid signature.
      if (reply.status === 403) expect([nameOf(route), reply.json.additionalInfo.reason]).toEqual(['GET /files/:fileId', 'link_invalid'])
    }
  })
})

test('a scope that no route needs opens nothing', async () => {
  const client = bearerOf(await userToken(await newCaller(), ['delegated:system:settings:read']))
  const statuses = await Promise.all(guarded.map(async (route) => (await callOf(client, route)).status))
  expect(new Set(statuses)).toEqual(new Set([403]))
})

test('a token of ours that has expired is told so, of a revoked session as well; a forged one is not', async () => {
  const person = await signedInPerson('told_expired')
  const expired = await userToken(person, ['delegated:all', 'openid'], -60)
  const forged = `${expired.slice(0, -4)}AAAA`
  const revoked = await userToken(person, ['delegated:all', 'openid'])
  const saidOf = async (token: string) => {
    const [own, userinfo] = [await bearerOf(token).get('/user/me'), await bearerOf(token).get('/oauth/userinfo')]
    expect([own.status, userinfo.status, userinfo.json.error]).toEqual([401, 401, 'invalid_token'])
    return [own.json.additionalInfo.message, userinfo.json.error_description]
  }
  const isOver = ['The access token has expired', 'The access token has expired']
  expect(await saidOf(expired)).toEqual(isOver)
  await rows('UPDATE sessions SET revoked_at = 1 WHERE user_id = ?', idOf(person))
  expect(await saidOf(expired)).toEqual(isOver)
  const isWrong = ['The access token is not valid', 'The access token is not valid']
  expect(await saidOf(revoked)).toEqual(isWrong)
  expect(await saidOf(forged)).toEqual(isWrong)
})
