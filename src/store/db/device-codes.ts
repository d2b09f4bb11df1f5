/** Device codes in D1 (RFC 8628). One guarded UPDATE decides a request, and one claims it for a session (design §1.4). */
import { sql } from 'drizzle-orm'
import type { SessionId, UserId } from '../../ids.ts'
import { apisOf } from './apis.ts'
import { changed, type Fragment, first, run, type Statement } from './database.ts'
import { isGrantorLive, isLive } from './live-session.ts'
import { clientColumns, type OAuthClientRow } from './oauth-clients.ts'

export interface NewDeviceCode {
  readonly deviceHash: string
  readonly userHash: string
  readonly clientId: string
  readonly scope: string
  readonly userAgent: string
  readonly place: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly intervalMs: number
}

/** Creates a request. No-op if another one has the same `user_code`; `deviceCodeExists` tells. */
export function insertDeviceCode(row: NewDeviceCode): Statement<void> {
  return run(sql`
    INSERT INTO device_codes (device_hash, user_hash, client_id, scope, user_agent, place, created_at, expires_at, interval_ms)
    VALUES (${row.deviceHash}, ${row.userHash}, ${row.clientId}, ${row.scope}, ${row.userAgent}, ${row.place}, ${row.createdAt},
            ${row.expiresAt}, ${row.intervalMs})
    ON CONFLICT DO NOTHING`)
}

export function deviceCodeExists(deviceHash: string): Statement<{ deviceHash: string } | null> {
  return first(sql`SELECT device_hash FROM device_codes WHERE device_hash = ${deviceHash}`)
}

export interface OpenDeviceCode {
  readonly deviceHash: string
  readonly clientId: string
  readonly scope: string
  readonly apis: string | null
  readonly userAgent: string
  readonly place: string
  readonly createdAt: number
}

const isOpen = (userHash: string, now: number) => sql`user_hash = ${userHash} AND decided_at IS NULL AND expires_at > ${now}`

/** A request that nobody has decided yet, where `condition` holds. */
export function findOpenDeviceCode(userHash: string, now: number, condition: Fragment): Statement<OpenDeviceCode | null> {
  return first(sql`
    SELECT device_hash, client_id, scope, ${apisOf(sql`scope`)} AS apis, user_agent, place, created_at FROM device_codes
    WHERE ${isOpen(userHash, now)} AND (${condition})`)
}

/** The client of a request that nobody has decided yet. */
export function findClientOfDevice(userHash: string, now: number): Statement<OAuthClientRow | null> {
  return first(sql`
    SELECT ${clientColumns} FROM oauth_clients c WHERE c.id = (SELECT client_id FROM device_codes WHERE ${isOpen(userHash, now)})`)
}

/** Holds while nobody has decided the request. */
export function isDeviceCodeOpen(userHash: string, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM device_codes WHERE ${isOpen(userHash, now)})`
}

interface Decision {
  readonly deviceHash: string
  readonly userId: UserId
  readonly browserSessionId: SessionId
  readonly now: number
}

/** Allows an undecided request while the browser session is live; how and when the user signed in comes from the session. */
export function allowDevice(decision: Decision & { readonly scope: string }): Statement<void> {
  const { deviceHash, userId, browserSessionId, scope, now } = decision
  return run(sql`
    UPDATE device_codes AS d SET decided_at = ${now}, scope = ${scope}, user_id = u.id, epoch = u.epoch, browser_session_id = s.id,
      authenticated_at = s.authenticated_at, amr = s.amr
    FROM sessions s JOIN users u ON u.id = s.user_id
    WHERE d.device_hash = ${deviceHash} AND d.decided_at IS NULL AND d.expires_at > ${now}
      AND s.id = ${browserSessionId} AND u.id = ${userId} AND s.client_id IS NULL AND ${isLive(now)}`)
}

/** Denies an undecided request. */
export function denyDevice({ deviceHash, browserSessionId, now }: Decision): Statement<void> {
  return run(sql`
    UPDATE device_codes SET decided_at = ${now}, browser_session_id = ${browserSessionId}
    WHERE device_hash = ${deviceHash} AND decided_at IS NULL AND expires_at > ${now}`)
}

/** Holds when the request was allowed in this browser session. */
export function wasDeviceAllowed({ deviceHash, browserSessionId }: Omit<Decision, 'now'>): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM device_codes WHERE device_hash = ${deviceHash} AND browser_session_id = ${browserSessionId} AND user_id IS NOT NULL)`
}

