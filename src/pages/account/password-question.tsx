/** The page of an act that needs the current password or, for an account without one, a recent sign-in. */
import type { Context } from 'hono'
import * as z from 'zod'
import { typedPassword } from '../../core/fields.ts'
import { getOwnMeans } from '../../core/profiles/own-profile.ts'
import { formToken } from '../form-token.ts'
import { Form, type FormState, Input, Submit } from '../forms.tsx'
import { showPage } from '../layout.tsx'
import { textsOf } from '../texts.tsx'

/** An account without a password sends none: then the act takes a recent sign-in. */
export const PasswordForm = z.object({ password: typedPassword.optional() })

interface PasswordQuestion {
  /** Of its texts. */
  readonly name: 'deletion' | 'export'
  /** Of the page and its form. */
  readonly path: string
  readonly purpose: string
  readonly kind: 'primary' | 'danger'
}

/** Shows it to the caller, whoever may see the account. */
export async function askPassword(c: Context, question: PasswordQuestion, state: FormState): Promise<Response> {
  const { hasPassword } = await getOwnMeans(c.var.gate)
  const { name, path, purpose, kind } = question
  const { passwordQuestion, ...t } = (await textsOf(c)).account
  const { title, lead, submit } = t[name]
  const token = await formToken(c, purpose)
  return showPage(
    c,
    { title, section: path, lead, error: state.error },
    <Form action={path} token={token} state={state} labels={passwordQuestion.labels} class="panel">
      {hasPassword && (
        <Input
          name="password"
          labels={passwordQuestion.labels}
          state={state}
          type="password"
          autocomplete="current-password"
          hint={passwordQuestion.hint}
        />
      )}
      <Submit kind={kind}>{submit}</Submit>
    </Form>,
  )
}
