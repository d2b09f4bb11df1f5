// Step-up (RFC 9470, OpenID Connect Core §3.1.2.1 and §5.5.1.1): what an app gets that asks for a stronger or fresher sign-in, and
// how tokens say what a sign-in was worth.
import { decodeJwt } from 'jose'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { ACRS, acrOf, weakestAcr } from '../../../src/core/authentication-methods.ts'
import type { SessionId, UserId } from '../../../src/ids.ts'
import { clock } from '../../platform/clock.ts'
import {
  authorize,
  exchange,
  form,
  newBrowser,
  newClient,
  newCode,
  newUser,
  ORIGIN,
  type Params,
  redirected,
  refresh,
  rows,
  send,
  type TestClient,
  type TokenReply,
} from './harness.ts'
import { afterSignIn, ageSession, basicOf, claimsOf, newPerson, sentTo } from './openid.ts'

const [PHR, TWO, ONE] = ACRS
/** What each kind of sign-in leaves in its session. */
const WAYS = {
  password: ['pwd', ONE],
  'another provider': ['fed', ONE],
  'a mailed code': ['otp', ONE],
  'a password and a code': ['pwd otp mfa', TWO],
  'another provider and a code': ['fed otp mfa', TWO],
  'a synced passkey': ['swk user mfa', PHR],
  'a passkey of the device': ['hwk user mfa', PHR],
  'a password and a passkey': ['pwd swk user mfa', PHR],
} as const

let client: TestClient
beforeAll(async () => {
  client = await newClient()
})
afterEach(() => clock.restore())

const putAmr = (sessionId: SessionId, amr: string) => rows('UPDATE sessions SET amr = ? WHERE id = ?', amr, sessionId)

/** A browser signed in like that, and its request. */
async function ask(amr: string, changes: Params, seconds = 5) {
  const userId = await newUser()
  const browser = await newBrowser(userId)
  await putAmr(browser.sessionId, amr)
  await ageSession(browser.sessionId, seconds)
  const response = await authorize(client, browser.cookie, { scope: 'openid', ...changes })
  return { userId, browser, response }
}

/** The person signs in again, like that, and comes back. */
const signInAgain = async (response: Response, userId: UserId, amr: string) => (await afterSignIn(response, userId, amr)).back

describe('what a sign-in is worth', () => {
  for (const [way, [amr, acr]] of Object.entries(WAYS)) test(`${way}: ${acr}`, () => expect(acrOf(amr.split(' '))).toBe(acr))

  test('of several values the weakest is enough; unknown ones ask for nothing', () => {
    expect([PHR, TWO, ONE].map((acr) => weakestAcr(acr))).toEqual([PHR, TWO, ONE])
    expect(weakestAcr(`${PHR} ${TWO}`)).toBe(TWO)
    expect(weakestAcr(`${TWO} ${PHR} urn:other`)).toBe(TWO)
    for (const none of [undefined, '', ' ', '1 2', PHR.toUpperCase(), `${PHR},${TWO}`]) expect(weakestAcr(none)).toBeNull()
  })
})

