/**
 * Contacts in D1: the users that a user follows, blocks, or has a request to or from, as lists of one row type. Each
 * list has its own index, newest first; pages use offsets, because the protocol has no cursors.
 */
import { sql } from 'drizzle-orm'
import type { UserId } from '../../ids.ts'
import { all, type Fragment, type Statement } from './database.ts'
import { isPresent, isUnblocked, isVisibleTo, relationColumns, type SeenUserRow } from './people.ts'

/** The user's relationship to the contact: follows; has requested to follow; has a request from; blocks. */
export type ContactState = 'following' | 'requested' | 'requesting' | 'blocked'
/** `mutual`: those followed who follow back. */
export type ContactList = 'all' | 'mutual' | ContactState

export interface ContactRow extends SeenUserRow {
  readonly contactState: ContactState
}

interface ContactPage {
  readonly list: ContactList
  readonly userId: UserId
  readonly skip: number
  readonly limit: number
  readonly now: number
}

/** No contact appears twice: someone already followed or requested is not listed again for their own request. */
export function listContacts({ list, skip, limit, ...who }: ContactPage): Statement<ContactRow[]> {
  if (list !== 'all') return all(sql`${contactsOf(list, who)} LIMIT ${limit} OFFSET ${skip}`)
  const noEdge = sql`NOT EXISTS (SELECT 1 FROM follows e WHERE e.follower_id = ${who.userId} AND e.followed_id = f.follower_id)`
  const lists = [
    contactsOf('following', who),
    contactsOf('requesting', who, noEdge),
    contactsOf('requested', who),
    contactsOf('blocked', who),
  ]
  const parts = lists.map((part) => sql`SELECT * FROM (${part} LIMIT ${skip + limit})`)
  return all(sql`${sql.join(parts, sql` UNION ALL `)} LIMIT ${limit} OFFSET ${skip}`)
}

function contactsOf(list: Exclude<ContactList, 'all'>, { userId, now }: { userId: UserId; now: number }, more?: Fragment): Fragment {
  const state = list === 'mutual' ? 'following' : list
  if (list === 'blocked') {
    return sql`
      SELECT ${state} AS contact_state, u.*, NULL AS viewer_follow, 1 AS viewer_blocks
      FROM blocks b CROSS JOIN users u ON u.id = b.blocked_id
      WHERE b.blocker_id = ${userId} AND ${isVisibleTo(userId, now)} ORDER BY b.id DESC`
  }
  const asked = list === 'requesting'
  // For the user's own edges the edge itself is the relationship; nothing more is read.
  const relation = asked ? relationColumns(userId) : sql`${state} AS viewer_follow, 0 AS viewer_blocks`
  const back = sql`EXISTS (
    SELECT 1 FROM follows r WHERE r.follower_id = f.followed_id AND r.followed_id = ${userId} AND r.approved_at IS NOT NULL)`
  return sql`
    SELECT ${state} AS contact_state, u.*, ${relation}
    FROM follows f CROSS JOIN users u ON u.id = ${asked ? sql`f.follower_id` : sql`f.followed_id`}
    WHERE ${asked ? sql`f.followed_id` : sql`f.follower_id`} = ${userId}
      AND f.approved_at ${state === 'following' ? sql`IS NOT NULL` : sql`IS NULL`} AND ${list === 'mutual' ? back : (more ?? sql`1`)}
      AND ${isPresent(now)} AND ${isUnblocked(userId)} ORDER BY f.id DESC`
}
