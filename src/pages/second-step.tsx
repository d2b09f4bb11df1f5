/**
 * `/sign-in/code`: the second step of a sign-in. The page describes the strongest method first and offers a mailed code
 * last. One field takes any code; a passkey has a button. The pending log-in is in a cookie, because it must not be in a URL.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../core/errors.ts'
import { secondFactorCode, userIdHex } from '../core/fields.ts'
import { passkeyAuthenticationOptions, signInWithPasskey } from '../core/passkeys/sign-in.ts'
import type { SignInMethod } from '../core/sessions/completion.ts'
import { completeSecondFactor, mailSecondFactorCode } from '../core/sessions/second-factor-sign-in.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit, signInLimit } from '../http/rate-limit.ts'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { PasskeyAnswer, PasskeyForm, WithoutPasskeys } from './passkey-form.tsx'
import { getPendingSignIn, type PendingSignIn } from './pending-sign-in.ts'
import { withReturn } from './return-to.ts'
import { presented, signedIn } from './signed-in.ts'
import { textsOf, useTexts } from './texts.tsx'

const PATH = '/sign-in/code'
const MAIL = `${PATH}/mail`
const PASSKEY = `${PATH}/passkey`
const CodeForm = z.object({ code: z.string().pipe(secondFactorCode as z.ZodType<string, string>) })

export const secondStepPages = new Hono<AppEnv>()
  .get(PATH, anyone(), async (c) => {
    const pending = getPendingSignIn(c)
    return pending ? show(c, pending, UNTOUCHED) : toBeginning(c)
  })
  .post(PATH, anyone(), signInLimit(), form('sign-in-code', CodeForm), (c) => {
    const pending = getPendingSignIn(c)
    return take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        if (!pending) return toBeginning(c)
        const { userAgent } = c.var.ctx.caller
        const input = { ...keyOf(pending), code, userAgent }
        return signedIn(c, await completeSecondFactor(c.var.ctx, { ...input, presented: await presented(c) }))
      },
      again: async (state) => (pending ? show(c, pending, state) : toBeginning(c)),
    })
  })
  .get(PASSKEY, anyone(), (c) => c.redirect(withReturn(c, PATH), 303))
  .post(PASSKEY, anyone(), signInLimit(), form('sign-in-code-passkey', PasskeyAnswer), (c) => {
    const pending = getPendingSignIn(c)
    return take(c, c.req.valid('form'), {
      mends: 'unauthenticated',
      act: async ({ credential }) => {
        if (!pending) return toBeginning(c)
        const { userAgent } = c.var.ctx.caller
        const input = { credential, pending: keyOf(pending), userAgent, presented: await presented(c) }
        return signedIn(c, await signInWithPasskey(c.var.ctx, input))
      },
      again: async (state) => (pending ? showPasskey(c, pending, state) : toBeginning(c)),
    })
  })
  .get(MAIL, anyone(), (c) => c.redirect(withReturn(c, PATH), 303))
  .post(MAIL, anyone(), networkLimit('code'), form('sign-in-mail', z.object({})), (c) => {
    const pending = getPendingSignIn(c)
    return take(c, c.req.valid('form'), {
      act: async () => {
        if (!pending) return toBeginning(c)
        await mailSecondFactorCode(c.var.ctx, keyOf(pending))
        return redirectWith(c, withReturn(c, PATH), 'code_mailed')
      },
      again: async (state) => (pending ? show(c, pending, state) : toBeginning(c)),
    })
  })

const toBeginning = (c: Context) => c.redirect(withReturn(c, '/sign-in'), 303)

/** What the core knows it by. */
const keyOf = ({ userId, sessionHash }: PendingSignIn) => ({ userId: userIdHex.parse(userId), sessionHash })

type Way = Exclude<SignInMethod, 'passkey'>

/** The kind of code that the page describes. The field accepts all of them; only the keyboard on phones differs. */
function wayOf(c: Context, { methods }: PendingSignIn): Way {
  const hasDigits = methods.includes('totp') || methods.includes('email')
  if (methods.includes('recovery_code') && (c.req.query('use') === 'recovery' || !hasDigits)) return 'recovery_code'
  return methods.includes('totp') && c.req.query('notice') !== 'code_mailed' ? 'totp' : 'email'
}

