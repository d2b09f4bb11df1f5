/** Connected apps: listing and removing them. */
import { Hono } from 'hono'
import { disconnectApp, listConnectedApps } from '../../../core/oauth/connected-apps.ts'
import { withdrawScope } from '../../../core/oauth/scope-withdrawal.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import { AppsReply, EXAMPLE_APP, toApp } from './presenters.ts'
import { AppParams, ScopeQuery } from './wire.ts'

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
    validate('param', AppParams),
    async (c) => {
      await disconnectApp(c.var.ctx, c.var.gate, c.req.valid('param').clientId)
      return c.json({ ok: 1 })
    },
  )
  .delete(
    '/user/apps/:clientId/scopes',
    requires('delegated:session:write'),
    describe('withdrawScope', {
      summary: 'Withdraw one scope of an app',
      description:
        'With everything below it, from the next request on; the app has to ask for it again. Without any scope left, it is disconnected. Succeeds even if the app does not hold the scope. Refused for openid, for a part of a wider scope, and for first-party apps.',
      response: OK,
    }),
    validate('param', AppParams),
    validate('query', ScopeQuery),
    async (c) => {
      await withdrawScope(c.var.ctx, c.var.gate, c.req.valid('param').clientId, c.req.valid('query').scope)
      return c.json({ ok: 1 })
    },
  )
