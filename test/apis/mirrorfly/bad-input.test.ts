// Bad input to createUser and the rest of the room: always a 4xx in the room's envelope that names the problem, and nothing
// written.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { bucketKeys } from '../../support/avatars.ts'
import { JPEG, LOSSLESS_WEBP, PROGRESSIVE_JPEG, png, WEBP } from '../../support/images.ts'
import { dumpTables } from '../../support/invariants.ts'
import { type Body, platform, type Reply } from '../../support/kith.ts'
import { basic, call, createUser, type Deployment, type Fields, getUser, newDeployment, picture } from './harness.ts'

let ours: Deployment
let theirs: Deployment
let revoked: Deployment
beforeAll(async () => {
  ours = await newDeployment()
  theirs = await newDeployment()
  revoked = await newDeployment()
  await platform.env.DB.prepare('UPDATE machine_credentials SET revoked_at = 1 WHERE id = ?').bind(revoked.machine.id).run()
})

/** Every row, except the time a credential was last used, and every object. */
async function everything(): Promise<string> {
  const tables = (await dumpTables()).map(({ table, row }) => ({ table, ...row, last_used_at: null }))
  return JSON.stringify([tables, await bucketKeys()])
}

async function expectRefused(ask: () => Promise<Reply>, status: number, message?: string | RegExp): Promise<void> {
  const before = await everything()
  const reply = await ask()
  expect([reply.status, reply.json?.status], reply.text).toEqual([status, status])
  expect(Object.keys(reply.json)).toEqual(['status', 'message'])
  if (typeof message === 'string') expect(reply.json.message).toBe(message)
  else if (message) expect(reply.json.message).toMatch(message)
  expect(await everything()).toBe(before)
}

const LONG = (max: number) => 'x'.repeat(max + 1)

