/**
 * `/sign-in/mail`: a mail with six digits and a link, with the same reply for every name. The digits are valid only in the
 * browser that asked, which keeps a token in a cookie (`/sign-in/mail/code`); the link opens a page with a button in any browser
 * (`/sign-in/mail/link`), because mail scanners open links too. Exists only with `EMAIL_SIGN_IN`.
 */
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import { BOT_CHECK_FAILED, BOT_CHECK_FIELD, requireHuman } from '../core/bot-check.ts'
import type { ErrorCode } from '../core/errors.ts'
import { email, mailedDigits, username } from '../core/fields.ts'
import { EMAIL_DIGITS_MS } from '../core/limits.ts'
import { requestMailSignIn, signInWithMailedCode, signInWithMailedLink } from '../core/sessions/mail-sign-in.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit, signInLimit } from '../http/rate-limit.ts'
import { onlyIf } from '../http/settings.ts'
import { fill } from '../texts/texts.ts'
import { BotCheck, botCheckField } from './bot-check.tsx'
import { findMailedLink, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { askedReturn, withReturn } from './return-to.ts'
import { IDENTIFIER_LENGTH_MAX, identifier } from './sign-in.tsx'
import { presented, signedIn } from './signed-in.ts'
import { textsOf, useTexts } from './texts.tsx'

const PATH = '/sign-in/mail'
const CODE = `${PATH}/code`
const LINK = `${PATH}/link`
const isName = (text: string) => username.safeParse(text).success || email.safeParse(text).success
const RequestForm = z.object({ identifier: identifier.pipe(z.string().refine(isName, 'is not complete')), ...botCheckField })
const CodeForm = z.object({ code: z.string().pipe(mailedDigits as z.ZodType<string, string>) })
const LinkForm = z.object({ code: mailedCode })

/** Hono adds the `__Host-` prefix. The token alone signs nobody in. */
const COOKIE = 'kith_mail_sign_in'
const TOKEN = /^[\w-]{43}$/
const ATTRIBUTES = { prefix: 'host', httpOnly: true, secure: true, sameSite: 'Lax', path: '/' } as const

const PURPOSES = ['mail_sign_in'] as const
/** What a link is refused with that is used up, or none of ours. */
const SPENT: ReadonlySet<ErrorCode | undefined> = new Set(['code_invalid', 'invalid_request'])

const isOn = onlyIf(({ emailSignIn }) => emailSignIn)

export const mailSignInPages = new Hono<AppEnv>()
  .get(PATH, anyone(), isOn, (c) => showRequest(c, UNTOUCHED))
  // The form of `/sign-in` has a button that sends it here.
  .post(PATH, anyone(), isOn, networkLimit('code'), form('sign-in', RequestForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ identifier, [BOT_CHECK_FIELD]: answer }) => {
        await requireHuman(c.var.ctx, 'sign-in', answer)
        const names = { username: identifier, email: null }
        const { token } = await requestMailSignIn(c.var.ctx, { ...names, returnTo: askedReturn(c) })
        setCookie(c, COOKIE, token, { ...ATTRIBUTES, maxAge: EMAIL_DIGITS_MS / 1_000 })
        return c.redirect(withReturn(c, CODE), 303)
      },
      // Usually from `/sign-in`, where nothing was typed yet.
      again: async (state) =>
        state.error?.code === 'invalid_request' && state.typed.identifier?.trim() === ''
          ? c.redirect(withReturn(c, PATH), 303)
          : showRequest(c, wasNotAsked(state) ? { ...state, error: null } : state),
    }),
  )
  .get(CODE, anyone(), isOn, async (c) => (tokenOf(c) === null ? toBeginning(c) : showCode(c, UNTOUCHED)))
  .post(CODE, anyone(), isOn, signInLimit(), form('mail-code', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        const token = tokenOf(c)
        if (token === null) return toBeginning(c)
        const outcome = await signInWithMailedCode(c.var.ctx, { ...(await callerOf(c)), token, code })
        deleteCookie(c, COOKIE, ATTRIBUTES)
        return signedIn(c, outcome)
      },
      again: async (state) => (tokenOf(c) === null ? toBeginning(c) : showCode(c, state)),
    }),
  )
  .get(LINK, anyone(), isOn, networkLimit('other'), async (c) => {
    const link = await readMailedLink(c, PURPOSES)
    return link ? showLink(c, UNTOUCHED, link) : toBeginning(c)
  })
  .post(LINK, anyone(), isOn, networkLimit('code'), form('mail-link', LinkForm), (c) => {
    const sent = c.req.valid('form')
    return take(c, sent, {
      act: async ({ code }) => {
        const { outcome, returnTo } = await signInWithMailedLink(c.var.ctx, { ...(await callerOf(c)), code })
        deleteCookie(c, COOKIE, ATTRIBUTES)
        return signedIn(c, outcome, askedReturn(c, returnTo))
      },
      again: async (state) =>
        SPENT.has(state.error?.code) ? showSpent(c) : showLink(c, state, await findMailedLink(c, sent.typed.code ?? '', PURPOSES)),
    })
  })

