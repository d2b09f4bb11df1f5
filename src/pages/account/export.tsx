/** `/account/export`: a copy of everything about the account, with its password. */
import { Hono } from 'hono'
import { startExport } from '../../core/accounts/export.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { exportResponse } from '../../http/export/response.ts'
import { form } from '../form-token.ts'
import { take, UNTOUCHED } from '../forms.tsx'
import { askPassword, PasswordForm } from './password-question.tsx'

const PATH = '/account/export'
const QUESTION = { name: 'export', path: PATH, purpose: 'export', kind: 'primary' } as const

export const exportPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:all'), (c) => askPassword(c, QUESTION, UNTOUCHED))
  .post(PATH, requires('delegated:all'), form('export', PasswordForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password }) => {
        const { ctx, gate } = c.var
        return exportResponse(ctx, gate, await startExport(ctx, gate, { password: password ?? null }))
      },
      again: (state) => askPassword(c, QUESTION, state),
    }),
  )
