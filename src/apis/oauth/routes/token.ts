/** `POST /oauth/token` (RFC 6749 §3.2). Clients authenticate here, so the room's credentials are ignored. */
import { Hono } from 'hono'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { failuresLimited } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { answerTokens, exampleTokenResponse, grantTokens, TokenForm, tokenResponse } from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'

export const tokenRoutes = new Hono<AppEnv>().post(
  '/token',
  anyone(),
  failuresLimited(),
  validate('form', TokenForm),
  describe('requestToken', {
    summary: 'Get tokens for a grant',
    description:
      'Grants: authorization_code, refresh_token, client_credentials, and device codes (RFC 8628). Clients with a secret send it by Basic or in the body, not both; ' +
      'those registered for assertions send a new client_assertion with each request; public clients send only client_id. Each use replaces the refresh token; a repeat within 30 seconds gets the same new one. With a header `DPoP`, the tokens are bound to its key (RFC 9449).',
    response: { status: 200, schema: tokenResponse('Bearer'), example: exampleTokenResponse('Bearer', 'delegated:profile:read') },
    refusals: [401],
    client: {},
  }),
  async (c) => {
    const tokens = await grantTokens(c, c.req.valid('form'))
    return answerTokens(c, tokens, 'Bearer', tokens.scopes.join(' '))
  },
)
