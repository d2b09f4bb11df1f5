/**
 * PNG (W3C PNG, third edition): every chunk is checked, the data is inflated once to be counted and never held, and
 * only the picture with its colour profile and orientation goes to a decoder. For an animation (APNG) that is the still
 * picture; what follows IEND is cut.
 */
import { crc32, createInflate } from 'node:zlib'
import { orientationOnly, readOrientation } from './exif.ts'
import { checkSize, type ImageLimits, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'
import { isUsableProfile, PROFILE_BYTES_MAX } from './profile.ts'

const SIGNATURE_BYTES = 8
/** Length, type, CRC. */
const CHUNK_FRAME_BYTES = 12
const CHUNKS_MAX = 20_000
/** The maximum size of the rows: 50 megapixels of four bytes. Deeper pictures of that size come from scanners, not from people. */
const ROWS_BYTES_MAX = 200 * 1024 * 1024
/** The maximum total of compressed texts. They are inflated to be counted, then dropped. */
const COMPRESSED_TEXT_BYTES_MAX = 1024 * 1024
/** Each costs an inflater, however small. */
const COMPRESSED_TEXTS_MAX = 100
const INFLATE_PIECE_BYTES = 64 * 1024

/** Colour type -> samples per pixel, and the allowed bit depths (§11.2.1). */
const COLOUR_TYPES: Readonly<Record<number, readonly [samples: number, depths: readonly number[]]>> = {
  0: [1, [1, 2, 4, 8, 16]],
  2: [3, [8, 16]],
  3: [1, [1, 2, 4, 8]],
  4: [2, [8, 16]],
  6: [4, [8, 16]],
}
const PALETTE = 3
/** The bit of a colour type that says so. */
const COLOURED = 2
/** Small chunks about colour that are passed on: type -> bytes. */
const COLOUR_CHUNKS: Readonly<Record<string, number>> = { gAMA: 4, cHRM: 32, sRGB: 1 }

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** With its frame, as it is in the file. */
  readonly whole: Uint8Array
}

interface Header {
  readonly width: number
  readonly height: number
  readonly bitsPerPixel: number
  readonly colourType: number
  readonly depth: number
  readonly isInterlaced: boolean
}

export async function inspectPng(bytes: Uint8Array, limits: ImageLimits): Promise<InspectedImage> {
  const header = readHeader(bytes, limits)
  const chunks = readChunks(bytes)
  checkOrder(chunks, header)
  const data = chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data)
  const { bytes: size, isWhole } = await inflatedSize(data, expectedSize(header))
  if (!isWhole || size !== expectedSize(header)) refuseFile('The picture data does not match the size of the PNG')
  await checkCompressedTexts(chunks)
  const profile = await usableProfile(chunks, header)
  const isNeeded = neededOf(chunks, header, limits.profile === 'dropped' ? undefined : profile)
  const [signature, first] = [bytes.subarray(0, SIGNATURE_BYTES), chunks.findIndex(({ type }) => type === 'IDAT')]
  const kept = chunks.map((chunk, index) => (isNeeded(chunk, index) ? [chunk.whole] : []))
  kept[first]?.unshift(...orientationChunks(chunks))
  return { format: 'image/png', width: header.width, height: header.height, bytes: join([signature, ...kept.flat()]) }
}

/** An eXIf with only the orientation. */
function orientationChunks(chunks: readonly Chunk[]): Uint8Array[] {
  const exif = chunks.find(({ type }) => type === 'eXIf')
  const tiff = exif ? orientationOnly(readOrientation(exif.data)) : null
  if (!tiff) return []
  const chunk = join([new Uint8Array(4), new TextEncoder().encode('eXIf'), tiff, new Uint8Array(4)])
  viewOf(chunk).setUint32(0, tiff.length)
  viewOf(chunk).setUint32(chunk.length - 4, crc32(chunk.subarray(4, -4)))
  return [chunk]
}

