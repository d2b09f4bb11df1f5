// From an app and back: sign-up, verification of the address and a new password do not lose where somebody was going, whichever
// browser the mail is opened in. It leads nowhere else (CWE-601), and signs in nobody who has not typed a password (CWE-352).
import { afterEach, describe, expect, test } from 'vitest'
import { toOwnPath } from '../../src/pages/return-to.ts'
import { clock } from '../platform/clock.ts'
import { newName } from '../support/actors.ts'
import { Client, db, mailsTo, newestCode, platform, type Reply } from '../support/kith.ts'
import { fillIn, follow, formOf, headingOf, linkNamed, mailedLink, open, refreshOf, send, signInOnPage } from '../support/pages.ts'
import { PASSWORD, signUp, verifiedPerson } from '../support/people.ts'
import { newOAuthClient } from '../support/tokens.ts'

const CALLBACK = 'https://app.kith.test/callback'
const HOUR_MS = 3_600_000
afterEach(() => clock.restore())

async function authorizePath(changes: Readonly<Record<string, string>> = {}): Promise<string> {
  const query = {
    client_id: await newOAuthClient(),
    redirect_uri: CALLBACK,
    response_type: 'code',
    state: 'a b&c',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
    ...changes,
  }
  return `/oauth/authorize?${new URLSearchParams(query)}`
}

const newTyped = () => {
  const username = newName('returning')
  return { givenName: 'A', familyName: 'B', username, email: `${username}@example.com`, password: PASSWORD }
}

/** The reply to a form leads through the intermediate page to the app, with a code. */
async function expectAtApp(client: Client, reply: Reply): Promise<void> {
  const on = await follow(client, reply)
  const response = await client.get(refreshOf(on))
  const location = new URL(response.headers.get('location') ?? '')
  expect([response.status, location.origin + location.pathname, location.searchParams.get('state')]).toEqual([302, CALLBACK, 'a b&c'])
  expect(location.searchParams.get('code')).toMatch(/^[\w-]{43}$/)
}

/** From the app to the sign-in, and from there by the link with that text. */
async function fromApp(client: Client, link: string, path?: string): Promise<Reply> {
  const signIn = await follow(client, await client.get(path ?? (await authorizePath())))
  return open(client, linkNamed(signIn, link))
}

test('a long request comes back from the sign-in in one piece; a longer one is refused before anybody signs in', async () => {
  const { username } = await verifiedPerson(newName('long_request'))
  const stateOf = (location: string) => new URL(location).searchParams
  const [client, state] = [new Client(), 'x'.repeat(7_500)]
  const path = await authorizePath({ state })
  const page = await follow(client, await client.get(path))
  const on = await follow(client, await send(client, formOf(page), { identifier: username, password: PASSWORD }))
  const back = stateOf((await client.get(refreshOf(on))).headers.get('location') ?? '')
  expect([back.get('state') === state, back.has('code')]).toEqual([true, true])
  for (const who of [client, new Client()]) {
    const refused = stateOf((await who.get(path.replace(state, `${state}${state}`.slice(0, 8_000)))).headers.get('location') ?? '')
    expect([refused.get('error'), refused.get('error_description')]).toEqual([
      'invalid_request',
      'The request may have at most 7808 characters',
    ])
  }
})

