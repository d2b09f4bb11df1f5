// PATCH /user/me over HTTP (wire §6.12): one's own fields, all or nothing; password, role and target.
import { describe, expect, test } from 'vitest'
import { PASSWORD_PROOFS_PER_DAY } from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, db, mailsTo, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson } from '../../support/people.ts'

const MINUTE = 60_000

freezeEachTest()

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
    clock.advance(11 * MINUTE)
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
    const person = await signedInPerson('proves_by_it')
    clock.advance(11 * MINUTE)
    const reply = await person.client.patch('/user/me', { password: PASSWORD, email: 'proved.by.it@example.com' })
    expect(reply.json.data.pendingEmail).toBe('proved.by.it@example.com')
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await mailsTo(person.email)).map(({ subject }) => subject)).not.toContain('Your Kith password was changed')
  })

  test('another password without the present one is refused when the sign-in is old, and counted as a try', async () => {
    const person = await signedInPerson('guesses_with_it')
    clock.advance(11 * MINUTE)
    const replies = []
    for (let n = 0; n < PASSWORD_PROOFS_PER_DAY + 1; n++)
      replies.push(await person.client.patch('/user/me', { password: `guess-number-${n}-of-it` }))
    expect(replies.map(({ status }) => status)).toEqual([...Array(PASSWORD_PROOFS_PER_DAY).fill(403), 429])
    expect(replies[0]?.json.additionalInfo.reason).toBe('fresh_sign_in_required')
    clock.advance(16 * MINUTE)
    expect((await logIn(person)).status).toBe(200)
  })

  test('a new password ends every other session, gives this browser a new one and is told', async () => {
    const person = await signedInPerson('renews_password')
    const other = new Client()
    await logIn(person, other)
    const password = 'another-horse-battery-staple'
    expect((await person.client.patch('/user/me', { password, currentPassword: PASSWORD, bio: 'New' })).status).toBe(200)
    expect((await person.client.get('/user/me')).json.data.user.bio).toBe('New')
    expect((await other.get('/user/me')).status).toBe(401)
    expect((await mailsTo(person.email))[0]?.subject).toBe('Your Kith password was changed')
    expect((await logIn(person)).status).toBe(401)
    expect((await logIn({ ...person, password })).status).toBe(200)
  })

  test('the present password as the new one ends nothing', async () => {
    const person = await signedInPerson('keeps_password')
    const other = new Client()
    await logIn(person, other)
    expect((await person.client.patch('/user/me', { password: PASSWORD, currentPassword: PASSWORD })).status).toBe(200)
    expect((await other.get('/user/me')).status).toBe(200)
  })

  test('__unset__ clears what may be empty, and nothing else', async () => {
    const person = await signedInPerson('unsets_fields')
    await person.client.patch('/user/me', { bio: 'Likes walks', middleName: 'Al', phone: '123', phoneCountryCode: '+44' })
    const cleared = await person.client.patch('/user/me', { bio: '__unset__', middleName: '__unset__', phone: '__unset__' })
    expect(cleared.json.data.user).toMatchObject({ bio: null, middleName: null, phone: null, phoneCountryCode: '+44' })
    for (const field of ['username', 'firstName', 'email', 'target']) {
      const reply = await person.client.patch('/user/me', { [field]: '__unset__' })
      expect(reply.status, field).toBe(400)
      expect(reply.json.additionalInfo.errors, field).toMatchObject([{ path: field }])
    }
  })

  test('bad input names the field and changes nothing', async () => {
    const person = await signedInPerson('sends_nonsense')
    await person.client.patch('/user/me', { bio: 'Before' })
    for (const [field, value] of [
      ['firstName', 'x'.repeat(65)],
      ['bio', 'a\u0000b'],
      ['phone', '12a'],
      ['customLink', 'javascript:alert(1)'],
      ['currency', 'XXL'],
      ['password', 'short'],
      ['password', 'password1'],
      ['role', 'no such role!'],
      ['role', 7],
      ['target', 'abc'],
      ['isPrivate', true],
      ['customData', {}],
      ['emailVerified', true],
    ] as const) {
      const reply = await person.client.patch('/user/me', { bio: 'After', [field]: value })
      expect(reply.status, field).toBe(400)
      expect(reply.json.additionalInfo.errors, field).toMatchObject([{ path: field }])
    }
    const phone = await person.client.patch('/user/me', { phone: '123' })
    expect(phone.json.additionalInfo.errors).toMatchObject([{ path: 'phoneCountryCode' }])
    expect((await person.client.get('/user/me')).json.data.user).toMatchObject({ bio: 'Before', phone: null })
  })

  test('a field that the operator has closed is refused when it would change', async () => {
    const person = await signedInPerson('closed_fields')
    const env = { EDITABLE_FIELDS: 'bio' }
    expect((await person.client.patch('/user/me', { firstName: 'Test', bio: 'Open' }, { env })).status).toBe(200)
    const reply = await person.client.patch('/user/me', { firstName: 'Else', bio: 'Shut' }, { env })
    expect(reply.json.additionalInfo.errors).toMatchObject([{ path: 'firstName', msg: 'may not be changed' }])
    expect((await person.client.get('/user/me')).json.data.user.bio).toBe('Open')
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

  test('a write takes 2 round trips, and reads at most 20 rows', async () => {
    const person = await signedInPerson('budget_of_patch')
    platform.counts.reset()
    await person.client.patch('/user/me', { bio: 'Within budget', pronouns: 'they/them' })
    expect(platform.counts.d1RoundTrips).toBe(2)
    expect(platform.counts.rowsRead).toBeLessThanOrEqual(20)
    platform.counts.reset()
    await person.client.patch('/user/me', { bio: 'Within budget' })
    expect(platform.counts.d1RoundTrips).toBe(1)
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
    clock.advance(11 * MINUTE)
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
    const { results } = await db
      .prepare("SELECT actor_id FROM audit_events WHERE user_id = ? AND type = 'role_changed'")
      .bind(Number.parseInt(person.id, 16))
      .all()
    expect(results).toEqual([{ actor_id: Number.parseInt(admin.id, 16) }])
  })
})
