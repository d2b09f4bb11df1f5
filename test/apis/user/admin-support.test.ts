// How administrators find people and help them sign in, over HTTP.
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { AdminUserListReply } from '../../../src/apis/user/administration/presenters.ts'
import { SessionsReply } from '../../../src/apis/user/sessions/presenters.ts'
import { clock } from '../../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn, personWithSecondFactor } from '../../support/actors.ts'
import { signedInAdmin } from '../../support/admins.ts'
import { codeOf, personWithApp, STEP_MS } from '../../support/authenticator.ts'
import { Client, mailsTo, newestCode, platform } from '../../support/kith.ts'
import { logIn, PASSWORD, type Person, signedInPerson, signUp, verifiedPerson } from '../../support/people.ts'
import { expectWrongField } from '../../support/replies.ts'
import { addPasskey, passkeySignIn, SoftwareAuthenticator } from '../../support/software-authenticator.ts'
import { bearerOf, userToken } from '../../support/tokens.ts'

const API = '/user/admin-api'
const NOBODY = '00000000000000000000abcd'
let admin: Person
let root: Person

beforeAll(async () => {
  admin = await signedInAdmin('support_admin')
  root = await signedInAdmin('support_root', 'super_admin')
})
afterEach(() => {
  clock.restore()
  platform.faults.clear()
})

const post = (what: string, body: Record<string, unknown>, by = admin) => by.client.post(`${API}/${what}`, body)
const isSignedIn = async ({ client }: { client: Client }) => (await client.get('/user/me')).status === 200
/** What the person sees of what happened, newest first. */
const trailOf = async ({ client }: Person): Promise<{ type: string; byAdmin: boolean; detail: string | null }[]> =>
  (await client.get('/user/audit')).json.data.records
const lastMailTo = async ({ email }: Person) => (await mailsTo(email, 1))[0]

describe('finding people', () => {
  const find = async (query: string) => {
    const reply = await admin.client.get(`${API}/list?limit=100&query=${encodeURIComponent(query)}`)
    expect(reply.status, reply.text).toBe(200)
    AdminUserListReply.parse(reply.json)
    return reply.json.data.records.map(({ username }: { username: string }) => username)
  }

  test('by id, address, user name and the beginning of a name, in any case and with blanks around it', async () => {
    const person = await verifiedPerson('findable_fay')
    await person.client.post('/user/login', { username: person.username, password: PASSWORD })
    await person.client.patch('/user/me', { firstName: 'Félicité', lastName: 'Wondergem' })
    for (const query of [
      person.id,
      'findable_fay',
      'FINDABLE',
      'findable_fay@example.com',
      ' Findable_Fay@EXAMPLE.com ',
      'felicit',
      'wonder',
    ]) {
      expect(await find(query), query).toEqual(['findable_fay'])
    }
    for (const query of ['findable_fay@example.org', 'ondergem', '%', '_', NOBODY, "' OR 1=1 --", '😀'])
      expect(await find(query), query).toEqual([])
    expectWrongField(await admin.client.get(`${API}/list?query=%20`), 'query')
  })

  test('including unverified, banned and deleted people; filters apply', async () => {
    const unproved = await signUp('seeking_one')
    const banned = await verifiedPerson('seeking_two')
    await post('ban', { target: banned.id, state: true })
    await post('delete', { target: (await verifiedPerson('seeking_three')).id })
    expect(await find(unproved.email)).toEqual(['seeking_one'])
    expect(await find('seeking')).toEqual(['seeking_three', 'seeking_two', 'seeking_one'])
    const filtered = await admin.client.get(`${API}/list?query=seeking&banned=true`)
    expect(filtered.json.data.records).toHaveLength(1)
    const next = await admin.client.get(`${API}/list?query=seeking&limit=2&offset=${banned.id}`)
    expect(next.json.data.records.map(({ username }: Person) => username)).toEqual(['seeking_one'])
  })
})

