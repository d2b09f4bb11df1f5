/** Movida's errors: `<error><message>` and `<errors><error>` (wire §2.1), and the same in JSON. Complete, or it does not compile. */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import * as z from 'zod'
import type { AppError, ErrorCode } from '../../core/errors.ts'
import { NONCE_STALE } from '../../core/machines/robots.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../../http/errors.ts'
import { challenge } from './digest-auth.ts'
import { represent } from './representation.ts'

const STATUS = {
  invalid_request: 422,
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

const Message = z.object({ message: z.string() })
export const ErrorReply = z.union([z.object({ error: Message }), z.object({ errors: z.array(Message) })])

export function renderError(thrown: unknown, c: Context<AppEnv>): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  const status = STATUS[error.code]
  // A scope that is missing has a challenge for Bearer tokens, which nobody has here.
  const { 'www-authenticate': _, ...headers } = errorHeaders(error)
  if (status === 401) headers['www-authenticate'] = challenge(c.var.ctx, error.reason === NONCE_STALE)
  if (status === 429 && headers['retry-after'] !== undefined) headers['ratelimit-reset'] = headers['retry-after']
  return represent(c, { json: toErrorBody(error), xml: toElement(messagesOf(error)) }, status, headers)
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError): z.output<typeof ErrorReply> {
  const [first = '', ...rest] = messagesOf(error)
  if (rest.length === 0) return { error: { message: first } }
  return { errors: [first, ...rest].map((message) => ({ message })) }
}

function toElement(messages: readonly string[]) {
  const [first = '', ...rest] = messages
  if (rest.length === 0) return { name: 'error', content: [{ name: 'message', content: first }] }
  return { name: 'errors', content: messages.map((message) => ({ name: 'error', content: message })) }
}

function messagesOf(error: AppError): string[] {
  return error.fields.length > 0 ? error.fields.map(({ path, message }) => `${path} ${message}`) : [error.message]
}
