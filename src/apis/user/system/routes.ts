/** Public information about the service: health and scopes (wire §3.2, §6.1). */
import { Hono } from 'hono'
import { checkHealth } from '../../../core/health.ts'
import { isReady } from '../../../core/readiness.ts'
import { anyone } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { networkLimit } from '../../../http/rate-limit.ts'
import { describe } from '../../../http/tags.ts'
import { HealthReply, ScopesReply, toScopeMap } from './presenters.ts'

export const system = new Hono<AppEnv>()
  .get(
    '/health',
    anyone(),
    describe('getHealth', {
      summary: 'Health of the service',
      description: 'If the database does not answer or lacks migrations: 503 with status DOWN and a reason.',
      response: { status: 200, schema: HealthReply, example: { status: 'UP' } },
    }),
    async (c) => {
      const reason = await checkHealth(c.var.ctx)
      return reason === null ? c.json({ status: 'UP' }) : c.json({ status: 'DOWN', reason }, 503)
    },
  )
  .get(
    '/health/ready',
    anyone(),
    describe('getReadiness', {
      summary: 'Whether the service can take traffic',
      description:
        'Database, key-value store and buckets. 503 with status DOWN if one of them does not answer, or the database lacks migrations.',
      response: { status: 200, schema: HealthReply, example: { status: 'UP' } },
    }),
    async (c) => ((await isReady(c.var.ctx)) ? c.json({ status: 'UP' }) : c.json({ status: 'DOWN' }, 503)),
  )
  .get(
    '/user/scopes',
    anyone(),
    describe('listScopes', {
      summary: 'All scopes, each with its parent: a token with the parent has the scope',
      response: {
        status: 200,
        schema: ScopesReply,
        example: {
          ok: 1,
          data: { scopes: { 'delegated:all': { name: 'delegated:all', parent: '*', description: 'Act for you in every way' } } },
        },
      },
    }),
    networkLimit('other'),
    (c) => c.json({ ok: 1, data: { scopes: toScopeMap() } }),
  )
