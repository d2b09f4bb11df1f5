/** Second factors in D1: the kinds that a user has enabled. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, always, type Fragment, first, run, type Statement } from './database.ts'

export type SecondFactorKind = 'totp' | 'email'

/** Enables a kind, where `condition` holds. */
export function insertSecondFactor(userId: UserId, kind: SecondFactorKind, now: number, condition: Fragment = always): Statement<void> {
  return run(sql`
    INSERT INTO second_factors (user_id, kind, created_at) SELECT ${userId}, ${kind}, ${now} WHERE ${condition}
    ON CONFLICT (user_id, kind) DO NOTHING`)
}

/** Disables a kind, where `condition` holds, and records when: whoever had it may have made any number of browsers known with it. */
export function deleteSecondFactor(userId: UserId, kind: SecondFactorKind, now: number, condition: Fragment = always): Statement<void>[] {
  return [
    run(sql`
      UPDATE credentials SET factor_removed_at = ${now} WHERE user_id = ${userId} AND ${hasSecondFactor(userId, kind)} AND (${condition})`),
    run(sql`DELETE FROM second_factors WHERE user_id = ${userId} AND kind = ${kind} AND (${condition})`),
  ]
}

export interface SecondFactorRow {
  readonly kind: SecondFactorKind
  readonly createdAt: number
}

/** Kinds as a statement joins them, separated by spaces. */
export function toFactors(kinds: string): { readonly kind: SecondFactorKind }[] {
  return kinds.split(' ').map((kind) => ({ kind: kind as SecondFactorKind }))
}

/** Strongest first: codes by email are the weakest, and alphabetical order happens to match. */
export function listFactors(userId: UserId): Statement<SecondFactorRow[]> {
  return all(sql`SELECT kind, created_at FROM second_factors WHERE user_id = ${userId} ORDER BY kind DESC`)
}

/** True of the alias `u`: no factor was enabled while the password was being checked. */
export const rowHasNoSecondFactor: Fragment = sql`NOT EXISTS (SELECT 1 FROM second_factors f WHERE f.user_id = u.id)`

/** A row when the kind is enabled. */
export function findSecondFactor(userId: UserId, kind: SecondFactorKind): Statement<{ kind: SecondFactorKind } | null> {
  return first(sql`SELECT kind FROM second_factors WHERE user_id = ${userId} AND kind = ${kind}`)
}

export function hasSecondFactor(userId: UserId, kind: SecondFactorKind): Fragment {
  return sql`EXISTS (SELECT 1 FROM second_factors WHERE user_id = ${userId} AND kind = ${kind})`
}

export function hasAnySecondFactor(userId: UserId): Fragment {
  return sql`EXISTS (SELECT 1 FROM second_factors WHERE user_id = ${userId})`
}
