/** Colour profiles for tests (ICC.1:2022): a matrix and three curves, as phones and cameras embed them. */
import { deflateSync } from 'node:zlib'
import { concat, jpegSegment, pngChunk, riffChunk, u32 } from './images.ts'

type Bytes = Uint8Array<ArrayBuffer>
type Xyz = readonly [number, number, number]

interface Colours {
  readonly red: Xyz
  readonly green: Xyz
  readonly blue: Xyz
  readonly curve: Bytes
}

const fixed = (value: number) => u32(Math.round(value * 65_536))
const xyz = (values: Xyz) => concat('XYZ ', u32(0), ...values.map(fixed))
const padded = (bytes: Bytes) => concat(bytes, new Uint8Array((4 - (bytes.length % 4)) % 4))

/** sRGB's own curve, a parametric one of type 3. */
const SRGB_CURVE = concat('para', u32(0), Uint8Array.from([0, 3, 0, 0]), ...[2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045].map(fixed))
const gamma = (value: number) => concat('curv', u32(0), u32(1), Uint8Array.from([Math.floor(value), Math.round((value % 1) * 256)]))

/** Primaries under D50. */
const DISPLAY_P3_COLOURS: Colours = {
  red: [0.51512, 0.2412, -0.00105],
  green: [0.29198, 0.69225, 0.04189],
  blue: [0.1571, 0.06657, 0.78407],
  curve: SRGB_CURVE,
}
const ADOBE_RGB_COLOURS: Colours = {
  red: [0.60974, 0.31111, 0.01947],
  green: [0.20528, 0.62567, 0.06087],
  blue: [0.14919, 0.06322, 0.74457],
  curve: gamma(563 / 256),
}

function profile(tags: Readonly<Record<string, Bytes>>, space: string): Bytes {
  const names = Object.keys(tags)
  let at = 128 + 4 + 12 * names.length
  const table: Uint8Array[] = []
  const data: Uint8Array[] = []
  for (const name of names) {
    const tag = padded(tags[name] ?? new Uint8Array())
    table.push(concat(name, u32(at), u32(tag.length)))
    data.push(tag)
    at += tag.length
  }
  const head = concat(u32(at), 'test', u32(0x02400000), 'mntr', space, 'XYZ ', new Uint8Array(12), 'acsp', new Uint8Array(28))
  return concat(head, ...[0.9642, 1, 0.82491].map(fixed), new Uint8Array(48), u32(names.length), ...table, ...data)
}

const WHITE = xyz([0.9642, 1, 0.82491])
const NAME = concat('desc', u32(0), u32(5), 'test\0', new Uint8Array(78))
const RIGHTS = concat('text', u32(0), 'none\0')
const COMMON = { desc: NAME, cprt: RIGHTS, wtpt: WHITE }

function ofColours({ red, green, blue, curve }: Colours): Bytes {
  const tags = { ...COMMON, rXYZ: xyz(red), gXYZ: xyz(green), bXYZ: xyz(blue), rTRC: curve, gTRC: curve, bTRC: curve }
  return profile(tags, 'RGB ')
}

export const DISPLAY_P3 = ofColours(DISPLAY_P3_COLOURS)
export const ADOBE_RGB = ofColours(ADOBE_RGB_COLOURS)
export const GREY_PROFILE = profile({ ...COMMON, kTRC: gamma(1) }, 'GRAY')

export const iccp = (icc: Uint8Array): Bytes => pngChunk('iCCP', concat('icc\0\0', deflateSync(icc)))
export const iccpOfWebp = (icc: Uint8Array): Bytes => riffChunk('ICCP', icc)

/** As many segments as needed, with `bytes` of it in each. */
export function iccSegments(icc: Uint8Array, bytes = 65_519): Bytes[] {
  const count = Math.ceil(icc.length / bytes)
  return Array.from({ length: count }, (_, index) =>
    jpegSegment(0xe2, concat('ICC_PROFILE\0', Uint8Array.from([index + 1, count]), icc.subarray(index * bytes, (index + 1) * bytes))),
  )
}
