/**
 * HEIC and AVIF (ISO/IEC 23008-12 on ISO/IEC 14496-12): which boxes there are, and the size that each picture in the
 * file declares. Offsets count from the start, so everything before the end stays; what follows the last box is cut.
 * The file itself is never stored: a decoder that supports the format re-encodes it.
 */
import { AppError } from '../../errors.ts'
import { checkSize, type ImageFormat, type ImageLimits, type InspectedImage, refuseFile, textAt, viewOf } from './format.ts'

/** A remedy for users who have no other. */
export const SEND_A_JPEG = 'send it as a JPEG (on an iPhone: Settings, Camera, Formats, Most Compatible)'

const AVIF_BRANDS = ['avif', 'avis']
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'mif1', 'msf1']
const TOP_BOXES = ['ftyp', 'meta', 'mdat', 'moov', 'idat', 'free', 'skip', 'wide', 'uuid']
const BOXES_MAX = 10_000
const FTYP_BYTES_MAX = 1_024

interface Box {
  readonly type: string
  /** Where its content starts and ends. */
  readonly start: number
  readonly end: number
}

/** By the brands that it lists; null if it is neither. */
export function heifFormat(bytes: Uint8Array): ImageFormat | null {
  if (bytes.length < 16 || textAt(bytes, 4, 4) !== 'ftyp') return null
  const end = Math.min(viewOf(bytes).getUint32(0), bytes.length, FTYP_BYTES_MAX)
  const brands = [textAt(bytes, 8, 4)]
  for (let at = 16; at + 4 <= end; at += 4) brands.push(textAt(bytes, at, 4))
  if (brands.some((brand) => AVIF_BRANDS.includes(brand))) return 'image/avif'
  return brands.some((brand) => HEIC_BRANDS.includes(brand)) ? 'image/heic' : null
}

export function inspectHeif(bytes: Uint8Array<ArrayBuffer>, format: ImageFormat, limits: ImageLimits): InspectedImage {
  try {
    const boxes = topBoxes(bytes)
    const meta = boxes.find(({ type }) => type === 'meta')
    if (!meta) refuseFile('The picture has no description')
    const sizes = sizesIn(bytes, meta)
    for (const { width, height } of sizes) checkSize(width, height, limits)
    const [largest] = sizes.sort((one, other) => other.width * other.height - one.width * one.height)
    if (!largest) refuseFile('The picture has no size')
    return { format, ...largest, bytes: bytes.slice(0, boxes.at(-1)?.end) }
  } catch (error) {
    throw error instanceof AppError ? new AppError('invalid_file', `${error.message}; ${SEND_A_JPEG}`, { cause: error }) : error
  }
}

/** The boxes of the file, up to where other data starts. */
function topBoxes(bytes: Uint8Array): Box[] {
  const boxes: Box[] = []
  for (let at = 0; at < bytes.length && boxes.length < BOXES_MAX; at = boxes.at(-1)?.end ?? at) {
    const box = boxAt(bytes, at, bytes.length)
    if (box === null || !TOP_BOXES.includes(box.type)) break
    boxes.push(box)
  }
  if (!boxes.some(({ type }) => type === 'mdat')) refuseFile('The picture is cut off')
  return boxes
}

/** Null if there can be no box. */
function boxAt(bytes: Uint8Array, at: number, limit: number): Box | null {
  if (at + 8 > limit) return null
  const view = viewOf(bytes)
  const [size, type] = [view.getUint32(at), textAt(bytes, at + 4, 4)]
  if (size === 1) {
    if (at + 16 > limit) return null
    const end = at + Number(view.getBigUint64(at + 8))
    return end < at + 16 || end > limit ? null : { type, start: at + 16, end }
  }
  const end = size === 0 ? limit : at + size
  return end < at + 8 || end > limit ? null : { type, start: at + 8, end }
}

function boxesIn(bytes: Uint8Array, start: number, end: number): Box[] {
  const boxes: Box[] = []
  for (let at = start; at < end; at = boxes.at(-1)?.end ?? end) {
    const box = boxAt(bytes, at, end)
    if (box === null || boxes.length >= BOXES_MAX) refuseFile('The picture is damaged')
    boxes.push(box)
  }
  return boxes
}

/**
 * meta (a full box), iprp, ipco, ispe: the sizes of all pictures and tiles. There is one iprp and one ipco: of several, a decoder may
 * use any, and reading a file that consists of them takes seconds.
 */
function sizesIn(bytes: Uint8Array, meta: Box): { width: number; height: number }[] {
  const within = (boxes: readonly Box[], type: string) => {
    const [box, ...more] = boxes.filter((one) => one.type === type)
    if (more.length > 0) refuseFile('The picture is damaged')
    return box ? boxesIn(bytes, box.start, box.end) : []
  }
  const properties = within(within(boxesIn(bytes, meta.start + 4, meta.end), 'iprp'), 'ipco')
  const view = viewOf(bytes)
  return properties
    .filter(({ type, start, end }) => type === 'ispe' && end - start >= 12)
    .map(({ start }) => ({ width: view.getUint32(start + 4), height: view.getUint32(start + 8) }))
}
