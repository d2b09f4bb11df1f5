// Invite codes over HTTP, in every mode (wire §3.1-3.3; security row 64).
import { describe, expect, test } from 'vitest'
import { InviteCodesReply } from '../../../src/apis/user/invite-codes/presenters.ts'
import { count, idOf } from '../../support/actors.ts'
import { Client, db, mailsTo, newestCode, type Options, platform, type Reply } from '../../support/kith.ts'
import { logIn, type Person, signedInPerson, signUpBody, verifiedPerson } from '../../support/people.ts'

const INVITE_ONLY = { env: { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '0' } } satisfies Options

interface Code {
  code: string
  createdAt: string
  updatedAt: string
  targetId?: string
}

const OPEN = { env: { INVITE_CODE_WINDOW_SECONDS: '0' } } satisfies Options

const look = (person: Person, options: Options = INVITE_ONLY) => person.client.get('/user/invite-codes', options)
const codesOf = async (person: Person): Promise<Code[]> => (await look(person)).json.data.inviteCodes
const join = (username: string, inviteCode?: unknown, more: Record<string, unknown> = {}, options: Options = INVITE_ONLY): Promise<Reply> =>
  new Client().post('/user/create', { ...signUpBody(username), ...(inviteCode === undefined ? {} : { inviteCode }), ...more }, options)
const countUsers = (pattern: string) => count('users WHERE username LIKE ?', pattern)

async function newCode(username: string): Promise<{ owner: Person; code: string }> {
  const owner = await signedInPerson(username)
  return { owner, code: (await codesOf(owner))[0]?.code ?? '' }
}

describe('the codes of a person', () => {
  test('five, made on first access, the same ever after', async () => {
    const person = await signedInPerson('first_look')
    const first = await look(person)
    expect(first.status).toBe(200)
    expect(InviteCodesReply.parse(first.json)).toEqual(first.json)
    const codes: Code[] = first.json.data.inviteCodes
    expect(codes).toHaveLength(5)
    expect(new Set(codes.map(({ code }) => code)).size).toBe(5)
    for (const code of codes) expect(Object.keys(code)).toEqual(['code', 'createdAt', 'updatedAt'])
    expect(await codesOf(person)).toEqual(codes)
  })

  test('64 first requests at once find the same five', async () => {
    const person = await signedInPerson('many_looks')
    const lists = await Promise.all(Array.from({ length: 64 }, () => codesOf(person)))
    for (const list of lists) expect(list).toEqual(lists[0])
    expect(lists[0]).toHaveLength(5)
  })

  test('two letters, four digits, thirteen digits, drawn alike and without a time', async () => {
    const codes: string[] = []
    for (let round = 0; round < 3; round++) {
      const person = await signedInPerson(`many_codes_${round}`)
      const reply = await look(person, { env: { ...INVITE_ONLY.env, INVITES_PER_PERSON: '100' } })
      codes.push(...reply.json.data.inviteCodes.map(({ code }: Code) => code))
    }
    expect(new Set(codes).size).toBe(300)
    for (const code of codes) expect(code).toMatch(/^[A-Z]{2}-\d{4}-\d{13}$/)
    expect(new Set(codes.flatMap((code) => [...code.slice(0, 2)])).size).toBe(26)
    for (let place = 8; place < 21; place++) expect(new Set(codes.map((code) => code[place])).size, `place ${place}`).toBe(10)
    const year = 31_536_000_000
    expect(codes.filter((code) => Math.abs(Number(code.slice(8)) - Date.now()) < year).length).toBeLessThan(20)
  })

  test('more per person makes more, fewer takes none back', async () => {
    const person = await signedInPerson('more_and_fewer')
    const five = await codesOf(person)
    const seven = (await look(person, { env: { ...INVITE_ONLY.env, INVITES_PER_PERSON: '7' } })).json.data.inviteCodes
    expect(seven).toHaveLength(7)
    expect(seven.slice(0, 5)).toEqual(five)
    expect((await look(person, { env: { ...INVITE_ONLY.env, INVITES_PER_PERSON: '2' } })).json.data.inviteCodes).toEqual(seven)
    const none = await signedInPerson('without_codes')
    expect((await look(none, { env: { ...INVITE_ONLY.env, INVITES_PER_PERSON: '0' } })).json.data.inviteCodes).toEqual([])
  })

  test('an account younger than the window waits, and is told how long', async () => {
    const person = await signedInPerson('too_young_yet')
    const reply = await look(person, { env: { INVITE_ONLY: 'on', INVITE_CODE_WINDOW_SECONDS: '1000' } })
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({ ok: 0, error: 'InviteCodesHidden' })
    const { waitTime } = reply.json.additionalInfo
    expect(waitTime).toBeGreaterThan(900)
    expect(waitTime).toBeLessThanOrEqual(1000)
    expect(Number(reply.headers.get('retry-after'))).toBe(waitTime)
    expect(await count('invite_codes WHERE owner_id = ?', idOf(person.id))).toBe(0)
    await db.prepare("UPDATE users SET created_at = created_at - 9000 WHERE username = 'too_young_yet'").run()
    expect((await look(person, { env: { INVITE_ONLY: 'on' } })).json.additionalInfo?.waitTime ?? 0).toBeLessThanOrEqual(1)
    await db.prepare("UPDATE users SET created_at = created_at - 1000 WHERE username = 'too_young_yet'").run()
    expect((await look(person, { env: { INVITE_ONLY: 'on' } })).status).toBe(200)
  })

  test('the same codes where signing up is open, for whoever is signed in', async () => {
    const person = await signedInPerson('mode_is_off')
    const reply = await look(person, OPEN)
    expect(reply.status).toBe(200)
    expect(reply.json.data.inviteCodes).toHaveLength(5)
    expect(reply.json.data.inviteCodes).toEqual(await codesOf(person))
    expect((await new Client().get('/user/invite-codes')).status).toBe(401)
    expect((await new Client().get('/user/invite-codes', INVITE_ONLY)).status).toBe(401)
  })
})