/** Whose decision counts: the browser session's that made it. */
export function findDeviceDecision(deviceHash: string): Statement<{ browserSessionId: SessionId; userId: UserId | null } | null> {
  return first(sql`SELECT browser_session_id, user_id FROM device_codes WHERE device_hash = ${deviceHash} AND decided_at IS NOT NULL`)
}

export interface DeviceCodeRow {
  readonly clientId: string
  readonly scope: string
  readonly apis: string | null
  readonly expiresAt: number
  readonly intervalMs: number
  readonly polledAt: number | null
  readonly decidedAt: number | null
  readonly userId: UserId | null
  readonly authenticatedAt: number | null
  readonly amr: string | null
  readonly consumedAt: number | null
  /** 1 while the browser session that allowed it is live and has the request's epoch. */
  readonly isLive: number | null
}

export function findDeviceCode(deviceHash: string, now: number): Statement<DeviceCodeRow | null> {
  return first(sql`
    SELECT d.client_id, d.scope, ${apisOf(sql`d.scope`)} AS apis, d.expires_at, d.interval_ms, d.polled_at, d.decided_at, d.user_id, d.authenticated_at, d.amr,
           d.consumed_at, (d.epoch = u.epoch AND ${isLive(now)}) AS is_live
    FROM device_codes d LEFT JOIN users u ON u.id = d.user_id LEFT JOIN sessions s ON s.id = d.browser_session_id
    WHERE d.device_hash = ${deviceHash}`)
}

/** Records a poll. One that came earlier than allowed raises the pause (RFC 8628 §3.5). */
export function recordPoll(input: {
  deviceHash: string
  clientId: string
  now: number
  slackMs: number
  raiseMs: number
}): Statement<void> {
  const { deviceHash, clientId, now, slackMs, raiseMs } = input
  return run(sql`
    UPDATE device_codes SET polled_at = ${now},
      interval_ms = interval_ms + CASE WHEN polled_at > ${now + slackMs} - interval_ms THEN ${raiseMs} ELSE 0 END
    WHERE device_hash = ${deviceHash} AND client_id = ${clientId} AND decided_at IS NULL AND expires_at > ${now}`)
}

/** Claims an allowed request for the session about to be created. An id that another session already has claims nothing. */
export function claimDeviceCode(input: { deviceHash: string; sessionId: SessionId; now: number }): Statement<void> {
  return run(sql`
    UPDATE device_codes SET consumed_at = ${input.now}, session_id = ${input.sessionId}
    WHERE device_hash = ${input.deviceHash} AND user_id IS NOT NULL AND consumed_at IS NULL AND expires_at > ${input.now}
      AND NOT EXISTS (SELECT 1 FROM sessions WHERE id = ${input.sessionId})
      AND ${isGrantorLive(sql`device_codes`, input.now)}`)
}

/** Holds when the request was claimed for this session. */
export function isDeviceClaimed(deviceHash: string, sessionId: SessionId): Fragment {
  return sql`EXISTS (SELECT 1 FROM device_codes WHERE device_hash = ${deviceHash} AND session_id = ${sessionId})`
}

/** The session that the request was exchanged for, whoever claimed it. */
export function findDeviceClaim(deviceHash: string): Statement<{ sessionId: SessionId } | null> {
  return first(sql`SELECT session_id FROM device_codes WHERE device_hash = ${deviceHash} AND consumed_at IS NOT NULL`)
}

export function deleteExpiredDeviceCodes(input: { before: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM device_codes WHERE device_hash IN (
      SELECT device_hash FROM device_codes WHERE expires_at < ${input.before} LIMIT ${input.limit})`)
}
