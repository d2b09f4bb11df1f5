/**
 * Machine clients (design §4, §5; security 1E): robots for HTTP Digest, API keys and license keys. Administrators and
 * the operator's command create and revoke them; Kith generates the secrets and shows them once. Nobody gives a machine
 * a scope that they do not hold. To users a key is what a first-party client is: it asks them for no consent.
 */
import { createHash } from 'node:crypto'
import type { Config } from '../../config.ts'
import { encrypt, sha256 } from '../../crypto.ts'
import { type MachineId, toHex, type UserId } from '../../ids.ts'
import { insertClient } from '../../store/db/client-registration.ts'
import { always, type Fragment, type Statement } from '../../store/db/database.ts'
import {
  findMachine,
  findRevokedMachine,
  insertMachine,
  isMachineUnrevoked,
  isRobotNameFree,
  listMachines,
  type MachineRow,
  revokeMachine,
} from '../../store/db/machine-credentials.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { requireAdministrator } from '../admin/administrators.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import { toColumns } from '../oauth/client-columns.ts'
import { DEFAULTS } from '../oauth/client-metadata.ts'
import { ACCESS_TOKEN_SECONDS_MAX } from '../oauth/limits.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { coveredBy } from '../scopes.ts'
import { judgeMachine, type MachineRequest, type NewMachine } from './machine-rules.ts'
import { newMachineSecret } from './secrets.ts'

export type { MachineRow as Machine } from '../../store/db/machine-credentials.ts'
export { MACHINE_KINDS, type MachineKind, type NewMachine } from './machine-rules.ts'

export interface MadeMachine {
  readonly machine: MachineRow
  /** Returned only once. */
  readonly secret: string
  /** A license key's service signs in with these to act for itself; returned only once as well. */
  readonly account: { readonly username: string; readonly password: string } | null
}

/** A credential and its writes: for an administrator's request, and for the operator's command. */
export interface MachinePlan extends MadeMachine {
  readonly writes: readonly Statement<unknown>[]
}

/** The part of the context that a plan needs. Keys need no configuration. */
type PlanCtx = Pick<Ctx, 'now' | 'newId'> & { readonly config: Pick<Config, 'digestRealm' | 'encryptionKeys'> }

/** Writes nothing yet and checks no permission. `createdBy` is null for the operator; `secrets` are generated unless given. */
export async function planMachine(
  ctx: PlanCtx,
  input: NewMachine,
  createdBy: UserId | null,
  secrets: { readonly secret?: string | undefined; readonly password?: string | undefined } = {},
): Promise<MachinePlan> {
  const { kind, name, scopes, expiresAt, id = ctx.newId<MachineId>() } = input
  const now = ctx.now()
  const secret = secrets.secret ?? newMachineSecret(kind)
  const isRobot = kind === 'robot'
  const realm = isRobot ? ctx.config.digestRealm : null
  const machine: MachineRow = {
    id,
    kind,
    name,
    secretHash: isRobot ? null : sha256(secret),
    ha1: realm === null ? null : await encrypt(ctx.config.encryptionKeys, ha1Purpose(id), Buffer.from(ha1Of(name, realm, secret))),
    realm,
    clientId: isRobot ? null : `machine-${id}`,
    scopes: scopes.join(' '),
    createdBy,
    createdAt: now,
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  }
  const condition = isRobot ? isRobotNameFree(name) : always
  const account =
    kind === 'license_key' && machine.clientId !== null
      ? { username: machine.clientId, password: secrets.password ?? newMachineSecret('account') }
      : null
  return { machine, secret, account, writes: [...clientOf(machine, account?.password ?? null, now), insertMachine(machine, condition)] }
}

/** RFC 7616 §3.4.2, with MD5: what every Digest client supports (wire §2.3). The secret is random, so no guess finds it. */
export function ha1Of(name: string, realm: string, secret: string): string {
  return createHash('md5').update(`${name}:${realm}:${secret}`, 'utf8').digest('hex')
}

/** What an encrypted HA1 is bound to. */
export const ha1Purpose = (id: MachineId) => `ha1:${id}`

/**
 * The client under which tokens are issued for the holder of a key: its scopes cap them, and it ends with the key. No
 * OAuth endpoint accepts it, because it has no authentication method that they know, and the client registry does not
 * list it.
 */
