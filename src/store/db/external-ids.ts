/** Who a user is in the system that they were imported from, in D1, and in those of clients that provision users. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, first, type Statement } from './database.ts'

/** The source of an import's own ids. */
export const IMPORTS = ''

/**
 * Whether an import made the user, without a password, and nobody has used the account since: what it knows of credentials is as
 * old as the external id, no session was ever theirs, and they have no passkey.
 */
export const awaitsPassword = (user: Fragment): Fragment => sql`(
  ${user}.active_day IS NULL AND ${user}.deleted_at IS NULL
  AND EXISTS (SELECT 1 FROM credentials k JOIN external_ids m ON m.user_id = k.user_id AND m.source = ${IMPORTS} AND m.created_at = k.updated_at
    WHERE k.user_id = ${user}.id AND k.password_hash = '' AND k.former_hash IS NULL)
  AND NOT EXISTS (SELECT 1 FROM passkeys y WHERE y.user_id = ${user}.id))`

interface ExternalIdRow {
  /** The client that provisions the user; empty for an import. */
  readonly source: string
  /** A client may have none. */
  readonly externalId: string | null
  /** The client's name for the user. */
  readonly userName: string | null
  readonly createdAt: number
}

/** Whoever an import has made of this one. */
export function findImported(externalId: string): Statement<{ userId: UserId } | null> {
  return first(sql`SELECT user_id FROM external_ids WHERE source = ${IMPORTS} AND external_id = ${externalId}`)
}

export function listExternalIds(userId: UserId): Statement<ExternalIdRow[]> {
  return all(sql`
    SELECT source, external_id, NULL AS user_name, created_at FROM external_ids WHERE user_id = ${userId}
    UNION ALL SELECT client_id, external_id, user_name, created_at FROM provisioned_users WHERE user_id = ${userId}`)
}