describe('acr_values', () => {
  test('a sign-in as strong as one of them, or stronger, gets its code at once, and the ID token has the level reached', async () => {
    for (const [amr, acr_values, reached] of [
      ['pwd', ONE, ONE],
      ['pwd otp mfa', TWO, TWO],
      ['pwd otp mfa', `${PHR} ${TWO}`, TWO],
      ['swk user mfa', TWO, PHR],
      ['swk user mfa', PHR, PHR],
    ] as const) {
      const { response } = await ask(amr, { acr_values, prompt: 'none' })
      const tokens = (await (await exchange(client, redirected(response).params.code ?? '')).json()) as TokenReply
      expect(claimsOf(tokens), acr_values).toMatchObject({ acr: reached, amr: amr.split(' '), auth_time: expect.any(Number) })
    }
  })

  test('values of others are ignored: the code comes, with the level of the sign-in (Core §5.5.1.1)', async () => {
    const { response } = await ask('pwd', { acr_values: 'urn:mace:incommon:iap:silver 2' })
    const tokens = (await (await exchange(client, redirected(response).params.code ?? '')).json()) as TokenReply
    expect(claimsOf(tokens).acr).toBe(ONE)
  })

  test('a weaker sign-in is asked for anew, once, and a stronger one gets the code', async () => {
    for (const [amr, acr_values, then] of [
      ['pwd', TWO, 'pwd otp mfa'],
      ['otp', TWO, 'swk user mfa'],
      ['pwd otp mfa', PHR, 'pwd swk user mfa'],
    ] as const) {
      const { response, userId } = await ask(amr, { acr_values })
      expect([response.status, sentTo(response).path]).toEqual([303, '/sign-in'])
      const back = await signInAgain(response, userId, then)
      expect(redirected(back).params.code, acr_values).toBeDefined()
    }
  })

  test('a new sign-in that is too weak ends at the app, as RFC 9470 §5 says, and not in a loop', async () => {
    for (const [acr_values, then] of [
      [TWO, 'pwd'],
      [TWO, 'otp'],
      [PHR, 'pwd otp mfa'],
    ] as const) {
      const { response, userId } = await ask('pwd', { acr_values })
      const { params } = redirected(await signInAgain(response, userId, then))
      expect(params).toMatchObject({ error: 'unmet_authentication_requirements', state: 'xyz' })
    }
  })

  test('coming back without a new sign-in asks again, and going back without it tells the app', async () => {
    const { response, browser } = await ask('pwd', { acr_values: TWO })
    const returnTo = new URL(sentTo(response).query.get('return_to') ?? '', 'https://kith.test')
    const visit = () => send(`${returnTo.pathname}${returnTo.search}`, { headers: { cookie: browser.cookie } })
    for (let again = 0; again < 2; again += 1) expect(sentTo(await visit()).path).toBe('/sign-in')
    returnTo.searchParams.set('reauthentication', 'declined')
    expect(redirected(await visit()).params.error).toBe('unmet_authentication_requirements')
    // It stands for nothing else.
    const login = await authorize(client, browser.cookie, { prompt: 'login', reauthentication: 'declined' })
    expect(sentTo(login).path).toBe('/sign-in')
    const enough = await authorize(client, browser.cookie, { acr_values: ONE, reauthentication: 'declined' })
    expect(redirected(enough).params.code).toBeDefined()
  })

  test('prompt=none: login_required, for a sign-in may help (Core §3.1.2.6)', async () => {
    const { response } = await ask('pwd', { acr_values: TWO, prompt: 'none' })
    expect(redirected(response).params.error).toBe('login_required')
  })

  test('together with max_age and prompt=login: one sign-in that is both new and strong', async () => {
    for (const wish of [{ max_age: '60' }, { max_age: '0' }, { prompt: 'login' }]) {
      const { response, userId } = await ask('swk user mfa', { acr_values: TWO, ...wish }, 3_600)
      expect(sentTo(response).path, 'strong but old').toBe('/sign-in')
      expect(redirected(await signInAgain(response, userId, 'pwd')).params.error).toBe('unmet_authentication_requirements')
      expect(redirected(await signInAgain(response, userId, 'pwd otp mfa')).params.code).toBeDefined()
    }
    const { response } = await ask('pwd', { acr_values: TWO, max_age: '3600' })
    expect(sentTo(response).path, 'new but weak').toBe('/sign-in')
  })

  test('another person than the one expected is login_required, however strong the sign-in', async () => {
    const first = await ask('swk user mfa', {})
    const tokens = (await (await exchange(client, redirected(first.response).params.code ?? '')).json()) as TokenReply
    const hinted = await authorize(client, first.browser.cookie, { acr_values: TWO, prompt: 'login', id_token_hint: tokens.id_token })
    const back = await signInAgain(hinted, await newUser(), 'swk user mfa')
    expect(redirected(back).params.error).toBe('login_required')
  })

  test('an essential acr of the parameter claims goes before it', async () => {
    const claims = JSON.stringify({ id_token: { acr: { essential: true, values: [PHR] } } })
    const { response } = await ask('pwd otp mfa', { claims, acr_values: ONE })
    expect(sentTo(response).path).toBe('/sign-in')
    expect(await (await send('/.well-known/openid-configuration')).json()).toMatchObject({
      acr_values_supported: [PHR, TWO, ONE],
      claims_supported: expect.arrayContaining(['acr', 'amr', 'auth_time']),
    })
  })

  test('a long one is refused like any long request', async () => {
    const { response } = await ask('pwd', { acr_values: 'x '.repeat(4_000) })
    expect(redirected(response).params.error).toBe('invalid_request')
  })
})

