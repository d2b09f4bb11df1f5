/**
 * Errors of the OAuth endpoints: JSON (RFC 6749 §5.2), or, at the authorization endpoint, a redirect once the core
 * trusts the redirect URI (§4.1.2.1).
 */
import type { ErrorHandler } from 'hono'
import type { AppError, FieldIssue } from '../../core/errors.ts'
import { AuthorizationError } from '../../core/oauth/authorize.ts'
import { REQUEST_SPENT } from '../../core/oauth/pushed-requests.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable, sendAuthorizationResponse, toErrorResponse } from '../../http/authorization-response.ts'
import { logFailure, resourceErrorHeaders, toAppError, toFirstText } from '../../http/errors.ts'
import { AuthorizeParameters, LogoutParameters } from './wire.ts'

/** Endpoints that browsers visit. */
const PAGES = /\/(authorize|logout)$/

export const renderError: ErrorHandler<AppEnv> = (thrown, c) => {
  const error = toAppError(thrown instanceof AuthorizationError ? thrown.cause : thrown)
  logFailure(c, error)
  if (thrown instanceof AuthorizationError) return sendAuthorizationResponse(c, toErrorResponse(c.var.ctx, thrown))
  // OpenID Connect Core §3.1.2.6 calls this error `login_required`.
  // RFC 6749 §5.2, RFC 8628 §3.5: errors of the token endpoint are 400.
  const isDenied = error.code === 'access_denied' && c.req.path.endsWith('/token')
  const status = error.code === 'reauthentication_required' ? 401 : isDenied ? 400 : error.status
  // RFC 6749 §5.1: replies and errors of these endpoints must not be cached. `Pragma` is for HTTP/1.0.
  c.header('cache-control', 'no-store')
  c.header('pragma', 'no-cache')
  const { showError } = c.var
  if (showError && PAGES.test(c.req.path) && c.req.header('accept')?.includes('text/html')) {
    return showError(c, { status, error, detail: toDetail(error) })
  }
  // RFC 6750 §3.1.
  if (error.code === 'invalid_request' && c.req.path.endsWith('/userinfo')) c.header('www-authenticate', 'Bearer error="invalid_request"')
  return c.json(toErrorBody(error, c.req), status, resourceErrorHeaders(error, c))
}

/** The name of an unknown parameter is text chosen by the author of the link; on our page it would pass for ours. */
function toDetail(error: AppError): string | null {
  if (error.reason === REQUEST_SPENT) return null
  const isKnown = ({ path }: FieldIssue) => [AuthorizeParameters, LogoutParameters].some(({ shape }) => Object.hasOwn(shape, path))
  return error.fields.every(isKnown) ? toFirstText(error) : null
}

/** Also renders the examples in the API document. */
export function toErrorBody(error: AppError, { path }: { readonly path: string }) {
  const isOfRegistration = error.code === 'invalid_request' && /\/register(\/|$)/.test(path)
  // RFC 9449 §7.1: what is wrong with a proof that came with a token, as in the challenge.
  const parent = error.code === 'invalid_token' ? (error.reason ?? error.parent) : error.parent
  return { error: isOfRegistration ? toRegistrationError(error) : parent, error_description: printable(toFirstText(error)) }
}

/** RFC 7591 §3.2.2. */
function toRegistrationError({ fields }: AppError): string {
  return fields[0]?.path.startsWith('redirect_uris') ? 'invalid_redirect_uri' : 'invalid_client_metadata'
}
