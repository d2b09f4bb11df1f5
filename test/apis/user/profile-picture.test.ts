// Profile pictures over HTTP (wire §3.2, §6.18; security rows 65, 66, 71): set by form or raw, removed, shown.
import { env as bindings } from 'cloudflare:workers'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Bindings } from '../../../src/config.ts'
import { inspectImage } from '../../../src/core/media/images/inspect.ts'
import { clock } from '../../platform/clock.ts'
import { newName } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { bucketKeys, expectAvatarsInOrder, tombstonesOf } from '../../support/avatars.ts'
import { runCron } from '../../support/cron.ts'
import { putEdge, setColumns } from '../../support/graph.ts'
import {
  animatedGif,
  animatedWebp,
  concat,
  exif,
  exifSegment,
  GIF,
  heif,
  JPEG,
  jpegWith,
  LOSSLESS_WEBP,
  PROGRESSIVE_JPEG,
  pictureForm,
  png,
  pngChunk,
  riff,
  riffChunk,
  VP8,
  vp8x,
  WEBP,
} from '../../support/images.ts'
import { Client, db, platform, type Reply } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson } from '../../support/people.ts'
import { type Pixel, pixelsOf } from '../../support/pixels.ts'
import { ADOBE_RGB, DISPLAY_P3, iccp, iccpOfWebp, iccSegments } from '../../support/profiles.ts'

beforeEach(() => platform.reset())

const env = bindings as unknown as Bindings
const PATH = '/user/profile-picture'
const URL_PATTERN = /^https:\/\/avatars\.kith\.test\/([0-9a-f]{24}\/[0-9a-f]{64})\/512\.webp$/
const LIMITS = { bytesMax: 1e7, pixelsMax: 512 * 512 }

const somebody = () => signedInPerson(newName('pictured'))

const put = (client: Client, bytes: Uint8Array<ArrayBuffer>, type = 'image/png', env = {}) =>
  client.fetch(PATH, { method: 'PUT', body: bytes, headers: { 'content-type': type }, env })

function keyOf(reply: Reply): string {
  expect(reply.status, reply.text).toBe(200)
  const { data, ...rest } = reply.json
  expect([rest, Object.keys(data)]).toEqual([{ ok: 1 }, ['signedUrl', 'profilePictureUrl']])
  expect(data.signedUrl).toBe(data.profilePictureUrl)
  return URL_PATTERN.exec(data.profilePictureUrl)?.[1] ?? 'no key'
}

async function stored(key: string, object: '512.webp' | '128.png') {
  const found = await platform.env.AVATARS.get(`${key}/${object}`)
  if (!found) throw new Error(`${key}/${object} is not there`)
  return { bytes: new Uint8Array(await found.arrayBuffer()), meta: found.httpMetadata }
}

/** Converted to another format by Images, without any code of ours. */
async function as(format: 'image/jpeg' | 'image/png' | 'image/webp', bytes: Uint8Array<ArrayBuffer>) {
  const drawn = await env.IMAGES.input(new Blob([bytes]).stream()).output({ format })
  return new Uint8Array(await drawn.response().arrayBuffer())
}

const pictureOf = async ({ client }: Person) => (await client.get('/user/me')).json.data.user.profilePictureUrl

