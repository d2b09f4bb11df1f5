/** Other users: presenters, schemas and examples (wire §3.2, §6.11). */
import * as z from 'zod'
import type { Ctx } from '../../../core/ctx.ts'
import { isInForce } from '../../../core/in-force.ts'
import { avatarUrl } from '../../../core/media/avatar-urls.ts'
import { statusOf } from '../../../core/profiles/status.ts'
import type { SeenUser as VisibleUser } from '../../../core/social/visibility.ts'
import { toHex } from '../../../ids.ts'
import { Status, toStatus } from '../profile/status-presenters.ts'
import { date, ok, text, toIso } from '../replies.ts'

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

export const SeenUserReply = ok(z.strictObject({ user: SeenUser }))

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
