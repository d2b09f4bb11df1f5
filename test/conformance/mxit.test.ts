// Conformance of the room mxit with its seed, the page "User API" of Mxit: every line of its tables, as real clients send it
// (wire §0.3, §1). The seed has lost its column of paths; README.md says where they come from, and has the status of each
// sentence.
import { decodeJwt } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { ALL_SCOPES, askForToken, BASE64_BINARY, mxitIdOf, newOldApp, type OldApp, oldClient, tokensFor } from '../apis/mxit/harness.ts'
import { setColumns } from '../support/graph.ts'
import { JPEG, png } from '../support/images.ts'
import { Client, type Options, type Reply } from '../support/kith.ts'
import { type Person, signedInPerson } from '../support/people.ts'
import { differences, type Json } from './samples.ts'

/** The full profile, exactly as the original's documentation prints it; escaped slashes are read as slashes. */
const FULL_PROFILE = String.raw`{"DisplayName":"String content","AvatarId":"String content",
 "State":{"Availability":0,"IsOnline":true,"LastModified":"\/Date(928142400000+0200)\/","LastOnline":"\/Date(928142400000+0200)\/","Mood":0,"StatusMessage":"String content"},
 "UserId":"String content","AboutMe":"String content","Age":32767,"FirstName":"Grant","Gender":0,"LanguageCode":"String content",
 "LastKnownCountryCode":"String content","LastName":"Speelman","NetworkOperatorCode":"String content","RegisteredCountryCode":"String content",
 "RegistrationDate":"\/Date(928142400000+0200)\/","StatusMessage":"String content","Title":"String content","CurrentCultureName":"String content",
 "DateOfBirth":"\/Date(928142400000+0200)\/","Email":"String content","MobileNumber":"0821234567","RelationshipStatus":0,"WhereAmI":"String content"}`
/** The token, exactly as printed. */
const TOKEN = {
  access_token: 'c71219af53f5409e9d1db61db8a08248',
  token_type: 'bearer',
  expires_in: 3600,
  refresh_token: '7f4b56bda11e4f7ba84c9e35c76b7aea',
  scope: 'message',
}
const CONTACT = { DisplayName: '', AvatarId: '', State: {}, UserId: '', Blocked: false, Group: '', ContactType: 0, SubscriptionType: 66 }
const DATE = /^\\\/Date\(\d+\+\d{4}\)\\\/$/

let person: Person
let app: OldApp
let personal: string
let ofApp: string

beforeAll(async () => {
  person = await signedInPerson('grant_speelman')
  await setColumns(person, {
    gender: 'male',
    birth_date: '1999-06-01',
    locale: 'en-ZA',
    country_code: 'ZA',
    availability: 0,
    mood: 0,
    status_message: 'test',
    status_updated_at: 928142400000,
    last_seen_at: 928142400000,
  })
  app = await newOldApp()
  personal = (await tokensFor(person, app, ALL_SCOPES)).access_token
  ofApp = (await askForToken(app, { grant_type: 'client_credentials', scope: 'profile/public' })).json.access_token
})

/** What the Python client sends: the response type it accepts, with or without a body. */
const call = (
  method: string,
  path: string,
  body?: Options['body'],
  type = 'application/json',
  token: string | null = personal,
): Promise<Reply> => oldClient(token, '/mxit', 'Bearer').call(method, path, body, { 'content-type': type, accept: type })
const asApp = (path: string) => call('GET', path, undefined, 'application/json', ofApp)
const withoutToken = (path: string) => call('GET', path, undefined, 'application/json', null)

/** "The successful execution of the method is indicated by the HTTP status code of 200 (OK)." */
function expectOk(reply: Reply, text?: string): void {
  expect(reply.status, reply.text).toBe(200)
  if (text !== undefined) expect(reply.text).toBe(text)
}

describe('Authorization', () => {
  test('"To use a method that requires authorization, you will first need to request an OAuth token": without one, 401', async () => {
    for (const [method, path] of [
      ['GET', '/user/profile'],
      ['GET', `/user/lookup/${person.username}`],
      ['GET', '/user/media/'],
    ] as const) {
      const reply = await call(method, path, undefined, 'application/json', null)
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([401, 'Bearer'])
    }
  })

  test('the token has the names and types of the printed one', async () => {
    const tokens = await tokensFor(person, app, ALL_SCOPES)
    expect(differences(TOKEN, tokens)).toEqual([])
    expect([tokens.token_type, tokens.expires_in]).toEqual([TOKEN.token_type, TOKEN.expires_in])
    // Clients look for the scope of a call in this text.
    for (const scope of ALL_SCOPES.split(' ')) expect(tokens.scope).toContain(scope)
  })
})

describe('API Version', () => {
  test('Get the current API version. OAuth: None', async () => {
    expectOk(await withoutToken('/user/version'), '"1.0"')
  })
})

