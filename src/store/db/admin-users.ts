/**
 * What administrators read about users and do to them. Each act is a pair: a guard that holds when the act would change
 * something and the target's rank is below the administrator's, and the write under that guard. The audit event
 * precedes the write in the same batch, so it exists exactly when something changed; repeating a batch does nothing.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isInForce } from './account-state.ts'
import { all, always, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import { DEPROVISIONED } from './provisioned-standing.ts'
import type { RoleRow } from './roles.ts'
import type { NewUser, UserRow } from './users.ts'

export interface TargetRow extends UserRow {
  readonly ranking: number
  readonly roleName: string
  readonly roleScopes: string
  /** 1 while edges of the user are still being removed. */
  readonly isLosingEdges: number
}

/** True of the alias `u` unless the account has been purged. */
export const isSomebody = sql`u.deleted_reason IS NOT 'purged'`

const targetColumns = sql`u.*, r.display_name AS role_name, r.ranking, r.scopes AS role_scopes,
  EXISTS (SELECT 1 FROM edge_work w WHERE w.user_id = u.id AND w.kind = 'remove_edges') AS is_losing_edges`
const target = (id: UserId, condition: Fragment) => sql`
  SELECT ${targetColumns} FROM users u JOIN roles r ON r.id = u.role WHERE u.id = ${id} AND ${isSomebody} AND ${condition}`

/** Any user, including banned, deleted and unverified ones, unless purged. */
export function findTarget(id: UserId): Statement<TargetRow | null> {
  return first(target(id, sql`1`))
}

/** The same for several at once, in the order of the ids. */
export function findTargets(ids: readonly UserId[]): Statement<TargetRow[]> {
  return all(sql`
    SELECT ${targetColumns} FROM json_each(${JSON.stringify(ids)}) j JOIN users u ON u.id = j.value JOIN roles r ON r.id = u.role
    WHERE ${isSomebody} ORDER BY j.key`)
}

/** Creates a user with a role that is as read and below `ranking`, unless the user name or the verified address is taken. */
export function insertUserWithRole(row: NewUser, role: Pick<RoleRow, 'id' | 'scopes'>, ranking: number): Statement<void> {
  return run(sql`
    INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, given_name, family_name,
                       phone_country_code, phone, role, created_at, updated_at)
    SELECT ${row.id}, ${row.username}, ${row.usernameKey}, ${row.email}, ${row.emailKey}, ${row.emailVerifiedAt}, ${row.givenName},
           ${row.familyName}, ${row.phoneCountryCode}, ${row.phone}, r.id, ${row.createdAt}, ${row.createdAt}
    FROM roles r WHERE r.id = ${role.id} AND r.scopes = ${role.scopes} AND r.ranking > ${ranking}
    ON CONFLICT (username_key) DO NOTHING
    ON CONFLICT (email_key) WHERE email_verified_at IS NOT NULL DO NOTHING`)
}

/** The user that an act targets, whose rank decides. */
export interface ActOn {
  readonly userId: UserId
  /** The administrator's rank. */
  readonly ranking: number
  readonly now: number
}

export interface UserAct {
  /** Holds before the write if the write will change something. */
  readonly takesPlace: Fragment
  readonly write: Statement<void>
  /** The user, if they now are as the act wants, whoever did it; null if not, or if the rank is not below. */
  readonly witness: Statement<TargetRow | null>
}

/** Holds for an unpurged user whose rank is below and for whom `condition`, about the alias `u`, is true. */
export function isBelow(userId: UserId, ranking: number, condition: Fragment = always): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM users u JOIN roles r ON r.id = u.role
    WHERE u.id = ${userId} AND r.ranking > ${ranking} AND ${isSomebody} AND (${condition}))`
}

/** Holds for an unpurged user of any rank. */
export function isSomebodyWithId(userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM users u WHERE u.id = ${userId} AND ${isSomebody})`
}

/** `differs` is about the alias `u` and never null. */
function act(on: ActOn, differs: Fragment, sets: Fragment): UserAct {
  const takesPlace = isBelow(on.userId, on.ranking, differs)
  return {
    takesPlace,
    write: run(sql`UPDATE users SET ${sets}, updated_at = ${on.now} WHERE id = ${on.userId} AND ${takesPlace}`),
    witness: first(target(on.userId, sql`r.ranking > ${on.ranking} AND NOT (${differs})`)),
  }
}

