// PATCH /user/admin-api/update over HTTP (wire §3.2, §6.12): what administrators change, and whom they cannot reach.
import { describe, expect, test } from 'vitest'
import { rowOf, trailOf } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, db, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { idOf } from '../../support/tokens.ts'

freezeEachTest()

const update = (admin: Person, body: Record<string, unknown>) => admin.client.patch('/user/admin-api/update', body)
const actsOn = async (person: Person) => (await trailOf(person)).filter(({ actor_id }) => actor_id !== null)

describe('what is changed', () => {
  test('a profile, at once and without ending sessions; fields that the operator has closed to users too', async () => {
    const [admin, person] = [await signedInAdmin('admin_profile'), await signedInPerson('whose_profile')]
    const reply = await admin.client.patch(
      '/user/admin-api/update',
      { target: person.id, firstName: 'Eve', bio: 'By admin' },
      { env: { EDITABLE_FIELDS: 'bio' } },
    )
    expect(reply.json).toMatchObject({ ok: 1, data: { user: { _id: person.id, firstName: 'Eve', bio: 'By admin' } } })
    expect((await person.client.get('/user/me')).json.data.user.firstName).toBe('Eve')
    expect(await actsOn(person)).toEqual([{ type: 'profile_changed', actor_id: idOf(admin), detail: 'bio givenName' }])
    expect((await mailsTo(person.email)).filter(({ subject }) => /administrator/.test(subject))).toEqual([])
  })

  test('an address: verified at once, sessions ended, the old address told, no undo left', async () => {
    const [admin, person] = [await signedInAdmin('admin_address'), await signedInPerson('whose_address')]
    await person.client.patch('/user/me', { email: 'thief@example.com' })
    await new Client().post('/user/verify-email', { code: await newestCode('thief@example.com') })
    const undoCode = await newestCode(person.email)
    expect((await update(admin, { target: person.id, email: 'Right@example.com' })).json.data.user).toMatchObject({
      email: 'Right@example.com',
      emailVerified: true,
    })
    const [notice] = await mailsTo('thief@example.com')
    expect(notice?.subject).toBe('Your Kith account was changed by an administrator')
    expect(notice?.text).toContain('The email address was changed.')
    expect((await new Client().post('/user/undo-email-change', { code: undoCode })).status).toBe(400)
    expect((await new Client().post('/user/login', { email: 'right@example.com', password: PASSWORD, userAgent: 'x' })).status).toBe(200)
  })

  test('a password: without the present one, sessions ended, one notice for all that was changed', async () => {
    const [admin, person] = [await signedInAdmin('admin_password'), await signedInPerson('whose_password')]
    const password = 'given-by-the-administrator'
    expect((await update(admin, { target: person.id, password, username: 'whose_new_name' })).status).toBe(200)
    expect((await person.client.get('/user/me')).status).toBe(401)
    expect((await logIn(person)).status).toBe(401)
    expect((await logIn({ ...person, username: 'whose_new_name', password })).status).toBe(200)
    const notices = (await mailsTo(person.email)).filter(({ subject }) => /administrator/.test(subject))
    expect(notices).toHaveLength(1)
    expect(notices[0]?.text).toContain('The user name was changed.\nThe password was changed.\n')
    expect(notices[0]?.text).not.toContain(admin.client.userAgent)
    expect((await actsOn(person)).map(({ type }) => type).sort()).toEqual(['password_changed', 'profile_changed', 'username_changed'])
  })

  test('a role: it counts from the next sign-in, the sessions of before are ended', async () => {
    const [admin, person] = [await signedInAdmin('admin_of_roles', 'super_admin'), await signedInPerson('becomes_admin')]
    expect((await update(admin, { target: person.id, role: 'admin' })).json.data.user.role).toBe('admin')
    expect((await person.client.get('/user/me')).status).toBe(401)
    await logIn(person)
    expect((await person.client.get('/user/me')).json.data.user.role).toBe('admin')
    expect(await actsOn(person)).toContainEqual({ type: 'role_changed', actor_id: idOf(admin), detail: 'user admin' })
  })

  test('values that are set already: nothing, however often', async () => {
    const [admin, person] = [await signedInAdmin('admin_repeats'), await signedInPerson('stays_the_same')]
    const body = { target: person.id, username: person.username, email: person.email, firstName: 'Test', role: 'user' }
    expect((await update(admin, body)).status).toBe(200)
    expect(await actsOn(person)).toEqual([])
    expect((await person.client.get('/user/me')).status).toBe(200)
    await update(admin, { target: person.id, bio: 'Once' })
    await update(admin, { target: person.id, bio: 'Once' })
    expect(await actsOn(person)).toHaveLength(1)
  })
})

