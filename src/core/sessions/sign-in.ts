/** Sign-in with a password (design §2; ASVS 6.3). */
import { always, both } from '../../store/db/database.ts'
import { rowHasNoSecondFactor } from '../../store/db/second-factors.ts'
import type { SignInRow } from '../../store/db/sign-in-users.ts'
import { BY_PASSWORD } from '../authentication-methods.ts'
import type { Ctx } from '../ctx.ts'
import type { Claim } from '../principal.ts'
import { isRowOpen } from './completion.ts'
import { type SignInOutcome, signInWith } from './first-factor.ts'
import type { CountedTry } from './password-attempts.ts'
import { type PasswordSignIn, requireRightPassword } from './right-password.ts'

export interface SignIn extends PasswordSignIn {
  /** The browser session whose cookie was sent: the new one replaces it. */
  readonly presented: Claim | null
}

/** Throws `unauthenticated`, `email_not_verified` (after a right password only), `rate_limited`. At most 3 round trips. */
export async function signIn(ctx: Ctx, input: SignIn): Promise<SignInOutcome> {
  const { user, counted } = await requireRightPassword(ctx, input)
  const { userAgent, presented } = input
  return signInWith(ctx, { user, amr: BY_PASSWORD, counted, userAgent, presented, writes: [], condition: always })
}

/** How a password alone completes a sign-in that has no second step. */
export function byPassword(ctx: Ctx, user: SignInRow, counted: CountedTry) {
  return {
    user,
    counted,
    isKnown: user.knowsNetwork === 1,
    amr: BY_PASSWORD,
    condition: both(isRowOpen(ctx, user), rowHasNoSecondFactor),
  } as const
}
