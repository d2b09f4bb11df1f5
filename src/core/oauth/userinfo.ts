/** Userinfo (OpenID Connect Core §5.3): what a client may know about the user. One read, the gate's. */
import { toHex } from '../../ids.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { intersectScopes, isIdentityScope, storedScopes } from '../scopes.ts'
import { grantedClaimsOf, storedClaims } from './granted-claims.ts'
import { noteScopeUse } from './scope-uses.ts'
import { claimsOf, type UserClaims } from './user-claims.ts'

export async function readUserinfo(ctx: Ctx, gate: Gate): Promise<UserClaims> {
  const { principal, user } = await gate()
  noteScopeUse(ctx, principal.sessionId, ...principal.scopes.filter(isIdentityScope))
  const { text, clientScopes, clientClaims } = principal.grant
  const client = { scopes: storedScopes(clientScopes), claims: clientClaims.split(' ') }
  return {
    sub: principal.pairwiseSubject ?? toHex(user.id),
    ...claimsOf(ctx, user, principal.scopes),
    ...(isNarrowed(principal) ? {} : grantedClaimsOf(ctx, user, client, storedClaims(text, 'userinfo'))),
  }
}

/**
 * Whether the token has fewer identity scopes than its grant (RFC 6749 §6). Then it is for whoever is to see no more than they say, and
 * single claims are of the grant as a whole. What the client may have no longer narrows no token.
 */
function isNarrowed({ grant, scopes }: UserPrincipal): boolean {
  const granted = intersectScopes(storedScopes(grant.text), storedScopes(grant.clientScopes))
  return granted.some((scope) => isIdentityScope(scope) && !scopes.includes(scope))
}
