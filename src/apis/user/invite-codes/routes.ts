/** The caller's invite codes (wire §3.2). */
import { Hono } from 'hono'
import { listOwnInviteCodes } from '../../../core/accounts/invite-codes.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { EXAMPLE_INVITE_CODE, InviteCodesReply, toInviteCode } from './presenters.ts'

export const inviteCodes = new Hono<AppEnv>().get(
  '/user/invite-codes',
  requires('delegated:social:invite-code:read'),
  describe('listInviteCodes', {
    summary: "The caller's invite codes",
    description:
      'Each code creates one account, whose id becomes its targetId. Sign-up requires a code in invite-only mode; otherwise it is optional. ' +
      'An account that is too new gets InviteCodesHidden, with waitTime in seconds.',
    response: { status: 200, schema: InviteCodesReply, example: { ok: 1, data: { inviteCodes: [EXAMPLE_INVITE_CODE] } } },
    refusals: [400],
  }),
  async (c) => {
    const codes = await listOwnInviteCodes(c.var.ctx, c.var.gate)
    return c.json({ ok: 1, data: { inviteCodes: codes.map(toInviteCode) } })
  },
)
