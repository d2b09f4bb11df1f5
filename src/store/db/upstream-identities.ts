/**
 * Accounts at other providers in D1. Issuer and subject identify one (OpenID Connect Core §5.7), by a unique index; the
 * label is for display, and nothing is ever matched by it.
 */
import { sql } from 'drizzle-orm'
import type { UpstreamIdentityId, UserId } from '../../ids.ts'
import { all, type Fragment, first, run, type Statement } from './database.ts'

export interface UpstreamSubject {
  readonly issuer: string
  readonly subject: string
}

export interface UpstreamIdentityRow {
  readonly id: UpstreamIdentityId
  readonly issuer: string
  readonly subject: string
  readonly label: string | null
  readonly createdAt: number
  readonly lastUsedAt: number | null
}

const isThis = ({ issuer, subject }: UpstreamSubject) => sql`i.issuer = ${issuer} AND i.subject = ${subject}`

/** Yields the user whom the identity signs in. */
export function userOfUpstream(identity: UpstreamSubject): Fragment {
  return sql`SELECT i.user_id FROM upstream_identities i WHERE ${isThis(identity)}`
}

/** Holds while nobody has the identity. */
export function isUpstreamFree(identity: UpstreamSubject): Fragment {
  return sql`NOT EXISTS (${userOfUpstream(identity)})`
}

/** Holds while it signs in this very user. */
export function isUpstreamOf(userId: UserId, identity: UpstreamSubject): Fragment {
  return sql`EXISTS (SELECT 1 FROM upstream_identities i WHERE ${isThis(identity)} AND i.user_id = ${userId})`
}

/** Holds while the identity with this id is the user's: also when it was stored in this batch. */
export function hasUpstreamIdentity(userId: UserId, id: UpstreamIdentityId): Fragment {
  return sql`EXISTS (SELECT 1 FROM upstream_identities i WHERE i.id = ${id} AND i.user_id = ${userId})`
}

/** A user's own list. */
export function listUpstreamIdentities(userId: UserId): Statement<UpstreamIdentityRow[]> {
  return all(sql`
    SELECT id, issuer, subject, label, created_at, last_used_at FROM upstream_identities WHERE user_id = ${userId} ORDER BY issuer`)
}

export function findUpstreamIdentity(id: UpstreamIdentityId): Statement<{ id: UpstreamIdentityId } | null> {
  return first(sql`SELECT id FROM upstream_identities WHERE id = ${id}`)
}

/** Why an identity was not stored: whose it is, and whether the user has another one of the same issuer. */
export function findUpstreamConflict(
  userId: UserId,
  identity: UpstreamSubject,
): Statement<{ ownerId: UserId | null; hasOther: number } | null> {
  return first(sql`
    SELECT (${userOfUpstream(identity)}) AS owner_id,
           EXISTS (SELECT 1 FROM upstream_identities o WHERE o.user_id = ${userId} AND o.issuer = ${identity.issuer}) AS has_other`)
}

export interface NewUpstreamIdentity extends UpstreamSubject {
  readonly id: UpstreamIdentityId
  readonly userId: UserId
  readonly label: string
  readonly now: number
  /** Whether it has just signed its user in. */
  readonly isUsed: boolean
}

/**
 * Stores an identity of an existing user where `condition` holds, unless somebody has it, or the user has another one of
 * its issuer. Idempotent.
 */
export function insertUpstreamIdentity(row: NewUpstreamIdentity, condition: Fragment): Statement<void> {
  return run(sql`
    INSERT INTO upstream_identities (id, user_id, issuer, subject, label, created_at, last_used_at)
    SELECT ${row.id}, u.id, ${row.issuer}, ${row.subject}, ${row.label}, ${row.now}, ${row.isUsed ? row.now : null}
    FROM users u WHERE u.id = ${row.userId} AND (${condition}) AND NOT ${hasUpstreamIdentity(row.userId, row.id)}
    ON CONFLICT (issuer, subject) DO NOTHING
    ON CONFLICT (user_id, issuer) DO NOTHING`)
}

/** Records a sign-in with the identity, and what the provider calls it now, where `condition` holds. */
export function touchUpstreamIdentity(
  identity: UpstreamSubject,
  { label, now }: { label: string; now: number },
  condition: Fragment,
): Statement<void> {
  return run(sql`
    UPDATE upstream_identities AS i SET last_used_at = ${now}, label = ${label} WHERE ${isThis(identity)} AND (${condition})`)
}

/** All of a user, where `condition` holds. */
export function deleteUpstreamOf(userId: UserId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM upstream_identities WHERE user_id = ${userId} AND (${condition})`)
}

/** Connected before the user's present address was verified: its owner was never told. */
const precedesAddress = (userId: UserId) => sql`
  i.user_id = ${userId} AND i.created_at < (SELECT a.email_verified_at FROM users a WHERE a.id = ${userId})`

/** Holds while the user has one that is older than their verified address. */
export function hasUpstreamBeforeAddress(userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM upstream_identities i WHERE ${precedesAddress(userId)})`
}

/** Removes those, where `condition` holds. */
export function deleteUpstreamBeforeAddress(userId: UserId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM upstream_identities AS i WHERE ${precedesAddress(userId)} AND (${condition})`)
}

export function deleteUpstreamIdentity(id: UpstreamIdentityId, condition: Fragment): Statement<void> {
  return run(sql`DELETE FROM upstream_identities WHERE id = ${id} AND (${condition})`)
}
