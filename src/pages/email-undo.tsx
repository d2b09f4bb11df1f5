/** `/email/undo`: the mailed code that restores the previous email address. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { undoEmailChange } from '../core/accounts/email-change.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { textsOf } from './texts.tsx'

const PATH = '/email/undo'

export const emailUndoPages = new Hono<AppEnv>()
  .get(PATH, anyone(), networkLimit('other'), async (c) => {
    const link = await readMailedLink(c, ['undo_email_change'])
    return link?.code === null ? showSpent(c) : show(c, UNTOUCHED, link)
  })
  .post(PATH, anyone(), networkLimit('code'), form('undo', z.object({ code: mailedCode })), (c) =>
    take(c, c.req.valid('form'), {
      act: async ({ code }) => {
        await undoEmailChange(c.var.ctx, code)
        return redirectWith(c, '/forgot', 'email_restored')
      },
      again: async (state) => show(c, { ...state, words: { code_invalid: (await textsOf(c)).errors.onlyCode } }, null),
    }),
  )

async function show(c: Context, state: FormState, link: MailedLink | null): Promise<Response> {
  const token = await formToken(c, 'undo')
  const { undoEmail: texts, fields } = (await textsOf(c)).reset
  return showPage(
    c,
    {
      title: texts.title,
      lead: texts.lead,
      error: state.error,
    },
    <Form action={PATH} token={token} state={state} labels={{ code: fields.code }}>
      <CodeField link={link} state={state} labels={{ code: fields.code }} />
      <Submit>{texts.submit}</Submit>
    </Form>,
  )
}

async function showSpent(c: Context): Promise<Response> {
  const t = await textsOf(c)
  return showSpentLink(
    c,
    t.reset.undoEmail.spent,
    <>
      <p>
        <a class="button primary" href="/forgot">
          {t.reset.title}
        </a>
      </p>
      <p class="links">
        <a href="/sign-in">{t.signIn.submit}</a>
      </p>
    </>,
  )
}
