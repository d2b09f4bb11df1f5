/** What a user's grant returns each time: an access token, and an ID token if `openid` was granted (OpenID Connect Core §3.1.3.3). */
import type { SessionId, UserId } from '../../ids.ts'
import { findUser } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import type { Scope } from '../scopes.ts'
import { type Authentication, issueAccessToken, type TokenSet } from './access-token.ts'
import type { Client } from './clients.ts'
import { issueIdToken, type MoreClaims } from './id-token.ts'
import { subjectFor } from './subjects.ts'
import { claimsOf } from './userinfo.ts'

interface UserGrant extends Authentication {
  readonly client: Client
  readonly scopes: readonly Scope[]
  readonly userId: UserId
  readonly sessionId: SessionId
  readonly nonce: string | null
  readonly moreClaims: MoreClaims | undefined
}

export async function issueUserTokens(ctx: Ctx, grant: UserGrant): Promise<Omit<TokenSet, 'refreshToken'>> {
  const { client, scopes, userId, sessionId, nonce, authenticatedAt, amr, moreClaims } = grant
  const common = { clientId: client.id, lifeSeconds: client.accessTokenSeconds }
  const subject = subjectFor(ctx.config, client, userId)
  const authentication = { authenticatedAt, amr }
  const accessToken = await issueAccessToken(ctx, { ...common, scopes, holder: { userId, sessionId, subject }, authentication })
  if (!scopes.includes('openid')) return { accessToken, expiresIn: client.accessTokenSeconds, scopes, idToken: null }
  const userClaims = client.claimsInIdToken ? await readClaims(ctx, userId, scopes) : {}
  // A protocol's own claims name the user.
  const claims = { ...userClaims, ...(client.subjectType === 'public' && moreClaims?.(userId)) }
  const about = { subject, sessionId, nonce, ...authentication, accessToken, claims }
  const idToken = await issueIdToken(ctx, { ...common, alg: client.idTokenAlg, ...about })
  return { accessToken, expiresIn: client.accessTokenSeconds, scopes, idToken }
}

async function readClaims(ctx: Ctx, userId: UserId, scopes: readonly Scope[]) {
  const user = await ctx.db.one(findUser(userId))
  return user ? claimsOf(ctx, user, scopes) : {}
}
