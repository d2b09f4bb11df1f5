/** `/account/delete`: deletes the account, with its password. Signing in restores it. */
import { Hono } from 'hono'
import { deleteOwnAccount } from '../../core/accounts/deletion.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { clearSessionCookie } from '../../http/credentials.ts'
import { form } from '../form-token.ts'
import { take, UNTOUCHED } from '../forms.tsx'
import { redirectWith } from '../notices.ts'
import { askBeforeDeletion, PasswordForm } from './password-question.tsx'

const PATH = '/account/delete'

export const deletionPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), (c) => askBeforeDeletion(c, PATH, UNTOUCHED))
  .post(PATH, requires('delegated:profile:write', { evenRestricted: true }), form('delete', PasswordForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password }) => {
        await deleteOwnAccount(c.var.ctx, c.var.gate, { password: password ?? null })
        clearSessionCookie(c)
        return redirectWith(c, '/sign-in', 'deleted')
      },
      again: (state) => askBeforeDeletion(c, PATH, state),
    }),
  )
