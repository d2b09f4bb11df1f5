// Two-step sign-in, connected apps and the picture, as a person without JavaScript goes through them (security rows 14-20, 66).
import { describe, expect, test } from 'vitest'
import { idOf, newName, rows } from '../support/actors.ts'
import { type AppPerson, codeOf, personWithApp, wrongCodeOf } from '../support/authenticator.ts'
import { png } from '../support/images.ts'
import { Client, newestCode, ORIGIN } from '../support/kith.ts'
import {
  alertIn,
  browserOf,
  fillIn,
  follow,
  formOf,
  headingOf,
  noticeIn,
  open,
  send,
  sendFile,
  signInOnPage,
  unescapeHtml,
} from '../support/pages.ts'
import { PASSWORD, type Person, signedInPerson, verifiedPerson } from '../support/people.ts'
import { newGrant, newOAuthClient, putConsent } from '../support/tokens.ts'

const TWO_STEP = '/account/two-step'
const APP = `${TWO_STEP}/app`

async function personInBrowser(name: string): Promise<{ person: Person; client: Client }> {
  const person = await verifiedPerson(newName(name))
  return { person, client: await browserOf(person) }
}

const codesIn = (text: string) => [...text.matchAll(/<li>([a-z2-9]{4}(?:-[a-z2-9]{4}){3})<\/li>/g)].map(([, code = '']) => code)
const isSignedIn = async (client: Client) => (await client.get('/account')).status === 200