describe('somebody who signs up on the way to an app', () => {
  test('gets back to it by the mailed link, and types no password again', async () => {
    const client = new Client()
    const typed = newTyped()
    await follow(client, await send(client, formOf(await fromApp(client, 'Create an account')), typed))
    const link = await mailedLink(typed.email)
    expect(link).toMatch(/^\/verify\?code=[a-z2-9-]{31}$/)
    await expectAtApp(client, await send(client, formOf(await open(client, link))))
  })

  test('gets back to it by typing the code', async () => {
    const client = new Client()
    const typed = newTyped()
    const page = await follow(client, await send(client, formOf(await fromApp(client, 'Create an account')), typed))
    await expectAtApp(client, await send(client, formOf(page), { code: await newestCode(typed.email) }))
  })

  test('gets back to it from another browser, which wants the password', async () => {
    const typed = newTyped()
    const first = new Client()
    await send(first, formOf(await fromApp(first, 'Create an account')), typed)
    const client = new Client()
    const signIn = await follow(client, await send(client, formOf(await open(client, await mailedLink(typed.email)))))
    expect(headingOf(signIn)).toBe('Sign in')
    await expectAtApp(client, await send(client, formOf(signIn), { identifier: typed.email, password: PASSWORD }))
  })

  test('gets back to it after other codes: for the account, for the user name, and after a sign-in that was too early', async () => {
    const [account, named] = [await signUp(newName('returning')), await signUp(newName('returning'))]
    const client = new Client()
    const early = await follow(
      client,
      await send(client, formOf(await follow(client, await client.get(await authorizePath()))), {
        identifier: account.username,
        password: PASSWORD,
      }),
    )
    const again = await follow(client, await send(client, formOf(early, '/verify/resend')))
    await expectAtApp(client, await send(client, formOf(again, '/verify'), { code: await newestCode(account.email) }))

    const other = new Client()
    const page = await fromApp(other, 'Create an account')
    const verify = await open(other, linkNamed(await open(other, linkNamed(page, 'Sign in')), 'Forgot').replace('/forgot', '/verify'))
    // Half of the first code's lifetime has passed: a new one is made, for this app.
    clock.freeze(Date.now() + 0.75 * HOUR_MS)
    await fillIn(other, linkNamed(verify, 'Send a new code'), { username: named.username })
    const signIn = await follow(other, await send(other, formOf(await open(other, await mailedLink(named.email)))))
    await expectAtApp(other, await send(other, formOf(signIn), { identifier: named.username, password: PASSWORD }))
  })
})

describe('somebody who has forgotten the password on the way to an app', () => {
  test('gets back to it by the mailed link, in whichever browser', async () => {
    const person = await verifiedPerson(newName('forgetful'))
    const client = new Client()
    const asked = await follow(client, await send(client, formOf(await fromApp(client, 'Forgot')), { email: person.email }))
    expect(linkNamed(asked, 'Ask for another code')).toMatch(/^\/forgot\?return_to=/)
    const link = await mailedLink(person.email)
    expect(link).toMatch(/^\/reset\?code=[a-z2-9-]{31}$/)
    for (const browser of [new Client(), client]) {
      const page = await open(browser, link)
      expect(formOf(page).action).toMatch(/^\/reset\?return_to=%2Foauth%2Fauthorize/)
      if (browser !== client) continue
      const signIn = await follow(browser, await send(browser, formOf(page), { password: 'quite-another-horse' }))
      await expectAtApp(browser, await send(browser, formOf(signIn), { identifier: person.username, password: 'quite-another-horse' }))
    }
  })

  test('gets back to the one that asked last, where the same code is mailed once more', async () => {
    const person = await verifiedPerson(newName('forgetful'))
    const client = new Client()
    await fillIn(client, '/forgot?return_to=/account/status', { email: person.email })
    clock.freeze(Date.now() + 60_000)
    await fillIn(client, '/forgot?return_to=/account/privacy', { email: person.email })
    const [second, first] = (await mailsTo(person.email)).flatMap(({ text }) => /\/reset\?code=\S+/.exec(text)?.[0] ?? [])
    expect(second).toBe(first)
    expect(formOf(await open(client, second ?? '')).action).toBe('/reset?return_to=%2Faccount%2Fprivacy')
  })
})