describe('setting one', () => {
  const takes: [string, Uint8Array<ArrayBuffer>, string][] = [
    ['PNG', png(), 'image/png'],
    ['PNG, interlaced', png({ interlaced: true }), 'image/png'],
    ['PNG, with a palette', png({ colourType: 3 }), 'image/png'],
    ['PNG, 16 bits and alpha', png({ colourType: 6, depth: 16 }), 'image/png'],
    ['JPEG', JPEG, 'image/jpeg'],
    ['JPEG, progressive', PROGRESSIVE_JPEG, 'image/jpeg'],
    ['JPEG, two in a file', concat(JPEG, JPEG, new Uint8Array(9)), 'image/jpg'],
    ['WebP', WEBP, 'image/webp'],
    ['WebP, lossless', LOSSLESS_WEBP, ''],
    ['no type', png(), 'application/octet-stream'],
    ['GIF', GIF, 'image/gif'],
    ['GIF, animated', animatedGif(), 'image/gif'],
    ['WebP, animated', animatedWebp(), 'image/webp'],
    ['PNG, animated', png({ before: [pngChunk('acTL', new Uint8Array(8))] }), 'image/apng'],
    ['JPEG, with a video behind it', concat(JPEG, '\0\0\0\x18ftypmp42', new Uint8Array(99)), 'image/jpeg'],
    ['WebP that is called a JPEG', WEBP, 'image/jpeg'],
    ['JPEG that is called any picture', JPEG, 'image/*'],
    ['PNG that is called a page', png(), 'text/html'],
  ]
  test.each(takes)('takes %s, raw and by form, and stores two squares of it', async (_what, bytes, type) => {
    const person = await somebody()
    // The second name is that of the sample.
    const field = bytes === WEBP ? 'profile-picture' : 'profilePicture'
    const form = await person.client.fetch(PATH, { method: 'PATCH', body: pictureForm(bytes, type, field) })
    const raw = await put(person.client, bytes, type)
    expect(keyOf(form)).not.toBe(keyOf(raw))
    const key = keyOf(raw)
    const [large, small] = [await stored(key, '512.webp'), await stored(key, '128.png')]
    expect(await inspectImage(large.bytes, LIMITS)).toMatchObject({ width: 512, height: 512, bytes: large.bytes })
    expect(await inspectImage(small.bytes, LIMITS)).toMatchObject({ width: 128, height: 128, bytes: small.bytes })
    expect(large.meta).toEqual({ contentType: 'image/webp', cacheControl: 'public, max-age=31536000, immutable, no-transform' })
    expect(small.meta).toEqual({ contentType: 'image/png', cacheControl: 'public, max-age=31536000, immutable, no-transform' })
    expect(key.split('/')[1]).toBe(Buffer.from(await crypto.subtle.digest('SHA-256', large.bytes)).toString('hex'))
    expect(await pictureOf(person)).toBe(raw.json.data.profilePictureUrl)
    await expectAvatarsInOrder()
  })

  test('leaves none of the metadata: no place, no text, no comment, no trailing picture', async () => {
    const text = concat('Comment\0TEXT-CANARY')
    const inputs = [
      png({ before: [pngChunk('tEXt', text), pngChunk('eXIf', exif(1)), pngChunk('tIME', new Uint8Array(7))] }),
      jpegWith(exifSegment(1), concat(Uint8Array.from([0xff, 0xfe, 0, 13]), 'TEXT-CANARY')),
      riff(vp8x(0x0c), VP8, riffChunk('EXIF', exif(1)), riffChunk('XMP ', concat('TEXT-CANARY'))),
    ]
    for (const input of inputs) {
      const { client } = await somebody()
      const key = keyOf(await put(client, input, ''))
      for (const object of ['512.webp', '128.png'] as const) {
        const { bytes } = await stored(key, object)
        expect(Buffer.from(bytes).toString('latin1')).not.toMatch(/CANARY|Exif|EXIF|eXIf|XMP |tEXt|iTXt|ICCP|iCCP|GPS/)
      }
    }
  })

  const profiles: [string, Uint8Array<ArrayBuffer>, Pixel][] = [
    ['Display P3', DISPLAY_P3, [234, 51, 35]],
    ['Adobe RGB', ADOBE_RGB, [219, 0, 0]],
  ]
  test.each(profiles)('keeps the colours of a picture in %s, as sRGB', async (_what, profile, pixel) => {
    const row = Uint8Array.from([0, ...Array.from({ length: 32 }, () => pixel).flat()])
    const plain = png({ width: 32, height: 32, raw: concat(...Array.from({ length: 32 }, () => row)) })
    const inProfile = png({ width: 32, height: 32, raw: concat(...Array.from({ length: 32 }, () => row)), before: [iccp(profile)] })
    const jpeg = await as('image/jpeg', plain)
    const { client } = await somebody()
    const pictures = {
      PNG: inProfile,
      JPEG: concat(jpeg.subarray(0, 2), ...iccSegments(profile, 200), jpeg.subarray(2)),
      WebP: riff(vp8x(0x20, 32, 32), iccpOfWebp(profile), (await as('image/webp', plain)).slice(12)),
    }
    for (const [format, picture] of Object.entries(pictures)) {
      const key = keyOf(await put(client, picture, ''))
      const small = (await stored(key, '128.png')).bytes
      const large = await as('image/png', (await stored(key, '512.webp')).bytes)
      for (const drawn of [small, large]) {
        const [red = 0, green = 255, blue = 255] = pixelsOf(drawn).at(60, 60)
        expect(
          [red, 255 - green, 255 - blue].every((value) => value >= 252),
          `${format}: ${[red, green, blue]}`,
        ).toBe(true)
      }
    }
  })

  test('a picture that nobody here can decode is refused with advice', async () => {
    const { client } = await somebody()
    for (const brand of ['heic', 'avif']) {
      const reply = await put(client, heif(64, 64, brand), `image/${brand}`)
      expect([reply.status, reply.json.error]).toEqual([400, 'InvalidFile'])
      expect(reply.text).toContain('send it as a JPEG')
    }
    await expectAvatarsInOrder()
  })

  test('turns a picture as its orientation says', async () => {
    const { client } = await somebody()
    const upright = keyOf(await put(client, JPEG, 'image/jpeg'))
    const turned = keyOf(await put(client, jpegWith(exifSegment(6)), 'image/jpeg'))
    const again = keyOf(await put(client, jpegWith(exifSegment(1)), 'image/jpeg'))
    const digest = (key: string) => key.split('/')[1]
    expect(digest(again)).toBe(digest(upright))
    expect(digest(turned)).not.toBe(digest(upright))
  })

  test('the one before goes: its objects are marked, and never the new ones', async () => {
    const person = await somebody()
    const before = keyOf(await put(person.client, png()))
    const after = keyOf(await put(person.client, JPEG, 'image/jpeg'))
    const marked = (await tombstonesOf(before)).filter(({ dueAt }) => dueAt <= Date.now())
    expect(marked.map(({ key }) => key)).toEqual([`${before}/128.png`, `${before}/512.webp`])
    expect(await tombstonesOf(after)).toEqual([])
    await expectAvatarsInOrder()
  })

  test('two at once: one stays, and everything else is marked', async () => {
    const person = await somebody()
    const replies = await Promise.all([
      put(person.client, png()),
      put(person.client, JPEG, 'image/jpeg'),
      put(person.client, WEBP, 'image/webp'),
    ])
    const urls = replies.map((reply) => `https://avatars.kith.test/${keyOf(reply)}/512.webp`)
    expect(urls).toContain(await pictureOf(person))
    await expectAvatarsInOrder()
  })
})

