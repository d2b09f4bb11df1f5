/**
 * Connected apps: the clients a user has granted access, and how to revoke it (ASVS 10.7; OAuth 2.1 §7.9 asks for
 * both). A client counts as connected while it has the user's consent or a live grant.
 */
import type { AuditEventId, UserId } from '../../ids.ts'
import { findApis } from '../../store/db/apis.ts'
import { findEvent } from '../../store/db/audit-events.ts'
import { type ConsentRow, didEnd, endConnection, type GrantRow, listConsents, listGrants } from '../../store/db/connected-apps.ts'
import { listScopeUses, type ScopeUseRow } from '../../store/db/scope-uses.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { covers, intersectScopes, isScope, storedScopes } from '../scopes.ts'
import { resourcesOf, storedApiScopes } from './api-scopes.ts'
import { type Api, toApi } from './apis.ts'
import { oncePerClaim } from './granted-claims.ts'
import { APP_SESSIONS_LOOKED_AT } from './limits.ts'
import { inWords, type ScopeInWords } from './scope-words.ts'

export interface ConnectedApp {
  readonly clientId: string
  readonly name: string
  readonly isFirstParty: boolean
  /** What the user agreed to or a grant holds, as far as the client may still have it. */
  readonly scopes: readonly UsedScope[]
  readonly connectedAt: number
  /** Accurate to 15 minutes; null while no grant is live. */
  readonly lastUsedAt: number | null
  readonly liveSessions: number
}

export interface UsedScope {
  /** As grants store it, and as `withdrawScope` takes it. */
  readonly scope: string
  readonly description: string
  /** For pages, which say it in the reader's language. */
  readonly words: ScopeInWords
  /** Accurate to 15 minutes; null if no use was recorded. */
  readonly lastUsedAt: number | null
}

/** The caller's connected apps, the most recently used first. */
export async function listConnectedApps(ctx: Ctx, gate: Gate): Promise<ConnectedApp[]> {
  const { reads } = await gate(({ userId }) => [...connectionReads(ctx, userId), listScopeUses(userId)])
  const [consents, grants, uses] = reads
  const ids = new Set([...grants, ...consents].map(({ clientId }) => clientId))
  const apps = [...ids].flatMap((id) => appOf([consents, grants], id) ?? [])
  const resources = resourcesOf(apps.flatMap(({ scopes }) => storedApiScopes(scopes.join(' '))))
  const apis = resources.length === 0 ? [] : (await ctx.db.one(findApis(resources))).map(toApi)
  return apps.map((app) => describeApp(app, apis, uses)).sort((a, b) => (b.lastUsedAt ?? b.connectedAt) - (a.lastUsedAt ?? a.connectedAt))
}

/** All that connects the user with apps. */
export function connectionReads(ctx: Ctx, userId: UserId) {
  return [listConsents(userId), listGrants({ userId, now: ctx.now(), limit: APP_SESSIONS_LOOKED_AT })] as const
}

interface Connection extends Omit<ConnectedApp, 'scopes'> {
  readonly scopes: readonly string[]
  readonly clientScopes: string
  readonly signedInAt: number | null
}

/** One of them; null if the app is not connected. */
export function appOf([allConsents, allGrants]: readonly [readonly ConsentRow[], readonly GrantRow[]], id: string): Connection | null {
  const of = (row: ConsentRow) => row.clientId === id
  const [consents, grants] = [allConsents.filter(of), allGrants.filter(of)]
  const rows = [...consents, ...grants]
  const [client] = rows
  if (!client) return null
  const parts = [...new Set(rows.flatMap(({ scopes }) => scopes.split(' ')))]
  const all = parts.filter(isScope)
  const widest = all.filter((scope) => !all.some((other) => other !== scope && covers(other, scope)))
  const newest = (of: (grant: GrantRow) => number) => (grants.length === 0 ? null : Math.max(...grants.map(of)))
  return {
    clientId: client.clientId,
    name: client.name,
    isFirstParty: client.firstParty === 1,
    scopes: oncePerClaim([...intersectScopes(widest, storedScopes(client.clientScopes)), ...parts.filter((part) => part.includes('|'))]),
    clientScopes: client.clientScopes,
    connectedAt: Math.min(...rows.map(({ createdAt }) => createdAt)),
    lastUsedAt: newest((grant) => grant.lastUsedAt),
    signedInAt: newest((grant) => grant.createdAt),
    liveSessions: grants.length,
  }
}

function describeApp(
  { scopes, clientScopes, signedInAt, ...app }: Connection,
  apis: readonly Api[],
  uses: readonly ScopeUseRow[],
): ConnectedApp {
  const used = uses.filter(({ clientId }) => clientId === app.clientId)
  // The ID token of each sign-in is a use of its own.
  const signIn = signedInAt === null ? [] : [{ scope: 'openid', lastUsedAt: signedInAt }]
  const lastUseOf = (held: string) => {
    const times = [...used, ...signIn].filter(({ scope }) => scope === held || (isScope(scope) && isScope(held) && covers(held, scope)))
    return times.length === 0 ? null : Math.max(...times.map(({ lastUsedAt }) => lastUsedAt))
  }
  return {
    ...app,
    scopes: inWords(scopes, apis).map((words) => ({
      scope: words.scope,
      description: words.resource === null ? words.description : `${words.area}: ${words.description}`,
      words,
      lastUsedAt: lastUseOf(words.scope),
    })),
  }
}

/**
 * Withdraws the consent and ends every grant and open code of the client for the caller: its access tokens are refused
 * on their next request, its refresh tokens for good. No-op if the app is not connected or does not exist.
 */
export async function disconnectApp(ctx: Ctx, gate: Gate, clientId: string): Promise<void> {
  const { principal } = await gate()
  const { userId, sessionId } = principal
  // The same event after each statement that may end something: written once, and only if one did.
  const id = ctx.newId<AuditEventId>()
  const told = audit(ctx, { id, type: 'app_disconnected', userId, sessionId, clientId, condition: didEnd })
  await ctx.db.commit(endConnection(userId, clientId, ctx.now(), told), findEvent(id))
}