/** The first chunk, and with it the size, before anything else is touched. */
function readHeader(bytes: Uint8Array, limits: ImageLimits): Header {
  if (bytes.length < SIGNATURE_BYTES + CHUNK_FRAME_BYTES + 13) refuseFile('The PNG is cut off')
  const view = viewOf(bytes)
  if (view.getUint32(8) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') refuseFile('The PNG does not begin with its header')
  const [width, height, depth, colourType] = [view.getUint32(16), view.getUint32(20), view.getUint8(24), view.getUint8(25)]
  const [samples, depths] = COLOUR_TYPES[colourType] ?? [0, []]
  const isKnown = depths.includes(depth) && view.getUint8(26) === 0 && view.getUint8(27) === 0 && view.getUint8(28) <= 1
  if (!isKnown) refuseFile('The PNG has an invalid header')
  checkSize(width, height, limits)
  const header = { width, height, depth, colourType, bitsPerPixel: samples * depth, isInterlaced: view.getUint8(28) === 1 }
  if (expectedSize(header) > ROWS_BYTES_MAX) refuseFile('The PNG is too large for its colour depth')
  return header
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes)
  const chunks: Chunk[] = []
  for (let at = SIGNATURE_BYTES; ; ) {
    if (bytes.length - at < CHUNK_FRAME_BYTES || chunks.length >= CHUNKS_MAX) refuseFile('The PNG is cut off, or has too many chunks')
    const length = view.getUint32(at)
    const type = textAt(bytes, at + 4, 4)
    const end = at + CHUNK_FRAME_BYTES + length
    if (end > bytes.length) refuseFile('The PNG is cut off')
    if (!/^[A-Za-z]{4}$/.test(type)) refuseFile('The PNG has a chunk with an invalid name')
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) refuseFile(`The PNG is damaged: a checksum is wrong (${type})`)
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) })
    at = end
    if (type !== 'IEND') continue
    if (length !== 0) refuseFile('The PNG is damaged: its end chunk is not empty')
    return chunks
  }
}

function checkOrder(chunks: readonly Chunk[], { colourType, depth }: Header): void {
  const types = chunks.map(({ type }) => type)
  const count = (type: string) => types.filter((one) => one === type).length
  if (types.some((type) => /^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))) {
    refuseFile('The PNG has an unknown critical chunk')
  }
  const [first, last] = [types.indexOf('IDAT'), types.lastIndexOf('IDAT')]
  if (first < 0 || last - first + 1 !== count('IDAT')) refuseFile('The PNG has no picture data, or it is not contiguous')
  if (count('IHDR') !== 1 || count('PLTE') > 1) refuseFile('The PNG repeats a chunk that may occur only once')
  const palette = chunks.find(({ type }) => type === 'PLTE')
  if (colourType === PALETTE && !palette) refuseFile('The PNG lacks its palette')
  if (!palette) return
  const entries = palette.data.length / 3
  const most = colourType === PALETTE ? 2 ** depth : 256
  const isWrong = !Number.isInteger(entries) || entries < 1 || entries > most || types.indexOf('PLTE') > first
  if (isWrong || colourType === 0 || colourType === 4) refuseFile('The PNG has a palette that is not allowed')
}

/**
 * What a decoder needs: the critical chunks, transparency, and valid colour information: the profile, or else small
 * chunks. In one pass: a file of thousands of chunks must not be scanned again for each.
 */
function neededOf(chunks: readonly Chunk[], header: Header, profile: Chunk | undefined): (chunk: Chunk, index: number) => boolean {
  const first = chunks.findIndex(({ type }) => type === 'IDAT')
  const palette = chunks.findIndex(({ type }) => type === 'PLTE')
  const paletteEntries = (chunks[palette]?.data.length ?? 0) / 3
  const counts = new Map<string, number>()
  for (const { type } of chunks) counts.set(type, (counts.get(type) ?? 0) + 1)
  return (chunk, index) => {
    const { type, data } = chunk
    if (/^[A-Z]/.test(type)) return true
    if (index > first || counts.get(type) !== 1) return false
    if (type === 'tRNS') return index > palette && isTransparency(data, header, paletteEntries)
    if (palette >= 0 && index > palette) return false
    return profile === undefined ? COLOUR_CHUNKS[type] === data.length : chunk === profile
  }
}

