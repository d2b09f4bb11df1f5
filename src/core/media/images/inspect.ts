/**
 * Looks at the structure of an uploaded image before anything decodes it (design §1.13; security row 66, §3.4): told by
 * its first bytes, PNG, JPEG or WebP and nothing else; within the limits; whole; one picture with nothing behind it.
 * What is answered has the metadata (places, comments, thumbnails, colour profiles) taken out.
 */
import { AppError } from '../../errors.ts'
import { type ImageFormat, type InspectedImage, refuseFile, textAt } from './format.ts'
import { inspectJpeg } from './jpeg.ts'
import { inspectPng } from './png.ts'
import { inspectWebp } from './webp.ts'

export type { ImageFormat, InspectedImage } from './format.ts'

export interface ImageLimits {
  readonly bytesMax: number
  readonly sideMax: number
}

/** Throws `payload_too_large` or `invalid_file`, which says what is wrong. */
export async function inspectImage(bytes: Uint8Array, declaredType: string | null, limits: ImageLimits): Promise<InspectedImage> {
  if (bytes.length === 0) refuseFile('The file is empty')
  if (bytes.length > limits.bytesMax) throw new AppError('payload_too_large', `The picture may have at most ${limits.bytesMax} bytes`)
  const format = sniff(bytes)
  if (format === null) refuseFile('The file is not a PNG, JPEG or WebP picture')
  checkDeclared(declaredType, format)
  if (format === 'image/png') return inspectPng(bytes, limits.sideMax)
  return format === 'image/jpeg' ? inspectJpeg(bytes, limits.sideMax) : inspectWebp(bytes, limits.sideMax)
}

/** By the first bytes alone; a name or a declared type is anybody's text. */
function sniff(bytes: Uint8Array): ImageFormat | null {
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg'
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 4) === 'WEBP') return 'image/webp'
  return null
}

/** Who says what it is must be right; `image/jpg` is what many programs call a JPEG. */
function checkDeclared(declaredType: string | null, format: ImageFormat): void {
  const declared = (declaredType ?? '').split(';')[0]?.trim().toLowerCase() ?? ''
  if (declared === '' || declared === 'application/octet-stream') return
  const canonical =
    declared === 'image/jpg' || declared === 'image/pjpeg' ? 'image/jpeg' : declared === 'image/x-png' ? 'image/png' : declared
  if (canonical !== format) refuseFile(`The file is declared as another type than what it is, ${format}: look at Content-Type`)
}
