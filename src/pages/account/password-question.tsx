/** The page of an act that needs the current password or, for an account without one, a recent sign-in. */
import type { Context } from 'hono'
import * as z from 'zod'
import { typedPassword } from '../../core/fields.ts'
import { getOwnMeans } from '../../core/profiles/own-profile.ts'
import type { Texts } from '../../texts/texts.ts'
import { formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Submit } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'

/** An account without a password sends none: then the act takes a recent sign-in. */
export const PasswordForm = z.object({ password: typedPassword.optional() })

export const passwordLabels = ({ account }: Texts): Labels => account.passwordQuestion.labels

/** The field, for an account with a password. */
export async function PasswordField({ c, state }: { c: Context; state: FormState }) {
  const { hasPassword } = await getOwnMeans(c.var.gate)
  const { labels, hint } = (await textsOf(c)).account.passwordQuestion
  return hasPassword && <Input name="password" labels={labels} state={state} type="password" autocomplete="current-password" hint={hint} />
}

/** Shows the question before the deletion of the account to the caller, whoever may see the account. */
export async function askBeforeDeletion(c: Context, path: string, state: FormState): Promise<Response> {
  const texts = await textsOf(c)
  const { title, lead, submit } = texts.account.deletion
  const token = await formToken(c, 'delete')
  return showPage(
    c,
    { title, section: path, lead, error: state.error },
    <Form action={path} token={token} state={state} labels={passwordLabels(texts)} class="panel">
      {await PasswordField({ c, state })}
      <Submit kind="danger">{submit}</Submit>
    </Form>,
  )
}
