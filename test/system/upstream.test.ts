// Signing in through another provider: Kith as a process, a certified OpenID provider, and Chromium without scripts
// (docs/sign-in.md, "Other providers"). No attack here ends in an account of somebody else.

import { mkdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { expectNothingGrave, openBrowser } from './browser.ts'
import { freePort } from './free-port.ts'
import { Upstream, type UpstreamPerson } from './oidc/upstream.ts'
import { emptyKith, mailTo, PASSWORD, signUp } from './person.ts'

/** `SCREENSHOTS=<folder>` keeps pictures of the pages. */
const { SCREENSHOTS } = process.env
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1280, height: 900 } } as const
const CODE = /^((?:[a-z2-9]{3}-){7}[a-z2-9]{3})$/m

let kith: Awaited<ReturnType<typeof emptyKith>>
let upstream: Upstream
let browser: Browser
let attackers: ReturnType<typeof createServer>

beforeAll(async () => {
  const port = await freePort()
  kith = await emptyKith(() => ({ ...Upstream.varsOf(port), NETWORK_LIMITS: 'off' }))
  upstream = await Upstream.start(port, kith.origin)
  await kith.start()
  browser = await openBrowser()
  if (SCREENSHOTS) mkdirSync(SCREENSHOTS, { recursive: true })
})
afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})
afterAll(async () => {
  await browser?.close()
  attackers?.close()
  upstream?.stop()
  await kith?.project.remove()
})

const urlOf = (path: string) => kith.origin + path
const pathOf = (page: Page) => page.url().replace(kith.origin, '')
const mailOf = (name: string) => `${name}@example.com`

/** A browser of its own. Scripts are only for what `look` runs, past the policy. */
async function newPage(options: Parameters<Browser['newContext']>[0] = { javaScriptEnabled: false }): Promise<Page> {
  const page = await (await browser.newContext(options)).newPage()
  page.setDefaultTimeout(10_000)
  return page
}

const LOOKED_AT = { bypassCSP: true }

/** A picture, for whoever wants to look, and what a screen reader would stumble over. */
async function look(page: Page, name: string): Promise<void> {
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport)
    const overflow = (await page.locator('html').evaluate((html) => html.scrollWidth > html.clientWidth)) as boolean
    expect([name, size, overflow]).toEqual([name, size, false])
    if (SCREENSHOTS) await page.screenshot({ path: join(SCREENSHOTS, `${name}-${size}.png`), fullPage: true })
  }
  await expectNothingGrave(page, name)
}

/** From a page with the button to the provider, and to wherever Kith leads afterwards. */
async function continueAs(page: Page, person: UpstreamPerson): Promise<void> {
  upstream.person = person
  const isAnswer = (url: string) => url.includes('/upstream/example/callback')
  const [reply] = await Promise.all([page.waitForResponse((one) => isAnswer(one.url())), page.click('text=Continue with Example')])
  if (reply.status() === 303) await page.waitForURL(({ pathname }) => !/^\/(upstream|sign-in\/with)\//.test(pathname))
}

async function signInWith(page: Page, person: UpstreamPerson, path = '/sign-in'): Promise<void> {
  await page.goto(urlOf(path))
  await continueAs(page, person)
}

async function signInWithPassword(page: Page, identifier: string): Promise<void> {
  await page.fill('#identifier', identifier)
  await page.fill('#password', PASSWORD)
  await page.click('form:has(#password) button')
}

/** Who is signed in; null for nobody. */
async function whoIs(page: Page): Promise<string | null> {
  const reply = await page.request.get(urlOf('/user/me'), { headers: { 'sec-fetch-site': 'same-origin' } })
  return reply.ok() ? ((await reply.json()) as { data: { user: { username: string } } }).data.user.username : null
}

/** Sends the form on the page and goes on, up to the provider's answer, which Kith does not get: the URL that would bring it. */
async function answerFor(page: Page, person: UpstreamPerson, action = '/sign-in/with/example'): Promise<string> {
  upstream.person = person
  const inputs = await page.locator(`form[action^="${action}"] input`).all()
  const fields = await Promise.all(inputs.map(async (input) => [await input.getAttribute('name'), await input.inputValue()]))
  const left = await page.request.post(urlOf(action), { form: Object.fromEntries(fields), headers: { origin: kith.origin } })
  let url = (/http-equiv="refresh" content="0;url=([^"]*)"/.exec(await left.text())?.[1] ?? '').replaceAll('&amp;', '&')
  while (url.startsWith(upstream.origin)) {
    const reply = await page.request.get(url, { maxRedirects: 0 })
    url = new URL(reply.headers().location ?? '', url).href
  }
  expect(url).toContain('/upstream/example/callback?')
  return url
}

