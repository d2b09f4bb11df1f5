// What an operator may decide about signing up, on the pages: names, user names, terms, and the check of bots.
import { afterEach, describe, expect, test, vi } from 'vitest'
import { rows } from '../support/actors.ts'
import { Client } from '../support/kith.ts'
import { alertIn, formOf, send } from '../support/pages.ts'
import { PASSWORD, signedInPerson } from '../support/people.ts'

let people = 0
/** Opens the page, fills it in and sends it. */
async function signUp(values: Record<string, string>, env: Record<string, string> = {}) {
  people += 1
  const client = new Client()
  const page = await client.get('/sign-up', { env })
  const email = `settled_${people}@example.com`
  const reply = await send(client, formOf(page, '/sign-up'), { email, password: PASSWORD, ...values }, { env })
  const [row] = await rows<Record<string, string | number | null>>('SELECT * FROM users WHERE email_key = ?', values.email ?? email)
  return { page, reply, row }
}
const NAMES = { givenName: 'Ada', familyName: 'Lovelace' }
const named = () => ({ ...NAMES, username: `ada_lovelace_${people}` })

afterEach(() => vi.restoreAllMocks())

describe('names', () => {
  test('are required', async () => {
    const { reply, row } = await signUp({ ...named(), givenName: '' })
    expect([reply.status, row]).toEqual([400, undefined])
    expect(reply.text).toContain('First name is required.')
  })

  test('may be optional', async () => {
    const { page, reply, row } = await signUp({ ...named(), givenName: '', familyName: '' }, { SIGN_UP_NAMES: 'optional' })
    expect(page.text).toContain('(optional)')
    expect([reply.status, row?.given_name, row?.family_name]).toEqual([303, null, null])
  })

  test('may be left out altogether: what is sent all the same is not kept', async () => {
    const { page, reply, row } = await signUp(named(), { SIGN_UP_NAMES: 'off' })
    expect(page.text).not.toContain('name="givenName"')
    expect([reply.status, row?.given_name]).toEqual([303, null])
  })
})

describe('user names', () => {
  test('are asked for', async () => {
    const { reply } = await signUp({ ...NAMES, username: '' })
    expect([reply.status, reply.text]).toEqual([400, expect.stringContaining('User name is required.')])
  })

  test.each([
    ['the names', { givenName: 'Zoë', familyName: 'Ångström' }, /^Zoe_Angstrom/],
    ['the address, if the names have no letters for one', { givenName: '李', familyName: '娜' }, /^settled/],
    ['what was entered', { ...NAMES, username: 'my_own_choice' }, /^my_own_choice$/],
  ])('may be made of %s', async (_what, values, made) => {
    const { reply, row } = await signUp({ username: '', ...values }, { SIGN_UP_USERNAMES: 'proposed' })
    expect([reply.status, row?.username]).toEqual([303, expect.stringMatching(made)])
  })

  test('that are made differ, even for namesakes', async () => {
    const env = { SIGN_UP_USERNAMES: 'proposed' }
    const twins = [await signUp({ ...NAMES, username: '' }, env), await signUp({ ...NAMES, username: '' }, env)]
    expect(new Set(twins.map(({ row }) => row?.username)).size).toBe(2)
  })

  test('have the length that the operator wants, and the page says it', async () => {
    const { page, reply } = await signUp({ ...NAMES, username: 'ada' }, { USERNAME_LENGTH_MIN: '4' })
    expect(page.text).toContain('4 to 30 letters, digits or underscores.')
    expect(reply.text).toContain('User name must have 4 to 30 letters, digits or underscores.')
  })
})

describe('a form that is wrong', () => {
  const env = { TERMS_URL: 'https://example.com/terms', TERMS_VERSION: '2026-11', PASSWORD_LENGTH_MIN: '12' }

  test.each([
    [
      'empty',
      { givenName: '', familyName: ' ', username: '', email: '', password: '' },
      [
        'First name is required.',
        'Last name is required.',
        'User name is required.',
        'Enter a valid email address.',
        'Password must have at least 12 characters.',
        'The consent to our terms is required.',
      ],
    ],
    [
      'with what is too short',
      { ...NAMES, username: 'ab', email: 'x', password: 'short', termsVersion: '2026-11' },
      [
        'User name must have 8 to 30 letters, digits or underscores.',
        'Enter a valid email address.',
        'Password must have at least 12 characters.',
      ],
    ],
    [
      'with a user name of other characters',
      { ...NAMES, username: 'müller😀_and_more', email: 'x', termsVersion: '2026-11' },
      ['User name must have only letters, digits and underscores.', 'Enter a valid email address.'],
    ],
  ])('%s is told all of it at once, in its order', async (_how, values, sentences) => {
    const client = new Client()
    const page = formOf(await client.get('/sign-up', { env }), '/sign-up')
    const { termsVersion: _, ...fields } = page.fields
    const reply = await send(client, { ...page, fields }, { password: 'correct horse battery', ...values }, { env })
    expect(`${reply.status} ${alertIn(reply).replace(/\s+/g, ' ')}`).toBe(`400 ${sentences.join(' ')}`)
  })
})

