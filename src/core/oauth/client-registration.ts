/**
 * The registry of clients (RFC 7591 §2, RFC 7592): administrators and the operator's command create, change, disable
 * and delete them. Nobody creates or changes a client with scopes that they do not hold; first-party clients, and those
 * that may change users' addresses, need `*`. All of it needs an administrator who has just signed in, except disabling
 * and deleting a client, so that a leak can be stopped at once.
 */
import type { Config } from '../../config.ts'
import { type ApiRow, findApis, listApis } from '../../store/db/apis.ts'
import {
  type ClientRow,
  findClientGone,
  findClientOfVersion,
  findRegisteredClient,
  findShownClient,
  insertClient,
  isClientIdFree,
  isClientOfVersion,
  listRegisteredClients,
  markClientDeleted,
  type ShownClientRow,
  updateClient,
} from '../../store/db/client-registration.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { requireAdministrator } from '../admin/administrators.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { type Listed, listed } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { holds, isIdentityScope, type Scope, storedScopes } from '../scopes.ts'
import { requireScopes } from './api-plans.ts'
import { resourcesOf } from './api-scopes.ts'
import { DEFAULTS, METADATA_NAMES } from './client-metadata.ts'
import {
  type ClientChanges,
  type NewClient,
  planChange,
  planClient,
  planCtxOf,
  type Registration,
  requireNoDocument,
} from './client-plans.ts'
import { FAPI_FIELDS, isFapi } from './fapi.ts'
import { type SigningAlgorithm, signingAlgorithms } from './signing-keys.ts'

export type { ClientRow, ShownClientRow } from '../../store/db/client-registration.ts'
export type { ClientChanges, NewClient, Registration } from './client-plans.ts'

/** Throws `already_exists` if the id is taken. */
export async function createClient(ctx: Ctx, gate: Gate, input: NewClient): Promise<Registration> {
  const { accessTokenSeconds = ctx.config.lifetimes.accessTokenSeconds, securityProfile = 'none' } = input
  const { idTokenAlg = isFapi({ securityProfile }) ? FAPI_FIELDS.idTokenAlg : defaultIdTokenAlg(ctx.config) } = input
  requireAlgorithm(ctx.config, idTokenAlg)
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId), findApis(resourcesOf(input.apiScopes))])
  const registration = await planClient({ ...input, accessTokenSeconds, idTokenAlg }, planCtxOf(ctx))
  const { row } = registration
  requirePowerOver(principal, row)
  requireScopes(row, null, reads[1])
  requireAdministrator(ctx, principal, reads[0])
  const event = { ...actorOf(principal), type: 'client_created', detail: row.id } as const
  const stored = await ctx.db.commit(
    [audit(ctx, { ...event, condition: isClientIdFree(row.id) }), insertClient(row)],
    findRegisteredClient(row.id),
  )
  if (!stored || !isSame(stored, row))
    throw AppError.ofFields([{ path: 'client_id', message: 'is taken' }], 'already_exists', 'A client with this id already exists')
  return registration
}

/** `version`: the `updatedAt` that the change is based on; a later one is refused, so that a form sent twice rotates one secret. */
export async function changeClient(
  ctx: Ctx,
  gate: Gate,
  input: { id: string; version?: number | undefined } & ClientChanges,
): Promise<Registration> {
  const { id, version, ...changes } = input
  requireAlgorithm(ctx.config, changes.idTokenAlg)
  const { principal, reads } = await gate(({ userId }) => [
    findRegisteredClient(id),
    listFactors(userId),
    findApis(resourcesOf(changes.apiScopes)),
  ])
  const [before, factors, apis] = reads
  if (!before) throw new AppError('not_found')
  requirePowerOver(principal, before)
  if (version !== undefined && version !== before.updatedAt) throw new AppError('precondition_failed', 'The client has changed meanwhile')
  requireNoDocument(before, changes)
  const { row, secret, events } = await planChange(before, changes, planCtxOf(ctx))
  requirePowerOver(principal, row)
  requireScopes(row, before, apis)
  if (events.length === 0) return { row, secret }
  if (events.some(({ type }) => type !== 'client_disabled')) requireAdministrator(ctx, principal, factors)
  const condition = isClientOfVersion(id, before.updatedAt)
  const trail = events.map((event) => audit(ctx, { ...actorOf(principal), ...event, condition }))
  const stored = await ctx.db.commit([...trail, updateClient(row, condition)], findClientOfVersion(id, row.updatedAt))
  // Deleted or changed by another meanwhile: the next try sees its current state.
  if (!stored || !isSame(stored, row)) throw AppError.tryAgain()
  return { row, secret }
}

