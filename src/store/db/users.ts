/** Users in D1, with their credentials. Unique indexes decide who owns a user name or an address. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { isAlive, mayComeIn, type SignInTimes } from './account-state.ts'
import { all, always, endsSessions, type Fragment, first, run, type Statement } from './database.ts'
import type { users } from './schema/users.ts'
import { isHeldBack, NOBODY } from './username-holds.ts'

export type UserRow = Omit<typeof users.$inferSelect, 'id'> & { readonly id: UserId }

export interface NewUser {
  readonly id: UserId
  readonly username: string
  readonly usernameKey: string
  readonly email: string
  readonly emailKey: string
  readonly emailVerifiedAt: number | null
  readonly givenName: string | null
  readonly familyName: string | null
  readonly phoneCountryCode: string | null
  readonly phone: string | null
  readonly createdAt: number
  readonly locale?: string | null
  /** Of the terms, accepted now. */
  readonly termsVersion?: string | null | undefined
}

/**
 * Creates a user where `condition` holds, unless the user name or the verified address is taken or reserved. The
 * witness is the row itself.
 */
export function insertUser(row: NewUser, condition: Fragment = always): Statement<void> {
  return run(sql`
    INSERT INTO users (id, username, username_key, email, email_key, email_verified_at, given_name, family_name,
                       phone_country_code, phone, locale, terms_version, terms_accepted_at, created_at, updated_at)
    SELECT ${row.id}, ${row.username}, ${row.usernameKey}, ${row.email}, ${row.emailKey}, ${row.emailVerifiedAt}, ${row.givenName},
           ${row.familyName}, ${row.phoneCountryCode}, ${row.phone}, ${row.locale ?? null}, ${row.termsVersion ?? null},
           ${row.termsVersion ? row.createdAt : null}, ${row.createdAt}, ${row.createdAt}
    WHERE (${condition}) AND NOT ${isHeldBack(row.usernameKey, NOBODY, row.createdAt)}
    ON CONFLICT (username_key) DO NOTHING
    ON CONFLICT (email_key) WHERE email_verified_at IS NOT NULL DO NOTHING`)
}

/** Holds while anybody may take the user name. */
export function isUsernameFree(usernameKey: string, now: number): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM users WHERE username_key = ${usernameKey}) AND NOT ${isHeldBack(usernameKey, NOBODY, now)}`
}

/** Who else has the names: tells which field of a refused sign-up is taken. */
export function findTaken(input: {
  usernameKey: string
  emailKey: string
  now: number
}): Statement<{ username: number; email: number } | null> {
  return first(sql`
    SELECT EXISTS (SELECT 1 FROM users WHERE username_key = ${input.usernameKey})
             OR ${isHeldBack(input.usernameKey, NOBODY, input.now)} AS username,
           EXISTS (SELECT 1 FROM users WHERE email_key = ${input.emailKey} AND email_verified_at IS NOT NULL) AS email`)
}

/** Holds when the row was created. */
export function userExists(id: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM users WHERE id = ${id})`
}

/** Yields the user who has verified the address and may sign in, even if only to restore a deleted account; otherwise nobody. */
export function ownerOfAddress(emailKey: string, times: SignInTimes): Fragment {
  return sql`
    SELECT o.id FROM users o WHERE o.email_key = ${emailKey} AND o.email_verified_at IS NOT NULL
      AND ${mayComeIn(sql`o`, times)}`
}

/** Yields the user while their address is unverified and nobody else has verified it. An address without a key cannot be verified. */
export function unverifiedUser(id: UserId, now: number): Fragment {
  return sql`
    SELECT o.id FROM users o WHERE o.id = ${id} AND o.email_verified_at IS NULL AND o.email_key IS NOT NULL AND ${isAlive(sql`o`, now)}
      AND NOT EXISTS (SELECT 1 FROM users v WHERE v.email_key = o.email_key AND v.email_verified_at IS NOT NULL)`
}

/** A guard on `challenges`: its user's address is unverified and nobody else has verified it. */
export function isVerifiable(): Fragment {
  return sql`EXISTS (
    SELECT 1 FROM users u WHERE u.id = challenges.user_id AND u.email_verified_at IS NULL
      AND NOT EXISTS (SELECT 1 FROM users v WHERE v.email_key = u.email_key AND v.email_verified_at IS NOT NULL))`
}

