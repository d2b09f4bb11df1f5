/** What a sign-in replies: the user, and the cookie of the session; or what a second factor takes. */
import type { Context } from 'hono'
import type { Claim } from '../../../core/principal.ts'
import type { SignInOutcome } from '../../../core/sessions/first-factor.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { browserSession, setSignInCookies } from '../../../http/credentials.ts'
import { toPendingUser, toSignedInUser } from './presenters.ts'

/** The caller's credential, if valid. An invalid token or cookie does not prevent signing in. */
export async function presented(c: Context<AppEnv>): Promise<Claim | null> {
  const claim = await c.var.identify().catch(() => null)
  // An administrator who looks at somebody's account signs in in place of themselves.
  return claim?.kind === 'browser' && claim.isImpersonation ? browserSession(c) : claim
}

type SignedIn = Extract<SignInOutcome, { kind: 'signed_in' }>

/** Sets the cookie. Sends both `user`, from the seed's sample, and `userInfo`, from its table (wire §3.5). */
export function signedIn(c: Context<AppEnv>, outcome: SignedIn) {
  setSignInCookies(c, outcome.session, c.var.ctx.now())
  const user = toSignedInUser(outcome.user, c.var.ctx)
  return { user, userInfo: user }
}

/** The same for a first factor. */
export function signedInOrPending(c: Context<AppEnv>, outcome: SignInOutcome) {
  if (outcome.kind === 'signed_in') return { '2faEnabled': false, ...signedIn(c, outcome) } as const
  const user = toPendingUser(outcome.user)
  return { '2faEnabled': true, sessionHash: outcome.sessionHash, user, userInfo: user, methods: outcome.methods } as const
}
