// A new email address in the room epixel (wire §4.1, §4.2, §6.19, §6.20; security row 10): a checksum for the program, six
// digits for the new address, both sent with the profile; undo for the old one.
import { describe, expect, test } from 'vitest'
import { findOpenCode } from '../../../src/store/db/mailed-codes.ts'
import { clock } from '../../platform/clock.ts'
import { count, idOf, newName, resetCode, rows, wrongCodes } from '../../support/actors.ts'
import { freezeEachTest } from '../../support/frozen.ts'
import { Client, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { PASSWORD, signedInPerson, verifiedPerson } from '../../support/people.ts'
import { ROUNDS, ROUNDS_TIMEOUT_MS } from '../../support/runs.ts'
import { atTheLine, race } from '../../support/start-line.ts'
import { newCtx } from '../../support/tokens.ts'
import {
  Caller,
  DONE,
  expectErrors,
  INVALID,
  logInUnder,
  type Member,
  memberOf,
  newMember,
  profileOf,
  proofOf,
  sharedKey,
} from './harness.ts'

const MINUTE = 60_000
const REQUIRED = ['This field is required.']
const NO_MATCH = { token_field: ['Token is not matching.'] }

freezeEachTest()

const update = (member: Caller, fields: Record<string, unknown>, options = {}) => member.post('/user/update/profile/', fields, options)
const askFor = (member: Caller, email: unknown) => member.post('/user/token-generator/', { email })
const rowOf = async ({ person }: Member) => (await rows('SELECT * FROM users WHERE id = ?', idOf(person.id)))[0]
const openOf = ({ person }: Member) =>
  rows("SELECT * FROM challenges WHERE user_id = ? AND purpose = 'change_email_digits' AND consumed_at IS NULL", idOf(person.id))
const newAddress = () => `${newName('new')}@example.com`

describe('another address', () => {
  test('takes effect with the rest of the profile once both tokens are right, and ends every session', async () => {
    const member = await newMember(newName('changes'))
    const elsewhere = await memberOf(member.person)
    const email = newAddress()
    const reply = await askFor(member, email)
    expect([reply.status, Object.keys(reply.json)]).toEqual([200, ['status_code', 'errors', 'data']])
    expect(reply.json).toEqual({ status_code: 200, errors: {}, data: { token_checksum: expect.stringMatching(/^[\w-]{43}$/) } })
    const [mail] = await mailsTo(email)
    expect(mail).toMatchObject({ subject: 'Confirm your new email address for Kith' })
    expect(mail?.text).toMatch(/^\d{6}$/m)
    expect(mail?.text).toContain('10 minutes')
    expect(mail?.text).not.toMatch(/\/verify|Test/)
    expect((await profileOf(member)).UserProfile[0].email).toBe(member.person.email)

    const proof = { token_checksum_field: reply.json.data.token_checksum, token_field: await newestCode(email) }
    expect((await update(member, { email, first_name: 'Changed', ...proof })).json).toEqual(DONE)
    expect(await rowOf(member)).toMatchObject({ email, email_key: email, given_name: 'Changed' })
    for (const caller of [member, elsewhere]) expectErrors(await caller.get('/user/get/profile'), 401, { detail: INVALID })
    expect((await new Caller(member.key, null).post('/user/token/refresh', { refresh: member.refresh })).status).toBe(401)
    expect((await logInUnder(await sharedKey(), email)).status).toBe(200)
    const events = await rows<{ type: string }>('SELECT type FROM audit_events WHERE user_id = ?', idOf(member.person.id))
    expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(['email_change_requested', 'email_changed']))
  })

  test('is announced to the old one, which can undo it', async () => {
    const member = await newMember(newName('undone'))
    const email = newAddress()
    await update(member, { email, ...(await proofOf(member, email)) })
    const [told] = await mailsTo(member.person.email, 1)
    expect(told?.subject).toBe('Your Kith account has a new email address')
    expect((await new Client().post('/user/undo-email-change', { code: await newestCode(member.person.email) })).status).toBe(200)
    expect(await rowOf(member)).toMatchObject({ email: member.person.email })
  })

  test('needs both fields, unlike the current address', async () => {
    const member = await newMember(newName('needs_both'))
    const email = newAddress()
    expectErrors(await update(member, { email }), 400, { token_checksum_field: REQUIRED, token_field: REQUIRED })
    expectErrors(await update(member, { email, token_field: '', token_checksum_field: ' ' }), 400, {
      token_checksum_field: REQUIRED,
      token_field: REQUIRED,
    })
    expectErrors(await update(member, { email, token_field: '123456' }), 400, { token_checksum_field: REQUIRED })
    expectErrors(await update(member, { email, token_checksum_field: 'x' }), 400, { token_field: REQUIRED })
    const present = { email: member.person.email, token_field: 'nonsense', token_checksum_field: 'nonsense' }
    expect((await update(member, present)).json).toEqual(DONE)
  })

  test('with the wrong token changes nothing, and the right one still works', async () => {
    const member = await newMember(newName('wrong_token'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    const before = await rowOf(member)
    const [wrong = ''] = wrongCodes(proof.token_field, 1)
    for (const change of [
      { token_field: wrong },
      { token_field: 'abcdef' },
      { token_field: `${proof.token_field}0` },
      { token_checksum_field: 'x'.repeat(43) },
    ]) {
      expectErrors(await update(member, { email, first_name: 'Half', last_name: 'Written', ...proof, ...change }), 400, NO_MATCH)
    }
    expectErrors(await update(member, { email: newAddress(), ...proof }), 400, NO_MATCH)
    expect(await rowOf(member)).toEqual(before)
    expect(await count('attempt_counters WHERE key = ?', `profile:${idOf(member.person.id)}`)).toBe(0)
    expect((await profileOf(member)).UserProfile[0]).toMatchObject({ first_name: 'Test', email: member.person.email })
    expect((await update(member, { email, first_name: 'Whole', ...proof })).json).toEqual(DONE)
    expect(await rowOf(member)).toMatchObject({ email, given_name: 'Whole' })
  })

  test('a wrong field beside the right tokens changes nothing, and uses nothing up', async () => {
    const member = await newMember(newName('wrong_beside'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    expect((await update(member, { email, ...proof, phone_number: '12' })).status).toBe(400)
    expect((await update(member, { email, ...proof }, { env: { EPIXEL_CHANGES_PER_DAY: '1' } })).json).toEqual(DONE)
  })

  test('the digits come as text, with spaces, or as a number that has lost its zeros', async () => {
    const ways = [
      (code: string) => Number(code),
      (code: string) => `${code.slice(0, 3)} ${code.slice(3)}`,
      (code: string) => String(Number(code)),
    ]
    for (const way of ways) {
      const member = await newMember(newName('typed'))
      const email = newAddress()
      const proof = await proofOf(member, email)
      expect((await update(member, { email, ...proof, token_field: way(proof.token_field) })).json).toEqual(DONE)
    }
  })

  test('five tries and no more, and asking again gives no others until a new mail goes', async () => {
    const member = await newMember(newName('five_tries'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    for (const token_field of wrongCodes(proof.token_field, 5)) {
      expectErrors(await update(member, { email, ...proof, token_field }), 400, NO_MATCH)
    }
    expectErrors(await update(member, { email, ...proof }), 400, NO_MATCH)
    // Within the pause between two mails there are no new digits, and nothing that could be tried.
    const { token_checksum } = (await askFor(member, email)).json.data
    expect(token_checksum).toMatch(/^[\w-]{43}$/)
    expect((await openOf(member)).filter(({ attempts }) => Number(attempts) < 5)).toEqual([])
    for (const token_field of wrongCodes(proof.token_field, 3)) {
      expectErrors(await update(member, { email, token_field, token_checksum_field: token_checksum }), 400, NO_MATCH)
    }
    clock.advance(30_001)
    expect((await update(member, { email, ...(await proofOf(member, email)) })).json).toEqual(DONE)
  })

  test('allows many concurrent callers as many attempts as one', async () => {
    const member = await newMember(newName('many_guesses'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    const starts = wrongCodes(proof.token_field, 64).map((token_field) => () => update(member, { email, ...proof, token_field }, atTheLine))
    const { replies, waited } = await race(starts, /UPDATE challenges SET attempts/)
    expect([waited, new Set(replies.map(({ status }) => status))]).toEqual([64, new Set([400])])
    expect(await openOf(member)).toMatchObject([{ attempts: 5 }])
  })

  test('asked for again while its digits are good, it is the same checksum and the same digits', async () => {
    const member = await newMember(newName('asks_again'))
    const email = newAddress()
    const first = await proofOf(member, email)
    expect((await askFor(member, email)).json.data.token_checksum).toBe(first.token_checksum_field)
    expect(await mailsTo(email)).toHaveLength(1)
    clock.advance(31_000)
    expect(await proofOf(member, email.toUpperCase())).toEqual(first)
    expect(await openOf(member)).toHaveLength(1)
    clock.advance(6 * MINUTE)
    const second = await proofOf(member, email)
    expect(second.token_checksum_field).not.toBe(first.token_checksum_field)
    expectErrors(await update(member, { email, ...first }), 400, NO_MATCH)
    expect((await update(member, { email, ...second })).json).toEqual(DONE)
  })

  test('after 10 minutes the digits are void', async () => {
    const member = await newMember(newName('too_late'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    clock.advance(10 * MINUTE)
    expectErrors(await update(member, { email, ...proof }), 400, NO_MATCH)
  })

  test('to another address in between, the digits for the first are void; and so are long codes of other rooms, either way', async () => {
    const person = await signedInPerson(newName('minds'))
    const member = await memberOf(person)
    const [one, two, three] = [newAddress(), newAddress(), newAddress()]
    const first = await proofOf(member, one)
    const second = await proofOf(member, two)
    expectErrors(await update(member, { email: one, ...first }), 400, NO_MATCH)
    await person.client.patch('/user/me', { email: three, currentPassword: PASSWORD })
    const long = await newestCode(three)
    expectErrors(await update(member, { email: two, ...second }), 400, NO_MATCH)
    await proofOf(member, newAddress())
    expect((await new Client().post('/user/verify-email', { code: long })).status).toBe(400)
  })

  test('digits and checksum open nothing elsewhere, and no other route tells whether they are right', async () => {
    const member = await newMember(newName('elsewhere'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    const { token_checksum_field: checksum, token_field: digits } = proof
    for (const code of [`${checksum} ${digits}`, checksum, digits]) {
      platform.counts.reset()
      expect((await new Client().post('/user/verify-email', { code })).status).toBe(400)
      // One look-up, right or wrong: the time of the answer depends on it.
      expect(platform.statements).toHaveLength(1)
      expect((await new Client().post('/user/undo-email-change', { code })).status).toBe(400)
      expect((await new Client().post('/user/reset-password', { code, password: PASSWORD })).status).toBe(400)
    }
    // Not by luck of the hash: whatever finds long codes does not find these.
    const [{ code_hash: hash } = {}] = await openOf(member)
    expect(await newCtx().db.one(findOpenCode(String(hash), Date.now()))).toBeNull()
    const other = await newMember(newName('other_user'))
    expectErrors(await update(other, { email, ...proof }), 400, NO_MATCH)
    expect(await openOf(member)).toMatchObject([{ attempts: 0 }])
    expect((await update(member, { email, ...proof })).json).toEqual(DONE)
  })

  test('a long code does not work as a pair of tokens', async () => {
    const person = await verifiedPerson(newName('long_code'))
    const member = await memberOf(person)
    const code = await resetCode(person)
    expectErrors(await update(member, { email: newAddress(), token_field: code, token_checksum_field: code }), 400, NO_MATCH)
    expect((await new Client().post('/user/reset-password', { code, password: 'battery-staple-horse-correct' })).status).toBe(200)
  })

  test('everything that ends sessions voids the digits', async () => {
    const member = await newMember(newName('voided'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    await rows('UPDATE users SET epoch = epoch + 1 WHERE id = ?', idOf(member.person.id))
    expectErrors(await update(await memberOf(member.person), { email, ...proof }), 400, NO_MATCH)
  })

  test('needs a log-in within the last 60 minutes to start', async () => {
    const member = await newMember(newName('not_fresh'))
    clock.advance(60 * MINUTE - 1000)
    expect((await askFor(member, newAddress())).status).toBe(200)
    clock.advance(1001)
    const refreshed = await new Caller(member.key, null).post('/user/token/refresh', { refresh: member.refresh })
    const stale = new Caller(member.key, refreshed.json.access)
    expectErrors(await askFor(stale, newAddress()), 403, { detail: 'Sign in again first' })
    expect((await askFor(await memberOf(member.person), newAddress())).status).toBe(200)
  })

  test('the current address, however written, starts nothing', async () => {
    const member = await newMember(newName('the_same'))
    const mails = (await mailsTo(member.person.email)).length
    const reply = await askFor(member, member.person.email.toUpperCase())
    expect(reply.json.data.token_checksum).toMatch(/^[\w-]{43}$/)
    expect([await openOf(member), (await mailsTo(member.person.email)).length]).toEqual([[], mails])
  })

  test.each([
    [undefined, 'This field is required.'],
    ['', 'This field is required.'],
    ['nobody', 'Enter a valid email address.'],
    ['a@b', 'Enter a valid email address.'],
  ])('%o is refused as an address', async (email, message) => {
    const member = await newMember(newName('no_address'))
    expectErrors(await askFor(member, email), 400, { email: [message] })
  })
})

describe('nobody learns who has an account', () => {
  test('a taken address answers like a free one; its owner gets a mail, and no digits work', async () => {
    const [member, owner] = [await newMember(newName('curious')), await verifiedPerson(newName('owner'))]
    const [free, taken] = [await askFor(member, newAddress()), await askFor(await newMember(newName('curious')), owner.email)]
    expect(taken.status).toBe(free.status)
    expect(Object.keys(taken.json.data)).toEqual(Object.keys(free.json.data))
    expect(taken.text).toHaveLength(free.text.length)
    const [mail] = await mailsTo(owner.email, 1)
    expect(mail?.subject).toBe('You already have an account with Kith')
    expect(mail?.text).not.toMatch(/\d{6}/)
  })

  test('right digits are refused if somebody else has verified the address in the meantime', async () => {
    const [one, two] = [await newMember(newName('first_one')), await newMember(newName('second_one'))]
    const email = newAddress()
    const first = await proofOf(one, email)
    clock.advance(31_000)
    const second = await proofOf(two, email)
    expect((await update(two, { email, ...second })).json).toEqual(DONE)
    const before = await rowOf(one)
    expectErrors(await update(one, { email, first_name: 'Nobody', ...first }), 400, NO_MATCH)
    expect(await rowOf(one)).toEqual(before)
  })

  test('mails are limited, and no answer shows it: 1 in 30 s and 10 a day, from all rooms together', async () => {
    const member = await newMember(newName('asks_much'))
    const email = newAddress()
    const texts = new Set<number>()
    for (let asked = 0; asked < 15; asked++) {
      const reply = await askFor(member, email)
      texts.add(reply.text.length)
      expect(reply.status).toBe(200)
      clock.advance(3 * MINUTE)
    }
    expect([texts.size, (await mailsTo(email)).length]).toEqual([1, 10])
    expect(await count("audit_events WHERE user_id = ? AND type = 'email_change_requested'", idOf(member.person.id))).toBe(10)
    // Without a mail there are no digits either, so there is nothing to guess.
    clock.advance(10 * MINUTE)
    await askFor(await memberOf(member.person), email)
    expect((await openOf(member)).filter(({ expires_at }) => Number(expires_at) > Date.now())).toEqual([])
  })
})

describe('under load and trouble', () => {
  test(
    'of 64 at once with the right tokens one changes the address, once',
    async () => {
      for (let round = 0; round < ROUNDS; round++) {
        const member = await newMember(newName('raced'))
        const email = newAddress()
        const proof = await proofOf(member, email)
        const starts = Array.from(
          { length: 64 },
          (_, n) => () => update(member, { email, phone_number: `${600_000_000 + n}`, ...proof }, atTheLine),
        )
        const { replies, waited } = await race(starts, /UPDATE challenges SET attempts/)
        expect([waited, replies.filter(({ status }) => status === 200).length]).toEqual([64, 1])
        for (const reply of replies.filter(({ status }) => status !== 200)) expectErrors(reply, 400, NO_MATCH)
        expect(await rowOf(member)).toMatchObject({
          email,
          epoch: 1,
          phone: `${600_000_000 + replies.findIndex(({ status }) => status === 200)}`,
        })
        expect((await mailsTo(member.person.email)).filter(({ subject }) => /new email address/.test(subject))).toHaveLength(1)
        expect(await rows('SELECT count FROM attempt_counters WHERE key = ?', `profile:${idOf(member.person.id)}`)).toEqual([{ count: 1 }])
      }
    },
    ROUNDS_TIMEOUT_MS,
  )

  test('two accounts at once for one address: one gets it', async () => {
    const members = [await newMember(newName('rival')), await newMember(newName('rival'))]
    const email = newAddress()
    const proofs: Awaited<ReturnType<typeof proofOf>>[] = []
    for (const member of members) {
      proofs.push(await proofOf(member, email))
      clock.advance(31_000)
    }
    const starts = members.map((member, n) => () => update(member, { email, ...proofs[n] }, atTheLine))
    const { replies } = await race(starts, /UPDATE challenges SET attempts/)
    expect(replies.map(({ status }) => status).sort()).toEqual([200, 400])
    expect(await count('users WHERE email_key = ?', email)).toBe(1)
  })

  test.each([
    ['failStatement', 1],
    ['failStatement', 2],
    ['loseReply', 1],
    ['loseReply', 2],
  ] as const)('%s(%i): all of it or nothing, and once', async (fault, at) => {
    const member = await newMember(newName('faulty'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    platform.faults[fault](at)
    const reply = await update(member, { email, first_name: 'Faulty', ...proof })
    platform.faults.clear()
    const row = await rowOf(member)
    if (reply.status === 200) expect(row).toMatchObject({ email, given_name: 'Faulty', epoch: 1 })
    else {
      expect([reply.status, row?.email, row?.given_name]).toEqual([503, member.person.email, 'Test'])
      expect((await update(member, { email, ...proof })).json).toEqual(DONE)
    }
  })

  test('over the limit of a day the right tokens change nothing, and are not used up', async () => {
    const member = await newMember(newName('over_limit'))
    const email = newAddress()
    const proof = await proofOf(member, email)
    const env = { EPIXEL_CHANGES_PER_DAY: '1' }
    await update(member, { email: member.person.email, first_name: 'One' }, { env })
    const refused = await update(member, { email, ...proof }, { env })
    expect([refused.status, refused.json.errors.detail]).toEqual([
      429,
      expect.stringMatching(/^Your daily profile update limit exceeded\./),
    ])
    expect(await openOf(member)).toMatchObject([{ attempts: 0 }])
    expect((await update(member, { email, ...proof })).json).toEqual(DONE)
  })
})
