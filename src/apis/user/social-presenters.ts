/** Other users and the social graph: presenters, schemas and examples (wire §3.2, §6.11, §6.14). */
import * as z from 'zod'
import type { Ctx } from '../../core/ctx.ts'
import { isInForce } from '../../core/in-force.ts'
import { avatarUrl } from '../../core/media/avatar-urls.ts'
import { statusOf, type UserStatus } from '../../core/profiles/status.ts'
import type { BlockRecord } from '../../core/social/blocks.ts'
import type { FollowRecord as FollowRecordOf, Relationship as RelationshipOf } from '../../core/social/lists.ts'
import type { SeenUser as VisibleUser } from '../../core/social/visibility.ts'
import { toHex } from '../../ids.ts'
import { date, text, toIso } from './presenters.ts'
import { listOf, ok } from './replies.ts'

const Status = z
  .strictObject({ statusMessage: text, availability: text, mood: text, expiresAt: date, updatedAt: date })
  .meta({ id: 'UserStatus' })

/** The same keys for every viewer; values that the viewer may not see are null (wire §6.11). */
export const SeenUser = z
  .strictObject({
    _id: z.string(),
    firstName: text,
    middleName: text,
    lastName: text,
    gender: text,
    username: z.string(),
    role: text,
    bio: text,
    designation: text,
    organization: text,
    profilePictureUrl: text,
    pronouns: text,
    verified: z.boolean().nullable(),
    verifiedDate: date,
    customLink: text,
    followingCount: z.int(),
    followerCount: z.int(),
    isPrivate: z.boolean(),
    isSubscribed: z.boolean().nullable(),
    subscriptionTier: text,
    subscriptionExpiry: date,
    isBanned: z.boolean().nullable(),
    isRestricted: z.boolean().nullable(),
    email: text,
    phone: text,
    customData: z.record(z.string(), z.unknown()).nullable(),
    status: Status.nullable(),
  })
  .meta({ id: 'PublicUser' })

export function toSeenUser(user: VisibleUser, ctx: Ctx): z.output<typeof SeenUser> {
  const now = ctx.now()
  const isInsider = user.audience !== 'outsider'
  const isOwner = user.audience === 'owner'
  return {
    _id: toHex(user.id),
    firstName: user.givenName,
    middleName: user.middleName,
    lastName: user.familyName,
    gender: user.gender,
    username: user.username,
    role: user.role,
    bio: user.bio,
    designation: user.designation,
    organization: user.organization,
    profilePictureUrl: avatarUrl(ctx, user.avatarKey),
    pronouns: user.pronouns,
    verified: isInsider ? user.verifiedAt !== null : null,
    verifiedDate: toIso(user.verifiedAt),
    customLink: user.customLink,
    followingCount: user.followingCount,
    followerCount: user.followerCount,
    isPrivate: user.isPrivate === 1,
    isSubscribed: isInsider
      ? user.subscriptionTier !== null && (user.subscriptionExpiresAt === null || user.subscriptionExpiresAt > now)
      : null,
    subscriptionTier: user.subscriptionTier,
    subscriptionExpiry: toIso(user.subscriptionExpiresAt),
    isBanned: isOwner ? isInForce(user.bannedAt, user.bannedUntil, now) : null,
    isRestricted: isOwner ? isInForce(user.restrictedAt, user.restrictedUntil, now) : null,
    email: user.email,
    phone: user.phone,
    customData: isOwner ? (user.customData === null ? {} : JSON.parse(user.customData)) : isInsider ? {} : null,
    status: isInsider ? toStatus(statusOf(user, now)) : null,
  }
}

export function toStatus(status: UserStatus): z.output<typeof Status> {
  return { ...status, expiresAt: toIso(status.expiresAt), updatedAt: toIso(status.updatedAt) }
}

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

export const SeenUserReply = ok(z.strictObject({ user: SeenUser }))
export const SeenUsersReply = ok(z.strictObject({ records: z.array(SeenUser) }))
export const FollowersReply = listOf(FollowRecord('source'))
export const FollowingReply = listOf(FollowRecord('target'))
export const BlocksReply = listOf(Block)
export const RelationshipsReply = ok(z.strictObject({ records: z.array(Relationship) }))
export const FollowReply = ok(z.strictObject({ status: z.enum(['following', 'requested', 'duplicate']) }))
export const FollowStatusReply = ok(z.strictObject({ following: z.boolean(), requested: z.boolean() }))
export const BlockReply = ok(z.strictObject({ status: z.literal('blocked') }))
export const PrivacyReply = ok(z.strictObject({ acceptedCount: z.int() }))
export const StatusReply = ok(z.strictObject({ status: Status }))

/** John Doe with a private account, as a stranger sees him. */
export const EXAMPLE_SEEN_USER: z.output<typeof SeenUser> = {
  _id: '507f1f77bcf86cd799439011',
  firstName: 'John',
  middleName: null,
  lastName: 'Doe',
  gender: null,
  username: 'john_doe',
  role: null,
  bio: null,
  designation: null,
  organization: null,
  profilePictureUrl: null,
  pronouns: null,
  verified: null,
  verifiedDate: null,
  customLink: null,
  followingCount: 250,
  followerCount: 1058,
  isPrivate: true,
  isSubscribed: null,
  subscriptionTier: null,
  subscriptionExpiry: null,
  isBanned: null,
  isRestricted: null,
  email: null,
  phone: null,
  customData: null,
  status: null,
}
