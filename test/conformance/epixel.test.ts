// Conformance of the room epixel with seed 003, "User Profile": each request with the fields of its table, each answer with its
// names, types and nesting, each row of the error tables in its exact words. README.md has the status of each sentence;
// test/system/epixel.test.ts runs the samples themselves.
import { beforeAll, describe, expect, test } from 'vitest'
import { Caller, expectErrors, form, images, type Member, newMember, proofOf } from '../apis/epixel/harness.ts'
import { newName } from '../support/actors.ts'
import { setColumns } from '../support/graph.ts'
import { concat, png } from '../support/images.ts'
import { ANSWERS } from './epixel-samples.ts'
import { differences, type Json } from './samples.ts'

let member: Member
beforeAll(async () => {
  member = await newMember(newName('seed'))
})

const isAs = (sample: unknown, answer: unknown) => {
  expect(differences(sample as Json, answer as Json)).toEqual([])
  // And vice versa: this API returns nothing that is not printed.
  expect(differences(answer as Json, sample as Json, []).filter((difference) => difference.endsWith('is missing'))).toEqual([])
}
const update = (fields: Record<string, string>) => member.post('/user/update/profile/', form(fields))
const own = () => ({ email: member.person.email })

const ENDPOINTS = [
  ['GET', '/user/get/profile/'],
  ['POST', '/user/update/profile/'],
  ['POST', '/user/profile-image/'],
  ['POST', '/user/profile/profile-image/'],
  ['GET', '/get/local-info/'],
] as const

test.each(ENDPOINTS)('%s %s: the headers apikey* and Authorization* are required, both', async (method, path) => {
  const detail = 'The supplied authentication credentials are invalid.'
  for (const [key, access] of [
    [null, member.access],
    [member.key, null],
    [null, null],
  ] as const) {
    expectErrors(await new Caller(key, access).call(method, path), 401, { detail })
  }
})

test('Get Profile Details', async () => {
  await setColumns(member.person, {
    phone_country_code: '+44',
    phone: '7911123456',
    country_code: 'GB',
    locale: 'en',
    zoneinfo: 'UTC',
    currency: 'EUR',
  })
  const reply = await member.get('/user/get/profile/')
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json'])
  isAs(ANSWERS.getProfile, reply.json)
  expect(reply.json.data.UserProfile).toHaveLength(1)
})

describe('Update Profile Details', () => {
  test.each([
    ['first_name', 'John'],
    ['last_name', 'Doe'],
    ['phone_number', '999999999'],
    ['languages', 'de'],
    ['currencies', 'GBP'],
    ['timezones', 'Europe/London'],
  ])('the field %s', async (field, value) => {
    const reply = await update({ ...own(), [field]: value })
    expect([reply.status, reply.json]).toEqual([200, ANSWERS.updateProfile])
    const { UserProfile, UserLocInfo } = (await member.get('/user/get/profile/')).json.data
    const shown = { ...UserProfile[0], languages: UserLocInfo.lan, currencies: UserLocInfo.currency, timezones: UserLocInfo.tz }
    expect(shown[field]).toBe(value)
  })

  test('"If the email address is changed, need to add token checksum field and token field for verification."', async () => {
    const changing = await newMember(newName('seed_email'))
    const email = `${newName('seed_new')}@example.com`
    const proof = await proofOf(changing, email)
    const reply = await changing.post('/user/update/profile/', form({ email, ...proof }))
    expect([reply.status, reply.json]).toEqual([200, ANSWERS.updateProfile])
  })

  const OTHER = { email: 'other.address@example.com' }
  test.each<[string, Record<string, string>, string]>([
    ['email', { email: 'nobody' }, 'Enter a valid email address.'],
    ['email', { first_name: 'John' }, 'This field is required.'],
    ['phone_number', { phone_number: 'one' }, "Phone number must be entered in the format: '999999999'. Up to 15 digits allowed."],
    [
      'phone_number',
      { phone_number: '1234567890123456' },
      "Phone number must be entered in the format: '999999999'. Up to 15 digits allowed.",
    ],
    ['first_name', { first_name: 'x'.repeat(256) }, 'Ensure this field has no more than 255 characters.'],
    ['last_name', { last_name: 'x'.repeat(256) }, 'Ensure this field has no more than 255 characters.'],
    ['token_checksum_field', { ...OTHER, token_field: '123456' }, 'This field is required.'],
    ['token_field', { ...OTHER, token_checksum_field: 'checksum' }, 'This field is required.'],
    ['token_field', { ...OTHER, token_checksum_field: 'checksum', token_field: '123456' }, 'Token is not matching.'],
  ])('Error Responses: 400 Validation Error, %s: %o', async (field, fields, message) => {
    const email = 'email' in fields || field === 'email' ? {} : own()
    expectErrors(await update({ ...email, ...fields }), 400, { [field]: [message] })
  })
})

describe('Upload profile image', () => {
  test.each(['/user/profile-image/', '/user/profile/profile-image/'])(
    'the path of the heading and that of the samples: %s',
    async (path) => {
      const reply = await member.post(path, images(png(), png(), 'application/octet-stream'))
      expect(reply.status).toBe(200)
      isAs(ANSWERS.profileImage, reply.json)
    },
  )

  const text = concat('this is text')
  test.each<[string, FormData]>([
    ['image', images(text, png())],
    ['cropped_image', images(png(), text)],
  ])('Error Responses: 400 Validation Error, %s', async (field, body) => {
    const message = 'Upload a valid image. The file you uploaded was either not an image or a corrupted image.'
    expectErrors(await member.post('/user/profile-image/', body), 400, { [field]: [message] })
  })

  test('Error Responses: 429 Throttled', async () => {
    const limited = await newMember(newName('seed_limit'))
    const env = { EPIXEL_CHANGES_PER_DAY: '1' }
    await limited.post('/user/profile-image/', images(png(), png()), { env })
    const reply = await limited.post('/user/profile-image/', images(png(), png()), { env })
    const words = /^Your daily profile update limit exceeded\. Expected available in \d\d hours \d{1,2} minutes and \d\d seconds\.$/
    expectErrors(reply, 429, { detail: expect.stringMatching(words) })
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(86_000)
  })
})

test('Get Local Info', async () => {
  const reply = await member.get('/get/local-info/')
  expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'application/json'])
  isAs(ANSWERS.localInfo, reply.json)
})
