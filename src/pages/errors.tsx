/**
 * Errors as people read them: what has happened, and what to do now. Complete, or it does not compile. Where only a
 * sign-in is missing, the browser is led to it and comes back.
 */
import type { Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { AppError, ErrorCode } from '../core/errors.ts'
import type { ShownError } from '../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../http/errors.ts'
import { showPage } from './layout.tsx'

const WRONG = 'Something in this request is wrong. Go back and try again.'
const NOT_ALLOWED = 'Your account may not do this. If you think it should, ask the people who run this service.'

const ERRORS = {
  invalid_request: [400, 'That did not work', WRONG],
  invalid_client: [401, 'That did not work', WRONG],
  invalid_grant: [400, 'That did not work', WRONG],
  unauthorized_client: [400, 'That did not work', WRONG],
  unsupported_grant_type: [400, 'That did not work', WRONG],
  unsupported_response_type: [400, 'That did not work', WRONG],
  request_not_supported: [400, 'That did not work', WRONG],
  request_uri_not_supported: [400, 'That did not work', WRONG],
  registration_not_supported: [400, 'That did not work', WRONG],
  unsupported_token_type: [400, 'That did not work', WRONG],
  invalid_scope: [400, 'That did not work', WRONG],
  access_denied: [403, 'Not allowed', NOT_ALLOWED],
  login_required: [401, 'Sign in first', 'Sign in and try again.'],
  consent_required: [403, 'Not allowed', NOT_ALLOWED],
  invalid_token: [401, 'Sign in first', 'Sign in and try again.'],
  insufficient_scope: [403, 'Not allowed', NOT_ALLOWED],
  temporarily_unavailable: [503, 'Busy just now', 'We cannot do this just now. Wait a moment and try again.'],
  // At the sign-in itself; from everywhere else the way leads there.
  unauthenticated: [401, 'Sign in first', 'The user name or the password is wrong. Check both and try again.'],
  email_not_verified: [403, 'Confirm your e-mail address', 'Confirm your e-mail address first, then try again.'],
  reauthentication_required: [403, 'Sign in again', 'Sign in again, then repeat what you were doing.'],
  cross_site_request: [403, 'Sent from another site', 'This form was not sent from our own page. Open the page here and send it again.'],
  account_restricted: [403, 'Your account is restricted', 'You can look, but not change anything. Ask the people who run this service.'],
  blocked: [403, 'Not allowed', NOT_ALLOWED],
  forbidden: [403, 'Not allowed', NOT_ALLOWED],
  not_found: [404, 'Page not found', 'There is nothing here. Check the address, or go to your account.'],
  method_not_allowed: [405, 'That did not work', WRONG],
  username_taken: [409, 'User name taken', 'This user name is taken. Choose another one.'],
  email_taken: [409, 'E-mail address taken', 'This e-mail address is taken. Choose another one, or sign in.'],
  already_exists: [409, 'Already there', 'This exists already. Choose something else.'],
  role_in_use: [409, 'That did not work', WRONG],
  system_role_update: [400, 'That did not work', WRONG],
  system_role_delete: [400, 'That did not work', WRONG],
  code_invalid: [400, 'Wrong code', 'This code is wrong, used or too old. Check it, or try the next one.'],
  invite_code_invalid: [400, 'Wrong invite code', 'This invite code is wrong or used. Ask for another one.'],
  invite_codes_hidden: [400, 'Not yet', 'Your account is very new. Wait a moment and open this page again.'],
  invalid_file: [400, 'File not taken', 'This file cannot be used. Choose another one.'],
  quota_exceeded: [403, 'No room left', 'There is no room left. Delete something first.'],
  length_required: [411, 'That did not work', WRONG],
  precondition_failed: [412, 'That did not work', WRONG],
  range_not_satisfiable: [416, 'That did not work', WRONG],
  request_timeout: [408, 'Too slow', 'This took too long. Try again.'],
  payload_too_large: [413, 'Too large', 'What you sent is too large. Make it smaller and try again.'],
  unsupported_media_type: [415, 'That did not work', WRONG],
  rate_limited: [429, 'Too many tries', 'There were too many tries.'],
  internal_error: [500, 'Something went wrong', 'This is our mistake, not yours. Try again in a moment.'],
} as const satisfies Record<ErrorCode, readonly [ContentfulStatusCode, string, string]>

export function statusOf(error: AppError): ContentfulStatusCode {
  return ERRORS[error.code][0]
}

/** What to read about an error: never the thrower's own text, which is for programs. */
export function messageOf(error: AppError): string {
  if (error.reason === 'form_out_of_date') return error.message
  const [, , message] = ERRORS[error.code]
  return error.code === 'rate_limited' ? `${message} Wait ${waitOf(error.retryAfter ?? 60)} and try again.` : message
}

function waitOf(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  return minutes <= 1 ? 'a minute' : `${minutes} minutes`
}

/** The headers that a browser has a use for. */
export function setErrorHeaders(c: Context, error: AppError): void {
  const { allow, 'retry-after': retryAfter } = errorHeaders(error)
  if (allow) c.header('Allow', allow)
  if (retryAfter) c.header('Retry-After', retryAfter)
}

/** Every failure of the pages ends here. */
export function renderError(thrown: unknown, c: Context): Response {
  const error = toAppError(thrown)
  logFailure(c, error)
  if (error.code === 'unauthenticated') return toSignIn(c, {})
  if (error.code === 'reauthentication_required') return toSignIn(c, { reauth: '1' })
  setErrorHeaders(c, error)
  return showError(c, { status: statusOf(error), title: ERRORS[error.code][1], message: messageOf(error) })
}

/** To the sign-in, and back to the page: a form's page has the form's own path. */
function toSignIn(c: Context, extra: Record<string, string>): Response {
  const { pathname, search } = new URL(c.req.url)
  const page = c.req.method === 'GET' ? pathname + search : pathname
  return c.redirect(`/sign-in?${new URLSearchParams({ return_to: page, ...extra })}`, 303)
}

/** An error as a page of its own; also for a room that has a browser before it. */
export function showError(c: Context, error: ShownError): Response {
  return showPage(
    c,
    { title: error.title, status: error.status, lead: error.message, hasError: true },
    <p>
      <a class="button secondary" href="/account">
        Go to your account
      </a>
    </p>,
  )
}
