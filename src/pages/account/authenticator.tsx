/**
 * `/account/two-step/app`: sets up an authenticator app. A button creates the secret; the reply to it shows the QR
 * code, so that the secret is in no URL. A wrong code shows the same QR code again. A reload creates another, and the
 * page says so.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { AppError } from '../../core/errors.ts'
import { totpCode } from '../../core/fields.ts'
import { sameEnrolment, type TotpEnrolment } from '../../core/sessions/totp-codes.ts'
import { confirmTotp, enrolTotp } from '../../core/sessions/totp-enrolment.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { form, formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { QrCode } from '../qr-code.tsx'
import { textsOf } from '../texts.tsx'
import { showRecoveryCodes } from './recovery-codes.tsx'

const SECTION = '/account/two-step'
const PATH = `${SECTION}/app`
const CONFIRM = `${PATH}/confirm`
const ConfirmForm = z.object({ secret: z.string().max(64, 'is wrong'), code: z.string().pipe(totpCode as z.ZodType<string, string>) })

export const authenticatorPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:read'), async (c) => {
    await c.var.gate()
    return showBeginning(c)
  })
  .post(PATH, requires('delegated:profile:2fa:write'), form('two-step-app', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      act: async () => showEnrolment(c, await enrolTotp(c.var.ctx, c.var.gate), UNTOUCHED),
      again: async (state) => {
        await c.var.gate()
        return showBeginning(c, state)
      },
    }),
  )
  .get(CONFIRM, requires('delegated:profile:2fa:read'), async (c) => {
    await c.var.gate()
    return c.redirect(SECTION, 303)
  })
  .post(CONFIRM, requires('delegated:profile:2fa:write'), form('two-step-confirm', ConfirmForm), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'not_found',
      act: async ({ code }) => {
        const { recoveryCodes } = await confirmTotp(c.var.ctx, c.var.gate, code)
        return recoveryCodes === null ? redirectWith(c, SECTION, 'app_on') : showRecoveryCodes(c, recoveryCodes, 'app_on')
      },
      again: async (state) => {
        const { user } = await c.var.gate()
        if (state.error?.code === 'not_found') return redirectWith(c, SECTION, 'nothing_waits')
        const enrolment = sameEnrolment(c.var.ctx, user.username, state.typed.secret ?? '')
        return enrolment
          ? showEnrolment(c, enrolment, { ...state, words: { code_invalid: (await textsOf(c)).errors.nextCode } })
          : showBeginning(c, { typed: {}, error: new AppError('invalid_request') })
      },
    }),
  )

async function showBeginning(c: Context, state: FormState = UNTOUCHED): Promise<Response> {
  const t = (await textsOf(c)).account.authenticator
  const token = await formToken(c, 'two-step-app')
  return showPage(
    c,
    { title: t.title, section: SECTION, lead: t.lead, error: state.error },
    <Form action={PATH} token={token} state={state} class="panel">
      <ol class="steps">
        {Object.values(t.steps).map((step) => (
          <li>{step}</li>
        ))}
      </ol>
      <p class="hint">{t.hint}</p>
      <Submit>{t.submit}</Submit>
    </Form>,
  )
}

async function showEnrolment(c: Context, { secret, uri }: TotpEnrolment, state: FormState): Promise<Response> {
  const t = (await textsOf(c)).account.authenticator.scan
  const token = await formToken(c, 'two-step-confirm')
  return showPage(
    c,
    { title: t.title, section: SECTION, lead: t.lead, error: state.error },
    <>
      <section class="panel enrolment">
        <QrCode text={uri} label={t.qrCode} />
        <div>
          <h2>{t.noCamera}</h2>
          <p>{t.typeKey}</p>
          <p class="key" translate="no">
            {(secret.match(/.{4}/g) ?? [secret]).map((group) => (
              <span>{group}</span>
            ))}
          </p>
          <p>
            <a href={uri}>{t.open}</a>
          </p>
        </div>
      </section>
      <Form action={CONFIRM} token={token} state={state} labels={t.labels} class="panel">
        <input type="hidden" name="secret" value={secret} />
        <Input
          name="code"
          labels={t.labels}
          state={state}
          hint={t.hint}
          code
          inputmode="numeric"
          autocomplete="one-time-code"
          maxlength={12}
        />
        <Submit>{t.submit}</Submit>
        <p class="hint">{t.validity}</p>
      </Form>
    </>,
  )
}
