// The caller's own profile (wire §3.2, §3.5, §6.12): its fields, all or nothing; password, role and target.
import { describe, expect, test } from 'vitest'
import { MeReply, UpdateMeReply } from '../../../src/apis/user/profile/presenters.ts'
import { ScopesReply } from '../../../src/apis/user/system/presenters.ts'
import { PASSWORD_PROOFS_PER_DAY } from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { trailOf } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, db, mailsTo, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, signUpBody } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { bearerOf, idOf, userToken } from '../../support/tokens.ts'

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000
const NEW_PASSWORD = 'battery-staple-horse-correct'
const EVERYTHING = {
  firstName: 'Ada',
  middleName: 'King',
  lastName: 'Lovelace',
  gender: 'female',
  bio: 'First line.\nSecond line.',
  designation: 'Programmer',
  organization: 'Analytical Engines',
  pronouns: 'she/her',
  customLink: 'https://example.com/ada',
  phoneCountryCode: '+44',
  phone: '0123456789',
  birthdate: '1815-12-10',
  country: 'GB',
  preferredLanguage: 'en-GB',
  timezone: 'Europe/London',
  currency: 'GBP',
}
const UNSETTABLE = Object.keys(EVERYTHING).filter((name) => name !== 'firstName' && name !== 'lastName')

freezeEachTest()

describe('GET /user/me', () => {
  test('answers the caller as an object, with the fields that may be edited', async () => {
    const person = await signedInPerson('me_person')
    const reply = await person.client.get('/user/me')
    const { user, editableFields } = MeReply.parse(reply.json).data
    expect(user).toMatchObject({ _id: person.id, email: person.email, customData: {}, isBanned: false, followerCount: 0 })
    expect([...editableFields].sort()).toEqual([...Object.keys(EVERYTHING), 'username'].sort())
    expect(reply.text).not.toMatch(/password|epoch|2fa|hash/i)
  })

  test('takes the scheme of the header in any case', async () => {
    const person = await signedInPerson('me_bearer')
    const token = await userToken(person)
    for (const scheme of ['Bearer', 'bearer', 'BEARER']) {
      expect((await new Client().get('/user/me', { headers: { authorization: `${scheme} ${token}` } })).status).toBe(200)
    }
    expect((await new Client().get(`/user/me?access_token=${token}`)).status).toBe(401)
  })

  test('custom data comes as it is stored', async () => {
    const person = await signedInPerson('me_custom')
    await db.prepare('UPDATE users SET custom_data = ? WHERE id = ?').bind('{"level":3}', idOf(person)).run()
    expect((await person.client.get('/user/me')).json.data.user.customData).toEqual({ level: 3 })
  })
})

