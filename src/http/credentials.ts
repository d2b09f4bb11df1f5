/**
 * How callers authenticate: Bearer access tokens (RFC 6750) and the browser's session cookie. A room lists its readers
 * in `credentials(...)`; the first that finds a credential decides.
 */
import type { Context, MiddlewareHandler } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import type { Ctx } from '../core/ctx.ts'
import { AppError } from '../core/errors.ts'
import { KNOWN_DEVICE_MS } from '../core/limits.ts'
import { verifyAccessToken } from '../core/oauth/access-token.ts'
import type { Claim } from '../core/principal.ts'
import { DEVICE_COOKIE, deviceCookieOf } from '../core/sessions/device-cookie.ts'
import type { BrowserSession } from '../core/sessions/sessions.ts'
import { fromHex, type SessionId, toHex, type UserId } from '../ids.ts'
import type { AppEnv } from './app-env.ts'
import { readForm } from './bodies/reading.ts'

export type ReadCredential = (c: Context<AppEnv>) => Promise<Claim | null>

/** Hono adds the `__Host-` prefix: Secure, Path=/, no Domain (RFC 6265bis §4.1.3.2). */
const SESSION_COOKIE = 'kith_session'
/** Beside it: whoever looks at somebody's account stays signed in to their own. */
const IMPERSONATION_COOKIE = 'kith_impersonation'

export function credentials(...readers: ReadCredential[]): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    c.set('identify', async () => {
      for (const read of readers) {
        const claim = await read(c)
        if (claim === null) continue
        noteCaller(c.get('ctx'), claim)
        return claim
      }
      return null
    })
    return next()
  }
}

const KINDS = { browser: 'browser', access_token: 'app', client: 'service', robot: 'robot' } as const

/** For the log: what the credential claims. Whether it counts, the status tells. */
function noteCaller({ caller }: Ctx, claim: Claim): void {
  caller.kind = 'key' in claim && claim.key ? 'key' : KINDS[claim.kind]
  if (claim.kind === 'robot') caller.clientId = toHex(claim.machineId)
  else if (claim.kind !== 'browser') caller.clientId = claim.clientId
}

/**
 * `Authorization: Bearer`, case-insensitive. An invalid token is refused. For another scheme, the error names this one
 * and says nothing about a token (RFC 6750 §3.1).
 */
export const bearer: ReadCredential = async (c) => {
  const header = c.req.header('authorization')
  if (header === undefined) return null
  if (!/^bearer(?: |$)/i.test(header)) throw new AppError('unauthenticated')
  const token = /^bearer +([\w~+/.-]+=*) *$/i.exec(header)?.[1]
  const claim = token === undefined ? null : await verifyUnbound(c, token)
  if (!claim) throw new AppError('invalid_token', 'The access token is not valid')
  return claim
}

/** RFC 6750 §2.2: the token in a form. Tokens in the query (§2.3) or in two places at once are refused. */
export const bearerInForm: ReadCredential = async (c) => {
  const type = c.req.header('content-type')?.split(';')[0]?.trim().toLowerCase()
  if (c.req.method !== 'POST' || type !== 'application/x-www-form-urlencoded') return null
  const { access_token: token } = await readForm(c)
  if (token === undefined || token === '') return null
  if (c.req.header('authorization') !== undefined) throw new AppError('invalid_request', 'Send the token only once')
  const claim = await verifyUnbound(c, token)
  if (!claim) throw new AppError('invalid_token')
  return claim
}

/** A token bound to a key is refused under this scheme (RFC 9449 §7.2): whoever has stolen it has no proof. */
export async function verifyUnbound(c: Context<AppEnv>, token: string) {
  const claim = await verifyAccessToken(c.get('ctx'), token)
  if (claim?.jkt !== undefined) throw new AppError('invalid_token', 'The token is bound to a key: it needs the scheme DPoP and a proof')
  return claim
}

export const browserSession: ReadCredential = async (c) => toClaim(getCookie(c, SESSION_COOKIE, 'host'))

/** The same for what is the account's own: there, an administrator who looks at somebody's account is that person. */
export const personalSession: ReadCredential = async (c) => {
  const claim = toClaim(getCookie(c, IMPERSONATION_COOKIE, 'host'))
  return claim === null ? browserSession(c) : { ...claim, isImpersonation: true }
}

function toClaim(value: string | undefined) {
  const [session, user, secret, ...rest] = value?.split('.') ?? []
  if (session === undefined || user === undefined || secret === undefined || rest.length > 0) return null
  const sessionId = fromHex<SessionId>(session)
  const userId = fromHex<UserId>(user)
  return sessionId === null || userId === null ? null : ({ kind: 'browser', sessionId, userId, secret } as const)
}

/** Sets the session cookie and the device cookie, by which the account recognizes this browser from now on. */
export function setSignInCookies(c: Context, session: BrowserSession, now: number): void {
  clearImpersonationCookie(c)
  setSessionCookie(c, session, now)
  // Second, because some programs keep only the first cookie.
  setDeviceCookie(c, session, now)
}

/**
 * Sets the session cookie after a password change. Renews the device cookie only if the account already knew the
 * browser: otherwise anyone with a session and the password could collect devices, each with guesses of its own.
 */
export function renewSessionCookies(c: Context, session: BrowserSession, now: number): void {
  setSessionCookie(c, session, now)
  if (c.var.ctx.caller.device?.accounts.has(session.userId)) setDeviceCookie(c, session, now)
}

function setSessionCookie(c: Context, session: BrowserSession, now: number, name = SESSION_COOKIE): void {
  setCookie(c, name, `${toHex(session.id)}.${toHex(session.userId)}.${session.secret}`, {
    prefix: 'host',
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    path: '/',
    maxAge: Math.floor((session.expiresAt - now) / 1000),
  })
}

function setDeviceCookie(c: Context, { userId }: BrowserSession, now: number): void {
  const { caller, config } = c.var.ctx
  setCookie(c, DEVICE_COOKIE, deviceCookieOf(config.hmacKeys, caller.device, userId, now), {
    httpOnly: true,
    secure: true,
    sameSite: 'Lax',
    path: '/',
    maxAge: KNOWN_DEVICE_MS / 1000,
  })
}

export function clearSessionCookie(c: Context): void {
  clearImpersonationCookie(c)
  deleteCookie(c, SESSION_COOKIE, { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
}

export function setImpersonationCookie(c: Context, session: BrowserSession, now: number): void {
  setSessionCookie(c, session, now, IMPERSONATION_COOKIE)
}

/** False if there was none. */
export function clearImpersonationCookie(c: Context): boolean {
  if (getCookie(c, IMPERSONATION_COOKIE, 'host') === undefined) return false
  deleteCookie(c, IMPERSONATION_COOKIE, { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' })
  return true
}
