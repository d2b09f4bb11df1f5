/**
 * Changes of an e-mail address in D1 (wire §6.12, §6.20). The pending one is a challenge that holds the new address; the
 * undo is a challenge that holds the old one. Addresses are ASCII, so NOCASE compares them as their keys would.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, UserId } from '../../ids.ts'
import type { ChallengePurpose } from './challenges.ts'
import { type Fragment, run, type Statement } from './database.ts'

const CHANGE: ChallengePurpose = 'change_email'
const UNDO: ChallengePurpose = 'undo_email_change'

/** Holds while nobody else has proved to own the address. */
export function isAddressFree(emailKey: string, userId: UserId): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM users v WHERE v.email_key = ${emailKey} AND v.email_verified_at IS NOT NULL AND v.id <> ${userId})`
}

/** Holds while a change of this user to this address is open and lives until `usableUntil`. */
export function hasOpenChange(input: { user: Fragment; email: string; usableUntil: number }): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM challenges o WHERE o.user_id = (${input.user}) AND o.purpose = ${CHANGE} AND o.consumed_at IS NULL
      AND o.email = ${input.email} COLLATE NOCASE AND o.expires_at > ${input.usableUntil}
      AND o.epoch = (SELECT epoch FROM users WHERE id = o.user_id))`
}

/** What the user wants now is this address: codes for another one, perhaps a misspelt one, must not work any more. */
export function voidOtherChanges(input: { user: Fragment; email: string; now: number }): Statement<void> {
  return run(sql`
    UPDATE challenges SET consumed_at = ${input.now}
    WHERE user_id = (${input.user}) AND purpose = ${CHANGE} AND consumed_at IS NULL AND email <> ${input.email} COLLATE NOCASE`)
}

/** The address that a new challenge is about. */
export const addressOf = (email: string): Fragment => sql`${email}`
/** The present address of the alias `u`: what an undo brings back. */
export const presentAddress: Fragment = sql`u.email`

/** True of the alias `u`: has proved an address, and it is not this one. Nothing else is worth an undo. */
export function losesProvedAddress(newKey: string): Fragment {
  return sql`u.email_verified_at IS NOT NULL AND u.email_key <> ${newKey}`
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
