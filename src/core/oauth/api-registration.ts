/**
 * The registry of the team's own APIs: administrators and the operator's command register, change, disable and delete
 * them. As with clients, all of it needs an administrator who has just signed in, except disabling and deleting an API.
 */
import {
  type ApiRow,
  deleteApi as deleteRow,
  findApi,
  findApiGone,
  findApiOfVersion,
  insertApi,
  isApiNew,
  isApiOfVersion,
  listApis as listRows,
  mayServeApi,
  updateApi,
} from '../../store/db/apis.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import { both, type Fragment, findIf } from '../../store/db/database.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { requireAdministrator } from '../admin/administrators.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { type ApiChanges, type NewApi, planApi, planApiChange } from './api-plans.ts'
import { type Api, toApi } from './apis.ts'

/** Throws `already_exists` if the resource is taken. */
export async function createApi(ctx: Ctx, gate: Gate, input: NewApi): Promise<Api> {
  const mayServe = mayServeApi(input.serverClientId ?? null)
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), findIf(mayServe)])
  requireAdministrator(ctx, principal, reads[0])
  const row = planApi(input, reads[1], { now: ctx.now(), config: ctx.config })
  const condition = both(isApiNew(row.resource), mayServe)
  const event = record(ctx, principal, { type: 'api_created', detail: row.resource }, condition)
  const stored = await ctx.db.commit([event, insertApi(row, condition)], findApi(row.resource))
  if (!stored) throw AppError.tryAgain()
  if (!isSame(stored, row))
    throw AppError.ofFields([{ path: 'resource', message: 'is taken' }], 'already_exists', 'An API with this resource already exists')
  return toApi(row)
}

export async function changeApi(ctx: Ctx, gate: Gate, input: { resource: string } & ApiChanges): Promise<Api> {
  const { resource, ...changes } = input
  const mayServe = mayServeApi(changes.serverClientId ?? null)
  const { principal, reads } = await gate(({ userId }) => [findApi(resource), listFactors(userId), findIf(mayServe)])
  const [before, factors, isServer] = reads
  if (!before) throw new AppError('not_found')
  const { row, events } = planApiChange(before, changes, isServer, ctx.now())
  if (events.length === 0) return toApi(row)
  if (events.some(({ type }) => type !== 'api_disabled')) requireAdministrator(ctx, principal, factors)
  const condition = both(isApiOfVersion(resource, before.updatedAt), mayServe)
  const trail = events.map((event) => record(ctx, principal, event, condition))
  const stored = await ctx.db.commit([...trail, updateApi(row, condition)], findApiOfVersion(resource, row.updatedAt))
  // Deleted or changed by another meanwhile: the next try sees its current state.
  if (!stored || !isSame(stored, row)) throw AppError.tryAgain()
  return toApi(row)
}

/** When this returns, none of its tokens is active any more, and no client gets another. */
export async function deleteApi(ctx: Ctx, gate: Gate, resource: string): Promise<void> {
  const { principal, reads } = await gate(() => [findApi(resource)])
  const [row] = reads
  if (!row) throw new AppError('not_found')
  const condition = isApiOfVersion(resource, row.updatedAt)
  const event = record(ctx, principal, { type: 'api_deleted', detail: resource }, condition)
  if (!(await ctx.db.commit([event, deleteRow(resource, condition)], findApiGone(resource)))) throw AppError.tryAgain()
}

export async function getApi(gate: Gate, resource: string): Promise<Api> {
  const { reads } = await gate(() => [findApi(resource)])
  if (!reads[0]) throw new AppError('not_found')
  return toApi(reads[0])
}

/** What a form needs that creates or changes an API: `resource` is null for a new one. `isAgain`: see `getClientForm`. */
export async function getApiForm(ctx: Ctx, gate: Gate, resource: string | null, isAgain = false): Promise<Api | null> {
  const { principal, reads } = await gate(({ userId }) => [findApi(resource ?? ''), listFactors(userId)])
  if (resource !== null && !reads[0]) throw new AppError('not_found')
  if (!isAgain) requireAdministrator(ctx, principal, reads[1])
  return reads[0] && toApi(reads[0])
}

/** In the order of their resources, after `after`. */
export async function listApis(gate: Gate, page: { limit: number; after: string | null }): Promise<Listed<Api, string>> {
  const { reads } = await gate(() => [listRows({ after: page.after ?? '', limit: page.limit + 1 })])
  return listed(
    reads[0].map((row) => ({ ...toApi(row), id: row.resource })),
    page.limit,
  )
}

/** It is about no user, so it goes into the administrator's own trail. */
function record(
  ctx: Ctx,
  { userId, sessionId }: UserPrincipal,
  event: { readonly type: AuditEventType; readonly detail: string },
  condition: Fragment,
) {
  return audit(ctx, { ...event, userId, actorId: userId, sessionId, condition })
}

function isSame(stored: ApiRow, row: ApiRow): boolean {
  return (Object.keys(row) as (keyof ApiRow)[]).every((column) => stored[column] === row[column])
}
