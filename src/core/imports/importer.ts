/** Who imports, and what they may hand out: nobody gets a right that the importer lacks. The operator may all. */
import type { SignUpConfig } from '../../config-sign-up.ts'
import type { Keyring } from '../../crypto.ts'
import type { SessionId, UserId } from '../../ids.ts'
import type { RoleRow } from '../../store/db/roles.ts'
import type { SecondFactorRow } from '../../store/db/second-factors.ts'
import { requireAdministrator, requirePowers } from '../admin/administrators.ts'
import { isOfferedTo, rankError, requireBelow } from '../admin/rank.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Principal } from '../principal.ts'
import { powersOf, storedScopes } from '../scopes.ts'

/** What an import works with; the operator's command has no more. */
export type ImportCtx = Pick<Ctx, 'db' | 'now' | 'newId' | 'caller'> & {
  readonly config: { readonly pepperKeys: Keyring; readonly signUp: Pick<SignUpConfig, 'usernameLengthMin'> }
}

export interface Importer {
  /** Why it may not give the role to anybody; null if it may. */
  readonly refusalOf: (role: RoleRow) => string | null
  /** Whether records may name their ids in Kith. */
  readonly mayGiveIds: boolean
  readonly actor: { readonly userId: UserId | null; readonly sessionId?: SessionId; readonly clientId?: string | null }
}

/** At the deployment's own keyboard. */
export const OPERATOR_IMPORTER: Importer = { refusalOf: () => null, mayGiveIds: true, actor: { userId: null } }

/** An administrator, who has a rank, or a client, which only has scopes. A role with powers needs a recent sign-in, as always. */
export function importerOf(
  ctx: Ctx,
  principal: Principal,
  { factors, roles }: { readonly factors: readonly SecondFactorRow[]; readonly roles: readonly RoleRow[] },
): Importer {
  const refusalOf = (role: RoleRow) =>
    refusalIn(() => {
      const scopes = storedScopes(role.scopes)
      requirePowers(principal, scopes)
      if (principal.kind !== 'user' && !isOfferedTo(principal, role, roles)) throw rankError()
      if (principal.kind !== 'user') return
      requireBelow(principal, role.ranking)
      if (powersOf(scopes).length > 0) requireAdministrator(ctx, principal, factors)
    })
  const actor =
    principal.kind === 'user'
      ? { userId: principal.userId, sessionId: principal.sessionId, clientId: principal.clientId }
      : { userId: null, clientId: principal.kind === 'client' ? principal.clientId : null }
  return { refusalOf, mayGiveIds: false, actor }
}

function refusalIn(check: () => void): string | null {
  try {
    check()
    return null
  } catch (error) {
    if (error instanceof AppError) return error.message
    throw error
  }
}