describe('PATCH /user/me', () => {
  test('changes every field, and answers the user after it', async () => {
    const { client } = await signedInPerson('patch_all')
    const reply = await client.patch('/user/me', EVERYTHING)
    expect(reply.status).toBe(200)
    expect(UpdateMeReply.parse(reply.json).data.user).toMatchObject(EVERYTHING)
    expect((await client.get('/user/me')).json.data.user).toEqual(reply.json.data.user)
    expect((await client.patch('/user/me', new URLSearchParams({ bio: 'By form.' }))).json.data.user.bio).toBe('By form.')
  })

  test('changes nothing else: what is left out stays, and what equals the present value is not written', async () => {
    const { client } = await signedInPerson('patch_one')
    await client.patch('/user/me', EVERYTHING)
    const { user } = (await client.patch('/user/me', { bio: 'Only this.' })).json.data
    expect(user).toMatchObject({ ...EVERYTHING, bio: 'Only this.' })
    const { counts, result } = await platform.counts.measure(() => client.patch('/user/me', { bio: 'Only this.' }))
    expect([result.status, counts.d1RoundTrips]).toEqual([200, 1])
    expect((await client.patch('/user/me', {})).status).toBe(200)
  })

  test('__unset__ clears what may be empty, and nothing else', async () => {
    const { client } = await signedInPerson('patch_unset')
    await client.patch('/user/me', EVERYTHING)
    const unset = Object.fromEntries(UNSETTABLE.map((name) => [name, '__unset__']))
    const { user } = (await client.patch('/user/me', unset)).json.data
    for (const name of UNSETTABLE) expect([name, user[name]]).toEqual([name, null])
    for (const name of ['username', 'firstName', 'lastName', 'email', 'target']) {
      expectWrongField(await client.patch('/user/me', { [name]: '__unset__' }), name)
    }
  })

  test('a user name moves, is unique without regard to case, and may change its case', async () => {
    const one = await signedInPerson('rename_one')
    await signedInPerson('rename_two')
    const taken = await one.client.patch('/user/me', { username: 'RENAME_two', bio: 'Not this either.' })
    expect([taken.status, taken.json.additionalInfo]).toEqual([409, { duplicateFields: ['username'] }])
    expect((await one.client.get('/user/me')).json.data.user.bio).toBeNull()
    expect((await one.client.patch('/user/me', { username: 'Rename_One' })).json.data.user.username).toBe('Rename_One')
    expect((await one.client.patch('/user/me', { username: 'rename_three' })).status).toBe(200)
    expect((await one.client.get('/user/me')).json.data.user.username).toBe('rename_three')
  })

  test('a user name that was given up is held back for 30 days, and its old owner gets it at once', async () => {
    const [owner, other, later] = [await signedInPerson('held_one'), await signedInPerson('held_two'), await signedInPerson('held_four')]
    expect((await owner.client.patch('/user/me', { username: 'held_three' })).status).toBe(200)
    for (const username of ['held_one', 'HELD_one']) {
      const taken = await other.client.patch('/user/me', { username })
      expect([taken.status, taken.json.additionalInfo]).toEqual([409, { duplicateFields: ['username'] }])
      const signUp = await new Client().post('/user/create', signUpBody(username, 'held_five@example.com'))
      expect([signUp.status, signUp.json.additionalInfo]).toEqual([409, { duplicateFields: ['username'] }])
    }
    expect((await owner.client.patch('/user/me', { username: 'held_one' })).status).toBe(200)
    expect((await owner.client.patch('/user/me', { username: 'held_three' })).status).toBe(200)
    clock.advance(30 * DAY_MS - 1)
    await logIn(other)
    expect((await other.client.patch('/user/me', { username: 'held_one' })).status).toBe(409)
    clock.advance(1)
    expect((await other.client.patch('/user/me', { username: 'held_one' })).status).toBe(200)
    await logIn(later)
    const unheld = { env: { USERNAME_HELD_DAYS: '0' } }
    expect((await later.client.patch('/user/me', { username: 'held_six' }, unheld)).status).toBe(200)
    expect((await signUp('held_four', 'held_seven@example.com')).username).toBe('held_four')
  })

  test('the user name changes three times in 30 days, also where requests come at once; its case as often as one likes', async () => {
    const { client } = await signedInPerson('restless')
    expect((await client.patch('/user/me', { username: 'Restless' })).status).toBe(200)
    const atOnce = await Promise.all(Array.from({ length: 8 }, (_, n) => client.patch('/user/me', { username: `restless_${n}` })))
    expect(atOnce.filter(({ status }) => status === 200)).toHaveLength(3)
    const refused = atOnce.filter(({ status }) => status !== 200)
    for (const reply of refused) expect([reply.status, reply.headers.get('retry-after')]).toEqual([429, String((30 * DAY_MS) / 1000)])
    const { username } = (await client.get('/user/me')).json.data.user
    expect((await client.patch('/user/me', { username: username.toUpperCase() })).status).toBe(200)
    const late = await client.patch('/user/me', { username: 'restless_9', bio: 'Not this either.' })
    expect(late.status).toBe(429)
    expect((await client.get('/user/me')).json.data.user.bio).toBeNull()
  })

  test('changes of the user name that do not count leave at most 20 events a day', async () => {
    const person = await signedInPerson('swaps_names')
    const { client } = person
    const rename = async (username: string) => expect((await client.patch('/user/me', { username })).status).toBe(200)
    await rename('swaps_other')
    for (let n = 0; n < 6; n++) for (const name of ['swaps_names', 'Swaps_Names', 'swaps_other', 'SWAPS_OTHER']) await rename(name)
    const events = db.prepare(`SELECT COUNT(*) AS n FROM audit_events WHERE user_id = ? AND type = 'username_changed'`)
    expect(await events.bind(idOf(person)).first('n')).toBe(20)
    expect((await client.get('/user/me')).json.data.user.username).toBe('SWAPS_OTHER')
  })

  test('a phone number needs a country code, then or before', async () => {
    const { client } = await signedInPerson('patch_phone')
    expectWrongField(await client.patch('/user/me', { phone: '123' }), 'phoneCountryCode')
    expect((await client.patch('/user/me', { phone: '123', phoneCountryCode: '+1' })).status).toBe(200)
    expect((await client.patch('/user/me', { phone: '456' })).status).toBe(200)
    expectWrongField(await client.patch('/user/me', { phoneCountryCode: '__unset__' }), 'phoneCountryCode')
    expect((await client.patch('/user/me', { phone: '__unset__', phoneCountryCode: '__unset__' })).status).toBe(200)
  })

  test('only the fields of EDITABLE_FIELDS change; what equals the present value is no change', async () => {
    const { client } = await signedInPerson('patch_narrow')
    const env = { env: { EDITABLE_FIELDS: 'bio,givenName' } }
    expect((await client.get('/user/me', env)).json.data.editableFields).toEqual(['bio', 'firstName'])
    const refused = await client.patch('/user/me', { lastName: 'Changed', bio: 'Shut.' }, env)
    expectWrongField(refused, 'lastName')
    expect(refused.json.additionalInfo.errors[0].msg).toBe('may not be changed')
    expect((await client.get('/user/me')).json.data.user.bio).toBeNull()
    expectWrongField(await client.patch('/user/me', { preferredLanguage: 'de' }, env), 'preferredLanguage')
    expectWrongField(await client.patch('/user/me', { username: 'patch_wide' }, env), 'username')
    const same = { firstName: 'New', lastName: 'Person', username: 'patch_narrow', bio: 'Mine.' }
    expect((await client.patch('/user/me', same, env)).json.data.user).toMatchObject(same)
  })

  // test/core/fields.test.ts has the rules of each field.
  const WRONG: readonly (readonly [field: string, value: unknown])[] = [
    ['customLink', 'http://example.com'],
    ['bio', 'a'.repeat(257)],
    ['pronouns', 'a'.repeat(25)],
    ['phone', '+123'],
    ['phone', '1'.repeat(16)],
    ['phoneCountryCode', '0044000'],
    ['preferredLanguage', 'english!'],
    ['timezone', 'Mars/Olympus'],
    ['currency', 'BTC'],
    ['birthdate', '2999-01-01'],
    ['country', 'XX'],
    ['gender', ''],
    ['organization', ' '],
    ['firstName', '<b>'],
    ['middleName', 'a'.repeat(65)],
    ['password', 'short'],
    ['role', 'no such role!'],
    ['target', 'abc'],
    ['isPrivate', true],
    ['verified', true],
    ['emailVerified', true],
    ['customData', {}],
    ['_id', '507f1f77bcf86cd799439011'],
  ]
  test('what is wrong is refused by name, and changes nothing', async () => {
    const { client } = await signedInPerson('patch_wrong')
    for (const [field, value] of WRONG) expectWrongField(await client.patch('/user/me', { pronouns: 'she/her', [field]: value }), field)
    expect((await client.get('/user/me')).json.data.user.pronouns).toBeNull()
  })
})

