/**
 * Sends an authorization response to the client (RFC 6749 §4.1.2, Form Post Response Mode): as a redirect, or as a form
 * that the browser posts. Without scripts, the form has a button; its one script is fixed and allowed by its hash.
 */
import type { Context } from 'hono'
import { html } from 'hono/html'
import type { Ctx } from '../core/ctx.ts'
import { type AuthorizationError, type AuthorizationResponse, toAuthorizationResponse } from '../core/oauth/authorize.ts'
import { appendToRedirectUri } from '../core/oauth/redirect-uri.ts'
import type { AppEnv } from './app-env.ts'
import { toAppError } from './errors.ts'

/** Errors allowed in a response: RFC 6749 §4.1.2.1, OpenID Connect Core §3.1.2.6, and those of extensions. */
const ERRORS = new Set<string>([
  'invalid_request',
  'unauthorized_client',
  'access_denied',
  'unsupported_response_type',
  'invalid_scope',
  'invalid_target',
  'temporarily_unavailable',
  'login_required',
  'consent_required',
  'unmet_authentication_requirements',
  'request_not_supported',
  'request_uri_not_supported',
  'invalid_request_object',
  'registration_not_supported',
])
const DESCRIPTION_LENGTH_MAX = 200

/** A test compares the hash with the script. */
export const SUBMIT_SCRIPT = 'document.forms[0].submit()'
export const SUBMIT_SCRIPT_HASH = 'sha256-ePniVEkSivX/c7XWBGafqh8tSpiRrKiqYeqbG7N1TOE='
/** No `form-action`: browsers would also apply it to redirects of the client. */
const FORM_POLICY = `default-src 'none'; script-src '${SUBMIT_SCRIPT_HASH}'; base-uri 'none'; frame-ancestors 'none'`

/** RFC 9700 §4.12: never 307, which would post the user's input to the client. */
export function sendAuthorizationResponse(
  c: Context<AppEnv>,
  { redirectUri, params, mode }: AuthorizationResponse,
): Response | Promise<Response> {
  c.header('cache-control', 'no-store')
  c.header('pragma', 'no-cache')
  if (mode === 'query') return c.redirect(appendToRedirectUri(redirectUri, params), c.req.method === 'GET' ? 302 : 303)
  c.header('content-security-policy', FORM_POLICY)
  return c.html(formPage(redirectUri, params))
}

/** The response for an error, reduced to what the client may see. */
export function toErrorResponse(ctx: Ctx, thrown: AuthorizationError): AuthorizationResponse {
  const error = toAppError(thrown.cause)
  const code = ERRORS.has(error.code) ? error.code : 'server_error'
  const description = printable(code === 'server_error' ? 'An internal error occurred' : error.message)
  return toAuthorizationResponse(ctx, thrown.request, { error: code, error_description: description })
}

/** RFC 6749 appendix A.8: printable ASCII without quotes and backslash. */
export function printable(text: string): string {
  return text.replace(/[^\x20\x21\x23-\x5B\x5D-\x7E]/g, '?').slice(0, DESCRIPTION_LENGTH_MAX)
}

function formPage(action: string, params: Readonly<Record<string, string>>) {
  const inputs = Object.entries(params).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`)
  return html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>One moment</title></head>
<body>
<form method="post" action="${action}">${inputs}<button type="submit">Continue</button></form>
<script>${SUBMIT_SCRIPT}</script>
</body>
</html>`
}
