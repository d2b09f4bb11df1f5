// Accounts over HTTP: sign-up, verification of the address, a forgotten password (wire §3.2, §6.6-7, §6.9-10).
import { afterEach, describe, expect, test } from 'vitest'
import { CodeReply, CreateUserReply, VerifyEmailReply } from '../../../src/apis/user/accounts/presenters.ts'
import { Ok } from '../../../src/apis/user/replies.ts'
import { clock } from '../../platform/clock.ts'
import { Client, db, mailsTo, newestCode, type Reply } from '../../support/kith.ts'
import { logIn, PASSWORD, signedInPerson, signUp, signUpBody, verifiedPerson } from '../../support/people.ts'

const MINUTE_MS = 60_000
const NEW_PASSWORD = 'battery-staple-horse-correct'

afterEach(() => clock.restore())

function expectRefused(reply: Reply, path: string): void {
  expect([reply.status, reply.json.error]).toEqual([400, 'ClientInputError'])
  expect(reply.json.additionalInfo.errors[0].path).toBe(path)
}

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

  test('a user name is unique without regard to case, and 409 names it alone', async () => {
    await signUp('Taken_Name')
    const reply = await new Client().post('/user/create', signUpBody('tAKEN_nAME', 'other@example.com'))
    expect([reply.status, reply.json]).toEqual([
      409,
      { ok: 0, error: 'ResourceConflict', additionalInfo: { duplicateFields: ['username'] } },
    ])
  })

  test('a taken address answers like a free one, and its owner gets a mail', async () => {
    clock.freeze()
    const owner = await verifiedPerson('address_owner')
    clock.advance(MINUTE_MS)
    const reply = await new Client().post('/user/create', signUpBody('address_taker', owner.email))
    expect(reply.status).toBe(201)
    const free = await new Client().post('/user/create', signUpBody('address_free1'))
    expect(Object.keys(reply.json.data.user)).toEqual(Object.keys(free.json.data.user))
    const [mail, ...older] = await mailsTo(owner.email)
    expect(older).toHaveLength(1)
    expect(mail?.text).not.toMatch(/[a-z2-9]{3}-[a-z2-9]{3}-/)
  })

  test('with verification off an account is verified at once, and a taken address is 409', async () => {
    const off = { env: { REQUIRE_EMAIL_VERIFICATION: 'off' } }
    const reply = await new Client().post('/user/create', signUpBody('unproved_one'), off)
    expect(reply.json.data.user.emailVerified).toBe(true)
    const again = await new Client().post('/user/create', signUpBody('unproved_two', 'unproved_one@example.com'), off)
    expect([again.status, again.json.additionalInfo]).toEqual([409, { duplicateFields: ['email'] }])
  })

  test.each([
    ['short', 'username'],
    ['has space1', 'username'],
    ['dots.are.out', 'username'],
    ['ünicode_name', 'username'],
    ['m123456789', 'username'],
    ['507f1f77bcf86cd799439011', 'username'],
    ['administrator', 'username'],
    ['a'.repeat(31), 'username'],
  ])('the user name %s is refused', async (username, path) => {
    expectRefused(await new Client().post('/user/create', { ...signUpBody('x'), username, email: 'a@example.com' }), path)
  })

  test.each([
    ['password', 'password'],
    ['12345678', 'password'],
    ['aaaaaaaaaa', 'password'],
    ['guessable_one', 'password'],
    ['guessable_one1', 'password'],
    ['kithkith', 'password'],
    ['a'.repeat(257), 'password'],
    ['short', 'password'],
  ])('the password %s is refused, and not echoed', async (password, path) => {
    const reply = await new Client().post('/user/create', { ...signUpBody('guessable_one'), password })
    expectRefused(reply, path)
    expect(reply.json.additionalInfo.errors[0]).not.toHaveProperty('value')
  })

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
    expectRefused(await new Client().post('/user/create', { ...signUpBody('bad_address'), email }), 'email')
  })

  test.each([
    [' Spaced@Example.com\n', 'Spaced@Example.com'],
    ['ann@bücher.example', 'ann@xn--bcher-kva.example'],
    ['ann@BÜCHER.example', 'ann@xn--bcher-kva.example'],
    ['ann@例え。テスト', 'ann@xn--r8jz45g.xn--zckzah'],
  ])('the address %j is %s', async (email, stored) => {
    const reply = await new Client().post('/user/create', { ...signUpBody(`folded_${crypto.randomUUID().slice(0, 8)}`), email })
    expect([reply.status, reply.json.data?.user.email]).toEqual([201, stored])
  })

  test.each(['', ' ', 'a'.repeat(65), 'Rob<script>', 'line\nbreak', '\u202Eevil', 'a\u200Eb\u2068', '€'])(
    'the first name %j is refused',
    async (firstName) => {
      expectRefused(await new Client().post('/user/create', { ...signUpBody('bad_first_name'), firstName }), 'firstName')
    },
  )

  test.each(["O'Brien", 'Jean-Luc', 'María José', 'Ng', '李', 'Dr. Who'])('the last name %j is taken', async (lastName) => {
    const name = `name_${crypto.randomUUID().slice(0, 8)}`
    const reply = await new Client().post('/user/create', { ...signUpBody(name), lastName })
    expect([reply.status, reply.json.data?.user.lastName]).toEqual([201, lastName])
  })

  test('a phone number needs its country code', async () => {
    expectRefused(await new Client().post('/user/create', { ...signUpBody('phone_only'), phone: '123456' }), 'phoneCountryCode')
  })
})