describe('terms', () => {
  const env = { TERMS_URL: 'https://example.com/terms', TERMS_VERSION: '2026-11' }
  test('are accepted by a box that is not ticked in advance; version and time are kept', async () => {
    const { page, reply, row } = await signUp({ ...named(), termsVersion: '2026-11' }, env)
    expect(page.text).toMatch(/<input type="checkbox" id="termsVersion" name="termsVersion" value="2026-11" required=""\/>/)
    expect(page.text).toContain('I accept the <a href="https://example.com/terms">terms of service</a>.')
    expect([reply.status, row?.terms_version, row?.terms_accepted_at]).toEqual([303, '2026-11', row?.created_at])
  })

  test.each([
    ['not at all', undefined],
    ['in an older version', '2025-01'],
  ])('accepted %s: no account', async (_how, version) => {
    const client = new Client()
    const { fields, action } = formOf(await client.get('/sign-up', { env }), '/sign-up')
    const { termsVersion: _, ...others } = fields
    const values = { ...named(), email: 'no_terms@example.com', password: PASSWORD, ...(version ? { termsVersion: version } : {}) }
    const reply = await send(client, { action, fields: others }, values, { env })
    expect([reply.status, await rows("SELECT id FROM users WHERE email_key = 'no_terms@example.com'")]).toEqual([400, []])
    expect(reply.text).toContain('href="#termsVersion"')
  })
})

describe('the check of bots', () => {
  const env = {
    TURNSTILE_SITE_KEY: '1x00000000000000000000AA',
    TURNSTILE_SECRET_KEY: 'secret',
    TURNSTILE_URL: 'https://turnstile.test/verify',
  }
  const answers = (success: boolean) =>
    vi.spyOn(globalThis, 'fetch').mockImplementation(async () => Response.json({ success, 'error-codes': success ? [] : ['bad'] }))

  test('is on the page, whose policy lets it run, and decides', async () => {
    answers(true)
    const answered = { ...named(), 'cf-turnstile-response': 'x' }
    const { page, reply } = await signUp(answered, env)
    expect(page.text).toContain('data-sitekey="1x00000000000000000000AA" data-action="sign-up" data-language="en"')
    expect(page.headers.get('content-security-policy')).toContain('script-src https://challenges.cloudflare.com;')
    expect(page.headers.get('content-security-policy')).toContain('frame-src https://challenges.cloudflare.com;')
    expect(reply.status).toBe(303)
    answers(false)
    const refused = await signUp({ ...named(), 'cf-turnstile-response': 'x' }, env)
    expect([refused.reply.status, refused.row]).toEqual([400, undefined])
    expect(refused.reply.text).toContain('We could not tell that you are a person.')
  })

  test('a mail for a new password needs it', async () => {
    answers(true)
    const client = new Client()
    const page = formOf(await client.get('/forgot', { env }))
    expect((await send(client, page, { email: 'a@example.com' }, { env })).status).toBe(400)
    expect((await send(client, page, { email: 'a@example.com', 'cf-turnstile-response': 'x' }, { env })).status).toBe(303)
  })

  test('a mail that signs in needs it, and the page that it was asked on need not have had it', async () => {
    const asked = answers(true)
    const client = new Client()
    const identifier = 'nobody@example.com'
    const signIn = formOf(await client.get('/sign-in', { env }), '/sign-in')
    const page = await send(client, { ...signIn, action: '/sign-in/mail' }, { identifier }, { env })
    expect([page.status, asked.mock.calls.length]).toEqual([200, 0])
    expect(page.text).toMatch(/value="nobody@example.com"[\s\S]*data-action="sign-in"/)
    const answered = { identifier, 'cf-turnstile-response': 'x' }
    expect((await send(client, formOf(page, '/sign-in/mail'), answered, { env })).headers.get('location')).toBe('/sign-in/mail/code')
    answers(false)
    const refused = await send(client, formOf(page, '/sign-in/mail'), answered, { env })
    expect([refused.status, refused.text]).toEqual([400, expect.stringContaining('We could not tell that you are a person.')])
  })

  test('another code for a new account needs it', async () => {
    answers(true)
    const client = new Client()
    const page = formOf(await client.get('/verify/new-code', { env }))
    expect((await send(client, page, { username: 'ada_lovelace' }, { env })).status).toBe(400)
    expect((await send(client, page, { username: 'ada_lovelace', 'cf-turnstile-response': 'x' }, { env })).status).toBe(303)
  })

  test('at sign-in it comes after three failures, and not in a browser that the account knows', async () => {
    const asked = answers(true)
    const { client: known, username } = await signedInPerson('turnstile_owner')
    const stranger = new Client()
    const tryAt = async (client: Client, password: string, more: Record<string, string> = {}) => {
      const page = await client.get('/sign-in?another=1', { env })
      return send(client, formOf(page, '/sign-in'), { identifier: username, password, ...more }, { env })
    }
    for (let failures = 0; failures < 3; failures += 1) expect((await tryAt(stranger, 'wrong-password')).status).toBe(401)
    const unanswered = await tryAt(stranger, PASSWORD)
    expect([unanswered.status, unanswered.text]).toEqual([400, expect.stringContaining('data-action="sign-in"')])
    expect(asked).not.toHaveBeenCalled()
    expect((await tryAt(stranger, PASSWORD, { 'cf-turnstile-response': 'x' })).status).toBe(303)
    known.network = stranger.network
    for (let failures = 0; failures < 4; failures += 1) await tryAt(known, 'wrong-password')
    expect((await tryAt(known, PASSWORD)).status).toBe(303)
  })

  test('is nowhere without the setting', async () => {
    const pages = await Promise.all(
      ['/sign-up', '/forgot', '/sign-in', '/sign-in/mail', '/verify/new-code'].map((path) => new Client().get(path)),
    )
    for (const { text, headers } of pages) expect(text + headers.get('content-security-policy')).not.toMatch(/turnstile|challenges/)
  })
})
