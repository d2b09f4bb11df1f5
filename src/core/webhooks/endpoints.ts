/**
 * Where events go: administrators register, change, test and delete endpoints. What sends data elsewhere needs an administrator who
 * has just signed in: creating, changing, a new secret. Disabling, deleting and a test do not.
 */
import type { WebhookEndpointId } from '../../ids.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import type { Fragment, Statement } from '../../store/db/database.ts'
import { giveUpOfDisabled } from '../../store/db/event-deliveries.ts'
import { insertTestEvent } from '../../store/db/events.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import {
  deleteDeliveriesOfDeleted,
  deleteEmptied,
  deleteEndpoint as deleteRow,
  findEndpoint,
  findEndpointGone,
  findEndpointOfVersion,
  hasRoomForEndpoint,
  insertEndpoint,
  isEndpointLive,
  isEndpointOfVersion,
  listEndpoints as listRows,
  type ShownEndpointRow,
  updateEndpoint,
} from '../../store/db/webhook-endpoints.ts'
import { requireAdministrator, requirePowers } from '../admin/administrators.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { deliverEventsLater, noteEndpoint } from './deliver.ts'
import { type EndpointChanges, type NewEndpoint, planChange, planEndpoint, toEndpoint, type WebhookEndpoint } from './endpoint-plans.ts'
import { DELETED_AT_A_TIME, ENDPOINTS_MAX, GIVEN_UP_AT_A_TIME } from './limits.ts'
import { newSecret, sealSecret } from './secrets.ts'

export type { EndpointChanges, NewEndpoint, WebhookEndpoint } from './endpoint-plans.ts'

/** All of them: `ENDPOINTS_MAX` at most. */
export async function listEndpoints(_ctx: Ctx, gate: Gate): Promise<WebhookEndpoint[]> {
  const { reads } = await gate(() => [listRows()])
  return reads[0].map(toEndpoint)
}

export async function readEndpoint(_ctx: Ctx, gate: Gate, id: WebhookEndpointId): Promise<WebhookEndpoint> {
  const { reads } = await gate(() => [findEndpoint(id)])
  return toEndpoint(found(reads[0]))
}

/** For a page with a form: throws unless the administrator has just signed in. `id` null: for a new one. `isAgain`: the form was sent. */
export async function getEndpointForm(
  ctx: Ctx,
  gate: Gate,
  id: WebhookEndpointId | null,
  isAgain = false,
): Promise<WebhookEndpoint | null> {
  const { principal, reads } = await gate(({ userId }) => [findEndpoint(id ?? (0 as WebhookEndpointId)), listFactors(userId)])
  if (id !== null) found(reads[0])
  if (!isAgain) requireAdministrator(ctx, principal, reads[1])
  return reads[0] && toEndpoint(reads[0])
}

export interface EndpointWithSecret {
  readonly endpoint: WebhookEndpoint
  /** Shown once. */
  readonly secret: string
}

/** `id`: drawn by a form, so that it creates one however often it is sent. */
export async function createEndpoint(
  ctx: Ctx,
  gate: Gate,
  input: NewEndpoint,
  id = ctx.newId<WebhookEndpointId>(),
): Promise<EndpointWithSecret> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  requireAdministrator(ctx, principal, reads[0])
  const secret = newSecret()
  const fields = planEndpoint(ctx, input)
  requireRight(principal, fields.payload)
  const sealed = await sealSecret(ctx.config.encryptionKeys, id, secret)
  const row = { ...fields, id, secret: sealed, createdBy: principal.userId, createdAt: ctx.now(), updatedAt: ctx.now() }
  const condition = hasRoomForEndpoint(id, ENDPOINTS_MAX)
  const event = record(ctx, principal, 'webhook_created', fields.url || fields.kind, condition)
  const stored = await ctx.db.commit([event, insertEndpoint(row, condition)], findEndpoint(id))
  if (!stored) throw new AppError('quota_exceeded', `There are ${ENDPOINTS_MAX} endpoints already; delete one first`)
  if (stored.secret !== sealed) throw new AppError('already_exists')
  noteEndpoint(ctx)
  return { endpoint: toEndpoint(stored), secret }
}

/**
 * Omitted fields stay. An endpoint that is enabled again hears of what happens from then on. `version`: the `updatedAt` that the change is
 * based on; a later one is refused.
 */
