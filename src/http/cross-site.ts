/**
 * Protection from pages of other origins: the CORS allow-list (exact origins, no reflection, `Vary: Origin`), and the
 * refusal of cross-site writes that use or set a cookie (ASVS 3.5; wire §6.8).
 */

import type { Context, MiddlewareHandler } from 'hono'
import { cors } from 'hono/cors'
import { BOT_CHECK_FIELD } from '../core/bot-check.ts'
import { callerOf } from '../core/calling-origins.ts'
import { AppError } from '../core/errors.ts'
import type { AppEnv } from './app-env.ts'
import { tag } from './tags.ts'

/** Request and response headers of files (RFC 9110 §13, §14; RFC 9530). */
const OF_FILES = ['content-digest', 'range', 'if-range', 'if-match', 'if-none-match']
const TOLD_OF_FILES = ['etag', 'accept-ranges', 'content-range', 'content-disposition', 'repr-digest']
const SAFE_METHODS = new Set(['GET', 'HEAD', 'OPTIONS'])

/** For public documents: any page may read them, without credentials. */
export function anyOrigin(): MiddlewareHandler {
  return cors({ origin: '*', allowMethods: ['GET'], exposeHeaders: ['x-request-id'], maxAge: 600 })
}

/** `headers`: further request headers of the room's callers. */
export function allowedOrigins(...headers: string[]): MiddlewareHandler<AppEnv> {
  const shared = {
    // RFC 9700 §2.6: not at the authorization endpoint, where browsers go themselves.
    origin: (origin: string, c: Context<AppEnv>) =>
      callerOf(c.var.ctx.config, origin) !== null && !c.req.path.endsWith('/authorize') ? origin : null,
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['authorization', 'content-type', 'dpop', 'x-d1-bookmark', BOT_CHECK_FIELD, ...OF_FILES, ...headers],
    // `Date`: whose clock is wrong makes DPoP proofs that count by ours.
    exposeHeaders: ['date', 'x-request-id', 'x-d1-bookmark', 'retry-after', 'www-authenticate', 'dpop-nonce', ...TOLD_OF_FILES],
    maxAge: 600,
  }
  const withCookies = cors({ ...shared, credentials: true })
  const withoutCookies = cors(shared)
  return async (c, next) => {
    const origin = c.req.header('origin')
    if (origin !== undefined || c.req.method === 'OPTIONS') {
      // Cloudflare sends it by itself, the local runtime does not.
      c.res.headers.set('date', new Date(c.get('ctx').now()).toUTCString())
      return callerOf(c.var.ctx.config, origin ?? '') === 'loopback' ? withoutCookies(c, next) : withCookies(c, next)
    }
    // No page of another origin: only caches have to know that such a page gets other headers.
    await next()
    c.res.headers.append('vary', 'Origin')
  }
}

/**
 * A page cannot send these schemes without a CORS preflight. Basic, Digest and Negotiate are added by the browser itself,
 * also to foreign forms.
 */
const ACCESS_TOKEN = /^(?:bearer|dpop) /i

/** Refuses writes sent by browsers from foreign pages. Programs send neither `Origin` nor `Sec-Fetch-Site`, so they pass. */
export function refuseCrossSiteWrites(): MiddlewareHandler<AppEnv> {
  const handler: MiddlewareHandler<AppEnv> = (c, next) => {
    if (!SAFE_METHODS.has(c.req.method) && !ACCESS_TOKEN.test(c.req.header('authorization') ?? '')) {
      const origin = c.req.header('origin')
      const site = c.req.header('sec-fetch-site')
      const { config } = c.get('ctx')
      const allowed =
        origin !== undefined
          ? origin === config.origin || config.corsOrigins.includes(origin)
          : site === undefined || site === 'same-origin' || site === 'none'
      if (!allowed) throw new AppError('cross_site_request', 'Requests from this origin are not allowed')
    }
    return next()
  }
  return tag(handler, { foreignPages: 'may only read' })
}

/**
 * For a GET with effects: accepts a cookie only if the browser says that no foreign page caused the request (wire
 * §6.8). An access token is never sent by accident.
 */
export function ownNavigationOnly(): MiddlewareHandler {
  const handler: MiddlewareHandler = async (c: Context<AppEnv>, next) => {
    const claim = await c.var.identify().catch(() => null)
    const site = c.req.header('sec-fetch-site')
    if (claim?.kind === 'browser' && site !== 'same-origin' && site !== 'none') {
      throw new AppError('cross_site_request', 'Use POST, or open this URL directly')
    }
    await next()
  }
  return tag(handler, { foreignPages: 'refused' })
}
