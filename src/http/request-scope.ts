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
import type { AppEnv } from './app-env.ts'

/** On every reply, pages included. */
export const HEADERS = {
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'cross-origin-opener-policy': 'same-origin',
} as const
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
    const ctx = buildContext(c)
    c.set('ctx', ctx)
    c.set('identify', async () => null)
    await next()
    const { headers } = c.res
    headers.set('x-request-id', ctx.requestId)
    const isFramedHere = headers.get('x-frame-options') === FRAMED_HERE
    const policy = headers.get('referrer-policy') === PAGE_REFERRER_POLICY ? PAGE_REFERRER_POLICY : HEADERS['referrer-policy']
    for (const [name, value] of Object.entries(HEADERS)) headers.set(name, value)
    if (ctx.config.hstsIncludesSubdomains)
      headers.set('strict-transport-security', `${HEADERS['strict-transport-security']}; includeSubDomains`)
    headers.set('referrer-policy', policy)
    if (isFramedHere) headers.set('x-frame-options', FRAMED_HERE)
    // A route's caching rules do not apply to its failures.
    if (!headers.has('cache-control') || c.res.status >= 500) headers.set('cache-control', 'no-store')
    if (!headers.has('content-security-policy')) headers.set('content-security-policy', NO_CONTENT_POLICY)
    // RFC 9449 §8.2: on every reply to a proof, so that the client always has a nonce that counts.
    if (c.req.header('dpop') !== undefined) headers.set('dpop-nonce', currentNonce(ctx))
    if (c.req.method !== 'GET') {
      const bookmark = ctx.db.bookmark()
      if (bookmark) {
        headers.set('x-d1-bookmark', bookmark)
        if (ctx.config.gate === 'replica' && (headers.has('set-cookie') || c.req.header('cookie'))) setBookmarkCookie(c, bookmark)
      }
    }
    if (ctx.db.endedSessions) deliverLogoutNoticesLater(ctx)
    // The pattern, not the path: a path or query may contain a code or an address.
    ctx.log('info', 'request', { method: c.req.method, route: routeOf(c), status: c.res.status })
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
