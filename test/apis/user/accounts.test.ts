// Accounts over HTTP: sign-up, verification of the address, a forgotten password (wire §3.2, §6.6-7, §6.9-10).
import { afterEach, describe, expect, test } from 'vitest'
import { CodeReply, CreateUserReply, VerifyEmailReply } from '../../../src/apis/user/accounts/presenters.ts'
import { Ok } from '../../../src/apis/user/replies.ts'
import { clock } from '../../platform/clock.ts'
import { Client, mailsTo, newestCode } from '../../support/kith.ts'
import { logIn, signedInPerson, signUp, signUpBody, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'

const MINUTE_MS = 60_000
const NEW_PASSWORD = 'battery-staple-horse-correct'

afterEach(() => clock.restore())

describe('sign-up', () => {
  test('from sign-up to /user/me with the cookie', async () => {
    const person = await signedInPerson('first_person')
    const me = await person.client.get('/user/me')
    expect(me.status).toBe(200)
    expect(me.json.data.user).toMatchObject({ _id: person.id, username: 'first_person', email: person.email, emailVerified: true })
  })

  test('answers 201 with the account, unverified and a plain user', async () => {
    const body = { ...signUpBody('sign_up_one'), phoneCountryCode: '+00', phone: '0000000000' }
    const reply = await new Client().post('/user/create', body)
    expect(reply.status).toBe(201)
    const { user } = CreateUserReply.parse(reply.json).data
    expect(user).toMatchObject({ username: 'sign_up_one', role: 'user', emailVerified: false, verified: false, phone: '0000000000' })
    expect(user._id).toMatch(/^[0-9a-f]{24}$/)
    expect(reply.text).not.toMatch(/password|scrypt|hash/i)
    expect(reply.headers.getSetCookie()).toEqual([])
  })

  test('takes a form and a one-element array like the object itself', async () => {
    expect((await new Client().post('/user/create', new URLSearchParams(signUpBody('sign_up_form')))).status).toBe(201)
    expect((await new Client().post('/user/create', [signUpBody('sign_up_array')])).status).toBe(201)
    expect((await new Client().post('/user/create', [])).status).toBe(400)
    expect((await new Client().post('/user/create', [signUpBody('sign_up_two_1'), signUpBody('sign_up_two_2')])).status).toBe(400)
    expect((await new Client().post('/user/create', [[signUpBody('sign_up_nested')]])).status).toBe(400)
  })

  test('a common password is named beside whatever else is wrong', async () => {
    const body = { ...signUpBody('sign_up_wrong'), password: 'PassWord1', email: 'nowhere', firstName: '' }
    const { errors } = (await new Client().post('/user/create', body)).json.additionalInfo
    expect(errors.map(({ path }: { path: string }) => path).sort()).toEqual(['email', 'firstName', 'password'])
    expect(errors.find(({ path }: { path: string }) => path === 'password')).toEqual({
      type: 'field',
      path: 'password',
      location: 'body',
      msg: 'is one of the most common passwords',
    })
  })

  test('with verification off an account is verified at once, and a taken address is 409', async () => {
    const off = { env: { REQUIRE_EMAIL_VERIFICATION: 'off' } }
    const reply = await new Client().post('/user/create', signUpBody('unproved_one'), off)
    expect(reply.json.data.user.emailVerified).toBe(true)
    const again = await new Client().post('/user/create', signUpBody('unproved_two', 'unproved_one@example.com'), off)
    expect([again.status, again.json.additionalInfo]).toEqual([409, { duplicateFields: ['email'] }])
  })

  const NAMES_OF_IDS = ['m123456789', '507f1f77bcf86cd799439011']
  test.each(['short', 'has space1', 'dots.are.out', 'ünicode_name', ...NAMES_OF_IDS, 'administrator', 'a'.repeat(31)])(
    'the user name %s is refused',
    async (username) => {
      expectWrongField(await new Client().post('/user/create', { ...signUpBody('x'), username, email: 'a@example.com' }), 'username')
    },
  )

  const LIKE_THE_NAME = ['guessable_one', 'guessable_one1']
  test.each(['password', '12345678', 'aaaaaaaaaa', ...LIKE_THE_NAME, 'kithkith', 'a'.repeat(257), 'short'])(
    'the password %s is refused, and not echoed',
    async (password) => {
      const reply = await new Client().post('/user/create', { ...signUpBody('guessable_one'), password })
      expectWrongField(reply, 'password')
      expect(reply.json.additionalInfo.errors[0]).not.toHaveProperty('value')
    },
  )

  test.each([
    'a',
    'a@b',
    '@example.com',
    'a b@example.com',
    'a@exa mple.com',
    'a@exam\nple.com',
    'a@@example.com',
    '.a@example.com',
    'a..b@example.com',
    `${'a'.repeat(65)}@example.com`,
    'a@example.com,b@example.com',
  ])('the address %j is refused', async (email) => {
    expectWrongField(await new Client().post('/user/create', { ...signUpBody('bad_address'), email }), 'email')
  })

  test('a name has at most 64 characters, and a phone number its country code', async () => {
    const firstName = 'a'.repeat(65)
    expectWrongField(await new Client().post('/user/create', { ...signUpBody('long_name'), firstName }), 'firstName')
    expectWrongField(await new Client().post('/user/create', { ...signUpBody('phone_only'), phone: '123456' }), 'phoneCountryCode')
  })
})

describe('verification of the address', () => {
  test('the code of the mail verifies it, once, however it is typed', async () => {
    const person = await signUp('verify_body')
    const code = await newestCode(person.email)
    expect(code).toMatch(/^([a-z2-9]{3}-){7}[a-z2-9]{3}$/)
    const reply = await person.client.post('/user/verify-email', [{ code: ` ${code.toUpperCase().replaceAll('-', '\u2013')} ` }])
    expect([reply.status, Ok.parse(reply.json)]).toEqual([200, { ok: 1 }])
    expectWrongField(await person.client.post('/user/verify-email', { code }), 'code')
  })

  test('GET with target and code does the same; another target does not', async () => {
    const person = await signUp('verify_get_one')
    const other = await signUp('verify_get_two')
    const code = await newestCode(person.email)
    const foreign = await person.client.get(`/user/verify-email?target=${other.id}&code=${code}`)
    expectWrongField(foreign, 'code')
    expect(foreign.json.additionalInfo.errors[0].location).toBe('query')
    const reply = await person.client.get(`/user/verify-email?target=${person.id}&code=${code}`)
    expect(VerifyEmailReply.parse(reply.json).data).toMatch(/verified/)
    expect((await logIn(person)).status).toBe(200)
    expect((await logIn(other)).json.error).toBe('ResourceNotActive')
  })

  test('a code lives for an hour', async () => {
    clock.freeze()
    const person = await signUp('verify_late1')
    const code = await newestCode(person.email)
    clock.advance(61 * MINUTE_MS)
    expectWrongField(await person.client.post('/user/verify-email', { code }), 'code')
  })

  test('resending gives the same code after 30 seconds, and nothing before', async () => {
    clock.freeze()
    const person = await signUp('resend_same')
    const code = await newestCode(person.email)
    expect((await person.client.get(`/user/resend-verification?target=${person.id}`)).json).toEqual({ ok: 1 })
    expect(await mailsTo(person.email)).toHaveLength(1)
    clock.advance(31_000)
    await person.client.get(`/user/resend-verification?target=${person.id}`)
    expect(await mailsTo(person.email)).toHaveLength(2)
    expect(await newestCode(person.email)).toBe(code)
  })
})

describe('a forgotten password', () => {
  test('+ and other signs of an address survive the query', async () => {
    const email = 'plus+tag@example.com'
    const person = await signUp('plus_person', email)
    await person.client.post('/user/verify-email', { code: await newestCode(email) })
    const reply = await new Client().get(`/user/code?email=${encodeURIComponent(email)}`)
    expect(reply.json.data.target).toBe((await new Client().post('/user/code', { email })).json.data.target)
  })

  test('a new password ends every session, the code works once, and nobody is signed in', async () => {
    const person = await signedInPerson('reset_person')
    const { target } = CodeReply.parse((await new Client().post('/user/code', { email: person.email })).json).data
    const code = await newestCode(person.email)
    const reply = await new Client().post('/user/reset-password', [{ code, password: NEW_PASSWORD, target }])
    expect([reply.status, reply.json, reply.headers.getSetCookie()]).toEqual([200, { ok: 1 }, []])
    expect((await person.client.get('/user/me')).status).toBe(401)
    expect((await logIn(person)).status).toBe(401)
    expect((await logIn({ ...person, password: NEW_PASSWORD })).status).toBe(200)
    expectWrongField(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD }), 'code')
  })

  test("another address's target is refused, and the code stays good", async () => {
    const person = await verifiedPerson('reset_target')
    const { target } = (await new Client().post('/user/code', { email: 'nobody@example.com' })).json.data
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    expectWrongField(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD, target }), 'code')
    expect((await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('a password that is refused leaves the code good', async () => {
    const person = await verifiedPerson('reset_weak')
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    expectWrongField(await new Client().post('/user/reset-password', { code, password: 'reset_weak1' }), 'password')
    expectWrongField(await new Client().post('/user/reset-password', { code, password: 'short' }), 'password')
    expect((await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('a code lives for 15 minutes, and one for the address is no good for the password', async () => {
    clock.freeze()
    const person = await signUp('reset_late')
    const other = await newestCode(person.email)
    expectWrongField(await new Client().post('/user/reset-password', { code: other, password: NEW_PASSWORD }), 'code')
    await person.client.post('/user/verify-email', { code: other })
    clock.advance(MINUTE_MS)
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    clock.advance(16 * MINUTE_MS)
    expectWrongField(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD }), 'code')
  })
})
