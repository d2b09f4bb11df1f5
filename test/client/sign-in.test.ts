// Signing in with the client, as an app in a browser does, against the real authorization endpoint.
import type { Kith } from '@kith/client'
import { dpop } from '@kith/client/dpop'
import { decodeJwt } from 'jose'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { newBrowser, newUser, platform, rows } from '../apis/oauth/harness.ts'
import { newPerson } from '../apis/oauth/openid.ts'
import { clock } from '../platform/clock.ts'
import { APP, CALLBACK, failureOf, newAppBrowser } from './browser.ts'

const HOUR_MS = 3_600_000

beforeEach(() => platform.reset())
afterEach(() => clock.restore())

const subjectOf = ({ session }: Kith) => (session.status === 'signed_in' ? session.claims.sub : null)

const grantsOf = (userId: number) =>
  rows<{ dpop_jkt: string | null }>(
    'SELECT dpop_jkt FROM sessions WHERE user_id = ? AND client_id IS NOT NULL AND revoked_at IS NULL',
    userId,
  )

describe('a sign-in', () => {
  test('leads to Kith and back to where the person was; the session is there for the next tab', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    expect(kith.session).toEqual({ status: 'loading' })
    expect(await failureOf(kith.accessToken())).toMatchObject({ kind: 'signed_out', reason: 'never' })
    expect(kith.session).toEqual({ status: 'signed_out', reason: 'never' })
    await kith.signIn()
    const callback = await browser.visit()
    expect(callback.split('?')[0]).toBe(CALLBACK)
    expect(await kith.handleRedirect(callback)).toEqual({ returnTo: `${APP}/orders?page=2` })
    expect(kith.session).toMatchObject({ status: 'signed_in', claims: { iss: 'https://kith.test', aud: browser.client.id } })
    const { user } = await kith.get('/user/me')
    const other = browser.open()
    expect((await other.get('/user/me')).user._id).toBe(user._id)
    expect(other.session).toEqual(kith.session)
    expect(browser.sent('/oauth/token')).toBe(1)
  })

  test('asks for what the app asks for', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    const asked = { loginHint: 'a@example.com', acrValues: 'urn:kith:acr:2fa', maxAge: 600, uiLocales: 'de', scope: 'openid' }
    await kith.signUp({ ...asked, returnTo: '/welcome' })
    expect(Object.fromEntries(new URL(browser.left).searchParams)).toMatchObject({
      prompt: 'create',
      login_hint: 'a@example.com',
      acr_values: 'urn:kith:acr:2fa',
      max_age: '600',
      ui_locales: 'de',
      scope: 'openid',
      code_challenge_method: 'S256',
    })
  })

  test('that got fewer scopes than it asked for says which', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open({ scope: 'openid delegated:all' })
    await kith.signIn({ scope: 'delegated:profile:raed delegated:profile:read' })
    await kith.handleRedirect(await browser.visit())
    expect(kith.session).toMatchObject({ status: 'signed_in', scopes: ['openid', 'delegated:profile:read'] })
    expect(browser.warnings).toMatchObject([{ kind: 'scope_not_granted', scopes: ['delegated:profile:raed'] }])
    await browser.openSignedIn()
    expect(browser.warnings).toHaveLength(1)
  })

  test('leads back into the app, never to another site or to a script', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    const evil = ['https://evil.example/', '//evil.example', '/\\evil.example', '/\t/evil.example', `${APP}.evil.example`]
    for (const returnTo of [
      `blob:${APP}/5b6a`,
      ...evil,
      `${APP}@evil.example`,
      'javascript:alert(1)',
      ' java\nscript:alert(1)',
      'data:text/html,x',
      'blob:x',
    ]) {
      await expect(kith.signIn({ returnTo }), returnTo).rejects.toThrow("not on the app's own site")
    }
    expect([browser.left, browser.stored('sign-in')]).toEqual(['', undefined])
    for (const returnTo of ['/a?b#c', 'a', 'https:a', `${APP}/a`, '/a//evil.example', '/?to=https://evil.example'])
      await kith.signIn({ returnTo })
  })

  test('that begins on the callback page does not lead back to it', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open({ environment: { currentUrl: () => `${CALLBACK}?error=access_denied&state=used` } })
    await kith.signIn()
    expect(await kith.handleRedirect(await browser.visit())).toEqual({ returnTo: '/' })
  })

  test('whose reply is not one of an authorization server fails without the tokens, which would end up in logs', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    let token = ''
    browser.trouble = async (_request, forward) => {
      const reply: Record<string, unknown> = await (await forward()).json()
      token = String(reply.refresh_token)
      return Response.json({ ...reply, token_type: 'mac' })
    }
    const failure = await failureOf(kith.handleRedirect(await browser.visit()))
    expect(failure).toMatchObject({ kind: 'sign_in_failed', reason: 'invalid_response' })
    expect(failure.cause).toBeUndefined()
    expect(JSON.stringify([failure, failure.message])).not.toContain(token)
  })

  test('of an app that shows a browser of its own ends where it began, or is closed', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open({
      redirectUri: CALLBACK,
      environment: {
        currentUrl: () => undefined,
        openUrl(url) {
          browser.left = url
          return browser.visit()
        },
      },
    })
    await kith.signIn()
    expect(kith.session.status).toBe('signed_in')
    const closed = browser.open({ environment: { openUrl: () => null } })
    expect(await failureOf(closed.signIn({ returnTo: '/a' }))).toMatchObject({ kind: 'sign_in_failed', reason: 'closed', returnTo: '/a' })
  })

  test('of somebody who was signed in replaces the session, and leaves none behind at Kith', async () => {
    const browser = await newAppBrowser()
    await browser.openSignedIn()
    await browser.openSignedIn()
    await vi.waitFor(async () => expect(await grantsOf(browser.userId)).toHaveLength(1))
  })

  test.each([false, true])('with a clock that is five minutes off, either way (DPoP: %s)', async (isBound) => {
    for (const minutes of [-5, 5]) {
      const browser = await newAppBrowser()
      browser.ahead = minutes * 60_000
      const kith = await browser.openSignedIn(isBound ? { dpop: dpop() } : {})
      await kith.get('/user/me')
      expect(kith.session.status).toBe('signed_in')
    }
  })

  test('with a clock that is hours off, where replies do not say what time it is, fails and says why', async () => {
    const browser = await newAppBrowser()
    browser.ahead = 5 * HOUR_MS
    const kith = browser.open()
    await kith.signIn({ returnTo: '/' })
    browser.trouble = async (_request, forward) => {
      const response = await forward()
      response.headers.delete('date')
      return response
    }
    expect(await failureOf(kith.handleRedirect(await browser.visit()))).toMatchObject({ kind: 'sign_in_failed', reason: 'clock' })
  })

  test('with a clock that is hours off, which the reply itself corrects', async () => {
    const browser = await newAppBrowser()
    browser.ahead = 5 * HOUR_MS
    const kith = await browser.openSignedIn({ dpop: dpop() })
    await kith.get('/user/me')
    expect(browser.sent('/oauth/token'), 'one with the wrong time in its proof').toBe(2)
  })
})

