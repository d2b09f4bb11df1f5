/** Guards and writes for an administrator's update of an account (see `core/admin/update-user.ts`). */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { type Fragment, first, run, type Statement } from './database.ts'
import type { RoleRow } from './roles.ts'

/** Who else has the names. Null: that name does not change. */
export function findConflicts(input: {
  userId: UserId
  usernameKey: string | null
  emailKey: string | null
}): Statement<{ username: number; email: number } | null> {
  const { userId, usernameKey, emailKey } = input
  return first(sql`
    SELECT EXISTS (SELECT 1 FROM users WHERE username_key = ${usernameKey} AND id <> ${userId}) AS username,
           EXISTS (SELECT 1 FROM users WHERE email_key = ${emailKey} AND email_verified_at IS NOT NULL AND id <> ${userId}) AS email`)
}

/** Holds while the user and the role's scopes are as read, the user is not deleted, and the rank is below `ranking`. */
export function isUserBelow(input: { userId: UserId; epoch: number; roleScopes: string; ranking: number }): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM users x JOIN roles r ON r.id = x.role
    WHERE x.id = ${input.userId} AND x.epoch = ${input.epoch} AND x.deleted_at IS NULL AND r.scopes = ${input.roleScopes}
      AND r.ranking > ${input.ranking})`
}

/** Holds while the role is as read, of a rank below `ranking`. */
export function isRoleBelow(role: Pick<RoleRow, 'id' | 'scopes'>, ranking: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM roles WHERE id = ${role.id} AND scopes = ${role.scopes} AND ranking > ${ranking})`
}

/** Sets the user's password, or their first one, where `condition` holds. */
export function putPassword(input: { userId: UserId; passwordHash: string; now: number }, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO credentials (user_id, password_hash, updated_at)
    SELECT ${input.userId}, ${input.passwordHash}, ${input.now} WHERE ${condition}
    ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, updated_at = excluded.updated_at,
      reset_network = NULL, former_hash = NULL, former_until = NULL`)
}
