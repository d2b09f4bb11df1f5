/**
 * What a proved first factor leads to (design §2; ASVS 6.3, 6.6), whichever it is: the session or, if the account has a
 * second factor, a pending sign-in. No first factor spares the second; only a passkey with user verification is both.
 */
import { both } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import type { Ctx } from '../ctx.ts'
import { browserBeginner, completeSignIn, isRowOpen, type SignedIn } from './completion.ts'
import { type FirstFactor, openPendingSignIn, type PendingOutcome } from './pending-sign-in.ts'
import type { BrowserSession } from './sessions.ts'

export type SignInOutcome = SignedIn<BrowserSession> | PendingOutcome

/** Throws `unauthenticated` if the account has changed, or the proof was used, meanwhile. One round trip. */
export async function signInWith(ctx: Ctx, factor: FirstFactor): Promise<SignInOutcome> {
  const { user, amr, counted, userAgent, presented, condition } = factor
  if (user.secondFactors !== null) return openPendingSignIn(ctx, factor)
  return completeSignIn(ctx, {
    user,
    amr,
    counted,
    isKnown: user.knowsNetwork === 1,
    userAgent,
    condition: both(both(isRowOpen(ctx, user), rowHasNoSecondFactor), condition),
    presented,
    writes: factor.writes,
    begin: browserBeginner(ctx, userAgent),
  })
}
