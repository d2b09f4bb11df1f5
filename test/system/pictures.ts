/**
 * Real-life pictures, made by ImageMagick and in code: red, green, blue and white in the corners, or one colour, in the formats
 * that phones, cameras, scanners and chat programs write.
 */
import { execFile } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { concat, exif, exifSegment, pngChunk, riff, riffChunk, vp8x, webpFrame } from '../support/images.ts'
import type { Pixel } from '../support/pixels.ts'
import { ADOBE_RGB, DISPLAY_P3, iccSegments } from '../support/profiles.ts'

type Bytes = Uint8Array<ArrayBuffer>

export interface PictureCase {
  readonly what: string
  readonly bytes: Bytes
  readonly name: string
  readonly type: string
  /** Top left, top right, bottom left, bottom right. */
  readonly corners: readonly Pixel[]
  /** How far a value may be off. */
  readonly within: number
}

/** Asynchronous: during a blocking call the server's connections would time out unnoticed. */
const run = promisify(execFile)

const CORNERS: readonly Pixel[] = [
  [255, 0, 0, 255],
  [0, 255, 0, 255],
  [0, 0, 255, 255],
  [255, 255, 255, 255],
]
const four = (pixel: Pixel) => [pixel, pixel, pixel, pixel]
/** The inverse of each orientation, in ImageMagick's words. */
const TURNS: readonly (readonly string[])[] = [
  [],
  ['-flop'],
  ['-rotate', '180'],
  ['-flip'],
  ['-transpose'],
  ['-rotate', '270'],
  ['-transverse'],
  ['-rotate', '90'],
]
const VIDEO = concat('\0\0\0\x18ftypmp42\0\0\0\0mp42isom', new Uint8Array(3_000))
const SAMSUNG = concat('\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1735689600000', 'SEFH', new Uint8Array(24), 'SEFT')

export class Studio {
  readonly #folder: string
  private constructor(folder: string) {
    this.#folder = folder
  }