const ada = (name: string): UpstreamPerson => ({
  sub: name,
  email: mailOf(name),
  email_verified: true,
  given_name: 'Ada',
  family_name: 'Lovelace',
})

describe('through another provider', () => {
  test('somebody new signs up with two clicks, and signs in elsewhere with one', async () => {
    const page = await newPage(LOOKED_AT)
    await page.goto(urlOf('/sign-in?return_to=/account/privacy'))
    await look(page, 'sign-in')
    await continueAs(page, ada('ada_lovelace'))
    expect(pathOf(page)).toBe('/sign-up/with?return_to=%2Faccount%2Fprivacy')
    await look(page, 'sign-up-with')
    await page.click('text="Create account"')
    await page.waitForURL(urlOf('/account/privacy'))
    expect(await whoIs(page)).toBe('ada_lovelace')
    const elsewhere = await newPage()
    await signInWith(elsewhere, ada('ada_lovelace'))
    expect([pathOf(elsewhere), await whoIs(elsewhere)]).toEqual(['/account', 'ada_lovelace'])
  })

  test('the owner of an account connects it once, after a sign-in with the password', async () => {
    await signUp(kith.origin, 'has_password')
    const page = await newPage(LOOKED_AT)
    await signInWith(page, ada('has_password'))
    expect([pathOf(page), await whoIs(page)]).toEqual(['/sign-in/connect', null])
    await look(page, 'connect-sign-in')
    await page.click('main a.primary')
    expect(await page.inputValue('#identifier')).toBe(mailOf('has_password'))
    await signInWithPassword(page, mailOf('has_password'))
    await look(page, 'connect-confirm')
    await page.click('main button')
    await page.waitForURL(urlOf('/account/providers?notice=provider_linked'))
    await look(page, 'providers')
    const elsewhere = await newPage()
    await signInWith(elsewhere, ada('has_password'))
    expect(await whoIs(elsewhere)).toBe('has_password')
  })

  test('a second step still follows', async () => {
    const page = await newPage()
    await signInWith(page, ada('two_steps'))
    await page.click('text="Create account"')
    await page.goto(urlOf('/account/two-step'))
    await page.click('text=Turn on codes by email')
    const elsewhere = await newPage()
    await signInWith(elsewhere, ada('two_steps'))
    expect([pathOf(elsewhere), await whoIs(elsewhere)]).toEqual(['/sign-in/code', null])
    await elsewhere.fill('#code', await mailTo(kith.origin, mailOf('two_steps'), /^(\d{6})$/m))
    await elsewhere.click('text="Continue"')
    expect(await whoIs(elsewhere)).toBe('two_steps')
  })

  test('a provider that is slow, and then down, gets a page that says so', async () => {
    const page = await newPage(LOOKED_AT)
    await page.goto(urlOf('/sign-in'))
    const answer = await answerFor(page, ada('has_password'))
    upstream.hangs = true
    const asked = Date.now()
    await page.goto(answer)
    upstream.hangs = false
    expect(await page.textContent('main')).toContain('Example does not answer')
    expect(Date.now() - asked).toBeLessThan(13_000)
    await look(page, 'does-not-answer')
    expect(await whoIs(page)).toBe(null)
  })
})

