/** `/account/password`: changes or sets the password, which ends every session; this browser gets a new one. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { getOwnMeans, updateOwnProfile } from '../../core/profiles/own-profile.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { renewSessionCookies } from '../../http/credentials.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { NewPassword } from '../new-password.tsx'
import { redirectWith } from '../notices.ts'
import { textsOf } from '../texts.tsx'

const PATH = '/account/password'
const PasswordForm = z.object({ currentPassword: fields.typedPassword.optional(), password: fields.password })

export const passwordPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), (c) => show(c, UNTOUCHED))
  .post(PATH, requires('delegated:profile:write', { evenRestricted: true }), form('password', PasswordForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password, currentPassword = null }) => {
        const { ctx, gate } = c.var
        const nothing = { fields: {}, username: null, email: null }
        const { session } = await updateOwnProfile(ctx, gate, { ...nothing, password, currentPassword })
        if (!session) throw AppError.ofFields([{ path: 'password', message: 'is the current one. Choose another' }])
        renewSessionCookies(c, session, ctx.now())
        return redirectWith(c, PATH, 'password_changed')
      },
      again: (state) => show(c, state),
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const { user, hasPassword } = await getOwnMeans(c.var.gate)
  const t = (await textsOf(c)).account.password
  const token = await formToken(c, 'password')
  return showPage(
    c,
    {
      title: t.title,
      section: PATH,
      lead: hasPassword ? t.lead : t.leadWithout,
      error: state.error,
    },
    <>
      <Form action={PATH} token={token} state={state} labels={t.labels} class="panel">
        {/* Tells password managers which account it is. */}
        <input type="text" name="username" value={user.username} autocomplete="username" hidden readonly />
        {hasPassword && (
          <Input name="currentPassword" labels={t.labels} state={state} type="password" autocomplete="current-password" first />
        )}
        <NewPassword c={c} labels={t.labels} state={state} first={!hasPassword} />
        <Submit>{hasPassword ? t.change : t.set}</Submit>
      </Form>
      {hasPassword && (
        <p class="links">
          <a href="/forgot">{t.forgot}</a>
        </p>
      )}
    </>,
  )
}
