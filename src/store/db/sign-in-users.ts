/** The account that somebody signs in to, in D1, with all that a sign-in needs to know of it. */
import { sql } from 'drizzle-orm'
import { first, type Statement } from './database.ts'
import { isKnownNetwork } from './known-sources.ts'
import type { UserRow } from './users.ts'

/** A user with what log-in needs: apart from `UserRow`, which may be passed around. */
export interface SignInRow extends UserRow {
  readonly passwordHash: string | null
  readonly passwordSetAt: number | null
  /** Kinds of second factors that are on, with spaces between; null for none. */
  readonly secondFactors: string | null
  /** 1 or 0: whether there are unused recovery codes. */
  readonly hasRecoveryCodes: number
  /** 1 or 0: whether it was signed in to from the caller's network. */
  readonly knowsNetwork: number
}

/**
 * The account that is meant at log-in, by user name, by address, or by both, which must be one account. An address means
 * who has proved to own it and nobody else: otherwise a row that anyone may make would tell whether it has an owner.
 */
export function findForSignIn(input: {
  usernameKey: string | null
  emailKey: string | null
  /** The caller's, and for how long it must be known yet. */
  networkHash: string
  knownUntil: number
}): Statement<SignInRow | null> {
  const { usernameKey, emailKey, networkHash, knownUntil } = input
  const which =
    usernameKey === null
      ? sql`u.email_key = ${emailKey} AND u.email_verified_at IS NOT NULL`
      : emailKey === null
        ? sql`u.username_key = ${usernameKey}`
        : sql`u.username_key = ${usernameKey} AND u.email_key = ${emailKey}`
  return first(sql`
    SELECT u.*, c.password_hash, c.updated_at AS password_set_at, (SELECT group_concat(f.kind, ' ') FROM second_factors f WHERE f.user_id = u.id) AS second_factors,
           EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS has_recovery_codes,
           ${isKnownNetwork(sql`u.id`, networkHash, knownUntil)} AS knows_network
    FROM users u LEFT JOIN credentials c ON c.user_id = u.id
    WHERE ${which}`)
}
