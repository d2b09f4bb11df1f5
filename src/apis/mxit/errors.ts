/**
 * The room's errors: `{"error","error_description"}`, which is what a client of the original looks for in JSON (wire §1.1). The
 * words are OAuth's where it has one.
 */
import type { Context } from 'hono'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable } from '../../http/authorization-response.ts'
import { errorHeaders, logFailure, toAppError, toFirstText } from '../../http/errors.ts'

/** What this room says in the core's word, and not in OAuth's. */
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

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  // The core's message mentions a password, which this protocol cannot send.
  const text = error.code === 'reauthentication_required' ? 'Sign in again first' : toFirstText(error)
  return { error: OWN_WORDS.has(error.code) ? error.code : error.parent, error_description: printable(text) }
}
