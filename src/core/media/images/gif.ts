/**
 * GIF (CompuServe, GIF89a): the blocks are read up to the end of the first image. Only the screen, the colours, the
 * transparent colour and that image are passed on; everything after it (frames, comments and so on) is cut.
 */
import { checkSize, type ImageLimits, type InspectedImage, join, refuseFile, viewOf } from './format.ts'

const SCREEN_END = 13
const EXTENSION = 0x21
const GRAPHIC_CONTROL = 0xf9
const GRAPHIC_CONTROL_BYTES = 8
const IMAGE = 0x2c
const IMAGE_DESCRIPTOR_BYTES = 10
const TRAILER = Uint8Array.from([0x3b])
/** Blocks before the first image, and pieces of one of them. */
const BLOCKS_MAX = 1_000

export function inspectGif(bytes: Uint8Array, limits: ImageLimits): InspectedImage {
  if (bytes.length < SCREEN_END) refuseFile('The GIF is cut off')
  const view = viewOf(bytes)
  const [width, height] = [view.getUint16(6, true), view.getUint16(8, true)]
  checkSize(width, height, limits)
  const colours = SCREEN_END + tableBytes(view.getUint8(10))
  const { control, image, end } = firstImage(bytes, colours)
  const [imageWidth, imageHeight] = [view.getUint16(image + 5, true), view.getUint16(image + 7, true)]
  checkSize(view.getUint16(image + 1, true) + imageWidth, view.getUint16(image + 3, true) + imageHeight, limits)
  if (imageWidth === 0 || imageHeight === 0) refuseFile('The picture has no width or no height')
  return { format: 'image/gif', width, height, bytes: join([bytes.subarray(0, colours), control, bytes.subarray(image, end), TRAILER]) }
}

/** Bytes of a colour table, by the flags that say whether there is one. */
function tableBytes(flags: number): number {
  return (flags & 0x80) === 0 ? 0 : 3 * 2 ** ((flags & 0x07) + 1)
}

function firstImage(bytes: Uint8Array, start: number): { control: Uint8Array; image: number; end: number } {
  let control: Uint8Array = new Uint8Array()
  let at = start
  for (let block = 0; block < BLOCKS_MAX; block++) {
    const kind = bytes[at]
    if (kind === IMAGE) {
      if (at + IMAGE_DESCRIPTOR_BYTES >= bytes.length) refuseFile('The GIF is cut off')
      // Local colours, the code size, the data.
      const end = piecesEnd(bytes, at + IMAGE_DESCRIPTOR_BYTES + tableBytes(bytes[at + 9] ?? 0) + 1)
      return { control, image: at, end }
    }
    if (kind !== EXTENSION) refuseFile(kind === undefined ? 'The GIF is cut off' : 'The GIF is damaged, or has no picture')
    const end = piecesEnd(bytes, at + 2)
    if (bytes[at + 1] === GRAPHIC_CONTROL && end - at === GRAPHIC_CONTROL_BYTES) control = bytes.subarray(at, end)
    at = end
  }
  return refuseFile('The GIF has too much before its picture')
}

/** After the sub-blocks that start here: each states its length, the last one zero. */
function piecesEnd(bytes: Uint8Array, start: number): number {
  for (let at = start; at < bytes.length; at += 1 + (bytes[at] ?? 0)) if (bytes[at] === 0) return at + 1
  return refuseFile('The GIF is cut off')
}
