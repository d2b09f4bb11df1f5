/** Pictures for tests: valid ones, built or embedded, and the pieces of hostile ones. */
import { crc32, deflateSync } from 'node:zlib'

type Bytes = Uint8Array<ArrayBuffer>

export const concat = (...parts: (Uint8Array | string)[]): Bytes =>
  new Uint8Array(Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part))))
export const u32 = (value: number) => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value >>> 0)
  return bytes
}

// --- PNG -------------------------------------------------------------------------------------------------------

export const PNG_SIGNATURE = concat('\x89PNG\r\n\x1a\n')

export function pngChunk(type: string, data: Uint8Array | string = ''): Bytes {
  const body = concat(type, data)
  return concat(u32(body.length - 4), body, u32(crc32(body)))
}

export interface PngOptions {
  readonly width?: number
  readonly height?: number
  readonly depth?: number
  readonly colourType?: number
  readonly interlaced?: boolean
  /** Instead of what matches the size. */
  readonly raw?: Uint8Array
  readonly before?: readonly Uint8Array[]
  readonly after?: readonly Uint8Array[]
}

const SAMPLES: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

export function header({ width = 12, height = 9, depth = 8, colourType = 2, interlaced = false }: PngOptions): Bytes {
  return pngChunk('IHDR', concat(u32(width), u32(height), Uint8Array.from([depth, colourType, 0, 0, interlaced ? 1 : 0])))
}

/** Filtered rows of a gradient. */
function rowsOf({ width = 12, height = 9, depth = 8, colourType = 2, interlaced = false }: PngOptions): Bytes {
  const bits = (SAMPLES[colourType] ?? 0) * depth
  const pass = (columns: number, lines: number) =>
    columns <= 0
      ? []
      : Array.from({ length: Math.max(0, lines) }, (_, y) => {
          const row = new Uint8Array(1 + Math.ceil((columns * bits) / 8))
          for (let x = 1; x < row.length; x++) row[x] = colourType === 3 ? 0 : (x * 5 + y * 9) % 256
          return row
        })
  if (!interlaced) return concat(...pass(width, height))
  return concat(...PASSES.flatMap(([x, y, dx, dy]) => pass(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy))))
}

export function png(options: PngOptions = {}): Bytes {
  const palette = options.colourType === 3 ? [pngChunk('PLTE', Uint8Array.from([200, 30, 30, 10, 10, 90]))] : []
  const data = pngChunk('IDAT', deflateSync(options.raw ?? rowsOf(options)))
  return concat(PNG_SIGNATURE, header(options), ...palette, ...(options.before ?? []), data, ...(options.after ?? []), pngChunk('IEND'))
}

/** Types of the chunks of a PNG. */
export function chunkTypes(bytes: Uint8Array): string[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const types: string[] = []
  for (let at = 8; at < bytes.length; at += 12 + view.getUint32(at))
    types.push(Buffer.from(bytes.subarray(at + 4, at + 8)).toString('latin1'))
  return types
}

// --- JPEG and WebP, 16 x 12: four fields of colour ----------------------------------------------------------------

const embedded = (base64: string): Bytes => new Uint8Array(Buffer.from(base64, 'base64'))

export const JPEG = embedded(
  '/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wAARCAAMABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABgEH/8QAGhAAAQUBAAAAAAAAAAAAAAAAAAIFFVSi0f/EABUBAQEAAAAAAAAAAAAAAAAAAAIE/8QAHREAAAYDAQAAAAAAAAAAAAAAAAEDBAUhI0Fhwf/aAAwDAQACEQMRAD8AkO4V9p6GIdwr7T01IMkTZ6pdEDNyCuOi350f/9k=',
)
export const PROGRESSIVE_JPEG = embedded(
  '/9j/2wBDAA0JCgsKCA0LCgsODg0PEyAVExISEyccHhcgLikxMC4pLSwzOko+MzZGNywtQFdBRkxOUlNSMj5aYVpQYEpRUk//2wBDAQ4ODhMREyYVFSZPNS01T09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT09PT0//wgARCAAMABADASIAAhEBAxEB/8QAFgABAQEAAAAAAAAAAAAAAAAABQEG/8QAFQEBAQAAAAAAAAAAAAAAAAAAAQP/2gAMAwEAAhADEAAAAYZqTIH/xAAXEAADAQAAAAAAAAAAAAAAAAAAAxMQ/9oACAEBAAEFAosIs3//xAAXEQADAQAAAAAAAAAAAAAAAAAAAgQi/9oACAEDAQE/AbaGyf/EABYRAQEBAAAAAAAAAAAAAAAAAAMAAv/aAAgBAgEBPwE21f/EABYQAQEBAAAAAAAAAAAAAAAAADIAEP/aAAgBAQAGPwIx3//EABcQAQEBAQAAAAAAAAAAAAAAAAHwABD/2gAIAQEAAT8hgmgnf//aAAwDAQACAAMAAAAQi//EABgRAAIDAAAAAAAAAAAAAAAAAABBAWHB/9oACAEDAQE/EFUPLP/EABYRAQEBAAAAAAAAAAAAAAAAACEAAf/aAAgBAgEBPxBxl//EABcQAAMBAAAAAAAAAAAAAAAAAADR8BD/2gAIAQEAAT8Qg4g7f//Z',
)
export const WEBP = embedded(
  'UklGRkwAAABXRUJQVlA4IEAAAACQAgCdASoQAAwAAsBMJagCdGuAwQD1/wPDGAKGAAD+b3fgIjqfcKZwKDZjB8+waqP8E+X/5nJ5MPfXdR7ReogA',
)
export const LOSSLESS_WEBP = embedded('UklGRjoAAABXRUJQVlA4TC0AAAAvD8ACAB8gEEjCGXtsgQAhQof/DkWjNf+Rm0GAMNtokpOc5H0PIaL/ofDV9gEA')

