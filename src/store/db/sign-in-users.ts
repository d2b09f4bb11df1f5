/** The account being signed in to, in D1, with everything a sign-in needs. */
import { sql } from 'drizzle-orm'
import { type Fragment, first, type Statement } from './database.ts'
import { isKnownNetwork } from './known-sources.ts'
import type { UserRow } from './users.ts'

/** A user with what log-in needs: kept apart from `UserRow`, which may be passed around. */
export interface SignInRow extends UserRow {
  readonly passwordHash: string | null
  readonly passwordSetAt: number | null
  /** Kinds of enabled second factors, separated by spaces; null for none. */
  readonly secondFactors: string | null
  /** 1 or 0: whether there are unused recovery codes. */
  readonly hasRecoveryCodes: number
  /** 1 or 0: whether a passkey can be the second factor. */
  readonly hasPasskeys: number
  /** 1 or 0: whether its owner has signed in from the caller's network. */
  readonly knowsNetwork: number
}

/**
 * The account that a log-in names, by user name, by address, or by both, which must match the same account. An address
 * matches only the user who verified it: otherwise an unverified row, which anyone may create, would reveal whether the
 * address has an owner.
 */
export function findForSignIn(input: {
  usernameKey: string | null
  emailKey: string | null
  /** The caller's network, and the time until which it must be known. */
  networkHash: string
  knownUntil: number
}): Statement<SignInRow | null> {
  const { usernameKey, emailKey } = input
  const which =
    usernameKey === null
      ? sql`u.email_key = ${emailKey} AND u.email_verified_at IS NOT NULL`
      : emailKey === null
        ? sql`u.username_key = ${usernameKey}`
        : sql`u.username_key = ${usernameKey} AND u.email_key = ${emailKey}`
  return findSignInRow(which, input)
}

/** The same for the user `u` of whom `which` is true, however the account was named. */
export function findSignInRow(which: Fragment, known: { networkHash: string; knownUntil: number }): Statement<SignInRow | null> {
  return first(sql`
    SELECT u.*, c.password_hash, c.updated_at AS password_set_at, (SELECT group_concat(f.kind, ' ') FROM second_factors f WHERE f.user_id = u.id) AS second_factors,
           EXISTS (SELECT 1 FROM recovery_codes r WHERE r.user_id = u.id AND r.used_at IS NULL) AS has_recovery_codes,
           EXISTS (SELECT 1 FROM passkeys p WHERE p.user_id = u.id) AS has_passkeys,
           ${isKnownNetwork(sql`u.id`, known.networkHash, known.knownUntil)} AS knows_network
    FROM users u LEFT JOIN credentials c ON c.user_id = u.id
    WHERE ${which}`)
}

/** Of the alias `u`: the user whom the fragment yields. */
export const isUserOf = (user: Fragment): Fragment => sql`u.id = (${user})`

/** Positions of `findDecoy` are below. */
export const DECOY_POSITIONS = 1_000_003

/** As in the index `credentials_scattered`. */
const scattered = sql`user_id % 1000003 * 611953 % 1000003`

/**
 * The password hash of some account, the same for the same position: everybody's equally often, whether they were imported at
 * once or came one by one.
 */
export function findDecoy(position: number): Statement<DecoyRow | null> {
  const next = (from: number) => sql`(SELECT password_hash FROM credentials WHERE ${scattered} >= ${from} ORDER BY ${scattered} LIMIT 1)`
  return first(sql`SELECT ${next(position)} AS password_hash, ${next(0)} AS first_password_hash`)
}

interface DecoyRow {
  readonly passwordHash: string | null
  /** After the last account comes the first. Read in any case: a sign-in costs the same for each name. */
  readonly firstPasswordHash: string | null
}
