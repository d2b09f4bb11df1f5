/** Forgotten passwords: `/forgot` mails a code, with the same reply for every address; `/reset` takes it with a new password. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { requestPasswordReset, resetPassword } from '../core/accounts/password-reset.ts'
import * as fields from '../core/fields.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { NewPassword } from './new-password.tsx'
import { redirectWith } from './notices.ts'
import { askedReturn, withReturn } from './return-to.ts'

const LABELS: Labels = { email: 'E-mail address', code: 'Code', password: 'New password' }
const ForgotForm = z.object({ email: z.string().trim().pipe(fields.email) })
const ResetForm = z.object({ code: mailedCode, password: fields.password })

export const passwordResetPages = new Hono<AppEnv>()
  .get('/forgot', anyone(), (c) => showForgot(c, UNTOUCHED))
  .post('/forgot', anyone(), networkLimit('code'), form('forgot', ForgotForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ email }) => {
        await requestPasswordReset(c.var.ctx, email, askedReturn(c))
        return redirectWith(c, withReturn(c, '/reset'), 'reset_sent')
      },
      again: (state) => showForgot(c, state),
    }),
  )
  .get('/reset', anyone(), networkLimit('other'), async (c) => {
    const link = await readMailedLink(c, ['reset_password'])
    return link?.code === null ? showSpent(c) : showReset(c, UNTOUCHED, link)
  })
  .post('/reset', anyone(), networkLimit('code'), form('reset', ResetForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code, password }) => {
        const { returnTo } = await resetPassword(c.var.ctx, { code, password, target: null })
        return redirectWith(c, withReturn(c, '/sign-in', {}, askedReturn(c, returnTo)), 'password_reset')
      },
      again: (state) => showReset(c, state, null),
    }),
  )

async function showForgot(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'forgot')
  return showPage(
    c,
    {
      title: 'Set a new password',
      lead: 'Enter your e-mail address, and we will send you a code.',
      error: state.error,
    },
    <>
      <Form action={withReturn(c, '/forgot')} token={token} state={state} labels={LABELS}>
        <Input name="email" labels={LABELS} state={state} type="email" autocomplete="email" maxlength={254} first />
        <Submit>Send the code</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>Back to sign-in</a>
      </p>
    </>,
  )
}

async function showReset(c: Context, state: FormState, link: MailedLink | null): Promise<Response> {
  const to = askedReturn(c, link?.returnTo)
  const token = await formToken(c, 'reset')
  return showPage(
    c,
    {
      title: 'Choose a new password',
      lead: 'This signs you out on all devices.',
      error: state.error,
    },
    <>
      <Form action={withReturn(c, '/reset', {}, to)} token={token} state={state} labels={LABELS}>
        <CodeField link={link} state={state} labels={LABELS} />
        <NewPassword labels={LABELS} state={state} first={link !== null} />
        <Submit>Set password</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/forgot', {}, to)}>Ask for another code</a>
      </p>
    </>,
  )
}

function showSpent(c: Context): Promise<Response> {
  return showSpentLink(
    c,
    'It was already used or has expired. Nothing was changed.',
    <>
      <p>
        <a class="button primary" href={withReturn(c, '/forgot')}>
          Ask for another code
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>Sign in</a>
      </p>
    </>,
  )
}
