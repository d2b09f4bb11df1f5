/**
 * Machine clients (design §4, §5; security 1E): robots for HTTP Digest, API keys and license keys. Administrators and the
 * operator's command make and revoke them; secrets are ours, at least 128 random bits, and shown once. Nobody gives a machine
 * a scope that they do not hold themselves.
 */
import { createHash } from 'node:crypto'
import { encrypt, randomToken, sha256 } from '../../crypto.ts'
import type { MachineId, UserId } from '../../ids.ts'
import { insertClient } from '../../store/db/client-registration.ts'
import { always, type Statement } from '../../store/db/database.ts'
import {
  findMachine,
  insertMachine,
  isMachineAlive,
  isRobotNameFree,
  listMachines,
  type MachineRow,
  revokeMachine,
} from '../../store/db/machine-credentials.ts'
import { audit } from '../accounts/audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { ACCESS_TOKEN_SECONDS_MAX } from '../figures.ts'
import { coveredBy, type Scope } from '../oauth/scopes.ts'
import type { Gate } from '../sessions/gate.ts'
import type { UserPrincipal } from '../sessions/principal.ts'
import { type Page, positionOf } from '../social/lists.ts'

export type { MachineRow as Machine } from '../../store/db/machine-credentials.ts'

export const MACHINE_KINDS = ['robot', 'api_key', 'license_key'] as const
export type MachineKind = (typeof MACHINE_KINDS)[number]

/** What a secret begins with: a scanner, and a person, knows what has leaked. */
const PREFIX: Readonly<Record<MachineKind, string>> = { robot: 'kith_rb_', api_key: 'kith_ak_', license_key: 'kith_lk_' }
/** 256 bits. */
const SECRET_BYTES = 32

export interface NewMachine {
  readonly kind: MachineKind
  /** A robot's user name, or what a key is for. */
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly expiresAt: number | null
}

export interface MadeMachine {
  readonly machine: MachineRow
  /** Told this once. */
  readonly secret: string
  /** A license key's service signs in with these to act for itself; told once as well. */
  readonly account: { readonly username: string; readonly password: string } | null
}

/** A credential and what writes it: for an administrator's request, and for the operator's command. */
export interface MachinePlan extends MadeMachine {
  readonly writes: readonly Statement<unknown>[]
}

/** Makes nothing yet. `createdBy` is null for the operator. */
export async function planMachine(
  ctx: Pick<Ctx, 'config' | 'now' | 'newId'>,
  input: NewMachine,
  createdBy: UserId | null,
): Promise<MachinePlan> {
  const { kind, name, scopes, expiresAt } = input
  const id = ctx.newId<MachineId>()
  const now = ctx.now()
  const secret = `${PREFIX[kind]}${randomToken(SECRET_BYTES)}`
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
      ? { username: machine.clientId, password: `kith_lp_${randomToken(SECRET_BYTES)}` }
      : null
  return { machine, secret, account, writes: [...clientOf(machine, account?.password ?? null, now), insertMachine(machine, condition)] }
}

/** RFC 7616 §3.4.2, with MD5: what every Digest client understands (wire §2.3). The secret is random, so no guess finds it. */
export function ha1Of(name: string, realm: string, secret: string): string {
  return createHash('md5').update(`${name}:${realm}:${secret}`, 'utf8').digest('hex')
}

/** What an encrypted HA1 is bound to. */
export const ha1Purpose = (id: MachineId) => `ha1:${id}`

/**
 * The client under which tokens are issued for the holder of a key: its scopes cap them, and it ends with the key. No endpoint
 * of OAuth takes it for a client: it authenticates in no way that they know.
 */
function clientOf(machine: MachineRow, password: string | null, now: number): Statement<void>[] {
  if (machine.clientId === null) return []
  return [
    insertClient({
      id: machine.clientId,
      name: machine.name,
      secretHash: password === null ? null : sha256(password),
      tokenEndpointAuthMethod: 'machine_key',
      redirectUris: '[]',
      postLogoutRedirectUris: '[]',
      grantTypes: 'refresh_token',
      scopes: machine.scopes,
      firstParty: 1,
      consentsSince: 0,
      requirePkce: 1,
      accessTokenSeconds: ACCESS_TOKEN_SECONDS_MAX,
      epoch: 0,
      disabledAt: null,
      createdAt: now,
      updatedAt: now,
    }),
  ]
}

/** Throws `already_exists` for a robot whose name is taken, `forbidden` for a scope that the caller lacks. */
export async function createMachine(ctx: Ctx, gate: Gate, input: NewMachine): Promise<MadeMachine> {
  const { principal } = await gate()
  const missing = input.scopes.filter((scope) => !coveredBy(principal.scopes, scope))
  if (missing.length > 0) throw new AppError('forbidden', `You do not hold ${missing.join(' ')}`, { reason: 'scope' })
  const { machine, secret, account, writes } = await planMachine(ctx, input, principal.userId)
  const stored = await ctx.db.commit([...writes, trail(ctx, 'machine_created', principal, machine)], findMachine(machine.id))
  if (!stored) {
    const message = 'A robot has this name'
    throw new AppError('already_exists', message, { fields: [{ path: 'name', location: 'body', message }] })
  }
  return { machine: stored, secret, account }
}

/** Nothing of it opens anything any more when this returns. Repeating it changes nothing. */
export async function revokeMachineCredential(ctx: Ctx, gate: Gate, id: MachineId): Promise<void> {
  const { principal, reads } = await gate(() => [findMachine(id)])
  const [machine] = reads
  if (!machine) throw new AppError('not_found')
  await ctx.db.batch([trail(ctx, 'machine_revoked', principal, machine), ...revokeMachine(id, ctx.now())])
}

/** The newest first, the revoked ones too. */
export async function listMachineCredentials(ctx: Ctx, gate: Gate, page: Page): Promise<MachineRow[]> {
  const { reads } = await gate(() => [listMachines({ before: positionOf(ctx, page), limit: page.limit })])
  return reads[0]
}

/** About nobody else, so it is in the administrator's own trail. */
function trail(
  ctx: Ctx,
  type: 'machine_created' | 'machine_revoked',
  { userId, sessionId }: UserPrincipal,
  machine: MachineRow,
): Statement<void> {
  const condition = isMachineAlive(machine.id, ctx.now())
  return audit(ctx, { type, userId, actorId: userId, sessionId, detail: `${machine.kind} ${machine.id}`, condition })
}
