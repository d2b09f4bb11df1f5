/** Errors in this room's envelope and in the wording of Django forms and Django REST framework, which clients show to users (wire §4.2). */
import type { Context } from 'hono'
import type { AppError, ErrorCode, FieldIssue } from '../../core/errors.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'
import { NOT_AN_IMAGE, REQUIRED, toWireName, WRONG_TOKEN } from './wire.ts'

const INVALID_CREDENTIALS = 'The supplied authentication credentials are invalid.'
const PERMISSION = 'You do not have permission to perform this action.'

/** Without a usable token, a caller gets 401, whatever the reason (wire §4.2). */
const statusOf = ({ code, status }: AppError) => (code === 'invalid_grant' || code === 'email_not_verified' ? 401 : status)

/** Fixed messages. Other codes use the message of the error itself. */
const TEXTS: Partial<Record<ErrorCode, string>> = {
  invalid_client: INVALID_CREDENTIALS,
  invalid_grant: 'Token is invalid or expired',
  access_denied: PERMISSION,
  login_required: INVALID_CREDENTIALS,
  consent_required: PERMISSION,
  invalid_token: INVALID_CREDENTIALS,
  insufficient_scope: PERMISSION,
  temporarily_unavailable: 'Service temporarily unavailable, try again later.',
  unauthenticated: INVALID_CREDENTIALS,
  email_not_verified: 'No active account found with the given credentials',
  blocked: PERMISSION,
  forbidden: PERMISSION,
  not_found: 'Not found.',
  invalid_file: NOT_AN_IMAGE,
  internal_error: 'A server error occurred.',
}

export function renderError(error: unknown, c: Context<AppEnv>): Response {
  const appError = toAppError(error)
  logFailure(c, appError)
  const status = statusOf(appError)
  const headers = errorHeaders(appError)
  // RFC 9110 §15.5.2: a 401 carries a challenge, also for a wrong key: keys have a header of their own here, so Basic
  // is not an option.
  if (status === 401 && !headers['www-authenticate']?.startsWith('Bearer')) headers['www-authenticate'] = 'Bearer'
  return c.json(toErrorBody(appError), status, headers)
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError) {
  return { status_code: statusOf(error), errors: toErrors(error), data: {} }
}

function toErrors(error: AppError): Record<string, string | string[]> {
  const fields = new Map<string, string[]>()
  for (const issue of error.fields) {
    const name = toWireName(issue.path) || 'non_field_errors'
    fields.set(name, [...(fields.get(name) ?? []), wordsOf(issue)])
  }
  if (fields.size > 0) return Object.fromEntries(fields)
  // Both pictures have been inspected by now; only the cropped one is decoded.
  if (error.code === 'invalid_file') return { cropped_image: [NOT_AN_IMAGE] }
  return { detail: error.code === 'rate_limited' ? throttled(error) : (TEXTS[error.code] ?? error.message) }
}

function throttled({ reason, retryAfter = 0 }: AppError): string {
  const seconds = Math.max(1, Math.ceil(retryAfter))
  if (reason !== 'daily_limit') return `Request was throttled. Expected available in ${seconds} seconds.`
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (figure: number) => String(figure).padStart(2, '0')
  return `Your daily profile update limit exceeded. Expected available in ${two(hours)} hours ${minutes} minutes and ${two(rest)} seconds.`
}

/** For issues that this room's own schemas have not already worded. */
function wordsOf({ code, path, message, max }: FieldIssue): string {
  if (code === 'worded') return message
  if (code === 'required') return REQUIRED
  if (code === 'not_editable') return 'This field may not be changed.'
  if (code === 'wrong_code') return WRONG_TOKEN
  if (code === 'too_long') return `Ensure this field has no more than ${max} characters.`
  if (code === 'malformed_text') return 'Null characters are not allowed.'
  if (code === 'wrong_type') return path === '' ? 'Invalid data. Expected a dictionary.' : 'Not a valid string.'
  return 'Enter a valid value.'
}
