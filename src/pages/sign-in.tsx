/**
 * `/sign-in`: user name or address, and password; or a passkey, by a button or in the field for the name. If a sensitive
 * act or an app requires a fresh sign-in, users who are signed in are asked again; `?another=1` asks for another account.
 * The second step is `second-step.tsx`.
 */
import { type Context, Hono } from 'hono'
import type { Child } from 'hono/jsx'
import * as z from 'zod'
import { BOT_CHECK_FIELD } from '../core/bot-check.ts'
import { AppError } from '../core/errors.ts'
import { typedPassword } from '../core/fields.ts'
import type { OptionalGate } from '../core/gate.ts'
import type { ClientFace } from '../core/oauth/client-face.ts'
import { passkeyAuthenticationOptions, signInWithPasskey } from '../core/passkeys/sign-in.ts'
import type { SignInOutcome } from '../core/sessions/first-factor.ts'
import { issueFirstSignInTicketFor } from '../core/sessions/first-sign-in.ts'
import { signIn } from '../core/sessions/sign-in.ts'
import { anyone, optionalSession } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { signInLimit } from '../http/rate-limit.ts'
import type { UserId } from '../ids.ts'
import { fill, type Texts } from '../texts/texts.ts'
import { AppLead } from './app-lead.tsx'
import { askingApp } from './asking-app.ts'
import { BotCheck, botCheckField } from './bot-check.tsx'
import { form, formToken, OUT_OF_DATE } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { productOf, showPage } from './layout.tsx'
import { toVerification } from './new-account.ts'
import { PasskeyAnswer, PasskeyForm } from './passkey-form.tsx'
import { goOn, returnTo, withReturn } from './return-to.ts'
import { presented, signedIn } from './signed-in.ts'
import { asksForPasskey, reauthOf, StepUpHelp, stepUpOf } from './step-up.tsx'
import { textsOf, useTexts } from './texts.tsx'
import { providerButtons } from './upstream/buttons.tsx'

const PATH = '/sign-in'
const PASSKEY = `${PATH}/passkey`
export const IDENTIFIER_LENGTH_MAX = 254
/** A user name or an address. */
export const identifier = z.string().trim().min(1, 'is required').max(IDENTIFIER_LENGTH_MAX, 'is too long')
const SignInForm = z.object({
  identifier,
  password: typedPassword,
  ...botCheckField,
})

export const signInPages = new Hono<AppEnv>()
  .get(PATH, optionalSession(), async (c) => {
    const { user } = await c.var.gate()
    const mode = await modeOf(c)
    if (user && mode === 'first') return c.redirect(returnTo(c), 303)
    return showSignIn(c, UNTOUCHED, hintOf(c) ?? (mode === 'again' ? user?.username : undefined))
  })
  .post(PATH, optionalSession(), signInLimit(), form('sign-in', SignInForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'unauthenticated',
      act: async ({ identifier, password, [BOT_CHECK_FIELD]: answer }) => {
        const outcome = await signIn(c.var.ctx, {
          username: identifier,
          email: null,
          password,
          userAgent: c.var.ctx.caller.userAgent,
          presented: await presented(c),
          botCheck: { answer },
        }).catch(unverified)
        return onward(c, outcome)
      },
      again: async (state) => ((await isSignedInElsewhere(c, c.var.gate, state)) ? goOn(c) : showSignIn(c, state)),
    }),
  )
  .get(PASSKEY, anyone(), (c) => c.redirect(withReturn(c, PATH), 303))
  .post(PASSKEY, anyone(), signInLimit(), form('sign-in-passkey', PasskeyAnswer), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'unauthenticated',
      act: async ({ credential }) => {
        const { ctx } = c.var
        const input = { credential, pending: null, userAgent: ctx.caller.userAgent, presented: await presented(c) }
        return onward(c, await signInWithPasskey(ctx, input).catch(unverified))
      },
      again: (state) => showSignIn(c, UNTOUCHED, undefined, state),
    }),
  )

/** Reveals the unverified address only after the right password or passkey. */
function unverified(thrown: unknown): Unverified {
  if (thrown instanceof AppError && thrown.code === 'email_not_verified' && thrown.userId !== undefined) {
    return { unverifiedId: thrown.userId }
  }
  throw thrown
}

interface Unverified {
  readonly unverifiedId: UserId
}

async function onward(c: Context, outcome: SignInOutcome | Unverified): Promise<Response> {
  if (!('unverifiedId' in outcome)) return signedIn(c, outcome)
  return toVerification(c, outcome.unverifiedId, await issueFirstSignInTicketFor(c.var.ctx, outcome.unverifiedId))
}

/** An outdated form whose user has signed in meanwhile, in another window. */
async function isSignedInElsewhere(c: Context, gate: OptionalGate, { error, typed }: FormState): Promise<boolean> {
  if (error?.reason !== OUT_OF_DATE || (await modeOf(c)) === 'another') return false
  const { user } = await gate()
  const name = (typed.identifier ?? '').trim().toLowerCase()
  return user !== null && ['', user.usernameKey, user.emailKey].includes(name)
}

