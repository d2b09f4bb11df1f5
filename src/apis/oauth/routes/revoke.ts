/** `POST /oauth/revoke` (RFC 7009). Clients authenticate as at the token endpoint. */
import { Hono } from 'hono'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { failuresLimited } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { RevokeForm, revokeSentToken } from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'
import { RevokeResponse } from '../wire.ts'

export const revokeRoutes = new Hono<AppEnv>().post(
  '/revoke',
  anyone(),
  failuresLimited(),
  validate('form', RevokeForm),
  describe('revokeToken', {
    summary: 'Revoke a token',
    description:
      'Ends the whole grant, with its session, refresh tokens and access tokens, from the next request on. Unknown tokens and ' +
      'those of other clients are ignored, with the same reply. Tokens from client_credentials get unsupported_token_type.',
    response: { status: 200, schema: RevokeResponse, example: {} },
    refusals: [401],
    client: {},
  }),
  async (c) => {
    await revokeSentToken(c, c.req.valid('form'))
    return c.json({})
  },
)
