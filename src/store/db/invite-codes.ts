/**
 * Invite codes in D1: each user has numbered slots for them, so that two parallel requests create the same ones. A code
 * is claimed by one guarded statement (design §1.4), in the batch that creates the account.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import { isPresent, isVisibleTo } from './people.ts'
import type { UserRow } from './users.ts'

export interface InviteCodeRow {
  readonly code: string
  readonly createdAt: number
  readonly updatedAt: number
  /** The user whose account was created with it; null while unused. */
  readonly usedBy: UserId | null
  readonly revokedAt: number | null
}

export function listInviteCodes(ownerId: UserId): Statement<InviteCodeRow[]> {
  return all(sql`SELECT code, created_at, updated_at, used_by, revoked_at FROM invite_codes WHERE owner_id = ${ownerId} ORDER BY slot`)
}

/** Who invited the user, if the user may still see them. */
export function findInviter(userId: UserId, now: number): Statement<Pick<UserRow, 'id' | 'username'> | null> {
  return first(sql`
    SELECT u.id, u.username FROM invite_codes i JOIN users u ON u.id = i.owner_id WHERE i.used_by = ${userId} AND ${isVisibleTo(userId, now)}`)
}

/** Fills each empty slot, the first with the first of `codes`. Existing codes stay, also used and revoked ones. */
export function insertInviteCodes(ownerId: UserId, codes: readonly string[], now: number): Statement<void> {
  return run(sql`
    INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at)
    SELECT j.value, u.id, j.key, ${now}, ${now} FROM users u CROSS JOIN json_each(${JSON.stringify(codes)}) j
    WHERE u.id = ${ownerId} AND ${isPresent(now)}
    ON CONFLICT (owner_id, slot) DO NOTHING
    ON CONFLICT (code) DO NOTHING`)
}

/** Holds while the code is neither used nor revoked and its owner is visible to everyone. */
export function isInviteOpen(code: string, now: number): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM invite_codes i JOIN users u ON u.id = i.owner_id
    WHERE i.code = ${code} AND i.used_by IS NULL AND i.revoked_at IS NULL AND ${isPresent(now)})`
}

/** Uses the code for this account where `condition` holds; of many parallel attempts, one succeeds. */
export function claimInvite(code: string, userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE invite_codes SET used_by = ${userId}, updated_at = ${now}
    WHERE code = ${code} AND used_by IS NULL AND revoked_at IS NULL AND (${condition})`)
}