describe('prompt=create (Initiating User Registration 1.0)', () => {
  test('begins at the sign-up, also for somebody who is signed in, and comes back with the new account', async () => {
    const path = await authorizePath({ prompt: 'create', login_hint: 'ada@example.com', scope: 'openid' })
    const person = await verifiedPerson(newName('settled'))
    for (const client of [new Client(), person.client]) {
      if (client === person.client) await signInOnPage(client, person.username, PASSWORD)
      const page = await follow(client, await client.get(path))
      expect([headingOf(page), formOf(page).fields.email]).toEqual(['Create an account', 'ada@example.com'])
      const typed = newTyped()
      await follow(client, await send(client, formOf(page), typed))
      await expectAtApp(client, await send(client, formOf(await open(client, await mailedLink(typed.email)))))
      expect((await client.get('/user/me')).json.data.user.username).toBe(typed.username)
    }
  })

  test('somebody who verifies the address hours later is not asked to sign up again', async () => {
    clock.freeze()
    const client = new Client()
    const typed = newTyped()
    const page = await follow(client, await client.get(await authorizePath({ prompt: 'create' })))
    clock.advance(60_000)
    const verify = await follow(client, await send(client, formOf(page), typed))
    clock.advance(3 * HOUR_MS)
    await send(client, formOf(verify, '/verify/resend'))
    await expectAtApp(client, await send(client, formOf(await open(client, await mailedLink(typed.email)))))
  })

  test('somebody who has an account after all signs in, once', async () => {
    const person = await verifiedPerson(newName('settled'))
    const client = new Client()
    const page = await follow(client, await client.get(await authorizePath({ prompt: 'create' })))
    const signIn = await open(client, linkNamed(page, 'Sign in'))
    await expectAtApp(client, await send(client, formOf(signIn), { identifier: person.username, password: PASSWORD }))
  })

  test('is in the metadata; a prompt that nobody knows is ignored, but not beside none', async () => {
    const client = new Client()
    expect((await client.get('/.well-known/openid-configuration')).json.prompt_values_supported).toContain('create')
    expect((await client.get(await authorizePath({ prompt: 'whatever' }))).headers.get('location')).toMatch(/^\/sign-in\?/)
    expect((await client.get(await authorizePath({ prompt: 'whatever create' }))).headers.get('location')).toMatch(/^\/sign-up\?/)
    expect((await client.get(await authorizePath({ prompt: 'none whatever' }))).headers.get('location')).toContain('error=invalid_request')
  })
})

