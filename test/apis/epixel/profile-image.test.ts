// The caller's picture in the room epixel (wire §4.2, §6.18, §6.19; security rows 65, 66, 71).
import { describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { idOf, newName, rows } from '../../support/actors.ts'
import { bucketKeys, expectAvatarsInOrder } from '../../support/avatars.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { concat, exifSegment, header, JPEG, jpegWith, PNG_SIGNATURE, png, pngChunk, WEBP } from '../../support/images.ts'
import { platform } from '../../support/kith.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { DONE, expectErrors, form, images, type Member, memberOf, NOT_AN_IMAGE, newMember, profileOf } from './harness.ts'

const DAY = 86_400_000
const URL_PATTERN = /^https:\/\/avatars\.kith\.test\/[0-9a-f]{24}\/[0-9a-f]{64}\/128\.png$/
const PATHS = ['/user/profile-image/', '/user/profile/profile-image/', '/user/profile-image', '/user/profile/profile-image']
const BYTES = new Uint8Array([1, 2, 3, 4, 5])

freezeEachTest()

const send = (member: Member, body: FormData, options = {}) => member.post('/user/profile-image/', body, options)

describe('an upload', () => {
  test.each(PATHS)('%s makes the cropped one the picture, and answers where it is', async (path) => {
    const member = await newMember(newName('pictured'))
    const reply = await member.post(path, images(JPEG, png({ width: 20, height: 30 }), 'application/octet-stream'))
    expect([reply.status, reply.json]).toEqual([200, { ...DONE, data: { image_url: expect.stringMatching(URL_PATTERN) } }])
    const { image_url: url } = reply.json.data
    expect((await profileOf(member)).ProfileImage).toBe(url)
    const stored = await platform.env.AVATARS.get(url.replace('https://avatars.kith.test/', ''))
    expect(stored?.httpMetadata?.contentType).toBe('image/png')
    expect((await member.client.get(`/user/${member.person.id}/profile-picture`)).headers.get('location')).toContain(
      url.replace('128.png', ''),
    )
  })

  test.each(['', 'application/octet-stream', 'image/png', 'text/plain', 'image/svg+xml'])(
    'whatever it is declared as: %s',
    async (type) => {
      const member = await newMember(newName('declared'))
      for (const picture of [JPEG, png(), WEBP]) expect((await send(member, images(picture, picture, type))).status).toBe(200)
    },
  )

  test('fields that nobody knows are ignored', async () => {
    const member = await newMember(newName('more_fields'))
    const body = images(png(), png())
    for (const name of ['title', 'constructor', 'x_y_z']) body.append(name, 'text')
    body.append('thumbnail', new File([BYTES], 'x'))
    expect((await send(member, body)).status).toBe(200)
  })

  test('nothing of the file but the picture is kept', async () => {
    const member = await newMember(newName('exif'))
    const { image_url: url } = (await send(member, images(JPEG, jpegWith(exifSegment(6))))).json.data
    const stored = await platform.env.AVATARS.get(url.replace('https://avatars.kith.test/', ''))
    expect(Buffer.from((await stored?.arrayBuffer()) ?? new ArrayBuffer()).toString('latin1')).not.toMatch(/Exif|GPS/)
  })
})

describe('what is refused', () => {
  const bomb = concat(PNG_SIGNATURE, header({ width: 60_000, height: 60_000 }), pngChunk('IDAT', BYTES), pngChunk('IEND'))
  const cut = png().slice(0, 60)
  const svg = concat('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')
  const gif = concat('GIF89a', new Uint8Array(40))
  const wrong: [string, Uint8Array<ArrayBuffer>][] = [
    ['text', concat('this is text')],
    ['bytes', BYTES],
    ['an SVG', svg],
    ['a GIF', gif],
    ['a PNG that is cut', cut],
    ['a PNG of 60,000 x 60,000', bomb],
    ['the signature alone', PNG_SIGNATURE],
  ]
  test.each(wrong)('%s as image, as cropped_image, as both', async (_what, bytes) => {
    const member = await newMember(newName('no_image'))
    const error = [NOT_AN_IMAGE]
    for (const type of ['image/png', 'application/octet-stream']) {
      expectErrors(await send(member, images(bytes, png(), type)), 400, { image: error })
      expectErrors(await send(member, images(png(), bytes, type)), 400, { cropped_image: error })
      expectErrors(await send(member, images(bytes, bytes, type)), 400, { image: error, cropped_image: error })
    }
    expect([await bucketKeys(member.person), (await profileOf(member)).ProfileImage]).toEqual([[], expect.stringContaining('format=png')])
    expect(await rows('SELECT * FROM attempt_counters WHERE key IN (?, ?)', ...countersOf(member))).toEqual([])
  })

  test('a picture that cannot be decoded', async () => {
    const member = await newMember(newName('undecoded'))
    platform.faults.images('refuse')
    expectErrors(await send(member, images(png(), png())), 400, { cropped_image: [NOT_AN_IMAGE] })
    platform.faults.images('down')
    expect((await send(member, images(png(), png()))).status).toBe(503)
  })

  test('files that are missing, empty or none', async () => {
    const member = await newMember(newName('no_file'))
    const none = ['No file was submitted.']
    expectErrors(await send(member, images(png(), null)), 400, { cropped_image: none })
    expectErrors(await send(member, images(null, png())), 400, { image: none })
    expectErrors(await send(member, form({ x: 'y' })), 400, { image: none, cropped_image: none })
    expectErrors(await send(member, images(new Uint8Array(), png())), 400, { image: ['The submitted file is empty.'] })
    const text = images(png(), null)
    text.append('cropped_image', 'C:\\picture.png')
    expectErrors(await send(member, text), 400, {
      cropped_image: ['The submitted data was not a file. Check the encoding type on the form.'],
    })
    const twice = images(png(), png())
    twice.append('image', new File([png()], 'x.png'))
    expectErrors(await send(member, twice), 400, { image: ['Enter a valid value.'] })
  })

  test('forms that are none, and bodies that are too large', async () => {
    const member = await newMember(newName('no_form'))
    const post = (body: Uint8Array<ArrayBuffer> | string, type: string, more = {}) =>
      member.post('/user/profile-image/', body, { headers: { 'content-type': type, ...more } })
    expect((await post('{}', 'application/json')).status).toBe(415)
    expect((await post(png(), 'image/png')).status).toBe(415)
    for (const [body, type] of [
      ['nonsense', 'multipart/form-data; boundary=x'],
      ['--x\r\n', 'multipart/form-data; boundary=x'],
      ['--x\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\nabc', 'multipart/form-data; boundary=x'],
      ['', 'multipart/form-data; boundary=x'],
      ['--x--', 'multipart/form-data'],
      ['x', 'multipart/form-data; boundary='],
    ] as const) {
      const reply = await post(body, type)
      expect([reply.status, reply.json.status_code], reply.text).toEqual([400, 400])
    }
    const large = new Uint8Array(16 * 1024 * 1024 + 1)
    large.set(PNG_SIGNATURE)
    expect((await send(member, images(png(), large))).status).toBe(413)
    expect((await send(member, images(large, png()))).status).toBe(413)
    expect((await post(new Uint8Array(33 * 1024 * 1024), 'multipart/form-data; boundary=x')).status).toBe(413)
    expect((await post(BYTES, 'multipart/form-data; boundary=x', { 'content-length': '99999999999' })).status).toBe(413)
  })

  test('a body is not read for a caller who may not send one', async () => {
    const member = await newMember(newName('not_read'))
    await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(member.person.id))
    let pulled = 0
    const body = new ReadableStream({
      pull(controller) {
        pulled += 1
        controller.enqueue(new Uint8Array(1024))
      },
    })
    const reply = await member.post('/user/profile-image', body, { headers: { 'content-type': 'multipart/form-data; boundary=x' } })
    expect(reply.status).toBe(403)
    expect(pulled).toBeLessThanOrEqual(2)
  })
})

