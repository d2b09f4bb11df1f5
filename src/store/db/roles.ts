/** Roles in D1, with their rank and the scopes that they may hold at most. */
import { sql } from 'drizzle-orm'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import type { roles } from './schema/users.ts'

export type RoleRow = typeof roles.$inferSelect

/** All roles, highest rank first. An operator has a handful. */
export function listRoles(): Statement<RoleRow[]> {
  return all(sql`SELECT * FROM roles ORDER BY ranking, id`)
}

export function findRole(id: string): Statement<RoleRow | null> {
  return first(sql`SELECT * FROM roles WHERE id = ${id}`)
}

export type NewRole = Pick<RoleRow, 'id' | 'displayName' | 'ranking' | 'description' | 'scopes' | 'createdAt'>

/** Holds while the id is unused. */
export function isRoleNew(id: string): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM roles WHERE id = ${id})`
}

/** Creates a role unless the id is taken. */
export function insertRole(row: NewRole): Statement<void> {
  return run(sql`
    INSERT INTO roles (id, display_name, ranking, description, scopes, system, created_at, updated_at)
    VALUES (${row.id}, ${row.displayName}, ${row.ranking}, ${row.description}, ${row.scopes}, 0, ${row.createdAt}, ${row.createdAt})
    ON CONFLICT (id) DO NOTHING`)
}

export type RoleChange = Omit<NewRole, 'createdAt'>

/** Holds for a non-system role of a rank below `ranking`. */
export function isRoleEditable(id: string, ranking: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM roles x WHERE x.id = ${id} AND x.system = 0 AND x.ranking > ${ranking})`
}

/** Holds while the role differs from `next`. */
export function roleDiffers(next: RoleChange): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM roles x WHERE x.id = ${next.id} AND (x.display_name <> ${next.displayName} OR x.ranking <> ${next.ranking}
      OR x.description <> ${next.description} OR x.scopes <> ${next.scopes}))`
}

/** The role if it equals `next`, whoever changed it. */
export function findRoleAs(next: RoleChange): Statement<RoleRow | null> {
  return first(sql`SELECT * FROM roles WHERE id = ${next.id} AND NOT (${roleDiffers(next)})`)
}

export function updateRole(next: RoleChange, now: number, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE roles SET display_name = ${next.displayName}, ranking = ${next.ranking}, description = ${next.description},
                     scopes = ${next.scopes}, updated_at = ${now}
    WHERE id = ${next.id} AND (${condition})`)
}

/** Like `isRoleEditable`, for a role without users. */
export function isRoleDeletable(id: string, ranking: number): Fragment {
  return sql`${isRoleEditable(id, ranking)} AND NOT EXISTS (SELECT 1 FROM users WHERE role = ${id})`
}

export function deleteRole(id: string, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM roles WHERE id = ${id} AND (${condition})`)
}

/** Names of a few of the role's users. */
export function listSomeWithRole(id: string): Statement<{ username: string }[]> {
  return all(sql`SELECT username FROM users WHERE role = ${id} LIMIT 5`)
}

/** A row when no role has the id. */
export function findRoleGone(id: string): Statement<{ id: string } | null> {
  return first(sql`SELECT ${id} AS id WHERE ${isRoleNew(id)}`)
}
