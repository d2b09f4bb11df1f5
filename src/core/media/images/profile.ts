/**
 * Colour profiles (ICC.1:2022): whether an embedded one is complete and of this picture's colour space. A decoder gets
 * no other; without one a picture is sRGB.
 */
import { textAt, viewOf } from './format.ts'

/** Printer profiles have some megabytes, those of phones and cameras some kilobytes. */
export const PROFILE_BYTES_MAX = 4 * 1024 * 1024
const HEADER_BYTES = 128
const TAGS_MAX = 100
const TAG_BYTES = 12
/** Input, display, output and colour space profiles (§7.2.5). */
const CLASSES = ['scnr', 'mntr', 'prtr', 'spac']
/** Components of a pixel -> its colour space (§7.2.6). */
const SPACES: Readonly<Record<number, string>> = { 1: 'GRAY', 3: 'RGB ', 4: 'CMYK' }

export function isUsableProfile(profile: Uint8Array, components: number): boolean {
  if (profile.length < HEADER_BYTES + 4 || profile.length > PROFILE_BYTES_MAX) return false
  const view = viewOf(profile)
  const size = view.getUint32(0)
  const [kind, space, connection] = [textAt(profile, 12, 4), textAt(profile, 16, 4), textAt(profile, 20, 4)]
  const isHeaderRight = size <= profile.length && textAt(profile, 36, 4) === 'acsp' && CLASSES.includes(kind)
  if (!isHeaderRight || space !== SPACES[components] || !['XYZ ', 'Lab '].includes(connection)) return false
  const tags = view.getUint32(HEADER_BYTES)
  const end = HEADER_BYTES + 4 + tags * TAG_BYTES
  if (tags === 0 || tags > TAGS_MAX || end > size) return false
  return Array.from({ length: tags }, (_, tag) => HEADER_BYTES + 4 + tag * TAG_BYTES).every((at) => {
    const [offset, length] = [view.getUint32(at + 4), view.getUint32(at + 8)]
    return offset >= end && offset + length <= size
  })
}
