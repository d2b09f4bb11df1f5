/** Other users: presenters, schemas and examples (wire §3.2, §6.11). */
import * as z from 'zod'
import type { Ctx } from '../../../core/ctx.ts'
import { statusOf } from '../../../core/profiles/status.ts'
import type { SeenUser as VisibleUser } from '../../../core/social/visibility.ts'
import { seedKeys, toSeedKeys } from '../profile/presenters.ts'
import { Status, toStatus } from '../profile/status-presenters.ts'
import { ok, text } from '../replies.ts'

/** The same keys for every viewer; values that the viewer may not see are null (wire §6.11). */
export const SeenUser = z
  .strictObject({
    ...seedKeys,
    role: text,
    verified: z.boolean().nullable(),
    isSubscribed: z.boolean().nullable(),
    isBanned: z.boolean().nullable(),
    isRestricted: z.boolean().nullable(),
    customData: z.record(z.string(), z.unknown()).nullable(),
    organization: text,
    status: Status.nullable(),
  })
  .meta({ id: 'PublicUser' })

export function toSeenUser(user: VisibleUser, ctx: Ctx): z.output<typeof SeenUser> {
  const all = toSeedKeys(user, ctx)
  const isInsider = user.audience !== 'outsider'
  const isOwner = user.audience === 'owner'
  return {
    ...all,
    verified: isInsider ? all.verified : null,
    isSubscribed: isInsider ? all.isSubscribed : null,
    isBanned: isOwner ? all.isBanned : null,
    isRestricted: isOwner ? all.isRestricted : null,
    customData: isOwner ? all.customData : isInsider ? {} : null,
    organization: user.organization,
    status: isInsider ? toStatus(statusOf(user, ctx.now())) : null,
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
