/**
 * Users whom a client provisions (SCIM), and the client's names for them (docs/decisions/060). A row links a user to the client; only
 * through it does the client see them. Unique indexes decide whose a name is.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'
import { type ConditionOnUsers, toCondition } from './provisioned-users-filter.ts'
import { deleteUpstreamOf } from './upstream-identities.ts'
import type { UserRow } from './users.ts'

export interface ProvisionedNames {
  readonly userName: string
  readonly userNameKey: string
  readonly externalId: string | null
  readonly emailType: string | null
  readonly phoneType: string | null
}

export interface ProvisionedRow extends UserRow, ProvisionedNames {
  readonly roleName: string
  readonly roleScopes: string
}

const isLinked = (clientId: string, userId: UserId) => sql`p.client_id = ${clientId} AND p.user_id = ${userId}`
const columns = sql`u.*, p.user_name, p.user_name_key, p.external_id, p.email_type, p.phone_type, r.display_name AS role_name, r.scopes AS role_scopes`
const joined = sql`provisioned_users p CROSS JOIN users u ON u.id = p.user_id CROSS JOIN roles r ON r.id = u.role`

/** A user of the client where `condition` holds. */
export function findProvisioned(clientId: string, userId: UserId, condition: Fragment = sql`1`): Statement<ProvisionedRow | null> {
  return first(sql`SELECT ${columns} FROM ${joined} WHERE ${isLinked(clientId, userId)} AND (${condition})`)
}

/** Those of these ids who are users of the client. */
export function findProvisionedAmong(clientId: string, userIds: readonly UserId[]): Statement<ProvisionedRow[]> {
  return all(sql`
    SELECT ${columns} FROM json_each(${JSON.stringify(userIds)}) j CROSS JOIN provisioned_users p ON p.client_id = ${clientId} AND p.user_id = j.value
    CROSS JOIN users u ON u.id = p.user_id CROSS JOIN roles r ON r.id = u.role`)
}

interface UserQuery {
  readonly clientId: string
  readonly condition: ConditionOnUsers | null
  readonly now: number
}

/** A page of the client's users who match, oldest first. */
export function listProvisioned(query: UserQuery & { skip: number; limit: number }): Statement<ProvisionedRow[]> {
  return all(sql`
    SELECT ${columns} FROM ${joined} WHERE ${matches(query)} ORDER BY p.user_id LIMIT ${query.limit} OFFSET ${query.skip}`)
}

/** How many match: every one of the client's users is looked at, unless the condition names one. */
export function countProvisioned(query: UserQuery): Statement<{ count: number } | null> {
  // Without a condition, the index of the links is all that is read.
  const source = query.condition ? sql`provisioned_users p CROSS JOIN users u ON u.id = p.user_id` : sql`provisioned_users p`
  return first(sql`SELECT COUNT(*) AS count FROM ${source} WHERE ${matches(query)}`)
}

function matches({ clientId, condition, now }: UserQuery): Fragment {
  return condition ? sql`p.client_id = ${clientId} AND ${toCondition(condition, now)}` : sql`p.client_id = ${clientId}`
}

export interface NamesWanted {
  readonly clientId: string
  /** Whose names they are to be; null for a new user. */
  readonly userId: UserId | null
  readonly userNameKey: string
  readonly externalId: string | null
  /** Null: it is not to change. */
  readonly emailKey: string | null
}

const hasUserName = ({ clientId, userId, userNameKey }: NamesWanted) => sql`EXISTS (
  SELECT 1 FROM provisioned_users o WHERE o.client_id = ${clientId} AND o.user_name_key = ${userNameKey} AND o.user_id IS NOT ${userId})`
const hasExternalId = ({ clientId, userId, externalId }: NamesWanted) => sql`EXISTS (
  SELECT 1 FROM provisioned_users o WHERE o.client_id = ${clientId} AND o.external_id = ${externalId} AND o.user_id IS NOT ${userId})`
const hasAddress = ({ userId, emailKey }: NamesWanted) => sql`EXISTS (
  SELECT 1 FROM users o WHERE o.email_key = ${emailKey} AND o.email_verified_at IS NOT NULL AND o.id IS NOT ${userId})`