describe('a new password', () => {
  test('with the present one: all sessions end, this browser goes on with a new cookie, a notice goes out', async () => {
    const person = await signedInPerson('pass_current')
    const other = new Client()
    await logIn(person, other)
    const old = `__Host-kith_session=${person.client.cookies.get('__Host-kith_session')}`
    clock.advance(11 * 60_000)
    const reply = await person.client.patch('/user/me', { password: NEW_PASSWORD, currentPassword: PASSWORD })
    expect(reply.status).toBe(200)
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await other.get('/user/me')).status).toBe(401)
    expect((await new Client().get('/user/me', { headers: { cookie: old } })).status).toBe(401)
    expect((await logIn(person, new Client())).status).toBe(401)
    expect((await logIn({ ...person, password: NEW_PASSWORD }, new Client())).status).toBe(200)
    expect((await mailsTo(person.email))[0]?.subject).toBe('Your Kith password was changed')
  })

  test('without the current one a fresh sign-in is enough, and nothing less', async () => {
    const person = await signedInPerson('pass_fresh')
    clock.advance(10 * 60_000 + 1)
    const stale = await person.client.patch('/user/me', { password: NEW_PASSWORD, bio: 'Not this.' })
    expect([stale.status, stale.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    expect((await person.client.get('/user/me')).json.data.user.bio).toBeNull()
    await logIn(person)
    expect((await person.client.patch('/user/me', { password: NEW_PASSWORD, bio: 'This.' })).json.data.user.bio).toBe('This.')
  })

  test('without the present one the sign-in does not become fresher than it was', async () => {
    const person = await signedInPerson('pass_chain')
    clock.advance(9 * 60_000)
    expect((await person.client.patch('/user/me', { password: NEW_PASSWORD })).status).toBe(200)
    clock.advance(9 * 60_000)
    expect((await person.client.patch('/user/me', { password: `${NEW_PASSWORD}-2` })).status).toBe(403)
  })

  test('a wrong current one is refused by name, and not echoed', async () => {
    const person = await signedInPerson('pass_wrong')
    const reply = await person.client.patch('/user/me', { password: NEW_PASSWORD, currentPassword: 'wrong' })
    expectWrongField(reply, 'currentPassword')
    expect(reply.text).not.toContain('"wrong"')
    expect((await person.client.get('/user/me')).status).toBe(200)
  })

  test('one that is easy to guess is refused, also after the new user name', async () => {
    const { client } = await signedInPerson('pass_guess')
    expectWrongField(await client.patch('/user/me', { password: 'pass_guess' }), 'password')
    expectWrongField(await client.patch('/user/me', { password: 'brand_new_name', username: 'brand_new_name' }), 'password')
    expectWrongField(await client.patch('/user/me', { password: 'password1' }), 'password')
  })

  test('a client that changes it gets no cookie, and loses its grant with all others', async () => {
    const person = await signedInPerson('pass_client')
    const client = bearerOf(await userToken(person))
    const reply = await client.patch('/user/me', { password: NEW_PASSWORD, currentPassword: PASSWORD })
    expect([reply.status, reply.headers.getSetCookie()]).toEqual([200, []])
    for (const caller of [client, person.client]) expect((await caller.get('/user/me')).status).toBe(401)
  })
})

