/** Connected apps: listing and removing them. */
import { Hono } from 'hono'
import { disconnectApp, listConnectedApps } from '../../../core/oauth/connected-apps.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { ClientParams } from '../clients/wire.ts'
import { OK } from '../replies.ts'
import { AppsReply, EXAMPLE_APP, toApp } from './presenters.ts'

export const apps = new Hono<AppEnv>()
  .get(
    '/user/apps',
    requires('delegated:session:read'),
    describe('listConnectedApps', {
      summary: 'Apps that the caller has authorized or is signed in with, most recently used first',
      response: { status: 200, schema: AppsReply, example: { ok: 1, data: { records: [EXAMPLE_APP] } } },
    }),
    async (c) => c.json({ ok: 1, data: { records: (await listConnectedApps(c.var.ctx, c.var.gate)).map(toApp) } }),
  )
  .delete(
    '/user/apps/:clientId',
    requires('delegated:session:write'),
    describe('disconnectApp', {
      summary: 'Disconnect an app',
      description:
        "Revokes the consent and ends the app's sessions: its tokens are refused from the next request on. Succeeds even if there is nothing to end.",
      response: OK,
    }),
    validate('param', ClientParams),
    async (c) => {
      await disconnectApp(c.var.ctx, c.var.gate, c.req.valid('param').clientId)
      return c.json({ ok: 1 })
    },
  )
