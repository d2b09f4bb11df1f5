/** `/account/passkeys/add`: makes a passkey on the user's device. It takes a fresh sign-in, before the device is asked. */
import { type Context, Hono } from 'hono'
import { passkeyRegistrationOptions, registerPasskey } from '../../core/passkeys/registration.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { deviceName } from '../../mail/device-words.ts'
import { form, formToken } from '../form-token.ts'
import { type FormState, Input, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { NewPasskey, PasskeyForm, WithoutPasskeys } from '../passkey-form.tsx'
import { textsOf } from '../texts.tsx'

const SECTION = '/account/passkeys'
const PATH = `${SECTION}/add`

export const passkeyEnrolmentPage = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:write'), (c) => show(c, UNTOUCHED))
  .post(PATH, requires('delegated:profile:2fa:write'), form('passkey-add', NewPasskey), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ name, credential }) => {
        await registerPasskey(c.var.ctx, c.var.gate, { name, credential })
        return redirectWith(c, SECTION, 'passkey_added')
      },
      again: (state) => show(c, state),
    }),
  )

async function show(c: Context, state: FormState): Promise<Response> {
  const options = await passkeyRegistrationOptions(c.var.ctx, c.var.gate)
  const all = await textsOf(c)
  const { labels, enrolment: t } = all.account.passkeys
  const token = await formToken(c, 'passkey-add')
  return showPage(
    c,
    {
      title: t.title,
      section: SECTION,
      lead: t.lead,
      error: state.error,
      hasPasskeys: true,
    },
    <>
      <PasskeyForm action={PATH} token={token} ceremony="create" options={options} renewable state={state} labels={labels} class="panel">
        <Input
          name="name"
          labels={labels}
          state={state}
          value={deviceName(all, c.var.ctx.caller.userAgent)}
          hint={t.hint}
          maxlength={64}
          first
        />
        <Submit>{t.submit}</Submit>
      </PasskeyForm>
      <WithoutPasskeys>{t.without}</WithoutPasskeys>
    </>,
  )
}