const countersOf = ({ person }: Member) => [`avatar:${idOf(person.id)}`, `profile:${idOf(person.id)}`]
const TOO_OFTEN = (time: string) => ({ detail: `Your daily profile update limit exceeded. Expected available in ${time}.` })

describe('the limit of a day', () => {
  test('counts pictures and profiles together, in the words of the seed', async () => {
    const member = await newMember(newName('both_kinds'))
    const env = { EPIXEL_CHANGES_PER_DAY: '2' }
    const update = (first_name: string) => member.post('/user/update/profile', { email: member.person.email, first_name }, { env })
    expect((await send(member, images(png(), png()), { env })).status).toBe(200)
    expect((await update('Two')).status).toBe(200)
    clock.advance(50_000)
    const refused = await send(member, images(png(), png()), { env })
    expectErrors(refused, 429, TOO_OFTEN('23 hours 59 minutes and 10 seconds'))
    expect(refused.headers.get('retry-after')).toBe('86350')
    expect((await update('Three')).status).toBe(429)
    clock.advance(DAY)
    expect((await send(await memberOf(member.person), images(png(), png()), { env })).status).toBe(200)
  })

  test("the picture's own limit is told in the same words, and other rooms count for it", async () => {
    const member = await newMember(newName('own_limit'))
    const env = { AVATAR_CHANGES_PER_DAY: '1' }
    expect((await send(member, images(png(), png()), { env })).status).toBe(200)
    expectErrors(await send(member, images(png(), png()), { env }), 429, TOO_OFTEN('24 hours 0 minutes and 00 seconds'))
    expect(await rows('SELECT count FROM attempt_counters WHERE key IN (?, ?) ORDER BY key', ...countersOf(member))).toEqual([
      { count: 1 },
      { count: 1 },
    ])
  })

  test.each([{ EPIXEL_CHANGES_PER_DAY: '3' }, { AVATAR_CHANGES_PER_DAY: '3' }])(
    '32 at once make as many as either leaves, both count the same, and nothing is left over: %o',
    async (limit) => {
      const member = await newMember(newName('raced'))
      const env = { ...atTheLine.env, ...limit }
      const starts = Array.from({ length: 32 }, () => () => send(member, images(png(), png()), { env }))
      const { replies } = await race(starts, /UPDATE users SET avatar_key/)
      expect(replies.filter(({ status }) => status === 200)).toHaveLength(3)
      expect(replies.filter(({ status }) => status === 429)).toHaveLength(29)
      expect(await rows('SELECT count FROM attempt_counters WHERE key IN (?, ?)', ...countersOf(member))).toEqual([
        { count: 3 },
        { count: 3 },
      ])
      await expectAvatarsInOrder()
    },
  )
})
