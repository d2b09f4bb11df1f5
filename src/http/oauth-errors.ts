/** Errors in the words of OAuth, for rooms that answer in them: each code of the core with its status. Complete, or it does not compile. */
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode } from '../core/errors.ts'

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

/** The first field that is wrong, or what is wrong at all. Names of fields are the caller's text. */
export function toFirstText({ fields, message }: AppError): string {
  const [issue] = fields
  return issue ? `${issue.path || 'The body'} ${issue.message}` : message
}