/** Nothing issued to the client works any more when this returns; the sweep removes what is left of it. */
export async function deleteClient(ctx: Ctx, gate: Gate, id: string): Promise<void> {
  const { principal, reads } = await gate(() => [findRegisteredClient(id)])
  const [client] = reads
  if (!client) throw new AppError('not_found')
  requirePowerOver(principal, client)
  const condition = isClientOfVersion(id, client.updatedAt)
  const event = audit(ctx, { ...actorOf(principal), type: 'client_deleted', detail: id, condition })
  const gone = await ctx.db.commit([event, ...markClientDeleted(id, ctx.now(), condition)], findClientGone(id))
  if (!gone) throw AppError.tryAgain()
}

export async function getClient(_ctx: Ctx, gate: Gate, id: string): Promise<ShownClientRow> {
  const { reads } = await gate(() => [findShownClient(id)])
  if (!reads[0]) throw new AppError('not_found')
  return reads[0]
}

/** A client that the caller may change. */
export async function getPowerOverClient(gate: Gate, id: string): Promise<ShownClientRow> {
  const { principal, reads } = await gate(() => [findShownClient(id)])
  if (!reads[0]) throw new AppError('not_found')
  requirePowerOver(principal, reads[0])
  return reads[0]
}

/** APIs that a form offers. A client that has others keeps them. */
const APIS_OFFERED = 100

/**
 * What a form needs that creates or changes a client: `id` is null for a new one. Refuses whoever may not do it; a form that is
 * shown again keeps what was typed, so it does not ask for a fresh sign-in.
 */
export async function getClientForm(
  ctx: Ctx,
  gate: Gate,
  id: string | null,
  isAgain = false,
): Promise<{ client: ShownClientRow | null; apis: ApiRow[]; principal: UserPrincipal }> {
  const { principal, reads } = await gate(({ userId }) => [
    findShownClient(id ?? ''),
    listFactors(userId),
    listApis({ after: '', limit: APIS_OFFERED }),
  ])
  const [client, factors, apis] = reads
  if (id !== null && !client) throw new AppError('not_found')
  if (client) requirePowerOver(principal, client)
  if (!isAgain) requireAdministrator(ctx, principal, factors)
  return { client, apis, principal }
}

/** In the order of their ids, after the id `after`. */
export async function listClients(gate: Gate, page: { limit: number; after: string | null }): Promise<Listed<ShownClientRow, string>> {
  const { reads } = await gate(() => [listRegisteredClients({ after: page.after ?? '', limit: page.limit + 1 })])
  return listed(reads[0], page.limit)
}

/**
 * A scope that no longer exists grants nothing, so nobody needs to hold it. Nor an identity scope: it is no power, and
 * each user is asked for it (docs/decisions/008).
 */
function requirePowerOver(principal: UserPrincipal, client: ClientRow): void {
  const refusal = refusalOver(principal.scopes, client)
  if (refusal) throw refusal
}

/** Whether the holder of `held` may change the client. */
export const mayChangeClient = (held: readonly Scope[], client: ClientRow) => refusalOver(held, client) === null

function refusalOver(held: readonly Scope[], client: ClientRow): AppError | null {
  const powers = storedScopes(client.scopes).filter((scope) => !isIdentityScope(scope))
  const missing = powers.filter((scope) => !holds(held, scope))
  if (missing.length > 0) return new AppError('forbidden', `You do not have the scopes ${missing.join(' ')}`, { reason: 'scope' })
  const isTrusted = client.firstParty === 1 || client.mayChangeAddresses === 1
  if (!isTrusted || holds(held, '*')) return null
  return new AppError('forbidden', 'A client with first_party or may_change_addresses requires the scope *', { reason: 'first_party' })
}

export function defaultIdTokenAlg(config: Config): SigningAlgorithm {
  return signingAlgorithms(config).includes(DEFAULTS.idTokenAlg) ? DEFAULTS.idTokenAlg : 'ES256'
}

export function requireAlgorithm(config: Config, alg: SigningAlgorithm | undefined): void {
  if (alg === undefined || signingAlgorithms(config).includes(alg)) return
  const message = `needs a key for ${alg} in SIGNING_KEYS, which this deployment does not have`
  throw AppError.ofFields([{ path: METADATA_NAMES.idTokenAlg, message }])
}

/** It is about no other user, so it goes into the administrator's own trail. */
function actorOf({ userId, sessionId }: UserPrincipal) {
  return { userId, actorId: userId, sessionId } as const
}

/** Whether a write took place as planned. */
export function isSame(stored: ClientRow, row: ClientRow): boolean {
  return (Object.keys(row) as (keyof ClientRow)[]).every((column) => stored[column] === row[column])
}
