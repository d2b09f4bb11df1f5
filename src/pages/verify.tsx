/**
 * `/verify`: the code that proves an e-mail address, of a new account or of a change. `/email/undo`: the code that brings
 * the address before back.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { undoEmailChange } from '../core/accounts/email-change.ts'
import { resendVerification, verifyEmail } from '../core/accounts/sign-up.ts'
import { userIdHex } from '../core/fields.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { form, formToken } from '../http/form-token.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { toHex } from '../ids.ts'
import { CodeField, mailedCode } from './code-field.tsx'
import { statusOf } from './errors.tsx'
import { Form, type FormState, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'

const LABELS: Labels = { code: 'Code', account: 'Account' }
const CodeForm = z.object({ code: mailedCode })
const ResendForm = z.object({ account: userIdHex })

export const verifyPages = new Hono<AppEnv>()
  .get('/verify', anyone(), (c) => showVerify(c, UNTOUCHED))
  .post('/verify', anyone(), networkLimit('other'), form('verify', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        await verifyEmail(c.var.ctx, { code, userId: null })
        return redirectWith(c, '/sign-in', 'verified')
      },
      again: (state) => showVerify(c, state),
    }),
  )
  .post('/verify/resend', anyone(), networkLimit('code'), form('resend', ResendForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ account }) => {
        await resendVerification(c.var.ctx, account)
        return redirectWith(c, `/verify?account=${toHex(account)}`, 'code_sent')
      },
      again: (state) => showVerify(c, state),
    }),
  )
  .get('/verify/resend', anyone(), (c) => c.redirect('/verify', 303))
  .get('/email/undo', anyone(), (c) => showUndo(c, UNTOUCHED))
  .post('/email/undo', anyone(), networkLimit('code'), form('undo', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        await undoEmailChange(c.var.ctx, code)
        return redirectWith(c, '/forgot', 'email_restored')
      },
      again: (state) => showUndo(c, state),
    }),
  )

async function showVerify(c: Context, state: FormState): Promise<Response> {
  const account = userIdHex.safeParse(c.req.query('account') ?? state.typed.account)
  const id = account.success ? toHex(account.data) : null
  const tokens = [await formToken(c, 'verify'), await formToken(c, 'resend')] as const
  return showPage(
    c,
    {
      title: 'Confirm your address',
      lead: 'Enter the code from the mail, and the address is yours.',
      status: state.error ? statusOf(state.error) : 200,
      hasError: state.error !== null,
    },
    <>
      <Form action={id === null ? '/verify' : `/verify?account=${id}`} token={tokens[0]} state={state} labels={LABELS}>
        <CodeField c={c} state={state} labels={LABELS} />
        <Submit>Confirm address</Submit>
      </Form>
      {id !== null && (
        <Form action="/verify/resend" token={tokens[1]} class="resend">
          <input type="hidden" name="account" value={id} />
          <p class="aside">No mail after a minute or two? Look into your spam folder, or have it sent once more.</p>
          <Submit kind="secondary">Send a new code</Submit>
        </Form>
      )}
      <p class="links">
        <a href="/sign-in">Sign in</a>
      </p>
    </>,
  )
}

async function showUndo(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'undo')
  return showPage(
    c,
    {
      title: 'Bring your address back',
      lead: 'This undoes the change of your e-mail address and signs everybody out, you as well. Then set a new password.',
      status: state.error ? statusOf(state.error) : 200,
      hasError: state.error !== null,
    },
    <Form action="/email/undo" token={token} state={state} labels={LABELS}>
      <CodeField c={c} state={state} labels={LABELS} />
      <Submit>Undo the change</Submit>
    </Form>,
  )
}
