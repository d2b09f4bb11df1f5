/** The reply to a new profile picture (wire §3.2). */
import * as z from 'zod'
import type { Ctx } from '../../../core/ctx.ts'
import { avatarUrl } from '../../../core/media/avatar-urls.ts'
import { ok } from '../replies.ts'

const ProfilePicture = z.strictObject({ signedUrl: z.url(), profilePictureUrl: z.url() }).meta({ id: 'ProfilePicture' })

/** @NOTE The seed's table and sample say `signedUrl`. It is the same URL as in every other reply, signed or public. */
export function toProfilePicture(ctx: Ctx, { avatarKey }: { avatarKey: string }): z.output<typeof ProfilePicture> {
  const url = avatarUrl(ctx, avatarKey) ?? ''
  return { signedUrl: url, profilePictureUrl: url }
}

export const ProfilePictureReply = ok(ProfilePicture)

const EXAMPLE_URL =
  'https://avatars.example.com/0123456789abcdef01234567/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/512.webp'
export const EXAMPLE_PROFILE_PICTURE: z.output<typeof ProfilePicture> = { signedUrl: EXAMPLE_URL, profilePictureUrl: EXAMPLE_URL }
