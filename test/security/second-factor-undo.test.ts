// A thief who has only the password and puts a second factor on an account that had none; and a thief who only reads the mail,
// for whom the undo must be useless. Each test plays to the end.
import { describe, expect, test, vi } from 'vitest'
import { clock } from '../platform/clock.ts'
import { answer, count, idOf, newName, pendingLogIn, resetCode, rows } from '../support/actors.ts'
import { signedInAdmin } from '../support/admins.ts'
import { codeOf, enrol, personWithApp, STEP_MS } from '../support/authenticator.ts'
import { freezeEachTest } from '../support/frozen.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { fillIn, formOf, open, send } from '../support/pages.ts'
import { logIn, PASSWORD, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { addPasskey, passkeySignIn, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { atTheLine, race } from '../support/start-line.ts'
import { bearerOf, userToken } from '../support/tokens.ts'

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE
const NEXT = 'a-password-of-the-thief'

freezeEachTest()

/** Signed in with only the password, and an authenticator app on. */
async function thiefWithApp(owner: Person, client = new Client()) {
  await logIn(owner, client)
  return { client, ...(await enrol(client)) }
}

const undoLinks = async (address: string) =>
  (await mailsTo(address)).flatMap(({ text }) => /^https:\/\/kith\.test(\/two-step\/undo\?code=\S+)$/m.exec(text)?.[1] ?? [])

/** Opens the newest undo link and sends it with the password. */
async function undo(address: string, password = PASSWORD, link?: string): Promise<Reply> {
  const client = new Client()
  const [newest] = link ? [link] : await undoLinks(address)
  if (newest === undefined) throw new Error(`no undo was mailed to ${address}`)
  const page = await open(client, newest)
  return page.status === 200 ? send(client, formOf(page), { password }) : page
}

async function reset(person: Person, password: string): Promise<void> {
  const reply = await new Client().post('/user/reset-password', { code: await resetCode(person), password })
  if (reply.status !== 200) throw new Error(reply.text)
}

const statusOf = async (person: Person, password: string) => (await logIn({ ...person, password }, new Client())).status
const factorsOf = (person: Person) => count('second_factors WHERE user_id = ?', idOf(person.id))

describe('a thief with only the password who puts the first factor on', () => {
  test('loses it, every session and the password; the owner signs in with a new password alone', async () => {
    const owner = await verifiedPerson(newName('locked_out'))
    const thief = await thiefWithApp(owner)
    expect((await thief.client.get('/user/me')).status).toBe(200)
    const reply = await undo(owner.email)
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/forgot?notice=two_step_undone'])
    expect((await thief.client.get('/user/me')).status).toBe(401)
    for (const table of ['second_factors', 'totp_credentials', 'recovery_codes']) {
      expect(await count(`${table} WHERE user_id = ?`, idOf(owner.id)), table).toBe(0)
    }
    // Until the owner has a new password, the one that the thief knows does not work.
    expect(await statusOf(owner, PASSWORD)).toBe(401)
    expect((await mailsTo(owner.email))[0]?.subject).toBe('Two-step sign-in was undone for Kith')
    await reset(owner, 'quite-another-horse')
    const signedIn = await logIn({ ...owner, password: 'quite-another-horse' }, new Client())
    expect([signedIn.status, signedIn.json.data['2faEnabled'] ?? false]).toEqual([200, false])
    expect(await rows("SELECT type FROM audit_events WHERE user_id = ? AND type = 'second_factor_undone'", idOf(owner.id))).toHaveLength(1)
  })

  test('loses a passkey and an account at another provider that were added before it, too', async () => {
    const owner = await verifiedPerson(newName('planted'))
    const client = new Client()
    await logIn(owner, client)
    const passkey = new SoftwareAuthenticator()
    expect((await addPasskey(client, passkey)).status).toBe(201)
    await rows(
      "INSERT INTO upstream_identities (id, user_id, issuer, subject, created_at) VALUES (1, ?, 'https://id.example', 'thief', 0)",
      idOf(owner.id),
    )
    await enrol(client)
    expect((await undo(owner.email)).status).toBe(303)
    expect((await passkeySignIn(new Client(), passkey)).status).toBe(401)
    expect(await count('passkeys WHERE user_id = ?', idOf(owner.id))).toBe(0)
    expect(await count('upstream_identities WHERE user_id = ?', idOf(owner.id))).toBe(0)
  })

  test('of either kind, through an app too, and with all that a thief does next: new passwords, another address, deletion', async () => {
    const owner = await signedInPerson(newName('by_mail'))
    expect((await bearerOf(await userToken(owner)).post('/user/2fa', { state: true })).status).toBe(200)
    expect((await undo(owner.email)).status).toBe(303)
    expect(await factorsOf(owner)).toBe(0)

    const other = await verifiedPerson(newName('moved'))
    const { client, secret } = await thiefWithApp(other)
    const [link] = await undoLinks(other.email)
    const evil = `${newName('evil')}@example.com`
    clock.advance(STEP_MS)
    await answer(await pendingLogIn(other, client), codeOf(secret), client)
    expect((await client.patch('/user/me', { password: NEXT, currentPassword: PASSWORD })).status).toBe(200)
    expect((await client.patch('/user/me', { email: evil })).status).toBe(200)
    expect((await new Client().post('/user/verify-email', { code: await newestCode(evil) })).status).toBe(200)
    clock.advance(STEP_MS)
    await answer(await pendingLogIn({ ...other, password: NEXT }, client), codeOf(secret), client)
    expect((await client.fetch('/user/me', { method: 'DELETE', body: { password: NEXT } })).status).toBe(200)
    clock.advance(6 * DAY)
    expect((await undo(other.email, PASSWORD, link)).status).toBe(303)
    expect(await factorsOf(other)).toBe(0)
    expect(await rows('SELECT deleted_at FROM users WHERE id = ?', idOf(other.id))).toEqual([{ deleted_at: null }])
  })

  test('loses it wherever the clock stood meanwhile: it may tick during a request, and stand a little behind on another machine', async () => {
    const ticking = await signedInPerson(newName('ticking'))
    clock.restore()
    let now = Date.now()
    const ticks = vi.spyOn(Date, 'now').mockImplementation(() => now++)
    expect((await ticking.client.post('/user/2fa', { state: true })).status).toBe(200)
    ticks.mockRestore()
    clock.freeze()
    expect((await undo(ticking.email)).status).toBe(303)
    expect(await factorsOf(ticking)).toBe(0)

    const behind = await signedInPerson(newName('behind'))
    expect((await behind.client.post('/user/2fa', { state: true })).status).toBe(200)
    const [link] = await undoLinks(behind.email)
    await answer(await pendingLogIn(behind, behind.client), await newestCode(behind.email), behind.client)
    clock.advance(-2_000)
    await enrol(behind.client)
    clock.advance(2_000)
    expect(await factorsOf(behind)).toBe(2)
    expect((await undo(behind.email, PASSWORD, link)).status).toBe(303)
    expect(await factorsOf(behind)).toBe(0)
  })

  test('gains nothing by changing the password before: the one until then counts, the oldest of the last 7 days', async () => {
    const owner = await verifiedPerson(newName('changed_first'))
    const thief = new Client()
    await logIn(owner, thief)
    await thief.patch('/user/me', { password: NEXT, currentPassword: PASSWORD })
    await thief.patch('/user/me', { password: `${NEXT}-2`, currentPassword: NEXT })
    await thiefWithApp({ ...owner, password: `${NEXT}-2` }, thief)
    // The owner sets a new password first, as the mail says.
    await reset(owner, 'quite-another-horse')
    expect((await undo(owner.email, 'quite-another-horse')).status).toBe(400)
    expect((await undo(owner.email)).status).toBe(303)
    expect(await factorsOf(owner)).toBe(0)
  })

  test('nor by changing the address before, and having the password reset there: the address from before is told as well', async () => {
    const owner = await verifiedPerson(newName('address_first'))
    const evil = { ...owner, email: `${newName('evil')}@example.com` }
    const thief = new Client()
    await logIn(owner, thief)
    await thief.patch('/user/me', { email: evil.email, currentPassword: PASSWORD })
    expect((await new Client().post('/user/verify-email', { code: await newestCode(evil.email) })).status).toBe(200)
    clock.advance(MINUTE)
    await reset(evil, NEXT)
    await thiefWithApp({ ...owner, password: NEXT }, thief)
    expect(await undoLinks(evil.email)).toEqual(await undoLinks(owner.email))
    expect((await undo(owner.email)).status).toBe(303)
    // The thief resets the password and begins again; so does the owner.
    clock.advance(MINUTE)
    await reset(evil, `${NEXT}-2`)
    await thiefWithApp({ ...owner, password: `${NEXT}-2` }, thief)
    const [undoAddress = ''] = (await mailsTo(owner.email)).flatMap(({ text }) => /\/email\/undo\?code=\S+/.exec(text) ?? [])
    await fillIn(new Client(), undoAddress)
    expect((await undo(owner.email)).status).toBe(303)
    clock.advance(MINUTE)
    await reset(owner, 'quite-another-horse')
    expect(await statusOf(owner, 'quite-another-horse')).toBe(200)
    expect(await factorsOf(owner)).toBe(0)
  })
})

describe('a thief in a signed-in browser of somebody without a password', () => {
  const thiefOf = async (owner: Person) => {
    await rows("UPDATE credentials SET password_hash = '' WHERE user_id = ?", idOf(owner.id))
    return owner.client
  }

  test('keeps nothing: the code alone undoes the factor and the passkeys, and the owner comes back by mail', async () => {
    const owner = await signedInPerson(newName('no_password'))
    const thief = await thiefOf(owner)
    const [own, passkey] = [new SoftwareAuthenticator(), new SoftwareAuthenticator()]
    const added = await addPasskey(thief, own)
    expect((await addPasskey(thief, passkey)).status).toBe(201)
    expect((await passkeySignIn(thief, passkey)).status).toBe(200)
    await enrol(thief)
    expect((await thief.delete(`/user/passkeys/${added.json.data.passkey._id}`)).status).toBe(200)
    expect((await undo(owner.email, '')).headers.get('location')).toBe('/forgot?notice=two_step_undone')
    expect((await passkeySignIn(new Client(), passkey)).status).toBe(401)
    clock.advance(MINUTE)
    await reset(owner, 'quite-another-horse')
    expect(await statusOf(owner, 'quite-another-horse')).toBe(200)
    expect(await factorsOf(owner)).toBe(0)
  })

  test("nor by setting a password first; once that is a week old, it is the owner's", async () => {
    for (const [days, status] of [
      [0, 303],
      [8, 400],
    ] as const) {
      const owner = await signedInPerson(newName('none_before'))
      const thief = await thiefOf(owner)
      expect((await thief.patch('/user/me', { password: NEXT })).status).toBe(200)
      clock.advance(days * DAY)
      await thiefWithApp({ ...owner, password: NEXT }, thief)
      expect((await undo(owner.email, '')).status).toBe(status)
      expect(await factorsOf(owner)).toBe(status === 303 ? 0 : 1)
    }
  })
})

describe('a thief who reads only the mail', () => {
  test('does not get past a factor with it: not by a new password, nor by ten guesses', async () => {
    const owner = await personWithApp('mailbox')
    clock.advance(MINUTE)
    await reset(owner, NEXT)
    const [link] = await undoLinks(owner.email)
    for (const password of ['', NEXT]) expect((await undo(owner.email, password, link)).status, password).toBe(400)
    for (let n = 0; n < 8; n++) await undo(owner.email, `guess number ${n}`, link)
    // Ten were tried: the eleventh is not checked, though it is right.
    expect((await undo(owner.email, PASSWORD, link)).status).toBe(400)
    expect(await factorsOf(owner)).toBe(1)
  })

  test('nor with a password that they have set by mail and changed themselves, before the owner came back', async () => {
    const owner = await verifiedPerson(newName('came_back'))
    await reset(owner, NEXT)
    const thief = new Client()
    await logIn({ ...owner, password: NEXT }, thief)
    await thief.patch('/user/me', { password: `${NEXT}-2`, currentPassword: NEXT })
    clock.advance(MINUTE)
    await reset(owner, 'quite-another-horse')
    const client = new Client()
    await logIn({ ...owner, password: 'quite-another-horse' }, client)
    await enrol(client)
    for (const password of [PASSWORD, NEXT, `${NEXT}-2`]) expect((await undo(owner.email, password)).status, password).toBe(400)
    expect((await undo(owner.email, 'quite-another-horse')).status).toBe(303)
  })
})

test('what was mailed before an administrator helped is void: a new password, and the last factor taken off', async () => {
  const admin = await signedInAdmin('undo_helper')
  const help: ((target: string) => Promise<Reply>)[] = [
    (target) => admin.client.patch('/user/admin-api/update', { target, password: NEXT }),
    (target) => admin.client.post('/user/admin-api/remove-2fa', { target }),
  ]
  for (const act of help) {
    const owner = await personWithApp('helped')
    const [link] = await undoLinks(owner.email)
    expect((await act(owner.id)).status).toBe(200)
    expect((await new Client().get(link ?? '')).status).toBe(410)
  }
})

test('an account that had a factor before gets no undo; one lasts 7 days, and says so when it is over', async () => {
  const owner = await personWithApp('had_one')
  const [first] = await undoLinks(owner.email)
  clock.advance(STEP_MS)
  await answer(await pendingLogIn(owner, owner.client), codeOf(owner.secret), owner.client)
  expect((await owner.client.post('/user/2fa', { state: true })).status).toBe(200)
  expect((await mailsTo(owner.email))[0]?.subject).toBe('Two-step sign-in was changed for Kith')
  expect(await undoLinks(owner.email)).toEqual([first])
  clock.advance(7 * DAY)
  expect((await new Client().get(first ?? '')).status).toBe(410)
  expect(await factorsOf(owner)).toBe(2)
})

test('of 64 who undo at once one does; no more than ten passwords are judged', async () => {
  const owner = await verifiedPerson(newName('raced'))
  await thiefWithApp(owner)
  const [link = ''] = await undoLinks(owner.email)
  const forms = await Promise.all(
    Array.from({ length: 64 }, async () => {
      const client = new Client()
      return { client, form: formOf(await open(client, link)) }
    }),
  )
  const { replies, waited } = await race(
    forms.map(
      ({ client, form }) =>
        () =>
          send(client, form, { password: PASSWORD }, atTheLine),
    ),
    /UPDATE challenges SET consumed_at = \?, consumed_by/,
    8,
  )
  expect(waited).toBe(10)
  expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
  expect(replies.filter(({ status }) => status === 400)).toHaveLength(63)
  expect(await count("audit_events WHERE user_id = ? AND type = 'second_factor_undone'", idOf(owner.id))).toBe(1)
  expect(await factorsOf(owner)).toBe(0)
})
