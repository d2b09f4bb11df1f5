/** What the store has of the people of an import: who is there already, and which user names are taken. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, type Statement } from './database.ts'
import { awaitsPassword, IMPORTS } from './external-ids.ts'

/** Who a record may be, and the user name that it asks for. */
export interface ImportKeys {
  readonly id: UserId | null
  readonly externalId: string | null
  /** Of an address that counts as verified. */
  readonly emailKey: string | null
  readonly usernameKey: string | null
  readonly usernameHash: string | null
}

export interface ImportMatch {
  /** The position of the record. */
  readonly at: number
  readonly byId: UserId | null
  readonly byExternalId: UserId | null
  /** The verified address that this user has now. */
  readonly externalAddress: string | null
  /** The address, verified or not. */
  readonly externalEmailKey: string | null
  readonly externalUsernameKey: string | null
  readonly externalRole: string | null
  /** Whether this user has never had a password nor signed in since an import made them. */
  readonly awaitsPassword: number
  readonly byAddress: UserId | null
  /** Who the owner of the address was elsewhere. */
  readonly ownerExternalId: string | null
  readonly isTaken: number
}

const isNameTaken = (key: Fragment, hash: Fragment, now: number) => sql`(
  EXISTS (SELECT 1 FROM users n WHERE n.username_key = ${key})
  OR EXISTS (SELECT 1 FROM username_holds h WHERE h.username_key = ${hash} AND h.held_until > ${now}))`

/** What the store has of these people: one row for each. */
export function findImported(keys: readonly ImportKeys[], now: number): Statement<ImportMatch[]> {
  const json = JSON.stringify(keys.map((k) => [k.id, k.externalId, k.emailKey, k.usernameKey, k.usernameHash]))
  return all(sql`
    WITH k AS MATERIALIZED (SELECT j.key AS at, j.value AS v FROM json_each(${json}) j)
    SELECT k.at, (SELECT u.id FROM users u WHERE u.id = k.v ->> 0) AS by_id, x.id AS by_external_id,
      CASE WHEN x.email_verified_at IS NOT NULL THEN x.email_key END AS external_address,
      x.email_key AS external_email_key, x.username_key AS external_username_key, x.role AS external_role,
      (x.id IS NOT NULL AND ${awaitsPassword(sql`x`)}) AS awaits_password, a.id AS by_address,
      (SELECT i.external_id FROM external_ids i WHERE i.user_id = a.id AND i.source = ${IMPORTS}) AS owner_external_id,
      ${isNameTaken(sql`k.v ->> 3`, sql`k.v ->> 4`, now)} AS is_taken
    FROM k LEFT JOIN users x ON x.id = (SELECT i.user_id FROM external_ids i WHERE i.source = ${IMPORTS} AND i.external_id = k.v ->> 1)
      LEFT JOIN users a ON a.email_key = k.v ->> 2 AND a.email_verified_at IS NOT NULL`)
}

/** Which of these user names are taken or reserved, by position. */
export function findTakenNames(names: readonly (readonly [key: string, hash: string])[], now: number): Statement<{ at: number }[]> {
  return all(sql`
    SELECT j.key AS at FROM json_each(${JSON.stringify(names)}) j WHERE ${isNameTaken(sql`j.value ->> 0`, sql`j.value ->> 1`, now)}`)
}
