/** Lists of users: followers, following, requests, suggestions, and several at once. Pages by keyset, newest first. */
import { timeOf, type UserId } from '../../ids.ts'
import { always } from '../../store/db/database.ts'
import {
  type FollowList,
  type FollowListRow,
  findRelationships,
  listFollowNames,
  listFollows,
  listSuggestions,
  type RelationshipRow,
  type UnreadFollow,
} from '../../store/db/follows.ts'
import { findSeenUsers, isListOpen } from '../../store/db/people.ts'
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import type { Claimed, Gate } from '../gate.ts'
import { SUGGESTION_EDGES_PER_PERSON, SUGGESTION_PEOPLE, SUGGESTIONS_MAX } from '../limits.ts'
import { boundsOf, type Listed, listedPeople, type Page } from '../paging.ts'
import type { Principal, UserPrincipal } from '../principal.ts'
import { audienceOf, isAdmin, type MetUser, readSeenUser, requireMet, show } from './visibility.ts'

export type { RelationshipRow as Relationship } from '../../store/db/follows.ts'

export interface FollowRecord {
  readonly id: number
  readonly approved: boolean
  readonly createdAt: number
  readonly user: MetUser
}

function toRecord(principal: UserPrincipal, row: FollowListRow): FollowRecord {
  return { id: row.followId, approved: row.followApprovedAt !== null, createdAt: timeOf(row.followId), user: show(principal, row) }
}

function toListed(principal: UserPrincipal, rows: readonly (FollowListRow | UnreadFollow)[], page: Page): Listed<FollowRecord> {
  return listedPeople(
    rows,
    page.limit,
    ({ followId }) => followId,
    (row) => toRecord(principal, row),
  )
}

/** The caller's own followers, following or requests. */
export async function listOwnFollows(ctx: Ctx, gate: Gate, list: FollowList, page: Page): Promise<Listed<FollowRecord>> {
  const { principal, reads } = await gate(({ userId }) => [
    listFollows({ ...boundsOf(ctx, page), list, userId, viewerId: userId, condition: always }),
  ])
  return toListed(principal, reads[0], page)
}

/** An edge with the name of the other user. */
export interface NamedFollow {
  readonly id: number
  readonly createdAt: number
  readonly userId: UserId
  readonly username: string
}

/** The same with only the names of the users: for very long pages. */
export async function listOwnFollowNames(ctx: Ctx, gate: Gate, list: FollowList, page: Page): Promise<Listed<NamedFollow>> {
  const { reads } = await gate(({ userId }) => [
    listFollowNames({ ...boundsOf(ctx, page), list, userId, viewerId: userId, condition: always }),
  ])
  return listedPeople(
    reads[0],
    page.limit,
    ({ followId }) => followId,
    ({ followId, id, username }) => ({ id: followId, createdAt: timeOf(followId), userId: id, username }),
  )
}

/** A user's followers or following. A private account's are visible to its followers (wire §6.11). */
export async function listFollowsOf(ctx: Ctx, gate: Gate, userId: UserId, list: FollowList, page: Page): Promise<Listed<FollowRecord>> {
  const now = ctx.now()
  const base = { ...boundsOf(ctx, page), list, userId }
  const { principal, reads } = await gate(
    ({ userId: viewerId }) => [
      readSeenUser(ctx, viewerId, userId),
      listFollows({ ...base, viewerId, condition: isListOpen({ ownerId: userId, viewerId, now }) }),
    ],
    ({ userId: viewerId }) => (viewerId === userId ? 0 : page.limit),
  )
  const [owner, rows] = reads
  if (audienceOf(principal, requireMet(owner)) === 'outsider') {
    throw new AppError('forbidden', 'This account is private', { reason: 'not_following' })
  }
  // An administrator looks into a private account: rare enough for a round trip of its own.
  const isAdminOnly = isAdmin(principal) && owner?.isPrivate === 1 && rows.length === 0
  const shown = isAdminOnly ? await ctx.db.one(listFollows({ ...base, viewerId: principal.userId, condition: always })) : rows
  return toListed(principal, shown, page)
}

/** How much a request for these users counts: each of them, except the caller. */
const othersAmong =
  (userIds: readonly UserId[]) =>
  ({ userId }: Claimed) =>
    userIds.filter((id) => id !== userId).length

/** Those of the given users who exist for the caller, who may be a client acting for itself. */
export async function lookUpUsers(ctx: Ctx, gate: Gate<Principal>, userIds: readonly UserId[]): Promise<MetUser[]> {
  const { principal, reads } = await gate(
    ({ userId }) => [findSeenUsers({ userIds, viewerId: userId, now: ctx.now() })],
    othersAmong(userIds),
  )
  return reads[0].map((row) => show(principal, row))
}

/** The caller's relationship to each of the given users who exist for the caller. */
export async function listRelationships(ctx: Ctx, gate: Gate, userIds: readonly UserId[]): Promise<RelationshipRow[]> {
  const { reads } = await gate(({ userId }) => [findRelationships({ userIds, viewerId: userId, now: ctx.now() })], othersAmong(userIds))
  return reads[0]
}

/** Users followed by those the caller follows. */
export async function listSuggestedUsers(ctx: Ctx, gate: Gate): Promise<MetUser[]> {
  const { principal, reads } = await gate(
    ({ userId }) => [
      listSuggestions({
        viewerId: userId,
        people: SUGGESTION_PEOPLE,
        perPerson: SUGGESTION_EDGES_PER_PERSON,
        limit: SUGGESTIONS_MAX,
        now: ctx.now(),
      }),
    ],
    () => SUGGESTIONS_MAX,
  )
  return reads[0].map((row) => show(principal, row))
}
