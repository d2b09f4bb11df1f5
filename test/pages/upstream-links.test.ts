// Connecting other providers to accounts, and disconnecting them: only by the owner of both (docs/sign-in.md, "Other providers").
import { afterEach, describe, expect, test } from 'vitest'
import { FACTOR_CHANGES_PER_DAY } from '../../src/core/limits.ts'
import { clock } from '../platform/clock.ts'
import { count, eventsOf, idOf, newName, rows } from '../support/actors.ts'
import { mailsTo, newestCode, type Reply } from '../support/kith.ts'
import { fillIn, follow, formOf, formsOf, headingOf, linkNamed, noticeIn, open, send, signInOnPage } from '../support/pages.ts'
import { PASSWORD, type Person, verifiedPerson } from '../support/people.ts'
import { addPasskey, SoftwareAuthenticator } from '../support/software-authenticator.ts'
import { atTheLine, race, raceOf64 } from '../support/start-line.ts'
import { StandIn } from '../support/upstream.ts'
import {
  comeBack,
  identitiesOf,
  leaveBy,
  leaveToSignIn,
  linkWith,
  signInWith,
  signUpWith,
  UpstreamBrowser,
  whoIs,
} from '../support/upstream-browser.ts'

const provider = new StandIn()
const second = new StandIn({ name: 'Second' })
const PAGE = '/account/providers'
const CONNECT = '/sign-in/connect'
/** The page to sign in, for whoever is signed in. */
const ANOTHER = '/sign-in?another=1'
const PERSON = '__Host-kith_upstream_person'
const RACERS = 64

const browser = () => new UpstreamBrowser([provider, second])
const newSubject = () => newName('subject')
const locationOf = (reply: Reply) => reply.headers.get('location')
const whomDoesItSignIn = async (sub: string, by = provider) => (await identitiesOf(by))[sub] ?? null
const owned = ({ email }: Pick<Person, 'email'>, sub = newSubject()) => ({ sub, email, email_verified: true })

afterEach(() => clock.restore())

/** Signed in on the page, with the password. */
async function personIn(name: string, client = browser()) {
  const person = await verifiedPerson(newName(name))
  await signInOnPage(client, person.username, PASSWORD)
  return { person, client }
}