describe('an authenticator app', () => {
  test('is enabled by its code: QR code and key are the same, a wrong code shows them again, recovery codes are shown once', async () => {
    const { person, client } = await personInBrowser('page_app')
    const other = await browserOf(person)
    expect((await open(client, TWO_STEP)).text).toContain('It is off')
    const shown = await fillIn(client, APP)
    const { secret = '' } = formOf(shown).fields
    const uri = unescapeHtml(/href="(otpauth:[^"]+)"/.exec(shown.text)?.[1] ?? '')
    expect(new URL(uri).searchParams.get('secret')).toBe(secret)
    expect([...shown.text.matchAll(/<span>([A-Z2-7]{4})<\/span>/g)].map(([, group]) => group).join('')).toBe(secret)
    expect(shown.text).toMatch(/<svg class="qr"/)
    expect([shown.status, shown.headers.get('cache-control')]).toEqual([200, 'no-store'])
    expect(formOf(shown).action).toBe(`${APP}/confirm`)

    const wrong = await send(client, formOf(shown), { code: wrongCodeOf(secret) })
    expect([wrong.status, alertIn(wrong)]).toEqual([400, 'This code is wrong, used or expired. Check it, or try the next one.'])
    expect([formOf(wrong).fields.secret, formOf(wrong).fields.code]).toEqual([secret, ''])
    expect(wrong.text).toContain(`d="${/fill="#000" d="([^"]+)"/.exec(shown.text)?.[1]}"`)

    const code = codeOf(secret)
    const done = await send(client, formOf(wrong), { code: `${code.slice(0, 3)} ${code.slice(3)}` })
    expect([headingOf(done), codesIn(done.text).length, done.headers.get('cache-control')]).toEqual(['Keep these codes', 10, 'no-store'])
    expect(await isSignedIn(other)).toBe(false)
    const list = await open(client, TWO_STEP)
    expect(list.text).toMatch(/Authenticator app<span class="tag">On.*10 left.*Codes by email/s)
    // Sent again, as a reload does: the app is now on, so it asks for a sign-in with it, and shows no codes.
    const again = await send(client, formOf(wrong), { code })
    expect([again.headers.get('location'), again.text]).toEqual([expect.stringMatching(/^\/sign-in\?.*reauth=1$/), ''])
  })

  test('a reload of the QR code makes another, and the one before counts no more', async () => {
    const { client } = await personInBrowser('page_reload')
    const [first, second] = [await fillIn(client, APP), await fillIn(client, APP)]
    const { secret = '' } = formOf(first).fields
    expect(formOf(second).fields.secret).not.toBe(secret)
    expect(first.text).toContain('Reloading this page creates a new QR code')
    expect((await send(client, formOf(first), { code: codeOf(secret) })).status).toBe(400)
  })

  test('another secret in the form is drawn, and counts for nothing', async () => {
    const { client } = await personInBrowser('page_forged')
    const shown = formOf(await fillIn(client, APP))
    const secret = 'A'.repeat(32)
    expect((await send(client, shown, { secret, code: codeOf(secret) })).status).toBe(400)
    for (const text of ['"><script>alert(1)</script>', '', 'a'.repeat(32)]) {
      const reply = await send(client, shown, { secret: text, code: '000000' })
      expect([reply.status, headingOf(reply)]).toEqual([400, 'Set up an app'])
      expect(reply.text).not.toContain('<script>')
    }
  })

  test('who has one on changes it from a sign-in with it alone, and is led there', async () => {
    const person = await personWithApp('page_gate')
    for (const page of [APP, `${TWO_STEP}/recovery-codes`]) {
      const reply = await fillIn(person.client, page)
      expect(reply.headers.get('location')).toBe(`/sign-in?${new URLSearchParams({ return_to: page, reauth: '1' })}`)
    }
    const off = await fillIn(person.client, `${APP}/remove`)
    expect(off.headers.get('location')).toContain('/sign-in?return_to=')
    expect(formOf(await follow(person.client, off)).fields.identifier).toBe(person.username)
  })

  test('is removed, and the recovery codes with it', async () => {
    const client = await throughApp(await personWithApp('page_remove'))
    const off = await follow(client, await fillIn(client, `${APP}/remove`))
    expect(noticeIn(off)).toBe('Your authenticator app is off.')
    expect(off.text).not.toContain('Recovery codes')
    const none = await follow(client, await fillIn(client, `${TWO_STEP}/recovery-codes`))
    expect(noticeIn(none)).toContain('stand in for a second step')
  })

  test('new recovery codes: shown once, and the old ones are void', async () => {
    const person = await personWithApp('page_codes')
    const client = await throughApp(person)
    const shown = await fillIn(client, `${TWO_STEP}/recovery-codes`)
    const [code = ''] = codesIn(shown.text)
    expect(person.recoveryCodes).not.toContain(code)
    const next = new Client()
    const step = await follow(next, await signInOnPage(next, person.username, PASSWORD))
    expect((await send(next, formOf(step), { code: person.recoveryCodes[0] ?? '' })).status).toBe(400)
    expect((await send(next, formOf(step), { code: code.toUpperCase().replaceAll('-', ' ') })).headers.get('location')).toBe('/account')
  })
})

/** Signed in with the app's code. */
async function throughApp(person: AppPerson): Promise<Client> {
  const client = new Client()
  const page = await follow(client, await signInOnPage(client, person.username, PASSWORD))
  expect((await send(client, formOf(page), { code: codeOf(person.secret, 1) })).headers.get('location')).toBe('/account')
  return client
}