describe('each field', () => {
  const cases: [what: string, fields: Fields, message: string | RegExp][] = [
    ['deviceType missing', { deviceType: '' }, 'deviceType is required: web, ios or android'],
    ['deviceType unknown', { deviceType: 'windows' }, 'deviceType is required: web, ios or android'],
    ['deviceType in capitals', { deviceType: 'WEB' }, 'deviceType is required: web, ios or android'],
    ['licenseKey missing', { licenseKey: '' }, 'licenseKey is required'],
    ['licenseKey unknown', { licenseKey: 'kith_lk_unknown' }, 'licenseKey is not the license key of the token'],
    ['licenseKey too long', { licenseKey: LONG(256) }, /^licenseKey must have at most/],
    ['userIdentifier missing', { userIdentifier: '' }, 'userIdentifier is required'],
    ['userIdentifier of 192 characters', { userIdentifier: LONG(191) }, 'userIdentifier must have 1 to 191 characters'],
    ['userIdentifier of 192 letters beyond the BMP', { userIdentifier: '\u{1F600}'.repeat(192) }, /^userIdentifier must have/],
    ['userIdentifier blank', { userIdentifier: '   ' }, 'userIdentifier must not be blank'],
    ['userIdentifier with a line break', { userIdentifier: 'a\nb' }, /^userIdentifier must not contain control/],
    ['userIdentifier with NUL', { userIdentifier: 'a\0b' }, /^userIdentifier must not contain control/],
    ['userIdentifier that turns text around', { userIdentifier: 'a\u202Eb' }, /^userIdentifier must not contain control/],
    ['deviceOsVersion too long', { deviceOsVersion: LONG(64) }, /^deviceOsVersion must have/],
    ['deviceToken too long', { deviceToken: LONG(4096) }, /^deviceToken must have/],
    ['voipDeviceToken too long', { voipDeviceToken: LONG(4096) }, /^voipDeviceToken must have/],
    ['mode x', { mode: 'x' }, 'mode must be 0 or 1'],
    ['mode 2', { mode: '2' }, 'mode must be 0 or 1'],
    ['mode 0.5', { mode: '0.5' }, 'mode must be 0 or 1'],
    ['mode -0', { mode: '-0' }, 'mode must be 0 or 1'],
    ['nickname of 31 characters', { nickname: LONG(30) }, 'nickname must have at most 30 characters'],
    ['nickname blank', { nickname: '  ' }, /^nickname must not be blank/],
    ['mobileNumber of 16 digits', { mobileNumber: '1'.repeat(16) }, 'mobileNumber must have at most 15 characters'],
    ['mobileNumber with letters', { mobileNumber: '12ab' }, 'mobileNumber must have 1 to 15 digits, and no country code'],
    ['mobileNumber +', { mobileNumber: '+' }, 'mobileNumber must have 1 to 15 digits, and no country code'],
    ['email without @', { email: 'nobody' }, 'email must be an email address'],
    ['email with two lines', { email: 'a@example.com\nb@example.com' }, 'email must be an email address'],
    ['email too long', { email: `${'x'.repeat(64)}@${'y'.repeat(63)}.${'y'.repeat(63)}.${'y'.repeat(63)}.com` }, /^email must have/],
    ['profileUrl http', { profileUrl: 'http://example.com/a.png' }, 'profileUrl must be an https URL'],
    ['profileUrl javascript', { profileUrl: 'javascript:alert(1)' }, 'profileUrl must be an https URL'],
    ['profileUrl with a password', { profileUrl: 'https://a:b@example.com/' }, 'profileUrl must be an https URL'],
    ['profileUrl relative', { profileUrl: '/a.png' }, 'profileUrl must be an https URL'],
    ['profileUrl of 2049 characters', { profileUrl: `https://example.com/${'x'.repeat(2029)}` }, /^profileUrl must have at most 2048/],
    ['a key without its value', { metadataKey2: 'team' }, 'metadataValue2 is required with metadataKey2'],
    ['a key with an empty value', { metadataKey2: 'team', metadataValue2: '' }, 'metadataValue2 is required with metadataKey2'],
    ['a value without its key', { metadataValue3: 'blue' }, 'metadataKey3 is required with metadataValue3'],
    ['a key and the value of another', { metadataKey1: 'team', metadataValue2: 'blue' }, 'metadataValue1 is required with metadataKey1'],
    [
      'a key twice',
      { metadataKey1: 'k', metadataValue1: 'a', metadataKey3: 'k', metadataValue3: 'b' },
      'metadataKey3 must not be repeated',
    ],
    ['__proto__', { metadataKey1: '__proto__', metadataValue1: 'x' }, 'metadataKey1 is a name that is not allowed'],
    ['constructor', { metadataKey2: 'constructor', metadataValue2: 'x' }, 'metadataKey2 is a name that is not allowed'],
    ['prototype', { metadataKey3: 'prototype', metadataValue3: 'x' }, 'metadataKey3 is a name that is not allowed'],
    ['a key too long', { metadataKey1: LONG(64), metadataValue1: 'x' }, /^metadataKey1 must have/],
    ['a value too long', { metadataKey1: 'k', metadataValue1: LONG(1024) }, /^metadataValue1 must have/],
    ['a text as the file', { profileFile: 'not a file' }, 'profileFile must be a file'],
    ['a file as a text', { nickname: picture(png()) }, 'nickname must be text'],
  ]
  test.each(cases)('%s', async (_what, fields, message) => {
    await expectRefused(() => createUser(ours, 'bad input', fields), 400, message)
  })

  test("licenses: another deployment's, a revoked one and the account's password are one answer", async () => {
    for (const licenseKey of [theirs.licenseKey, revoked.licenseKey, ours.account.password, ours.licenseKey.toUpperCase()]) {
      await expectRefused(() => createUser(ours, 'bad license', { licenseKey }), 400, 'licenseKey is not the license key of the token')
    }
  })

  test('what is at the limit passes', async () => {
    const fields = {
      mode: '0',
      nickname: '\u{1F600}'.repeat(30),
      mobileNumber: '1'.repeat(15),
      profileUrl: `https://example.com/${'x'.repeat(2028)}`,
      deviceToken: 'x'.repeat(4096),
      metadataKey1: 'k'.repeat(64),
      metadataValue1: 'v'.repeat(1024),
      metadataKey2: 'toString',
      metadataValue2: 'hasOwnProperty',
    }
    const reply = await createUser(ours, 'x'.repeat(191), fields)
    expect(reply.status, reply.text).toBe(200)
    expect((await getUser(reply.json.data.token, 'x'.repeat(191))).json.metaData).toEqual({
      [fields.metadataKey1]: fields.metadataValue1,
      toString: 'hasOwnProperty',
    })
  })
})

