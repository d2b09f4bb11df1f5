/**
 * Changes of an e-mail address in D1 (wire §6.12, §6.20). The pending one is a challenge that holds the new address; the
 * undo is a challenge that holds the old one. Addresses are ASCII, so NOCASE compares them as their keys would.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import type { ChallengePurpose, CodeSeed } from './challenges.ts'
import { type Fragment, first, run, type Statement } from './database.ts'

/** How the new address proves itself: by a long code, or by six digits and a token. */
export type ChangePurpose = Extract<ChallengePurpose, 'change_email' | 'change_email_digits'>

const LONG: ChangePurpose = 'change_email'
const DIGITS: ChangePurpose = 'change_email_digits'
const UNDO: ChallengePurpose = 'undo_email_change'

/** Holds while nobody else has proved to own the address. */
export function isAddressFree(emailKey: string, userId: UserId): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM users v WHERE v.email_key = ${emailKey} AND v.email_verified_at IS NOT NULL AND v.id <> ${userId})`
}

interface OpenChange {
  readonly user: Fragment
  readonly purpose: ChangePurpose
  readonly email: string
  /** How often digits may be tried; a long code needs no such limit and is never counted. */
  readonly tries: number
  readonly usableUntil: number
}

const openChange = ({ user, purpose, email, tries, usableUntil }: OpenChange) => sql`
  FROM challenges o WHERE o.user_id = (${user}) AND o.purpose = ${purpose} AND o.consumed_at IS NULL AND o.attempts < ${tries}
    AND o.email = ${email} COLLATE NOCASE AND o.expires_at > ${usableUntil}
    AND o.epoch = (SELECT epoch FROM users WHERE id = o.user_id)`

/** Holds while a change of this user to this address is open and lives until `usableUntil`. */
export function hasOpenChange(change: OpenChange): Fragment {
  return sql`EXISTS (SELECT 1 ${openChange(change)})`
}

/** What the newest such change's code and token are derived from. */
export function findOpenChange(change: OpenChange): Statement<CodeSeed | null> {
  return first(sql`SELECT o.code_id, o.random, o.kid ${openChange(change)} ORDER BY o.id DESC LIMIT 1`)
}

/** Counts one try at the digits of the user's change to this address; right behind it, `justCounted` says whether it was let through. */
export function tryDigits(
  input: { tokenHash: string; userId: UserId; email: string; tries: number; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE token_hash = ${input.tokenHash} AND purpose = ${DIGITS} AND user_id = ${input.userId} AND consumed_at IS NULL
      AND expires_at > ${input.now} AND attempts < ${input.tries} AND email = ${input.email} COLLATE NOCASE AND (${condition})`)
}

/** What the user wants now is this address: codes for another one, perhaps a misspelt one, must not work any more. */
export function voidOtherChanges(input: { user: Fragment; email: string; now: number }): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = (${input.user}) AND purpose IN (${LONG}, ${DIGITS}) AND consumed_at IS NULL AND email <> ${input.email} COLLATE NOCASE`)
}

/** The address that a new challenge is about. */
export const addressOf = (email: string): Fragment => sql`${email}`
/** The present address of the alias `u`: what an undo brings back. */
export const presentAddress: Fragment = sql`u.email`

/** True of the alias `u`: has proved an address, and it is not this one. Nothing else is worth an undo. */
export function losesProvedAddress(newKey: string): Fragment {
  return sql`u.email_verified_at IS NOT NULL AND u.email_key <> ${newKey}`
}

/** True of the row of `challenges`: no factor has been switched on since. What was asked for without one does not get around it. */
export const isYoungerThanFactors: Fragment = sql`NOT EXISTS (
  SELECT 1 FROM second_factors f WHERE f.user_id = challenges.user_id AND f.created_at > challenges.created_at)`

const openUndo = (userId: UserId, now: number) => sql`
  FROM challenges o WHERE o.user_id = ${userId} AND o.purpose = ${UNDO} AND o.consumed_at IS NULL AND o.expires_at > ${now}`

/** Holds while a change of the user's address can still be undone. */
export function hasOpenUndo(userId: UserId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 ${openUndo(userId, now)})`
}

/** The address from before the changes that can still be undone, or NULL. */
export function formerAddress(userId: UserId, now: number): Fragment {
  return sql`(SELECT o.email ${openUndo(userId, now)} ORDER BY o.id LIMIT 1)`
}

/**
 * What becomes of the user's open undos when the address changes once more. Back to one of them: that undo is void, and so are
 * younger ones. The others live on until \`until\`, as after a first change: a thief who has waited gains nothing by it.
 */
export function settleUndos(input: { userId: UserId; email: string; now: number; until: number }, condition: Fragment): Statement<void> {
  const { userId, email, now, until } = input
  const undone = sql`SELECT MIN(o.id) ${openUndo(userId, now)} AND o.email = ${email} COLLATE NOCASE`
  return run(sql`
    UPDATE challenges SET expires_at = MAX(expires_at, ${until}), consumed_at = CASE WHEN id >= (${undone}) THEN ${now} END
    WHERE user_id = ${userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND expires_at > ${now} AND (${condition})`)
}

/** Gives the user that `user` yields a proved address. Every session, token and code of the present epoch is void. */
export function updateEmail(user: Fragment, input: { email: string; emailKey: string; now: number }): Statement<void> {
  const { email, emailKey, now } = input
  return run(sql`
    UPDATE users SET email = ${email}, email_key = ${emailKey}, email_verified_at = ${now}, epoch = epoch + 1, updated_at = ${now}
    WHERE id = (${user})`)
}

/**
 * Makes the user's undos void that are younger than `after`: they lead to addresses of whoever made the undone changes.
 * Older ones lead to addresses from before, and stay.
 */
export function voidUndosAfter(input: { userId: UserId; after: ChallengeId; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = ${input.userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND id > ${input.after} AND (${condition})`)
}