describe('what is refused', () => {
  let person: Person
  const refused = async (reply: Reply, status: number, error: string) => {
    expect([reply.status, reply.json.error], reply.text).toEqual([status, error])
    expect(await pictureOf(person)).toBeNull()
  }
  const form = (...parts: [string, string | File][]) => {
    const body = new FormData()
    for (const [name, value] of parts) body.append(name, value as File)
    return body
  }
  const file = (bytes: Uint8Array<ArrayBuffer> = png()) => new File([bytes], 'a.png', { type: 'image/png' })
  const fieldOf = (reply: Reply) => reply.json.additionalInfo.errors?.[0].path

  beforeEach(async () => {
    person = await somebody()
  })

  test.each<[string, () => FormData, string]>([
    ['no part', () => form(), 'profilePicture'],
    ['two parts', () => form(['profilePicture', file()], ['profilePicture', file()]), 'profilePicture'],
    ['two parts of both names', () => form(['profilePicture', file()], ['profile-picture', file()]), 'profile-picture'],
    ['an empty part', () => form(['profilePicture', file(new Uint8Array())]), 'profilePicture'],
    ['text in its place', () => form(['profilePicture', 'me.png']), 'profilePicture'],
    ['a part of another name', () => form(['picture', file()]), 'picture'],
    ['a field beside it', () => form(['profilePicture', file()], ['role', 'admin']), 'role'],
  ])('a form with %s: 400 that names the field', async (_what, body, field) => {
    const reply = await person.client.fetch(PATH, { method: 'PATCH', body: body() })
    await refused(reply, 400, 'ClientInputError')
    expect(fieldOf(reply)).toBe(field)
  })

  test('a form that is none', async () => {
    const send = (body: string, type: string) => person.client.fetch(PATH, { method: 'PATCH', body, headers: { 'content-type': type } })
    await refused(await send('{}', 'application/json'), 415, 'UnsupportedMediaType')
    await refused(await send('{}', 'multipart/form-data'), 400, 'ClientInputError')
    await refused(await send('no form', 'multipart/form-data; boundary=x'), 400, 'ClientInputError')
    await refused(await send('--x\r\n', 'multipart/form-data; boundary=x'), 400, 'ClientInputError')
  })

  test('a form full of what looks like its boundary takes no longer to read than any other', async () => {
    const took = async (byte: number) => {
      const from = performance.now()
      const body = new Uint8Array(4_000_000).fill(byte)
      body[0] = 0
      const headers = { 'content-type': 'multipart/form-data; boundary="-"' }
      await refused(await person.client.fetch(PATH, { method: 'PATCH', body, headers }), 400, 'ClientInputError')
      return performance.now() - from
    }
    const plain = await took(0x61)
    expect(await took(0x2d)).toBeLessThan(5 * plain + 1_000)
  })

  test('an empty body, no picture', async () => {
    await refused(await put(person.client, new Uint8Array()), 400, 'InvalidFile')
    await refused(await put(person.client, concat('<svg xmlns="http://www.w3.org/2000/svg"/>'), 'image/svg+xml'), 400, 'InvalidFile')
  })

  test('a body without a length, and one that is too large, whatever it says of its length', async () => {
    const limited = { AVATAR_BYTES_MAX: '100000' }
    const stream = (bytes: number) =>
      new ReadableStream({
        start(controller) {
          controller.enqueue(png())
          controller.enqueue(new Uint8Array(bytes))
          controller.close()
        },
      })
    const send = (body: ReadableStream, headers: Record<string, string>, method = 'PUT') =>
      person.client.fetch(PATH, { method, body, headers, env: limited })
    await refused(await send(stream(1), {}), 411, 'LengthRequired')
    await refused(await put(person.client, new Uint8Array(100_001), '', limited), 413, 'PayloadTooLarge')
    await refused(await send(stream(100_000), { 'content-length': '100' }), 413, 'PayloadTooLarge')
    const type = 'multipart/form-data; boundary=x'
    await refused(await send(stream(200_000), { 'content-type': type }, 'PATCH'), 413, 'PayloadTooLarge')
    const large = pictureForm(concat(png(), new Uint8Array(100_000)))
    await refused(await person.client.fetch(PATH, { method: 'PATCH', body: large, env: limited }), 413, 'PayloadTooLarge')
  })

  test('a picture that looks right and cannot be decoded', async () => {
    const broken = JPEG.slice()
    broken.fill(0x3f, 180, broken.length - 40)
    const reply = await put(person.client, broken, 'image/jpeg')
    await refused(reply, 400, 'InvalidFile')
    expect(reply.text).not.toMatch(/IMAGES|sharp|vips|at /i)
    expect(await bucketKeys(person)).toEqual([])
  })
})

