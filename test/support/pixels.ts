/** The pixels of an 8-bit PNG without interlacing, as Images and ImageMagick write it. */
import { inflateSync } from 'node:zlib'

export type Pixel = readonly number[]

export interface Pixels {
  readonly width: number
  readonly height: number
  /** Red, green, blue, alpha. */
  at(x: number, y: number): Pixel
}

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 4: 2, 6: 4 }

export function pixelsOf(png: Uint8Array): Pixels {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength)
  const [width, height, depth, type, interlace] = [view.getUint32(16), view.getUint32(20), png[24], png[25] ?? 3, png[28]]
  const channels = CHANNELS[type]
  if (depth !== 8 || channels === undefined || interlace !== 0) throw new Error(`a PNG of another kind: ${depth}, ${type}, ${interlace}`)
  const data: Uint8Array[] = []
  for (let at = 8; at < png.length; at += 12 + view.getUint32(at)) {
    if (Buffer.from(png.subarray(at + 4, at + 8)).toString() === 'IDAT') data.push(png.subarray(at + 8, at + 8 + view.getUint32(at)))
  }
  const rows = unfiltered(inflateSync(Buffer.concat(data)), width * channels, height, channels)
  return {
    width,
    height,
    at(x, y) {
      const pixel = [...rows.subarray((y * width + x) * channels, (y * width + x + 1) * channels)]
      const alpha = channels % 2 === 0 ? pixel.pop() : 255
      return [...(channels < 3 ? [pixel[0], pixel[0], pixel[0]] : pixel), alpha].map(Number)
    },
  }
}

/** W3C PNG §9: each byte is predicted from those to the left, above, and above left. */
function unfiltered(filtered: Uint8Array, rowBytes: number, height: number, step: number): Uint8Array {
  const rows = new Uint8Array(rowBytes * height)
  const get = (y: number, x: number) => (x < 0 || y < 0 ? 0 : (rows[y * rowBytes + x] ?? 0))
  for (let y = 0; y < height; y++) {
    const filter = filtered[y * (rowBytes + 1)] ?? 0
    for (let x = 0; x < rowBytes; x++) {
      const [left, above, corner] = [get(y, x - step), get(y - 1, x), get(y - 1, x - step)]
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][filter] ?? 0
      rows[y * rowBytes + x] = (filtered[y * (rowBytes + 1) + 1 + x] ?? 0) + guess
    }
  }
  return rows
}

function paeth(left: number, above: number, corner: number): number {
  const guess = left + above - corner
  const [toLeft, toAbove, toCorner] = [Math.abs(guess - left), Math.abs(guess - above), Math.abs(guess - corner)]
  if (toLeft <= toAbove && toLeft <= toCorner) return left
  return toAbove <= toCorner ? above : corner
}
