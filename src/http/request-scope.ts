/**
 * Wraps every request: its id on the reply and on every log line, security headers (ASVS 3.4), `Cache-Control:
 * no-store` unless a route says otherwise, the D1 bookmark after a write, the next DPoP nonce, and one log line at the end. It never fails,
 * because the reply to its failure would have none of these.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { setCookie } from 'hono/cookie'
import { matchedRoutes } from 'hono/route'
import type { Ctx } from '../core/ctx.ts'
import { currentNonce } from '../core/oauth/dpop-nonce.ts'
import { deliverLogoutNoticesLater } from '../core/oauth/logout-notices.ts'
import { deliverEventsLater } from '../core/webhooks/deliver.ts'
import type { AppEnv } from './app-env.ts'

const HSTS = 'max-age=31536000'
const NO_REFERRER = 'no-referrer'
/** On every reply, pages included. */
const FIXED = { 'x-content-type-options': 'nosniff', 'cross-origin-opener-policy': 'same-origin' } as const
const ALWAYS = Object.entries(FIXED)
/** For a reply that is made without this. */
export const HEADERS = { ...FIXED, 'strict-transport-security': HSTS, 'referrer-policy': NO_REFERRER, 'x-frame-options': 'DENY' } as const
/**
 * For pages with forms: under `no-referrer` browsers send `Origin: null` with a form, which would make our own forms
 * look foreign. Neither policy tells other sites anything.
 */
export const PAGE_REFERRER_POLICY = 'same-origin'
/** `X-Frame-Options` of a reply that a page of this site shows in a frame. */
export const FRAMED_HERE = 'SAMEORIGIN'
/** For everything but pages, which set their own: no content may load, run or be framed. */
export const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Longer than any replica should lag. */
const BOOKMARK_SECONDS = 60

export function requestScope(buildContext: (c: Context<AppEnv>) => Ctx): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const built = buildContext(c)
    const startedAt = built.now()
    c.set('ctx', built)
    c.set('identify', NOBODY)
    await next()
    // Limits may have put another one in its place.
    const ctx = c.get('ctx')
    setHeaders(c, ctx)
    if (ctx.db.endedSessions) deliverLogoutNoticesLater(ctx)
    if (ctx.db.hasWritten) deliverEventsLater(ctx)
    report(c, ctx, ctx.now() - startedAt)
  }
}

const NOBODY = async () => null

function setHeaders(c: Context<AppEnv>, ctx: Ctx): void {
  const { headers, status } = c.res
  headers.set('x-request-id', ctx.requestId)
  if (headers.get('referrer-policy') !== PAGE_REFERRER_POLICY) headers.set('referrer-policy', NO_REFERRER)
  if (headers.get('x-frame-options') !== FRAMED_HERE) headers.set('x-frame-options', 'DENY')
  for (const [name, value] of ALWAYS) headers.set(name, value)
  headers.set('strict-transport-security', ctx.config.hstsIncludesSubdomains ? `${HSTS}; includeSubDomains` : HSTS)
  // A route's caching rules do not apply to its failures.
  if (status >= 500 || !headers.has('cache-control')) headers.set('cache-control', 'no-store')
  if (!headers.has('content-security-policy')) headers.set('content-security-policy', NO_CONTENT_POLICY)
  // RFC 9449 §8.2: on every reply to a proof, so that the client always has a nonce that counts.
  if (c.req.header('dpop') !== undefined) headers.set('dpop-nonce', currentNonce(ctx))
  if (c.req.method === 'GET') return
  const bookmark = ctx.db.bookmark()
  if (!bookmark) return
  headers.set('x-d1-bookmark', bookmark)
  if (ctx.config.gate === 'replica' && (headers.has('set-cookie') || c.req.header('cookie'))) setBookmarkCookie(c, bookmark)
}

/** One line, and one point. Nothing in them is a person's: the route is the pattern, since a path or query may contain a code or an address. */
function report(c: Context<AppEnv>, ctx: Ctx, ms: number): void {
  const { method } = c.req
  const { status } = c.res
  const { kind: caller, clientId } = ctx.caller
  const { trips, rowsRead, rowsWritten } = ctx.usage
  const route = routeOf(c)
  const room = c.get('room') ?? 'pages'
  const client = clientId === null ? undefined : clientId
  ctx.log('info', 'request', { method, route, status, ms, trips, rowsRead, rowsWritten, caller, client, room })
  ctx.measure({ kind: 'request', route: `${method} ${route}`, status, caller, room, ms, trips, rowsRead, rowsWritten })
  if (ctx.config.environment === 'development') {
    c.res.headers.set('server-timing', `total;dur=${ms}, db;desc="${trips} trips, ${rowsRead} rows read, ${rowsWritten} written"`)
  }
}

/** Pages cannot send the header: with it, what a browser opens next is at least as new as what it has just changed. */
function setBookmarkCookie(c: Context, bookmark: string): void {
  const maxAge = BOOKMARK_SECONDS
  setCookie(c, 'kith_bookmark', bookmark, { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/', maxAge })
}

function routeOf(c: Context<AppEnv>): string {
  return matchedRoutes(c).findLast(({ method }) => method !== 'ALL')?.path ?? 'unmatched'
}
