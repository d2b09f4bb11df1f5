/**
 * Users of a license key in D1: who they are to the key's holder, and the rows created for them. The unique index over
 * key and external id decides identity. Their address is what the holder says: it has no `email_key`, so it is never
 * looked up, never mailed to and never reserved (docs/decisions/010).
 */
import { sql } from 'drizzle-orm'
import type { MachineId, SessionId, UserId } from '../../ids.ts'
import { isAlive } from './account-state.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { MachineRow } from './machine-credentials.ts'
import { isSeenBy, relationColumns, type SeenUserRow } from './people.ts'
import { rowHasNoSecondFactor } from './second-factors.ts'
import type { UserRow } from './users.ts'

/** What only the key's holder knows of a user. */
interface ExternalColumns {
  readonly externalId: string
  /** JSON: pairs of strings. */
  readonly metadata: string
}

export type ExternalUserRow = UserRow & ExternalColumns

interface ExternalName {
  readonly keyId: MachineId
  readonly externalId: string
}

const isNamed = ({ keyId, externalId }: ExternalName) => sql`e.credential_id = ${keyId} AND e.external_id = ${externalId}`

/** Holds while the key has no user with this name. */
export function isExternalIdFree(name: ExternalName): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM external_identities e WHERE ${isNamed(name)})`
}

export function findExternalUser(name: ExternalName): Statement<ExternalUserRow | null> {
  return first(sql`
    SELECT u.*, e.external_id, e.metadata FROM external_identities e JOIN users u ON u.id = e.user_id WHERE ${isNamed(name)}`)
}

/** The witness of a batch that creates or updates a user and signs them in: the user, once the session exists. */
export function findSignedInExternalUser(name: ExternalName, sessionId: SessionId): Statement<ExternalUserRow | null> {
  return first(sql`
    SELECT u.*, e.external_id, e.metadata FROM external_identities e JOIN users u ON u.id = e.user_id
    WHERE ${isNamed(name)} AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = ${sessionId} AND s.user_id = u.id)`)
}

/** Who a user is to the holders of license keys. */
export function listIdentities(userId: UserId): Statement<(ExternalColumns & { readonly createdAt: number })[]> {
  return all(sql`SELECT external_id, metadata, created_at FROM external_identities WHERE user_id = ${userId} ORDER BY id`)
}

interface Looker {
  readonly keyId: MachineId
  /** The viewer id of the key's holder: no user's, so nobody can block it. */
  readonly viewerId: UserId
  readonly now: number
}

/** A user of the key who exists for the viewer. */
export function findSeenExternalUser(
  externalId: string,
  { keyId, viewerId, now }: Looker,
): Statement<(SeenUserRow & ExternalColumns) | null> {
  return first(sql`
    SELECT u.*, ${relationColumns(viewerId)}, e.external_id, e.metadata
    FROM external_identities e JOIN users u ON u.id = e.user_id
    WHERE ${isNamed({ keyId, externalId })} AND ${isSeenBy(viewerId, now)}`)
}

/** The same by the user's current avatar. The index is named because the planner would read all users of the key. */
export function findPicturedExternalUser(avatarKey: string, { keyId, viewerId, now }: Looker): Statement<SeenUserRow | null> {
  return first(sql`
    SELECT u.*, ${relationColumns(viewerId)} FROM users u CROSS JOIN external_identities e ON e.user_id = u.id
    WHERE u.avatar_key = ${avatarKey} AND +e.credential_id = ${keyId} AND ${isSeenBy(viewerId, now)}`)
}

/** Who signs in with a password that we generated: the living key, and its user. */
export interface ExternalSignInRow extends MachineRow {
  readonly clientId: string
  readonly userId: UserId
  readonly passwordHash: string
  readonly epoch: number
}

/** Valid until the user sets a password of their own, or has a second factor: it has no second step. */
export function findExternalSignIn(usernameKey: string, now: number): Statement<ExternalSignInRow | null> {
  return first(sql`
    SELECT m.*, u.id AS user_id, e.password_hash, u.epoch
    FROM users u JOIN external_identities e ON e.user_id = u.id JOIN machine_credentials m ON m.id = e.credential_id
    WHERE u.username_key = ${usernameKey} AND ${isAlive(sql`u`, now)}
      AND NOT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id) AND ${rowHasNoSecondFactor}
      AND m.revoked_at IS NULL AND (m.expires_at IS NULL OR m.expires_at > ${now})`)
}

/** What the key's holder may set for a user. */
export interface ExternalProfile {
  readonly email: string | null
  readonly nickname: string | null
  readonly phone: string | null
  readonly profileUrl: string | null
}

export interface NewExternalUser extends ExternalProfile {
  readonly id: UserId
  readonly username: string
  readonly usernameKey: string
  readonly createdAt: number
}

/** Creates the user where `condition` holds, unless the user name is taken. */
export function insertExternalUser(row: NewExternalUser, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO users (id, username, username_key, email, nickname, phone, profile_url, created_at, updated_at)
    SELECT ${row.id}, ${row.username}, ${row.usernameKey}, ${row.email}, ${row.nickname}, ${row.phone}, ${row.profileUrl},
           ${row.createdAt}, ${row.createdAt} WHERE ${condition}
    ON CONFLICT (username_key) DO NOTHING`)
}

export interface NewExternalIdentity extends ExternalName, ExternalColumns {
  readonly id: number
  readonly userId: UserId
  readonly passwordHash: string
  readonly createdAt: number
}

/** Records who the user is to the key's holder, where `condition` holds. */
export function insertExternalIdentity(row: NewExternalIdentity, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO external_identities (id, credential_id, external_id, user_id, password_hash, metadata, created_at, updated_at)
    SELECT ${row.id}, ${row.keyId}, ${row.externalId}, ${row.userId}, ${row.passwordHash}, ${row.metadata}, ${row.createdAt}, ${row.createdAt}
    WHERE ${condition}
    ON CONFLICT (credential_id, external_id) DO NOTHING`)
}

const COLUMNS = { email: sql`email`, nickname: sql`nickname`, phone: sql`phone`, profileUrl: sql`profile_url` } as const

/** Writes only the given columns, where `condition` holds. An address verified since then stays. */
export function updateExternalProfile(
  userId: UserId,
  changes: Partial<ExternalProfile>,
  now: number,
  condition: Fragment,
): Statement<void> {
  const sets = Object.entries(changes).map(([field, value]) =>
    field === 'email'
      ? sql`email = CASE WHEN email_verified_at IS NULL THEN ${value} ELSE email END`
      : sql`${COLUMNS[field as keyof ExternalProfile]} = ${value}`,
  )
  return run(sql`
    UPDATE users SET ${sql.join([...sets, sql`updated_at = ${now}`], sql`, `)} WHERE id = ${userId} AND (${condition})`)
}

export function updateExternalMetadata(name: ExternalName, metadata: string, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE external_identities AS e SET metadata = ${metadata}, updated_at = ${now} WHERE ${isNamed(name)} AND (${condition})`)
}
