// Users of a license key over HTTP (wire §5, §6.21): created, created again, shown; and what they are to other keys and other
// rooms.
import { beforeAll, describe, expect, test } from 'vitest'
import { sha256 } from '../../../src/crypto.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { Client, db, mailsTo } from '../../support/kith.ts'
import { type Person, signedInPerson } from '../../support/people.ts'
import { bearerOf } from '../../support/tokens.ts'
import { basic, call, createUser, type Deployment, getUser, logIn, madeUser, newDeployment } from './harness.ts'

let ours: Deployment
let theirs: Deployment
let person: Person
beforeAll(async () => {
  ours = await newDeployment()
  theirs = await newDeployment()
  person = await signedInPerson('an_ordinary_person')
})

const ALL = {
  nickname: 'User A',
  mobileNumber: '9900000011',
  email: 'User!#$%&+@Example.com',
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

const rowOf = (username: string) =>
  db.prepare('SELECT * FROM users WHERE username = ?').bind(username).first<Record<string, unknown> & { id: number }>()
async function devicesOf(username: string): Promise<Record<string, unknown>[]> {
  const sql = 'SELECT d.* FROM push_devices d JOIN users u ON u.id = d.user_id WHERE u.username = ? ORDER BY device_type'
  const { results } = await db.prepare(sql).bind(username).all<Record<string, unknown>>()
  return results.map(({ user_id: _, updated_at: __, ...device }) => device)
}

describe('createUser', () => {
  test('creates a user with everything that was sent, and a token that works', async () => {
    const reply = await createUser(ours, 'all of it', { ...ALL, deviceType: 'ios' })
    expect(reply.status, reply.text).toBe(200)
    const { token, username, password, ...data } = reply.json.data
    expect(reply.json).toEqual({ status: 200, data: reply.json.data, message: 'User created successfully' })
    const { nickname, mobileNumber, email, profileUrl } = ALL
    expect(data).toEqual({ isProfileUpdated: false, mobileNumber, nickname, profileUrl, profileUrlThumb: '', email, userId: 'all of it' })
    const shown = await getUser(token, 'all of it')
    expect(shown.json).toEqual({
      status: 200,
      data: { nickName: nickname, profileUrl, profileUrlThumb: '', emailId: email, mobileNumber, username, userId: 'all of it' },
      metaData: { team: 'blue', level: '7' },
      message: 'Data retrieved successfully',
    })
    expect((await getUser(ours.token, 'all of it')).json).toEqual(shown.json)
    expect(await devicesOf(username)).toEqual([
      { device_type: 'ios', os_version: '14.2', device_token: 'device-token', voip_device_token: 'voip-token', mode: 1 },
    ])
  })

  test('takes an urlencoded form, and the required fields alone', async () => {
    const body = new URLSearchParams({ ...basic(ours, 'urlencoded'), unknown: 'ignored', nickname: '' } as Record<string, string>)
    const reply = await call(ours.token, '/users/createUser', { method: 'POST', body })
    expect(reply.status, reply.text).toBe(200)
    const empty = { mobileNumber: '', nickname: '', profileUrl: '', profileUrlThumb: '', email: '' }
    expect(reply.json.data).toMatchObject({ ...empty, isProfileUpdated: false, userId: 'urlencoded' })
    expect(await devicesOf(reply.json.data.username)).toMatchObject([{ device_type: 'web', mode: null }])
  })

  test('the username is one of the house, the password is ours, strong, told once and kept as a digest', async () => {
    const { username, password } = await madeUser(ours, 'secretive')
    expect(username).toMatch(/^user_[0-9a-f]{20}$/)
    expect(Buffer.from(password, 'base64url').length).toBeGreaterThanOrEqual(16)
    expect((await logIn({ username, password })).status).toBe(200)
    const identity = await db.prepare("SELECT * FROM external_identities WHERE external_id = 'secretive'").first<Record<string, unknown>>()
    expect(identity).toMatchObject({ credential_id: ours.machine.id, password_hash: sha256(password), metadata: '{}' })
    expect((await madeUser(ours, 'secretive')).password).toBe('')
    expect((await logIn({ username, password })).status).toBe(200)
  })

  test('the same identifier again is the same user: what is sent is changed, what is not sent or empty stays', async () => {
    const first = await createUser(ours, 'twice', { ...ALL, deviceType: 'android' })
    const bare = await createUser(ours, 'twice', { nickname: '', email: '', metadataKey1: '', metadataValue1: '', deviceToken: '' })
    expect(bare.status, bare.text).toBe(200)
    const { token, password: _, ...before } = first.json.data
    expect(bare.json.data).toEqual({ ...before, isProfileUpdated: true, password: '', token: expect.stringMatching(/^eyJ/) })
    expect(bare.json.data.token).not.toBe(token)
    expect((await getUser(token, 'twice')).json.metaData).toEqual({ team: 'blue', level: '7' })
    const changed = await createUser(ours, 'twice', { nickname: 'User B', metadataKey2: 'team', metadataValue2: 'red', deviceToken: 'new' })
    expect(changed.json.data).toMatchObject({ nickname: 'User B', email: ALL.email, username: before.username, isProfileUpdated: true })
    const { json } = await getUser(changed.json.data.token, 'twice')
    expect([json.data.nickName, json.metaData]).toEqual(['User B', { team: 'red' }])
    // One row per device type; it keeps what is not sent again.
    expect(await devicesOf(before.username)).toMatchObject([
      { device_type: 'android', os_version: '14.2', device_token: 'device-token' },
      { device_type: 'web', device_token: 'new' },
    ])
    expect(await db.prepare("SELECT COUNT(*) AS n FROM external_identities WHERE external_id = 'twice'").first('n')).toBe(1)
  })

  test('isProfileUpdated tells whether there was a profile before', async () => {
    const flags = []
    for (const fields of [{}, {}, { nickname: 'Now' }, {}]) {
      flags.push((await createUser(ours, 'flags', fields)).json.data.isProfileUpdated)
    }
    expect(flags).toEqual([false, false, false, true])
  })

  test('identifiers are exact text: case, spaces, slashes, percent signs and letters of any script', async () => {
    const names = [
      'Case',
      'case',
      'a/b',
      'a%b',
      '100%25',
      'a+b',
      ' a',
      'ü 雪',
      "'; DROP TABLE users;--",
      '\u{1F600}'.repeat(191),
      'x'.repeat(191),
    ]
    for (const name of names) {
      const { token } = await madeUser(ours, name, { nickname: `N${names.indexOf(name)}` })
      expect((await getUser(token, name)).json.data, name).toMatchObject({ userId: name, nickName: `N${names.indexOf(name)}` })
    }
    expect(new Set(await Promise.all(names.map(async (name) => (await getUser(ours.token, name)).json.data.username))).size).toBe(
      names.length,
    )
  })

  test('a mobile number may have a plus, and is kept as digits', async () => {
    expect((await createUser(ours, 'plus', { mobileNumber: '+99000000111222' })).json.data.mobileNumber).toBe('99000000111222')
  })

  test('another key has its own user of the same identifier, with its own metadata', async () => {
    const a = await madeUser(ours, 'shared', { nickname: 'Ours', metadataKey1: 'k', metadataValue1: 'ours' })
    const b = await madeUser(theirs, 'shared', { nickname: 'Theirs' })
    expect(a.username).not.toBe(b.username)
    expect((await getUser(ours.token, 'shared')).json.data.nickName).toBe('Ours')
    expect((await getUser(theirs.token, 'shared')).json).toMatchObject({ data: { nickName: 'Theirs' }, metaData: {} })
  })
})

describe('the address', () => {
  test('matches nobody: not the person who has verified it, and not another user', async () => {
    const { username } = await madeUser(ours, 'same address', { email: person.email })
    await madeUser(ours, 'same address too', { email: person.email })
    expect(await rowOf(username)).toMatchObject({ email: person.email, email_key: null, email_verified_at: null })
    // The person signs in as before; somebody new may sign up with an address that a service has named.
    const body = { email: person.email, password: person.password, userAgent: 'x' }
    expect((await new Client().post('/user/login', body)).status).toBe(200)
  })

  test('is never mailed to', async () => {
    const email = 'never-mailed@example.com'
    const { username, token } = await madeUser(ours, 'never mailed', { email })
    const id = (await rowOf(username))?.id ?? 0
    await new Client().get(`/user/resend-verification?target=${id.toString(16).padStart(24, '0')}`)
    await new Client().post('/user/code', { email })
    // The features with mails need a sign-in in a browser, which these users do not have.
    const user = bearerOf(token)
    expect((await user.delete('/user/me')).status).toBe(403)
    expect((await user.patch('/user/me', { email: 'another@example.com' })).status).toBe(403)
    expect((await user.patch('/user/me', { password: 'horse-staple-correct' })).status).toBe(403)
    expect(await mailsTo(email)).toEqual([])
    expect(await db.prepare('SELECT COUNT(*) AS n FROM challenges WHERE user_id = ?').bind(id).first('n')).toBe(0)
  })

  test('that its owner has verified since can no longer be changed by the service', async () => {
    const { username } = await madeUser(ours, 'proved', { email: 'before@example.com' })
    const proved = "UPDATE users SET email = 'mine@example.com', email_key = 'mine@example.com', email_verified_at = 1 WHERE username = ?"
    await db.prepare(proved).bind(username).run()
    const reply = await createUser(ours, 'proved', { email: 'before@example.com', nickname: 'Changed' })
    expect(reply.json.data).toMatchObject({ email: 'mine@example.com', nickname: 'Changed' })
  })
})

describe('in the other rooms', () => {
  test('a user is a person like any other: found, seen, followed, blocked', async () => {
    const { username, token } = await madeUser(ours, 'social', { ...ALL, nickname: 'Social' })
    const user = bearerOf(token)
    const me = (await user.get('/user/me')).json.data.user
    expect(me).toMatchObject({ username, email: ALL.email, phone: ALL.mobileNumber, emailVerified: false, role: 'user' })
    expect((await person.client.get(`/user/${me._id}`)).json.data.user).toMatchObject({ username, email: null, phone: null })
    expect((await person.client.post('/user/search', { query: username })).json.data.results).toHaveLength(1)
    expect((await person.client.post('/user/follow', { target: me._id })).status).toBe(200)
    expect((await user.post('/user/follow', { target: person.id })).status).toBe(200)
    expect((await user.get('/user/followers')).json.data.records).toHaveLength(1)
    expect((await person.client.get('/user/followers')).json.data.records).toMatchObject([{ source: { username } }])
    expect((await user.post('/user/block', { target: person.id })).status).toBe(200)
    expect((await person.client.get(`/user/${me._id}`)).status).toBe(404)
  })

  test('a user has no password there, and an address opens nothing', async () => {
    const email = 'opens-nothing@example.com'
    const { username, password } = await madeUser(ours, 'no way in', { email })
    for (const names of [{ username }, { email }, { username, email }]) {
      expect((await new Client().post('/user/login', { ...names, password, userAgent: 'x' })).status).toBe(401)
    }
  })

  test('an invitation is not needed where people need one', async () => {
    expect((await createUser(ours, 'invited', {}, { env: { INVITE_ONLY: 'true' } })).status).toBe(200)
  })

  test('an administrator sees, restricts and bans a user like anybody', async () => {
    const admin = await signedInAdmin('license_admin')
    const { username, password, token } = await madeUser(ours, 'sanctioned', { nickname: 'Before' })
    const target = (await bearerOf(token).get('/user/me')).json.data.user._id
    expect((await admin.client.post('/user/admin-api/restrict', { target, state: true })).status).toBe(200)
    const same = await createUser(ours, 'sanctioned', { nickname: 'Before' })
    expect([same.status, same.json.data.nickname]).toEqual([200, 'Before'])
    const change = await createUser(ours, 'sanctioned', { nickname: 'After' })
    expect([change.status, change.json]).toEqual([403, { status: 403, message: 'This account is restricted' }])
    expect((await getUser(token, 'sanctioned')).json.data.nickName).toBe('Before')
    expect((await admin.client.post('/user/admin-api/ban', { target, state: true })).status).toBe(200)
    expect((await getUser(token, 'sanctioned')).status).toBe(401)
    expect((await getUser(ours.token, 'sanctioned')).status).toBe(404)
    expect((await logIn({ username, password })).status).toBe(400)
    expect((await createUser(ours, 'sanctioned')).json).toEqual({ status: 403, message: 'The user is banned' })
    expect((await admin.client.delete('/user/admin-api/delete', { body: { target } })).status).toBe(200)
    expect((await createUser(ours, 'sanctioned')).json).toEqual({ status: 403, message: 'The user is deleted' })
  })
})
