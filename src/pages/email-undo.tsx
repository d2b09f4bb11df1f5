/** `/email/undo`: the mailed code that restores the previous e-mail address. */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { undoEmailChange } from '../core/accounts/email-change.ts'
import { anyone } from '../http/access.ts'
import type { AppEnv } from '../http/app-env.ts'
import { networkLimit } from '../http/rate-limit.ts'
import { CodeField, type MailedLink, mailedCode, readMailedLink, showSpentLink } from './code-field.tsx'
import { form, formToken } from './form-token.ts'
import { Form, type FormState, type Labels, Submit, take, UNTOUCHED } from './forms.tsx'
import { showPage } from './layout.tsx'
import { redirectWith } from './notices.ts'
import { textsOf } from './texts.tsx'

const PATH = '/email/undo'
const LABELS: Labels = { code: 'Code' }

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
  return showPage(
    c,
    {
      title: 'Restore your address',
      lead: 'This undoes the change of your e-mail address and signs everyone out, including you. Then set a new password.',
      error: state.error,
    },
    <Form action={PATH} token={token} state={state} labels={LABELS}>
      <CodeField link={link} state={state} labels={LABELS} />
      <Submit>Undo the change</Submit>
    </Form>,
  )
}

function showSpent(c: Context): Promise<Response> {
  return showSpentLink(
    c,
    'It was already used or has expired. If your address was restored, set a new password now.',
    <>
      <p>
        <a class="button primary" href="/forgot">
          Set a new password
        </a>
      </p>
      <p class="links">
        <a href="/sign-in">Sign in</a>
      </p>
    </>,
  )
}
