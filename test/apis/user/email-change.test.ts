// A change of the email address over HTTP (wire §6.12, §6.20; security row 10): the new address is verified, the old one is
// notified and can undo it.
import { describe, expect, test } from 'vitest'
import { clock } from '../../platform/clock.ts'
import { eventsOf, rowOf } from '../../support/actors.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp } from '../../support/people.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

freezeEachTest()

const askFor = (person: Person, email: string) => person.client.patch('/user/me', { email, currentPassword: PASSWORD })
const verify = (code: string) => new Client().post('/user/verify-email', { code })
const undo = (code: string) => new Client().post('/user/undo-email-change', { code })

/** Somebody who has changed to `email`; `undoCode` went to the previous address. */
async function changed(name: string, email: string): Promise<{ person: Person; undoCode: string }> {
  const person = await signedInPerson(name)
  await askFor(person, email)
  await verify(await newestCode(email))
  return { person, undoCode: await newestCode(person.email) }
}

describe('a new address', () => {
  test('changes nothing until it is verified, and then ends every session', async () => {
    const person = await signedInPerson('ed_changes')
    const other = new Client()
    await logIn(person, other)
    const asked = await askFor(person, 'Ed.New@example.com')
    expect(asked.status).toBe(200)
    expect(asked.json.data).toMatchObject({ user: { email: person.email, emailVerified: true }, pendingEmail: 'Ed.New@example.com' })
    expect((await person.client.get('/user/me')).json.data.user.email).toBe(person.email)

    const [mail] = await mailsTo('Ed.New@example.com')
    expect(mail?.subject).toBe('Confirm your new email address for Kith')
    expect((await verify(await newestCode('Ed.New@example.com'))).json).toEqual({ ok: 1 })
    expect((await person.client.get('/user/me')).status).toBe(401)
    expect((await other.get('/user/me')).status).toBe(401)
    expect(await rowOf(person)).toMatchObject({ email: 'Ed.New@example.com', email_key: 'ed.new@example.com' })
    expect((await new Client().post('/user/login', { email: 'ed.new@example.com', password: PASSWORD, userAgent: 'x' })).status).toBe(200)
    expect(await eventsOf(person)).toEqual(expect.arrayContaining(['email_change_requested', 'email_changed']))
  })

  test('can be confirmed by GET with the right target, and with no other', async () => {
    const [person, other] = [await signedInPerson('gus_by_get'), await signedInPerson('gus_other')]
    await askFor(person, 'gus.new@example.com')
    const code = await newestCode('gus.new@example.com')
    expect((await new Client().get(`/user/verify-email?target=${other.id}&code=${code}`)).status).toBe(400)
    expect((await new Client().get(`/user/verify-email?target=${person.id}&code=${code}`)).status).toBe(200)
    expect(await rowOf(person)).toMatchObject({ email: 'gus.new@example.com' })
  })

  test('is verified once by 64 at the same time', async () => {
    const person = await signedInPerson('race_changes')
    await askFor(person, 'race.new@example.com')
    const code = await newestCode('race.new@example.com')
    const replies = await Promise.all(Array.from({ length: 64 }, () => verify(code)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(new Set(replies.filter(({ status }) => status !== 200).map(({ text }) => text)).size).toBe(1)
    expect(replies.find(({ status }) => status !== 200)?.json).toMatchObject({
      error: 'ClientInputError',
      additionalInfo: { errors: [{ path: 'code' }] },
    })
    expect(await mailsTo(person.email)).toSatisfy(
      (mails: { subject: string }[]) => mails.filter(({ subject }) => /new email address/.test(subject)).length === 1,
    )
  })

  test('that is the current one, in whatever case, is no change and needs no password', async () => {
    const person = await signedInPerson('same_address')
    clock.advance(11 * MINUTE)
    const reply = await person.client.patch('/user/me', { email: person.email.toUpperCase().replace('.COM', '.com'), bio: 'Hello' })
    expect(reply.json.data).toEqual({ user: expect.objectContaining({ email: person.email, bio: 'Hello' }) })
    expect(await eventsOf(person)).not.toContain('email_change_requested')
  })

  test('needs the present password, or a sign-in of the last 10 minutes', async () => {
    const person = await signedInPerson('proves_first')
    expect((await person.client.patch('/user/me', { email: 'proves.fresh@example.com' })).status).toBe(200)
    clock.advance(11 * MINUTE)
    const stale = await person.client.patch('/user/me', { email: 'proves.stale@example.com', bio: 'Not stored' })
    expect(stale.status).toBe(403)
    expect(stale.json.additionalInfo.reason).toBe('fresh_sign_in_required')
    const wrong = await person.client.patch('/user/me', { email: 'proves.stale@example.com', currentPassword: 'wrong-password' })
    expect(wrong.json.additionalInfo.errors).toMatchObject([{ path: 'currentPassword' }])
    expect(await mailsTo('proves.stale@example.com')).toEqual([])
    expect(await rowOf(person)).toMatchObject({ bio: null })
    expect((await askFor(person, 'proves.stale@example.com')).status).toBe(200)
    expect(await mailsTo('proves.stale@example.com')).toHaveLength(1)
  })

  test('is refused with everything that came with it, when one field is wrong', async () => {
    const [person, other] = [await signedInPerson('all_or_none'), await signedInPerson('name_is_taken')]
    for (const body of [
      { email: 'not an address' },
      { email: `${'x'.repeat(250)}@example.com` },
      { email: 'all.or.none@example.com', bio: '\u0007' },
      { email: 'all.or.none@example.com', username: other.username },
      { email: 'all.or.none@example.com', customData: {} },
    ]) {
      expect([400, 409]).toContain((await person.client.patch('/user/me', body)).status)
    }
    expect(await mailsTo('all.or.none@example.com')).toEqual([])
    expect(await eventsOf(person)).not.toContain('email_change_requested')
  })

  test('goes with a new password: the session goes on, the code counts', async () => {
    const person = await signedInPerson('both_at_once')
    const password = 'another-horse-battery-staple'
    const reply = await person.client.patch('/user/me', { email: 'both.new@example.com', password, currentPassword: PASSWORD })
    expect(reply.json.data.pendingEmail).toBe('both.new@example.com')
    expect((await person.client.get('/user/me')).status).toBe(200)
    expect((await verify(await newestCode('both.new@example.com'))).status).toBe(200)
    expect((await logIn({ ...person, email: 'both.new@example.com', password })).status).toBe(200)
  })
})

describe('the code', () => {
  test('ends after an hour, with a newer address, with a log-out everywhere and with a new password', async () => {
    const person = await signedInPerson('codes_that_end')
    await askFor(person, 'ends.late@example.com')
    clock.advance(61 * MINUTE)
    expect((await verify(await newestCode('ends.late@example.com'))).status).toBe(400)

    await askFor(person, 'ends.typo@example.com')
    await askFor(person, 'ends.right@example.com')
    expect((await verify(await newestCode('ends.typo@example.com'))).status).toBe(400)
    await person.client.get('/user/logout-all', { headers: { 'sec-fetch-site': 'same-origin' } })
    expect((await verify(await newestCode('ends.right@example.com'))).status).toBe(400)

    await logIn(person)
    await askFor(person, 'ends.password@example.com')
    await person.client.patch('/user/me', { password: 'another-horse-battery', currentPassword: PASSWORD })
    expect((await verify(await newestCode('ends.password@example.com'))).status).toBe(400)
    expect(await rowOf(person)).toMatchObject({ email: person.email })
  })

  test('is mailed once in 30 seconds to one address, is the same again, and the reply does not show it', async () => {
    const person = await signedInPerson('asks_often')
    const first = await askFor(person, 'often.new@example.com')
    const second = await askFor(person, 'often.new@example.com')
    expect(second.json).toEqual(first.json)
    expect(await mailsTo('often.new@example.com')).toHaveLength(1)
    clock.advance(31_000)
    await askFor(person, 'often.new@example.com')
    const mails = await mailsTo('often.new@example.com')
    expect(mails).toHaveLength(2)
    expect((await verify(await newestCode('often.new@example.com'))).status).toBe(200)
  })

  test('is mailed to at most 10 addresses a day for one account', async () => {
    const person = await signedInPerson('floods_others')
    let mails = 0
    for (let n = 0; n < 12; n++) {
      expect((await person.client.patch('/user/me', { email: `flood${n}@example.com` })).status).toBe(200)
      mails += (await mailsTo(`flood${n}@example.com`)).length
    }
    expect(mails).toBe(10)
    expect((await eventsOf(person)).filter((type) => type === 'email_change_requested')).toHaveLength(10)
  })

  test('that was mailed to the old address is void after the change', async () => {
    const person = await signedInPerson('old_reset_codes')
    await new Client().post('/user/code', { email: person.email })
    const reset = await newestCode(person.email)
    await askFor(person, 'old.reset.new@example.com')
    await verify(await newestCode('old.reset.new@example.com'))
    expect((await new Client().post('/user/reset-password', { code: reset, password: 'taken-over-by-a-thief' })).status).toBe(400)
    clock.advance(MINUTE)
    await new Client().post('/user/code', { email: person.email })
    expect((await mailsTo(person.email)).filter(({ subject }) => /new password/.test(subject))).toHaveLength(1)
  })
})

describe('an address that belongs to somebody', () => {
  test('answers like a free one; its owner is told, and no code works', async () => {
    const [owner, person] = [await signedInPerson('has_address'), await signedInPerson('wants_address')]
    const free = await askFor(person, 'nobody.has@example.com')
    const taken = await askFor(person, owner.email)
    expect(taken.status).toBe(free.status)
    expect(taken.text.replaceAll(owner.email, '@')).toBe(free.text.replaceAll('nobody.has@example.com', '@'))
    expect([...taken.headers.keys()]).toEqual([...free.headers.keys()])
    const [mail] = await mailsTo(owner.email)
    expect(mail?.subject).toBe('You already have an account with Kith')
    expect(mail?.text).not.toMatch(/wants_address|[a-z2-9]{3}-[a-z2-9]{3}-/)
    expect(await rowOf(owner)).toMatchObject({ email: owner.email })
  })

  test('costs the same statements as a free one', async () => {
    const [owner, person] = [await signedInPerson('has_address_2'), await signedInPerson('wants_address_2')]
    const measure = async (email: string) => {
      platform.counts.reset()
      await person.client.patch('/user/me', { email })
      return platform.statements.map(({ sql }) => sql)
    }
    expect(await measure(owner.email)).toEqual(await measure('free.address@example.com'))
  })

  test('whoever verifies it first has it: the other code is refused like any wrong one', async () => {
    const [first, second] = [await signedInPerson('first_to_prove'), await signedInPerson('second_to_prove')]
    await askFor(first, 'wanted.by.two@example.com')
    const firstCode = await newestCode('wanted.by.two@example.com')
    clock.advance(31_000)
    await askFor(second, 'wanted.by.two@example.com')
    const secondCode = await newestCode('wanted.by.two@example.com')
    expect(firstCode).not.toBe(secondCode)
    const replies = await Promise.all([verify(firstCode), verify(secondCode)])
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400])
    expect((await verify('aaa-aaa-aaa-aaa-aaa-aaa-aaa-aaa')).text).toBe(replies.find(({ status }) => status === 400)?.text)
  })

  test('a sign-up that waits for the same address loses to the change, and never verifies', async () => {
    const person = await signedInPerson('changes_to_it')
    await signUp('signs_up_with', 'contested@example.com')
    const signUpCode = await newestCode('contested@example.com')
    await askFor(person, 'contested@example.com')
    expect((await verify(await newestCode('contested@example.com'))).status).toBe(200)
    expect((await verify(signUpCode)).status).toBe(400)
  })
})

