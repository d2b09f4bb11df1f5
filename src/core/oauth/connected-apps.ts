/**
 * Connected apps: the clients a user has granted access, and how to revoke it (ASVS 10.7; OAuth 2.1 §7.9 asks for
 * both). A client counts as connected while it has the user's consent or a live grant.
 */
import type { AuditEventId } from '../../ids.ts'
import { findEvent } from '../../store/db/audit-events.ts'
import { type ConsentRow, didEnd, endConnection, type GrantRow, listConsents, listGrants } from '../../store/db/connected-apps.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import type { Gate } from '../gate.ts'
import { coveredBy, intersectScopes, SCOPES, type Scope, storedScopes } from '../scopes.ts'
import { APP_SESSIONS_LOOKED_AT } from './limits.ts'

export interface ConnectedApp {
  readonly clientId: string
  readonly name: string
  readonly isFirstParty: boolean
  /** What the user agreed to or a grant holds, as far as the client may still have it. */
  readonly scopes: readonly { readonly scope: Scope; readonly description: string }[]
  readonly connectedAt: number
  /** Accurate to 15 minutes; null while no grant is live. */
  readonly lastUsedAt: number | null
  readonly liveSessions: number
}

/** The caller's connected apps, the most recently used first. */
export async function listConnectedApps(ctx: Ctx, gate: Gate): Promise<ConnectedApp[]> {
  const now = ctx.now()
  const { reads } = await gate(({ userId }) => [listConsents(userId), listGrants({ userId, now, limit: APP_SESSIONS_LOOKED_AT })])
  const [consents, grants] = reads
  const ids = new Set([...grants, ...consents].map(({ clientId }) => clientId))
  const apps = [...ids].flatMap((id) => {
    const of = (row: ConsentRow) => row.clientId === id
    return toApp(consents.filter(of), grants.filter(of))
  })
  return apps.sort((a, b) => (b.lastUsedAt ?? b.connectedAt) - (a.lastUsedAt ?? a.connectedAt))
}

/** All rows belong to one client. */
function toApp(consents: readonly ConsentRow[], grants: readonly GrantRow[]): ConnectedApp[] {
  const rows = [...consents, ...grants]
  const [client] = rows
  if (!client) return []
  const all = [...new Set(rows.flatMap(({ scopes }) => storedScopes(scopes)))]
  const widest = all.filter(
    (scope) =>
      !coveredBy(
        all.filter((other) => other !== scope),
        scope,
      ),
  )
  const scopes = intersectScopes(widest, storedScopes(client.clientScopes))
  return [
    {
      clientId: client.clientId,
      name: client.name,
      isFirstParty: client.firstParty === 1,
      scopes: scopes.map((scope) => ({ scope, description: SCOPES[scope].description })),
      connectedAt: Math.min(...rows.map(({ createdAt }) => createdAt)),
      lastUsedAt: grants.length === 0 ? null : Math.max(...grants.map(({ lastUsedAt }) => lastUsedAt)),
      liveSessions: grants.length,
    },
  ]
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
