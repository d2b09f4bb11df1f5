// Passkeys in a real browser, with Chromium's virtual authenticator: added, and used by autofill and by a button, alone and as the
// second step, on a phone and on a desk; a second browser; what a removed one leads to (security rows 21, 78).
import { Secret, TOTP } from 'otpauth'
import type { Browser, BrowserContext, CDPSession, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { DESK, expectNothingGrave, keepPictures, openBrowser, PHONE } from './browser.ts'
import { Demo } from './demo.ts'

const kith = new Demo()
let browser: Browser

beforeAll(async () => {
  browser = await openBrowser()
})
afterAll(() => browser?.close())

const urlOf = (path: string) => kith.origin + path

/** A browser of its own, on a device whose owner is asked for a finger. */
class Device {
  readonly #cdp: CDPSession
  readonly #authenticatorId: string
  readonly page: Page
  readonly complaints: string[] = []

  private constructor(page: Page, cdp: CDPSession, authenticatorId: string) {
    this.page = page
    this.#cdp = cdp
    this.#authenticatorId = authenticatorId
    page.on('console', (message) => message.type() === 'error' && this.complaints.push(`${message.text()} ${message.location().url}`))
    page.on('pageerror', (error) => this.complaints.push(String(error)))
  }

  static async open(options: Parameters<Browser['newContext']>[0]): Promise<Device> {
    const page = await (await browser.newContext(options)).newPage()
    await page.addInitScript(`{
      const get = navigator.credentials.get.bind(navigator.credentials)
      navigator.credentials.get = (options) => {
        const asked = get(options)
        if (options.mediation === 'conditional') document.documentElement.dataset.offered = ''
        return asked
      }
    }`)
    const cdp = await page.context().newCDPSession(page)
    await cdp.send('WebAuthn.enable', { enableUI: false })
    const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: false,
      },
    })
    return new Device(page, cdp, authenticatorId)
  }

  /** Whether the finger is on it: a request that finds it there is answered at once, whichever way it was made. */
  async touch(isTouched: boolean): Promise<void> {
    await this.#cdp.send('WebAuthn.setAutomaticPresenceSimulation', { authenticatorId: this.#authenticatorId, enabled: isTouched })
  }

  /** The browser waits for the passkey that it offers in the field: an answer to a later question comes after the request. */
  async untilOffered(): Promise<void> {
    await this.page.waitForSelector('[data-offered]', { state: 'attached' })
    await this.page.evaluate('PublicKeyCredential.isConditionalMediationAvailable()')
  }

  async passkeys(): Promise<number> {
    const { credentials } = await this.#cdp.send('WebAuthn.getCredentials', { authenticatorId: this.#authenticatorId })
    return credentials.length
  }

  async close(): Promise<void> {
    await this.page.context().close()
  }
}

async function signInByPassword({ page }: Device, username: string): Promise<void> {
  await page.goto(urlOf('/sign-in'))
  await page.fill('#identifier', username)
  await page.fill('#password', kith.project.demo().users[username].password)
  await page.click('button.primary')
}

async function signOut(device: Device): Promise<void> {
  await device.touch(false)
  await device.page.goto(urlOf('/sign-out'))
  await device.page.click('main button')
  await device.page.waitForURL(/\/sign-in\?notice=signed_out$/)
}

async function addPasskey(device: Device, name: string): Promise<void> {
  const { page } = device
  await device.touch(true)
  await page.goto(urlOf('/account/passkeys'))
  await page.click('text="Add a passkey"')
  await page.fill('#name', name)
  await page.click('main button')
  await page.waitForURL(/\/account\/passkeys\?notice=passkey_added$/)
  await device.touch(false)
}

/** A device of Carol's with a passkey, signed out. */
async function withPasskey(name: string): Promise<Device> {
  const device = await Device.open({})
  await signInByPassword(device, 'carol_demo')
  await device.page.waitForURL(urlOf('/account'))
  await addPasskey(device, name)
  await signOut(device)
  return device
}

/** Turns an authenticator app on. Returns its key. */
async function addApp({ page }: Device): Promise<string> {
  await page.goto(urlOf('/account/two-step/app'))
  await page.click('main button')
  const secret = await page.inputValue('input[name=secret]')
  await page.fill('#code', TOTP.generate({ secret: Secret.fromBase32(secret) }))
  await page.click('main form button')
  await page.waitForSelector('text="Keep these codes"')
  return secret
}

const alert = (page: Page) => page.locator('[role=alert]')
const focused = (page: Page) => page.evaluate('document.activeElement.getAttribute("role") || document.activeElement.id')