describe('a callback', () => {
  test('may be handled twice by the page that it opened: both calls get the same answer', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = await browser.visit()
    const both = await Promise.all([kith.handleRedirect(callback), kith.handleRedirect(callback)])
    expect(both[0]).toEqual(both[1])
    expect(browser.sent('/oauth/token')).toBe(1)
  })

  test('opened again later fails, knows the way on, and signs nobody out', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn({ returnTo: '/orders' })
    const callback = await browser.visit()
    await kith.handleRedirect(callback)
    const reloaded = browser.open()
    const failure = await failureOf(reloaded.handleRedirect(callback))
    expect(failure).toMatchObject({ kind: 'sign_in_failed', reason: 'callback_used', returnTo: '/orders' })
    expect(browser.sent('/oauth/token')).toBe(1)
    await reloaded.get('/user/me')
  })

  test('in another tab of the same browser works; in another browser it is refused', async () => {
    const browser = await newAppBrowser()
    await browser.open().signIn()
    const callback = await browser.visit()
    const elsewhere = await newAppBrowser()
    expect(await failureOf(elsewhere.open().handleRedirect(callback))).toMatchObject({ kind: 'sign_in_failed', reason: 'other_browser' })
    await browser.open().handleRedirect(callback)
  })

  test('whose state is lost, too old or forged is refused', async () => {
    clock.freeze()
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = new URL(await browser.visit())
    const lost = { kind: 'sign_in_failed', reason: 'state_lost' }
    expect(await failureOf(kith.handleRedirect(`${CALLBACK}?code=x`))).toMatchObject(lost)
    expect(await failureOf(kith.handleRedirect(CALLBACK))).toMatchObject(lost)
    expect(await failureOf(kith.handleRedirect(`${CALLBACK}?code=x&state=forged`))).toMatchObject(lost)
    clock.advance(25 * HOUR_MS)
    expect(await failureOf(kith.handleRedirect(callback.href))).toMatchObject(lost)
    expect(browser.sent('/oauth/token')).toBe(0)
  })

  test('whose state is lost names the error that it brings; text of a link stays off the page', async () => {
    const browser = await newAppBrowser()
    const callback = `${CALLBACK}?state=forged&error=invalid_scope&error_description=Call%20555`
    const failure = await failureOf(browser.open().handleRedirect(callback))
    const message = 'This sign-in was started in another browser, and failed: invalid_scope'
    expect(failure).toMatchObject({ reason: 'other_browser', code: 'invalid_scope', message, cause: { message: 'Call 555' } })
    const text = await failureOf(browser.open().handleRedirect(`${CALLBACK}?state=other&error=Call%20555`))
    expect(text.message).toBe('This sign-in was started in another browser')
  })

  test('of another issuer is refused (RFC 9207)', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = new URL(await browser.visit())
    callback.searchParams.set('iss', 'https://evil.example')
    expect(await failureOf(kith.handleRedirect(callback.href))).toMatchObject({ kind: 'sign_in_failed', reason: 'invalid_response' })
    expect(browser.sent('/oauth/token')).toBe(0)
  })

  test('with an error of Kith says which', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    const named = ['access_denied', 'login_required', 'consent_required', 'unmet_authentication_requirements']
    for (const error of [...named, 'invalid_scope']) {
      await kith.signIn({ returnTo: '/back' })
      const state = new URL(browser.left).searchParams.get('state')
      const callback = `${CALLBACK}?${new URLSearchParams({ error, state: state ?? '', iss: 'https://kith.test' })}`
      expect(await failureOf(kith.handleRedirect(callback))).toMatchObject({
        kind: 'sign_in_failed',
        returnTo: '/back',
        ...(named.includes(error) ? { reason: error } : { reason: 'refused', code: error }),
      })
    }
  })

  test('with a code that has expired', async () => {
    clock.freeze()
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = await browser.visit()
    clock.advance(HOUR_MS)
    expect(await failureOf(kith.handleRedirect(callback))).toMatchObject({ kind: 'sign_in_failed', reason: 'callback_used' })
  })

  test('while offline can be handled again', async () => {
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = await browser.visit()
    browser.trouble = () => Promise.reject(new TypeError('Failed to fetch'))
    expect(await failureOf(kith.handleRedirect(callback))).toMatchObject({ kind: 'offline' })
    browser.trouble = null
    await kith.handleRedirect(callback)
    expect(kith.session.status).toBe('signed_in')
  })
})

