/**
 * What can go wrong at another provider, and what people are told about it. Text of a provider reaches neither a page
 * nor the log; what the log shows of an answer is its kind of error alone.
 */
import type { UpstreamProvider } from '../../config.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { Unacceptable, Unanswered } from '../outside.ts'

/** What Kith was doing: the log names it. */
export type UpstreamStep = 'discovery' | 'callback' | 'token' | 'keys' | 'userinfo'

/** As the library calls an answer with `WWW-Authenticate`; the library is loaded only when it is needed. */
const CHALLENGE = 'OAUTH_WWW_AUTHENTICATE_CHALLENGE'

const RETRY_AFTER_SECONDS = 10

/** RFC 6749 §4.1.2.1, and Apple's own word. */
const CANCELLED = new Set(['access_denied', 'user_cancelled_authorize'])

/** The state or the code is no longer good: only a new beginning helps. */
export const beginAgain = () =>
  new AppError('invalid_request', 'This sign-in has expired, or was begun in another window. Begin again.', {
    reason: 'upstream_begin_again',
  })

const cancelled = ({ name }: UpstreamProvider) =>
  new AppError('access_denied', `You cancelled the sign-in with ${name}.`, { reason: 'upstream_cancelled', named: { provider: name } })

const unavailable = ({ name }: UpstreamProvider) =>
  new AppError('temporarily_unavailable', `${name} does not answer. Try again in a moment, or sign in another way.`, {
    reason: 'upstream_unavailable',
    named: { provider: name },
    retryAfter: RETRY_AFTER_SECONDS,
  })

const failed = ({ name }: UpstreamProvider) =>
  new AppError('upstream_failed', `${name} did not confirm who you are. Try again, or sign in another way.`, {
    reason: 'upstream_failed',
    named: { provider: name },
  })

/** The error that a page shows for anything thrown in `step`. Logged here, once. */
export function toUpstreamError(ctx: Ctx, provider: UpstreamProvider, step: UpstreamStep, error: unknown): AppError {
  if (error instanceof AppError) return error
  const code = errorCodeOf(step, error)
  if (step === 'callback' && code !== null && CANCELLED.has(code)) return cancelled(provider)
  logUpstreamFailure(ctx, provider, step, error)
  if (error instanceof Unanswered || (step === 'callback' && isTemporary(code))) return unavailable(provider)
  // The code was used before, or its minute is over.
  if (step === 'token' && (code === 'invalid_grant' || code === 'bad_verification_code')) return beginAgain()
  return failed(provider)
}

export function logUpstreamFailure(ctx: Ctx, provider: UpstreamProvider, step: UpstreamStep, error: unknown): void {
  ctx.log('warn', 'upstream_failed', { provider: provider.id, step, cause: causeOf(error), code: errorCodeOf(step, error) })
}

const isTemporary = (code: string | null) => code === 'temporarily_unavailable' || code === 'server_error'

/** Our own words, or those of the library, which are constant. Messages of the runtime may quote an answer. */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown'
  const isOurs = error instanceof Unanswered || error instanceof Unacceptable
  const isOfLibrary = 'code' in error && String(error.code).startsWith('OAUTH_')
  return isOurs || isOfLibrary ? `${error.name}: ${error.message}` : error.name
}

/**
 * The `error` of an OAuth response, in a shape that can be logged. GitHub sends one with the status 200, so that the
 * library finds a token response without a token. A token endpoint that answers with a challenge alone refuses the client
 * (RFC 6749 §5.2).
 */
function errorCodeOf(step: UpstreamStep, error: unknown): string | null {
  if (!(error instanceof Error)) return null
  if (step === 'token' && 'code' in error && error.code === CHALLENGE) return 'invalid_client'
  const cause = error.cause as { body?: { error?: unknown } } | undefined
  const code = 'error' in error ? error.error : cause?.body?.error
  return typeof code === 'string' && /^[\w.-]{1,64}$/.test(code) ? code : null
}
