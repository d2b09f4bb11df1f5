/**
 * The orientation in EXIF (CIPA DC-008, TIFF 6.0): the one entry that changes how a picture looks. It is read, and
 * rewritten as an EXIF with only this entry, so that no other camera data gets to a decoder or is stored.
 */
import { viewOf } from './format.ts'

const ORIENTATION_TAG = 0x0112
const SHORT = 3
const ENTRIES_MAX = 500
const UPRIGHT = 1

/** 1 to 8; 1, upright, if missing or unreadable. `tiff` starts with the byte order. */
export function readOrientation(tiff: Uint8Array): number {
  if (tiff.length < 8) return UPRIGHT
  const view = viewOf(tiff)
  const order = view.getUint16(0)
  const isLittle = order === 0x4949
  if ((!isLittle && order !== 0x4d4d) || view.getUint16(2, isLittle) !== 42) return UPRIGHT
  const directory = view.getUint32(4, isLittle)
  if (directory + 2 > tiff.length) return UPRIGHT
  const entries = Math.min(view.getUint16(directory, isLittle), ENTRIES_MAX)
  for (let at = directory + 2, entry = 0; entry < entries && at + 12 <= tiff.length; entry++, at += 12) {
    if (view.getUint16(at, isLittle) !== ORIENTATION_TAG) continue
    const value = view.getUint16(at + 8, isLittle)
    const isRight = view.getUint16(at + 2, isLittle) === SHORT && view.getUint32(at + 4, isLittle) === 1 && value >= 1 && value <= 8
    return isRight ? value : UPRIGHT
  }
  return UPRIGHT
}

/** A TIFF with only this orientation; null if none is needed. */
export function orientationOnly(orientation: number): Uint8Array | null {
  if (orientation === UPRIGHT) return null
  // Big-endian, first directory at 8: one entry, a SHORT, left-justified in its four bytes; no further directory.
  return Uint8Array.from([0x4d, 0x4d, 0, 42, 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, SHORT, 0, 0, 0, 1, 0, orientation, 0, 0, 0, 0, 0, 0])
}
