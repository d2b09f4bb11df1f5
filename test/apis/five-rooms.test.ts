// One account through five APIs: created by one of them, changed through each that can, and read through all others; a block, a
// ban and a sign-out everywhere take effect in all of them on the next request.
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { idOf } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { Robot } from '../support/digest.ts'
import { png } from '../support/images.ts'
import { Client, type Reply } from '../support/kith.ts'
import { makeMachine } from '../support/machines.ts'
import { PASSWORD, type Person, signedInPerson } from '../support/people.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const EMAIL = 'ada@example.com'
const IDENTIFIER = 'ada@works'
const MIRRORFLY = '/api/v1'
const EPIXEL = '/epixel/v1'
const MXIT = '/mxit/user'

/** The upload id of somebody's current picture, which is part of each of its URLs. */
const uploadIn = (url: string | null) => /\/([0-9a-f]{24})\/[0-9a-f]{64}\//.exec(url ?? '')?.[1] ?? null

function form(fields: Readonly<Record<string, string | File>>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(fields)) made.append(name, value)
  return made
}
let shade = 0
/** Another picture each time. */
const picture = () => {
  shade += 1
  return png({ width: 40 + shade, height: 40 })
}
const fileOf = (bytes: Uint8Array<ArrayBuffer>) => new File([bytes], 'ada.png', { type: 'application/octet-stream' })

/** What each API says about the same account. */
interface Seen {
  readonly givenName?: string
  readonly phone?: string
  readonly nickname?: string
  readonly picture: string | null
}

class Ada {
  id = ''
  username = ''
  /** As its service signs it in. */
  machinePassword = ''
  licenseKey = ''
  service = ''
  apikey = ''
  readonly cookie = new Client()
  mxit = new Client()
  epixel = new Client()
  mirrorfly = ''
  robot: Robot | undefined

  /** A user of a license key who gets an address and a password, and is then a person like everyone. */
  async begin(admin: Person): Promise<void> {
    const made = await makeMachine('license_key')
    this.licenseKey = made.secret
    this.service = (await new Client().post(`${MIRRORFLY}/login`, made.account ?? {})).json.data.token
    const { data } = (await this.createUser({ email: EMAIL, nickname: 'Ada', mobileNumber: '0821234567' })).json
    Object.assign(this, { username: data.username, machinePassword: data.password })
    this.id = (await bearerOf(data.token).get('/user/me')).json.data.user._id
    // Its owner has asked an administrator.
    const claimed = await admin.client.patch('/user/admin-api/update', { target: this.id, email: EMAIL, password: PASSWORD })
    expect(`${claimed.status} ${claimed.text}`).toMatch(/^200 /)
    this.apikey = (await makeMachine('api_key')).secret
    this.robot = new Robot(await makeMachine('robot'))
    await this.signInEverywhere()
  }

  async signInEverywhere(): Promise<void> {
    const { username } = this
    expect((await this.cookie.post('/user/login', { username, password: PASSWORD })).status).toBe(200)
    this.mxit = bearerOf(await userToken({ id: this.id } as Person))
    const epixel = await this.epixelCall('POST', '/user/login', { username, password: PASSWORD })
    this.epixel = bearerOf(epixel.json.access)
    this.mirrorfly = (await this.createUser({})).json.data.token
  }

  createUser(fields: Readonly<Record<string, string | File>>): Promise<Reply> {
    const body = form({ deviceType: 'web', licenseKey: this.licenseKey, userIdentifier: IDENTIFIER, ...fields })
    return new Client().post(`${MIRRORFLY}/users/createUser`, body, { headers: { authorization: this.service } })
  }
  epixelCall(method: string, path: string, body?: Record<string, unknown> | FormData): Promise<Reply> {
    return this.epixel.fetch(EPIXEL + path, { method, headers: { apikey: this.apikey }, ...(body ? { body } : {}) })
  }

  readonly ask: Readonly<Record<string, () => Promise<Reply>>> = {
    user: () => this.cookie.get('/user/me'),
    mxit: () => this.mxit.get(`${MXIT}/profile`),
    movida: () => this.robot?.get(`/api/users/${idOf(this.id)}`) ?? Promise.reject(new Error('no robot')),
    epixel: () => this.epixelCall('GET', '/user/get/profile/'),
    mirrorfly: () =>
      new Client().get(`${MIRRORFLY}/users/${encodeURIComponent(IDENTIFIER)}`, { headers: { authorization: this.mirrorfly } }),
  }

