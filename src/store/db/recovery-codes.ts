/** Recovery codes in D1, as digests. Each is claimed by one guarded UPDATE (design §1.4). */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { type Fragment, first, run, type Statement } from './database.ts'
import { hasAnySecondFactor } from './second-factors.ts'

export function insertRecoveryCodes(userId: UserId, hashes: readonly string[], now: number, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO recovery_codes (user_id, code_hash, created_at)
    SELECT ${userId}, j.value, ${now} FROM json_each(${JSON.stringify(hashes)}) j WHERE ${condition}
    ON CONFLICT (user_id, code_hash) DO NOTHING`)
}

/** Invalidates all codes of the user, where `condition` holds. */
export function deleteRecoveryCodes(userId: UserId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM recovery_codes WHERE user_id = ${userId} AND (${condition})`)
}

/** They replace a factor: without one there is nothing to recover. */
export function deleteRecoveryCodesOfNoFactor(userId: UserId): Statement<void> {
  return deleteRecoveryCodes(userId, sql`NOT ${hasAnySecondFactor(userId)}`)
}

export function hasRecoveryCodes(userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = ${userId})`
}

export function countUnusedRecoveryCodes(userId: UserId): Statement<{ unused: number } | null> {
  return first(sql`SELECT COUNT(*) AS unused FROM recovery_codes WHERE user_id = ${userId} AND used_at IS NULL`)
}

/** Holds while the code is usable. */
export function isUnusedRecoveryCode(userId: UserId, hash: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = ${userId} AND code_hash = ${hash} AND used_at IS NULL)`
}

/** Consumes a code for `claimedBy`, where `condition` holds. */
export function claimRecoveryCode(
  input: { userId: UserId; hash: string; claimedBy: number; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE recovery_codes SET used_at = ${input.now}, used_by = ${input.claimedBy}
    WHERE user_id = ${input.userId} AND code_hash = ${input.hash} AND used_at IS NULL AND (${condition})`)
}
