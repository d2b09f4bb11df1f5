// The caller's profile in the room epixel (wire §4.2, §4.4): reading, partial updates, errors in Django's words, the limit per
// day. What is read is compared with the printed answers of the seed, either way.
import { describe, expect, test } from 'vitest'
import { splitPhone } from '../../../src/core/profiles/phone-numbers.ts'
import { ANSWERS } from '../../conformance/epixel-samples.ts'
import { differences, type Json } from '../../conformance/samples.ts'
import { clock } from '../../platform/clock.ts'
import { idOf, newName, rows } from '../../support/actors.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { setColumns } from '../../support/graph.ts'
import { Client, platform } from '../../support/kith.ts'
import { atTheLine, race, whileAtTheLine } from '../../support/start-line.ts'
import { DONE, expectErrors, form, type Member, memberOf, newMember, profileOf } from './harness.ts'

const HOUR = 3_600_000
const PHONE = "Phone number must be entered in the format: '999999999'. Up to 15 digits allowed."
const MUCH = { env: { EPIXEL_CHANGES_PER_DAY: '10000' } } as const

freezeEachTest()

const update = (member: Member, fields: Record<string, unknown>, options = {}) =>
  member.post('/user/update/profile/', { email: member.person.email, ...fields }, options)
const rowOf = async ({ person }: Member) => (await rows('SELECT * FROM users WHERE id = ?', idOf(person.id)))[0]

/** The printed names, types and nesting, and nothing that is not printed. */
function expectAsPrinted(sample: unknown, answer: unknown): void {
  expect(differences(sample as Json, answer as Json)).toEqual([])
  expect(differences(answer as Json, sample as Json).filter((difference) => difference.endsWith('is missing'))).toEqual([])
}

describe('the profile', () => {
  test('has the names of the seed in its order, all of them text, in a list of one', async () => {
    const member = await newMember(newName('shown'))
    await setColumns(member.person, {
      phone_country_code: '+44',
      phone: '7911123456',
      country_code: 'GB',
      locale: 'en',
      zoneinfo: 'Europe/London',
      currency: 'GBP',
    })
    const reply = await member.get('/user/get/profile/')
    expect(reply.text).toBe(
      JSON.stringify({
        status_code: 200,
        errors: {},
        data: {
          UserProfile: [
            {
              username: member.person.username,
              first_name: 'Test',
              last_name: 'Person',
              email: member.person.email,
              phone_code: '+44',
              phone_number: '7911123456',
              country_code: 'GB',
            },
          ],
          ProfileImage: `https://kith.test/user/${member.person.id}/profile-picture?format=png`,
          UserLocInfo: { lan: 'en', tz: 'Europe/London', currency: 'GBP' },
        },
      }),
    )
    expectAsPrinted(ANSWERS.getProfile, reply.json)
    expect(reply.headers.get('content-type')).toBe('application/json')
  })

  test('what is not known is an empty text, never null', async () => {
    const member = await newMember(newName('unknown'))
    await setColumns(member.person, { given_name: null, family_name: null })
    const data = await profileOf(member)
    expect(data.UserProfile[0]).toMatchObject({ first_name: '', last_name: '', phone_code: '', phone_number: '', country_code: '' })
    expect(data.UserLocInfo).toEqual({ lan: '', tz: '', currency: '' })
  })

  test('without a picture its image is a bitmap of the colour of the account, for anybody', async () => {
    const member = await newMember(newName('faceless'))
    const { ProfileImage } = await profileOf(member)
    const image = await new Client().get(ProfileImage.replace('https://kith.test', ''))
    expect([image.status, image.headers.get('content-type')]).toEqual([200, 'image/png'])
    expect(Buffer.from(image.bytes.subarray(1, 4)).toString()).toBe('PNG')
  })

  test('a GET that says it has a form and has none is answered, with a slash at the end and without one', async () => {
    const member = await newMember(newName('odd_get'))
    const headers = { 'content-type': 'multipart/form-data; boundary=--------------------------1', 'content-length': '0' }
    for (const path of ['/user/get/profile/', '/user/get/profile', '/get/local-info/', '/get/local-info']) {
      expect((await member.get(path, { headers })).status).toBe(200)
    }
  })

  test('lies where EPIXEL_PATH says, and at the root of a host of its own', async () => {
    const member = await newMember(newName('moved'))
    const headers = { apikey: member.key ?? '', authorization: `bearer ${member.access}` }
    const moved = await new Client().get('/api/v2/user/get/profile/', { headers, env: { EPIXEL_PATH: '/api/v2' } })
    const own = await new Client().get('/user/get/profile/', {
      headers,
      origin: 'https://epixel.test',
      env: { HOST_ROOMS: 'epixel.test=epixel' },
    })
    for (const reply of [moved, own]) expect([reply.status, reply.json.status_code]).toEqual([200, 200])
    expect((await new Client().get('/epixel/v1/user/nothing')).json).toEqual({
      status_code: 404,
      errors: { detail: 'Not found.' },
      data: {},
    })
    const wrong = await new Client().post('/epixel/v1/user/get/profile/')
    expect([wrong.status, wrong.headers.get('allow'), wrong.json.status_code]).toEqual([405, 'GET, HEAD', 405])
  })
})

