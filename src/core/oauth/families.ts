/** Ends a grant that a second party seems to use (RFC 6749 §4.1.2, RFC 9700 §4.14.2): its session is revoked. */
import type { SessionId, UserId } from '../../ids.ts'
import { findRevokedFamily, revokeFamily, wasRevoked } from '../../store/db/refresh-tokens.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'

interface Misuse {
  readonly type: 'authorization_code_reused' | 'refresh_token_reused'
  readonly sessionId: SessionId
  readonly userId: UserId
  readonly clientId: string
}

/** Revokes the session, and with it every access and refresh token of the grant, before it returns. The user is notified once. */
export async function endFamily(ctx: Ctx, misuse: Misuse): Promise<void> {
  const { type, sessionId, userId, clientId } = misuse
  await ctx.db.commit(
    [revokeFamily(sessionId, ctx.now()), audit(ctx, { type, userId, sessionId, clientId, condition: wasRevoked })],
    findRevokedFamily(sessionId),
  )
  ctx.log('warn', type, { clientId })
}
