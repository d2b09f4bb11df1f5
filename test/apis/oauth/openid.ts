// What the tests of OpenID Connect share: clients, tokens, userinfo, forms, and a consent given through the core.
import { decodeJwt } from 'jose'
import { optionalGate } from '../../../src/core/gate.ts'
import { readAuthorizationRequest } from '../../../src/core/oauth/authorization-request.ts'
import { decideConsent, describeConsent } from '../../../src/core/oauth/consents.ts'
import type { SessionId, UserId } from '../../../src/ids.ts'
import { CHALLENGE, newBrowser, newCtx, newGrant, newUser, type Params, rows, send, type TestClient, type TokenReply } from './harness.ts'

export const IDENTITY = 'openid profile email phone address'

/** A person with a value for every claim. */
export async function newPerson(): Promise<UserId> {
  const userId = await newUser()
  await rows(
    `UPDATE users SET email = username || '@example.com', email_key = username || '@example.com', email_verified_at = 1, given_name = 'Ada',
       middle_name = 'King', family_name = 'Lovelace', nickname = 'Ada', gender = 'female', birth_date = '1815-12-10', locale = 'en',
       zoneinfo = 'Europe/London', custom_link = 'https://ada.example', phone_country_code = '+44', phone = '2079460000', country_code = 'GB',
       avatar_key = '0123456789abcdef01234567/' || id, updated_at = 1767225600000 WHERE id = ?`,
    userId,
  )
  return userId
}

/** Everything that one sign-in to a client returns. */
export const signIn = async (scope: string | undefined, changes: Params = {}, client?: TestClient) =>
  newGrant(client, { scope, ...changes }, await newPerson())

export const claimsOf = (tokens: TokenReply) => decodeJwt<Record<string, unknown>>(tokens.id_token)

export const userinfo = (token: string, init: RequestInit = {}) =>
  send('/oauth/userinfo', { ...init, headers: { authorization: `Bearer ${token}` } })

export const basicOf = (client: TestClient) => ({ authorization: `Basic ${btoa(`${client.id}:${client.secret}`)}` })

/** What a hosted page answers for the person in front of it. */
export function consentOf(browser: { sessionId: SessionId; cookie: string }, userId: UserId, client: TestClient, params: Params) {
  const secret = browser.cookie.split('.').at(-1) ?? ''
  const ctx = newCtx()
  const gate = optionalGate(ctx, { kind: 'browser', sessionId: browser.sessionId, userId, secret })
  const request = readAuthorizationRequest({ client_id: client.id, redirect_uri: client.redirectUri, ...params })
  return {
    request,
    describe: () => describeConsent(ctx, gate, request),
    decide: (ticket: string, allow = true) => decideConsent(ctx, gate, request, { ticket, allow }),
  }
}

/** A code that the person has agreed to on the page. */
export async function consentedCode(
  browser: { sessionId: SessionId; cookie: string },
  userId: UserId,
  client: TestClient,
  changes: Params = {},
): Promise<string> {
  const params = { response_type: 'code', state: 'xyz', code_challenge: CHALLENGE, code_challenge_method: 'S256', ...changes }
  const page = consentOf(browser, userId, client, params)
  return (await page.decide((await page.describe()).ticket)).params.code ?? ''
}

/** Where in Kith the browser is sent, and with what. */
export function sentTo(response: Response): { path: string; query: URLSearchParams } {
  const { pathname, searchParams } = new URL(response.headers.get('location') ?? '', 'https://kith.test')
  return { path: pathname, query: searchParams }
}

/** Follows a request that demands a new sign-in: the person signs in (a new session), and the browser comes back. */
export async function afterSignIn(response: Response, userId: UserId, amr = 'pwd'): Promise<{ back: Response; cookie: string }> {
  const returnTo = sentTo(response).query.get('return_to') ?? ''
  const { sessionId, cookie } = await newBrowser(userId)
  await rows('UPDATE sessions SET authenticated_at = ?, amr = ? WHERE id = ?', Date.now() + 1, amr, sessionId)
  return { back: await send(returnTo, { headers: { cookie } }), cookie }
}

/** An old sign-in, for `max_age` and `prompt`. */
export async function ageSession(sessionId: SessionId, seconds: number): Promise<void> {
  await rows('UPDATE sessions SET authenticated_at = ? WHERE id = ?', Date.now() - seconds * 1000, sessionId)
}
