/** What follows a right password or code: the browser's session, or the second step. */
import type { Context } from 'hono'
import type { Claim } from '../core/principal.ts'
import type { SignInOutcome } from '../core/sessions/first-factor.ts'
import { setSignInCookies } from '../http/credentials.ts'
import { toHex } from '../ids.ts'
import { clearPendingSignIn, setPendingSignIn } from './pending-sign-in.ts'
import { askedReturn, goOn, withReturn } from './return-to.ts'

export function signedIn(c: Context, outcome: SignInOutcome, to: string | null = askedReturn(c)): Response {
  if (outcome.kind === 'second_factor_required') {
    const { sessionHash, methods } = outcome
    setPendingSignIn(c, { userId: toHex(outcome.user.id), sessionHash, methods })
    return c.redirect(withReturn(c, '/sign-in/code', {}, to), 303)
  }
  clearPendingSignIn(c)
  setSignInCookies(c, outcome.session, c.var.ctx.now())
  return goOn(c, to, outcome.isRestored ? 'account_restored' : null)
}

/** The session that the new one replaces. */
export function presented(c: Context): Promise<Claim | null> {
  return c.var.identify().catch(() => null)
}
