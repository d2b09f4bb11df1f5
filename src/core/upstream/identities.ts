/** The caller's accounts at other providers: listing them, and removing one. The last way in cannot be removed. */
import type { AuditEventId, UpstreamIdentityId } from '../../ids.ts'
import { findEvent, wasRecorded } from '../../store/db/audit-events.ts'
import { both } from '../../store/db/database.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { isSessionLive } from '../../store/db/sessions.ts'
import {
  deleteUpstreamIdentity,
  hasUpstreamIdentity,
  listUpstreamIdentities,
  type UpstreamIdentityRow,
} from '../../store/db/upstream-identities.ts'
import { hasAnotherWayIn } from '../../store/db/ways-in.ts'
import { deliverLater } from '../accounts/mail.ts'
import { lastWayIn } from '../accounts/ways-in.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { requireFreshBrowser } from '../sessions/fresh.ts'
import { requireFactor } from '../sessions/second-factors.ts'
import { upstreamNameOf } from './issuers.ts'
import { linkNotice } from './link.ts'
import { upstreamProviders } from './providers.ts'

export interface LinkedProvider extends UpstreamIdentityRow {
  /** As the configuration calls it; the issuer's host if it is no longer configured. */
  readonly name: string
  /** Null if it is no longer configured. */
  readonly providerId: string | null
}

export interface Providers {
  readonly linked: readonly LinkedProvider[]
  /** What can be linked besides. */
  readonly available: readonly { readonly id: string; readonly name: string }[]
}

/** One round trip. */
export async function listProviders(ctx: Ctx, gate: Gate): Promise<Providers> {
  const { reads } = await gate(({ userId }) => [listUpstreamIdentities(userId)])
  const linked = reads[0].map((row) => {
    const { id: providerId, name } = upstreamNameOf(ctx.config, row.issuer)
    return { ...row, providerId, name }
  })
  const available = upstreamProviders(ctx.config).filter(({ id }) => !linked.some(({ providerId }) => providerId === id))
  return { linked, available }
}

/** Removes one. Needs a recent sign-in of a browser, with a factor if one is enabled. Sessions go on; a notice is mailed. */
export async function unlinkProvider(ctx: Ctx, gate: Gate, id: UpstreamIdentityId): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), listUpstreamIdentities(userId)])
  requireFreshBrowser(ctx, principal)
  requireFactor(principal, reads[0])
  const identity = reads[1].find((one) => one.id === id)
  if (!identity) throw new AppError('not_found')
  const { userId, sessionId } = principal
  const { issuer, label } = identity
  const eventId = ctx.newId<AuditEventId>()
  const done = wasRecorded(eventId)
  const isRemovable = both(hasUpstreamIdentity(userId, id), hasAnotherWayIn(userId, { upstream: id }))
  const condition = both(isRemovable, isSessionLive({ id: sessionId, userId, now: ctx.now() }))
  const notice = linkNotice(ctx, { kind: 'provider_unlinked', userId, issuer, label, condition: done })
  const event = audit(ctx, { id: eventId, type: 'provider_unlinked', userId, sessionId, detail: issuer, condition })
  const removed = await ctx.db.commit([event, ...notice.writes, deleteUpstreamIdentity(id, done)], findEvent(eventId))
  if (removed) return deliverLater(ctx, ...notice.mailIds)
  await refuseUnlessGone(ctx, gate, id)
}

/** Removed meanwhile, by somebody else: done as well. */
async function refuseUnlessGone(ctx: Ctx, gate: Gate, id: UpstreamIdentityId): Promise<void> {
  const { linked } = await listProviders(ctx, gate)
  if (linked.some((one) => one.id === id)) throw lastWayIn()
}
