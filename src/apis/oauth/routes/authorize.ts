/** `GET /oauth/authorize` (RFC 6749 §3.1): a signed-in browser on its way to a client with a code. */
import { Hono } from 'hono'
import { authorize } from '../../../core/oauth/authorize.ts'
import { optionalSession } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { AuthorizeQuery } from '../wire.ts'

export const authorizeRoutes = new Hono<AppEnv>().get(
  '/authorize',
  optionalSession(),
  networkLimit('other'),
  validate('query', AuthorizeQuery),
  describe({
    summary: 'Begin an authorization code flow',
    description:
      'Sends the browser back to redirect_uri with code, state and iss, or with error, error_description, state and iss. ' +
      'An unknown client or redirect URI, and a repeated parameter, are answered here and never redirected.',
    response: {
      status: 302,
      headers: { location: 'The redirect_uri with code, state and iss' },
    },
    refusals: [400],
  }),
  async (c) => {
    const query = c.req.valid('query')
    const location = await authorize(c.var.ctx, c.var.gate, {
      clientId: query.client_id,
      redirectUri: query.redirect_uri,
      responseType: query.response_type,
      state: query.state,
      scope: query.scope,
      codeChallenge: query.code_challenge,
      codeChallengeMethod: query.code_challenge_method,
    })
    return c.redirect(location, 302)
  },
)
