/**
 * `/sign-in/code`: the second step of a sign-in. One field takes any code; the page describes the strongest method
 * first and offers a mailed code last. The pending log-in is in a cookie, because it must not be in a URL.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { secondFactorCode, userIdHex } from '../core/fields.ts'
import { completeSecondFactor, mailSecondFactorCode } from '../core/sessions/second-factor-sign-in.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit, signInLimit } from '../http/rate-limit.ts'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { getPendingSignIn, type PendingSignIn } from './pending-sign-in.ts'
import { withReturn } from './return-to.ts'
import { presented, signedIn } from './signed-in.ts'

const PATH = '/sign-in/code'
const MAIL = `${PATH}/mail`
const LABELS: Labels = { code: 'Code' }
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
        const input = { userId: userIdHex.parse(pending.userId), sessionHash: pending.sessionHash, code, userAgent }
        return signedIn(c, await completeSecondFactor(c.var.ctx, { ...input, presented: await presented(c) }))
      },
      again: async (state) => (pending ? show(c, pending, state) : toBeginning(c)),
    })
  })
  .get(MAIL, anyone(), (c) => c.redirect(withReturn(c, PATH), 303))
  .post(MAIL, anyone(), networkLimit('code'), form('sign-in-mail', z.object({})), (c) => {
    const pending = getPendingSignIn(c)
    return take(c, c.req.valid('form'), {
      act: async () => {
        if (!pending) return toBeginning(c)
        await mailSecondFactorCode(c.var.ctx, { userId: userIdHex.parse(pending.userId), sessionHash: pending.sessionHash })
        return redirectWith(c, withReturn(c, PATH), 'code_mailed')
      },
      again: async (state) => (pending ? show(c, pending, state) : toBeginning(c)),
    })
  })

const toBeginning = (c: Context) => c.redirect(withReturn(c, '/sign-in'), 303)

type Way = 'totp' | 'recovery_code' | 'email'

const LEADS: Readonly<Record<Way, string>> = {
  totp: 'Open your authenticator app and enter the six digits that it shows.',
  recovery_code: 'Enter one of the recovery codes that you saved. Each works once.',
  email: 'We sent a six-digit code to your e-mail address. It expires in 10 minutes.',
}

/** The method that the page describes. The field accepts all of them; only the keyboard on phones differs. */
function wayOf(c: Context, { methods }: PendingSignIn): Way {
  const hasDigits = methods.includes('totp') || methods.includes('email')
  if (methods.includes('recovery_code') && (c.req.query('use') === 'recovery' || !hasDigits)) return 'recovery_code'
  return methods.includes('totp') && c.req.query('notice') !== 'code_mailed' ? 'totp' : 'email'
}

async function show(c: Context, pending: PendingSignIn, state: FormState): Promise<Response> {
  const way = wayOf(c, pending)
  const tokens = [await formToken(c, 'sign-in-code'), await formToken(c, 'sign-in-mail')] as const
  const carried: Readonly<Record<string, string>> = way === 'recovery_code' ? { use: 'recovery' } : {}
  return showPage(
    c,
    {
      title: way === 'recovery_code' ? 'Use a recovery code' : 'Enter your code',
      lead: LEADS[way],
      error: state.error,
    },
    <>
      <Form action={withReturn(c, PATH, carried)} token={tokens[0]} state={state} labels={LABELS}>
        <Input
          name="code"
          labels={LABELS}
          state={state}
          code
          {...(way === 'recovery_code' ? {} : { inputmode: 'numeric' as const })}
          autocomplete="one-time-code"
          maxlength={64}
          first
        />
        <Submit>Continue</Submit>
      </Form>
      <OtherWays c={c} pending={pending} way={way} token={tokens[1]} />
    </>,
  )
}

function OtherWays({ c, pending: { methods }, way, token }: { c: Context; pending: PendingSignIn; way: Way; token: string }) {
  const hasApp = methods.includes('totp')
  return (
    <section class="other-ways" aria-label="Other ways">
      <p class="links">
        {way === 'recovery_code' && (hasApp || methods.includes('email')) && (
          <a href={withReturn(c, PATH)}>{hasApp ? 'Use your authenticator app' : 'Use the code from the mail'}</a>
        )}
        {way !== 'recovery_code' && methods.includes('recovery_code') && (
          <a href={withReturn(c, PATH, { use: 'recovery' })}>Use a recovery code</a>
        )}
        <a href={withReturn(c, '/sign-in')}>Begin again</a>
      </p>
      {methods.includes('email') && (
        <Form action={withReturn(c, MAIL)} token={token} class="resend">
          <p class="aside">
            {hasApp && way !== 'email'
              ? 'The weakest way: anyone who can read your mail gets the code too.'
              : 'No mail after a minute or two? Check your spam folder, or have it sent again.'}
          </p>
          <Submit kind="secondary">{hasApp && way !== 'email' ? 'Send a code by e-mail instead' : 'Send a new code'}</Submit>
        </Form>
      )}
    </section>
  )
}