export interface Term {
  readonly until: number | null
  readonly reason: string | null
}

const bannedNow = (now: number) => isInForce(sql`banned_at`, sql`banned_until`, now)

/** Whoever a client that provisions them has deactivated: only what has no end either takes the place of that. */
const keepsOut = (until: number | null) =>
  sql`(${until} IS NOT NULL AND u.banned_at IS NOT NULL AND u.banned_until IS NULL AND u.banned_reason IS ${DEPROVISIONED})`

/** Bans, or changes the end or reason of a ban in force; the witness tells whether that was one to keep. Only a new ban raises the epoch. */
export function banUser(on: ActOn, { until, reason }: Term): UserAct {
  const ban = act(
    on,
    sql`(u.banned_at IS NULL OR u.banned_until IS NOT ${until} OR u.banned_reason IS NOT ${reason}) AND NOT ${keepsOut(until)}`,
    sql`epoch = epoch + CASE WHEN ${bannedNow(on.now)} THEN 0 ELSE 1 END,
        banned_at = CASE WHEN ${bannedNow(on.now)} THEN banned_at ELSE ${on.now} END,
        banned_until = ${until}, banned_reason = ${reason}`,
  )
  return { ...ban, write: endsSessions(ban.write) }
}

export function liftBan(on: ActOn): UserAct {
  return act(on, sql`u.banned_at IS NOT NULL`, sql`banned_at = NULL, banned_until = NULL, banned_reason = NULL`)
}

/** The edges that are left stay, unless a deletion or a permanent ban still requires their removal. */
export function cancelEdgeRemoval(userId: UserId): Statement<void> {
  return run(sql`
    DELETE FROM edge_work WHERE user_id = ${userId} AND kind = 'remove_edges' AND EXISTS (
      SELECT 1 FROM users WHERE id = ${userId} AND deleted_at IS NULL AND (banned_at IS NULL OR banned_until IS NOT NULL))`)
}

const restrictedNow = (now: number) => isInForce(sql`restricted_at`, sql`restricted_until`, now)

export function restrictUser(on: ActOn, { until, reason }: Term): UserAct {
  return act(
    on,
    sql`u.restricted_at IS NULL OR u.restricted_until IS NOT ${until} OR u.restricted_reason IS NOT ${reason}`,
    sql`restricted_at = CASE WHEN ${restrictedNow(on.now)} THEN restricted_at ELSE ${on.now} END,
        restricted_until = ${until}, restricted_reason = ${reason}`,
  )
}

export function liftRestriction(on: ActOn): UserAct {
  return act(on, sql`u.restricted_at IS NOT NULL`, sql`restricted_at = NULL, restricted_until = NULL, restricted_reason = NULL`)
}

/** The mark of a person whose identity was verified, not their email address. */
export function setVerified(on: ActOn, isVerified: boolean): UserAct {
  return isVerified
    ? act(on, sql`u.verified_at IS NULL`, sql`verified_at = ${on.now}`)
    : act(on, sql`u.verified_at IS NOT NULL`, sql`verified_at = NULL`)
}

export function setCustomData(on: ActOn, customData: string | null): UserAct {
  return act(on, sql`u.custom_data IS NOT ${customData}`, sql`custom_data = ${customData}`)
}

export function setSubscription(on: ActOn, tier: string | null, expiresAt: number | null): UserAct {
  return act(
    on,
    sql`u.subscription_tier IS NOT ${tier} OR u.subscription_expires_at IS NOT ${expiresAt}`,
    sql`subscription_tier = ${tier}, subscription_expires_at = ${expiresAt}`,
  )
}

/** Undoes a deletion, whoever asked for it, as long as the account has not been purged. */
export function undoDeletion(on: ActOn): UserAct {
  return act(on, sql`u.deleted_at IS NOT NULL`, sql`deleted_at = NULL, deleted_reason = NULL`)
}

/** The witness of a deletion that the owner cannot undo. */
export function findDeletedForGood(id: UserId): Statement<{ id: UserId } | null> {
  return first(sql`SELECT id FROM users WHERE id = ${id} AND deleted_at IS NOT NULL AND deleted_reason IS NOT 'self'`)
}
