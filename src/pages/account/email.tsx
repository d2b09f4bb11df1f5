/**
 * `/account/email`: changes the address. The new one is verified with a mailed code before anything changes; the old
 * one can undo the change.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { getOwnMeans, updateOwnProfile } from '../../core/profiles/own-profile.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf } from '../texts.tsx'

const PATH = '/account/email'
const EmailForm = z.object({ email: z.string().trim().pipe(fields.email), currentPassword: fields.typedPassword.optional() })

export const emailPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), (c) => show(c, UNTOUCHED))
  .post(PATH, requires('delegated:profile:write'), form('email', EmailForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ email, currentPassword = null }) => {
        const nothing = { fields: {}, username: null, password: null }
        const { pendingEmail } = await updateOwnProfile(c.var.ctx, c.var.gate, { ...nothing, email, currentPassword })
        if (pendingEmail === null) throw AppError.ofFields([{ path: 'email', message: 'is the current one. Enter another' }])
        return redirectWith(c, PATH, 'email_pending')
      },
      again: (state) => show(c, state),
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const { user, hasPassword } = await getOwnMeans(c.var.gate)
  const t = (await textsOf(c)).account.email
  const token = await formToken(c, 'email')
  return showPage(
    c,
    {
      title: t.title,
      section: PATH,
      lead: user.email === null ? t.leadWithout : <Filled text={t.lead} with={{ email: <strong>{user.email}</strong> }} />,
      error: state.error,
    },
    <>
      <Form action={PATH} token={token} state={state} labels={t.labels} class="panel">
        <Input name="email" labels={t.labels} state={state} type="email" autocomplete="email" maxlength={254} first />
        {hasPassword && <Input name="currentPassword" labels={t.labels} state={state} type="password" autocomplete="current-password" />}
        <Submit>{t.submit}</Submit>
      </Form>
      <p class="links">
        <a href="/verify">{t.enterCode}</a>
      </p>
    </>,
  )
}