/** Seed 002's body, with the names of the sender. */
const seedBody = (username: string) => ({
  username,
  firstName: 'John',
  lastName: 'Doe',
  role: 'user',
  phoneCountryCode: '+00',
  phone: '0000000000',
  email: `${username}@example.com`,
  password: PASSWORD,
})

describe("one's own profile", () => {
  test("the seed's sample works for a normal user, also long after the sign-in, and changes what differs", async () => {
    const person = await signedInPerson('john_doe_seed')
    clock.advance(11 * MINUTE_MS)
    const reply = await person.client.patch('/user/me', seedBody(person.username))
    expect(reply.status).toBe(200)
    expect(reply.json).toMatchObject({
      ok: 1,
      data: {
        user: { firstName: 'John', lastName: 'Doe', role: 'user', phone: '0000000000', phoneCountryCode: '+00', email: person.email },
      },
    })
    expect(reply.json.data).not.toHaveProperty('pendingEmail')
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await person.client.patch('/user/me', [seedBody(person.username)])).status).toBe(200)
    expect((await person.client.patch('/user/me', new URLSearchParams(seedBody(person.username)))).status).toBe(200)
  })

  test('the present password in `password` is no change, and proves who asks for another address', async () => {
    const [person, elsewhere] = [await signedInPerson('proves_by_it'), new Client()]
    await logIn(person, elsewhere)
    expect((await person.client.patch('/user/me', { password: PASSWORD, currentPassword: PASSWORD })).status).toBe(200)
    clock.advance(11 * MINUTE_MS)
    const reply = await person.client.patch('/user/me', { password: PASSWORD, email: 'proved.by.it@example.com' })
    expect(reply.json.data.pendingEmail).toBe('proved.by.it@example.com')
    for (const client of [person.client, elsewhere]) expect((await client.get('/user/me')).status).toBe(200)
    expect((await mailsTo(person.email)).map(({ subject }) => subject)).not.toContain('Your Kith password was changed')
  })

  test('another password without the present one is refused when the sign-in is old, and counted as a try', async () => {
    const person = await signedInPerson('guesses_with_it')
    clock.advance(11 * MINUTE_MS)
    const replies = []
    for (let n = 0; n < PASSWORD_PROOFS_PER_DAY + 1; n++)
      replies.push(await person.client.patch('/user/me', { password: `guess-number-${n}-of-it` }))
    expect(replies.map(({ status }) => status)).toEqual([...Array(PASSWORD_PROOFS_PER_DAY).fill(403), 429])
    expect(replies[0]?.json.additionalInfo.reason).toBe('fresh_sign_in_required')
    clock.advance(16 * MINUTE_MS)
    expect((await logIn(person)).status).toBe(200)
  })

  test('a user name goes to one of 16 who want it at the same time', async () => {
    const people: Person[] = []
    for (let n = 0; n < 16; n++) people.push(await signedInPerson(`wants_name_${n}`))
    const replies = await Promise.all(
      people.map(({ client }, n) => client.patch('/user/me', { username: n % 2 ? 'Golden_Name' : 'golden_name' })),
    )
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(409)])
    expect(replies.find(({ status }) => status === 409)?.json).toMatchObject({
      error: 'ResourceConflict',
      additionalInfo: { duplicateFields: ['username'] },
    })
  })
})