describe('connecting on the account page', () => {
  test('signs in from then on; a mail says so, the history keeps it, and no session ends', async () => {
    const { person, client } = await personIn('connects')
    const elsewhere = browser()
    await signInOnPage(elsewhere, person.username, PASSWORD)
    const about = { sub: newSubject(), email: 'quite.another@example.com' }
    const done = await follow(client, await linkWith(client, provider, about))
    expect([noticeIn(done), done.text.includes('quite.another@example.com')]).toEqual([
      'It is connected: from now on it signs you in.',
      true,
    ])
    expect([await whoIs(client), await whoIs(elsewhere)]).toEqual([person.username, person.username])
    const [mail] = await mailsTo(person.email)
    expect(mail?.subject).toBe('A new way to sign in to your Kith account')
    expect(mail?.text).toContain('Example (quite.another@example.com)')
    expect(await eventsOf(person)).toContain('provider_linked')
    const fresh = browser()
    await signInWith(fresh, provider, about)
    expect(await whoIs(fresh)).toBe(person.username)
  })

  test('takes a recent sign-in, with the second factor if one is on', async () => {
    const { person, client } = await personIn('not_fresh')
    const form = formOf(await open(client, PAGE), `${PAGE}/link`)
    await rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(person.id))
    const toSignIn = `/sign-in?${new URLSearchParams({ return_to: `${PAGE}/link`, reauth: '1' })}`
    expect(locationOf(await send(client, form))).toBe(toSignIn)
    expect(locationOf(await client.get(`${PAGE}/link`))).toBe(PAGE)
    await rows('DELETE FROM second_factors WHERE user_id = ?', idOf(person.id))
    expect((await send(client, form)).status).toBe(200)
    await rows('UPDATE sessions SET authenticated_at = 0 WHERE user_id = ?', idOf(person.id))
    expect(locationOf(await send(client, form))).toBe(toSignIn)
  })

  test('begun by one account, it cannot end in another, nor in a later session of the same one', async () => {
    const { person, client } = await personIn('began_it')
    const about = { sub: newSubject() }
    const begin = async () => provider.visit(await leaveBy(client, formOf(await open(client, PAGE), `${PAGE}/link`)), about)
    const answer = await begin()
    const someone = await verifiedPerson(newName('came_after'))
    await fillIn(client, '/sign-in?another=1', { identifier: someone.username, password: PASSWORD })
    const refused = await comeBack(client, provider, answer)
    expect([refused.status, headingOf(refused)]).toEqual([403, 'Nothing was connected'])
    await fillIn(client, '/sign-in?another=1', { identifier: person.username, password: PASSWORD })
    const again = await begin()
    await fillIn(client, '/sign-in?reauth=1', { identifier: person.username, password: PASSWORD })
    expect((await comeBack(client, provider, again)).status).toBe(403)
    const last = await begin()
    await fillIn(client, '/sign-out')
    expect((await comeBack(client, provider, last)).status).toBe(403)
    expect(await whomDoesItSignIn(about.sub)).toBe(null)
  })

  test('what signs in somebody else is refused without saying whom; a second one of a provider is refused, too', async () => {
    const { person, client } = await personIn('first_one')
    const about = { sub: newSubject(), email: 'shared@example.com' }
    await linkWith(client, provider, about)
    const { client: late } = await personIn('second_one')
    const refused = await linkWith(late, provider, about)
    expect([refused.status, refused.text]).toEqual([409, expect.stringContaining('already signs in to another account here')])
    expect(refused.text).not.toContain(person.username)
    // Its own, once more, is no error.
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?', Date.now(), idOf(person.id))
    const form = { action: `${PAGE}/link`, fields: { ...formsOf(await open(client, PAGE))[0]?.fields, provider: provider.id } }
    expect(locationOf(await comeBack(client, provider, provider.visit(await leaveBy(client, form), about)))).toMatch(/provider_linked$/)
    const other = await comeBack(client, provider, provider.visit(await leaveBy(client, form), { sub: newSubject() }))
    expect([other.status, other.text]).toEqual([409, expect.stringContaining('already connected to another account at Example')])
    expect((await mailsTo(person.email)).filter(({ subject }) => /new way/.test(subject))).toHaveLength(1)
  })

  test('counts against the changes of a day: whoever connects and disconnects in turn does not flood the mailbox', async () => {
    const { person, client } = await personIn('in_turn')
    const about = { sub: newSubject() }
    await linkWith(client, provider, about)
    const counter = ['UPDATE attempt_counters SET count = ? WHERE key = ?', `factor-changes:${idOf(person.id)}`] as const
    await rows('DELETE FROM upstream_identities WHERE user_id = ?', idOf(person.id))
    await rows(counter[0], FACTOR_CHANGES_PER_DAY - 1, counter[1])
    expect(locationOf(await linkWith(client, provider, about))).toMatch(/provider_linked$/)
    await rows('DELETE FROM upstream_identities WHERE user_id = ?', idOf(person.id))
    const refused = await linkWith(client, provider, about)
    expect([refused.status, headingOf(refused), await whomDoesItSignIn(about.sub)]).toEqual([429, 'Nothing was connected', null])
    expect((await mailsTo(person.email)).filter(({ subject }) => /new way/.test(subject))).toHaveLength(2)
  })
})

