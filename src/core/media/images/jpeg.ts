/**
 * JPEG (ITU-T T.81): the markers are read from SOI to the first EOI, including the entropy-coded data; what follows (a
 * second picture, a video, a vendor's trailer) is cut. One frame of a kind that decoders support. Of the metadata,
 * Adobe's colour transform, the colour profile and the orientation stay.
 */
import { orientationOnly, readOrientation } from './exif.ts'
import { checkSize, type ImageLimits, type InspectedImage, join, refuseFile, textAt, viewOf } from './format.ts'
import { isUsableProfile, PROFILE_BYTES_MAX } from './profile.ts'

const SOI = 0xd8
const EOI = 0xd9
const SOS = 0xda
const DHT = 0xc4
const DQT = 0xdb
const DRI = 0xdd
const TEM = 0x01
const APP2 = 0xe2
/** Baseline, extended, progressive: Huffman-coded, lossy, not hierarchical. */
const KNOWN_FRAMES = [0xc0, 0xc1, 0xc2]
/** Lossless, hierarchical and arithmetic-coded frames, their conditioning (DAC), DNL, DHP and EXP. */
const UNKNOWN_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc8, 0xc9, 0xca, 0xcb, 0xcc, 0xcd, 0xce, 0xcf, 0xdc, 0xde, 0xdf]
/** Each scan of a progressive picture is decoded over the whole of it: a file with many is a bomb. */
const SCANS_MAX = 64
const SEGMENTS_MAX = 20_000
/** ICC.1:2022 Annex B.4: a profile is split into up to 255 segments. */
const PROFILE_MARK = 'ICC_PROFILE\0'
const PROFILE_PIECE_BYTES = 65_519

interface Picture {
  width: number
  height: number
  components: number
  orientation: number
  /** Says that three components are YCbCr whatever their names. */
  isJfif: boolean
  scans: number
  /** Pieces of the colour profile by number, and their declared count. */
  readonly profile: Map<number, Uint8Array>
  profilePieces: number
  /** What a decoder needs, in its order, without SOI. */
  readonly needed: Uint8Array[]
}

export function inspectJpeg(bytes: Uint8Array, limits: ImageLimits): InspectedImage {
  const picture = walk(bytes, limits)
  const { width, height } = picture
  const exif = orientationOnly(picture.orientation)
  const profile = limits.profile === 'dropped' ? null : profileOf(picture)
  const head = [
    Uint8Array.from([0xff, SOI]),
    ...(picture.isJfif ? [JFIF] : []),
    ...(exif ? [exifSegment(exif)] : []),
    ...(profile ? profileSegments(profile) : []),
  ]
  return { format: 'image/jpeg', width, height, bytes: join([...head, ...picture.needed]) }
}

/** Version 1.1, no unit, no thumbnail. */
const JFIF = Uint8Array.from([0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0])

function exifSegment(tiff: Uint8Array): Uint8Array {
  return join([Uint8Array.from([0xff, 0xe1, 0, 2 + 6 + tiff.length, 0x45, 0x78, 0x69, 0x66, 0, 0]), tiff])
}

function profileOf({ profile, profilePieces, components }: Picture): Uint8Array | null {
  const pieces = Array.from({ length: profilePieces }, (_, index) => profile.get(index + 1))
  if (pieces.length === 0 || !pieces.every((piece) => piece !== undefined)) return null
  const whole = join(pieces)
  return isUsableProfile(whole, components) ? whole : null
}

function profileSegments(profile: Uint8Array): Uint8Array[] {
  const count = Math.ceil(profile.length / PROFILE_PIECE_BYTES)
  return Array.from({ length: count }, (_, index) => {
    const piece = profile.subarray(index * PROFILE_PIECE_BYTES, (index + 1) * PROFILE_PIECE_BYTES)
    const length = 2 + PROFILE_MARK.length + 2 + piece.length
    const head = Uint8Array.from([0xff, APP2, length >> 8, length & 0xff])
    return join([head, new TextEncoder().encode(PROFILE_MARK), Uint8Array.from([index + 1, count]), piece])
  })
}