describe('verification of the address', () => {
  test('the code of the mail verifies it, once, in a body or an array', async () => {
    const person = await signUp('verify_body')
    const code = await newestCode(person.email)
    expect(code).toMatch(/^([a-z2-9]{3}-){7}[a-z2-9]{3}$/)
    const reply = await person.client.post('/user/verify-email', [{ code: ` ${code.toUpperCase()} ` }])
    expect([reply.status, Ok.parse(reply.json)]).toEqual([200, { ok: 1 }])
    expectRefused(await person.client.post('/user/verify-email', { code }), 'code')
  })

  test.each([
    ['without dashes', (code: string) => code.replaceAll('-', '')],
    ['with spaces for dashes', (code: string) => ` ${code.replaceAll('-', ' ')}\u00a0`],
    ['with typographic dashes', (code: string) => code.replaceAll('-', '\u2013')],
    ['in full width', (code: string) => code.replace(/[!-~]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) + 0xfee0))],
    ['with Arabic-Indic digits', (code: string) => code.replace(/\d/g, (digit) => String.fromCharCode(0x660 + Number(digit)))],
  ])('the code counts %s', async (_how, retype) => {
    const person = await signUp(`retyped_${crypto.randomUUID().slice(0, 8)}`)
    const reply = await person.client.post('/user/verify-email', { code: retype(await newestCode(person.email)) })
    expect(reply.status, reply.text).toBe(200)
  })

  test('GET with target and code does the same; another target does not', async () => {
    const person = await signUp('verify_get_one')
    const other = await signUp('verify_get_two')
    const code = await newestCode(person.email)
    const foreign = await person.client.get(`/user/verify-email?target=${other.id}&code=${code}`)
    expectRefused(foreign, 'code')
    const reply = await person.client.get(`/user/verify-email?target=${person.id}&code=${code}`)
    expect(VerifyEmailReply.parse(reply.json).data).toMatch(/verified/)
    expect((await logIn(person)).status).toBe(200)
    expect((await logIn(other)).json.error).toBe('ResourceNotActive')
  })

  test('a refused code of the query is reported as of the query', async () => {
    const reply = await new Client().get('/user/verify-email?target=ffffffffffffffffffffffff&code=abc-def')
    expect(reply.json.additionalInfo.errors[0].location).toBe('query')
  })

  test('a code lives for an hour', async () => {
    clock.freeze()
    const person = await signUp('verify_late1')
    const code = await newestCode(person.email)
    clock.advance(61 * MINUTE_MS)
    expectRefused(await person.client.post('/user/verify-email', { code }), 'code')
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

  test('resending reveals nothing about who has an account', async () => {
    const verified = await verifiedPerson('resend_done')
    for (const target of [verified.id, 'ffffffffffffffffffffffff', '0000000000000000000000aa']) {
      const reply = await new Client().get(`/user/resend-verification?target=${target}`)
      expect([reply.status, reply.text]).toEqual([200, '{"ok":1}'])
    }
    expectRefused(await new Client().get('/user/resend-verification?target=nobody'), 'target')
    expectRefused(await new Client().get('/user/resend-verification'), 'target')
  })
})

