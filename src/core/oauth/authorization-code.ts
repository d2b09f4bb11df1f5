/**
 * The exchange of an authorization code (RFC 6749 §4.1.3, RFC 7636 §4.6): once, by the client it was issued to, with
 * its redirect URI and verifier. Everything is validated before the code is claimed, so a failed try does not use up
 * the code. A replayed code ends what the first exchange granted (§4.1.2).
 */
import { sha256 } from '../../crypto.ts'
import type { SessionId } from '../../ids.ts'
import {
  type AuthorizationCodeRow,
  claimAuthorizationCode,
  findAuthorizationCode,
  findCodeClaim,
  isCodeClaimed,
} from '../../store/db/authorization-codes.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { TokenSet } from './access-token.ts'
import { type Asked, targetOf } from './api-grants.ts'
import { proveClient } from './client-assertion.ts'
import type { ClientCredentials } from './client-authentication.ts'
import { type Client, requireGrantType } from './clients.ts'
import { keyToBind } from './dpop.ts'
import { endFamily } from './families.ts'
import { claimGrant } from './grant-session.ts'
import type { MoreClaims } from './id-token.ts'
import { isVerified } from './pkce.ts'
import { requireSigningKey } from './signing-keys.ts'
import { issueUserTokens } from './user-tokens.ts'

interface Exchange extends Pick<Asked, 'resources'> {
  readonly code: string
  readonly redirectUri: string
  readonly codeVerifier: string | undefined
  readonly moreClaims?: MoreClaims | undefined
}

export async function exchangeAuthorizationCode(ctx: Ctx, credentials: ClientCredentials, exchange: Exchange): Promise<TokenSet> {
  const codeHash = sha256(exchange.code)
  const now = ctx.now()
  const { client, reads } = await proveClient(ctx, credentials, [findAuthorizationCode(codeHash, now)])
  const [code] = reads
  requireGrantType(client, 'authorization_code')
  const jkt = keyToBind(client, credentials.proof)
  if (!code || !belongs(code, client, { ...exchange, jkt })) throw invalidGrant()
  // A replay counts as one even after the code has expired.
  if (code.sessionId !== null) return refuseReplay(ctx, code, code.sessionId)
  if (code.consumedAt !== null || code.expiresAt <= now || code.isLive !== 1) throw invalidGrant()
  const { resources, moreClaims } = exchange
  const target = targetOf(ctx.config, client, code, { resources })
  if (target.scopes.includes('openid')) requireSigningKey(ctx.config, client.idTokenAlg)
  const claimed = await claimGrant(ctx, {
    client,
    target,
    grant: code,
    jkt,
    claim: (id) => claimAuthorizationCode({ codeHash, sessionId: id, now: ctx.now() }),
    isClaimed: (id) => isCodeClaimed(codeHash, id),
    findClaim: findCodeClaim(codeHash),
  })
  if (!claimed) throw invalidGrant()
  const { sessionId, refreshToken } = claimed
  if (!claimed.isOurs) return refuseReplay(ctx, code, sessionId)
  const { userId, nonce, authenticatedAt, amr } = code
  const tokens = await issueUserTokens(ctx, {
    client,
    target,
    text: code.scope,
    userId,
    sessionId,
    nonce,
    jkt,
    authenticatedAt,
    amr,
    moreClaims,
  })
  return { ...tokens, refreshToken }
}

/** Each of these refuses on its own; the caller does not learn which did. */
function belongs(code: AuthorizationCodeRow, client: Client, exchange: Exchange & { jkt: string | null }): boolean {
  if (code.clientId !== client.id) return false
  if (code.redirectUri !== exchange.redirectUri) return false
  // The client's registration may have become stricter since the code was issued.
  if (code.codeChallenge === null && client.requiresPkce) return false
  // RFC 9449 §10.
  if (code.dpopJkt !== null && code.dpopJkt !== exchange.jkt) return false
  return isVerified(code.codeChallenge, exchange.codeVerifier)
}

/** RFC 6749 §4.1.2: two parties have the code, so nobody can tell whose tokens they are. */
async function refuseReplay(ctx: Ctx, code: AuthorizationCodeRow, sessionId: SessionId): Promise<never> {
  await endFamily(ctx, { type: 'authorization_code_reused', sessionId, userId: code.userId, clientId: code.clientId })
  throw invalidGrant()
}

function invalidGrant(): AppError {
  return new AppError('invalid_grant', 'The code, redirect_uri or code_verifier is not valid')
}
