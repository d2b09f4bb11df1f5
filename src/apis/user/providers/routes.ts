/** The caller's accounts at other providers. Connecting one takes a browser, on the page `/account/providers`. */
import { Hono } from 'hono'
import * as z from 'zod'
import { listProviders, unlinkProvider } from '../../../core/upstream/identities.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import type { UpstreamIdentityId } from '../../../ids.ts'
import { OK } from '../replies.ts'
import { hexId } from '../wire.ts'
import { EXAMPLE_PROVIDERS, ProvidersReply, toProviders } from './presenters.ts'

const ProviderParams = z.object({ id: hexId<UpstreamIdentityId>() })

export const providers = new Hono<AppEnv>()
  .get(
    '/user/providers',
    requires('delegated:profile:2fa:read'),
    describe('listProviders', {
      summary: 'Other providers that sign the caller in, and those that could',
      response: { status: 200, schema: ProvidersReply, example: { ok: 1, data: EXAMPLE_PROVIDERS } },
    }),
    async (c) => c.json({ ok: 1, data: toProviders(await listProviders(c.var.ctx, c.var.gate)) }),
  )
  .delete(
    '/user/providers/:id',
    requires('delegated:profile:2fa:write'),
    describe('disconnectProvider', {
      summary: 'Disconnect a provider',
      description:
        'It no longer signs the caller in; sessions go on. Requires a browser that signed in within the last 10 minutes, with a second factor if one is enabled. The last way into an account cannot be removed.',
      response: OK,
    }),
    validate('param', ProviderParams),
    async (c) => {
      await unlinkProvider(c.var.ctx, c.var.gate, c.req.valid('param').id)
      return c.json({ ok: 1 })
    },
  )
