/**
 * The gate of work that was asked for by a user and is done without a caller: the account must be alive at each read, as if
 * its owner were there. It gives no scope and no session.
 */
import { NO_ID, type SessionId, type UserId } from '../../ids.ts'
import { findUser } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { isInForce } from '../in-force.ts'
import type { UserPrincipal } from '../principal.ts'

export function ownerGate(ctx: Ctx, userId: UserId): Gate {
  const claimed = { userId, sessionId: NO_ID as SessionId, clientId: null }
  return async (reads) => {
    const [user, ...rest] = await ctx.db.batch([findUser(userId), ...(reads?.(claimed) ?? [])] as const)
    if (!user || user.deletedAt !== null || isInForce(user.bannedAt, user.bannedUntil, ctx.now())) throw new AppError('unauthenticated')
    const principal: UserPrincipal = { ...NOBODY, ...claimed, role: user.role }
    return { principal, user, reads: rest as never }
  }
}

const NOBODY = {
  kind: 'user',
  pairwiseSubject: null,
  grant: { text: '', clientScopes: '', clientClaims: '' },
  mayChangeAddresses: false,
  scopes: [],
  roleScopes: [],
  ranking: 0,
  restricted: false,
  authenticatedAt: 0,
  amr: [],
  secondFactor: null,
  impersonation: null,
} as const
