// Conformance of the room mirrorfly with its seed, MirrorFly's page "Create User": each sentence, each row of its table, each
// sample. test/system/mirrorfly.test.ts runs the command itself with curl. README.md has the status of each sentence.
import { beforeAll, describe, expect, test } from 'vitest'
import {
  basic,
  call,
  createUser,
  type Deployment,
  type Fields,
  formOf,
  getUser,
  logIn,
  madeUser,
  newDeployment,
  picture,
} from '../apis/mirrorfly/harness.ts'
import { clock } from '../platform/clock.ts'
import { JPEG, png } from '../support/images.ts'
import { db } from '../support/kith.ts'
import { signedInPerson } from '../support/people.ts'
import { bearerOf } from '../support/tokens.ts'
import { PRINTED_400, PRINTED_401, PRINTED_ANSWER, PRINTED_CURL, repairedCurl, VALUES } from './mirrorfly-seed.ts'
import { differences, type Json } from './samples.ts'

let ours: Deployment
beforeAll(async () => {
  ours = await newDeployment()
})

/** The parameters by their names on the wire. */
const ALL: Fields = {
  deviceType: VALUES.deviceType,
  deviceOsVersion: VALUES.deviceOsVersion,
  deviceToken: VALUES.deviceToken,
  voipDeviceToken: VALUES.voipDeviceToke,
  mode: VALUES.mode,
  nickname: VALUES.nickName,
  mobileNumber: VALUES.mobileNumber,
  email: VALUES.emailId,
  profileUrl: VALUES.profileUrl,
  metadataKey1: VALUES.metadataKey1,
  metadataValue1: VALUES.metadataValue1,
  metadataKey2: VALUES.metadataKey2,
  metadataValue2: VALUES.metadataValue2,
  metadataKey3: VALUES.metadataKey3,
  metadataValue3: VALUES.metadataValue3,
}

const deviceOf = (username: string) =>
  db
    .prepare('SELECT d.* FROM push_devices d JOIN users u ON u.id = d.user_id WHERE u.username = ?')
    .bind(username)
    .first<Record<string, unknown>>()

