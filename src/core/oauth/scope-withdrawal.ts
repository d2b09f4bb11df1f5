/**
 * Taking back one scope of a connected app: at once for its tokens, which the gate holds to what their session still
 * has, and for good, because nothing gives it back but a new consent.
 */
import * as z from 'zod'
import type { AuditEventId } from '../../ids.ts'
import { findEvent } from '../../store/db/audit-events.ts'
import { didEnd } from '../../store/db/connected-apps.ts'
import { withdrawScopes } from '../../store/db/scope-withdrawals.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { covers, intersectScopes, isScope, SCOPES, type Scope, storedScopes } from '../scopes.ts'
import { appOf, connectionReads } from './connected-apps.ts'
import { claimsWithdrawnWith } from './granted-claims.ts'
import { API_SCOPE_LENGTH_MAX, CLIENT_URI_LENGTH_MAX } from './limits.ts'

/** As the list of connected apps names it. */
export const heldScope = z
  .string()
  .max(CLIENT_URI_LENGTH_MAX + API_SCOPE_LENGTH_MAX + 1, 'is too long')
  .refine(
    (name) => isScope(name) || (/^[\x21\x23-\x5B\x5D-\x7E]+$/.test(name) && name.includes('|')),
    'is no scope that a connected app may have (one of an API is <resource>|<name>)',
  )
  .meta({ description: 'As the list of connected apps names it', example: 'delegated:profile:read' })

/**
 * Withdraws a scope as the list of connected apps names it, with everything below it. If nothing is left, the app is
 * disconnected. No-op if the app does not hold it.
 */
export async function withdrawScope(ctx: Ctx, gate: Gate, clientId: string, scope: string): Promise<void> {
  if (scope === 'openid') throw refused('goes with the app: disconnect it instead')
  const { principal, reads } = await gate(({ userId }) => connectionReads(ctx, userId))
  const app = appOf(reads, clientId)
  if (app?.isFirstParty) throw refused('belongs to an app of this service, which takes no consent: disconnect it instead')
  const held = (app?.scopes ?? []).filter(isScope)
  const wider = isScope(scope) && held.find((other) => other !== scope && covers(other, scope))
  if (wider) throw refused(`is part of ${wider}: withdraw that`)
  const { userId, sessionId } = principal
  const what = isScope(scope) ? below(scope, storedScopes(app?.clientScopes ?? '')) : { gone: [scope], narrowed: {} }
  const gone = [...what.gone, ...what.gone.flatMap(claimsWithdrawnWith)]
  const withdrawal = { userId, clientId, ...what, gone, gonePrefix: scope.endsWith('|') ? scope : null, now: ctx.now() }
  // The same event after each statement that may change something: written once, and only if one did.
  const id = ctx.newId<AuditEventId>()
  const told = audit(ctx, { id, type: 'scope_withdrawn', userId, sessionId, clientId, detail: scope, condition: didEnd })
  await ctx.db.commit(withdrawScopes(withdrawal, told), findEvent(id))
}

/** All that the scope includes but `openid`, and what the client keeps of a scope that includes it. */
function below(scope: Scope, ofClient: readonly Scope[]): { gone: readonly string[]; narrowed: Readonly<Record<string, string>> } {
  const all = Object.keys(SCOPES) as Scope[]
  const wider = all.filter((other) => other !== scope && covers(other, scope))
  const kept = (other: Scope) => intersectScopes([other], ofClient).filter((one) => !covers(scope, one))
  return {
    gone: all.filter((other) => other !== 'openid' && covers(scope, other)),
    narrowed: Object.fromEntries(wider.map((other) => [other, kept(other).join(' ')])),
  }
}

function refused(message: string): AppError {
  return AppError.ofFields([{ path: 'scope', message }])
}
