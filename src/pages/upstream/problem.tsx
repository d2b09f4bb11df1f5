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
  const [href, text] =
    back === 'account' ? ['/account/providers', 'Back to your account'] : [withReturn(c, '/sign-in', {}, to), 'Back to sign-in']
  return showPage(
    c,
    { title: back === 'account' ? 'Nothing was connected' : 'You are not signed in', lead: messageOf(await textsOf(c), error), error },
    <p>
      <a class="button secondary" href={href}>
        {text}
      </a>
    </p>,
  )
}

/** The browser has no answer of a provider, or no longer. */
export function showNoPerson(c: Context): Promise<Response> {
  return showPage(
    c,
    { title: 'Begin again', lead: 'This took too long, or was done already. Nothing is lost: sign in once more.', status: 400 },
    <p>
      <a class="button secondary" href={withReturn(c, '/sign-in')}>
        Back to sign-in
      </a>
    </p>,
  )
}