describe('the second step', () => {
  test('speaks of the app first; recovery codes have a link; without codes by email there is no talk of mail', async () => {
    const person = await personWithApp('page_second')
    const client = new Client()
    const page = await follow(client, await signInOnPage(client, person.username, PASSWORD))
    expect(page.text).toContain('Open your authenticator app')
    expect(page.text).not.toContain('mail')
    const recovery = await open(client, '/sign-in/code?use=recovery')
    expect(headingOf(recovery)).toBe('Use a recovery code')
    expect(recovery.text).not.toContain('inputmode')
    // The field takes any code, whatever the page asks for.
    expect((await send(client, formOf(recovery), { code: codeOf(person.secret, 1) })).headers.get('location')).toBe('/account')
  })

  test('a code by email is offered last, as the weakest, and goes out when it is asked for', async () => {
    const person = await personWithApp('page_mail')
    const client = await throughApp(person)
    const on = await follow(client, await fillIn(client, TWO_STEP, { codes: 'on' }, `${TWO_STEP}/email`))
    expect(noticeIn(on)).toBe('Codes by email are on.')
    expect(on.text).toMatch(/Authenticator app.*Recovery codes.*Codes by email.*least secure/s)
    const next = new Client()
    const page = await follow(
      next,
      await fillIn(next, '/sign-in?return_to=/account/privacy', { identifier: person.username, password: PASSWORD }, '/sign-in'),
    )
    expect(page.text).toMatch(/The least secure way.*Send a code by email instead/s)
    const mailed = await follow(next, await send(next, formOf(page, '/sign-in/code/mail')))
    expect(noticeIn(mailed)).toContain('it is on its way')
    const done = await send(next, formOf(mailed, '/sign-in/code'), { code: await newestCode(person.email) })
    expect(done.headers.get('location')).toBe('/account/privacy')
    // A sign-in by mailed code cannot change the factors: with an app on, that takes a sign-in with it.
    const refused = await follow(next, await fillIn(next, TWO_STEP, {}, `${TWO_STEP}/email`))
    expect(headingOf(refused)).toBe('Sign in again')
    const off = await follow(client, await fillIn(client, TWO_STEP, {}, `${TWO_STEP}/email`))
    expect(noticeIn(off)).toBe('Codes by email are off.')
  })

  test('a new sign-in that an app wants shows the form to whoever is signed in, with the name in it', async () => {
    const { person, client } = await personInBrowser('page_forced')
    const to = '/oauth/authorize?client_id=a&reauthentication=1.test-1.x'
    const page = await open(client, `/sign-in?${new URLSearchParams({ return_to: to })}`)
    expect([headingOf(page), formOf(page).fields.identifier]).toEqual(['Sign in again', person.username])
    const nobody = await open(new Client(), `/sign-in?${new URLSearchParams({ return_to: to })}`)
    expect([headingOf(nobody), nobody.text.includes('href="/sign-up?return_to=')]).toEqual(['Sign in', true])
    const hinted = await open(new Client(), '/sign-in?login_hint=ada%40example.com')
    expect(formOf(hinted).fields.identifier).toBe('ada@example.com')
  })
})

describe('connected apps', () => {
  test('are listed with what they may do; removing one asks first', async () => {
    const { person, client } = await personInBrowser('page_apps')
    expect((await open(client, '/account/apps')).text).toContain('No apps')
    const app = await newOAuthClient('*', { name: 'Evil <img src=x>', first_party: 0 })
    await putConsent(person.id, app, 'openid profile')
    await newGrant(person, app, 'openid profile')
    const list = await open(client, '/account/apps')
    expect(list.text).toContain('Evil &lt;img src=x&gt;')
    expect(list.text).toMatch(/It can do 2 things.*Know who you are.*See your name/s)
    const question = await open(client, unescapeHtml(/href="(\/account\/apps\/remove[^"]+)"/.exec(list.text)?.[1] ?? ''))
    expect((await open(client, '/account/apps')).text).toContain('Evil')
    const removed = await follow(client, await send(client, formOf(question)))
    expect(noticeIn(removed)).toContain('no longer has access to your account')
    expect(removed.text).toContain('No apps')
    expect((await client.get(`/account/apps/remove?client=${app}`)).headers.get('location')).toBe('/account/apps')
  })

  test('are told apart by the hosts of their documents: names are what strangers say', async () => {
    const { person, client } = await personInBrowser('page_hosts')
    const apps = ['https://one.example/c.json', 'https://xn--80ak6aa92e.com/c.json']
    for (const id of apps) await newGrant(person, await newOAuthClient('*', { id, name: 'Apple', first_party: 0 }), 'openid')
    const { text } = await open(client, '/account/apps')
    const shown = [...text.matchAll(/<h2>(.*?)<\/h2>/g)].map(([, heading = '']) => heading.replace(/<[^>]+>/g, ' ').trim())
    expect(shown.map((heading) => heading.replace(/ +/g, ' ')).sort()).toEqual(['Apple one.example', 'Apple xn--80ak6aa92e.com'])
  })

  test('one scope of an app is taken back after a question; not offered for the sign-in itself, nor for an app of the service', async () => {
    const { person, client } = await personInBrowser('page_scopes')
    const app = await newOAuthClient('*', { name: 'Evil <img src=x>', first_party: 0 })
    await newGrant(person, app, 'openid profile email')
    const ours = await newOAuthClient('*')
    await newGrant(person, ours, 'openid profile')
    const list = await open(client, '/account/apps')
    const links = [...list.text.matchAll(/href="(\/account\/apps\/withdraw[^"]+)"/g)].map(([, link]) => unescapeHtml(link ?? ''))
    expect(links).toEqual(['profile', 'email'].map((scope) => `/account/apps/withdraw?client=${app}&scope=${scope}`))
    const question = await open(client, links[1] ?? '')
    expect([headingOf(question), question.text.includes('See your email address')]).toEqual(['Take this back?', true])
    expect((await open(client, '/account/apps')).text).toMatch(/It can do 3 things/)
    const done = await follow(client, await send(client, formOf(question)))
    expect(noticeIn(done)).toContain('can no longer do that')
    expect(done.text).toMatch(/It can do 2 things.*Know who you are.*Last used.*See your name.*No use recorded/s)
    for (const gone of [
      links[1] ?? '',
      `/account/apps/withdraw?client=${app}&scope=openid`,
      `/account/apps/withdraw?client=${ours}&scope=profile`,
    ])
      expect((await client.get(gone)).headers.get('location')).toBe('/account/apps')
  })
})