type Mode = 'first' | 'again' | 'another'

/**
 * `?reauth=1`: a sensitive act requires a fresh sign-in; `passkey`: with the passkey. An app may require one too; then `return_to` has the time of
 * that request. It also has it for users who are not signed in, but for them this is an ordinary sign-in.
 */
async function modeOf(c: Context): Promise<Mode> {
  if (c.req.query('another') === '1') return 'another'
  if (reauthOf(c) !== null) return 'again'
  return /[?&]reauthentication=/.test(returnTo(c)) && (await presented(c)) !== null ? 'again' : 'first'
}

/** The user name that an app knows (OpenID Connect Core §3.1.2.1, `login_hint`). */
function hintOf(c: Context): string | undefined {
  const hint = c.req.query('login_hint') ?? ''
  return hint !== '' && hint.length <= IDENTIFIER_LENGTH_MAX && hint.isWellFormed() && !/\p{C}/u.test(hint) ? hint : undefined
}

function headOf(c: Context, { signIn }: Texts, mode: Mode, app: ClientFace | null): { readonly title: string; readonly lead: Child } {
  if (mode === 'another') return signIn.another
  const stepUp = stepUpOf(c)
  if (stepUp) return signIn.stepUp[stepUp]
  if (mode === 'again') return signIn.again
  if (app) return { title: signIn.title, lead: <AppLead text={signIn.leadOfApp} app={app} /> }
  return { title: signIn.title, lead: fill(signIn.lead, { product: productOf(c.var.ctx.config) }) }
}

const BY_PASSKEY = { ceremony: 'get', renewable: true, autofill: true, class: 'other' } as const

/** `ofPasskey`: of its form; `state`: of that of the password. */
async function showSignIn(c: Context, state: FormState, username?: string, ofPasskey = UNTOUCHED): Promise<Response> {
  const mode = await modeOf(c)
  const t = await textsOf(c)
  const app = await askingApp(c)
  const { title, lead } = headOf(c, t, mode, app)
  const hasBotCheck = c.var.ctx.config.botCheck !== null && state.error !== null
  const carried = { first: {}, again: { reauth: reauthOf(c) ?? '1' }, another: { another: '1' } }[mode]
  const tokens = [await formToken(c, 'sign-in'), await formToken(c, 'sign-in-passkey')] as const
  const options = await passkeyAuthenticationOptions(c.var.ctx, null)
  const providers = await providerButtons(c)
  const isPasskeyAsked = asksForPasskey(c)
  const isFirst = isPasskeyAsked && !state.error && !ofPasskey.error
  const byPasskey = (
    <PasskeyForm
      action={withReturn(c, PASSKEY, carried)}
      token={tokens[1]}
      options={options}
      state={ofPasskey}
      first={isFirst}
      {...BY_PASSKEY}
    >
      <Submit kind={isPasskeyAsked ? 'primary' : 'secondary'}>{t.signIn.withPasskey}</Submit>
    </PasskeyForm>
  )
  const focus = ofPasskey.error ? null : username === undefined ? 'identifier' : 'password'
  return showPage(
    c,
    { title, lead, error: state.error ?? ofPasskey.error, hasPasskeys: true, hasBotCheck, app },
    <>
      {isPasskeyAsked && byPasskey}
      <Form action={withReturn(c, PATH, carried)} token={tokens[0]} state={state} labels={t.signIn.fields}>
        <Credentials state={state} username={username} focus={focus} />
        {hasBotCheck && <BotCheck c={c} action="sign-in" />}
        <Submit kind={isPasskeyAsked ? 'secondary' : 'primary'}>{t.signIn.submit}</Submit>
        {c.var.ctx.config.emailSignIn && (
          <Submit kind="secondary" action={withReturn(c, '/sign-in/mail')}>
            {t.signIn.mailCode}
          </Submit>
        )}
      </Form>
      {!isPasskeyAsked && byPasskey}
      {state.error?.code === 'unauthenticated' && state.typed.identifier?.includes('@') && (
        <p class="aside">
          {t.signIn.justSignedUp} <a href={withReturn(c, '/verify')}>{t.signIn.confirmFirst}</a>
        </p>
      )}
      {providers}
      <p class="links">
        <a href={withReturn(c, '/forgot')}>{t.signIn.forgot}</a>
        {mode !== 'again' && <a href={withReturn(c, '/sign-up')}>{t.signIn.create}</a>}
      </p>
      <StepUpHelp c={c} />
    </>,
  )
}

function Credentials({ state, username, focus }: { state: FormState; username: string | undefined; focus: string | null }) {
  const labels = useTexts().signIn.fields
  return (
    <>
      <Input
        name="identifier"
        labels={labels}
        state={state}
        value={username}
        autocomplete="username webauthn"
        maxlength={IDENTIFIER_LENGTH_MAX}
        first={focus === 'identifier'}
      />
      <Input name="password" labels={labels} state={state} type="password" autocomplete="current-password" first={focus === 'password'} />
    </>
  )
}
