/**
 * PNG (W3C PNG, third edition): every chunk is looked at, the data is inflated once to be counted and never held, and
 * what goes on to a decoder is the picture alone. Animations (APNG) are refused.
 */
import { crc32, createInflate } from 'node:zlib'
import { checkSides, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'

const SIGNATURE_BYTES = 8
/** Length, type, CRC. */
const CHUNK_FRAME_BYTES = 12
const CHUNKS_MAX = 20_000
/** What compressed texts and the colour profile may come to, all together. They are inflated to be counted, then dropped. */
const COMPRESSED_TEXT_BYTES_MAX = 1024 * 1024
/** Each costs an inflater, however little is in it. */
const COMPRESSED_TEXTS_MAX = 100
const INFLATE_PIECE_BYTES = 64 * 1024

/** Colour type -> samples of a pixel, and the bit depths that it may have (§11.2.1). */
const COLOUR_TYPES: Readonly<Record<number, readonly [samples: number, depths: readonly number[]]>> = {
  0: [1, [1, 2, 4, 8, 16]],
  2: [3, [8, 16]],
  3: [1, [1, 2, 4, 8]],
  4: [2, [8, 16]],
  6: [4, [8, 16]],
}
const PALETTE = 3
/** Small chunks about colour that are passed on: type -> bytes. */
const COLOUR_CHUNKS: Readonly<Record<string, number>> = { gAMA: 4, cHRM: 32, sRGB: 1 }

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
  /** With its frame, as it lies in the file. */
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

export async function inspectPng(bytes: Uint8Array, sideMax: number): Promise<InspectedImage> {
  const header = readHeader(bytes, sideMax)
  const chunks = readChunks(bytes)
  checkOrder(chunks, header)
  const data = chunks.filter(({ type }) => type === 'IDAT').map((chunk) => chunk.data)
  const { bytes: size, isWhole } = await inflatedSize(data, expectedSize(header))
  if (!isWhole || size !== expectedSize(header)) refuseFile('The PNG has more or less picture data than its size says')
  await checkCompressedTexts(chunks)
  const isNeeded = neededOf(chunks, header)
  const kept = chunks.filter(isNeeded).map(({ whole }) => whole)
  return { format: 'image/png', width: header.width, height: header.height, bytes: join([bytes.subarray(0, SIGNATURE_BYTES), ...kept]) }
}

/** The first chunk, and with it the size, before anything else is touched. */
function readHeader(bytes: Uint8Array, sideMax: number): Header {
  if (bytes.length < SIGNATURE_BYTES + CHUNK_FRAME_BYTES + 13) refuseFile('The PNG is cut off')
  const view = viewOf(bytes)
  if (view.getUint32(8) !== 13 || textAt(bytes, 12, 4) !== 'IHDR') refuseFile('The PNG does not begin with its header')
  const [width, height, depth, colourType] = [view.getUint32(16), view.getUint32(20), view.getUint8(24), view.getUint8(25)]
  const [samples, depths] = COLOUR_TYPES[colourType] ?? [0, []]
  const isKnown = depths.includes(depth) && view.getUint8(26) === 0 && view.getUint8(27) === 0 && view.getUint8(28) <= 1
  if (!isKnown) refuseFile('The PNG has a header that no PNG may have')
  checkSides(width, height, sideMax)
  return { width, height, depth, colourType, bitsPerPixel: samples * depth, isInterlaced: view.getUint8(28) === 1 }
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
    if (!/^[A-Za-z]{4}$/.test(type)) refuseFile('The PNG has a chunk without a proper name')
    if (crc32(bytes.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) refuseFile(`The PNG is damaged: a checksum is wrong (${type})`)
    chunks.push({ type, data: bytes.subarray(at + 8, end - 4), whole: bytes.subarray(at, end) })
    at = end
    if (type !== 'IEND') continue
    if (length !== 0 || at !== bytes.length) refuseFile('Something comes after the end of the PNG')
    return chunks
  }
}

function checkOrder(chunks: readonly Chunk[], { colourType, depth }: Header): void {
  const types = chunks.map(({ type }) => type)
  const count = (type: string) => types.filter((one) => one === type).length
  if (types.some((type) => type === 'acTL' || type === 'fcTL' || type === 'fdAT')) refuseFile('Animated pictures are not taken')
  if (types.some((type) => /^[A-Z]/.test(type) && !['IHDR', 'PLTE', 'IDAT', 'IEND'].includes(type))) {
    refuseFile('The PNG has a chunk that is needed and not known')
  }
  const [first, last] = [types.indexOf('IDAT'), types.lastIndexOf('IDAT')]
  if (first < 0 || last - first + 1 !== count('IDAT')) refuseFile('The PNG has no picture data, or it is scattered')
  if (count('IHDR') !== 1 || count('PLTE') > 1) refuseFile('The PNG has a chunk twice that it may have once')
  const palette = chunks.find(({ type }) => type === 'PLTE')
  if (colourType === PALETTE && !palette) refuseFile('The PNG lacks its palette')
  if (!palette) return
  const entries = palette.data.length / 3
  const most = colourType === PALETTE ? 2 ** depth : 256
  const isWrong = !Number.isInteger(entries) || entries < 1 || entries > most || types.indexOf('PLTE') > first
  if (isWrong || colourType === 0 || colourType === 4) refuseFile('The PNG has a palette that it may not have')
}

/**
 * What a decoder needs: the critical chunks, transparency, and small chunks about colour where they are right. Looked at
 * once: a file of thousands of chunks must not be read anew for each.
 */
function neededOf(chunks: readonly Chunk[], header: Header): (chunk: Chunk, index: number) => boolean {
  const first = chunks.findIndex(({ type }) => type === 'IDAT')
  const palette = chunks.findIndex(({ type }) => type === 'PLTE')
  const paletteEntries = (chunks[palette]?.data.length ?? 0) / 3
  const counts = new Map<string, number>()
  for (const { type } of chunks) counts.set(type, (counts.get(type) ?? 0) + 1)
  return ({ type, data }, index) => {
    if (/^[A-Z]/.test(type)) return true
    if (index > first || counts.get(type) !== 1) return false
    if (type === 'tRNS') return index > palette && isTransparency(data, header, paletteEntries)
    return COLOUR_CHUNKS[type] === data.length && (palette < 0 || index < palette)
  }
}

function isTransparency(data: Uint8Array, { colourType }: Header, paletteEntries: number): boolean {
  if (colourType === PALETTE) return data.length > 0 && data.length <= paletteEntries
  return (colourType === 0 && data.length === 2) || (colourType === 2 && data.length === 6)
}

/** Adam7 (§8.1): where each pass begins and how far it steps. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Bytes of the filtered rows: each row has a byte in front that names its filter. */
function expectedSize({ width, height, bitsPerPixel, isInterlaced }: Header): number {
  const rows = (columns: number, lines: number) => (columns <= 0 || lines <= 0 ? 0 : lines * (1 + Math.ceil((columns * bitsPerPixel) / 8)))
  if (!isInterlaced) return rows(width, height)
  return PASSES.reduce((sum, [x, y, dx, dy]) => sum + rows(Math.ceil((width - x) / dx), Math.ceil((height - y) / dy)), 0)
}

/** Inflates to count; stops at the first byte beyond `max`. `isWhole`: the stream came to its end, with nothing behind it. */
async function inflatedSize(parts: readonly Uint8Array[], max: number): Promise<{ bytes: number; isWhole: boolean }> {
  const inflate = createInflate({ chunkSize: INFLATE_PIECE_BYTES })
  const input = join(parts)
  let bytes = 0
  try {
    inflate.end(input)
    for await (const piece of inflate) {
      bytes += (piece as Uint8Array).length
      if (bytes > max) return { bytes, isWhole: false }
    }
    return { bytes, isWhole: inflate.bytesWritten === input.length }
  } catch {
    return { bytes, isWhole: false }
  } finally {
    inflate.destroy()
  }
}

/** zTXt, iTXt and iCCP are dropped; but a file that hides a bomb in them, whole or in pieces, is no picture anybody needs. */
async function checkCompressedTexts(chunks: readonly Chunk[]): Promise<void> {
  let left = COMPRESSED_TEXT_BYTES_MAX
  let texts = 0
  for (const { type, data } of chunks) {
    const compressed = compressedPart(type, data)
    if (compressed === null) continue
    texts += 1
    const { bytes, isWhole } = await inflatedSize([compressed], left)
    if (bytes > left || texts > COMPRESSED_TEXTS_MAX) refuseFile(`The PNG has a ${type} chunk that is far too large, or too many of them`)
    if (!isWhole) refuseFile(`The PNG has a ${type} chunk that is damaged`)
    left -= bytes
  }
}

function compressedPart(type: string, data: Uint8Array): Uint8Array | null {
  const keyword = data.indexOf(0)
  if (type === 'zTXt' || type === 'iCCP') return data.subarray(keyword < 0 ? data.length : keyword + 2)
  if (type !== 'iTXt' || data[keyword + 1] !== 1) return null
  const translated = data.indexOf(0, data.indexOf(0, keyword + 3) + 1)
  return data.subarray(translated < 0 ? data.length : translated + 1)
}
