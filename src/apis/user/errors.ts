/** Liquid's error envelope: `{"ok":0,"error":"<Code>","additionalInfo":{...}}` (wire §3.1). Complete, or it does not compile. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode, FieldIssue } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'
import { toWireName } from './profile-wire.ts'

const ENVELOPE = {
  invalid_request: [400, 'ClientInputError'],
  invalid_client: [401, 'Unauthorized'],
  invalid_grant: [400, 'ClientInputError'],
  unauthorized_client: [400, 'ClientInputError'],
  unsupported_grant_type: [400, 'ClientInputError'],
  unsupported_response_type: [400, 'ClientInputError'],
  request_not_supported: [400, 'ClientInputError'],
  request_uri_not_supported: [400, 'ClientInputError'],
  registration_not_supported: [400, 'ClientInputError'],
  unsupported_token_type: [400, 'ClientInputError'],
  invalid_scope: [400, 'ClientInputError'],
  access_denied: [403, 'Forbidden'],
  login_required: [401, 'Unauthorized'],
  consent_required: [403, 'Forbidden'],
  invalid_token: [401, 'Unauthorized'],
  insufficient_scope: [403, 'InsufficientPrivileges'],
  temporarily_unavailable: [503, 'ServiceUnavailable'],
  unauthenticated: [401, 'Unauthorized'],
  email_not_verified: [401, 'ResourceNotActive'],
  reauthentication_required: [403, 'Forbidden'],
  cross_site_request: [403, 'Forbidden'],
  account_restricted: [403, 'Forbidden'],
  blocked: [403, 'Blocked'],
  forbidden: [403, 'Forbidden'],
  not_found: [404, 'NotFound'],
  method_not_allowed: [405, 'MethodNotAllowed'],
  username_taken: [409, 'ResourceConflict'],
  email_taken: [409, 'ResourceConflict'],
  already_exists: [409, 'ResourceConflict'],
  role_in_use: [409, 'ResourceConflict'],
  system_role_update: [400, 'SystemRoleUpdate'],
  system_role_delete: [400, 'SystemRoleDelete'],
  code_invalid: [400, 'ClientInputError'],
  invite_code_invalid: [400, 'InvalidInviteCode'],
  invite_codes_hidden: [400, 'InviteCodesHidden'],
  invalid_file: [400, 'InvalidFile'],
  quota_exceeded: [403, 'QuotaExceeded'],
  length_required: [411, 'LengthRequired'],
  precondition_failed: [412, 'PreconditionFailed'],
  range_not_satisfiable: [416, 'RangeNotSatisfiable'],
  request_timeout: [408, 'RequestTimeout'],
  payload_too_large: [413, 'PayloadTooLarge'],
  unsupported_media_type: [415, 'UnsupportedMediaType'],
  rate_limited: [429, 'RateLimitError'],
  internal_error: [500, 'InternalServerError'],
} as const satisfies Record<ErrorCode, readonly [ContentfulStatusCode, string]>

/** Reasons that a program may act on, for codes whose message alone is too little. */
const REASONS: Partial<Record<ErrorCode, string>> = {
  cross_site_request: 'cross_site',
  account_restricted: 'restricted',
  blocked: 'blocked',
  role_in_use: 'in_use',
}

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  const [status] = ENVELOPE[appError.code]
  return c.json(toErrorBody(appError, c.req), status, errorHeaders(appError))
}

type Asked = { readonly method: string; readonly path: string }

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError, { method, path }: Asked) {
  return { ok: 0, error: ENVELOPE[error.code][1], additionalInfo: toAdditionalInfo(error, { method, path }) }
}

function toAdditionalInfo(error: AppError, asked: Asked): Record<string, unknown> {
  if (error.code === 'not_found') return error.reason === undefined ? asked : { ...asked, reason: error.reason, message: error.message }
  if (error.code === 'username_taken') return { duplicateFields: ['username'] }
  if (error.code === 'email_taken') return { duplicateFields: ['email'] }
  if (error.code === 'already_exists') return { duplicateFields: error.fields.map(({ path }) => toWireName(path)) }
  if (error.code === 'code_invalid') {
    const location = asked.method === 'GET' ? 'query' : 'body'
    return { errors: [{ type: 'field', msg: error.message, path: 'code', location }] }
  }
  if (error.code === 'invite_codes_hidden') return { message: error.message, waitTime: Math.ceil(error.retryAfter ?? 0) }
  const reason = error.reason ?? REASONS[error.code]
  return {
    message: error.message,
    ...(reason ? { reason } : {}),
    ...(error.scope ? { scope: error.scope } : {}),
    ...(error.retryAfter === undefined ? {} : { retryAfter: Math.ceil(error.retryAfter) }),
    ...(error.fields.length > 0 ? { errors: error.fields.map(toFieldError) } : {}),
  }
}

/** express-validator's item, which Liquid's clients read (wire §3.1). */
function toFieldError({ message, path, ...rest }: FieldIssue) {
  return { type: 'field', ...rest, path: toWireName(path), msg: message }
}
