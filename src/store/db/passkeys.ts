/** Passkeys in D1 (WebAuthn Level 3 §4, credential record). */
import { sql } from 'drizzle-orm'
import type { PasskeyId, UserId } from '../../ids.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { passkeys } from './schema/sign-in.ts'

export type PasskeyRow = Omit<typeof passkeys.$inferSelect, 'id' | 'userId'> & { readonly id: PasskeyId; readonly userId: UserId }

/** Adds a passkey where `condition` holds. */
export function insertPasskey(row: PasskeyRow, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO passkeys (id, user_id, credential_id, public_key, sign_count, transports, aaguid, backup_eligible, backed_up, name,
                          created_at, last_used_at)
    SELECT ${row.id}, ${row.userId}, ${row.credentialId}, ${row.publicKey}, ${row.signCount}, ${row.transports}, ${row.aaguid},
           ${row.backupEligible}, ${row.backedUp}, ${row.name}, ${row.createdAt}, ${row.lastUsedAt} WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** A user's passkeys, oldest first. */
export function listPasskeysOf(userId: UserId): Statement<PasskeyRow[]> {
  return all(sql`SELECT * FROM passkeys WHERE user_id = ${userId} ORDER BY id`)
}

export function findPasskey(id: PasskeyId, userId: UserId): Statement<PasskeyRow | null> {
  return first(sql`SELECT * FROM passkeys WHERE id = ${id} AND user_id = ${userId}`)
}

export function findByCredentialId(credentialId: string): Statement<PasskeyRow | null> {
  return first(sql`SELECT * FROM passkeys WHERE credential_id = ${credentialId}`)
}

/** True of the alias `u`: the owner of the passkey. */
export function ownsCredential(credentialId: string): Fragment {
  return sql`u.id = (SELECT p.user_id FROM passkeys p WHERE p.credential_id = ${credentialId})`
}

export function isCredentialTaken(credentialId: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM passkeys WHERE credential_id = ${credentialId})`
}

export function hasPasskey(id: PasskeyId, userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM passkeys WHERE id = ${id} AND user_id = ${userId})`
}

export function hasAnyPasskey(userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM passkeys WHERE user_id = ${userId})`
}

/** Holds while the user may have one more. */
export function hasRoomForPasskey(userId: UserId, max: number): Fragment {
  return sql`(SELECT COUNT(*) FROM passkeys WHERE user_id = ${userId}) < ${max}`
}

export interface PasskeyUse {
  readonly id: PasskeyId
  readonly signCount: number
}

/** Holds while the passkey is there and its counter goes up with this use; authenticators that do not count say 0. */
export function isPasskeyUsable({ id, signCount }: PasskeyUse): Fragment {
  return sql`EXISTS (SELECT 1 FROM passkeys WHERE id = ${id} AND (sign_count < ${signCount} OR (sign_count = 0 AND ${signCount} = 0)))`
}

/** Records a use, where `condition` holds. */
export function recordPasskeyUse(use: PasskeyUse & { isBackedUp: boolean; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE passkeys SET sign_count = ${use.signCount}, backed_up = ${use.isBackedUp ? 1 : 0}, last_used_at = ${use.now}
    WHERE id = ${use.id} AND (${condition})`)
}

export function updatePasskeyName(id: PasskeyId, userId: UserId, name: string): Statement<PasskeyRow | null> {
  return first(sql`UPDATE passkeys SET name = ${name} WHERE id = ${id} AND user_id = ${userId} RETURNING *`)
}

/**
 * Removes a passkey where `condition` holds, and records when, as for a second factor: whoever had it may have made any
 * number of browsers known with it.
 */
export function deletePasskey(input: { id: PasskeyId; userId: UserId; now: number }, condition: Fragment): Statement<void>[] {
  const { id, userId, now } = input
  return [
    run(sql`UPDATE credentials SET factor_removed_at = ${now} WHERE user_id = ${userId} AND (${condition})`),
    run(sql`DELETE FROM passkeys WHERE id = ${id} AND user_id = ${userId} AND (${condition})`),
  ]
}

/** Removes all of the user's passkeys where `condition` holds. */
export function deletePasskeysOf(userId: UserId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM passkeys WHERE user_id = ${userId} AND (${condition})`)
}