describe('a forgotten password', () => {
  test('GET and POST /user/code answer the same for a known and an unknown address', async () => {
    const person = await verifiedPerson('forgot_same')
    const replies = await Promise.all([
      new Client().get(`/user/code?email=${person.email}`),
      new Client().post('/user/code', { email: person.email.toUpperCase() }),
      new Client().post('/user/code', [{ email: 'nobody@example.com' }]),
      new Client().post('/user/code', new URLSearchParams({ email: 'nobody@example.com' })),
    ])
    const targets = replies.map((reply) => {
      expect(reply.status).toBe(200)
      return CodeReply.parse(reply.json).data.target
    })
    expect(targets[0]).toBe(targets[1])
    expect(targets[2]).toBe(targets[3])
    expect(targets[0]).not.toBe(person.id)
    for (const target of targets) expect(target).toMatch(/^[0-9a-f]{24}$/)
  })

  test('+ and other signs of an address survive the query', async () => {
    const email = 'plus+tag@example.com'
    const person = await signUp('plus_person', email)
    await person.client.post('/user/verify-email', { code: await newestCode(email) })
    const reply = await new Client().get(`/user/code?email=${encodeURIComponent(email)}`)
    expect(reply.json.data.target).toBe((await new Client().post('/user/code', { email })).json.data.target)
  })

  test('a new password ends every session, the code works once, and nobody is signed in', async () => {
    const person = await signedInPerson('reset_person')
    const { target } = (await new Client().post('/user/code', { email: person.email })).json.data
    const code = await newestCode(person.email)
    const reply = await new Client().post('/user/reset-password', [{ code, password: NEW_PASSWORD, target }])
    expect([reply.status, reply.json, reply.headers.getSetCookie()]).toEqual([200, { ok: 1 }, []])
    expect((await person.client.get('/user/me')).status).toBe(401)
    expect((await logIn(person)).status).toBe(401)
    expect((await logIn({ ...person, password: NEW_PASSWORD })).status).toBe(200)
    expectRefused(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD }), 'code')
  })

  test("another address's target is refused, and the code stays good", async () => {
    const person = await verifiedPerson('reset_target')
    const { target } = (await new Client().post('/user/code', { email: 'nobody@example.com' })).json.data
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    expectRefused(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD, target }), 'code')
    expect((await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('a password that is refused leaves the code good', async () => {
    const person = await verifiedPerson('reset_weak')
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    expectRefused(await new Client().post('/user/reset-password', { code, password: 'reset_weak1' }), 'password')
    expectRefused(await new Client().post('/user/reset-password', { code, password: 'short' }), 'password')
    expect((await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD })).status).toBe(200)
  })

  test('a code lives for 15 minutes, and one for the address is no good for the password', async () => {
    clock.freeze()
    const person = await signUp('reset_late')
    const other = await newestCode(person.email)
    expectRefused(await new Client().post('/user/reset-password', { code: other, password: NEW_PASSWORD }), 'code')
    await person.client.post('/user/verify-email', { code: other })
    clock.advance(MINUTE_MS)
    await new Client().post('/user/code', { email: person.email })
    const code = await newestCode(person.email)
    clock.advance(16 * MINUTE_MS)
    expectRefused(await new Client().post('/user/reset-password', { code, password: NEW_PASSWORD }), 'code')
  })

  test('a banned account gets no code, and its reply does not show it', async () => {
    const person = await verifiedPerson('reset_banned')
    const before = (await mailsTo(person.email)).length
    await db.prepare("UPDATE users SET banned_at = 1 WHERE username_key = 'reset_banned'").run()
    expect((await new Client().post('/user/code', { email: person.email })).status).toBe(200)
    expect(await mailsTo(person.email)).toHaveLength(before)
  })

  test('unverified addresses get no code', async () => {
    const person = await signUp('reset_unproved')
    expect((await new Client().post('/user/code', { email: person.email })).status).toBe(200)
    expect(await mailsTo(person.email)).toHaveLength(1)
    expect(PASSWORD.length).toBeGreaterThan(8)
  })
})