describe('who is out of reach', () => {
  test('a rank at or above the own one, and roles of such a rank', async () => {
    const [admin, equal, higher] = [
      await signedInAdmin('rank_admin'),
      await signedInAdmin('rank_equal'),
      await signedInAdmin('rank_higher', 'super_admin'),
    ]
    const person = await signedInPerson('rank_person')
    for (const body of [
      { target: admin.id, bio: 'Hit' },
      { target: equal.id, bio: 'Hit' },
      { target: higher.id, password: 'taken-over-by-admin' },
      { target: person.id, role: 'admin', bio: 'Hit' },
      { target: person.id, role: 'super_admin' },
      { target: person.id, role: 'internal_client' },
    ]) {
      const reply = await update(admin, body)
      expect(reply.status).toBe(403)
      expect(reply.json.additionalInfo.reason).toBe('rank')
    }
    for (const each of [admin, equal, higher, person]) expect(await rowOf(each)).toMatchObject({ bio: null })
    expect((await logIn(higher)).status).toBe(200)
  })

  test('unknown and deleted people: not found, both alike', async () => {
    const [admin, person] = [await signedInAdmin('admin_of_nobody'), await signedInPerson('deleted_person')]
    await db.prepare("UPDATE users SET deleted_at = 1, deleted_reason = 'admin' WHERE id = ?").bind(idOf(person)).run()
    const [unknown, deleted] = [
      await update(admin, { target: 'f'.repeat(24), bio: 'x' }),
      await update(admin, { target: person.id, bio: 'x' }),
    ]
    expect([unknown.status, deleted.status]).toEqual([404, 404])
    expect(deleted.text).toBe(unknown.text)
  })
})

describe('bad input', () => {
  test('names the field, or both names that are taken, and changes nothing', async () => {
    const [admin, person, other] = [
      await signedInAdmin('admin_nonsense'),
      await signedInPerson('not_changed'),
      await signedInPerson('has_the_names'),
    ]
    for (const [field, body] of [
      ['target', { bio: 'Hit' }],
      ['target', { target: 'abc', bio: 'Hit' }],
      ['role', { target: person.id, role: 'no_such_role', bio: 'Hit' }],
      ['password', { target: person.id, password: 'password1', bio: 'Hit' }],
      ['email', { target: person.id, email: 'nonsense', bio: 'Hit' }],
      ['phoneCountryCode', { target: person.id, phone: '123', bio: 'Hit' }],
      ['currentPassword', { target: person.id, currentPassword: PASSWORD, bio: 'Hit' }],
    ] as const) {
      expectWrongField(await update(admin, body), field)
    }
    const taken = await update(admin, { target: person.id, username: other.username.toUpperCase(), email: other.email, bio: 'Hit' })
    expect(taken.status).toBe(409)
    expect(taken.json.additionalInfo.duplicateFields).toEqual(['username', 'email'])
    expect(await rowOf(person)).toMatchObject({ bio: null, username: 'not_changed' })
    expect(await actsOn(person)).toEqual([])
  })
})

describe('at the same time', () => {
  test('of 16 administrators who give one address to 16 people, one succeeds', async () => {
    const admin = await signedInAdmin('admin_in_a_race')
    const people: Person[] = []
    for (let n = 0; n < 16; n++) people.push(await signedInPerson(`race_person_${n}`))
    const replies = await Promise.all(people.map(({ id }) => update(admin, { target: id, email: 'only.one@example.com' })))
    expect(replies.map(({ status }) => status).sort()).toEqual([200, ...Array(15).fill(409)])
  })

  test('64 changes of the role of one person leave one role and as many events as changes', async () => {
    const [admin, person] = [await signedInAdmin('admin_of_race'), await signedInPerson('raced_about')]
    const replies = await Promise.all(Array.from({ length: 64 }, () => update(admin, { target: person.id, role: 'owner' })))
    expect(replies.map(({ status }) => status)).toEqual(Array(64).fill(200))
    expect((await actsOn(person)).filter(({ type }) => type === 'role_changed')).toHaveLength(1)
    expect(await rowOf(person)).toMatchObject({ role: 'owner' })
  })

  test('a lost reply of the database is one change', async () => {
    const [admin, person] = [await signedInAdmin('admin_lost_reply'), await signedInPerson('lost_reply_user')]
    platform.faults.loseReply(2)
    expect((await update(admin, { target: person.id, role: 'owner' })).json.data.user.role).toBe('owner')
    expect((await actsOn(person)).filter(({ type }) => type === 'role_changed')).toHaveLength(1)
  })
})
