/** The caller's own profile (wire §3.2, §6.12). */
import { Hono } from 'hono'
import { getOwnProfile, updateOwnProfile } from '../../../core/profiles/own-profile.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { setSessionCookie } from '../../../http/credentials.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { EXAMPLE_USER, MeReply, toOwnUser, UpdateMeReply } from '../presenters.ts'
import { toProfileFields, toWireName, UpdateMeBody } from '../wire.ts'

export const profile = new Hono<AppEnv>()
  .get(
    '/user/me',
    requires('delegated:profile:read'),
    describe({
      summary: 'The caller',
      response: { status: 200, schema: MeReply, example: { ok: 1, data: { user: EXAMPLE_USER, editableFields: ['firstName', 'bio'] } } },
    }),
    async (c) => {
      const { ctx, gate } = c.var
      const { user, editableFields } = await getOwnProfile(ctx, gate)
      return c.json({ ok: 1, data: { user: toOwnUser(user, ctx.now()), editableFields: editableFields.map(toWireName) } })
    },
  )
  .patch(
    '/user/me',
    requires('delegated:profile:write'),
    describe({
      summary: "Change the caller's profile or password",
      description:
        '`__unset__` clears a field. A new password needs `currentPassword` or a sign-in of the last 10 minutes, and ends every session; a browser gets a new cookie.',
      response: { status: 200, schema: UpdateMeReply, example: { ok: 1, data: { user: EXAMPLE_USER } } },
      refusals: [409],
    }),
    validate('json', UpdateMeBody),
    async (c) => {
      const body = c.req.valid('json')
      const { ctx, gate } = c.var
      const { user, session } = await updateOwnProfile(ctx, gate, {
        fields: toProfileFields(body),
        username: body.username ?? null,
        unchanged: { email: body.email ?? null, role: body.role ?? null },
        password: body.password ?? null,
        currentPassword: body.currentPassword ?? null,
      })
      if (session) setSessionCookie(c, session, ctx.now())
      return c.json({ ok: 1, data: { user: toOwnUser(user, ctx.now()) } })
    },
  )
