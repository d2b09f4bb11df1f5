// Valid pictures with random changes, through the route (security row 66): never a 5xx, nothing stored unless accepted, and a
// decoder decodes what is stored. `npm run fuzz:images` tries many more.
import { env } from 'cloudflare:workers'
import { crc32 } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import type { Bindings } from '../../src/config.ts'
import { inspectImage } from '../../src/core/media/images/inspect.ts'
import {
  animatedGif,
  animatedWebp,
  concat,
  exifSegment,
  GIF,
  heif,
  JPEG,
  jpegWith,
  LOSSLESS_WEBP,
  PROGRESSIVE_JPEG,
  png,
  pngChunk,
  riff,
  VP8,
  vp8x,
  WEBP,
} from '../support/images.ts'
import { type Client, platform } from '../support/kith.ts'
import { signedInPerson } from '../support/people.ts'
import { ADOBE_RGB, DISPLAY_P3, iccp, iccpOfWebp, iccSegments } from '../support/profiles.ts'
import { IMAGE_MUTATIONS, IMAGE_SEED, IMAGE_TIMEOUT_MS } from '../support/runs.ts'
import { seededPick } from '../support/turns.ts'

type Bytes = Uint8Array<ArrayBuffer>
const { AVATARS, IMAGES } = env as unknown as Bindings

const SEEDS: readonly Bytes[] = [
  png(),
  png({ interlaced: true, colourType: 6 }),
  png({ colourType: 3, before: [pngChunk('tRNS', Uint8Array.from([3]))] }),
  png({ colourType: 0, depth: 16, before: [pngChunk('gAMA', new Uint8Array([0, 0, 177, 143]))] }),
  JPEG,
  PROGRESSIVE_JPEG,
  jpegWith(exifSegment(6)),
  concat(JPEG, JPEG),
  WEBP,
  LOSSLESS_WEBP,
  riff(vp8x(0), VP8),
  GIF,
  animatedGif(),
  animatedWebp(),
  png({ before: [iccp(DISPLAY_P3)] }),
  jpegWith(...iccSegments(ADOBE_RGB, 100)),
  riff(vp8x(0x20), iccpOfWebp(DISPLAY_P3), VP8),
  heif(16, 12),
]

function mutate(random: (below: number) => number): Bytes {
  let bytes: Bytes = (SEEDS[random(SEEDS.length)] ?? JPEG).slice()
  for (let step = random(3); step >= 0; step--) {
    const [at, length] = [random(bytes.length), 1 + random(16)]
    const kind = random(6)
    if (kind <= 1) bytes[at] = (bytes[at] ?? 0) ^ (1 << random(8))
    else if (kind === 2) bytes[at] = [0, 1, 0x7f, 0x80, 0xff][random(5)] ?? 0
    else if (kind === 3) bytes = concat(bytes.subarray(0, at), bytes.subarray(at + length))
    else if (kind === 4) bytes = concat(bytes.subarray(0, at), bytes.subarray(at, at + length), bytes.subarray(at))
    else
      bytes =
        random(4) === 0
          ? bytes.slice(0, at)
          : concat(
              bytes.subarray(0, at),
              Uint8Array.from({ length }, () => random(256)),
              bytes.subarray(at),
            )
  }
  return random(4) === 0 ? bytes : withRightSums(bytes)
}

/** A wrong checksum ends most changes of a PNG; with correct ones they get further. */
function withRightSums(bytes: Bytes): Bytes {
  if (bytes[0] !== 0x89) return bytes
  const view = new DataView(bytes.buffer)
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 12 + view.getUint32(at)
    if (end > bytes.length) break
    view.setUint32(end - 4, crc32(bytes.subarray(at + 4, end - 4)))
    at = end
  }
  return bytes
}

async function expectDecodable(url: string): Promise<void> {
  const key = new URL(url).pathname.slice(1).replace(/\/[^/]+$/, '')
  for (const [object, type, side] of [
    ['512.webp', 'image/webp', 512],
    ['128.png', 'image/png', 128],
  ] as const) {
    const bytes = new Uint8Array(await ((await AVATARS.get(`${key}/${object}`)) as R2ObjectBody).arrayBuffer())
    expect(await inspectImage(bytes, { bytesMax: 1e7, pixelsMax: side * side })).toMatchObject({
      format: type,
      width: side,
      height: side,
      bytes,
    })
    const decoded = await IMAGES.input(new Blob([bytes]).stream())
      .transform({ width: 1, height: 1 })
      .output({ format: 'image/png' })
    expect((await decoded.response().arrayBuffer()).byteLength).toBeGreaterThan(0)
  }
}

async function countObjects(): Promise<number> {
  let count = 0
  for (let cursor: string | undefined; ; ) {
    const page = await AVATARS.list(cursor === undefined ? {} : { cursor })
    count += page.objects.length
    if (!page.truncated) return count
    cursor = page.cursor
  }
}

beforeEach(() => platform.reset())

test(
  `${IMAGE_MUTATIONS} changed pictures, seed ${IMAGE_SEED}`,
  async () => {
    const random = seededPick(IMAGE_SEED)
    const statuses: Record<number, number> = {}
    let client: Client | undefined
    for (let index = 0; index < IMAGE_MUTATIONS; index++) {
      if (index % 1_000 === 0) ({ client } = await signedInPerson(`mutant_${index}`))
      const bytes = mutate(random)
      const options = { method: 'PUT', body: bytes, headers: { 'content-type': '' }, env: { AVATAR_CHANGES_PER_DAY: '10000' } }
      const reply = await client?.fetch('/user/profile-picture', options)
      const what = `mutation ${index} of seed ${IMAGE_SEED}: ${reply?.text} ${Buffer.from(bytes).toString('base64')}`
      expect([200, 400], what).toContain(reply?.status)
      if (reply?.status === 200) await expectDecodable(reply.json.data.profilePictureUrl)
      else expect(reply?.json.error, what).toBe('InvalidFile')
      statuses[reply?.status ?? 0] = (statuses[reply?.status ?? 0] ?? 0) + 1
    }
    expect(await countObjects()).toBe(2 * (statuses[200] ?? 0))
    expect(statuses[200]).toBeGreaterThan(0)
    console.log(`changed pictures: ${JSON.stringify(statuses)}`)
  },
  IMAGE_TIMEOUT_MS,
)
