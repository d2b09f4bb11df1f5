/**
 * Profile pictures that were uploaded as files. Downloads need a token: they are "accessed via the Mirrorfly SDK's and
 * API's only" (wire §5.3).
 */
import { Hono } from 'hono'
import { getKeyPicture } from '../../../core/key-users/pictures.ts'
import { requiresOfClient } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { fileResponse } from '../../../http/file-response.ts'
import { describe } from '../../../http/tags.ts'
import { validate } from '../../../http/validate.ts'
import { PICTURES, PictureParams } from '../wire.ts'

export const pictures = new Hono<AppEnv>().get(
  '/media/profilePics/:upload/:digest/:size',
  // The Images binding draws each JPEG anew, which costs money: a person's requests count like reading the profile.
  requiresOfClient('client:profile:read', 'delegated:profile:read', { limit: 'people' }),
  describe('getProfilePicture', {
    summary: 'A profile picture',
    description: '512.jpg is WebP if requested, otherwise JPEG. Supports `If-None-Match`; never cached publicly.',
    response: { status: 200, contentType: 'image/jpeg' },
    images: ['image/jpeg', 'image/webp', 'image/png'],
    refusals: [404],
  }),
  validate('param', PictureParams),
  async (c) => {
    const { upload, digest, size } = c.req.valid('param')
    const asJpeg = size === '512.jpg' && !c.req.header('accept')?.includes('image/webp')
    const picture = await getKeyPicture(c.var.ctx, c.var.gate, { avatarKey: `${upload}/${digest}`, object: PICTURES[size], asJpeg })
    const { bytes, ...stored } = picture
    const open = async (range: { offset: number; length: number } | null) =>
      new Blob([range ? bytes.subarray(range.offset, range.offset + range.length) : bytes]).stream()
    const response = await fileResponse(c.req, { ...stored, name: 'profile', size: bytes.length, open }, 'same-origin')
    response.headers.append('vary', 'Accept')
    return response
  },
)
