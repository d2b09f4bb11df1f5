/**
 * `/sign-in`, and its second step `/sign-in/code`. Where a sensitive act wants a fresh sign-in, `?reauth=1` asks a person
 * who is signed in already. A log-in that waits for its code is kept in a cookie: it may not stand in an address.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../core/errors.ts'
import { typedPassword, userIdHex } from '../core/fields.ts'
import type { Claim } from '../core/sessions/principal.ts'
import { completeSecondFactor } from '../core/sessions/second-factor-sign-in.ts'
import { type SignInOutcome, signIn } from '../core/sessions/sign-in.ts'
import { anyone, optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { setSessionCookie } from '../http/credentials.ts'
import { form, formToken } from '../http/form-token.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { toHex } from '../ids.ts'
import { statusOf } from './errors.tsx'
import { Form, type FormState, Input, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { productOf, showPage } from './layout.tsx'
import { clearPendingSignIn, getPendingSignIn, setPendingSignIn } from './pending-sign-in.ts'
import { goOn, returnTo, withReturn } from './return-to.ts'

const LABELS: Labels = { identifier: 'User name or e-mail', password: 'Password' }
const SignInForm = z.object({ identifier: z.string().trim().min(1, 'is required').max(254, 'is too long'), password: typedPassword })

const CODE_LABELS: Labels = { code: 'Code' }
const CodeForm = z.object({
  code: z
    .string()
    .transform((v) => v.replace(/[\s-]/g, ''))
    .pipe(z.string().regex(/^\d{6}$/, 'must have six digits')),
})

export const signInPages = new Hono<AppEnv>()
  .get('/sign-in', optionalSession(), async (c) => {
    const { user } = await c.var.gate()
    if (user && !isReauthentication(c)) return c.redirect(returnTo(c), 303)
    return showSignIn(c, UNTOUCHED, user?.username)
  })
  .post('/sign-in', anyone(), networkLimit('login'), form('sign-in', SignInForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'unauthenticated',
      act: async ({ identifier, password }) => {
        const isEmail = identifier.includes('@')
        const outcome = await signIn(c.var.ctx, {
          username: isEmail ? null : identifier,
          email: isEmail ? identifier : null,
          password,
          userAgent: c.var.ctx.caller.userAgent,
          presented: await presented(c),
        }).catch(unverified)
        if ('unverifiedId' in outcome) return c.redirect(`/verify?account=${toHex(outcome.unverifiedId)}&notice=not_verified`, 303)
        return signedIn(c, outcome)
      },
      again: (state) => showSignIn(c, state),
    }),
  )
  .get('/sign-in/code', anyone(), async (c) => {
    return getPendingSignIn(c) ? showCode(c, UNTOUCHED) : c.redirect(withReturn(c, '/sign-in'), 303)
  })
  .post('/sign-in/code', anyone(), networkLimit('login'), form('sign-in-code', CodeForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        const pending = getPendingSignIn(c)
        if (!pending) return c.redirect(withReturn(c, '/sign-in'), 303)
        const { userAgent } = c.var.ctx.caller
        const input = { userId: userIdHex.parse(pending.userId), sessionHash: pending.sessionHash, code, userAgent }
        return signedIn(c, await completeSecondFactor(c.var.ctx, { ...input, presented: await presented(c) }))
      },
      again: (state) => showCode(c, state),
    }),
  )

/** Only whoever knew the password gets to know that the address is not confirmed. */
function unverified(thrown: unknown) {
  if (thrown instanceof AppError && thrown.code === 'email_not_verified' && thrown.userId !== undefined) {
    return { unverifiedId: thrown.userId }
  }
  throw thrown
}

function signedIn(c: Context, outcome: SignInOutcome): Response {
  if (outcome.kind === 'second_factor_required') {
    setPendingSignIn(c, { userId: toHex(outcome.user.id), sessionHash: outcome.sessionHash })
    return c.redirect(withReturn(c, '/sign-in/code'), 303)
  }
  clearPendingSignIn(c)
  setSessionCookie(c, outcome.session, c.var.ctx.now())
  return goOn(c)
}

const isReauthentication = (c: Context) => c.req.query('reauth') === '1'

/** The session that a new one takes the place of. */
function presented(c: Context): Promise<Claim | null> {
  return c.var.identify().catch(() => null)
}

async function showSignIn(c: Context, state: FormState, username?: string): Promise<Response> {
  const again = isReauthentication(c)
  const token = await formToken(c, 'sign-in')
  return showPage(
    c,
    {
      title: again ? 'Sign in again' : 'Sign in',
      lead: again ? 'To be sure that it is you, please sign in once more.' : `Welcome back to ${productOf(c.var.ctx.config)}.`,
      status: state.error ? statusOf(state.error) : 200,
      hasError: state.error !== null,
    },
    <>
      <Form action={withReturn(c, '/sign-in', again ? { reauth: '1' } : {})} token={token} state={state} labels={LABELS}>
        <Input
          name="identifier"
          labels={LABELS}
          state={state}
          value={username}
          autocomplete="username"
          maxlength={254}
          first={username === undefined}
        />
        <Input
          name="password"
          labels={LABELS}
          state={state}
          type="password"
          autocomplete="current-password"
          first={username !== undefined}
        />
        <Submit>Sign in</Submit>
      </Form>
      <p class="links">
        <a href="/forgot">Forgot your password?</a>
        {!again && <a href="/sign-up">Create an account</a>}
      </p>
    </>,
  )
}

async function showCode(c: Context, state: FormState): Promise<Response> {
  const token = await formToken(c, 'sign-in-code')
  return showPage(
    c,
    {
      title: 'Enter your code',
      lead: 'We have sent a code of six digits to your e-mail address. It is good for 10 minutes.',
      status: state.error ? statusOf(state.error) : 200,
      hasError: state.error !== null,
    },
    <>
      <Form action={withReturn(c, '/sign-in/code')} token={token} state={state} labels={CODE_LABELS}>
        <Input name="code" labels={CODE_LABELS} state={state} code inputmode="numeric" autocomplete="one-time-code" maxlength={12} first />
        <Submit>Continue</Submit>
      </Form>
      <p class="aside">
        No mail? Look into your spam folder, or <a href={withReturn(c, '/sign-in')}>sign in again</a> to get another code.
      </p>
    </>,
  )
}
