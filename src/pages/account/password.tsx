/** `/account/password`: changes the password, which ends every session; this browser gets a new one. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import type { User } from '../../core/accounts/user.ts'
import { AppError } from '../../core/errors.ts'
import * as fields from '../../core/fields.ts'
import { getOwnProfile, updateOwnProfile } from '../../core/profiles/own-profile.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { renewSessionCookies } from '../../http/credentials.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { NewPassword } from '../new-password.tsx'
import { redirectWith } from '../notices.ts'

const PATH = '/account/password'
const LABELS: Labels = { currentPassword: 'Current password', password: 'New password' }
const PasswordForm = z.object({ currentPassword: fields.typedPassword, password: fields.password })

export const passwordPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:read'), async (c) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, UNTOUCHED))
  .post(PATH, requires('delegated:profile:write', { evenRestricted: true }), form('password', PasswordForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async (passwords) => {
        const { ctx, gate } = c.var
        const nothing = { fields: {}, username: null, email: null }
        const { session } = await updateOwnProfile(ctx, gate, { ...nothing, ...passwords })
        if (!session) throw AppError.ofFields([{ path: 'password', message: 'is the current one. Choose another' }])
        renewSessionCookies(c, session, ctx.now())
        return redirectWith(c, PATH, 'password_changed')
      },
      again: async (state) => show(c, (await getOwnProfile(c.var.ctx, c.var.gate)).user, state),
    }),
  )

async function show(c: Context, user: User, state: FormState): Promise<Response> {
  const token = await formToken(c, 'password')
  return showPage(
    c,
    {
      title: 'Password',
      section: PATH,
      lead: 'A new password signs you out on all other devices.',
      error: state.error,
    },
    <>
      <Form action={PATH} token={token} state={state} labels={LABELS} class="panel">
        {/* Tells password managers which account it is. */}
        <input type="text" name="username" value={user.username} autocomplete="username" hidden readonly />
        <Input name="currentPassword" labels={LABELS} state={state} type="password" autocomplete="current-password" first />
        <NewPassword labels={LABELS} state={state} />
        <Submit>Change password</Submit>
      </Form>
      <p class="links">
        <a href="/forgot">Forgot your password?</a>
      </p>
    </>,
  )
}
