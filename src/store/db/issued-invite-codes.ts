/** Invite codes as administrators see them: everybody's, newest first, in the order in which they were created. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isSomebody } from './admin-users.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { InviteCodeRow } from './invite-codes.ts'

export interface IssuedCodeRow extends InviteCodeRow {
  /** Its position in the list. */
  readonly id: number
  readonly ownerId: UserId
  /** Null for an account that is gone. */
  readonly ownerName: string | null
  readonly ownerRanking: number
  /** Null while unused, and for an account that is gone. */
  readonly usedByName: string | null
}

/** What finds a code: itself, or its owner or user by id, address or user name. */
export interface CodeSearch {
  readonly code: string
  readonly userId: UserId | null
  readonly emailKey: string | null
  readonly usernameKey: string
}

const columns = sql`
  i.rowid AS id, i.code, i.created_at, i.updated_at, i.used_by, i.revoked_at, i.owner_id, r.ranking AS owner_ranking,
  iif(${isSomebody}, u.username, NULL) AS owner_name,
  (SELECT t.username FROM users t WHERE t.id = i.used_by AND t.deleted_reason IS NOT 'purged') AS used_by_name`
const owners = sql`CROSS JOIN users u ON u.id = i.owner_id JOIN roles r ON r.id = u.role`

/** Yields the positions of the codes that are meant, each once. */
function positionsOf({ code, userId, emailKey, usernameKey }: CodeSearch): Fragment {
  const people = sql`
    SELECT id FROM users WHERE id = ${userId} UNION SELECT id FROM users WHERE email_key = ${emailKey}
    UNION SELECT id FROM users WHERE username_key = ${usernameKey}`
  return sql`
    SELECT rowid AS id FROM invite_codes WHERE code = ${code}
    UNION SELECT rowid FROM invite_codes WHERE owner_id IN (${people})
    UNION SELECT rowid FROM invite_codes WHERE used_by IN (${people})`
}

/** Those before the position `before`; without a search, all there are. */
export function listIssuedCodes(input: { search: CodeSearch | null; before: number; limit: number }): Statement<IssuedCodeRow[]> {
  const { search, before, limit } = input
  const found = search === null ? sql`` : sql`(${positionsOf(search)}) m CROSS JOIN`
  const meant = search === null ? sql`` : sql`i.rowid = m.id AND`
  return all(sql`
    SELECT ${columns} FROM ${found} invite_codes i NOT INDEXED ${owners}
    WHERE ${meant} i.rowid < ${before} ORDER BY i.rowid DESC LIMIT ${limit}`)
}

export function findIssuedCode(code: string): Statement<IssuedCodeRow | null> {
  return first(sql`SELECT ${columns} FROM invite_codes i ${owners} WHERE i.code = ${code}`)
}

/** Holds while the code is good and its owner's rank is below `ranking`. */
export function isRevocable(code: string, ranking: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM invite_codes i ${owners}
    WHERE i.code = ${code} AND i.used_by IS NULL AND i.revoked_at IS NULL AND r.ranking > ${ranking})`
}

export function revokeInviteCode(code: string, now: number, condition: Fragment): Statement<void> {
  return run(sql`UPDATE invite_codes SET revoked_at = ${now}, updated_at = ${now} WHERE code = ${code} AND (${condition})`)
}
