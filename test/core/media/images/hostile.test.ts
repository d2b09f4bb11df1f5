// Files that are not a picture, or more than one (security row 66, §3.4): each is refused in plain words before any decoder sees
// it, and quickly, whatever size it claims.
import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { getConfig } from '../../../../src/config.ts'
import { byteSize } from '../../../../src/core/byte-size.ts'
import { type ImageLimits, inspectImage } from '../../../../src/core/media/images/inspect.ts'
import {
  animatedGif,
  animatedWebp,
  box,
  chunkTypes,
  concat,
  exif,
  exifSegment,
  GIF,
  header,
  heif,
  JPEG,
  jpegSegment,
  jpegWith,
  LOSSLESS_WEBP,
  PNG_SIGNATURE,
  PROGRESSIVE_JPEG,
  png,
  pngChunk,
  riff,
  riffChunk,
  VP8,
  vp8x,
  WEBP,
} from '../../../support/images.ts'
import { platform } from '../../../support/kith.ts'
import { DISPLAY_P3, GREY_PROFILE, iccp, iccpOfWebp, iccSegments } from '../../../support/profiles.ts'

const LIMITS = { bytesMax: 5 * 1024 * 1024, pixelsMax: 4096 * 4096 }
const inspect = (bytes: Uint8Array<ArrayBuffer>, limits: ImageLimits = LIMITS) => inspectImage(bytes, limits)
const zeros = (megabytes: number) => deflateSync(new Uint8Array(megabytes * 1024 * 1024), { level: 9 })
const IEND = pngChunk('IEND')

/** Part of a ZIP archive: an end of central directory is enough for an archive program. */
const ZIP = concat('PK\x05\x06', new Uint8Array(18))
const TAILS: Readonly<Record<string, Uint8Array>> = {
  ZIP,
  HTML: concat('<html><script>alert(1)</script></html>'),
  JavaScript: concat('/*', new Uint8Array(3), '*/alert(1)//'),
  PDF: concat('%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF'),
  'a single byte': Uint8Array.from([0x41]),
}

function pngOf(...chunks: Uint8Array[]) {
  return concat(PNG_SIGNATURE, ...chunks)
}
const data = pngChunk('IDAT', deflateSync(new Uint8Array(9 * (1 + 36))))
const badCrc = () => {
  const bytes = png()
  bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
  return bytes
}
const withByte = (bytes: Uint8Array<ArrayBuffer>, at: number, value: number) => {
  const changed = bytes.slice()
  changed[at] = value
  return changed
}
const frameOf = (bytes: Uint8Array) => Buffer.from(bytes).indexOf(Buffer.from([0xff, 0xc0]))

const IPCO = box('ipco', box('ispe', new Uint8Array(4), '\0\0\0\x10', '\0\0\0\x0c'))
const ofProperties = (...lists: Uint8Array[]) =>
  concat(box('ftyp', 'heic', new Uint8Array(4), 'mif1'), box('meta', new Uint8Array(4), ...lists), box('mdat', 'x'))

