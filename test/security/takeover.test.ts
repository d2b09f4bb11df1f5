// A thief who has the password, a token or the mailbox, and wants the account for good (security rows 10, 18 to 20, 27): each
// test is an attack that once worked, played to the end.
import { describe, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import {
  answer,
  attempts,
  count,
  idOf,
  newName,
  pendingLogIn,
  personWithSecondFactor,
  resetCode,
  rows,
  wrongCodes,
} from '../support/actors.ts'
import { type AppPerson, codeOf, personWithApp, STEP_MS, wrongCodeOf } from '../support/authenticator.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { makeApiKey } from '../support/machines.ts'
import { browserOf } from '../support/pages.ts'
import { logIn, PASSWORD, type Person, signedInPerson } from '../support/people.ts'
import { addPasskey, passkeySignIn, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { bearerOf, userToken } from '../support/tokens.ts'
import { StandIn } from '../support/upstream.ts'
import { identitiesOf, linkWith, UpstreamBrowser } from '../support/upstream-browser.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const SUBJECT = 'Your Kith account has a new email address'

freezeEachTest()

const reasonOf = ({ status, json }: Reply) => [status, json.additionalInfo?.reason]
const verify = (code: string) => new Client().post('/user/verify-email', { code })
const undo = (code: string) => new Client().post('/user/undo-email-change', { code })
const emailOf = async (person: Person) => (await rows<{ email: string }>('SELECT email FROM users WHERE id = ?', idOf(person.id)))[0]?.email

/** Somebody with the password changes the address, from a browser of their own. */
async function moveTo(person: Person, email: string): Promise<void> {
  clock.advance(MINUTE)
  const client = new Client()
  await logIn(person, client)
  const asked = await client.patch('/user/me', { email, currentPassword: person.password })
  if (asked.status !== 200) throw new Error(asked.text)
  const proved = await verify(await newestCode(email))
  if (proved.status !== 200) throw new Error(proved.text)
}

/** Signed in with the app's code. */
async function throughApp(person: AppPerson, client = new Client()): Promise<Client> {
  clock.advance(STEP_MS)
  const reply = await answer(await pendingLogIn(person, client), codeOf(person.secret), client)
  if (reply.status !== 200) throw new Error(reply.text)
  return client
}

describe('a thief who has changed the address', () => {
  test('loses with the undo every passkey added meanwhile; the old address is told of each', async () => {
    const owner = await signedInPerson(newName('moved_key'))
    await moveTo(owner, `${newName('evil')}@example.com`)
    const code = await newestCode(owner.email)
    const client = new Client()
    await logIn(owner, client)
    const passkey = new SoftwareAuthenticator()
    expect((await addPasskey(client, passkey)).status).toBe(201)
    expect((await mailsTo(owner.email))[0]?.subject).toBe('A passkey was added to your Kith account')
    expect((await undo(code)).status).toBe(200)
    expect((await passkeySignIn(new Client(), passkey)).status).toBe(401)
  })

  test('loses with the undo every account at another provider connected meanwhile; the old address is told of each', async () => {
    const provider = new StandIn()
    const owner = await signedInPerson(newName('moved_link'))
    await moveTo(owner, `${newName('evil')}@example.com`)
    const code = await newestCode(owner.email)
    const thief = new UpstreamBrowser(provider)
    await browserOf(owner, thief)
    await linkWith(thief, provider, { sub: 'of the thief' })
    expect(await identitiesOf(provider)).toEqual({ 'of the thief': owner.username })
    expect((await mailsTo(owner.email))[0]?.subject).toBe('A new way to sign in to your Kith account')
    expect((await undo(code)).status).toBe(200)
    expect(await identitiesOf(provider)).toEqual({})
  })

  test('gets no undo when the owner changes it back, and none of the later ones', async () => {
    const owner = await signedInPerson(newName('robbed'))
    const evil = `${newName('evil')}@example.com`
    await moveTo(owner, evil)
    const undoOfOwner = await newestCode(owner.email)
    await moveTo(owner, owner.email)
    const [notice] = await mailsTo(evil)
    expect([notice?.subject, notice?.text]).toEqual([SUBJECT, expect.not.stringMatching(/\/email\/undo|^(\w{3}-){7}\w{3}$/m)])
    expect(await count("challenges WHERE user_id = ? AND purpose = 'undo_email_change' AND consumed_at IS NULL", idOf(owner.id))).toBe(0)
    // The change back was that undo: its code is used up.
    expect((await undo(undoOfOwner)).status).toBe(400)
    expect(await emailOf(owner)).toBe(owner.email)
    // Later changes start anew: the thief, who still has the password, moves the address again.
    await moveTo(owner, `again.${evil}`)
    expect((await undo(await newestCode(owner.email))).status).toBe(200)
    expect(await emailOf(owner)).toBe(owner.email)
  })

  test('who moves it on leaves the first address its undo, for 7 days from then', async () => {
    const owner = await signedInPerson(newName('moved_on'))
    const [one, two] = [`${newName('one')}@example.com`, `${newName('two')}@example.com`]
    await moveTo(owner, one)
    const undoOfOwner = await newestCode(owner.email)
    clock.advance(6 * DAY)
    await moveTo(owner, two)
    expect((await mailsTo(one))[0]?.text).toContain('it went to the address you had then')
    clock.advance(6 * DAY)
    expect((await undo(undoOfOwner)).status).toBe(200)
    expect(await emailOf(owner)).toBe(owner.email)
  })
})

describe('a thief who has changed the user name as often as it goes', () => {
  test('does not keep the owner from taking the old one back, and neither gets another new one', async () => {
    const owner = await signedInPerson(newName('renamed'))
    const thief = new Client()
    await logIn(owner, thief)
    const name = newName('not_mine')
    for (const n of [1, 2, 3]) expect((await thief.patch('/user/me', { username: `${name}_${n}` })).status).toBe(200)
    const password = 'a-password-of-the-owner'
    expect((await new Client().post('/user/reset-password', { code: await resetCode(owner), password })).status).toBe(200)
    const client = new Client()
    await logIn({ ...owner, username: `${name}_3`, password }, client)
    const back = await client.patch('/user/me', { username: owner.username, bio: 'Mine again.' })
    expect([back.status, back.json.data?.user.username, back.json.data?.user.bio]).toEqual([200, owner.username, 'Mine again.'])
    expect(reasonOf(await client.patch('/user/me', { username: `${name}_4` }))).toEqual([429, 'username_changed_too_often'])
    const other = await signedInPerson(newName('waits'))
    expect((await other.client.patch('/user/me', { username: `${name}_3` })).status).toBe(409)
  })
})

describe('a thief who has changed the password and deletes the account', () => {
  test('does not keep its owner out: a new password comes by mail, and brings it back', async () => {
    const owner = await signedInPerson(newName('erased'))
    const thief = new Client()
    await logIn(owner, thief)
    const changed = await thief.patch('/user/me', { currentPassword: PASSWORD, password: 'a-password-of-the-thief' })
    expect([changed.status, (await thief.delete('/user/me', { body: {} })).status]).toEqual([200, 200])
    clock.advance(MINUTE)
    expect((await logIn(owner, new Client())).status).toBe(401)
    const password = 'a-password-of-the-owner'
    const reset = await new Client().post('/user/reset-password', { code: await resetCode(owner), password })
    expect(reset.status).toBe(200)
    // The password alone restores nothing: that takes the whole sign-in.
    expect((await thief.get(`/user/${owner.id}`)).status).toBe(401)
    expect((await logIn({ ...owner, password: 'a-password-of-the-thief' }, new Client())).status).toBe(401)
    const client = new Client()
    expect((await logIn({ ...owner, password }, client)).status).toBe(200)
    expect((await client.get('/user/me')).status).toBe(200)
    const subjects = (await mailsTo(owner.email)).map(({ subject }) => subject)
    expect(subjects.filter((subject) => subject.includes('password was changed'))).toHaveLength(2)
  })
})

describe('with a second factor on, the password alone', () => {
  test('leads mails and resets to no other address: neither in an app, nor in a browser without the factor', async () => {
    const owner = await personWithSecondFactor('by_mail')
    const evil = `${newName('evil')}@example.com`
    const change = { email: evil, currentPassword: owner.password }
    expect(reasonOf(await bearerOf(await userToken(owner)).patch('/user/me', change))).toEqual([403, 'browser_sign_in_required'])
    await rows('DELETE FROM second_factors WHERE user_id = ?', idOf(owner.id))
    const thief = new Client()
    await logIn(owner, thief)
    await rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(owner.id))
    expect(reasonOf(await thief.patch('/user/me', change))).toEqual([403, 'second_factor_required'])
    expect(reasonOf(await thief.patch('/user/me', { ...change, currentPassword: 'wrong' }))).toEqual([403, 'second_factor_required'])
    expect(await mailsTo(evil)).toEqual([])
    const own = new Client()
    expect((await answer(await pendingLogIn(owner, own), await newestCode(owner.email), own)).status).toBe(200)
    expect((await own.patch('/user/me', { email: evil })).status).toBe(200)
    clock.advance(11 * MINUTE)
    expect(reasonOf(await own.patch('/user/me', { email: `${evil}.org`, currentPassword: PASSWORD }))).toEqual([
      403,
      'fresh_sign_in_required',
    ])
  })

  test('gets nothing of a change that it had asked for before the factor came on', async () => {
    const owner = await signedInPerson(newName('prepared'))
    const evil = `${newName('evil')}@example.com`
    await owner.client.patch('/user/me', { email: evil, currentPassword: PASSWORD })
    const code = await newestCode(evil)
    clock.advance(1000)
    await logIn(owner)
    expect((await owner.client.post('/user/2fa', { state: true })).status).toBe(200)
    expect((await verify(code)).status).toBe(400)
    expect(await emailOf(owner)).toBe(owner.email)
  })
})

describe('codes by email', () => {
  test('are switched on by no token under an API key, which asks for passwords itself', async () => {
    const owner = await signedInPerson(newName('keyed'))
    const headers = { apikey: (await makeApiKey()).secret }
    const login = await new Client().post('/epixel/v1/user/login', { username: owner.username, password: PASSWORD }, { headers })
    const reply = await bearerOf(login.json.access).post('/user/2fa', { state: true })
    expect(reasonOf(reply)).toEqual([403, 'browser_sign_in_required'])
    expect(await count('second_factors WHERE user_id = ?', idOf(owner.id))).toBe(0)
  })

  test('an app switches on where nothing is on yet, as the older API has it, and beside an authenticator app never', async () => {
    const owner = await signedInPerson(newName('first_factor'))
    const app = bearerOf(await userToken(owner))
    expect((await app.post('/user/2fa', { state: true })).status).toBe(200)
    expect((await app.post('/user/2fa', { state: true })).status, 'once more').toBe(200)
    const guarded = await personWithApp('guarded')
    expect(reasonOf(await bearerOf(await userToken(guarded)).post('/user/2fa', { state: true }))).toEqual([403, 'browser_sign_in_required'])
    expect(reasonOf(await guarded.client.post('/user/2fa', { state: true })), 'the password alone').toEqual([403, 'second_factor_required'])
    expect((await (await throughApp(guarded)).post('/user/2fa', { state: true })).status).toBe(200)
  })

  test('whoever reads them does not get past the authenticator app: nothing of the factors or the address changes', async () => {
    const owner = await personWithApp('mailbox_read')
    await (await throughApp(owner)).post('/user/2fa', { state: true })
    const thief = new Client()
    const pending = await pendingLogIn(owner, thief)
    await thief.post('/user/2fa/email', { ...pending })
    expect((await answer(pending, await newestCode(owner.email), thief)).status).toBe(200)
    for (const send of [
      () => thief.delete('/user/2fa/totp'),
      () => thief.post('/user/2fa/totp'),
      () => thief.post('/user/2fa/recovery-codes'),
      () => thief.post('/user/2fa', { state: false }),
      () => thief.patch('/user/me', { email: 'evil@example.com' }),
    ]) {
      expect(reasonOf(await send())).toEqual([403, 'second_factor_required'])
    }
    // Nor by a new password, after which the session keeps the factor of its sign-in.
    expect((await thief.patch('/user/me', { password: 'a password of the thief', currentPassword: PASSWORD })).status).toBe(200)
    expect(reasonOf(await thief.delete('/user/2fa/totp'))).toEqual([403, 'second_factor_required'])
    const own = new Client()
    const recovered = await pendingLogIn({ ...owner, password: 'a password of the thief' }, own)
    expect((await answer(recovered, owner.recoveryCodes[0] ?? '', own)).status).toBe(200)
    expect((await own.delete('/user/2fa/totp')).status).toBe(200)
  })
})

describe('what a sign-in took is what it proves', () => {
  /** New recovery codes take a sign-in with the strongest factor that is on. */
  async function proves(owner: Person, amr: string, secondFactor: string | null) {
    await rows('UPDATE sessions SET amr = ?, second_factor = ? WHERE user_id = ?', amr, secondFactor, idOf(owner.id))
    return (await owner.client.post('/user/2fa/recovery-codes')).status === 200
  }

  test('a mailed code or another provider alone is one factor, a passkey is two, and a mailed code is no passkey', async () => {
    const byMail = await personWithSecondFactor('proof_mail')
    await logIn(byMail)
    await answer(await pendingLogIn(byMail, byMail.client), await newestCode(byMail.email), byMail.client)
    const byApp = await personWithApp('proof_app')
    for (const amr of ['pwd', 'otp', 'fed', 'pwd otp', 'otp user']) {
      expect([amr, await proves(byMail, amr, null), await proves(byApp, amr, null)]).toEqual([amr, false, false])
    }
    for (const amr of ['swk user mfa', 'hwk user mfa', 'otp swk user mfa', 'fed hwk user mfa']) {
      expect([amr, await proves(byMail, amr, 'passkey'), await proves(byApp, amr, 'passkey')]).toEqual([amr, true, true])
    }
    expect([await proves(byMail, 'pwd otp mfa', 'email'), await proves(byApp, 'pwd otp mfa', 'email')]).toEqual([true, false])
  })

  test('a new password leaves the new session what the old one was, and its age if it took two factors', async () => {
    const owner = await signedInPerson(newName('keeps_amr'))
    let password = PASSWORD
    for (const [amr, secondFactor, isNew] of [
      ['swk user mfa', 'passkey', false],
      ['pwd', null, true],
      ['otp', null, true],
    ] as const) {
      const before = Date.now() - 5 * MINUTE
      await rows(
        'UPDATE sessions SET amr = ?, second_factor = ?, authenticated_at = ? WHERE user_id = ?',
        amr,
        secondFactor,
        before,
        idOf(owner.id),
      )
      const next = `${password}+`
      expect((await owner.client.patch('/user/me', { password: next, currentPassword: password })).status).toBe(200)
      password = next
      const [session] = await rows('SELECT * FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', idOf(owner.id))
      expect(session).toMatchObject({ amr, second_factor: secondFactor, authenticated_at: isNew ? Date.now() : before })
    }
  })
})

describe('guesses at a second factor', () => {
  const failures = (person: Person) => attempts(`second-factor-month:${idOf(person.id)}`)

  test('at an authenticator app go on being counted when the password is reset', async () => {
    const owner = await personWithApp('reset_app')
    await answer(await pendingLogIn(owner), wrongCodeOf(owner.secret))
    await new Client().post('/user/reset-password', { code: await resetCode(owner), password: 'another long password' })
    expect(await failures(owner)).toBe(1)
  })

  test('at mailed codes go on being counted as well', async () => {
    const owner = await personWithSecondFactor('reset_mail')
    const pending = await pendingLogIn(owner)
    for (const code of wrongCodes(await newestCode(owner.email), 2)) await answer(pending, code)
    expect(await failures(owner)).toBe(2)
    await new Client().post('/user/reset-password', { code: await resetCode(owner), password: 'another long password' })
    expect(await failures(owner)).toBe(2)
  })

  test('are told to the owner: at five in a row, and not at each of them', async () => {
    const owner = await personWithApp('told')
    const told = async () => (await mailsTo(owner.email)).filter(({ subject }) => subject === 'Wrong sign-in codes for your Kith account')
    const pending = await pendingLogIn(owner)
    for (let n = 0; n < 4; n++) await answer(pending, wrongCodeOf(owner.secret))
    expect(await told()).toEqual([])
    await answer(pending, wrongCodeOf(owner.secret))
    const [mail, ...more] = await told()
    expect([mail?.text, more]).toEqual([expect.stringContaining('5 wrong codes'), []])
    await answer(await pendingLogIn(owner), wrongCodeOf(owner.secret))
    expect(await told()).toHaveLength(1)
  })
})
