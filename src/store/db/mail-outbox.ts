/**
 * The mail outbox in D1: a mail is a row of the batch that caused it, sent after the reply and retried by cron (design
 * §1.11). Its content is derived when it is sent; all that a row reveals is the address, until sent, and the facts
 * in `params`.
 */
import { sql } from 'drizzle-orm'
import type { ChallengeId, MailId, UserId } from '../../ids.ts'
import { type ChallengePurpose, type CodeSeed, isOfEpoch } from './challenges.ts'
import { all, changed, type Fragment, first, run, type Statement } from './database.ts'

export type MailKind =
  | 'verify_email'
  | 'account_exists'
  | 'reset_password'
  | 'sign_in_code'
  | 'mail_sign_in'
  | 'mail_sign_in_refused'
  | 'new_device'
  | 'sign_in_locked'
  | 'password_changed'
  | 'second_factor_on'
  | 'second_factor_off'
  | 'second_factor_changed'
  | 'second_factor_undone'
  | 'recovery_code_used'
  | 'second_factor_failed'
  | 'passkey_added'
  | 'passkey_removed'
  | 'passkey_refused'
  | 'change_email'
  | 'change_email_digits'
  | 'email_changed'
  | 'email_changed_again'
  | 'email_change_undone'
  | 'changed_by_admin'
  | 'impersonation_started'
  | 'banned'
  | 'provider_linked'
  | 'provider_unlinked'
  | 'account_exported'
  | 'archive_requested'
  | 'archive_ready'
  | 'account_deleted'
  | 'account_restored'
  | 'webhook_disabled'

export interface NewMail {
  readonly id: MailId
  /** SQL that yields a `MailKind`: sign-up chooses between two of them in the database. */
  readonly kind: Fragment
  /** JSON. */
  readonly params: string
  readonly challengeId: Fragment
  /** The recipient, if not the user's current address. */
  readonly to?: string | Fragment
  readonly createdAt: number
  /** Of the request; null where that says nothing about the recipient's. */
  readonly locale: string | null
}

/** Of the alias `u`: the user's address, if the user has verified it. */
export const verifiedAddress: Fragment = sql`CASE WHEN u.email_key IS NOT NULL AND u.email_verified_at IS NOT NULL THEN u.email END`

/** True of the alias `u`: the account is not deleted. */
export const isNotDeleted: Fragment = sql`u.deleted_at IS NULL`

