/**
 * `/verify`: the code that verifies an email address, new or changed. `/verify/resend` mails another one for the
 * account that this browser knows, `/verify/new-code` for a user name.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { resendVerification, resendVerificationTo, verifyEmail } from '../core/accounts/sign-up.ts'
import { BOT_CHECK_FIELD, requireHuman } from '../core/bot-check.ts'
import { userIdHex, username } from '../core/fields.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { toHex } from '../ids.ts'
import { AppLead } from './app-lead.tsx'
import { askingApp } from './asking-app.ts'
import { BotCheck, botCheckField } from './bot-check.tsx'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { newAccountOf, signInNewAccount } from './new-account.ts'
import { redirectWith } from './notices.ts'
import { askedReturn, withReturn } from './return-to.ts'
import { textsOf } from './texts.tsx'

const PATH = '/verify'
const RESEND = `${PATH}/resend`
const NEW_CODE = `${PATH}/new-code`
const CodeForm = z.object({ code: mailedCode })
const ResendForm = z.object({ account: userIdHex })
const NewCodeForm = z.object({ username: z.string().trim().pipe(username), ...botCheckField })

export const verifyPages = new Hono<AppEnv>()
  .get(PATH, anyone(), networkLimit('other'), async (c) => {
    const link = await readMailedLink(c, ['verify_email', 'change_email'])
    return link?.code === null ? showSpent(c) : showVerify(c, UNTOUCHED, link)
  })
  .post(PATH, anyone(), networkLimit('other'), form('verify', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        const proved = await verifyEmail(c.var.ctx, { code, userId: null, newcomerId: newAccountOf(c) })
        const to = askedReturn(c, proved.returnTo)
        const signedIn = proved.newcomer && (await signInNewAccount(c, proved.newcomer, to))
        return signedIn ?? redirectWith(c, withReturn(c, '/sign-in', {}, to), 'verified')
      },
      again: (state) => showVerify(c, state, null),
    }),
  )
  .get(RESEND, anyone(), (c) => c.redirect(withReturn(c, PATH), 303))
  .post(RESEND, anyone(), networkLimit('code'), form('resend', ResendForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ account }) => {
        await resendVerification(c.var.ctx, account, askedReturn(c))
        return redirectWith(c, withReturn(c, PATH, { account: toHex(account) }), 'code_sent')
      },
      again: (state) => showVerify(c, state, null),
    }),
  )
  .get(NEW_CODE, anyone(), (c) => showNewCode(c, UNTOUCHED))
  .post(NEW_CODE, anyone(), networkLimit('code'), form('new-code', NewCodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ username, [BOT_CHECK_FIELD]: answer }) => {
        await requireHuman(c.var.ctx, 'sign-up', answer)
        await resendVerificationTo(c.var.ctx, username, askedReturn(c))
        return redirectWith(c, withReturn(c, PATH), 'code_sent')
      },
      again: (state) => showNewCode(c, state),
    }),
  )

/** The account of the URL, or the one that this browser knows. */
function accountOf(c: Context, state: FormState): string | null {
  const named = userIdHex.safeParse(c.req.query('account') ?? state.typed.account)
  const id = named.success ? named.data : newAccountOf(c)
  return id === null ? null : toHex(id)
}

async function showVerify(c: Context, state: FormState, link: MailedLink | null): Promise<Response> {
  const account = accountOf(c, state)
  const to = askedReturn(c, link?.returnTo)
  const tokens = [await formToken(c, 'verify'), await formToken(c, 'resend')] as const
  const t = await textsOf(c)
  const texts = t.verify
  const app = await askingApp(c, to)
  return showPage(
    c,
    { title: texts.title, lead: app ? <AppLead text={texts.leadOfApp} app={app} /> : undefined, error: state.error, app },
    <>
      <Form action={withReturn(c, PATH, account === null ? {} : { account }, to)} token={tokens[0]} state={state} labels={texts.fields}>
        <CodeField link={link} state={state} labels={texts.fields} />
        <Submit>{texts.submit}</Submit>
      </Form>
      {account !== null && (
        <Form action={withReturn(c, RESEND, {}, to)} token={tokens[1]} class="resend">
          <input type="hidden" name="account" value={account} />
          <p class="aside">{texts.noMail}</p>
          <Submit kind="secondary">{texts.newCode.title}</Submit>
        </Form>
      )}
      <p class="links">
        {account === null && <a href={withReturn(c, NEW_CODE, {}, to)}>{texts.newCode.title}</a>}
        <a href={withReturn(c, '/sign-in', {}, to)}>{t.signIn.submit}</a>
      </p>
    </>,
  )
}

async function showNewCode(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'new-code')
  const t = await textsOf(c)
  const texts = t.verify
  return showPage(
    c,
    {
      title: texts.newCode.title,
      lead: texts.newCode.lead,
      error: state.error,
      hasBotCheck: c.var.ctx.config.botCheck !== null,
    },
    <>
      <Form action={withReturn(c, NEW_CODE)} token={token} state={state} labels={texts.fields}>
        <Input name="username" labels={texts.fields} state={state} autocomplete="username" maxlength={30} first />
        <BotCheck c={c} action="sign-up" />
        <Submit>{texts.newCode.submit}</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, PATH)}>{texts.newCode.have}</a>
        <a href={withReturn(c, '/sign-in')}>{t.signIn.submit}</a>
      </p>
    </>,
  )
}

/** Most users who see this have just verified the address with the same link. */
async function showSpent(c: Context): Promise<Response> {
  const t = await textsOf(c)
  const texts = t.verify
  return showSpentLink(
    c,
    texts.spent,
    <>
      <p>
        <a class="button primary" href={withReturn(c, '/sign-in')}>
          {t.signIn.submit}
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, NEW_CODE)}>{texts.newCode.title}</a>
      </p>
    </>,
  )
}
