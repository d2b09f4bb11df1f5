/** The rank rule (wire §6.12): 1 is the highest. Nobody acts on a rank at or above their own, or grants one. */
import { AppError } from '../errors.ts'
import type { UserPrincipal } from '../principal.ts'

/** Throws `forbidden` unless `ranking` is below the caller's. */
export function requireBelow(principal: UserPrincipal, ranking: number): void {
  if (ranking <= principal.ranking) throw rankError()
}

export function rankError(): AppError {
  return new AppError('forbidden', 'This rank is not below yours', { reason: 'rank' })
}
