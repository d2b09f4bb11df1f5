// Accounts without a password, from the sign-up page on: whatever asks for a password elsewhere takes a recent sign-in here.
import { afterEach, describe, expect, test } from 'vitest'
import { clock } from '../platform/clock.ts'
import { idOf, rows } from '../support/actors.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { browserOf, fillIn, follow, formOf, headingOf, linkNamed, mailedLink, open, send, signInOnPage } from '../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../support/people.ts'
import { addPasskey, SoftwareAuthenticator } from '../support/software-authenticator.ts'

const isSignedIn = async (client: Client) => (await client.get('/account')).status === 200
const hasField = (page: { text: string }, name: string) => page.text.includes(`name="${name}"`)

afterEach(() => clock.restore())

async function signUpWithout(username: string, query = '') {
  const client = new Client()
  const email = `${username}@example.com`
  const page = await open(client, linkNamed(await open(client, `/sign-up${query}`), 'Sign up without a password'))
  expect(hasField(page, 'password')).toBe(false)
  const sent = await send(client, formOf(page), { givenName: 'No', familyName: 'Password', username, email })
  return { client, email, username, sent }
}

/** Signed up and confirmed in the same browser. */
async function personWithout(username: string) {
  const { client, email, sent } = await signUpWithout(username)
  const arrived = await send(client, formOf(await follow(client, sent)), { code: await newestCode(email) })
  return { client, email, username, arrived }
}

