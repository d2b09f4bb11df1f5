/**
 * Mxit's authorization server (wire §1.2), in front of Kith's own: scopes are requested and granted under Mxit's names.
 * Browsers are redirected to Kith's own pages; the resulting code is redeemed here.
 */
import { Hono } from 'hono'
import * as z from 'zod'
import { anyone, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { failuresLimited, networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import {
  answerTokens,
  exampleTokenResponse,
  grantTokens,
  parameter,
  RevokeForm,
  revokeSentToken,
  TokenForm,
  tokenResponse,
} from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'
import { toCoreScope, toMxitId, toMxitScope } from '../wire.ts'

/** Kith's authorization endpoint validates the values. */
const AuthorizeQuery = z.object({
  response_type: parameter.meta({ example: 'code' }),
  client_id: parameter.meta({ example: 'demo-mxit' }),
  redirect_uri: parameter.meta({ example: 'https://app.example.com/callback' }),
  scope: parameter.meta({ description: "Mxit's names, or Kith's", example: 'openid profile/private' }),
  state: parameter.meta({ example: 'af0ifjsldkj' }),
})

export const oauthRoutes = new Hono<AppEnv>()
  .get(
    '/authorize',
    anyone(),
    networkLimit('other'),
    validate('query', AuthorizeQuery, { mayRepeat: () => true }),
    describe('authorize', {
      summary: 'Start an authorization code flow',
      response: { status: 302, headers: { location: "Kith's sign-in page, which redirects to redirect_uri with code and state" } },
    }),
    (c) => {
      const query = new URL(c.req.url).searchParams
      const [scope, ...more] = query.getAll('scope')
      // Kith's authorization endpoint refuses a repeated parameter.
      if (scope !== undefined && more.length === 0) query.set('scope', toCoreScope(scope, 'person'))
      return c.redirect(`${c.var.ctx.config.origin}/oauth/authorize?${query}`, 302)
    },
  )
  .post(
    '/token',
    anyone(),
    failuresLimited(),
    validate('form', TokenForm, { untyped: true }),
    describe('requestToken', {
      summary: 'Get tokens for a grant',
      description: "scope uses Mxit's names, in the request and in the reply. The password grant is not supported.",
      response: { status: 200, schema: tokenResponse('bearer'), example: exampleTokenResponse('bearer', 'profile/private') },
      refusals: [401],
      client: {},
    }),
    async (c) => {
      const form = c.req.valid('form')
      const whom = form.grant_type === 'client_credentials' ? 'app' : 'person'
      const changes = { scope: toCoreScope(form.scope, whom), moreClaims: (id: number) => ({ user_id: toMxitId(id) }) }
      const tokens = await grantTokens(c, form, changes)
      return answerTokens(c, tokens, 'bearer', toMxitScope(tokens.scopes, whom))
    },
  )
  .post(
    '/revoke',
    anyone(),
    failuresLimited(),
    validate('form', RevokeForm, { untyped: true }),
    describe('revokeToken', {
      summary: 'Revoke a token and its whole grant',
      response: { status: 200, schema: z.strictObject({}), example: {} },
      refusals: [401],
      client: {},
    }),
    async (c) => {
      await revokeSentToken(c, c.req.valid('form'))
      return c.json({})
    },
  )
  .get(
    '/userinfo',
    requires('openid'),
    describe('getUserinfo', {
      summary: "The user's UserId",
      response: { status: 200, schema: z.strictObject({ sub: z.string() }), example: { sub: 'm41544805002' } },
    }),
    async (c) => {
      const { principal, user } = await c.var.gate()
      return c.json({ sub: principal.pairwiseSubject ?? toMxitId(user.id) })
    },
  )
