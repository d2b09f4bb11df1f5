// Whole flows through the pages, as a person without JavaScript goes through them: by links, forms and redirects.
import { describe, expect, test } from 'vitest'
import { rows } from '../support/actors.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import {
  alertIn,
  asShown,
  browserOf,
  fillIn,
  follow,
  formOf,
  headingOf,
  linkNamed,
  mailedLink,
  noticeIn,
  open,
  send,
  signInOnPage,
} from '../support/pages.ts'
import { PASSWORD, signedInPerson, signUp, verifiedPerson } from '../support/people.ts'
import { idOf } from '../support/tokens.ts'

const ORIGIN = 'https://kith.test'
const NEW_PASSWORD = 'quite-another-horse-and-staple'

const isSignedIn = async (client: Client) => (await client.get('/account')).status === 200

describe('a new account', () => {
  test('signs up, confirms its address by the link of the mail, and is signed in', async () => {
    const client = new Client()
    const email = 'page_flow@example.com'
    const typed = { givenName: 'Page', familyName: 'Flow', username: 'page_flow', email, password: PASSWORD }
    const sent = await follow(client, await fillIn(client, '/sign-up', typed))
    expect(headingOf(sent)).toBe('Confirm your address')
    expect(noticeIn(sent)).toContain('Almost done')

    const link = await mailedLink(email)
    expect(link).toMatch(/^\/verify\?code=/)
    const page = await open(client, link)
    expect(formOf(page).fields.code).toBe(await newestCode(email))
    // Opening the link has changed nothing.
    const early = await signInOnPage(client, 'page_flow', PASSWORD)
    expect(early.headers.get('location')).toMatch(/^\/verify\?account=[0-9a-f]{24}&notice=not_verified$/)

    const account = await follow(client, await send(client, formOf(page)))
    expect(headingOf(account)).toBe('Your account')
    expect(account.text).toContain('page_flow')
  })

  test('confirmed in another browser, signs in there with the password', async () => {
    const { email, username } = await signUp('page_elsewhere')
    const client = new Client()
    const verified = await follow(client, await send(client, formOf(await open(client, await mailedLink(email)))))
    expect([noticeIn(verified), await isSignedIn(client)]).toEqual(['Your email address is confirmed. You can sign in now.', false])
    expect((await send(client, formOf(verified), { identifier: username, password: PASSWORD })).headers.get('location')).toBe('/account')
  })

  test('confirmed where its password was typed to sign in, is signed in', async () => {
    const { email, username } = await signUp('page_typed')
    const client = new Client()
    const page = await follow(client, await signInOnPage(client, username, PASSWORD))
    expect(noticeIn(page)).toContain('Confirm your email address first')
    await follow(client, await send(client, formOf(page), { code: await newestCode(email) }))
    expect(await isSignedIn(client)).toBe(true)
  })

  test('where addresses need no proof, is signed in at once', async () => {
    const env = { REQUIRE_EMAIL_VERIFICATION: 'false' }
    const client = new Client()
    const typed = { givenName: 'A', familyName: 'B', username: 'page_at_once', email: 'page_at_once@example.com', password: PASSWORD }
    const reply = await send(client, formOf(await client.get('/sign-up?return_to=/account/privacy', { env })), typed, { env })
    expect([reply.status, reply.headers.get('location'), await isSignedIn(client)]).toEqual([303, '/account/privacy', true])
  })

  test('that is not confirmed yet is led to that by a line that anybody gets who types an address', async () => {
    const { email, username } = await signUp('page_waiting')
    const client = new Client()
    const [waiting, nobody] = await Promise.all(
      [email, 'nobody@example.com'].map((address) => signInOnPage(new Client(), address, PASSWORD)),
    )
    if (!waiting || !nobody) throw new Error('no reply')
    const blind = (page: Reply) => asShown(page).replaceAll(email, '').replaceAll('nobody@example.com', '')
    expect([waiting.status, blind(waiting)]).toEqual([401, blind(nobody)])
    const page = await open(client, linkNamed(waiting, 'Confirm your address'))
    const asked = await follow(
      client,
      await fillIn(client, linkNamed(page, 'Send a new code'), { username: ` ${username.toUpperCase()} ` }),
    )
    expect(noticeIn(asked)).toContain('it is on its way')
    await follow(client, await send(client, formOf(asked), { code: await newestCode(email) }))
    expect((await signInOnPage(client, email, PASSWORD)).headers.get('location')).toBe('/account')
  })

  test('is told which code is missing or wrong, and where the next one comes from', async () => {
    const client = new Client()
    const page = formOf(await open(client, '/verify'))
    expect(alertIn(await send(client, page, { code: ' ' }))).toBe('Code is required.')
    const wrong = await send(client, page, { code: 'aaa-bbb-ccc-ddd' })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, 'This code is wrong, used or expired. Check it, or ask for another email.'])
  })

  test('has its code sent again', async () => {
    const { id, email } = await signUp('page_again')
    const client = new Client()
    const page = await open(client, `/verify?account=${id}`)
    const answer = await follow(client, await send(client, formOf(page, '/verify/resend')))
    expect(noticeIn(answer)).toContain('it is on its way')
    expect(await mailedLink(email)).toMatch(/^\/verify\?code=/)
  })

  test('keeps what was typed when something is wrong, but for the password', async () => {
    await signUp('page_taken')
    const typed = { givenName: 'A "B" C', familyName: 'Flow', username: 'page_taken', email: 'x@example.com', password: PASSWORD }
    const reply = await fillIn(new Client(), '/sign-up', typed)
    expect(reply.status).toBe(409)
    expect(alertIn(reply)).toContain('This user name is taken')
    expect(formOf(reply).fields).toMatchObject({ givenName: 'A "B" C', username: 'page_taken', email: 'x@example.com', password: '' })
    expect(reply.text).not.toContain(PASSWORD)
    expect(reply.text).toMatch(/<title>Error: /)
  })

  test('says what to do about a wrong address, in one whole sentence', async () => {
    const typed = { givenName: 'A', familyName: 'B', username: 'page_no_address', email: 'nowhere', password: PASSWORD }
    const reply = await fillIn(new Client(), '/sign-up', typed)
    expect(reply.status).toBe(400)
    expect(alertIn(reply)).toContain('Enter a valid email address.')
    expect(alertIn(reply)).not.toContain('must be')
  })

  test('needs an invite code where nobody gets in without', async () => {
    const env = { INVITE_ONLY: 'on' }
    const client = new Client()
    const page = await client.get('/sign-up', { env })
    const typed = { givenName: 'A', familyName: 'B', username: 'page_uninvited', email: 'uninvited@example.com', password: PASSWORD }
    const reply = await send(client, formOf(page), { ...typed, inviteCode: 'XX-0000-0000000000000' }, { env })
    expect(reply.status).toBe(400)
    expect(alertIn(reply)).toContain('Invite code is wrong or used')
  })
})

