/** The user's own data: presenters, schemas and examples. */
import * as z from 'zod'
import type { User } from '../../../core/accounts/user.ts'
import type { Ctx } from '../../../core/ctx.ts'
import { isInForce } from '../../../core/in-force.ts'
import { avatarUrl } from '../../../core/media/avatar-urls.ts'
import type { SeenUser as VisibleUser } from '../../../core/social/visibility.ts'
import { toHex } from '../../../ids.ts'
import { date, ok, text, toIso } from '../replies.ts'

/** The keys of the seed's sample, in its order: what users see of themselves and of each other. */
export const seedKeys = {
  _id: z.string(),
  firstName: text,
  middleName: text,
  lastName: text,
  gender: text,
  username: z.string(),
  role: z.string(),
  bio: text,
  designation: text,
  profilePictureUrl: text,
  pronouns: text,
  verified: z.boolean(),
  verifiedDate: date,
  customLink: text,
  followingCount: z.int(),
  followerCount: z.int(),
  isPrivate: z.boolean(),
  isSubscribed: z.boolean(),
  subscriptionTier: text,
  subscriptionExpiry: date,
  isBanned: z.boolean(),
  isRestricted: z.boolean(),
  email: text,
  phone: text,
  customData: z.record(z.string(), z.unknown()),
}

export const OwnUser = z
  .strictObject({
    ...seedKeys,
    emailVerified: z.boolean(),
    phoneCountryCode: text,
    organization: text,
    birthdate: text,
    country: text,
    preferredLanguage: text,
    timezone: text,
    currency: text,
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'User' })
export type OwnUser = z.output<typeof OwnUser>

/** The values of `seedKeys`; what the viewer may not see is null in `user`. */
export function toSeedKeys<Role extends string | null>(user: Omit<VisibleUser, 'audience' | 'role'> & { readonly role: Role }, ctx: Ctx) {
  const now = ctx.now()
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
    profilePictureUrl: avatarUrl(ctx, user.avatarKey),
    pronouns: user.pronouns,
    verified: user.verifiedAt !== null,
    verifiedDate: toIso(user.verifiedAt),
    customLink: user.customLink,
    followingCount: user.followingCount,
    followerCount: user.followerCount,
    isPrivate: user.isPrivate === 1,
    isSubscribed: user.subscriptionTier !== null && (user.subscriptionExpiresAt === null || user.subscriptionExpiresAt > now),
    subscriptionTier: user.subscriptionTier,
    subscriptionExpiry: toIso(user.subscriptionExpiresAt),
    isBanned: isInForce(user.bannedAt, user.bannedUntil, now),
    isRestricted: isInForce(user.restrictedAt, user.restrictedUntil, now),
    email: user.email,
    phone: user.phone,
    customData: user.customData === null ? {} : (JSON.parse(user.customData) as Record<string, unknown>),
  }
}

export const toOwnUser = (user: User, ctx: Ctx): OwnUser => ({
  ...toSeedKeys(user, ctx),
  emailVerified: user.emailVerifiedAt !== null,
  phoneCountryCode: user.phoneCountryCode,
  organization: user.organization,
  birthdate: user.birthDate,
  country: user.countryCode,
  preferredLanguage: user.locale,
  timezone: user.zoneinfo,
  currency: user.currency,
  createdAt: new Date(user.createdAt).toISOString(),
  updatedAt: new Date(user.updatedAt).toISOString(),
})

export const MeReply = ok(z.strictObject({ user: OwnUser, editableFields: z.array(z.string()) }))
export const UpdateMeReply = ok(
  z.strictObject({
    user: OwnUser,
    pendingEmail: z.string().optional().meta({ description: 'The new address, until it is verified' }),
  }),
)
export const UserReply = ok(z.strictObject({ user: OwnUser }))

/** John Doe of the seed. */
export const EXAMPLE_USER: OwnUser = {
  _id: '507f1f77bcf86cd799439011',
  firstName: 'John',
  middleName: null,
  lastName: 'Doe',
  gender: 'male',
  username: 'john_doe',
  role: 'user',
  bio: 'Likes long walks.',
  designation: 'Software Engineer',
  profilePictureUrl: null,
  pronouns: 'he/him',
  verified: true,
  verifiedDate: '2026-09-12T15:50:58.690Z',
  customLink: 'https://example.com/john',
  followingCount: 250,
  followerCount: 1058,
  isPrivate: true,
  isSubscribed: true,
  subscriptionTier: 'basic',
  subscriptionExpiry: '2027-09-12T15:50:58.691Z',
  isBanned: false,
  isRestricted: false,
  email: 'user@example.com',
  phone: '0000000000',
  customData: {},
  emailVerified: true,
  phoneCountryCode: '+00',
  organization: null,
  birthdate: '2000-05-01',
  country: 'FR',
  preferredLanguage: 'en',
  timezone: 'Europe/Paris',
  currency: 'EUR',
  createdAt: '2026-01-12T15:50:58.690Z',
  updatedAt: '2026-09-12T15:50:58.690Z',
}
