/**
 * Roles as administrators manage them. Nobody creates, changes or deletes a role at or above their own rank, adds a
 * scope that they do not hold, or touches a system role. The gate reads the role with every request, so a change
 * applies from the next one.
 */
import { both } from '../../store/db/database.ts'
import {
  deleteRole,
  findRole,
  findRoleAs,
  findRoleGone,
  insertRole,
  isRoleDeletable,
  isRoleEditable,
  isRoleNew,
  listRoles,
  listSomeWithRole,
  type RoleRow,
  roleDiffers,
  updateRole,
} from '../../store/db/roles.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Gate } from '../gate.ts'
import type { UserPrincipal } from '../principal.ts'
import { holds, type Scope, storedScopes } from '../scopes.ts'
import { requireAdministrator, requirePowers } from './administrators.ts'
import { requireBelow } from './rank.ts'

/** The default scopes of a new role: those of the role that every user has. */
const DEFAULT_SCOPES: readonly Scope[] = ['delegated:all']

export type { RoleRow as Role } from '../../store/db/roles.ts'

export interface RoleFields {
  readonly displayName: string
  readonly ranking: number
  readonly description: string
  readonly scopes: readonly Scope[]
}

/** Throws `already_exists` if the id is taken. */
export async function createRole(
  ctx: Ctx,
  gate: Gate,
  input: { id: string } & Omit<RoleFields, 'scopes'> & { scopes: readonly Scope[] | null },
) {
  const { principal, reads } = await gate(({ userId }) => [findRole(input.id), listFactors(userId)])
  requireBelow(principal, input.ranking)
  const scopes = input.scopes ?? DEFAULT_SCOPES
  requireHeld(principal, scopes)
  requireAdministrator(ctx, principal, reads[1])
  if (reads[0]) throw exists()
  const now = ctx.now()
  const role = { ...input, scopes: scopes.join(' '), createdAt: now }
  const stored = await ctx.db.commit(
    [audit(ctx, { ...eventOf(principal, 'role_created', role.id), condition: isRoleNew(role.id) }), insertRole(role)],
    findRole(role.id),
  )
  // Somebody else created one with this id meanwhile.
  if (!stored || stored.createdAt !== now || stored.scopes !== role.scopes || stored.displayName !== role.displayName) throw exists()
  return stored
}

/** Omitted fields stay. */
export type RoleChanges = { readonly [F in keyof RoleFields]?: RoleFields[F] | undefined }

/** Changes only the given fields. */
export async function changeRole(ctx: Ctx, gate: Gate, input: { id: string } & RoleChanges): Promise<RoleRow> {
  const { id } = input
  const { principal, reads } = await gate(({ userId }) => [findRole(id), listFactors(userId)])
  const role = judgeRole(principal, reads[0], 'system_role_update')
  if (input.ranking !== undefined) requireBelow(principal, input.ranking)
  if (input.scopes) requireHeld(principal, input.scopes)
  // A higher rank gives more power to everyone with the role.
  requirePowers(principal, storedScopes(role.scopes))
  requireAdministrator(ctx, principal, reads[1])
  const next = {
    id,
    displayName: input.displayName ?? role.displayName,
    ranking: input.ranking ?? role.ranking,
    description: input.description ?? role.description,
    scopes: input.scopes?.join(' ') ?? role.scopes,
  }
  const condition = both(isRoleEditable(id, principal.ranking), roleDiffers(next))
  const stored = await ctx.db.commit(
    [audit(ctx, { ...eventOf(principal, 'role_updated', id), condition }), updateRole(next, ctx.now(), condition)],
    findRoleAs(next),
  )
  // Deleted or changed by another meanwhile: the next try sees its current state.
  if (!stored) throw AppError.tryAgain()
  return stored
}

/** Highest rank first. */
export async function listRolesInFull(gate: Gate): Promise<{ roles: RoleRow[]; principal: UserPrincipal }> {
  const { principal, reads } = await gate(() => [listRoles()])
  return { roles: reads[0], principal }
}

/** What a form needs that creates, changes or deletes a role: `id` is null for a new one. Refuses whoever may not do it. `isAgain`: see `getClientForm`. */
export async function getRoleForm(
  ctx: Ctx,
  gate: Gate,
  id: string | null,
  isAgain = false,
): Promise<{ role: RoleRow | null; users: string[]; principal: UserPrincipal }> {
  const { principal, reads } = await gate(({ userId }) => [findRole(id ?? ''), listFactors(userId), listSomeWithRole(id ?? '')])
  if (id !== null) judgeRole(principal, reads[0], 'system_role_update')
  if (!isAgain) requireAdministrator(ctx, principal, reads[1])
  return { role: reads[0], users: reads[2].map(({ username }) => username), principal }
}

/** Deletes a role without users. */
export async function removeRole(ctx: Ctx, gate: Gate, id: string): Promise<void> {
  const { principal, reads } = await gate(({ userId }) => [findRole(id), listFactors(userId)])
  judgeRole(principal, reads[0], 'system_role_delete')
  requireAdministrator(ctx, principal, reads[1])
  const condition = isRoleDeletable(id, principal.ranking)
  const gone = await ctx.db.commit(
    [audit(ctx, { ...eventOf(principal, 'role_deleted', id), condition }), deleteRole(id, condition)],
    findRoleGone(id),
  )
  if (!gone) throw new AppError('role_in_use', 'Some users still have this role')
}

function judgeRole(principal: UserPrincipal, role: RoleRow | null, refusal: 'system_role_update' | 'system_role_delete'): RoleRow {
  if (!role) throw new AppError('not_found')
  if (role.system === 1) throw new AppError(refusal, 'System roles cannot be changed')
  requireBelow(principal, role.ranking)
  return role
}

/** Nobody grants what they do not hold. */
function requireHeld(principal: UserPrincipal, scopes: readonly Scope[]): void {
  const missing = scopes.filter((scope) => !holds(principal.scopes, scope))
  if (missing.length === 0) return
  throw new AppError('forbidden', `You do not have the scopes ${missing.join(' ')}`, { reason: 'scope' })
}

/** It is about no other user, so it goes into the administrator's own trail. */
function eventOf(principal: UserPrincipal, type: 'role_created' | 'role_updated' | 'role_deleted', detail: string) {
  return { type, userId: principal.userId, actorId: principal.userId, sessionId: principal.sessionId, detail } as const
}

function exists(): AppError {
  return AppError.ofFields([{ path: 'id', message: 'is taken' }], 'already_exists', 'A role with this id already exists')
}
