// The pages to which an app sends the browser: consent, and sign-out on its behalf (security rows 29, 30, 35, 38).
import { beforeAll, describe, expect, test } from 'vitest'
import { newName } from '../support/actors.ts'
import { spend, spendPage } from '../support/budget.ts'
import { Client, db, newestCode, ORIGIN, type Reply } from '../support/kith.ts'
import {
  alertIn,
  browserOf,
  consentPath,
  fillIn,
  follow,
  formOf,
  headingOf,
  linkNamed,
  open,
  refreshOf,
  send,
  unescapeHtml,
} from '../support/pages.ts'
import { PASSWORD, type Person, verifiedPerson } from '../support/people.ts'
import { idOf, newOAuthClient, putConsent } from '../support/tokens.ts'

const CALLBACK = 'https://app.kith.test/callback'
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'

let person: Person
let browser: Client
let app: string
beforeAll(async () => {
  person = await verifiedPerson('consent_person')
  browser = await browserOf(person)
  app = await newOAuthClient('*', {
    first_party: 0,
    name: 'Photo <b>Prints</b>',
    post_logout_redirect_uris: '["https://app.kith.test/bye"]',
  })
})

const authorizePath = (changes: Record<string, string>) => consentPath(app, changes).replace('/consent', '/oauth/authorize')
const paramsOf = (url: string) => Object.fromEntries(new URL(url).searchParams)
const itemsOf = (text: string) => [...text.matchAll(/<li>(.*?)<\/li>/g)].map(([, item]) => item)
const countOf = async (table: string) => (await db.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n

async function exchange(code: string): Promise<Reply> {
  const body = { grant_type: 'authorization_code', client_id: app, redirect_uri: CALLBACK, code, code_verifier: VERIFIER }
  return new Client().post('/oauth/token', new URLSearchParams(body))
}

describe('/consent', () => {
  test('says who asks, what for, where to, and which account; opening it grants nothing', async () => {
    const before = [await countOf('consents'), await countOf('authorization_codes')]
    const { text } = await open(browser, consentPath(app, { scope: 'openid profile delegated:session:write' }))
    expect(text).toContain('Give Photo &lt;b&gt;Prints&lt;/b&gt; access to your account?')
    expect(text).toContain('<strong>app.kith.test</strong>')
    expect(text).toContain(person.username)
    expect(itemsOf(text)).toEqual(['Know who you are', 'See your name and the rest of your profile', 'Sign you out elsewhere'])
    expect([await countOf('consents'), await countOf('authorization_codes')]).toEqual(before)
  })

  test('what is new comes first, and what was allowed before is folded away; asked for again, it is shown', async () => {
    const other = await newOAuthClient('*', { first_party: 0 })
    await putConsent(person.id, other, 'openid')
    const { text } = await open(browser, consentPath(other))
    expect(text).toMatch(
      /New: it will also be able to.*See your name.*<details[^>]*><summary>What you have already allowed.*Know who you are/s,
    )
    const again = await open(browser, consentPath(other, { scope: 'openid', prompt: 'consent' }))
    expect(again.text).toMatch(/As before, it will be able to.*Know who you are/s)
    expect(again.text).not.toContain('<details')
  })

  test('groups what it asks for, and says for how long', async () => {
    const scope =
      'admin:roles:read delegated:media:read delegated:profile:2fa:read delegated:social:follow:read openid delegated:profile:write'
    const { text } = await open(browser, consentPath(app, { scope }))
    const headings = [...text.matchAll(/<h3>(.*?)<\/h3>/g)].map(([, heading]) => heading)
    expect(headings).toEqual(['Who you are', 'Your profile', 'Other people', 'Your files', 'Your sign-ins and devices'])
    expect(text).toContain('for up to 90 days, and loses it after 14 days without use')
    const once = await newOAuthClient('*', { first_party: 0, grant_types: 'authorization_code' })
    expect((await open(browser, consentPath(once))).text).toContain('for up to 10 minutes.')
  })

  test("links to the app's own pages in a new tab that learns nothing of this one, and loads nothing of the app's", async () => {
    const columns = {
      client_uri: 'https://prints.example/',
      policy_uri: 'https://prints.example/privacy',
      tos_uri: 'https://legal.example/terms',
    }
    const linked = await newOAuthClient('*', { first_party: 0, name: 'Linked', logo_uri: 'https://prints.example/logo.png', ...columns })
    const { text } = await open(browser, consentPath(linked))
    for (const uri of Object.values(columns))
      expect(text).toContain(`<a href="${uri}" target="_blank" rel="noopener noreferrer" aria-label="`)
    expect(text).toContain('<span class="host">prints.example</span>')
    expect(text).not.toContain('logo.png')
    expect((await open(browser, consentPath(app))).text).not.toMatch(/Website|<ul class="links">/)
  })

  test('an app that registered itself is called that', async () => {
    const unknown = await newOAuthClient('*', { first_party: 0, source: 'dynamic' })
    expect((await open(browser, consentPath(unknown))).text).toContain('registered itself. Nobody here has checked who is behind it.')
    expect((await open(browser, consentPath(app))).text).not.toContain('Nobody here')
  })

  test('from the authorization endpoint to a code that can be exchanged; a yes is remembered', async () => {
    const asked = await browser.get(consentPath(app).replace('/consent', '/oauth/authorize'))
    const page = await follow(browser, asked)
    const allowed = await send(browser, formOf(page, '/consent'), { answer: 'allow' })
    // Not a redirect: browsers hold those against form-action. None of it is stored either.
    expect([allowed.status, headingOf(allowed), allowed.headers.get('cache-control')]).toEqual([200, 'You are signed in', 'no-store'])
    const to = refreshOf(allowed)
    expect(to.startsWith(`${CALLBACK}?`)).toBe(true)
    expect(paramsOf(to)).toMatchObject({ state: 'xyz', iss: ORIGIN })
    expect((await exchange(paramsOf(to).code ?? '')).status).toBe(200)
    const silent = await browser.get(consentPath(app, { prompt: 'none' }).replace('/consent', '/oauth/authorize'))
    expect(paramsOf(silent.headers.get('location') ?? '').code).toBeTruthy()
  })

  test('a no is told to the app, and grants nothing', async () => {
    const fresh = await newOAuthClient('*', { first_party: 0 })
    const before = [await countOf('consents'), await countOf('authorization_codes')]
    const denied = await fillIn(browser, consentPath(fresh), { answer: 'deny' })
    expect(headingOf(denied)).toBe('Access was denied')
    expect(paramsOf(refreshOf(denied))).toMatchObject({ error: 'access_denied', state: 'xyz', iss: ORIGIN })
    expect([await countOf('consents'), await countOf('authorization_codes')]).toEqual(before)
  })

  test('by form_post as well: the answer is a form to the app', async () => {
    const allowed = await fillIn(browser, consentPath(app, { response_mode: 'form_post' }), { answer: 'allow' })
    expect(allowed.text).toContain(`<form method="post" action="${CALLBACK}">`)
    expect(allowed.text).toMatch(/name="code" value="[\w-]{20,}"/)
    expect(allowed.headers.get('content-security-policy')).not.toContain('form-action')
  })

  test('opened twice, both pages can be answered', async () => {
    const pages = [await open(browser, consentPath(app)), await open(browser, consentPath(app))]
    for (const page of pages) expect(paramsOf(refreshOf(await send(browser, formOf(page))))).toHaveProperty('code')
  })

  test('a ticket of another question, of somebody else or of nobody grants nothing, and the page is shown anew', async () => {
    const elsewhere = await browserOf(await verifiedPerson(newName('consent_other')))
    const fresh = await newOAuthClient('*', { first_party: 0 })
    const page = formOf(await open(browser, consentPath(fresh)))
    const tickets = [
      formOf(await open(browser, consentPath(app))).fields.ticket,
      formOf(await open(browser, consentPath(fresh, { scope: 'openid email' }))).fields.ticket,
      formOf(await open(elsewhere, consentPath(fresh))).fields.ticket,
      '',
      `${Date.now()}.test-1.${'A'.repeat(43)}`,
    ]
    for (const ticket of tickets) {
      const refused = await send(browser, page, { ticket: ticket ?? '', answer: 'allow' })
      expect([refused.status, alertIn(refused)]).toEqual([403, 'This page was out of date. Please submit it again.'])
      expect(formOf(refused).fields.ticket).not.toBe(ticket)
    }
    expect((await db.prepare('SELECT 1 FROM consents WHERE client_id = ?').bind(fresh).all()).results).toEqual([])
  })

  test('whoever is not signed in signs in first, and comes back to the question', async () => {
    const client = new Client()
    const asked = await client.get(consentPath(app, { prompt: 'consent' }))
    const page = await follow(client, asked)
    const on = await follow(client, await send(client, formOf(page), { identifier: person.username, password: PASSWORD }))
    const back = await client.get(refreshOf(on))
    expect(headingOf(await follow(client, back))).toContain('Give Photo')
  })

  test.each([{ prompt: 'login' }, { max_age: '0' }] as Record<string, string>[])(
    'a new sign-in that the app wants (%o) is not got around by opening the page or sending its form',
    async (wish) => {
      const client = await browserOf(person)
      const path = consentPath(app, { nonce: newName('consent_wish'), ...wish })
      const { fields } = formOf(await open(client, consentPath(app)))
      const before = await countOf('authorization_codes')
      for (const reply of [await client.get(path), await send(client, { action: path, fields }, { answer: 'allow' })]) {
        expect([reply.status, reply.headers.get('location')?.split('?')[0]]).toEqual([303, '/sign-in'])
      }
      expect(await countOf('authorization_codes')).toBe(before)
      // The flow ends at the question, which can be answered.
      const asked = await client.get((await client.get(path)).headers.get('location') ?? '')
      const page = await follow(client, await client.get(asked.headers.get('location') ?? ''))
      expect(headingOf(page)).toBe('Sign in again')
      const on = await follow(client, await send(client, formOf(page), { identifier: person.username, password: PASSWORD }))
      const back = await client.get(refreshOf(on))
      const answered = back.status === 303 ? await send(client, formOf(await follow(client, back)), { answer: 'allow' }) : back
      expect(paramsOf(back.status === 303 ? refreshOf(answered) : (back.headers.get('location') ?? '')).code).toBeTruthy()
    },
  )

  test('an app that asks for a second step: the page says so in plain words, and how to get one or to go back without it', async () => {
    const client = await browserOf(person)
    const open2fa = async (acr: string, browser = client) => follow(browser, await browser.get(authorizePath({ acr_values: acr })))
    const page = await open2fa('urn:kith:acr:2fa')
    expect([headingOf(page), formOf(page).fields.identifier]).toEqual(['Sign in with your second step', person.username])
    expect([linkNamed(page, 'Add a passkey'), linkNamed(page, 'Turn on two-step')]).toEqual(['/account/passkeys', '/account/two-step'])
    expect(headingOf(await open2fa('urn:kith:acr:phr', new Client())), 'nor signed in').toBe('Sign in with a passkey')
    // The password alone, which is all that the account has: the app is told.
    const on = await follow(client, await send(client, formOf(page), { identifier: person.username, password: PASSWORD }))
    const told = { error: 'unmet_authentication_requirements', iss: ORIGIN }
    expect(paramsOf((await client.get(refreshOf(on))).headers.get('location') ?? '')).toMatchObject(told)
    const back = linkNamed(await open2fa('urn:kith:acr:2fa'), 'Go back to the app')
    expect(paramsOf((await client.get(back)).headers.get('location') ?? '')).toMatchObject(told)
    const again = await follow(client, await client.get(authorizePath({ prompt: 'login', acr_values: 'urn:kith:acr:1fa urn:other' })))
    expect(headingOf(again), 'what any sign-in is').toBe('Sign in again')
  })

  test('with a second factor on, the same sign-in goes on to the question', async () => {
    const careful = await verifiedPerson(newName('consent_careful'))
    const client = await browserOf(careful)
    await db.prepare("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)").bind(idOf(careful)).run()
    const page = await follow(client, await client.get(authorizePath({ acr_values: 'urn:kith:acr:2fa', max_age: '3600' })))
    const code = await follow(client, await send(client, formOf(page), { identifier: careful.username, password: PASSWORD }))
    const on = await follow(client, await send(client, formOf(code), { code: await newestCode(careful.email) }))
    expect(headingOf(await follow(client, await client.get(refreshOf(on))))).toContain('Give Photo')
  })

  test('another account can be used', async () => {
    const other = await verifiedPerson(newName('consent_switch'))
    const client = await browserOf(person)
    const { text } = await open(client, consentPath(app, { prompt: 'consent' }))
    const link = unescapeHtml(/<div class="whose">.*?href="([^"]+)"/s.exec(text)?.[1] ?? '')
    const page = await open(client, link)
    expect([headingOf(page), formOf(page).fields.identifier]).toEqual(['Use another account', ''])
    const on = await follow(client, await send(client, formOf(page), { identifier: other.username, password: PASSWORD }))
    expect((await follow(client, await client.get(refreshOf(on)))).text).toContain(other.username)
  })

  test.each([
    ['an unknown app', { client_id: 'nobody' }],
    ['an address that is not registered', { redirect_uri: 'https://evil.example/cb' }],
    ['no address', { redirect_uri: '' }],
    ['a scheme that runs', { redirect_uri: 'javascript:alert(1)' }],
  ])('%s is told to the person, and leads nowhere', async (_name, changes) => {
    for (const client of [browser, new Client()]) {
      const reply = await client.get(consentPath(app, changes))
      expect([reply.status, headingOf(reply), refreshOf(reply)]).toEqual([400, 'This app made a mistake', ''])
      expect(reply.text).not.toMatch(/evil\.example|javascript:/)
    }
  })

  test.each([
    ['redirect_uri', (uri: string) => consentPath(app, { redirect_uri: uri })],
    ['post_logout_redirect_uri', (uri: string) => `/sign-out?${new URLSearchParams({ client_id: app, post_logout_redirect_uri: uri })}`],
  ])('a developer sees which %s came and which are registered', async (name, pathOf) => {
    const env = { ENVIRONMENT: 'development', ORIGIN: 'http://localhost:8787', MAIL: 'capture', SCRYPT_LN: '15' }
    const { status, text } = await new Client().get(pathOf('https://app.kith.test/mistyped/<'), { env })
    expect(status).toBe(400)
    expect(text).toContain(
      `The ${name} is not registered for the client. The app sent https://app.kith.test/mistyped/&lt;; registered: https://`,
    )
    expect(text).not.toContain('try again')
  })

  test('what is wrong with the rest of the request is told to the app', async () => {
    const reply = await browser.get(consentPath(app, { scope: 'nonsense' }))
    expect(paramsOf(reply.headers.get('location') ?? '')).toMatchObject({ error: 'invalid_scope', state: 'xyz' })
  })

  test('a form from another site, or without a token, grants nothing', async () => {
    const fresh = await newOAuthClient('*', { first_party: 0 })
    const page = formOf(await open(browser, consentPath(fresh)))
    const foreign = await send(browser, page, {}, { headers: { origin: 'https://evil.example' } })
    expect([foreign.status, refreshOf(foreign)]).toEqual([403, ''])
    const tokenless = await send(browser, page, { form_token: '' })
    expect([tokenless.status, refreshOf(tokenless)]).toEqual([403, ''])
    expect((await db.prepare('SELECT 1 FROM consents WHERE client_id = ?').bind(fresh).all()).results).toEqual([])
  })

  test('budget: one round trip to ask, two to answer', async () => {
    const page = formOf(await open(browser, consentPath(app)))
    expect((await spendPage(browser, consentPath(app))).counts.d1RoundTrips).toBe(1)
    const fields = new URLSearchParams(page.fields)
    const answered = await spend(browser, 'POST', page.action, fields, { origin: ORIGIN })
    expect([answered.status, answered.counts.d1RoundTrips]).toEqual([200, 2])
  })
})