  static async open(folder: string): Promise<Studio> {
    const studio = new Studio(folder)
    const row = (...colours: string[]) => ['(', ...colours.map((colour) => `xc:${colour}`), '+append', ')']
    await run('convert', ['-size', '300x200', ...row('red', 'lime'), ...row('blue', 'white'), '-append', studio.#path('corners.png')])
    writeFileSync(studio.#path('p3.icc'), DISPLAY_P3)
    writeFileSync(studio.#path('a98.icc'), ADOBE_RGB)
    return studio
  }

  #path = (name: string) => join(this.#folder, name)

  /** ImageMagick on the corners; or, with a leading size, on nothing. */
  async make(format: string, ...options: string[]): Promise<Bytes> {
    const [output, input] = [this.#path('made'), options[0] === '-size' ? [] : [this.#path('corners.png')]]
    await run('convert', [...input, ...options, `${format}:${output}`], { cwd: this.#folder })
    return new Uint8Array(readFileSync(output))
  }

  /** Any picture as an 8-bit PNG. */
  async toPng(bytes: Uint8Array): Promise<Bytes> {
    const [input, output] = [this.#path('drawn'), this.#path('drawn.png')]
    writeFileSync(input, bytes)
    await run('convert', [input, '-depth', '8', '-define', 'png:color-type=6', '-define', 'png:bit-depth=8', output])
    return new Uint8Array(readFileSync(output))
  }

  async all(): Promise<PictureCase[]> {
    const kinds = [this.#phones, this.#turned, this.#pngs, this.#colours, this.#animations]
    const pictures = [right('an AVIF', fixture('corners.avif'), 'a.avif', 'image/avif')]
    for (const kind of kinds) pictures.push(...(await kind.call(this)))
    return pictures
  }

  async #phones(): Promise<PictureCase[]> {
    const jpeg = await this.make('jpeg', '-quality', '92')
    const lossless = await this.make('webp', '-define', 'webp:lossless=true')
    const lossy = await this.make('webp', '-quality', '95')
    return [
      right('a JPEG', jpeg),
      right('a progressive JPEG', await this.make('jpeg', '-interlace', 'JPEG')),
      right('a JPEG of 24 megapixels', await this.make('jpeg', '-sample', '5712x4284!', '-quality', '80')),
      right('a JPEG of 50 megapixels', await this.make('jpeg', '-sample', '8192x6144!', '-quality', '80')),
      right("a JPEG with Samsung's trailer", concat(jpeg, SAMSUNG)),
      right('a motion photo', concat(jpeg, VIDEO)),
      right('an Ultra HDR JPEG, with a gain map behind it', concat(jpeg, await this.make('jpeg', '-colorspace', 'Gray', '-resize', '25%'))),
      right('a JPEG that is padded', concat(jpeg, new Uint8Array(777))),
      right('a JPEG that a mail program has ended with a line', concat(jpeg, '\r\n')),
      right('a WebP with bytes behind it', concat(lossy, 'bytes'), 'a.webp', 'image/webp'),
      right('a lossless WebP', lossless, 'a.webp', 'image/webp'),
      right('a WebP that a chat program calls a JPEG', lossy, 'IMG-WA0001.jpg', 'image/jpeg'),
      right('a WebP that is declared as any picture', lossy, 'a', 'image/*'),
      right('a JPEG that a scanner calls a PNG', jpeg, 'scan.png', 'image/png'),
    ]
  }

  async #turned(): Promise<PictureCase[]> {
    const pictures: PictureCase[] = []
    for (const [index, turn] of TURNS.entries()) {
      const orientation = index + 1
      const jpeg = await this.make('jpeg', ...turn)
      const png = await this.make('png', ...turn)
      const webp = await this.make('webp', '-define', 'webp:lossless=true', ...turn)
      const first = Buffer.from(png).indexOf('IDAT') - 4
      const width = webp[21] === undefined ? 0 : ((webp[21] | ((webp[22] ?? 0) << 8)) & 0x3fff) + 1
      const extended = riff(vp8x(0x08, width, width === 600 ? 400 : 600), webp.slice(12), riffChunk('EXIF', exif(orientation)))
      pictures.push(
        right(`a JPEG of orientation ${orientation}`, concat(jpeg.subarray(0, 2), exifSegment(orientation), jpeg.subarray(2))),
        right(
          `a PNG of orientation ${orientation}`,
          concat(png.subarray(0, first), pngChunk('eXIf', exif(orientation)), png.subarray(first)),
        ),
        right(`a WebP of orientation ${orientation}`, extended),
      )
    }
    return pictures
  }

  async #pngs(): Promise<PictureCase[]> {
    const png = await this.make('png')
    const half = ['-channel', 'A', '-evaluate', 'set', '50%']
    const grey = (value: number, alpha: number): Pixel => [value, value, value, alpha]
    const greys = [54, 182, 18, 255]
    const clear = [[255, 0, 0, 255], null, [0, 0, 255, 255], [255, 255, 255, 255]] as readonly (Pixel | null)[]
    const cleared = clear.map((pixel) => pixel ?? [0, 0, 0, 0])
    const fuzzy = ['-colorspace', 'Gray', '-alpha', 'on', ...half, '-define', 'png:color-type=4']
    return [
      right('a PNG', png, 'a.png', 'image/png'),
      right('a PNG with bytes behind its end', concat(png, 'bytes'), 'a.png', 'image/png'),
      right('a PNG of 16 bits', await this.make('png48', '-depth', '16')),
      right('an interlaced PNG', await this.make('png', '-interlace', 'PNG')),
      right('a PNG of 1 bit', await this.make('png', '-threshold', '50%', '-type', 'bilevel'), 'a.png', 'image/png', [
        ...[grey(0, 255), grey(255, 255), grey(0, 255), grey(255, 255)],
      ]),
      right(
        'a grey PNG with alpha',
        await this.make('png', ...fuzzy),
        'a.png',
        'image/png',
        greys.map((value) => grey(value, 128)),
      ),
      right('a PNG with a palette and alpha', await this.make('png8', '-transparent', 'lime'), 'a.png', 'image/png', cleared),
      right('a PNG with a transparent colour', await this.make('png24', '-transparent', 'lime'), 'a.png', 'image/png', cleared),
    ]
  }

  async #colours(): Promise<PictureCase[]> {
    const solid = (format: string, colour: string, ...options: string[]) =>
      this.make(format, '-size', '600x400', `xc:rgb(${colour})`, '-quality', '95', ...options)
    const red: Pixel = [255, 0, 0, 255]
    const pictures: PictureCase[] = []
    for (const [name, colour, profile] of [
      ['Display P3', '234,51,35', 'p3.icc'],
      ['Adobe RGB', '219,0,0', 'a98.icc'],
    ] as const) {
      for (const format of ['jpeg', 'png', 'webp']) {
        pictures.push(right(`a ${format} in ${name}`, await solid(format, colour, '-profile', profile), 'a', '', four(red), 3))
      }
    }
    const jpeg = await solid('jpeg', '234,51,35')
    const inPieces = concat(jpeg.subarray(0, 2), ...iccSegments(DISPLAY_P3, 200), jpeg.subarray(2))
    const grey = await solid('jpeg', '90,90,90', '-colorspace', 'Gray')
    const cmyk = await solid('jpeg', '255,0,0', '-colorspace', 'CMYK')
    return [
      ...pictures,
      right('a JPEG whose profile is in pieces', inPieces, 'a', '', four(red), 3),
      right('a grey JPEG', grey, 'a', '', four([90, 90, 90, 255]), 3),
      right('a CMYK JPEG', cmyk, 'a', '', four([231, 0, 0, 255]), 3),
    ]
  }

  async #animatedWebps(): Promise<PictureCase[]> {
    const whole = (await this.make('webp', '-define', 'webp:lossless=true')).slice(12)
    const other = (await this.make('webp', '-define', 'webp:lossless=true', '-negate')).slice(12)
    const animation = riffChunk('ANIM', new Uint8Array(6))
    const file = (...frames: Bytes[]) => riff(vp8x(0x12, 600, 400), animation, ...frames)
    const [all, part] = [
      [0, 0, 600, 400],
      [300, 0, 300, 400],
    ] as const
    const half = (await this.make('webp', '-define', 'webp:lossless=true', '-crop', '300x400+300+0', '+repage')).slice(12)
    const clear: Pixel = [0, 0, 0, 0]
    const besides = [clear, CORNERS[1] ?? clear, clear, CORNERS[3] ?? clear]
    return [
      right('an animated WebP', file(webpFrame(whole, all), webpFrame(other, all)), 'a.webp', 'image/webp'),
      right('an animated WebP whose first frame is a part', file(webpFrame(half, part), webpFrame(other, all)), 'a', '', besides),
    ]
  }

  async #animations(): Promise<PictureCase[]> {
    const frames = ['-delay', '10', '(', '+clone', '-negate', ')', '(', '-clone', '0', '-flip', ')']
    const png = await this.make('png')
    const first = Buffer.from(png).indexOf('IDAT') - 4
    const control = concat(new Uint8Array(7), Uint8Array.from([2]))
    const apng = concat(
      png.subarray(0, first),
      pngChunk('acTL', control),
      png.subarray(first, -12),
      pngChunk('fdAT', 'x'),
      png.subarray(-12),
    )
    const gif = await this.make('gif', ...frames)
    return [
      right('an animated GIF', gif, 'a.gif', 'image/gif'),
      right('a GIF with bytes behind its end', concat(await this.make('gif'), 'bytes'), 'a.gif', 'image/gif'),
      ...(await this.#animatedWebps()),
      right('an animated PNG', apng, 'a.png', 'image/apng'),
    ]
  }
}

export const fixture = (name: string): Bytes => new Uint8Array(readFileSync(join(import.meta.dirname, '..', 'fixtures', name)))

function right(what: string, bytes: Bytes, name = 'a.jpg', type = 'image/jpeg', corners = CORNERS, within = 6): PictureCase {
  return { what, bytes, name, type, corners, within }
}
