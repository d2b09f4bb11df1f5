/**
 * The error envelope of this room, and the words that Django's forms and its REST framework have for it (wire §4.2): clients
 * show them. Complete, or it does not compile.
 */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode, FieldIssue } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'
import { NOT_AN_IMAGE, toWireName, WRONG_TOKEN } from './wire.ts'

const INVALID_CREDENTIALS = 'The supplied authentication credentials are invalid.'
const PERMISSION = 'You do not have permission to perform this action.'

/** A status, and what is always said with it; without a text, what the error says. */
const ENVELOPE = {
  invalid_request: [400],
  invalid_client: [401, INVALID_CREDENTIALS],
  invalid_grant: [401, 'Token is invalid or expired'],
  unauthorized_client: [400],
  unsupported_grant_type: [400],
  unsupported_response_type: [400],
  invalid_scope: [400],
  access_denied: [403, PERMISSION],
  login_required: [401, INVALID_CREDENTIALS],
  consent_required: [403, PERMISSION],
  invalid_token: [401, INVALID_CREDENTIALS],
  insufficient_scope: [403, PERMISSION],
  request_not_supported: [400],
  request_uri_not_supported: [400],
  registration_not_supported: [400],
  unsupported_token_type: [400],
  temporarily_unavailable: [503, 'Service temporarily unavailable, try again later.'],
  unauthenticated: [401, INVALID_CREDENTIALS],
  email_not_verified: [401, 'No active account found with the given credentials'],
  reauthentication_required: [403],
  cross_site_request: [403],
  account_restricted: [403],
  blocked: [403, PERMISSION],
  forbidden: [403, PERMISSION],
  not_found: [404, 'Not found.'],
  method_not_allowed: [405],
  username_taken: [409],
  email_taken: [409],
  already_exists: [409],
  role_in_use: [409],
  system_role_update: [400],
  system_role_delete: [400],
  code_invalid: [400],
  invite_code_invalid: [400],
  invite_codes_hidden: [400],
  invalid_file: [400, NOT_AN_IMAGE],
  quota_exceeded: [403],
  length_required: [411],
  precondition_failed: [412],
  range_not_satisfiable: [416],
  request_timeout: [408],
  payload_too_large: [413],
  unsupported_media_type: [415],
  rate_limited: [429],
  internal_error: [500, 'A server error occurred.'],
} as const satisfies Record<ErrorCode, readonly [status: ContentfulStatusCode, text?: string]>

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  const [status] = ENVELOPE[appError.code]
  // RFC 9110 §15.5.2: a 401 names a way to do better.
  const challenge = status === 401 ? { 'www-authenticate': 'Bearer' } : {}
  return c.json(toErrorBody(appError), status, { ...challenge, ...errorHeaders(appError) })
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  return { status_code: ENVELOPE[error.code][0], errors: toErrors(error), data: {} }
}

function toErrors(error: AppError): Record<string, string | string[]> {
  const fields = new Map<string, string[]>()
  for (const issue of error.fields) {
    const name = toWireName(issue.path) || 'non_field_errors'
    fields.set(name, [...(fields.get(name) ?? []), wordsOf(issue)])
  }
  if (fields.size > 0) return Object.fromEntries(fields)
  const [, text] = ENVELOPE[error.code] as readonly [number, string?]
  // Both pictures are looked at before one of them, the cropped one, is decoded.
  if (error.code === 'invalid_file') return { cropped_image: [NOT_AN_IMAGE] }
  return { detail: error.code === 'rate_limited' ? throttled(error) : (text ?? error.message) }
}

function throttled({ reason, retryAfter = 0 }: AppError): string {
  const seconds = Math.max(1, Math.ceil(retryAfter))
  if (reason !== 'daily_limit') return `Request was throttled. Expected available in ${seconds} seconds.`
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (figure: number) => String(figure).padStart(2, '0')
  return `Your daily profile update limit exceeded. Expected available in ${two(hours)} hours ${minutes} minutes and ${two(rest)} seconds.`
}

/** What the core and the edge say of a field, where this room's own schemas have not said it in their words. */
const WORDS: readonly (readonly [RegExp, string])[] = [
  [/^is required$/, 'This field is required.'],
  [/^may not be changed$/, 'This field may not be changed.'],
  [/^must have at most (\d+) characters$/, 'Ensure this field has no more than $1 characters.'],
  [/^must be well-formed text without NUL$/, 'Null characters are not allowed.'],
  [/^(must be of the type string|is not a value that this field takes)$/, 'Not a valid string.'],
  [/^must be of the type object$/, 'Invalid data. Expected a dictionary.'],
]

function wordsOf({ path, message }: FieldIssue): string {
  if (path === 'email_code' && message === 'is wrong') return WRONG_TOKEN
  if (/^[A-Z"]/.test(message)) return message
  const [pattern, words] = WORDS.find(([said]) => said.test(message)) ?? []
  return pattern && words !== undefined ? message.replace(pattern, words) : 'Enter a valid value.'
}
