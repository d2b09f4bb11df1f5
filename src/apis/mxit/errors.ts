/**
 * The room's errors: `{"error","error_description"}`, which clients of the original expect in JSON (wire §1.1). Codes
 * are OAuth's where it has one.
 */
import type { Context } from 'hono'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable } from '../../http/authorization-response.ts'
import { errorHeaders, logFailure, toAppError, toFirstText } from '../../http/errors.ts'

/** Codes sent as the core names them, not as OAuth does. */
const OWN_WORDS: ReadonlySet<ErrorCode> = new Set([
  'not_found',
  'method_not_allowed',
  'already_exists',
  'invalid_file',
  'quota_exceeded',
  'payload_too_large',
  'rate_limited',
] as const)

export function renderError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  return c.json(toErrorBody(error), error.status, errorHeaders(error))
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError) {
  // The core's message mentions a password, which this protocol cannot send.
  const text = error.code === 'reauthentication_required' ? 'Sign in again first' : toFirstText(error)
  return { error: OWN_WORDS.has(error.code) ? error.code : error.parent, error_description: printable(text) }
}
