/**
 * Errors of the OAuth endpoints, in two channels: JSON (RFC 6749 §5.2), and by redirect from the authorization endpoint
 * once the core says that the redirect URI is to be trusted (§4.1.2.1).
 */
import type { ErrorHandler } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import { AuthorizationError } from '../../core/oauth/authorize.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable, sendAuthorizationResponse, toErrorResponse } from '../../http/authorization-response.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'

/** RFC 6749 has few words: its own, RFC 6750's and OpenID Connect's are kept, the rest takes the nearest. */
export const OAUTH_ERRORS = {
  invalid_request: [400, 'invalid_request'],
  invalid_client: [401, 'invalid_client'],
  invalid_grant: [400, 'invalid_grant'],
  unauthorized_client: [400, 'unauthorized_client'],
  unsupported_grant_type: [400, 'unsupported_grant_type'],
  unsupported_response_type: [400, 'unsupported_response_type'],
  invalid_scope: [400, 'invalid_scope'],
  access_denied: [403, 'access_denied'],
  login_required: [401, 'login_required'],
  consent_required: [403, 'consent_required'],
  invalid_token: [401, 'invalid_token'],
  insufficient_scope: [403, 'insufficient_scope'],
  request_not_supported: [400, 'request_not_supported'],
  request_uri_not_supported: [400, 'request_uri_not_supported'],
  registration_not_supported: [400, 'registration_not_supported'],
  unsupported_token_type: [400, 'unsupported_token_type'],
  temporarily_unavailable: [503, 'temporarily_unavailable'],
  unauthenticated: [401, 'invalid_token'],
  email_not_verified: [403, 'access_denied'],
  reauthentication_required: [401, 'login_required'],
  cross_site_request: [403, 'access_denied'],
  account_restricted: [403, 'access_denied'],
  blocked: [403, 'access_denied'],
  forbidden: [403, 'access_denied'],
  not_found: [404, 'invalid_request'],
  method_not_allowed: [405, 'invalid_request'],
  username_taken: [409, 'invalid_request'],
  email_taken: [409, 'invalid_request'],
  already_exists: [409, 'invalid_request'],
  role_in_use: [409, 'invalid_request'],
  system_role_update: [400, 'invalid_request'],
  system_role_delete: [400, 'invalid_request'],
  code_invalid: [400, 'invalid_request'],
  invite_code_invalid: [400, 'invalid_request'],
  invite_codes_hidden: [400, 'invalid_request'],
  invalid_file: [400, 'invalid_request'],
  quota_exceeded: [403, 'access_denied'],
  length_required: [411, 'invalid_request'],
  precondition_failed: [412, 'invalid_request'],
  range_not_satisfiable: [416, 'invalid_request'],
  request_timeout: [408, 'invalid_request'],
  payload_too_large: [413, 'invalid_request'],
  unsupported_media_type: [415, 'invalid_request'],
  rate_limited: [429, 'temporarily_unavailable'],
  internal_error: [500, 'server_error'],
} as const satisfies Record<ErrorCode, readonly [ContentfulStatusCode, string]>

/** Where a person sits in front of a browser. */
const PAGES = /\/(authorize|logout)$/

export const renderError: ErrorHandler<AppEnv> = (thrown, c) => {
  const error = toAppError(thrown instanceof AuthorizationError ? thrown.cause : thrown)
  logFailure(c, error)
  if (thrown instanceof AuthorizationError) return sendAuthorizationResponse(c, toErrorResponse(c.var.ctx, thrown))
  const [status] = OAUTH_ERRORS[error.code]
  // RFC 6749 §5.1: neither replies nor errors of these endpoints may be kept. `Pragma` for HTTP/1.0.
  c.header('cache-control', 'no-store')
  c.header('pragma', 'no-cache')
  const { showError } = c.var
  if (showError && PAGES.test(c.req.path) && c.req.header('accept')?.includes('text/html')) {
    return showError(c, { status, title: 'That did not work', message: toText(error) })
  }
  // RFC 6749 §5.2: a client that tried the header is told the scheme that it takes.
  if (error.code === 'invalid_client' && c.req.header('authorization') !== undefined) {
    c.header('www-authenticate', 'Basic realm="oauth", charset="UTF-8"')
  }
  // RFC 6750 §3.1.
  if (error.code === 'invalid_request' && c.req.path.endsWith('/userinfo')) c.header('www-authenticate', 'Bearer error="invalid_request"')
  return c.json(toErrorBody(error), status, errorHeaders(error))
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  return { error: OAUTH_ERRORS[error.code][1], error_description: printable(toText(error)) }
}

/** Names of fields are the caller's text. */
function toText(error: AppError): string {
  const [issue] = error.fields
  return issue ? `${issue.path} ${issue.message}` : error.message
}
