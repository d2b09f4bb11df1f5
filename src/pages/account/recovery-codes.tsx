/**
 * `/account/two-step/recovery-codes`: ten new codes, shown once in the reply to a button. They are in no URL and no
 * cache, and can be printed or saved as a file.
 */
import { type Context, Hono } from 'hono'
import * as z from 'zod'
import { newRecoveryCodes } from '../../core/sessions/second-factors.ts'
import { requires } from '../../http/access.ts'
import type { AppEnv } from '../../http/app-env.ts'
import { fill } from '../../texts/texts.ts'
import { form, formToken } from '../form-token.ts'
import { Form, Submit, take } from '../forms.tsx'
import { productOf, showPage } from '../layout.tsx'
import { type NoticeName, redirectWith } from '../notices.ts'
import { textsOf } from '../texts.tsx'

const SECTION = '/account/two-step'
const PATH = `${SECTION}/recovery-codes`

export const recoveryCodesPages = new Hono<AppEnv>()
  .get(PATH, requires('delegated:profile:2fa:read'), async (c) => {
    await c.var.gate()
    return showQuestion(c)
  })
  .post(PATH, requires('delegated:profile:2fa:write'), form('recovery-codes', z.object({})), (c) =>
    take(c, c.req.valid('form'), {
      mends: 'not_found',
      act: async () => showRecoveryCodes(c, await newRecoveryCodes(c.var.ctx, c.var.gate), 'codes_kept'),
      // Without a second step, there is nothing to recover. An outdated form is shown again with a valid token.
      again: async ({ error }) => {
        await c.var.gate()
        if (error?.code === 'rate_limited') throw error
        return error?.code === 'not_found' ? redirectWith(c, SECTION, 'no_second_step') : c.redirect(PATH, 303)
      },
    }),
  )

async function showQuestion(c: Context): Promise<Response> {
  const t = (await textsOf(c)).account.recoveryCodes.question
  const token = await formToken(c, 'recovery-codes')
  return showPage(
    c,
    { title: t.title, section: SECTION, lead: t.lead },
    <Form action={PATH} token={token} class="answers">
      <Submit>{t.submit}</Submit>
      <a class="button secondary" href={SECTION}>
        {t.keep}
      </a>
    </Form>,
  )
}

/** Shows the codes for the only time. `notice`: shown on the next page. */
export async function showRecoveryCodes(c: Context, codes: readonly string[], notice: NoticeName): Promise<Response> {
  const t = (await textsOf(c)).account.recoveryCodes
  const product = productOf(c.var.ctx.config)
  const file = `${fill(t.file, { product, origin: c.var.ctx.config.origin })}\n\n${codes.join('\n')}\n`
  return showPage(
    c,
    { title: t.title, section: SECTION, lead: t.lead },
    <section class="panel">
      <h2>{fill(t.heading, { product })}</h2>
      <ol class="codes" translate="no">
        {codes.map((code) => (
          <li>{code}</li>
        ))}
      </ol>
      <p class="buttons">
        <a class="button primary" href={`${SECTION}?notice=${notice}`}>
          {t.saved}
        </a>
        <a class="button secondary" href={`data:text/plain;charset=utf-8,${encodeURIComponent(file)}`} download="recovery-codes.txt">
          {t.save}
        </a>
      </p>
    </section>,
  )
}
