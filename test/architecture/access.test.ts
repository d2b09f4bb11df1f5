// Access is declared on the route, and the declaration is enforced (design §1.16, §5).
import { createExecutionContext } from 'cloudflare:test'
import { Hono } from 'hono'
import { describe, expect, test } from 'vitest'
import { renderError as renderEpixelError } from '../../src/apis/epixel/errors.ts'
import { ErrorReply as EpixelErrorReply } from '../../src/apis/epixel/wire.ts'
import { renderError as renderMirrorflyError } from '../../src/apis/mirrorfly/errors.ts'
import { ErrorReply as MirrorflyErrorReply } from '../../src/apis/mirrorfly/wire.ts'
import { ErrorReply as MovidaErrorReply, renderError as renderMovidaError } from '../../src/apis/movida/errors.ts'
import { renderError as renderMxitError } from '../../src/apis/mxit/errors.ts'
import { renderError as renderOAuthError } from '../../src/apis/oauth/errors.ts'
import { ErrorResponse } from '../../src/apis/oauth/wire.ts'
import { renderError as renderUserError } from '../../src/apis/user/errors.ts'
import { ErrorReply } from '../../src/apis/user/replies.ts'
import { buildRequestContext } from '../../src/context.ts'
import { AppError, ERROR_CODES, type ErrorCode } from '../../src/core/errors.ts'
import { requires, requiresOfClient, requiresSession } from '../../src/http/access.ts'
import type { AppEnv } from '../../src/http/app-env.ts'
import { bearer, browserSession, credentials } from '../../src/http/credentials.ts'
import { requestScope } from '../../src/http/request-scope.ts'
import { DOCUMENTS } from '../../src/rooms.ts'
import { ORIGIN, platform } from '../support/kith.ts'
import { signedInPerson } from '../support/people.ts'
import { allRoutes, nameOf, pageRoutes, routesOfRoom } from '../support/routes.ts'
import { PEOPLE_ACTS } from '../tour/pages-people.ts'

/** Outside of the rooms' documents: the documents themselves, the pages, and the developers' mailbox. */
const UNDOCUMENTED = ['GET /.well-known/change-password', 'GET /docs/:room{[a-z]+}', 'GET /', 'GET /dev/mailbox', ...pageRoutes.map(nameOf)]

