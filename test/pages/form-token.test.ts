// Only forms of our own pages are accepted (security rows 29, 30; ASVS 3.5.1): where one comes from, and to whom its token was
// given.
import { describe, expect, test } from 'vitest'
import { Client, ORIGIN } from '../support/kith.ts'
import { alertIn, browserOf, formOf, headingOf, newBrowser, open, send, signInOnPage } from '../support/pages.ts'
import { PASSWORD, verifiedPerson } from '../support/people.ts'

const signedInBrowser = async (name: string) => browserOf(await verifiedPerson(name), newBrowser())

const FOREIGN: readonly (readonly [name: string, headers: Record<string, string>])[] = [
  ['another site', { origin: 'https://evil.example' }],
  ['no origin', { origin: 'null' }],
  ['an empty origin', { origin: '' }],
  ['an allowed app, which has programs and no forms here', { origin: 'https://app.kith.test' }],
  ['the same host without TLS', { origin: 'http://kith.test' }],
  ['another port', { origin: 'https://kith.test:8443' }],
  ['a domain below', { origin: 'https://x.kith.test' }],
  ['a name that begins alike', { origin: 'https://kith.test.evil.example' }],
  ['our origin with a path', { origin: 'https://kith.test/' }],
  ['another site, by Sec-Fetch-Site alone', { 'sec-fetch-site': 'cross-site' }],
  ['the same site, by Sec-Fetch-Site alone', { 'sec-fetch-site': 'same-site' }],
  ['nobody, by Sec-Fetch-Site alone', { 'sec-fetch-site': 'none' }],
  ['a program that says nothing', {}],
  ['another site that claims to be the same', { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' }],
]

describe('a form with a good token', () => {
  test.each(FOREIGN)('from %s is refused, signed in or not', async (_name, headers) => {
    const client = await signedInBrowser(`foreign_${crypto.randomUUID().slice(0, 8)}`)
    const form = formOf(await open(client, '/account/status'))
    const body = new URLSearchParams({ ...form.fields, statusMessage: 'pwned' })
    const reply = await client.post('/account/status', body, { headers })
    expect([reply.status, headingOf(reply)]).toEqual([403, 'Sent from another site'])
    expect(formOf(await open(client, '/account/status')).fields.statusMessage).toBe('')

    const stranger = newBrowser()
    const login = formOf(await open(stranger, '/sign-in'))
    const planted = await stranger.post('/sign-in', new URLSearchParams({ ...login.fields, identifier: 'x', password: 'y' }), { headers })
    expect(planted.status).toBe(403)
    expect(stranger.cookies.has('__Host-kith_session')).toBe(false)
  })

  test('from our own page is taken, with Origin or, without it, by Sec-Fetch-Site', async () => {
    for (const headers of [{ origin: ORIGIN }, { 'sec-fetch-site': 'same-origin' }, { origin: ORIGIN, 'sec-fetch-site': 'same-origin' }]) {
      const client = await signedInBrowser(`own_${crypto.randomUUID().slice(0, 8)}`)
      const form = formOf(await open(client, '/account/status'))
      expect((await client.post(form.action, new URLSearchParams(form.fields), { headers })).status).toBe(303)
    }
  })
})

describe('a form from our own page', () => {
  const BAD: readonly (readonly [name: string, token: (good: string, other: string, purpose: string) => string])[] = [
    ['of nobody', () => ''],
    ['of another session', (_good, other) => other],
    ['of another form', (_good, _other, purpose) => purpose],
    ['that is cut', (good) => good.slice(0, -1)],
    ['with another key', (good) => good.replace(/^[^~]+/, 'test-2')],
    ['without a key', (good) => good.replace(/^[^~]+~/, '')],
  ]

  test.each(BAD)('with a token %s changes nothing, and is shown again with a good one', async (name, tokenOf) => {
    const suffix = name.replace(/\W/g, '').slice(-9)
    const [client, other] = [await signedInBrowser(`token_a_${suffix}`), await signedInBrowser(`token_b_${suffix}`)]
    const form = formOf(await open(client, '/account/status'))
    const foreign = formOf(await open(other, '/account/status')).fields.form_token ?? ''
    const purpose = formOf(await open(client, '/account/privacy')).fields.form_token ?? ''
    const token = tokenOf(form.fields.form_token ?? '', foreign, purpose)
    const reply = await send(client, form, { form_token: token, statusMessage: 'Kept <text>' })
    expect([reply.status, alertIn(reply)]).toEqual([403, 'This page was out of date. Please submit it again.'])
    expect(formOf(await open(client, '/account/status')).fields.statusMessage).toBe('')
    // The typed text is still there, and is accepted now.
    expect((await send(client, formOf(reply))).status).toBe(303)
    expect(formOf(await open(client, '/account/status')).fields.statusMessage).toBe('Kept <text>')
  })

  test('before sign-in, with the token of another browser, signs nobody in', async () => {
    const { username } = await verifiedPerson('token_login')
    const [mine, yours] = [newBrowser(), newBrowser()]
    const stolen = formOf(await open(mine, '/sign-in')).fields.form_token ?? ''
    const form = formOf(await open(yours, '/sign-in'))
    const values = { identifier: username, password: PASSWORD }
    expect((await send(yours, form, { ...values, form_token: stolen })).status).toBe(403)
    const bare = new Client()
    expect((await send(bare, form, values)).status).toBe(403)
    expect([yours, bare].some((client) => client.cookies.has('__Host-kith_session'))).toBe(false)
    expect((await send(yours, form, values)).status).toBe(303)
  })

  test('of before signing in is out of date after it; that of the sign-in itself goes on, and signs nobody in', async () => {
    const { username } = await verifiedPerson('token_before')
    const client = newBrowser()
    const [form, forgot] = [formOf(await open(client, '/sign-in')), formOf(await open(client, '/forgot'))]
    await send(client, form, { identifier: username, password: PASSWORD })
    expect((await send(client, forgot, { email: 'token_before@example.com' })).status).toBe(403)
    const again = await send(client, form, { identifier: username, password: PASSWORD })
    expect([again.status, again.headers.getSetCookie()]).toEqual([303, []])
  })
})

test('the cookies of pages have the attributes of a __Host- cookie', async () => {
  const person = await verifiedPerson('token_cookies')
  const client = newBrowser()
  const page = await open(client, '/sign-in')
  const signedIn = await send(client, formOf(page), { identifier: person.username, password: PASSWORD })
  await client.post('/user/2fa', { state: true })
  const step = await signInOnPage(newBrowser(), person.username, PASSWORD)
  const cookies = [page, signedIn, step].flatMap(({ headers }) => headers.getSetCookie())
  expect(cookies.map((cookie) => cookie.split('=')[0])).toEqual([
    '__Host-kith_browser',
    '__Host-kith_session',
    '__Host-kith_device',
    '__Host-kith_sign_in',
  ])
  for (const cookie of cookies) {
    for (const attribute of ['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']) expect(cookie).toContain(attribute)
    expect(cookie).not.toMatch(/domain/i)
    expect(cookie.length).toBeLessThan(4_096)
  }
})
