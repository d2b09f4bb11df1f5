/** Sign-ins by mail in D1, apart from what they share with pending log-ins: whose they are, and how many are open. */
import { sql } from 'drizzle-orm'
import type { ChallengeId } from '../../ids.ts'
import type { ChallengePurpose } from './challenges.ts'
import { type Fragment, first, type Statement } from './database.ts'

const PURPOSE: ChallengePurpose = 'mail_sign_in'

/** Holds for the alias `u`, the user whose sign-in goes with the token, whatever has become of it. */
export function ownsToken(tokenHash: string): Fragment {
  return sql`u.id = (SELECT user_id FROM challenges WHERE token_hash = ${tokenHash} AND purpose = ${PURPOSE})`
}

/** The same for the code of a link. */
export function ownsLink(codeHash: string): Fragment {
  return sql`u.id = (SELECT user_id FROM challenges WHERE code_hash = ${codeHash} AND purpose = ${PURPOSE})`
}

export interface LinkedSignIn {
  readonly id: ChallengeId
  readonly codeId: number
  readonly returnTo: string | null
}

/** The open sign-in of a link. Its claim decides. */
export function findLinkedSignIn(codeHash: string, now: number): Statement<LinkedSignIn | null> {
  return first(sql`
    SELECT c.id, c.code_id, c.return_to FROM challenges c JOIN users u ON u.id = c.user_id AND u.epoch = c.epoch
    WHERE c.code_hash = ${codeHash} AND c.purpose = ${PURPOSE} AND c.consumed_at IS NULL AND c.expires_at > ${now}`)
}

/** Holds while fewer than `max` sign-ins of the user that `user` yields are open, of those made after the id `after`. */
export function hasFewMailSignIns(user: Fragment, max: number, after: number): Fragment {
  return sql`(
    SELECT COUNT(*) FROM challenges WHERE user_id = (${user}) AND purpose = ${PURPOSE} AND id > ${after} AND consumed_at IS NULL) < ${max}`
}
