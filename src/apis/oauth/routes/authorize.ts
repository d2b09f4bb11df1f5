/**
 * `GET` and `POST /oauth/authorize` (RFC 6749 §3.1, OpenID Connect Core §3.1.2): sends the browser back to the client
 * with a code, if necessary through the sign-in and consent pages.
 *
 * A POST comes from the client's page, so the browser withholds the `SameSite=Lax` session cookie: the request is
 * redirected to the equivalent GET, which carries it. The origin needs no check, since a POST grants nothing that the
 * GET would not: the code goes only to the registered redirect URI, and is useless without the verifier.
 */
import { type Context, Hono } from 'hono'
import type { OptionalGate } from '../../../core/gate.ts'
import { type AuthorizationRequest, readAuthorizationRequest, toAuthorizationQuery } from '../../../core/oauth/authorization-request.ts'
import { judgeAuthorization } from '../../../core/oauth/authorize.ts'
import { optionalSession } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { sendAuthorizationResponse } from '../../../http/authorization-response.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { AuthorizeParameters } from '../wire.ts'

const REFUSALS = [400] as const
/** RFC 6749 §4.1.2.1: every error is reported to the client, except in these two, which say who and where it is. */
const mayRepeat = (name: string) => name !== 'client_id' && name !== 'redirect_uri'
const LOCATION = { location: 'The redirect_uri with code, state and iss; or the sign-in or consent page' }

const FORM_POST = 'With response_mode=form_post: a page whose form the browser posts to redirect_uri'

export const authorizeRoutes = new Hono<AppEnv>()
  .get(
    '/authorize',
    optionalSession({ onPrimary: true }),
    networkLimit('other'),
    validate('query', AuthorizeParameters, { mayRepeat }),
    describe('authorize', {
      summary: 'Start an authorization code flow',
      description:
        'Sends the browser back to redirect_uri with code, state and iss, or with error, error_description, state and iss; as a ' +
        'form with response_mode=form_post. Users who have to sign in or consent first are sent to that page (303). Errors about an unknown ' +
        'or repeated client_id or redirect_uri are shown here and never redirected.',
      response: { status: 302, headers: LOCATION },
      detour: 'The page where the user signs in or consents first',
      page: FORM_POST,
      refusals: REFUSALS,
    }),
    (c) => answer(c as never, c.var.gate, { ...readAuthorizationRequest(c.req.valid('query')), repeated: c.var.repeated }),
  )
  .post(
    '/authorize',
    optionalSession({ onPrimary: true }),
    networkLimit('other'),
    validate('form', AuthorizeParameters, { mayRepeat }),
    describe('authorizeByForm', {
      summary: 'Start an authorization code flow with a form',
      description: 'Like GET. Without the session cookie, the browser is redirected to the GET, which carries it.',
      response: { status: 303, headers: LOCATION },
      page: FORM_POST,
      refusals: REFUSALS,
    }),
    async (c) => {
      const request = { ...readAuthorizationRequest(c.req.valid('form')), repeated: c.var.repeated }
      // A redirect would hide that the request is invalid.
      if (request.repeated === undefined && !(await c.var.identify()))
        return c.redirect(`/oauth/authorize?${toAuthorizationQuery(request)}`, 303)
      return answer(c as never, c.var.gate, request)
    },
  )

async function answer(c: Context<AppEnv>, gate: OptionalGate, request: AuthorizationRequest): Promise<Response> {
  const outcome = await judgeAuthorization(c.var.ctx, gate, request)
  switch (outcome.kind) {
    case 'response':
      return sendAuthorizationResponse(c, outcome.response)
    case 'sign_in_required': {
      const hint = outcome.loginHint === null ? {} : { login_hint: outcome.loginHint }
      return c.redirect(
        `${outcome.isNewUser ? '/sign-up' : '/sign-in'}?${new URLSearchParams({ return_to: outcome.returnTo, ...hint })}`,
        303,
      )
    }
    case 'consent_required':
      return c.redirect(`/consent?${toAuthorizationQuery(outcome.request)}`, 303)
  }
}
