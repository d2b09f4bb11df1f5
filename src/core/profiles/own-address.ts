/** A new address of one's own account: what it requires, and the writes that start the change. */
import type { MailId } from '../../ids.ts'
import { always, both, type Fragment, not, type Statement } from '../../store/db/database.ts'
import { hasAnySecondFactor, toFactors } from '../../store/db/second-factors.ts'
import { requestEmailChange } from '../accounts/email-change.ts'
import type { Ctx } from '../ctx.ts'
import type { UserPrincipal } from '../principal.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { requireFactor } from '../sessions/second-factors.ts'
import type { OwnChange } from './own-change.ts'

/** Codes and resets go to the address: someone who has only the password must not redirect them. */
export function requireFactorForAddress(ctx: Ctx, principal: UserPrincipal, secondFactors: string | null): void {
  if (secondFactors === null) return
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, toFactors(secondFactors))
}

interface EmailWrites {
  readonly mailIds: readonly MailId[]
  readonly requested: Fragment
  readonly writes: readonly Statement<unknown>[]
}

/** Starts the change of the address where `condition` holds, if there is one. */
export function emailWritesOf(ctx: Ctx, { user, newEmail, hasFactor }: OwnChange, guard: Fragment): EmailWrites {
  if (newEmail === null) return { mailIds: [], requested: always, writes: [] }
  // A factor enabled meanwhile has not been verified.
  const condition = hasFactor ? guard : both(guard, not(hasAnySecondFactor(user.id)))
  const { mailId, requested, writes } = requestEmailChange(ctx, { user, newEmail, condition })
  return { mailIds: [mailId], requested, writes }
}