describe('where somebody is signed in', () => {
  test('is listed with device and place, and no session of it is the administrator’s own', async () => {
    const person = await signedInPerson('listed_liz')
    await userToken(person, ['delegated:all'])
    const reply = await admin.client.get(`${API}/sessions?target=${person.id}`)
    expect(SessionsReply.parse(reply.json)).toEqual(reply.json)
    expect(reply.json.data.records).toHaveLength(2)
    expect(reply.json.data.records.at(-1)).toMatchObject({ current: false, clientId: null, userAgent: 'kith-test/1.0' })
    expect((await admin.client.get(`${API}/sessions?target=${person.id}&limit=1`)).json.data.records).toHaveLength(1)
    expect((await admin.client.get(`${API}/sessions?target=${NOBODY}`)).status).toBe(404)
  })

  test('one session is ended and no other; the person sees it and gets a mail', async () => {
    const person = await signedInPerson('ended_once')
    const elsewhere = { ...person, client: new Client() }
    await logIn(person, elsewhere.client)
    const { records } = (await admin.client.get(`${API}/sessions?target=${person.id}`)).json.data
    expect((await post('end-sessions', { target: person.id, session: records[1]._id })).status).toBe(200)
    expect([await isSignedIn(person), await isSignedIn(elsewhere)]).toEqual([false, true])
    expect((await trailOf(elsewhere))[0]).toMatchObject({ type: 'session_revoked', byAdmin: true })
    expect((await lastMailTo(person))?.text).toContain('One of your devices was signed out.')
    expect((await post('end-sessions', { target: person.id, session: records[1]._id })).status).toBe(404)
    expect((await post('end-sessions', { target: admin.id, session: records[0]._id }, root)).status).toBe(404)
    expect(await isSignedIn(elsewhere)).toBe(true)
  })

  test('all sessions and tokens end at once; the person sees it and gets a mail', async () => {
    const person = await signedInPerson('ended_all')
    const app = { client: bearerOf(await userToken(person, ['delegated:all'])) }
    expect(await isSignedIn(app)).toBe(true)
    expect((await post('end-sessions', { target: person.id })).status).toBe(200)
    expect([await isSignedIn(person), await isSignedIn(app)]).toEqual([false, false])
    await logIn(person)
    expect((await trailOf(person)).find(({ type }) => type === 'signed_out_everywhere')).toMatchObject({ byAdmin: true })
    expect((await lastMailTo(person))?.subject).toContain('changed by an administrator')
  })
})

describe('a lost second factor', () => {
  test('is taken off with its recovery codes; every session ends, the password alone signs in, and a mail tells of it', async () => {
    clock.freeze()
    const person = await personWithApp('lost_phone')
    const waiting = await pendingLogIn(person)
    const shown = await admin.client.get(`${API}/2fa?target=${person.id}`)
    expect(shown.json.data).toMatchObject({ '2faEnabled': true, methods: [{ method: 'totp' }], recoveryCodesLeft: 10 })
    expect((await post('remove-2fa', { target: person.id })).status).toBe(200)
    expect(await isSignedIn(person)).toBe(false)
    clock.advance(STEP_MS)
    expect((await answer(waiting, codeOf(person.secret))).status).toBe(400)
    const reply = await logIn(person)
    expect([reply.status, reply.json.data['2faEnabled'] ?? false]).toEqual([200, false])
    expect(await count('recovery_codes WHERE user_id = ?', idOf(person.id))).toBe(0)
    expect(await count('totp_credentials WHERE user_id = ?', idOf(person.id))).toBe(0)
    const event = (await trailOf(person)).find(({ type }) => type === 'second_factor_off')
    expect(event).toMatchObject({ byAdmin: true, detail: 'totp' })
    expect((await mailsTo(person.email)).some(({ text }) => text.includes('Two-step sign-in was turned off.'))).toBe(true)
  })

  test('one of two is taken off, the other stays, and so do the recovery codes', async () => {
    const person = await personWithApp('two_factors')
    await answer(await pendingLogIn(person, person.client), person.recoveryCodes[0] ?? '', person.client)
    expect((await person.client.post('/user/2fa', { state: true })).status).toBe(200)
    expect((await post('remove-2fa', { target: person.id, method: 'totp' })).status).toBe(200)
    expect((await admin.client.get(`${API}/2fa?target=${person.id}`)).json.data).toMatchObject({
      methods: [{ method: 'email' }],
      recoveryCodesLeft: 9,
    })
    expect((await lastMailTo(person))?.text).toContain('The authenticator app was removed.')
    await answer(await pendingLogIn(person, person.client), await newestCode(person.email), person.client)
    expect(await isSignedIn(person)).toBe(true)
  })

  test('passkeys are taken off by name alone, and with them what they opened', async () => {
    const person = await signedInPerson('lost_passkeys')
    const authenticator = new SoftwareAuthenticator()
    await addPasskey(person.client, authenticator)
    expect((await post('remove-2fa', { target: person.id })).status).toBe(200)
    expect(await count('passkeys WHERE user_id = ?', idOf(person.id))).toBe(1)
    expect((await post('remove-2fa', { target: person.id, method: 'passkey' })).status).toBe(200)
    expect([await count('passkeys WHERE user_id = ?', idOf(person.id)), await isSignedIn(person)]).toEqual([0, false])
    expect((await passkeySignIn(new Client(), authenticator)).status).toBe(401)
    await logIn(person)
    expect((await trailOf(person)).find(({ type }) => type === 'passkey_removed')).toMatchObject({ byAdmin: true })
    expect((await lastMailTo(person))?.text).toContain('Your passkeys were removed.')
  })

  test('taken off twice, or where none is on, nothing changes and nobody is signed out', async () => {
    const person = await signedInPerson('without_any')
    const events = (await trailOf(person)).length
    for (const body of [{}, { method: 'totp' }, { method: 'passkey' }])
      expect((await post('remove-2fa', { target: person.id, ...body })).status).toBe(200)
    expect(await isSignedIn(person)).toBe(true)
    expect(await trailOf(person)).toHaveLength(events)
  })

  test('64 at once count as one: one event, one mail, one step of the epoch', async () => {
    const person = await personWithSecondFactor('raced_off')
    const before = await count('audit_events WHERE user_id = ?', idOf(person.id))
    const replies = await Promise.all(Array.from({ length: 64 }, () => post('remove-2fa', { target: person.id })))
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await count('audit_events WHERE user_id = ?', idOf(person.id))).toBe(before + 1)
    expect(await count("mail_outbox WHERE user_id = ? AND kind = 'changed_by_admin'", idOf(person.id))).toBe(1)
    expect(await count('users WHERE id = ? AND epoch = 1', idOf(person.id))).toBe(1)
  })
})

