/**
 * `/sign-in/mail`: a mail with six digits and a link, with the same reply for every name. The digits are valid only in the
 * browser that asked, which keeps a token in a cookie (`/sign-in/mail/code`); the link opens a page with a button in any browser
 * (`/sign-in/mail/link`), because mail scanners open links too. Exists only with `EMAIL_SIGN_IN`.
 */
import { type Context, Hono } from 'hono'
import { deleteCookie, getCookie, setCookie } from 'hono/cookie'
import * as z from 'zod'
import type { ErrorCode } from '../core/errors.ts'
import { email, mailedDigits, username } from '../core/fields.ts'
import { EMAIL_DIGITS_MS } from '../core/limits.ts'
import { requestMailSignIn, signInWithMailedCode, signInWithMailedLink } from '../core/sessions/mail-sign-in.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit, signInLimit } from '../http/rate-limit.ts'
import { onlyIf } from '../http/settings.ts'
import { findMailedLink, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { askedReturn, withReturn } from './return-to.ts'
import { IDENTIFIER_LENGTH_MAX, identifier } from './sign-in.tsx'
import { presented, signedIn } from './signed-in.ts'

const PATH = '/sign-in/mail'
const CODE = `${PATH}/code`
const LINK = `${PATH}/link`
const LABELS: Labels = { identifier: 'User name or e-mail', code: 'Code' }
const isName = (text: string) => username.safeParse(text).success || email.safeParse(text).success
const RequestForm = z.object({ identifier: identifier.pipe(z.string().refine(isName, 'is not complete')) })
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
      act: async ({ identifier }) => {
        const names = { username: identifier, email: null }
        const { token } = await requestMailSignIn(c.var.ctx, { ...names, returnTo: askedReturn(c) })
        setCookie(c, COOKIE, token, { ...ATTRIBUTES, maxAge: EMAIL_DIGITS_MS / 1_000 })
        return c.redirect(withReturn(c, CODE), 303)
      },
      // Usually from `/sign-in`, where nothing was typed yet.
      again: async (state) =>
        state.error?.code === 'invalid_request' && state.typed.identifier?.trim() === ''
          ? c.redirect(withReturn(c, PATH), 303)
          : showRequest(c, state),
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

const toBeginning = (c: Context) => c.redirect(withReturn(c, '/sign-in'), 303)

const callerOf = async (c: Context<AppEnv>) => ({ userAgent: c.var.ctx.caller.userAgent, presented: await presented(c) })

function tokenOf(c: Context): string | null {
  const token = getCookie(c, COOKIE, 'host')
  return token !== undefined && TOKEN.test(token) ? token : null
}

async function showRequest(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'sign-in')
  return showPage(
    c,
    { title: 'Sign in by e-mail', lead: 'We send a code and a link to the address of your account.', error: state.error },
    <>
      <Form action={withReturn(c, PATH)} token={token} state={state} labels={LABELS}>
        <Input name="identifier" labels={LABELS} state={state} autocomplete="username" maxlength={IDENTIFIER_LENGTH_MAX} first />
        <Submit>Mail me a code</Submit>
      </Form>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>Back to sign-in</a>
      </p>
    </>,
  )
}

async function showCode(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'mail-code')
  return showPage(
    c,
    {
      title: 'Check your mail',
      lead: 'If there is an account with that name or address, we have sent it a mail. Enter the six digits here, or open the link. Both work for 10 minutes.',
      error: state.error,
    },
    <>
      <Form action={withReturn(c, CODE)} token={token} state={state} labels={LABELS}>
        <Input name="code" labels={LABELS} state={state} code inputmode="numeric" autocomplete="one-time-code" maxlength={16} first />
        <Submit>Sign in</Submit>
      </Form>
      <p class="aside">
        No mail after a minute or two? Check your spam folder, or ask for another. If the code is refused, open the link in the mail.
      </p>
      <OtherWays c={c} />
    </>,
  )
}

function OtherWays({ c }: { c: Context }) {
  return (
    <p class="links">
      <a href={withReturn(c, PATH)}>Ask for another mail</a>
      <a href={withReturn(c, '/sign-in')}>Sign in another way</a>
    </p>
  )
}

async function showLink(c: Context, state: FormState, { code, returnTo, username }: MailedLink): Promise<Response> {
  if (code === null) return showSpent(c)
  const token = await formToken(c, 'mail-link')
  return showPage(
    c,
    {
      title: 'Sign in',
      lead: `This signs you in as ${username}, in this browser.`,
      error: state.error,
    },
    <Form action={withReturn(c, LINK, {}, askedReturn(c, returnTo))} token={token} state={state}>
      <input type="hidden" name="code" value={code} />
      <Submit>Sign in</Submit>
    </Form>,
  )
}

function showSpent(c: Context): Promise<Response> {
  return showSpentLink(
    c,
    'It was already used or has expired.',
    <>
      <p>
        <a class="button primary" href={withReturn(c, PATH)}>
          Ask for another mail
        </a>
      </p>
      <p class="links">
        <a href={withReturn(c, '/sign-in')}>Sign in</a>
      </p>
    </>,
  )
}