  /** Through all five. */
  async seen(): Promise<Record<string, Seen>> {
    const replies = await Promise.all(Object.entries(this.ask).map(async ([room, ask]) => [room, await ask()] as const))
    for (const [room, { status, text }] of replies) if (status !== 200) throw new Error(`${room}: ${status} ${text}`)
    const { user, mxit, movida, epixel, mirrorfly } = Object.fromEntries(replies.map(([room, { json }]) => [room, json]))
    const [own] = epixel.data.UserProfile
    return {
      user: { givenName: user.data.user.firstName, phone: user.data.user.phone, picture: uploadIn(user.data.user.profilePictureUrl) },
      mxit: { givenName: mxit.FirstName, phone: mxit.MobileNumber, picture: mxit.AvatarId || null },
      movida: { givenName: movida.full_name.split(' ')[0], picture: uploadIn(movida.avatar_url) },
      epixel: { givenName: own.first_name, phone: own.phone_number, picture: uploadIn(epixel.data.ProfileImage) },
      mirrorfly: {
        nickname: mirrorfly.data.nickName,
        phone: mirrorfly.data.mobileNumber,
        picture: uploadIn(mirrorfly.data.profileUrl),
      },
    }
  }
}

const ada = new Ada()
let admin: Person

beforeAll(async () => {
  admin = await signedInAdmin('five_rooms_admin', 'super_admin')
  await ada.begin(admin)
})

/** Every API that shows it shows this. */
async function expectEverywhere(wanted: Partial<Seen>): Promise<void> {
  const seen = await ada.seen()
  for (const [room, shown] of Object.entries(seen)) {
    for (const name of Object.keys(wanted) as (keyof Seen)[]) {
      if (name in shown) expect(`${room}: ${name} ${shown[name]}`).toBe(`${room}: ${name} ${wanted[name]}`)
    }
  }
}

describe('one account', () => {
  test('is the same person in all five', async () => {
    await expectEverywhere({ phone: '0821234567', nickname: 'Ada', picture: null })
    const movida = await ada.ask.movida?.()
    expect(movida?.json.id).toBe(idOf(ada.id))
    expect((await ada.ask.mxit?.())?.json.UserId).toBe(`m${idOf(ada.id)}`)
    for (const name of [ada.username, `m${idOf(ada.id)}`]) {
      expect((await bearerOf(await userToken({ id: ada.id } as Person)).get(`${MXIT}/lookup/${name}`)).json).toBe(`m${idOf(ada.id)}`)
    }
    expect((await ada.ask.epixel?.())?.json.data.UserProfile[0]).toMatchObject({ username: ada.username, email: EMAIL })
    expect((await ada.ask.mirrorfly?.())?.json.data).toMatchObject({ username: ada.username, emailId: EMAIL, userId: IDENTIFIER })
  })

  test('changed through the room user, it is changed in the others', async () => {
    const fields = { firstName: 'Grace', lastName: 'Hopper', phone: '7911123456', phoneCountryCode: '+44' }
    expect((await ada.cookie.patch('/user/me', fields)).status).toBe(200)
    await expectEverywhere({ givenName: 'Grace', phone: '7911123456' })
  })

  test('changed through mxit, it is changed in the others', async () => {
    const reply = await ada.mxit.fetch(`${MXIT}/profile`, { method: 'PUT', body: { FirstName: 'Hedy', MobileNumber: '0829999999' } })
    expect(reply.status).toBe(200)
    await expectEverywhere({ givenName: 'Hedy', phone: '0829999999' })
  })

  test('changed through epixel, it is changed in the others', async () => {
    const fields = { email: EMAIL, first_name: 'Emmy', phone_number: '123456789' }
    expect((await ada.epixelCall('POST', '/user/update/profile/', fields)).status).toBe(200)
    await expectEverywhere({ givenName: 'Emmy', phone: '123456789' })
  })

  test('changed through mirrorfly, it is changed in the others', async () => {
    const reply = await ada.createUser({ nickname: 'Countess', mobileNumber: '5551234567' })
    expect(reply.json).toMatchObject({ status: 200, data: { userId: IDENTIFIER, username: ada.username } })
    await expectEverywhere({ nickname: 'Countess', phone: '5551234567' })
    expect((await bearerOf(await userToken({ id: ada.id } as Person)).get('/user/me')).json.data.user._id).toBe(ada.id)
  })

  test.each([
    ['user', () => ada.cookie.fetch('/user/profile-picture', { method: 'PUT', body: picture(), headers: { 'content-type': 'image/png' } })],
    ['mxit', () => ada.mxit.post(`${MXIT}/avatar`, picture(), { headers: { 'content-type': 'image/png' } })],
    ['epixel', () => ada.epixelCall('POST', '/user/profile-image/', form({ image: fileOf(picture()), cropped_image: fileOf(picture()) }))],
    ['mirrorfly', () => ada.createUser({ profileFile: fileOf(picture()) })],
  ] as const)('a picture that %s has taken is the picture in all five', async (_room, send) => {
    const before = (await ada.seen()).user?.picture
    const reply = await send()
    expect(`${reply.status} ${reply.text}`).toMatch(/^200 /)
    const after = (await ada.seen()).user?.picture
    expect(after).toMatch(/^[0-9a-f]{24}$/)
    expect(after).not.toBe(before)
    await expectEverywhere({ picture: after ?? null })
  })
})

