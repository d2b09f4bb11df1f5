/**
 * JPEG (ITU-T T.81): the markers are walked from SOI to EOI, the entropy-coded data with them. One frame of a kind that
 * decoders know. Behind it only zero padding or further whole JPEGs may come (phones store two pictures in a file); they
 * are walked as well, and dropped. Of the metadata, Adobe's colour transform and the orientation stay.
 */
import { orientationOnly, readOrientation } from './exif.ts'
import { checkSides, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DHT = 0xc4
const DQT = 0xdb
const DRI = 0xdd
const TEM = 0x01
/** Baseline, extended, progressive: Huffman-coded, lossy, not hierarchical. */
const KNOWN_FRAMES = [0xc0, 0xc1, 0xc2]
/** Lossless, hierarchical and arithmetic-coded frames, their conditioning (DAC), DNL, DHP and EXP. */
const UNKNOWN_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xdc, 0xde, 0xdf]
/** Each scan of a progressive picture is decoded over the whole of it: a file of many is a bomb. */
const SCANS_MAX = 64
const SEGMENTS_MAX = 20_000
const PICTURES_MAX = 16

interface Walked {
  /** Right behind its EOI. */
  readonly end: number
  readonly width: number
  readonly height: number
  /** What a decoder needs, in its order, without SOI. */
  readonly needed: readonly Uint8Array[]
  readonly orientation: number
  /** Says that three components are YCbCr whatever they are called. */
  readonly isJfif: boolean
}

export function inspectJpeg(bytes: Uint8Array, sideMax: number): InspectedImage {
  const picture = walk(bytes, 0, sideMax)
  checkTail(bytes, picture.end)
  const { width, height } = picture
  const exif = orientationOnly(picture.orientation)
  const head = [Uint8Array.from([0xff, SOI]), ...(picture.isJfif ? [JFIF] : []), ...(exif ? [exifSegment(exif)] : [])]
  return { format: 'image/jpeg', width, height, bytes: join([...head, ...picture.needed]) }
}

/** Version 1.1, no unit, no thumbnail. */
const JFIF = Uint8Array.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0])

function exifSegment(tiff: Uint8Array): Uint8Array {
  return join([Uint8Array.from([0xff, 0xe1, 0, 2 + 6 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0]), tiff])
}

function walk(bytes: Uint8Array, start: number, sideMax: number): Walked {
  if (textAt(bytes, start, 2) !== '\xff\xd8') refuseFile('Something other than a picture comes after the end of the JPEG')
  const state = { width: 0, height: 0, orientation: 1, isJfif: false, scans: 0, needed: [] as Uint8Array[] }
  let at = start + 2
  for (let segment = 0; segment < SEGMENTS_MAX; segment++) {
    const marker = markerAt(bytes, at)
    const begin = marker.end - 2
    if (marker.code === EOI) {
      if (state.scans === 0) refuseFile('The JPEG has no picture data')
      state.needed.push(bytes.subarray(begin, marker.end))
      return { ...state, end: marker.end }
    }
    const end = segmentEnd(bytes, marker)
    const data = bytes.subarray(marker.end + 2, end)
    takeSegment(state, marker.code, data, sideMax)
    at = marker.code === SOS ? entropyEnd(bytes, end) : end
    if (isNeeded(marker.code, data)) state.needed.push(bytes.subarray(begin, at))
  }
  return refuseFile('The JPEG has too many segments')
}

/** The marker at `at`; fill bytes before it are skipped (B.1.1.2). */
function markerAt(bytes: Uint8Array, at: number): { code: number; end: number } {
  if (at + 1 < bytes.length && bytes[at] !== 0xff) refuseFile('The JPEG is damaged: a marker is missing')
  let end = at + 1
  while (bytes[end] === 0xff) end += 1
  const code = bytes[end]
  if (code === undefined) refuseFile('The JPEG is cut off')
  return { code, end: end + 1 }
}

function segmentEnd(bytes: Uint8Array, { code, end }: { code: number; end: number }): number {
  if (code === 0 || code === TEM || (code >= 0xd0 && code <= SOI)) refuseFile('The JPEG is damaged: a marker stands where none may')
  if (end + 2 > bytes.length) refuseFile('The JPEG is cut off')
  const length = viewOf(bytes).getUint16(end)
  if (length < 2 || end + length > bytes.length) refuseFile('The JPEG is cut off')
  return end + length
}

function takeSegment(
  state: { width: number; height: number; orientation: number; isJfif: boolean; scans: number },
  code: number,
  data: Uint8Array,
  sideMax: number,
): void {
  if (UNKNOWN_FRAMES.includes(code)) refuseFile('The JPEG is of a kind that is not taken')
  if (KNOWN_FRAMES.includes(code)) {
    if (state.width > 0) refuseFile('The JPEG has two frames')
    Object.assign(state, readFrame(data, sideMax))
  } else if (code === SOS) {
    if (state.width === 0) refuseFile('The JPEG has picture data before it says its size')
    state.scans += 1
    if (state.scans > SCANS_MAX) refuseFile('The JPEG has too many scans')
  } else if (code === 0xe0 && textAt(data, 0, 5) === 'JFIF\0') {
    state.isJfif = true
  } else if (code === 0xe1 && textAt(data, 0, 6) === 'Exif\0\0' && state.orientation === 1) {
    state.orientation = readOrientation(data.subarray(6))
  }
}

function readFrame(data: Uint8Array, sideMax: number): { width: number; height: number } {
  if (data.length < 6) refuseFile('The JPEG is damaged: its frame is cut off')
  const view = viewOf(data)
  const [precision, height, width, components] = [view.getUint8(0), view.getUint16(1), view.getUint16(3), view.getUint8(5)]
  if (precision !== 8) refuseFile('The JPEG has another colour depth than 8 bits')
  if (![1, 3, 4].includes(components) || data.length !== 6 + 3 * components) refuseFile('The JPEG is damaged: its frame is wrong')
  checkSides(width, height, sideMax)
  return { width, height }
}

/** Where the entropy-coded data ends: at a marker that is no restart and no stuffed byte (B.1.1.5). */
function entropyEnd(bytes: Uint8Array, start: number): number {
  for (let at = bytes.indexOf(0xff, start); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const next = bytes[at + 1]
    if (next === undefined) break
    if (next !== 0 && next !== 0xff && !(next >= 0xd0 && next <= 0xd7)) return at
  }
  return refuseFile('The JPEG is cut off')
}

function isNeeded(code: number, data: Uint8Array): boolean {
  if (code === 0xee) return data.length === 12 && textAt(data, 0, 5) === 'Adobe'
  return code === DQT || code === DHT || code === DRI || code === SOS || KNOWN_FRAMES.includes(code)
}

/** Sides of a further picture are what its format allows: nobody decodes it. */
const ANY_SIDE = 0xffff

function checkTail(bytes: Uint8Array, end: number): void {
  let at = end
  for (let pictures = 1; ; pictures++) {
    while (bytes[at] === 0) at += 1
    if (at === bytes.length) return
    if (pictures >= PICTURES_MAX) refuseFile('The JPEG has too many pictures')
    at = walk(bytes, at, ANY_SIDE).end
  }
}
