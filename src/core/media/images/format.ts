/** What the readers of image formats share: the answer of an inspection, and the one way to refuse a file. */
import { AppError } from '../../errors.ts'

export type ImageFormat = 'image/png' | 'image/jpeg' | 'image/webp'

export interface InspectedImage {
  readonly format: ImageFormat
  /** As stored: before an orientation is applied. */
  readonly width: number
  readonly height: number
  /** The picture without anything that is not needed to decode it: what a decoder is shown. */
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** `what` is for people, and says what is wrong with their file. */
export function refuseFile(what: string): never {
  throw new AppError('invalid_file', what)
}

/** Judged before anything is decoded: a file of some kilobytes can claim a picture of gigabytes. */
export function checkSides(width: number, height: number, sideMax: number): void {
  if (width === 0 || height === 0) refuseFile('The picture has no width or no height')
  if (width > sideMax || height > sideMax) {
    refuseFile(`The picture has ${width} x ${height} pixels; at most ${sideMax} x ${sideMax} are allowed`)
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