describe('max_age', () => {
  const MINUTE = 60_000

  /** The person signs in again as the request demands, and comes back that much later. */
  async function comeBack(changes: Params, later: number) {
    const { response, userId } = await ask('pwd', changes, 7_200)
    expect(sentTo(response).path).toBe('/sign-in')
    clock.freeze()
    const { back, cookie } = await afterSignIn(response, userId)
    expect(redirected(back).params.code, 'at once').toBeDefined()
    clock.advance(later)
    const returnTo = sentTo(response).query.get('return_to') ?? ''
    return { userId, again: await send(returnTo, { headers: { cookie } }) }
  }

  test.each<[string, Params, number]>([
    ['a minute', { max_age: '60' }, 6 * MINUTE],
    ['none', { max_age: '0' }, 6 * MINUTE],
    ['ten minutes', { max_age: '600' }, 11 * MINUTE],
    ['a minute, together with prompt=login', { max_age: '60', prompt: 'login' }, 50 * MINUTE],
    ['a minute, together with a level', { max_age: '60', acr_values: ONE }, 50 * MINUTE],
  ])(
    'of %s: a sign-in that was asked for and is older by now is asked for anew, and that one gets the code',
    async (_what, changes, later) => {
      const { userId, again } = await comeBack(changes, later)
      expect(sentTo(again).path).toBe('/sign-in')
      expect(redirected((await afterSignIn(again, userId)).back).params.code).toBeDefined()
    },
  )

  test.each<[string, Params, number]>([
    ['a minute', { max_age: '60' }, 4 * MINUTE],
    ['none', { max_age: '0' }, 4 * MINUTE],
    ['ten minutes', { max_age: '600' }, 9 * MINUTE],
    ['any length, with prompt=login', { prompt: 'login' }, 50 * MINUTE],
  ])('of %s: whoever takes a few minutes to come back from the sign-in is not asked again', async (_what, changes, later) => {
    expect(redirected((await comeBack(changes, later)).again).params.code).toBeDefined()
  })
})