describe('disconnecting', () => {
  test('asks first; then it signs in nobody; a mail says so, the history keeps it, and no session ends', async () => {
    const { person, client } = await personIn('disconnects')
    const about = { sub: newSubject(), email: 'gone@example.com' }
    await linkWith(client, provider, about)
    const question = await open(client, linkNamed(await open(client, PAGE), 'Disconnect'))
    expect(headingOf(question)).toBe('Disconnect Example?')
    expect(locationOf(await send(client, formOf(question)))).toBe(`${PAGE}?notice=provider_unlinked`)
    // Sent again, it is gone already.
    expect(locationOf(await send(client, formOf(question)))).toBe(PAGE)
    expect([await whoIs(client), await whomDoesItSignIn(about.sub)]).toEqual([person.username, null])
    const [mail] = await mailsTo(person.email)
    expect([mail?.subject, mail?.text]).toEqual([
      'A way to sign in to your Kith account was removed',
      expect.stringContaining('gone@example.com'),
    ])
    expect(await eventsOf(person)).toContain('provider_unlinked')
    expect(locationOf(await signInWith(browser(), provider, about))).toBe('/sign-up/with')
  })

  test('the last way in stays: of two removed at once, one is refused', async () => {
    const client = browser()
    const name = newName('two_ways')
    const about = { ...owned({ email: `${name}@example.com` }), preferred_username: name }
    await signUpWith(client, provider, about, { givenName: 'Two', familyName: 'Ways' })
    await linkWith(client, second, { sub: about.sub })
    const ids = await rows<{ id: number; user_id: number }>(
      'SELECT i.id, i.user_id FROM upstream_identities i JOIN users u ON u.id = i.user_id WHERE u.username = ?',
      name,
    )
    const paths = ids.map(({ id }) => `/user/providers/${id.toString(16).padStart(24, '0')}`)
    const replies = await Promise.all(
      Array.from({ length: RACERS }, (_, index) => client.delete(paths[index % 2] ?? '', { headers: { 'sec-fetch-site': 'same-origin' } })),
    )
    expect(await count('upstream_identities WHERE user_id = ?', ids[0]?.user_id)).toBe(1)
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200, 403]))
    expect(await count("audit_events WHERE type = 'provider_unlinked' AND user_id = ?", ids[0]?.user_id)).toBe(1)
    const left = linkNamed(await open(client, PAGE), 'Disconnect')
    const refused = await fillIn(client, left, {}, `${PAGE}/unlink`)
    expect([refused.status, await count('upstream_identities WHERE user_id = ?', ids[0]?.user_id)]).toEqual([403, 1])
  })

  test('the provider and the last passkey, removed at once: one stays', async () => {
    const client = browser()
    const name = newName('key_and_way')
    const about = { ...owned({ email: `${name}@example.com` }), preferred_username: name }
    await signUpWith(client, provider, about, { givenName: 'Key', familyName: 'Way' })
    expect((await addPasskey(client, new SoftwareAuthenticator())).status).toBe(201)
    const [ids] = await rows<{ upstream: number; passkey: number; user: number }>(
      `SELECT i.id AS upstream, p.id AS passkey, u.id AS user
       FROM users u JOIN upstream_identities i ON i.user_id = u.id JOIN passkeys p ON p.user_id = u.id WHERE u.username = ?`,
      name,
    )
    if (!ids) throw new Error('no ways in')
    const hex = (id: number) => id.toString(16).padStart(24, '0')
    const paths = [`/user/providers/${hex(ids.upstream)}`, `/user/passkeys/${hex(ids.passkey)}`]
    const starts = paths.map((path) => () => client.delete(path, { headers: { 'sec-fetch-site': 'same-origin' }, ...atTheLine }))
    const { replies, waited } = await race(starts, /DELETE FROM (upstream_identities|passkeys)/)
    expect([waited, replies.map(({ status }) => status).sort()]).toEqual([2, [200, 403]])
    const left = (await count('upstream_identities WHERE user_id = ?', ids.user)) + (await count('passkeys WHERE user_id = ?', ids.user))
    expect(left).toBe(1)
  })
})

