/** Audit events in D1: what the security log keeps per user (ASVS 16.3). */
import { sql } from 'drizzle-orm'
import type { AuditEventId, UserId } from '../../ids.ts'
import { all, changed, type Fragment, first, run, type Statement } from './database.ts'

export type AuditEventType =
  | 'account_created'
  | 'email_verified'
  | 'verification_sent'
  | 'sign_in'
  | 'sign_in_failed'
  | 'sign_in_challenged'
  | 'sign_in_mail_requested'
  | 'signed_out'
  | 'signed_out_everywhere'
  | 'session_revoked'
  | 'password_reset_requested'
  | 'password_reset'
  | 'password_changed'
  | 'username_changed'
  | 'email_change_requested'
  | 'email_changed'
  | 'email_change_undone'
  | 'profile_changed'
  | 'second_factor_on'
  | 'second_factor_off'
  | 'second_factor_undone'
  | 'recovery_codes_made'
  | 'passkey_added'
  | 'passkey_removed'
  | 'passkey_refused'
  | 'provider_linked'
  | 'provider_unlinked'
  | 'client_authorized'
  | 'consent_given'
  | 'grant_revoked'
  | 'refresh_token_reused'
  | 'authorization_code_reused'
  | 'role_changed'
  | 'banned'
  | 'ban_lifted'
  | 'restricted'
  | 'restriction_lifted'
  | 'verified'
  | 'verification_removed'
  | 'subscription_changed'
  | 'custom_data_changed'
  | 'provisioned'
  | 'account_exported'
  | 'archive_requested'
  | 'account_deleted'
  | 'account_restored'
  | 'role_created'
  | 'role_updated'
  | 'role_deleted'
  | 'client_created'
  | 'client_updated'
  | 'client_secret_rotated'
  | 'client_disabled'
  | 'client_enabled'
  | 'client_deleted'
  | 'api_created'
  | 'api_updated'
  | 'api_disabled'
  | 'api_enabled'
  | 'api_deleted'
  | 'app_disconnected'
  | 'scope_withdrawn'
  | 'machine_created'
  | 'machine_revoked'
  | 'invite_code_revoked'
  | 'impersonation_started'
  | 'impersonation_ended'
  | 'audit_exported'
  | 'note_added'
  | 'note_removed'
  | 'mail_retried'
  | 'people_imported'
  | 'webhook_created'
  | 'webhook_updated'
  | 'webhook_disabled'
  | 'webhook_enabled'
  | 'webhook_secret_rotated'
  | 'webhook_deleted'

export interface NewAuditEvent {
  readonly id: AuditEventId
  readonly type: AuditEventType
  /** The actor, if not the user. */
  readonly actorId?: UserId | null
  readonly clientId?: string | null
  readonly sessionId?: number | null
  readonly deviceHash?: string | null
  readonly userAgent: string
  readonly place: string
  readonly detail?: string | null
  readonly createdAt: number
}

/** Writes one event about the user that `user` yields (SQL for an id or NULL), where `condition` holds. */
export function insertAuditEvent(row: NewAuditEvent, user: Fragment, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO audit_events (id, user_id, actor_id, type, client_id, session_id, device_hash, user_agent, place, detail, created_at)
    SELECT ${row.id}, (${user}), ${row.actorId ?? null}, ${row.type}, ${row.clientId ?? null}, ${row.sessionId ?? null},
           ${row.deviceHash ?? null}, ${row.userAgent}, ${row.place}, ${row.detail ?? null}, ${row.createdAt}
    WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds once this very event was written. */
export function wasRecorded(id: AuditEventId): Fragment {
  return sql`EXISTS (SELECT 1 FROM audit_events WHERE id = ${id})`
}

/** The witness that this very event was written. */
export function findEvent(id: AuditEventId): Statement<{ id: AuditEventId } | null> {
  return first(sql`SELECT id FROM audit_events WHERE id = ${id}`)
}

/** SQL for "the user has signed in before, but never from this device". */
export function isNewDevice(userId: UserId, deviceHash: string): Fragment {
  return sql`
    NOT EXISTS (SELECT 1 FROM audit_events WHERE user_id = ${userId} AND device_hash = ${deviceHash} AND type = 'sign_in')
    AND EXISTS (SELECT 1 FROM audit_events WHERE user_id = ${userId} AND type = 'sign_in' LIMIT 1)`
}

export interface SignInEventRow {
  readonly id: AuditEventId
  readonly type: 'sign_in' | 'sign_in_failed'
  readonly clientId: string | null
  readonly userAgent: string
  readonly place: string
  readonly createdAt: number
}

/** Newest first, from before the position `before`. */
export function listSignInEvents(input: { userId: UserId; before: number; limit: number }): Statement<SignInEventRow[]> {
  return all(sql`
    SELECT id, type, client_id, user_agent, place, created_at FROM audit_events
    WHERE user_id = ${input.userId} AND type IN ('sign_in', 'sign_in_failed') AND id < ${input.before}
    ORDER BY id DESC LIMIT ${input.limit}`)
}

export interface AuditEventRow {
  readonly id: AuditEventId
  readonly type: AuditEventType
  readonly actorId: UserId | null
  readonly clientId: string | null
  /** The client's, also of one that is no longer there. */
  readonly clientName: string | null
  readonly userAgent: string | null
  readonly place: string | null
  readonly detail: string | null
  readonly createdAt: number
}

/** Everything that happened to a user, newest first, from before the position `before`. */
export function listAuditEvents(input: { userId: UserId; before: number; limit: number }): Statement<AuditEventRow[]> {
  return all(sql`
    SELECT e.id, e.type, e.actor_id, e.client_id, c.name AS client_name, e.user_agent, e.place, e.detail, e.created_at
    FROM audit_events e LEFT JOIN oauth_clients c ON c.id = e.client_id
    WHERE e.user_id = ${input.userId} AND e.id < ${input.before}
    ORDER BY e.id DESC LIMIT ${input.limit}`)
}

/** Attempts on accounts that do not exist have no owner who could ask for them. One bounded piece of the sweep. */
export function deleteEventsOfNobody(input: { idBefore: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM audit_events WHERE id IN (
      SELECT id FROM audit_events WHERE user_id IS NULL AND id < ${input.idBefore} LIMIT ${input.limit})`)
}

/** Events of any user that have passed their retention. */
export function deleteOldEvents(input: { idBefore: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM audit_events WHERE id IN (SELECT id FROM audit_events WHERE id < ${input.idBefore} ORDER BY id LIMIT ${input.limit})`)
}
