/** `/account/export`: a copy of everything about the account, with its password. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { startExport } from '../../core/accounts/export.ts'
import { typedPassword } from '../../core/fields.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { exportResponse } from '../../http/export/response.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'

const PATH = '/account/export'
const LABELS: Labels = { password: 'Password' }
const ExportForm = z.object({ password: typedPassword })

export const exportPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:all'), async (c) => {
    await c.var.gate()
    return show(c, UNTOUCHED)
  })
  .post(PATH, requires('delegated:all'), form('export', ExportForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password }) => {
        const { ctx, gate } = c.var
        return exportResponse(ctx, gate, await startExport(ctx, gate, { password }))
      },
      again: async (state) => {
        await c.var.gate()
        return show(c, state)
      },
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'export')
  return showPage(
    c,
    {
      title: 'Your data',
      section: PATH,
      lead: 'Download a file with everything that is stored about you: your profile, devices, apps and people, and what happened to your account. It explains each field. It does not contain your files themselves, but their URLs.',
      status: state.error?.status ?? 200,
      hasError: state.error !== null,
    },
    <Form action={PATH} token={token} state={state} labels={LABELS} class="panel">
      <Input name="password" labels={LABELS} state={state} type="password" autocomplete="current-password" hint="To make sure it is you." />
      <Submit>Download</Submit>
    </Form>,
  )
}
