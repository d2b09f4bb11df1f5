/** `/account/two-step`: the second factors, strongest first. Each is set up on a page of its own. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { listSecondFactors, removeTotp, type SecondFactors, setEmailSecondFactor } from '../../core/sessions/second-factors.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { plural } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { Filled, textsOf, useTexts } from '../texts.tsx'
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
  const t = (await textsOf(c)).account.twoStep
  const token = await formToken(c, 'two-step-email')
  const since = (kind: string) => factors.find((factor) => factor.kind === kind)?.createdAt ?? null
  return showPage(
    c,
    { title: t.title, section: PATH, lead: factors.length === 0 ? t.leadOff : t.leadOn },
    <>
      {isRequired && factors.length === 0 && (
        <p class="notice">
          <Filled text={t.required} with={{ passkey: <a href="/account/passkeys">{t.addPasskey}</a> }} />
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
  const t = useTexts().account.twoStep
  return since === null ? null : <span class="tag">{t.on}</span>
}

function PasskeyPanel() {
  const t = useTexts().account.twoStep.passkeys
  return (
    <section class="panel">
      <h2>{t.title}</h2>
      <p>{t.text}</p>
      <p class="buttons">
        <a class="button secondary" href="/account/passkeys">
          {t.link}
        </a>
      </p>
    </section>
  )
}

function AppPanel({ since }: { since: number | null }) {
  const t = useTexts().account.twoStep.app
  return (
    <section class="panel">
      <h2>
        {t.title}
        <State since={since} />
      </h2>
      {since === null ? (
        <p>{t.text}</p>
      ) : (
        <p>
          <Filled text={t.textOn} with={{ time: <Time at={since} /> }} />
        </p>
      )}
      <p class="buttons">
        <a class={since === null ? 'button primary' : 'button secondary'} href={`${PATH}/app`}>
          {since === null ? t.setUp : t.move}
        </a>
        {since !== null && (
          <a class="button secondary" href={REMOVE}>
            {t.remove}
          </a>
        )}
      </p>
    </section>
  )
}

function RecoveryPanel({ left }: { left: number }) {
  const all = useTexts()
  const t = all.account.twoStep.recovery
  return (
    <section class="panel">
      <h2>
        {t.title}
        {left > 0 && <span class="tag">{plural(all, t.left, left)}</span>}
      </h2>
      <p>{left === 0 ? t.textNone : t.text}</p>
      <p class="buttons">
        <a class={left === 0 ? 'button primary' : 'button secondary'} href={`${PATH}/recovery-codes`}>
          {left === 0 ? t.get : t.getNew}
        </a>
      </p>
    </section>
  )
}

function EmailPanel({ since, token }: { since: number | null; token: string }) {
  const t = useTexts().account.twoStep.email
  return (
    <section class="panel">
      <h2>
        {t.title}
        <State since={since} />
      </h2>
      <p>{since === null ? t.text : <Filled text={t.textOn} with={{ time: <Time at={since} /> }} />}</p>
      <Form action={EMAIL} token={token}>
        <input type="hidden" name="codes" value={since === null ? 'on' : 'off'} />
        <Submit kind="secondary">{since === null ? t.turnOn : t.turnOff}</Submit>
      </Form>
    </section>
  )
}

async function showRemoval(c: Context): Promise<Response> {
  const t = (await textsOf(c)).account.twoStep.removal
  const token = await formToken(c, 'two-step-remove')
  return showPage(
    c,
    { title: t.title, section: PATH, lead: t.lead },
    <Form action={REMOVE} token={token} class="answers">
      <Submit kind="danger">{t.submit}</Submit>
      <a class="button secondary" href={PATH}>
        {t.keep}
      </a>
    </Form>,
  )
}