function isTransparency(data: Uint8Array, { colourType }: Header, paletteEntries: number): boolean {
  if (colourType === PALETTE) return data.length > 0 && data.length <= paletteEntries
  return (colourType === 0 && data.length === 2) || (colourType === 2 && data.length === 6)
}

/** Adam7 (§8.1): where each pass starts, and its step. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Bytes of the filtered rows: each row starts with a byte that names its filter. */
function expectedSize({ width, height, bitsPerPixel, isInterlaced }: Header): number {
  const rows = (columns: number, lines: number) => (columns <= 0 || lines <= 0 ? 0 : lines * (1 + Math.ceil((columns * bitsPerPixel) / 8)))
  if (!isInterlaced) return rows(width, height)
  return PASSES.reduce((sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)), 0)
}

interface Inflated {
  readonly bytes: number
  /** The stream came to its end, with nothing after it. */
  readonly isWhole: boolean
}

/** Inflates to count; stops at the first byte beyond `max`. `take` receives the pieces. */
async function inflatedSize(parts: readonly Uint8Array[], max: number, take?: (piece: Uint8Array) => void): Promise<Inflated> {
  const inflate = createInflate({ chunkSize: INFLATE_PIECE_BYTES })
  const length = parts.reduce((sum, part) => sum + part.length, 0)
  let bytes = 0
  try {
    for (const part of parts) inflate.write(part)
    inflate.end()
    for await (const piece of inflate) {
      bytes += (piece as Uint8Array).length
      if (bytes > max) return { bytes, isWhole: false }
      take?.(piece)
    }
    return { bytes, isWhole: inflate.bytesWritten === length }
  } catch {
    return { bytes, isWhole: false }
  } finally {
    inflate.destroy()
  }
}

/** zTXt and iTXt are dropped; but a file that hides a bomb in them, in one or in pieces, is refused. */
async function checkCompressedTexts(chunks: readonly Chunk[]): Promise<void> {
  let left = COMPRESSED_TEXT_BYTES_MAX
  let texts = 0
  for (const { type, data } of chunks) {
    const compressed = compressedPart(type, data)
    if (compressed === null) continue
    texts += 1
    const { bytes } = await inflateWithin(type, compressed, left)
    if (texts > COMPRESSED_TEXTS_MAX) refuseFile(`The PNG has too many ${type} chunks`)
    left -= bytes
  }
}

async function inflateWithin(type: string, compressed: Uint8Array, max: number, take?: (piece: Uint8Array) => void): Promise<Inflated> {
  const inflated = await inflatedSize([compressed], max, take)
  if (inflated.bytes > max) refuseFile(`The PNG has a ${type} chunk that is far too large, or too many of them`)
  if (!inflated.isWhole) refuseFile(`The PNG has a ${type} chunk that is damaged`)
  return inflated
}

function compressedPart(type: string, data: Uint8Array): Uint8Array | null {
  const keyword = data.indexOf(0)
  if (type === 'zTXt') return data.subarray(keyword < 0 ? data.length : keyword + 2)
  if (type !== 'iTXt' || data[keyword + 1] !== 1) return null
  const translated = data.indexOf(0, data.indexOf(0, keyword + 3) + 1)
  return data.subarray(translated < 0 ? data.length : translated + 1)
}

/** The chunk of the colour profile: a name, zero, the method, the compressed profile (§11.3.2.3). */
async function usableProfile(chunks: readonly Chunk[], { colourType }: Header): Promise<Chunk | undefined> {
  const [chunk, ...more] = chunks.filter(({ type }) => type === 'iCCP')
  if (more.length > 0) refuseFile('The PNG repeats a chunk that may occur only once')
  if (chunk === undefined) return undefined
  const pieces: Uint8Array[] = []
  const name = chunk.data.indexOf(0)
  await inflateWithin('iCCP', chunk.data.subarray(name < 0 ? chunk.data.length : name + 2), PROFILE_BYTES_MAX, (piece) =>
    pieces.push(piece),
  )
  return isUsableProfile(join(pieces), (colourType & COLOURED) === 0 ? 1 : 3) ? chunk : undefined
}
