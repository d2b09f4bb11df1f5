/** The social graph: presenters, schemas and examples (wire §3.2, §6.14). */
import * as z from 'zod'
import type { Ctx } from '../../../core/ctx.ts'
import type { BlockRecord } from '../../../core/social/blocks.ts'
import type { FollowRecord as FollowRecordOf, Relationship as RelationshipOf } from '../../../core/social/lists.ts'
import { toHex } from '../../../ids.ts'
import { EXAMPLE_SEEN_USER, SeenUser, toSeenUser } from '../people/presenters.ts'
import { LAST, listOf, ok } from '../replies.ts'

const RECORD = { _id: '507f1f77bcf86cd799439011', createdAt: '2026-09-12T15:50:58.690Z' }
const RELATIONSHIP = { following: true, requested: false, followedBy: false, requestedBy: false, blocking: false }

export const EXAMPLE_FOLLOWERS = { ok: 1, data: { records: [{ ...RECORD, approved: true, source: EXAMPLE_SEEN_USER }], ...LAST } }
export const EXAMPLE_FOLLOW_REQUESTS = { ok: 1, data: { records: [{ ...RECORD, approved: false, source: EXAMPLE_SEEN_USER }], ...LAST } }
export const EXAMPLE_FOLLOWING = { ok: 1, data: { records: [{ ...RECORD, approved: true, target: EXAMPLE_SEEN_USER }], ...LAST } }

const FollowRecord = (side: 'source' | 'target') =>
  z
    .strictObject({ _id: z.string(), approved: z.boolean(), createdAt: z.iso.datetime(), [side]: SeenUser })
    .meta({ id: side === 'source' ? 'Follower' : 'Following' })

/** @NOTE The original sends `createdAt` without `approved`, the seed the reverse. Kith sends both (wire §6.14). */
export function toFollowRecord(side: 'source' | 'target', record: FollowRecordOf, ctx: Ctx) {
  const { id, approved, createdAt, user } = record
  return { _id: toHex(id), approved, createdAt: new Date(createdAt).toISOString(), [side]: toSeenUser(user, ctx) }
}

const Block = z.strictObject({ _id: z.string(), createdAt: z.iso.datetime(), target: SeenUser }).meta({ id: 'Block' })

export function toBlock(record: BlockRecord, ctx: Ctx): z.output<typeof Block> {
  return { _id: toHex(record.id), createdAt: new Date(record.createdAt).toISOString(), target: toSeenUser(record.user, ctx) }
}

const Relationship = z
  .strictObject({
    _id: z.string(),
    following: z.boolean(),
    requested: z.boolean(),
    followedBy: z.boolean(),
    requestedBy: z.boolean(),
    blocking: z.boolean(),
  })
  .meta({ id: 'Relationship' })

export function toRelationship(row: RelationshipOf): z.output<typeof Relationship> {
  return {
    _id: toHex(row.id),
    following: row.follow === 'following',
    requested: row.follow === 'requested',
    followedBy: row.followedBy === 'following',
    requestedBy: row.followedBy === 'requested',
    blocking: row.blocking === 1,
  }
}

export const SeenUsersReply = ok(z.strictObject({ records: z.array(SeenUser) }))

export const EXAMPLE_SEEN_USERS = { ok: 1, data: { records: [EXAMPLE_SEEN_USER] } } satisfies z.input<typeof SeenUsersReply>

export const FollowersReply = listOf(FollowRecord('source'))
export const FollowingReply = listOf(FollowRecord('target'))

export const BlocksReply = listOf(Block)
export const EXAMPLE_BLOCKS = { ok: 1, data: { records: [{ ...RECORD, target: EXAMPLE_SEEN_USER }], ...LAST } } satisfies z.input<
  typeof BlocksReply
>

export const RelationshipsReply = ok(z.strictObject({ records: z.array(Relationship) }))
export const EXAMPLE_RELATIONSHIPS = { ok: 1, data: { records: [{ _id: RECORD._id, ...RELATIONSHIP }] } } satisfies z.input<
  typeof RelationshipsReply
>

export const FollowReply = ok(z.strictObject({ status: z.enum(['following', 'requested', 'duplicate']) }))
export const FollowStatusReply = ok(z.strictObject({ following: z.boolean(), requested: z.boolean() }))
export const BlockReply = ok(z.strictObject({ status: z.literal('blocked') }))
export const PrivacyReply = ok(z.strictObject({ acceptedCount: z.int() }))
