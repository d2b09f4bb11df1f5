/** `/account/passkeys/add`: makes a passkey on the user's device. It takes a fresh sign-in, before the device is asked. */
import { type Context, Hono } from 'hono'
import { passkeyRegistrationOptions, registerPasskey } from '../../core/passkeys/registration.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { deviceName } from '../../mail/device-words.ts'
import { form, formToken } from '../form-token.ts'
import { type FormState, Input, type Labels, Submit, take, UNTOUCHED } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { redirectWith } from '../notices.ts'
import { NewPasskey, PasskeyForm, WithoutPasskeys } from '../passkey-form.tsx'
import { textsOf } from '../texts.tsx'

const SECTION = '/account/passkeys'
const PATH = `${SECTION}/add`
const LABELS: Labels = { name: 'Name' }

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
  const token = await formToken(c, 'passkey-add')
  return showPage(
    c,
    {
      title: 'Add a passkey',
      section: SECTION,
      lead: 'Your browser asks where to keep it: on this device, in a password manager, on a phone nearby or on a security key.',
      error: state.error,
      hasPasskeys: true,
    },
    <>
      <PasskeyForm action={PATH} token={token} ceremony="create" options={options} renewable state={state} labels={LABELS} class="panel">
        <Input
          name="name"
          labels={LABELS}
          state={state}
          value={deviceName(await textsOf(c), c.var.ctx.caller.userAgent)}
          hint="Tells you which of your passkeys it is."
          maxlength={64}
          first
        />
        <Submit>Add a passkey</Submit>
      </PasskeyForm>
      <WithoutPasskeys>
        Adding a passkey needs a browser that supports passkeys, with scripts turned on. Everything else about your account works without.
      </WithoutPasskeys>
    </>,
  )
}