describe('codes that are mailed again', () => {
  test('a verification code reaches only somebody who has not verified the address', async () => {
    clock.freeze()
    const person = await signUp('unproved_uma')
    // The mail of the sign-up was a moment ago.
    clock.advance(30_000)
    expect((await post('resend-verification', { target: person.id })).status).toBe(200)
    const again = await post('resend-verification', { target: person.id })
    expect([again.status, again.headers.get('retry-after')]).toEqual([429, '30'])
    expect(await mailsTo(person.email)).toHaveLength(2)
    expect((await person.client.post('/user/verify-email', { code: await newestCode(person.email) })).status).toBe(200)
    await logIn(person)
    expect((await trailOf(person)).filter(({ type }) => type === 'verification_sent')).toMatchObject([{ byAdmin: true }])
    const late = await post('resend-verification', { target: person.id })
    expect([late.status, late.json.additionalInfo.errors[0].path]).toEqual([400, 'target'])
  })

  test('a code for a new password works as if its owner had asked for it', async () => {
    const person = await verifiedPerson('forgetful_flo')
    expect((await post('send-password-reset', { target: person.id })).status).toBe(200)
    const fresh = 'another-horse-entirely-9'
    expect((await new Client().post('/user/reset-password', { code: await newestCode(person.email), password: fresh })).status).toBe(200)
    await logIn({ ...person, password: fresh })
    expect((await trailOf(person)).find(({ type }) => type === 'password_reset_requested')).toMatchObject({ byAdmin: true })
    const refused = await post('send-password-reset', { target: (await signUp('unproved_urs')).id })
    expect(refused.json.additionalInfo.errors[0]).toMatchObject({ path: 'target', msg: 'has no verified address' })
  })

  test('no code is mailed to whoever is banned or deleted for good: the refusal says which', async () => {
    const [proved, unproved, gone] = [await verifiedPerson('banned_bea'), await signUp('banned_bob'), await verifiedPerson('gone_gus')]
    for (const { id } of [proved, unproved]) await post('ban', { target: id, state: true })
    await post('delete', { target: gone.id })
    for (const [what, { id }, reason] of [
      ['send-password-reset', proved, 'target_banned'],
      ['resend-verification', unproved, 'target_banned'],
      ['send-password-reset', gone, 'target_deleted'],
    ] as const) {
      const { status, json } = await post(what, { target: id })
      expect([what, status, json.additionalInfo]).toMatchObject([
        what,
        400,
        { reason, errors: [{ path: 'target', msg: 'cannot sign in' }] },
      ])
    }
  })
})

const ACTS = ['end-sessions', 'remove-2fa', 'resend-verification', 'send-password-reset']

describe.each(ACTS)('%s', (what) => {
  test('is for those below: neither an equal nor a higher rank, nor oneself; unknown is 404', async () => {
    const equal = await signedInAdmin(newName('equal'))
    for (const target of [equal, root]) {
      const refused = await post(what, { target: target.id })
      expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'rank'])
      expect(await isSignedIn(target)).toBe(true)
    }
    expect([400, 403]).toContain((await post(what, { target: admin.id })).status)
    expect((await post(what, { target: NOBODY })).status).toBe(404)
  })
})

describe.each(['end-sessions', 'remove-2fa'])('%s', (what) => {
  test('takes a fresh sign-in with a browser', async () => {
    const person = await personWithSecondFactor('guarded')
    const tokened = bearerOf(await userToken(root, ['*']))
    const refused = await tokened.post(`${API}/${what}`, { target: person.id })
    expect([refused.status, refused.json.additionalInfo.reason]).toEqual([403, 'browser_sign_in_required'])
    clock.freeze(Date.now() + 11 * 60_000)
    const stale = await post(what, { target: person.id })
    expect([stale.status, stale.json.additionalInfo.reason]).toEqual([403, 'fresh_sign_in_required'])
    expect(await count('second_factors WHERE user_id = ?', idOf(person.id))).toBe(1)
  })

  test('what D1 may or may not have done is done once', async () => {
    for (const fault of ['failStatement', 'loseReply'] as const) {
      const person = await personWithSecondFactor('ambiguous')
      platform.faults[fault](2)
      expect((await post(what, { target: person.id })).status).toBe(200)
      platform.faults.clear()
      expect(await count('users WHERE id = ? AND epoch = 1', idOf(person.id))).toBe(1)
      expect(await count("mail_outbox WHERE user_id = ? AND kind = 'changed_by_admin'", idOf(person.id))).toBe(1)
    }
  })
})
