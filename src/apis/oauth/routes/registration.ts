/**
 * Clients register themselves (RFC 7591) and manage that with the token that they got (RFC 7592). Exists only with
 * `DYNAMIC_REGISTRATION`.
 */
import { type Context, Hono } from 'hono'
import { AppError } from '../../../core/errors.ts'
import { clientGate } from '../../../core/gate.ts'
import {
  findRegistration,
  registerClient,
  removeRegistration,
  replaceRegistration,
  requireRegistration,
} from '../../../core/oauth/dynamic-registration.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { accessToken } from '../../../http/dpop.ts'
import { countOfNetwork, failuresLimited, networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import {
  REGISTRATION_EXAMPLE,
  RegistrationBody,
  RegistrationParams,
  RegistrationReply,
  ReplacementBody,
  toRegistration,
} from '../registration-wire.ts'

const NEVER_CACHED = { 'cache-control': 'no-store', pragma: 'no-cache' }
const WITH_TOKEN = 'With its registration_access_token as the Bearer token. 404 unless the service has this switched on.'
const response = { status: 200, schema: RegistrationReply, example: REGISTRATION_EXAMPLE } as const

export const registrationRoutes = new Hono<AppEnv>()
  .post(
    '/register',
    anyone(),
    failuresLimited(),
    validate('json', RegistrationBody),
    describe('registerClient', {
      summary: 'Register a client',
      description:
        'By RFC 7591, with the metadata of the client. Depending on the service, it takes an initial access token, as the Bearer token ' +
        '(scope `client:oauth:register` of a client, `admin:client:write` of a person), or a software_statement. Unknown fields are ' +
        'ignored; the reply says what is registered. 404 unless the service has this switched on (`DYNAMIC_REGISTRATION`).',
      response: { ...response, status: 201 },
      refusals: [401, 403, 404],
    }),
    async (c) => {
      const { ctx } = c.var
      requireRegistration(ctx)
      const sent = c.req.valid('json')
      const claim = await accessToken(c as unknown as Context<AppEnv>)
      if (!claim) await countOfNetwork(c as unknown as Context<AppEnv>, 'create', 'registrations')
      const gate = claim && clientGate(ctx, claim, 'client:oauth:register', 'admin:client:write')
      return c.json(toRegistration(await registerClient(ctx, gate, sent), ctx.config.origin, sent), 201, NEVER_CACHED)
    },
  )
  .get(
    '/register/:clientId',
    anyone(),
    networkLimit('other'),
    validate('param', RegistrationParams),
    describe('getRegistration', { summary: "A client's registration", description: WITH_TOKEN, response, refusals: [401, 404] }),
    async (c) => {
      const { ctx } = c.var
      requireRegistration(ctx)
      const found = await findRegistration(ctx, c.req.valid('param').clientId, tokenOf(c))
      return c.json(toRegistration(found, ctx.config.origin), 200, NEVER_CACHED)
    },
  )
  .put(
    '/register/:clientId',
    anyone(),
    networkLimit('other'),
    validate('param', RegistrationParams),
    validate('json', ReplacementBody),
    describe('replaceRegistration', {
      summary: 'Replace the registration of a client',
      description: `All of it: what is not sent gets its default (RFC 7592). ${WITH_TOKEN}`,
      response,
      refusals: [401, 404],
    }),
    async (c) => {
      const { ctx } = c.var
      requireRegistration(ctx)
      const sent = c.req.valid('json')
      const replaced = await replaceRegistration(ctx, { id: c.req.valid('param').clientId, token: tokenOf(c) }, sent)
      return c.json(toRegistration(replaced, ctx.config.origin, sent), 200, NEVER_CACHED)
    },
  )
  .delete(
    '/register/:clientId',
    anyone(),
    networkLimit('other'),
    validate('param', RegistrationParams),
    describe('deleteRegistration', {
      summary: 'Delete a client',
      description: `Nothing issued to it works any more. ${WITH_TOKEN}`,
      response: { status: 204, headers: { 'cache-control': 'no-store' } },
      refusals: [401, 404],
    }),
    async (c) => {
      requireRegistration(c.var.ctx)
      await removeRegistration(c.var.ctx, c.req.valid('param').clientId, tokenOf(c))
      return c.body(null, 204, NEVER_CACHED)
    },
  )

function tokenOf(c: Context): string {
  const token = /^bearer +([\w~+/.-]+=*) *$/i.exec(c.req.header('authorization') ?? '')?.[1]
  if (token === undefined) throw new AppError('unauthenticated', 'Send the registration access token as a Bearer token')
  return token
}
