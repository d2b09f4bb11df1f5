/**
 * What administrators need besides their scopes. Acts that hand out rights, or open the account of another, take a browser in
 * which the administrator has just signed in, with the second factor where one is on: a stolen token is not enough. Where
 * `ADMIN_REQUIRES_SECOND_FACTOR` is on, nothing of administration is open to who has no second factor.
 */
import type { SecondFactorRow } from '../../store/db/second-factors.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { coveredBy, powersOf, type Scope } from '../oauth/scopes.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import type { UserPrincipal } from '../sessions/principal.ts'
import { requireFactor } from '../sessions/second-factors.ts'

/** Throws unless the administrator has just signed in with a browser, in two steps where a second factor is on. */
export function requireAdministrator(ctx: Ctx, principal: UserPrincipal, factors: readonly SecondFactorRow[]): void {
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, factors)
}

/**
 * Throws `forbidden` unless the caller holds every power of `scopes`: those of a role that is given, or of whoever's password,
 * address, role or factors are changed.
 */
export function requirePowers(principal: UserPrincipal, scopes: readonly Scope[]): void {
  const missing = powersOf(scopes).filter((scope) => !coveredBy(principal.scopes, scope))
  if (missing.length > 0) throw new AppError('forbidden', `You do not hold ${missing.join(' ')}`, { reason: 'scope' })
}