describe('signing in', () => {
  test('with a wrong password says one thing, whoever exists', async () => {
    const { username } = await verifiedPerson('page_wrong')
    const client = new Client()
    const known = await signInOnPage(client, username, 'not the password')
    const unknown = await signInOnPage(client, 'page_nobody', 'not the password')
    expect([known.status, unknown.status]).toEqual([401, 401])
    expect(alertIn(known)).toBe('The user name or the password is wrong. Check both and try again.')
    expect(asShown(known).replaceAll(username, '<name>')).toBe(asShown(unknown).replaceAll('page_nobody', '<name>'))
  })

  test('with a second factor asks for the mailed code, over a reload, and no address holds the log-in', async () => {
    const person = await signedInPerson('page_2fa')
    await person.client.post('/user/2fa', { state: true })
    const client = new Client()
    const step = await fillIn(
      client,
      '/sign-in?return_to=/account/privacy',
      { identifier: person.username, password: PASSWORD },
      '/sign-in',
    )
    expect(step.headers.get('location')).toBe('/sign-in/code?return_to=%2Faccount%2Fprivacy')
    expect(await isSignedIn(client)).toBe(false)
    await follow(client, step)
    const page = await follow(client, step)
    expect(headingOf(page)).toBe('Enter your code')
    const pending = client.cookies.get('__Host-kith_sign_in')?.split('.')[1] ?? ''
    expect(pending).not.toBe('')
    expect(page.text).not.toContain(pending)

    const wrong = await send(client, formOf(page), { code: '000000' })
    expect([wrong.status, formOf(wrong).fields.code]).toEqual([400, ''])
    expect(alertIn(wrong)).toBe('This code is wrong, used or expired. Check it, or ask for another email.')
    const code = await newestCode(person.email)
    const done = await send(client, formOf(wrong), { code: ` ${code.slice(0, 3)} ${code.slice(3)} ` })
    expect(done.headers.get('location')).toBe('/account/privacy')
    expect(client.cookies.has('__Host-kith_sign_in')).toBe(false)
    expect(await isSignedIn(client)).toBe(true)
  })

  test('without a log-in that waits there is no code to enter', async () => {
    const reply = await new Client().get('/sign-in/code?return_to=/account/email')
    expect([reply.status, reply.headers.get('location')]).toEqual([303, '/sign-in?return_to=%2Faccount%2Femail'])
  })

  test('again, for a sensitive act: the name is there, and the new session takes the place of the old one', async () => {
    const person = await verifiedPerson('page_reauth')
    const client = await browserOf(person)
    expect((await client.get('/sign-in?return_to=/account/email')).headers.get('location')).toBe('/account/email')
    const page = await open(client, '/sign-in?return_to=/account/email&reauth=1')
    expect(headingOf(page)).toBe('Sign in again')
    expect(formOf(page).fields.identifier).toBe(person.username)
    const before = client.cookies.get('__Host-kith_session')
    const done = await send(client, formOf(page), { password: PASSWORD })
    expect(done.headers.get('location')).toBe('/account/email')
    expect(client.cookies.get('__Host-kith_session')).not.toBe(before)
  })

  test('leads back to the page that wanted it', async () => {
    const person = await verifiedPerson('page_return')
    const client = new Client()
    const asked = await client.get('/account/sessions?after=0123456789abcdef01234567')
    expect(asked.headers.get('location')).toBe('/sign-in?return_to=%2Faccount%2Fsessions%3Fafter%3D0123456789abcdef01234567')
    const page = await follow(client, asked)
    const done = await send(client, formOf(page), { identifier: person.username, password: PASSWORD })
    expect(done.headers.get('location')).toBe('/account/sessions?after=0123456789abcdef01234567')
  })

  test('with a form that is out of date, as the person has signed in in another window, goes on', async () => {
    const person = await verifiedPerson('page_two_windows')
    const client = new Client()
    const form = formOf(await open(client, '/sign-in?return_to=/account/privacy'))
    await signInOnPage(client, person.email, PASSWORD)
    const session = client.cookies.get('__Host-kith_session')
    const typed = { identifier: ` ${person.username.toUpperCase()} `, password: PASSWORD }
    const late = await send(client, form, typed)
    expect([late.status, late.headers.get('location')]).toEqual([303, '/account/privacy'])
    expect(client.cookies.get('__Host-kith_session')).toBe(session)
    // Signed in as somebody else, for another account, it is asked again.
    const other = await send(client, form, { ...typed, identifier: 'page_somebody_else' })
    expect([other.status, alertIn(other)]).toEqual([403, 'This page was out of date. Please submit it again.'])
    expect((await send(client, { ...form, action: '/sign-in?another=1' }, typed)).status).toBe(403)
  })

  test('on the way to an app goes by a page of its own, as a form may not redirect there', async () => {
    const person = await verifiedPerson('page_oauth')
    const client = new Client()
    const to = '/oauth/authorize?client_id=a&redirect_uri=https://app.example/cb'
    const page = await open(client, `/sign-in?${new URLSearchParams({ return_to: to })}`)
    const on = await follow(client, await send(client, formOf(page), { identifier: person.username, password: PASSWORD }))
    expect(on.text).toContain(`<meta http-equiv="refresh" content="0;url=${to.replace('&', '&amp;')}"`)
    expect(on.text).toContain(`href="${to.replace('&', '&amp;')}"`)
  })
})

