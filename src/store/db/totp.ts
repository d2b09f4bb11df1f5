/**
 * Secrets of authenticator apps in D1 (RFC 6238), encrypted: the active one, and one waiting to be confirmed. The last
 * accepted time step is stored beside the secret, and only one statement moves it: forward.
 */
import { sql } from 'drizzle-orm'
import type { AuditEventId, UserId } from '../../ids.ts'
import { always, type Fragment, first, run, type Statement } from './database.ts'

export interface TotpRow {
  readonly secret: string | null
  readonly lastStep: number
  readonly pendingSecret: string | null
  readonly pendingAt: number | null
}

export function findTotp(userId: UserId): Statement<TotpRow | null> {
  return first(sql`SELECT secret, last_step, pending_secret, pending_at FROM totp_credentials WHERE user_id = ${userId}`)
}

/** Stores an unconfirmed secret, replacing an earlier one; the active secret stays. */
export function storePendingTotp(input: { userId: UserId; secret: string; now: number }): Statement<void> {
  return run(sql`
    INSERT INTO totp_credentials (user_id, pending_secret, pending_at) VALUES (${input.userId}, ${input.secret}, ${input.now})
    ON CONFLICT (user_id) DO UPDATE SET pending_secret = ${input.secret}, pending_at = ${input.now}`)
}

export function findPendingTotp(userId: UserId, secret: string): Statement<{ userId: UserId } | null> {
  return first(sql`SELECT user_id FROM totp_credentials WHERE user_id = ${userId} AND pending_secret = ${secret}`)
}

/** Holds while this very secret waits for confirmation, and was set after `since`. */
export function isPendingTotp(userId: UserId, secret: string, since: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM totp_credentials WHERE user_id = ${userId} AND pending_secret = ${secret} AND pending_at > ${since})`
}

/** Makes the confirmed secret the active one. The step of its confirmation is used. */
export function confirmTotp(input: { userId: UserId; secret: string; step: number; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE totp_credentials
    SET secret = pending_secret, confirmed_at = ${input.now}, last_step = ${input.step}, pending_secret = NULL, pending_at = NULL
    WHERE user_id = ${input.userId} AND pending_secret = ${input.secret} AND (${condition})`)
}

/** The witness of the switch, by its audit event; and whether this recovery code was created with it. */
export function findTotpSwitch(event: AuditEventId, userId: UserId, codeHash: string): Statement<{ hasCodes: number } | null> {
  return first(sql`
    SELECT EXISTS (SELECT 1 FROM recovery_codes WHERE user_id = ${userId} AND code_hash = ${codeHash}) AS has_codes
    FROM audit_events WHERE id = ${event}`)
}

/** Consumes a time step if it is later than all used ones, the secret is this one, and `condition` holds. */
export function claimTotpStep(input: { userId: UserId; secret: string; step: number }, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE totp_credentials SET last_step = ${input.step}
    WHERE user_id = ${input.userId} AND secret = ${input.secret} AND last_step < ${input.step} AND (${condition})`)
}

/** Stores the same secret under the current key, unless it was replaced meanwhile. */
export function resealTotp(userId: UserId, from: string, to: string): Statement<void> {
  return run(sql`UPDATE totp_credentials SET secret = ${to} WHERE user_id = ${userId} AND secret = ${from}`)
}

export function deleteTotp(userId: UserId, condition: Fragment = always): Statement<void> {
  return run(sql`DELETE FROM totp_credentials WHERE user_id = ${userId} AND (${condition})`)
}
