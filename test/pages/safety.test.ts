// Attacks on pages: open redirects, script in displayed text, missing headers, and finding out who has an account (security rows
// 5, 30, 31, 78).
import { beforeAll, describe, expect, test } from 'vitest'
import { RETURN_TO_LENGTH_MAX } from '../../src/core/limits.ts'
import { newName } from '../support/actors.ts'
import { setColumns } from '../support/graph.ts'
import { Client, platform, type Reply } from '../support/kith.ts'
import { browserOf, fillIn, formOf, formsOf, open, send, signInOnPage } from '../support/pages.ts'
import { PASSWORD, type Person, signUp, verifiedPerson } from '../support/people.ts'
import { asTold } from '../support/replies.ts'

const OPEN_PAGES = [
  '/sign-in',
  '/sign-up',
  '/verify',
  '/verify/new-code',
  '/forgot',
  '/reset',
  '/email/undo',
  '/two-step/undo',
  '/sign-out',
  '/continue',
]
const ACCOUNT_PAGES = [
  '/account',
  ...['profile', 'picture', 'status', 'privacy', 'password', 'email', 'sessions', 'activity', 'apps', 'files', 'delete'].map(
    (name) => `/account/${name}`,
  ),
  ...['', '/suggestions', '/followers', '/following', '/requests', '/requests/sent', '/blocks'].map((name) => `/people${name}`),
  '/@page_safety',
  ...['', '/add'].map((name) => `/account/passkeys${name}`),
  ...['', '/app', '/app/remove', '/recovery-codes'].map((name) => `/account/two-step${name}`),
]
/** The only script, on the only pages that need one. */
const SCRIPT = /<script src="\/assets\/(pages|passkeys)\.js\?v=[\w-]{16}" defer=""><\/script>/g

let person: Person
let client: Client
beforeAll(async () => {
  person = await verifiedPerson('page_safety')
  client = await browserOf(person)
})

const ELSEWHERE = [
  'https://evil.example',
  'http://evil.example/',
  'HTTPS://evil.example',
  'https:evil.example',
  'https:/evil.example',
  '//evil.example',
  '///evil.example',
  '////evil.example/%2f..',
  '/\\evil.example',
  '\\/evil.example',
  '\\\\evil.example',
  '/\\/evil.example',
  '/a\\b',
  '/\t/evil.example',
  '/\n/evil.example',
  '/\r/evil.example',
  '/\r\nSet-Cookie: a=b',
  '/\r\n\r\n<script>',
  '/\0/evil.example',
  '\t//evil.example',
  ' //evil.example',
  ' https://evil.example',
  '/ /evil.example',
  '/\u00a0/evil.example',
  '/\u3000/evil.example',
  '/\u2028/evil.example',
  '/\u202e/evil.example',
  '/／evil.example',
  '/é',
  'javascript:alert(1)',
  'JaVaScRiPt:alert(1)',
  'java\nscript:alert(1)',
  'data:text/html,<script>alert(1)</script>',
  'vbscript:msgbox(1)',
  'blob:https://kith.test/x',
  'file:///etc/passwd',
  'mailto:a@b.example',
  'evil.example',
  'account',
  './account',
  '../account',
  '@evil.example',
  ':80/evil',
  '?next=//evil.example',
  '#//evil.example',
  '',
  '/account//evil.example',
  '/.//evil.example',
  '/..//evil.example',
  '/account/..//evil.example',
  '/%0d//evil.example',
  '/\x7f/evil.example',
  'https://kith.test/account',
  '//kith.test/account',
  `/${'a'.repeat(RETURN_TO_LENGTH_MAX)}`,
]

describe('return_to', () => {
  test.each(ELSEWHERE)('%j leads to the account, from everywhere that reads it', async (text) => {
    const query = new URLSearchParams({ return_to: text })
    expect((await client.get(`/sign-in?${query}`)).headers.get('location')).toBe('/account')
    expect((await client.get(`/continue?${query}`)).text).toContain('content="0;url=/account"')
    const page = await open(new Client(), `/sign-in?${query}`)
    expect(formOf(page).action).toBe('/sign-in')
  })

  test.each(['/account', '/account/sessions?after=1', '/oauth/authorize?redirect_uri=https://app.example/cb&a=%2F%2Fb', '/a;b=c#d'])(
    '%j is a path of ours',
    async (path) => {
      const query = new URLSearchParams({ return_to: path })
      expect((await client.get(`/sign-in?${query}`)).headers.get('location')).toBe(path)
    },
  )
})