describe('/sign-out', () => {
  const query = new URLSearchParams({ post_logout_redirect_uri: 'https://app.kith.test/bye', state: 'a&b' })
  const pathOf = (id: string) => `/sign-out?${query}&client_id=${id}`

  test('names the app that asks, and goes on to its address once the person has said yes', async () => {
    const client = await browserOf(person)
    const page = await open(client, pathOf(app))
    expect(page.text).toContain('Photo &lt;b&gt;Prints&lt;/b&gt;</bdi> asks to sign you out')
    const out = await send(client, formOf(page))
    expect(refreshOf(out)).toBe('https://app.kith.test/bye?state=a%26b')
    expect(client.cookies.has('__Host-kith_session')).toBe(false)
    expect((await client.get('/account')).status).toBe(303)
    // Again, with nobody left to sign out.
    const again = await open(client, pathOf(app))
    expect(headingOf(again)).toBe('You are signed out')
    expect(again.text).toContain('href="https://app.kith.test/bye?state=a%26b"')
  })

  test('to an address that is not registered: nothing happens, and nothing leads there', async () => {
    const reply = await browser.get(`/sign-out?client_id=${app}&post_logout_redirect_uri=https://evil.example/`)
    expect([reply.status, headingOf(reply)]).toEqual([400, 'This app made a mistake'])
    expect(reply.text).not.toContain('evil.example')
    expect((await browser.get('/account')).status).toBe(200)
  })

  test('with another ticket nobody is signed out', async () => {
    const refused = await fillIn(browser, '/sign-out', { ticket: 'x' })
    expect([refused.status, alertIn(refused)]).toEqual([403, 'This page was out of date. Please submit it again.'])
    expect((await browser.get('/account')).status).toBe(200)
  })

  test('the cookie of an ended session is cleared', async () => {
    const client = await browserOf(person)
    await db.prepare('UPDATE sessions SET revoked_at = 1 WHERE id = (SELECT max(id) FROM sessions)').run()
    expect(headingOf(await open(client, '/sign-out'))).toBe('You are signed out')
    expect(client.cookies.has('__Host-kith_session')).toBe(false)
  })
})
