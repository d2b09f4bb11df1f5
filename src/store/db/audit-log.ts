/** The audit trail of everybody, as administrators read it. */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import type { AuditEventRow, AuditEventType } from './audit-events.ts'
import { all, type Fragment, first, type Statement } from './database.ts'

export interface AuditLogRow extends AuditEventRow {
  readonly userId: UserId | null
  /** Null also for an account that is gone. */
  readonly username: string | null
  readonly actorName: string | null
  readonly clientName: string | null
  /** Of an event about a note: the rank of its author; null also for an account that is gone. */
  readonly authorRanking: number | null
}

/** Whom to look for: an id that may be gone, a folded user name, or a verified address. */
export type Who = { readonly id: UserId } | { readonly usernameKey: string } | { readonly emailKey: string }

function idOfWho(who: Who): Fragment {
  if ('id' in who) return sql`${who.id}`
  const isMeant =
    'emailKey' in who ? sql`email_key = ${who.emailKey} AND email_verified_at IS NOT NULL` : sql`username_key = ${who.usernameKey}`
  return sql`(SELECT id FROM users WHERE ${isMeant})`
}

/** Where to look: what one index finds by itself, so that no more is read than asked for. */
export interface AuditRange {
  readonly person: Who | null
  /** Only by the index where no person is given. */
  readonly actor: Who | null
  readonly before: number
  /** The smallest id. */
  readonly from: number
}

const rangeOf = ({ person, actor, before, from }: AuditRange, lowest: Fragment = sql`${from}`): Fragment => {
  // One bound: of two, SQLite might take the wrong one to the index.
  const ids = sql`e.id < ${before} AND e.id >= ${lowest}`
  if (person) return sql`audit_events e INDEXED BY audit_events_user WHERE e.user_id = ${idOfWho(person)} AND ${ids}`
  if (actor) return sql`audit_events e INDEXED BY audit_events_actor WHERE e.actor_id = ${idOfWho(actor)} AND ${ids}`
  return sql`audit_events e NOT INDEXED WHERE ${ids}`
}

const endOf = (range: AuditRange, window: number): Fragment =>
  sql`SELECT e.id FROM ${rangeOf(range)} ORDER BY e.id DESC LIMIT 1 OFFSET ${window - 1}`

/** The last event that a list of at most `window` events reads; null if there are fewer. */
export function findWindowEnd(range: AuditRange, window: number): Statement<{ id: number } | null> {
  return first(endOf(range, window))
}

/** Newest first. With a `window`, among that many events of the range. */
export function listAuditLog(input: {
  range: AuditRange
  types: readonly AuditEventType[]
  window: number | null
  limit: number
}): Statement<AuditLogRow[]> {
  const { range, types, window, limit } = input
  const lowest = window === null ? sql`${range.from}` : sql`COALESCE((${endOf(range, window)}), ${range.from})`
  const conditions = [
    ...(range.person && range.actor ? [sql`e.actor_id = ${idOfWho(range.actor)}`] : []),
    ...(types.length === 0
      ? []
      : [
          sql`e.type IN (${sql.join(
            types.map((type) => sql`${type}`),
            sql`, `,
          )})`,
        ]),
  ]
  const where = conditions.length === 0 ? sql`` : sql` AND ${sql.join(conditions, sql` AND `)}`
  return all(sql`
    SELECT e.id, e.type, e.actor_id, e.user_id, e.client_id, e.user_agent, e.place, e.detail, e.created_at,
           (SELECT username FROM users u WHERE u.id = e.user_id) AS username,
           (SELECT username FROM users a WHERE a.id = e.actor_id) AS actor_name,
           (SELECT name FROM oauth_clients c WHERE c.id = e.client_id) AS client_name,
           iif(e.type IN ('note_added', 'note_removed'),
             (SELECT r.ranking FROM users a JOIN roles r ON r.id = a.role WHERE a.id = e.actor_id), NULL) AS author_ranking
    FROM ${rangeOf(range, lowest)}${where} ORDER BY e.id DESC LIMIT ${limit}`)
}