describe('the account', () => {
  test('profile: saved, cleared, refused', async () => {
    const client = await browserOf(await verifiedPerson('page_profile'))
    const bio = 'First line\r\nsecond <b>line</b> & "more"'
    const saved = await follow(
      client,
      await fillIn(client, '/account/profile', { givenName: 'Ada', bio, currency: 'EUR', zoneinfo: 'Europe/Paris' }),
    )
    expect(noticeIn(saved)).toBe('Saved.')
    expect(formOf(saved).fields).toMatchObject({ givenName: 'Ada', bio: bio.replace('\r', ''), currency: 'EUR', zoneinfo: 'Europe/Paris' })
    expect(saved.text).not.toContain('<b>line')
    const cleared = await follow(client, await send(client, formOf(saved), { bio: '', currency: '' }))
    expect(formOf(cleared).fields).toMatchObject({ bio: '', currency: '' })
    const wrong = await send(client, formOf(cleared), { customLink: 'javascript:alert(1)', username: 'not a name' })
    expect(wrong.status).toBe(400)
    expect(alertIn(wrong)).toContain('Link must be an https URL.')
    expect(alertIn(wrong)).toContain('User name must have only letters, digits and underscores.')
    expect(formOf(wrong).fields.customLink).toBe('javascript:alert(1)')
  })

  test('profile: only what may be edited is there, and nothing else is taken', async () => {
    const env = { EDITABLE_FIELDS: 'bio' }
    const client = await browserOf(await verifiedPerson('page_narrow'))
    const form = formOf(await client.get('/account/profile', { env }))
    expect(Object.keys(form.fields).sort()).toEqual(['bio', 'form_token'])
    expect((await send(client, form, { bio: 'Hello' }, { env })).status).toBe(303)
    expect((await send(client, form, { givenName: 'Eve' }, { env })).status).toBe(400)
  })

  test('status: set with an end, shown, cleared', async () => {
    const client = await browserOf(await verifiedPerson('page_status'))
    const values = { statusMessage: 'Out for lunch', availability: 'busy', mood: 'happy', lasts: '3600' }
    const set = await follow(client, await fillIn(client, '/account/status', values))
    expect(formOf(set).fields).toMatchObject({ statusMessage: 'Out for lunch', availability: 'busy', mood: 'happy' })
    expect(set.text).toContain('It ends on')
    const cleared = await follow(client, await send(client, formOf(set, '/account/status/clear')))
    expect(formOf(cleared).fields).toMatchObject({ statusMessage: '', availability: '', mood: '' })
  })

  test('privacy: private and back', async () => {
    const client = await browserOf(await verifiedPerson('page_privacy'))
    const first = await open(client, '/account/privacy')
    expect(formOf(first).fields.visibility).toBe('public')
    const saved = await follow(client, await send(client, formOf(first), { visibility: 'private' }))
    expect(formOf(saved).fields.visibility).toBe('private')
    expect(noticeIn(saved)).toBe('Saved.')
  })

  test('password: a new one keeps this browser and ends the others', async () => {
    const person = await verifiedPerson('page_password')
    const [here, there] = [await browserOf(person), await browserOf(person)]
    const wrong = await fillIn(here, '/account/password', { currentPassword: 'wrong', password: NEW_PASSWORD })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, 'Current password is wrong.'])
    const same = await fillIn(here, '/account/password', { currentPassword: PASSWORD, password: PASSWORD })
    expect([same.status, alertIn(same)]).toEqual([400, 'New password is the current one. Choose another.'])
    const done = await follow(here, await fillIn(here, '/account/password', { currentPassword: PASSWORD, password: NEW_PASSWORD }))
    expect(noticeIn(done)).toContain('Your password was changed')
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, false])
  })

  test('email address: asked for, confirmed by the link, undone by the other link', async () => {
    const person = await verifiedPerson('page_email')
    const client = await browserOf(person)
    const email = 'page_email_new@example.com'
    const asked = await follow(client, await fillIn(client, '/account/email', { email, currentPassword: PASSWORD }))
    expect(noticeIn(asked)).toContain('We have sent an email to the new address')
    const confirmed = await follow(client, await send(client, formOf(await open(client, await mailedLink(email)))))
    expect(noticeIn(confirmed)).toContain('is confirmed')
    expect(await isSignedIn(client)).toBe(false)
    const undo = await mailedLink(person.email)
    expect(undo).toMatch(/^\/email\/undo\?code=/)
    const back = await follow(client, await send(client, formOf(await open(client, undo))))
    expect(headingOf(back)).toBe('Set a new password')
    expect((await signInOnPage(client, person.email, PASSWORD)).status).toBe(303)
  })

  test('devices: this one is marked, another is signed out, then all are', async () => {
    const person = await verifiedPerson('page_devices')
    const [here, there] = [await browserOf(person), await browserOf(person)]
    const list = await open(here, '/account/sessions')
    expect(list.text.match(/This device/g)).toHaveLength(1)
    const ended = await follow(here, await send(here, formOf(list, '/account/sessions/end')))
    expect(noticeIn(ended)).toBe('That device is signed out.')
    expect([await isSignedIn(here), await isSignedIn(there)]).toEqual([true, false])
    // Again: it is already gone, which was the goal.
    expect((await send(here, formOf(list, '/account/sessions/end'))).headers.get('location')).toBe('/account/sessions')
    const out = await follow(here, await send(here, formOf(list, '/account/sessions/end-all')))
    expect(noticeIn(out)).toBe('You are signed out on all devices.')
    expect(await isSignedIn(here)).toBe(false)
  })

  test('the link of an invite code fills it in, and whoever signs up by it was invited by its owner', async () => {
    const owner = await signedInPerson('page_inviter')
    const env = { INVITE_CODE_WINDOW_SECONDS: '0' }
    const list = await owner.client.get('/account/invites', { env })
    const [link = '', code = ''] = /https:\/\/kith\.test(\/sign-up\?invite_code=([A-Z]{2}-\d{4}-\d{13}))/.exec(list.text)?.slice(1) ?? []
    const guest = new Client()
    expect((await open(guest, '/sign-up')).text).not.toContain('name="inviteCode"')
    const page = await open(guest, link)
    expect(page.text).toContain(`value="${code}"`)
    const fields = { givenName: 'In', familyName: 'Vited', username: 'page_invited', email: 'page_invited@example.com', password: PASSWORD }
    const form = formOf(page, '/sign-up')
    const refused = await send(guest, form, { ...fields, inviteCode: 'XX-0000-0000000000000' })
    expect(refused.status).toBe(400)
    expect(alertIn(refused)).toContain('Invite code is wrong or used; leave it empty to sign up without one.')
    expect(refused.text).toContain('href="#inviteCode"')
    expect((await send(guest, form, { ...fields, inviteCode: code })).status).toBe(303)
    expect((await owner.client.get('/user/invite-codes', { env })).json.data.inviteCodes[0]).toMatchObject({
      code,
      targetId: expect.any(String),
    })
  })

  test('invite codes: there in every mode, unless there are none', async () => {
    const client = await browserOf(await verifiedPerson('page_invites'))
    for (const INVITE_ONLY of ['on', 'off']) {
      const env = { INVITE_ONLY, INVITE_CODE_WINDOW_SECONDS: '0' }
      const reply = await client.get('/account/invites', { env })
      expect(new Set(reply.text.match(/[A-Z]{2}-\d{4}-\d{13}/g)).size).toBe(5)
      expect((await client.get('/account', { env })).text).toContain('/account/invites')
    }
    expect((await client.get('/account', { env: { INVITES_PER_PERSON: '0' } })).text).not.toContain('/account/invites')
  })

  test('sign out: opening the page asks, the button does it', async () => {
    const client = await browserOf(await verifiedPerson('page_sign_out'))
    const page = await open(client, '/sign-out')
    expect(await isSignedIn(client)).toBe(true)
    const out = await follow(client, await send(client, formOf(page)))
    expect(noticeIn(out)).toBe('You are signed out.')
    expect(await isSignedIn(client)).toBe(false)
  })

  test('a copy of the data needs the password, and is a download', async () => {
    const client = await browserOf(await verifiedPerson('page_export'))
    const wrong = await fillIn(client, '/account/export', { password: 'wrong', archive: 'none' })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, 'Password is wrong.'])
    const copy = await fillIn(client, '/account/export', { password: PASSWORD, archive: 'none' })
    expect(copy.headers.get('content-disposition')).toMatch(/^attachment; filename=page_export-\d{4}-\d\d-\d\d\.json$/)
    expect(copy.headers.get('cache-control')).toBe('no-store')
    expect(copy.json.profile.username).toBe('page_export')
  })

  test('deletion needs the password, and signing in brings the account back', async () => {
    const person = await verifiedPerson('page_delete')
    const client = await browserOf(person)
    const wrong = await fillIn(client, '/account/delete', { password: 'wrong' })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, 'Password is wrong.'])
    const gone = await follow(client, await fillIn(client, '/account/delete', { password: PASSWORD }))
    expect(noticeIn(gone)).toContain('Your account is deleted')
    expect(await isSignedIn(client)).toBe(false)
    const back = await follow(client, await send(client, formOf(gone), { identifier: person.username, password: PASSWORD }))
    expect(noticeIn(back)).toBe('Your account is restored: it will not be deleted.')
    const again = new Client()
    expect(noticeIn(await follow(again, await signInOnPage(again, person.username, PASSWORD)))).toBe('')
  })

  test('tells so where the sign-in leads to a page, and keeps the way to an app as it is', async () => {
    const person = await verifiedPerson('page_delete2')
    for (const [to, location] of [
      ['/account/privacy?x=1', '/account/privacy?x=1&notice=account_restored'],
      ['/oauth/authorize?client_id=x', '/continue?return_to=%2Foauth%2Fauthorize%3Fclient_id%3Dx'],
    ] as const) {
      await rows("UPDATE users SET deleted_at = ?1, deleted_reason = 'self' WHERE id = ?2", Date.now(), idOf(person))
      const typed = { identifier: person.username, password: PASSWORD }
      const reply = await fillIn(new Client(), `/sign-in?return_to=${encodeURIComponent(to)}`, typed)
      expect([reply.status, reply.headers.get('location')]).toEqual([303, location])
    }
  })
})

describe('a forgotten password', () => {
  test('is set anew by the link of the mail, and the old one is dead', async () => {
    const person = await verifiedPerson('page_forgot')
    const client = new Client()
    const asked = await follow(client, await fillIn(client, '/forgot', { email: person.email }))
    expect(headingOf(asked)).toBe('Choose a new password')
    const link = await mailedLink(person.email)
    expect(link).toMatch(/^\/reset\?code=/)
    const done = await follow(client, await send(client, formOf(await open(client, link)), { password: NEW_PASSWORD }))
    expect(noticeIn(done)).toContain('Your new password is set')
    expect((await signInOnPage(client, person.username, PASSWORD)).status).toBe(401)
    expect((await signInOnPage(client, person.username, NEW_PASSWORD)).status).toBe(303)
  })
})

test('the links of mails lead to this origin alone', async () => {
  const { email } = await signUp('page_links')
  for (const { text, html } of await mailsTo(email)) {
    for (const [link] of `${text}${html}`.matchAll(/https?:[^\s"<]+/g)) expect(link.startsWith(ORIGIN)).toBe(true)
  }
})
