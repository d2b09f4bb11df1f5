/**
 * Refresh tokens (RFC 6749 §6, RFC 9700 §4.14): rotated at each use, and still safe to retry. The successor of a token
 * is an HMAC of it, so a repeat within the grace time and before the successor's first use gets the same successor
 * again; any other second use is treated as theft and ends the family, however long ago the first was. Everything is
 * validated before anything is rotated.
 */
import { findClient } from '../../store/db/oauth-clients.ts'
import {
  adoptRefreshToken,
  findRefreshToken,
  findRotation,
  type RefreshTokenRow,
  rotateRefreshToken,
} from '../../store/db/refresh-tokens.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { REFRESH_GRACE_MS } from '../limits.ts'
import { storedScopes } from '../scopes.ts'
import type { TokenSet } from './access-token.ts'
import { authenticateClient, type ClientCredentials } from './client-authentication.ts'
import { requireGrantType } from './clients.ts'
import { endFamily } from './families.ts'
import { narrowedTo, scopesOfRefresh } from './granted-scopes.ts'
import type { MoreClaims } from './id-token.ts'
import { refreshTokenHashes, successorOf } from './refresh-token.ts'
import { requireSigningKey } from './signing-keys.ts'
import { issueUserTokens } from './user-tokens.ts'

type LiveToken = RefreshTokenRow & { readonly clientId: string }

export async function refreshTokens(
  ctx: Ctx,
  credentials: ClientCredentials,
  input: { refreshToken: string; scope: string | undefined; moreClaims?: MoreClaims | undefined },
): Promise<TokenSet> {
  const now = ctx.now()
  const found = await ctx.db.batch([findClient(credentials.clientId), findRefreshToken(refreshTokenHashes(input.refreshToken), now)])
  const client = authenticateClient(found[0], credentials)
  requireGrantType(client, 'refresh_token')
  const token = found[1]
  // Another client's token affects nothing of its own family: whoever presents it may have guessed it or been handed
  // it.
  if (!token || token.clientId !== client.id || token.isLive !== 1) throw invalidGrant()
  const live: LiveToken = { ...token, clientId: client.id }
  if (live.isCurrent !== 1 && !mayComeAgain(live, now)) return refuseReuse(ctx, live)
  if (live.expiresAt <= now) throw invalidGrant()
  const scopes = narrowedTo(scopesOfRefresh(input.scope, storedScopes(live.scope)), client.scopes)
  if (scopes.includes('openid')) requireSigningKey(ctx.config, client.idTokenAlg)
  const kid = (live.isPrevious === 1 ? live.successorKid : null) ?? ctx.config.hmacKeys.current
  const refreshToken = await rotate(ctx, { presented: input.refreshToken, token: live, kid })
  const { userId, sessionId, authenticatedAt, amr } = live
  // OpenID Connect Core §12.2: the nonce belongs to the authorization request, so a refreshed ID token has none.
  const { moreClaims } = input
  const tokens = await issueUserTokens(ctx, { client, scopes, userId, sessionId, nonce: null, authenticatedAt, amr, moreClaims })
  return { ...tokens, refreshToken }
}

/** The successor of `presented`. It does not matter who rotates: the first one writes, the others find what it wrote. */
async function rotate(ctx: Ctx, input: { presented: string; token: LiveToken; kid: string }): Promise<string> {
  const { presented, token, kid } = input
  const successor = successorOf(ctx, kid, presented)
  // The key has left the keyring within the grace time: the successor cannot be derived again, and nobody did anything
  // wrong.
  if (successor === null) throw invalidGrant()
  const now = ctx.now()
  const hashes = refreshTokenHashes(presented)
  const expiresAt = Math.min(token.sessionExpiresAt, now + ctx.config.lifetimes.refreshTokenIdleMs)
  const { sessionId } = token
  const { tokenHash: successorHash } = refreshTokenHashes(successor)
  const rotation = await ctx.db.commit(
    [
      ...(token.isWithoutFamily === 1 ? [adoptRefreshToken(hashes)] : []),
      ...rotateRefreshToken({ ...hashes, sessionId, successorHash, expiresAt, kid, now }),
    ],
    findRotation(hashes),
  )
  // Signed out, banned or deleted between the read and the rotation.
  if (!rotation) throw invalidGrant()
  if (!mayComeAgain(rotation, now)) return refuseReuse(ctx, token)
  // While keys are being changed, an instance with another current key was first.
  if (rotation.successorKid !== kid) return rotate(ctx, { presented, token, kid: rotation.successorKid })
  return successor
}

/** Within the grace time, while its successor has not been used. */
function mayComeAgain({ isPrevious, rotatedAt }: Pick<RefreshTokenRow, 'isPrevious' | 'rotatedAt'>, now: number): boolean {
  return isPrevious === 1 && rotatedAt !== null && now - rotatedAt <= REFRESH_GRACE_MS
}

/** RFC 9700 §4.14.2: thief and owner cannot be told apart, so neither keeps the grant. */
async function refuseReuse(ctx: Ctx, { sessionId, userId, clientId }: LiveToken): Promise<never> {
  await endFamily(ctx, { type: 'refresh_token_reused', sessionId, userId, clientId })
  throw invalidGrant()
}

function invalidGrant(): AppError {
  return new AppError('invalid_grant', 'The refresh token is not valid')
}
