/** Who a user is in other systems, in D1: the one that they were imported from, and clients that provision users. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Statement } from './database.ts'

/** The source of an import's own ids; any other is the client that provisions the user. */
export const IMPORTS = ''

interface ExternalIdRow {
  /** The client; empty for an import. */
  readonly source: string
  readonly externalId: string
  readonly createdAt: number
}

export function listExternalIds(userId: UserId): Statement<ExternalIdRow[]> {
  return all(sql`SELECT source, external_id, created_at FROM external_ids WHERE user_id = ${userId} ORDER BY source`)
}