describe.each([
  ['a phone', PHONE, 'alice_demo'],
  ['a desk', DESK, 'bob_demo'],
] as const)('on %s', (_where, viewport, username) => {
  test('a passkey is added, and signs in by a button and by autofill, alone and as the second step; another browser; it is removed', async () => {
    const mine = await Device.open({ viewport })
    const { page } = mine
    await signInByPassword(mine, username)
    await page.waitForURL(urlOf('/account'))
    await addPasskey(mine, 'First device')
    expect(await mine.passkeys()).toBe(1)
    await page.waitForSelector('text="First device"')

    // The same device has one already; nothing is sent.
    await mine.touch(true)
    await page.goto(urlOf('/account/passkeys/add'))
    await page.click('main button')
    await expect.poll(() => alert(page).textContent()).toContain('already has a passkey for your account')
    expect([await focused(page), await mine.passkeys()]).toEqual(['alert', 1])

    // By the button, while the browser waits for the passkey that it offers in the field.
    await signOut(mine)
    await page.goto(urlOf('/sign-in?return_to=/account/privacy'))
    await mine.untilOffered()
    await mine.touch(true)
    await page.click('text="Sign in with a passkey"')
    await page.waitForURL(urlOf('/account/privacy'))

    // By autofill: no button is pressed.
    await signOut(mine)
    // The page that it ends on offers passkeys as well, and would be answered as it is left.
    await page.goto(urlOf('/forgot'))
    await mine.touch(true)
    await page.goto(urlOf('/sign-in'))
    await page.waitForURL(urlOf('/account'))

    // As the second step.
    const secret = await addApp(mine)
    await signOut(mine)
    await signInByPassword(mine, username)
    await page.waitForURL(urlOf('/sign-in/code'))
    await mine.touch(true)
    await page.click('main form button')
    await page.waitForURL(urlOf('/account'))

    // Another browser has none, says so, and goes the other way.
    const other = await Device.open({ viewport })
    await signInByPassword(other, username)
    await other.page.waitForURL(urlOf('/sign-in/code'))
    await other.touch(true)
    await other.page.click('main form button')
    await expect.poll(() => alert(other.page).textContent()).toContain('No passkey was used')
    expect(await focused(other.page)).toBe('alert')
    await other.page.click('text="Use your authenticator app"')
    await other.page.fill('#code', TOTP.generate({ secret: Secret.fromBase32(secret), timestamp: Date.now() + 30_000 }))
    await other.page.click('main form button')
    await other.page.waitForURL(urlOf('/account'))
    await addPasskey(other, 'Second device')
    await signOut(other)
    await other.page.goto(urlOf('/sign-in?reauth=passkey'))
    await expect.poll(() => other.page.evaluate('document.activeElement.textContent')).toBe('Sign in with a passkey')
    await other.page.goto(urlOf('/sign-in'))
    await other.untilOffered()
    await other.touch(true)
    await other.page.click('text="Sign in with a passkey"')
    await other.page.waitForURL(urlOf('/account'))

    // It removes the first, which signs in no more.
    await other.page.goto(urlOf('/account/passkeys'))
    await other.page.locator('li', { hasText: 'First device' }).locator('text=Remove').click()
    await other.page.click('text="Remove the passkey"')
    await other.page.waitForURL(/notice=passkey_removed$/)
    await mine.touch(false)
    await page.goto(urlOf('/sign-in'))
    await mine.untilOffered()
    // With the finger still on it, the refused page would be answered by autofill at once.
    await page.route('**/sign-in/passkey', async (route) => {
      await mine.touch(false)
      await route.continue()
    })
    await mine.touch(true)
    await page.click('text="Sign in with a passkey"')
    await expect.poll(() => alert(page).textContent()).toContain('This passkey was not accepted')
    // The browser sets the focus once it has drawn the page.
    await expect.poll(() => focused(page)).toBe('alert')
    await page.goto(urlOf('/account'))
    expect(page.url()).toContain('/sign-in')
    // Nothing broke the policy of a page, or was thrown. A refused form is shown with its status, which the browser logs.
    const unexpected = [...mine.complaints, ...other.complaints].filter((one) => !/status of 401/.test(one))
    expect(unexpected).toEqual([])
    await mine.close()
    await other.close()
  })
})

