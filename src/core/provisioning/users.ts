/** Users whom a client provisions: read, created and deleted. It sees only those that it has created or adopted (docs/decisions/060). */
import { randomHex } from '../../crypto.ts'
import type { UserId } from '../../ids.ts'
import { isPrimaryKeyConflict } from '../../store/db/database.ts'
import { updateProfile } from '../../store/db/profile-changes.ts'
import { DEPROVISIONED, deactivate } from '../../store/db/provisioned-standing.ts'
import {
  areNamesFree,
  countProvisioned,
  findNamesTaken,
  findProvisioned,
  findReleased,
  insertProvisioned,
  isProvisionedAs,
  listProvisioned,
  releaseProvisioned,
} from '../../store/db/provisioned-users.ts'
import type { ConditionOnUsers } from '../../store/db/provisioned-users-filter.ts'
import { insertCredential, insertUser, userExists } from '../../store/db/users.ts'
import { deleteAccountWrites } from '../accounts/deletion.ts'
import { NO_PASSWORD } from '../accounts/password-hash.ts'
import { hashNewPassword, refuseGuessablePassword } from '../accounts/password-rules.ts'
import { asUsername, proposeUsername } from '../accounts/username-proposals.ts'
import { audit } from '../audit.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { emailKey, usernameKey } from '../fields.ts'
import type { Gate } from '../gate.ts'
import type { ClientPrincipal } from '../principal.ts'
import { firstSearchWrites } from '../profiles/search.ts'
import {
  type NewProvisionedUser,
  namesOf,
  namesWanted,
  type ProvisionedUser,
  refuseNamesTaken,
  requirePowersOver,
  requireVersion,
} from './provisioned-user.ts'

export type { ConditionOnUsers, TextAttribute, TextOperator, TimeOperator } from '../../store/db/provisioned-users-filter.ts'

export type ClientGate = Gate<ClientPrincipal>

const CREATION_TRIES = 3
const FALLBACK_NAME_BYTES = 6

export async function getProvisionedUser(gate: ClientGate, userId: UserId): Promise<ProvisionedUser> {
  const { reads } = await gate(({ clientId }) => [findProvisioned(clientId ?? '', userId)])
  return found(reads[0])
}

export function found(user: ProvisionedUser | null): ProvisionedUser {
  if (!user) throw new AppError('not_found', 'No such user')
  return user
}

export interface UserPage {
  readonly condition: ConditionOnUsers | null
  readonly skip: number
  /** 0: only the count is wanted. */
  readonly limit: number
}

/** A page of the client's users, and how many there are in all. One round trip. */
export async function listProvisionedUsers(
  ctx: Ctx,
  gate: ClientGate,
  page: UserPage,
): Promise<{ users: ProvisionedUser[]; total: number }> {
  const { reads } = await gate((claimed) => {
    const query = { clientId: claimed.clientId ?? '', condition: page.condition, now: ctx.now() }
    return [countProvisioned(query), listProvisioned({ ...query, skip: page.skip, limit: page.limit })]
  })
  return { users: reads[1], total: reads[0]?.count ?? 0 }
}

/** Creates an account that the client may change from now on. Throws `already_exists`, naming the fields. */
export async function createProvisionedUser(ctx: Ctx, gate: ClientGate, input: NewProvisionedUser): Promise<ProvisionedUser> {
  const { principal, reads } = await gate(({ clientId }) => [findNamesTaken(namesWanted(clientId ?? '', null, input))])
  refuseNamesTaken(reads[0])
  if (input.password !== null) refuseGuessablePassword(input.password, { username: input.userName, email: input.email })
  const passwordHash = input.password === null ? NO_PASSWORD : await hashNewPassword(ctx, input.password)
  for (let tries = 0; tries < CREATION_TRIES; tries++) {
    const username = await usernameFor(ctx, input)
    const user = await store(ctx, principal, { input, username, passwordHash }).catch((error: unknown) => {
      if (!isPrimaryKeyConflict(error)) throw error
      return null
    })
    if (user) return user
    // Somebody else was faster: they have a name of the client's, or only the proposed user name.
    refuseNamesTaken(await ctx.db.one(findNamesTaken(namesWanted(principal.clientId, null, input))))
  }
  throw AppError.tryAgain()
}

/** Made of what the client calls them; an address gives the part before the @. */
async function usernameFor(ctx: Ctx, { userName, fields }: NewProvisionedUser): Promise<string> {
  const base = asUsername(userName.split('@')[0] ?? '')
  const names = { username: base === '' ? null : base, givenName: fields.givenName ?? null, familyName: fields.familyName ?? null }
  return (await proposeUsername(ctx, names)) ?? `user_${randomHex(FALLBACK_NAME_BYTES)}`
}

/** Null when the user name or one of the client's names was taken meanwhile. */
function store(
  ctx: Ctx,
  { clientId }: ClientPrincipal,
  { input, username, passwordHash }: { input: NewProvisionedUser; username: string; passwordHash: string },
): Promise<ProvisionedUser | null> {
  const [id, now] = [ctx.newId<UserId>(), ctx.now()]
  const made = userExists(id)
  const { fields, email } = input
  const names = { givenName: fields.givenName ?? null, familyName: fields.familyName ?? null }
  const row = { id, username, usernameKey: usernameKey(username), email, emailKey: emailKey(email), emailVerifiedAt: now, createdAt: now }
  const event = { userId: id, clientId, condition: made }
  return ctx.db.commit(
    [
      insertUser({ ...row, ...names, phoneCountryCode: null, phone: null }, areNamesFree(namesWanted(clientId, null, input))),
      insertProvisioned({ ...namesOf(input), clientId, userId: id, createdAt: now }, made),
      insertCredential(id, passwordHash, now),
      audit(ctx, { ...event, type: 'account_created' }),
      ...(input.active === false ? [audit(ctx, { ...event, type: 'banned', detail: DEPROVISIONED }), deactivate(id, now, made)] : []),
      updateProfile(id, { fields }, now, made),
      ...firstSearchWrites(id, { ...names, username, middleName: fields.middleName ?? null }),
    ],
    findProvisioned(clientId, id),
  )
}

/** Deletes the account for good, and frees its names and its address. */
export async function deleteProvisionedUser(
  ctx: Ctx,
  gate: ClientGate,
  { userId, versions }: { userId: UserId; versions: readonly string[] | null },
): Promise<void> {
  const { principal, reads } = await gate(({ clientId }) => [findProvisioned(clientId ?? '', userId)])
  const user = found(reads[0])
  requireVersion(user, versions)
  requirePowersOver(principal, user)
  const { clientId } = principal
  const { writes } = deleteAccountWrites(ctx, { userId, clientId, reason: 'admin', condition: isProvisionedAs(clientId, user) })
  const released = await ctx.db.commit([...writes, ...releaseProvisioned(clientId, userId)], findReleased(clientId, userId))
  // Changed meanwhile.
  if (!released) throw AppError.tryAgain()
}
