/**
 * Mxit's authorization server (wire §1.2), over the one that Kith has: scopes are asked for and granted in Mxit's words. A browser
 * is led to Kith's own pages; what it comes back with is redeemed here.
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

/** Judged where they lead to. */
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
    describe({
      summary: 'Start an authorization code flow',
      response: { status: 302, headers: { location: 'The sign-in of Kith, which leads to redirect_uri with code and state' } },
    }),
    (c) => {
      const query = new URL(c.req.url).searchParams
      const [scope, ...more] = query.getAll('scope')
      // What is sent twice is refused where it leads to.
      if (scope !== undefined && more.length === 0) query.set('scope', toCoreScope(scope, 'person'))
      return c.redirect(`${c.var.ctx.config.origin}/oauth/authorize?${query}`, 302)
    },
  )
  .post(
    '/token',
    anyone(),
    failuresLimited(),
    validate('form', TokenForm, { untyped: true }),
    describe({
      summary: 'Get tokens for a grant',
      description: 'scope is in the words of Mxit, when it is asked for and in the reply. There is no password grant.',
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
    describe({
      summary: 'Give a token back, and with it the whole grant',
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
    describe({
      summary: 'The UserId of the person',
      response: { status: 200, schema: z.strictObject({ sub: z.string() }), example: { sub: 'm41544805002' } },
    }),
    async (c) => c.json({ sub: toMxitId((await c.var.gate()).user.id) }),
  )
