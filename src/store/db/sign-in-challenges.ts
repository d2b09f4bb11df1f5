/**
 * Sign-ins in progress, in D1: pending log-ins, which a second factor answers (design §1.4), and sign-ins by mail. Whoever
 * claims one in the guarded UPDATE gets the session.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import { mayComeIn } from './account-state.ts'
import type { ChallengePurpose, CodeSeed, NewChallenge } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'
import { hasSecondFactor } from './second-factors.ts'

export type SignInPurpose = Extract<ChallengePurpose, 'sign_in' | 'mail_sign_in'>

/**
 * Creates a sign-in of the user that `user` yields. When no new code may be mailed, it takes over the digits (and expiry) of
 * the newest one in progress, so the mail that the user already has keeps working. A link stays with the row that it was made for.
 */
export function insertSignInChallenge(
  row: NewChallenge & { readonly purpose: SignInPurpose; readonly amr: string | null },
  user: Fragment,
  guards: { freshCode: Fragment; condition: Fragment },
): Statement<void> {
  return run(sql`
    INSERT INTO challenges (id, purpose, user_id, epoch, code_id, random, kid, code_hash, return_to, token_hash, amr, created_at, expires_at)
    SELECT ${row.id}, ${row.purpose}, u.id, u.epoch, COALESCE(p.code_id, ${row.codeId}), COALESCE(p.random, ${row.random}),
           COALESCE(p.kid, ${row.kid}), CASE WHEN p.code_id IS NULL THEN ${row.codeHash} END, ${row.returnTo ?? null}, ${row.tokenHash},
           ${row.amr}, ${row.createdAt}, COALESCE(p.expires_at, ${row.expiresAt})
    FROM users u LEFT JOIN (
      SELECT code_id, random, kid, expires_at FROM challenges
      WHERE user_id = (${user}) AND purpose = ${row.purpose} AND consumed_at IS NULL AND expires_at > ${row.createdAt}
        AND epoch = (SELECT epoch FROM users WHERE id = (${user}))
      ORDER BY id DESC LIMIT 1) p ON NOT (${guards.freshCode})
    WHERE u.id = (${user}) AND (${guards.condition})
    ON CONFLICT (id) DO NOTHING`)
}

export interface SignInChallengeRow extends CodeSeed {
  readonly id: ChallengeId
  readonly userId: UserId
  /** How the first factor was proved (RFC 8176, space separated); null for a password. */
  readonly amr: string | null
}

/** A sign-in in progress: its user, its allowed tries, and the earliest deletion that it may undo. */
export interface PendingSignIn {
  readonly purpose: SignInPurpose
  readonly tokenHash: string
  readonly userId: UserId
  readonly tries: number
  readonly returnSince: number
  readonly now: number
}

const isOpenSignIn = ({ purpose, tokenHash, userId, tries, returnSince, now }: PendingSignIn) => sql`
  token_hash = ${tokenHash} AND purpose = ${purpose} AND user_id = ${userId} AND consumed_at IS NULL AND expires_at > ${now}
  AND attempts < ${tries}
  AND EXISTS (
    SELECT 1 FROM users u WHERE u.id = challenges.user_id AND u.epoch = challenges.epoch AND ${mayComeIn(sql`u`, { returnSince, now })})`

/** SQL for "this sign-in is open and may be tried once more". */
export function isSignInTriable(pending: PendingSignIn): Fragment {
  return sql`EXISTS (SELECT 1 FROM challenges WHERE ${isOpenSignIn(pending)})`
}

/** An open pending log-in, without counting a try. */
export function findOpenSignIn(pending: PendingSignIn): Statement<SignInChallengeRow | null> {
  return first(sql`SELECT id, user_id, code_id, random, kid, amr FROM challenges WHERE ${isOpenSignIn(pending)}`)
}

/** Counts one try at a sign-in and returns what its code is derived from; null when no try is allowed. */
export function trySignIn(pending: PendingSignIn, condition: Fragment): Statement<SignInChallengeRow | null> {
  return first(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE ${isOpenSignIn(pending)} AND (${condition})
    RETURNING id, user_id, code_id, random, kid, amr`)
}

export interface SignInClaim {
  readonly id: ChallengeId
  readonly purpose: SignInPurpose
  readonly codeId: number
  readonly userId: UserId
  readonly claimedBy: number
  readonly now: number
}

/** Claims a sign-in for the session `claimedBy`, unless its code was already used, here or in a parallel one. */
export function claimSignIn(input: SignInClaim): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}, consumed_by = ${input.claimedBy}
    WHERE id = ${input.id} AND consumed_at IS NULL AND expires_at > ${input.now}
      AND epoch = (SELECT epoch FROM users WHERE id = ${input.userId})
      AND NOT EXISTS (
        SELECT 1 FROM challenges o WHERE o.user_id = ${input.userId} AND o.purpose = ${input.purpose}
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

/** Where the code of an open log-in may be mailed, if codes by email are enabled and its first factor was not a mailed code. */
export function findMailableSignIn(pending: PendingSignIn): Statement<{ id: ChallengeId; emailKey: string | null } | null> {
  return first(sql`
    SELECT id, (SELECT email_key FROM users a WHERE a.id = challenges.user_id) AS email_key FROM challenges
    WHERE ${isOpenSignIn(pending)} AND COALESCE(amr <> 'otp', 1) AND ${hasSecondFactor(pending.userId, 'email')}`)
}

/** SQL for "the sign-in was claimed for this session". */
export function isSignInClaimed(id: ChallengeId, claimedBy: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM challenges WHERE id = ${id} AND consumed_by = ${claimedBy})`
}