describe('an address that belongs to an account', () => {
  test('is never matched by itself: its owner signs in once, and confirms what is named', async () => {
    const person = await verifiedPerson(newName('owner'))
    const client = browser()
    const about = owned(person)
    const back = await signInWith(client, provider, about, '/sign-in?return_to=/account/privacy')
    expect([locationOf(back), await whoIs(client)]).toEqual([`${CONNECT}?return_to=%2Faccount%2Fprivacy`, null])
    const page = await follow(client, back)
    expect([headingOf(page), page.text.includes(person.username)]).toEqual([
      'Connect Example to your account',
      page.text.includes(person.email),
    ])
    expect(formsOf(page)).toEqual([])
    const signInPage = await open(client, linkNamed(page, 'Sign in'))
    expect(formOf(signInPage, '/sign-in').fields.identifier).toBe(person.email)
    const question = await follow(client, await send(client, formOf(signInPage, '/sign-in'), { password: PASSWORD }))
    expect([headingOf(question), await whomDoesItSignIn(about.sub)]).toEqual(['Connect Example to your account?', null])
    for (const named of [person.username, person.email]) expect(question.text).toContain(named)
    expect(locationOf(await send(client, formOf(question)))).toBe('/account/privacy')
    expect(await whomDoesItSignIn(about.sub)).toBe(person.username)
    expect((await mailsTo(person.email))[0]?.subject).toBe('A new way to sign in to your Kith account')
    const fresh = browser()
    await signInWith(fresh, provider, about)
    expect(await whoIs(fresh)).toBe(person.username)
  })

  test('takes the second factor before it is connected', async () => {
    const person = await verifiedPerson(newName('owner_2fa'))
    await rows("INSERT INTO second_factors (user_id, kind, created_at) VALUES (?, 'email', 0)", idOf(person.id))
    const client = browser()
    const about = owned(person)
    await signInWith(client, provider, about)
    const signIn = formOf(await open(client, linkNamed(await open(client, CONNECT), 'Sign in')), '/sign-in')
    const step = await follow(client, await send(client, signIn, { password: PASSWORD }))
    expect(headingOf(step)).toBe('Enter your code')
    const question = await follow(client, await send(client, formOf(step), { code: await newestCode(person.email) }))
    expect(locationOf(await send(client, formOf(question)))).toMatch(/provider_linked$/)
    expect(await whomDoesItSignIn(about.sub)).toBe(person.username)
  })

  test('is connected to no other account, whoever is signed in', async () => {
    const { person: attacker, client } = await personIn('attacker')
    const victim = await verifiedPerson(newName('victim'))
    // The question for an account of one's own, and then somebody else's identity in its place.
    await signInWith(client, second, owned(attacker), ANOTHER)
    const question = formOf(await open(client, CONNECT))
    const about = owned(victim)
    await signInWith(client, provider, about, ANOTHER)
    // The sign-in with an unknown identity has left the session alone.
    expect(await whoIs(client)).toBe(attacker.username)
    const page = await open(client, CONNECT)
    expect([formsOf(page), page.text.includes(attacker.username)]).toEqual([[], true])
    const refused = await send(client, question)
    expect([refused.status, headingOf(refused)]).toEqual([403, 'Nothing was connected'])
    expect(await whomDoesItSignIn(about.sub)).toBe(null)
  })

  test('is asked for a sign-in that is recent', async () => {
    const { person, client } = await personIn('stale')
    const about = owned(person)
    await signInWith(client, provider, about, ANOTHER)
    const question = formOf(await open(client, CONNECT))
    await rows('UPDATE sessions SET authenticated_at = 0 WHERE user_id = ?', idOf(person.id))
    expect(linkNamed(await open(client, CONNECT), 'Sign in')).toMatch(/reauth=1/)
    expect(locationOf(await send(client, question))).toMatch(/^\/sign-in\?.*reauth=1$/)
    expect(await whomDoesItSignIn(about.sub)).toBe(null)
  })

  test('what the browser keeps of it works once, for ten minutes, and only as it was sealed', async () => {
    const { person, client } = await personIn('sealed')
    const about = owned(person)
    await signInWith(client, provider, about, ANOTHER)
    const sealed = client.cookies.get(PERSON) ?? ''
    const question = formOf(await open(client, CONNECT))
    const altered = `${sealed.slice(0, -3)}${sealed.endsWith('AAA') ? 'BBB' : 'AAA'}`
    client.cookies.set(PERSON, altered)
    expect([headingOf(await client.get(CONNECT)), (await send(client, question)).status]).toEqual(['Start again', 400])
    client.cookies.set(PERSON, sealed)
    await send(client, question)
    expect([client.cookies.has(PERSON), await whomDoesItSignIn(about.sub)]).toEqual([false, person.username])
    await fillIn(client, linkNamed(await open(client, PAGE), 'Disconnect'), {}, `${PAGE}/unlink`)
    client.cookies.set(PERSON, sealed)
    expect([(await send(client, question)).status, await whomDoesItSignIn(about.sub)]).toEqual([400, null])
    await signInWith(client, provider, about, ANOTHER)
    clock.freeze(Date.now() + 10 * 60_000 + 1_000)
    for (const path of [CONNECT, '/sign-up/with']) expect(headingOf(await client.get(path))).toBe('Start again')
  })

  test('that the provider has not verified leads to an ordinary sign-up, which says nothing about the account', async () => {
    const person = await verifiedPerson(newName('unproved'))
    const client = browser()
    const name = newName('claims_it')
    const about = { sub: newSubject(), email: person.email, email_verified: false }
    const back = await signInWith(client, provider, about)
    expect(locationOf(back)).toBe('/sign-up/with')
    const sent = await fillIn(client, '/sign-up/with', { givenName: 'Eve', familyName: 'Il', username: name })
    expect(locationOf(sent)).toMatch(/^\/verify\?/)
    expect((await mailsTo(person.email))[0]?.subject).toBe('You already have an account with Kith')
    expect(locationOf(await signInWith(browser(), provider, about))).toMatch(/^\/verify\?/)
    expect([await whoIs(client), await count('users WHERE email_key = ? AND email_verified_at IS NOT NULL', person.email)]).toEqual([
      null,
      1,
    ])
  })

  test('which nobody has verified here is nobody’s: its owner gets an account, and whoever waits with it gets nothing', async () => {
    const name = newName('pre_registered')
    const email = `${name}@example.com`
    const attacker = browser()
    await fillIn(attacker, '/sign-up', { givenName: 'E', familyName: 'V', username: newName('squatter'), email, password: PASSWORD })
    const code = await newestCode(email)
    const victim = browser()
    const about = { ...owned({ email }), preferred_username: name }
    await signUpWith(victim, provider, about, { givenName: 'Vic', familyName: 'Tim' })
    expect([await whoIs(victim), await whomDoesItSignIn(about.sub)]).toEqual([name, name])
    expect((await fillIn(attacker, '/verify', { code })).status).toBe(400)
    expect((await signInOnPage(attacker, email, PASSWORD)).status).toBe(401)
    expect(await whoIs(attacker)).toBe(null)
  })

  test('pre-registered through a provider, and confirmed by its owner by mistake: a reset of the password ends that way in, and no later one', async () => {
    const name = newName('trojan')
    const email = `${name}@example.com`
    const about = { sub: newSubject(), email, email_verified: false, preferred_username: name }
    await signUpWith(browser(), provider, about, { givenName: 'Tro', familyName: 'Jan' })
    clock.freeze(Date.now() + 60_000)
    const victim = browser()
    expect((await victim.post('/user/verify-email', { code: await newestCode(email) })).status).toBe(200)
    const entered = browser()
    await signInWith(entered, provider, about)
    const later = { sub: newSubject() }
    await linkWith(entered, second, later)
    expect([await whomDoesItSignIn(about.sub), await whomDoesItSignIn(later.sub, second)]).toEqual([name, name])
    await victim.post('/user/code', { email })
    expect((await victim.post('/user/reset-password', { code: await newestCode(email), password: PASSWORD })).status).toBe(200)
    expect([await whoIs(entered), await whomDoesItSignIn(about.sub)]).toEqual([null, null])
    // Its owner was told of this one by mail.
    expect(await whomDoesItSignIn(later.sub, second)).toBe(name)
    expect(locationOf(await signInWith(browser(), provider, about))).toBe('/sign-up/with')
    const kept = await rows<{ type: string }>(
      'SELECT e.type FROM audit_events e JOIN users u ON u.id = e.user_id WHERE u.username = ?',
      name,
    )
    expect(kept.map(({ type }) => type)).toContain('provider_unlinked')
  })

  test('verified by somebody while the form of the sign-up was open leads to that account', async () => {
    const name = newName('in_between')
    const email = `${name}@example.com`
    const client = browser()
    const form = formOf(await follow(client, await signInWith(client, provider, owned({ email }))))
    const person = await verifiedPerson(name)
    const sent = await send(client, form, { givenName: 'In', familyName: 'Between', username: newName('other_name') })
    expect(locationOf(sent)).toBe(CONNECT)
    expect(person.email).toBe(email)
  })
})

