/** Profile pictures (wire §3.2, §6.18): the caller sets or removes their own; anyone is redirected to a user's. */
import { Hono } from 'hono'
import { AVATAR_REDIRECT_SECONDS, REFUSED_PICTURES_PER_DAY } from '../../../core/limits.ts'
import { avatarUrl, avatarUrlSeconds } from '../../../core/media/avatar-urls.ts'
import { deleteAvatar, getPicturedUser, setAvatar } from '../../../core/media/avatars.ts'
import { avatarColor, defaultAvatarPng, defaultAvatarSvg } from '../../../core/media/default-avatars.ts'
import { anyone, requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fileAsBody, fileInForm } from '../../../http/bodies/upload.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { OK } from '../replies.ts'
import { UserParams } from '../wire.ts'
import { EXAMPLE_PROFILE_PICTURE, ProfilePictureReply, toProfilePicture } from './picture-presenters.ts'
import { PictureQuery } from './wire.ts'

const PICTURE = {
  bytesMax: ({ avatars }: { avatars: { bytesMax: number } }) => avatars.bytesMax,
  types: ['image/jpeg', 'image/png', 'image/webp', 'image/gif', 'image/heic', 'image/avif'],
} as const
const RULES = [
  'JPEG, PNG, WebP or GIF, detected by content, and HEIC and AVIF where supported. The picture is re-encoded as an upright',
  'square in sRGB, without metadata; an animation becomes its first frame.',
  `The number of changes per day is limited; refused pictures do not count, but there may be at most ${REFUSED_PICTURES_PER_DAY} of them a day.`,
].join(' ')
const REPLY = { status: 200, schema: ProfilePictureReply, example: { ok: 1, data: EXAMPLE_PROFILE_PICTURE } } as const
const REFUSALS = [400, 429] as const

export const profilePicture = new Hono<AppEnv>()
  .patch(
    '/user/profile-picture',
    requires('delegated:profile:avatar:write'),
    describe('uploadProfilePicture', {
      summary: "Set the caller's profile picture, with a form",
      description: RULES,
      response: REPLY,
      refusals: REFUSALS,
    }),
    fileInForm(['profilePicture', 'profile-picture'], PICTURE),
    async (c) => c.json({ ok: 1, data: toProfilePicture(c.var.ctx, await setAvatar(c.var.ctx, c.var.gate, c.var.readFile)) }),
  )
  .put(
    '/user/profile-picture',
    requires('delegated:profile:avatar:write'),
    describe('putProfilePicture', {
      summary: "Set the caller's profile picture, with a raw body",
      description: RULES,
      response: REPLY,
      refusals: [...REFUSALS, 411],
    }),
    fileAsBody(PICTURE),
    async (c) => c.json({ ok: 1, data: toProfilePicture(c.var.ctx, await setAvatar(c.var.ctx, c.var.gate, c.var.readFile)) }),
  )
  .delete(
    '/user/profile-picture',
    requires('delegated:profile:avatar:write'),
    describe('deleteProfilePicture', {
      summary: "Remove the caller's profile picture",
      response: OK,
    }),
    async (c) => {
      await deleteAvatar(c.var.ctx, c.var.gate)
      return c.json({ ok: 1 })
    },
  )
  .get(
    '/user/:userId{[0-9a-f]{24}}/profile-picture',
    anyone(),
    describe('getUserProfilePicture', {
      summary: "A user's profile picture",
      description: 'Redirects to the picture. Users without one have a default: their initials as SVG, or a bitmap with format=png.',
      response: { status: 302, headers: { location: 'The URL of the picture' } },
      images: ['image/svg+xml', 'image/png'],
      refusals: [404],
    }),
    validate('param', UserParams),
    validate('query', PictureQuery),
    async (c) => {
      const { ctx } = c.var
      const { format } = c.req.valid('query')
      const user = await getPicturedUser(ctx, c.req.valid('param').userId)
      const url = avatarUrl(ctx, user.avatarKey, format === 'png' ? 128 : 512)
      c.header('cache-control', `public, max-age=${Math.min(AVATAR_REDIRECT_SECONDS, avatarUrlSeconds(ctx))}`)
      c.header('cross-origin-resource-policy', 'cross-origin')
      if (url !== null) return c.redirect(url, 302)
      if (format === 'png') return c.body(defaultAvatarPng(avatarColor(user.id)), 200, { 'content-type': 'image/png' })
      return c.body(defaultAvatarSvg(user), 200, { 'content-type': 'image/svg+xml' })
    },
  )