describe('the page', () => {
  test('"You should create a user ... to initiate conversations": users made so can meet, as people of one app', async () => {
    const [a, b] = [await madeUser(ours, 'meets a'), await madeUser(ours, 'meets b')]
    const target = (await bearerOf(b.token).get('/user/me')).json.data.user._id
    expect((await bearerOf(a.token).post('/user/follow', { target })).status).toBe(200)
    expect((await getUser(a.token, 'meets b')).json.data.userId).toBe('meets b')
  })

  test('"A user is identified by its unique user identifier": the same one is the same user', async () => {
    const [first, again] = [await madeUser(ours, 'unique'), await madeUser(ours, 'unique')]
    expect([again.userId, again.username]).toEqual([first.userId, first.username])
  })

  test('"and additionally have a changeable nickname, profile image, and so on"', async () => {
    const before = await createUser(ours, 'changeable', { nickname: 'Before', profileUrl: 'https://example.com/before.png' })
    const after = await createUser(ours, 'changeable', { nickname: 'After', profileUrl: 'https://example.com/after.png' })
    expect([before, after].map(({ json }) => [json.data.nickname, json.data.profileUrl])).toEqual([
      ['Before', 'https://example.com/before.png'],
      ['After', 'https://example.com/after.png'],
    ])
  })

  test('"MirrorFly applications are made up of users": a license key has its own', async () => {
    const theirs = await newDeployment()
    expect((await madeUser(theirs, 'unique')).username).not.toBe((await madeUser(ours, 'unique')).username)
  })

  test('the printed command has every parameter of the table, and each of its placeholders a value', () => {
    const names = PRINTED_CURL.flatMap((line) => /--form "(\w+)=/.exec(line)?.[1] ?? [])
    expect(names.sort()).toEqual([...Object.keys(ALL), 'licenseKey', 'userIdentifier', 'profileFile'].sort())
    const command = repairedCurl('http://localhost', 'x', { ...VALUES, licenseKey: 'k', profileFile: 'f' })
    expect(command).not.toMatch(/:\w+""|=''""|api-base-url|AuthToken/)
  })
})

describe('the request', () => {
  test('as it is printed: multipart, `accept: */*`, the raw token in Authorization', async () => {
    const body = formOf({ ...basic(ours, VALUES.userIdentifier), ...ALL, profileFile: picture(png()) })
    const reply = await call(ours.token, '/users/createUser', { method: 'POST', body, headers: { accept: '*/*' } })
    expect(reply.status, reply.text).toBe(200)
    expect(differences(PRINTED_ANSWER, reply.json as Json)).toEqual([])
    expect(Object.keys(reply.json.data)).toEqual(Object.keys((PRINTED_ANSWER as { data: object }).data))
  })

  test.each(['deviceType', 'licenseKey', 'userIdentifier'])('%s: "Yes", required', async (name) => {
    const reply = await createUser(ours, 'required', { [name]: '' })
    expect(differences(PRINTED_400, reply.json)).toEqual([])
    expect([reply.status, reply.json.status, reply.json.message.startsWith(name)]).toEqual([400, 400, true])
  })

  test.each(['web', 'ios', 'android'])('deviceType: "Accepted values" %s', async (deviceType) => {
    const { username } = await madeUser(ours, `device ${deviceType}`, { deviceType })
    expect(await deviceOf(username)).toMatchObject({ device_type: deviceType })
  })

  test('userIdentifier: "Max of 191 chars allowed"', async () => {
    expect((await createUser(ours, 'x'.repeat(191))).json.data.userId).toBe('x'.repeat(191))
    expect((await createUser(ours, 'x'.repeat(192))).status).toBe(400)
  })

  test('deviceOsVersion, deviceToken, voipDeviceToken, mode: kept for the apps that push', async () => {
    const { username } = await madeUser(ours, 'kept', ALL)
    expect(await deviceOf(username)).toMatchObject({
      os_version: VALUES.deviceOsVersion,
      device_token: VALUES.deviceToken,
      voip_device_token: VALUES.voipDeviceToke,
      mode: 1,
    })
  })

  test('mode: "0 - production, 1 - sandbox/debug", an Int', async () => {
    for (const mode of ['0', '1']) expect((await createUser(ours, 'mode', { mode })).status).toBe(200)
    for (const mode of ['2', 'x', '0.5', 'true']) expect((await createUser(ours, 'mode', { mode })).status).toBe(400)
  })

  test('nickname: "Max of 30 chars"; mobileNumber: "Max of 15 chars"; profileUrl: "Max of 2048 chars"', async () => {
    const most = { nickname: 'n'.repeat(30), mobileNumber: '9'.repeat(15), profileUrl: `https://example.com/${'x'.repeat(2028)}` }
    expect((await createUser(ours, 'most', most)).json.data).toMatchObject(most)
    for (const [name, value] of Object.entries(most)) {
      expect((await createUser(ours, 'most', { [name]: `${value}9` })).json.message).toMatch(new RegExp(`^${name} `))
    }
  })

  test('email: "accepts special characters like !#$%&+"', async () => {
    const email = 'a!#$%&+b@gmail.com'
    expect((await createUser(ours, 'special', { email })).json.data.email).toBe(email)
  })

  test.each([
    ['png', png(), 'image/png'],
    ['jpeg', JPEG, 'image/jpeg'],
    ['jpg', JPEG, 'image/jpg'],
  ])('profileFile: "Accepted files are" %s, with a URL "accessed via the Mirrorfly SDK\'s and API\'s only"', async (name, bytes, type) => {
    const made = await madeUser(ours, `file ${name}`, { profileFile: picture(bytes, type) })
    const path = new URL(made.profileUrl).pathname.replace('/api/v1', '')
    expect((await call(made.token, path)).status).toBe(200)
    expect((await call(null, path)).json).toEqual(PRINTED_401)
  })

  test('metadataKey1-3, metadataValue1-3: kept in pairs', async () => {
    const { token } = await madeUser(ours, 'metadata', ALL)
    expect((await getUser(token, 'metadata')).json.metaData).toEqual({ team: 'blue', level: '7', city: 'Chennai' })
    expect((await createUser(ours, 'metadata', { metadataKey1: 'alone' })).status).toBe(400)
  })
})

describe('the answer', () => {
  test('token: "Auth token for this user"; username and password "should be used to generate the Auth token"', async () => {
    const made = await madeUser(ours, 'tokens')
    const again = await logIn(made)
    for (const token of [made.token, again.json.data.token]) expect((await getUser(token, 'tokens')).json.data.userId).toBe('tokens')
  })

  test('isProfileUpdated: "whether the user is newly registered or registered already"', async () => {
    const flag = async () => (await createUser(ours, 'registered', { nickname: 'User A' })).json.data.isProfileUpdated
    expect([await flag(), await flag()]).toEqual([false, true])
  })

  test('"When the token passed in Headers is not given or expired": 401', async () => {
    expect((await createUser(ours, 'x', {}, { token: null })).json).toEqual(PRINTED_401)
    const person = await signedInPerson('not_of_the_key')
    expect((await person.client.post('/api/v1/users/createUser', formOf(basic(ours, 'x')))).json).toEqual(PRINTED_401)
    clock.freeze()
    clock.advance(3_600_000 + 60_000)
    const expired = await createUser(ours, 'x')
    clock.restore()
    expect([expired.status, expired.json]).toEqual([401, PRINTED_401])
  })
})
