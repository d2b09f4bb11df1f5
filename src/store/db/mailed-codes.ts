/** Long codes of `challenges` apart from their claims: their purpose, and where the user continues. */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import { type ChallengePurpose, isOfEpoch } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

export interface UsableCode {
  readonly purpose: ChallengePurpose
  readonly returnTo: string | null
  /** Whose it is. */
  readonly username: string
}

/** The current purpose of a code, without using it; null if it is wrong, used, expired or invalidated. */
export function findUsableCode(codeHash: string, now: number): Statement<UsableCode | null> {
  return first(sql`
    SELECT c.purpose, c.return_to, u.username FROM challenges c JOIN users u ON u.id = c.user_id AND ${isOfEpoch(sql`c`)}
    WHERE c.code_hash = ${codeHash} AND c.consumed_at IS NULL AND c.expires_at > ${now}
      -- The token of a sign-in by mail goes with its digits; the link needs none.
      AND (c.token_hash IS NULL OR c.purpose = ${'mail_sign_in' satisfies ChallengePurpose})`)
}

/**
 * An open long code, without using it: its purpose and the address that it is about. Its claim decides whether it is
 * valid. Never a code that needs a token as well: that would let digits be guessed uncounted.
 */
export function findOpenCode(
  codeHash: string,
  now: number,
): Statement<{ id: ChallengeId; purpose: ChallengePurpose; userId: UserId; email: string | null } | null> {
  return first(sql`
    SELECT id, purpose, user_id, email FROM challenges
    WHERE code_hash = ${codeHash} AND token_hash IS NULL AND consumed_at IS NULL AND expires_at > ${now}`)
}

/** Sets where the owner of the challenge that `challenge` yields continues, where `condition` holds. */
export function updateReturnTo(challenge: Fragment, returnTo: string, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET return_to = ${returnTo}
    WHERE id = ${challenge} AND return_to IS NOT ${returnTo} AND (${condition})`)
}
