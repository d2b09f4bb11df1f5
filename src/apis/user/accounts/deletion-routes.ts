/** Deletion of the caller's account (security row 13). Signing in restores it. */
import { Hono } from 'hono'
import { deleteOwnAccount } from '../../../core/accounts/deletion.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { clearSessionCookie } from '../../../http/credentials.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import { DeleteMeBody } from './wire.ts'

export const deletion = new Hono<AppEnv>().delete(
  '/user/me',
  requires('delegated:profile:write', { evenRestricted: true }),
  describe('deleteMe', {
    summary: "Delete the caller's account",
    description:
      'Requires `password`, or a sign-in within the last 10 minutes in this browser. The account becomes invisible, and every session and token ends. Signing in within 14 days restores it; after that, personal data is deleted permanently.',
    response: OK,
  }),
  validate('json', DeleteMeBody),
  async (c) => {
    await deleteOwnAccount(c.var.ctx, c.var.gate, { password: c.req.valid('json').password ?? null })
    clearSessionCookie(c)
    return c.json({ ok: 1 })
  },
)