describe('the old address', () => {
  test('is told, and undoes the change once: the address is back, all sessions are ended', async () => {
    const { person, undoCode } = await changed('undoes_once', 'undoes.new@example.com')
    const [notice] = await mailsTo(person.email)
    expect(notice?.subject).toBe('Your Kith account has a new email address')
    expect(notice?.text).toContain('expires in 7 days')
    await logIn(person)
    const replies = await Promise.all(Array.from({ length: 64 }, () => undo(undoCode)))
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(replies.find(({ status }) => status === 400)?.json.additionalInfo.errors).toMatchObject([{ path: 'code' }])
    expect(await rowOf(person)).toMatchObject({ email: person.email, email_key: person.email })
    expect((await person.client.get('/user/me')).status).toBe(401)
    expect((await mailsTo('undoes.new@example.com'))[0]?.subject).toBe('The email address of your Kith account was changed back')
    expect((await eventsOf(person)).at(-1)).toBe('email_change_undone')
  })

  test('can undo whatever a thief does meanwhile: log out everywhere, new password, more changes', async () => {
    const { person, undoCode } = await changed('robbed_person', 'thief.one@example.com')
    await logIn(person)
    await person.client.get('/user/logout-all', { headers: { 'sec-fetch-site': 'same-origin' } })
    await logIn(person)
    const password = 'now-it-is-all-mine-haha'
    await person.client.patch('/user/me', { password, currentPassword: PASSWORD })
    await person.client.patch('/user/me', { email: 'thief.two@example.com' })
    await verify(await newestCode('thief.two@example.com'))
    expect((await mailsTo('thief.one@example.com'))[0]?.text).not.toContain('/email/undo')
    await logIn({ ...person, password })
    await person.client.patch('/user/me', { email: 'thief.three@example.com' })
    const thiefsPending = await newestCode('thief.three@example.com')

    clock.advance(6 * DAY)
    expect((await undo(undoCode)).status).toBe(200)
    expect(await rowOf(person)).toMatchObject({ email: person.email })
    expect((await verify(thiefsPending)).status).toBe(400)
    await new Client().post('/user/code', { email: person.email })
    const reset = await newestCode(person.email)
    expect((await new Client().post('/user/reset-password', { code: reset, password: PASSWORD })).status).toBe(200)
    expect((await logIn(person)).status).toBe(200)
  })

  test('has 7 days for it', async () => {
    const { undoCode } = await changed('undoes_late', 'undoes.late@example.com')
    clock.advance(7 * DAY + MINUTE)
    expect((await undo(undoCode)).status).toBe(400)
  })

  test('does not come back if somebody else has verified it in the meantime', async () => {
    const { person, undoCode } = await changed('gave_it_away', 'gave.away@example.com')
    clock.advance(MINUTE)
    const heir = await signUp('heir_of_address', person.email)
    expect((await verify(await newestCode(person.email))).status).toBe(200)
    expect((await undo(undoCode)).status).toBe(400)
    expect(await rowOf(person)).toMatchObject({ email: 'gave.away@example.com' })
    expect(await rowOf(heir)).toMatchObject({ email: person.email })
  })

  test('an undo code does not work as another code, nor vice versa', async () => {
    const { undoCode } = await changed('mixes_codes_up', 'mixes.new@example.com')
    expect((await verify(undoCode)).status).toBe(400)
    expect((await new Client().post('/user/reset-password', { code: undoCode, password: 'whatever-it-may-be' })).status).toBe(400)
    const person = await signedInPerson('mixes_codes_too')
    await askFor(person, 'mixes.too@example.com')
    expect((await undo(await newestCode('mixes.too@example.com'))).status).toBe(400)
  })
})

describe('faults', () => {
  test('a lost reply of the database neither loses nor repeats a change', async () => {
    const person = await signedInPerson('lost_replies')
    await askFor(person, 'lost.reply@example.com')
    const code = await newestCode('lost.reply@example.com')
    platform.faults.loseReply(2)
    expect((await verify(code)).status).toBe(200)
    expect(await rowOf(person)).toMatchObject({ email: 'lost.reply@example.com' })
    expect((await eventsOf(person)).filter((type) => type === 'email_changed')).toHaveLength(1)
  })
})