describe('the file', () => {
  afterEach(() => platform.faults.clear())

  test.each([
    ['a PNG', png(), 'image/png'],
    ['a JPEG', JPEG, 'image/jpeg'],
    ['a JPEG called image/jpg', JPEG, 'image/jpg'],
    ['a progressive JPEG', PROGRESSIVE_JPEG, 'image/jpeg'],
    ['octets that are a PNG', png(), 'application/octet-stream'],
    ['a picture without a type', JPEG, ''],
    ['a PNG called a JPEG', png(), 'image/jpeg'],
    ['a WebP called a JPEG', WEBP, 'image/jpeg'],
    ['a lossless WebP called a JPEG', LOSSLESS_WEBP, 'image/jpeg'],
  ])('%s is taken', async (what, bytes, type) => {
    const reply = await createUser(ours, `takes ${what}`, { profileFile: picture(bytes, type) })
    expect([reply.status, reply.json.data?.profileUrl], reply.text).toEqual([200, expect.stringMatching(/\/512\.jpg$/)])
  })

  test.each([
    ['octets that are no picture', new Uint8Array(1000).fill(65), 'application/octet-stream'],
    ['HTML that is called a PNG', new TextEncoder().encode('<html><script>alert(1)</script>'), 'image/png'],
    ['half a PNG', png().slice(0, 60), 'image/png'],
    ['a picture of 13000 x 1', png({ width: 13_000, height: 1 }), 'image/png'],
  ])('%s is refused', async (_what, bytes, type) => {
    await expectRefused(() => createUser(ours, 'no picture', { profileFile: picture(bytes as Uint8Array<ArrayBuffer>, type) }), 400)
  })

  test('an empty file is no file; a file wins over a URL', async () => {
    const url = 'https://example.com/a.png'
    const empty = await createUser(ours, 'empty file', { profileFile: picture(new Uint8Array()), profileUrl: url })
    expect(empty.json.data).toMatchObject({ profileUrl: url, profileUrlThumb: '' })
    const both = await createUser(ours, 'both', { profileFile: picture(png()), profileUrl: url })
    expect(both.json.data.profileUrl).toMatch(/\/512\.jpg$/)
    expect(both.json.data.profileUrlThumb).toMatch(/\/128\.png$/)
  })

  test('one byte more than the limit, and many more, are too many: 413', async () => {
    const env = { AVATAR_BYTES_MAX: '100000' }
    for (const bytes of [100_001, 300_000]) {
      const large = new Uint8Array(bytes)
      large.set(png())
      await expectRefused(() => createUser(ours, 'large', { profileFile: picture(large) }, { env }), 413)
    }
  })

  test('Images fails: 503, and nothing was written', async () => {
    platform.faults.images('down')
    await expectRefused(() => createUser(ours, 'ill', { profileFile: picture(png()) }), 503)
  })
})

describe('the form', () => {
  const send = (body: Body, type: string) =>
    call(ours.token, '/users/createUser', { method: 'POST', body, headers: { 'content-type': type } })
  const part = (name: string, value: string) => `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const whole = () =>
    Object.entries(basic(ours, 'by hand'))
      .map(([name, value]) => part(name, String(value)))
      .join('')

  test.each([
    ['JSON', '{"deviceType":"web"}', 'application/json', 415],
    ['no type', 'deviceType=web', 'text/plain', 415],
    ['nothing, urlencoded', '', 'application/x-www-form-urlencoded', 400],
    ['nothing, multipart', '', 'multipart/form-data; boundary=b', 400],
    ['no boundary', '--b--\r\n', 'multipart/form-data', 400],
    ['another boundary', '--a\r\n\r\n--a--\r\n', 'multipart/form-data; boundary=b', 400],
    ['no parts', '--b--\r\n', 'multipart/form-data; boundary=b', 400],
    ['a part without headers', '--b\r\nhello\r\n--b--\r\n', 'multipart/form-data; boundary=b', 400],
    ['a form without an end', part('deviceType', 'web'), 'multipart/form-data; boundary=b', 400],
    ['a part twice', `${part('mode', '0')}${part('mode', '1')}--b--\r\n`, 'multipart/form-data; boundary=b', 400],
    ['a hundred parts', `${part('other', 'x').repeat(100)}--b--\r\n`, 'multipart/form-data; boundary=b', 400],
    ['a parameter twice', 'mode=0&mode=1', 'application/x-www-form-urlencoded', 400],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe]), 'application/x-www-form-urlencoded', 400],
    ['a file, urlencoded', 'profileFile=x', 'application/x-www-form-urlencoded', 415],
    ['100 KB of text', `nickname=${'x'.repeat(100_000)}`, 'application/x-www-form-urlencoded', 413],
  ])('%s: %s', async (_what, body, type, status) => {
    await expectRefused(() => send(body, type), status as number)
  })

  test('unknown parts are ignored, __proto__ among them', async () => {
    const body = `${whole()}${part('__proto__', 'x')}${part('constructor', 'x')}${part('fromTheFuture', 'x')}--b--\r\n`
    const reply = await send(body, 'multipart/form-data; boundary="b"')
    expect(reply.status, reply.text).toBe(200)
  })
})

describe('the rest of the room', () => {
  test.each([
    ['x'.repeat(192), 400],
    ['%00', 400],
    ['%20', 400],
    ['%E0%A4', 404],
    ['%FF', 404],
    ['%2e%2e', 404],
    ['nobody', 404],
    ["'%20OR%201=1", 404],
    ['000000000000000000000001', 404],
  ])('GET /users/%s: %d', async (path, status) => {
    await expectRefused(() => call(ours.token, `/users/${path}`), status)
  })

  test.each([
    ['x', 404],
    [`${'0'.repeat(24)}/${'0'.repeat(64)}/512.webp`, 400],
    [`${'0'.repeat(24)}/${'0'.repeat(64)}/128.png`, 404],
    [`${'0'.repeat(24)}/${'0'.repeat(63)}/128.png`, 400],
    [`${'0'.repeat(24)}/..%2F..%2F/128.png`, 400],
  ])('GET /media/profilePics/%s: %d', async (path, status) => {
    await expectRefused(() => call(ours.token, `/media/profilePics/${path}`), status)
  })
})
