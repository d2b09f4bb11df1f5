/**
 * The registry of clients (RFC 7591 §2, RFC 7592): administrators and the operator's command create, change, disable
 * and delete them. Nobody creates or changes a client with scopes that they do not hold; first-party clients, and those
 * that may change users' addresses, need `*`. All of it needs an administrator who has just signed in, except disabling
 * and deleting a client, so that a leak can be stopped at once.
 */
import type { Config } from '../../config.ts'
import { sha256 } from '../../crypto.ts'
import type { AuditEventType } from '../../store/db/audit-events.ts'
import {
  type ClientRow,
  findClientGone,
  findClientOfVersion,
  findRegisteredClient,
  insertClient,
  isClientIdFree,
  isClientOfVersion,
  listRegisteredClients,
  markClientDeleted,
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
import { holds, isIdentityScope, storedScopes } from '../scopes.ts'
import {
  type ClientMetadata,
  DEFAULTS,
  judgeMetadata,
  METADATA_NAMES,
  makeClientId,
  newClientSecret,
  toColumns,
  toMetadata,
} from './client-metadata.ts'
import { type SigningAlgorithm, signingAlgorithms } from './signing-keys.ts'

export type { ClientRow } from '../../store/db/client-registration.ts'

/** A client, and its secret if it was just issued: returned only once, stored as SHA-256. */
export interface Registration {
  readonly row: ClientRow
  readonly secret: string | null
}

/** Omitted fields get their defaults. */
export type NewClient = Pick<ClientMetadata, 'name' | 'scopes'> & {
  readonly [F in Exclude<keyof ClientMetadata, 'name' | 'scopes'>]?: ClientMetadata[F] | undefined
} & { readonly id?: string | undefined }

/** Omitted fields stay. */
export type ClientChanges = { readonly [F in keyof ClientMetadata]?: ClientMetadata[F] | undefined } & {
  readonly rotateSecret?: boolean | undefined
  readonly disabled?: boolean | undefined
}

/** The row of a new client; throws what its metadata break. */
export function planClient(input: NewClient, now: number, secret: string = newClientSecret()): Registration {
  const { id = makeClientId(), ...fields } = input
  const metadata = { ...DEFAULTS, ...given(fields) } as ClientMetadata
  judgeMetadata(metadata)
  const kept = metadata.authMethod === 'none' ? null : secret
  const columns = { ...toColumns(metadata), secretHash: kept === null ? null : sha256(kept) }
  return { row: { id, ...columns, epoch: 0, consentsSince: 0, disabledAt: null, createdAt: now, updatedAt: now }, secret: kept }
}

/** A change of a client: the updated row, and its differences as the audit trail records them; none if nothing changed. */
export interface ClientChange extends Registration {
  readonly events: readonly { readonly type: AuditEventType; readonly detail: string }[]
}

/** A new secret, or disabling the client, invalidates its own tokens; users' tokens are checked against its row each time. */
export function planChange(before: ClientRow, changes: ClientChanges, now: number): ClientChange {
  const { rotateSecret = false, disabled = before.disabledAt !== null, ...fields } = changes
  const metadata = { ...toMetadata(before), ...given(fields) } as ClientMetadata
  judgeMetadata(metadata)
  const columns = toColumns(metadata)
  const isPublic = metadata.authMethod === 'none'
  if (rotateSecret && isPublic)
    throw AppError.ofFields([{ path: 'rotate_secret', message: 'a client without authentication has no secret' }])
  const secret = !isPublic && (rotateSecret || before.secretHash === null) ? newClientSecret() : null
  const secretHash = isPublic ? null : secret === null ? before.secretHash : sha256(secret)
  const changed = Object.entries(columns).filter(([name, value]) => before[name as keyof typeof columns] !== value)
  const names = changed.map(([column]) => NAME_OF_COLUMN[column as keyof typeof columns])
  const isSwitched = disabled !== (before.disabledAt !== null)
  const isNewSecret = secretHash !== before.secretHash
  const events = [
    ...(names.length > 0 ? [{ type: 'client_updated', detail: `${before.id}: ${names.join(' ')}` } as const] : []),
    ...(secret === null ? [] : [{ type: 'client_secret_rotated', detail: before.id } as const]),
    ...(isSwitched ? [{ type: disabled ? 'client_disabled' : 'client_enabled', detail: before.id } as const] : []),
  ]
  // The version of the row: never the same twice.
  const updatedAt = Math.max(now, before.updatedAt + 1)
  const row = {
    ...before,
    ...columns,
    secretHash,
    consentsSince: isAnotherParty(before, metadata) ? updatedAt : before.consentsSince,
    epoch: before.epoch + Number(isNewSecret || (isSwitched && disabled)),
    disabledAt: disabled ? (before.disabledAt ?? now) : null,
    updatedAt,
  }
  return events.length > 0 ? { row, secret, events } : { row: before, secret: null, events }
}

/** Codes may now go to new URIs, or to a client that authenticates differently: users are asked again (RFC 9700 §4.16). */
function isAnotherParty(before: ClientRow, after: ClientMetadata): boolean {
  const known = toMetadata(before)
  return after.authMethod !== known.authMethod || after.redirectUris.some((uri) => !known.redirectUris.includes(uri))
}

const NAME_OF_COLUMN: Readonly<Record<keyof ReturnType<typeof toColumns>, string>> = {
  name: METADATA_NAMES.name,
  redirectUris: METADATA_NAMES.redirectUris,
  postLogoutRedirectUris: METADATA_NAMES.postLogoutRedirectUris,
  grantTypes: METADATA_NAMES.grantTypes,
  scopes: METADATA_NAMES.scopes,
  tokenEndpointAuthMethod: METADATA_NAMES.authMethod,
  firstParty: METADATA_NAMES.isFirstParty,
  mayChangeAddresses: METADATA_NAMES.mayChangeAddresses,
  requirePkce: METADATA_NAMES.requiresPkce,
  requirePushedRequests: METADATA_NAMES.requiresPushedRequests,
  accessTokenSeconds: METADATA_NAMES.accessTokenSeconds,
  idTokenSignedResponseAlg: METADATA_NAMES.idTokenAlg,
  claimsInIdToken: METADATA_NAMES.claimsInIdToken,
  nativeDevelopment: METADATA_NAMES.isNativeDevelopment,
}

/** Throws `already_exists` if the id is taken. */
export async function createClient(ctx: Ctx, gate: Gate, input: NewClient): Promise<Registration> {
  const { accessTokenSeconds = ctx.config.lifetimes.accessTokenSeconds, idTokenAlg = defaultIdTokenAlg(ctx.config) } = input
  requireAlgorithm(ctx.config, idTokenAlg)
  const registration = planClient({ ...input, accessTokenSeconds, idTokenAlg }, ctx.now())
  const { row } = registration
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  requirePowerOver(principal, row)
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

export async function changeClient(ctx: Ctx, gate: Gate, input: { id: string } & ClientChanges): Promise<Registration> {
  const { id, ...changes } = input
  requireAlgorithm(ctx.config, changes.idTokenAlg)
  const { principal, reads } = await gate(({ userId }) => [findRegisteredClient(id), listFactors(userId)])
  const [before, factors] = reads
  if (!before) throw new AppError('not_found')
  requirePowerOver(principal, before)
  const { row, secret, events } = planChange(before, changes, ctx.now())
  requirePowerOver(principal, row)
  if (events.length === 0) return { row, secret }
  if (events.some(({ type }) => type !== 'client_disabled')) requireAdministrator(ctx, principal, factors)
  const condition = isClientOfVersion(id, before.updatedAt)
  const trail = events.map((event) => audit(ctx, { ...actorOf(principal), ...event, condition }))
  const stored = await ctx.db.commit([...trail, updateClient(row, condition)], findClientOfVersion(id, row.updatedAt))
  // Deleted or changed by another meanwhile: the next try sees its current state.
  if (!stored || !isSame(stored, row)) throw new AppError('temporarily_unavailable', 'Try again in a moment', { retryAfter: 1 })
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
  if (!gone) throw new AppError('temporarily_unavailable', 'Try again in a moment', { retryAfter: 1 })
}

export async function getClient(_ctx: Ctx, gate: Gate, id: string): Promise<ClientRow> {
  const { reads } = await gate(() => [findRegisteredClient(id)])
  if (!reads[0]) throw new AppError('not_found')
  return reads[0]
}

/** In the order of their ids, after the id `after`. */
export async function listClients(gate: Gate, page: { limit: number; after: string | null }): Promise<Listed<ClientRow, string>> {
  const { reads } = await gate(() => [listRegisteredClients({ after: page.after ?? '', limit: page.limit + 1 })])
  return listed(reads[0], page.limit)
}

/**
 * A scope that no longer exists grants nothing, so nobody needs to hold it. Nor an identity scope: it is no power, and
 * each user is asked for it (docs/decisions/008).
 */
function requirePowerOver(principal: UserPrincipal, client: ClientRow): void {
  const powers = storedScopes(client.scopes).filter((scope) => !isIdentityScope(scope))
  const missing = powers.filter((scope) => !holds(principal.scopes, scope))
  if (missing.length > 0) throw new AppError('forbidden', `You do not have the scopes ${missing.join(' ')}`, { reason: 'scope' })
  const isTrusted = client.firstParty === 1 || client.mayChangeAddresses === 1
  if (isTrusted && !holds(principal.scopes, '*')) {
    throw new AppError('forbidden', 'A client with first_party or may_change_addresses requires the scope *', { reason: 'first_party' })
  }
}

function defaultIdTokenAlg(config: Config): SigningAlgorithm {
  return signingAlgorithms(config).includes(DEFAULTS.idTokenAlg) ? DEFAULTS.idTokenAlg : 'ES256'
}

function requireAlgorithm(config: Config, alg: SigningAlgorithm | undefined): void {
  if (alg === undefined || signingAlgorithms(config).includes(alg)) return
  const message = `needs a key for ${alg} in SIGNING_KEYS, which this deployment does not have`
  throw AppError.ofFields([{ path: METADATA_NAMES.idTokenAlg, message }])
}

/** It is about no other user, so it goes into the administrator's own trail. */
function actorOf({ userId, sessionId }: UserPrincipal) {
  return { userId, actorId: userId, sessionId } as const
}

function isSame(stored: ClientRow, row: ClientRow): boolean {
  return (Object.keys(row) as (keyof ClientRow)[]).every((column) => stored[column] === row[column])
}

function given<T extends object>(fields: T): Partial<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Partial<T>
}