export async function changeEndpoint(
  ctx: Ctx,
  gate: Gate,
  id: WebhookEndpointId,
  changes: EndpointChanges,
  version?: number,
): Promise<WebhookEndpoint> {
  const { principal, reads } = await gate(({ userId }) => [findEndpoint(id), listFactors(userId)])
  const before = foundOfVersion(reads[0], version)
  const { row, events } = planChange(ctx, before, changes)
  if (events.length === 0) return toEndpoint(before)
  if (events.some(({ type }) => type !== 'webhook_disabled')) {
    requireAdministrator(ctx, principal, reads[1])
    requireRight(principal, row.payload)
  }
  const condition = isEndpointOfVersion(id, before.updatedAt)
  const trail = events.map(({ type, detail }) => record(ctx, principal, type, detail, condition))
  const stored = await store(ctx, [...trail, updateEndpoint(row, condition), giveUpOfDisabled(GIVEN_UP_AT_A_TIME)], row)
  if (row.disabledAt === null) noteEndpoint(ctx)
  return toEndpoint(stored)
}

/** The secret before signs as well for `hours`, so that the receiver can take its time; 0: it is not valid any more. */
export async function rotateSecret(
  ctx: Ctx,
  gate: Gate,
  id: WebhookEndpointId,
  hours: number,
  version?: number,
): Promise<EndpointWithSecret> {
  const { principal, reads } = await gate(({ userId }) => [findEndpoint(id), listFactors(userId)])
  const before = foundOfVersion(reads[0], version)
  requireAdministrator(ctx, principal, reads[1])
  const secret = newSecret()
  const now = ctx.now()
  const row = {
    ...before,
    secret: await sealSecret(ctx.config.encryptionKeys, id, secret),
    previousSecret: hours > 0 ? before.secret : null,
    previousSecretUntil: hours > 0 ? now + hours * 3_600_000 : null,
    updatedAt: Math.max(now, before.updatedAt + 1),
  }
  const condition = isEndpointOfVersion(id, before.updatedAt)
  const event = record(ctx, principal, 'webhook_secret_rotated', before.url || before.kind, condition)
  const stored = await store(ctx, [event, updateEndpoint(row, condition)], row)
  if (stored.secret !== row.secret) throw AppError.tryAgain()
  return { endpoint: toEndpoint(stored), secret }
}

/** With everything that was on its way to it, and its log. Cron removes what is left of a long one. */
export async function deleteEndpoint(ctx: Ctx, gate: Gate, id: WebhookEndpointId): Promise<void> {
  const { principal, reads } = await gate(() => [findEndpoint(id)])
  const before = found(reads[0])
  const condition = isEndpointOfVersion(id, before.updatedAt)
  const event = record(ctx, principal, 'webhook_deleted', before.url || before.kind, condition)
  const writes = [event, deleteRow(id, ctx.now(), condition), deleteDeliveriesOfDeleted(DELETED_AT_A_TIME), deleteEmptied()]
  if (!(await ctx.db.commit(writes, findEndpointGone(id)))) throw AppError.tryAgain()
}

/** Sends an event of the type `webhook.test`, as any other is sent: the log of deliveries shows what came of it. */
export async function sendTest(ctx: Ctx, gate: Gate, id: WebhookEndpointId): Promise<void> {
  const { principal, reads } = await gate(() => [findEndpoint(id)])
  if (found(reads[0]).disabledAt !== null) throw disabled()
  await ctx.db.batch(insertTestEvent(id, principal.userId, ctx.now(), isEndpointLive(id)))
  noteEndpoint(ctx)
  deliverEventsLater(ctx)
}

export const disabled = () => new AppError('invalid_request', 'The endpoint is disabled; enable it first')

export function found<Row>(row: Row | null): Row {
  if (row === null) throw new AppError('not_found')
  return row
}

function foundOfVersion(row: ShownEndpointRow | null, version?: number): ShownEndpointRow {
  const endpoint = found(row)
  if (version === undefined || version === endpoint.updatedAt) return endpoint
  throw new AppError('precondition_failed', 'The endpoint has changed meanwhile')
}

/** Whoever has everybody's data sent elsewhere may see it. */
function requireRight(principal: UserPrincipal, payload: string): void {
  if (payload === 'full') requirePowers(principal, ['admin:profile:read'])
}

/** Fails if another has changed the endpoint meanwhile: the next try sees its current state. */
async function store(ctx: Ctx, writes: readonly Statement<unknown>[], row: ShownEndpointRow): Promise<ShownEndpointRow> {
  const stored = await ctx.db.commit(writes, findEndpointOfVersion(row.id, row.updatedAt))
  if (!stored) throw AppError.tryAgain()
  return stored
}

/** It is about no user, so it goes into the administrator's own trail. */
function record(ctx: Ctx, { userId, sessionId }: UserPrincipal, type: AuditEventType, detail: string, condition: Fragment) {
  return audit(ctx, { type, detail, userId, actorId: userId, sessionId, condition })
}