describe('script', () => {
  const EVIL = [
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' autofocus onfocus=alert(1) x='",
    '</textarea><svg onload=alert(1)>',
    '</title><script>alert(1)</script>',
    '{{7*7}}<b>&lt;i&gt;</b>',
  ]

  test.each(EVIL)('%s stays text in every field, of the profile, the status and the devices', async (evil) => {
    const own = await verifiedPerson(newName('page_xss'))
    const browser = new Client()
    browser.userAgent = evil
    await signInOnPage(browser, own.username, PASSWORD)
    const names = { givenName: evil, familyName: evil, middleName: evil }
    const about = { bio: evil, designation: evil, organization: evil, gender: evil, pronouns: evil.slice(0, 24) }
    expect((await fillIn(browser, '/account/profile', about)).status).toBe(303)
    // Forms no longer accept such names; some were stored before.
    await setColumns(own, { given_name: evil, family_name: evil, middle_name: evil })
    expect((await fillIn(browser, '/account/status', { statusMessage: evil })).status).toBe(303)
    // Typed and refused, so shown again.
    const typed = [
      await fillIn(new Client(), '/sign-in', { identifier: evil, password: evil }),
      await fillIn(new Client(), '/sign-up', { ...names, username: evil, email: evil, password: evil }),
      await fillIn(browser, '/account/profile', { ...names, customLink: evil, username: evil, phone: evil, currency: evil }),
      await new Client().get(`/verify?${new URLSearchParams({ code: evil, account: evil, notice: evil })}`),
      await new Client().get(`/sign-in?${new URLSearchParams({ return_to: evil, notice: evil, reauth: evil })}`),
      await browser.get(`/account/${encodeURIComponent(evil)}`),
    ]
    const shown = await Promise.all(ACCOUNT_PAGES.map((path) => browser.get(path)))
    for (const { text: page } of [...typed, ...shown]) {
      const text = page
        .replace(SCRIPT, '')
        .replace(/<img class="(?:picture|face)" src="data:image\/svg\+xml,[\w%.()'*~!-]+" alt=/g, '<picture alt=')
      expect(text).not.toMatch(/<script|<img|<svg|<b>|\sonerror=alert\(1\)>|' autofocus/)
      for (const [tag] of text.matchAll(/<[a-z](?:"[^"]*"|[^">])*>/g)) expect(tag.replace(/"[^"]*"/g, '')).not.toMatch(/\son\w+=|'/)
    }
    expect(formOf(shown[1] as Reply).fields.bio).toBe(evil)
  })
})

