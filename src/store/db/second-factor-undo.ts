/**
 * The undo of a first second factor in D1: a challenge that holds hashes of the account's passwords up to then, because
 * its code is valid only with one of them.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import type { ChallengePurpose } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

const UNDO: ChallengePurpose = 'undo_second_factor'

/** Of the alias `u`: the current password, and the previous one if it is still kept; NULL if there is none. */
export function passwordsUntilNow(now: number, isKeptOn: Fragment): Fragment {
  return sql`(
    SELECT json_array(k.password_hash, CASE WHEN k.former_until > ${now} OR ${isKeptOn} THEN k.former_hash END)
    FROM credentials k WHERE k.user_id = u.id)`
}

/** True of the alias `u`: has a password, or could set one; nobody created by a license key has. */
export const hasCredential: Fragment = sql`EXISTS (SELECT 1 FROM credentials k WHERE k.user_id = u.id)`

export interface FactorUndo {
  readonly id: ChallengeId
  readonly userId: UserId
  /** JSON: an array of hashes; null for a missing one, empty for no password. */
  readonly passwordHashes: string
}

/** An open undo, without counting a try. Its claim decides whether it is valid. */
export function findFactorUndo(codeHash: string, now: number): Statement<FactorUndo | null> {
  return first(sql`
    SELECT id, user_id, password_hashes FROM challenges
    WHERE code_hash = ${codeHash} AND purpose = ${UNDO} AND consumed_at IS NULL AND expires_at > ${now}`)
}

/** Counts a password tried with the code; null after too many tries or once it is used. */
export function tryFactorUndo(input: { id: ChallengeId; tries: number; now: number }): Statement<{ attempts: number } | null> {
  return first(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE id = ${input.id} AND consumed_at IS NULL AND expires_at > ${input.now} AND attempts < ${input.tries}
    RETURNING attempts`)
}

/** Disables every factor of the user, where `condition` holds: an undo precedes the first, so all were enabled since. */
export function deleteFactors(userId: UserId, condition: Fragment): Statement<void>[] {
  return [
    run(sql`DELETE FROM second_factors WHERE user_id = ${userId} AND (${condition})`),
    run(sql`DELETE FROM totp_credentials WHERE user_id = ${userId} AND (${condition})`),
  ]
}

/** Invalidates the user's remaining undos where `condition` holds: no factor is enabled that they could disable. */
export function voidFactorUndos(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${now}
    WHERE user_id = ${userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND (${condition})`)
}

/**
 * Invalidates the current password where `condition` holds, if a reset can be mailed to the address. The oldest
 * password that the undo accepts is kept: if another factor is enabled before the new password is set, it is accepted
 * again.
 */
export function barPassword(undo: FactorUndo, input: { now: number; until: number }, condition: Fragment): Statement<void> {
  const { userId, passwordHashes } = undo
  return run(sql`
    UPDATE credentials SET password_hash = '', updated_at = ${input.now}, former_until = ${input.until},
      former_hash = COALESCE(json_extract(${passwordHashes}, '$[1]'), json_extract(${passwordHashes}, '$[0]'))
    WHERE user_id = ${userId} AND (${condition})
      AND EXISTS (SELECT 1 FROM users u WHERE u.id = ${userId} AND u.email_verified_at IS NOT NULL)`)
}
