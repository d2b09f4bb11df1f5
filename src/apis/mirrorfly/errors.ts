/** MirrorFly's error envelope: `{"status":N,"message":"..."}`, with the same status before it (wire §5.1). Complete, or it does not compile. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'

const STATUS = {
  invalid_request: 400,
  invalid_client: 401,
  invalid_grant: 400,
  unauthorized_client: 400,
  unsupported_grant_type: 400,
  unsupported_response_type: 400,
  request_not_supported: 400,
  request_uri_not_supported: 400,
  registration_not_supported: 400,
  unsupported_token_type: 400,
  invalid_scope: 400,
  access_denied: 403,
  login_required: 401,
  consent_required: 403,
  invalid_token: 401,
  insufficient_scope: 403,
  temporarily_unavailable: 503,
  unauthenticated: 401,
  email_not_verified: 403,
  reauthentication_required: 403,
  cross_site_request: 403,
  account_restricted: 403,
  blocked: 403,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  username_taken: 409,
  email_taken: 409,
  already_exists: 409,
  role_in_use: 409,
  system_role_update: 400,
  system_role_delete: 400,
  code_invalid: 400,
  invite_code_invalid: 400,
  invite_codes_hidden: 400,
  invalid_file: 400,
  quota_exceeded: 403,
  length_required: 411,
  precondition_failed: 412,
  range_not_satisfiable: 416,
  request_timeout: 408,
  payload_too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  internal_error: 500,
} as const satisfies Record<ErrorCode, ContentfulStatusCode>

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  return c.json(toErrorBody(appError), STATUS[appError.code], errorHeaders(appError))
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  const status = STATUS[error.code]
  // The one text that old clients look for: whatever is wrong with a token, they sign in again.
  return { status, message: status === 401 ? 'Token Expired' : toText(error) }
}

/** One field at a time: the envelope has room for a sentence. */
function toText(error: AppError): string {
  const [issue] = error.fields
  return issue ? `${issue.path} ${issue.message}` : error.message
}