describe('nobody gets into the account of somebody else', () => {
  test('who registered the address before its owner: the owner gets an account of their own, the other one gets nothing', async () => {
    const attacker = await newPage()
    const email = mailOf('early_victim')
    await attacker.goto(urlOf('/sign-up'))
    const form = { givenName: 'E', familyName: 'V', username: 'early_attacker', email, password: PASSWORD }
    for (const [field, value] of Object.entries(form)) await attacker.fill(`#${field}`, value)
    await attacker.click('text="Create account"')
    const code = await mailTo(kith.origin, email, CODE)
    const victim = await newPage()
    await signInWith(victim, ada('early_victim'))
    expect(pathOf(victim)).toBe('/sign-up/with')
    await victim.click('text="Create account"')
    expect(await whoIs(victim)).toBe('early_victim')
    // Even with the victim's own code.
    await attacker.fill('#code', code)
    await attacker.click('text=Confirm address')
    await attacker.goto(urlOf('/sign-in'))
    await signInWithPassword(attacker, email)
    expect(await whoIs(attacker)).toBe(null)
  })

  test('who has the address at the provider without proof', async () => {
    await signUp(kith.origin, 'unproved_victim')
    for (const proof of [{ email_verified: false }, {}]) {
      const attacker = await newPage()
      await signInWith(attacker, { sub: `unproved ${JSON.stringify(proof)}`, email: mailOf('unproved_victim'), ...proof })
      expect([pathOf(attacker), await whoIs(attacker)]).toEqual(['/sign-up/with', null])
      await attacker.fill('#givenName', 'E')
      await attacker.fill('#familyName', 'V')
      await attacker.fill('#username', `attacker_${'email_verified' in proof ? 'one' : 'two'}`)
      await attacker.click('text="Create account"')
      expect([pathOf(attacker).split('?')[0], await whoIs(attacker)]).toEqual(['/verify', null])
    }
  })

  test('whom the provider gives the address of somebody else', async () => {
    await signUp(kith.origin, 'claimed_victim')
    await signUp(kith.origin, 'claimed_attacker')
    const attacker = await newPage()
    const claimed = { sub: 'claims it', email: mailOf('claimed_victim'), email_verified: true }
    await signInWith(attacker, claimed)
    expect([pathOf(attacker), await whoIs(attacker)]).toEqual(['/sign-in/connect', null])
    // With an account of their own, there is nothing to confirm.
    await attacker.click('main a.primary')
    await signInWithPassword(attacker, 'claimed_attacker')
    expect([pathOf(attacker), await attacker.locator('main form').count()]).toEqual(['/sign-in/connect', 0])
    const again = await newPage()
    await signInWith(again, claimed)
    expect([pathOf(again), await whoIs(again)]).toEqual(['/sign-in/connect', null])
  })

  test('who connects an identity in the session of somebody else: by a foreign form, or by their own answer', async () => {
    await signUp(kith.origin, 'linked_victim')
    await signUp(kith.origin, 'linked_attacker')
    const identity = { sub: 'of the attacker', email: mailOf('nobody_at_all'), email_verified: false }
    const attacker = await newPage()
    await attacker.goto(urlOf('/sign-in'))
    await signInWithPassword(attacker, 'linked_attacker')
    await attacker.goto(urlOf('/account/providers'))
    const token = await attacker.inputValue('main form input[name=form_token]')
    const answer = await answerFor(attacker, identity, '/account/providers/link')
    const port = await freePort()
    attackers = createServer((_, response) => {
      response.setHeader('content-type', 'text/html')
      response.end(`<form method="post" action="${urlOf('/account/providers/link')}"><input name="form_token" value="${token}">
        <input name="provider" value="example"><button>Win</button></form>`)
    }).listen(port)
    const victim = await newPage()
    await victim.goto(urlOf('/sign-in'))
    await signInWithPassword(victim, 'linked_victim')
    await victim.goto(`http://127.0.0.1:${port}/`)
    await victim.click('button')
    expect(await victim.textContent('h1')).toBe('Sent from another site')
    await victim.goto(answer)
    expect(await victim.textContent('h1')).toBe('You are not signed in')
    await victim.goto(urlOf('/account/providers'))
    expect(await victim.locator('main .list').count()).toBe(0)
    const after = await newPage()
    await signInWith(after, identity)
    expect([pathOf(after), await whoIs(victim)]).toEqual(['/sign-up/with', 'linked_victim'])
  })

  test('who plants the answer of one browser in another, and who sends an answer twice', async () => {
    const owner = await newPage()
    await owner.goto(urlOf('/sign-in'))
    const answer = await answerFor(owner, ada('ada_lovelace'))
    const victim = await newPage()
    await victim.goto(answer)
    expect([await victim.textContent('main'), await whoIs(victim)]).toEqual([expect.stringContaining('Start again'), null])
    const cookies = await owner.context().cookies()
    await owner.goto(answer)
    expect(await whoIs(owner)).toBe('ada_lovelace')
    // With everything that the first browser had.
    const thief = await newPage()
    await thief.context().addCookies(cookies)
    await thief.goto(answer)
    expect([await thief.textContent('main'), await whoIs(thief)]).toEqual([expect.stringContaining('Start again'), null])
  })
})
