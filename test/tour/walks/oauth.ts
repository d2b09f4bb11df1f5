// Budgets of the room `oauth` (design §7): authorize, the three grants, and what clients find out by themselves.
import { describe, expect, test } from 'vitest'
import { oauth, wellKnown } from '../../../src/apis/oauth/index.ts'
import { sha256 } from '../../../src/crypto.ts'
import { kvOperations, type Spent, spend } from '../../support/budget.ts'
import { Client, db } from '../../support/kith.ts'
import { signedInPerson } from '../../support/people.ts'
import { nameOf, routesOfRoom } from '../../support/routes.ts'
import { newOAuthClient } from '../../support/tokens.ts'

export function walkOAuth(): void {
  interface Budget {
    readonly roundTrips: number
    readonly rowsRead: number
    readonly rowsWritten?: 0
  }

  const BUDGETS: Readonly<Record<string, Budget>> = {
    'GET /oauth/authorize': { roundTrips: 2, rowsRead: 12 },
    'POST /oauth/authorize': { roundTrips: 2, rowsRead: 12 },
    'POST /oauth/token authorization_code': { roundTrips: 2, rowsRead: 20 },
    'POST /oauth/token refresh_token': { roundTrips: 2, rowsRead: 12 },
    'POST /oauth/token client_credentials': { roundTrips: 1, rowsRead: 4, rowsWritten: 0 },
    'GET /oauth/userinfo': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
    'POST /oauth/userinfo': { roundTrips: 1, rowsRead: 8, rowsWritten: 0 },
    'POST /oauth/introspect': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
    'POST /oauth/token/introspect': { roundTrips: 1, rowsRead: 12, rowsWritten: 0 },
    'POST /oauth/revoke': { roundTrips: 2, rowsRead: 12 },
    'GET /oauth/logout': { roundTrips: 2, rowsRead: 12 },
    'POST /oauth/logout': { roundTrips: 2, rowsRead: 12 },
    'GET /.well-known/openid-configuration': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
    'GET /.well-known/jwks.json': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
    'GET /.well-known/oauth-authorization-server': { roundTrips: 0, rowsRead: 0, rowsWritten: 0 },
  }

  const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
  const CALLBACK = 'https://app.kith.test/callback'

  function expectWithin(route: string, spent: Spent, status = 200): void {
    const budget = BUDGETS[route]
    if (!budget) throw new Error(`no budget for ${route}`)
    const says = `${route}: ${JSON.stringify(spent.counts)} ${JSON.stringify(spent.json)}`
    expect(spent.status, says).toBe(status)
    expect(spent.counts.d1RoundTrips, says).toBeLessThanOrEqual(budget.roundTrips)
    expect(spent.counts.rowsRead, says).toBeLessThanOrEqual(budget.rowsRead)
    expect(kvOperations(spent.counts) + kvOperations(spent.later), says).toBe(0)
    expect(spent.counts.r2Operations, says).toBe(0)
    if (budget.rowsWritten === 0) expect(spent.counts.rowsWritten, says).toBe(0)
  }

  const tokenOf = (params: Record<string, string>) => spend(new Client(), 'POST', '/oauth/token', new URLSearchParams(params))

  describe('a request keeps to the budget of its route', () => {
    test('every route of the room has one', () => {
      const routes = [
        ...routesOfRoom(oauth).map((route) => nameOf(route).replace(' ', ' /oauth')),
        ...routesOfRoom(wellKnown).map((route) => nameOf(route).replace(' ', ' /.well-known')),
      ]
      const budgeted = new Set(Object.keys(BUDGETS).map((name) => name.split(' ').slice(0, 2).join(' ')))
      expect([...budgeted].sort()).toEqual(routes.sort())
    })

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
      const code = new URL(redirect.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const common = { client_id: clientId }
      const exchanged = await tokenOf({
        ...common,
        grant_type: 'authorization_code',
        code,
        redirect_uri: CALLBACK,
        code_verifier: VERIFIER,
      })
      expectWithin('POST /oauth/token authorization_code', exchanged)
      const refresh = { ...common, grant_type: 'refresh_token', refresh_token: exchanged.json.refresh_token }
      // As a token from before migration 0016, which is adopted.
      await db.prepare('UPDATE refresh_tokens SET family_hash = NULL').run()
      const refreshed = await tokenOf(refresh)
      expectWithin('POST /oauth/token refresh_token', refreshed)
      const retried = await tokenOf(refresh)
      expectWithin('POST /oauth/token refresh_token', retried)
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

    test('client_credentials reads one row and writes none, by Basic and by post', async () => {
      const secret = 'a-secret-of-many-random-bits'
      const columns = { token_endpoint_auth_method: 'client_secret_post', secret_hash: sha256(secret) }
      const clientId = await newOAuthClient('client:all', columns)
      const params = { grant_type: 'client_credentials', client_id: clientId, client_secret: secret }
      expectWithin('POST /oauth/token client_credentials', await tokenOf(params))
      expectWithin('POST /oauth/token client_credentials', await tokenOf({ ...params, client_secret: 'wrong' }), 401)
    })

    test('what clients find out by themselves touches no store', async () => {
      for (const path of ['/.well-known/jwks.json', '/.well-known/oauth-authorization-server', '/.well-known/openid-configuration']) {
        expectWithin(`GET ${path}`, await spend(new Client(), 'GET', path))
      }
    })
  })
}
