/** How administrators help a user to sign in. Nobody acts on a rank at or above their own; the user sees each act. */
import { Hono } from 'hono'
import * as support from '../../../core/admin/support.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import * as admin from '../admin-wire.ts'
import { EXAMPLE_SESSIONS } from '../list-examples.ts'
import { Ok } from '../presenters.ts'
import { toList } from '../replies.ts'
import { EXAMPLE_SECOND_FACTORS, SecondFactorsReply, toSecondFactors } from '../second-factor-presenters.ts'
import { SessionsReply, toSession } from '../session-presenters.ts'
import { TargetBody, toPage } from '../wire.ts'

const OK = { status: 200, schema: Ok, example: { ok: 1 } } as const
const FRESH = 'Needs a sign-in of the last 10 minutes, with a browser. The person gets a mail.'

export const adminSupport = new Hono<AppEnv>()
  .get(
    '/user/admin-api/sessions',
    requires('admin:profile:read'),
    describe({
      summary: 'Where somebody is signed in, newest first',
      response: { status: 200, schema: SessionsReply, example: EXAMPLE_SESSIONS },
      refusals: [404],
    }),
    validate('query', admin.TargetPageQuery),
    async (c) => {
      const query = c.req.valid('query')
      const records = await support.listSessionsOf(c.var.ctx, c.var.gate, query.target, toPage(query))
      return c.json(toList(records, toSession))
    },
  )
  .get(
    '/user/admin-api/2fa',
    requires('admin:profile:read'),
    describe({
      summary: 'Which second factors somebody has on',
      response: { status: 200, schema: SecondFactorsReply, example: { ok: 1, data: EXAMPLE_SECOND_FACTORS } },
      refusals: [404],
    }),
    validate('query', admin.TargetQuery),
    async (c) => {
      const factors = await support.listFactorsOf(c.var.ctx, c.var.gate, c.req.valid('query').target)
      return c.json({ ok: 1, data: toSecondFactors(factors) })
    },
  )
  .post(
    '/user/admin-api/end-sessions',
    requires('admin:profile:sensitive:medium:write'),
    describe({ summary: 'Sign somebody out everywhere, or end one session', description: FRESH, response: OK, refusals: [404] }),
    validate('json', admin.EndSessionsBody),
    async (c) => {
      const { target, session = null } = c.req.valid('json')
      await support.endSessionsOf(c.var.ctx, c.var.gate, { userId: target, session })
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/admin-api/remove-2fa',
    requires('admin:profile:sensitive:high:write'),
    describe({
      summary: 'Take off a second factor that somebody has lost',
      description: `${FRESH} Ends every session and token of the person. Make sure first who is asking.`,
      response: OK,
      refusals: [404],
    }),
    validate('json', admin.RemoveFactorsBody),
    async (c) => {
      const { target, method = null } = c.req.valid('json')
      await support.removeFactorsOf(c.var.ctx, c.var.gate, { userId: target, kind: method })
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/admin-api/resend-verification',
    requires('admin:profile:write'),
    describe({ summary: 'Mail the code once more that proves an address', response: OK, refusals: [404, 429] }),
    validate('json', TargetBody),
    async (c) => {
      await support.sendVerification(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/admin-api/send-password-reset',
    requires('admin:profile:write'),
    describe({ summary: 'Mail somebody a code for a new password', response: OK, refusals: [404, 429] }),
    validate('json', TargetBody),
    async (c) => {
      await support.sendPasswordReset(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