describe('the picture', () => {
  test('of whoever is not signed in is not read, whatever the cookie says', async () => {
    const stranger = new Client()
    stranger.cookies.set('__Host-kith_session', `${'0'.repeat(23)}1.${'0'.repeat(23)}2.made-up`)
    // No more arrives: whoever waits for it gets no reply.
    const body = new ReadableStream<Uint8Array>({ start: (controller) => controller.enqueue(new TextEncoder().encode('--x\r\n')) })
    const headers = { origin: ORIGIN, 'content-type': 'multipart/form-data; boundary=x', 'content-length': '1000000' }
    const reply = await stranger.post('/account/picture', body, { headers })
    expect([reply.status, reply.headers.get('location')]).toMatchObject([303, expect.stringContaining('/sign-in')])
  })

  const file = (bytes: Uint8Array<ArrayBuffer>, type = 'image/png') => new File([bytes], 'me.png', { type })

  test('is set, shown, replaced and removed', async () => {
    const { client } = await personInBrowser('page_picture')
    const page = await open(client, '/account/picture')
    expect(page.text).toContain('src="data:image/svg+xml,%3Csvg')
    const set = await follow(client, await sendFile(client, formOf(page), 'picture', file(png())))
    expect(noticeIn(set)).toBe('This is your new picture.')
    const shown = /<img class="picture" src="([^"]+)"/.exec(set.text)?.[1] ?? ''
    expect(shown).toMatch(/^https:\/\/avatars\.kith\.test\/.*512\.webp$/)
    expect(set.headers.get('content-security-policy')).toContain(`img-src 'self' data: ${new URL(shown).origin}`)
    const gone = await follow(client, await send(client, formOf(set, '/account/picture/remove')))
    expect([noticeIn(gone), gone.text.includes('data:image/svg')]).toEqual(['Your picture is removed.', true])
  })

  test.each([
    ['no file', new Uint8Array(), 'Picture must not be empty.'],
    ['text', Uint8Array.from(new TextEncoder().encode('hello')), 'The file is not a JPEG, PNG, WebP or GIF picture. Choose another one.'],
    ['half a picture', Uint8Array.from(png().slice(0, 60)), 'The picture is damaged or incomplete.'],
    ['too many pixels', png({ width: 20_000, height: 10 }), 'The picture has 20000 × 10 pixels, which is too many.'],
    ['too many bytes', new Uint8Array(100_001), 'The picture is larger than 97.7 kB.'],
  ])('%s is refused, and the page says what is wrong', async (_name, bytes, words) => {
    const { client } = await personInBrowser('page_bad_picture')
    const reply = await sendFile(client, formOf(await open(client, '/account/picture')), 'picture', file(bytes), {
      env: { AVATAR_BYTES_MAX: '100000' },
    })
    expect(reply.status).toBe(400)
    expect(alertIn(reply)).toContain(words)
    expect(reply.text).toContain('id="picture-error"')
  })

  test('not without the token, and not from another site', async () => {
    const { client } = await personInBrowser('page_foreign_picture')
    const form = formOf(await open(client, '/account/picture'))
    const tokenless = await sendFile(client, { ...form, fields: { form_token: 'x' } }, 'picture', file(png()))
    expect([tokenless.status, alertIn(tokenless)]).toEqual([403, 'This page was out of date. Please submit it again.'])
    const foreign = await sendFile(client, form, 'picture', file(png()), { headers: { origin: 'https://evil.example' } })
    expect(foreign.status).toBe(403)
    expect((await open(client, '/account/picture')).text).toContain('data:image/svg')
  })
})

