/** Administrators helping a user to sign in. Nobody acts on a rank at or above their own, and users see every act. */
import { Hono } from 'hono'
import { restoreUser } from '../../../core/admin/moderation.ts'
import * as support from '../../../core/admin/support.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK, toList } from '../replies.ts'
import { EXAMPLE_SECOND_FACTORS, SecondFactorsReply, toSecondFactors } from '../second-factors/presenters.ts'
import { EXAMPLE_SESSIONS, SessionsReply, toSession } from '../sessions/presenters.ts'
import { TargetBody, toPage } from '../wire.ts'
import { AdminUserReply, EXAMPLE_ADMIN_USER, toAdminUser } from './presenters.ts'
import * as admin from './wire.ts'

const FRESH = 'Requires a browser that signed in within the last 10 minutes. The user gets a mail.'

export const adminSupport = new Hono<AppEnv>()
  .get(
    '/user/admin-api/sessions',
    requires('admin:profile:read'),
    describe('adminListSessions', {
      summary: 'Live sessions of a user, newest first',
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
    describe('adminGetSecondFactors', {
      summary: 'Enabled second factors of a user',
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
    describe('adminEndSessions', {
      summary: 'Sign a user out everywhere, or end one session',
      description: FRESH,
      response: OK,
      refusals: [404],
    }),
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
    describe('adminRemoveSecondFactor', {
      summary: 'Remove a second factor or the passkeys that a user has lost',
      description: `${FRESH} Ends every session and token of the user. Verify first who is asking.`,
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
    describe('adminResendVerification', { summary: 'Mail a user the verification code again', response: OK, refusals: [404, 429] }),
    validate('json', TargetBody),
    async (c) => {
      await support.sendVerification(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/admin-api/send-password-reset',
    requires('admin:profile:write'),
    describe('adminSendPasswordReset', { summary: 'Mail a user a password reset code', response: OK, refusals: [404, 429] }),
    validate('json', TargetBody),
    async (c) => {
      await support.sendPasswordReset(c.var.ctx, c.var.gate, c.req.valid('json').target)
      return c.json({ ok: 1 })
    },
  )
  .post(
    '/user/admin-api/restore',
    requires('admin:profile:sensitive:extreme:write'),
    describe('adminRestoreUser', {
      summary: 'Restore a deleted account',
      description: 'Within 14 days of the deletion, whoever deleted it. Sessions and tokens stay ended.',
      response: { status: 200, schema: AdminUserReply, example: { ok: 1, data: { user: EXAMPLE_ADMIN_USER } } },
      refusals: [404],
    }),
    validate('json', TargetBody),
    async (c) => {
      const { ctx, gate } = c.var
      const user = await restoreUser(ctx, gate, c.req.valid('json').target)
      return c.json({ ok: 1, data: { user: toAdminUser(user, ctx) } })
    },
  )