describe('acts that reach everywhere', () => {
  beforeEach(() => ada.signInEverywhere())

  test('somebody whom Ada has blocked does not find her, in any room that shows her to people', async () => {
    const bob = await signedInPerson('bob_of_five_rooms')
    const colleague = await new Client().post(
      `${MIRRORFLY}/users/createUser`,
      form({ deviceType: 'ios', licenseKey: ada.licenseKey, userIdentifier: 'bob@works' }),
      { headers: { authorization: ada.service } },
    )
    const bobs = bearerOf(await userToken(bob))
    const raw = { headers: { authorization: colleague.json.data.token } }
    const looks: (() => Promise<Reply>)[] = [
      () => bobs.get(`/user/${ada.id}`),
      () => bobs.get(`${MXIT}/profile/m${idOf(ada.id)}`),
      () => new Client().get(`${MIRRORFLY}/users/${encodeURIComponent(IDENTIFIER)}`, raw),
    ]
    for (const look of looks) expect((await look()).status).toBe(200)
    const colleagueId = (await bearerOf(colleague.json.data.token).get('/user/me')).json.data.user._id
    for (const target of [bob.id, colleagueId]) expect((await ada.cookie.post('/user/block', { target })).status).toBe(200)
    for (const look of looks) expect((await look()).status).toBe(404)
    // A robot and the account itself are not viewers: they see what they saw.
    for (const ask of Object.values(ada.ask)) expect((await ask()).status).toBe(200)
  })

  test('a sign-out everywhere ends what people hold in every room; a robot, which is not a person, goes on', async () => {
    expect((await ada.cookie.get('/user/logout-all', { headers: { 'sec-fetch-site': 'same-origin' } })).status).toBe(200)
    const { movida, ...others } = ada.ask
    for (const ask of Object.values(others)) expect((await ask()).status).toBe(401)
    expect((await movida?.())?.status).toBe(200)
  })

  test('a ban takes effect in all five, and nobody sees the account in any', async () => {
    expect((await admin.client.post('/user/admin-api/ban', { target: ada.id, state: true })).status).toBe(200)
    const { movida, ...others } = ada.ask
    for (const ask of Object.values(others)) expect((await ask()).status).toBe(401)
    expect((await movida?.())?.status).toBe(404)
    for (const path of ['displayname', 'statusmessage', 'avatar']) {
      expect((await new Client().get(`${MXIT}/public/${path}/${ada.username}`)).status).toBe(404)
    }
    expect((await new Client().post(`${MIRRORFLY}/login`, { username: ada.username, password: ada.machinePassword })).status).toBe(400)
    expect((await ada.createUser({ nickname: 'Back' })).status).toBe(403)
    expect((await ada.epixelCall('POST', '/user/login', { username: ada.username, password: PASSWORD })).status).toBe(401)
  })
})
