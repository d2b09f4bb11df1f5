// Signing in and up through other providers, as a person without JavaScript goes through it (docs/sign-in.md, "Other providers").
import { describe, expect, test } from 'vitest'
import { count, eventsOf, idOf, newName, rows } from '../support/actors.ts'
import { Client, mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { alertIn, fillIn, follow, formOf, headingOf, linkNamed, open, send } from '../support/pages.ts'
import { signUpBody, verifiedPerson } from '../support/people.ts'
import { StandIn } from '../support/upstream.ts'
import { comeBack, leaveToSignIn, signInWith, signUpWith, UpstreamBrowser, whoIs } from '../support/upstream-browser.ts'

const provider = new StandIn()
const other = new StandIn({ name: 'Second' })
const browser = (changes = {}) => new UpstreamBrowser([provider, other], changes)
const subjects = () => newName('subject')
const locationOf = (reply: Reply) => reply.headers.get('location')
const hasField = ({ text }: Reply, name: string) => text.includes(`name="${name}"`)
const verified = (name: string, sub = subjects()) => ({
  sub,
  email: `${name}@example.com`,
  email_verified: true,
  given_name: 'Ada',
  family_name: 'Lovelace',
  preferred_username: name,
})

/** An account that signs in by the provider alone. */
async function newcomer(name = newName('newcomer')) {
  const about = verified(name)
  const client = browser()
  await signUpWith(client, provider, about)
  const [row] = await rows<{ id: number }>('SELECT id FROM users WHERE username = ?', name)
  return { client, about, name, id: row?.id ?? 0 }
}

describe('the page to sign in', () => {
  test('has a button for each provider, and leaves by a page of our own', async () => {
    const client = browser()
    const page = await open(client, '/sign-in?return_to=/account/privacy')
    expect([...page.text.matchAll(/Continue with (\w+)/g)].map(([, name]) => name)).toEqual(['Example', 'Second'])
    const form = formOf(page, `/sign-in/with/${provider.id}`)
    const left = await send(client, form)
    expect([left.status, left.headers.get('content-security-policy')]).toEqual([200, expect.stringContaining("form-action 'self'")])
    expect(linkNamed(left, 'Continue')).toMatch(new RegExp(`^${provider.base}/authorize\\?`))
    expect((await open(new Client(), '/sign-in')).text).not.toContain('Continue with')
  })

  test('takes its buttons from our own pages alone, and knows no other provider', async () => {
    const client = browser()
    const form = formOf(await open(client, '/sign-in'), `/sign-in/with/${provider.id}`)
    expect((await send(client, form, {}, { headers: { origin: 'https://evil.example' } })).status).toBe(403)
    expect((await send(client, { ...form, action: '/sign-in/with/nobody' })).status).toBe(404)
    const unknown = await client.get('/upstream/nobody/callback?code=1&state=2')
    expect([unknown.status, headingOf(unknown)]).toEqual([404, 'Page not found'])
  })
})

describe('signing up through a provider', () => {
  test('asks only for what is missing: with a verified address there is no code, no password and no address to type', async () => {
    const client = browser()
    const name = newName('ada_lovelace')
    const back = await signInWith(client, provider, verified(name), '/sign-in?return_to=/account/privacy')
    expect(locationOf(back)).toBe('/sign-up/with?return_to=%2Faccount%2Fprivacy')
    const page = await follow(client, back)
    const { form_token: _, ...fields } = formOf(page).fields
    expect(fields).toEqual({ givenName: 'Ada', familyName: 'Lovelace', username: name })
    const done = await send(client, formOf(page))
    expect([done.status, locationOf(done), await whoIs(client)]).toEqual([303, '/account/privacy', name])
    const [user] = await rows('SELECT id, email, email_verified_at IS NOT NULL AS verified FROM users WHERE username = ?', name)
    expect(user).toMatchObject({ email: `${name}@example.com`, verified: 1 })
    expect(await rows('SELECT amr, second_factor FROM sessions WHERE user_id = ?', user?.id)).toEqual([{ amr: 'fed', second_factor: null }])
    expect(await rows('SELECT password_hash FROM credentials WHERE user_id = ?', user?.id)).toEqual([{ password_hash: '' }])
    expect(await mailsTo(`${name}@example.com`)).toEqual([])
  })

  test('proposes a user name that is free, and makes one from the names if the provider has none', async () => {
    const taken = newName('taken_name')
    await verifiedPerson(taken)
    const client = browser()
    const about = { ...verified(taken), email: `${newName('mail')}@example.com` }
    const proposed = formOf(await follow(client, await signInWith(client, provider, about))).fields.username ?? ''
    expect(proposed).toMatch(new RegExp(`^${taken}\\d{3}$`))
    const { preferred_username: _, email: __, ...nameless } = { ...about, given_name: 'Zoë', family_name: 'Li' }
    const another = browser()
    const made = formOf(await follow(another, await signInWith(another, provider, { ...nameless, sub: subjects() })))
    expect(made.fields.username).toMatch(/^Zoe_Li\d{3}$/)
  })

  test('keeps what was typed with its errors: the answer is not used up by them', async () => {
    const client = browser()
    const taken = newName('is_taken')
    await verifiedPerson(taken)
    const name = newName('not_taken')
    await signInWith(client, provider, verified(name))
    const wrong = await fillIn(client, '/sign-up/with', { username: taken, givenName: 'Grace' })
    expect([wrong.status, formOf(wrong).fields.givenName, alertIn(wrong)]).toEqual([409, 'Grace', expect.stringContaining('taken')])
    expect(locationOf(await send(client, formOf(wrong), { username: name }))).toBe('/account')
    expect(await whoIs(client)).toBe(name)
  })

  test.each([false, undefined, 'true'])('email_verified %s is no proof: the address gets a code like any other', async (email_verified) => {
    const client = browser()
    const name = newName('unproved')
    const about = { ...verified(name), email_verified }
    const page = await follow(client, await signInWith(client, provider, about))
    expect(formOf(page).fields.email).toBe(`${name}@example.com`)
    const sent = await send(client, formOf(page))
    expect([locationOf(sent)?.split('?')[0], await whoIs(client)]).toEqual(['/verify', null])
    // Until then, signing in leads to the code as well.
    const again = browser()
    expect(locationOf(await signInWith(again, provider, about))).toMatch(/^\/verify\?/)
    const arrived = await send(client, formOf(await follow(client, sent)), { code: await newestCode(about.email) })
    expect([locationOf(arrived), await whoIs(client)]).toEqual(['/account', name])
    expect(await whoIs(again)).toBe(null)
    await signInWith(again, provider, about)
    expect(await whoIs(again)).toBe(name)
  })

  test('nor is it where sign-up asks for no code: the address stays free for its owner', async () => {
    const env = { REQUIRE_EMAIL_VERIFICATION: 'off' }
    const client = browser(env)
    const name = newName('unproved')
    await signUpWith(client, provider, { ...verified(name), email_verified: false })
    expect(await rows('SELECT email_verified_at FROM users WHERE username = ?', name)).toEqual([{ email_verified_at: null }])
    const owner = signUpBody(newName('owner'), `${name}@example.com`)
    expect((await new Client().post('/user/create', owner, { env })).status).toBe(201)
    expect(await rows('SELECT username FROM users WHERE email_key = ? AND email_verified_at IS NOT NULL', owner.email)).toEqual([
      { username: owner.username },
    ])
  })

  test('without an address at all, asks for one', async () => {
    const client = browser()
    const { email: _, ...about } = verified(newName('no_mail'))
    const page = await follow(client, await signInWith(client, provider, about))
    const none = await send(client, formOf(page), { email: '' })
    expect([none.status, alertIn(none)]).toEqual([400, expect.stringContaining('email address')])
  })

  test('takes the address from the provider alone: another one in the form changes nothing', async () => {
    const client = browser()
    const name = newName('form_address')
    await signUpWith(client, provider, verified(name), { email: 'somebody.else@example.com' })
    expect(await rows('SELECT email FROM users WHERE username = ?', name)).toEqual([{ email: `${name}@example.com` }])
  })

  test('takes an invite code where sign-up does', async () => {
    const client = browser({ INVITE_ONLY: 'on' })
    const name = newName('invited')
    const page = await follow(client, await signInWith(client, provider, verified(name)))
    expect(hasField(page, 'inviteCode')).toBe(true)
    for (const inviteCode of ['', 'AB-1234-1234567890123']) {
      expect((await send(client, formOf(page), { inviteCode })).status).toBe(400)
    }
    const inviter = await verifiedPerson(newName('inviter'))
    const code = 'QX-0042-0000000000042'
    await rows('INSERT INTO invite_codes (code, owner_id, slot, created_at, updated_at) VALUES (?, ?, 0, 0, 0)', code, idOf(inviter.id))
    expect(locationOf(await send(client, formOf(page), { inviteCode: code }))).toBe('/account')
    expect(await whoIs(client)).toBe(name)
  })
})

describe('signing in through a provider', () => {
  test('signs in whom issuer and subject say, wherever the person was going, and shows what the provider calls them now', async () => {
    const { name, about, id } = await newcomer()
    const client = browser()
    const back = await signInWith(client, provider, { ...about, email: 'new.address@example.com' }, '/sign-in?return_to=/account/privacy')
    expect([locationOf(back), await whoIs(client)]).toEqual(['/account/privacy', name])
    const [identity] = await rows<{ label: string; created_at: number; last_used_at: number }>(
      'SELECT label, created_at, last_used_at FROM upstream_identities WHERE user_id = ?',
      id,
    )
    expect(identity?.label).toBe('new.address@example.com')
    expect(identity?.last_used_at).toBeGreaterThan(identity?.created_at ?? 0)
    // The account keeps its own address.
    expect(await rows('SELECT email FROM users WHERE id = ?', id)).toEqual([{ email: about.email }])
  })

  test('the same subject at another provider is somebody else', async () => {
    const { about } = await newcomer()
    const client = browser()
    expect(locationOf(await signInWith(client, other, { ...about, email: `${newName('else')}@example.com` }))).toBe('/sign-up/with')
    expect(await whoIs(client)).toBe(null)
  })

  test('a second factor still follows', async () => {
    const { client, about, name, id } = await newcomer()
    await fillIn(client, '/account/two-step', { codes: 'on' }, '/account/two-step/email')
    const again = browser()
    expect(locationOf(await signInWith(again, provider, about, '/sign-in?return_to=/account/apps'))).toBe(
      '/sign-in/code?return_to=%2Faccount%2Fapps',
    )
    expect(await whoIs(again)).toBe(null)
    await fillIn(again, '/sign-in/code?return_to=/account/apps', { code: await newestCode(about.email) }, '/sign-in/code')
    expect(await whoIs(again)).toBe(name)
    expect(await rows('SELECT amr, second_factor FROM sessions WHERE user_id = ? ORDER BY id DESC LIMIT 1', id)).toEqual([
      { amr: 'fed otp mfa', second_factor: 'email' },
    ])
  })

  test('a banned account is not signed in, a deleted one is restored within 14 days', async () => {
    const { client, about, name, id } = await newcomer()
    await rows('UPDATE users SET banned_at = 1, epoch = epoch + 1 WHERE id = ?', id)
    const refused = await signInWith(browser(), provider, about)
    expect([refused.status, headingOf(refused)]).toEqual([401, 'You are not signed in'])
    await rows('UPDATE users SET banned_at = NULL WHERE id = ?', id)
    await signInWith(client, provider, about)
    await fillIn(client, '/account/delete')
    expect((await rows<{ deleted_at: number }>('SELECT deleted_at FROM users WHERE id = ?', id))[0]?.deleted_at).toBeGreaterThan(0)
    const back = browser()
    await signInWith(back, provider, about)
    expect([await whoIs(back), await eventsOf({ id: id.toString(16) })]).toEqual([name, expect.arrayContaining(['account_restored'])])
    await rows("UPDATE users SET deleted_at = 1, deleted_reason = 'self' WHERE id = ?", id)
    expect((await signInWith(browser(), provider, about)).status).toBe(401)
  })

  test('counts as a fresh sign-in, and replaces the session of the browser', async () => {
    const { client, about, id } = await newcomer()
    await rows('UPDATE sessions SET authenticated_at = 0 WHERE user_id = ?', id)
    const toLink = formOf(await open(client, '/account/providers'), '/account/providers/link')
    expect(locationOf(await send(client, toLink))).toMatch(/^\/sign-in\?return_to=.*reauth=1$/)
    await signInWith(client, provider, about, '/sign-in?reauth=1&return_to=/account/providers')
    expect(await count('sessions WHERE user_id = ? AND revoked_at IS NULL', id)).toBe(1)
    const page = await open(client, '/account/providers')
    expect((await send(client, formOf(page, '/account/providers/link'))).status).toBe(200)
  })

  test('a provider that is down, or cancelled, gets a page that says so, with the way back', async () => {
    const client = browser()
    const down = new StandIn({ name: 'Downtown' })
    down.replaced.discovery = () => new Response('', { status: 503 })
    const lost = new UpstreamBrowser(down)
    const page = await open(lost, '/sign-in?return_to=/account/privacy')
    const refused = await send(lost, formOf(page, `/sign-in/with/${down.id}`))
    expect([refused.status, refused.text]).toEqual([503, expect.stringContaining('Downtown does not answer')])
    expect(linkNamed(refused, 'Back to sign-in')).toBe('/sign-in?return_to=%2Faccount%2Fprivacy')
    const { searchParams } = new URL(await leaveToSignIn(client, provider))
    const state = searchParams.get('state') ?? ''
    const cancelled = await comeBack(client, provider, new URLSearchParams({ error: 'access_denied', state, iss: provider.base }))
    expect([cancelled.status, cancelled.text]).toEqual([403, expect.stringContaining('You cancelled')])
  })

  test('an answer counts once, and in no other browser', async () => {
    const { about } = await newcomer()
    const client = browser()
    const answer = provider.visit(await leaveToSignIn(client, provider), about)
    const thief = browser()
    expect((await comeBack(thief, provider, answer)).status).toBe(400)
    const kept = new Map(client.cookies)
    expect((await comeBack(client, provider, answer)).status).toBe(303)
    for (const [name, value] of kept) client.cookies.set(name, value)
    expect([(await comeBack(client, provider, answer)).status, await whoIs(thief)]).toEqual([400, null])
  })

  test("an answer that comes as another site's form is taken with its name: Apple sends it so", async () => {
    const client = browser()
    const { given_name: _, family_name: __, ...about } = verified(newName('by_form'))
    const answer = provider.visit(await leaveToSignIn(client, provider), about)
    const body = new URLSearchParams({ ...Object.fromEntries(answer), user: JSON.stringify({ name: { firstName: 'Ada' } }) })
    // Without cookies, which the browser does not send with it.
    const posted = await new UpstreamBrowser(provider).post(`/upstream/${provider.id}/callback`, body, {
      headers: { origin: provider.base, 'sec-fetch-site': 'cross-site' },
    })
    expect([posted.status, locationOf(posted)]).toEqual([303, `/upstream/${provider.id}/callback?${answer}`])
    client.keepCookies(posted.headers)
    expect(locationOf(await comeBack(client, provider, answer))).toBe('/sign-up/with')
    expect([...client.cookies.keys()]).not.toContain('__Host-kith_upstream_name')
    const long = new URLSearchParams({ code: 'x'.repeat(9_000), state: 'y' })
    expect((await client.post(`/upstream/${provider.id}/callback`, long)).status).toBe(400)
  })

  test.each(['%0A', '%0D%0ASet-Cookie:a=b', '%C3%A9', '..%2F..%2Fuser', 'nobody'])(
    'a form for a provider named %j leads nowhere',
    async (name) => {
      const sent = await browser().post(`/upstream/${name}/callback`, new URLSearchParams({ code: 'x', state: 'y' }), {
        headers: { origin: provider.base, 'sec-fetch-site': 'cross-site' },
      })
      expect([sent.status, locationOf(sent), sent.headers.getSetCookie()]).toEqual([404, null, []])
    },
  )

  test('nobody makes Kith ask a provider about made-up codes again and again: ten a minute from a network, and as many for a browser that is known', async () => {
    const asked = new StandIn()
    const client = new UpstreamBrowser(asked, { NETWORK_LIMITS: 'on' })
    const { searchParams } = new URL(await leaveToSignIn(client, asked))
    const kept = new Map(client.cookies)
    const tryCodes = async (cookies: Map<string, string>) => {
      const statuses = []
      for (let n = 0; n < 12; n++) {
        for (const [name, value] of cookies) client.cookies.set(name, value)
        const answer = new URLSearchParams({ code: `made-up-${n}`, state: searchParams.get('state') ?? '', iss: asked.base })
        statuses.push((await comeBack(client, asked, answer)).status)
      }
      return statuses
    }
    expect(await tryCodes(kept)).toEqual([...Array(10).fill(400), 429, 429])
    expect(asked.asked.token).toBe(10)
    const { client: known } = await newcomer()
    const device = [...known.cookies].filter(([name]) => name === '__Host-kith_device')
    expect(device).toHaveLength(1)
    expect(await tryCodes(new Map([...kept, ...device]))).toEqual([...Array(10).fill(400), 429, 429])
    expect(asked.asked.token).toBe(20)
  })
})
