/** `GET` and `POST /oauth/userinfo` (OpenID Connect Core §5.3): a protected resource (RFC 6750, RFC 9449), so only an access token is accepted. */
import { type Context, Hono } from 'hono'
import type { Gate } from '../../../core/gate.ts'
import { readUserinfo } from '../../../core/oauth/userinfo.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { bearerInForm, credentials } from '../../../http/credentials.ts'
import { accessToken } from '../../../http/dpop.ts'
import { describe } from '../../../http/tags.ts'
import { USERINFO_EXAMPLE, Userinfo } from '../wire.ts'

const response = { status: 200, schema: Userinfo, example: USERINFO_EXAMPLE } as const

export const userinfoRoutes = new Hono<AppEnv>()
  .get(
    '/userinfo',
    credentials(accessToken),
    requires('openid'),
    describe('getUserinfo', {
      summary: 'User information',
      description: 'The claims of the granted scopes (profile, email, phone, address), and the single ones of the grant.',
      response,
    }),
    (c) => answer(c as never, c.var.gate),
  )
  .post(
    '/userinfo',
    credentials(bearerInForm, accessToken),
    requires('openid'),
    describe('getUserinfoByPost', {
      summary: 'User information, with the token in the header or in the form field access_token',
      response,
      refusals: [400],
    }),
    (c) => answer(c as never, c.var.gate),
  )

async function answer(c: Context<AppEnv>, gate: Gate): Promise<Response> {
  return c.json(await readUserinfo(c.var.ctx, gate))
}