test('a passkey is sent once, though its button is pressed as the browser takes the one that it offers in the field', async () => {
  const device = await withPasskey('Only device')
  const { page } = device
  await page.addInitScript(`{
    const submit = HTMLFormElement.prototype.submit
    HTMLFormElement.prototype.submit = function () {
      sessionStorage.sent = Number(sessionStorage.sent ?? 0) + 1
      submit.call(this)
      this.requestSubmit()
    }
  }`)
  // The page is still there as its form is on its way, for long enough to ask for a passkey once more.
  await page.route('**/sign-in/passkey', (route) => setTimeout(() => route.continue(), 500))
  await page.goto(urlOf('/forgot'))
  await device.touch(true)
  await page.goto(urlOf('/sign-in'))
  await page.waitForURL(urlOf('/account'))
  expect([await page.evaluate('sessionStorage.sent'), device.complaints]).toEqual(['1', []])
  await device.close()
})

test('a sign-in page that stays open asks for new options, and its passkey still works', async () => {
  const device = await withPasskey('Patient')
  const { page } = device
  const asked: string[] = []
  page.on('request', (request) => request.method() === 'POST' && asked.push(new URL(request.url()).pathname))
  await page.clock.install()
  await page.goto(urlOf('/sign-in'))
  expect(asked).toEqual([])
  // For the page it is ten minutes later.
  const renewed = page.waitForResponse((reply) => reply.url() === urlOf('/user/passkeys/authentication-options'))
  await page.clock.fastForward(10 * 60_000)
  expect((await renewed).status()).toBe(200)
  await device.untilOffered()
  await device.touch(true)
  await page.click('text="Sign in with a passkey"')
  await page.waitForURL(urlOf('/account'))
  expect(asked.at(-1)).toBe('/sign-in/passkey')
  await device.close()
})

test('a press while the device waits is one request, and a cancelled one leaves the page as it was', async () => {
  const device = await Device.open({})
  const { page } = device
  await page.goto(urlOf('/sign-in'))
  await page.fill('#identifier', 'typed')
  await device.touch(true)
  for (let presses = 0; presses < 3; presses++) {
    await page.click('text="Sign in with a passkey"')
    await expect.poll(() => alert(page).count()).toBe(1)
  }
  expect([await page.inputValue('#identifier'), await page.locator('[role=alert]').count(), page.url()]).toEqual([
    'typed',
    1,
    urlOf('/sign-in'),
  ])
  expect(device.complaints).toEqual([])
  await device.close()
})

describe('without passkeys', () => {
  /** Nothing of the page needs them. */
  async function expectWithout(context: BrowserContext): Promise<void> {
    const page = await context.newPage()
    await page.goto(urlOf('/sign-in'))
    expect(await page.locator('text="Sign in with a passkey"').isVisible()).toBe(false)
    await page.fill('#identifier', 'carol_demo')
    await page.fill('#password', kith.project.demo().users.carol_demo.password)
    await page.click('button.primary')
    await page.waitForURL(urlOf('/account'))
    await page.goto(urlOf('/account/passkeys/add'))
    expect(await page.locator('[data-without-passkeys]').innerText()).toContain('a browser that supports passkeys')
    expect(await page.locator('main button').isVisible()).toBe(false)
    await context.close()
  }

  test('in a browser without scripts, the pages offer the rest and say why', async () => {
    await expectWithout(await browser.newContext({ javaScriptEnabled: false }))
  })

  test('in a browser that does not know them, too', async () => {
    const context = await browser.newContext()
    await context.addInitScript('delete window.PublicKeyCredential')
    await expectWithout(context)
  })
})

test('in the light and in the dark, axe finds nothing serious on the pages with passkeys', async () => {
  // With motion, colours would be on their way for a while.
  const device = await Device.open({ bypassCSP: true, reducedMotion: 'reduce' })
  const { page } = device
  const expectSound = async (name: string) => {
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme })
      await keepPictures(page, `${name.replace(/\W+/g, '-')}-${colorScheme}`)
      await expectNothingGrave(page, `${name}, ${colorScheme}`)
    }
  }
  const username = 'dan_demo'
  await signInByPassword(device, username)
  await page.waitForURL(urlOf('/account'))
  await addPasskey(device, 'Mine')
  await expectSound('the list')
  for (const link of ['Rename', 'Remove']) {
    await page.goto(urlOf('/account/passkeys'))
    await page.locator(`main li >> text=${link}`).click()
    await expectSound(link)
  }
  await page.goto(urlOf('/account/passkeys/add'))
  await expectSound('adding')
  await device.touch(true)
  await page.click('main button')
  await alert(page).waitFor()
  await expectSound('adding, with an error')
  await addApp(device)
  await signOut(device)
  await expectSound('sign-in')
  await signInByPassword(device, username)
  await page.waitForURL(urlOf('/sign-in/code'))
  await expectSound('the second step')
  await device.close()
})
