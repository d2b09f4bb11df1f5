/**
 * WebP (RFC 9649): a RIFF with one still picture, VP8 or VP8L, alone or in an extended file (VP8X) whose canvas is that
 * picture's; or an animation, whose first frame is the picture. What follows the RIFF is cut, unknown chunks are
 * skipped. Of the metadata, the colour profile and the orientation stay.
 */
import { orientationOnly, readOrientation } from './exif.ts'
import { checkSize, type ImageLimits, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'
import { isUsableProfile } from './profile.ts'

const RIFF_HEADER_BYTES = 12
const CHUNK_HEADER_BYTES = 8
const CHUNKS_MAX = 10_000
/** Of a frame of an animation: its position, its size, its duration. */
const FRAME_HEADER_BYTES = 16
const PROFILE_FLAG = 0x20
const ANIMATION_FLAG = 0x02
const EXIF_FLAG = 0x08
const ALPHA_FLAG = 0x10
const KNOWN_CHUNKS = ['VP8X', 'VP8 ', 'VP8L', 'ALPH', 'ANMF', 'ICCP', 'EXIF', 'XMP ']

interface Chunk {
  readonly type: string
  readonly data: Uint8Array
}

interface Size {
  readonly width: number
  readonly height: number
}

export function inspectWebp(bytes: Uint8Array, limits: ImageLimits): InspectedImage {
  const chunks = readFile(bytes).filter(({ type }) => KNOWN_CHUNKS.includes(type))
  const frame = chunks.find(({ type }) => type === 'ANMF')
  const still = frame ? chunksOf(frame.data, FRAME_HEADER_BYTES) : chunks
  const pictures = still.filter(({ type }) => type === 'VP8 ' || type === 'VP8L')
  const [picture] = pictures
  if (!picture || pictures.length > 1) refuseFile('The WebP has no picture, or two')
  const size = picture.type === 'VP8 ' ? lossySize(picture.data) : losslessSize(picture.data)
  const canvas = frame ? canvasOf(chunks) : size
  for (const { width, height } of [size, canvas]) checkSize(width, height, limits)
  if (!frame) checkExtension(chunks, size)
  const before = picture.type === 'VP8 ' ? still[still.indexOf(picture) - 1] : undefined
  const drawing = [...(before?.type === 'ALPH' ? [before] : []), picture]
  const isWhole = canvas.width === size.width && canvas.height === size.height
  const profile = limits.profile === 'dropped' ? undefined : chunks.find(isProfile)
  const parts = { drawing: frame && !isWhole ? onlyFrame(frame, drawing) : drawing, profile, exif: exifOf(chunks) }
  return { format: 'image/webp', ...canvas, bytes: rebuild(parts, canvas) }
}

/** A frame that does not fill the canvas: kept as an animation of one frame, which preserves its position. */
function onlyFrame(frame: Chunk, drawing: readonly Chunk[]): Chunk[] {
  const data = join([frame.data.subarray(0, FRAME_HEADER_BYTES), ...drawing.flatMap(serialized)])
  return [
    { type: 'ANIM', data: new Uint8Array(6) },
    { type: 'ANMF', data },
  ]
}

function isProfile({ type, data }: Chunk): boolean {
  return type === 'ICCP' && isUsableProfile(data, 3)
}

function exifOf(chunks: readonly Chunk[]): Chunk | undefined {
  const exif = chunks.find(({ type }) => type === 'EXIF')
  const tiff = exif ? orientationOnly(readOrientation(withoutPrefix(exif.data))) : null
  return tiff ? { type: 'EXIF', data: tiff } : undefined
}

function readFile(bytes: Uint8Array): Chunk[] {
  if (bytes.length < RIFF_HEADER_BYTES + CHUNK_HEADER_BYTES) refuseFile('The WebP is cut off')
  const size = viewOf(bytes).getUint32(4, true) + 8
  if (size > bytes.length) refuseFile('The WebP is cut off')
  return chunksOf(bytes.subarray(0, size), RIFF_HEADER_BYTES)
}

function chunksOf(bytes: Uint8Array, start: number): Chunk[] {
  const view = viewOf(bytes)
  const chunks: Chunk[] = []
  for (let at = start; at < bytes.length; ) {
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

function canvasOf([first]: readonly Chunk[]): Size {
  if (first?.type !== 'VP8X' || first.data.length !== 10) refuseFile('The WebP is damaged: its header is wrong')
  const view = viewOf(first.data)
  const side = (at: number) => (view.getUint16(at, true) | (view.getUint8(at + 2) << 16)) + 1
  return { width: side(4), height: side(7) }
}

/** An extended file starts with VP8X, which agrees with the picture; a simple one has only the picture. */
function checkExtension(chunks: readonly Chunk[], { width, height }: Size): void {
  if (chunks[0]?.type !== 'VP8X') {
    if (chunks.length !== 1) refuseFile('The WebP is damaged: it has parts that only an extended one has')
    return
  }
  const canvas = canvasOf(chunks)
  if (canvas.width !== width || canvas.height !== height) refuseFile('The WebP has two different sizes')
  const types = chunks.map(({ type }) => type)
  if (new Set(types).size !== types.length) refuseFile('The WebP repeats a part that may occur only once')
  if (types.includes('ALPH') && types.indexOf('ALPH') !== types.indexOf('VP8 ') - 1)
    refuseFile('The WebP is damaged: its transparency is out of place')
}

interface Parts {
  /** The picture, preceded by its alpha if separate; or an animation of it. */
  readonly drawing: readonly Chunk[]
  readonly profile: Chunk | undefined
  readonly exif: Chunk | undefined
}

function rebuild({ drawing, profile, exif }: Parts, { width, height }: Size): Uint8Array<ArrayBuffer> {
  const body = [profile, ...drawing, exif].filter((chunk) => chunk !== undefined)
  if (body.length === 1) return riff(body)
  const hasAlpha = drawing.length > 1 || drawing.some(({ type, data }) => type === 'VP8L' && ((data[4] ?? 0) & 0x10) !== 0)
  const isAnimation = drawing.some(({ type }) => type === 'ANMF')
  const data = new Uint8Array(10)
  data[0] = (hasAlpha ? ALPHA_FLAG : 0) | (exif ? EXIF_FLAG : 0) | (profile ? PROFILE_FLAG : 0) | (isAnimation ? ANIMATION_FLAG : 0)
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
  const parts = chunks.flatMap(serialized)
  const size = 4 + parts.reduce((sum, part) => sum + part.length, 0)
  return join([header('RIFF', size), new TextEncoder().encode('WEBP'), ...parts])
}

function serialized({ type, data }: Chunk): Uint8Array[] {
  return [header(type, data.length), data, new Uint8Array(data.length % 2)]
}

function header(type: string, length: number): Uint8Array {
  const bytes = new Uint8Array(CHUNK_HEADER_BYTES)
  bytes.set(new TextEncoder().encode(type))
  viewOf(bytes).setUint32(4, length, true)
  return bytes
}