describe('access', () => {
  test('every route declares who may call it', () => {
    expect(allRoutes.length).toBeGreaterThan(20)
    const silent = allRoutes.filter(({ tags }) => !tags.access).map(nameOf)
    expect(silent).toEqual([])
  })

  test('every route says what it is for, with the form of its answer', () => {
    const silent = allRoutes.filter(({ tags }) => !tags.description?.summary || !tags.description.response.status).map(nameOf)
    expect(silent.filter((name) => !UNDOCUMENTED.includes(name))).toEqual([])
  })

  test("every route is in its room's document, or among the few that describe nothing", () => {
    const documented = Object.values(DOCUMENTS).flatMap(({ mounts }) =>
      mounts.flatMap(({ prefix, room }) =>
        routesOfRoom(room).map(({ method, path }) => `${method} ${prefix}${path}`.replace(/(.)\/$/, '$1')),
      ),
    )
    expect(allRoutes.map(nameOf).filter((name) => !documented.includes(name))).toEqual(UNDOCUMENTED)
  })

  test('every page of an account or the console is behind a scope, every other page is for everyone', () => {
    for (const route of pageRoutes) {
      const kind = route.tags.access?.kind
      // Which of the console's sections somebody may open is what this one finds out.
      if (route.path === '/admin') expect(kind).toBe('session')
      // A button's path, to which a sign-in leads back, leads on.
      else if (route.method === 'GET' && PEOPLE_ACTS.includes(route.path)) expect(kind).toBe('anyone')
      else if (/^\/(account|admin|people)/.test(route.path)) expect([nameOf(route), kind]).toEqual([nameOf(route), 'scope'])
      else expect(['anyone', 'optional_session'], nameOf(route)).toContain(kind)
    }
  })

  test.each([
    ['requires', requires('delegated:profile:read')],
    ['requiresOfClient', requiresOfClient('delegated:profile:read')],
    ['requiresSession', requiresSession()],
  ] as const)('a route behind %s() that ends without the gate answers 500', async (_name, access) => {
    const { client } = await signedInPerson(`gateless_${crypto.randomUUID().slice(0, 8)}`)
    const app = new Hono<AppEnv>()
    app.onError(renderUserError)
    app.use(requestScope((c) => buildRequestContext(c.env, c.executionCtx, c.req.raw)))
    app.use(credentials(bearer, browserSession))
    app.get('/forgetful', access as never, (c) => c.json({ secret: 'of somebody' }))
    app.get('/mindful', access as never, async (c) => {
      await (c.var as unknown as { gate: () => Promise<unknown> }).gate()
      return c.json({ ok: 1 })
    })
    const cookie = [...client.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const ask = (path: string) => app.request(`${ORIGIN}${path}`, { headers: { cookie } }, platform.env, createExecutionContext())
    const forgetful = await ask('/forgetful')
    expect(forgetful.status).toBe(500)
    expect(await forgetful.text()).not.toContain('secret')
    expect((await ask('/mindful')).status).toBe(200)
  })
})

const ROOMS = [
  ['user', renderUserError, ErrorReply],
  ['oauth', renderOAuthError, ErrorResponse],
  ['movida', renderMovidaError, MovidaErrorReply],
  ['mirrorfly', renderMirrorflyError, MirrorflyErrorReply],
  ['mxit', renderMxitError, ErrorResponse],
  ['epixel', renderEpixelError, EpixelErrorReply],
] as const
/** Where an older API differs. */
const STATUS_OF: Readonly<Record<string, Partial<Record<ErrorCode, number>>>> = { movida: { invalid_request: 422 } }
/** Statuses that no other room may change; any other code is a 4xx. */
const STATUS: Partial<Record<ErrorCode, number>> = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_token: 401,
  unauthenticated: 401,
  insufficient_scope: 403,
  cross_site_request: 403,
  account_restricted: 403,
  not_found: 404,
  method_not_allowed: 405,
  username_taken: 409,
  email_taken: 409,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
  not_implemented: 501,
  upstream_failed: 502,
  temporarily_unavailable: 503,
}

describe.each(ROOMS)('errors of the room %s', (room, render, envelope) => {
  test.each(ERROR_CODES)('%s is rendered in the envelope, with its status', async (code) => {
    const cause = new Error('SQLITE_CONSTRAINT at /src/store/db/users.ts')
    const app = new Hono<AppEnv>()
    app.onError(render as never)
    app.use(requestScope((c) => buildRequestContext(c.env, c.executionCtx, c.req.raw)))
    app.get('/', () => {
      throw new AppError(code, undefined, { cause, retryAfter: 7, allow: ['PUT'], scope: 'delegated:profile:read' })
    })
    const response = await app.request(`${ORIGIN}/`, { headers: { accept: 'application/json' } }, platform.env, createExecutionContext())
    const text = await response.text()
    expect(envelope.safeParse(JSON.parse(text)).success, text).toBe(true)
    expect(text).not.toMatch(/SQLITE|\/src\//)
    const status = { ...STATUS, ...STATUS_OF[room] }[code]
    if (status) expect(response.status).toBe(status)
    else expect(Math.floor(response.status / 100)).toBe(4)
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f]{32}$/)
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('retry-after')).toBe('7')
    expect(response.headers.get('allow')).toBe('PUT')
    const challenge = response.headers.get('www-authenticate')?.replace(/[ ,]*resource_metadata="[^"]*"(?:, DPoP algs="[^"]*")?$/, '')
    if (room === 'movida') return expect(challenge?.startsWith('Digest ') ?? false).toBe(response.status === 401)
    if (code === 'insufficient_scope') expect(challenge).toBe('Bearer error="insufficient_scope", scope="delegated:profile:read"')
    if (code === 'invalid_token') expect(challenge).toBe('Bearer error="invalid_token"')
    // RFC 9728 §5.1, RFC 6750 §3: rooms of the resource that tokens are for say more.
    const isResource = room === 'user' || room === 'oauth'
    if (code === 'unauthenticated') expect(challenge).toBe(isResource ? 'Bearer scope="delegated:profile:read"' : 'Bearer')
  })
})