describe('Profile', () => {
  test("Returns the unique User ID for a Mxit user, using the user's Mxit ID (login name).", async () => {
    const reply = await asApp(`/user/lookup/${person.username}`)
    expectOk(reply, `"${mxitIdOf(person)}"`)
    expect(reply.json).toMatch(/^m\d+$/)
  })

  test.each([
    ['raw', () => png(), 'application/octet-stream'],
    ['as JPEG', () => JPEG, 'image/jpeg'],
    ['deprecated', () => BASE64_BINARY(png()), 'application/xml'],
  ])('This method call allows you to upload an avatar image for a Mxit user: %s.', async (_how, body, type) => {
    expectOk(await call('POST', '/user/avatar', body(), type))
  })

  test('This method call allows you to download the avatar image for a Mxit user.', async () => {
    const reply = await call('GET', '/user/avatar')
    expectOk(reply)
    expect(reply.headers.get('content-type')).toBe('image/png')
  })

  test('This method call allows you to delete the avatar image for a Mxit user. The response and request body for this method are empty.', async () => {
    // The same where there is none.
    for (const _ of [1, 2]) expectOk(await call('DELETE', '/user/avatar'), '')
    expect((await call('GET', '/user/avatar')).status).toBe(404)
  })

  test('Returns profile and status information for a specified Mxit user.', async () => {
    const { UserId } = JSON.parse(FULL_PROFILE)
    expect(typeof UserId).toBe('string')
    for (const name of [mxitIdOf(person), person.username]) {
      const reply = await asApp(`/user/profile/${name}`)
      expectOk(reply)
      const keys = Object.keys(JSON.parse(FULL_PROFILE))
      expect(Object.keys(reply.json)).toEqual(keys.slice(0, keys.indexOf('Title') + 1))
      expect(reply.json).toMatchObject({ UserId: mxitIdOf(person), State: { StatusMessage: 'test' } })
    }
  })

  test('This method call allows you to retrieve the profile information for a Mxit user.', async () => {
    const reply = await call('GET', '/user/profile')
    expectOk(reply)
    expect(differences(JSON.parse(FULL_PROFILE) as Json, reply.json)).toEqual([])
    expect(Object.keys(reply.json)).toEqual(Object.keys(JSON.parse(FULL_PROFILE)))
    // On the wire the slashes are escaped, as in the sample.
    for (const name of ['LastModified', 'LastOnline', 'RegistrationDate', 'DateOfBirth']) {
      expect(new RegExp(`"${name}":"([^"]*)"`).exec(reply.text)?.[1], name).toMatch(DATE)
    }
    expect(reply.text).toContain('"LastModified":"\\/Date(928142400000+0000)\\/"')
    expect(reply.json.Email).toBe(person.email)
  })

  test('This method call allows you to update profile information for a Mxit user.', async () => {
    const body = {
      AboutMe: 'String content',
      DisplayName: 'String content',
      Email: person.email,
      FirstName: 'Grant',
      Gender: 0,
      LastName: 'Speelman',
      MobileNumber: '0821234567',
      RelationshipStatus: 0,
      Title: 'String content',
      WhereAmI: 'String content',
    }
    const reply = await call('PUT', '/user/profile', JSON.stringify(body))
    expectOk(reply)
    expect(reply.json).toMatchObject(body)
  })

  test('This method call allows you to set the status message for a Mxit user.', async () => {
    expectOk(await call('PUT', '/user/statusmessage', '"test status"'))
  })

  test('This method call allows you to get the status message for a Mxit user: one\u2019s own.', async () => {
    expectOk(await call('GET', '/user/statusmessage'), '"test status"')
  })

  test('This method call allows you to get the status message for a Mxit user. None', async () => {
    expectOk(await withoutToken(`/user/public/statusmessage/${person.username}`), '"test status"')
    expectOk(await asApp(`/user/public/statusmessage/${person.username}`), '"test status"')
  })

  test('This method call allows you to retrieve an Mxit user\u2019s display name (Nickname). None', async () => {
    expectOk(await withoutToken(`/user/public/displayname/${person.username}`), '"String content"')
    expectOk(await asApp(`/user/public/displayname/${person.username}`), '"String content"')
  })

  test('This method call allows you to download the avatar image for a Mxit user. If the user does not have an avatar, a default avatar image will be returned. None', async () => {
    for (const ask of [withoutToken, asApp]) {
      const reply = await ask(`/user/public/avatar/${person.username}`)
      expectOk(reply)
      expect([reply.headers.get('content-type'), reply.bytes.subarray(1, 4).toString()]).toEqual(['image/png', '80,78,71'])
    }
  })
})

