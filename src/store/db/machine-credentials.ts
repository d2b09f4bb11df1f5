/** Machine credentials in D1: robots, API keys, license keys. Keys are looked up by their SHA-256, robots by name. */
import { sql } from 'drizzle-orm'
import type { MachineId } from '../../ids.ts'
import { markClientDeleted } from './client-registration.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { machineCredentials } from './schema/machines.ts'

/** Keys that are sent with a request, unlike a robot's secret. */
export type KeyKind = 'api_key' | 'license_key'

export type MachineRow = Omit<typeof machineCredentials.$inferSelect, 'id'> & { readonly id: MachineId }

/** Creates the credential where `condition` holds. The witness is the row itself. */
export function insertMachine(row: MachineRow, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO machine_credentials (id, kind, name, secret_hash, ha1, realm, client_id, scopes, created_by, created_at, expires_at,
                                     last_used_at, revoked_at)
    SELECT ${row.id}, ${row.kind}, ${row.name}, ${row.secretHash}, ${row.ha1}, ${row.realm}, ${row.clientId}, ${row.scopes},
           ${row.createdBy}, ${row.createdAt}, ${row.expiresAt}, ${row.lastUsedAt}, ${row.revokedAt}
    WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds while no robot has the name; an expired one keeps it until revoked. */
export function isRobotNameFree(name: string): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM machine_credentials WHERE name = ${name} AND kind = 'robot' AND revoked_at IS NULL)`
}

export function findMachine(id: MachineId): Statement<MachineRow | null> {
  return first(sql`SELECT * FROM machine_credentials WHERE id = ${id}`)
}

/** A valid key: neither revoked nor expired. */
export function findLivingKey(secretHash: string, kind: KeyKind, now: number): Statement<MachineRow | null> {
  return first(sql`
    SELECT * FROM machine_credentials
    WHERE secret_hash = ${secretHash} AND kind = ${kind} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})`)
}

/** The same by id, for a token issued under it. */
export function findLivingKeyById(id: MachineId, kind: KeyKind, now: number): Statement<MachineRow | null> {
  return first(sql`
    SELECT * FROM machine_credentials
    WHERE id = ${id} AND kind = ${kind} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})`)
}

/** A key with what its holder signs in with. */
export interface KeyAccountRow extends MachineRow {
  readonly clientId: string
  readonly clientSecretHash: string | null
  readonly clientEpoch: number
}

/** The account of a valid key, named by its client. */
export function findKeyAccount(clientId: string, kind: KeyKind, now: number): Statement<KeyAccountRow | null> {
  return first(sql`
    SELECT m.*, c.secret_hash AS client_secret_hash, c.epoch AS client_epoch
    FROM machine_credentials m JOIN oauth_clients c ON c.id = m.client_id
    WHERE m.client_id = ${clientId} AND m.kind = ${kind} AND m.revoked_at IS NULL AND (m.expires_at IS NULL OR m.expires_at > ${now})
      AND c.disabled_at IS NULL`)
}

/** A robot that may sign in. */
export function findLivingRobot(name: string, now: number): Statement<MachineRow | null> {
  return first(sql`
    SELECT * FROM machine_credentials
    WHERE name = ${name} AND kind = 'robot' AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now})`)
}

/** Holds while the credential is valid. */
export function isMachineAlive(id: MachineId, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM machine_credentials WHERE id = ${id} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > ${now}))`
}

/** Holds while the credential is not revoked; it may have expired. */
export function isMachineUnrevoked(id: MachineId): Fragment {
  return sql`EXISTS (SELECT 1 FROM machine_credentials WHERE id = ${id} AND revoked_at IS NULL)`
}

/** The witness of a revocation. */
export function findRevokedMachine(id: MachineId): Statement<{ id: MachineId } | null> {
  return first(sql`SELECT id FROM machine_credentials WHERE id = ${id} AND revoked_at IS NOT NULL`)
}

/** Newest first, from before the id `before`. */
export function listMachines(input: { before: number; limit: number }): Statement<MachineRow[]> {
  return all(sql`SELECT * FROM machine_credentials WHERE id < ${input.before} ORDER BY id DESC LIMIT ${input.limit}`)
}

/**
 * Revokes the credential. A key's client is removed like every deleted client, and the sweep ends its sessions; the
 * credential drops its reference to the client and stays listed.
 */
export function revokeMachine({ id, clientId }: Pick<MachineRow, 'id' | 'clientId'>, now: number): Statement<void>[] {
  return [
    ...(clientId === null ? [] : markClientDeleted(clientId, now, isMachineUnrevoked(id))),
    run(sql`
      UPDATE machine_credentials SET revoked_at = ${now}, ha1 = NULL, client_id = NULL WHERE id = ${id} AND revoked_at IS NULL`),
  ]
}

/** Stores the same HA1 encrypted under the current key, unless the robot was revoked meanwhile. */
export function replaceHa1(id: MachineId, from: string, to: string): Statement<void> {
  return run(sql`UPDATE machine_credentials SET ha1 = ${to} WHERE id = ${id} AND ha1 = ${from}`)
}

/** For display, accurate to the interval that the core chooses. */
export function touchMachine(id: MachineId, now: number): Statement<void> {
  return run(sql`UPDATE machine_credentials SET last_used_at = MAX(${now}, COALESCE(last_used_at, 0)) WHERE id = ${id}`)
}