export function jpegSegment(code: number, data: Uint8Array | string): Bytes {
  const body = concat(data)
  return concat(Uint8Array.from([0xff, code, (body.length + 2) >> 8, (body.length + 2) & 255]), body)
}

/** The JPEG with segments right after its SOI. */
export const jpegWith = (...segments: Uint8Array[]): Bytes => concat(JPEG.subarray(0, 2), ...segments, JPEG.subarray(2))

/** EXIF with an orientation and the place where the picture was taken (a GPS directory with a latitude reference). */
export function exif(orientation: number): Bytes {
  const entry = (tag: number, type: number, count: number, value: Uint8Array) => {
    const bytes = Buffer.alloc(12)
    bytes.writeUInt16LE(tag, 0)
    bytes.writeUInt16LE(type, 2)
    bytes.writeUInt32LE(count, 4)
    bytes.set(value, 8)
    return bytes
  }
  const directory = concat(
    Uint8Array.from([2, 0]),
    entry(0x0112, 3, 1, Uint8Array.from([orientation, 0])),
    entry(0x8825, 4, 1, Uint8Array.from([38, 0, 0, 0])),
    new Uint8Array(4),
  )
  const gps = concat(Uint8Array.from([1, 0]), entry(0x0001, 2, 2, Uint8Array.from([0x4e, 0])), new Uint8Array(4))
  return concat('II', Uint8Array.from([42, 0, 8, 0, 0, 0]), directory, gps, 'GPS-CANARY 48.8584N 2.2945E')
}

export const exifSegment = (orientation: number) => jpegSegment(0xe1, concat('Exif\0\0', exif(orientation)))

export function riffChunk(type: string, data: Uint8Array): Bytes {
  const length = Buffer.alloc(4)
  length.writeUInt32LE(data.length)
  return concat(type, length, data, new Uint8Array(data.length % 2))
}

export const riff = (...chunks: Uint8Array[]): Bytes => riffChunk('RIFF', concat('WEBP', ...chunks))

/** A three-byte number, as WebP writes sides minus one. */
const u24 = (value: number) => [value & 255, (value >> 8) & 255, value >> 16]
/** VP8X with these flags. */
export const vp8x = (flags: number, width = 16, height = 12) =>
  riffChunk('VP8X', Uint8Array.from([flags, 0, 0, 0, ...u24(width - 1), ...u24(height - 1)]))
/** The picture of WEBP, as a chunk. */
export const VP8 = WEBP.slice(12)

/** An animation frame: its position (in steps of two pixels), its sides, a time, and flags. */
export const webpFrame = (picture: Uint8Array, [x, y, width, height]: readonly [number, number, number, number] = [0, 0, 16, 12]): Bytes =>
  riffChunk('ANMF', concat(Uint8Array.from([...u24(x / 2), ...u24(y / 2), ...u24(width - 1), ...u24(height - 1), 100, 0, 0, 2]), picture))

/** Two frames: that of WEBP first. */
export const animatedWebp = (width = 16, height = 12): Bytes =>
  riff(vp8x(0x12, width, height), riffChunk('ANIM', new Uint8Array(6)), webpFrame(VP8), webpFrame(LOSSLESS_WEBP.slice(12)))

// --- GIF, 2 x 2 ----------------------------------------------------------------------------------------------------

/** Red, green, blue, white. */
const GIF_HEAD = concat('GIF89a', Uint8Array.from([2, 0, 2, 0, 0x81, 0, 0, 255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255]))
/** The four colours, one in each corner. */
const GIF_IMAGE = Uint8Array.from([0x2c, 0, 0, 0, 0, 2, 0, 2, 0, 0, 2, 3, 0x44, 0x34, 0x05, 0])
export const GIF = concat(GIF_HEAD, GIF_IMAGE, ';')

/** With a comment, a loop, a time, and three frames. */
export const animatedGif = (): Bytes =>
  concat(
    GIF_HEAD,
    ...['!\xff\x0bNETSCAPE2.0\x03\x01\0\0\0', '!\xfe\x06CANARY\0', '!\xf9\x04\0\x0a\0\0\0', GIF_IMAGE],
    ...['!\xf9\x04\0\x0a\0\0\0', GIF_IMAGE, '!\xf9\x04\0\x0a\0\0\0', GIF_IMAGE, ';'],
  )

// --- HEIF: boxes without a picture that anybody could decode ----------------------------------------------------------

export function box(type: string, ...content: (Uint8Array | string)[]): Bytes {
  const body = concat(...content)
  return concat(u32(body.length + 8), type, body)
}

/** Claims this size; `brand`: heic or avif. */
export function heif(width: number, height: number, brand = 'heic'): Bytes {
  const size = box('ispe', u32(0), u32(width), u32(height))
  const meta = box('meta', u32(0), box('iprp', box('ipco', size)))
  return concat(box('ftyp', brand, u32(0), 'mif1', brand), meta, box('mdat', new Uint8Array(20)))
}

// --- as they are sent --------------------------------------------------------------------------------------------

export function pictureForm(bytes: Uint8Array<ArrayBuffer>, type = 'image/png', field = 'profilePicture'): FormData {
  const form = new FormData()
  form.append(field, new File([bytes], 'me.png', { type }))
  return form
}
