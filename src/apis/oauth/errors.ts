/**
 * Errors of the OAuth endpoints, in two channels: JSON (RFC 6749 §5.2), and by redirect from the authorization endpoint
 * once the core says that the redirect URI is to be trusted (§4.1.2.1).
 */
import type { ErrorHandler } from 'hono'
import type { AppError, FieldIssue } from '../../core/errors.ts'
import { AuthorizationError } from '../../core/oauth/authorize.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { printable, sendAuthorizationResponse, toErrorResponse } from '../../http/authorization-response.ts'
import { errorHeaders, logFailure, toAppError, toFirstText } from '../../http/errors.ts'
import { AuthorizeParameters, LogoutParameters } from './wire.ts'

/** Where a person sits in front of a browser. */
const PAGES = /\/(authorize|logout)$/

export const renderError: ErrorHandler<AppEnv> = (thrown, c) => {
  const error = toAppError(thrown instanceof AuthorizationError ? thrown.cause : thrown)
  logFailure(c, error)
  if (thrown instanceof AuthorizationError) return sendAuthorizationResponse(c, toErrorResponse(c.var.ctx, thrown))
  // OpenID Connect Core §3.1.2.6: its word for it is `login_required`.
  const status = error.code === 'reauthentication_required' ? 401 : error.status
  // RFC 6749 §5.1: neither replies nor errors of these endpoints may be cached. `Pragma` for HTTP/1.0.
  c.header('cache-control', 'no-store')
  c.header('pragma', 'no-cache')
  const { showError } = c.var
  if (showError && PAGES.test(c.req.path) && c.req.header('accept')?.includes('text/html')) {
    return showError(c, { status, title: 'That did not work', message: toPageText(error) })
  }
  // RFC 6750 §3.1.
  if (error.code === 'invalid_request' && c.req.path.endsWith('/userinfo')) c.header('www-authenticate', 'Bearer error="invalid_request"')
  return c.json(toErrorBody(error), status, errorHeaders(error))
}

/** The name of a parameter that nobody knows is the text of whoever made the link: on a page of ours it would pass for ours. */
function toPageText(error: AppError): string {
  const isKnown = ({ path }: FieldIssue) => [AuthorizeParameters, LogoutParameters].some(({ shape }) => Object.hasOwn(shape, path))
  return error.fields.every(isKnown) ? toFirstText(error) : 'The app that sent you here asks in a wrong way'
}

/** The body alone: the API document's examples are made by it as well. */
export function toErrorBody(error: AppError) {
  return { error: error.parent, error_description: printable(toFirstText(error)) }
}