describe('removing one', () => {
  test('is done for everybody at once, and may be repeated; the same picture comes back under another key', async () => {
    const person = await somebody()
    const key = keyOf(await put(person.client, png()))
    for (let round = 0; round < 2; round++) expect((await person.client.delete(PATH)).json).toEqual({ ok: 1 })
    expect(await pictureOf(person)).toBeNull()
    expect(await tombstonesOf(key)).toHaveLength(2)
    const back = keyOf(await put(person.client, png()))
    expect(back.split('/')[1]).toBe(key.split('/')[1])
    expect(back).not.toBe(key)
    await expectAvatarsInOrder()
  })

  test('the end of an account marks its avatar', async () => {
    const person = await somebody()
    const key = keyOf(await put(person.client, png()))
    await setColumns(person, { deleted_at: 1, deleted_reason: 'self' })
    await runCron()
    expect((await db.prepare('SELECT 1 FROM users WHERE avatar_key = ?').bind(key).all()).results).toEqual([])
    const known = await tombstonesOf(key)
    // The same run may have removed the objects already.
    const left = (await bucketKeys()).filter((name) => name.startsWith(key))
    expect(known.length).toBe(left.length)
  })
})

describe('who sees it', () => {
  test('lists, search, profiles and administrators show its URL', async () => {
    const [one, other] = [await somebody(), await somebody()]
    const admin = await signedInAdmin('picture_admin')
    const url = (await put(one.client, png())).json.data.profilePictureUrl
    await putEdge(one, other)
    await putEdge(other, one)
    const read = async (path: string, client = other.client) => (await client.get(path)).text
    const texts = [
      await read(`/user/${one.id}`),
      await read('/user/followers'),
      await read('/user/following'),
      (await other.client.post('/user/search', { query: one.username })).text,
      (await other.client.post('/user/lookup', { targets: [one.id] })).text,
      await read(`/user/admin-api/user-info?target=${one.id}`, admin.client),
      await read('/user/admin-api/list?limit=100', admin.client),
      await read('/user/session-state', one.client),
    ]
    for (const text of texts) expect(text).toContain(`"profilePictureUrl":"${url}"`)
  })

  test('everybody is led to it, and gets the default where there is none', async () => {
    const person = await somebody()
    const path = `/user/${person.id}/profile-picture`
    const anyone = new Client()
    const svg = await anyone.get(path)
    expect([svg.status, svg.headers.get('content-type'), svg.headers.get('cache-control')]).toEqual([
      200,
      'image/svg+xml',
      'public, max-age=60',
    ])
    expect(svg.text).toContain('>TP</text>')
    const bitmap = await anyone.get(`${path}?format=png`)
    expect([bitmap.status, bitmap.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(await inspectImage(new Uint8Array(bitmap.bytes), LIMITS)).toMatchObject({ width: 128, height: 128 })
    const key = keyOf(await put(person.client, png()))
    const led = async (query: string) => {
      const reply = await anyone.get(path + query)
      return [reply.status, reply.headers.get('location'), reply.headers.get('cache-control')]
    }
    expect(await led('')).toEqual([302, `https://avatars.kith.test/${key}/512.webp`, 'public, max-age=60'])
    expect(await led('?format=png')).toEqual([302, `https://avatars.kith.test/${key}/128.png`, 'public, max-age=60'])
    expect((await anyone.get(`${path}?format=gif`)).status).toBe(400)
    for (const columns of [{ banned_at: 1 }, { banned_at: null, deleted_at: 1 }]) {
      await setColumns(person, columns)
      expect((await anyone.get(path)).status).toBe(404)
    }
  })
})

// Last: ids of rows made on the next day are ahead of today's.
describe('changes in a day', () => {
  const ENV = { AVATAR_CHANGES_PER_DAY: '3' }

  test('one too many is 429 with Retry-After; the next day takes it; refused pictures do not count', async () => {
    clock.freeze()
    const person = await somebody()
    const { client } = person
    for (let round = 0; round < 4; round++) expect((await put(client, concat('nothing'), '', ENV)).status).toBe(400)
    for (let round = 0; round < 3; round++) keyOf(await put(client, png(), '', ENV))
    const refused = await put(client, png(), '', ENV)
    expect([refused.status, refused.json.error]).toEqual([429, 'RateLimitError'])
    const seconds = Number(refused.headers.get('retry-after'))
    expect(seconds).toBeGreaterThan(86_000)
    expect((await client.delete(PATH)).status).toBe(200)
    clock.advance(seconds * 1000 + 1)
    await logIn(person)
    keyOf(await put(client, png(), '', ENV))
    clock.restore()
    await expectAvatarsInOrder()
  })

  test('the default is 20', async () => {
    const person = await somebody()
    keyOf(await put(person.client, png()))
    await db.prepare("UPDATE attempt_counters SET count = 19 WHERE key LIKE 'avatar:%' AND count = 1").run()
    keyOf(await put(person.client, png()))
    expect((await put(person.client, png())).status).toBe(429)
  })

  test('a hundred refused pictures: no more is read, inspected or drawn that day, whatever it is', async () => {
    const { id, client } = await somebody()
    expect((await put(client, concat('nothing'))).status).toBe(400)
    const toAlmostAll = db.prepare('UPDATE attempt_counters SET count = 99 WHERE key = ? AND count = 1')
    expect((await toAlmostAll.bind(`avatar-refused:${Number.parseInt(id, 16)}`).run()).meta.changes).toBe(1)
    expect((await put(client, concat('nothing'))).status).toBe(400)
    for (const last of [await put(client, concat('nothing')), await put(client, png())]) {
      expect([last.status, last.json.additionalInfo.reason]).toEqual([429, 'daily_limit'])
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(86_000)
    }
  })

  test('sixteen at once with one left: one is made', async () => {
    const person = await somebody()
    const replies = await Promise.all(Array.from({ length: 16 }, () => put(person.client, png(), '', { AVATAR_CHANGES_PER_DAY: '1' })))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(429)])
    await expectAvatarsInOrder()
  })
})