describe('tokens', () => {
  test('RFC 9068 §2.2.1: an access token says when and how its user signed in, and a refreshed one says the same', async () => {
    const { response, browser } = await ask('pwd otp mfa', {}, 90)
    const tokens = (await (await exchange(client, redirected(response).params.code ?? '')).json()) as TokenReply
    const [row] = await rows<{ at: number }>('SELECT authenticated_at AS at FROM sessions WHERE id = ?', browser.sessionId)
    const said = { acr: TWO, amr: ['pwd', 'otp', 'mfa'], auth_time: Math.floor((row?.at ?? 0) / 1000) }
    expect(decodeJwt(tokens.access_token)).toMatchObject(said)
    const again = (await (await refresh(client, tokens.refresh_token)).json()) as TokenReply
    expect(decodeJwt(again.access_token)).toMatchObject(said)
    expect(claimsOf(again)).toMatchObject(said)
  })

  test('RFC 9470 §6.2: introspection says it, of access and refresh tokens', async () => {
    const service = await newClient({ method: 'client_secret_basic', scopes: 'delegated:all client:all', grantTypes: 'client_credentials' })
    await rows(`UPDATE oauth_clients SET grant_types = 'authorization_code refresh_token client_credentials' WHERE id = ?`, service.id)
    const browser = await newBrowser(await newUser())
    await putAmr(browser.sessionId, 'hwk user mfa')
    const code = await newCode(service, browser.cookie)
    const tokens = (await (await exchange(service, code, {}, basicOf(service))).json()) as TokenReply
    const introspect = async (token: string) => (await form('/oauth/introspect', { token }, basicOf(service))).json()
    for (const token of [tokens.access_token, tokens.refresh_token]) {
      expect(await introspect(token)).toMatchObject({ active: true, acr: PHR, auth_time: decodeJwt(tokens.access_token).auth_time })
    }
    const own = (await (await form('/oauth/token', { grant_type: 'client_credentials' }, basicOf(service))).json()) as TokenReply
    for (const claims of [decodeJwt(own.access_token), await introspect(own.access_token)]) {
      for (const claim of ['acr', 'amr', 'auth_time']) expect(claims, "a client's own token").not.toHaveProperty(claim)
    }
  })
})

describe('the challenge (RFC 9470 §3)', () => {
  const json = (cookieOrToken: Record<string, string>) => ({ 'content-type': 'application/json', ...cookieOrToken })
  /** Needs a sign-in of the last ten minutes, of an app, too. */
  const switchOn = (headers: Record<string, string>) =>
    send('/user/2fa', { method: 'POST', body: '{"state":true}', headers: json({ origin: ORIGIN, ...headers }) })
  const bearer = ({ access_token }: TokenReply) => ({ authorization: `Bearer ${access_token}` })

  test('tells an app how new the sign-in must be, and a token from such a sign-in is accepted', async () => {
    const userId = await newPerson()
    const browser = await newBrowser(userId)
    await ageSession(browser.sessionId, 3_600)
    const grant = async (code = '') => (await (await exchange(client, code)).json()) as TokenReply
    const old = await grant(redirected(await authorize(client, browser.cookie)).params.code)
    const refused = await switchOn(bearer(old))
    expect([refused.status, await refused.json()]).toEqual([
      403,
      { ok: 0, error: 'Forbidden', additionalInfo: { message: 'Sign in again first', reason: 'fresh_sign_in_required' } },
    ])
    const challenge = refused.headers.get('www-authenticate') ?? ''
    expect(challenge).toContain('Bearer error="insufficient_user_authentication", error_description="Sign in again first", max_age="600"')
    const asked = await authorize(client, browser.cookie, { max_age: /max_age="(\d+)"/.exec(challenge)?.[1] })
    const { back } = await afterSignIn(asked, userId)
    expect((await switchOn(bearer(await grant(redirected(back).params.code)))).status).toBe(200)
  })

  test('is not for a browser, nor where no token would be accepted', async () => {
    const userId = await newPerson()
    const browser = await newBrowser(userId)
    const code = redirected(await authorize(client, browser.cookie)).params.code ?? ''
    const tokens = (await (await exchange(client, code)).json()) as TokenReply
    const byApp = await send('/user/2fa/totp', { method: 'DELETE', headers: bearer(tokens) })
    await ageSession(browser.sessionId, 3_600)
    const byBrowser = await switchOn({ cookie: browser.cookie })
    for (const [reply, reason] of [
      [byApp, 'browser_sign_in_required'],
      [byBrowser, 'fresh_sign_in_required'],
    ] as const) {
      expect([reply.status, reply.headers.get('www-authenticate')]).toEqual([403, null])
      expect(await reply.json()).toMatchObject({ additionalInfo: { reason } })
    }
  })
})
