/** A button for each provider, on the pages to sign in and to sign up. */
import type { Context } from 'hono'
import { upstreamProviders } from '../../core/upstream/providers.ts'
import { fill } from '../../texts/texts.ts'
import { formToken } from '../form-token.ts'
import { Form, Submit } from '../forms.tsx'
import { withReturn } from '../return-to.ts'
import { textsOf } from '../texts.tsx'

export const WITH = '/sign-in/with'
export const PURPOSE = 'sign-in-with'

/** Null if none is configured. */
export async function providerButtons(c: Context) {
  const providers = upstreamProviders(c.var.ctx.config)
  if (providers.length === 0) return null
  const token = await formToken(c, PURPOSE)
  const t = (await textsOf(c)).signIn
  return (
    <section class="other-ways providers" aria-label={t.otherWays}>
      {providers.map(({ id, name }) => (
        <Form action={withReturn(c, `${WITH}/${id}`)} token={token}>
          <Submit kind="secondary">{fill(t.continueWith, { provider: name })}</Submit>
        </Form>
      ))}
    </section>
  )
}
