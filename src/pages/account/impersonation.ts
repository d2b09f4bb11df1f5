/** The way out of a session in which an administrator sees the account. */
import { Hono } from 'hono'
import * as z from 'zod'
import { leaveImpersonation } from '../../core/admin/impersonation.ts'
import { LEAVE_PATH } from '../../core/impersonation.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { clearImpersonationCookie } from '../../http/credentials.ts'
import { toHex } from '../../ids.ts'
import { form } from '../form-token.ts'
import { take } from '../forms.tsx'

export const impersonationExit = new Hono<AppEnv>().post(
  LEAVE_PATH,
  requires('delegated:profile:read'),
  form('impersonation-leave', z.object({})),
  (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        const userId = await leaveImpersonation(c.var.ctx, c.var.gate)
        clearImpersonationCookie(c)
        return c.redirect(userId === null ? '/account' : `/admin/people/${toHex(userId)}`, 303)
      },
      again: async () => {
        await c.var.gate()
        return c.redirect('/account', 303)
      },
    }),
)
