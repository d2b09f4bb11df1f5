/** Forgotten passwords: `/forgot` mails a code, with the same reply for every address; `/reset` takes it with a new password. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { requestPasswordReset, resetPassword } from '../core/accounts/password-reset.ts'
import { BOT_CHECK_FIELD, requireHuman } from '../core/bot-check.ts'
import * as fields from '../core/fields.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { BotCheck, botCheckField } from './bot-check.tsx'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { NewPassword } from './new-password.tsx'
import { redirectWith } from './notices.ts'
import { askedReturn, withReturn } from './return-to.ts'
import { textsOf } from './texts.tsx'

const ForgotForm = z.object({ email: z.string().trim().pipe(fields.email), ...botCheckField })
const ResetForm = z.object({ code: mailedCode, password: fields.password })

export const passwordResetPages = new Hono<AppEnv>()
  .get('/forgot', anyone(), (c) => showForgot(c, UNTOUCHED))
  .post('/forgot', anyone(), networkLimit('code'), form('forgot', ForgotForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ email, [BOT_CHECK_FIELD]: answer }) => {
        await requireHuman(c.var.ctx, 'reset', answer)
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
  const t = await textsOf(c)
  return showPage(
    c,
    {
      title: t.reset.title,
      lead: t.reset.lead,
      error: state.error,
      hasBotCheck: c.var.ctx.config.botCheck !== null,
    },
    <>
      <Form action={withReturn(c, '/forgot')} token={token} state={state} labels={t.reset.fields}>
        <Input name="email" labels={t.reset.fields} state={state} type="email" autocomplete="email" maxlength={254} first />
        <BotCheck c={c} action="reset" />
        <Submit>{t.reset.send}</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>{t.signIn.back}</a>
      </p>
    </>,
  )
}

async function showReset(c: Context, state: FormState, link: MailedLink | null): Promise<Response> {
  const to = askedReturn(c, link?.returnTo)
  const token = await formToken(c, 'reset')
  const t = await textsOf(c)
  return showPage(
    c,
    {
      title: t.reset.choose.title,
      lead: t.reset.choose.lead,
      error: state.error,
    },
    <>
      <Form action={withReturn(c, '/reset', {}, to)} token={token} state={state} labels={t.reset.fields}>
        <CodeField link={link} state={state} labels={t.reset.fields} />
        <NewPassword c={c} labels={t.reset.fields} state={state} first={link !== null} />
        <Submit>{t.reset.choose.submit}</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/forgot', {}, to)}>{t.reset.again}</a>
      </p>
    </>,
  )
}

async function showSpent(c: Context): Promise<Response> {
  const t = await textsOf(c)
  return showSpentLink(
    c,
    t.reset.spent,
    <>
      <p>
        <a class="button primary" href={withReturn(c, '/forgot')}>
          {t.reset.again}
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>{t.signIn.submit}</a>
      </p>
    </>,
  )
}
