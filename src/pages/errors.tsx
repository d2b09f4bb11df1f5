/** Errors as users read them: what happened, and what to do now. If only a sign-in is missing, the browser is redirected there and back. */
import type { Context } from 'hono'
import type { AppError, ErrorCode, ParentCode } from '../core/errors.ts'
import { PASSKEY_REQUIRED } from '../core/sessions/second-factors.ts'
import type { ShownError } from '../http/app-env.ts'
import { errorHeaders, logFailure, toAppError } from '../http/errors.ts'
import { showPage } from './layout.tsx'

const DID_NOT_WORK = ['That did not work', 'This request is invalid. Go back and try again.'] as const
const FORBIDDEN = ['Not allowed', 'Your account may not do this. If you think it should, ask the people who run this service.'] as const

type Words = readonly [title: string, message: string]

/** What follows says where the next code comes from. */
export const WRONG_CODE = 'This code is wrong, used or expired.'

/** For each parent, then for codes that need more. */
const WORDS: Readonly<Record<ParentCode, Words> & Partial<Record<ErrorCode, Words>>> = {
  invalid_request: DID_NOT_WORK,
  invalid_client: DID_NOT_WORK,
  invalid_grant: DID_NOT_WORK,
  unauthorized_client: DID_NOT_WORK,
  unsupported_grant_type: DID_NOT_WORK,
  unsupported_response_type: DID_NOT_WORK,
  invalid_scope: DID_NOT_WORK,
  access_denied: FORBIDDEN,
  login_required: ['Sign in first', 'Sign in and try again.'],
  consent_required: FORBIDDEN,
  invalid_token: ['Sign in first', 'Sign in and try again.'],
  insufficient_scope: FORBIDDEN,
  request_not_supported: DID_NOT_WORK,
  request_uri_not_supported: DID_NOT_WORK,
  invalid_request_object: DID_NOT_WORK,
  registration_not_supported: DID_NOT_WORK,
  unsupported_token_type: DID_NOT_WORK,
  invalid_software_statement: DID_NOT_WORK,
  unapproved_software_statement: DID_NOT_WORK,
  authorization_pending: DID_NOT_WORK,
  slow_down: DID_NOT_WORK,
  expired_token: DID_NOT_WORK,
  invalid_target: DID_NOT_WORK,
  invalid_dpop_proof: DID_NOT_WORK,
  use_dpop_nonce: DID_NOT_WORK,
  temporarily_unavailable: ['Busy right now', 'We cannot do this right now. Wait a moment and try again.'],
  server_error: ['Something went wrong', 'This is our mistake, not yours. Try again in a moment.'],
  // Seen only at the sign-in itself; other pages redirect there.
  unauthenticated: ['Sign in first', 'The user name or the password is wrong. Check both and try again.'],
  email_not_verified: ['Confirm your e-mail address', 'Confirm your e-mail address first, then try again.'],
  reauthentication_required: ['Sign in again', 'Sign in again, then repeat what you were doing.'],
  cross_site_request: ['Sent from another site', 'This form was not sent from our own page. Open the page here and send it again.'],
  account_restricted: ['Your account is restricted', 'You can view pages but not change anything. Ask the people who run this service.'],
  not_found: ['Page not found', 'There is nothing here. Check the address, or go to your account.'],
  username_taken: ['User name taken', 'This user name is taken. Choose another one.'],
  email_taken: ['E-mail address taken', 'This e-mail address is taken. Choose another one, or sign in.'],
  already_exists: ['Already exists', 'This already exists. Choose something else.'],
  code_invalid: ['Wrong code', `${WRONG_CODE} Check it, or ask for another mail.`],
  invite_code_invalid: ['Wrong invite code', 'This invite code is wrong or used. Ask for another one.'],
  invite_codes_hidden: ['Not yet', 'Your account is very new. Wait a moment and open this page again.'],
  invalid_file: ['File not accepted', 'This file cannot be used. Choose another one.'],
  quota_exceeded: ['No space left', 'There is no space left. Delete something first.'],
  request_timeout: ['Too slow', 'This took too long. Try again.'],
  payload_too_large: ['Too large', 'What you sent is too large. Make it smaller and try again.'],
  rate_limited: ['Too many attempts', 'There were too many attempts.'],
}

/** For reasons that say more than the code. */
const WORDS_OF_REASONS: Readonly<Record<string, Words>> = {
  last_way_in: ['The only way in', 'This is the only way into your account. Add another one, or set a password, first.'],
  too_many_passkeys: ['Too many passkeys', 'You have as many passkeys as an account can have. Remove one first.'],
}

const wordsOf = (error: AppError): Words => WORDS_OF_REASONS[error.reason ?? ''] ?? WORDS[error.code] ?? WORDS[error.parent]
/** These name the other provider, as the operator does. */
const isOfUpstream = ({ reason }: AppError) => reason?.startsWith('upstream_') === true
const titleOf = (error: AppError) => (isOfUpstream(error) ? 'Sign-in not completed' : wordsOf(error)[0])

/** The text for users, never the error's own message, which is for programs. */
export function messageOf(error: AppError): string {
  if (error.reason === 'form_out_of_date' || isOfUpstream(error)) return error.message
  const [, message] = wordsOf(error)
  return error.code === 'rate_limited' ? `${message} Wait ${waitOf(error.retryAfter ?? 60)} and try again.` : message
}

function waitOf(seconds: number): string {
  const minutes = Math.ceil(seconds / 60)
  return minutes <= 1 ? 'a minute' : `${minutes} minutes`
}

/** The headers that browsers use. */
export function setErrorHeaders(c: Context, error: AppError): void {
  const { allow, 'retry-after': retryAfter } = errorHeaders(error)
  if (allow) c.header('Allow', allow)
  if (retryAfter) c.header('Retry-After', retryAfter)
}

export function renderError(thrown: unknown, c: Context): Response | Promise<Response> {
  const error = toAppError(thrown)
  logFailure(c, error)
  if (error.code === 'unauthenticated') return toSignIn(c, {})
  if (error.code === 'reauthentication_required') return toSignIn(c, { reauth: error.reason === PASSKEY_REQUIRED ? 'passkey' : '1' })
  setErrorHeaders(c, error)
  return showError(c, { status: error.status, title: titleOf(error), message: messageOf(error) })
}

/** Redirects to the sign-in, and then back to this page. A form's page has the address of the form. */
function toSignIn(c: Context, extra: Record<string, string>): Response {
  const { pathname, search } = new URL(c.req.url)
  return c.redirect(`/sign-in?${new URLSearchParams({ return_to: pathname + search, ...extra })}`, 303)
}

/** Shows an error as a page of its own, also for rooms that browsers visit. */
export function showError(c: Context, error: ShownError): Promise<Response> {
  return showPage(
    c,
    { title: error.title, lead: error.message, error },
    <p>
      <a class="button secondary" href="/account">
        Go to your account
      </a>
    </p>,
  )
}