describe('headers', () => {
  const allOf = async (): Promise<Reply[]> => [
    ...(await Promise.all(OPEN_PAGES.map((path) => new Client().get(path)))),
    ...(await Promise.all(ACCOUNT_PAGES.map((path) => client.get(path)))),
    await client.get('/account/nowhere'),
    await client.fetch('/sign-in', { method: 'PUT' }),
    await fillIn(new Client(), '/sign-in', { identifier: 'nobody_here', password: 'wrong' }),
    await new Client().post('/sign-in', new URLSearchParams(), { headers: { origin: 'https://evil.example' } }),
    await new Client().get('/account'),
  ]

  test('every page loads nothing foreign, is framed nowhere and kept nowhere; those with passkeys run our script, the others nothing', async () => {
    for (const { headers, text, status } of await allOf()) {
      expect(headers.get('cache-control')).toBe('no-store')
      expect(headers.get('x-frame-options')).toBe('DENY')
      expect(headers.get('cross-origin-opener-policy')).toBe('same-origin')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('www-authenticate')).toBeNull()
      if (status === 303) continue
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8')
      expect(headers.get('referrer-policy')).toBe('same-origin')
      const script = /<script/.test(text) ? "script-src 'self'; connect-src 'self'; " : ''
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none'; ${script}style-src 'self'; img-src 'self' data: https://avatars.kith.test; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`,
      )
      expect(/passkeys\.js/.test(text)).toBe(text.includes('data-ceremony='))
      expect(text).toMatch(/^<!doctype html><html lang="en" dir="ltr">/)
      expect(text.replace(SCRIPT, '')).not.toMatch(/<script|<style|\sstyle=|\son\w+=|undefined|\[object/)
      expect(text.match(/<h1>/g)).toHaveLength(1)
      for (const [, target] of text.matchAll(/(?:href|src|action)="([^"]*)"/g))
        expect(target).toMatch(/^(\/(?!\/)|#|data:,$|data:image\/svg\+xml,[^<>]+$)/)
    }
  })

  test('each page has a title of its own, and each field a label', async () => {
    const pages = (await allOf()).slice(0, OPEN_PAGES.length + ACCOUNT_PAGES.length)
    const titles = pages.map(({ text }) => /<title>(.*?)<\/title>/.exec(text)?.[1])
    expect(new Set(titles).size).toBe(pages.length)
    for (const { text } of pages) {
      for (const [, id] of text.matchAll(/<(?:input|select|textarea)[^>]*\sid="([^"]+)"/g)) {
        if (!text.includes(`<label class="choice"><input type="radio"`)) expect(text).toContain(`<label for="${id}"`)
      }
    }
  })

  test.each([
    ['kith.css', 'text/css; charset=utf-8'],
    ['passkeys.js', 'text/javascript; charset=utf-8'],
  ])('%s may be kept for good under its own address alone', async (name, type) => {
    const { text } = await open(new Client(), '/sign-in')
    const path = new RegExp(`(?:href|src)="(/assets/${name}[?]v=[\\w-]{16})"`).exec(text)?.[1] ?? ''
    const file = await new Client().get(path)
    expect([file.status, file.headers.get('content-type')]).toEqual([200, type])
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    expect((await new Client().get(`/assets/${name}?v=other`)).headers.get('cache-control')).toBe('no-cache')
    // Neither loads anything further, nor runs text.
    expect(file.text).not.toMatch(/url\(|@import|\bimport\(|\beval\(|new Function|innerHTML/)
  })
})

describe('who has an account', () => {
  test('is told neither by /forgot nor by /sign-up nor by a new code', async () => {
    const unverified = await signUp(newName('page_half'))
    const addresses = [person.email, unverified.email, 'page_unknown@example.com']
    const forgot = []
    const up = []
    for (const email of addresses) {
      platform.reset()
      const browser = new Client()
      const asked = await fillIn(browser, '/forgot', { email })
      forgot.push(asTold(asked))
      const typed = { givenName: 'A', familyName: 'B', username: newName('page_new'), email, password: PASSWORD }
      const made = asTold(await fillIn(new Client(), '/sign-up', typed))
      up.push(
        JSON.stringify(made)
          .replace(/account=[0-9a-f]{24}/, 'account=<id>')
          .replace(/(kith_new_account=)[\w~.-]+/, '$1<ticket>'),
      )
    }
    for (const answer of forgot) expect(answer).toEqual(forgot[0])
    for (const answer of up) expect(answer).toEqual(up[0])
    expect(forgot[0]?.status).toBe(303)
    const resent = []
    for (const id of [person.id, unverified.id, '0000000000000000ffffffff']) {
      const reply = await fillIn(new Client(), `/verify?account=${id}`, {}, '/verify/resend')
      resent.push(JSON.stringify(asTold(reply)).replaceAll(id, '<id>'))
    }
    expect(new Set(resent).size).toBe(1)
  })
})

test('every form of every page carries a token', async () => {
  const pages = await Promise.all([...OPEN_PAGES, ...ACCOUNT_PAGES].map((path) => client.get(path)))
  for (const { fields } of pages.flatMap(formsOf)) expect(fields.form_token).toMatch(/^test-1~[\w-]{43}$/)
})

test('a limited network is told to wait, on a page', async () => {
  const env = { NETWORK_LIMITS: 'on' }
  const browser = new Client()
  const form = formOf(await open(browser, '/sign-in'))
  let last: Reply | undefined
  for (let tries = 0; tries < 11; tries++) last = await send(browser, form, { identifier: 'x', password: 'y' }, { env })
  expect(last?.status).toBe(429)
  expect(last?.headers.get('retry-after')).toMatch(/^\d+$/)
  expect(last?.text).toContain('Wait a minute and try again')
})
