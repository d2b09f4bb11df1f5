// A room or a page accepts the profile as it shows it: names in all scripts, values that another room accepted, and values that
// today's rules or lists no longer have.
import fc from 'fast-check'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { idOf, rows } from '../support/actors.ts'
import { setColumns } from '../support/graph.ts'
import { platform } from '../support/kith.ts'
import { formOf, open, send } from '../support/pages.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { form, type Member, memberOf } from './epixel/harness.ts'
import { type OldClient, personalClient } from './mxit/harness.ts'

let person: Person
let member: Member
let old: OldClient
const MUCH = { env: { EPIXEL_CHANGES_PER_DAY: '10000' } }

beforeAll(async () => {
  person = await signedInPerson('shown_and_taken')
  member = await memberOf(person)
  old = await personalClient(person)
})
afterEach(() => platform.reset())

const profileRow = async () => {
  const [row] = await rows('SELECT * FROM users WHERE id = ?', idOf(person.id))
  const { updated_at: _, last_seen_at: __, ...rest } = row ?? {}
  return rest
}

/** Each room's own profile, sent back as it came: the status, and what was wrong. */
const ECHOES: Record<string, () => Promise<[number, string]>> = {
  user: async () => {
    const { user, editableFields } = (await person.client.get('/user/me')).json.data
    const body = Object.fromEntries(editableFields.map((name: string) => [name, user[name]]))
    const reply = await person.client.patch('/user/me', body)
    return [reply.status, reply.text]
  },
  epixel: async () => {
    const { UserProfile, UserLocInfo } = (await member.get('/user/get/profile/')).json.data
    const places = { languages: UserLocInfo.lan, currencies: UserLocInfo.currency, timezones: UserLocInfo.tz }
    const reply = await member.post('/user/update/profile/', form({ ...UserProfile[0], ...places }), MUCH)
    return [reply.status, reply.text]
  },
  mxit: async () => {
    const { text } = await old.call('GET', '/user/profile')
    const reply = await old.call('PUT', '/user/profile', text)
    return [reply.status, reply.text]
  },
  'the page': async () => {
    const reply = await send(person.client, formOf(await open(person.client, '/account/profile')))
    return [reply.status, reply.text]
  },
}
const DONE: Record<string, number> = { 'the page': 303 }

async function expectTakenBack(): Promise<void> {
  const before = await profileRow()
  for (const [room, echo] of Object.entries(ECHOES)) {
    const [status, text] = await echo()
    expect([room, status], text).toEqual([room, DONE[room] ?? 200])
    expect([room, await profileRow()]).toEqual([room, before])
  }
}

