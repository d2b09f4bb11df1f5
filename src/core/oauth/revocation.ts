/**
 * Revocation (RFC 7009): a client gives back one of its tokens, and the whole grant ends with it: the session, every
 * refresh token of the family and every access token. Unknown tokens and those of others are left alone, with the same
 * answer.
 */
import type { SessionId, UserId } from '../../ids.ts'
import { findRefreshToken, findRevokedFamily, revokeFamily, wasRevoked } from '../../store/db/refresh-tokens.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { readAccessToken } from './access-token.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { refreshTokenHashes } from './refresh-token.ts'

export async function revokeToken(ctx: Ctx, credentials: ClientCredentials, token: string): Promise<void> {
  const access = await readAccessToken(ctx, token)
  const claim = access?.claim
  const { client, reads } = await proveClient(ctx, credentials, [findRefreshToken(refreshTokenHashes(token), ctx.now())])
  const [refreshToken] = reads
  if (refreshToken?.clientId === client.id) return endGrant(ctx, { ...refreshToken, clientId: client.id })
  if (!claim || claim.clientId !== client.id) return
  if (claim.kind === 'access_token' && !access.actor) return endGrant(ctx, claim)
  // RFC 7009 §2.2.1: nothing is stored about such a token, so claiming that it is revoked would be untrue. It expires
  // within minutes. The grant behind an exchanged one is another client's.
  throw new AppError('unsupported_token_type', 'A token of the client itself, or one by token exchange, cannot be revoked; it expires')
}

async function endGrant(ctx: Ctx, grant: { sessionId: SessionId; userId: UserId; clientId: string }): Promise<void> {
  const { sessionId, userId, clientId } = grant
  await ctx.db.commit(
    [revokeFamily(sessionId, ctx.now()), audit(ctx, { type: 'grant_revoked', userId, sessionId, clientId, condition: wasRevoked })],
    findRevokedFamily(sessionId),
  )
}
