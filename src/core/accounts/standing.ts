/** How the caller's account stands, at a glance. One round trip. */
import { findStanding, type StandingRow } from '../../store/db/account-standing.ts'
import { listSignInEvents, type SignInEventRow } from '../../store/db/audit-events.ts'
import { type SecondFactorKind, toFactors } from '../../store/db/second-factors.ts'
import type { UserRow } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { isSecondFactorAwaited } from '../sessions/second-factors.ts'
import { hasPassword } from './password-hash.ts'

export interface Standing extends Omit<StandingRow, 'passwordHash' | 'secondFactors'> {
  readonly user: UserRow
  readonly principal: UserPrincipal
  readonly hasPassword: boolean
  readonly secondFactors: readonly SecondFactorKind[]
  /** Administration is closed to the caller until there is a second factor. */
  readonly isSecondFactorAwaited: boolean
  /** The newest, failed ones too. */
  readonly signIns: readonly SignInEventRow[]
}

const NOTHING: StandingRow = {
  passwordHash: null,
  secondFactors: null,
  recoveryCodes: 0,
  passkeys: 0,
  providers: 0,
  browsers: 0,
  apps: 0,
  files: 0,
  bytes: 0,
}

export async function getStanding(ctx: Ctx, gate: Gate, { signIns }: { signIns: number }): Promise<Standing> {
  const before = positionOf(ctx, { limit: signIns, before: null })
  const { user, principal, reads } = await gate(({ userId }) => [
    findStanding({ userId, now: ctx.now() }),
    listSignInEvents({ userId, before, limit: signIns }),
  ])
  const { passwordHash, secondFactors: kinds, ...counts } = reads[0] ?? NOTHING
  const secondFactors = kinds === null ? [] : toFactors(kinds).map(({ kind }) => kind)
  return {
    ...counts,
    user,
    principal,
    hasPassword: hasPassword(passwordHash),
    secondFactors,
    isSecondFactorAwaited: secondFactors.length === 0 && isSecondFactorAwaited(ctx, principal),
    signIns: reads[1],
  }
}
