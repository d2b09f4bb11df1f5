// Budgets of the room `oauth` (design §7): authorize, the three grants, and discovery.

import { describe, expect, test, vi } from 'vitest'
import { TOKEN_EXCHANGE } from '../../../src/core/oauth/clients.ts'
import { ACCESS_TOKEN_TYPE } from '../../../src/core/oauth/token-exchange.ts'
import { sha256 } from '../../../src/crypto.ts'
import { assertionOf, newSigner, requestObjectOf } from '../../apis/oauth/assertions.ts'
import { exchange, newBrowser, newClient, newCode, newUser, type Params } from '../../apis/oauth/harness.ts'
import { count, rows } from '../../support/actors.ts'
import { putApi } from '../../support/apis.ts'
import { spend } from '../../support/budget.ts'
import { dpopHeaders, newDpopKey, proofOf } from '../../support/dpop.ts'
import { Client, db, ORIGIN } from '../../support/kith.ts'
import { formOf, open } from '../../support/pages.ts'
import { signedInPerson } from '../../support/people.ts'
import { clientToken, newOAuthClient } from '../../support/tokens.ts'
import { expectWithin } from '../index.ts'

export function walkOAuth(): void {
  const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const CALLBACK = 'https://app.kith.test/callback'

  const tokenOf = (params: Record<string, string>) => spend(new Client(), 'POST', '/oauth/token', new URLSearchParams(params))

  describe('a request keeps to the budget of its route', () => {
    test('authorize, code, refresh and its retry', async () => {
      const { client } = await signedInPerson('budget_oauth')
      const clientId = await newOAuthClient()
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        code_challenge: sha256(VERIFIER),
        code_challenge_method: 'S256',
      })
      const redirect = await spend(client, 'GET', `/oauth/authorize?${query}`)
      expectWithin('GET /oauth/authorize', redirect, 302)
      const pushed = await spend(new Client(), 'POST', '/oauth/par', query)
      expectWithin('POST /oauth/par', pushed, 201)
      const reference = new URLSearchParams({ client_id: clientId, request_uri: pushed.json.request_uri })
      expectWithin('GET /oauth/authorize with request_uri', await spend(client, 'GET', `/oauth/authorize?${reference}`), 302)
      const signer = await newSigner('ES256')
      const signed = new URLSearchParams({ client_id: signer.id, request: await requestObjectOf(signer) })
      expectWithin('GET /oauth/authorize with request', await spend(client, 'GET', `/oauth/authorize?${signed}`), 302)
      const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const common = { client_id: clientId }
      const exchanged = await tokenOf({
        ...common,
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      })
      expectWithin('POST /oauth/token', exchanged)
      const refresh = { ...common, grant_type: 'refresh_token', refresh_token: exchanged.json.refresh_token }
      // As a token from before migration 0016, which is adopted.
      await db.prepare('UPDATE refresh_tokens SET family_hash = NULL').run()
      const refreshed = await tokenOf(refresh)
      expectWithin('POST /oauth/token with refresh_token', refreshed)
      const retried = await tokenOf(refresh)
      expectWithin('POST /oauth/token with refresh_token', retried)
      expect(retried.json.refresh_token).toBe(refreshed.json.refresh_token)
    })

    test('what comes after: userinfo, introspection, revocation, sign-out', async () => {
      const { client } = await signedInPerson('budget_openid')
      const secret = 'a-secret-of-many-random-bits'
      const columns = { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret) }
      const clientId = await newOAuthClient('*', columns)
      const own = { client_id: clientId, client_secret: secret }
      const request = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        scope: 'openid email',
        code_challenge: sha256(VERIFIER),
        code_challenge_method: 'S256',
      })
      const redirect = await spend(client, 'POST', '/oauth/authorize', request)
      expectWithin('POST /oauth/authorize', redirect, 303)
      const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const { json } = await tokenOf({ ...own, grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER })
      const program = new Client()
      program.token = json.access_token
      for (const method of ['GET', 'POST']) expectWithin(`${method} /oauth/userinfo`, await spend(program, method, '/oauth/userinfo'))
      for (const path of ['/oauth/introspect', '/oauth/token/introspect']) {
        for (const token of [json.access_token, json.refresh_token]) {
          expectWithin(`POST ${path}`, await spend(new Client(), 'POST', path, new URLSearchParams({ ...own, token })))
        }
      }
      const given = new URLSearchParams({ ...own, token: json.refresh_token })
      expectWithin('POST /oauth/revoke', await spend(new Client(), 'POST', '/oauth/revoke', given))
      expectWithin('POST /oauth/logout', await spend(client, 'POST', '/oauth/logout', new URLSearchParams(own)), 303)
      expectWithin('GET /oauth/logout', await spend(client, 'GET', `/oauth/logout?id_token_hint=${json.id_token}`), 303)
    })

    test('with an API: its rows, and no more round trips', async () => {
      const { client } = await signedInPerson('budget_resource')
      const { resource } = await putApi()
      const [secret, scopes] = ['a-secret-of-many-random-bits', `openid ${resource}| ${resource}|orders:read`]
      const grants = `authorization_code refresh_token client_credentials ${TOKEN_EXCHANGE}`
      const columns = { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret), grant_types: grants }
      const clientId = await newOAuthClient(scopes, columns)
      const own = { client_id: clientId, client_secret: secret }
      const query = new URLSearchParams({
        response_type: 'code',
        client_id: clientId,
        redirect_uri: CALLBACK,
        code_challenge: sha256(VERIFIER),
        code_challenge_method: 'S256',
        scope: 'openid orders:read',
        resource,
      })
      const redirect = await spend(client, 'GET', `/oauth/authorize?${query}`)
      expectWithin('GET /oauth/authorize with resource', redirect, 302)
      const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const exchanged = await tokenOf({ ...own, grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER })
      expectWithin('POST /oauth/token with resource', exchanged)
      let { refresh_token } = exchanged.json
      for (const named of [{ resource }, {}, { resource: ORIGIN }] as Record<string, string>[]) {
        const refreshed = await tokenOf({ ...own, ...named, grant_type: 'refresh_token', refresh_token })
        expectWithin('POST /oauth/token with refresh_token and resource', refreshed)
        refresh_token = refreshed.json.refresh_token
      }
      const machine = await tokenOf({ ...own, grant_type: 'client_credentials', resource })
      expectWithin('POST /oauth/token with client_credentials and resource', machine)
      const trade = { subject_token: exchanged.json.access_token, subject_token_type: ACCESS_TOKEN_TYPE, resource }
      const traded = await tokenOf({ ...own, ...trade, grant_type: TOKEN_EXCHANGE })
      expectWithin('POST /oauth/token with subject_token', traded)
      for (const { json } of [exchanged, machine, traded]) {
        const asked = await spend(new Client(), 'POST', '/oauth/introspect', new URLSearchParams({ ...own, token: json.access_token }))
        expectWithin('POST /oauth/introspect with a token of an API', asked)
        expect(asked.json.aud).toBe(resource)
      }
    })

    test('a sign-out that two clients want to know of: a row for each grant, sent after the reply', async () => {
      vi.stubGlobal('fetch', async () => new Response())
      const userId = await newUser()
      const browser = await newBrowser(userId)
      const uris = { backchannel_logout_uri: 'https://told.example/out', frontchannel_logout_uri: 'https://told.example/frame' }
      for (const app of [await newClient({ more: uris }), await newClient({ more: uris })]) {
        await exchange(app, await newCode(app, browser.cookie))
      }
      const visitor = new Client()
      const [name = '', value = ''] = browser.cookie.split('=')
      visitor.cookies.set(name, value)
      const { action, fields } = formOf(await open(visitor, '/sign-out'))
      const spent = await spend(visitor, 'POST', action, new URLSearchParams(fields), { origin: ORIGIN })
      expectWithin('POST /sign-out with clients to tell', spent, 303)
      const landing = await spend(new Client(), 'GET', spent.headers.get('location') ?? '')
      expectWithin('GET /sign-out', landing)
      expect(landing.text.match(/<iframe /g)).toHaveLength(2)
      expect(await count('logout_notices WHERE user_id = ? AND delivered_at IS NOT NULL', userId)).toBe(2)
      await rows('UPDATE oauth_clients SET backchannel_logout_uri = NULL, frontchannel_logout_uri = NULL')
      vi.unstubAllGlobals()
    })

    test('client_credentials reads one row and writes none, by Basic and by post', async () => {
      const secret = 'a-secret-of-many-random-bits'
      const columns = { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret) }
      const clientId = await newOAuthClient('client:all', columns)
      const params = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret }
      expectWithin('POST /oauth/token with client_credentials', await tokenOf(params))
      expectWithin('POST /oauth/token with client_credentials', await tokenOf({ ...params, client_secret: 'wrong' }), 401)
    })

    test('an assertion costs one round trip more, and one row with its index: its jti', async () => {
      const signer = await newSigner('ES256')
      const prove = async (params: Params) => tokenOf({ ...params, ...(await assertionOf(signer)) } as Record<string, string>)
      expectWithin('POST /oauth/token with client_assertion', await prove({ grant_type: 'client_credentials' }))
      const { cookie } = await newBrowser(await newUser())
      const code = await newCode(signer, cookie)
      const exchanged = await prove({ grant_type: 'authorization_code', code, redirect_uri: signer.redirectUri, code_verifier: VERIFIER })
      expect([exchanged.status, exchanged.counts.d1RoundTrips]).toEqual([200, 3])
      const refresh = { grant_type: 'refresh_token', refresh_token: exchanged.json.refresh_token }
      expectWithin('POST /oauth/token with refresh_token and client_assertion', await prove(refresh))
    })

    test('a client that registers itself, and changes its mind', async () => {
      const env = { DYNAMIC_REGISTRATION: 'open' }
      const metadata = { redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' }
      const made = await spend(new Client(), 'POST', '/oauth/register', metadata, {}, env)
      expectWithin('POST /oauth/register', made, 201)
      const initial = { authorization: `Bearer ${await clientToken(['client:oauth:register'])}` }
      expectWithin('POST /oauth/register with a token', await spend(new Client(), 'POST', '/oauth/register', metadata, initial, env), 201)
      const path = `/oauth/register/${made.json.client_id}`
      const own = { authorization: `Bearer ${made.json.registration_access_token}` }
      expectWithin('GET /oauth/register/:clientId', await spend(new Client(), 'GET', path, undefined, own, env))
      const changed = { ...metadata, client_id: made.json.client_id, client_name: 'Another name' }
      expectWithin('PUT /oauth/register/:clientId', await spend(new Client(), 'PUT', path, changed, own, env))
      expectWithin('DELETE /oauth/register/:clientId', await spend(new Client(), 'DELETE', path, undefined, own, env), 204)
    })

    test('a DPoP proof costs no round trip more, and one row with its index: its jti', async () => {
      const key = await newDpopKey()
      const client = await newClient()
      const machine = await newClient({ method: 'client_secret_post', grantTypes: 'client_credentials', scopes: 'client:all' })
      const prove = async (params: Record<string, string>) =>
        spend(new Client(), 'POST', '/oauth/token', new URLSearchParams(params), { dpop: await proofOf(key, 'POST', '/oauth/token') })
      const own = { grant_type: 'client_credentials', client_id: machine.id, client_secret: machine.secret }
      expectWithin('POST /oauth/token with client_credentials and DPoP', await prove(own))
      const { cookie } = await newBrowser(await newUser())
      const common = { client_id: client.id, redirect_uri: client.redirectUri }
      const code = await newCode(client, cookie, { scope: 'openid' })
      const exchanged = await prove({ ...common, grant_type: 'authorization_code', code, code_verifier: VERIFIER })
      expectWithin('POST /oauth/token with DPoP', exchanged)
      const refresh = { ...common, grant_type: 'refresh_token', refresh_token: exchanged.json.refresh_token }
      const refreshed = await prove(refresh)
      expectWithin('POST /oauth/token with refresh_token and DPoP', refreshed)
      const headers = await dpopHeaders(key, 'GET', '/oauth/userinfo', refreshed.json.access_token)
      expectWithin('GET /oauth/userinfo with DPoP', await spend(new Client(), 'GET', '/oauth/userinfo', undefined, headers))
    })

    test('what clients find out by themselves touches no store', async () => {
      for (const path of [
        '/.well-known/jwks.json',
        '/.well-known/oauth-authorization-server',
        '/.well-known/oauth-protected-resource',
        '/.well-known/openid-configuration',
        '/.well-known/webauthn',
      ]) {
        expectWithin(`GET ${path}`, await spend(new Client(), 'GET', path))
      }
    })
  })
}