const REFUSED: readonly [what: string, bytes: Uint8Array<ArrayBuffer>, says: RegExp][] = [
  ['nothing', new Uint8Array(), /empty/],
  ['text', concat('hello'), /not a JPEG, PNG/],
  ['SVG', concat('<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), /not a JPEG/],
  ['HTML', concat('<!doctype html><img src=x onerror=alert(1)>'), /not a JPEG/],
  ['BMP', concat('BM', new Uint8Array(60)), /not a JPEG/],
  // PNG
  ['PNG: the signature alone', PNG_SIGNATURE, /cut off/],
  ['PNG: cut off in the data', png().subarray(0, 60), /cut off/],
  ['PNG: without its end', png().subarray(0, -12), /cut off/],
  ['PNG: IHDR not first', pngOf(pngChunk('gAMA', new Uint8Array(4)), header({}), data, IEND), /begin with its header/],
  ['PNG: IHDR twice', pngOf(header({}), header({}), data, IEND), /repeats a chunk/],
  ['PNG: 20000 x 20000 in 48 KB', pngOf(header({ width: 20_000, height: 20_000 }), pngChunk('IDAT', zeros(46)), IEND), /20000 x 20000/],
  ['PNG: no width', pngOf(header({ width: 0 }), data, IEND), /no width/],
  ['PNG: a side of 2^31', pngOf(header({ width: 2 ** 31 }), data, IEND), /pixels/],
  ['PNG: a colour type that there is not', pngOf(header({ colourType: 5 }), data, IEND), /header/],
  ['PNG: a depth that the colour type has not', pngOf(header({ depth: 4 }), data, IEND), /header/],
  ['PNG: a wrong checksum', badCrc(), /checksum/],
  [
    'PNG: a chunk longer than the file',
    concat(PNG_SIGNATURE, header({}), Uint8Array.from([0x7f, 0xff, 0xff, 0xff]), 'IDAT', new Uint8Array(40)),
    /cut off/,
  ],
  ['PNG: an unknown critical chunk', png({ before: [pngChunk('EVIL', 'x')] }), /unknown critical/],
  ['PNG: a chunk without a name', png({ before: [pngChunk('a\0b1', 'x')] }), /invalid name/],
  ['PNG: no data', pngOf(header({}), IEND), /no picture data/],
  ['PNG: scattered data', pngOf(header({}), data, pngChunk('tEXt', 'a\0b'), data, IEND), /contiguous/],
  ['PNG: too much data', png({ raw: new Uint8Array(9 * 37 + 1) }), /does not match the size/],
  ['PNG: too little data', png({ raw: new Uint8Array(9 * 37 - 1) }), /does not match the size/],
  ['PNG: a bomb as data', pngOf(header({}), pngChunk('IDAT', zeros(60)), IEND), /does not match the size/],
  [
    'PNG: data behind the data',
    pngOf(header({}), pngChunk('IDAT', concat(deflateSync(new Uint8Array(9 * 37)), 'PK')), IEND),
    /does not match the size/,
  ],
  ['PNG: data that is not compressed', pngOf(header({}), pngChunk('IDAT', new Uint8Array(50)), IEND), /does not match the size/],
  ['PNG: a bomb as text', png({ before: [pngChunk('zTXt', concat('Comment\0\0', zeros(60)))] }), /zTXt chunk that is far too large/],
  [
    'PNG: a bomb as international text',
    png({ after: [pngChunk('iTXt', concat('C\0\x01\0en\0K\0', zeros(60)))] }),
    /iTXt chunk that is far too large/,
  ],
  [
    'PNG: a bomb as a colour profile',
    png({ before: [pngChunk('iCCP', concat('sRGB\0\0', zeros(60)))] }),
    /iCCP chunk that is far too large/,
  ],
  ['PNG: a damaged colour profile', png({ before: [pngChunk('iCCP', concat('sRGB\0\0', 'nothing'))] }), /damaged/],
  ['PNG: no palette', pngOf(header({ colourType: 3 }), pngChunk('IDAT', deflateSync(new Uint8Array(9 * 13))), IEND), /lacks its palette/],
  ['PNG: half a colour in the palette', png({ before: [pngChunk('PLTE', new Uint8Array(4))] }), /palette/],
  ['PNG: a palette of gray', png({ colourType: 0, before: [pngChunk('PLTE', new Uint8Array(3))] }), /palette/],
  // JPEG
  ['JPEG: the start alone', concat('\xff\xd8\xff'), /cut off/],
  ['JPEG: cut off in the data', JPEG.subarray(0, -20), /cut off/],
  ['JPEG: without its end', JPEG.subarray(0, -2), /cut off/],
  ['JPEG: cut off in a segment', JPEG.subarray(0, 60), /cut off/],
  [
    'JPEG: 65535 x 65535',
    withByte(
      withByte(withByte(withByte(JPEG, frameOf(JPEG) + 5, 255), frameOf(JPEG) + 6, 255), frameOf(JPEG) + 7, 255),
      frameOf(JPEG) + 8,
      255,
    ),
    /65535 x 65535/,
  ],
  ['JPEG: no height', withByte(JPEG, frameOf(JPEG) + 6, 0), /no width or no height/],
  ['JPEG: lossless', withByte(JPEG, frameOf(JPEG) + 1, 0xc3), /unsupported kind/],
  ['JPEG: arithmetic-coded', withByte(JPEG, frameOf(JPEG) + 1, 0xc9), /unsupported kind/],
  ['JPEG: 12 bits', withByte(JPEG, frameOf(JPEG) + 4, 12), /8 bits/],
  ['JPEG: two components', withByte(JPEG, frameOf(JPEG) + 9, 2), /frame is wrong/],
  [
    'JPEG: two frames',
    concat(JPEG.subarray(0, frameOf(JPEG)), JPEG.subarray(frameOf(JPEG), frameOf(JPEG) + 19), JPEG.subarray(frameOf(JPEG))),
    /two frames/,
  ],
  ['JPEG: no frame', concat('\xff\xd8', jpegSegment(0xda, new Uint8Array(10)), '\xff\xd9'), /picture data before its size/],
  ['JPEG: no data', concat(JPEG.subarray(0, frameOf(JPEG) + 19), '\xff\xd9'), /no picture data/],
  ['JPEG: garbage between segments', concat(JPEG.subarray(0, 2), 'garbage', JPEG.subarray(2)), /not a JPEG|marker is missing/],
  [
    'JPEG: more scans than any',
    concat(JPEG.subarray(0, -2), ...Array.from({ length: 70 }, () => jpegSegment(0xda, new Uint8Array(10))), '\xff\xd9'),
    /too many scans/,
  ],
  // GIF
  ['GIF: the start alone', concat('GIF89a'), /cut off/],
  ['GIF: no picture', concat(GIF.subarray(0, 25), ';'), /no picture/],
  ['GIF: cut off in the colours', GIF.subarray(0, 20), /cut off/],
  ['GIF: cut off in the data', GIF.subarray(0, -3), /cut off/],
  ['GIF: 65535 x 65535', concat(GIF.subarray(0, 6), new Uint8Array(4).fill(255), GIF.subarray(10)), /65535 x 65535/],
  ['GIF: a picture beyond the screen', concat(GIF.subarray(0, 30), new Uint8Array(4).fill(255), GIF.subarray(34)), /pixels/],
  ['GIF: comments without end', concat(GIF.subarray(0, 25), ...Array.from({ length: 2_000 }, () => '!\xfe\0')), /too much/],
  // HEIC and AVIF
  ['HEIC: the start alone', heif(16, 12).subarray(0, 24), /cut off; send it as a JPEG/],
  ['HEIC: cut off', heif(16, 12).subarray(0, -9), /cut off; send it as a JPEG/],
  ['HEIC: 60000 x 60000', heif(60_000, 60_000), /60000 x 60000.*; send it as a JPEG/],
  ['AVIF: 60000 x 60000', heif(60_000, 60_000, 'avif'), /60000 x 60000.*; send it as a JPEG/],
  ['HEIC: no size', concat(box('ftyp', 'heic', new Uint8Array(4)), box('meta', new Uint8Array(4)), box('mdat', 'x')), /has no size/],
  [
    'HEIC: a box in a box longer than it',
    concat(box('ftyp', 'heic', new Uint8Array(4)), box('meta', new Uint8Array(4), '\xff\xff\xff\xffiprp'), box('mdat', 'x')),
    /damaged/,
  ],
  ['HEIC: two lists of properties', ofProperties(box('iprp', IPCO), box('iprp', IPCO)), /damaged/],
  ['HEIC: two containers of properties', ofProperties(box('iprp', IPCO, IPCO)), /damaged/],
  // WebP
  ['WebP: the start alone', concat('RIFF', new Uint8Array(4), 'WEBP'), /cut off/],
  ['WebP: cut off', WEBP.subarray(0, -8), /cut off/],
  ['WebP: no picture', riff(vp8x(0)), /no picture/],
  ['WebP: two pictures', riff(vp8x(0), VP8, LOSSLESS_WEBP.subarray(12)), /no picture, or two/],
  ['WebP: the same picture twice', riff(vp8x(0), VP8, VP8), /no picture, or two/],
  ['WebP: the same part twice', riff(vp8x(0), VP8, riffChunk('EXIF', exif(1)), riffChunk('EXIF', exif(2))), /repeats a part/],
  ['WebP: parts without the header for them', riff(VP8, riffChunk('EXIF', exif(1))), /extended/],
  ['WebP: another canvas than picture', riff(vp8x(0, 17, 12), VP8), /two different sizes/],
  ['WebP: no key frame', withByte(WEBP, 20, (WEBP[20] ?? 0) | 1), /frame is wrong/],
  ['WebP: padding that is not zero', withByte(riff(riffChunk('VP8 ', WEBP.slice(20, -1))), WEBP.length - 1, 7), /damaged/],
]

describe('is refused', () => {
  test.each(REFUSED)('%s', async (_what, bytes, says) => {
    const before = Date.now()
    await expect(inspect(bytes)).rejects.toMatchObject({ code: 'invalid_file', message: expect.stringMatching(says) })
    expect(Date.now() - before).toBeLessThan(1_000)
  })

  test('the file of 20000 x 20000 is as small as that', () => {
    const bomb = REFUSED.find(([what]) => what.includes('20000'))?.[1]
    expect(bomb?.length).toBeLessThan(50_000)
  })

  test.each([
    [100, '100 bytes'],
    [1500, '1500 bytes'],
    [64 * 1024, '64 KB'],
    [16 * 1024 * 1024, '16 MB'],
    [0, '0 bytes'],
  ])('the limit of %d bytes is said as %j', (bytes, words) => {
    expect(byteSize(bytes)).toBe(words)
  })

  test('one byte too many, and one pixel too many', async () => {
    await expect(inspect(png(), { ...LIMITS, bytesMax: png().length - 1 })).rejects.toMatchObject({ code: 'payload_too_large' })
    for (const bytes of [png({ width: 16, height: 12 }), JPEG, WEBP, LOSSLESS_WEBP]) {
      await expect(inspect(bytes, { ...LIMITS, pixelsMax: 12 * 16 - 1 })).rejects.toMatchObject({ code: 'invalid_file' })
      await inspect(bytes, { ...LIMITS, pixelsMax: 12 * 16 })
    }
  })

  test('any part of a picture that is not all of it', async () => {
    for (const whole of [png(), JPEG, PROGRESSIVE_JPEG, WEBP, LOSSLESS_WEBP, GIF.subarray(0, -1), heif(16, 12)]) {
      for (let length = 0; length < whole.length; length++) {
        await expect(inspect(whole.subarray(0, length)), `${length} of ${whole.length}`).rejects.toMatchObject({ code: 'invalid_file' })
      }
    }
  })
})

const WHOLE: Readonly<Record<string, Uint8Array<ArrayBuffer>>> = { PNG: png(), JPEG, WebP: WEBP, GIF, HEIC: heif(16, 12) }

describe('is cut off', () => {
  for (const [kind, whole] of Object.entries(WHOLE)) {
    test.each(Object.entries(TAILS))(`what comes after a ${kind}: %s`, async (_what, tail) => {
      expect((await inspect(concat(whole, tail))).bytes).toEqual((await inspect(whole)).bytes)
    })
  }

  test('everything but the first frame of an animation', async () => {
    const gif = await inspect(animatedGif())
    expect(gif).toMatchObject({ format: 'image/gif', width: 2, height: 2 })
    expect(Buffer.from(gif.bytes).toString('latin1')).not.toMatch(/NETSCAPE|CANARY/)
    expect(await inspect(gif.bytes)).toEqual(gif)
    expect((await inspect(animatedWebp())).bytes).toEqual(WEBP)
    const small = await inspect(animatedWebp(40, 30))
    expect(small).toMatchObject({ width: 40, height: 30 })
    expect(Buffer.from(small.bytes).toString('latin1').match(/ANMF/g)).toHaveLength(1)
    expect((await inspect(small.bytes)).bytes).toEqual(small.bytes)
    const apng = png({
      before: [pngChunk('acTL', new Uint8Array(8)), pngChunk('fcTL', new Uint8Array(26))],
      after: [pngChunk('fdAT', 'x')],
    })
    expect((await inspect(apng)).bytes).toEqual(png())
  })
})

describe('is taken', () => {
  const depths: Readonly<Record<number, readonly number[]>> = { 0: [1, 2, 4, 8, 16], 2: [8, 16], 3: [1, 2, 4, 8], 4: [8, 16], 6: [8, 16] }
  const kinds = Object.entries(depths).flatMap(([type, list]) =>
    list.flatMap((depth) => [false, true].map((i) => [Number(type), depth, i] as const)),
  )
  test.each(kinds)('a PNG of colour type %i, depth %i, interlaced %s, of any small size', async (colourType, depth, interlaced) => {
    for (let width = 1; width <= 9; width++) {
      for (const height of [1, 2, 5, 9]) {
        const bytes = png({ width, height, colourType, depth, interlaced })
        expect(await inspect(bytes)).toEqual({ format: 'image/png', width, height, bytes })
      }
    }
  })

  test('of a PNG only what a decoder needs goes on', async () => {
    const colour = [pngChunk('gAMA', new Uint8Array(4)), pngChunk('sRGB', new Uint8Array(1)), pngChunk('cHRM', new Uint8Array(32))]
    const more = [
      pngChunk('tEXt', 'a\0b'),
      pngChunk('zTXt', concat('a\0\0', deflateSync(concat('b')))),
      pngChunk('eXIf', exif(1)),
      pngChunk('prVt', 'x'),
    ]
    const { bytes } = await inspect(
      png({ before: [...colour, ...more, pngChunk('tRNS', new Uint8Array(6))], after: [pngChunk('tIME', new Uint8Array(7))] }),
    )
    expect(chunkTypes(bytes)).toEqual(['IHDR', 'gAMA', 'sRGB', 'cHRM', 'tRNS', 'IDAT', 'IEND'])
    const wrong = await inspect(png({ before: [pngChunk('gAMA', new Uint8Array(5)), pngChunk('tRNS', new Uint8Array(5))] }))
    expect(chunkTypes(wrong.bytes)).toEqual(['IHDR', 'IDAT', 'IEND'])
  })

  test('of a JPEG the orientation stays, and nothing else of the metadata', async () => {
    const icc = jpegSegment(0xe2, concat('ICC_PROFILE\0\x01\x01CANARY'))
    const { bytes } = await inspect(
      jpegWith(exifSegment(6), icc, jpegSegment(0xfe, 'CANARY'), jpegSegment(0xee, concat('Adobe', new Uint8Array(7)))),
    )
    const text = Buffer.from(bytes).toString('latin1')
    expect(text).not.toMatch(/CANARY|ICC|GPS/)
    expect(text.match(/Exif\0\0MM\0\*/g)).toHaveLength(1)
    expect(text).toContain('Adobe')
    expect(await inspect(bytes)).toMatchObject({ bytes })
    expect((await inspect(JPEG)).bytes).toEqual(JPEG)
  })

  test('of a WebP the orientation stays, and nothing else of the metadata', async () => {
    const whole = riff(
      vp8x(0x2c),
      riffChunk('ICCP', concat('CANARY')),
      VP8,
      riffChunk('EXIF', exif(8)),
      riffChunk('XMP ', concat('CANARY')),
    )
    const { bytes } = await inspect(whole)
    expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/CANARY|GPS|ICCP|XMP/)
    expect(await inspect(bytes)).toEqual({ format: 'image/webp', width: 16, height: 12, bytes })
    expect((await inspect(riff(vp8x(0), VP8))).bytes).toEqual(WEBP)
  })

  test('a colour profile of the right kind goes on as it is, and one that is not is left out', async () => {
    const png3 = png({ before: [iccp(DISPLAY_P3), pngChunk('gAMA', new Uint8Array(4))] })
    expect(chunkTypes((await inspect(png3)).bytes)).toEqual(['IHDR', 'iCCP', 'IDAT', 'IEND'])
    const jpeg = (await inspect(jpegWith(...iccSegments(DISPLAY_P3, 100)))).bytes
    expect(jpeg).toEqual((await inspect(jpegWith(...iccSegments(DISPLAY_P3)))).bytes)
    expect(Buffer.from(jpeg).includes(DISPLAY_P3)).toBe(true)
    const webp = riff(vp8x(0x20), iccpOfWebp(DISPLAY_P3), VP8)
    expect((await inspect(webp)).bytes).toEqual(webp)

    const [first, ...others] = iccSegments(DISPLAY_P3, 100)
    const damaged = DISPLAY_P3.slice()
    damaged.fill(0xff, 136, 140)
    const wrong = [GREY_PROFILE, damaged, DISPLAY_P3.subarray(0, -8), concat('nothing')]
    for (const icc of wrong) {
      expect((await inspect(png({ before: [iccp(icc)] }))).bytes).toEqual(png())
      expect((await inspect(jpegWith(...iccSegments(icc)))).bytes).toEqual(JPEG)
      expect((await inspect(riff(vp8x(0x20), iccpOfWebp(icc), VP8))).bytes).toEqual(WEBP)
    }
    expect((await inspect(jpegWith(...others))).bytes).toEqual(JPEG)
    expect((await inspect(jpegWith(first ?? JPEG))).bytes).toEqual(JPEG)
    const dropped = { ...LIMITS, profile: 'dropped' } as const
    for (const bytes of [png3, jpeg, webp]) expect(Buffer.from((await inspect(bytes, dropped)).bytes).includes('icc')).toBe(false)
    expect((await inspect(jpeg, dropped)).bytes).toEqual(JPEG)
  })

  test('the orientation of a PNG stays, and nothing else of its EXIF', async () => {
    const { bytes } = await inspect(png({ after: [pngChunk('eXIf', exif(6))] }))
    expect(chunkTypes(bytes)).toEqual(['IHDR', 'eXIf', 'IDAT', 'IEND'])
    expect(Buffer.from(bytes).toString('latin1')).not.toContain('GPS')
    expect((await inspect(bytes)).bytes).toEqual(bytes)
  })

  test('a part of a WebP that nobody knows is left out', async () => {
    expect((await inspect(riff(vp8x(0), VP8, riffChunk('C2PA', new Uint8Array(4))))).bytes).toEqual(WEBP)
  })

  test('a picture of 24 or 50 megapixels, where nothing else is configured', async () => {
    const phone = getConfig(platform.env).avatars
    const sized = (width: number, height: number) => {
      const bytes = JPEG.slice()
      new DataView(bytes.buffer).setUint16(frameOf(JPEG) + 5, height)
      new DataView(bytes.buffer).setUint16(frameOf(JPEG) + 7, width)
      return bytes
    }
    expect(await inspect(sized(5712, 4284), phone)).toMatchObject({ width: 5712, height: 4284 })
    expect(await inspect(sized(8192, 6144), phone)).toMatchObject({ width: 8192, height: 6144 })
    for (const [width, height] of [
      [8192, 6500],
      [12_001, 100],
    ] as const) {
      await expect(inspect(sized(width, height), phone)).rejects.toMatchObject({ code: 'invalid_file', message: /pixels/ })
    }
  })
})
