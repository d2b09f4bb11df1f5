/**
 * Converts anything thrown to an `AppError`, and provides the last replies of every room: unknown paths and methods.
 * Rooms render; from here, internal details reach only the log.
 */
import type { Context, ErrorHandler, Handler, Hono, MiddlewareHandler } from 'hono'
import { accepts } from 'hono/accepts'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import { TrieRouter } from 'hono/router/trie-router'
import type { StepUp } from '../core/authentication-methods.ts'
import { AppError, type FieldIssue } from '../core/errors.ts'
import type { AppEnv, RoomName } from './app-env.ts'
import { DPOP_CHALLENGE, usesDpop } from './dpop.ts'

/** D1's transient errors (security §2.2: overload, reset, lost connection). */
const D1_PASSING =
  /Network connection lost|storage caused object to be reset|reset because its code was updated|overloaded|Too many requests queued|exceeded its CPU|timed out/
const RETRY_AFTER_SECONDS = 2

export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error
  if (error instanceof HTTPException && error.status < 500)
    return new AppError('invalid_request', 'The request is malformed', { cause: error })
  if (error instanceof Error && D1_PASSING.test(error.message)) {
    return AppError.tryAgain({ retryAfter: RETRY_AFTER_SECONDS, cause: error })
  }
  return new AppError('internal_error', 'An internal error occurred', { cause: error })
}

/**
 * A room's first middleware: its name, for the log, and how the app renders its failures. Hono's `room.onError` would wrap each handler of
 * the room in a chain of its own, at a tenth of the time of a short request.
 */
export function errorsAs(render: ErrorHandler<AppEnv>, room: RoomName): MiddlewareHandler<AppEnv> {
  return (c, next) => {
    c.set('renderError', render)
    c.set('room', room)
    return next()
  }
}

/** Logs a failure once: refusals by code, faults with their cause. Causes never reach a reply. */
export function logFailure(c: Context<AppEnv>, error: AppError): void {
  const fault = error.code === 'internal_error' || error.code === 'temporarily_unavailable'
  const cause = error.cause instanceof Error ? { cause: `${error.cause.name}: ${error.cause.message}`, stack: error.cause.stack } : {}
  c.var.ctx.log(fault ? 'error' : 'info', 'refused', {
    code: error.code,
    reason: error.reason,
    ...(fault ? { message: error.message, ...cause } : {}),
  })
}

/** Headers of an error, the same for every envelope: RFC 9110 §15.5.6, §15.5.17, §10.2.3; RFC 6750 §3, RFC 9470 §3. */
export function errorHeaders(error: AppError): Record<string, string> {
  const headers: Record<string, string> = {}
  if (error.allow) headers.allow = error.allow.join(', ')
  if (error.retryAfter !== undefined) headers['retry-after'] = String(Math.max(1, Math.ceil(error.retryAfter)))
  if (error.size !== undefined) headers['content-range'] = `bytes */${error.size}`
  if (error.code === 'unauthenticated') headers['www-authenticate'] = 'Bearer'
  // RFC 6749 §5.2, RFC 9110 §15.5.2: whether or not the client used this scheme.
  if (error.code === 'invalid_client') headers['www-authenticate'] = 'Basic realm="kith", charset="UTF-8"'
  if (error.code === 'invalid_token') headers['www-authenticate'] = 'Bearer error="invalid_token"'
  if (error.code === 'insufficient_scope') {
    headers['www-authenticate'] = `Bearer error="insufficient_scope"${error.scope ? `, scope="${error.scope}"` : ''}`
  }
  if (error.stepUp) headers['www-authenticate'] = toStepUpChallenge(error.message, error.stepUp)
  return headers
}

/** The path of the resource's metadata (RFC 9728 §3). */
export const RESOURCE_METADATA = '/.well-known/oauth-protected-resource'

/**
 * The same for a room of the resource that access tokens are for: the challenge also says where its metadata are (RFC
 * 9728 §5.1), and which scope a first token needs. It is of the scheme that the request used; one without a usable token
 * gets both (RFC 9449 §7.1).
 */
export function resourceErrorHeaders(error: AppError, c: Context<AppEnv>): Record<string, string> {
  const headers = errorHeaders(error)
  const challenge = headers['www-authenticate']
  if (!challenge?.startsWith('Bearer')) return headers
  const scope = error.code === 'unauthenticated' && error.scope ? `scope="${error.scope}", ` : ''
  const joint = challenge === 'Bearer' ? ' ' : ', '
  const bearer = `${challenge}${joint}${scope}resource_metadata="${c.var.ctx.config.origin}${RESOURCE_METADATA}"`
  if (!usesDpop(c)) return { ...headers, 'www-authenticate': error.status === 401 ? `${bearer}, ${DPOP_CHALLENGE}` : bearer }
  const params = bearer.slice('Bearer'.length).replace('"invalid_token"', `"${error.reason ?? 'invalid_token'}"`)
  return { ...headers, 'www-authenticate': `${DPOP_CHALLENGE},${params}` }
}

function toStepUpChallenge(message: string, { maxAgeMs, acrValues }: StepUp): string {
  const maxAge = maxAgeMs === undefined ? '' : `, max_age="${Math.floor(maxAgeMs / 1_000)}"`
  const acr = acrValues === undefined ? '' : `, acr_values="${acrValues.join(' ')}"`
  return `Bearer error="insufficient_user_authentication", error_description="${message}"${maxAge}${acr}`
}

/** The first field's issue, or the message, for envelopes with room for one sentence. */
export function toFirstText({ fields, message }: AppError): string {
  return fields[0] ? toFieldText(fields[0]) : message
}

/** Field names are the caller's text; an issue of the whole body has none. */
export const toFieldText = ({ path, message }: FieldIssue) => `${path || 'The body'} ${message}`

/** Whether a browser is navigating, so that a page can be shown instead of JSON. */
export function asksForPage(c: Context): boolean {
  const isRead = c.req.method === 'GET' || c.req.method === 'HEAD'
  return (
    isRead && accepts(c, { header: 'Accept', supports: ['application/json', 'text/html'], default: 'application/json' }) === 'text/html'
  )
}

/** For read-only paths outside of the rooms. */
export function readOnly(): never {
  throw new AppError('method_not_allowed', 'This path does not support the method', { allow: ['GET', 'HEAD'] })
}

/**
 * A room's last handler: 405 with `Allow` if the path has other methods, otherwise 404, as a page for browsers.
 * `mountedAt`: where this handler is mounted, unless it stands for the whole room.
 */
export function unmatched(room: Hono<AppEnv>, mountedAt?: string): Handler<AppEnv> {
  let router: TrieRouter<string> | undefined
  return (c) => {
    router ??= methodsByPath(room)
    const prefix = mountedAt ?? routePath(c).replace(/\/?\*$/, '')
    const path = c.req.path.slice(prefix.length) || '/'
    const methods = new Set(router.match('GET', path)[0].map(([method]) => method))
    if (methods.size === 0) {
      const error = new AppError('not_found')
      if (c.var.showFailure && asksForPage(c)) return c.var.showFailure(error, c)
      throw error
    }
    if (methods.has('GET')) methods.add('HEAD')
    throw new AppError('method_not_allowed', 'This path does not support the method', { allow: [...methods].sort() })
  }
}

function methodsByPath(room: Hono<AppEnv>): TrieRouter<string> {
  const router = new TrieRouter<string>()
  for (const { method, path } of room.routes) if (method !== 'ALL') router.add('GET', path, method)
  return router
}
