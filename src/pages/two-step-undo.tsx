/** `/two-step/undo`: the mailed code that removes a second factor added by someone else. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { undoSecondFactor } from '../core/accounts/second-factor-undo.ts'
import { typedPassword } from '../core/fields.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Input, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { textsOf } from './texts.tsx'

const PATH = '/two-step/undo'
const UndoForm = z.object({ code: mailedCode, password: z.literal('').or(typedPassword) })

export const twoStepUndoPages = new Hono<AppEnv>()
  .get(PATH, anyone(), networkLimit('other'), async (c) => {
    const link = await readMailedLink(c, ['undo_second_factor'])
    return link?.code === null ? showSpent(c) : show(c, UNTOUCHED, link)
  })
  .post(PATH, anyone(), networkLimit('code'), form('two-step-undo', UndoForm), (c) =>
    take(c, c.req.valid('form'), {
      act: async (proof) => {
        await undoSecondFactor(c.var.ctx, proof)
        return redirectWith(c, '/forgot', 'two_step_undone')
      },
      again: async (state) => show(c, { ...state, words: { code_invalid: (await textsOf(c)).errors.onlyCode } }, null),
    }),
  )

async function show(c: Context, state: FormState, link: MailedLink | null): Promise<Response> {
  const token = await formToken(c, 'two-step-undo')
  const { undoTwoStep: texts, fields } = (await textsOf(c)).reset
  const labels = { code: fields.code, password: texts.password }
  return showPage(
    c,
    {
      title: texts.title,
      lead: texts.lead,
      error: state.error,
    },
    <Form action={PATH} token={token} state={state} labels={labels}>
      <CodeField link={link} state={state} labels={labels} />
      <Input
        name="password"
        labels={labels}
        state={state}
        hint={texts.hint}
        type="password"
        optional="unmarked"
        autocomplete="current-password"
        first={link !== null}
      />
      <Submit kind="danger">{texts.submit}</Submit>
    </Form>,
  )
}

async function showSpent(c: Context): Promise<Response> {
  const t = await textsOf(c)
  return showSpentLink(
    c,
    t.reset.spent,
    <p class="links">
      <a href="/sign-in">{t.signIn.submit}</a>
      <a href="/forgot">{t.reset.title}</a>
    </p>,
  )
}
