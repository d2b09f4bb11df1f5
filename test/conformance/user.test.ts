// Conformance of the room `user` with its seed, the page "Delegated / General Use APIs" of Liquid: each request as printed, each
// answer with its names, types and nesting. README.md has the status of each sentence.
import { beforeAll, describe, expect, test } from 'vitest'
import { Client, db, newestCode } from '../support/kith.ts'
import { signedInPerson } from '../support/people.ts'
import { expectAnswer } from './samples.ts'
import { USER } from './user-seed.ts'

/** "Request Sample" of Create User. */
const CREATE = {
  username: 'john_doe',
  firstName: 'John',
  lastName: 'Doe',
  phoneCountryCode: '+00',
  phone: '0000000000',
  email: 'user@example.com',
  password: '$uper&ecurePassw0rd',
}
/** "Request Sample" of Login. */
const LOGIN = {
  username: 'john_doe',
  email: 'user@example.com',
  password: '$uper&ecurePassw0rd',
  userAgent:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 17_1_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.1 Mobile/15E148 Safari/604.1',
}
/** The samples of Login and Do 2FA spell it this way; we send both spellings. */
const { verifiedDate, ...WITHOUT_DATE } = USER
const SIGNED_IN_USER = { ...WITHOUT_DATE, varifiedDate: verifiedDate }
/** "Response Sample - With 2FA". */
const PENDING = {
  ok: 1,
  data: {
    '2faEnabled': true,
    sessionHash: '0f4e1ea6-9f2f-4239-96ec-64cbfc7e4815',
    user: { _id: '507f1f77bcf86cd799439011', username: 'john_doe', email: 'john_doe@example.com' },
  },
}
const OK = { ok: 1 }

/** New accounts have no picture. */
const NO_PICTURE = (path: string) => [`${path}.profilePictureUrl`]

/** Fields of the sample's person that people cannot set through this API. */
async function becomeTheSample(): Promise<void> {
  const expiry = Date.now() + 86_400_000
  const sets = `gender = 'male', bio = ?, designation = ?, pronouns = 'he/him', verified_at = 1, custom_link = ?, is_private = 1,
    subscription_tier = 'basic', subscription_expires_at = ?, follower_count = 1058, following_count = 250`
  await db
    .prepare(`UPDATE users SET ${sets} WHERE username_key = 'john_doe'`)
    .bind(USER.bio, USER.designation, USER.customLink, expiry)
    .run()
}

const john = new Client()
let johnsId = ''

describe('the seed of the room user', () => {
  beforeAll(async () => {
    const reply = await john.post('/user/create', CREATE)
    johnsId = reply.json.data._id ?? reply.json.data.user._id
    expectAnswer(reply, OK, [], 201)
  })

  test('Create User: a code is sent to the address, and the account is of no use before it is exchanged', async () => {
    expect((await new Client().post('/user/login', LOGIN)).json.error).toBe('ResourceNotActive')
    expect(await newestCode(CREATE.email)).toMatch(/^\w{3}(-\w{3})+$/)
  })

  test('Create User: each required field is required, the optional ones are not', async () => {
    for (const field of ['username', 'firstName', 'lastName', 'email', 'password'] as const) {
      const { [field]: _, ...rest } = CREATE
      const reply = await new Client().post('/user/create', rest)
      expect([reply.status, reply.json.additionalInfo.errors[0].path]).toEqual([400, field])
    }
    const { phone: _, phoneCountryCode: __, ...least } = { ...CREATE, username: 'jane_doe', email: 'jane@example.com' }
    expectAnswer(await new Client().post('/user/create', least), OK, [], 201)
  })

  test('Verify Email: the code makes the account a verified one', async () => {
    expectAnswer(await john.post('/user/verify-email', [{ code: await newestCode(CREATE.email) }]), OK)
    await becomeTheSample()
  })

  test('Login, without 2FA: a cookie session and the user', async () => {
    const reply = await john.post('/user/login', LOGIN)
    const sample = { ok: 1, data: { '2faEnabled': false, user: SIGNED_IN_USER, userInfo: SIGNED_IN_USER } }
    expectAnswer(reply, sample, [...NO_PICTURE('data.user'), ...NO_PICTURE('data.userInfo')])
    expect(john.cookies.has('__Host-kith_session')).toBe(true)
    expect(Number.isNaN(Date.parse(reply.json.data.user.varifiedDate))).toBe(false)
  })

  test('Get Current User Details: the user, with the names of the sample in its order', async () => {
    const reply = await john.get('/user/me')
    expectAnswer(reply, { ok: 1, data: { user: USER } }, NO_PICTURE('data.user'))
    expect(Object.keys(reply.json.data.user).slice(0, Object.keys(USER).length)).toEqual(Object.keys(USER))
  })

  test('Update User Info: the printed request works for a normal user', async () => {
    const body = { ...CREATE, role: 'user' }
    expectAnswer(await john.patch('/user/me', body), OK)
  })

  test('Enable 2FA: by the printed form of a request', async () => {
    expectAnswer(await john.post('/user/2fa', [{ state: true }]), OK)
  })

  test('Login, with 2FA: a sessionHash instead of a session', async () => {
    const reply = await new Client().post('/user/login', LOGIN)
    expectAnswer(reply, PENDING)
    expect(Object.keys(reply.json.data.user)).toEqual(Object.keys(PENDING.data.user))
    expect(reply.headers.getSetCookie()).toEqual([])
  })

  test('Do 2FA: in an array, the code as a number, with the sessionHash that the table requires', async () => {
    const phone = new Client()
    const { sessionHash } = (await phone.post('/user/login', LOGIN)).json.data
    const code = Number(await newestCode(CREATE.email))
    const asPrinted = await phone.post('/user/do-2fa', [{ target: johnsId, code }])
    expect([asPrinted.status, asPrinted.json.additionalInfo.errors[0].path]).toEqual([400, 'sessionHash'])
    const reply = await phone.post('/user/do-2fa', [{ target: johnsId, code, sessionHash }])
    expectAnswer(reply, { ok: 1, data: { user: SIGNED_IN_USER } }, NO_PICTURE('data.user'))
    expect((await phone.get('/user/me')).status).toBe(200)
  })

  test('Generate Password Reset Code, Reset Password: by the printed form of a request', async () => {
    expectAnswer(await new Client().get(`/user/code?email=${CREATE.email}`), OK)
    const code = await newestCode(CREATE.email)
    expect(code).toMatch(/^\w{3}(-\w{3})+$/)
    expectAnswer(await new Client().post('/user/reset-password', [{ code, password: 'new_Passw0rd' }]), OK)
    expect((await new Client().post('/user/login', { ...LOGIN, password: 'new_Passw0rd' })).json.data['2faEnabled']).toBe(true)
  })

  test('Logout, Logout All: by GET, from our own pages', async () => {
    const headers = { 'sec-fetch-site': 'same-origin' }
    for (const path of ['/user/logout', '/user/logout-all']) {
      const { client } = await signedInPerson(`leaves_by_${path.length}`)
      expectAnswer(await client.get(path, { headers }), OK)
      expect((await client.get('/user/me')).status).toBe(401)
    }
  })
})
