/**
 * What administrators need besides their scopes. Acts that grant rights or open another's account require a browser in
 * which the administrator has just signed in, with the second factor if one is enabled: a stolen token is not enough.
 * With `ADMIN_REQUIRES_SECOND_FACTOR`, all of administration is closed to users without a second factor.
 */
import type { SecondFactorRow } from '../../store/db/second-factors.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { UserPrincipal } from '../principal.ts'
import { coveredBy, powersOf, type Scope } from '../scopes.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { requireFactor } from '../sessions/second-factors.ts'

/** Throws unless the administrator has just signed in with a browser, in two steps if a second factor is enabled. */
export function requireAdministrator(ctx: Ctx, principal: UserPrincipal, factors: readonly SecondFactorRow[]): void {
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, factors)
}

/**
 * Throws `forbidden` unless the caller holds every power in `scopes`: those of a role being given, or of the user whose
 * password, address, role or factors change.
 */
export function requirePowers(principal: Pick<UserPrincipal, 'scopes'>, scopes: readonly Scope[]): void {
  const missing = powersOf(scopes).filter((scope) => !coveredBy(principal.scopes, scope))
  if (missing.length > 0) throw new AppError('forbidden', `You do not have the scopes ${missing.join(' ')}`, { reason: 'scope' })
}
