/** What a user's grant returns each time: an access token, and an ID token if `openid` was granted (OpenID Connect Core §3.1.3.3). */
import type { SessionId, UserId } from '../../ids.ts'
import { findUser } from '../../store/db/users.ts'
import type { Ctx } from '../ctx.ts'
import { isIdentityScope } from '../scopes.ts'
import { type Authentication, issueAccessToken, type TokenSet } from './access-token.ts'
import type { Target } from './api-grants.ts'
import { toStoredScope } from './api-scopes.ts'
import { apiClaimsOf } from './client-claims.ts'
import type { Client } from './clients.ts'
import { grantedClaimsOf, storedClaims } from './granted-claims.ts'
import { issueIdToken, type MoreClaims } from './id-token.ts'
import { noteScopeUse } from './scope-uses.ts'
import { subjectFor } from './subjects.ts'
import { claimsOf } from './user-claims.ts'

interface UserGrant extends Authentication {
  readonly client: Client
  readonly target: Target
  /** All that was granted, as stored. */
  readonly text: string
  readonly userId: UserId
  readonly sessionId: SessionId
  /** The access token ends with it; undefined if the session is new, and certainly longer. */
  readonly sessionExpiresAt?: number
  readonly nonce: string | null
  /** What `keyToBind` says. */
  readonly jkt: string | null
  readonly moreClaims: MoreClaims | undefined
}

export async function issueUserTokens(ctx: Ctx, grant: UserGrant): Promise<Omit<TokenSet, 'refreshToken'>> {
  const { client, target, text, userId, sessionId, nonce, jkt, authenticatedAt, amr, moreClaims } = grant
  const { api, scopes, names } = target
  const withIdToken = scopes.includes('openid')
  const single = [...storedClaims(text, 'id_token'), ...(client.claimsInIdToken ? storedClaims(text, 'userinfo') : [])]
  const hasClaims = withIdToken && (client.claimsInIdToken || single.length > 0)
  const user = api?.claims.length || hasClaims ? await ctx.db.one(findUser(userId)) : null
  const lifeSeconds = lifeSecondsOf(ctx, grant)
  const subject = subjectFor(ctx.config, client, userId)
  const authentication = { authenticatedAt, amr }
  const accessToken = await issueAccessToken(ctx, {
    clientId: client.id,
    audience: api?.resource,
    scopes: names,
    lifeSeconds,
    holder: { userId, sessionId, subject },
    authentication,
    jkt,
    claims: user && api ? apiClaimsOf(ctx, user, api.claims) : undefined,
  })
  noteUse(ctx, grant)
  const tokens = { accessToken, expiresIn: lifeSeconds, scopes: names, isBound: jkt !== null }
  if (!withIdToken) return { ...tokens, idToken: null }
  const userClaims = user && { ...(client.claimsInIdToken && claimsOf(ctx, user, scopes)), ...grantedClaimsOf(ctx, user, client, single) }
  // A protocol's own claims name the user.
  const claims = { ...userClaims, ...(client.subjectType === 'public' && moreClaims?.(userId)) }
  const about = { subject, sessionId, nonce, ...authentication, accessToken, claims }
  const idToken = await issueIdToken(ctx, { clientId: client.id, lifeSeconds: client.accessTokenSeconds, alg: client.idTokenAlg, ...about })
  return { ...tokens, idToken }
}

/** What no request to Kith will show: an API's scopes, and claims in the ID token. */
function noteUse(ctx: Ctx, { client, target: { api, scopes, names }, sessionId }: UserGrant): void {
  const told = client.claimsInIdToken && scopes.includes('openid') ? scopes.filter(isIdentityScope) : []
  const ofApi = api ? ['', ...names].map((name) => toStoredScope({ resource: api.resource, name })) : []
  noteScopeUse(ctx, sessionId, ...told, ...ofApi)
}

export function accessTokenSeconds(client: Client, { api }: Target): number {
  return api?.accessTokenSeconds ?? client.accessTokenSeconds
}

/** An API that verifies tokens by itself would accept one beyond the end of its session. */
function lifeSecondsOf(ctx: Ctx, { client, target, sessionExpiresAt = Number.POSITIVE_INFINITY }: UserGrant): number {
  return Math.min(accessTokenSeconds(client, target), Math.floor((sessionExpiresAt - ctx.now()) / 1000))
}
