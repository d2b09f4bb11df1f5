/** `/account/two-step`: the second factors, strongest first. Each is set up on a page of its own. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { listSecondFactors, removeTotp, type SecondFactors, setEmailSecondFactor } from '../../core/sessions/second-factors.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Time } from '../time.tsx'

const PATH = '/account/two-step'
const EMAIL = `${PATH}/email`
const REMOVE = `${PATH}/app/remove`
const EmailForm = z.object({ codes: z.enum(['on', 'off'], 'must be on or off') })

/** The page to return to after a fresh sign-in, and with an outdated form. */
async function toList(c: Context): Promise<Response> {
  await c.var.gate()
  return c.redirect(PATH, 303)
}

export const twoStepPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:read'), async (c) => show(c, await listSecondFactors(c.var.ctx, c.var.gate)))
  .get(EMAIL, requires('delegated:profile:2fa:read'), toList)
  .post(EMAIL, requires('delegated:profile:2fa:write'), form('two-step-email', EmailForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ codes }) => {
        await setEmailSecondFactor(c.var.ctx, c.var.gate, codes === 'on')
        return redirectWith(c, PATH, codes === 'on' ? 'email_codes_on' : 'email_codes_off')
      },
      again: ({ error }) => (error?.code === 'rate_limited' ? Promise.reject(error) : toList(c)),
    }),
  )
  .get(REMOVE, requires('delegated:profile:2fa:read'), async (c) => {
    await c.var.gate()
    return showRemoval(c)
  })
  .post(REMOVE, requires('delegated:profile:2fa:write'), form('two-step-remove', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => {
        await removeTotp(c.var.ctx, c.var.gate)
        return redirectWith(c, PATH, 'app_off')
      },
      again: () => toList(c),
    }),
  )

async function show(c: Context, { factors, unusedRecoveryCodes, isRequired }: SecondFactors): Promise<Response> {
  const token = await formToken(c, 'two-step-email')
  const since = (kind: string) => factors.find((factor) => factor.kind === kind)?.createdAt ?? null
  return showPage(
    c,
    {
      title: 'Two-step sign-in',
      section: PATH,
      lead:
        factors.length === 0
          ? 'It is off: signing in takes one step. With a second one, a stolen password is not enough.'
          : 'It is on: signing in takes a second step. The strongest way comes first.',
    },
    <>
      {isRequired && factors.length === 0 && (
        <p class="notice">
          You are an administrator, and cannot administer anything until a second step is on. <a href="/account/passkeys">Add a passkey</a>{' '}
          or set up an authenticator app below, then sign in again with it. The app takes a minute and gives you recovery codes.
        </p>
      )}
      <PasskeyPanel />
      <AppPanel since={since('totp')} />
      {factors.length > 0 && <RecoveryPanel left={unusedRecoveryCodes} />}
      <EmailPanel since={since('email')} token={token} />
    </>,
  )
}

function State({ since }: { since: number | null }) {
  return since === null ? null : <span class="tag">On</span>
}

function PasskeyPanel() {
  return (
    <section class="panel">
      <h2>Passkeys</h2>
      <p>The strongest way. A passkey is both steps at once: if you sign in with one, you are not asked for a code.</p>
      <p class="buttons">
        <a class="button secondary" href="/account/passkeys">
          See your passkeys
        </a>
      </p>
    </section>
  )
}

function AppPanel({ since }: { since: number | null }) {
  return (
    <section class="panel">
      <h2>
        Authenticator app
        <State since={since} />
      </h2>
      {since === null ? (
        <p>An app on your phone shows a new code every 30 seconds, even without a network.</p>
      ) : (
        <p>The strongest kind of code. On since {<Time at={since} />}.</p>
      )}
      <p class="buttons">
        <a class={since === null ? 'button primary' : 'button secondary'} href={`${PATH}/app`}>
          {since === null ? 'Set up an app' : 'Move to another app'}
        </a>
        {since !== null && (
          <a class="button secondary" href={REMOVE}>
            Remove the app
          </a>
        )}
      </p>
    </section>
  )
}

function RecoveryPanel({ left }: { left: number }) {
  return (
    <section class="panel">
      <h2>
        Recovery codes
        {left > 0 && <span class="tag">{left === 1 ? '1 left' : `${left} left`}</span>}
      </h2>
      <p>{left === 0 ? 'You have none. ' : ''}If your phone is lost or broken, each works once in place of your second step.</p>
      <p class="buttons">
        <a class={left === 0 ? 'button primary' : 'button secondary'} href={`${PATH}/recovery-codes`}>
          {left === 0 ? 'Get recovery codes' : 'Get new codes'}
        </a>
      </p>
    </section>
  )
}

function EmailPanel({ since, token }: { since: number | null; token: string }) {
  return (
    <section class="panel">
      <h2>
        Codes by e-mail
        <State since={since} />
      </h2>
      <p>
        The weakest way: anyone who can read your mail gets the code too. Still better than no second step
        {since === null ? '.' : <>. On since {<Time at={since} />}.</>}
      </p>
      <Form action={EMAIL} token={token}>
        <input type="hidden" name="codes" value={since === null ? 'on' : 'off'} />
        <Submit kind="secondary">{since === null ? 'Turn on codes by e-mail' : 'Turn off codes by e-mail'}</Submit>
      </Form>
    </section>
  )
}

async function showRemoval(c: Context): Promise<Response> {
  const token = await formToken(c, 'two-step-remove')
  return showPage(
    c,
    {
      title: 'Remove the app?',
      section: PATH,
      lead: 'Its codes stop working, and you are signed out on all other devices. If it is your only second step, signing in then takes one step, and your recovery codes are deleted too.',
    },
    <Form action={REMOVE} token={token} class="answers">
      <Submit kind="danger">Remove the app</Submit>
      <a class="button secondary" href={PATH}>
        Keep it
      </a>
    </Form>,
  )
}
