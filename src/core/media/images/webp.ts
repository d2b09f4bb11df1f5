/**
 * WebP (RFC 9649): a RIFF whose size is the file's, with one still picture in it, VP8 or VP8L, alone or in an extended
 * file (VP8X) whose canvas is that picture's. Animations are refused. Of the metadata the orientation stays.
 */
import { orientationOnly, readOrientation } from './exif.ts'
import { checkSides, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'

const RIFF_HEADER_BYTES = 12
const CHUNK_HEADER_BYTES = 8
const CHUNKS_MAX = 64
const ANIMATION_FLAG = 0x02
const EXIF_FLAG = 0x08
const ALPHA_FLAG = 0x10
const KNOWN_CHUNKS = ['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ICCP', 'EXIF', 'XMP ']

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
}

interface Size {
  readonly width: number
  readonly height: number
}

export function inspectWebp(bytes: Uint8Array, sideMax: number): InspectedImage {
  const chunks = readChunks(bytes)
  const types = chunks.map(({ type }) => type)
  if (types.some((type) => type === 'ANIM' || type === 'ANMF')) refuseFile('Animated pictures are not taken')
  if (types.some((type) => !KNOWN_CHUNKS.includes(type))) refuseFile('The WebP has a part that is not known')
  if (new Set(types).size !== types.length) refuseFile('The WebP has a part twice that it may have once')
  const picture = chunks.find(({ type }) => type === 'VP8 ' || type === 'VP8L')
  if (!picture || (types.includes('VP8 ') && types.includes('VP8L'))) refuseFile('The WebP has no picture, or two')
  const size = picture.type === 'VP8 ' ? lossySize(picture.data) : losslessSize(picture.data)
  checkSides(size.width, size.height, sideMax)
  checkExtension(chunks, size)
  return { format: 'image/webp', ...size, bytes: rebuild(chunks, picture, size) }
}

function readChunks(bytes: Uint8Array): Chunk[] {
  const view = viewOf(bytes)
  if (bytes.length < RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES) refuseFile('The WebP is cut off')
  const size = view.getUint32(4, true) + 8
  if (size > bytes.length) refuseFile('The WebP is cut off')
  if (size < bytes.length) refuseFile('Something comes after the end of the WebP')
  const chunks: Chunk[] = []
  for (let at = RIFF_HEADER_BYTES; at < bytes.length; ) {
    if (at + CHUNK_HEADER_BYTES > bytes.length || chunks.length >= CHUNKS_MAX) refuseFile('The WebP is damaged')
    const length = view.getUint32(at + 4, true)
    const end = at + CHUNK_HEADER_BYTES + length
    const padding = length % 2
    if (end + padding > bytes.length || (padding === 1 && bytes[end] !== 0)) refuseFile('The WebP is damaged')
    chunks.push({ type: textAt(bytes, at, 4), data: bytes.subarray(at + CHUNK_HEADER_BYTES, end) })
    at = end + padding
  }
  return chunks
}

/** RFC 6386 §9.1: a key frame, its start code, 14 bits for each side. */
function lossySize(data: Uint8Array): Size {
  if (data.length < 10) refuseFile('The WebP is cut off')
  const view = viewOf(data)
  const tag = view.getUint16(0, true) | (view.getUint8(2) << 16)
  const isKeyFrame = (tag & 1) === 0 && textAt(data, 3, 3) === '\x9d\x01\x2a'
  if (!isKeyFrame || tag >> 5 > data.length - 10) refuseFile('The WebP is damaged: its frame is wrong')
  return { width: view.getUint16(6, true) & 0x3fff, height: view.getUint16(8, true) & 0x3fff }
}

/** RFC 9649 §3.4: a signature byte, 14 bits for each side less one, alpha, version 0. */
function losslessSize(data: Uint8Array): Size {
  if (data.length < 6) refuseFile('The WebP is cut off')
  const bits = viewOf(data).getUint32(1, true)
  if (data[0] !== 0x2f || bits >>> 29 !== 0) refuseFile('The WebP is damaged: its frame is wrong')
  return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
}

/** An extended file begins with VP8X, which agrees with the picture; a simple one has nothing but the picture. */
function checkExtension(chunks: readonly Chunk[], { width, height }: Size): void {
  const [first] = chunks
  if (first?.type !== 'VP8X') {
    if (chunks.length !== 1) refuseFile('The WebP is damaged: it has parts that only an extended one has')
    return
  }
  if (first.data.length !== 10) refuseFile('The WebP is damaged: its header is wrong')
  const view = viewOf(first.data)
  if ((view.getUint8(0) & ANIMATION_FLAG) !== 0) refuseFile('Animated pictures are not taken')
  const side = (at: number) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1
  if (side(4) !== width || side(7) !== height) refuseFile('The WebP says two different sizes')
  const types = chunks.map(({ type }) => type)
  if (types.includes('ALPH') && types.indexOf('ALPH') !== types.indexOf('VP8 ') - 1)
    refuseFile('The WebP is damaged: its transparency is out of place')
}

function rebuild(chunks: readonly Chunk[], picture: Chunk, { width, height }: Size): Uint8Array<ArrayBuffer> {
  const alpha = picture.type === 'VP8 ' ? chunks.find(({ type }) => type === 'ALPH') : undefined
  const exif = chunks.find(({ type }) => type === 'EXIF')
  const tiff = exif ? orientationOnly(readOrientation(withoutPrefix(exif.data))) : null
  const body = [...(alpha ? [alpha] : []), picture, ...(tiff ? [{ type: 'EXIF', data: tiff }] : [])]
  if (body.length === 1) return riff(body)
  const hasAlpha = alpha !== undefined || (picture.type === 'VP8L' && ((picture.data[4] ?? 0) & 0x10) !== 0)
  const data = new Uint8Array(10)
  data[0] = (hasAlpha ? ALPHA_FLAG : 0) | (tiff ? EXIF_FLAG : 0)
  for (const [at, side] of [
    [4, width],
    [7, height],
  ] as const) {
    viewOf(data).setUint16(at, (side - 1) & 0xffff, true)
    data[at + 2] = (side - 1) >> 16
  }
  return riff([{ type: 'VP8X', data }, ...body])
}

/** Some programs put JPEG's prefix before the TIFF. */
function withoutPrefix(exif: Uint8Array): Uint8Array {
  return textAt(exif, 0, 6) === 'Exif\0\0' ? exif.subarray(6) : exif
}

function riff(chunks: readonly Chunk[]): Uint8Array<ArrayBuffer> {
  const parts = chunks.flatMap(({ type, data }) => [header(type, data.length), data, new Uint8Array(data.length % 2)])
  const size = 4 + parts.reduce((sum, part) => sum + part.length, 0)
  return join([header('RIFF', size), new TextEncoder().encode('WEBP'), ...parts])
}

function header(type: string, length: number): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES)
  bytes.set(new TextEncoder().encode(type))
  viewOf(bytes).setUint32(4, length, true)
  return bytes
}