describe('a storage that cannot be used', () => {
  const failing = (name: string) => () => Object.assign(new Error(name), { name })

  test.each([
    ['full', 'QuotaExceededError'],
    ['forbidden', 'SecurityError'],
  ])('%s: a sign-in does not start', async (reason, name) => {
    const browser = await newAppBrowser()
    browser.storageFails = failing(name)
    const kith = browser.open()
    expect(await failureOf(kith.signIn())).toMatchObject({ kind: 'storage', reason })
    expect(browser.left).toBe('')
  })

  test('that is full when the person comes back: the session lasts as long as the page, which is told', async () => {
    clock.freeze()
    const browser = await newAppBrowser()
    const kith = browser.open()
    await kith.signIn()
    const callback = await browser.visit()
    browser.storageFails = failing('QuotaExceededError')
    await kith.handleRedirect(callback)
    expect(browser.warnings[0]).toMatchObject({ kind: 'storage', reason: 'full' })
    for (let minutes = 0; minutes < 30; minutes += 5) {
      clock.advance(5 * 60_000)
      await kith.get('/user/me')
    }
    expect(kith.session.status).toBe('signed_in')
  })
})

describe('a step-up', () => {
  test('is asked for by an error that says what is needed; the new sign-in has it', async () => {
    const browser = await newAppBrowser({}, await newPerson())
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ?', Date.now() - HOUR_MS, browser.userId)
    const kith = await browser.openSignedIn()
    const turnOn = () => kith.post('/user/2fa', { body: { state: true } })
    const failure = await failureOf(turnOn())
    expect(failure).toMatchObject({ kind: 'step_up_required', maxAge: 600, message: 'Sign in again first' })
    if (failure.kind !== 'step_up_required') return
    await kith.stepUp(failure)
    expect(new URL(browser.left).searchParams.get('max_age')).toBe('600')
    expect(decodeJwt(new URL(browser.left).searchParams.get('id_token_hint') ?? '').sub, 'nobody else').toBe(subjectOf(kith))
    await rows('UPDATE sessions SET authenticated_at = ? WHERE user_id = ? AND client_id IS NULL', Date.now(), browser.userId)
    await kith.handleRedirect(await browser.visit())
    await turnOn()
  })

  test('that somebody else comes back from leaves everybody as they were', async () => {
    const browser = await newAppBrowser()
    const kith = await browser.openSignedIn()
    const somebody = await newUser()
    await kith.stepUp({ maxAge: 600, returnTo: '/pay' })
    // As if the hint could not be read any more.
    const url = new URL(browser.left)
    url.searchParams.delete('id_token_hint')
    browser.left = url.href
    const callback = await browser.visit((await newBrowser(somebody)).cookie)
    expect(await failureOf(kith.handleRedirect(callback))).toMatchObject({
      kind: 'sign_in_failed',
      reason: 'login_required',
      returnTo: '/pay',
    })
    expect(Number.parseInt((await kith.get('/user/me')).user._id, 16)).toBe(browser.userId)
    await vi.waitFor(async () => expect(await grantsOf(somebody)).toEqual([]))
  })
})

describe('DPoP', () => {
  test('tokens are bound to one key of the browser, with the first request of a page asked for a nonce', async () => {
    const browser = await newAppBrowser()
    const kith = await browser.openSignedIn({ dpop: dpop() })
    expect(browser.sent('/oauth/token'), 'the second has the nonce').toBe(2)
    const [{ dpop_jkt: jkt } = { dpop_jkt: null }] = await grantsOf(browser.userId)
    expect(new URL(browser.left).searchParams.get('dpop_jkt')).toBe(jkt)
    const { user } = await kith.get('/user/me')
    await kith.patch('/user/me', { body: { bio: 'Bound' } })
    const reloaded = browser.open({ dpop: dpop() })
    expect((await reloaded.get('/user/me')).user).toMatchObject({ _id: user._id, bio: 'Bound' })
    expect(await failureOf(browser.open().get('/user/me')), 'without the key').toMatchObject({ kind: 'signed_out', reason: 'ended' })
  })
})