function clientOf(machine: MachineRow, password: string | null, now: number): Statement<void>[] {
  if (machine.clientId === null) return []
  return [
    insertClient({
      id: machine.clientId,
      // The key belongs to a partner, which gets none of the privileges of the operator's own apps.
      ...toColumns({ ...DEFAULTS, name: machine.name, scopes: [], accessTokenSeconds: ACCESS_TOKEN_SECONDS_MAX, idTokenAlg: 'ES256' }),
      scopes: machine.scopes,
      grantTypes: 'refresh_token',
      tokenEndpointAuthMethod: 'machine_key',
      source: 'operator',
      registrationTokenHash: null,
      secretHash: password === null ? null : sha256(password),
      sealedSecret: null,
      consentsSince: 0,
      epoch: 0,
      disabledAt: null,
      createdAt: now,
      updatedAt: now,
    }),
  ]
}

/** Throws `already_exists` if a robot's name or the given id is taken, `forbidden` for scopes that the caller may not grant. */
export async function createMachine(ctx: Ctx, gate: Gate, request: MachineRequest): Promise<MadeMachine> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  const input = judgeMachine(request, ctx.now())
  requirePowerOver(principal, input)
  requireAdministrator(ctx, principal, reads[0])
  const { machine, secret, account, writes } = await planMachine(ctx, input, principal.userId)
  const event = trail(ctx, 'machine_created', principal, machine, isMachineUnrevoked(machine.id))
  const stored = await ctx.db.commit([...writes, event], findMachine(machine.id))
  if (!stored) {
    const message = 'A robot has this name'
    throw AppError.ofFields([{ path: 'name', message }], 'already_exists', message)
  }
  // Another isolate drew the same id in the same millisecond, or the form was sent before: that one is stored, with a secret of its own.
  if (stored.secretHash !== machine.secretHash || stored.ha1 !== machine.ha1) {
    if (input.id !== undefined) throw new AppError('already_exists', 'This was created before')
    throw AppError.tryAgain()
  }
  return { machine: stored, secret, account }
}

/**
 * Revokes the credential for good; it no longer works when this returns. The sweep removes a key's sessions.
 * Idempotent. Whoever may change clients may revoke: a leaked key must not wait for somebody who holds its scopes.
 */
export async function revokeMachineCredential(ctx: Ctx, gate: Gate, id: MachineId): Promise<void> {
  const { principal, reads } = await gate(() => [findMachine(id)])
  const [machine] = reads
  if (!machine) throw new AppError('not_found')
  const event = trail(ctx, 'machine_revoked', principal, machine, isMachineUnrevoked(id))
  await ctx.db.commit([event, ...revokeMachine(machine, ctx.now())], findRevokedMachine(id))
}

/** Refuses whoever may not create one. `isAgain`: see `getClientForm`. */
export async function openMachineForm(ctx: Ctx, gate: Gate, isAgain = false): Promise<UserPrincipal> {
  const { principal, reads } = await gate(({ userId }) => [listFactors(userId)])
  if (!isAgain) requireAdministrator(ctx, principal, reads[0])
  return principal
}

export async function getMachineCredential(gate: Gate, id: MachineId): Promise<MachineRow> {
  const { reads } = await gate(() => [findMachine(id)])
  if (!reads[0]) throw new AppError('not_found')
  return reads[0]
}

/** Newest first, including revoked ones. */
export async function listMachineCredentials(ctx: Ctx, gate: Gate, page: Page): Promise<Listed<MachineRow>> {
  const { reads } = await gate(() => [listMachines({ before: positionOf(ctx, page), limit: page.limit + 1 })])
  return listed(reads[0], page.limit)
}

function requirePowerOver({ scopes }: UserPrincipal, input: NewMachine): void {
  const missing = input.scopes.filter((scope) => !coveredBy(scopes, scope))
  if (missing.length > 0) throw new AppError('forbidden', `You do not have the scopes ${missing.join(' ')}`, { reason: 'scope' })
  if (input.kind !== 'robot' && !coveredBy(scopes, 'admin:all')) {
    throw new AppError('forbidden', 'A key requires admin:all', { reason: 'first_party' })
  }
}

/** The machine that an event is about. The kind comes first: it tells a reader of the trail where to look. */
export const machineEventDetail = ({ kind, id }: Pick<MachineRow, 'kind' | 'id'>) => `${kind} ${toHex(id)}`

/** It is about no other user, so it goes into the administrator's own trail. */
function trail(
  ctx: Ctx,
  type: 'machine_created' | 'machine_revoked',
  { userId, sessionId }: UserPrincipal,
  machine: MachineRow,
  condition: Fragment,
): Statement<void> {
  return audit(ctx, { type, userId, actorId: userId, sessionId, detail: machineEventDetail(machine), condition })
}
