/**
 * The undo of a first second factor in D1: a challenge that holds hashes of passwords which the account had until then, for
 * its code counts together with one of them.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import type { ChallengePurpose } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

const UNDO: ChallengePurpose = 'undo_second_factor'

/** Of the alias `u`: the present password, and the one before where that is still kept; NULL where there is none. */
export function passwordsUntilNow(now: number, isKeptOn: Fragment): Fragment {
  return sql`(
    SELECT json_array(k.password_hash, CASE WHEN k.former_until > ${now} OR ${isKeptOn} THEN k.former_hash END)
    FROM credentials k WHERE k.user_id = u.id)`
}

/** True of the alias `u`: without a password, nobody could prove to have been there before. */
export const hasPassword: Fragment = sql`EXISTS (SELECT 1 FROM credentials k WHERE k.user_id = u.id)`

export interface FactorUndo {
  readonly id: ChallengeId
  readonly userId: UserId
  /** JSON: an array of hashes; null for one that is not there. */
  readonly passwordHashes: string
}

/** An open undo, without a try. Whether it counts, its claim decides. */
export function findFactorUndo(codeHash: string, now: number): Statement<FactorUndo | null> {
  return first(sql`
    SELECT id, user_id, password_hashes FROM challenges
    WHERE code_hash = ${codeHash} AND purpose = ${UNDO} AND consumed_at IS NULL AND expires_at > ${now}`)
}

/** Counts a password that is tried with the code; null where there were too many, or it is used. */
export function tryFactorUndo(input: { id: ChallengeId; tries: number; now: number }): Statement<{ attempts: number } | null> {
  return first(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE id = ${input.id} AND consumed_at IS NULL AND expires_at > ${input.now} AND attempts < ${input.tries}
    RETURNING attempts`)
}

/** Takes off the factors that came on since the undo was made, where `condition` holds. */
export function deleteFactorsSince(undo: FactorUndo, condition: Fragment): Statement<void>[] {
  const { id, userId } = undo
  return [
    run(sql`
      DELETE FROM second_factors
      WHERE user_id = ${userId} AND created_at >= (SELECT created_at FROM challenges WHERE id = ${id}) AND (${condition})`),
    run(sql`
      DELETE FROM totp_credentials WHERE user_id = ${userId} AND (${condition})
        AND NOT EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = ${userId} AND f.kind = 'totp')`),
  ]
}

/** What is left of the user's undos is void, where `condition` holds: nothing is on that they could take off. */
export function voidFactorUndos(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${now}
    WHERE user_id = ${userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND (${condition})`)
}

/**
 * The present password opens nothing any more, where `condition` holds, if the address can have a new one mailed. The oldest that
 * the undo counts with is kept: should another factor come on before the new password is set, it counts once more.
 */
export function barPassword(undo: FactorUndo, input: { now: number; until: number }, condition: Fragment): Statement<void> {
  const { userId, passwordHashes } = undo
  return run(sql`
    UPDATE credentials SET password_hash = '', updated_at = ${input.now}, former_until = ${input.until},
      former_hash = COALESCE(json_extract(${passwordHashes}, '$[1]'), json_extract(${passwordHashes}, '$[0]'))
    WHERE user_id = ${userId} AND (${condition})
      AND EXISTS (SELECT 1 FROM users u WHERE u.id = ${userId} AND u.email_verified_at IS NOT NULL)`)
}
