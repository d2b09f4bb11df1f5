/** Pushed authorization requests in D1 (RFC 9126): each is used once, by one guarded UPDATE (design §1.4). */
import { sql } from 'drizzle-orm'
import { changed, first, run, type Statement } from './database.ts'

export interface NewPushedRequest {
  readonly uriHash: string
  readonly clientId: string
  readonly params: string
  readonly expiresAt: number
}

export function insertPushedRequest(row: NewPushedRequest): Statement<void> {
  return run(sql`
    INSERT INTO pushed_requests (uri_hash, client_id, params, expires_at)
    VALUES (${row.uriHash}, ${row.clientId}, ${row.params}, ${row.expiresAt})
    ON CONFLICT (uri_hash) DO NOTHING`)
}

/** Claims a request of the client for `claimedBy`. */
export function claimPushedRequest(input: { uriHash: string; clientId: string; claimedBy: number; now: number }): Statement<void> {
  return run(sql`
    UPDATE pushed_requests SET consumed_at = ${input.now}, consumed_by = ${input.claimedBy}
    WHERE uri_hash = ${input.uriHash} AND client_id = ${input.clientId} AND consumed_at IS NULL AND expires_at > ${input.now}`)
}

/** The parameters, for whoever won the claim. */
export function findClaimedRequest(uriHash: string, claimedBy: number): Statement<{ params: string } | null> {
  return first(sql`SELECT params FROM pushed_requests WHERE uri_hash = ${uriHash} AND consumed_by = ${claimedBy}`)
}

export function findPushedRequest(uriHash: string): Statement<{ uriHash: string } | null> {
  return first(sql`SELECT uri_hash FROM pushed_requests WHERE uri_hash = ${uriHash}`)
}

export function deleteExpiredPushedRequests(input: { now: number; limit: number }): Statement<number> {
  return changed(sql`
    DELETE FROM pushed_requests WHERE uri_hash IN (
      SELECT uri_hash FROM pushed_requests WHERE expires_at < ${input.now} LIMIT ${input.limit})`)
}
