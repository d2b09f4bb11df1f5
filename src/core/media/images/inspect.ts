/**
 * Inspects the structure of an uploaded image before anything decodes it (design §1.13; security row 66, §3.4): its
 * type by its first bytes, whatever its name or declared type; within the limits; complete. The result is one picture:
 * without trailing data or other frames and, except for HEIC and AVIF, without metadata (places, comments, thumbnails).
 */
import { byteSize } from '../../byte-size.ts'
import { AppError } from '../../errors.ts'
import { type ImageFormat, type ImageLimits, type InspectedImage, refuseFile, textAt } from './format.ts'
import { inspectGif } from './gif.ts'
import { heifFormat, inspectHeif } from './heif.ts'
import { inspectJpeg } from './jpeg.ts'
import { inspectPng } from './png.ts'
import { inspectWebp } from './webp.ts'

export type { ImageFormat, ImageLimits, InspectedImage } from './format.ts'

/** Throws `payload_too_large` or `invalid_file`, with what is wrong. */
export async function inspectImage(bytes: Uint8Array<ArrayBuffer>, limits: ImageLimits): Promise<InspectedImage> {
  if (bytes.length === 0) refuseFile('The file is empty')
  if (bytes.length > limits.bytesMax) throw new AppError('payload_too_large', `The picture can be at most ${byteSize(limits.bytesMax)}`)
  const format = formatOf(bytes)
  if (format === null) refuseFile('The file is not a JPEG, PNG, WebP or GIF picture')
  if (format === 'image/png') return inspectPng(bytes, limits)
  if (format === 'image/jpeg') return inspectJpeg(bytes, limits)
  if (format === 'image/webp') return inspectWebp(bytes, limits)
  return format === 'image/gif' ? inspectGif(bytes, limits) : inspectHeif(bytes, format, limits)
}

/** By the first bytes alone; anyone can choose a name or a declared type. */
function formatOf(bytes: Uint8Array): ImageFormat | null {
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg'
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return 'image/webp'
  if (/^GIF8[79]a$/.test(textAt(bytes, 0, 6))) return 'image/gif'
  return heifFormat(bytes)
}