/** Which of the names somebody else has: of the client's users, or of all accounts for the address. */
export function findNamesTaken(names: NamesWanted): Statement<{ userName: number; externalId: number; email: number } | null> {
  return first(sql`SELECT ${hasUserName(names)} AS user_name, ${hasExternalId(names)} AS external_id, ${hasAddress(names)} AS email`)
}

/** Holds while nobody else has any of them. */
export function areNamesFree(names: NamesWanted): Fragment {
  return sql`NOT (${hasUserName(names)}) AND NOT (${hasExternalId(names)}) AND NOT (${hasAddress(names)})`
}

/** Links a user who exists to the client. */
export function insertProvisioned(
  row: ProvisionedNames & { clientId: string; userId: UserId; createdAt: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    INSERT INTO provisioned_users (client_id, user_id, user_name, user_name_key, external_id, email_type, phone_type, created_at)
    SELECT ${row.clientId}, ${row.userId}, ${row.userName}, ${row.userNameKey}, ${row.externalId}, ${row.emailType}, ${row.phoneType},
           ${row.createdAt}
    WHERE ${condition}
    ON CONFLICT (client_id, user_id) DO NOTHING`)
}

export function updateProvisioned(clientId: string, userId: UserId, names: ProvisionedNames, condition: Fragment): Statement<void> {
  return run(sql`
    UPDATE provisioned_users AS p SET user_name = ${names.userName}, user_name_key = ${names.userNameKey},
      external_id = ${names.externalId}, email_type = ${names.emailType}, phone_type = ${names.phoneType}
    WHERE ${isLinked(clientId, userId)} AND (${condition})`)
}

/** Holds while the client's user is as it was read, and so are the scopes of their role. */
export function isProvisionedAs(clientId: string, { id, updatedAt, epoch, roleScopes }: ProvisionedRow): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM ${joined} WHERE ${isLinked(clientId, id)} AND u.updated_at = ${updatedAt} AND u.epoch = ${epoch} AND r.scopes = ${roleScopes})`
}

/** Holds while a client has the user. */
export const isProvisioned = (userId: UserId): Fragment => sql`EXISTS (SELECT 1 FROM provisioned_users p WHERE p.user_id = ${userId})`

/** Holds while no client has the user, who is as they were read, and so are the scopes of their role. */
export function isUnprovisionedAs({
  id,
  updatedAt,
  epoch,
  roleScopes,
}: Pick<ProvisionedRow, 'id' | 'updatedAt' | 'epoch' | 'roleScopes'>): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM users u JOIN roles r ON r.id = u.role
    WHERE u.id = ${id} AND u.updated_at = ${updatedAt} AND u.epoch = ${epoch} AND r.scopes = ${roleScopes})
    AND NOT ${isProvisioned(id)}`
}

/** Ends the link; the account stays as it is. */
export function removeProvisioned(clientId: string, userId: UserId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM provisioned_users AS p WHERE ${isLinked(clientId, userId)} AND (${condition})`)
}

/**
 * Ends the link, and gives up the address and the providers' accounts of the user, who has just been deleted for good: all are free
 * for somebody new, who may be the same person.
 */
export function releaseProvisioned(clientId: string, userId: UserId): Statement<void>[] {
  const isGone = sql`EXISTS (SELECT 1 FROM users d WHERE d.id = ${userId} AND d.deleted_at IS NOT NULL AND d.deleted_reason IS NOT 'self')`
  const isReleased = sql`${isGone} AND EXISTS (SELECT 1 FROM provisioned_users p WHERE ${isLinked(clientId, userId)})`
  return [
    run(sql`UPDATE users SET email_key = NULL, email_verified_at = NULL WHERE id = ${userId} AND ${isReleased}`),
    deleteUpstreamOf(userId, isReleased),
    removeProvisioned(clientId, userId, isGone),
  ]
}

/** The witness that the client no longer has the user. */
export function findReleased(clientId: string, userId: UserId): Statement<{ id: UserId } | null> {
  return first(sql`SELECT ${userId} AS id WHERE NOT EXISTS (SELECT 1 FROM provisioned_users p WHERE ${isLinked(clientId, userId)})`)
}