describe('what an attacker tries', () => {
  test.each(['//evil.example', '/\\evil.example', 'https://evil.example', '/user/logout', '/a%2f..%2f\n'])(
    '%j is lost on every page, and is no part of a code',
    async (to) => {
      expect(toOwnPath(to)).toBeNull()
      const query = `?${new URLSearchParams({ return_to: to })}`
      const person = await signUp(newName('lured'))
      for (const path of ['/sign-up', '/verify', '/verify/new-code', '/forgot', '/reset']) {
        expect(formOf(await open(new Client(), path + query)).action).toBe(path)
      }
      const client = new Client()
      const sent = await fillIn(client, `/forgot${query}`, { email: person.email })
      expect(sent.headers.get('location')).toBe('/reset?notice=reset_sent')
      const typed = newTyped()
      const made = await fillIn(client, `/sign-up${query}`, typed)
      expect(made.headers.get('location')).toMatch(/^\/verify\?account=[0-9a-f]{24}&notice=signed_up$/)
      const { results } = await db
        .prepare('SELECT return_to FROM challenges WHERE return_to IS NOT NULL AND return_to NOT LIKE ?')
        .bind('/%')
        .all()
      expect(results).toEqual([])
    },
  )

  test('one that got into the database all the same leads to the account', async () => {
    const typed = newTyped()
    const client = new Client()
    await fillIn(client, '/sign-up?return_to=/account/privacy', typed)
    await db.prepare('UPDATE challenges SET return_to = ? WHERE return_to = ?').bind('//evil.example', '/account/privacy').run()
    const done = await send(client, formOf(await open(client, await mailedLink(typed.email))))
    expect(done.headers.get('location')).toBe('/account')
  })

  test('no text of a stranger gets into a mail by it', async () => {
    const typed = newTyped()
    await fillIn(new Client(), '/sign-up?return_to=/account?buy=cheap-pills-at.evil.example', typed)
    await fillIn(new Client(), '/forgot?return_to=/account?buy=cheap-pills-at.evil.example', { email: typed.email })
    for (const { text, html } of await mailsTo(typed.email)) expect(text + html).not.toMatch(/pills|return_to/)
  })

  test('a browser is signed in by proving the address of its own new account alone, unchanged and in time', async () => {
    const cookie = '__Host-kith_new_account'
    const made = async () => {
      const client = new Client()
      const typed = newTyped()
      await fillIn(client, '/sign-up', typed)
      return { client, typed, ticket: client.cookies.get(cookie) ?? '', link: await mailedLink(typed.email) }
    }
    const prove = async ({ link }: { link: string }, client: Client) => {
      await send(client, formOf(await open(client, link)))
      return (await client.get('/user/me')).status === 200
    }
    const [mine, theirs, forged, late, changed] = [await made(), await made(), await made(), await made(), await made()]
    // With the cookie of another account, which its owner may have given away.
    expect(await prove(theirs, mine.client)).toBe(false)
    const other = new Client()
    other.cookies.set(cookie, mine.ticket.replace(/^[0-9a-f]{24}/, forged.ticket.slice(0, 24)))
    expect(await prove(forged, other)).toBe(false)
    const { client } = changed
    await db.prepare('UPDATE users SET epoch = epoch + 1 WHERE username = ?').bind(changed.typed.username).run()
    await db
      .prepare('UPDATE challenges SET epoch = epoch + 1 WHERE user_id = (SELECT id FROM users WHERE username = ?)')
      .bind(changed.typed.username)
      .run()
    expect(await prove(changed, client)).toBe(false)
    expect(await prove(mine, mine.client)).toBe(true)
    // Used once: the ticket is worthless afterwards.
    const again = new Client()
    again.cookies.set(cookie, mine.ticket)
    expect((await send(again, formOf(await open(again, '/verify')), { code: mine.link.split('=')[1] ?? '' })).status).toBe(400)
    clock.freeze(Date.now() + 25 * HOUR_MS)
    await db
      .prepare('UPDATE challenges SET expires_at = expires_at + ? WHERE consumed_at IS NULL')
      .bind(48 * HOUR_MS)
      .run()
    expect(await prove(late, late.client)).toBe(false)
  })

  test('a new code is for the account of that user name, and not for another that waits for the same address', async () => {
    const mine = await signUp(newName('waiting'))
    await signUp(newName('waiting'), mine.email)
    clock.freeze(Date.now() + HOUR_MS)
    await fillIn(new Client(), '/verify/new-code', { username: mine.username })
    const [newest] = await mailsTo(mine.email)
    expect(newest?.text).toContain(`for the account ${mine.username},`)
    const before = (await mailsTo(mine.email)).length
    await fillIn(new Client(), '/verify/new-code', { username: (await verifiedPerson(newName('settled'))).username })
    await fillIn(new Client(), '/verify/new-code', { username: newName('nobody') })
    expect(await mailsTo(mine.email)).toHaveLength(before)
  })

  test('64 who verify one address with one cookie begin one session', async () => {
    const typed = newTyped()
    const first = new Client()
    await fillIn(first, '/sign-up', typed)
    const form = formOf(await open(first, await mailedLink(typed.email)))
    platform.reset()
    const racers = Array.from({ length: 64 }, () => {
      const client = new Client()
      for (const [name, value] of first.cookies) client.cookies.set(name, value)
      return send(client, form)
    })
    const signedIn = (await Promise.all(racers)).filter(({ headers }) =>
      headers.getSetCookie().some((line) => line.includes('kith_session=')),
    )
    expect(signedIn).toHaveLength(1)
    const rows = await db
      .prepare('SELECT COUNT(*) AS n FROM sessions WHERE user_id = (SELECT id FROM users WHERE username = ?)')
      .bind(typed.username)
      .first()
    expect(rows).toEqual({ n: 1 })
  })
})