describe('sign-up with a code', () => {
  test('makes the account, and the owner sees whose it is', async () => {
    const { owner, code } = await newCode('inviting_ida')
    const reply = await join('invited_ines', code)
    expect(reply.status).toBe(201)
    const [used, ...rest] = await codesOf(owner)
    expect(used).toMatchObject({ code, targetId: reply.json.data.user._id })
    expect(Date.parse(used?.updatedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(used?.createdAt ?? ''))
    expect(rest.every(({ targetId }) => targetId === undefined)).toBe(true)
    const client = new Client()
    await client.post('/user/verify-email', { code: await newestCode('invited_ines@example.com') })
    const person = { ...owner, username: 'invited_ines', client }
    expect((await logIn(person)).status).toBe(200)
    expect(await codesOf(person)).toHaveLength(5)
  })

  test('in any case, with blanks around it, without its dashes, and with other dashes and digits', async () => {
    const [one, two, three] = (await codesOf(await signedInPerson('sloppy_typist'))).map(({ code }) => code)
    const dashed = three?.replaceAll('-', '\u2013').replace(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'.charAt(Number(digit)))
    for (const [n, typed] of [`  ${one?.toLowerCase()} `, two?.replaceAll('-', ''), dashed].entries()) {
      expect((await join(`sloppy_typed_${n}`, typed)).status, typed).toBe(201)
    }
  })

  test.each([
    ['none', undefined],
    ['an empty one', ''],
    ['a blank one', '  '],
    ['a wrong one', 'AA-0000-0000000000000'],
    ['a pattern', '%'],
    ['SQL', "' OR 1=1 --"],
  ])('%s is InvalidInviteCode, and nothing is made', async (_what, code) => {
    const reply = await join('never_invited', code)
    expect(reply.status).toBe(400)
    expect(reply.json).toMatchObject({
      ok: 0,
      error: 'InvalidInviteCode',
      additionalInfo: { errors: [{ path: 'inviteCode', location: 'body' }] },
    })
    expect(await countUsers('never_invited')).toBe(0)
    expect(await mailsTo('never_invited@example.com')).toEqual([])
  })

  test('a used one is refused like a wrong one', async () => {
    const { code } = await newCode('used_up_owner')
    await join('used_up_first', code)
    const [used, wrong] = [await join('used_up_second', code), await join('used_up_second', 'AA-0000-0000000000000')]
    expect(used.status).toBe(400)
    expect(used.text).toBe(wrong.text)
    expect(await countUsers('used_up_second')).toBe(0)
  })

  test('one of a banned or deleted owner is refused, and good again once the ban is over', async () => {
    const { code } = await newCode('gone_owner_1')
    const set = (columns: string) => db.prepare(`UPDATE users SET ${columns} WHERE username = 'gone_owner_1'`).run()
    for (const gone of ['banned_at = 1', 'banned_at = NULL, deleted_at = 1']) {
      await set(gone)
      for (const mode of [INVITE_ONLY, OPEN]) expect((await join('gone_guest_1', code, {}, mode)).json.error).toBe('InvalidInviteCode')
    }
    await set('deleted_at = NULL, banned_at = 1, banned_until = 2')
    expect((await join('gone_guest_1', code)).status).toBe(201)
  })

  test.each([
    ['invite-only', INVITE_ONLY],
    ['open', OPEN],
  ])('64 sign-ups at once with one code make exactly one account (%s)', async (name, mode) => {
    const guest = `racer_${name.slice(0, 4)}`
    const { owner, code } = await newCode(`${guest}_owner`)
    const replies = await Promise.all(Array.from({ length: 64 }, (_, i) => join(`${guest}_${i}`, code, {}, mode)))
    const statuses = replies.map(({ status }) => status)
    expect(statuses.filter((status) => status === 201)).toHaveLength(1)
    for (const reply of replies) {
      // The queue for password hashes is short: some are asked to come back.
      if (reply.status !== 201) expect([400, 503]).toContain(reply.status)
      if (reply.status === 400) expect(reply.json.error).toBe('InvalidInviteCode')
    }
    expect(await countUsers(`${guest}_%`), 'the owner and one guest').toBe(2)
    const winner = replies.find(({ status }) => status === 201)?.json.data.user._id
    expect((await codesOf(owner))[0]?.targetId).toBe(winner)
    for (const table of ['credentials', 'search_strings', 'mail_outbox']) {
      expect(await count(`${table} WHERE user_id NOT IN (SELECT id FROM users)`), table).toBe(0)
    }
  })

  test('an account that is not made leaves the code unused', async () => {
    const { owner, code } = await newCode('unspent_owner')
    await verifiedPerson('name_is_taken')
    const taken = await join('Name_Is_Taken', code)
    expect(taken.status).toBe(409)
    expect(taken.json.additionalInfo).toEqual({ duplicateFields: ['username'] })
    expect((await join('unspent_guest', code, { password: 'password' })).status).toBe(400)
    expect((await codesOf(owner))[0]).not.toHaveProperty('targetId')
    expect((await join('unspent_guest', code)).status).toBe(201)
  })

  test('64 sign-ups for one user name with 64 codes use exactly one of them', async () => {
    const owner = await signedInPerson('name_race_owner')
    const reply = await look(owner, { env: { ...INVITE_ONLY.env, INVITES_PER_PERSON: '64' } })
    const codes: Code[] = reply.json.data.inviteCodes
    const replies = await Promise.all(codes.map(({ code }, i) => join('name_race_guest', code, { email: `name_race_${i}@example.com` })))
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(1)
    expect((await codesOf(owner)).filter(({ targetId }) => targetId !== undefined)).toHaveLength(1)
  })

  test('a taken address answers as a free one does, and uses the code as it does', async () => {
    const { owner } = await newCode('alike_owner_1')
    const [one, two] = await codesOf(owner)
    const known = await verifiedPerson('alike_known_1')
    const free = await join('alike_guest_1', one?.code, { email: 'alike_free@example.com' })
    const taken = await join('alike_guest_2', two?.code, { email: known.email })
    expect([free.status, taken.status]).toEqual([201, 201])
    const shape = (reply: Reply) => {
      const { _id, username, email, createdAt, updatedAt, ...rest } = reply.json.data.user
      return { rest, keys: Object.keys(reply.json.data.user) }
    }
    expect(shape(taken)).toEqual(shape(free))
    expect((await codesOf(owner)).slice(0, 2)).toMatchObject([
      { targetId: free.json.data.user._id },
      { targetId: taken.json.data.user._id },
    ])
  })

  test('a reply lost after the commit, and a batch that failed, are one account and one used code all the same', async () => {
    const { owner } = await newCode('lost_reply_1')
    const [one, two] = await codesOf(owner)
    // The first operation looks for what is taken, the second writes.
    platform.faults.loseReply(2)
    expect((await join('lost_reply_2', one?.code)).status).toBe(201)
    platform.faults.clear()
    platform.faults.failStatement(2)
    expect((await join('lost_reply_3', two?.code)).status).toBe(201)
    platform.faults.clear()
    expect((await codesOf(owner)).filter(({ targetId }) => targetId !== undefined)).toHaveLength(2)
    expect(await countUsers('lost_reply_%')).toBe(3)
  })

  test('where signing up is open, a code says who invited whom; without one it works too, a wrong or used one is refused by name', async () => {
    const { owner, code } = await newCode('open_door_1')
    const guest = await join('open_door_2', code, {}, OPEN)
    expect(guest.status).toBe(201)
    const [again, wrong] = [await join('open_door_3', code, {}, OPEN), await join('open_door_3', 'nonsense', {}, OPEN)]
    expect(again.text).toBe(wrong.text)
    expect([wrong.status, wrong.json]).toMatchObject([
      400,
      {
        error: 'InvalidInviteCode',
        additionalInfo: { errors: [{ path: 'inviteCode', location: 'body', msg: expect.stringContaining('leave it empty') }] },
      },
    ])
    expect(await countUsers('open_door_3')).toBe(0)
    expect(await mailsTo('open_door_3@example.com')).toEqual([])
    for (const [index, none] of [undefined, '', ' '].entries()) {
      expect((await join(`open_door_${index + 4}`, none, {}, OPEN)).status).toBe(201)
    }
    const [used, ...others] = await codesOf(owner)
    expect(used?.targetId).toBe(guest.json.data.user._id)
    for (const other of others) expect(other).not.toHaveProperty('targetId')
  })
})

describe('configuration', () => {
  test.each([
    { INVITES_PER_PERSON: 'many' },
    { INVITES_PER_PERSON: '-1' },
    { INVITES_PER_PERSON: '101' },
    { INVITE_CODE_WINDOW_SECONDS: '1.5' },
    { INVITE_ONLY: 'perhaps' },
  ])('%j is refused by name', async (env) => {
    const reply = await new Client().get('/health', { env })
    expect(reply.status).toBeGreaterThanOrEqual(500)
  })
  test('empty values are the defaults', async () => {
    const person = await signedInPerson('empty_values')
    const reply = await look(person, { env: { INVITE_ONLY: '', INVITES_PER_PERSON: '', INVITE_CODE_WINDOW_SECONDS: '' } })
    // An account has to be ten seconds old.
    expect(reply.json.additionalInfo.waitTime).toBeLessThanOrEqual(10)
  })
})