describe('an update', () => {
  const FIELDS = {
    first_name: 'Ünïcode 名前',
    last_name: "O'Neill-Smith 3rd",
    phone_number: '123456789',
    languages: 'de',
    currencies: 'CHF',
    timezones: 'Europe/Zurich',
  }

  test('takes a multipart form, an urlencoded one and JSON, and ignores what it does not know', async () => {
    const bodies = [
      (fields: Record<string, string>) => form(fields),
      (fields: Record<string, string>) => new URLSearchParams(fields),
      (fields: Record<string, string>) => fields,
    ]
    for (const body of bodies) {
      const member = await newMember(newName('updates'))
      const sent = { ...FIELDS, email: member.person.email, role: 'admin', username: 'somebody_else', constructor: 'x', phone_code: '+1' }
      const reply = await member.post('/user/update/profile/', body(sent))
      expect([reply.status, reply.json]).toEqual([200, DONE])
      const { UserProfile, UserLocInfo } = await profileOf(member)
      expect(UserProfile[0]).toEqual({
        username: member.person.username,
        first_name: FIELDS.first_name,
        last_name: FIELDS.last_name,
        email: member.person.email,
        phone_code: '',
        phone_number: '123456789',
        country_code: '',
      })
      expect(UserLocInfo).toEqual({ lan: 'de', tz: 'Europe/Zurich', currency: 'CHF' })
      expect(await rowOf(member)).toMatchObject({ role: 'user' })
    }
  })

  test('leaves what is absent, clears what is empty, and trims what it takes', async () => {
    const member = await newMember(newName('partial'))
    await update(member, FIELDS)
    await update(member, { last_name: '  Trimmed  ' })
    expect((await profileOf(member)).UserProfile[0]).toMatchObject({
      first_name: FIELDS.first_name,
      last_name: 'Trimmed',
      phone_number: '123456789',
    })
    await update(member, { first_name: '', last_name: ' ', phone_number: '', languages: '', currencies: '', timezones: '' })
    const { UserProfile, UserLocInfo } = await profileOf(member)
    expect(UserProfile[0]).toMatchObject({ first_name: '', last_name: '', phone_number: '' })
    expect(UserLocInfo).toEqual({ lan: '', tz: '', currency: '' })
    expect(await rowOf(member)).toMatchObject({ given_name: null, phone: null, locale: null })
  })

  test('makes the person findable by the new name', async () => {
    const member = await newMember(newName('renamed'))
    await update(member, { first_name: 'Zebulon' })
    const found = await rows('SELECT string FROM search_strings WHERE user_id = ?', idOf(member.person.id))
    expect(JSON.stringify(found)).toContain('zebulon')
    expect(JSON.stringify(found)).not.toContain('test person')
  })

  test('with the profile as it was read changes nothing, whatever it contains', async () => {
    const member = await newMember(newName('as_read'))
    await setColumns(member.person, { phone: '12345', phone_country_code: '+354', given_name: null, locale: 'de_AT' })
    const { UserProfile, UserLocInfo } = await profileOf(member)
    const before = await rowOf(member)
    clock.advance(1000)
    const { lan, tz, currency } = UserLocInfo
    expect((await update(member, { ...UserProfile[0], languages: lan, timezones: tz, currencies: currency })).json).toEqual(DONE)
    expect((await update(member, { email: member.person.email.toUpperCase() })).json).toEqual(DONE)
    expect(await rowOf(member)).toEqual(before)
    expect(await rows('SELECT * FROM attempt_counters WHERE key = ?', `profile:${idOf(member.person.id)}`)).toEqual([])
  })

  test.each([
    ['+447911123456', '+44', '7911123456'],
    ['+12025550123', '+1', '2025550123'],
    ['+3546112345', '+354', '6112345'],
    ['+79161234567', '+7', '9161234567'],
    ['447911123456', '', '447911123456'],
    ['999999999', '', '999999999'],
    ['123456789012345', '', '123456789012345'],
    [7911123456, '', '7911123456'],
  ])('the phone number %s is kept with its country', async (sent, code, number) => {
    const member = await newMember(newName('phones'))
    expect((await update(member, { phone_number: sent })).json).toEqual(DONE)
    expect((await profileOf(member)).UserProfile[0]).toMatchObject({ phone_code: code, phone_number: number })
    expect((await update(member, { phone_number: number })).json).toEqual(DONE)
  })

  test('a country code is known by its first digits', () => {
    const codes = '1 7 20 27 30 39 41 44 49 51 58 60 66 81 82 86 90 98 212 351 420 593 670 800 850 880 960 992'.split(' ')
    for (const code of codes) expect(splitPhone(`+${code}123456789`)).toEqual({ phoneCountryCode: `+${code}`, phone: '123456789' })
  })

  const INVALID_EMAIL = 'Enter a valid email address.'
  const LONG = 'Ensure this field has no more than 255 characters.'
  test.each<[Record<string, unknown>, Record<string, string[]>]>([
    [{ email: undefined }, { email: ['This field is required.'] }],
    [{ email: '' }, { email: ['This field is required.'] }],
    [{ email: '  ' }, { email: ['This field is required.'] }],
    [{ email: 'user' }, { email: [INVALID_EMAIL] }],
    [{ email: 'user@' }, { email: [INVALID_EMAIL] }],
    [{ email: 'user@host' }, { email: [INVALID_EMAIL] }],
    [{ email: 'a b@example.com' }, { email: [INVALID_EMAIL] }],
    [{ email: `${'a'.repeat(250)}@example.com` }, { email: [INVALID_EMAIL] }],
    [{ email: 42 }, { email: ['Not a valid string.'] }],
    [{ first_name: 'x'.repeat(256) }, { first_name: [LONG] }],
    [{ last_name: '名'.repeat(256) }, { last_name: [LONG] }],
    [{ first_name: 'a\u202eb' }, { first_name: ['Enter a valid value.'] }],
    [{ first_name: 'a\0b' }, { first_name: ['Null characters are not allowed.'] }],
    [{ first_name: '\ud800' }, { first_name: ['Null characters are not allowed.'] }],
    [{ first_name: null }, { first_name: ['Not a valid string.'] }],
    [{ first_name: true }, { first_name: ['Not a valid string.'] }],
    [{ first_name: ['x'] }, { first_name: ['Not a valid string.'] }],
    [{ last_name: { x: 1 } }, { last_name: ['Not a valid string.'] }],
    ...['12345678', '1234567890123456', '+12345678', '++123456789', '12345678a', '123 456 789', '１２３４５６７８９', '-123456789'].map(
      (phone_number): [Record<string, unknown>, Record<string, string[]>] => [{ phone_number }, { phone_number: [PHONE] }],
    ),
    [{ languages: 'xx_!!' }, { languages: ['"xx_!!" is not a valid choice.'] }],
    [{ languages: 'a'.repeat(5000) }, { languages: [`"${'a'.repeat(64)}" is not a valid choice.`] }],
    [{ currencies: 'hrk' }, { currencies: ['"hrk" is not a valid choice.'] }],
    [{ country_code: 'XX' }, { country_code: ['"XX" is not a valid choice.'] }],
    [{ timezones: 'Mars/Olympus' }, { timezones: ['"Mars/Olympus" is not a valid choice.'] }],
    [
      { first_name: 'x'.repeat(256), last_name: 'y'.repeat(300), email: 'no', currencies: '?' },
      { first_name: [LONG], last_name: [LONG], email: [INVALID_EMAIL], currencies: ['"?" is not a valid choice.'] },
    ],
  ])('wrong fields are refused, and nothing changes: case %#', async (wrong, errors) => {
    const member = await newMember(newName('refused'))
    const before = await rowOf(member)
    expectErrors(await update(member, { languages: 'fr', timezones: 'Asia/Tokyo', ...wrong }), 400, errors)
    expect(await rowOf(member)).toEqual(before)
  })

  test('names of 255 characters are accepted, however many bytes they have', async () => {
    const member = await newMember(newName('longest'))
    const [first_name, last_name] = ['𠮷'.repeat(255), 'x'.repeat(255)]
    expect((await update(member, { first_name, last_name })).json).toEqual(DONE)
    expect((await profileOf(member)).UserProfile[0]).toMatchObject({ first_name, last_name })
  })

  test('a field that EDITABLE_FIELDS leaves out is refused under its name here', async () => {
    const member = await newMember(newName('narrowed'))
    const options = { env: { EDITABLE_FIELDS: 'givenName,locale' } }
    const refused = await update(member, { first_name: 'Fine', last_name: 'Not', phone_number: '+447911123456' }, options)
    const message = 'This field may not be changed.'
    expectErrors(refused, 400, { last_name: [message], phone_number: [message, message] })
    expect((await update(member, { first_name: 'Fine', last_name: 'Person' }, options)).status).toBe(200)
  })

  test('of two at once that change different names, both hold, and the person is found by both', async () => {
    const member = await newMember(newName('two_names'))
    const starts = [{ first_name: 'Quentin' }, { last_name: 'Yarrow' }].map((fields) => () => update(member, fields, atTheLine))
    const { replies, waited } = await race(starts, /UPDATE users SET/)
    expect([waited, replies.map(({ status }) => status)]).toEqual([2, [200, 200]])
    expect((await profileOf(member)).UserProfile[0]).toMatchObject({ first_name: 'Quentin', last_name: 'Yarrow' })
    const found = JSON.stringify(await rows('SELECT string FROM search_strings WHERE user_id = ?', idOf(member.person.id)))
    expect(found).toContain('quentin yarrow')
  })

  test('a person who is banned in between changes nothing', async () => {
    const member = await newMember(newName('banned_now'))
    const late = () => update(member, { first_name: 'Late' }, atTheLine)
    const ban = () => rows('UPDATE users SET banned_at = 1 WHERE id = ?', idOf(member.person.id))
    expect((await whileAtTheLine(late, /UPDATE users SET "given_name"/, ban)).status).toBe(401)
    expect(await rowOf(member)).toMatchObject({ given_name: 'Test' })
    expect(await rows('SELECT * FROM attempt_counters WHERE key = ?', `profile:${idOf(member.person.id)}`)).toEqual([])
  })
})

