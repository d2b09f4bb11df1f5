// The access matrix of the room: every route against every credential that must not open it, and the states of an account.
import { beforeAll, describe, expect, test } from 'vitest'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import { coveredBy, SCOPES, type Scope } from '../../../src/core/scopes.ts'
import { Client, db, type Reply } from '../../support/kith.ts'
import { mxitRoutes, named, nameOf, type Route, scopeOf } from '../../support/routes.ts'
import { clientToken, idOf, newCtx, newOAuthClient, userToken } from '../../support/tokens.ts'
import { fileOf, stopOf } from '../../tour/index.ts'
import { act, isOpen, newScene, oldClient, routeNamed, type Scene } from './harness.ts'

const guarded = mxitRoutes.filter(({ tags }) => tags.access?.kind === 'scope')
/** For apps that act for themselves, too, with a scope of their own. */
const OF_APPS: Readonly<Record<string, Scope>> = {
  'GET /mxit/user/lookup/:person': 'client:profile:read',
  'GET /mxit/user/profile/:person': 'client:profile:read',
}
const OF_CLIENTS = ['GET /mxit/authorize', 'POST /mxit/token', 'POST /mxit/revoke']
const LOOKUP = routeNamed('GET /mxit/user/lookup/:person')

let scene: Scene
beforeAll(async () => {
  scene = await newScene(routeNamed('GET /mxit/user/media/list/:name'))
})

const personalScope = (route: Route) => scopeOf(route) as Scope
const tokenOf = (one: Scene, lifeSeconds?: number) => userToken(one.person, ['delegated:all', 'openid'], lifeSeconds)

function expectRefused(reply: Reply, status: number, error: string, challenge: string): void {
  expect([reply.status, reply.json?.error], reply.text).toEqual([status, error])
  expect(Object.keys(reply.json)).toEqual(['error', 'error_description'])
  expect(reply.headers.get('www-authenticate')).toBe(challenge)
  expect(reply.headers.get('cache-control')).toBe('no-store')
}
const expectUnauthorized = (reply: Reply, isToken = true) =>
  expectRefused(reply, 401, 'invalid_token', isToken ? 'Bearer error="invalid_token"' : 'Bearer')
const expectInsufficient = (reply: Reply, scope: Scope) =>
  expectRefused(reply, 403, 'insufficient_scope', `Bearer error="insufficient_scope", scope="${scope}"`)

const CLIENT = '(SELECT client_id FROM sessions WHERE user_id = ?1 AND client_id IS NOT NULL ORDER BY id DESC)'
const ENDS = [
  'UPDATE sessions SET revoked_at = 1 WHERE user_id = ?1 AND client_id IS NOT NULL',
  `UPDATE oauth_clients SET disabled_at = 1 WHERE id = ${CLIENT}`,
  `DELETE FROM oauth_clients WHERE id = ${CLIENT}`,
  ...['banned_at = 1', 'deleted_at = 1', 'epoch = epoch + 1'].map((sets) => `UPDATE users SET ${sets} WHERE id = ?1`),
]
/** To a token that opened the route until `sql` ran for its person. */
async function replyAfter(sql: string, route: Route): Promise<Reply> {
  const one = await newScene(route)
  const client = oldClient(await tokenOf(one))
  await db.prepare(sql).bind(idOf(one.person)).run()
  return act(route, one, client)
}

test('every route of the room is in the matrix', () => {
  expect(guarded.length).toBeGreaterThanOrEqual(22)
  expect(
    mxitRoutes
      .filter((route) => !guarded.includes(route) && !isOpen(route))
      .map(nameOf)
      .sort(),
  ).toEqual(OF_CLIENTS.sort())
})

