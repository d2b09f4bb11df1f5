/**
 * The error catalogue (design §5). Each code has a status (RFC 9110 §15) and a parent: the nearest OAuth error (RFC
 * 6749 §4.1.2.1 and §5.2, RFC 6750 §3.1, RFC 7009 §2.2.1, OpenID Connect Core §3.1.2.6). A room lists only its
 * differences. `message` is for the caller, `cause` only for the log.
 */
import type { UserId } from '../ids.ts'
import type { StepUp } from './authentication-methods.ts'

export const ERRORS = {
  // RFC 6749, RFC 6750, OpenID Connect Core
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
  // RFC 9101 §7
  invalid_request_object: [400, 'invalid_request_object'],
  request_uri_not_supported: [400, 'request_uri_not_supported'],
  registration_not_supported: [400, 'registration_not_supported'],
  unsupported_token_type: [400, 'unsupported_token_type'],
  // RFC 7591 §3.2.2
  invalid_software_statement: [400, 'invalid_software_statement'],
  unapproved_software_statement: [400, 'unapproved_software_statement'],
  // RFC 8628
  authorization_pending: [400, 'authorization_pending'],
  slow_down: [400, 'slow_down'],
  expired_token: [400, 'expired_token'],
  temporarily_unavailable: [503, 'temporarily_unavailable'],
  // RFC 8707
  invalid_target: [400, 'invalid_target'],
  // RFC 9449
  invalid_dpop_proof: [400, 'invalid_dpop_proof'],
  use_dpop_nonce: [400, 'use_dpop_nonce'],
  // OpenID Connect Core Error Code unmet_authentication_requirements 1.0
  unmet_authentication_requirements: [403, 'access_denied'],
  // ours
  unauthenticated: [401, 'invalid_token'],
  email_not_verified: [403, 'access_denied'],
  reauthentication_required: [403, 'login_required'],
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
  not_implemented: [501, 'server_error'],
  upstream_failed: [502, 'server_error'],
} as const satisfies Record<string, readonly [status: number, parent: string]>
export type ErrorCode = keyof typeof ERRORS
/** The words that every room must have: OAuth's, and `server_error`. */
export type ParentCode = (typeof ERRORS)[ErrorCode][1]
export const ERROR_CODES = Object.keys(ERRORS) as ErrorCode[]

/** The default messages. */
const MESSAGES: Partial<Record<ErrorCode, string>> = {
  unauthenticated: 'You are not signed in',
  invalid_token: 'The access token is not valid',
  account_restricted: 'This account is restricted',
  not_found: 'Not found',
}

/**
 * What is wrong with a field, for rooms with words of their own. `invalid`: it breaks another rule; `worded`: the
 * message is already the room's own.
 */
export type FieldCode = 'required' | 'wrong_type' | 'too_long' | 'malformed_text' | 'not_editable' | 'wrong_code' | 'invalid' | 'worded'

/** A single wrong field. `value` is what was sent, omitted if secret. */
export interface FieldIssue {
  readonly code: FieldCode
  readonly path: string
  readonly location: 'body' | 'query' | 'params'
  readonly message: string
  /** The maximum number of characters (`too_long`). */
  readonly max?: number
  readonly value?: unknown
}

/** By default in the body and `invalid`. */
export type RefusedField = Omit<FieldIssue, 'location' | 'code'> & Partial<FieldIssue>

/** A body of 60 KB has thousands of unknown fields, and names each in a few bytes. */
const FIELDS_NAMED_MAX = 40

interface AppErrorOptions {
  readonly fields?: readonly FieldIssue[]
  /** Seconds after which the caller may retry. */
  readonly retryAfter?: number
  /** The methods that the path supports (405). */
  readonly allow?: readonly string[]
  /** The scope that was missing (RFC 6750 §3). */
  readonly scope?: string
  /** What an app has to ask for at the authorization endpoint to get further (RFC 9470 §3). */
  readonly stepUp?: StepUp
  /** The total size in bytes when a range was requested (416). */
  readonly size?: number
  /** A machine-readable detail that a room may show, such as `fresh_sign_in_required`. */
  readonly reason?: string
  /** What a page's text for the reason names, such as a provider. */
  readonly named?: Readonly<Record<string, string>>
  /** The account concerned, so that a page can lead on. Only if the caller has proved to be its owner. */
  readonly userId?: UserId
  /** For the developer of an app: pages show it in development only. */
  readonly hint?: string
  readonly cause?: unknown
}

export class AppError extends Error {
  override readonly name = 'AppError'
  readonly code: ErrorCode
  readonly fields: readonly FieldIssue[]
  readonly retryAfter: number | undefined
  readonly allow: readonly string[] | undefined
  readonly scope: string | undefined
  readonly stepUp: StepUp | undefined
  readonly size: number | undefined
  readonly reason: string | undefined
  readonly named: Readonly<Record<string, string>>
  readonly userId: UserId | undefined
  readonly hint: string | undefined

  constructor(code: ErrorCode, message?: string, options: AppErrorOptions = {}) {
    super(message ?? MESSAGES[code] ?? code, { cause: options.cause })
    this.code = code
    this.fields = options.fields ?? []
    this.retryAfter = options.retryAfter
    this.allow = options.allow
    this.scope = options.scope
    this.stepUp = options.stepUp
    this.size = options.size
    this.reason = options.reason
    this.named = options.named ?? {}
    this.userId = options.userId
    this.hint = options.hint
  }

  /** What was to change has changed meanwhile, or the store does not answer: the same request may succeed. */
  static tryAgain({ retryAfter = 1, cause }: Pick<AppErrorOptions, 'retryAfter' | 'cause'> = {}): AppError {
    return new AppError('temporarily_unavailable', 'Try again in a moment', { retryAfter, cause })
  }

  /** A refusal that names the wrong fields, the first of them if there are more than any schema has. */
  static ofFields(fields: readonly RefusedField[], code: ErrorCode = 'invalid_request', message = 'Some fields are invalid'): AppError {
    return new AppError(code, message, {
      fields: fields.slice(0, FIELDS_NAMED_MAX).map((field) => ({ code: 'invalid', location: 'body', ...field })),
    })
  }

  /** Throws a refusal that names these fields, if there are any. */
  static refuse(fields: readonly RefusedField[]): void {
    if (fields.length > 0) throw AppError.ofFields(fields)
  }

  get status() {
    return ERRORS[this.code][0]
  }

  get parent(): ParentCode {
    return ERRORS[this.code][1]
  }
}
