/**
 * Re-encodes an avatar from an inspected picture: two squares, by the Images binding. Its output is inspected like any
 * upload, and stored without a byte that is not picture.
 */
import type { Ctx } from '../ctx.ts'
import { AppError } from '../errors.ts'
import { AVATAR_SIDE, AVATAR_SMALL_SIDE } from '../limits.ts'
import { defaultAvatarPng } from './default-avatars.ts'
import type { InspectedImage } from './images/format.ts'
import { SEND_A_JPEG } from './images/heif.ts'
import { inspectImage } from './images/inspect.ts'

export interface DrawnAvatar {
  readonly '512.webp': Uint8Array
  readonly '128.png': Uint8Array
}

/** The codes by which Images says that the picture is at fault: too large, not a picture, too many pixels, unknown format. */
const REFUSED: readonly unknown[] = [9402, 9412, 9413, 9520]
const RETRY_AFTER_SECONDS = 30
type DrawnFormat = 'image/webp' | 'image/png' | 'image/jpeg'
/** No square of these sides comes near it. */
const DRAWN_BYTES_MAX = 2 * 1024 * 1024

/** Throws `invalid_file` if the picture cannot be decoded, `temporarily_unavailable` if nothing can be at the moment. */
export async function drawAvatar(ctx: Ctx, image: InspectedImage): Promise<DrawnAvatar> {
  try {
    const [large, small] = await Promise.all([
      draw(ctx, image.bytes, AVATAR_SIDE, 'image/webp'),
      draw(ctx, image.bytes, AVATAR_SMALL_SIDE, 'image/png'),
    ])
    return { '512.webp': large, '128.png': small }
  } catch (cause) {
    throw (await isPictureAtFault(ctx, cause))
      ? new AppError('invalid_file', whyNot(image), { cause })
      : new AppError('temporarily_unavailable', 'Pictures cannot be read now', { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
}

function whyNot({ format }: InspectedImage): string {
  const isForFewDecoders = format === 'image/heic' || format === 'image/avif'
  return isForFewDecoders ? `The picture cannot be read here; ${SEND_A_JPEG}` : 'The picture is damaged and cannot be read'
}

/** A stored picture for clients without WebP. */
export async function drawJpeg(ctx: Ctx, bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return await draw(ctx, bytes, AVATAR_SIDE, 'image/jpeg')
  } catch (cause) {
    throw new AppError('temporarily_unavailable', 'Pictures cannot be read now', { retryAfter: RETRY_AFTER_SECONDS, cause })
  }
}

/** Upright, in sRGB, the first frame: Images applies orientation and colour profile, then drops them. */
async function draw(ctx: Ctx, bytes: Uint8Array<ArrayBuffer>, side: number, format: DrawnFormat): Promise<Uint8Array<ArrayBuffer>> {
  const result = await ctx.images
    .input(new Blob([bytes]).stream())
    .transform({ width: side, height: side, fit: 'cover' })
    .output({ format, anim: false })
  const drawn = new Uint8Array(await result.response().arrayBuffer())
  const checked = await inspectImage(drawn, { bytesMax: DRAWN_BYTES_MAX, pixelsMax: side * side, profile: 'dropped' })
  const { width, height } = checked
  if (checked.format !== format || width !== side || height !== side) {
    throw new Error(`Images returned ${checked.format}, ${width} x ${height}, for ${format}, ${side}`)
  }
  return checked.bytes
}

/**
 * Images has one code, 9523, for a picture that it cannot decode and for its own failures. So a known good picture is
 * tried: if that works, the other one was at fault.
 */
async function isPictureAtFault(ctx: Ctx, error: unknown): Promise<boolean> {
  if (error instanceof Error && REFUSED.includes((error as { code?: unknown }).code)) return true
  return draw(ctx, defaultAvatarPng('blue'), AVATAR_SMALL_SIDE, 'image/png').then(
    () => true,
    () => false,
  )
}