describe.each(named(guarded))('%s', (name, route) => {
  test('needs a token: no header, another scheme and a cookie are refused', async () => {
    expectUnauthorized(await act(route, scene, oldClient(null)), false)
    expectUnauthorized(await act(route, scene, oldClient(null), { authorization: 'Basic YTpi' }), false)
    expectUnauthorized(await act(route, scene, oldClient(null), { authorization: await tokenOf(scene) }), false)
    const cookie = [...scene.person.client.cookies].map(([key, value]) => `${key}=${value}`).join('; ')
    expectUnauthorized(await act(route, scene, oldClient(null), { cookie, 'sec-fetch-site': 'same-origin' }), false)
  })

  test('refuses foreign and expired tokens', async () => {
    const token = await tokenOf(scene)
    const [header = '', payload = '', signature = ''] = token.split('.')
    const bad = ['dead', 'c71219af53f5409e9d1db61db8a08248', `${header}.${payload}.`, `${header}.${payload}.${signature.slice(0, -4)}AAAA`]
    for (const text of [...bad, await tokenOf(scene, -60)]) expectUnauthorized(await act(route, scene, oldClient(text)))
    expectUnauthorized(await act(route, scene, oldClient(null), { authorization: 'bearer' }))
    expectUnauthorized(await act(route, scene, oldClient(`${token} x`)))
  })

  test('refuses a token without the scope, and an app where a person is needed', async () => {
    const scope = personalScope(route)
    const unrelated = (Object.keys(SCOPES) as Scope[]).filter((one) => !coveredBy([one], scope) && !coveredBy([scope], one))
    expectInsufficient(await act(route, scene, oldClient(await userToken(scene.person, unrelated))), scope)
    const isForApps = name in OF_APPS
    const program = oldClient(await clientToken(isForApps ? ['client:oauth:introspect'] : ['client:all']))
    expectInsufficient(await act(route, scene, program), OF_APPS[name] ?? scope)
    if (isForApps) {
      expect((await act(route, scene, oldClient(await clientToken(['client:profile:read'])))).status).toBe(200)
      // A person's token is not an app's, whatever it claims to hold.
      expectInsufficient(await act(route, scene, oldClient(await userToken(scene.person, ['client:all']))), scope)
    }
  })

  test('takes the scope, whatever the case of the scheme, and answers exactly 200', async () => {
    const one = await newScene(route)
    const reply = await act(route, one, oldClient(await userToken(one.person, [personalScope(route)]), '/mxit', 'bEARER'))
    expect(reply.status, reply.text).toBe(200)
  })

  test('refuses a token whose session, client or account has ended, on the very next request', async () => {
    for (const sql of ENDS) expectUnauthorized(await replyAfter(sql, route))
  })

  test('refuses a role that may not', async () => {
    if (name === 'GET /mxit/userinfo') return
    expectInsufficient(await replyAfter("UPDATE users SET role = 'external_client' WHERE id = ?1", route), personalScope(route))
  })

  test('a restricted account reads, and writes nothing', async () => {
    const reply = await replyAfter('UPDATE users SET restricted_at = 1 WHERE id = ?1', route)
    const says = `${reply.text}: say what a restricted account gets in ${fileOf(route)}`
    if (stopOf(route).restricted === 'refused') expect([reply.status, reply.json.error], says).toEqual([403, 'access_denied'])
    else expect(reply.status, says).toBe(200)
  })
})

test.each(named(mxitRoutes.filter(isOpen)))('%s ignores credentials', async (_name, route) => {
  for (const authorization of [{}, { authorization: 'Bearer dead' }, { authorization: `Bearer ${await tokenOf(scene, -60)}` }]) {
    expect((await act(route, scene, oldClient(null), authorization)).status).toBe(200)
  }
})

test('an app\u2019s token dies with its client and its epoch', async () => {
  for (const sets of ['disabled_at = 1', 'epoch = epoch + 1', "scopes = 'client:oauth:introspect'"]) {
    const clientId = await newOAuthClient('client:profile:read')
    const grant = { clientId, scopes: ['client:profile:read'], lifeSeconds: 600, holder: { clientEpoch: 0 } } as const
    const client = oldClient(await issueAccessToken(newCtx(), grant))
    expect((await act(LOOKUP, scene, client)).status).toBe(200)
    await db.prepare(`UPDATE oauth_clients SET ${sets} WHERE id = ?`).bind(clientId).run()
    expect([401, 403]).toContain((await act(LOOKUP, scene, client)).status)
  }
})

test('another method is 405, another path 404, in the room\u2019s envelope', async () => {
  for (const [method, path, status, allow] of [
    ['PATCH', '/user/profile', 405, 'GET, HEAD, PUT'],
    ['POST', '/user/statusmessage', 405, 'GET, HEAD, PUT'],
    ['DELETE', '/user/media', 405, 'GET, HEAD'],
    ['GET', '/token', 405, 'POST'],
    ['GET', '/user', 404, null],
    ['GET', '/user/cover', 404, null],
    ['POST', '/message/send/', 404, null],
    ['GET', '', 404, null],
  ] as const) {
    const reply = await new Client().fetch(`/mxit${path}`, { method })
    expect([reply.status, Object.keys(reply.json ?? {}), reply.headers.get('allow')], `${method} ${path}`).toEqual([
      status,
      ['error', 'error_description'],
      allow,
    ])
  }
})
