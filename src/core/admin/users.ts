/** Users as administrators read and create them: the list, several at once, a new account. Nobody is hidden from administrators. */
import { fromHex, idAt, type UserId } from '../../ids.ts'
import { findUsers, type ListedUserRow, listUsers, type Meant, type UserFilter } from '../../store/db/admin-user-list.ts'
import { insertUserWithRole } from '../../store/db/admin-users.ts'
import { isPrimaryKeyConflict } from '../../store/db/database.ts'
import { findRole, listRoles, type RoleRow } from '../../store/db/roles.ts'
import { listFactors } from '../../store/db/second-factors.ts'
import { findTaken, findUser, insertCredential, userExists } from '../../store/db/users.ts'
import { hashNewPassword, passwordIssues } from '../accounts/password-rules.ts'
import type { SignUp } from '../accounts/sign-up.ts'
import { usernameIssues } from '../accounts/username-rules.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { email, emailKey, type Password, usernameKey } from '../fields.ts'
import type { Gate } from '../gate.ts'
import { SEARCH_STRINGS_LOOKED_AT, USERS_LOOKED_AT } from '../limits.ts'
import { type Listed, listed, type Page, positionOf } from '../paging.ts'
import type { UserPrincipal } from '../principal.ts'
import { firstSearchWrites, searchPrefix } from '../profiles/search.ts'
import { storedScopes } from '../scopes.ts'
import { type SeenUser, showTo } from '../social/visibility.ts'
import { requireAdministrator, requirePowers } from './administrators.ts'
import { requireBelow } from './rank.ts'

export type { UserFilter } from '../../store/db/admin-user-list.ts'

export interface UserQuery extends Omit<UserFilter, 'from'> {
  /** An id, an email address, a user name, or the beginning of a name. */
  readonly query: string | null
  /** Created from the one time and before the other. */
  readonly from: number | null
  readonly to: number | null
}

export const EVERYBODY: UserQuery = {
  query: null,
  role: null,
  banned: null,
  restricted: null,
  unverified: null,
  deleted: null,
  verified: null,
  from: null,
  to: null,
}

/**
 * All users that match the filter and the query, newest first. Where very few of very many match, a page may be shorter than its
 * limit, or empty, and there are further ones nevertheless.
 */
export async function listAllUsers(ctx: Ctx, gate: Gate, query: UserQuery, page: Page): Promise<Listed<SeenUser>> {
  const { reads } = await gate(() => [readOfList(ctx, query, page)])
  return toList(reads[0], page)
}

/** The same with the roles there are, to choose from. */
export async function listPeople(ctx: Ctx, gate: Gate, query: UserQuery, page: Page) {
  const { principal, reads } = await gate(() => [readOfList(ctx, query, page), listRoles()])
  return { principal, people: toList(reads[0], page), roles: reads[1] }
}

function readOfList(ctx: Ctx, { query, from, to, ...filter }: UserQuery, page: Page) {
  const meant = query === null ? null : meantBy(query)
  const before = Math.min(positionOf(ctx, page), to === null ? Number.POSITIVE_INFINITY : idAt(to))
  const bounds = { before, from: from === null ? 0 : idAt(from), limit: page.limit + 1, lookedAt: USERS_LOOKED_AT, now: ctx.now() }
  return listUsers({ filter, meant, ...bounds })
}

function toList(rows: readonly ListedUserRow[], page: Page): Listed<SeenUser> {
  const beyond = rows.find(({ isBeyond }) => isBeyond === 1)
  const { records, next } = listed(
    rows.filter((row) => row !== beyond),
    page.limit,
  )
  // The next page begins with the first user that this one has not looked at.
  return { records: records.map((row) => showTo('owner', row)), next: beyond ? beyond.id + 1 : next }
}

