// Users of a license key over HTTP (wire §5, §6.21): made, made again, shown; pictures and devices.
import { beforeAll, describe, expect, test } from 'vitest'
import { JPEG, png } from '../../support/images.ts'
import { db } from '../../support/kith.ts'
import { call, createUser, type Deployment, getUser, logIn, madeUser, newDeployment, picture } from './harness.ts'

let ours: Deployment
let theirs: Deployment
beforeAll(async () => {
  ours = await newDeployment()
  theirs = await newDeployment()
})

const ALL = {
  nickname: 'User A',
  mobileNumber: '9900000011',
  email: "user!#$%&+'*@example.com",
  profileUrl: 'https://example.com/a.png',
  deviceOsVersion: '14.2',
  deviceToken: 'device-token',
  voipDeviceToken: 'voip-token',
  mode: '1',
  metadataKey1: 'team',
  metadataValue1: 'blue',
  metadataKey3: 'level',
  metadataValue3: '7',
} as const

describe('createUser', () => {
  test('makes a user with all that was sent, and a token that works', async () => {
    const reply = await createUser(ours, 'all of it', { ...ALL, deviceType: 'ios' })
    expect(reply.status, reply.text).toBe(200)
    const { token, username, password, ...data } = reply.json.data
    expect(reply.json).toEqual({ status: 200, data: reply.json.data, message: 'User created successfully' })
    expect(data).toEqual({
      isProfileUpdated: false,
      mobileNumber: ALL.mobileNumber,
      nickname: ALL.nickname,
      profileUrl: ALL.profileUrl,
      profileUrlThumb: '',
      email: ALL.email,
      userId: 'all of it',
    })
    expect(username).toMatch(/^\w{8,30}$/)
    expect(Buffer.from(password, 'base64url').length).toBeGreaterThanOrEqual(16)
    expect((await logIn({ username, password })).status).toBe(200)
    const shown = await getUser(token, 'all of it')
    expect(shown.json).toEqual({
      status: 200,
      data: {
        nickName: ALL.nickname,
        profileUrl: ALL.profileUrl,
        profileUrlThumb: '',
        emailId: ALL.email,
        mobileNumber: ALL.mobileNumber,
        username,
        userId: 'all of it',
      },
      metaData: { team: 'blue', level: '7' },
      message: 'Data retrieved successfully',
    })
    expect((await getUser(ours.token, 'all of it')).json).toEqual(shown.json)
  })
})

test('pictures', async () => {
  const made = await createUser(ours, 'pic', { profileFile: picture(JPEG, 'image/jpeg'), profileUrl: 'https://example.com/a.png' })
  expect(made.status, made.text).toBe(200)
  const { profileUrl, profileUrlThumb, token } = made.json.data
  for (const url of [profileUrl, profileUrlThumb]) {
    const path = new URL(url).pathname.replace('/api/v1', '')
    const got = await call(token, path)
    expect(got.status, got.text).toBe(200)
    console.log([...got.headers])
    expect((await call(null, path)).status).toBe(401)
    expect((await call(theirs.token, path)).status).toBe(404)
  }
  console.log((await db.prepare('select * from push_devices').all()).results)
  console.log(await madeUser(ours, 'pic', { profileFile: picture(png()) }))
})