describe(`${RACERS} at once with one answer`, () => {
  /** A provider that redeems a code as often as it is asked, so that Kith alone decides. */
  function generous(): StandIn {
    const generous = new StandIn({ name: 'Generous' })
    let first: Promise<Response> | undefined
    generous.replaced.token = async (right) => {
      first ??= right()
      return (await first).clone()
    }
    return generous
  }

  test('one signs in', async () => {
    const raced = generous()
    const person = await verifiedPerson(newName('races_in'))
    const sub = newSubject()
    await rows(
      'INSERT INTO upstream_identities (id, user_id, issuer, subject, created_at) VALUES (?, ?, ?, ?, 0)',
      idOf(person.id),
      idOf(person.id),
      raced.base,
      sub,
    )
    const client = new UpstreamBrowser(raced)
    const answer = raced.visit(await leaveToSignIn(client, raced), { sub })
    const same = new Map(client.cookies)
    const racers = Array.from({ length: RACERS }, () => Object.assign(new UpstreamBrowser(raced), { cookies: new Map(same) }))
    const replies = await Promise.all(racers.map((racer) => comeBack(racer, raced, answer)))
    expect(replies.filter(({ status }) => status === 303)).toHaveLength(1)
    expect(await count('sessions WHERE user_id = ?', idOf(person.id))).toBe(1)
    expect((await eventsOf(person)).filter((type) => type === 'sign_in')).toHaveLength(1)
  })

  test('one connects', async () => {
    const raced = generous()
    const client = new UpstreamBrowser(raced)
    const { person } = await personIn('races_link', client)
    const sub = newSubject()
    const form = formOf(await open(client, PAGE), `${PAGE}/link`)
    const answer = raced.visit(await leaveBy(client, form), { sub })
    const same = new Map(client.cookies)
    const racers = Array.from({ length: RACERS }, () => Object.assign(new UpstreamBrowser(raced), { cookies: new Map(same) }))
    await Promise.all(racers.map((racer) => comeBack(racer, raced, answer)))
    expect(await identitiesOf(raced)).toEqual({ [sub]: person.username })
    expect((await eventsOf(person)).filter((type) => type === 'provider_linked')).toHaveLength(1)
    expect((await mailsTo(person.email)).filter(({ subject }) => /new way/.test(subject))).toHaveLength(1)
  })

  test('one confirms', async () => {
    const client = browser()
    const { person } = await personIn('races_confirm', client)
    const about = owned(person)
    await signInWith(client, provider, about, ANOTHER)
    const question = formOf(await open(client, CONNECT))
    const same = new Map(client.cookies)
    const confirm = () => send(Object.assign(browser(), { cookies: new Map(same) }), question, {}, atTheLine)
    await raceOf64(confirm, /INSERT INTO upstream_identities/)
    expect(await whomDoesItSignIn(about.sub)).toBe(person.username)
    expect((await eventsOf(person)).filter((type) => type === 'provider_linked')).toHaveLength(1)
    expect((await mailsTo(person.email)).filter(({ subject }) => /new way/.test(subject))).toHaveLength(1)
  })

  test('of two accounts that connect the same identity at once, one gets it', async () => {
    const about = { sub: newSubject() }
    const people = [await personIn('gets_it'), await personIn('or_not')]
    const starts = []
    for (const { client } of people) {
      const answer = provider.visit(await leaveBy(client, formOf(await open(client, PAGE), `${PAGE}/link`)), about)
      starts.push(() => client.get(`/upstream/${provider.id}/callback?${answer}`, atTheLine))
    }
    const { replies, waited } = await race(starts, /INSERT INTO upstream_identities/)
    expect([waited, replies.map(({ status }) => status).sort()]).toEqual([2, [303, 409]])
    const winner = people[replies.findIndex(({ status }) => status === 303)]?.person
    expect(await whomDoesItSignIn(about.sub)).toBe(winner?.username)
    for (const { person } of people) {
      expect((await eventsOf(person)).filter((type) => type === 'provider_linked')).toHaveLength(person === winner ? 1 : 0)
    }
  })

  test('one signs up, and nothing is half there', async () => {
    const raced = generous()
    const client = new UpstreamBrowser(raced)
    const name = newName('races_up')
    // Neither the names nor the addresses keep them apart: nobody has verified any of these.
    const about = { sub: newSubject(), email: `${name}@example.com`, email_verified: false }
    const form = formOf(await follow(client, await signInWith(client, raced, about)))
    const same = new Map(client.cookies)
    const racers = Array.from({ length: RACERS }, () => Object.assign(new UpstreamBrowser(raced), { cookies: new Map(same) }))
    const values = (index: number) => ({
      givenName: 'A',
      familyName: 'B',
      username: `${name}_${index}`,
      email: `${name}_${index}@example.com`,
    })
    const replies = await Promise.all(racers.map((racer, index) => send(racer, form, values(index))))
    const made = await rows<{ username: string }>('SELECT username FROM users WHERE username LIKE ?', `${name}%`)
    expect(made).toHaveLength(1)
    expect(await identitiesOf(raced)).toEqual({ [about.sub]: made[0]?.username })
    expect(replies.filter((reply) => locationOf(reply)?.startsWith('/verify?'))).toHaveLength(1)
  })
})
