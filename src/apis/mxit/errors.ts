/**
 * The room's errors: `{"error","error_description"}`, which is what a client of the original looks for in JSON (wire §1.1). The
 * words are OAuth's where it has one. Complete, or it does not compile.
 */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable } from '../../http/authorization-response.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'
import { OAUTH_ERRORS, toFirstText } from '../../http/oauth-errors.ts'

const ERRORS = {
  ...OAUTH_ERRORS,
  // Not 401: a client would get itself a new access token, with which it would be the same.
  reauthentication_required: [403, 'login_required'],
  not_found: [404, 'not_found'],
  method_not_allowed: [405, 'method_not_allowed'],
  already_exists: [409, 'already_exists'],
  invalid_file: [400, 'invalid_file'],
  quota_exceeded: [403, 'quota_exceeded'],
  payload_too_large: [413, 'payload_too_large'],
  rate_limited: [429, 'rate_limited'],
} as const satisfies Record<ErrorCode, readonly [ContentfulStatusCode, string]>

export function renderError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  return c.json(toErrorBody(error), ERRORS[error.code][0], errorHeaders(error))
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  // The core speaks of a password, for which this protocol has no place.
  const text = error.code === 'reauthentication_required' ? 'Sign in again first' : toFirstText(error)
  return { error: ERRORS[error.code][1], error_description: printable(text) }
}
