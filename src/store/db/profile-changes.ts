/** Profile updates in D1: the columns of `users` that the user or an administrator may write. */
import { type Name, sql } from 'drizzle-orm'
import { toSnakeCase } from 'drizzle-orm/casing'
import { PROFILE_FIELDS, type ProfileField } from '../../config-vars.ts'
import type { UserId } from '../../ids.ts'
import { endsSessions, type Fragment, run, type Statement } from './database.ts'
import { isHeldBack } from './username-holds.ts'

/** The column of a field, as `UserRow` calls it. */
export function columnOf(field: ProfileField) {
  if (field === 'birthdate') return 'birthDate'
  return field === 'country' ? 'countryCode' : field
}

/** What `updateProfile` may write, whatever it is given. */
const COLUMNS = Object.fromEntries(
  PROFILE_FIELDS.filter((field) => field !== 'username').map((field) => [field, sql.identifier(toSnakeCase(columnOf(field)))]),
) as Readonly<Record<Exclude<ProfileField, 'username'>, Name>>

export interface ProfileChanges {
  readonly fields: Partial<Record<Exclude<ProfileField, 'username'>, string | null>>
  readonly username?: { readonly username: string; readonly usernameKey: string }
  /** Only an administrator changes these three directly. */
  readonly email?: { readonly email: string; readonly emailKey: string; readonly verifiedAt: number }
  readonly role?: string
  readonly endsSessions?: boolean
}

/** Holds while nobody else has the user name and it is not reserved for another. */
export function isUsernameFree(key: string, userId: UserId, now: number): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM users o WHERE o.username_key = ${key} AND o.id <> ${userId}) AND NOT ${isHeldBack(key, userId, now)}`
}

/** Writes only the given columns, where `condition`, which may be about the row of `users`, holds. */
export function updateProfile(userId: UserId, changes: ProfileChanges, now: number, condition: Fragment): Statement<void> {
  const sets = Object.entries(changes.fields).map(([field, value]) => sql`${COLUMNS[field as keyof typeof COLUMNS]} = ${value}`)
  if (changes.username) sets.push(sql`username = ${changes.username.username}`, sql`username_key = ${changes.username.usernameKey}`)
  const { email } = changes
  if (email) sets.push(sql`email = ${email.email}`, sql`email_key = ${email.emailKey}`, sql`email_verified_at = ${email.verifiedAt}`)
  if (changes.role) sets.push(sql`role = ${changes.role}`)
  if (changes.endsSessions) sets.push(sql`epoch = epoch + 1`)
  const write = run(sql`
    UPDATE users SET ${sql.join([...sets, sql`updated_at = ${now}`], sql`, `)} WHERE id = ${userId} AND (${condition})`)
  return changes.endsSessions ? endsSessions(write) : write
}

/** True of the row of `users` that a statement is about once it contains the changes: shows that they were written. */
export function rowHasProfile(changes: ProfileChanges): Fragment {
  const equal = Object.entries(changes.fields).map(([field, value]) => sql`users.${COLUMNS[field as keyof typeof COLUMNS]} IS ${value}`)
  if (changes.username) equal.push(sql`users.username = ${changes.username.username}`)
  return sql.join(equal, sql` AND `)
}
