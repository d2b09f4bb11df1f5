/** Why signing in through another provider did not work, with a way back. */
import type { Context } from 'hono'
import { logFailure, toAppError } from '../../http/errors.ts'
import { messageOf, setErrorHeaders } from '../errors.tsx'
import { showPage } from '../layout.tsx'
import { withReturn } from '../return-to.ts'
import { textsOf } from '../texts.tsx'

/** `to`: where a sign-in would have led. */
export async function showProblem(
  c: Context,
  thrown: unknown,
  back: 'sign_in' | 'account' = 'sign_in',
  to: string | null = null,
): Promise<Response> {
  const error = toAppError(thrown)
  logFailure(c, error)
  setErrorHeaders(c, error)
  const t = await textsOf(c)
  const [href, text, title] =
    back === 'account'
      ? ['/account/providers', t.upstream.toAccount, t.upstream.notConnected]
      : [withReturn(c, '/sign-in', {}, to), t.signIn.back, t.upstream.notSignedIn]
  return showPage(
    c,
    { title, lead: messageOf(t, error), error },
    <p>
      <a class="button secondary" href={href}>
        {text}
      </a>
    </p>,
  )
}

/** The browser has no answer of a provider, or no longer. */
export async function showNoPerson(c: Context): Promise<Response> {
  const t = await textsOf(c)
  return showPage(
    c,
    { ...t.upstream.restart, status: 400 },
    <p>
      <a class="button secondary" href={withReturn(c, '/sign-in')}>
        {t.signIn.back}
      </a>
    </p>,
  )
}
