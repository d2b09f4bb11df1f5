/** Nonce counts of HTTP Digest (RFC 7616 §3.4): each is used once, and they only rise. */
import { sql } from 'drizzle-orm'
import { changed, type Fragment, first, type Statement } from './database.ts'

export interface NonceCount {
  readonly nonce: string
  readonly count: number
  readonly expiresAt: number
}

/** Claims a nonce count where `condition` holds, in one guarded statement; null if it or a higher one was already used. */
export function claimNonceCount(input: NonceCount, condition: Fragment): Statement<{ count: number } | null> {
  return first(sql`
    INSERT INTO digest_nonces (nonce, count, expires_at) SELECT ${input.nonce}, ${input.count}, ${input.expiresAt} WHERE ${condition}
    ON CONFLICT (nonce) DO UPDATE SET count = excluded.count WHERE count < excluded.count
    RETURNING count`)
}

export function deleteExpiredNonces(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM digest_nonces WHERE nonce IN (SELECT nonce FROM digest_nonces WHERE expires_at < ${input.now} LIMIT ${input.limit})`)
}
