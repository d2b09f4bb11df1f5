/** The caller's own profile (wire §3.2, §6.12). */
import { Hono } from 'hono'
import { updateProfile } from '../../../core/admin/update-profile.ts'
import { getOwnProfile } from '../../../core/profiles/own-profile.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { renewSessionCookies } from '../../../http/credentials.ts'
import { describe } from '../../../http/tags.ts'
import { validateProfile } from '../../../http/validate.ts'
import { EXAMPLE_USER, MeReply, toOwnUser, UpdateMeReply } from './presenters.ts'
import { PROFILE_NAMES, toUserUpdate, toWireFields, UpdateMeBody } from './wire.ts'

export const profile = new Hono<AppEnv>()
  .get(
    '/user/me',
    requires('delegated:profile:read'),
    describe('getMe', {
      summary: "The caller's profile",
      response: { status: 200, schema: MeReply, example: { ok: 1, data: { user: EXAMPLE_USER, editableFields: ['firstName', 'bio'] } } },
    }),
    async (c) => {
      const { ctx, gate } = c.var
      const { user, editableFields } = await getOwnProfile(ctx, gate)
      return c.json({ ok: 1, data: { user: toOwnUser(user, ctx), editableFields: toWireFields(editableFields) } })
    },
  )
  .patch(
    '/user/me',
    requires('delegated:profile:write', { evenRestricted: true }),
    describe('updateMe', {
      summary: "Change the caller's profile, password or email address",
      description: [
        '`__unset__` or null clears a field; sending the current value changes nothing.',
        'A new `password` or `email` requires `currentPassword`, or a sign-in within the last 10 minutes in this browser.',
        'A new password ends every session; this browser gets a new cookie.',
        'A new address stays `pendingEmail` until POST /user/verify-email receives the code mailed to it.',
        'Another user as `target`, or another `role`, requires admin:profile:write and a rank above those concerned, and applies at once.',
      ].join(' '),
      response: { status: 200, schema: UpdateMeReply, example: { ok: 1, data: { user: EXAMPLE_USER, pendingEmail: 'new@example.com' } } },
      refusals: [409],
    }),
    validateProfile(UpdateMeBody, PROFILE_NAMES),
    async (c) => {
      const { target, currentPassword, ...body } = c.req.valid('json')
      const { ctx, gate, sent } = c.var
      const { user, session, pendingEmail } = await updateProfile(ctx, gate, {
        ...toUserUpdate(body, sent, (present) => toOwnUser(present, ctx)),
        currentPassword: currentPassword ?? null,
        userId: target ?? null,
      })
      if (session) renewSessionCookies(c, session, ctx.now())
      return c.json({ ok: 1, data: { user: toOwnUser(user, ctx), ...(pendingEmail === null ? {} : { pendingEmail }) } })
    },
  )
