/** The page of an act that needs the current password or, for an account without one, a recent sign-in. */
import type { Context } from 'hono'
import * as z from 'zod'
import { typedPassword } from '../../core/fields.ts'
import { getOwnMeans } from '../../core/profiles/own-profile.ts'
import { formToken } from '../form-token.ts'
import { Form, type FormState, Input, type Labels, Submit } from '../forms.tsx'
import { showPage } from '../layout.tsx'

/** An account without a password sends none: then the act takes a recent sign-in. */
export const PasswordForm = z.object({ password: typedPassword.optional() })
const LABELS: Labels = { password: 'Password' }

interface PasswordQuestion {
  readonly title: string
  readonly lead: string
  /** Of the page and its form. */
  readonly path: string
  readonly purpose: string
  readonly submit: string
  readonly kind: 'primary' | 'danger'
}

/** Shows it to the caller, whoever may see the account. */
export async function askPassword(c: Context, question: PasswordQuestion, state: FormState): Promise<Response> {
  const { hasPassword } = await getOwnMeans(c.var.gate)
  const { title, lead, path, purpose, submit, kind } = question
  const token = await formToken(c, purpose)
  return showPage(
    c,
    { title, section: path, lead, error: state.error },
    <Form action={path} token={token} state={state} labels={LABELS} class="panel">
      {hasPassword && (
        <Input
          name="password"
          labels={LABELS}
          state={state}
          type="password"
          autocomplete="current-password"
          hint="To make sure it is you."
        />
      )}
      <Submit kind={kind}>{submit}</Submit>
    </Form>,
  )
}