test('a restricted person reads all that is theirs, and on the pages sets a new password, goes private, ends sessions and deletes the account', async () => {
  const person = await signedInPerson(newName('restricted'))
  const { client } = person
  const upload = new FormData()
  upload.append('file', new File(['My own words.'], 'mine.txt', { type: 'text/plain' }))
  const file = await client.post('/user/media/files', upload)
  expect(file.status, file.text).toBe(201)
  await signInOnPage(new Client(), person.username, PASSWORD)
  await rows('UPDATE users SET restricted_at = 1 WHERE id = ?', idOf(person.id))
  expect((await client.get(`/user/media/files/${file.json.data.file._id}/content`)).text).toBe('My own words.')
  for (const path of ['me', 'media/files', 'media/folders', 'followers', 'following', 'blocks', 'sessions', 'login-history']) {
    expect((await client.get(`/user/${path}`)).status, path).toBe(200)
  }
  const submit = async (path: string, values: Record<string, string>, action = path) =>
    send(client, formOf(await open(client, path), action), values)
  const refused = await submit('/account/profile', { bio: 'Hello' })
  expect(refused.status).toBe(403)
  // The account page and the refusal say the same, and what follows bears it out.
  const may = 'You can still secure your account, make it private, delete it, and block people.'
  for (const page of [refused, await open(client, '/account')]) {
    expect(page.text).toContain(`but not change your profile, your email address, your files or whom you follow. ${may}`)
  }
  expect((await submit('/account/email', { email: 'other@example.com', currentPassword: person.password })).status).toBe(403)
  expect((await submit('/account/privacy', { visibility: 'private' })).headers.get('location')).toBe('/account/privacy?notice=saved')
  expect((await submit('/account/privacy', { visibility: 'public' })).status).toBe(403)
  expect((await submit('/account/sessions', {}, '/account/sessions/end')).headers.get('location')).toBe(
    '/account/sessions?notice=session_ended',
  )
  const passwords = { currentPassword: person.password, password: 'another long password' }
  expect((await submit('/account/password', passwords)).headers.get('location')).toBe('/account/password?notice=password_changed')
  expect((await submit('/account/sessions', {}, '/account/sessions/end-all')).headers.get('location')).toContain('signed_out_everywhere')
  const again = await submit('/sign-in', { identifier: person.username, password: 'another long password' })
  expect(again.headers.get('location')).toBe('/account')
  for (const codes of ['on', 'off']) expect((await submit(TWO_STEP, { codes }, `${TWO_STEP}/email`)).status).toBe(303)
  expect((await submit('/account/delete', { password: 'another long password' })).headers.get('location')).toContain('notice=deleted')
  expect((await client.get('/user/me')).status).toBe(401)
})
