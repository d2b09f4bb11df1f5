// Profiles, status messages and avatars in Mxit's words (wire §1.1, §1.3 rows 0 to 12, §6.20, §6.22).
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { AVATAR_COLORS, avatarColor, defaultAvatarPng } from '../../../src/core/media/default-avatars.ts'
import { issueAccessToken } from '../../../src/core/oauth/access-token.ts'
import type { UserId } from '../../../src/ids.ts'
import { ban, markDeleted, rows } from '../../support/actors.ts'
import { setColumns } from '../../support/graph.ts'
import { chunkTypes, JPEG, png, WEBP } from '../../support/images.ts'
import { Client, db, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { type Person, signedInPerson, signUp } from '../../support/people.ts'
import { bearerOf, idOf, newCtx, newGrant, newOAuthClient, userToken } from '../../support/tokens.ts'
import { BASE64_BINARY, json, mxitIdOf, type OldClient, oldClient, personalClient } from './harness.ts'

let person: Person
let own: OldClient
const nobody = oldClient(null)
const OCTETS = { 'content-type': 'application/octet-stream' }
const XML = { 'content-type': 'application/xml', accept: 'application/xml' }

beforeAll(async () => {
  person = await signedInPerson('old_profile_person')
  own = await personalClient(person)
})
beforeEach(() => platform.reset())

const profile = async () => (await own.call('GET', '/user/profile')).json

describe('the JSON of the original', () => {
  test('slashes are escaped, dates are milliseconds with an offset', async () => {
    await setColumns(person, { birth_date: '1999-06-01', about: 'and/or' })
    const { text, headers } = await own.call('GET', '/user/profile')
    expect(headers.get('content-type')).toBe('application/json')
    expect(text).toContain('"DateOfBirth":"\\/Date(928195200000+0000)\\/"')
    expect(text).toContain('"AboutMe":"and\\/or"')
    expect(text.replaceAll('\\/', '')).not.toContain('/')
    // What a PHP client of the original looks for.
    const { DateOfBirth, RegistrationDate } = JSON.parse(text)
    expect(/Date\((\d+)\+\d{4}\)/.exec(DateOfBirth)?.[1]).toBe(String(Date.UTC(1999, 5, 1)))
    expect(RegistrationDate).toMatch(/^\/Date\(\d{13}\+0000\)\/$/)
  })

  test('a birth date before 1970 is negative', async () => {
    await setColumns(person, { birth_date: '1961-04-12' })
    expect((await profile()).DateOfBirth).toBe(`/Date(${Date.UTC(1961, 3, 12)}+0000)/`)
  })

  test.each([
    ['yesterday a year ago', -1, 1],
    ['today a year ago', 0, 1],
    ['tomorrow a year ago', 1, 0],
  ])('the age of somebody born %s', async (_when, days, age) => {
    const born = new Date()
    born.setUTCFullYear(born.getUTCFullYear() - 1)
    born.setUTCDate(born.getUTCDate() + days)
    await setColumns(person, { birth_date: born.toISOString().slice(0, 10) })
    expect((await profile()).Age).toBe(age)
  })

  test.each([null, 'nonsense', '2999-01-01', '0000-00-00'])('a birth date of %s breaks nothing', async (birthDate) => {
    await setColumns(person, { birth_date: birthDate })
    const { Age, DateOfBirth } = await profile()
    expect(Number.isInteger(Age) && Age >= 0 && Age <= 32_767).toBe(true)
    expect(DateOfBirth).toMatch(/^\/Date\(-?\d+\+0000\)\/$/)
  })

  test('an empty profile has empty texts, zeros and the first date, never null', async () => {
    const quiet = await signedInPerson('old_quiet_person')
    const { text, json: empty } = await (await personalClient(quiet)).call('GET', '/user/profile')
    expect(text).not.toContain('null')
    expect(empty).toMatchObject({ AboutMe: '', AvatarId: '', Age: 0, RelationshipStatus: 0, MobileNumber: '', StatusMessage: '' })
    expect(empty.DateOfBirth).toBe(empty.RegistrationDate)
    expect([empty.State.LastModified, empty.State.LastOnline]).toEqual(Array(2).fill(expect.stringMatching(/^\/Date\(\d+\+0000\)\/$/)))
    expect(empty.Gender).toBe(0)
    expect(empty.State).toMatchObject({ Availability: 4, IsOnline: false, Mood: 0, StatusMessage: '' })
  })

  test.each([
    ['female', 0],
    ['Male', 1],
    ['other', 0],
    ['', 0],
  ])('gender %s is %s', async (gender, number) => {
    await setColumns(person, { gender })
    expect((await profile()).Gender).toBe(number)
  })

  test('availability and mood are numbers, until the status ends', async () => {
    const status = { status_message: 'test', availability: 2, mood: 6, status_updated_at: 928142400000, status_expires_at: null }
    await setColumns(person, status)
    const { State } = await profile()
    expect(State).toMatchObject({
      Availability: 2,
      IsOnline: true,
      Mood: 6,
      StatusMessage: 'test',
      LastModified: '/Date(928142400000+0000)/',
    })
    await setColumns(person, { status_expires_at: 1 })
    expect((await profile()).State).toMatchObject({ Availability: 4, IsOnline: false, Mood: 0, StatusMessage: '' })
  })
})

describe('updating the profile', () => {
  const ALL = {
    AboutMe: 'Likes\nlong walks.',
    DisplayName: 'Spielman',
    FirstName: 'Grant',
    Gender: 1,
    LastName: 'Speelman',
    MobileNumber: '0821234567',
    DateOfBirth: `/Date(${Date.UTC(1961, 3, 12)}+0000)/`,
    RegisteredCountryCode: 'ZA',
    RelationshipStatus: 9,
    Title: 'Mr',
    WhereAmI: 'Cape Town',
  }

  test('every field that the original has, all at once; the answer is the profile', async () => {
    const reply = await own.call('PUT', '/user/profile', ALL)
    expect([reply.status, reply.json]).toEqual([200, expect.objectContaining(ALL)])
    expect(await profile()).toEqual(reply.json)
    expect((await nobody.call('GET', `/user/public/displayname/${person.username}`)).text).toBe('"Spielman"')
    const found = await person.client.post('/user/search', { query: 'Speelman' })
    expect(found.json.data.results.map(({ _id }: { _id: string }) => _id)).toContain(person.id)
  })

  test('what is left out, null or unknown changes nothing, nor does a value that a client sends back as it got it', async () => {
    const before = await profile()
    for (const body of [{}, { AboutMe: null, Gender: null, Email: null }, { Age: 7, UserId: 'm1', State: {}, role: 'admin' }, before]) {
      const reply = await own.call('PUT', '/user/profile', body)
      expect([reply.status, reply.json], JSON.stringify(body)).toEqual([200, before])
    }
  })

  test('a profile that is sent back as it was read says nothing of what is not known', async () => {
    const quiet = await signedInPerson('old_echoing_person')
    const client = await personalClient(quiet)
    const { json: shown } = await client.call('GET', '/user/profile')
    const elsewhere = { ...shown, DateOfBirth: shown.DateOfBirth.replace('+0000', '+1000') }
    for (const body of [shown, { ...elsewhere, AboutMe: 'Likes walks.' }]) {
      expect((await client.call('PUT', '/user/profile', body)).status).toBe(200)
    }
    const { user } = (await quiet.client.get('/user/me')).json.data
    expect(user).toMatchObject({ gender: null, birthdate: null, country: null })
    expect(await rows('SELECT display_name, about FROM users WHERE id = ?', idOf(quiet))).toEqual([
      { display_name: null, about: 'Likes walks.' },
    ])
    expect((await client.call('PUT', '/user/profile', { Gender: 0 })).status).toBe(200)
    expect((await quiet.client.get('/user/me')).json.data.user.gender).toBe('female')
  })

  test.each([
    ['/Date(957132000000+0200)/', '2000-05-01'],
    ['/Date(957139200000+0000)/', '2000-05-01'],
    ['/Date(957157200000-0500)/', '2000-05-01'],
    ['/Date(-275270400000+0000)/', '1961-04-12'],
    ['2000-05-01T00:00:00', '2000-05-01'],
    ['2000-05-01', '2000-05-01'],
  ])('a date of birth of %s is %s', async (sent, day) => {
    expect((await own.call('PUT', '/user/profile', { DateOfBirth: sent })).status).toBe(200)
    expect((await person.client.get('/user/me')).json.data.user.birthdate).toBe(day)
  })

  test('an empty text clears', async () => {
    const reply = await own.call('PUT', '/user/profile', { Title: '', WhereAmI: '', RelationshipStatus: 0 })
    expect(reply.json).toMatchObject({ Title: '', WhereAmI: '', RelationshipStatus: 0, FirstName: 'Grant' })
  })

  test.each([
    ['AboutMe', 'x'.repeat(1025)],
    ['DisplayName', 7],
    ['DisplayName', 'x'.repeat(256)],
    ['DateOfBirth', '/Date(99999999999999+0000)/'],
    ['DateOfBirth', 'soon'],
    ['RegisteredCountryCode', 'XX'],
    ['Email', 'no address'],
    ['FirstName', '\u202E'],
    ['Gender', 2],
    ['Gender', '1'],
    ['LastName', ['a']],
    ['MobileNumber', '+27821234567'],
    ['MobileNumber', '1'.repeat(16)],
    ['RelationshipStatus', 10],
    ['RelationshipStatus', -1],
    ['RelationshipStatus', 1.5],
    ['Title', 'x'.repeat(129)],
    ['WhereAmI', {}],
  ])('%s of %j is refused, and nothing else is written', async (name, value) => {
    const before = await profile()
    const reply = await own.call('PUT', '/user/profile', { AboutMe: 'Changed.', [name]: value })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
    expect(reply.json.error_description).toContain(name)
    expect(await profile()).toEqual(before)
  })

  test('EDITABLE_FIELDS holds here too', async () => {
    const limited = oldClient(await userToken(person), '/mxit', 'bearer', { env: { EDITABLE_FIELDS: 'about' } })
    expect((await limited.call('PUT', '/user/profile', { AboutMe: 'Editable.' })).status).toBe(200)
    const reply = await limited.call('PUT', '/user/profile', { AboutMe: 'Not this.', Title: 'Dr' })
    expect([reply.status, reply.json.error]).toEqual([400, 'invalid_request'])
    expect((await profile()).AboutMe).toBe('Editable.')
  })

  test('a number without a country code is valid in this protocol only: our API still requires one', async () => {
    const reply = await person.client.patch('/user/me', { phone: '123' })
    expect(reply.status).toBe(400)
  })
})

describe('a new email address', () => {
  const MARKED = { may_change_addresses: 1, token_endpoint_auth_method: 'client_secret_basic', first_party: 0 }
  const OUR_OWN = { first_party: 1 }

  async function personWithToken(name: string, columns: Record<string, string | number>, signedInBefore = 0) {
    const someone = await signedInPerson(name)
    const clientId = await newOAuthClient('*', columns)
    const sessionId = await newGrant(someone, clientId)
    await db
      .prepare('UPDATE sessions SET authenticated_at = ? WHERE id = ?')
      .bind(Date.now() - signedInBefore, sessionId)
      .run()
    const holder = { userId: idOf(someone), sessionId }
    const token = await issueAccessToken(newCtx(), { clientId, scopes: ['delegated:all'], lifeSeconds: 600, holder })
    return { someone, token, client: oldClient(token) }
  }

  test('starts the change: 200, the new address must be verified, and until then nothing changes', async () => {
    const { someone, client } = await personWithToken('old_mover', MARKED)
    const reply = await client.call('PUT', '/user/profile', { Email: 'old_moved@example.com', Title: 'Dr' })
    expect([reply.status, reply.json.Email, reply.json.Title]).toEqual([200, someone.email, 'Dr'])
    expect((await client.call('GET', '/user/profile')).json.Email).toBe(someone.email)
    const proof = await new Client().post('/user/verify-email', { code: await newestCode('old_moved@example.com') })
    expect(proof.status).toBe(200)
    // It ends every session, and the old address can undo it: the use case is the same in all rooms.
    expect((await client.call('GET', '/user/profile')).status).toBe(401)
    expect((await mailsTo(someone.email, 1))[0]?.subject).toBe('Your Kith account has a new email address')
  })

  test('the address that one has is no change, however long ago one signed in, and whosever the app is', async () => {
    const { someone, client } = await personWithToken('old_stayer', {}, 3_600_000)
    const reply = await client.call('PUT', '/user/profile', { Email: someone.email.toUpperCase(), Title: 'Dr' })
    expect([reply.status, reply.json.Title]).toEqual([200, 'Dr'])
    expect((await mailsTo(someone.email)).length).toBe(1)
  })

  // Only the first gets further by a new sign-in (RFC 9470).
  test.each([
    ['a sign-in of an hour ago', 'old_sleeper', MARKED, 3_600_000, 'insufficient_user_authentication'],
    ["an app of the operator's own, which a script in its page speaks for", 'old_own_app', OUR_OWN, 0, undefined],
    ["somebody else's app", 'old_stranger_app', { first_party: 0 }, 0, undefined],
  ])('%s is not enough: 403, and nothing of the request is done', async (_what, name, columns, before, challenge) => {
    const { client } = await personWithToken(name, columns, before)
    const reply = await client.call('PUT', '/user/profile', { Email: `${name}_new@example.com`, Title: 'Dr' })
    expect([reply.status, reply.json]).toEqual([403, { error: 'login_required', error_description: 'Sign in again first' }])
    expect(/error="(\w+)"/.exec(reply.headers.get('www-authenticate') ?? '')?.[1]).toBe(challenge)
    expect((await client.call('GET', '/user/profile')).json.Title).toBe('')
    expect(await mailsTo(`${name}_new@example.com`)).toEqual([])
  })

  test('nor may an app that is registered for it, once a second factor is on', async () => {
    const { someone, client } = await personWithToken('old_two_steps', MARKED)
    await db.prepare("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)").bind(idOf(someone)).run()
    const reply = await client.call('PUT', '/user/profile', { Email: 'old_two_steps_new@example.com' })
    expect([reply.status, reply.json.error]).toEqual([403, 'login_required'])
    expect(await mailsTo('old_two_steps_new@example.com')).toEqual([])
  })

  test('our own API still lets no app change an address', async () => {
    const { token } = await personWithToken('old_prudent', MARKED)
    const reply = await bearerOf(token).patch('/user/me', { email: 'old_prudent_new@example.com' })
    expect([reply.status, reply.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
  })
})

describe('the status message', () => {
  test('is a JSON string, in and out; an empty one takes it away', async () => {
    const shown = async () => [
      (await own.call('GET', '/user/statusmessage')).text,
      (await nobody.call('GET', `/user/public/statusmessage/${person.username}`)).text,
    ]
    for (const message of ['test status', 'with "quotes", a / and \u20AC', '']) {
      const reply = await own.call('PUT', '/user/statusmessage', json(message))
      expect([reply.status, reply.text]).toEqual([200, ''])
      expect(await shown()).toEqual([json(message), json(message)])
    }
  })

  test('availability and mood stay, and a status whose end has come leaves nothing behind', async () => {
    await setColumns(person, { availability: 2, mood: 6, status_expires_at: null })
    await own.call('PUT', '/user/statusmessage', json('one'))
    expect((await profile()).State).toMatchObject({ Availability: 2, Mood: 6, StatusMessage: 'one' })
    await setColumns(person, { status_expires_at: 1 })
    await own.call('PUT', '/user/statusmessage', json('two'))
    expect((await profile()).State).toMatchObject({ Availability: 4, Mood: 0, StatusMessage: 'two' })
  })
})

describe('the avatar', () => {
  const mine = () => own.call('GET', '/user/avatar')

  test.each([
    ['as octets', () => png(), OCTETS],
    ['with its type', () => JPEG, { 'content-type': 'image/jpeg' }],
    ['WebP', () => WEBP, { 'content-type': 'image/webp' }],
    ['another type than it says', () => png(), { 'content-type': 'image/jpeg' }],
    ['in base64', () => BASE64_BINARY(png()), XML],
    [
      'in base64 with a declaration and line breaks',
      () => `<?xml version="1.0"?>\n${BASE64_BINARY(png()).replace(/(.{60}[A-Za-z0-9+/])(?=[A-Za-z0-9+/]{30})/g, '$1\r\n')}\n`,
      XML,
    ],
  ])('%s: 200 and nothing else; everybody gets a PNG', async (_how, body, headers) => {
    await own.call('DELETE', '/user/avatar')
    const reply = await own.call('POST', '/user/avatar', body(), headers)
    expect([reply.status, reply.text]).toEqual([200, ''])
    for (const picture of [await mine(), await nobody.call('GET', `/user/public/avatar/${person.username}`)]) {
      expect([picture.status, picture.headers.get('content-type')]).toEqual([200, 'image/png'])
      expect(chunkTypes(picture.bytes)).toContain('IHDR')
      expect(Number(picture.headers.get('content-length'))).toBe(picture.bytes.length)
    }
    expect((await profile()).AvatarId).toMatch(/^[0-9a-f]{24}$/)
  })

  test('without one: 404 for oneself, for everybody the default one on the colour of the account', async () => {
    await own.call('DELETE', '/user/avatar')
    expect((await mine()).status).toBe(404)
    const picture = await nobody.call('GET', `/user/public/avatar/${mxitIdOf(person)}`)
    expect(picture.status).toBe(200)
    const color = avatarColor(idOf(person) as UserId)
    expect(Object.keys(AVATAR_COLORS)).toContain(color)
    expect(Buffer.from(picture.bytes).equals(Buffer.from(defaultAvatarPng(color)))).toBe(true)
  })

  test('a missing object gives the default picture, and no error', async () => {
    await setColumns(person, { avatar_key: `${'a'.repeat(24)}/${'b'.repeat(64)}` })
    expect((await nobody.call('GET', `/user/public/avatar/${person.username}`)).status).toBe(200)
    expect((await mine()).status).toBe(404)
    await setColumns(person, { avatar_key: null })
  })

  test.each([
    ['no picture', 'text', OCTETS, 400],
    ['nothing', '', OCTETS, 400],
    ['XML of another kind', '<picture/>', XML, 400],
    ['another namespace', BASE64_BINARY(png()).replace('schemas.', 'evil.'), XML, 400],
    ['no namespace', BASE64_BINARY(png()).replace(/ xmlns="[^"]*"/, ''), XML, 400],
    ['no base64', BASE64_BINARY('####'), XML, 400],
    ['base64 that is cut', BASE64_BINARY('AAAAA'), XML, 400],
    ['an entity', `<!DOCTYPE x [<!ENTITY e "AAAA">]>${BASE64_BINARY('&e;')}`, XML, 400],
    ['an element within', BASE64_BINARY('<b>AAAA</b>'), XML, 400],
    ['an element that does not end', BASE64_BINARY('AAAA').replace('</base64Binary>', ''), XML, 400],
    ['something behind', `${BASE64_BINARY('AAAA')}<x/>`, XML, 400],
    ['base64 of no picture', BASE64_BINARY('AAAA'), XML, 400],
    ['an empty element', BASE64_BINARY(''), XML, 400],
  ])('%s is refused', async (_what, body, headers, status) => {
    const reply = await own.call('POST', '/user/avatar', body, headers)
    expect([reply.status, typeof reply.json.error], reply.text).toEqual([status, 'string'])
    expect((await mine()).status).toBe(404)
  })

  test('the limit is of the bytes, in either form', async () => {
    const env = { AVATAR_BYTES_MAX: '1000' }
    const limited = oldClient(await userToken(person), '/mxit', 'bearer', { env })
    const large = new Uint8Array(1001)
    for (const [body, headers] of [
      [large, OCTETS],
      [BASE64_BINARY(large), XML],
      [BASE64_BINARY(new Uint8Array(3000)), XML],
    ] as const) {
      const reply = await limited.call('POST', '/user/avatar', body, headers)
      expect([reply.status, reply.json.error]).toEqual([413, 'payload_too_large'])
    }
  })

  test('changes count against the daily limit', async () => {
    const env = { AVATAR_CHANGES_PER_DAY: '1' }
    const busy = await signedInPerson('old_busy_person')
    const client = oldClient(await userToken(busy), '/mxit', 'bearer', { env })
    expect((await client.call('POST', '/user/avatar', png(), OCTETS)).status).toBe(200)
    const reply = await client.call('POST', '/user/avatar', png(), OCTETS)
    expect([reply.status, reply.json.error]).toEqual([429, 'rate_limited'])
    expect(Number(reply.headers.get('retry-after'))).toBeGreaterThan(0)
  })
})

describe('whom a path names', () => {
  const PATHS = ['/user/public/displayname', '/user/public/statusmessage', '/user/public/avatar']

  test('a login name in any case, or a UserId', async () => {
    for (const path of PATHS) {
      for (const name of [person.username, person.username.toUpperCase(), mxitIdOf(person), mxitIdOf(person).toUpperCase()]) {
        expect((await nobody.call('GET', `${path}/${name}`)).status, `${path}/${name}`).toBe(200)
      }
    }
  })

  test.each(['nobody_of_this_name', 'm1', 'm99999999999999999999999999', 'm0', '7', 'm'])('%s is nobody: 404', async (name) => {
    for (const path of [...PATHS, '/user/lookup', '/user/profile']) {
      const reply = await own.call('GET', `${path}/${name}`)
      expect([reply.status, reply.json.error], path).toEqual([404, 'not_found'])
    }
  })

  test.each(['a%20b', 'a%2Fb', '%00', 'caf%C3%A9', 'x'.repeat(65), '%E0%A4%A', "o'neil", 'a+b'])('%s is no name: 400', async (name) => {
    for (const path of [...PATHS, '/user/lookup', '/user/profile']) {
      const reply = await own.call('GET', `${path}/${name}`)
      expect([reply.status, reply.json.error], path).toEqual([400, 'invalid_request'])
    }
  })

  test('banned, deleted and unverified people are not found', async () => {
    const [banned, deleted, unverified] = [
      await signedInPerson('old_banned_one'),
      await signedInPerson('old_deleted_one'),
      await signUp('old_unverified_one'),
    ]
    await ban(banned)
    await markDeleted(deleted)
    for (const { username, id } of [banned, deleted, unverified]) {
      for (const name of [username, `m${Number.parseInt(id, 16)}`]) {
        for (const path of [...PATHS, '/user/lookup', '/user/profile']) {
          const reply = await own.call('GET', `${path}/${name}`)
          expect([reply.status, reply.json.error], `${path}/${name}`).toEqual([404, 'not_found'])
        }
      }
    }
  })
})

describe('routes for everybody', () => {
  test('the display name is the one that was chosen, or the nickname, or the names, or the login name', async () => {
    const named = await signedInPerson('old_named_person')
    const shown = async () => (await nobody.call('GET', `/user/public/displayname/${named.username}`)).json
    await setColumns(named, { display_name: 'Chosen', nickname: 'Nick' })
    expect(await shown()).toBe('Chosen')
    await setColumns(named, { display_name: null })
    expect(await shown()).toBe('Nick')
    await setColumns(named, { nickname: null })
    expect(await shown()).toBe('Test Person')
    await setColumns(named, { given_name: null, family_name: null })
    expect(await shown()).toBe(named.username)
  })

  test('a token is not read: none, a valid one, a dead one and nonsense are the same', async () => {
    const { username } = person
    const good = await userToken(person)
    for (const authorization of [undefined, `Bearer ${good}`, 'bearer dead', 'Basic YTpi', 'nonsense']) {
      const headers = { accept: 'application/json', 'content-type': 'application/json', ...(authorization ? { authorization } : {}) }
      for (const path of ['version', `public/displayname/${username}`, `public/statusmessage/${username}`, `public/avatar/${username}`]) {
        expect((await new Client().get(`/mxit/user/${path}`, { headers })).status, `${authorization} ${path}`).toBe(200)
      }
    }
  })

  test.each(['displayname', 'statusmessage', 'avatar'])('%s is limited per network, whomever it is asked of', async (what) => {
    const env = { NETWORK_LIMITS: 'on' }
    const client = new Client()
    const statuses = []
    for (let i = 0; i < 61; i += 1) statuses.push((await client.get(`/mxit/user/public/${what}/m${i}`, { env })).status)
    expect(statuses.indexOf(429)).toBe(60)
    expect((await client.get(`/mxit/user/public/${what}/${person.username}`, { env })).status).toBe(429)
  })
})
