// PATCH /user/me over HTTP (wire §6.12): one's own fields, all or nothing; password, role and target.
import { describe, expect, test } from 'vitest'
import { PASSWORD_PROOFS_PER_DAY } from '../../../src/core/limits.ts'
import { clock } from '../../platform/clock.ts'
import { idOf, trailOf } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, mailsTo } from '../../support/kith.ts'
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
    const [person, elsewhere] = [await signedInPerson('proves_by_it'), new Client()]
    await logIn(person, elsewhere)
    expect((await person.client.patch('/user/me', { password: PASSWORD, currentPassword: PASSWORD })).status).toBe(200)
    clock.advance(11 * MINUTE)
    const reply = await person.client.patch('/user/me', { password: PASSWORD, email: 'proved.by.it@example.com' })
    expect(reply.json.data.pendingEmail).toBe('proved.by.it@example.com')
    for (const client of [person.client, elsewhere]) expect((await client.get('/user/me')).status).toBe(200)
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
    const changes = (await trailOf(person)).filter(({ type }) => type === 'role_changed')
    expect(changes).toMatchObject([{ actor_id: idOf(admin.id) }])
  })
})
