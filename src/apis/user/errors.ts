/** Liquid's error envelope: `{"ok":0,"error":"<Code>","additionalInfo":{...}}` (wire §3.1). */
import type { Context } from 'hono'
import type { AppError, ErrorCode, FieldIssue, ParentCode } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { logFailure, resourceErrorHeaders, toAppError } from '../../http/errors.ts'
import { toWireName } from './profile/wire.ts'

/** Liquid's word for each parent, then for codes with a word of their own. */
const WORDS: Readonly<Record<ParentCode, string> & Partial<Record<ErrorCode, string>>> = {
  invalid_request: 'ClientInputError',
  invalid_client: 'Unauthorized',
  invalid_grant: 'ClientInputError',
  unauthorized_client: 'ClientInputError',
  unsupported_grant_type: 'ClientInputError',
  unsupported_response_type: 'ClientInputError',
  invalid_scope: 'ClientInputError',
  access_denied: 'Forbidden',
  login_required: 'Unauthorized',
  consent_required: 'Forbidden',
  invalid_token: 'Unauthorized',
  insufficient_scope: 'InsufficientPrivileges',
  request_not_supported: 'ClientInputError',
  request_uri_not_supported: 'ClientInputError',
  invalid_request_object: 'ClientInputError',
  invalid_software_statement: 'ClientInputError',
  unapproved_software_statement: 'ClientInputError',
  registration_not_supported: 'ClientInputError',
  unsupported_token_type: 'ClientInputError',
  authorization_pending: 'ClientInputError',
  slow_down: 'ClientInputError',
  expired_token: 'ClientInputError',
  invalid_target: 'ClientInputError',
  invalid_dpop_proof: 'ClientInputError',
  use_dpop_nonce: 'ClientInputError',
  temporarily_unavailable: 'ServiceUnavailable',
  server_error: 'InternalServerError',
  email_not_verified: 'ResourceNotActive',
  reauthentication_required: 'Forbidden',
  blocked: 'Blocked',
  not_found: 'NotFound',
  method_not_allowed: 'MethodNotAllowed',
  username_taken: 'ResourceConflict',
  email_taken: 'ResourceConflict',
  already_exists: 'ResourceConflict',
  role_in_use: 'ResourceConflict',
  system_role_update: 'SystemRoleUpdate',
  system_role_delete: 'SystemRoleDelete',
  invite_code_invalid: 'InvalidInviteCode',
  invite_codes_hidden: 'InviteCodesHidden',
  invalid_file: 'InvalidFile',
  quota_exceeded: 'QuotaExceeded',
  length_required: 'LengthRequired',
  precondition_failed: 'PreconditionFailed',
  range_not_satisfiable: 'RangeNotSatisfiable',
  request_timeout: 'RequestTimeout',
  payload_too_large: 'PayloadTooLarge',
  unsupported_media_type: 'UnsupportedMediaType',
  rate_limited: 'RateLimitError',
}

/** Machine-readable reasons, for codes whose message is not enough. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  cross_site_request: 'cross_site',
  account_restricted: 'restricted',
  blocked: 'blocked',
  role_in_use: 'in_use',
}

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  return c.json(toErrorBody(appError, c.req), statusOf(appError), resourceErrorHeaders(appError, c))
}

/** A user with an unverified address is not signed in (wire §3.1). */
export const statusOf = ({ code, status }: AppError) => (code === 'email_not_verified' ? 401 : status)

type Asked = { readonly method: string; readonly path: string }

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError, { method, path }: Asked) {
  return { ok: 0, error: WORDS[error.code] ?? WORDS[error.parent], additionalInfo: toAdditionalInfo(error, { method, path }) }
}

function toAdditionalInfo(error: AppError, asked: Asked): Record<string, unknown> {
  if (error.code === 'not_found') return error.reason === undefined ? asked : { ...asked, reason: error.reason, message: error.message }
  if (error.code === 'username_taken') return { duplicateFields: ['username'] }
  if (error.code === 'email_taken') return { duplicateFields: ['email'] }
  if (error.code === 'already_exists') return { duplicateFields: error.fields.map(({ path }) => toWireName(path)) }
  if (error.code === 'code_invalid') {
    const location = asked.method === 'GET' ? 'query' : 'body'
    const paths = error.fields.length > 0 ? error.fields.map(({ path }) => path) : ['code']
    return { errors: paths.map((path) => ({ type: 'field', msg: error.message, path, location })) }
  }
  if (error.code === 'invite_codes_hidden') return { message: error.message, waitTime: Math.ceil(error.retryAfter ?? 0) }
  const reason = error.reason ?? REASONS[error.code]
  return {
    message: error.message,
    ...(reason ? { reason } : {}),
    ...(error.scope && error.code === 'insufficient_scope' ? { scope: error.scope } : {}),
    ...(error.retryAfter === undefined ? {} : { retryAfter: Math.ceil(error.retryAfter) }),
    ...(error.fields.length > 0 ? { errors: error.fields.map(toFieldError) } : {}),
  }
}

/** An item of express-validator, which Liquid's clients read (wire §3.1). */
function toFieldError({ message, path, location, ...rest }: FieldIssue) {
  return { type: 'field', location, ...('value' in rest ? { value: rest.value } : {}), path: toWireName(path), msg: message }
}
