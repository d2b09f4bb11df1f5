/** How an account stands: what its owner signs in with, and how many devices and apps are connected. One row. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isThere } from './connected-apps.ts'
import { first, type Statement } from './database.ts'

export interface StandingRow {
  readonly passwordHash: string | null
  /** Kinds, separated by spaces. */
  readonly secondFactors: string | null
  readonly recoveryCodes: number
  readonly passkeys: number
  readonly providers: number
  readonly browsers: number
  readonly apps: number
  readonly files: number
  readonly bytes: number
}

/** Of grants, only the newest are looked at. */
const GRANTS_LOOKED_AT = 100

export function findStanding({ userId, now }: { userId: UserId; now: number }): Statement<StandingRow | null> {
  const isLive = sql`user_id = ${userId} AND epoch = (SELECT epoch FROM users WHERE id = ${userId}) AND revoked_at IS NULL
    AND expires_at > ${now} AND idle_expires_at > ${now}`
  return first(sql`
    SELECT (SELECT password_hash FROM credentials WHERE user_id = ${userId}) AS password_hash,
      (SELECT GROUP_CONCAT(kind, ' ') FROM second_factors WHERE user_id = ${userId}) AS second_factors,
      (SELECT COUNT(*) FROM recovery_codes WHERE user_id = ${userId} AND used_at IS NULL) AS recovery_codes,
      (SELECT COUNT(*) FROM passkeys WHERE user_id = ${userId}) AS passkeys,
      (SELECT COUNT(*) FROM upstream_identities WHERE user_id = ${userId}) AS providers,
      (SELECT COUNT(*) FROM sessions WHERE ${isLive} AND client_id IS NULL AND impersonator_id IS NULL) AS browsers,
      (SELECT COUNT(*) FROM oauth_clients c WHERE ${isThere} AND c.id IN (
        SELECT client_id FROM consents WHERE user_id = ${userId}
        UNION SELECT client_id FROM (
          SELECT client_id FROM sessions WHERE ${isLive} AND client_id IS NOT NULL ORDER BY id DESC LIMIT ${GRANTS_LOOKED_AT}))) AS apps,
      COALESCE((SELECT files FROM media_usage WHERE user_id = ${userId}), 0) AS files,
      COALESCE((SELECT bytes FROM media_usage WHERE user_id = ${userId}), 0) AS bytes`)
}
