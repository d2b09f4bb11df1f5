// The samples of seed 003 against a running Kith, as printed (wire §4.4 lists the repairs): Node with npm `request`, which is
// deprecated but which programs of that time use, and PHP with curl.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localAvatars } from '../../scripts/local.ts'
import { ANSWERS, NODE, PHP } from '../conformance/epixel-samples.ts'
import { differences, type Json } from '../conformance/samples.ts'
import { JPEG, png } from '../support/images.ts'
import { addMachine, emptyKith, mailTo, PASSWORD, signIn } from './person.ts'

const NAME = 'old_program'
const CROPPED = png({ width: 40, height: 40 })

let kith: Awaited<ReturnType<typeof emptyKith>>
let apikey: string

beforeAll(async () => {
  kith = await emptyKith((port) => ({ AVATARS_BASE_URL: localAvatars(`http://localhost:${port}`) }))
  const key = { kind: 'api_key', name: 'Samples', scopes: ['delegated:profile:all'], expiresAt: null } as const
  apikey = (await addMachine(kith.project, key)).secret
  await kith.start()
  await signIn(kith.origin, NAME)
  mkdirSync(join(kith.project.folder, 'pictures'))
  for (const [name, bytes] of Object.entries({
    'photo.jpg': JPEG,
    'cropped.png': CROPPED,
    'no-picture.png': Buffer.from('this is text'),
  })) {
    writeFileSync(join(kith.project.folder, 'pictures', name), bytes)
  }
})
afterAll(() => kith?.project.remove())

async function post(path: string, headers: Record<string, string>, body: unknown) {
  const init = { method: 'POST', headers: { apikey, 'content-type': 'application/json', ...headers }, body: JSON.stringify(body) }
  const reply = await fetch(`${kith.origin}/epixel/v1${path}`, init)
  // biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
  return { status: reply.status, json: (await reply.json()) as any }
}

async function accessToken(): Promise<string> {
  const { status, json } = await post('/user/login/', {}, { username: NAME, password: PASSWORD })
  expect(status).toBe(200)
  return json.access
}

const FIELDS = { '<first_name>': 'John', '<last_name>': 'Doe', '<email>': `${NAME}@example.com`, '<phone_number>': '999999999' }
const FILES = {
  '<image uri>': 'pictures/photo.jpg',
  '<image root path>': 'pictures/photo.jpg',
  '<image name>': 'photo.jpg',
  '<cropped_image uri>': 'pictures/cropped.png',
  '<cropped_image root path>': 'pictures/cropped.png',
  '<cropped_image name>': 'cropped.png',
}

/** Fills in the sample's placeholders, runs it, and returns its output. */
// biome-ignore lint/suspicious/noExplicitAny: a reply's shape is what tests find out
async function run(language: 'node' | 'php', sample: string, fills: Readonly<Record<string, string>>): Promise<any> {
  const all = { 'https://<domain>/<api prefix>/<version>': `${kith.origin}/epixel/v1`, '<apikey>': apikey, ...fills }
  const text = Object.entries(all).reduce((filled, [placeholder, value]) => filled.replaceAll(placeholder, value), sample)
  expect(text.replace('<?php', '')).not.toMatch(/<[\w ]+>/)
  const file = language === 'node' ? 'sample.cjs' : 'sample.php'
  kith.project.write(file, text)
  const { code, output } = await kith.project.run(language === 'node' ? process.execPath : 'php', [file], { NODE_NO_WARNINGS: '1' })
  expect(code, output).toBe(0)
  return JSON.parse(output)
}

async function asSigned(fills: Readonly<Record<string, string>> = {}): Promise<Record<string, string>> {
  const token = await accessToken()
  return { '<access-token>': token, '<access token>': token, ...fills }
}

describe.each([
  ['node', NODE],
  ['php', PHP],
] as const)('the samples in %s', (language, samples) => {
  test('Update Profile Details, then Get Profile Details', async () => {
    const fills = await asSigned({ ...FIELDS, '<last_name>': language })
    expect(await run(language, samples.updateProfile, fills)).toEqual(ANSWERS.updateProfile)
    const answer = await run(language, samples.getProfile, fills)
    expect(differences(ANSWERS.getProfile as unknown as Json, answer)).toEqual([])
    expect(answer.data.UserProfile).toMatchObject([{ username: NAME, first_name: 'John', last_name: language, phone_number: '999999999' }])
    const image = await fetch(answer.data.ProfileImage)
    expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/png'])
  })

  test('Upload profile image', async () => {
    const answer = await run(language, samples.profileImage, await asSigned(FILES))
    expect(differences(ANSWERS.profileImage as unknown as Json, answer)).toEqual([])
    const image = await fetch(answer.data.image_url)
    expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect((await run(language, samples.getProfile, await asSigned())).data.ProfileImage).toBe(answer.data.image_url)
  })

  test('Get Local Info', async () => {
    const answer = await run(language, samples.localInfo, await asSigned())
    expect(differences(ANSWERS.localInfo as unknown as Json, answer)).toEqual([])
  })

  test('what is wrong is told in the words of the seed', async () => {
    const wrong = await run(language, samples.updateProfile, await asSigned({ ...FIELDS, '<email>': 'nobody', '<phone_number>': '12345' }))
    expect(wrong).toEqual({ status_code: 400, errors: { email: ['Enter a valid email address.'] }, data: {} })
    const text = 'pictures/no-picture.png'
    const noPicture = await run(
      language,
      samples.profileImage,
      await asSigned({ ...FILES, '<cropped_image uri>': text, '<cropped_image root path>': text }),
    )
    const image = 'Upload a valid image. The file you uploaded was either not an image or a corrupted image.'
    expect(noPicture).toEqual({ status_code: 400, errors: { cropped_image: [image] }, data: {} })
    const nobody = await run(language, samples.getProfile, { '<access-token>': 'dead' })
    expect(nobody).toMatchObject({ status_code: 401, errors: { detail: 'The supplied authentication credentials are invalid.' } })
  })

  test('another address, with the two fields that the seed asks for', async () => {
    const access = await accessToken()
    const email = `${language}.new@example.com`
    const { json } = await post('/user/token-generator/', { authorization: `Bearer ${access}` }, { email })
    const token = await mailTo(kith.origin, email, /^(\d{6})$/m)
    const more =
      language === 'node'
        ? `'token_field': '${token}', 'token_checksum_field': '${json.data.token_checksum}', 'phone_number'`
        : `'token_field' => '${token}','token_checksum_field' => '${json.data.token_checksum}','phone_number'`
    const sample = samples.updateProfile.replace("'phone_number'", more)
    const fills = { ...FIELDS, '<access-token>': access, '<email>': email }
    expect(await run(language, samples.updateProfile, fills)).toMatchObject({
      errors: { token_field: ['This field is required.'], token_checksum_field: ['This field is required.'] },
    })
    expect(await run(language, sample, fills)).toEqual(ANSWERS.updateProfile)
    expect((await run(language, samples.getProfile, fills)).status_code).toBe(401)
    FIELDS['<email>'] = email
    expect((await run(language, samples.getProfile, await asSigned())).data.UserProfile).toMatchObject([{ email }])
  })
})
