/** The rank rule (wire §6.12): 1 is the highest. Nobody acts on a rank at or above their own, or grants one. */
import type { RoleRow } from '../../store/db/roles.ts'
import { AppError } from '../errors.ts'
import type { ClientPrincipal, UserPrincipal } from '../principal.ts'
import { coveredBy, powersOf, storedScopes } from '../scopes.ts'

/** Throws `forbidden` unless `ranking` is below the caller's. */
export function requireBelow(principal: UserPrincipal, ranking: number): void {
  if (ranking <= principal.ranking) throw rankError()
}

/**
 * Whether a client, which has no rank, may give the role: nobody rises to or above the rank of administrators with scopes that the client
 * lacks, who could not act on them any more. The rank of everybody is no rise.
 */
export function isOfferedTo({ scopes }: Pick<ClientPrincipal, 'scopes'>, { ranking }: RoleRow, roles: readonly RoleRow[]): boolean {
  const isOutOfReach = (role: RoleRow) =>
    powersOf(storedScopes(role.scopes)).some((power) => power.startsWith('admin:') && !coveredBy(scopes, power))
  const everybody = roles.find(({ id }) => id === 'user')
  return (everybody && ranking >= everybody.ranking) || roles.every((role) => role.ranking < ranking || !isOutOfReach(role))
}

export function rankError(): AppError {
  return new AppError('forbidden', 'This rank is not below yours', { reason: 'rank' })
}
