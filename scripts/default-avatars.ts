/**
 * Draws the bundled default avatars, a person's outline on each of the eight colours, and writes them to
 * src/core/media/default-avatar-pngs.ts. The output depends only on the input: run it after changing the colours.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { crc32, deflateSync } from 'node:zlib'
import { AVATAR_COLORS } from '../src/core/media/default-avatars.ts'
import { main, ROOT } from './local.ts'

const SIDE = 128
/** Samples each pixel in 4 x 4 places: 16 steps from paper to ink, a 4-bit palette. */
const GRID = 4
const SHADES = 16

const inEllipse = (x: number, y: number, [cx, cy, rx, ry]: readonly [number, number, number, number]) =>
  ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1
const HEAD = [64, 49, 22, 24] as const
const SHOULDERS = [64, 122, 43, 40] as const

/** How much of the pixel is ink, 0 to 15. */
function shadeAt(column: number, row: number): number {
  let inside = 0
  for (let step = 0; step < GRID * GRID; step++) {
    const x = column + ((step % GRID) + 0.5) / GRID
    const y = row + (Math.floor(step / GRID) + 0.5) / GRID
    if (inEllipse(x, y, HEAD) || inEllipse(x, y, SHOULDERS)) inside += 1
  }
  return Math.min(inside, SHADES - 1)
}

const rgb = (hex: string) => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16))

function palette(paper: string, ink: string): Buffer {
  const [from, to] = [rgb(paper), rgb(ink)]
  const shades = Array.from({ length: SHADES }, (_, shade) =>
    from.map((value, channel) => Math.round(value + (((to[channel] ?? 0) - value) * shade * 0.9) / (SHADES - 1))),
  )
  return Buffer.from(shades.flat())
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const frame = Buffer.alloc(8)
  frame.writeUInt32BE(data.length, 0)
  frame.writeUInt32BE(crc32(body), 4)
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
}

function draw(paper: string, ink: string): Buffer {
  const rows = Array.from({ length: SIDE }, (_, row) => {
    const pairs = Array.from({ length: SIDE / 2 }, (_, pair) => (shadeAt(2 * pair, row) << 4) | shadeAt(2 * pair + 1, row))
    return Buffer.from([0, ...pairs])
  })
  const header = Buffer.alloc(13)
  header.writeUInt32BE(SIDE, 0)
  header.writeUInt32BE(SIDE, 4)
  header.set([4, 3, 0, 0, 0], 8)
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])
  const data = deflateSync(Buffer.concat(rows), { level: 9 })
  const chunks = [chunk('IHDR', header), chunk('PLTE', palette(paper, ink)), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]
  return Buffer.concat([signature, ...chunks])
}

await main(async () => {
  const lines = Object.entries(AVATAR_COLORS).map(([name, { paper, ink }]) => `  ${name}:\n    '${draw(paper, ink).toString('base64')}',\n`)
  const text = `/** The bundled default avatars, PNG as base64. Made by scripts/default-avatars.ts; not written by hand. */
export const DEFAULT_AVATAR_PNGS = {
${lines.join('')}}
`
  writeFileSync(join(ROOT, 'src', 'core', 'media', 'default-avatar-pngs.ts'), text)
})
