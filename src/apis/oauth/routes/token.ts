/** `POST /oauth/token` (RFC 6749 §3.2). The client proves itself here, so the room's credentials are not looked at. */
import { Hono } from 'hono'
import { readClientCredentials } from '../../../core/oauth/client-authentication.ts'
import { issueTokens } from '../../../core/oauth/token.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { TOKEN_RESPONSE_EXAMPLE, TokenForm, TokenResponse, toTokenResponse } from '../wire.ts'

/** RFC 6749 §5.1. */
const NOT_KEPT = { 'cache-control': 'no-store', pragma: 'no-cache' }

export const tokenRoutes = new Hono<AppEnv>().post(
  '/token',
  anyone(),
  networkLimit('other'),
  validate('form', TokenForm),
  describe({
    summary: 'Get tokens for a grant',
    description:
      'Grants: authorization_code, refresh_token, client_credentials. Clients authenticate as they are registered: none, ' +
      'client_secret_basic or client_secret_post. A refresh token is replaced at each use; a repeat within 30 seconds gets the same one.',
    response: { status: 200, schema: TokenResponse, example: TOKEN_RESPONSE_EXAMPLE },
    refusals: [401, 415],
  }),
  async (c) => {
    const params = c.req.valid('form')
    const credentials = readClientCredentials({
      authorization: c.req.header('authorization'),
      clientId: params.client_id,
      clientSecret: params.client_secret,
    })
    const tokens = await issueTokens(c.var.ctx, credentials, {
      grantType: params.grant_type,
      code: params.code,
      redirectUri: params.redirect_uri,
      codeVerifier: params.code_verifier,
      refreshToken: params.refresh_token,
      scope: params.scope,
    })
    return c.json(toTokenResponse(tokens), 200, NOT_KEPT)
  },
)