describe('an account without a password', () => {
  test('is created with an address alone; confirming it in the same browser signs in, and leads to a passkey', async () => {
    const { client, username, arrived } = await personWithout('no_password_1')
    expect([arrived.status, arrived.headers.get('location'), await isSignedIn(client)]).toEqual([303, '/account/passkeys', true])
    expect(
      await rows('SELECT s.amr, s.second_factor FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.username = ?', username),
    ).toEqual([{ amr: 'otp', second_factor: null }])
  })

  test('keeps where its owner was going', async () => {
    const { client, email, sent } = await signUpWithout('no_password_2', '?return_to=/account/privacy')
    const page = await follow(client, sent)
    expect((await send(client, formOf(page), { code: await newestCode(email) })).headers.get('location')).toBe('/account/privacy')
  })

  test('confirmed half an hour later, may add its passkey at once: the code has just been used', async () => {
    const { client, email, sent } = await signUpWithout('no_password_10')
    const page = await follow(client, sent)
    clock.freeze(Date.now() + 30 * 60_000)
    await send(client, formOf(page), { code: await newestCode(email) })
    expect(headingOf(await open(client, '/account/passkeys/add'))).toBe('Add a passkey')
  })

  test('confirmed in another browser, signs nobody in there', async () => {
    const { email } = await signUpWithout('no_password_3')
    const other = new Client()
    const page = await follow(other, await send(other, formOf(await open(other, await mailedLink(email)))))
    expect([headingOf(page), await isSignedIn(other)]).toEqual(['Sign in', false])
  })

  test('is not offered where addresses are not verified, and refused if sent', async () => {
    const env = { REQUIRE_EMAIL_VERIFICATION: 'false' }
    const client = new Client()
    const page = await client.get('/sign-up?password=none', { env })
    expect([hasField(page, 'password'), page.text.includes('without a password')]).toEqual([true, false])
    const { password: _, ...fields } = formOf(page).fields
    const typed = { givenName: 'No', familyName: 'Password', username: 'no_password_4', email: 'no_password_4@example.com' }
    const reply = await send(client, { ...formOf(page), fields }, typed, { env })
    expect(reply.status).toBe(400)
    expect(await rows("SELECT 1 FROM users WHERE username = 'no_password_4'")).toEqual([])
  })

  test('no password is right, whatever is typed', async () => {
    const { username, email } = await personWithout('no_password_5')
    for (const password of ['', ' ', PASSWORD, '$scrypt$']) {
      expect((await new Client().post('/user/login', { username, password })).status).toBeGreaterThanOrEqual(400)
      expect((await new Client().post('/user/login', { email, password })).status).toBeGreaterThanOrEqual(400)
    }
    expect((await signInOnPage(new Client(), username, PASSWORD)).status).toBe(401)
  })

  test('reads nothing on its pages and in its mails that takes a password for granted', async () => {
    const { client, email } = await personWithout('no_password_12')
    const overview = /<main.*<\/main>/s.exec((await open(client, '/account')).text)?.[0] ?? ''
    expect(overview).toContain('You sign in with')
    // The family name is the only one.
    expect(overview.replaceAll('No Password', '')).not.toMatch(/\bpassword\b/i)
    for (const path of ['/account/two-step', '/account/two-step/app/remove'])
      expect((await open(client, path)).text).not.toContain('your password')
    await addPasskey(client, new SoftwareAuthenticator())
    const texts = (await mailsTo(email)).map(({ text }) => text)
    expect(texts.find((text) => text.includes('A passkey was added'))).toContain('If you have a password')
  })

  test('sets a password later without a current one, with a recent sign-in only; then both pages ask for it', async () => {
    const { client, username } = await personWithout('no_password_6')
    const page = await open(client, '/account/password')
    expect(hasField(page, 'currentPassword')).toBe(false)
    clock.freeze(Date.now() + 11 * 60_000)
    expect((await send(client, formOf(page), { password: PASSWORD })).headers.get('location')).toMatch(/^\/sign-in\?.*reauth=1/)
    clock.restore()
    expect((await send(client, formOf(page), { password: PASSWORD })).headers.get('location')).toContain('password_changed')
    expect((await signInOnPage(new Client(), username, PASSWORD)).headers.get('location')).toBe('/account')
    expect(hasField(await open(client, '/account/password'), 'currentPassword')).toBe(true)
  })

  test('gets a password through the mail', async () => {
    const { username, email } = await personWithout('no_password_7')
    const client = new Client()
    await fillIn(client, '/forgot', { email })
    await send(client, formOf(await open(client, await mailedLink(email))), { password: PASSWORD })
    expect((await signInOnPage(new Client(), username, PASSWORD)).headers.get('location')).toBe('/account')
  })

  test('is exported, moved to another address and deleted with a recent sign-in; with an old one, nothing happens', async () => {
    const { client, email } = await personWithout('no_password_8')
    const pages = await Promise.all(['/account/export', '/account/email', '/account/delete'].map((path) => open(client, path)))
    expect(pages.map((page) => hasField(page, 'password') || hasField(page, 'currentPassword'))).toEqual([false, false, false])
    const typed = [{}, { email: 'no_password_new@example.com' }, {}]
    const act = async (i: number) => send(client, formOf(pages[i] as Reply), typed[i] ?? {})
    clock.freeze(Date.now() + 11 * 60_000)
    for (const i of [0, 1, 2]) expect((await act(i)).headers.get('location')).toMatch(/^\/sign-in\?.*reauth=1/)
    clock.restore()
    expect((await act(0)).headers.get('content-disposition')).toContain('attachment')
    expect((await act(1)).headers.get('location')).toContain('email_pending')
    expect(await mailsTo('no_password_new@example.com')).toHaveLength(1)
    expect((await act(2)).headers.get('location')).toContain('deleted')
    expect(await rows('SELECT deleted_reason FROM users WHERE email = ?', email)).toEqual([{ deleted_reason: 'self' }])
  })

  test('an account with a password is not exported, moved or deleted by a form without it', async () => {
    const person = await verifiedPerson('no_password_9')
    const client = await browserOf(person)
    for (const path of ['/account/export', '/account/delete']) {
      const form = formOf(await open(client, path))
      expect((await send(client, form, { password: '' })).status).toBe(400)
    }
    expect(await rows('SELECT deleted_at FROM users WHERE id = ?', idOf(person.id))).toEqual([{ deleted_at: null }])
  })
})
