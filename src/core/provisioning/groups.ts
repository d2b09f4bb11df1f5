/**
 * Groups of a client that provisions users: roles, of which a person has one (docs/decisions/060). Those whose powers the client lacks, or
 * whose rank it may not give, do not exist for it, nor does `user`, the role of everybody in no other group.
 */
import { randomHex } from '../../crypto.ts'
import type { AuditEventId, UserId } from '../../ids.ts'
import { wasRecorded } from '../../store/db/audit-events.ts'
import { always, both, type Fragment, findIf, type Statement } from '../../store/db/database.ts'
import {
  findGroupWhere,
  hasFewerGroups,
  insertGroup,
  isGroupAs,
  isGroupNameFree,
  isGroupOfClientOnly,
  isUnused,
  listMembers,
  listWithRole,
  type MemberRow,
  moveMembers,
  renameGroup,
} from '../../store/db/provisioned-groups.ts'
import { findProvisionedAmong, type ProvisionedRow } from '../../store/db/provisioned-users.ts'
import { deleteRole, findRoleGone, isRoleNew, listRoles, type RoleRow } from '../../store/db/roles.ts'
import { asUsername } from '../accounts/username-proposals.ts'
import { isOfferedTo } from '../admin/rank.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { ClientPrincipal } from '../principal.ts'
import { powersLacked } from './provisioned-user.ts'
import type { ClientGate } from './users.ts'

/** The role of everybody in no group, and what a new group may do. */
const NO_GROUP = 'user'
const GROUPS_MAX = 100
/** Shown of a group; SCIM has no pages of members. */
const MEMBERS_SHOWN = 1_000
/** Who may leave or join at once. */
const MEMBERS_MOVED_MAX = 5_000

export interface Group {
  readonly role: RoleRow
  /** Null if nobody asked for them. */
  readonly members: readonly MemberRow[] | null
}

export interface GroupQuery {
  /** Which of the groups are meant; `roles` has those of the users in `people`. */
  readonly isMeant: (role: RoleRow, roles: ReadonlyMap<UserId, string>) => boolean
  readonly people: readonly UserId[]
  readonly skip: number
  readonly limit: number
  readonly withMembers: boolean
}

/** A page of the groups that exist for the client, highest rank first, and how many are meant in all. */
export async function listGroups(ctx: Ctx, gate: ClientGate, query: GroupQuery): Promise<{ groups: Group[]; total: number }> {
  const { principal, reads } = await gate(({ clientId }) => [listRoles(), findProvisionedAmong(clientId ?? '', query.people)])
  const roles = new Map(reads[1].map(({ id, role }) => [id, role]))
  const meant = groupsOf(principal, reads[0]).filter((role) => query.isMeant(role, roles))
  const page = meant.slice(query.skip, query.skip + query.limit)
  return { groups: await withMemberLists(ctx, principal, page, query.withMembers), total: meant.length }
}

export async function getGroup(ctx: Ctx, gate: ClientGate, { id, withMembers }: { id: string; withMembers: boolean }): Promise<Group> {
  const { principal, reads } = await gate(() => [listRoles()])
  const [group] = await withMemberLists(ctx, principal, [groupOf(principal, reads[0], id)], withMembers)
  return group as Group
}

function groupsOf(principal: ClientPrincipal, roles: readonly RoleRow[]): RoleRow[] {
  return roles.filter(
    (role) => role.id !== NO_GROUP && powersLacked(principal, role.scopes).length === 0 && isOfferedTo(principal, role, roles),
  )
}

function groupOf(principal: ClientPrincipal, roles: readonly RoleRow[], id: string): RoleRow {
  const role = groupsOf(principal, roles).find((one) => one.id === id)
  if (!role) throw new AppError('not_found', 'No such group')
  return role
}

async function withMemberLists(ctx: Ctx, { clientId }: ClientPrincipal, roles: readonly RoleRow[], isAsked: boolean): Promise<Group[]> {
  if (!isAsked || roles.length === 0) return roles.map((role) => ({ role, members: null }))
  const rows = await ctx.db.one(
    listMembers(
      clientId,
      roles.map(({ id }) => id),
      MEMBERS_SHOWN,
    ),
  )
  return roles.map((role) => ({ role, members: rows.filter((row) => row.role === role.id) }))
}

