// Conformance of the room mirrorfly with its seed, MirrorFly's page "Create User": the printed command and its answers.
// test/system/mirrorfly.test.ts runs the command itself with curl. README.md has the test of each sentence.
import { beforeAll, expect, test } from 'vitest'
import { basic, call, createUser, type Deployment, type Fields, formOf, newDeployment, picture } from '../apis/mirrorfly/harness.ts'
import { png } from '../support/images.ts'
import { PRINTED_400, PRINTED_ANSWER, PRINTED_CURL, repairedCurl, VALUES } from './mirrorfly-seed.ts'
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

test('the printed command has every parameter of the table, and each of its placeholders a value', () => {
  const names = PRINTED_CURL.flatMap((line) => /--form "(\w+)=/.exec(line)?.[1] ?? [])
  expect(names.sort()).toEqual([...Object.keys(ALL), 'licenseKey', 'userIdentifier', 'profileFile'].sort())
  const command = repairedCurl('http://localhost', 'x', { ...VALUES, licenseKey: 'k', profileFile: 'f' })
  expect(command).not.toMatch(/:\w+""|=''""|api-base-url|AuthToken/)
})

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