describe('Media', () => {
  let file: string
  const names = async () => (await call('GET', '/user/media')).json.Folders.map(({ FolderName }: { FolderName: string }) => FolderName)

  test('This method allows you to create a Gallery folder for a Mxit user.', async () => {
    // The Python client's body, and the PHP client's.
    expectOk(await call('POST', '/user/media/My%20Folder', '{}'))
    expectOk(await call('POST', '/user/media/Old+Folder'))
  })

  test('This method allows you to retrieve a list of Gallery folders of a Mxit user.', async () => {
    for (const path of ['/user/media', '/user/media/']) {
      const reply = await call('GET', path)
      expectOk(reply)
      expect(differences({ Folders: [{ FolderName: 'Default', ItemCount: 3, LastModified: '' }] }, reply.json)).toEqual([])
    }
    expect(await names()).toEqual(['Default', 'My Folder', 'Old Folder'])
  })

  test('This method allows you to rename a Gallery folder for a Mxit user.', async () => {
    expectOk(await call('PUT', '/user/media/Old+Folder', '"Other"'))
    expect(await names()).toEqual(['Default', 'My Folder', 'Other'])
  })

  test.each([
    ['raw', () => JPEG, 'image/jpeg', ''],
    ['deprecated', () => BASE64_BINARY(JPEG), 'application/xml', '&mimeType=image%2Fjpeg'],
  ])('This method allows you to upload a file to the specified Gallery folder for a Mxit user: %s.', async (_how, body, type, query) => {
    const reply = await call('POST', `/user/media/file/My%20Folder?fileName=photo.jpg&preventShare=false${query}`, body(), type)
    expectOk(reply)
    file = reply.json
  })

  test('This method allows you to retrieve a list of content items in the specified Gallery folder of a Mxit user. Only user generated items are added to the list.', async () => {
    const reply = await call('GET', '/user/media/list/My%20Folder?skip=0&count=10')
    expectOk(reply)
    const sample = [{ FileId: 'f00df00d-f00d-f00d-f00d-f00df00df00d', FileName: 'String content' }]
    expect(differences(sample, reply.json)).toEqual([])
    expect(reply.json).toHaveLength(2)
    expect(reply.json[0]).toMatchObject({ FileId: file, FileName: 'photo.jpg' })
    expect(file).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
  })

  test('This method allows you to download the content of a Gallery file for a Mxit user.', async () => {
    const reply = await call('GET', `/user/media/content/${file}`)
    expectOk(reply)
    expect([reply.headers.get('content-type'), reply.bytes.length]).toEqual(['image/jpeg', JPEG.length])
  })

  test('This method allows you to rename a Gallery file for a Mxit user.', async () => {
    expectOk(await call('PUT', `/user/media/file/${file}`, '"Other.jpg"'))
    expect((await call('GET', '/user/media/list/My%20Folder')).json[0]).toMatchObject({ FileId: file, FileName: 'Other.jpg' })
  })

  test('This method allows you to delete a Gallery file for a Mxit user.', async () => {
    expectOk(await call('DELETE', `/user/media/file/${file}`))
    expect((await call('GET', `/user/media/content/${file}`)).status).toBe(404)
  })

  test('This method allows you to delete a Gallery folder for a Mxit user.  All the files in the folder will also be deleted.', async () => {
    const [{ FileId: left }] = (await call('GET', '/user/media/list/My%20Folder')).json
    expectOk(await call('DELETE', '/user/media/My%20Folder'))
    expect((await call('GET', `/user/media/content/${left}`)).status).toBe(404)
    expect(await names()).toEqual(['Default', 'Other'])
  })
})

describe('"their profile information, social graph, and their media library"', () => {
  test('the social graph, whose table the seed does not have', async () => {
    const friend = await signedInPerson('mxit_friend')
    expectOk(await call('PUT', `/user/socialgraph/contact/${friend.username}`, '{}'))
    const reply = await call('GET', '/user/socialgraph/contactlist?filter=%40Connections&skip=0&count=2')
    expectOk(reply)
    expect(differences({ Contacts: [CONTACT] } as Json, reply.json)).toEqual([])
    expect(reply.json.Contacts).toHaveLength(1)
    expectOk(await call('GET', '/user/socialgraph/suggestions', undefined, 'application/xml'), '[]')
  })
})

test('the same at the root of a host of its own, for clients that know no path: tokens, calls, refresh, revocation', async () => {
  const options = { origin: 'https://api.mxit.test', env: { HOST_ROOMS: 'api.mxit.test=mxit' } }
  expectOk(await new Client().get('/user/version', options), '"1.0"')
  const tokens = await tokensFor(person, app, ALL_SCOPES, { base: '', options })
  const own = oldClient(tokens.access_token, '', tokens.token_type, options)
  expectOk(await own.call('GET', '/user/media/'))
  expectOk(await own.call('GET', '/userinfo?schema=openid'), JSON.stringify({ sub: mxitIdOf(person) }))
  const refresh = (token: string) => askForToken(app, { grant_type: 'refresh_token', refresh_token: token }, '', options)
  const next = await refresh(tokens.refresh_token)
  expect([next.status, next.json.scope, next.json.token_type]).toEqual([200, tokens.scope, 'bearer'])
  expect(decodeJwt(next.json.id_token).user_id).toBe(mxitIdOf(person))
  const form = new URLSearchParams({ token: next.json.refresh_token })
  expectOk(await new Client().post('/revoke', form, { ...options, headers: { authorization: app.authorization } }))
  expect((await own.call('GET', '/user/statusmessage')).status).toBe(401)
  expect((await refresh(next.json.refresh_token)).json.error).toBe('invalid_grant')
})
