/** Single use of tokens that are themselves signed: nothing is stored until one is used. */
import { sql } from 'drizzle-orm'
import { changed, type Fragment, first, type Statement } from './database.ts'

export interface SpentToken {
  /** SHA-256 of the token. */
  readonly digest: string
  /** An id that no other request has: of the session or event that this use leads to. */
  readonly claimedBy: number
  /** When the token itself expires. */
  readonly expiresAt: number
}

/**
 * Claims a token where `condition` holds, in one guarded statement. Returns a row to the claim that wins; in a batch that may be sent
 * again, `wasSpentBy` tells.
 */
export function spendToken({ digest, claimedBy, expiresAt }: SpentToken, condition: Fragment): Statement<{ digest: string } | null> {
  return first(sql`
    INSERT INTO spent_tokens (digest, claimed_by, expires_at) SELECT ${digest}, ${claimedBy}, ${expiresAt} WHERE ${condition}
    ON CONFLICT (digest) DO NOTHING RETURNING digest`)
}

/** Holds when this claim won, in this batch or before. */
export function wasSpentBy({ digest, claimedBy }: Pick<SpentToken, 'digest' | 'claimedBy'>): Fragment {
  return sql`EXISTS (SELECT 1 FROM spent_tokens WHERE digest = ${digest} AND claimed_by = ${claimedBy})`
}

/** Holds while nobody has used the token. */
export function isUnspent({ digest }: Pick<SpentToken, 'digest'>): Fragment {
  return sql`NOT EXISTS (SELECT 1 FROM spent_tokens WHERE digest = ${digest})`
}

/** A row when this claim won: the witness of a batch that does nothing else. */
export function findClaimedToken({ digest, claimedBy }: Pick<SpentToken, 'digest' | 'claimedBy'>): Statement<{ digest: string } | null> {
  return first(sql`SELECT digest FROM spent_tokens WHERE digest = ${digest} AND claimed_by = ${claimedBy}`)
}

export function deleteExpiredTokens(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM spent_tokens WHERE digest IN (SELECT digest FROM spent_tokens WHERE expires_at < ${input.now} LIMIT ${input.limit})`)
}
