/** Groups of a client that provisions users: roles, and which of the client's users have them (docs/decisions/060). */
import { sql } from 'drizzle-orm'
import type { AuditEventId, UserId } from '../../ids.ts'
import { all, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import type { NewRole, RoleRow } from './roles.ts'

export interface MemberRow {
  readonly role: string
  readonly userId: UserId
  readonly userName: string
}

/** The client's users with one of these roles, at most `limit` of each role. */
export function listMembers(clientId: string, roles: readonly string[], limit: number): Statement<MemberRow[]> {
  return all(sql`
    SELECT role, user_id, user_name FROM (
      SELECT u.role, p.user_id, p.user_name, ROW_NUMBER() OVER (PARTITION BY u.role ORDER BY p.user_id) AS number
      FROM json_each(${JSON.stringify(roles)}) j CROSS JOIN users u INDEXED BY users_role ON u.role = j.value
      CROSS JOIN provisioned_users p ON p.client_id = ${clientId} AND p.user_id = u.id)
    WHERE number <= ${limit} ORDER BY role, user_id`)
}

/** Creates a role as a group of the client where `condition` holds, unless its id is taken. */
export function insertGroup(row: NewRole, clientId: string, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO roles (id, display_name, ranking, description, scopes, system, client_id, created_at, updated_at)
    SELECT ${row.id}, ${row.displayName}, ${row.ranking}, ${row.description}, ${row.scopes}, 0, ${clientId}, ${row.createdAt}, ${row.createdAt}
    WHERE ${condition}
    ON CONFLICT (id) DO NOTHING`)
}

/** Holds while no other role is called so. */
export function isGroupNameFree(displayName: string, id: string | null): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM roles WHERE LOWER(roles.display_name) = LOWER(${displayName}) AND roles.id IS NOT ${id})`
}

/** Holds while the client has fewer groups. */
export function hasFewerGroups(clientId: string, limit: number): Fragment {
  return sql`(SELECT COUNT(*) FROM roles WHERE roles.client_id = ${clientId}) < ${limit}`
}

/** Holds while the role has the scopes and the rank that were read. */
export function isGroupAs({ id, scopes, ranking }: RoleRow): Fragment {
  return sql`EXISTS (SELECT 1 FROM roles x WHERE x.id = ${id} AND x.scopes = ${scopes} AND x.ranking = ${ranking})`
}

/** The group where `condition` holds. */
export function findGroupWhere(id: string, condition: Fragment): Statement<RoleRow | null> {
  return first(sql`SELECT * FROM roles WHERE id = ${id} AND (${condition})`)
}

export function renameGroup(id: string, displayName: string, now: number, condition: Fragment): Statement<void> {
  return run(
    sql`UPDATE roles SET display_name = ${displayName}, updated_at = MAX(${now}, updated_at + 1) WHERE id = ${id} AND (${condition})`,
  )
}

/** Holds while nobody has the role. */
export const isUnused = (id: string): Fragment => sql`NOT EXISTS (SELECT 1 FROM users u WHERE u.role = ${id})`

/** Holds while nobody but users of the client has the role. */
export function isGroupOfClientOnly(id: string, clientId: string): Fragment {
  return sql`NOT EXISTS (
    SELECT 1 FROM users u WHERE u.role = ${id} AND NOT EXISTS (SELECT 1 FROM provisioned_users p WHERE p.client_id = ${clientId} AND p.user_id = u.id))`
}

export interface Move {
  readonly clientId: string
  /** The role that they get. */
  readonly to: string
  /** Who, with the audit event of each. */
  readonly members: readonly { readonly userId: UserId; readonly eventId: AuditEventId }[]
  /** The roles that they may leave, with their scopes as read. */
  readonly from: Readonly<Record<string, string>>
  readonly now: number
}

/** True of the alias `u`, for each who moves. */
const moves = ({ clientId, to, from }: Move) => sql`
  u.role <> ${to} AND u.role IN (SELECT l.id FROM json_each(${JSON.stringify(from)}) f CROSS JOIN roles l ON l.id = f.key AND l.scopes = f.value)
  AND EXISTS (SELECT 1 FROM provisioned_users p WHERE p.client_id = ${clientId} AND p.user_id = u.id)`

/** Gives the client's users another role, where `condition` holds, and ends their sessions. */
export function moveMembers(
  move: Move,
  caller: { readonly userAgent: string; readonly place: string },
  condition: Fragment,
): Statement<void>[] {
  const { to, now, clientId } = move
  const members = sql`json_each(${JSON.stringify(move.members)}) j`
  return [
    run(sql`
      INSERT INTO audit_events (id, user_id, type, client_id, user_agent, place, detail, created_at)
      SELECT j.value ->> 'eventId', u.id, 'role_changed', ${clientId}, ${caller.userAgent}, ${caller.place}, u.role || ' ' || ${to}, ${now}
      FROM ${members} CROSS JOIN users u ON u.id = j.value ->> 'userId' WHERE ${moves(move)} AND (${condition})
      ON CONFLICT (id) DO NOTHING`),
    endsSessions(
      run(sql`
      UPDATE users AS u SET role = ${to}, epoch = epoch + 1, updated_at = MAX(${now}, updated_at + 1)
      WHERE u.id IN (SELECT j.value ->> 'userId' FROM ${members}) AND ${moves(move)} AND (${condition})`),
    ),
  ]
}

/** Users of the client who have the role, but for these. */
export function listWithRole(clientId: string, role: string, except: readonly UserId[], limit: number): Statement<{ userId: UserId }[]> {
  return all(sql`
    SELECT p.user_id FROM users u INDEXED BY users_role CROSS JOIN provisioned_users p ON p.client_id = ${clientId} AND p.user_id = u.id
    WHERE u.role = ${role} AND u.id NOT IN (SELECT value FROM json_each(${JSON.stringify(except)})) LIMIT ${limit}`)
}