/** The page that the form comes from had no check of bots. */
const wasNotAsked = ({ error, typed }: FormState) => error?.reason === BOT_CHECK_FAILED && typed[BOT_CHECK_FIELD] === undefined

const toBeginning = (c: Context) => c.redirect(withReturn(c, '/sign-in'), 303)

const callerOf = async (c: Context<AppEnv>) => ({ userAgent: c.var.ctx.caller.userAgent, presented: await presented(c) })

function tokenOf(c: Context): string | null {
  const token = getCookie(c, COOKIE, 'host')
  return token !== undefined && TOKEN.test(token) ? token : null
}

async function showRequest(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'sign-in')
  const { fields, mailCode, back, mail } = (await textsOf(c)).signIn
  return showPage(
    c,
    { title: mail.title, lead: mail.lead, error: state.error, hasBotCheck: c.var.ctx.config.botCheck !== null },
    <>
      <Form action={withReturn(c, PATH)} token={token} state={state} labels={fields}>
        <Input name="identifier" labels={fields} state={state} autocomplete="username" maxlength={IDENTIFIER_LENGTH_MAX} first />
        <BotCheck c={c} action="sign-in" />
        <Submit>{mailCode}</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>{back}</a>
      </p>
    </>,
  )
}

async function showCode(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'mail-code')
  const { fields, submit, mail } = (await textsOf(c)).signIn
  return showPage(
    c,
    {
      title: mail.sent.title,
      lead: mail.sent.lead,
      error: state.error,
    },
    <>
      <Form action={withReturn(c, CODE)} token={token} state={state} labels={fields}>
        <Input name="code" labels={fields} state={state} code inputmode="numeric" autocomplete="one-time-code" maxlength={16} first />
        <Submit>{submit}</Submit>
      </Form>
      <p class="aside">{mail.sent.help}</p>
      <OtherWays c={c} />
    </>,
  )
}

function OtherWays({ c }: { c: Context }) {
  const { mail, otherWay } = useTexts().signIn
  return (
    <p class="links">
      <a href={withReturn(c, PATH)}>{mail.again}</a>
      <a href={withReturn(c, '/sign-in')}>{otherWay}</a>
    </p>
  )
}

async function showLink(c: Context, state: FormState, { code, returnTo, username }: MailedLink): Promise<Response> {
  if (code === null) return showSpent(c)
  const token = await formToken(c, 'mail-link')
  const { submit, mail } = (await textsOf(c)).signIn
  return showPage(
    c,
    {
      title: mail.link.title,
      lead: fill(mail.link.lead, { username: username ?? '' }),
      error: state.error,
    },
    <Form action={withReturn(c, LINK, {}, askedReturn(c, returnTo))} token={token} state={state}>
      <input type="hidden" name="code" value={code} />
      <Submit>{submit}</Submit>
    </Form>,
  )
}

async function showSpent(c: Context): Promise<Response> {
  const { mail, submit } = (await textsOf(c)).signIn
  return showSpentLink(
    c,
    mail.spent,
    <>
      <p>
        <a class="button primary" href={withReturn(c, PATH)}>
          {mail.again}
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>{submit}</a>
      </p>
    </>,
  )
}
