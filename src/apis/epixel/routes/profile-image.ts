/** The caller's picture (wire §4.2, §6.19): two image files, of which the cropped one becomes the avatar. */
import { type Context, Hono } from 'hono'
import type { Ctx } from '../../../core/ctx.ts'
import { AppError } from '../../../core/errors.ts'
import type { Gate } from '../../../core/gate.ts'
import { FORM_OVERHEAD_BYTES } from '../../../core/limits.ts'
import { setAvatar } from '../../../core/media/avatars.ts'
import { inspectImage } from '../../../core/media/images/inspect.ts'
import { profileLimit } from '../../../core/profiles/daily-limits.ts'
import { requires } from '../../../http/access.ts'
import type { AppEnv } from '../../../http/app-env.ts'
import { type FormFile, isMultipart, readParts } from '../../../http/bodies/multipart.ts'
import { type Description, describe, takes } from '../../../http/tags.ts'
import { NOT_AN_IMAGE, ProfileImageReply, toProfileImage, toReply } from '../wire.ts'

const FILES = ['image', 'cropped_image'] as const
const EXAMPLE = toReply({
  image_url:
    'https://avatars.example.com/0123456789abcdef01234567/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08/128.png',
})
const DESCRIBED: Description = {
  summary: "Set the caller's picture",
  description:
    'JPEG, PNG, WebP or GIF, and HEIC and AVIF where supported. The cropped picture is re-encoded as a square. The number of changes per day is limited.',
  response: { status: 200, schema: ProfileImageReply, example: EXAMPLE },
  refusals: [429],
}
const TAKEN = takes({ raw: [], form: { file: FILES[0], withFile: FILES[1], types: [], fields: {} } })

/** @NOTE The seed's heading and its samples use different paths. */
export const profileImage = new Hono<AppEnv>()
  .post('/user/profile-image', requires('delegated:profile:avatar:write'), describe('setProfileImage', DESCRIBED), TAKEN, (c) =>
    answer(c as never, c.var.gate),
  )
  .post(
    '/user/profile/profile-image',
    requires('delegated:profile:avatar:write'),
    describe('setProfileImageAlias', DESCRIBED),
    TAKEN,
    (c) => answer(c as never, c.var.gate),
  )

async function answer(c: Context<AppEnv>, gate: Gate): Promise<Response> {
  const { ctx } = c.var
  if (!isMultipart(c.req)) throw new AppError('unsupported_media_type', 'Send multipart/form-data')
  const { avatarKey } = await setAvatar(
    ctx,
    gate,
    () => readCropped(c, ctx),
    (userId) => [profileLimit(userId, ctx.config.epixelChangesPerDay)],
  )
  return c.json(toReply(toProfileImage(ctx, avatarKey)))
}

/** Checks both files and reports all problems at once. Declared content types are ignored. */
async function readCropped(c: Context<AppEnv>, ctx: Ctx): Promise<Uint8Array<ArrayBuffer>> {
  const { avatars } = ctx.config
  const parts = await readParts(c.req, FILES.length * avatars.bytesMax + FORM_OVERHEAD_BYTES)
  const [image, cropped] = [readFile(parts, 'image'), readFile(parts, 'cropped_image')]
  const wrong = image.wrong ?? (await problemOf(image.bytes, avatars))
  if (wrong === null && cropped.wrong === null) return cropped.bytes
  const problems = { image: wrong, cropped_image: cropped.wrong ?? (await problemOf(cropped.bytes, avatars)) }
  throw AppError.ofFields(
    Object.entries(problems).flatMap(([path, message]) => (message === null ? [] : [{ path, code: 'worded' as const, message }])),
  )
}

interface ReadFile {
  readonly bytes: Uint8Array<ArrayBuffer>
  /** Why the part is no usable file; null if it is one. */
  readonly wrong: string | null
}

function readFile(parts: Readonly<Record<string, string | FormFile>>, name: (typeof FILES)[number]): ReadFile {
  const part = Object.hasOwn(parts, name) ? parts[name] : undefined
  const none = (wrong: string) => ({ bytes: new Uint8Array(), wrong })
  if (part === undefined) return none('No file was submitted.')
  if (typeof part === 'string') return none('The submitted data was not a file. Check the encoding type on the form.')
  return part.bytes.byteLength === 0 ? none('The submitted file is empty.') : { bytes: part.bytes, wrong: null }
}

async function problemOf(bytes: Uint8Array<ArrayBuffer>, limits: Ctx['config']['avatars']): Promise<string | null> {
  try {
    await inspectImage(bytes, limits)
    return null
  } catch (error) {
    if (error instanceof AppError && error.code === 'invalid_file') return NOT_AN_IMAGE
    throw error
  }
}
