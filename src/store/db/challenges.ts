/**
 * Challenges in D1: mailed codes (pending log-ins are in sign-in-challenges.ts). Single-use rows are claimed by one guarded UPDATE (design §1.4);
 * later statements of the batch depend on `consumed_by`.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import { isNotBanned } from './account-state.ts'
import { changed, type Fragment, first, run, type Statement } from './database.ts'

export type ChallengePurpose =
  | 'verify_email'
  | 'reset_password'
  | 'sign_in'
  /** The first factor of a sign-in: a long code for the link and six digits, which are valid only with the browser's token. */
  | 'mail_sign_in'
  | 'change_email'
  /** The same with six digits, which are valid only with the token that the caller got. */
  | 'change_email_digits'
  | 'undo_email_change'
  | 'undo_second_factor'

/** What a code is derived from, besides its purpose (design §1.11). */
export interface CodeSeed {
  readonly codeId: number
  readonly random: string
  readonly kid: string
}

export interface NewChallenge extends CodeSeed {
  readonly id: ChallengeId
  readonly purpose: ChallengePurpose
  /** Of a long code, or of six digits together with their token; null for a log-in. */
  readonly codeHash: string | null
  /** Of what the caller must present besides the code: the `sessionHash` of a pending log-in, or the token of six digits. */
  readonly tokenHash: string | null
  /** Where the user continues after using the code. */
  readonly returnTo?: string | null
  readonly createdAt: number
  readonly expiresAt: number
}

/**
 * Creates a challenge for the user that `user` selects (SQL that yields one id, or none), where `condition` holds. It carries the
 * user's current epoch, so a logout-all or a new password invalidates it. `email` is SQL for the address that it is about,
 * `passwordHashes` for a JSON array of the passwords that its code can be combined with; they and the guards may use the alias `u`.
 */
export function insertChallenge(
  row: NewChallenge,
  user: Fragment,
  condition: Fragment,
  { email = sql`NULL`, passwordHashes = sql`NULL` }: { readonly email?: Fragment; readonly passwordHashes?: Fragment } = {},
): Statement<void> {
  return run(sql`
    INSERT INTO challenges (id, purpose, user_id, epoch, code_id, random, kid, code_hash, email, password_hashes, return_to, token_hash,
      created_at, expires_at)
    SELECT ${row.id}, ${row.purpose}, u.id, u.epoch, ${row.codeId}, ${row.random}, ${row.kid}, ${row.codeHash}, ${email},
           ${passwordHashes}, ${row.returnTo ?? null}, ${row.tokenHash}, ${row.createdAt}, ${row.expiresAt}
    FROM users u WHERE u.id = (${user}) AND (${condition})
    ON CONFLICT (id) DO NOTHING`)
}

/** SQL for "this user has an open challenge of the purpose that lives until `usableUntil`". */
export function hasOpenChallenge(user: Fragment, purpose: ChallengePurpose, usableUntil: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM challenges o WHERE o.user_id = (${user}) AND o.purpose = ${purpose} AND o.consumed_at IS NULL
      AND o.expires_at > ${usableUntil} AND o.epoch = (SELECT epoch FROM users WHERE id = o.user_id))`
}

/** Invalidates older codes of a purpose once a newer one exists. */
export function voidOlderChallenges(input: {
  user: Fragment
  purpose: ChallengePurpose
  newest: ChallengeId
  now: number
}): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = (${input.user}) AND purpose = ${input.purpose} AND consumed_at IS NULL AND id < ${input.newest}
      AND EXISTS (SELECT 1 FROM challenges n WHERE n.id = ${input.newest})`)
}

/** Invalidates every open code of a purpose, where `condition` holds. */
export function voidChallenges(input: { userId: UserId; purpose: ChallengePurpose; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = ${input.userId} AND purpose = ${input.purpose} AND consumed_at IS NULL AND (${condition})`)
}

export function findChallenge(id: ChallengeId): Statement<{ id: ChallengeId } | null> {
  return first(sql`SELECT id FROM challenges WHERE id = ${id}`)
}

/** The user of an open code, without using it: to reject new passwords that contain their details. */
export function findCodeOwner(input: { codeHash: string; purpose: ChallengePurpose; now: number }): Statement<{
  userId: UserId
  username: string
  email: string | null
  emailKey: string | null
} | null> {
  return first(sql`
    SELECT u.id AS user_id, u.username, u.email, u.email_key FROM challenges c JOIN users u ON u.id = c.user_id
    WHERE c.code_hash = ${input.codeHash} AND c.purpose = ${input.purpose} AND c.consumed_at IS NULL
      AND c.expires_at > ${input.now} AND c.epoch = u.epoch`)
}

const isUndo = (challenge: Fragment): Fragment =>
  sql`${challenge}.purpose IN (${'undo_email_change' satisfies ChallengePurpose}, ${'undo_second_factor' satisfies ChallengePurpose})`

/**
 * SQL for "of the user's current epoch", about `challenge` and the alias `u`. An undo survives epoch changes: the
 * change that it undoes raises the epoch, and a thief could raise it at will (wire §6.12).
 */
export const isOfEpoch = (challenge: Fragment): Fragment => sql`(${challenge}.epoch = u.epoch OR ${isUndo(challenge)})`

/** Codes with which the owner of a deleted account restores it, or gets a password to restore it with. */
const bringsBack = (challenge: Fragment): Fragment =>
  sql`(${isUndo(challenge)} OR ${challenge}.purpose = ${'reset_password' satisfies ChallengePurpose})`

/** Claims a long code for `claimedBy` if it is open, unexpired and of the current epoch, and `condition` holds for `challenges`. */
export function claimCode(
  input: { codeHash: string; purpose: ChallengePurpose; claimedBy: number; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}, consumed_by = ${input.claimedBy}
    WHERE code_hash = ${input.codeHash} AND purpose = ${input.purpose} AND consumed_at IS NULL AND expires_at > ${input.now}
      AND EXISTS (
        SELECT 1 FROM users u WHERE u.id = challenges.user_id AND ${isOfEpoch(sql`challenges`)}
          -- A thief who deletes the account after changing its address or password must not keep the owner from coming back.
          AND (u.deleted_at IS NULL OR (${bringsBack(sql`challenges`)} AND u.deleted_reason = 'self'))
          AND ${isNotBanned(sql`u`, input.now)})
      AND (${condition})`)
}

/** SQL for the id of the user whose code `claimedBy` has claimed. */
export function claimedUserId(codeHash: string, claimedBy: number): Fragment {
  return sql`SELECT user_id FROM challenges WHERE code_hash = ${codeHash} AND consumed_by = ${claimedBy}`
}

/** Holds when `claimedBy` has claimed the code. */
export function wasClaimed(codeHash: string, claimedBy: number): Fragment {
  return sql`EXISTS (${claimedUserId(codeHash, claimedBy)})`
}

export interface ClaimRow {
  readonly userId: UserId
  readonly returnTo: string | null
}

export function findClaim(codeHash: string, claimedBy: number): Statement<ClaimRow | null> {
  return first(sql`SELECT user_id, return_to FROM challenges WHERE code_hash = ${codeHash} AND consumed_by = ${claimedBy}`)
}

export function deleteExpiredChallenges(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM challenges WHERE id IN (
      SELECT id FROM challenges WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