describe('a value that the API itself gave is taken back unchanged', () => {
  test('of somebody who has said nothing', expectTakenBack)

  test.each([
    ['O’Brien', 'en-US-u-mu-celsius'],
    ['ジョン・スミス', 'ja_JP'],
    ['علی‌رضا', 'fa-IR'],
    ['Gal·la', 'ca'],
    ['Jennifer 8.', 'zh_Hant_TW'],
  ])('of %s', async (name, preferredLanguage) => {
    const body = {
      ...{ firstName: name, middleName: name, lastName: name, bio: 'One\r\ntwo', customLink: ' HTTPS://Example.com ' },
      ...{ phone: '079 111-23', phoneCountryCode: '+44', birthdate: '1961-04-12', country: 'uk', preferredLanguage },
      ...{ currency: 'xcg', timezone: 'asia/kolkata', gender: 'non-binary' },
    }
    expect((await person.client.patch('/user/me', body)).status).toBe(200)
    await expectTakenBack()
  })

  test('whatever stands there, of older rules, other rooms and lists of another day', async () => {
    const text = fc.oneof(
      fc.constant(null),
      fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 100 }),
      fc.string({ minLength: 1, maxLength: 20 }),
    )
    const columns = fc.record({
      given_name: fc.oneof(text, fc.constantFrom('A <b>', '👩 Anna', 'x'.repeat(255))),
      middle_name: text,
      family_name: text,
      gender: text,
      organization: text,
      custom_link: fc.constantFrom(null, 'http://old.example', 'no link'),
      birth_date: fc.constantFrom(null, '0000-05-01', '1990', 'unknown'),
      country_code: fc.constantFrom(null, 'SU', 'XX'),
      locale: fc.constantFrom(null, 'english', 'zh_Hant_TW', 'sh'),
      zoneinfo: fc.constantFrom(null, 'Mars/Olympus', 'Asia/Calcutta'),
      currency: fc.constantFrom(null, 'HRK', 'ZWL'),
    })
    await fc.assert(
      fc.asyncProperty(columns, async (values) => {
        // Pages and forms trim, as every room does before storing.
        await setColumns(person, Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value?.trim() || null])))
        await expectTakenBack()
      }),
      { numRuns: 12 },
    )
  })

  test('and nothing else that breaks a rule', async () => {
    await setColumns(person, { currency: 'HRK', given_name: 'A <b>', locale: 'english' })
    const before = await profileRow()
    for (const [name, value] of [
      ['currency', 'ZWL'],
      ['firstName', 'A <i>'],
      ['preferredLanguage', 'deutsch'],
      ['lastName', 'A <b>'],
      ['firstName', null],
    ] as const) {
      const reply = await person.client.patch('/user/me', { bio: 'Not this.', [name]: value })
      expect([reply.status, reply.json.additionalInfo?.errors?.[0]?.path]).toEqual([400, name])
    }
    const forms = await member.post('/user/update/profile/', form({ email: person.email, currencies: 'ZWL' }), MUCH)
    expect([forms.status, forms.json.errors]).toEqual([400, { currencies: ['"ZWL" is not a valid choice.'] }])
    expect((await old.call('PUT', '/user/profile', { FirstName: 'A <i>' })).status).toBe(400)
    const page = await send(person.client, formOf(await open(person.client, '/account/profile')), { givenName: 'A <i>' })
    expect(page.status).toBe(400)
    expect(await profileRow()).toEqual(before)
  })
})

test('birthdate and country are written in each room that has a word for them, and on the page', async () => {
  const shown = async () => {
    const { birthdate, country } = (await person.client.get('/user/me')).json.data.user
    return [birthdate, country]
  }
  await setColumns(person, { given_name: 'Ann', family_name: 'Lee', locale: null, currency: null })
  expect((await person.client.patch('/user/me', { birthdate: '1990-02-03', country: 'FR' })).status).toBe(200)
  expect(await shown()).toEqual(['1990-02-03', 'FR'])
  expect((await old.call('PUT', '/user/profile', { DateOfBirth: '/Date(957139200000+0000)/', RegisteredCountryCode: 'ZA' })).status).toBe(
    200,
  )
  expect(await shown()).toEqual(['2000-05-01', 'ZA'])
  expect((await member.post('/user/update/profile/', form({ email: person.email, country_code: 'gb' }), MUCH)).status).toBe(200)
  expect(await shown()).toEqual(['2000-05-01', 'GB'])
  const page = formOf(await open(person.client, '/account/profile'))
  expect([page.fields.birthdate, page.fields.country]).toEqual(['2000-05-01', 'GB'])
  expect((await send(person.client, page, { birthdate: '1961-04-12', country: 'XK' })).status).toBe(303)
  expect(await shown()).toEqual(['1961-04-12', 'XK'])
  const { json } = await old.call('GET', '/user/profile')
  expect([json.DateOfBirth, json.RegisteredCountryCode]).toEqual([`/Date(${Date.UTC(1961, 3, 12)}+0000)/`, 'XK'])
  expect((await person.client.patch('/user/me', { birthdate: '__unset__', country: '__unset__' })).status).toBe(200)
  expect(await shown()).toEqual([null, null])
})