describe('role and target', () => {
  test("another's profile and another role need the scope, whoever is meant", async () => {
    const [person, other] = [await signedInPerson('no_admin_at_all'), await signedInPerson('not_to_be_hit')]
    for (const body of [{ target: other.id, bio: 'Hit' }, { target: 'f'.repeat(24), bio: 'Hit' }, { role: 'admin' }, { role: 'nobody' }]) {
      const reply = await person.client.patch('/user/me', body)
      expect(reply.status).toBe(403)
      expect(reply.json.error).toBe('InsufficientPrivileges')
      expect(reply.headers.get('www-authenticate')).toContain('insufficient_scope')
    }
    expect((await other.client.get('/user/me')).json.data.user).toMatchObject({ bio: null, role: 'user' })
  })

  test("oneself as target is one's own profile", async () => {
    const person = await signedInPerson('targets_oneself')
    const reply = await person.client.patch('/user/me', { target: person.id, bio: 'Me', role: 'user' })
    expect(reply.json.data.user).toMatchObject({ _id: person.id, bio: 'Me' })
    clock.advance(11 * MINUTE_MS)
    expect((await person.client.patch('/user/me', { target: person.id, email: 'me.too@example.com' })).status).toBe(403)
  })

  test('nobody gives themselves another role, up or down', async () => {
    const admin = await signedInAdmin('climbing_admin')
    for (const role of ['super_admin', 'owner', 'user', 'internal_client']) {
      const reply = await admin.client.patch('/user/me', { role })
      expect(reply.status, role).toBe(403)
      expect(reply.json.additionalInfo.reason, role).toBe('rank')
    }
    expect((await admin.client.patch('/user/me', { role: 'no_such_role' })).json.additionalInfo.errors).toMatchObject([{ path: 'role' }])
    expect((await admin.client.patch('/user/me', { role: 'admin', bio: 'Still' })).json.data.user).toMatchObject({
      role: 'admin',
      bio: 'Still',
    })
  })

  test('an administrator changes somebody below at once, and the reply shows that one', async () => {
    const [admin, person] = [await signedInAdmin('patching_admin'), await signedInPerson('patched_person')]
    const reply = await admin.client.patch('/user/me', { target: person.id, firstName: 'Ann', role: 'owner' })
    expect(reply.json.data.user).toMatchObject({ _id: person.id, firstName: 'Ann', role: 'owner' })
    expect((await person.client.get('/user/me')).status).toBe(401)
    const changes = (await trailOf(person)).filter(({ type }) => type === 'role_changed')
    expect(changes).toMatchObject([{ actor_id: idOf(admin) }])
  })
})

describe('what everyone may know', () => {
  test('the scopes, as a map of name to name and parent', async () => {
    const { scopes } = ScopesReply.parse((await new Client().get('/user/scopes')).json).data
    expect(scopes['delegated:profile:read']).toMatchObject({ name: 'delegated:profile:read', parent: 'delegated:profile:all' })
    expect(scopes['*']).toMatchObject({ name: '*', parent: null })
    for (const { parent } of Object.values(scopes)) if (parent !== null) expect(Object.keys(scopes)).toContain(parent)
  })
})