/** Users that match what a person has told support about themselves. */
export function meantBy(query: string): Meant {
  const text = query.trim()
  const address = email.safeParse(text)
  return {
    userId: fromHex<UserId>(text.toLowerCase()),
    emailKey: address.success ? emailKey(address.data) : null,
    prefix: address.success ? '' : searchPrefix(text),
    strings: SEARCH_STRINGS_LOOKED_AT,
  }
}

/** Those of the given ids that exist, including banned, deleted and unverified users. */
export async function findAllUsers(_ctx: Ctx, gate: Gate, userIds: readonly UserId[]): Promise<SeenUser[]> {
  const { reads } = await gate(() => [findUsers(userIds)])
  return reads[0].map((row) => showTo('owner', row))
}

export async function getAnyUser(ctx: Ctx, gate: Gate, userId: UserId): Promise<SeenUser> {
  const [user] = await findAllUsers(ctx, gate, [userId])
  if (!user) throw new AppError('not_found')
  return user
}

const DEFAULT_ROLE = 'user'

/** An administrator's account for somebody always has a first password. */
type NewUser = SignUp & { readonly password: Password; readonly role: string | null }

/**
 * Creates an account as a sign-up does, with an address that is verified at once. Administrators may know which of user
 * name and address is taken: `already_exists` names it. A role with powers requires a caller who holds them and has
 * just signed in.
 */
export async function createVerifiedUser(ctx: Ctx, gate: Gate, input: NewUser): Promise<SeenUser> {
  const keys = { usernameKey: usernameKey(input.username), emailKey: emailKey(input.email) }
  AppError.refuse([...usernameIssues(ctx, input.username), ...passwordIssues(ctx, input.password, input)])
  const now = ctx.now()
  const roleId = input.role ?? DEFAULT_ROLE
  const { principal, reads } = await gate(({ userId }) => [findRole(roleId), findTaken({ ...keys, now }), listFactors(userId)])
  const [role, taken, factors] = reads
  if (!role) throw AppError.ofFields([{ path: 'role', message: 'is not a role' }])
  requireBelow(principal, role.ranking)
  requirePowers(principal, storedScopes(role.scopes))
  if (roleId !== DEFAULT_ROLE) requireAdministrator(ctx, principal, factors)
  refuseTaken(taken)
  const passwordHash = await hashNewPassword(ctx, input.password)
  const store = () => storeUser(ctx, principal, { ...input, ...keys, role, passwordHash })
  const stored = await store().catch((error: unknown) => {
    if (!isPrimaryKeyConflict(error)) throw error
    return store()
  })
  if (stored) return showTo('owner', stored)
  refuseTaken(await ctx.db.one(findTaken({ ...keys, now })))
  throw AppError.tryAgain()
}

function storeUser(
  ctx: Ctx,
  principal: UserPrincipal,
  input: Omit<NewUser, 'role'> & { usernameKey: string; emailKey: string; role: RoleRow; passwordHash: string },
) {
  const { role, passwordHash, password: _, ...fields } = input
  const id = ctx.newId<UserId>()
  const now = ctx.now()
  const detail = role.id === DEFAULT_ROLE ? {} : { detail: role.id }
  return ctx.db.commit(
    [
      insertUserWithRole({ ...fields, id, emailVerifiedAt: now, createdAt: now }, role, principal.ranking),
      insertCredential(id, passwordHash, now),
      ...firstSearchWrites(id, { ...fields, middleName: null }),
      audit(ctx, { type: 'account_created', userId: id, actorId: principal.userId, ...detail, condition: userExists(id) }),
    ],
    findUser(id),
  )
}

/** Administrators may know which of user name and address is taken. */
export function refuseTaken(taken: { username: unknown; email: unknown } | null): void {
  const paths = (['username', 'email'] as const).filter((path) => taken?.[path])
  if (paths.length === 0) return
  const fields = paths.map((path) => ({ path, message: 'is taken' }))
  throw AppError.ofFields(fields, 'already_exists', 'The user name or the email address is taken')
}