/** Creates a role that may do no more than `user`. Throws `already_exists` if another is called so. */
export async function createGroup(ctx: Ctx, gate: ClientGate, input: { displayName: string; add: readonly UserId[] }): Promise<Group> {
  const { displayName } = input
  const { principal, reads } = await gate(({ clientId }) => [listRoles(), findProvisionedAmong(clientId ?? '', input.add)])
  const { clientId } = principal
  const [roles, people] = reads
  const base = roles.find(({ id }) => id === NO_GROUP)
  if (!base) throw new AppError('internal_error', 'The role user is missing')
  if (roles.filter((role) => role.clientId === clientId).length >= GROUPS_MAX)
    throw new AppError('quota_exceeded', `A client can have at most ${GROUPS_MAX} groups`)
  judgeMembers(principal, input.add, people)
  const id = idFor(displayName, roles)
  const { done, record } = anchor(ctx, { type: 'role_created', clientId, detail: id })
  const role = { id, displayName, ranking: base.ranking, description: '', scopes: base.scopes, createdAt: ctx.now() }
  const isNew = [isRoleNew(id), isGroupNameFree(displayName, null), hasFewerGroups(clientId, GROUPS_MAX)].reduce(both)
  const stored = await ctx.db.commit(
    [
      record(isNew),
      insertGroup(role, clientId, done),
      ...moveWrites(ctx, { clientId, to: id, from: leavable(principal, roles), userIds: input.add }, done),
    ],
    findGroupWhere(id, done),
  )
  if (stored) return { role: stored, members: null }
  if (!(await ctx.db.one(findIf(isGroupNameFree(displayName, null))))) throw nameTaken()
  throw AppError.tryAgain()
}

export interface GroupChange {
  readonly id: string
  /** Null: as it is. */
  readonly displayName: string | null
  readonly add: readonly UserId[]
  /** All: everybody but those in `add`. */
  readonly remove: readonly UserId[] | 'all'
}

/** Renames a group of the client's own, and moves its members. */
export async function changeGroup(ctx: Ctx, gate: ClientGate, change: GroupChange): Promise<Group> {
  const { id, displayName, add, remove } = change
  const { principal, reads } = await gate(({ clientId }) => [listRoles(), findProvisionedAmong(clientId ?? '', add)])
  const { clientId } = principal
  const [roles, people] = reads
  const role = groupOf(principal, roles, id)
  judgeMembers(principal, add, people)
  const leaving = remove === 'all' ? await membersOf(ctx, clientId, id, add) : remove
  refuseTooMany(leaving)
  const isRenamed = displayName !== null && displayName !== role.displayName
  if (isRenamed) requireOwn(principal, role)
  if (!isRenamed && add.length === 0 && leaving.length === 0) return { role, members: null }
  const { done, record } = anchor(ctx, { type: 'role_updated', clientId, detail: id })
  const stored = await ctx.db.commit(
    [
      record(both(isGroupAs(role), isRenamed ? isGroupNameFree(displayName, id) : always)),
      ...moveWrites(ctx, { clientId, to: NO_GROUP, from: { [id]: role.scopes }, userIds: leaving }, done),
      ...moveWrites(ctx, { clientId, to: id, from: leavable(principal, roles), userIds: add }, done),
      ...(isRenamed ? [renameGroup(id, displayName, ctx.now(), done)] : []),
    ],
    findGroupWhere(id, done),
  )
  if (stored) return { role: stored, members: null }
  if (isRenamed && !(await ctx.db.one(findIf(isGroupNameFree(displayName, id))))) throw nameTaken()
  throw AppError.tryAgain()
}

