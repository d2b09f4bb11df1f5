/**
 * `POST /oauth/introspect`, and `/oauth/token/introspect` as the original's documents call it (wire §6.5). A form with
 * client authentication gets RFC 7662's reply; JSON with a Bearer token of scope `client:oauth:introspect` gets
 * Liquid's.
 */
import { type Context, Hono, type MiddlewareHandler } from 'hono'
import * as z from 'zod'
import { AppError } from '../../../core/errors.ts'
import { clientGate } from '../../../core/gate.ts'
import { introspect, introspectForClient } from '../../../core/oauth/introspection.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { accessToken } from '../../../http/dpop.ts'
import { failuresLimited } from '../../../http/rate-limit.ts'
import { describe, tag } from '../../../http/tags.ts'
import { countingFailures } from '../../../http/token-endpoint.ts'
import { validate } from '../../../http/validate.ts'
import {
  INTROSPECTION_EXAMPLE,
  IntrospectBody,
  IntrospectForm,
  Introspection,
  TokenInfoReply,
  toIntrospection,
  toTokenInfo,
} from '../introspection-wire.ts'

const asForm = validate('form', IntrospectForm)
const asJson = validate('json', IntrospectBody)

function isJson(c: Context): boolean {
  return /^application\/json\b/i.test(c.req.header('content-type') ?? '')
}

/** The type of the body decides how the caller authenticates. */
const eitherBody: MiddlewareHandler<AppEnv> = tag(
  (c, next) => (isJson(c) ? asJson(c as never, next) : asForm(c as never, next)) as Promise<undefined>,
  { input: { target: 'form', schema: IntrospectForm, json: IntrospectBody } },
)

export const introspectRoutes = new Hono<AppEnv>()
for (const [path, operationId] of [
  ['/introspect', 'introspectToken'],
  ['/token/introspect', 'introspectTokenAlias'],
] as const) {
  introspectRoutes.post(
    path,
    anyone(),
    failuresLimited(),
    eitherBody,
    describe(operationId, {
      summary: 'Introspect a token',
      description:
        "With a form and client authentication (any method but none): as in RFC 7662, for the client's own tokens, " +
        'those of the API that it is the server of, or all tokens if it has the scope `client:oauth:introspect`. Compare `aud` with your own resource. With a JSON body `{"token"}` and a Bearer token with this ' +
        'scope: `{"ok":1,"data":{"tokenInfo":{...}}}`, where tokenInfo is null if the token is invalid, for an API, or has a pairwise subject.',
      response: { status: 200, schema: z.union([Introspection, TokenInfoReply]), example: INTROSPECTION_EXAMPLE },
      refusals: [401, 403],
      client: { orToken: 'client:oauth:introspect' },
    }),
    (c) => (isJson(c) ? answerLiquid(c) : answerClient(c)),
  )
}

async function answerClient(c: Context<AppEnv>): Promise<Response> {
  const params = c.req.valid('form' as never) as z.output<typeof IntrospectForm>
  const live = await countingFailures(c, params, (ctx, credentials) => introspectForClient(ctx, credentials, params.token))
  return c.json(toIntrospection(live, c.var.ctx.config.origin))
}

async function answerLiquid(c: Context<AppEnv>): Promise<Response> {
  const { token } = c.req.valid('json' as never) as { token: string }
  const claim = await accessToken(c)
  if (!claim) throw new AppError('unauthenticated')
  const live = await introspect(c.var.ctx, clientGate(c.var.ctx, claim, 'client:oauth:introspect'), token)
  return c.json({ ok: 1, data: { tokenInfo: live && toTokenInfo(live, token) } })
}