/** Whether the page is about the passkey: as long as nobody has asked for a code, and there is one. */
function isForPasskey(c: Context, { methods }: PendingSignIn): boolean {
  if (!methods.includes('passkey')) return false
  return methods.length === 1 || (c.req.query('use') === undefined && c.req.query('notice') !== 'code_mailed')
}

async function show(c: Context, pending: PendingSignIn, outcome: FormState): Promise<Response> {
  if (isForPasskey(c, pending)) return showPasskey(c, pending, outcome)
  const t = await textsOf(c)
  const texts = t.signIn.code
  const way = wayOf(c, pending)
  const state = way === 'email' ? outcome : { ...outcome, words: { code_invalid: t.errors.nextCode } }
  const tokens = [await formToken(c, 'sign-in-code'), await formToken(c, 'sign-in-mail')] as const
  const use = way === 'recovery_code' ? 'recovery' : 'code'
  const carried: Readonly<Record<string, string>> = way === 'recovery_code' || pending.methods.includes('passkey') ? { use } : {}
  return showPage(
    c,
    {
      ...(way === 'recovery_code' ? texts.recovery : { title: texts.title, lead: way === 'totp' ? texts.app : texts.mail }),
      error: state.error,
    },
    <>
      <Form action={withReturn(c, PATH, carried)} token={tokens[0]} state={state} labels={t.signIn.fields}>
        <Input
          name="code"
          labels={t.signIn.fields}
          state={state}
          code
          {...(way === 'recovery_code' ? {} : { inputmode: 'numeric' as const })}
          autocomplete="one-time-code"
          maxlength={64}
          first
        />
        <Submit>{texts.submit}</Submit>
      </Form>
      <OtherWays c={c} pending={pending} way={way} token={tokens[1]} />
    </>,
  )
}

function unlessOver(thrown: unknown): null {
  if (thrown instanceof AppError && thrown.code === 'code_invalid') return null
  throw thrown
}

async function showPasskey(c: Context, pending: PendingSignIn, state: FormState): Promise<Response> {
  const token = await formToken(c, 'sign-in-code-passkey')
  const options = await passkeyAuthenticationOptions(c.var.ctx, keyOf(pending)).catch(unlessOver)
  if (options === null) return redirectWith(c, withReturn(c, '/sign-in'), 'sign_in_over')
  const texts = (await textsOf(c)).signIn.code.passkey
  return showPage(
    c,
    {
      title: texts.title,
      lead: texts.lead,
      error: state.error,
      hasPasskeys: true,
    },
    <>
      <PasskeyForm action={withReturn(c, PASSKEY)} token={token} ceremony="get" options={options} state={state}>
        <Submit>{texts.submit}</Submit>
      </PasskeyForm>
      <WithoutPasskeys>{texts.unsupported}</WithoutPasskeys>
      <OtherWays c={c} pending={pending} way="passkey" />
    </>,
  )
}

function OtherWays(props: { c: Context; pending: PendingSignIn; way: SignInMethod; token?: string }) {
  const { ways } = useTexts().signIn.code
  const { c, way, token } = props
  const { methods } = props.pending
  const hasApp = methods.includes('totp')
  const codes = hasApp ? ways.app : methods.includes('email') && ways.mail
  const isInstead = hasApp && way !== 'email'
  return (
    <section class="other-ways" aria-label={ways.label}>
      <p class="links">
        {way !== 'passkey' && methods.includes('passkey') && <a href={withReturn(c, PATH)}>{ways.passkey}</a>}
        {(way === 'passkey' || way === 'recovery_code') && codes && <a href={withReturn(c, PATH, { use: 'code' })}>{codes}</a>}
        {way !== 'recovery_code' && methods.includes('recovery_code') && (
          <a href={withReturn(c, PATH, { use: 'recovery' })}>{ways.recovery}</a>
        )}
        <a href={withReturn(c, '/sign-in')}>{ways.restart}</a>
      </p>
      {token !== undefined && methods.includes('email') && (
        <Form action={withReturn(c, MAIL)} token={token} class="resend">
          <p class="aside">{isInstead ? ways.weakest : ways.noMail}</p>
          <Submit kind="secondary">{isInstead ? ways.mailInstead : ways.mailAgain}</Submit>
        </Form>
      )}
    </section>
  )
}