/** Queues a mail about the user that `user` yields, where `condition` holds; it may use the alias `u`, the user. */
export function insertMail(row: NewMail, user: Fragment, condition: Fragment): Statement<void> {
  // An address without a key was supplied by a third party: nothing is sent there.
  const to = row.to === undefined ? sql`CASE WHEN u.email_key IS NOT NULL THEN u.email END` : sql`${row.to}`
  return run(sql`
    INSERT INTO mail_outbox (id, kind, user_id, to_address, challenge_id, params, created_at, next_attempt_at, locale)
    SELECT ${row.id}, ${row.kind}, u.id, ${to}, ${row.challengeId}, ${row.params}, ${row.createdAt}, ${row.createdAt}, ${row.locale}
    FROM users u WHERE u.id = (${user}) AND ${to} IS NOT NULL AND (${condition})
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds once this very mail was queued, that is when no limit held it back. */
export function wasQueued(id: MailId): Fragment {
  return sql`EXISTS (SELECT 1 FROM mail_outbox WHERE id = ${id})`
}

export const kindOf = (kind: MailKind): Fragment => sql`${kind}`

/** `account_exists` if somebody has verified the address, otherwise the mail with a code (design §1.12). */
export function signUpKind(emailKey: string, free: MailKind = 'verify_email'): Fragment {
  return sql`CASE WHEN EXISTS (SELECT 1 FROM users v WHERE v.email_key = ${emailKey} AND v.email_verified_at IS NOT NULL)
    THEN ${'account_exists' satisfies MailKind} ELSE ${free} END`
}

/** One kind if the challenge was created in this batch, another if not. */
export function kindByChallenge(id: ChallengeId, made: MailKind, otherwise: MailKind): Fragment {
  return sql`CASE WHEN EXISTS (SELECT 1 FROM challenges WHERE id = ${id}) THEN ${made} ELSE ${otherwise} END`
}

export const noChallenge: Fragment = sql`NULL`
export const challengeOf = (id: ChallengeId): Fragment => sql`${id}`

/** Yields the open challenge whose code the mail carries. */
export function newestChallenge(user: Fragment, purpose: ChallengePurpose): Fragment {
  return sql`(SELECT n.id FROM challenges n WHERE n.user_id = (${user}) AND n.purpose = ${purpose} AND n.consumed_at IS NULL
    ORDER BY n.id DESC LIMIT 1)`
}

export interface DueMail extends Partial<CodeSeed> {
  readonly id: MailId
  readonly kind: MailKind
  readonly toAddress: string
  readonly params: string
  readonly createdAt: number
  readonly attempts: number
  readonly userId: UserId
  readonly username: string
  readonly givenName: string | null
  readonly zoneinfo: string | null
  readonly accountLocale: string | null
  readonly locale: string | null
  readonly purpose: ChallengePurpose | null
  readonly challengeExpiresAt: number | null
}

/**
 * True of the aliases `m` and `u`: a deleted account gets only the notices of its deletion and return and, while its owner can
 * restore it, the mails that help: a sign-in code, a password reset, and the undo of a changed address or a second
 * factor.
 */
const mayBeWrittenTo = sql`(u.deleted_at IS NULL OR (u.deleted_reason = 'self' AND m.kind IN ('account_deleted', 'account_restored', 'sign_in_code', 'mail_sign_in', 'mail_sign_in_refused', 'reset_password', 'password_changed', 'email_changed', 'email_changed_again', 'email_change_undone', 'second_factor_on', 'second_factor_undone')))`

/** Leases a mail for sending: nobody else sends it until `leaseUntil`. */
export function leaseMail(input: { id: MailId; now: number; leaseUntil: number }): Statement<{ id: MailId } | null> {
  return first(sql`
    UPDATE mail_outbox SET attempts = attempts + 1, next_attempt_at = ${input.leaseUntil}
    WHERE id = ${input.id} AND sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= ${input.now}
    RETURNING id`)
}

export function findMail(id: MailId): Statement<DueMail | null> {
  return first(sql`
    SELECT m.id, m.kind, m.to_address, m.params, m.created_at, m.attempts, m.user_id, u.username, u.given_name, u.zoneinfo,
           u.locale AS account_locale, m.locale,
           c.purpose, c.code_id, c.random, c.kid, c.expires_at AS challenge_expires_at
    FROM mail_outbox m JOIN users u ON u.id = m.user_id AND ${mayBeWrittenTo}
         LEFT JOIN challenges c ON c.id = m.challenge_id AND c.consumed_at IS NULL AND ${isOfEpoch(sql`c`)}
    WHERE m.id = ${id}`)
}

export function listDueMails(input: { now: number; limit: number }): Statement<{ id: MailId }[]> {
  return all(sql`
    SELECT id FROM mail_outbox
    WHERE next_attempt_at <= ${input.now} AND sent_at IS NULL AND failed_at IS NULL
    ORDER BY next_attempt_at LIMIT ${input.limit}`)
}

export function markMailSent(id: MailId, now: number): Statement<void> {
  return run(sql`UPDATE mail_outbox SET sent_at = ${now}, to_address = NULL, error = NULL WHERE id = ${id} AND sent_at IS NULL`)
}

/** It keeps its address, so that it can be tried again. */
export function markMailFailed(id: MailId, now: number, error: string): Statement<void> {
  return run(sql`UPDATE mail_outbox SET failed_at = ${now}, error = ${error} WHERE id = ${id} AND sent_at IS NULL AND failed_at IS NULL`)
}

export function postponeMail(id: MailId, nextAttemptAt: number, error: string): Statement<void> {
  return run(sql`UPDATE mail_outbox SET next_attempt_at = ${nextAttemptAt}, error = ${error} WHERE id = ${id} AND sent_at IS NULL`)
}

export function deleteSentMails(input: { idBefore: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM mail_outbox WHERE id IN (
      SELECT id FROM mail_outbox WHERE sent_at IS NOT NULL AND id < ${input.idBefore} LIMIT ${input.limit})`)
}

export function deleteFailedMails(input: { idBefore: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM mail_outbox WHERE id IN (
      SELECT id FROM mail_outbox WHERE failed_at IS NOT NULL AND id < ${input.idBefore} LIMIT ${input.limit})`)
}
