/** What the page about one person shows administrators: each list as long as the page shows it. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import type { Counter } from './attempt-counters.ts'
import type { AuditEventRow } from './audit-events.ts'
import { all, first, type Statement } from './database.ts'

/** How somebody gets in, and through whom they came. */
export interface StandingRow {
  readonly hasPassword: number
  /** Somebody else has verified the same address. */
  readonly isAddressTaken: number
  readonly inviterId: UserId | null
  readonly inviterName: string | null
}

export function findPersonStanding(userId: UserId): Statement<StandingRow | null> {
  return first(sql`
    SELECT EXISTS (SELECT 1 FROM credentials c WHERE c.user_id = u.id AND c.password_hash <> '') AS has_password,
           EXISTS (SELECT 1 FROM users v WHERE v.email_key = u.email_key AND v.email_verified_at IS NOT NULL AND v.id <> u.id) AS is_address_taken,
           o.id AS inviter_id, o.username AS inviter_name
    FROM users u LEFT JOIN invite_codes i ON i.used_by = u.id LEFT JOIN users o ON o.id = i.owner_id WHERE u.id = ${userId}`)
}

export interface InvitedRow {
  /** The number of the code. */
  readonly id: number
  readonly userId: UserId
  readonly username: string
  readonly createdAt: number
}

/** Whom somebody has invited, in the order of their codes, from after the code `after`. */
export function listInvited(input: { userId: UserId; after: number; limit: number }): Statement<InvitedRow[]> {
  return all(sql`
    SELECT i.slot AS id, u.id AS user_id, u.username, u.created_at FROM invite_codes i CROSS JOIN users u ON u.id = i.used_by
    WHERE i.owner_id = ${input.userId} AND i.slot > ${input.after} ORDER BY i.slot LIMIT ${input.limit}`)
}

export interface TrailRow extends AuditEventRow {
  readonly actorName: string | null
  readonly clientName: string | null
}

/** What happened to somebody, newest first, from before the position `before`, with the names of who did it. */
export function listTrail(input: { userId: UserId; before: number; limit: number }): Statement<TrailRow[]> {
  return all(sql`
    SELECT e.id, e.type, e.actor_id, a.username AS actor_name, e.client_id, c.name AS client_name, e.user_agent, e.place, e.detail, e.created_at
    FROM audit_events e LEFT JOIN users a ON a.id = e.actor_id LEFT JOIN oauth_clients c ON c.id = e.client_id
    WHERE e.user_id = ${input.userId} AND e.id < ${input.before} ORDER BY e.id DESC LIMIT ${input.limit}`)
}

export interface PersonAppRow {
  readonly clientId: string
  readonly name: string
  /** Null while nothing is signed in with it. */
  readonly lastUsedAt: number | null
}

/** Apps that somebody has agreed to. */
export function listAgreedApps(userId: UserId, limit: number): Statement<PersonAppRow[]> {
  return all(sql`
    SELECT k.client_id, c.name, NULL AS last_used_at FROM consents k JOIN oauth_clients c ON c.id = k.client_id
    WHERE k.user_id = ${userId} AND c.token_endpoint_auth_method <> 'deleted' LIMIT ${limit}`)
}

/** Counters by their keys; those that do not exist are left out. */
export function findCounters(keys: readonly string[]): Statement<(Counter & { key: string })[]> {
  return all(sql`
    SELECT c.key, c.count, c.window_ends_at FROM json_each(${JSON.stringify(keys)}) j CROSS JOIN attempt_counters c ON c.key = j.value`)
}
