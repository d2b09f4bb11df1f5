/**
 * Pending log-ins in D1: challenges that a second factor answers (design §1.4). Whoever claims one in the guarded UPDATE
 * gets the session.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import { mayComeIn } from './account-state.ts'
import type { CodeSeed, NewChallenge } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'
import { hasSecondFactor } from './second-factors.ts'

/**
 * Creates a pending log-in. When no new code may be mailed, it takes over the code (and expiry) of the newest pending
 * log-in, so the mail that the user already has keeps working.
 */
export function insertSignInChallenge(
  row: NewChallenge & { readonly amr: string },
  userId: UserId,
  guards: { freshCode: Fragment; condition: Fragment },
): Statement<void> {
  return run(sql`
    INSERT INTO challenges (id, purpose, user_id, epoch, code_id, random, kid, token_hash, amr, created_at, expires_at)
    SELECT ${row.id}, 'sign_in', u.id, u.epoch, COALESCE(p.code_id, ${row.codeId}), COALESCE(p.random, ${row.random}),
           COALESCE(p.kid, ${row.kid}), ${row.tokenHash}, ${row.amr}, ${row.createdAt}, COALESCE(p.expires_at, ${row.expiresAt})
    FROM users u LEFT JOIN (
      SELECT code_id, random, kid, expires_at FROM challenges
      WHERE user_id = ${userId} AND purpose = 'sign_in' AND consumed_at IS NULL AND expires_at > ${row.createdAt}
        AND epoch = (SELECT epoch FROM users WHERE id = ${userId})
      ORDER BY id DESC LIMIT 1) p ON NOT (${guards.freshCode})
    WHERE u.id = ${userId} AND (${guards.condition})
    ON CONFLICT (id) DO NOTHING`)
}

export interface SignInChallengeRow extends CodeSeed {
  readonly id: ChallengeId
  readonly userId: UserId
  /** How the first factor was proved (RFC 8176, space separated); null for a password. */
  readonly amr: string | null
}

/** A pending log-in: its user, its allowed tries, and the earliest deletion that it may undo. */
export interface PendingSignIn {
  readonly tokenHash: string
  readonly userId: UserId
  readonly tries: number
  readonly returnSince: number
  readonly now: number
}

const isOpenSignIn = ({ tokenHash, userId, tries, returnSince, now }: PendingSignIn) => sql`
  token_hash = ${tokenHash} AND purpose = 'sign_in' AND user_id = ${userId} AND consumed_at IS NULL AND expires_at > ${now}
  AND attempts < ${tries}
  AND EXISTS (
    SELECT 1 FROM users u WHERE u.id = challenges.user_id AND u.epoch = challenges.epoch AND ${mayComeIn(sql`u`, { returnSince, now })})`

/** SQL for "this pending log-in is open and may be tried once more". */
export function isSignInTriable(pending: PendingSignIn): Fragment {
  return sql`EXISTS (SELECT 1 FROM challenges WHERE ${isOpenSignIn(pending)})`
}

/** An open pending log-in, without counting a try. */
export function findOpenSignIn(pending: PendingSignIn): Statement<SignInChallengeRow | null> {
  return first(sql`SELECT id, user_id, code_id, random, kid, amr FROM challenges WHERE ${isOpenSignIn(pending)}`)
}

/** Counts one try at a pending log-in and returns what its code is derived from; null when no try is allowed. */
export function trySignIn(pending: PendingSignIn, condition: Fragment): Statement<SignInChallengeRow | null> {
  return first(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE ${isOpenSignIn(pending)} AND (${condition})
    RETURNING id, user_id, code_id, random, kid, amr`)
}

/** Claims a pending log-in for the session `claimedBy`, unless its code was already used, here or in a parallel log-in. */
export function claimSignIn(input: { id: ChallengeId; codeId: number; userId: UserId; claimedBy: number; now: number }): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}, consumed_by = ${input.claimedBy}
    WHERE id = ${input.id} AND consumed_at IS NULL AND expires_at > ${input.now}
      AND epoch = (SELECT epoch FROM users WHERE id = ${input.userId})
      AND NOT EXISTS (
        SELECT 1 FROM challenges o WHERE o.user_id = ${input.userId} AND o.purpose = 'sign_in'
          AND o.code_id = ${input.codeId} AND o.consumed_by IS NOT NULL)`)
}

/** SQL for "this pending log-in may be claimed by a factor other than its mailed code". */
export function isSignInClaimable(id: ChallengeId, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM challenges c JOIN users u ON u.id = c.user_id
    WHERE c.id = ${id} AND c.consumed_at IS NULL AND c.expires_at > ${now} AND c.epoch = u.epoch)`
}

/**
 * The same without the mailed code, right after the statement that consumed a factor: if that changed nothing, neither
 * does this. The log-in drops its code, which others may share and which was not used.
 */
export function claimSignInWithFactor(input: { id: ChallengeId; claimedBy: number; now: number }): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}, consumed_by = ${input.claimedBy}, code_id = ${input.claimedBy}
    WHERE id = ${input.id} AND consumed_at IS NULL AND changes() > 0`)
}

/** Where the code of an open log-in may be mailed, if codes by e-mail are enabled. */
export function findMailableSignIn(pending: PendingSignIn): Statement<{ id: ChallengeId; emailKey: string | null } | null> {
  return first(sql`
    SELECT id, (SELECT email_key FROM users a WHERE a.id = challenges.user_id) AS email_key FROM challenges
    WHERE ${isOpenSignIn(pending)} AND ${hasSecondFactor(pending.userId, 'email')}`)
}

/** SQL for "the pending log-in was claimed for this session". */
export function isSignInClaimed(id: ChallengeId, claimedBy: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM challenges WHERE id = ${id} AND consumed_by = ${claimedBy})`
}
