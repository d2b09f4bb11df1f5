/** How every sign-in of this room ends: cookies, and the user. */
import type { Context } from 'hono'
import type { Claim } from '../../../core/principal.ts'
import type { SignInOutcome } from '../../../core/sessions/first-factor.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { setSignInCookies } from '../../../http/credentials.ts'
import { toSignedInUser } from './presenters.ts'

/** The caller's credential, if valid. An invalid token or cookie does not prevent signing in. */
export function presented(c: Context<AppEnv>): Promise<Claim | null> {
  return c.var.identify().catch(() => null)
}

/** Sets the cookie. Sends both `user`, from the seed's sample, and `userInfo`, from its table (wire §3.5). */
export function signedIn(c: Context<AppEnv>, outcome: SignInOutcome) {
  const now = c.var.ctx.now()
  if (outcome.kind === 'signed_in') {
    setSignInCookies(c, outcome.session, now)
  }
  const user = toSignedInUser(outcome.user, c.var.ctx)
  return { user, userInfo: user }
}
