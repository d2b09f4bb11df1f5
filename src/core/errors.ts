/**
 * The one error vocabulary of the core (design §5). Codes are the field's words: RFC 6749 §4.1.2.1 and §5.2,
 * RFC 6750 §3.1, RFC 7009 §2.2.1, OpenID Connect Core §3.1.2.6, then ours. Each room maps all of them to its own envelope, or does not
 * compile. `message` is for the caller, `cause` only for the log.
 */
import type { UserId } from '../ids.ts'

export const ERROR_CODES = [
  // RFC 6749, RFC 6750, OpenID Connect Core
  'invalid_request',
  'invalid_client',
  'invalid_grant',
  'unauthorized_client',
  'unsupported_grant_type',
  'unsupported_response_type',
  'invalid_scope',
  'access_denied',
  'login_required',
  'consent_required',
  'invalid_token',
  'insufficient_scope',
  'request_not_supported',
  'request_uri_not_supported',
  'registration_not_supported',
  'unsupported_token_type',
  'temporarily_unavailable',
  // ours
  'unauthenticated',
  'email_not_verified',
  'reauthentication_required',
  'cross_site_request',
  'account_restricted',
  'blocked',
  'forbidden',
  'not_found',
  'method_not_allowed',
  'username_taken',
  'email_taken',
  'already_exists',
  'role_in_use',
  'system_role_update',
  'system_role_delete',
  'code_invalid',
  'invite_code_invalid',
  'invite_codes_hidden',
  'invalid_file',
  'quota_exceeded',
  'length_required',
  'precondition_failed',
  'range_not_satisfiable',
  'request_timeout',
  'payload_too_large',
  'unsupported_media_type',
  'rate_limited',
  'internal_error',
] as const
export type ErrorCode = (typeof ERROR_CODES)[number]

/** What is said where the thrower has nothing better to say. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'You are not signed in',
  invalid_token: 'The access token is not valid',
  account_restricted: 'This account is restricted',
  not_found: 'There is nothing here',
}

/** One field that is wrong. `value` is what was sent, left out where it is a secret. */
export interface FieldIssue {
  readonly path: string
  readonly location: 'body' | 'query' | 'params'
  readonly message: string
  readonly value?: unknown
}

interface AppErrorOptions {
  readonly fields?: readonly FieldIssue[]
  /** Seconds after which the caller may try again. */
  readonly retryAfter?: number
  /** The methods that the path does have (405). */
  readonly allow?: readonly string[]
  /** The scope that was missing (RFC 6750 §3). */
  readonly scope?: string
  /** Bytes of the whole of which a range was asked for (416). */
  readonly size?: number
  /** A machine-readable detail that a room may show, such as `fresh_sign_in_required`. */
  readonly reason?: string
  /** Whose account stands in the way, for a page that leads on. Only where the caller has proved to be its owner. */
  readonly userId?: UserId
  readonly cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly fields: readonly FieldIssue[]
  readonly retryAfter: number | undefined
  readonly allow: readonly string[] | undefined
  readonly scope: string | undefined
  readonly size: number | undefined
  readonly reason: string | undefined
  readonly userId: UserId | undefined

  constructor(code: ErrorCode, message?: string, options: AppErrorOptions = {}) {
    super(message ?? MESSAGES[code] ?? code, { cause: options.cause })
    this.code = code
    this.fields = options.fields ?? []
    this.retryAfter = options.retryAfter
    this.allow = options.allow
    this.scope = options.scope
    this.size = options.size
    this.reason = options.reason
    this.userId = options.userId
  }
}
