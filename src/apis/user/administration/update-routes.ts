/** An administrator's change to a user's account (wire §3.2, §6.12), with the rules of PATCH /user/me. */
import { Hono } from 'hono'
import { updateUser } from '../../../core/admin/update-user.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { describe } from '../../../http/tags.ts'
import { validateProfile } from '../../../http/validate.ts'
import { EXAMPLE_USER, toOwnUser, UserReply } from '../profile/presenters.ts'
import { PROFILE_NAMES, toUserUpdate } from '../profile/wire.ts'
import { AdminUpdateBody } from './wire.ts'

export const adminUpdate = new Hono<AppEnv>().patch(
  '/user/admin-api/update',
  requires('admin:profile:write'),
  describe('adminUpdateUser', {
    summary: 'Change the profile, user name, email address, password or role of a user below your rank',
    description:
      'Applies at once; a new address counts as verified. A new address, password or role ends every session of the user. It requires all admin: and client: scopes of the old and the new role, and a browser that signed in within the last 10 minutes.',
    response: { status: 200, schema: UserReply, example: { ok: 1, data: { user: EXAMPLE_USER } } },
    refusals: [404, 409],
  }),
  validateProfile(AdminUpdateBody, PROFILE_NAMES),
  async (c) => {
    const { target, ...body } = c.req.valid('json')
    const { ctx, gate, sent } = c.var
    const user = await updateUser(ctx, gate, {
      ...toUserUpdate(body, sent, (present) => toOwnUser(present, ctx)),
      userId: target,
    })
    return c.json({ ok: 1, data: { user: toOwnUser(user, ctx) } })
  },
)
