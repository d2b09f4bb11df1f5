/** `/account/delete`: deletes the account, with its password. Signing in restores it. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { deleteOwnAccount } from '../../core/accounts/deletion.ts'
import { typedPassword } from '../../core/fields.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { clearSessionCookie } from '../../http/credentials.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'

const PATH = '/account/delete'
const LABELS: Labels = { password: 'Password' }
const DeleteForm = z.object({ password: typedPassword })

export const deletionPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => {
    await c.var.gate()
    return show(c, UNTOUCHED)
  })
  .post(PATH, requires('delegated:profile:write', { evenRestricted: true }), form('delete', DeleteForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password }) => {
        await deleteOwnAccount(c.var.ctx, c.var.gate, { password })
        clearSessionCookie(c)
        return redirectWith(c, '/sign-in', 'deleted')
      },
      again: async (state) => {
        await c.var.gate()
        return show(c, state)
      },
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'delete')
  return showPage(
    c,
    {
      title: 'Delete account',
      section: PATH,
      lead: 'Nobody will see your account any more, and you are signed out everywhere. Sign in within 14 days to restore it; after that, everything is deleted permanently.',
      status: state.error?.status ?? 200,
      hasError: state.error !== null,
    },
    <Form action={PATH} token={token} state={state} labels={LABELS} class="panel">
      <Input name="password" labels={LABELS} state={state} type="password" autocomplete="current-password" hint="To make sure it is you." />
      <Submit kind="danger">Delete my account</Submit>
    </Form>,
  )
}
