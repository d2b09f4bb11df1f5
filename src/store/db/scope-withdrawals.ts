/** What a user takes back of what they have granted a client: a part of each stored list of scopes. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { endsSessions, type Fragment, run, type Statement } from './database.ts'

export interface Withdrawal {
  readonly userId: UserId
  readonly clientId: string
  readonly gone: readonly string[]
  /** All that begin with it are gone, too. */
  readonly gonePrefix: string | null
  /** What is left of a scope that includes those that are gone: space separated, empty for nothing. */
  readonly narrowed: Readonly<Record<string, string>>
  readonly now: number
}

/**
 * Takes the scopes out of the consent and of every live grant; where nothing is left, these end. Open codes that hold
 * one end, so that none is exchanged for what was granted before. One batch; `told` follows each statement that may
 * change something and may depend on `didEnd`. Idempotent.
 */
export function withdrawScopes(withdrawal: Withdrawal, told: Statement<void>): Statement<void>[] {
  const { userId, clientId, now } = withdrawal
  const { left, isConcerned, isGone } = partsOf(withdrawal)
  const ends = [
    sql`UPDATE consents SET scopes = coalesce(${left(sql`scopes`)}, '')
        WHERE user_id = ${userId} AND client_id = ${clientId} AND ${isConcerned(sql`scopes`)}`,
    sql`
      DELETE FROM authorization_codes WHERE code_hash IN (
        SELECT code_hash FROM authorization_codes
        WHERE user_id = ${userId} AND client_id = ${clientId} AND consumed_at IS NULL AND ${isConcerned(sql`scope`)})`,
    sql`DELETE FROM device_codes
        WHERE user_id = ${userId} AND client_id = ${clientId} AND consumed_at IS NULL AND ${isConcerned(sql`scope`)}`,
    sql`
      UPDATE sessions SET scope = coalesce(${left(sql`scope`)}, scope), revoked_at = iif(${left(sql`scope`)} IS NULL, ${now}, NULL)
      WHERE id IN (
        SELECT id FROM sessions WHERE user_id = ${userId} AND epoch = (SELECT epoch FROM users WHERE id = ${userId})
          AND revoked_at IS NULL AND client_id = ${clientId} AND ${isConcerned(sql`scope`)})`,
  ]
  return [
    ...ends.flatMap((end) => [endsSessions(run(end)), told]),
    run(sql`DELETE FROM consents WHERE user_id = ${userId} AND client_id = ${clientId} AND scopes = ''`),
    run(sql`DELETE FROM scope_uses WHERE user_id = ${userId} AND client_id = ${clientId} AND ${isGone(sql`scope`)}`),
  ]
}

/** SQL about a stored list, which a column holds. */
function partsOf({ gone, gonePrefix, narrowed }: Withdrawal) {
  const isGone = (part: Fragment) =>
    gonePrefix === null
      ? sql`instr(${` ${gone.join(' ')} `}, ' ' || ${part} || ' ') > 0`
      : sql`substr(${part}, 1, ${gonePrefix.length}) = ${gonePrefix}`
  const parts = (text: Fragment) => sql`
    json_each('[' || replace(json_quote(${text}), ' ', '","') || ']') p LEFT JOIN json_each(${JSON.stringify(narrowed)}) n ON n.key = p.value`
  return {
    isGone,
    isConcerned: (text: Fragment) => sql`EXISTS (SELECT 1 FROM ${parts(text)} WHERE ${isGone(sql`p.value`)} OR n.key IS NOT NULL)`,
    /** Null for nothing. */
    left: (text: Fragment) => sql`(
      SELECT group_concat(nullif(coalesce(n.value, p.value), ''), ' ') FROM ${parts(text)} WHERE NOT ${isGone(sql`p.value`)})`,
  }
}