/** Deletes a group of the client's own; its members are in no group then. */
export async function removeGroup(ctx: Ctx, gate: ClientGate, id: string): Promise<void> {
  const { principal, reads } = await gate(() => [listRoles()])
  const { clientId } = principal
  const role = groupOf(principal, reads[0], id)
  requireOwn(principal, role)
  const userIds = await membersOf(ctx, clientId, id, [])
  refuseTooMany(userIds)
  const { done, record } = anchor(ctx, { type: 'role_deleted', clientId, detail: id })
  const gone = await ctx.db.commit(
    [
      record(both(isGroupAs(role), isGroupOfClientOnly(id, clientId))),
      ...moveWrites(ctx, { clientId, to: NO_GROUP, from: { [id]: role.scopes }, userIds }, done),
      deleteRole(id, both(done, isUnused(id))),
    ],
    findRoleGone(id),
  )
  if (!gone) throw new AppError('role_in_use', 'Others have joined the group: an administrator has to remove them first')
}

/** Of a group that exists for the client: whoever has the role of another may be everybody. */
async function membersOf(ctx: Ctx, clientId: string, id: string, except: readonly UserId[]): Promise<UserId[]> {
  const rows = await ctx.db.one(listWithRole(clientId, id, except, MEMBERS_MOVED_MAX + 1))
  return rows.map(({ userId }) => userId)
}

/** The audit event on which the rest of a batch depends. It is about no user. */
function anchor(ctx: Ctx, event: { type: 'role_created' | 'role_updated' | 'role_deleted'; clientId: string; detail: string }) {
  const id = ctx.newId<AuditEventId>()
  return { done: wasRecorded(id), record: (condition: Fragment) => audit(ctx, { ...event, id, userId: null, condition }) }
}

type Moving = Omit<Parameters<typeof moveMembers>[0], 'members' | 'now'> & { readonly userIds: readonly UserId[] }

function moveWrites(ctx: Ctx, { userIds, ...move }: Moving, condition: Fragment): Statement<unknown>[] {
  if (userIds.length === 0) return []
  const members = userIds.map((userId) => ({ userId, eventId: ctx.newId<AuditEventId>() }))
  return moveMembers({ ...move, members, now: ctx.now() }, ctx.caller, condition)
}

/** The roles that the client may take from somebody, with their scopes. */
function leavable(principal: ClientPrincipal, roles: readonly RoleRow[]): Record<string, string> {
  const own = roles.filter(({ scopes }) => powersLacked(principal, scopes).length === 0)
  return Object.fromEntries(own.map(({ id, scopes }) => [id, scopes]))
}

/** Only the client's own users, and none whose powers it lacks, join a group. */
function judgeMembers(principal: ClientPrincipal, wanted: readonly UserId[], people: readonly ProvisionedRow[]): void {
  const known = new Set(people.map(({ id }) => id))
  if (wanted.some((id) => !known.has(id)))
    throw AppError.ofFields([{ path: 'members', message: 'names somebody who is not a user of this client' }])
  if (people.some(({ roleScopes }) => powersLacked(principal, roleScopes).length > 0))
    throw new AppError('forbidden', 'A member has scopes that the client lacks')
}

function requireOwn({ clientId }: ClientPrincipal, role: RoleRow): void {
  if (role.clientId !== clientId)
    throw new AppError('forbidden', 'Only a group that this client has created can be renamed or deleted by it')
}

function refuseTooMany({ length }: readonly unknown[]): void {
  if (length <= MEMBERS_MOVED_MAX) return
  throw AppError.ofFields([
    { path: 'members', message: `has too many: at most ${MEMBERS_MOVED_MAX.toLocaleString('en')} can be removed at once` },
  ])
}

/** Made of the name, as administrators would choose it. */
function idFor(displayName: string, roles: readonly RoleRow[]): string {
  const slug = asUsername(displayName).toLowerCase()
  return slug !== '' && roles.every(({ id }) => id.toLowerCase() !== slug) ? slug : `${slug || 'group'}_${randomHex(4)}`
}

function nameTaken(): AppError {
  return AppError.ofFields([{ path: 'displayName', message: 'belongs to another group' }], 'already_exists', 'Another group has this name')
}
