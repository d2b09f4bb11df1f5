/**
 * Changes of email address in D1 (wire §6.12, §6.20). A pending change is a challenge that holds the new address; an
 * undo is a challenge that holds the old one. Addresses are ASCII, so NOCASE compares them as their keys would.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import type { ChallengePurpose, CodeSeed } from './challenges.ts'
import { endsSessions, type Fragment, first, run, type Statement } from './database.ts'

/** How the new address is verified: by a long code, or by six digits and a token. */
export type ChangePurpose = Extract<ChallengePurpose, 'change_email' | 'change_email_digits'>

const LONG: ChangePurpose = 'change_email'
const DIGITS: ChangePurpose = 'change_email_digits'
const UNDO: ChallengePurpose = 'undo_email_change'

/** Holds while nobody else has verified the address. */
export function isAddressFree(emailKey: string, userId: UserId): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM users v WHERE v.email_key = ${emailKey} AND v.email_verified_at IS NOT NULL AND v.id <> ${userId})`
}

interface OpenChange {
  readonly user: Fragment
  readonly purpose: ChangePurpose
  readonly email: string
  /** How many tries the digits allow; a long code needs no limit and is not counted. */
  readonly tries: number
  readonly usableUntil: number
}

const openChange = ({ user, purpose, email, tries, usableUntil }: OpenChange) => sql`
  FROM challenges o WHERE o.user_id = (${user}) AND o.purpose = ${purpose} AND o.consumed_at IS NULL AND o.attempts < ${tries}
    AND o.email = ${email} COLLATE NOCASE AND o.expires_at > ${usableUntil}
    AND o.epoch = (SELECT epoch FROM users WHERE id = o.user_id)`

/** Holds while this user has an open change to this address that is valid until `usableUntil`. */
export function hasOpenChange(change: OpenChange): Fragment {
  return sql`EXISTS (SELECT 1 ${openChange(change)})`
}

/** What the code and token of the newest such change are derived from. */
export function findOpenChange(change: OpenChange): Statement<CodeSeed | null> {
  return first(sql`SELECT o.code_id, o.random, o.kid ${openChange(change)} ORDER BY o.id DESC LIMIT 1`)
}

/** Counts one try at the digits of the user's change to this address; right after it, `justCounted` says whether it was allowed. */
export function tryDigits(
  input: { tokenHash: string; userId: UserId; email: string; tries: number; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE challenges SET attempts = attempts + 1
    WHERE token_hash = ${input.tokenHash} AND purpose = ${DIGITS} AND user_id = ${input.userId} AND consumed_at IS NULL
      AND expires_at > ${input.now} AND attempts < ${input.tries} AND email = ${input.email} COLLATE NOCASE AND (${condition})`)
}

/** The user now wants this address: codes for another, perhaps misspelt, address must stop working. */
export function voidOtherChanges(input: { user: Fragment; email: string; now: number }): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = (${input.user}) AND purpose IN (${LONG}, ${DIGITS}) AND consumed_at IS NULL AND email <> ${input.email} COLLATE NOCASE`)
}

/** The address that a new challenge is about. */
export const addressOf = (email: string): Fragment => sql`${email}`
/** The current address of the alias `u`, which an undo restores. */
export const presentAddress: Fragment = sql`u.email`

/** True of the alias `u`: has a verified address other than this one. Only such an address is worth an undo. */
export function losesProvedAddress(newKey: string): Fragment {
  return sql`u.email_verified_at IS NOT NULL AND u.email_key <> ${newKey}`
}

/** True of the row of `challenges`: no factor has been enabled since. A request made without a factor must not bypass one. */
export const isYoungerThanFactors: Fragment = sql`NOT EXISTS (
  SELECT 1 FROM second_factors f WHERE f.user_id = challenges.user_id AND f.created_at > challenges.created_at)`

const openUndo = (userId: UserId, now: number) => sql`
  FROM challenges o WHERE o.user_id = ${userId} AND o.purpose = ${UNDO} AND o.consumed_at IS NULL AND o.expires_at > ${now}`

/** Holds while a change of the user's address can still be undone. */
export function hasOpenUndo(userId: UserId, now: number): Fragment {
  return sql`EXISTS (SELECT 1 ${openUndo(userId, now)})`
}

/** The address before the changes that can still be undone, or NULL. */
export function formerAddress(userId: UserId, now: number): Fragment {
  return sql`(SELECT o.email ${openUndo(userId, now)} ORDER BY o.id LIMIT 1)`
}

/**
 * Updates the user's open undos when the address changes again. A change back to the address of an undo invalidates
 * that undo and younger ones. The others stay valid until \`until\`, as after a first change, so a thief gains nothing
 * by waiting.
 */
export function settleUndos(input: { userId: UserId; email: string; now: number; until: number }, condition: Fragment): Statement<void> {
  const { userId, email, now, until } = input
  const undone = sql`SELECT MIN(o.id) ${openUndo(userId, now)} AND o.email = ${email} COLLATE NOCASE`
  return run(sql`
    UPDATE challenges SET expires_at = MAX(expires_at, ${until}), consumed_at = CASE WHEN id >= (${undone}) THEN ${now} END
    WHERE user_id = ${userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND expires_at > ${now} AND (${condition})`)
}

/** Sets a verified address for the user that `user` yields. Invalidates every session, token and code of the current epoch. */
export function updateEmail(user: Fragment, input: { email: string; emailKey: string; now: number }): Statement<void> {
  const { email, emailKey, now } = input
  return endsSessions(
    run(sql`
    UPDATE users SET email = ${email}, email_key = ${emailKey}, email_verified_at = ${now}, epoch = epoch + 1, updated_at = ${now}
    WHERE id = (${user})`),
  )
}

/**
 * Invalidates the user's undos younger than `after`: they lead to addresses set by whoever made the undone changes.
 * Older ones lead to earlier addresses and stay valid.
 */
export function voidUndosAfter(input: { userId: UserId; after: ChallengeId; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = ${input.userId} AND purpose = ${UNDO} AND consumed_at IS NULL AND id > ${input.after} AND (${condition})`)
}
