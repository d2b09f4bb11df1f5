/** Shared by the readers of image formats: the result of an inspection, and the one way to refuse a file. */
import { AppError } from '../../errors.ts'

export type ImageFormat = 'image/png' | 'image/jpeg' | 'image/webp' | 'image/gif' | 'image/heic' | 'image/avif'

export interface ImageLimits {
  readonly bytesMax: number
  /** Width times height. */
  readonly pixelsMax: number
  /** Whether the colour profile is dropped, too. A decoder needs it; a decoder's output is sRGB. */
  readonly profile?: 'dropped'
}

export interface InspectedImage {
  readonly format: ImageFormat
  /** As stored: before an orientation is applied. */
  readonly width: number
  readonly height: number
  /** The picture with only what a decoder needs: the decoder's input. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** `what` is for people, and says what is wrong with their file. */
export function refuseFile(what: string): never {
  throw new AppError('invalid_file', what)
}

/** The longest side that Images takes. */
const SIDE_MAX = 12_000

/** Checked before anything is decoded: a file of some kilobytes can claim a picture of gigabytes. */
export function checkSize(width: number, height: number, { pixelsMax }: ImageLimits): void {
  if (width === 0 || height === 0) refuseFile('The picture has no width or no height')
  if (width > SIDE_MAX || height > SIDE_MAX || width * height > pixelsMax) {
    const most = `${Math.floor(pixelsMax / 1_000_000)} megapixels, and ${SIDE_MAX} a side,`
    refuseFile(`The picture has ${width} x ${height} pixels; at most ${most} are allowed`)
  }
}

/** The same bytes, to be read as numbers. */
export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** ASCII text of `length` bytes at `at`. */
export function textAt(bytes: Uint8Array, at: number, length: number): string {
  return String.fromCharCode(...bytes.subarray(at, at + length))
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    joined.set(part, at)
    at += part.length
  }
  return joined
}
