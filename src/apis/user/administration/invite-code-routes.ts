/** Invite codes of users, and the end of one that nobody has used. */
import { Hono } from 'hono'
import * as z from 'zod'
import { listInviteCodesOf } from '../../../core/admin/audit.ts'
import { revokeCode } from '../../../core/admin/invite-codes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { inviteCode } from '../accounts/wire.ts'
import { toInviteCode } from '../invite-codes/presenters.ts'
import { OK } from '../replies.ts'
import { EXAMPLE_OWNED_INVITE_CODES, OwnedInviteCodesReply } from './presenters.ts'
import { TargetQuery } from './wire.ts'

const RevokeBody = z.strictObject({ code: inviteCode })

export const adminInviteCodes = new Hono<AppEnv>()
  .get(
    '/user/admin-api/invite-codes',
    requires('admin:profile:read'),
    describe('adminListInviteCodes', {
      summary: "A user's invite codes",
      response: { status: 200, schema: OwnedInviteCodesReply, example: EXAMPLE_OWNED_INVITE_CODES },
      refusals: [404],
    }),
    validate('query', TargetQuery),
    async (c) => {
      const codes = await listInviteCodesOf(c.var.ctx, c.var.gate, c.req.valid('query').target)
      return c.json({ ok: 1, data: { inviteCodes: codes.map(toInviteCode) } })
    },
  )
  .post(
    '/user/admin-api/revoke-invite-code',
    requires('admin:profile:write'),
    describe('adminRevokeInviteCode', {
      summary: 'Revoke an invite code that nobody has used',
      description: 'Its owner gets no new code in its place. A code that has been used gets InvalidInviteCode.',
      response: OK,
      refusals: [404],
    }),
    validate('json', RevokeBody),
    async (c) => {
      await revokeCode(c.var.ctx, c.var.gate, c.req.valid('json').code)
      return c.json({ ok: 1 })
    },
  )