function walk(bytes: Uint8Array, limits: ImageLimits): Picture {
  const picture: Picture = {
    ...{ width: 0, height: 0, components: 0, orientation: 1, isJfif: false, scans: 0, profilePieces: 0 },
    ...{ profile: new Map(), needed: [] },
  }
  let at = 2
  for (let segment = 0; segment < SEGMENTS_MAX; segment++) {
    const marker = markerAt(bytes, at)
    const begin = marker.end - 2
    if (marker.code === EOI) {
      if (picture.scans === 0) refuseFile('The JPEG has no picture data')
      picture.needed.push(bytes.subarray(begin, marker.end))
      return picture
    }
    const end = segmentEnd(bytes, marker)
    const data = bytes.subarray(marker.end + 2, end)
    takeSegment(picture, marker.code, data, limits)
    at = marker.code === SOS ? entropyEnd(bytes, end) : end
    if (isNeeded(marker.code, data)) picture.needed.push(bytes.subarray(begin, at))
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
  if (code === 0 || code === TEM || (code >= 0xd0 && code <= SOI)) refuseFile('The JPEG is damaged: a marker is misplaced')
  if (end + 2 > bytes.length) refuseFile('The JPEG is cut off')
  const length = viewOf(bytes).getUint16(end)
  if (length < 2 || end + length > bytes.length) refuseFile('The JPEG is cut off')
  return end + length
}

function takeSegment(state: Picture, code: number, data: Uint8Array, limits: ImageLimits): void {
  if (UNKNOWN_FRAMES.includes(code)) refuseFile('The JPEG is of an unsupported kind')
  if (KNOWN_FRAMES.includes(code)) {
    if (state.width > 0) refuseFile('The JPEG has two frames')
    Object.assign(state, readFrame(data, limits))
  } else if (code === SOS) {
    if (state.width === 0) refuseFile('The JPEG has picture data before its size')
    state.scans += 1
    if (state.scans > SCANS_MAX) refuseFile('The JPEG has too many scans')
  } else if (code === 0xe0 && textAt(data, 0, 5) === 'JFIF\0') {
    state.isJfif = true
  } else if (code === 0xe1 && textAt(data, 0, 6) === 'Exif\0\0' && state.orientation === 1) {
    state.orientation = readOrientation(data.subarray(6))
  } else if (code === APP2 && textAt(data, 0, PROFILE_MARK.length) === PROFILE_MARK && data.length > PROFILE_MARK.length + 2) {
    takeProfile(state, data.subarray(PROFILE_MARK.length))
  }
}

/** Pieces may come in any order; the first of a number counts. */
function takeProfile(state: Picture, data: Uint8Array): void {
  const [number = 0, pieces = 0] = data
  if (state.profile.size === 0) state.profilePieces = pieces
  const held = [...state.profile.values()].reduce((sum, piece) => sum + piece.length, 0)
  if (!state.profile.has(number) && held + data.length <= PROFILE_BYTES_MAX) state.profile.set(number, data.subarray(2))
}

function readFrame(data: Uint8Array, limits: ImageLimits): { width: number; height: number; components: number } {
  if (data.length < 6) refuseFile('The JPEG is damaged: its frame is cut off')
  const view = viewOf(data)
  const [precision, height, width, components] = [view.getUint8(0), view.getUint16(1), view.getUint16(3), view.getUint8(5)]
  if (precision !== 8) refuseFile('The JPEG has a colour depth other than 8 bits')
  if (![1, 3, 4].includes(components) || data.length !== 6 + 3 * components) refuseFile('The JPEG is damaged: its frame is wrong')
  checkSize(width, height, limits)
  return { width, height, components }
}

/** Where the entropy-coded data ends: at a marker that is neither a restart nor a stuffed byte (B.1.1.5). */
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