describe('the limit of a day', () => {
  const TWO = { env: { EPIXEL_CHANGES_PER_DAY: '2' } } as const

  test('is told in the words of the seed, with Retry-After, and ends a day after the first change', async () => {
    const member = await newMember(newName('limited'))
    for (const first_name of ['One', 'Two']) expect((await update(member, { first_name }, TWO)).status).toBe(200)
    clock.advance(50_000)
    const refused = await update(member, { first_name: 'Three' }, TWO)
    expectErrors(refused, 429, {
      detail: 'Your daily profile update limit exceeded. Expected available in 23 hours 59 minutes and 10 seconds.',
    })
    expect(refused.headers.get('retry-after')).toBe(String(23 * 3600 + 59 * 60 + 10))
    expect((await profileOf(member)).UserProfile[0].first_name).toBe('Two')
    expect((await update(member, { first_name: 'Two' }, TWO)).json).toEqual(DONE)
    clock.advance(24 * HOUR - 55_000)
    const detail = 'Your daily profile update limit exceeded. Expected available in 00 hours 0 minutes and 05 seconds.'
    const later = await memberOf(member.person)
    expectErrors(await update(later, { first_name: 'Three' }, TWO), 429, { detail })
    clock.advance(5_000)
    expect((await update(later, { first_name: 'Three' }, TWO)).status).toBe(200)
  })

  test('refusals do not count, nor does what changes nothing', async () => {
    const member = await newMember(newName('not_counted'))
    for (let tries = 0; tries < 5; tries++) expect((await update(member, { first_name: 'x'.repeat(256) }, TWO)).status).toBe(400)
    for (let tries = 0; tries < 5; tries++) expect((await update(member, {}, TWO)).status).toBe(200)
    for (const first_name of ['One', 'Two']) expect((await update(member, { first_name }, TWO)).status).toBe(200)
    expect((await update(member, { first_name: 'Three' }, TWO)).status).toBe(429)
  })

  test('64 at once make as many changes as there are left', async () => {
    const member = await newMember(newName('raced'))
    const env = { ...atTheLine.env, EPIXEL_CHANGES_PER_DAY: '5' }
    const starts = Array.from({ length: 64 }, (_, index) => () => update(member, { first_name: `Name ${index}` }, { env }))
    const { replies, waited } = await race(starts, /UPDATE users SET/)
    expect(waited).toBe(64)
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(5)
    expect(replies.filter(({ status }) => status === 429)).toHaveLength(59)
  })

  test('a change whose reply was lost is repeated, and counts once', async () => {
    const member = await newMember(newName('lost_reply'))
    platform.faults.loseReply(2)
    expect((await update(member, { first_name: 'Twice' }, MUCH)).status).toBe(200)
    expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', `profile:${idOf(member.person.id)}`)).toEqual([{ count: 1 }])
  })
})

