/** `/sign-up`: a new account, with `?password=none` without a password. Free and taken addresses get the same reply; only the mail differs. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { passwordLengthIssues } from '../core/accounts/password-rules.ts'
import { createAccount } from '../core/accounts/sign-up.ts'
import { BOT_CHECK_FIELD, requireHuman } from '../core/bot-check.ts'
import type { Ctx } from '../core/ctx.ts'
import type { RefusedField } from '../core/errors.ts'
import * as fields from '../core/fields.ts'
import { findNewcomer, issueFirstSignInTicket, signInFirst } from '../core/sessions/first-sign-in.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { toHex } from '../ids.ts'
import { AppLead } from './app-lead.tsx'
import { askingApp } from './asking-app.ts'
import { BotCheck } from './bot-check.tsx'
import { form, formToken, type Typed } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { rememberNewAccount } from './new-account.ts'
import { NewPassword } from './new-password.tsx'
import { redirectWith } from './notices.ts'
import { askedReturn, withReturn } from './return-to.ts'
import { SIGN_UP_FIELDS, signUpDemands, toNames, WhoFields } from './sign-up-fields.tsx'
import { presented, signedIn } from './signed-in.ts'
import { TermsField } from './terms-field.tsx'
import { textsOf } from './texts.tsx'
import { providerButtons } from './upstream/buttons.tsx'

const SignUpForm = z.object({ ...SIGN_UP_FIELDS, password: fields.password.optional() })

export const signUpPages = new Hono<AppEnv>()
  .get('/sign-up', anyone(), (c) => showSignUp(c, UNTOUCHED))
  .post('/sign-up', anyone(), networkLimit('create'), form('sign-up', SignUpForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ password = null, [BOT_CHECK_FIELD]: answer, ...values }) => {
        const { ctx } = c.var
        const returnTo = askedReturn(c) ?? (password === null ? '/account/passkeys' : null)
        const names = await toNames(ctx, values)
        await requireHuman(ctx, 'sign-up', answer)
        const { locale } = ctx.caller
        const user = await createAccount(ctx, { ...values, ...names, password, phone: null, phoneCountryCode: null, locale, returnTo })
        const ticket = issueFirstSignInTicket(ctx, user)
        if (ctx.config.requireEmailVerification) {
          rememberNewAccount(c, user.id, ticket)
          return redirectWith(c, withReturn(c, '/verify', { account: toHex(user.id) }), 'signed_up')
        }
        // Without verification, there is nothing to wait for.
        const newcomer = await findNewcomer(ctx, user.id)
        const outcome = newcomer && (await signInFirst(ctx, { user: newcomer, ticket, presented: await presented(c) }))
        return outcome ? signedIn(c, outcome) : redirectWith(c, withReturn(c, '/sign-in'), 'verified')
      },
      again: (state) => showSignUp(c, state),
      demands: (typed) => [...signUpDemands(c.var.ctx, typed), ...passwordDemands(c.var.ctx, typed)],
    }),
  )

function passwordDemands(ctx: Ctx, { password }: Typed): RefusedField[] {
  if (password !== undefined) return passwordLengthIssues(ctx, password)
  return isPasswordOptional(ctx) ? [] : [{ path: 'password', code: 'required', message: 'is required' }]
}

/** Without a password, the code that verifies the address is what proves its owner at first. */
const isPasswordOptional = ({ config }: Ctx) => config.requireEmailVerification

/** The address that an app knows (OpenID Connect Core §3.1.2.1, `login_hint`). */
function hintOf(c: Context): string | undefined {
  const hint = fields.email.safeParse(c.req.query('login_hint'))
  return hint.success ? hint.data : undefined
}

async function showSignUp(c: Context, state: FormState): Promise<Response> {
  const t = (await textsOf(c)).signUp
  const shared = { labels: t.fields, state }
  const token = await formToken(c, 'sign-up')
  const isPasswordless = isPasswordOptional(c.var.ctx) && c.req.query('password') === 'none'
  const providers = await providerButtons(c)
  const app = await askingApp(c)
  return showPage(
    c,
    {
      title: t.title,
      lead: app ? <AppLead text={t.leadOfApp} app={app} /> : isPasswordless ? t.passwordless : t.lead,
      app,
      error: state.error,
      hasBotCheck: c.var.ctx.config.botCheck !== null,
    },
    <>
      {app && isPasswordless && <p>{t.passwordless}</p>}
      <Form action={withReturn(c, '/sign-up', isPasswordless ? { password: 'none' } : {})} token={token} state={state} labels={t.fields}>
        <WhoFields c={c} state={state} />
        <Input name="email" type="email" value={hintOf(c)} autocomplete="email" maxlength={254} {...shared} />
        {!isPasswordless && <NewPassword c={c} {...shared} />}
        <TermsField c={c} state={state} />
        <BotCheck c={c} action="sign-up" />
        <Submit>{t.submit}</Submit>
      </Form>
      {providers}
      {isPasswordOptional(c.var.ctx) && (
        <p class="aside">
          {isPasswordless ? (
            <a href={withReturn(c, '/sign-up')}>{t.withPassword}</a>
          ) : (
            <a href={withReturn(c, '/sign-up', { password: 'none' })}>{t.withoutPassword}</a>
          )}
        </p>
      )}
      <p class="aside">
        {t.known} <a href={withReturn(c, '/sign-in')}>{t.signIn}</a>
      </p>
    </>,
  )
}