/** A guard on `challenges`: it belongs to this user. */
export function isChallengeOf(userId: UserId): Fragment {
  return sql`challenges.user_id = ${userId}`
}

export function findUser(id: UserId): Statement<UserRow | null> {
  return first(sql`SELECT * FROM users WHERE id = ${id}`)
}

/** Those that there are, whatever their state. */
export function findUsers(ids: readonly UserId[]): Statement<UserRow[]> {
  return all(sql`SELECT u.* FROM json_each(${JSON.stringify(ids)}) j JOIN users u ON u.id = j.value`)
}

export function findByUsername(usernameKey: string): Statement<{ id: UserId; emailKey: string | null } | null> {
  return first(sql`SELECT id, email_key FROM users WHERE username_key = ${usernameKey}`)
}

export function findAddress(id: UserId): Statement<{ emailKey: string | null } | null> {
  return first(sql`SELECT email_key FROM users WHERE id = ${id}`)
}

export function insertCredential(userId: UserId, passwordHash: string, now: number): Statement<void> {
  return run(sql`
    INSERT INTO credentials (user_id, password_hash, updated_at)
    SELECT ${userId}, ${passwordHash}, ${now} WHERE ${userExists(userId)}
    ON CONFLICT (user_id) DO NOTHING`)
}

export interface SignInMeans {
  readonly passwordHash: string | null
  readonly secondFactors: string | null
}

/** What the user signs in with: the password's hash, and the kinds of second factors, separated by spaces. */
export function findSignInMeans(id: UserId): Statement<SignInMeans | null> {
  return first(sql`
    SELECT (SELECT password_hash FROM credentials WHERE user_id = ${id}) AS password_hash,
           (SELECT GROUP_CONCAT(kind, ' ') FROM second_factors WHERE user_id = ${id}) AS second_factors`)
}

export function findWithPassword(id: UserId): Statement<(UserRow & { readonly passwordHash: string | null }) | null> {
  return first(sql`SELECT u.*, c.password_hash FROM users u LEFT JOIN credentials c ON c.user_id = u.id WHERE u.id = ${id}`)
}

/**
 * Sets the password of the user that `user` yields, where `condition` holds and such a user exists. For somebody
 * created by a license key it is the first one. The previous one is dropped unless `former` is given: then it, or an
 * older one that is still kept, is accepted with an undo of a second factor.
 */
export function updatePassword(
  input: { user: Fragment; passwordHash: string; now: number; former: FormerPassword; resetNetwork?: string },
  condition: Fragment,
): Statement<void> {
  const { user, passwordHash, now, former, resetNetwork = null } = input
  const lives = sql`(former_until > ${now} OR (former_hash IS NOT NULL AND ${former.isKeptOn}))`
  return run(sql`
    INSERT INTO credentials (user_id, password_hash, updated_at, reset_network)
    SELECT (${user}), ${passwordHash}, ${now}, ${resetNetwork} WHERE (${condition})
    ON CONFLICT (user_id) DO UPDATE SET password_hash = excluded.password_hash, updated_at = excluded.updated_at,
      reset_network = excluded.reset_network,
      former_hash = CASE WHEN ${former.isKept} THEN CASE WHEN ${lives} THEN former_hash ELSE password_hash END END,
      former_until = CASE WHEN ${former.isKept} THEN CASE WHEN ${lives} THEN former_until ELSE ${former.until} END END`)
}

/** When a replaced password is kept, until when, and when an older kept one takes precedence over it. */
export interface FormerPassword {
  readonly isKept: Fragment
  readonly isKeptOn: Fragment
  readonly until: number
}

/** Stores the same password under the current cost or key, unless it was changed meanwhile. */
export function rehashPassword(userId: UserId, from: string, to: string): Statement<void> {
  return run(sql`UPDATE credentials SET password_hash = ${to} WHERE user_id = ${userId} AND password_hash = ${from}`)
}

/** Holds while the account's epoch is the one that was read. */
export function isUnchanged(userId: UserId, epoch: number, now: number): Fragment {
  return sql`EXISTS (SELECT 1 FROM users x WHERE x.id = ${userId} AND x.epoch = ${epoch} AND ${isAlive(sql`x`, now)})`
}