describe('local info', () => {
  const infoOf = async (member: Member) =>
    (await member.get('/get/local-info/')).json.data as Record<string, { key: string; name: string }[]>

  test('lists languages, currencies and time zones, each of which an update takes', async () => {
    const member = await newMember(newName('choices'))
    expectAsPrinted(ANSWERS.localInfo, (await member.get('/get/local-info/')).json)
    const info = await infoOf(member)
    expect(Object.keys(info)).toEqual(['languages', 'currencies', 'timezones'])
    const sizes = Object.values(info).map((list) => list.length)
    expect(sizes.every((size) => size > 100)).toBe(true)
    for (const list of Object.values(info)) {
      expect(new Set(list.map(({ key }) => key)).size).toBe(list.length)
      for (const item of list) expect(Object.keys(item)).toEqual(['key', 'name'])
    }
    const named = (list: string, key: string) => info[list]?.find((one) => one.key === key)?.name
    expect([named('languages', 'de'), named('currencies', 'EUR'), named('timezones', 'America/New_York')]).toEqual([
      'German',
      'Euro',
      'America/New York',
    ])
    for (let index = 0; index < Math.max(...sizes); index += 7) {
      const at = (list: string) => info[list]?.[index % (info[list]?.length ?? 1)]?.key
      const fields = { languages: at('languages'), currencies: at('currencies'), timezones: at('timezones') }
      expect([fields, (await update(member, fields, MUCH)).status]).toEqual([fields, 200])
    }
  })

  test("names them in the account's language, in English where the runtime has no words for it", async () => {
    const member = await newMember(newName('polyglot'))
    const german = async (locale: string) => {
      await setColumns(member.person, { locale })
      return (await infoOf(member)).languages?.find(({ key }) => key === 'de')?.name
    }
    const names: unknown[] = []
    for (const locale of ['de', 'fr_CA', 'ja', 'xx', 'de-AT-1996', '?!']) names.push(await german(locale))
    expect(names).toEqual(['Deutsch', 'allemand', 'ドイツ語', 'German', 'Deutsch', 'German'])
  })
})