/** The same for the row of `users` that a statement is about: nothing more is read. */
export function isRowUnchanged(epoch: number, now: number): Fragment {
  return sql`users.epoch = ${epoch} AND ${isAlive(sql`users`, now)}`
}

/**
 * True of the alias `u` while nothing that bars a sign-in has happened to the account since it was read with this
 * epoch. A sign-in also restores an account that its owner deleted after `returnSince`.
 * @see restoreDeleted in account-deletion.ts
 */
export function rowMaySignIn(epoch: number, times: SignInTimes): Fragment {
  return sql`u.epoch = ${epoch} AND ${mayComeIn(sql`u`, times)}`
}

/** The same when no row of the user is at hand. */
export function maySignIn(userId: UserId, epoch: number, times: SignInTimes): Fragment {
  return sql`EXISTS (SELECT 1 FROM users u WHERE u.id = ${userId} AND ${rowMaySignIn(epoch, times)})`
}

/** Marks the address of the user that `user` yields as verified. */
export function verifyAddress(user: Fragment, now: number): Statement<void> {
  return run(sql`UPDATE users SET email_verified_at = ${now}, updated_at = ${now} WHERE id = (${user}) AND email_verified_at IS NULL`)
}

/** Invalidates every session, token, code and pending log-in of the user. */
export function raiseEpoch(user: Fragment, now: number): Statement<void> {
  return endsSessions(run(sql`UPDATE users SET epoch = epoch + 1, updated_at = ${now} WHERE id = (${user})`))
}

/** Yields the user while `condition` holds, nobody otherwise. */
export function userWhere(id: UserId, condition: Fragment): Fragment {
  return sql`SELECT y.id FROM users y WHERE y.id = ${id} AND (${condition})`
}

export function touchLastSeen(userId: UserId, now: number, condition: Fragment): Statement<void> {
  return run(sql`UPDATE users SET last_seen_at = ${now} WHERE id = ${userId} AND (${condition})`)
}

/** Holds once the user has this very hash. */
export function hasPasswordHash(userId: UserId, passwordHash: string): Fragment {
  return sql`EXISTS (SELECT 1 FROM credentials WHERE user_id = ${userId} AND password_hash = ${passwordHash})`
}

/** The user after an act of the same batch, if that act took place. */
export function findUserWhere(id: UserId, condition: Fragment): Statement<UserRow | null> {
  return first(sql`SELECT * FROM users WHERE id = ${id} AND (${condition})`)
}

/** The next piece of users without a verified address, in the order of their ids, after `after`: where it ends. */
export function findUnverifiedPiece(input: { after: number; idBefore: number; limit: number }): Statement<{ last: number | null } | null> {
  return first(sql`
    SELECT MAX(p.id) AS last FROM (
      SELECT id FROM users INDEXED BY users_unverified
      WHERE email_verified_at IS NULL AND id > ${input.after} AND id < ${input.idBefore} ORDER BY id LIMIT ${input.limit}) p`)
}

/**
 * Deletes accounts of the piece that never verified their address, which frees their user names. Users of a license key
 * have no address to verify (no `email_key`) and stay, and so does whoever has moved here.
 */
export function deleteUnverifiedUsers(input: { after: number; last: number; createdBefore: number }): Statement<void> {
  return run(sql`
    DELETE FROM users WHERE id IN (
      SELECT id FROM users INDEXED BY users_unverified
      WHERE email_verified_at IS NULL AND id > ${input.after} AND id <= ${input.last} AND email_key IS NOT NULL
        AND created_at < ${input.createdBefore} AND NOT EXISTS (SELECT 1 FROM external_ids x WHERE x.user_id = users.id))`)
}

export function findRequestCount(id: UserId): Statement<{ requestCount: number } | null> {
  return first(sql`SELECT request_count FROM users WHERE id = ${id}`)
}

/** Holds while the user has pending requests. */
export function isWaitedFor(id: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM users WHERE id = ${id} AND request_count > 0)`
}

export function updatePrivacy(id: UserId, isPrivate: boolean, now: number): Statement<void> {
  return run(sql`UPDATE users SET is_private = ${isPrivate ? 1 : 0}, updated_at = ${now} WHERE id = ${id}`)
}
